-- What an accountant reads in Exact's own tables, for all divisions: the twins ask these tables, never the queries in M.
-- Year and period decide: a line counts on its date where that lies in its period, else on the period's last day.
-- `mapped` holds the rows of the workbook's sheet Rekeningindeling, `scenario` the budget scenario of a client, `mutual`
-- the rows of Onderling: a relation or an account, and the division that it stands for.

CREATE TEMP TABLE kind_of_account (kind INTEGER PRIMARY KEY, bt TEXT, line TEXT);
INSERT INTO kind_of_account VALUES
  (10, 'B', 'Liquide middelen'), (12, 'B', 'Liquide middelen'), (14, 'B', 'Liquide middelen'),
  (16, 'B', 'Liquide middelen'), (20, 'B', 'Debiteuren'), (21, 'B', 'Overige kortlopende schulden'), (22, 'B', 'Crediteuren'),
  (24, 'B', 'Btw'), (25, 'B', 'Overige kortlopende schulden'), (26, 'B', 'Overige vorderingen'),
  (27, 'B', 'Overige kortlopende schulden'), (29, 'B', 'Overige kortlopende schulden'), (30, 'B', 'Vaste activa'),
  (32, 'B', 'Overige vorderingen'), (35, 'B', 'Vaste activa'), (40, 'B', 'Voorraden'), (50, 'B', 'Eigen vermogen'),
  (52, 'B', 'Eigen vermogen'), (55, 'B', 'Langlopende schulden'), (60, 'B', 'Overige kortlopende schulden'),
  (100, 'B', 'Overige kortlopende schulden'), (110, 'W', 'Netto-omzet'), (111, 'W', 'Kostprijs omzet'),
  (120, 'W', 'Overige bedrijfskosten'), (121, 'W', 'Overige bedrijfskosten'), (122, 'W', 'Afschrijvingen'),
  (123, 'W', 'Overige bedrijfskosten'), (125, 'W', 'Personeelskosten'), (126, 'W', 'Personeelskosten'),
  (130, 'W', 'Overige bedrijfskosten'), (140, 'W', 'Overige opbrengsten'), (150, 'W', 'Belastingen'),
  (160, 'W', 'Financiële baten en lasten');

CREATE TEMP TABLE sums_up (line TEXT, base TEXT);
INSERT INTO sums_up
WITH w (n, base) AS (VALUES
  (1, 'Netto-omzet'), (2, 'Kostprijs omzet'), (3, 'Overige opbrengsten'), (4, 'Personeelskosten'),
  (5, 'Overige bedrijfskosten'), (6, 'Afschrijvingen'), (7, 'Financiële baten en lasten'), (8, 'Belastingen')),
a (base) AS (VALUES
  ('Vaste activa'), ('Voorraden'), ('Debiteuren'), ('Overige vorderingen'), ('Liquide middelen')),
p (base) AS (VALUES
  ('Eigen vermogen'), ('Nog te bestemmen resultaat'), ('Langlopende schulden'), ('Crediteuren'), ('Btw'),
  ('Overige kortlopende schulden'))
SELECT base, base FROM w UNION ALL SELECT base, base FROM a UNION ALL SELECT base, base FROM p
UNION ALL SELECT 'Brutomarge', base FROM w WHERE n <= 2
UNION ALL SELECT 'EBITDA', base FROM w WHERE n <= 5
UNION ALL SELECT 'Bedrijfsresultaat', base FROM w WHERE n <= 6
UNION ALL SELECT 'Nettoresultaat', base FROM w
UNION ALL SELECT 'Totaal activa', base FROM a
UNION ALL SELECT 'Totaal passiva', base FROM p;

-- The sign with which a statement shows a line: -1 for costs, equity and liabilities.
CREATE TEMP TABLE shown (line TEXT PRIMARY KEY, sign INTEGER, subtotal INTEGER);
INSERT INTO shown
SELECT line,
  CASE WHEN line IN ('Kostprijs omzet', 'Personeelskosten', 'Overige bedrijfskosten', 'Afschrijvingen', 'Belastingen',
    'Eigen vermogen', 'Nog te bestemmen resultaat', 'Langlopende schulden', 'Crediteuren', 'Btw',
    'Overige kortlopende schulden', 'Totaal passiva') THEN -1 ELSE 1 END,
  count(*) > 1
FROM sums_up GROUP BY line;

