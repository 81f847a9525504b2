"""The generated M, executed: every query of every report of the example office, against the program's own sandbox.

The executor is ours on Microsoft's parser (m/meval.mjs); what Power Query folds to the source is emulated (m/run.mjs).
Rows are compared with plain Python over the ledger (judges/sandbox_rows.py).
"""

import pytest
from judges import books, ledger_run, sandbox, sandbox_run
from judges.sandbox_rows import FOLDED, LITERAL

# What the executor cannot run, with the reason: (report, query) → why. Empty: it runs all of them.
NOT_EXECUTED = {}

IGNORED_OR_REFUSED = {"$orderby", "$skip", "$apply", "$search", "$expand", "$compute"}
UNDIVIDED = "ExactOnlineREST.Financial.Journals@"  # read whole on purpose: to see what should not be there


@pytest.fixture(scope="module")
def runs(office):
    """Every report of the office, executed; and what the sandbox itself heard."""
    with sandbox.running(office.specs) as running:
        done = books.in_pairs(lambda report: sandbox_run.run(office, report, running), office.reports)
        yield {str(run.report): run for run in done}, running


@pytest.fixture(scope="module")
def made(runs):
    return runs[0]


def test_every_report_and_every_query_is_executed(made, office):
    assert len(made) == len(office.reports) >= 6
    failed = {
        (name, member): answer["error"]
        for name, run in made.items()
        for member, answer in run.answers.items()
        if "error" in answer
    }
    assert failed.keys() == NOT_EXECUTED.keys(), failed
    for run in made.values():
        tables = {
            table["name"] for table in run.model["model"]["tables"] if table["partitions"][0]["source"]["type"] == "m"
        }
        assert tables <= run.answers.keys()
        assert len(run.answers) > 12


def test_rows_are_those_of_the_ledger(made):
    findings = []
    for name, run in made.items():
        for table, answer in run.answers.items():
            wanted = run.expected.rows(table)
            if wanted is None or "rows" not in answer:
                continue
            names = [column["name"] for column in answer["columns"]]
            known = {column for row in wanted for column in row} or set(names)
            assert set(names) <= known, f"{name} {table}: no expectation for {sorted(set(names) - known)}"
            found, right = ledger_run.rows_of(answer, names), ledger_run.expected_rows(wanted, names)
            if found != right:
                findings.append(f"{name} {table}: too many {some(found - right)}, too few {some(right - found)}")
    assert findings == []


def some(rows):
    return f"{rows.total()} {list(rows)[:2]}"


def test_every_table_that_reads_the_database_is_compared(made):
    """A new table needs an expectation in judges/sandbox_rows.py before it can be trusted."""
    compared = 0
    for run in made.values():
        for table in run.model["model"]["tables"]:
            answer = run.answers.get(table["name"])
            if answer is None or table["name"] in LITERAL:
                continue
            assert run.expected.rows(table["name"]) is not None, table["name"]
            compared += 1
    assert compared > 40


def test_enough_rows_are_compared_to_mean_something(made):
    for name, run in made.items():
        for table in ("Mutaties", "Saldi", "Grootboek", "Openstaande posten", "Openstaand nu"):
            if table in run.answers:
                assert len(run.answers[table]["rows"]) >= 10, (name, table)


def test_tables_that_read_nothing_ask_nothing(made):
    for run in made.values():
        for table in LITERAL & run.answers.keys():
            assert run.answers[table]["asked"] == []


def test_columns_and_types_are_those_of_the_model(made):
    assert [finding for run in made.values() for finding in ledger_run.columns(run)] == []


def test_only_the_clients_own_address_is_asked(made, runs):
    heard = runs[1].requests
    slugs = {run.url.split("/")[3] for run in made.values()}
    assert {request.split("/")[1] for request in heard} == slugs
    for run in made.values():
        assert [pair for member in run.answers for pair in run.asked(member)] != []  # raises on another address


MADE = {"Onderling met"}  # a column that BronOnderling works out of what it looked up


