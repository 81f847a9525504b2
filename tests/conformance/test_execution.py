"""Queries executed on a small ledger: rows, columns and types as plain Python makes them of the same ledger."""

import shutil
from collections import Counter

import openpyxl
import pytest
from conftest import EXAMPLE, Office, generate
from judges import ledger, odata
from judges.bundle import model_of
from judges.execute import execute
from judges.ledger_run import Run, calendar_of, expected_rows, judge_run, rows_of
from judges.model import Model

FOREIGN = 987654321


def pick(office, condition):
    """The first report `financieel` of a client that the condition picks."""
    for report in office.reports:
        if report.name == "financieel" and condition(report.client):
            return report
    raise AssertionError("the example office has no such client")


@pytest.fixture(scope="module", params=["several divisions", "broken year", "office"])
def executed(request, office, run_of):
    broken = lambda client: calendar_of(office, client).year_end != 12  # noqa: E731 -- named where it is used
    if request.param == "office":
        report = next(report for report in office.reports if report.client == "_office")
    elif request.param == "broken year":
        report = pick(office, lambda client: client != "_office" and broken(client))
    else:
        report = pick(office, lambda client: len(office.divisions(client)) > 1 and not broken(client))
    return run_of(report)


def test_rows_columns_and_types_are_those_of_the_ledger_and_the_model(executed):
    assert len(executed.members) > 5
    assert judge_run(executed) == []


def test_every_table_of_the_model_is_a_query(executed):
    tables = {
        table["name"]
        for table in model_of(executed.report.pbit)["model"]["tables"]
        if table["partitions"][0]["source"]["type"] == "m"
    }
    assert tables <= set(executed.members)


def test_only_the_clients_own_address_is_asked(executed):
    asked = [url for answer in executed.answers.values() for url in answer["urls"]]
    assert asked
    assert {url.partition("/db/odata4")[1] for url in asked} == {"/db/odata4"}


def test_no_more_columns_are_asked_than_the_model_and_its_joins_need(executed):
    asked = {
        column
        for request in executed.database.requests
        if "TransactionLines" in request and "$select=" in request
        for column in request.partition("$select=")[2].partition("&")[0].split(",")
    }
    model = Model.of(model_of(executed.report.pbit))
    loaded = len(next((table["columns"] for table in model.tables if table["name"] == "Mutaties"), ()))
    joins = 5  # Division, FinancialYear, FinancialPeriod, Date and GLAccount, which the model may not show
    assert len(asked) <= loaded + joins


def test_the_same_rows_in_amsterdam_and_in_utc(office, executed):
    tables = [member for member in executed.members if not member.startswith("Bron")]
    amsterdam = Run(office, executed.report, members=tables, zone="Europe/Amsterdam")
    for member, answer in amsterdam.answers.items():
        assert answer.get("rows") == executed.answers[member].get("rows"), member


def test_fiscal_years_named_after_their_first_day(office):
    broken = pick(office, lambda client: client != "_office" and calendar_of(office, client).year_end != 12)
    usual = calendar_of(office, broken.client)
    calendar = ledger.Calendar(usual.year_end, usual.years, named_by_start=True)
    run = Run(office, broken, calendar=calendar, members=["Mutaties"])
    answer = run.answers["Mutaties"]
    assert "error" not in answer, answer
    names = ["Administratie", "Datum", "Bedrag", "Boekingstype"]
    wanted = ledger.expected_mutaties(run.calendars, calendar)
    assert rows_of(answer, names) == expected_rows(wanted, names)


def test_a_foreign_division_makes_the_refresh_fail_without_naming_it(office):
    report = pick(office, lambda client: client != "_office")
    run = Run(office, report, foreign=[FOREIGN])
    error = run.answers["Administratiecontrole"].get("error", "")
    assert "1" in error
    assert not error.startswith("unsupported")
    assert str(FOREIGN) not in error
    mutaties = run.answers["Mutaties"]
    assert str(FOREIGN) not in str(mutaties.get("rows")), "the other tables must not load the foreign division"


def test_a_missing_division_is_seen_and_does_not_fail(office):
    report = pick(office, lambda client: client != "_office" and len(office.divisions(client)) > 1)
    run = Run(office, report, members=["P_INVANTIVE_URL"])
    absent = run.divisions[-1]
    present = {division: calendar for division, calendar in run.calendars.items() if division != absent}
    database = odata.Database(ledger.tables(present), run.alias)
    with odata.serving({"db": database}) as address:
        mapping = [[run.url, f"{address}/db/odata4"]]
        one = {"label": "run", "file": report.section, "members": ["Administratiecontrole"], "map": mapping}
        answer = execute([one])["run"]["Administratiecontrole"]
    if "rows" in answer and any(column["name"] == "Ontvangen" for column in answer["columns"]):
        assert rows_of(answer, ["Administratie", "Ontvangen"])[absent, False] == 1
    assert "error" not in answer


