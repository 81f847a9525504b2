-- Ratios of clients: of those chosen, each by its chosen divisions (`group`), and of the one beside them by all of its
-- divisions (`own`). Clients in two currencies have none. The office only.

DROP TABLE IF EXISTS temp.member;
CREATE TEMP TABLE member AS
SELECT 'group' AS who, client, division, currency FROM chosen
UNION ALL
SELECT 'own', o.client, o.division, o.currency FROM owned o JOIN numbered n ON n.client = o.client WHERE n.number = :beside;

DROP TABLE IF EXISTS temp.client_book;
CREATE TEMP TABLE client_book AS
SELECT m.who, m.client, p.account, p.line, p.bt, p.turn, p.side, CASE WHEN p.period_end < :first_day THEN -10 ELSE p.kind END AS kind,
  CASE WHEN p.period_end < :first_day THEN :opening ELSE p.period_end END AS day, sum(p.cents) AS cents
FROM posted p JOIN member m ON m.division = p.division
WHERE p.line IS NOT NULL
  AND (SELECT count(DISTINCT currency) FROM member x WHERE x.who = m.who AND x.client = m.client) = 1
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

DROP TABLE IF EXISTS temp.client_result;
CREATE TEMP TABLE client_result AS
SELECT who, client, line,
  -sum(CASE WHEN day BETWEEN :year_start AND :d1 THEN cents END) AS now,
  -sum(CASE WHEN day BETWEEN :earlier_start AND :earlier THEN cents END) AS earlier,
  -sum(CASE WHEN day BETWEEN :twelve AND :d1 THEN cents END) AS twelve
FROM client_book WHERE bt = 'W' AND day >= :first_day AND kind <> 310 AND kind NOT BETWEEN 320 AND 328
GROUP BY who, client, line;

DROP TABLE IF EXISTS temp.client_stand;
CREATE TEMP TABLE client_stand AS
WITH balance AS (
  SELECT who, client, account, line, bt, turn, side, sum(cents) AS cents FROM client_book
  WHERE day <= :d1 AND :d1 >= :opening GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT who, client, line, bt, CASE WHEN turn IS NOT NULL AND side * cents < 0 THEN 0 ELSE cents END AS cents, line AS own, cents AS whole
FROM balance
UNION ALL SELECT who, client, turn, bt, cents, NULL, NULL FROM balance WHERE turn IS NOT NULL AND side * cents < 0;

DROP TABLE IF EXISTS temp.client_ratio;
CREATE TEMP TABLE client_ratio AS
WITH result AS (
  SELECT who, client, sum(CASE line WHEN 'Netto-omzet' THEN now END) AS revenue,
    sum(CASE WHEN line IN ('Netto-omzet', 'Kostprijs omzet') THEN now END) AS margin,
    -sum(CASE line WHEN 'Personeelskosten' THEN now END) AS staff, -sum(CASE line WHEN 'Overige bedrijfskosten' THEN now END) AS other,
    sum(CASE WHEN line NOT IN ('Afschrijvingen', 'Financiële baten en lasten', 'Belastingen') THEN now END) AS ebitda, sum(now) AS net,
    sum(CASE line WHEN 'Netto-omzet' THEN earlier END) AS before, sum(CASE line WHEN 'Netto-omzet' THEN twelve END) AS year
  FROM client_result GROUP BY who, client
), stand AS (
  SELECT who, client, -sum(CASE WHEN bt = 'W' OR line = 'Eigen vermogen' THEN cents END) AS equity,
    sum(CASE WHEN line IN ('Vaste activa', 'Voorraden', 'Debiteuren', 'Overige vorderingen', 'Liquide middelen') THEN cents END) AS assets,
    sum(CASE WHEN line IN ('Voorraden', 'Debiteuren', 'Overige vorderingen', 'Liquide middelen') THEN cents END) AS floating,
    -sum(CASE WHEN line IN ('Crediteuren', 'Btw', 'Overige kortlopende schulden') THEN cents END) AS short,
    sum(CASE own WHEN 'Debiteuren' THEN whole END) AS receivable
  FROM client_stand GROUP BY who, client
)
SELECT who, client, 1 AS number, 1.0 * margin / nullif(revenue, 0) AS value FROM result
UNION ALL SELECT who, client, 2, 1.0 * staff / nullif(revenue, 0) FROM result
UNION ALL SELECT who, client, 3, 1.0 * other / nullif(revenue, 0) FROM result
UNION ALL SELECT who, client, 4, 1.0 * ebitda / nullif(revenue, 0) FROM result
UNION ALL SELECT who, client, 5, 1.0 * net / nullif(revenue, 0) FROM result
UNION ALL SELECT who, client, 6, CASE WHEN :earlier >= :first_day THEN 1.0 * (coalesce(revenue, 0) - before) / nullif(abs(before), 0) END FROM result
UNION ALL SELECT who, client, 7, 1.0 * equity / nullif(assets, 0) FROM stand
UNION ALL SELECT who, client, 8, 1.0 * floating / nullif(short, 0) FROM stand
UNION ALL SELECT s.who, s.client, 9, 365.0 * receivable / nullif(year, 0) FROM stand s JOIN result r ON r.who = s.who AND r.client = s.client;

-- The chosen line of the statement as a share of revenue.
DROP TABLE IF EXISTS temp.client_share;
CREATE TEMP TABLE client_share AS
SELECT who, client, coalesce((SELECT sign FROM shown WHERE line = :rule), 1) * 1.0
  * sum(CASE WHEN line IN (SELECT base FROM picked) THEN now END) / nullif(sum(CASE line WHEN 'Netto-omzet' THEN now END), 0) AS value
FROM client_result GROUP BY who, client;

-- Net results in euros; none where a rate is missing.
DROP TABLE IF EXISTS temp.client_net;
CREATE TEMP TABLE client_net AS
SELECT m.who, m.client, -sum(p.cents * r.average) / 100.0 AS value
FROM posted p JOIN member m ON m.division = p.division
JOIN rate r ON r.division = p.division AND r.month = strftime('%Y-%m', p.period_end)
WHERE p.bt = 'W' AND p.line IS NOT NULL AND p.period_end >= :first_day AND p.period_end BETWEEN :year_start AND :d1
  AND p.kind <> 310 AND p.kind NOT BETWEEN 320 AND 328
  AND NOT EXISTS (SELECT 1 FROM rate x JOIN member y ON y.division = x.division WHERE y.who = m.who AND y.client = m.client
    AND x.average IS NULL AND x.month BETWEEN strftime('%Y-%m', :year_start) AND strftime('%Y-%m', :d1))
GROUP BY m.who, m.client;

-- Quartiles between values, in proportion: of n values in order the place 1 + p (n - 1).
DROP TABLE IF EXISTS temp.spread;
CREATE TEMP TABLE spread AS
WITH value AS (
  SELECT number, value FROM client_ratio WHERE who = 'group' AND value IS NOT NULL
  UNION ALL SELECT 0, value FROM client_share WHERE who = 'group' AND value IS NOT NULL
), ranked AS (
  SELECT number, value, row_number() OVER (PARTITION BY number ORDER BY value) AS place, count(*) OVER (PARTITION BY number) AS n FROM value
), part AS (SELECT 1 AS quarter UNION ALL SELECT 2 UNION ALL SELECT 3)
SELECT r.number, p.quarter, r.n, sum(r.value * max(0, 1 - abs(r.place - 1 - p.quarter / 4.0 * (r.n - 1)))) AS value
FROM ranked r CROSS JOIN part p GROUP BY r.number, p.quarter
