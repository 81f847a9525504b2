"""Platforms of Invantive Cloud: a folder of templates each, chosen by the reports of a client, none known to Python."""

import re
import shutil
from pathlib import Path

import pytest
from bundles import built, files, model_of, problems, queries_of
from markdown import found, save

from generator import catalogue, pipeline
from generator.catalogue import MAIN
from generator.problems import Stop
from generator.sources.question import question

ROOT = Path(__file__).parents[1]
OFFICE = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 |

## Klanten
| Code | Naam | URL |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 |
| noors | Noors | https://bridge-online.cloud/vd-noors/odata4 |

## Administraties
| Klant | Code |
| bakker | `710001` |
| noors | `810001` |
| noors | `810002` |

## Rapporten
| Klant | Rapport |
"""
MIXED = f"{OFFICE}| noors | visma_resultaat |\n"


def loaded(folder, tables, templates=None):
    return pipeline.load(save(folder, tables), templates)


def clients(folder, rows):
    """Return of each client its platform and its reports."""
    made = loaded(folder, OFFICE + rows)
    return {one.code: (one.platform, [report.name for report in one.reports]) for one in made.clients}


def test_a_client_is_on_the_platform_of_its_reports(tmp_path):
    made = loaded(tmp_path, MIXED)
    assert found(list(made.problems)) == []
    assert {one.code: one.platform for one in made.clients} == {"bakker": MAIN, "noors": "visma_net", "_office": MAIN}
    assert [one.alias for one in made.clients] == ["eol", "vnet", "eol"]


def test_the_office_expects_no_divisions_of_another_platform(tmp_path):
    office = next(one for one in loaded(tmp_path, MIXED).clients if one.code == "_office")
    assert [division.code for division in office.divisions] == [710001]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("| * | financieel |\n| noors | visma_resultaat |\n", (MAIN, "visma_net")),
        ("| * | visma_resultaat |\n", ("visma_net", "visma_net")),
        ("| * | financieel |\n| * | visma_resultaat |\n", (MAIN, MAIN)),
        ("| * | visma_resultaat |\n| bakker | financieel |\n", (MAIN, "visma_net")),
    ],
)
def test_rows_for_all_clients_decide_where_a_client_has_none_of_its_own(tmp_path, rows, expected):
    made = clients(tmp_path, rows)
    assert (made["bakker"][0], made["noors"][0]) == expected
    nothing = [] if MAIN in {platform for platform, _ in made.values()} else ["B035 Kantoor!C2"]  # for the office
    assert problems(tmp_path, OFFICE + rows) == nothing
    for platform, reports in made.values():
        assert set(reports) <= catalogue.load().of(platform).reports.keys()


def test_reports_of_two_platforms_are_told_at_the_cell_of_the_second(tmp_path):
    assert problems(tmp_path, f"{MIXED}| noors | financieel |\n") == ["B178 Rapporten!B3"]


def test_wishes_for_all_clients_are_about_the_main_platform(tmp_path):
    wishes = (
        "\n## Meetwaarden\n| Klant | Naam | DAX |\n| * | Marge | [Brutomarge] |\n| noors | Dubbel | 2 * [Resultaat] |\n"
    )
    made = loaded(tmp_path, MIXED + wishes)
    assert found(list(made.problems)) == []
    assert {one.code: [own.name for own in one.measures] for one in made.clients[:2]} == {
        "bakker": ["Marge"], "noors": ["Dubbel"],
    }  # fmt: skip


def test_its_queries_speak_of_its_own_database_only(tmp_path):
    made = built(tmp_path, MIXED, "noors")
    queries = queries_of(made, "visma_resultaat")
    assert set(re.findall(r'Name = "([^"]+)"', "\n".join(queries.values()))) == {
        "VismaNet.Views.GeneralLedgerTransactions@vnet",
        "VismaNet.Views.GeneralLedgerBalancesAll@vnet",
    }
    assert (
        '([COMPANY_CODE] = "810001" or [COMPANY_CODE] = "810002") and [tranDate] >= Vanaf'
        in (queries["BronGrootboekregels"])
    )
    packed = files(tmp_path, MIXED, "noors")
    told = b"\n".join(content for path, content in packed.items() if path.endswith((".pq", ".sql", ".md", ".tmdl")))
    assert b"ExactOnlineREST" not in told
    assert b"nog niet op een echte database beproefd" in packed["setup.md"]


def test_its_own_tables_hang_on_its_divisions(tmp_path):
    rows = "\n## Tabellen\n| Klant | Entiteit | Naam | Kolommen |\n"
    rows += "| noors | VismaNet.Views.GeneralLedgerBalancesAll | Saldi | account_number, beginningBalance |\n"
    made = built(tmp_path, MIXED + rows, "noors")
    assert '[COMPANY_CODE] = "810001"' in queries_of(made, "visma_resultaat")["BronSaldi"]
    ends = {(row["fromTable"], row["toTable"]) for row in model_of(made, "visma_resultaat")["relationships"]}
    assert ("Saldi", "Administratie") in ends


def test_probe_asks_what_its_queries_need(tmp_path):
    made = loaded(tmp_path, MIXED)
    asked = question(made.clients[1], made.catalogue)
    needs = {need.entity_set: (need.division, need.checks) for need in asked.needs}
    assert needs == {
        "VismaNet.Views.GeneralLedgerTransactions": ("COMPANY_CODE", False),
        "VismaNet.Views.GeneralLedgerBalancesAll": ("COMPANY_CODE", True),
    }
    assert asked.rights is None


# --------------------------------------------------------------------------------------------- a folder is enough


def test_no_line_of_python_knows_another_platform():
    names = [path.name for path in (ROOT / "templates").iterdir() if (path / "source.toml").is_file()]
    assert len(names) >= 2
    for name in set(names) - {MAIN}:
        word = name.partition("_")[0]
        told = [path.name for path in (ROOT / "generator").rglob("*.py") if word in path.read_text("utf-8").casefold()]
        assert told == [], name


def another(folder, report):
    """Return a folder of templates with a third platform in it, made of the second by renaming its report."""
    made = folder / "sjablonen"
    shutil.copytree(ROOT / "templates" / "visma_net", made / "derde")
    for path in (made / "derde").rglob("*.toml"):
        path.write_text(path.read_text("utf-8").replace("visma_resultaat", report), "utf-8")
    return made


def test_a_folder_of_ones_own_is_a_platform(tmp_path):
    templates = another(tmp_path, "derde_resultaat")
    made = loaded(tmp_path, f"{OFFICE}| noors | derde_resultaat |\n", templates)
    assert found(list(made.problems)) == []
    assert made.clients[1].platform == "derde"
    assert pipeline.files(made.clients[1], made.catalogue)["on-startup.sql"].startswith(b"use 810001@vnet")


def test_two_platforms_do_not_share_the_name_of_a_report(tmp_path):
    with pytest.raises(Stop) as caught:
        loaded(tmp_path, MIXED, another(tmp_path, "Financieel"))
    assert found(list(caught.value.problems)) == ["B179 derde/reports.toml"]


def test_a_platform_without_a_file_it_keeps_is_told_with_that_file(tmp_path):
    templates = another(tmp_path, "derde_resultaat")
    source = templates / "derde" / "source.toml"
    source.write_text(source.read_text("utf-8").replace('  "queries/Datum.pq",\n', ""), "utf-8")
    with pytest.raises(Stop) as caught:
        loaded(tmp_path, MIXED, templates)
    assert [problem.values["name"] for problem in caught.value.problems] == ["queries/Datum.pq"]
