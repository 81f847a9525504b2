
-- Invoice lines of the selection and of the loaded years; of one customer or item where one is chosen.
DROP TABLE IF EXISTS temp.sales_shown;
CREATE TEMP TABLE sales_shown AS
SELECT i.* FROM sales_line i JOIN chosen c ON c.division = i.division
WHERE i.day >= :first_day
  AND (:party IS NULL OR i.party IN (SELECT ID FROM Accounts WHERE Name = :party))
  AND (:item IS NULL OR i.item IN (SELECT ID FROM Items WHERE trim(Code) || ' ' || Description = :item));

-- Revenue in the ledger to tie the invoices to: of one customer where one is chosen, sister companies among them.
DROP TABLE IF EXISTS temp.revenue_shown;
CREATE TEMP TABLE revenue_shown AS
SELECT day, cents FROM lines
WHERE line = 'Netto-omzet' AND kind <> 310 AND kind NOT BETWEEN 320 AND 328 AND day >= :first_day
  AND (:party IS NULL OR party IN (SELECT ID FROM Accounts WHERE Name = :party));
