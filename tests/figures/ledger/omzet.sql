-- Lines of sales invoices that were processed, on the day of their invoice. What an item costs is its standard cost price, or
-- its average where that is not filled in.
CREATE TEMP TABLE sales_line AS
SELECT l.Division AS division, substr(h.InvoiceDate, 1, 10) AS day, h.InvoiceNumber AS invoice, h.InvoiceTo AS party,
  l.Item AS item, l.Quantity AS quantity, CAST(round(l.AmountDC * 100) AS INTEGER) AS cents,
  CAST(round(100 * l.Quantity * coalesce(nullif(i.CostPriceStandard, 0), nullif(i.AverageCost, 0))) AS INTEGER) AS cost
FROM SalesInvoiceLinesBulk l
JOIN SalesInvoicesBulk h ON h.InvoiceID = l.InvoiceID AND h.Division = l.Division
LEFT JOIN Items i ON i.ID = l.Item
WHERE h.Status = 50;
