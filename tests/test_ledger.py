# ruff: noqa: S608 -- questions are put together from words of our own
"""The made-up ledger: an accountant's checks on its tables, and every boundary case really in it."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path

import pytest

from generator.sources.ledger import STANDARD, Division, ledger

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "ledger_cases.toml").read_text("utf-8"))["cases"]
TODAY = dt.date(2026, 11, 24)
FINGERPRINT = "49e9d2df00512b1b"
YEAR_END = "310, 320, 321, 322, 323, 324, 325, 326, 327, 328"


@pytest.fixture(scope="module")
def books():
    return ledger(STANDARD, TODAY)


@pytest.fixture(scope="module")
def ask(books):
    """Answers a question in SQL; day(Date) is the date as text, cents(amount) whole cents."""
    connection = books.sqlite()
    connection.create_function("cents", 1, lambda amount: round(amount * 100))
    connection.create_function("day", 1, lambda moment: moment and moment[:10])
    connection.execute(
        "CREATE VIEW acc AS SELECT Division, ID, printf('%04d', Code % 40000) AS code, Type AS kind, BalanceType AS bt"
        " FROM GLAccounts"  # the other chart's codes are 40000 higher
    )
    connection.execute(
        "CREATE VIEW led AS SELECT l.*, code, kind, bt, cents(AmountDC) AS c, day(l.Date) AS d"
        " FROM TransactionLinesBulk l JOIN acc a ON a.ID = l.GLAccount AND a.Division = l.Division"
    )
    connection.execute(
        "CREATE VIEW placed AS SELECT l.*, day(StartDate) AS first, day(EndDate) AS last"
        " FROM led l JOIN FinancialPeriods p"
        " ON p.Division = l.Division AND p.FinYear = l.FinancialYear AND p.FinPeriod = l.FinancialPeriod"
    )
    yield lambda sql, *values: connection.execute(sql, values).fetchall()
    connection.close()


def test_the_same_seed_gives_the_same_bytes_everywhere(books):
    assert books.fingerprint()[:16] == FINGERPRINT  # of this seed; it changes with the ledger's own code only


def test_another_seed_gives_other_books():
    assert ledger(STANDARD[:1], TODAY, seed=2).fingerprint() != ledger(STANDARD[:1], TODAY).fingerprint()


def test_a_division_has_the_same_books_whoever_else_is_there():
    alone, together = ledger(STANDARD[2:3], TODAY), ledger(STANDARD[2:4], TODAY)
    lines = "ExactOnlineREST.Incremental.TransactionLinesIncremental"
    code = STANDARD[2].code
    assert alone.tables[lines] == [row for row in together.tables[lines] if row["Division"] == code]


def test_every_entry_sums_to_zero(ask):
    assert ask("SELECT Division, EntryID, sum(c) FROM led GROUP BY 1, 2 HAVING sum(c) <> 0") == []


def test_line_0_is_the_total_of_an_invoice(ask):
    assert (
        ask(
            "SELECT EntryID FROM led WHERE Type IN (20, 21, 30, 31) GROUP BY 1"
            " HAVING sum(CASE WHEN LineNumber = 0 THEN c END) <> -sum(CASE WHEN LineNumber > 0 THEN c ELSE 0 END)"
        )
        == []
    )


def test_vat_is_on_line_9999_and_its_base_times_its_rate(ask):
    rows = ask(
        "SELECT max(CASE WHEN LineNumber = 9999 THEN c END), max(CASE WHEN LineNumber = 1 THEN c END),"
        " max(VATPercentage)"
        " FROM led WHERE Type IN (20, 21, 30, 31) GROUP BY EntryID HAVING max(LineNumber) = 9999"
    )
    assert len(rows) > 500
    assert [row for row in rows if abs(row[0] - row[1] * row[2]) > 0.5] == []


@pytest.mark.parametrize(("side", "code", "sign"), [("AR", "1300", 1), ("AP", "1600", -1)])
def test_ledger_and_open_items_agree_at_every_ultimo(ask, side, code, sign):
    found = ask(
        f"SELECT p.Division, p.FinYear, p.FinPeriod, (SELECT {sign} * sum(c) FROM led l WHERE l.Division = p.Division"
        f" AND l.code = '{code}' AND l.FinancialYear * 100 + l.FinancialPeriod <= p.FinYear * 100 + p.FinPeriod),"
        f" (SELECT sum(cents(OUTSTANDINGAMTDC)) FROM {side}OutstandingItemsPerFinancialPeriodUltimo o"
        " WHERE o.DIVISION = p.Division AND o.FINYEAR = p.FinYear AND o.FINPERIOD = p.FinPeriod)"
        " FROM FinancialPeriods p WHERE day(p.StartDate) <= '2026-11-24'"
    )
    assert len(found) > 400
    assert [row for row in found if (row[3] or 0) != (row[4] or 0)] == []


@pytest.mark.parametrize(("table", "code", "sign"), [("ReceivablesList", "1300", 1), ("PayablesList", "1600", -1)])
def test_ledger_and_open_items_agree_today(ask, table, code, sign):
    items = ask(f"SELECT Division, sum(cents(Amount)) FROM {table} GROUP BY 1")
    assert items == ask(f"SELECT Division, {sign} * sum(c) FROM led WHERE code = '{code}' GROUP BY 1")


def test_balances_are_the_lines_added_up(ask):
    keys = "Division, {account}, {year}, {period}, Type"
    wanted = keys.format(account="GLAccount", year="FinancialYear", period="FinancialPeriod")
    found = keys.format(account="GLAccount", year="ReportingYear", period="ReportingPeriod")
    assert ask(
        f"SELECT {found}, sum(cents(Amount)), sum(Count) FROM ReportingBalance"
        " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
    ) == ask(f"SELECT {wanted}, sum(c), count(*) FROM led GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5")
    assert ask("SELECT 1 FROM ReportingBalance WHERE cents(Amount) <> cents(AmountDebit) + cents(AmountCredit)") == []


def test_a_closed_year_is_zero_only_with_its_closing(ask):
    """Types 310 and 320 to 328 make P&L accounts zero; without them the result is there."""
    closed = ask(f"SELECT DISTINCT Division, FinancialYear FROM led WHERE Type IN ({YEAR_END}) AND Type < 328")
    assert len(closed) == 12  # four divisions, three years
    for division, year in closed:
        where = f"FROM led WHERE bt = 'W' AND Division = {division} AND FinancialYear = {year}"
        assert ask(f"SELECT code, sum(c) {where} GROUP BY 1 HAVING sum(c) <> 0") == []
        assert ask(f"SELECT sum(c) {where} AND Type NOT IN ({YEAR_END})") != [(0,)]


def test_books_that_are_never_closed_have_no_year_end(ask):
    assert ask(f"SELECT count(*) FROM led WHERE Division IN (510002, 530001) AND Type IN ({YEAR_END})") == [(0,)]


def test_assets_are_equity_and_debt_at_every_period(ask):
    assert (
        ask("SELECT Division, FinancialYear, FinancialPeriod, sum(c) FROM led GROUP BY 1, 2, 3 HAVING sum(c) <> 0")
        == []
    )


def test_stock_is_never_below_zero_and_ties_to_its_account(ask):
    """Per division and item, on every day: what was bought comes before what was delivered."""
    moved = ask(
        "SELECT least FROM (SELECT sum(Quantity) OVER (PARTITION BY Division, Item ORDER BY d) AS least FROM led"
        " WHERE code = '3000') WHERE least < 0"
    )
    assert moved == []
    tied = ask(
        "SELECT i.Division, sum(cents(Stock * coalesce(AverageCost, CostPriceStandard))),"
        " (SELECT sum(c) FROM led WHERE code = '3000' AND Division = i.Division) FROM Items i GROUP BY 1"
    )
    assert [row for row in tied if row[1] != (row[2] or 0)] == []
    assert sum(row[1] for row in tied) > 0
    stored = "SELECT Item FROM ItemWarehouses GROUP BY 1 HAVING sum(CurrentStock) <>"
    assert ask(f"{stored} (SELECT Stock FROM Items WHERE ID = Item)") == []


def test_sister_companies_owe_each_other_the_same(ask):
    def open_per_ultimo(side, owner, partner):
        return ask(
            "SELECT FINYEAR, FINPERIOD, sum(cents(OUTSTANDINGAMTDC))"
            f" FROM {side}OutstandingItemsPerFinancialPeriodUltimo"
            f" WHERE DIVISION = {owner} AND trim(OUTSTANDINGITEMS_{side}_ACCOUNT_CODE_ATTR) = '9{partner % 10000:04}'"
            " AND FINPERIOD < 13 GROUP BY 1, 2 ORDER BY 1, 2"
        )

    for seller, buyer in ((510001, 510002), (510002, 510001)):
        assert len(open_per_ultimo("AR", seller, buyer)) > 10
        assert open_per_ultimo("AR", seller, buyer) == open_per_ultimo("AP", buyer, seller)


def test_sales_within_the_group_are_purchases_of_the_other(ask):
    sold = ask("SELECT Division, d, -c FROM led WHERE code = '8100' AND Type = 20 ORDER BY 1, 2, 3")
    bought = ask(
        "SELECT 510003 - (Division - 510000), d, c FROM led WHERE code = '7100' AND Type = 30 ORDER BY 1, 2, 3"
    )
    assert sold
    assert sold == bought


@pytest.mark.parametrize(
    ("column", "table", "key"),
    [
        ("GLAccount", "TransactionLinesBulk", "GLAccounts"),
        ("Account", "TransactionLinesBulk", "Accounts"),
        ("GLAccount", "ReportingBalance", "GLAccounts"),
        ("GLAccount", "Budgets", "GLAccounts"),
        ("AccountId", "ReceivablesList", "Accounts"),
        ("BudgetScenario", "Budgets", "BudgetScenarios"),
        ("Item", "TransactionLinesBulk", "Items"),
        ("Project", "TransactionLinesBulk", "Projects"),
        ("Project", "TimeTransactions", "Projects"),
        ("Project", "CostTransactions", "Projects"),
        ("Account", "Projects", "Accounts"),
        ("ItemGroup", "Items", "ItemGroups"),
        ("Item", "ItemWarehouses", "Items"),
        ("Warehouse", "ItemWarehouses", "Warehouses"),
    ],
)
def test_every_key_is_found_in_its_own_division(ask, column, table, key):
    assert ask(
        f"SELECT count(*) FROM {table} f LEFT JOIN {key} k ON k.ID = f.{column} AND k.Division = f.Division"
        f" WHERE f.{column} IS NOT NULL AND k.ID IS NULL"
    ) == [(0,)]


def test_every_line_has_a_period_and_an_account_has_one_row(ask):
    assert ask(
        "SELECT count(*) FROM led l LEFT JOIN FinancialPeriods p ON p.Division = l.Division"
        " AND p.FinYear = l.FinancialYear AND p.FinPeriod = l.FinancialPeriod WHERE p.ID IS NULL"
    ) == [(0,)]
    assert ask("SELECT count(*) - count(DISTINCT ID) FROM GLAccounts") == [(0,)]
    assert ask("SELECT count(*) - count(DISTINCT ID) FROM TransactionLinesBulk") == [(0,)]


def test_the_budget_is_complete(ask):
    assert (
        ask(
            "SELECT Division, BudgetScenarioCode, GLAccount, ReportingYear FROM Budgets GROUP BY 1, 2, 3, 4"
            " HAVING count(DISTINCT ReportingPeriod) <> 12"
        )
        == []
    )
    assert ask("SELECT DISTINCT trim(Code) FROM BudgetScenarios ORDER BY 1") == [("BUDGET",), ("OPT",)]


def test_nothing_is_booked_after_today(ask):
    assert ask("SELECT max(d) FROM led")[0][0] <= TODAY.isoformat()


@pytest.mark.parametrize("case", CASES)
def test_the_case_is_really_there(ask, case):
    assert ask(CASES[case]) != []


@pytest.mark.parametrize("side", ["AR", "AP"])
@pytest.mark.parametrize("days", [0, 1, 30, 31, 60, 61, 90, 91])
def test_items_stand_on_the_edges_of_the_classes_of_age(ask, side, days):
    assert (
        ask(
            f"SELECT 1 FROM {side}OutstandingItemsPerFinancialPeriodUltimo o"
            " JOIN FinancialPeriods p ON p.Division = o.DIVISION"
            " AND p.FinYear = o.FINYEAR AND p.FinPeriod = o.FINPERIOD"
            " WHERE julianday(day(p.EndDate)) - julianday(day(o.DUEDATE)) = ?",
            days,
        )
        != []
    )


def test_year_end_types_are_all_there(ask):
    assert {kind for (kind,) in ask(f"SELECT DISTINCT Type FROM led WHERE Type IN ({YEAR_END}) AND bt = 'W'")} == {
        310,
        *range(320, 329),
    }


def test_tables_have_the_columns_of_the_source(books):
    known = json.loads((HERE.parent / "templates" / "exact_online" / "entities.json").read_text("utf-8"))
    lines = known["ExactOnlineREST.FinancialTransaction.TransactionLines"]["columns"]
    for entity_set, rows in books.tables.items():
        columns = known.get(entity_set, {"columns": {}})["columns"] | (
            lines if "TransactionLines" in entity_set else {}
        )
        if columns:
            assert set(rows[0]) <= set(columns), entity_set
        assert len({tuple(row) for row in rows}) == 1, entity_set


def test_any_divisions_can_be_asked_for():
    some = [Division(1, currency="USD", year_end_month=9, closes=False), Division(2, traits=frozenset({"empty"}))]
    made = ledger(some, dt.date(2024, 2, 29), years=1, volume=3)
    lines = made.tables["ExactOnlineREST.FinancialTransaction.TransactionLinesBulk"]
    assert {row["Division"] for row in lines} == {1}
    assert {row["FinancialYear"] for row in lines} == {2024}
    assert max(row["Date"] for row in lines) <= "2024-02-29T00:00:00Z"


def test_a_trait_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no such traits: closed"):
        Division(1, traits=frozenset({"closed"}))
