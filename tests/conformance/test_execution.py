"""Queries executed on a small ledger: rows, columns and types as plain Python makes them of the same ledger."""

from collections import Counter

import pytest
from judges import execute, ledger, odata, power_query
from judges.bundle import model_of
from judges.model import Model

TYPES = {  # what the model says, and what the query may return
    "string": {"text"},
    "int64": {"Int64.Type"},
    "decimal": {"Currency.Type"},
    "double": {"number", "Double.Type", "Percentage.Type"},
    "dateTime": {"date", "datetime"},
    "boolean": {"logical"},
}
EXPECTED = {
    "Mutaties": ledger.expected_mutaties,
    "Saldi": ledger.expected_saldi,
    "Grootboek": lambda divisions, _calendar: ledger.expected_grootboek(divisions),
    "Relatie": lambda divisions, _calendar: ledger.expected_relatie(divisions),
    "Administratiecontrole": lambda divisions, _calendar: ledger.expected_controle(divisions),
    "Datum": lambda _divisions, calendar: ledger.expected_datum(calendar),
}
FOREIGN = 987654321


class Run:
    """Every query of one report, executed on its own database."""

    def __init__(self, office, report, **options):
        self.report = report
        self.url = office.url(report.client)
        self.divisions = office.divisions(report.client)
        self.calendar = options.get("calendar") or calendar_of(office, report.client)
        self.members = power_query.members(report.section.read_text(encoding="utf-8"))
        loaded = [*self.divisions, *options.get("foreign", ())]
        self.database = odata.Database(ledger.tables(loaded, self.calendar), dropped=options.get("dropped", set()))
        self.alias = alias_of(office, report.client)
        self.database.alias = self.alias
        with odata.serving({"db": self.database}) as address:
            run = {
                "label": "run",
                "file": report.section,
                "members": options.get("members", self.members),
                "map": [[self.url, f"{address}/db/odata4"]],
            }
            self.answers = execute.execute([run], zone=options.get("zone", "UTC"))["run"]


def calendar_of(office, client):
    row = next((row for row in office.sheets["Klanten"] if str(row["Code"]) == client), {})
    kantoor = office.sheets["Kantoor"][0]
    years = row.get("Jaren historie") or kantoor.get("Jaren historie") or 3
    return ledger.Calendar(int(str(row.get("Einde boekjaar") or "12-31")[:2]), int(years))


def alias_of(office, client):
    row = next((row for row in office.sheets["Klanten"] if str(row["Code"]) == client), None)
    return (row or office.sheets["Kantoor"][0]).get("Alias") or "eol"


def rows_of(answer, names):
    places = [next(i for i, column in enumerate(answer["columns"]) if column["name"] == name) for name in names]
    return Counter(tuple(_plain(row[place]) for place in places) for row in answer["rows"])


def _plain(value):
    return round(value, 4) if isinstance(value, float) else value


def base_type(text):
    return text.removeprefix("type ").removeprefix("nullable ")


def pick(office, condition):
    """The first report `financieel` of a client that the condition picks."""
    for report in office.reports:
        if report.name == "financieel" and condition(report.client):
            return report
    raise AssertionError("the example office has no such client")


@pytest.fixture(scope="module", params=["several divisions", "broken year", "office"])
def executed(request, office):
    broken = lambda client: calendar_of(office, client).year_end != 12  # noqa: E731 -- named where it is used
    if request.param == "office":
        report = next(report for report in office.reports if report.client == "_office")
    elif request.param == "broken year":
        report = pick(office, lambda client: client != "_office" and broken(client))
    else:
        report = pick(office, lambda client: len(office.divisions(client)) > 1 and not broken(client))
    return Run(office, report)


def test_every_query_runs(executed):
    errors = {member: answer["error"] for member, answer in executed.answers.items() if "error" in answer}
    assert errors == {}


def test_no_cell_is_an_error(executed):
    for member, answer in executed.answers.items():
        cells = [cell for row in answer.get("rows", []) for cell in row]
        assert not [cell for cell in cells if isinstance(cell, dict)], member


def test_rows_are_those_of_the_ledger(executed):
    compared = 0
    for member, expected in EXPECTED.items():
        if member in executed.answers:
            wanted = expected(executed.divisions, executed.calendar)
            known = {name for row in wanted for name in row}
            answer = executed.answers[member]
            names = [column["name"] for column in answer["columns"] if column["name"] in known]
            assert names, member
            assert rows_of(answer, names) == Counter(
                tuple(_plain(row.get(name)) for name in names) for row in wanted
            ), member
            compared += 1
    assert compared >= 4


def test_columns_and_types_are_those_of_the_model(executed):
    model = Model.of(model_of(executed.report.pbit))
    for table in model.tables:
        wanted = {column["sourceColumn"]: column for column in table.get("columns", []) if "sourceColumn" in column}
        if "calculationGroup" in table or table["name"] not in executed.answers:
            continue
        answer = executed.answers[table["name"]]
        found = {column["name"]: base_type(column["type"]) for column in answer["columns"]}
        assert found.keys() == wanted.keys(), table["name"]
        for name, column in wanted.items():
            assert found[name] in TYPES[column["dataType"]], f"{table['name']}[{name}]"


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


def test_rows_are_selected_and_filtered_at_the_source(executed):
    for request in executed.database.requests:
        entity = request.partition("/odata4/")[2].partition("?")[0]
        if entity and entity != "$metadata":
            assert "$select=" in request, request
            assert "$orderby" not in request, request
            if not entity.startswith("ExactOnlineREST.Financial.Journals@") and len(executed.divisions) <= 25:
                assert "Division eq" in request.replace("%20", " "), request


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
    amsterdam = Run(office, executed.report, zone="Europe/Amsterdam")
    for member, answer in executed.answers.items():
        assert amsterdam.answers[member].get("rows") == answer.get("rows"), member


def test_fiscal_years_named_after_their_first_day(office):
    broken = pick(office, lambda client: client != "_office" and calendar_of(office, client).year_end != 12)
    usual = calendar_of(office, broken.client)
    calendar = ledger.Calendar(usual.year_end, usual.years, named_by_start=True)
    run = Run(office, broken, calendar=calendar, members=["Mutaties"])
    answer = run.answers["Mutaties"]
    assert "error" not in answer, answer
    names = ["Administratie", "Datum", "Bedrag", "Boekingstype"]
    wanted = ledger.expected_mutaties(run.divisions, calendar)
    assert rows_of(answer, names) == Counter(tuple(_plain(row.get(name)) for name in names) for row in wanted)


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
    database = odata.Database(ledger.tables(run.divisions[:-1], run.calendar), alias=run.alias)
    with odata.serving({"db": database}) as address:
        mapping = [[run.url, f"{address}/db/odata4"]]
        one = {"label": "run", "file": report.section, "members": ["Administratiecontrole"], "map": mapping}
        answer = execute.execute([one])["run"]["Administratiecontrole"]
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


@pytest.mark.parametrize("years", [1, 2, 4])
def test_opening_balance_and_movements_add_up_for_any_history(years):
    """The expectation itself: whatever is loaded, each account stands where all years together put it."""
    divisions = [1001, 1002]
    calendar = ledger.Calendar(12, years)
    sums = Counter()
    for row in ledger.expected_mutaties(divisions, calendar):
        sums[row["GrootboekKey"]] += round(row["Bedrag"] * 100)
    everything = Counter()
    for line in ledger.tables(divisions, calendar)[LEDGER]:
        everything[ledger.key(line["Division"], line["GLAccount"])] += round(line["AmountDC"] * 100)
    assert +sums == +everything
    assert -sums == -everything
