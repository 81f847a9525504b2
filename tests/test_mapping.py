"""Accounts on report lines: the routes of the templates, what turns, and what a database may lack."""

from __future__ import annotations

import pytest
from bundles import ONE, built, queries_of

from generator import catalogue
from generator.build.mapping import line_of, placing
from generator.problems import Stop

LINES = catalogue.load().platform["rgs"]["lines"]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("BLimBanRba", "Liquide middelen"),
        ("BVorDebHad", "Debiteuren"),  # the longer code wins over BVor
        ("BVorOvrRcb", "Overige vorderingen"),
        ("BSchCreHac", "Crediteuren"),
        ("BSchBepLhe", "Overige kortlopende schulden"),
        ("BSchBepBla", "Btw"),
        ("WWivGpv", "Overige opbrengsten"),
        ("WWivWgp", "Kostprijs omzet"),
        ("WBedHuiHuw", "Overige bedrijfskosten"),
        ("WBelBgrBgr", "Belastingen"),
        ("XYZ", None),
        ("B", None),
        ("", None),
    ],
)
def test_the_longest_code_decides(code, line):
    assert line_of(code, LINES) == line


def test_counterparts_are_mutual_and_on_the_other_side_of_the_balance_sheet():
    turns = catalogue.load().platform["rgs"]["turns"]
    known = catalogue.load()
    signs = placing(known, known.languages["nl"])["signs"]
    for code, other in turns.items():
        ends = [line_of(each, LINES) for each in (code, other)]
        assert None not in ends
        assert signs[ends[0]] == -signs[ends[1]], code
        assert turns.get(other, code) == code


def test_every_base_line_can_be_reached_by_rgs():
    base = {line.name for line in catalogue.load().lines.values() if not (line.adds or line.result)}
    assert set(LINES.values()) == base


def test_a_node_of_an_own_scheme_may_be_called_as_a_line_in_any_language():
    known = catalogue.load()
    names = placing(known, known.languages["nl"])["own_names"]
    assert names["staff costs"] == names["personeelskosten"] == "Personeelskosten"
    assert not {"ebitda", "nettoresultaat", "net result", "totaal activa"} & names.keys()  # they follow from others


def test_a_database_may_lack_classifications_and_cost_centres_and_nothing_else(tmp_path):
    queries = queries_of(built(tmp_path, ONE))
    absent = {name for name, text in queries.items() if 'Signature = "table"]}?' in text}
    assert absent == {"BronIndelingen", "BronKostenplaatsen"}


@pytest.mark.parametrize(
    ("file", "before", "after", "named"),
    [
        ("rgs.toml", 'WPer = "Personeelskosten"', 'WPer = "Personeel"', "WPer: Personeel"),
        ("rgs.toml", 'BLimBanRba = "BSchSakRba"', 'BLimBanRba = "XSchSakRba"', "XSchSakRba"),
        ("source.toml", "[own_scheme]\n", '[own_scheme]\nW10 = "Omzet"\n', "own_scheme: Omzet"),
        ("source.toml", '110 = "Netto-omzet"', '110 = "Brutomarge"', "account_types: Brutomarge"),
    ],
)
def test_a_line_on_which_no_account_can_land_is_a_problem_of_its_file(tmp_path, file, before, after, named):
    text = (catalogue.packaged() / "exact_online" / file).read_text("utf-8")
    assert before in text
    (tmp_path / "exact_online").mkdir()
    (tmp_path / "exact_online" / file).write_text(text.replace(before, after), "utf-8")
    with pytest.raises(Stop) as stop:
        catalogue.load(tmp_path)
    assert [(problem.code, problem.values["name"]) for problem in stop.value.problems] == [("B121", named)]


BUDGET = ONE.replace(
    "| Code | Naam | URL |\n| bakker | Bakkerij |",
    "| Code | Budgetscenario | Naam | URL |\n| bakker | B26 | Bakkerij |",
)


def captions(made) -> dict[str, str]:
    """Return the header of each measure in the profit and loss account."""
    (values,) = (
        content["visual"]["query"]["queryState"]["Values"]["projections"]
        for path, content in made.reports[0].layer.definition.items()
        if path.endswith("visual.json") and "W&V regel YTD ref" in str(content) and "pivotTable" in str(content)
    )
    return {each["nativeQueryRef"]: each["displayName"] for each in values}


def test_with_a_budget_actual_figures_are_not_called_budget(tmp_path):
    headers = captions(built(tmp_path, BUDGET))
    assert headers["W&V regel YTD"] == "YTD"
    assert headers["W&V regel YTD budget"] == "Budget YTD"
    assert headers["W&V regel YTD Δ"] == "Δ YTD"
    assert headers["W&V regel YTD ref"] == "YTD vergelijking"  # last year or the budget, as the reader chooses


@pytest.mark.parametrize(("tables", "shown"), [(ONE, False), (BUDGET, True)])
def test_the_page_of_the_budget_is_there_only_with_a_scenario(tmp_path, tables, shown):
    assert ("Budget tegen werkelijk" in built(tmp_path, tables).reports[0].pages) == shown
