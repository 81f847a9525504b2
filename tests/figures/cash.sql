-- What each line of the cash flow statement added to the cash position, by the indirect method.
(
  SELECT n.number, sum(CASE n.number
    WHEN 1 THEN CASE t.bt WHEN 'W' THEN -moved END
    WHEN 2 THEN CASE t.line WHEN 'Afschrijvingen' THEN moved END
    WHEN 9 THEN CASE WHEN t.line IN ('Vaste activa', 'Afschrijvingen') THEN -moved END
    ELSE CASE t.line WHEN n.line THEN -moved END
  END) AS cents
  FROM cash_line n, {trial} t GROUP BY n.number
)
