"""Any choice of pages, own measures, visuals and tables: models load, validators are silent, nothing is unused.

One workbook with a client per choice, drawn from a fixed seed; the seed and the choice stand in the client's name.
"""

import json
import random

import openpyxl
import pytest
from conftest import Office, generate
from judges import books, dax, fields, lint, power_query, report, tom
from judges.bundle import manifest
from judges.places import ROOT, SHARED, merged

TEMPLATES = ROOT / "templates" / "exact_online"

SEED = 20261124
CLIENTS = 10
KINDS = {
    "cardVisual": ("values",),
    "lineChart": ("values", "category"),
    "clusteredColumnChart": ("values", "category", "series"),
    "barChart": ("values", "category"),
    "tableEx": ("values", "category"),
    "pivotTable": ("values", "category", "series"),
    "waterfallChart": ("values", "category"),
    "donutChart": ("values", "category"),
    "treemap": ("values", "category"),
    "scatterChart": ("three", "category"),
}
COLUMNS = ("Datum[Maand]", "Datum[JaarMaand]", "Grootboek[Code en naam]", "Administratie[Naam]", "Relatie[Naam]")
SERIES = ("Datum[Boekjaar]", "Administratie[Valuta]")
TYPES = {"string", "guid", "int32", "double", "boolean", "datetime"}


def _entities():
    everything = json.loads((SHARED / "reference" / "exact_entities.json").read_text(encoding="utf-8"))
    return {
        entity["invantive_table"]: [name for name, field in entity["fields"].items() if field["type"] in TYPES]
        for entity in everything.values()
        if entity["complete"] and entity["partitioned_by_division"]
    }


def _rows(offers, dice):
    """The sheets of a workbook in which each client has drawn other wishes, of each report in turn."""
    sheets = {
        "Kantoor": [
            ("Naam", "Geconsolideerde URL"),
            ("Kantoor Toeval", "https://bridge-online.cloud/t-kantoor/odata4"),
        ],
        "Klanten": [
            ("Code", "Naam", "URL", "Taal", "Einde boekjaar", "Jaren historie", "Budgetscenario", "Snelle tabellen")
        ],
        "Administraties": [("Klant", "Code", "Valuta")],
        "Rapporten": [("Klant", "Rapport", "Pagina's")],
        "Meetwaarden": [("Klant", "Naam", "DAX", "Opmaak")],
        "Visuals": [("Klant", "Rapport", "Pagina", "Soort", "Titel", "Waarden", "Categorie", "Reeks")],
        "Tabellen": [("Klant", "Entiteit", "Naam", "Kolommen")],
        "Teksten": [("Klant", "Rapport", "Pagina", "Tekst")],
        "Toegang": [("Klant", "E-mail", "Rol", "Administraties")],
    }
    entities = _entities()
    for number in range(CLIENTS):
        code = f"k{number}"
        name, (pages, measures) = sorted(offers.items())[number % len(offers)]
        chosen = dice.sample(pages, dice.randint(1, len(pages)))
        sheets["Klanten"].append(
            (
                code,
                f"Toeval {SEED}-{number}",
                f"https://bridge-online.cloud/t-{number}/odata4",
                dice.choice(("nl", "en")),
                dice.choice(("12-31", "06-30", "02-28")),
                dice.randint(1, 5),
                dice.choice(("", "2026")),
                dice.choice(("ja", "nee")),
            )
        )
        divisions = [900000 + 100 * number + each for each in range(dice.choice((1, 2, 3, 40)))]
        currency = dice.choice(("EUR", "GBP"))
        sheets["Administraties"] += [(code, each, dice.choice(("EUR", currency))) for each in divisions]
        sheets["Rapporten"].append((code, name, ", ".join(chosen)))
        own = [f"Eigen {each}" for each in range(dice.randint(0, 3))]
        sheets["Meetwaarden"] += [
            (code, each, f"DIVIDE ( [{dice.choice(measures)}], [{dice.choice(measures)}] )", "0.00") for each in own
        ]
        for each in range(dice.randint(0, 6)):
            kind, roles = dice.choice(sorted(KINDS.items()))
            values = dice.sample([*measures, *own], 3 if "three" in roles else 1)
            category = dice.choice(COLUMNS) if "category" in roles else ""
            series = dice.choice(SERIES) if "series" in roles else ""
            page = dice.choice([*chosen, "Eigen pagina"])
            sheets["Visuals"].append((code, name, page, kind, f"V{each}", ", ".join(values), category, series))
        for entity in dice.sample(sorted(entities), dice.randint(0, 2)):
            names = dice.sample(entities[entity], min(5, len(entities[entity])))
            sheets["Tabellen"].append((code, entity, f"Extra {entity.rpartition('.')[2]}", ", ".join(names)))
        if dice.random() < 0.5:
            sheets["Teksten"].append((code, name, dice.choice(chosen), "Let op de marge."))
        if dice.random() < 0.5:
            sheets["Toegang"].append((code, "klant@voorbeeld.nl", "Viewer", divisions[0]))
    return sheets


def _save(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def _offers(office):
    """{report: (pages, measures)}: what the templates offer a client, without pages that are hidden or for texts."""
    reports = {name: row for name, row in merged(TEMPLATES / "reports.toml").items() if row["scope"] == "client"}
    found = {}
    for each in (each for code in office.bundles for each in manifest(office.bundles[code])["reports"]):
        if each["name"] in reports:
            pages = [page for page in reports[each["name"]]["pages"] if page != "Toelichting" and not _is_hidden(page)]
            held = [one for one in each["measures"] if one in books.measure_names()]
            found[each["name"]] = (pages, [one for one in held if not one.startswith(("Titel", "Boodschap"))])
    return found


def _is_hidden(page):
    return "drill_through" in merged(TEMPLATES / "pages" / f"{page}.toml")


@pytest.fixture(scope="module")
def drawn(office, tmp_path_factory):
    """The output of a workbook of random wishes, made from what the example's report offers."""
    offers = _offers(office)
    assert len(offers) >= 5
    folder = tmp_path_factory.mktemp("subsets")
    specs = folder / "toeval.xlsx"
    dice = random.Random(SEED)  # noqa: S311  a draw, not a secret
    _save(specs, _rows(offers, dice))
    done = generate(folder / "output", specs=specs)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    made = Office(folder / "output", specs)
    assert len(made.bundles) == CLIENTS + 1
    return made


def test_every_model_loads_and_is_sound(drawn):
    assert tom.judge_models([report.pbit for report in drawn.reports]) == []
    assert lint.judge_models(drawn.models) == []
    assert dax.judge_formulas(drawn.models) == []


def test_every_field_exists_and_no_column_is_unused(drawn):
    pages = {label: (drawn.models[label], drawn.pages[label]) for label in drawn.models}
    own = {str(row["Naam"]).lower() for row in drawn.sheets["Tabellen"]}
    assert fields.judge_fields(pages) == []
    assert fields.judge_unused(pages, free=own) == []


def test_both_validators_are_silent(drawn):
    assert report.judge_reports([one.report_folder for one in drawn.reports]) == []
    assert report.judge_microsoft([one.report_folder for one in drawn.reports]) == []


def test_every_query_parses(drawn):
    assert power_query.judge_reports(drawn.reports) == []
