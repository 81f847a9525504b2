-- Open items of customers (AR) and suppliers (AP) at the ends of periods; of two periods that end on one day the later one.
CREATE TEMP TABLE outstanding AS
SELECT 'AR' AS side, o.DIVISION AS division, p.last AS day, substr(o.DUEDATE, 1, 10) AS due, o.NUMBER_ATTR AS number,
  o.OUTSTANDINGITEMS_AR_ACCOUNT_NAME || ' · ' || trim(o.OUTSTANDINGITEMS_AR_ACCOUNT_CODE_ATTR) AS relation,
  CAST(round(o.OUTSTANDINGAMTDC * 100) AS INTEGER) AS cents
FROM AROutstandingItemsPerFinancialPeriodUltimo o
JOIN period p ON p.division = o.DIVISION AND p.year = o.FINYEAR AND p.number = o.FINPERIOD
WHERE NOT EXISTS (
  SELECT 1 FROM period q WHERE q.division = p.division AND q.year = p.year AND q.last = p.last AND q.number > p.number
)
UNION ALL
SELECT 'AP', o.DIVISION, p.last, substr(o.DUEDATE, 1, 10), o.NUMBER_ATTR,
  o.OUTSTANDINGITEMS_AP_ACCOUNT_NAME || ' · ' || trim(o.OUTSTANDINGITEMS_AP_ACCOUNT_CODE_ATTR),
  CAST(round(o.OUTSTANDINGAMTDC * 100) AS INTEGER)
FROM APOutstandingItemsPerFinancialPeriodUltimo o
JOIN period p ON p.division = o.DIVISION AND p.year = o.FINYEAR AND p.number = o.FINPERIOD
WHERE NOT EXISTS (
  SELECT 1 FROM period q WHERE q.division = p.division AND q.year = p.year AND q.last = p.last AND q.number > p.number
);
