"""Every kind of visual that the workbook can ask for, on a page of the templates and on a new one."""

import json
from itertools import combinations

import openpyxl
import pytest
from conftest import Office, generate
from judges import report
from judges.places import ROOT

KINDS = sorted(path.stem for path in (ROOT / "templates" / "visuals").glob("*.json") if '"size"' in path.read_text())
TWO, ONE = "Netto-omzet, Brutomarge", "Netto-omzet"
VALUES = {"scatterChart": "Netto-omzet, Brutomarge, EBITDA", "waterfallChart": ONE, "slicer": ""}
SERIES = {"clusteredColumnChart": "Administratie[Naam]", "pivotTable": "Datum[Boekjaar]"}
HEAD = 144  # below it the body begins


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office of one client that wants one visual of each kind twice."""
    folder = tmp_path_factory.mktemp("kinds")
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets = {
        "Kantoor": [("Naam",), ("Kantoor",)],
        "Klanten": [("Code", "Naam", "URL"), ("soorten", "Soorten", "https://bridge-online.cloud/soorten/odata4")],
        "Administraties": [("Klant", "Code"), ("soorten", 810001), ("soorten", 810002)],
        "Visuals": [("Klant", "Rapport", "Pagina", "Soort", "Titel", "Waarden", "Categorie", "Reeks")]
        + [
            ("soorten", "financieel", page, kind, f"Soort {kind}", VALUES.get(kind, TWO),
             "" if kind == "cardVisual" else "Datum[Maand]", SERIES.get(kind, ""))
            for page in ("Kengetallen", "Alle soorten")
            for kind in KINDS
        ],
    }  # fmt: skip
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "soorten.xlsx")
    done = generate(folder / "output", specs=folder / "soorten.xlsx")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Office(folder / "output", folder / "soorten.xlsx")


def test_both_validators_take_every_kind(office):
    (one,) = office.reports
    assert report.judge_reports([one.report_folder, one.pbit]) == []
    assert report.judge_microsoft([one.report_folder]) == []


def test_every_kind_is_there_twice_and_none_lies_on_another(office):
    (one,) = office.reports
    found = []
    for page in sorted((one.report_folder / "definition" / "pages").glob("*/")):
        texts = [path.read_text(encoding="utf-8") for path in sorted(page.glob("visuals/*/visual.json"))]
        places = [json.loads(text)["position"] for text in texts]
        body = [place for place in places if place["y"] >= HEAD]
        assert [pair for pair in combinations(body, 2) if not apart(*pair)] == []
        found += [kind for text in texts for kind in KINDS if f"'Soort {kind}'" in text]
    assert sorted(found) == sorted(KINDS * 2)


def apart(one, other):
    return (
        one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    )  # fmt: skip
