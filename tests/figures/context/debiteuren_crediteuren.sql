
-- Open items of the selection with the ISO week in which each falls due: 0 for what was overdue, 999999 for what comes
-- after the eighth week from the snapshot's own. A week belongs to the year of its Thursday.
DROP TABLE IF EXISTS temp.loaded_outstanding;
CREATE TEMP TABLE loaded_outstanding AS
SELECT i.side, i.division, i.day, i.due, i.number, i.relation, i.cents,
  coalesce(julianday(i.day) - julianday(i.due), 0) AS overdue,
  CASE WHEN i.due < i.day THEN 0
    WHEN i.due > date(i.day, 'weekday 0', '+56 days') THEN 999999
    ELSE strftime('%Y', date(coalesce(i.due, i.day), 'weekday 0', '-3 days')) * 100
      + (strftime('%j', date(coalesce(i.due, i.day), 'weekday 0', '-3 days')) - 1) / 7 + 1 END AS week
FROM outstanding i JOIN chosen c ON c.division = i.division
WHERE i.day >= :first_day AND i.day <= :today;

-- Those of one customer or supplier, where one is chosen.
DROP TABLE IF EXISTS temp.shown_outstanding;
CREATE TEMP TABLE shown_outstanding AS
SELECT * FROM loaded_outstanding WHERE relation = coalesce(CASE side WHEN 'AR' THEN :customer ELSE :supplier END, relation);