-- Which line a code of RGS means, and which accounts turn: cash and other receivables become a debt, and the reverse.
CREATE TEMP TABLE rgs AS
SELECT Division AS division, GLAccount AS account, ClassificationCode AS code,
  CASE
    WHEN substr(ClassificationCode, 1, 7) = 'BVorDeb' THEN 'Debiteuren'
    WHEN substr(ClassificationCode, 1, 7) = 'BSchCre' THEN 'Crediteuren'
    WHEN ClassificationCode IN ('BVorVbkTvo', 'BSchBepBla', 'BSchBepBtw') THEN 'Btw'
    ELSE CASE substr(ClassificationCode, 1, 4)
      WHEN 'BIva' THEN 'Vaste activa' WHEN 'BMva' THEN 'Vaste activa' WHEN 'BFva' THEN 'Vaste activa'
      WHEN 'BVrd' THEN 'Voorraden' WHEN 'BVor' THEN 'Overige vorderingen' WHEN 'BLim' THEN 'Liquide middelen'
      WHEN 'BEiv' THEN 'Eigen vermogen' WHEN 'BLas' THEN 'Langlopende schulden'
      WHEN 'BSch' THEN 'Overige kortlopende schulden' WHEN 'WOmz' THEN 'Netto-omzet' WHEN 'WKpr' THEN 'Kostprijs omzet'
      WHEN 'WOvb' THEN 'Overige opbrengsten' WHEN 'WPer' THEN 'Personeelskosten' WHEN 'WAfs' THEN 'Afschrijvingen'
      WHEN 'WBed' THEN 'Overige bedrijfskosten' WHEN 'WFbe' THEN 'Financiële baten en lasten' WHEN 'WBel' THEN 'Belastingen'
    END
  END AS line,
  CASE
    WHEN ClassificationCode IN ('BLimBanRba', 'BVorTusTov', 'BVorOvaVbr') THEN 'Overige kortlopende schulden'
    WHEN ClassificationCode IN ('BSchTusTov', 'BSchOpaNtb', 'BSchBepLhe', 'BSchBepVpb') THEN 'Overige vorderingen'
  END AS turn
FROM GLAccountClassificationMappings;

-- What an own scheme calls a node is a report line, in either language.
CREATE TEMP TABLE own AS
SELECT c.Division AS division, c.GLAccount AS account, n.line
FROM GLAccountClassificationMappings c
JOIN (SELECT 'langlopende schulden' AS name, 'Langlopende schulden' AS line UNION ALL
  SELECT 'netto-omzet', 'Netto-omzet' UNION ALL SELECT 'staff costs', 'Personeelskosten' UNION ALL
  SELECT 'personeelskosten', 'Personeelskosten' UNION ALL SELECT 'financiële baten en lasten', 'Financiële baten en lasten'
) n ON n.name = lower(trim(c.ClassificationDescription));

CREATE TEMP TABLE statement (line TEXT PRIMARY KEY, bt TEXT, side INTEGER);
INSERT INTO statement
SELECT line, bt, CASE WHEN line IN ('Vaste activa', 'Voorraden', 'Debiteuren', 'Overige vorderingen', 'Liquide middelen')
  THEN 1 ELSE -1 END
FROM kind_of_account GROUP BY line, bt;

-- A line of the wrong statement is passed over.
CREATE TEMP TABLE account AS
WITH route AS (
  SELECT g.Division AS division, g.ID AS id, trim(g.Code) AS code, g.BalanceType AS bt, g.BalanceSide AS dc, g.Type AS kind,
    (SELECT line FROM mapped m
      WHERE m.division = g.Division AND CAST(trim(g.Code) AS INTEGER) BETWEEN m.first AND m.last) AS workbook,
    (SELECT r.line FROM rgs r JOIN statement s ON s.line = r.line AND s.bt = g.BalanceType WHERE r.account = g.ID) AS by_rgs,
    (SELECT r.turn FROM rgs r JOIN statement s ON s.line = r.line AND s.bt = g.BalanceType WHERE r.account = g.ID) AS rgs_turn,
    (SELECT o.line FROM own o JOIN statement s ON s.line = o.line AND s.bt = g.BalanceType WHERE o.account = g.ID) AS by_own,
    k.line AS by_kind
  FROM GLAccounts g LEFT JOIN kind_of_account k ON k.kind = g.Type AND k.bt = g.BalanceType
), placed AS (
  SELECT *, coalesce(workbook, by_rgs, by_own, by_kind,
    CASE bt || dc WHEN 'BD' THEN 'Overige vorderingen' WHEN 'BC' THEN 'Overige kortlopende schulden'
      WHEN 'WD' THEN 'Overige bedrijfskosten' WHEN 'WC' THEN 'Overige opbrengsten' END) AS line
  FROM route
)
SELECT p.division, p.id, p.code, p.bt, p.kind AS type, p.line, s.side,
  CASE WHEN workbook IS NOT NULL THEN NULL WHEN by_rgs IS NOT NULL THEN rgs_turn WHEN by_own IS NOT NULL THEN NULL
    WHEN kind IN (10, 12, 14, 16) AND by_kind IS NOT NULL THEN 'Overige kortlopende schulden' END AS turn
