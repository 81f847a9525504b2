-- What a consolidation of the chosen divisions shows, in euros: the office only. Amounts are debit positive, of results
-- profit positive. `held` is what the office's report loads: what was booked before the loaded years stands on the day
-- before them, if it is anything.

DROP TABLE IF EXISTS temp.held;
CREATE TEMP TABLE held AS
SELECT division, account, line, bt, turn, side, kind, day, sum(cents) AS cents FROM lines WHERE day >= :first_day
GROUP BY division, account, line, bt, turn, side, kind, day
UNION ALL
SELECT division, account, line, bt, turn, side, -10, :opening, sum(cents) FROM lines WHERE day < :first_day
GROUP BY division, account, line, bt, turn, side HAVING sum(cents) <> 0;

DROP TABLE IF EXISTS temp.shared;
CREATE TEMP TABLE shared AS
SELECT division, account, line, bt, turn, side, kind, partner, mutual,
  CASE WHEN day < :first_day THEN :opening ELSE day END AS day, cents
FROM lines WHERE partner IS NOT NULL AND NOT (bt = 'W' AND (kind = 310 OR kind BETWEEN 320 AND 328));

-- Months without a rate, from the one before the fiscal year.
DROP TABLE IF EXISTS temp.untold;
CREATE TEMP TABLE untold AS
SELECT c.division, r.month FROM chosen c JOIN rate r ON r.division = c.division
WHERE r.closing IS NULL AND r.month BETWEEN strftime('%Y-%m', :year_start, '-1 day') AND strftime('%Y-%m', :d1);

DROP TABLE IF EXISTS temp.group_result;
CREATE TEMP TABLE group_result AS
SELECT h.division, h.line, -sum(h.cents * r.average) / 100.0 AS amount
FROM held h JOIN rate r ON r.division = h.division AND r.month = strftime('%Y-%m', h.day)
WHERE h.bt = 'W' AND h.day >= :first_day AND h.day BETWEEN :year_start AND :d1 AND h.kind <> 310 AND h.kind NOT BETWEEN 320 AND 328
GROUP BY h.division, h.line;

-- Accounts that stand on another line than their own while their balance is on the other side.
DROP TABLE IF EXISTS temp.turned;
CREATE TEMP TABLE turned AS
SELECT division, account FROM held WHERE turn IS NOT NULL AND day <= :d1 GROUP BY division, account, side HAVING side * sum(cents) < 0;

DROP TABLE IF EXISTS temp.group_stand;
CREATE TEMP TABLE group_stand AS
WITH balance AS (
  SELECT h.division, h.account, h.line, h.bt, h.turn, sum(h.cents) * r.closing / 100.0 AS amount,
    h.account IN (SELECT account FROM turned) AS other
  FROM held h JOIN rate r ON r.division = h.division AND r.month = strftime('%Y-%m', :d1)
  WHERE h.day <= :d1 GROUP BY h.division, h.account, h.line, h.bt, h.turn
)
SELECT division, line, bt, CASE WHEN other THEN 0.0 ELSE amount END AS amount FROM balance
UNION ALL SELECT division, turn, bt, amount FROM balance WHERE other;

-- Equity: what stood at the start of the year at the rate of then, what was booked since at that of its month.
DROP TABLE IF EXISTS temp.group_equity;
CREATE TEMP TABLE group_equity AS
WITH own AS (
  SELECT division, day, cents, CASE bt WHEN 'W' THEN 'Nog te bestemmen resultaat' ELSE line END AS line
  FROM held WHERE bt = 'W' OR line = 'Eigen vermogen'
), valued AS (
  SELECT o.division, o.line, o.cents * r.closing AS value FROM own o
  JOIN rate r ON r.division = o.division AND r.month = strftime('%Y-%m', :year_start, '-1 day') WHERE o.day < :year_start
  UNION ALL
  SELECT o.division, o.line, o.cents * r.average FROM own o
  JOIN rate r ON r.division = o.division AND r.month = strftime('%Y-%m', o.day) WHERE o.day BETWEEN :year_start AND :d1
)
SELECT division, line, sum(value) / 100.0 AS amount FROM valued GROUP BY division, line;

