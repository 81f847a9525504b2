-- The columns of the trial balance, per account: what stood at :from, and what moved up to :to, before the closing of
-- the year. Named without days it is from the start of the fiscal year to the end of the selection.
(
  SELECT account, line, bt,
    sum(CASE WHEN day < :from AND :from > :opening
      OR kind = 328 AND day >= :first_day AND day BETWEEN :from AND :to THEN cents END) AS begin,
    sum(CASE WHEN kind <> 310 AND kind NOT BETWEEN 320 AND 328
      AND day >= :first_day AND day BETWEEN :from AND :to THEN cents END) AS moved,
    sum(CASE WHEN kind <> 310 AND kind NOT BETWEEN 320 AND 328 AND cents > 0
      AND day >= :first_day AND day BETWEEN :from AND :to THEN cents END) AS debit,
    sum(CASE WHEN kind <> 310 AND kind NOT BETWEEN 320 AND 328 AND cents < 0
      AND day >= :first_day AND day BETWEEN :from AND :to THEN -cents END) AS credit
  FROM counted WHERE (SELECT count(DISTINCT currency) FROM chosen) = 1
  GROUP BY account, line, bt
)
