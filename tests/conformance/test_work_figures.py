"""From workbook to figure for reports made on request: their M on the sandbox, their DAX on the rows, SQL beside it.

As test_sandbox_figures.py does for those that every client gets; of a report in English the words are not compared.
"""

import pytest
from judges import books, ledger_run, sandbox, sandbox_run
from test_sandbox_figures import figures, filled

REPORTS = ("garage/projecten_uren", "oneill/voorraad")
OWN = {
    "garage/projecten_uren": {"Projectposten", "Projectregels", "Project", "Medewerker"},
    "oneill/voorraad": {"Mutaties", "Artikel", "Voorraadpositie"},
}
WITHOUT = "ExactOnlineREST.Payroll.Employees"


@pytest.fixture(scope="module")
def runs(office):
    """{report: Run}, every query executed."""
    reports = [report for report in office.reports if str(report) in REPORTS]
    clients = [word for report in reports for word in ("--client", report.client)]
    with sandbox.running(office.specs, *clients) as running:
        done = books.in_pairs(lambda report: sandbox_run.run(office, report, running), reports)
    return {str(run.report): run for run in done}


@pytest.mark.parametrize("name", REPORTS)
def test_rows_are_those_of_the_ledger(runs, name):
    run = runs[name]
    assert {table: answer["error"] for table, answer in run.answers.items() if "error" in answer} == {}
    for table in OWN[name]:
        answer, wanted = run.answers[table], run.expected.rows(table)
        columns = [column["name"] for column in answer["columns"]]
        found, right = ledger_run.rows_of(answer, columns), ledger_run.expected_rows(wanted, columns)
        assert found == right, table
        assert found.total() >= 4, table
    assert list(ledger_run.columns(run)) == []


@pytest.mark.parametrize("name", REPORTS)
def test_every_figure_on_the_pages_is_its_twin(runs, name, request):
    answers, wanted, names, contexts = figures(runs[name])
    texts = {one for one, formula in books.measure_names().items() if "<<t." in formula}
    names = [one for one in names if name != "oneill/voorraad" or one not in texts]
    assert answers["problems"] == {}
    assert books.differences(answers["answers"], wanted, names, contexts) == []
    assert filled(answers["answers"]) > 0.8 * len(names), "blank everywhere proves nothing"
    books.say(request, f"{name}: {len(names) * len(contexts)} compared, 0 different")