LEDGER = "ExactOnlineREST.Incremental.TransactionLinesIncremental"


def test_a_missing_required_column_is_an_error_by_name(office):
    report = pick(office, lambda client: client != "_office")
    run = Run(office, report, members=["Mutaties"], dropped={(LEDGER, "AmountDC")})
    assert "AmountDC" in run.answers["Mutaties"].get("error", "")


def test_a_missing_descriptive_column_is_empty(office):
    report = pick(office, lambda client: client != "_office")
    run = Run(office, report, members=["Mutaties"], dropped={(LEDGER, "Description")})
    answer = run.answers["Mutaties"]
    assert "error" not in answer, answer
    assert set(rows_of(answer, ["Omschrijving"])) == {(None,)}


def test_administraties_are_those_of_the_workbook(executed, office):
    answer = executed.answers["Administratie"]
    rows = {row["Code"]: row for row in office.sheets["Administraties"] if row["Code"] in executed.divisions}
    assert len(rows) == len(executed.divisions)
    for name, column, usual in (("Naam", "Naam", None), ("Valuta", "Valuta", "EUR"), ("Belang", "Belang", 1)):
        if any(found["name"] == name for found in answer["columns"]):
            wanted = [{"Administratie": code, name: row.get(column, usual)} for code, row in rows.items()]
            assert rows_of(answer, ["Administratie", name]) == expected_rows(wanted, ["Administratie", name])


@pytest.mark.parametrize(
    ("now", "last_day", "last_month"),
    [
        ("2026-12-31T22:59:59Z", "2026-12-31", "2026-11"),
        ("2026-12-31T23:00:00Z", "2027-12-31", "2026-12"),  # it is the new year in the Netherlands
        ("2026-06-30T21:59:59Z", "2026-12-31", "2026-05"),
        ("2026-06-30T22:00:00Z", "2026-12-31", "2026-06"),  # summer time: July began
        ("2026-03-31T22:00:00Z", "2026-12-31", "2026-03"),
        ("2026-10-31T22:30:00Z", "2026-12-31", "2026-09"),  # winter time again: still October
    ],
)
def test_today_is_the_day_in_the_netherlands(office, now, last_day, last_month):
    report = pick(office, lambda client: client != "_office" and calendar_of(office, client).year_end == 12)
    answer = Run(office, report, members=["Datum"], now=now).answers["Datum"]
    periods = dict(list(rows_of(answer, ["Datum", "Periode"])))
    assert max(periods) == last_day
    preselected = {day for day, period in periods.items() if day[:4] not in period}
    assert {day[:7] for day in preselected} == {last_month}
    assert len({periods[day] for day in preselected}) == 1
    assert preselected == {day for day in periods if day.startswith(last_month)}


@pytest.fixture(scope="module", params=[1, 2, 4])
def other_history(request, tmp_path_factory):
    """The example office with so many years of history and a budget for every client."""
    folder = tmp_path_factory.mktemp(f"years{request.param}")
    book = openpyxl.load_workbook(EXAMPLE)
    sheet = book["Klanten"]
    places = {str(cell.value).strip(): cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, 1).value is not None:
            sheet.cell(row, places["Jaren historie"]).value = request.param
            sheet.cell(row, places["Budgetscenario"]).value = ledger.SCENARIO
    book.save(folder / "kantoor.xlsx")
    for logo in EXAMPLE.parent.glob("*.png"):
        shutil.copy(logo, folder)
    done = generate(folder / "output", specs=folder / "kantoor.xlsx")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Office(folder / "output", folder / "kantoor.xlsx")


@pytest.mark.parametrize("broken", [False, True], ids=["calendar year", "broken year"])
def test_other_lengths_of_history(other_history, broken):
    def fits(client):
        return client != "_office" and (calendar_of(other_history, client).year_end != 12) == broken

    run = Run(other_history, pick(other_history, fits), members=["Mutaties", "Datum", "Budget"])
    assert run.calendar.years in (1, 2, 4)
    assert run.answers["Budget"].get("rows"), run.answers["Budget"]
    assert judge_run(run) == []


@pytest.mark.parametrize("years", [1, 2, 4])
def test_opening_balance_and_movements_add_up_for_any_history(years):
    """The expectation itself: whatever is loaded, each account stands where all years together put it."""
    calendar = ledger.Calendar(12, years)
    calendars = {1001: calendar, 1002: ledger.Calendar(6, years)}
    sums = Counter()
    for row in ledger.expected_mutaties(calendars, calendar):
        sums[row["GrootboekKey"]] += round(row["Bedrag"] * 100)
    everything = Counter()
    for line in ledger.tables(calendars)[LEDGER]:
        everything[ledger.key(line["Division"], line["GLAccount"])] += round(line["AmountDC"] * 100)
    assert +sums == +everything
    assert -sums == -everything
