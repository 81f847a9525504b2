"""One report on its own database: every query executed on the small ledger, and what must come out."""

from collections import Counter

from judges import ledger, odata, power_query
from judges.bundle import model_of
from judges.execute import NOW, execute
from judges.model import Model

TYPES = {  # what the model says, and what the query may return
    "string": {"text"},
    "int64": {"Int64.Type"},
    "decimal": {"Currency.Type"},
    "double": {"number", "Double.Type", "Percentage.Type"},
    "dateTime": {"date", "datetime"},
    "boolean": {"logical"},
}
FOLDED = 25  # divisions in a filter at the source; more make the address too long
EXPECTED = {
    "Mutaties": ledger.expected_mutaties,
    "Saldi": ledger.expected_saldi,
    "Grootboek": lambda calendars, _model: ledger.expected_grootboek(calendars),
    "Relatie": lambda calendars, _model: ledger.expected_relatie(calendars),
    "Administratiecontrole": lambda calendars, _model: ledger.expected_controle(calendars),
    "Datum": lambda _calendars, model: ledger.expected_datum(model),
    "Openstaande posten": ledger.expected_open,
    "Openstaand nu": lambda calendars, _model: ledger.expected_open_now(calendars),
    "Te betalen nu": lambda calendars, _model: ledger.expected_open_now(calendars, 2),
    "Kostenplaats": lambda calendars, _model: ledger.expected_kostenplaats(calendars),
    "Budget": ledger.expected_budget,
}


class Run:
    """Every query of one report, executed on its own database."""

    def __init__(self, office, report, **options):
        self.report = report
        self.url = office.url(report.client)
        self.divisions = office.divisions(report.client)
        self.calendar = options.get("calendar") or calendar_of(office, report.client)
        self.members = power_query.members(report.section.read_text(encoding="utf-8"))
        own = {} if "calendar" in options else calendars_of(office)
        self.calendars = {division: own.get(division, self.calendar) for division in self.divisions}
        loaded = self.calendars | dict.fromkeys(options.get("foreign", ()), self.calendar)
        self.alias = alias_of(office, report.client)
        self.database = odata.Database(ledger.tables(loaded), self.alias, options.get("dropped", set()))
        with odata.serving({"db": self.database}) as address:
            run = {
                "label": "run",
                "file": report.section,
                "members": options.get("members", self.members),
                "map": [[self.url, f"{address}/db/odata4"]],
            }
            self.answers = execute([run], zone=options.get("zone", "UTC"), now=options.get("now", NOW))["run"]


def calendar_of(office, client):
    row = next((row for row in office.sheets["Klanten"] if str(row["Code"]) == client), {})
    kantoor = office.sheets["Kantoor"][0]
    years = row.get("Jaren historie") or kantoor.get("Jaren historie") or 3
    return ledger.Calendar(int(str(row.get("Einde boekjaar") or "12-31")[:2]), int(years))


def calendars_of(office):
    """{division: calendar} over all clients."""
    return {row["Code"]: calendar_of(office, str(row["Klant"])) for row in office.sheets["Administraties"]}


def alias_of(office, client):
    row = next((row for row in office.sheets["Klanten"] if str(row["Code"]) == client), None)
    return (row or office.sheets["Kantoor"][0]).get("Alias") or "eol"


def rows_of(answer, names):
    places = [next(i for i, column in enumerate(answer["columns"]) if column["name"] == name) for name in names]
    return Counter(tuple(_plain(row[place]) for place in places) for row in answer["rows"])


def expected_rows(wanted, names):
    return Counter(tuple(_plain(row.get(name)) for name in names) for row in wanted)


def _plain(value):
    if isinstance(value, dict):
        return f"error: {value}"
    return round(value, 4) if isinstance(value, float) else value


def base_type(text):
    return text.removeprefix("type ").removeprefix("nullable ")


def judge_run(run):
    """No query fails, no cell is an error, and the rows, columns and types are those of ledger and model."""
    return [
        f"execute: {run.report}: {finding}" for rule in (errors, _rows, columns, _requests) for finding in rule(run)
    ]


def errors(run):
    for member, answer in run.answers.items():
        if "error" in answer:
            yield f"{member}: {answer['error']}"
        wrong = [cell for row in answer.get("rows", []) for cell in row if isinstance(cell, dict)]
        if wrong:
            yield f"{member}: {len(wrong)} cells are errors: {wrong[0]}"


def _rows(run):
    for member, expected in EXPECTED.items():
        answer = run.answers.get(member, {})
        if "rows" not in answer:
            continue
        wanted = expected(run.calendars, run.calendar)
        known = {name for row in wanted for name in row}
        names = [column["name"] for column in answer["columns"] if column["name"] in known]
        found = rows_of(answer, names)
        right = expected_rows(wanted, names)
        if found != right:
            yield f"{member}: too many {_some(found - right)}, too few {_some(right - found)} of {names}"


def _some(rows):
    return f"{rows.total()} {list(rows)[:2]}"


def columns(run):
    model = Model.of(model_of(run.report.pbit))
    for table in model.tables:
        answer = run.answers.get(table["name"], {})
        if "columns" not in answer:
            continue
        wanted = {column["sourceColumn"]: column for column in table.get("columns", []) if "sourceColumn" in column}
        found = {column["name"]: base_type(column["type"]) for column in answer["columns"]}
        if found.keys() != wanted.keys():
            yield f"{table['name']}: columns {sorted(found.keys() ^ wanted.keys())} are on one side only"
        for name in found.keys() & wanted.keys():
            if found[name] not in TYPES[wanted[name]["dataType"]]:
                yield f"{table['name']}[{name}]: {found[name]} in the query, {wanted[name]['dataType']} in the model"


def _requests(run):
    """Columns and divisions are chosen at the source; only Journals is read whole, to see what should not be there."""
    for request in run.database.requests:
        entity = request.partition("/odata4/")[2].partition("?")[0]
        if not entity or entity == "$metadata":
            continue
        if "$select=" not in request or "$orderby" in request:
            yield f"asked {request}"
        whole = entity.startswith("ExactOnlineREST.Financial.Journals@") or len(run.divisions) > FOLDED
        if not whole and "division eq" not in request.lower():
            yield f"asked for all divisions: {request}"
