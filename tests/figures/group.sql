-- The office only: the value of currencies per day and month, and the lines of a consolidated statement.
-- `owned` holds the divisions of the report with currency, client and share.

-- A rate tells what a unit of its target is worth in its source; those of the client's own divisions count.
CREATE TEMP TABLE worth AS
SELECT o.division, substr(e.StartDate, 1, 10) AS since,
  CASE e.SourceCurrency WHEN 'EUR' THEN e.Rate ELSE 1.0 / e.Rate END AS value, e.SourceCurrency = 'EUR' AS direct, e.Division AS teller
FROM owned o JOIN owned other ON other.client = o.client JOIN ExchangeRates e ON e.Division = other.division
WHERE o.currency <> 'EUR' AND (e.SourceCurrency = 'EUR' AND e.TargetCurrency = o.currency
  OR e.SourceCurrency = o.currency AND e.TargetCurrency = 'EUR');

-- The newest counts; of one day that of a division in euros, then that of the lowest division.
CREATE TEMP TABLE rate AS
WITH RECURSIVE day (day) AS (SELECT '2020-12-01' UNION ALL SELECT date(day, '+1 day') FROM day WHERE day < '2027-12-31'),
told AS (
  SELECT o.division, d.day, (SELECT value FROM worth w WHERE w.division = o.division AND w.since <= d.day
    ORDER BY since DESC, direct DESC, teller LIMIT 1) AS value
  FROM owned o CROSS JOIN day d WHERE o.currency <> 'EUR'
)
SELECT division, strftime('%Y-%m', day) AS month, avg(value) AS average,
  max(CASE WHEN day = date(day, 'start of month', '+1 month', '-1 day') THEN value END) AS closing,
  (SELECT max(since) FROM worth w WHERE w.division = told.division AND w.since <= max(told.day)) AS since
FROM told GROUP BY division, strftime('%Y-%m', day)
UNION ALL
SELECT o.division, strftime('%Y-%m', d.day), 1.0, 1.0, NULL FROM owned o CROSS JOIN day d
WHERE o.currency = 'EUR' AND strftime('%d', d.day) = '01';
CREATE INDEX temp.rate_key ON rate (division, month);

CREATE TEMP TABLE group_line (number INTEGER PRIMARY KEY, line TEXT, kind TEXT, sign INTEGER);
INSERT INTO group_line VALUES
  (1, 'Netto-omzet', 'result', 1), (2, 'Kostprijs omzet', 'result', -1), (3, 'Brutomarge', 'result', 1),
  (4, 'Overige opbrengsten', 'result', 1), (5, 'Personeelskosten', 'result', -1), (6, 'Overige bedrijfskosten', 'result', -1),
  (7, 'EBITDA', 'result', 1), (8, 'Afschrijvingen', 'result', -1), (9, 'Bedrijfsresultaat', 'result', 1),
  (10, 'Financiële baten en lasten', 'result', 1), (11, 'Belastingen', 'result', -1), (12, 'Nettoresultaat', 'result', 1),
  (13, 'Nettoresultaat', 'minority result', 1), (14, 'Nettoresultaat', 'group result', 1),
  (15, 'Vaste activa', 'closing', 1), (16, 'Voorraden', 'closing', 1), (17, 'Debiteuren', 'closing', 1),
  (18, 'Overige vorderingen', 'closing', 1), (19, 'Liquide middelen', 'closing', 1), (20, 'Totaal activa', 'closing', 1),
  (21, 'Eigen vermogen', 'equity', -1), (22, 'Nog te bestemmen resultaat', 'equity', -1), (23, NULL, 'translation', -1),
  (24, NULL, 'group equity', -1), (25, NULL, 'minority equity', -1), (26, 'Langlopende schulden', 'closing', -1),
  (27, 'Crediteuren', 'closing', -1), (28, 'Btw', 'closing', -1), (29, 'Overige kortlopende schulden', 'closing', -1),
  (30, 'Totaal passiva', 'closing', -1);

CREATE TEMP TABLE group_base AS
SELECT g.number, s.base FROM group_line g JOIN sums_up s ON s.line = g.line
UNION ALL SELECT 24, 'Eigen vermogen' UNION ALL SELECT 24, 'Nog te bestemmen resultaat';

CREATE TEMP TABLE numbered AS
SELECT client, row_number() OVER (ORDER BY min(rowid)) AS number FROM owned GROUP BY client;
