"""Every table of Exact Online's list as a row of *Tabellen*: models, queries and rows.

The entities are those of `reference/exact_entities.json`, shared out over a few clients so that dimensions stand beside
what looks them up; one client has more divisions than a filter at the source can hold, one limits its viewers.
"""

import json

import openpyxl
import pytest
from conftest import Office, generate
from judges import dax, fields, ledger_run, lint, power_query, sandbox, sandbox_run, tom
from judges.model import Model
from judges.places import SHARED
from judges.sandbox_rows import keys_of

MANY = 26  # more divisions than stand in a filter at the source
CLIENTS = {"een": 2, "twee": 1, "veel": MANY}
REST = "ExactOnlineREST"
LEDGER = (
    f"{REST}.Financial.Journals", f"{REST}.Financial.ReceivablesList", f"{REST}.Financial.PayablesList",
    f"{REST}.Financial.GLAccountClassificationMappings", f"{REST}.Budget.Budgets",
)  # fmt: skip


def _entities():
    everything = json.loads((SHARED / "reference" / "exact_entities.json").read_text(encoding="utf-8"))
    listed = {entity["invantive_table"]: entity for entity in everything.values()}
    assert len(listed) == 81
    return listed


ENTITIES = _entities()
GLOBAL = sorted(name for name, entity in ENTITIES.items() if not entity["partitioned_by_division"])
BALANCE = "ExactOnlineXML.XML.BalanceLinesPerPeriod"
OF_CLIENT = "HRM.Divisions"  # lists what a user may see; read by the code of a division
PARTITIONED = sorted(name for name in ENTITIES if name not in GLOBAL or name.endswith(OF_CLIENT))


def short(entity):
    return f"X{entity.rpartition('.')[2]}"


def _sheets():
    sheets = {
        "Kantoor": [("Naam", "Geconsolideerde URL"), ("Tabellen", "https://bridge-online.cloud/x-kantoor/odata4")],
        "Klanten": [("Code", "Naam", "URL", "Jaren historie")],
        "Rapporten": [("Klant", "Rapport", "Pagina's"), ("*", "financieel", "Kostenplaatsen")],
        "Administraties": [("Klant", "Code")],
        "Tabellen": [("Klant", "Entiteit", "Naam", "Kolommen")],
        "Toegang": [("Klant", "E-mail", "Rol", "Administraties"), ("een", "een@voorbeeld.nl", "Viewer", "820000")],
    }
    for number, (code, divisions) in enumerate(CLIENTS.items()):
        sheets["Klanten"].append((code, code, f"https://bridge-online.cloud/x-{code}/odata4", 1))
        sheets["Administraties"] += [(code, 820000 + 100 * number + each) for each in range(divisions)]
        entities = [f"{REST}.Financial.Journals", BALANCE] if code == "veel" else PARTITIONED[number::2]
        sheets["Tabellen"] += [(code, entity, short(entity), None) for entity in entities]
    dimensions = [f"{REST}.Logistics.Items", f"{REST}.Project.Projects"]
    sheets["Tabellen"] += [
        (code, entity, short(entity), None)
        for code in CLIENTS
        for entity in dimensions
        if (code, entity, short(entity), None) not in sheets["Tabellen"]
    ]
    sheets["Tabellen"] += [("_office", entity, short(entity), None) for entity in GLOBAL]
    return sheets


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in _sheets().items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "tabellen.xlsx")
    done = generate(folder / "output", specs=folder / "tabellen.xlsx")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "B0" not in done.stdout + done.stderr, done.stdout
    return Office(folder / "output", folder / "tabellen.xlsx")


@pytest.fixture(scope="module")
def runs(office):
    with sandbox.running(office.specs) as running:
        return [sandbox_run.run(office, report, running, _members(office, report)) for report in office.reports]


def _members(office, report):
    """The workbook's tables and what they look up; the rest is judged on the example office."""
    every = power_query.members(report.section.read_text(encoding="utf-8"))
    named = {row["Naam"] for row in wished(office, report.client)} | {"Grootboek", "Relatie", "Kostenplaats"}
    return [name for name in every if name in named or name.removeprefix("Bron") in named]


