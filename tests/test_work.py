"""The reports on projects and stock: made where the workbook asks, and asking the source for no more than they need."""

from __future__ import annotations

import pytest
from bundles import ONE, built, load

from generator.build.reads import reads

WISH = """
## Rapporten
| Klant | Rapport |
| bakker | {report} |
"""
LEDGER = "ExactOnlineREST.Incremental.TransactionLinesIncremental"


def queries(tmp_path, report):
    """The queries of a report of the client, by name."""
    made = next(one for one in built(tmp_path, ONE + WISH.format(report=report)).reports if one.name == report)
    return {query.name: query.expression for query in made.queries}


def asked(tmp_path, report):
    """Entity set → columns that a report asks of the client's database."""
    loaded = load(tmp_path, ONE + WISH.format(report=report))
    (client,) = (one for one in loaded.clients if one.code == "bakker")
    return {read.entity_set: set(read.columns) for read in reads(client, loaded.catalogue)}


def test_neither_is_made_by_itself(tmp_path):
    loaded = load(tmp_path, ONE)
    made = {report.name for client in loaded.clients for report in client.reports}
    assert made == {"financieel", "kantoor"}


def test_projects_load_no_ledger_line_but_those_that_name_a_project(tmp_path):
    made = queries(tmp_path, "projecten_uren")
    assert "Mutaties" not in made
    assert "BronBoekingsregels" not in made
    assert "[Project] <> null" in made["BronProjectregels"]


def test_stock_reads_the_item_of_ledger_lines_and_the_financial_report_does_not(tmp_path):
    assert "Item" in asked(tmp_path, "voorraad")[LEDGER]
    assert "Item" not in asked(tmp_path, "financieel")[LEDGER]


def test_of_the_payroll_only_names_are_asked_and_none_is_needed(tmp_path):
    loaded = load(tmp_path, ONE + WISH.format(report="projecten_uren"))
    (client,) = (one for one in loaded.clients if one.code == "bakker")
    (payroll,) = (read for read in reads(client, loaded.catalogue) if "Payroll" in read.entity_set)
    assert set(payroll.columns) == {"Division", "ID", "FullName"}
    assert payroll.absent
    assert "try Table.Buffer(BronMedewerkers) otherwise" in queries(tmp_path, "projecten_uren")["Medewerker"]


@pytest.mark.parametrize(
    ("report", "table", "told"),
    [
        ("projecten_uren", "Projectposten", "List.Contains({1, 2}, [HourStatus])"),
        ("projecten_uren", "Projectposten", "List.Contains({2, 3, 5}, Soort)"),
        ("projecten_uren", "Project", '#"3" = "nacalculatie"'),
        ("projecten_uren", "Ouderdom werk", '{4, "> 90", 91, 100000}'),
        ("voorraad", "Voorraadpositie", '{"AverageCost", "CostPriceStandard"}'),
    ],
)
def test_what_the_templates_say_stands_in_the_query(tmp_path, report, table, told):
    assert told in " ".join(queries(tmp_path, report)[table].split())
