-- What a selection shows of projects; `own` tells that an amount is in the division's own currency, `one` that amounts may
-- be added up.
DROP TABLE IF EXISTS temp.written;
CREATE TEMP TABLE written AS
SELECT w.*, w.currency = c.currency AS own, (SELECT count(DISTINCT currency) FROM chosen) = 1 AS one
FROM work w JOIN chosen c ON c.division = w.division;

DROP TABLE IF EXISTS temp.invoiced;
CREATE TEMP TABLE invoiced AS
SELECT p.* FROM project_line p JOIN chosen c ON c.division = p.division
WHERE (SELECT count(DISTINCT currency) FROM chosen) = 1;

-- What work in progress is made of, per project: what is written, less what is invoiced.
DROP TABLE IF EXISTS temp.progress;
CREATE TEMP TABLE progress AS
SELECT project, day, cents, 1 AS is_work FROM written WHERE billable AND charged AND own AND one
UNION ALL SELECT project, day, cents, 0 FROM invoiced WHERE line = 'Netto-omzet' AND charged;
