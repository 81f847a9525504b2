-- What stands on each line on the day :day: an account whose balance is on the other side than its line is, stands on the
-- line that it turns to. Its own line keeps it at nothing, since it has been booked on.
(
  WITH balance AS (
    SELECT account, line, bt, turn, side, sum(cents) AS cents FROM book WHERE day <= :day
    GROUP BY account, line, bt, turn, side
  )
  SELECT line, bt, CASE WHEN turn IS NOT NULL AND side * cents < 0 THEN 0 ELSE cents END AS cents FROM balance
  UNION ALL
  SELECT turn, bt, cents FROM balance WHERE turn IS NOT NULL AND side * cents < 0
)
