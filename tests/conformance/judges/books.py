"""Reports on the made-up books: an office of its own, its queries executed on the ledger, its models evaluated."""

import datetime as dt
import json
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import openpyxl
from judges import odata, power_query, twins
from judges.bundle import Report, manifest, model_of, text
from judges.execute import execute
from judges.model import Model
from judges.places import HERE, ROOT, bundel, run, venv_python

from generator.sources.ledger import STANDARD, ledger

TODAY = dt.date(2026, 11, 24)
CLIENTS = {"korenaar": "12-31", "hockeyclub": "06-30", "skischool": "02-28"}
SCENARIO = {"korenaar": "BUDGET"}
MAPPED = (  # korenaar: from, to, line; 0300 and 4400 would land elsewhere by their types
    ("0300", "0310", "Vaste activa"),
    ("4400", "4499", "Personeelskosten"),
    ("9000", "9000", "Overige opbrengsten"),
)
MEASURES = ROOT / "templates" / "exact_online" / "measures.toml"


def owner(division):
    return {51: "korenaar", 52: "hockeyclub", 53: "skischool"}[division.code // 10_000]


@cache
def measure_names(path=MEASURES):
    """Every measure of the templates: {name: DAX}, variants included."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found = {}
    for name, row in document["measure"].items():
        found[name] = row["dax"]
        for key in document["groups"][row["variants"]] if "variants" in row else ():
            variant = document["variant"][key]
            found[f"{name} {variant['suffix']}"] = variant["dax"]
    return found


SCOPED = {"client": ("Mutaties[", "'Openstaande posten'", "Relatie["), "office": ("'Openstaand nu'",)}


@cache
def reaches(name, scope):
    """Whether a measure asks, itself or through others, tables that only clients or only the office have."""
    formula = measure_names()[name]
    others = {other for other in re.findall(r"\[([^\]]+)\]", formula) if other in measure_names() and other != name}
    return any(word in formula for word in SCOPED[scope]) or any(reaches(other, scope) for other in others)


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
    sheets = {
        "Kantoor": [["Naam", "Taal", "Geconsolideerde URL", "Jaren historie"], ["Boeken", "nl", url.format("kantoor"), years]],
        "Klanten": [["Code", "Naam", "URL", "Einde boekjaar", "Jaren historie", "Budgetscenario"]]
        + [[code, code.title(), url.format(code), end, years, SCENARIO.get(code)] for code, end in CLIENTS.items()],
        "Administraties": [["Klant", "Code", "Naam", "Valuta"]]
        + [[owner(one), one.code, one.name, one.currency] for one in STANDARD],
        "Rapporten": [["Klant", "Rapport"], ["*", "financieel"], ["_office", "kantoor"]],
        "Rekeningindeling": [["Klant", "Van", "Tot", "Regel"]] + [["korenaar", *row] for row in MAPPED],
        "Meetwaarden": [["Klant", "Naam", "DAX"]]
        + [[who, f"Proef {number}", f"[{name}]"] for who in names for number, name in enumerate(names[who])]
        + [[who, f"Kolom {number}", dax] for who in names for number, dax in enumerate(columns)],
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


def model_facts(client, years):
    """What the twins must know of a report; the office has a calendar year whatever its clients have."""
    codes = {one.code: (one.currency, owner(one)) for one in STANDARD if one.code in division_codes(client)}
    mapped = [
        (code, int(start), int(end), line)
        for code in codes
        if codes[code][1] == "korenaar"
        for start, end, line in MAPPED
    ]
    end_month = int(CLIENTS.get(client, "12-31")[:2])
    return twins.Model(codes, years, end_month, TODAY, client == "_office", tuple(mapped), SCENARIO.get(client, ""))


def database(client):
    """The database of a client: every table of the books, with its own divisions only."""
    own = set(division_codes(client))
    types = odata.schema()
    tables = {}
    for name, rows in books().tables.items():
        key = next((key for key in ("Division", "DIVISION", "Code") if key in rows[0]), "Division")
        tables[name] = [row for row in rows if row[key] in own]
        known = types.setdefault(name, {})
        for column, value in rows[0].items():
            known.setdefault(column, _edm(column, value))
    return odata.Database(tables, types=types)


def _edm(column, value):
    if column.upper().endswith("DATE"):
        return "DateTimeOffset"
    kinds = {bool: "Boolean", int: "Int32", float: "Double"}
    return kinds.get(type(value), "String")


def made(folder, years, *arguments):
    """The reports of the office with so many years of history: {client: Report}."""
    workbook(folder / "boeken.xlsx", years)
    done = bundel("generate", "--specs", str(folder / "boeken.xlsx"), "--out", str(folder / "output"), *arguments)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    reports = {}
    for client in (*CLIENTS, "_office"):
        if (folder / "output" / client).is_dir():
            reports[client] = Report(folder / "output" / client, "kantoor" if client == "_office" else "financieel")
    return reports


def rows(reports, members=None):
    """{client: {table: answer}}: the queries of the models' tables, executed on the books."""
    databases = {client.strip("_"): database(client) for client in reports}
    with odata.serving(databases) as address:
        runs = [
            {
                "label": client,
                "file": report.section,
                "members": members or _tables(report),
                "map": [[manifest(report.bundle)["url"], f"{address}/{client.strip('_')}/odata4"]],
            }
            for client, report in reports.items()
        ]
        return execute(runs)


def _tables(report):
    known = power_query.members(report.section.read_text(encoding="utf-8"))
    tables = [table["name"] for table in model_of(report.pbit)["model"]["tables"]]
    return [name for name in tables if name in known]


def evaluate(tmsl, answers, jobs):
    """What the engine makes of each job {"names", "contexts", "changed"} on the executed rows of a model."""
    model = Model.of(tmsl)
    unknown = {key for job in jobs for context in job["contexts"] for key in context}
    unknown = {key for key in unknown if not model.column(*key.split(".", 1))}
    assert not unknown, f"no columns {sorted(unknown)} in the model: the engine would take such a filter for none"
    question = {
        "jobs": jobs,
        "tables": {table["name"]: _table(table, answers[table["name"]]) for table in model.tables},
        "measures": {item["name"]: text(item["expression"]) for _, item in model.measures.values()},
        "measure_tables": {item["name"]: home for home, item in model.measures.values()},
        "relationships": [
            {
                "FromTable": item["fromTable"],
                "FromColumn": item["fromColumn"],
                "ToTable": item["toTable"],
                "ToColumn": item["toColumn"],
                "IsActive": item.get("isActive", True),
                "CrossFilteringBehavior": 1,
            }
            for item in model.relationships
        ],
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
