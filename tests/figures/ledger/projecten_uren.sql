-- What is written on projects: drafts and rejected hours do not count. Hours can be charged on projects with a fixed price,
-- prepaid ones, and, where they have a price, on those by time and material and without a project.

CREATE TEMP TABLE work AS
SELECT w.Division AS division, w.Project AS project, w.Employee AS employee, substr(w.Date, 1, 10) AS day, w.kind,
  w.Quantity AS quantity, CAST(round(w.AmountFC * 100) AS INTEGER) AS cents, w.Currency AS currency,
  CASE p.Type WHEN 2 THEN 1 WHEN 5 THEN 1 WHEN 1 THEN 0 WHEN 4 THEN 0 ELSE w.PriceFC <> 0 END AS billable,
  coalesce(p.Type IN (2, 3, 5), 0) AS charged
FROM (
  SELECT 'U' AS kind, Division, Project, Employee, Date, Quantity, AmountFC, PriceFC, Currency, HourStatus FROM TimeTransactions
  UNION ALL
  SELECT 'K', Division, Project, Employee, Date, Quantity, AmountFC, PriceFC, Currency, HourStatus FROM CostTransactions
) w LEFT JOIN Projects p ON p.ID = w.Project
WHERE w.HourStatus >= 10;

-- Ledger lines that name a project, without those that close a year.
CREATE TEMP TABLE project_line AS
SELECT l.Division AS division, l.Project AS project, a.line, a.bt, q.Type IN (2, 3, 5) AS charged,
  CASE WHEN substr(l.Date, 1, 10) BETWEEN p.first AND p.last THEN substr(l.Date, 1, 10) ELSE p.last END AS day,
  CAST(round(l.AmountDC * 100) AS INTEGER) AS cents
FROM TransactionLinesBulk l
JOIN account a ON a.id = l.GLAccount
JOIN period p ON p.division = l.Division AND p.year = l.FinancialYear AND p.number = l.FinancialPeriod
JOIN Projects q ON q.ID = l.Project
WHERE l.Type <> 310 AND l.Type NOT BETWEEN 320 AND 328;
