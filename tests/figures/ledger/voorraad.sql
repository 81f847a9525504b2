-- Items: what lies where today, and the ledger lines that name one.

CREATE TEMP TABLE lying AS
SELECT w.Division AS division, w.Item AS item, w.CurrentStock AS quantity,
  CAST(round(w.CurrentStock * coalesce(i.AverageCost, i.CostPriceStandard) * 100) AS INTEGER) AS cents
FROM ItemWarehouses w JOIN Items i ON i.ID = w.Item
WHERE i.IsStockItem;

CREATE TEMP TABLE item_line AS
SELECT l.Division AS division, l.Item AS item, a.line,
  CASE WHEN substr(l.Date, 1, 10) BETWEEN p.first AND p.last THEN substr(l.Date, 1, 10) ELSE p.last END AS day,
  CAST(round(l.AmountDC * 100) AS INTEGER) AS cents
FROM TransactionLinesBulk l
JOIN account a ON a.id = l.GLAccount
JOIN period p ON p.division = l.Division AND p.year = l.FinancialYear AND p.number = l.FinancialPeriod
WHERE l.Item IS NOT NULL AND l.Type <> 310 AND l.Type NOT BETWEEN 320 AND 328;