def looked_up(member, path):
    """What queries about intercompany ask first: relations and accounts of the group, by their code."""
    if member.startswith("BronOnderling") and "CRM.Accounts" in path:
        return {"Division", "ID", "Code"}
    if member == "BronOnderling" and "GLAccounts" in path:
        return {"Division", "ID", "Code", "Type", "BalanceType"}
    return set()


def test_each_source_selects_the_columns_it_returns_and_nothing_that_is_ignored_or_refused(made):
    sources = 0
    for name, run in made.items():
        for member, answer in run.answers.items():
            if not member.startswith("Bron"):
                continue
            reads = [(path, options) for path, options in run.asked(member) if "@" in path]
            assert reads, (name, member)
            sources += 1
            named = {column["name"] for column in answer["columns"]}
            for path, options in reads:
                assert options.keys() <= {"$select", "$filter", "$skiptoken"}, (name, member, path)
                assert not IGNORED_OR_REFUSED & options.keys()
                selected = set(options["$select"].split(","))
                assert selected == (looked_up(member, path) or named - MADE), (name, member, path)
                whole = path.startswith(UNDIVIDED) and member == "BronAdministraties"
                if not whole and len(run.facts.divisions) <= FOLDED:
                    assert "division eq" in options["$filter"].lower(), (name, member, path)
    assert sources > 40


def test_the_sandbox_heard_what_the_executor_says_it_asked(made, runs):
    heard = [request for request in runs[1].requests if "@" in request]
    asked = [path for run in made.values() for member in run.answers for path, _ in run.asked(member) if "@" in path]
    assert len(heard) == len(asked)


FAULTS = {
    "leak": (("--leak", "710001"), ["Administratiecontrole", "Mutaties", "Saldi", "Grootboek"]),
    "withhold": (("--withhold", "730003"), ["Administratiecontrole", "Mutaties"]),
    "column": (("--drop-column", "TransactionLinesIncremental.AmountDC"), ["Mutaties"]),
    "401": (("--fail", "401"), ["Mutaties"]),
    "429": (("--fail", "429"), ["Mutaties"]),
    "503": (("--fail", "503"), ["Mutaties"]),
    "cut": (("--fail", "cut"), ["Mutaties"]),
    "password": ((), ["Mutaties"]),
    "moved": (("--moved", "groep-zuid"), ["Mutaties"]),
}


@pytest.fixture(scope="module")
def wrong(office):
    """{fault: answers} of a client of several divisions, on a sandbox with one thing wrong."""

    def one(fault):
        arguments, members = FAULTS[fault]
        report = next(report for report in office.reports if report.client == "groep-zuid")
        with sandbox.running(office.specs, *arguments, "--client", report.client) as running:
            if fault == "moved":
                running.urls = {client: url.replace("-2/", "/") for client, url in running.urls.items()}
            headers = {} if fault == "password" else None
            return sandbox_run.run(office, report, running, members, headers).answers

    return dict(zip(FAULTS, books.in_pairs(one, FAULTS), strict=True))


def test_a_leaking_division_makes_the_refresh_fail_without_naming_it(wrong):
    answers = wrong["leak"]
    assert "1" in answers["Administratiecontrole"]["error"]
    assert "710001" not in answers["Administratiecontrole"]["error"]
    for table in ("Mutaties", "Saldi", "Grootboek"):
        assert answers[table]["rows"]
        assert "710001" not in str(answers[table]["rows"])


def test_a_withheld_division_is_told_and_does_not_fail(wrong):
    answers = wrong["withhold"]
    told = ledger_run.rows_of(answers["Administratiecontrole"], ["Administratie", "Ontvangen"])
    assert told == {(730001, True): 1, (730002, True): 1, (730003, False): 1}
    assert answers["Mutaties"]["rows"]


def test_a_dropped_column_is_an_error_by_name(wrong):
    assert "AmountDC" in wrong["column"]["Mutaties"]["error"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [("401", "401"), ("429", "429"), ("503", "503"), ("cut", ""), ("password", "401"), ("moved", "404")],
)
def test_a_database_that_fails_gives_an_error_and_no_rows(wrong, fault, words):
    assert words in wrong[fault]["Mutaties"]["error"]
    assert "rows" not in wrong[fault]["Mutaties"]
