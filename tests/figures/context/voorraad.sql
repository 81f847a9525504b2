-- What lies there of the chosen divisions, and when each item was last sold in the loaded years.
DROP TABLE IF EXISTS temp.stock;
CREATE TEMP TABLE stock AS
SELECT l.* FROM lying l JOIN chosen c ON c.division = l.division;

DROP TABLE IF EXISTS temp.sold;
CREATE TEMP TABLE sold AS
SELECT i.item, min(max(i.day), :today) AS day FROM item_line i JOIN chosen c ON c.division = i.division
WHERE i.line = 'Kostprijs omzet' AND i.day >= :first_day GROUP BY i.item;
