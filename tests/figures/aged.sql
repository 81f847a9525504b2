-- Work in progress on the day :day by class of age: per project, day by day from the latest, until what is open is used up.
-- Class 4 takes what no day accounts for, class 5 what was invoiced ahead.
(
  WITH open AS (
    SELECT project, sum(cents) AS cents FROM progress WHERE day <= :day AND :day >= :opening GROUP BY project
  ), days AS (
    SELECT p.project, p.day, sum(p.cents) AS cents, o.cents AS open FROM progress p JOIN open o ON o.project = p.project
    WHERE p.is_work AND p.day <= :day AND o.cents > 0 GROUP BY p.project, p.day
  ), used AS (
    SELECT project, julianday(:day) - julianday(day) AS age,
      max(0, min(cents, open - (sum(cents) OVER (PARTITION BY project ORDER BY day DESC) - cents))) AS cents
    FROM days
  )
  SELECT CASE WHEN age <= 30 THEN 1 WHEN age <= 60 THEN 2 WHEN age <= 90 THEN 3 ELSE 4 END AS class, cents FROM used
  UNION ALL SELECT 4, (SELECT sum(cents) FROM open WHERE cents > 0) - coalesce((SELECT sum(cents) FROM used), 0)
  UNION ALL SELECT 5, cents FROM open WHERE cents < 0
)