DROP TABLE IF EXISTS temp.group_amount;
CREATE TEMP TABLE group_amount AS
SELECT g.number, r.division, sum(r.amount) AS amount
FROM group_line g JOIN group_base b ON b.number = g.number JOIN group_result r ON r.line = b.base WHERE g.kind = 'result'
GROUP BY g.number, r.division
UNION ALL
SELECT 13, r.division, sum(r.amount) * (1 - o.share) FROM group_result r JOIN owned o ON o.division = r.division GROUP BY r.division
UNION ALL
SELECT 14, r.division, sum(r.amount) * o.share FROM group_result r JOIN owned o ON o.division = r.division GROUP BY r.division
UNION ALL
SELECT g.number, s.division, sum(s.amount)
FROM group_line g JOIN group_base b ON b.number = g.number
JOIN group_stand s ON s.bt = 'B' AND s.line = b.base OR s.bt = 'W' AND b.base = 'Nog te bestemmen resultaat'
WHERE g.kind IN ('closing', 'group equity') GROUP BY g.number, s.division
UNION ALL
SELECT g.number, e.division, e.amount FROM group_line g JOIN group_equity e ON e.line = g.line WHERE g.kind = 'equity'
UNION ALL
SELECT 23, s.division, sum(s.amount) - (SELECT sum(amount) FROM group_equity e WHERE e.division = s.division)
FROM group_stand s WHERE s.bt = 'W' OR s.line = 'Eigen vermogen' GROUP BY s.division
UNION ALL
SELECT 25, s.division, (1 - o.share) * sum(s.amount)
FROM group_stand s JOIN owned o ON o.division = s.division WHERE s.bt = 'W' OR s.line = 'Eigen vermogen' GROUP BY s.division;

-- What is eliminated, and goes off where its account stands.
DROP TABLE IF EXISTS temp.shared_result;
CREATE TEMP TABLE shared_result AS
SELECT s.division, s.partner, s.mutual, s.line, s.day, s.cents * r.average / 100.0 AS amount
FROM shared s JOIN rate r ON r.division = s.division AND r.month = strftime('%Y-%m', s.day)
WHERE s.bt = 'W' AND s.day >= :first_day AND s.kind <> 310 AND s.kind NOT BETWEEN 320 AND 328;

DROP TABLE IF EXISTS temp.shared_stand;
CREATE TEMP TABLE shared_stand AS
SELECT s.division, s.partner, s.mutual, s.bt, CASE WHEN s.account IN (SELECT account FROM turned) THEN s.turn ELSE s.line END AS line,
  s.cents * r.closing / 100.0 AS amount
FROM shared s JOIN rate r ON r.division = s.division AND r.month = strftime('%Y-%m', :d1) WHERE s.day <= :d1;

DROP TABLE IF EXISTS temp.group_gone;
CREATE TEMP TABLE group_gone AS
SELECT g.number, sum(s.amount) AS amount
FROM group_line g JOIN group_base b ON b.number = g.number JOIN shared_result s ON s.line = b.base AND s.mutual
WHERE g.kind IN ('result', 'group result') AND s.day BETWEEN :year_start AND :d1 GROUP BY g.number
UNION ALL
SELECT g.number, -sum(s.amount)
FROM group_line g JOIN group_base b ON b.number = g.number
JOIN shared_stand s ON s.mutual AND (s.bt = 'B' AND s.line = b.base OR s.bt = 'W' AND b.base = 'Nog te bestemmen resultaat')
WHERE g.kind IN ('closing', 'equity', 'group equity') GROUP BY g.number;

-- The same between two divisions, from the books of either, whichever are chosen.
DROP TABLE IF EXISTS temp.pair;
CREATE TEMP TABLE pair AS
SELECT p.division, p.partner, p.bt, p.kind, CASE WHEN p.period_end < :first_day THEN :opening ELSE p.period_end END AS day, p.cents
FROM posted p WHERE p.partner IS NOT NULL AND NOT (p.bt = 'W' AND (p.kind = 310 OR p.kind BETWEEN 320 AND 328)) AND p.division IN (SELECT division FROM owned)
