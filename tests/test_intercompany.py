"""*Onderling*: what divisions of one client book with each other, and the choice to leave it out."""

from __future__ import annotations

import pytest
from bundles import ONE, built, client, columns_of, load, measures_of, model_of, problems, queries_of, tables_of

GROUP = ONE + "| bakker | `710002` |\n| bakker | `710003` |\n"
MUTUAL = "\n## Onderling\n| Klant | Relatie | Rekening | Met |\n"
ROWS = MUTUAL + "| bakker | 90001 | | `710001` |\n| bakker | kl-2 | 1600 | `710002` |\n| * | | 1650 | |\n"


def test_a_row_is_a_relation_an_account_or_both(tmp_path):
    made = client(load(tmp_path, GROUP + ROWS))
    assert [(row.relation, row.account, row.partner) for row in made.intercompany] == [
        (None, "1650".zfill(30), None),
        ("90001", None, 710001),
        ("KL-2", "1600".zfill(30), 710002),
    ]


def test_the_narrowest_row_is_tried_first(tmp_path):
    source = queries_of(built(tmp_path, GROUP + ROWS))["Mutaties"]
    listed = source.split("Onderling = {")[1].split("Kaal =")[0]
    assert listed.index('"KL-2"') < min(listed.index('"90001"'), listed.index("1650"))
    assert "(-1)" in listed  # whichever other division


def test_the_query_asks_the_source_for_the_relations_of_the_group_only(tmp_path):
    source = queries_of(built(tmp_path, GROUP + ROWS))["BronOnderlingEerder"]
    assert 'Codes = {"KL-2", "90001"}' in source
    assert "[Division] = administratie and [Account] = relatie and [FinancialYear] < EersteBoekjaar" in source


def test_the_choice_stands_in_the_strip_and_leaves_intercompany_out_at_first(tmp_path):
    made = client(load(tmp_path, GROUP + ROWS))
    (slicer,) = (visual for visual in made.reports[0].pages[0].visuals if visual.name == "filter_onderling")
    assert (slicer.category, slicer.single, slicer.default) == (("Onderling[Weergave]",), True, "intercompany.2")


def test_a_client_without_rows_has_nothing_of_it(tmp_path):
    made = built(tmp_path, GROUP)
    model = model_of(made)
    assert "Onderling" not in tables_of(model)
    assert ("Mutaties", "Onderling met") not in columns_of(model)
    assert not {"BronGroepsrelaties", "BronGroepsrekeningen", "BronOnderlingEerder"} & queries_of(made).keys()
    assert "{20," not in queries_of(made)["Controle"]


def test_every_amount_and_the_checks_know_of_it(tmp_path):
    made = built(tmp_path, GROUP + ROWS)
    formulas = measures_of(model_of(made))
    assert "Onderling[Nummer]" in formulas["Mutatiesaldo"]
    assert "COUNTROWS ( Groep ) = 3" in formulas["Mutatiesaldo"]
    assert "[Onderling verschil]" in formulas["Controlewaarde"]
    assert "{20," in queries_of(made)["Controle"]
    assert "<<" not in "".join(formulas.values())


def test_with_a_budget_the_wrapped_formula_is_the_budgets(tmp_path):
    tables = GROUP.replace("| Code | Naam | URL |", "| Code | Naam | URL | Budgetscenario |").replace(
        "vd-bakker/odata4 |", "vd-bakker/odata4 | B1 |"
    )
    formulas = measures_of(model_of(built(tmp_path, tables + ROWS)))
    assert "Scenario[Nummer]" in formulas["Nettoresultaat"]
    assert "Onderling[Nummer]" in formulas["Mutatiesaldo"]


@pytest.mark.parametrize(
    ("tables", "rows", "told"),
    [
        (ONE, "| bakker | | 1500 | |", ["B140 Onderling!A2"]),
        (ONE, "| * | | 1500 | |", []),
        (GROUP, "| _office | | 1500 | |", ["B148 Onderling!A2"]),
        (GROUP, "| bakker | | | `710002` |", ["B084 Onderling!A2"]),
        (GROUP, "| bakker | 1 | | `999999` |", ["B085 Onderling!D2"]),
    ],
)
def test_what_leaves_nothing_out_is_told(tmp_path, tables, rows, told):
    assert problems(tmp_path, tables + MUTUAL + rows + "\n") == told


def test_own_measures_may_ask_for_it(tmp_path):
    formula = "DIVIDE ( [Netto-omzet intercompany], [Netto-omzet] )"
    rows = f"\n## Meetwaarden\n| Klant | Naam | DAX |\n| * | Aandeel | {formula} |\n"
    assert problems(tmp_path, GROUP + rows) == []
    model = model_of(built(tmp_path, GROUP + rows))
    assert ("Mutaties", "Onderling met") in columns_of(model)
