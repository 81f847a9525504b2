"""From workbook to figure in one go: the example office, its M on the sandbox, its DAX on the rows, SQL on the ledger.

For two clients, one with a broken year, and the consolidated report: what stands on their pages. The twins in SQL are
those of tests/figures; the engine that evaluates the DAX is not Microsoft's.
"""

from judges import books, sandbox, sandbox_run, twins
from judges.model import Model

CLIENTS = ("bakker", "hockeyclub", "_office")
SELECTIONS = (
    {"name": "nothing chosen"},
    {"name": "the last whole month", "period": "Laatste maand", "year": 2026, "months": None},
    {"name": "a whole year", "year": 2025},
    {"name": "three months", "year": 2026, "months": [1, 2, 3]},
)


def test_workbook_to_figure(office, request):
    reports = [report for report in office.reports if report.client in CLIENTS]
    assert len(reports) == len(CLIENTS)
    with sandbox.running(office.specs) as running:
        runs = books.in_pairs(lambda report: sandbox_run.run(office, report, running), reports)
    compared = 0
    for run, (answers, wanted, names, contexts) in zip(runs, books.in_pairs(figures, runs), strict=True):
        assert answers["problems"] == {}, run.client
        assert books.differences(answers["answers"], wanted, names, contexts) == [], run.client
        assert filled(answers["answers"]) > 0.5 * len(names), "blank everywhere proves nothing"
        compared += len(names) * len(contexts)
    assert compared > 600
    books.say(request, f"workbook to figure: {compared} compared in {len(runs)} reports, 0 different")


def figures(run):
    """What the engine and what the twins make of the measures on a report's pages: both per selection."""
    names = shown(run)
    assert len(names) > 40, run.client
    contexts = [one for one in (selection(run, each) for each in SELECTIONS) if is_there(run, one)]
    assert len(contexts) >= 3, run.client
    errors = {name: answer["error"] for name, answer in run.answers.items() if "error" in answer}
    assert errors == {}
    formulas = books.formulas(run.model)
    assert {name: error for name, error in books.unparsed(formulas).items() if error} == {}
    job = {"names": names, "contexts": [run.facts.filters(one) for one in contexts]}
    answers = books.evaluate(run.model, run.answers, [job])[0]
    asked = twins.Twins(sandbox.ledger(run.office.specs, run.client).sqlite(), run.facts)
    return answers, [asked.select(one, names) for one in contexts], names, contexts


def shown(run):
    """The measures of a report that stand in the templates: the pages reach each of them."""
    tables = run.model["model"]["tables"]
    names = [item["name"] for table in tables for item in table.get("measures", [])]
    own = {str(row["Naam"]) for row in run.office.sheets.get("Meetwaarden", [])}
    missing = [name for name in names if name not in own and not twins.has_twin(name)]
    assert missing == [], "a measure without a twin"
    return [name for name in names if name not in own]


def selection(run, one):
    """A selection as the report's own calendar has it: the last whole month before today is October.

    Amounts of two currencies are never added, so that of several the divisions in euros are chosen.
    """
    euros = [code for code, (currency, _) in run.facts.divisions.items() if currency == "EUR"]
    chosen = {"divisions": euros} if "year" in one and len(euros) < len(run.facts.divisions) else {}
    if "period" in one:
        number = (10 - 1 - run.facts.end_month) % 12 + 1
        called = run.expected.words["text"]["last_month"]  # in the report's own language
        return (
            one
            | chosen
            | {"period": called, "year": 2026 + (number < 10 and run.facts.end_month < 10), "months": [number]}
        )
    return one | chosen


def is_there(run, one):
    """Whether the model has the columns that a selection filters: pages of the office need fewer."""
    model = Model.of(run.model)
    return all(model.column(*key.split(".", 1)) for key in run.facts.filters(one))


def filled(answers):
    """How many measures are not blank in some selection."""
    return len({name for answer in answers for name, value in answer.items() if value is not None})


def test_the_comparison_goes_red(office, request):
    """Another seed keeps other books: the same reports on them must not agree with these."""
    report = next(report for report in office.reports if report.client == "bakker")
    with sandbox.running(office.specs, "--seed", "2", "--client", "bakker") as running:
        run = sandbox_run.run(office, report, running)
    answers, wanted, names, contexts = figures(run)
    different = books.differences(answers["answers"], wanted, names, contexts)
    books.say(request, f"on books of another seed {len(different)} differ")
    assert len(different) > 20