FROM placed p LEFT JOIN statement s ON s.line = p.line;
CREATE INDEX temp.account_id ON account (id);

CREATE TEMP TABLE period AS
SELECT Division AS division, FinYear AS year, FinPeriod AS number,
  substr(StartDate, 1, 10) AS first, substr(EndDate, 1, 10) AS last
FROM FinancialPeriods;
CREATE INDEX temp.period_key ON period (division, year, number);

CREATE TEMP TABLE posted AS
SELECT l.Division AS division, l.EntryID AS entry, a.line, a.bt, a.turn, a.side,
  trim(coalesce(l.CostCenter, '')) AS place, l.Type AS kind, a.id AS account, l.InvoiceNumber AS invoice, l.Account AS party,
  CASE WHEN substr(l.Date, 1, 10) BETWEEN p.first AND p.last THEN substr(l.Date, 1, 10) ELSE p.last END AS day,
  p.last AS period_end, CAST(round(l.AmountDC * 100) AS INTEGER) AS cents,
  -- With whom, inside the group: of a relation its results, receivables and payables count, not its VAT or the bank.
  (SELECT m.partner FROM mutual m WHERE m.partner <> l.Division AND coalesce(m.division, l.Division) = l.Division AND (
    m.account = a.code OR m.relation = trim(l.AccountCode) AND (a.bt = 'W' OR a.type IN (20, 22)))) AS partner
FROM TransactionLinesBulk l
JOIN account a ON a.id = l.GLAccount
JOIN period p ON p.division = l.Division AND p.year = l.FinancialYear AND p.number = l.FinancialPeriod;

CREATE TEMP TABLE planned AS
SELECT b.Division AS division, a.line, p.last AS day, CAST(round(b.AmountDC * 100) AS INTEGER) AS cents
FROM Budgets b
JOIN account a ON a.id = b.GLAccount
JOIN period p ON p.division = b.Division AND p.year = b.ReportingYear AND p.number = b.ReportingPeriod
WHERE b.BudgetScenarioCode = (SELECT code FROM scenario) AND a.bt = 'W';

-- Snapshots of receivables per day: where two periods end on one day (12 and 13), the later one tells.
CREATE TEMP TABLE snapshot AS
SELECT o.DIVISION AS division, p.last AS day,
  julianday(p.last) - julianday(substr(o.DUEDATE, 1, 10)) AS overdue,
  CAST(round(o.OUTSTANDINGAMTDC * 100) AS INTEGER) AS cents
FROM AROutstandingItemsPerFinancialPeriodUltimo o
JOIN period p ON p.division = o.DIVISION AND p.year = o.FINYEAR AND p.number = o.FINPERIOD
WHERE NOT EXISTS (
  SELECT 1 FROM period q WHERE q.division = p.division AND q.year = p.year AND q.last = p.last AND q.number > p.number
);

CREATE TEMP TABLE owed AS
SELECT Division AS division, substr(DueDate, 1, 10) AS due, CAST(round(Amount * 100) AS INTEGER) AS cents
FROM ReceivablesList;

CREATE TEMP TABLE owing AS
SELECT Division AS division, substr(DueDate, 1, 10) AS due, CAST(round(Amount * 100) AS INTEGER) AS cents
FROM PayablesList;

-- Lines of the cash flow statement that are the movement of one report line.
CREATE TEMP TABLE cash_line (number INTEGER PRIMARY KEY, line TEXT);
INSERT INTO cash_line VALUES
  (1, NULL), (2, 'Afschrijvingen'), (3, 'Voorraden'), (4, 'Debiteuren'), (5, 'Overige vorderingen'), (6, 'Crediteuren'),
  (7, 'Btw'), (8, 'Overige kortlopende schulden'), (9, NULL), (10, 'Langlopende schulden'), (11, 'Eigen vermogen'),
  (12, NULL);

CREATE TEMP TABLE month_name (number INTEGER PRIMARY KEY, name TEXT);
INSERT INTO month_name VALUES
  (1, 'januari'), (2, 'februari'), (3, 'maart'), (4, 'april'), (5, 'mei'), (6, 'juni'), (7, 'juli'), (8, 'augustus'),
  (9, 'september'), (10, 'oktober'), (11, 'november'), (12, 'december');
