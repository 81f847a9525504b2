-- What a selection shows. Parameters: divisions chosen (table `chosen`), the first loaded day, whether the model knows
-- periods only (the office). Amounts of two currencies are never added: then these tables are empty.

DROP TABLE IF EXISTS temp.lines;
CREATE TEMP TABLE lines AS
SELECT p.division, p.entry, p.account, p.line, p.bt, p.turn, p.side, p.place, p.kind, p.invoice, p.party,
  CASE WHEN :office THEN p.period_end ELSE p.day END AS day, p.cents,
  p.partner, coalesce(p.partner IN (SELECT division FROM chosen), 0) AS mutual
FROM posted p JOIN chosen c ON c.division = p.division
WHERE p.line IS NOT NULL;

-- The lines that count: of one relation where one is chosen, and without what the chosen divisions booked with each other, where the reader leaves that out.
DROP TABLE IF EXISTS temp.counted;
CREATE TEMP TABLE counted AS SELECT * FROM lines WHERE NOT (:eliminated AND mutual)
  AND (:party IS NULL OR party IN (SELECT ID FROM Accounts WHERE Name = :party));

-- Everything ever booked, for balances. Accounts that stood at zero when the loaded years began had no balance then.
DROP TABLE IF EXISTS temp.book;
CREATE TEMP TABLE book AS
SELECT account, line, bt, turn, side, day, sum(cents) AS cents FROM counted
WHERE day >= :first_day AND (SELECT count(DISTINCT currency) FROM chosen) = 1
GROUP BY account, line, bt, turn, side, day
UNION ALL
SELECT account, line, bt, turn, side, :opening, sum(cents) FROM counted
WHERE day < :first_day AND (SELECT count(DISTINCT currency) FROM chosen) = 1
GROUP BY account, line, bt, turn, side, partner HAVING sum(cents) <> 0;

-- Profit and loss of the loaded years, without entries that close a year or open the next; and the budget beside it.
DROP TABLE IF EXISTS temp.result;
CREATE TEMP TABLE result AS
SELECT 'ledger' AS source, line, day, sum(cents) AS cents FROM counted
WHERE bt = 'W' AND day >= :first_day AND kind <> 310 AND kind NOT BETWEEN 320 AND 328
  AND (SELECT count(DISTINCT currency) FROM chosen) = 1
GROUP BY line, day
UNION ALL
SELECT 'budget', p.line, p.day, sum(p.cents) FROM planned p JOIN chosen c ON c.division = p.division
WHERE p.day >= :first_day AND (SELECT count(DISTINCT currency) FROM chosen) = 1
GROUP BY p.line, p.day;

-- Open items of the loaded years, at the ends of periods that are over.
DROP TABLE IF EXISTS temp.open;
CREATE TEMP TABLE open AS
SELECT s.division, s.day, s.overdue, s.cents FROM snapshot s JOIN chosen c ON c.division = s.division
WHERE s.day >= :first_day AND s.day <= :today;