def wished(office, client):
    return [row for row in office.sheets["Tabellen"] if row["Klant"] == client]


def test_every_entity_is_a_table_of_a_model(office):
    held = {
        row["Entiteit"]
        for report in office.reports
        for row in wished(office, report.client)
        if row["Naam"] in {table["name"] for table in office.models[str(report)]["model"]["tables"]}
    }
    assert held == ENTITIES.keys()


def test_models_load_and_are_sound(office):
    assert tom.judge_models([report.pbit for report in office.reports]) == []
    assert lint.judge_models(office.models) == []
    assert dax.judge_formulas(office.models) == []
    pages = {label: (office.models[label], office.pages[label]) for label in office.models}
    assert fields.judge_fields(pages) == []
    assert fields.judge_unused(pages, free={row["Naam"].lower() for row in office.sheets["Tabellen"]}) == []


def test_columns_are_those_of_the_list_with_its_types(office):
    for report in office.reports:
        model = Model.of(office.models[str(report)])
        for row in wished(office, report.client):
            listed = ENTITIES[row["Entiteit"]]["fields"]
            made = model.columns[row["Naam"].lower()]
            for name, field in listed.items():
                if name.lower() in made:
                    wanted = {field.get("model_type"), "double" if field["type"] == "decimal" else None}
                    found = made[name.lower()]["dataType"]
                    assert found in wanted or (found, field["type"]) == ("decimal", "decimal"), (row["Entiteit"], name)
                else:
                    assert field["type"] == "collection" or "division" in name.lower() or name == "Code", name


def test_queries_parse_and_can_refresh(office):
    assert power_query.judge_reports(office.reports) == []
    for report in office.reports:
        assert power_query.judge_sources([report.section, *report.queries], office.url(report.client)) == []


def test_every_table_runs_and_its_types_are_those_of_the_model(runs):
    for run in runs:
        assert {name: answer["error"] for name, answer in run.answers.items() if "error" in answer} == {}
        assert list(ledger_run.columns(run)) == []


def test_rows_are_those_of_the_clients_divisions(office, runs):
    for run in runs:
        for row in wished(office, run.client):
            answer = run.answers[row["Naam"]]
            if row["Entiteit"].endswith("Current.Me"):
                continue  # who asks: there is no division in it
            assert "rows" in answer, f"{row['Entiteit']}: {answer}"
            kept = sandbox.ledger(office.specs, run.client).tables.get(row["Entiteit"])
            assert answer["rows"] or kept == [], row["Entiteit"]
            seen = {division for (division,) in ledger_run.rows_of(answer, ["Administratie"])}
            assert seen <= set(office.divisions(run.client)), row["Entiteit"]


def test_what_the_ledger_keeps_arrives_as_it_is(office, runs):
    judged = 0
    for run in runs:
        books = sandbox.ledger(office.specs, run.client).tables
        for row in wished(office, run.client):
            if row["Entiteit"] not in LEDGER:
                continue
            answer, listed = run.answers[row["Naam"]], ENTITIES[row["Entiteit"]]["fields"]
            names = [
                column["name"]
                for column in answer["columns"]
                if column["name"].endswith("Key") or listed.get(column["name"], {}).get("type") in ("guid", "int32")
            ]
            wanted = [{**line, "Administratie": line["Division"], **keys_of(line)} for line in books[row["Entiteit"]]]
            assert ledger_run.rows_of(answer, names) == ledger_run.expected_rows(wanted, names), row["Entiteit"]
            judged += len(wanted)
    assert judged > 1000


def test_every_key_finds_its_row_and_each_row_is_there_once(runs):
    followed = 0
    for run in runs:
        for way in run.model["model"]["relationships"]:
            ends = [(way["fromTable"], way["fromColumn"]), (way["toTable"], way["toColumn"])]
            if not way["fromTable"].startswith("X") or not way["toColumn"].endswith("Key"):
                continue
            many, one = ({key for (key,) in ledger_run.rows_of(run.answers[t], [c])} for t, c in ends)
            counts = ledger_run.rows_of(run.answers[ends[1][0]], [ends[1][1]])
            assert set(counts.values()) == {1}, ends
            assert many - one - {None} == set(), ends
            followed += len(many - {None})
    assert followed > 500
