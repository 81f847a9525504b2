"""Reports on the made-up books: an office of its own, its queries executed on the ledger, its models evaluated."""

import atexit
import datetime as dt
import json
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl

from generator.sources.ledger import STANDARD, ledger
from judges import odata, power_query, twins
from judges.bundle import Report, manifest, model_of, text
from judges.execute import execute
from judges.model import Model
from judges.places import HERE, ROOT, bundel, merged, run, venv_python

TODAY = dt.date(2026, 11, 24)
JANUARY = dt.date(2027, 1, 5)  # a new year in which nothing is booked yet: the books end in November
OWN = ("Proef ", "Kolom ")  # names of the measures that the workbook adds
UNUSED = ("Definities",)  # no measure reads it
odata.PAGE = 5000
FOLDER = Path(tempfile.mkdtemp(prefix="books"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
CLIENTS = {"korenaar": "12-31", "hockeyclub": "06-30", "skischool": "02-28"}
SCENARIO = {"korenaar": "BUDGET"}
MAPPED = (  # korenaar: from, to, line; 0300 and 4400 would land elsewhere by their types
    ("0300", "0310", "Vaste activa"),
    ("4400", "4499", "Personeelskosten"),
    ("9000", "9000", "Overige opbrengsten"),
)
MUTUAL = ((None, "7100", 510001), ("90001", None, 510001), ("90002", None, 510002))  # korenaar: relation, account, with
SHARES = {510002: 0.6, 510004: 0.75}  # ownership; of all others the whole
MEASURES = ROOT / "templates" / "exact_online" / "measures.toml"


def owner(division):
    return {51: "korenaar", 52: "hockeyclub", 53: "skischool"}[division.code // 10_000]


@cache
def measure_names(path=MEASURES):
    """Every measure of the templates: {name: DAX}, variants included."""
    document = merged(path)
    found = {}
    for name, row in document["measure"].items():
        found[name] = row["dax"]
        for key in document["groups"][row["variants"]] if "variants" in row else ():
            variant = document["variant"][key]
            found[f"{name} {variant['suffix']}"] = variant["dax"].replace("<<x>>", name)
    return found


@cache
def scoped(scope):
    """How formulas name the tables that only clients, or only the office, have."""
    tables = merged(MEASURES.with_name("tables.toml"))
    named = [name for name, table in tables.items() if name != "relationship" and table.get("scope") == scope]
    return tuple(word for name in named for word in ((f"'{name}'",) if " " in name else (f"{name}[", f"( {name} )")))


@cache
def blank_in_office():
    """Measures that the office's report leaves blank, since what they compare is not loaded there."""
    reports = merged(MEASURES.with_name("reports.toml"))
    return frozenset(reports["kantoor"].get("without", ()))


@cache
def reaches(name, scope):
    """Whether a measure asks, itself or through others, tables that only clients or only the office have."""
    formula = "" if scope == "client" and name in blank_in_office() else measure_names()[name]
    others = {other for other in re.findall(r"\[([^\]]+)\]", formula) if other in measure_names() and other != name}
    return any(word in formula for word in scoped(scope)) or any(reaches(other, scope) for other in others)


def workbook(path, years):
    """An office whose clients have every measure of the templates: an own measure names each."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    url = "https://bridge-online.cloud/boeken-{}/odata4"
    names = {
        who: [n for n in measure_names() if not reaches(n, other)]
        for who, other in (("*", "office"), ("_office", "client"))
    }
    columns = ["MAX ( Datum[Boekkwartaal] )", "MAX ( Datum[Periode] )", "MAX ( Boekmaand[Maand] )"]
    own = {"*": ["MAX ( Relatie[Naam] )", "MAX ( Verkoopartikel[Code en naam] )"], "_office": []}
    sheets = {
        "Kantoor": [
            ["Naam", "Taal", "Geconsolideerde URL", "Jaren historie"],
            ["Boeken", "nl", url.format("kantoor"), years],
        ],
        "Klanten": [["Code", "Naam", "URL", "Einde boekjaar", "Jaren historie", "Budgetscenario"]]
        + [[code, code.title(), url.format(code), end, years, SCENARIO.get(code)] for code, end in CLIENTS.items()],
        "Administraties": [["Klant", "Code", "Naam", "Valuta", "Belang"]]
        + [[owner(one), one.code, one.name, one.currency, SHARES.get(one.code, 1)] for one in STANDARD],
        "Rapporten": [["Klant", "Rapport"], ["*", "financieel"], ["_office", "kantoor"]],
        "Rekeningindeling": [["Klant", "Van", "Tot", "Regel"]] + [["korenaar", *row] for row in MAPPED],
        "Onderling": [["Klant", "Relatie", "Rekening", "Met"]] + [["korenaar", *row] for row in MUTUAL],
        "Meetwaarden": [["Klant", "Naam", "DAX"]]
        + [[who, f"{OWN[0]}{number}", f"[{name}]"] for who in names for number, name in enumerate(names[who])]
        + [[who, f"{OWN[1]}{number}", dax] for who in names for number, dax in enumerate(columns + own[who])],
    }  # fmt: skip
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


@cache
def books():
    return ledger(STANDARD, TODAY)


def division_codes(client):
    return [one.code for one in STANDARD if client == "_office" or owner(one) == client]


def model_facts(client, years, today=TODAY):
    """What the twins must know of a report; the office has a calendar year whatever its clients have."""
    codes = {one.code: (one.currency, owner(one)) for one in STANDARD if one.code in division_codes(client)}
    mapped = [
        (code, int(start), int(end), line)
        for code in codes
        if codes[code][1] == "korenaar"
        for start, end, line in MAPPED
    ]
    end_month = int(CLIENTS.get(client, "12-31")[:2])
    mutual = MUTUAL if client == "korenaar" else ()
    if client == "_office":
        mutual = tuple((*row, code) for row in MUTUAL for code in codes if codes[code][1] == "korenaar")
    return twins.Model(
        codes, years, end_month, today, client == "_office", tuple(mapped), SCENARIO.get(client, ""), mutual, SHARES
    )


def database(client):
    """The database of a client: every table of the books, with its own divisions only."""
    return database_of(books(), set(division_codes(client)))


def database_of(made, own):
    """Every table of books that were made, with the rows of some divisions."""
    types, tables = {}, {}
    for name, rows in made.tables.items():
        key = next(key for key in ("Division", "DIVISION", "Code") if key in rows[0])
        tables[name] = [row for row in rows if row[key] in own]
        types[name] = {column: _edm(column, value) for column, value in rows[0].items()}
    return odata.Database(tables, types=types)


def _edm(column, value):
    if column.upper().endswith("DATE") or column == "Created":
        return "DateTimeOffset"
    kinds = {bool: "Boolean", int: "Int32", float: "Double"}
    return kinds.get(type(value), "String")


@dataclass(frozen=True)
class Made:
    """A client's report with so many years of history: its files, and the rows of its tables on the books."""

    client: str
    years: int
    report: Report
    rows: dict
    today: dt.date = TODAY

    @property
    def tmsl(self):
        return model_of(self.report.pbit)

    @property
    def facts(self):
        return model_facts(self.client, self.years, self.today)

    @property
    def names(self):
        """The measures of the templates that the model holds."""
        tables = self.tmsl["model"]["tables"]
        return [
            item["name"] for table in tables for item in table.get("measures", []) if not item["name"].startswith(OWN)
        ]

    @property
    def contexts(self):
        name = self.client if self.today == TODAY else "january"
        return [context for context in twins.toml("contexts.toml")[name] if self.facts.shows(context)]

    def wanted(self, names):
        """What the twins say: {measure: figure} per selection."""
        asked = twins.Twins(books().sqlite(), self.facts)
        return [asked.select(context, names) for context in self.contexts]


def details(client):
    """The selections of a client that only some measures follow, which they name."""
    return [detail for detail in twins.toml("contexts.toml")["details"] if detail["client"] == client]


def generated(folder, *arguments, out="output"):
    """Generates the office of a workbook, and returns its reports: {client: Report}."""
    done = bundel("generate", "--specs", str(folder / "boeken.xlsx"), "--out", str(folder / out), *arguments)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    found = {}
    for client in (*CLIENTS, "_office"):
        if (folder / out / client).is_dir():
            found[client] = Report(folder / out / client, "kantoor" if client == "_office" else "financieel")
    return found


@cache
def office(years):
    """{client: Report} with so many years of history, made once."""
    folder = FOLDER / str(years)
    folder.mkdir()
    workbook(folder / "boeken.xlsx", years)
    return generated(folder)


@cache
def model(client, years, today=TODAY):
    """The report of a client with so many years of history, its queries executed once, on a day."""
    report = office(years)[client]
    return Made(client, years, report, executed(client, report, today=today), today)


def models(wanted):
    """{(client, years) or (client, years, day): Made} of all models wanted, two at a time."""
    books()
    in_pairs(office, sorted({years for _, years, *_ in wanted}))
    return dict(zip(wanted, in_pairs(lambda one: model(*one), wanted), strict=True))


def executed(client, report, members=None, today=TODAY, served=None):
    """{table: answer}: the queries of a model's tables, executed on the client's own database or the one served."""
    members = members or _tables(report)
    url = manifest(report.bundle)["url"]
    with odata.serving({"db": served or database(client)}) as address, tempfile.TemporaryDirectory() as folder:
        mapping = [[url, f"{address}/db/odata4"]]
        runs = [
            {"label": name, "file": path, "members": [name], "map": mapping}
            for name, path in _sections(report, members, Path(folder))
        ]
        made = execute(runs, now=f"{today.isoformat()}T08:00:00Z")
    answers = {name: made[name][name] for name in members}
    errors = {name: answer["error"] for name, answer in answers.items() if "error" in answer}
    assert not errors, f"{client}: {errors}"
    return answers


def _tables(report):
    known = power_query.members(report.section.read_text(encoding="utf-8"))
    tables = [table["name"] for table in model_of(report.pbit)["model"]["tables"]]
    return [name for name in tables if name in known and name not in UNUSED]


def _sections(report, members, folder):
    """For each member a section document of it and what it reads: the executor reads all of it for each member."""
    head, *parts = re.split(r"(?m)^(?=shared )", report.section.read_text(encoding="utf-8"))
    known = {re.match(r'shared (?:#"([^"]+)"|(\w+))', part).group(1, 2): part for part in parts}
    known = {quoted or plain: part for (quoted, plain), part in known.items()}
    for place, member in enumerate(members):
        needed, new = set(), {member}
        while new:
            needed |= new
            new = {name for name in known if any(re.search(rf"\b{name}\b", known[one]) for one in new)} - needed
        path = folder / f"{place}.pq"
        path.write_text(head + "".join(known[name] for name in known if name in needed), encoding="utf-8")
        yield member, path


def formulas(tmsl):
    """{measure: DAX} of a model."""
    return {item["name"]: text(item["expression"]) for _, item in Model.of(tmsl).measures.values()}


SELECTED = re.compile(r"ISSELECTEDMEASURE\s*\(((?:\s*\[[^\]]*\],?)*)\s*\)")


def calculation_items(tmsl):
    """{item: DAX} of the calculation group of a model."""
    groups = [table["calculationGroup"] for table in tmsl["model"]["tables"] if "calculationGroup" in table]
    return {item["name"]: text(item["expression"]) for group in groups for item in group["calculationItems"]}


def applied(formula, measure):
    """What a calculation item makes of a measure, as the formula of a measure."""
    asked = SELECTED.sub(lambda found: "TRUE ()" if f"[{measure}]" in found[1] else "FALSE ()", formula)
    return asked.replace("SELECTEDMEASURE ()", f"[{measure}]")


def unparsed(expressions):
    """{name: why sidemantic-dax rejects the formula, or nothing}."""
    done = run([venv_python("dax"), HERE / "judges" / "dax_driver.py"], input=json.dumps(list(expressions.values())))
    assert done.returncode == 0, f"the DAX parser does not run: {done.stderr[-2000:]}"
    verdicts = json.loads(done.stdout)
    return {
        name: verdict.get("error") or verdict.get("issues") for name, verdict in zip(expressions, verdicts, strict=True)
    }


def evaluate(tmsl, answers, jobs):
    """What the engine makes of each job {"names", "contexts", "changed"} on the executed rows of a model."""
    model = Model.of(tmsl)
    unknown = {key for job in jobs for context in job["contexts"] for key in context}
    unknown = {key for key in unknown if not model.column(*key.split(".", 1))}
    assert not unknown, f"no columns {sorted(unknown)} in the model: the engine would take such a filter for none"
    question = {
        "jobs": jobs,
        "tables": {
            table["name"]: _table(table, answers[table["name"]]) for table in model.tables if table["name"] in answers
        },
        "measures": formulas(tmsl),
        "measure_tables": {item["name"]: home for home, item in model.measures.values()},
        "relationships": model.relationships_for_engine(),
    }
    done = run([venv_python("readers"), HERE / "judges" / "books_driver.py"], input=json.dumps(question))
    assert done.returncode == 0, f"the DAX engine does not run: {done.stderr[-2000:]}"
    return json.loads(done.stdout)


def _table(table, answer):
    """A table as the model names its columns, out of the query's answer."""
    names = {column["sourceColumn"]: column["name"] for column in table.get("columns", []) if "sourceColumn" in column}
    dates = {names[item["name"]] for item in answer["columns"] if "date" in item["type"] and item["name"] in names}
    columns = [names.get(item["name"], item["name"]) for item in answer["columns"]]
    return {"columns": columns, "rows": answer["rows"], "dates": sorted(dates)}


def differences(found, wanted, names, contexts):
    """What engine and twins say differently: [(selection, measure, engine, twin)]."""
    return [
        (context["name"], name, answer[name], twin[name])
        for context, answer, twin in zip(contexts, found, wanted, strict=True)
        for name in names
        if not equal(name, answer[name], twin[name])
    ]


def equal(name, found, wanted):
    """Blank only where the twin is NULL; checks may be blank in place of zero."""
    if twins.is_zero(name):
        return found in (None, 0) or (isinstance(found, float) and abs(found) <= 1e-6)
    if found is None or wanted is None:
        return found is None and wanted is None
    if isinstance(wanted, str):
        return str(found).removesuffix(" 00:00:00") == wanted
    return not isinstance(found, str) and abs(float(found) - float(wanted)) <= 1e-6 * max(1.0, abs(float(wanted)))


def in_pairs(work, items):
    """Does the work for each item, two at a time, and returns the results in order."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def say(request, words):
    """Writes a line to the terminal, past pytest's capture."""
    plugins = request.config.pluginmanager
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        plugins.getplugin("terminalreporter").write_line(f"\n{words}")
