"""Any choice of pages, own measures, visuals and tables: models load, validators are silent, nothing is unused.

One workbook with a client per choice, drawn from a fixed seed; the seed and the choice stand in the client's name.
"""

import json
import random

import openpyxl
import pytest
from conftest import Office, generate
from judges import dax, fields, lint, power_query, report, tom
from judges.bundle import manifest
from judges.places import SHARED

SEED = 20261124
CLIENTS = 8
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


def _rows(pages, measures, dice):
    """The sheets of a workbook in which each client has drawn other wishes."""
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
        sheets["Rapporten"].append((code, "financieel", ", ".join(chosen)))
        own = [f"Eigen {each}" for each in range(dice.randint(0, 3))]
        sheets["Meetwaarden"] += [
            (code, name, f"DIVIDE ( [{dice.choice(measures)}], [{dice.choice(measures)}] )", "0.00") for name in own
        ]
        for each in range(dice.randint(0, 6)):
            kind, roles = dice.choice(sorted(KINDS.items()))
            values = dice.sample([*measures, *own], 3 if "three" in roles else 1)
            category = dice.choice(COLUMNS) if "category" in roles else ""
            series = dice.choice(SERIES) if "series" in roles else ""
            page = dice.choice([*chosen, "Eigen pagina"])
            sheets["Visuals"].append((code, "financieel", page, kind, f"V{each}", ", ".join(values), category, series))
        for entity in dice.sample(sorted(entities), dice.randint(0, 2)):
            names = dice.sample(entities[entity], min(5, len(entities[entity])))
            sheets["Tabellen"].append((code, entity, f"Extra {entity.rpartition('.')[2]}", ", ".join(names)))
        if dice.random() < 0.5:
            sheets["Teksten"].append((code, "financieel", dice.choice(chosen), "Let op de marge."))
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


@pytest.fixture(scope="module")
def drawn(office, tmp_path_factory):
    """The output of a workbook of random wishes, made from what the example's report offers."""
    example = manifest(office.bundles["garage"])["reports"][0]
    pages = [page for page in example["pages"] if page not in ("Boekingen", "Toelichting", "Werkplaats")]
    measures = [
        name for name in example["measures"] if not name.startswith(("Titel", "Boodschap", "Omzet per boekstuk"))
    ]
    folder = tmp_path_factory.mktemp("subsets")
    specs = folder / "toeval.xlsx"
    dice = random.Random(SEED)  # noqa: S311  a draw, not a secret
    _save(specs, _rows(pages, measures, dice))
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
