"""What a report will load is estimated from divisions, years and stated assumptions, and too much is a warning."""

from __future__ import annotations

import json

import pytest
from bundles import ONE, client, load

from generator.build.estimate import estimates, too_large
from generator.cli import main

OFFICE = ONE.replace("| Naam | Taal | Geconsolideerde URL |", "| Naam | Taal | Geconsolideerde URL | Jaren historie |")
OFFICE = OFFICE.replace("vd-kantoor/odata4 |", "vd-kantoor/odata4 | {years} |")


WISHED = """
## Rapporten
| Klant | Rapport |
| bakker | financieel |
| bakker | projecten_uren |
"""


def with_divisions(number: int, years: int) -> str:
    return OFFICE.format(years=years) + "".join(f"| bakker | {720000 + each} |\n" for each in range(number - 1))


@pytest.mark.parametrize(("divisions", "years"), [(1, 3), (7, 2), (40, 5)])
def test_rows_are_divisions_times_years_times_what_source_toml_says(tmp_path, divisions, years):
    loaded = load(tmp_path, with_divisions(divisions, years))
    stated = loaded.catalogue.platform["estimate"]["assumptions"]
    saldi = divisions * years * stated["periods"] * stated["moving_accounts"]
    own, office = (estimates(client(loaded, code), loaded.catalogue) for code in ("bakker", "_office"))
    assert [one.report for one in (*own, *office)] == ["financieel", "kantoor"]
    assert own[0].tables["Mutaties"] == divisions * years * stated["lines"]
    assert own[0].tables["Saldi"] == office[0].tables["Saldi"] == saldi
    assert "Mutaties" not in office[0].tables  # the office loads no ledger lines
    assert "Openstaand nu" not in own[0].tables
    assert "Budget" not in own[0].tables  # no scenario
    assert own[0].rows == sum(own[0].tables.values())


def test_a_report_counts_only_the_tables_it_loads(tmp_path):
    loaded = load(tmp_path, OFFICE.format(years=3) + WISHED)
    financial, projects = estimates(client(loaded), loaded.catalogue)
    stated = loaded.catalogue.platform["estimate"]["assumptions"]
    assert projects.tables["Projectposten"] == 3 * stated["hours"]
    assert "Mutaties" not in projects.tables
    assert "Projectposten" not in financial.tables


@pytest.mark.parametrize(("divisions", "years", "warned"), [(40, 5, False), (70, 5, True)])
def test_above_five_million_rows_is_a_warning(tmp_path, divisions, years, warned):
    loaded = load(tmp_path, with_divisions(divisions, years))
    one = estimates(client(loaded), loaded.catalogue)[0]
    problem = too_large(one, loaded.catalogue)
    assert (one.rows > 5_000_000) == warned == (problem is not None)
    if problem:
        assert (problem.code, problem.severity, problem.client) == ("B130", "warning", "bakker")
        assert f"{divisions} administraties" in problem.text("message", "nl")


def plan(tmp_path, capsys, divisions, *arguments):
    load(tmp_path, with_divisions(divisions, 5))
    places = ["--specs", str(tmp_path / "kantoor.xlsx"), "--out", str(tmp_path / "out"), "--client", "bakker"]
    code = main(["plan", *places, "--lang", "nl", *arguments])
    return code, capsys.readouterr()


def test_plan_tells_the_size_before_the_next_step(tmp_path, capsys):
    code, printed = plan(tmp_path, capsys, 2)
    assert code == 0
    assert "Grootste rapport: naar schatting 22" in printed.out.splitlines()[-3]
    assert "B130" not in printed.err


def test_plan_json_tells_it_per_report_and_warns(tmp_path, capsys):
    document = json.loads(plan(tmp_path, capsys, 70, "--json")[1].out)
    (one,) = document["estimates"]
    assert (one["client"], one["report"]) == ("bakker", "financieel")
    assert one["rows"] == sum(one["tables"].values())
    assert [problem["code"] for problem in document["problems"]] == ["B130"]
    assert (document["errors"], document["warnings"]) == (0, 1)
