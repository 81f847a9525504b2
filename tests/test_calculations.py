"""Calculation groups: in the models that can hold them, with the measures of each, and never on a page of ours."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from bundles import ONE, built, client, load, measures_of, model_of, problems, tables_of

from generator import catalogue
from generator.build.pull import pull

GROUP = "Tijdvergelijking"
ITEMS = ["Actueel", "YTD", "VJ", "YTD VJ", "Verschil VJ", "Verschil VJ %", "R12"]


def items_of(model) -> dict[str, str]:
    group = tables_of(model)[GROUP]["calculationGroup"]
    return {
        item["name"]: "\n".join(lines) if isinstance(lines := item["expression"], list) else lines
        for item in group["calculationItems"]
    }


def named(formula: str) -> list[set[str]]:
    """Return the measures of each ISSELECTEDMEASURE of a formula."""
    return [
        set(re.findall(r"\[([^\]]*)\]", body))
        for body in re.findall(r"ISSELECTEDMEASURE \(((?:\s*\[[^\]]*\],?)*)", formula)
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return built(tmp_path_factory.mktemp("spec"), ONE)


@pytest.mark.parametrize(("code", "report"), [("bakker", "financieel"), ("_office", "kantoor")])
def test_every_report_with_a_ledger_offers_time_comparison_to_authors(tmp_path, code, report):
    model = model_of(built(tmp_path, ONE, code), report)
    items = items_of(model)
    assert list(items) == ITEMS
    asked = {name for formula in items.values() for some in named(formula) for name in some}
    assert asked <= measures_of(model).keys()


def test_no_measure_with_its_own_time_and_no_balance_is_summed_over_a_year(whole):
    stands, fixed = named(items_of(model_of(whole))["YTD"])
    assert {"Liquide middelen", "Solvabiliteit %", "DSO (dagen)"} <= stands
    assert {"Netto-omzet YTD", "Netto-omzet per boekmaand", "Laatste boekdatum", "Balanscontrole"} <= fixed
    assert not {"Netto-omzet", "Brutomarge %", "Mutatiesaldo"} & (stands | fixed)
    assert not {"Boodschap", "Controlekleur"} & fixed  # texts: no number comes of them


def test_no_page_of_ours_uses_it():
    known = catalogue.load()
    assert GROUP not in str([visual for page in known.pages.values() for visual in page.visuals])


def test_a_model_without_the_tables_it_needs_does_without(tmp_path):
    loaded = load(tmp_path, ONE)
    one = client(loaded)
    head = replace(one.reports[0], pages=(loaded.catalogue.pages["Toelichting"],))  # no drill-through to the ledger
    pulled = pull(one, head, loaded.catalogue)
    assert "Mutaties" not in {table.name for table in pulled.tables}
    assert pulled.calculations == ()
    assert pull(one, one.reports[0], loaded.catalogue).calculations[0].name == GROUP


OWN_VISUAL = """
## Visuals
| Klant | Rapport | Pagina | Soort | Titel | Waarden | Categorie | Reeks |
| bakker | financieel | Eigen | pivotTable | Per tijd | Netto-omzet | Datum[Maand] | Tijdvergelijking[Vergelijking] |

## Meetwaarden
| Klant | Naam | DAX |
| bakker | Omzet VJ eigen | CALCULATE ( [Netto-omzet], Tijdvergelijking[Vergelijking] = "VJ" ) |
"""


def test_an_author_names_it_in_a_visual_and_a_measure_of_the_workbook(tmp_path):
    assert problems(tmp_path, ONE + OWN_VISUAL) == []
    model = model_of(built(tmp_path, ONE + OWN_VISUAL))
    assert "Omzet VJ eigen" in measures_of(model)
    assert "Omzet VJ eigen" not in str(items_of(model))  # an author's own measure is an amount over days


def test_a_column_of_it_that_does_not_exist_is_a_problem_at_its_cell(tmp_path):
    assert [code.split()[0] for code in problems(tmp_path, ONE + OWN_VISUAL.replace("[Vergelijking] |", "[Tijd] |"))]
