"""Two OData clients that no one here wrote talk to the sandbox: what they read is what the ledger holds.

python-odata makes classes from $metadata; odatapy, a port of Apache Olingo, reads each value by the type that $metadata
gives it. What they could not do is what Invantive does not do either: sort, skip, read one row by its key.
"""

import json

import pytest
from judges import sandbox
from judges.places import HERE, run, venv_python

ACCOUNTS = "ExactOnlineREST.Financial.GLAccounts"
LINES = "ExactOnlineREST.Incremental.TransactionLinesIncremental"
CLIENT = "groep-zuid"


@pytest.fixture(scope="module")
def said(office):
    with sandbox.running(office.specs, "--client", CLIENT) as running:
        question = {
            "url": running.urls[CLIENT],
            "password": sandbox.PASSWORD,
            "entity": f"{ACCOUNTS}@eol",
            "lines": f"{LINES}@eol",
        }
        driver = HERE / "judges" / "strangers_driver.py"
        done = run([venv_python("odata"), "-P", driver], input=json.dumps(question))
        requests = list(running.requests)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout) | {"requests": requests}


@pytest.fixture(scope="module")
def tables(office):
    return sandbox.ledger(office.specs, CLIENT).tables


@pytest.fixture(scope="module")
def codes(tables):
    """The codes of accounts that a test picks, in the order of the books."""
    return lambda test=bool: [row["Code"] for row in tables[ACCOUNTS] if test(row)]


@pytest.mark.parametrize("client", ["reflecting", "typed"])
def test_a_client_reads_names_rows_and_pages(said, client, codes, tables):
    answer = said[client]
    assert "error" not in answer
    assert f"{ACCOUNTS}@eol" in answer["names"]
    assert len(answer["names"]) > 80
    assert answer["all"] == codes()
    assert answer["pages"] == [row["AmountDC"] for row in tables[LINES]]
    assert len(answer["pages"]) > 5_000, "more than one page"


@pytest.mark.parametrize(
    ("asked", "test"),
    [
        ("number", lambda row: 110 <= row["Type"] < 125),
        ("either", lambda row: row["Type"] in (20, 22)),
        ("text", lambda row: "kosten" in row["Description"].lower()),
        ("start", lambda row: row["Description"].startswith("Om")),
    ],
)
def test_filters_that_a_client_writes(said, codes, asked, test):
    assert said["reflecting"][asked] == codes(test) != []


def test_limits_selections_counts_and_types(said, codes, tables):
    assert said["reflecting"]["limit"] == codes()[:3]
    assert [row["Code"] for row in said["reflecting"]["select"]] == codes()[:2]
    assert all(row["Description"] is None for row in said["reflecting"]["select"]), "not selected: the default"
    assert said["typed"]["select"] == codes()[:2]
    assert said["typed"]["count"] == len(tables[LINES])
    assert said["reflecting"]["types"] == ["datetime"]
    assert {"Edm.Boolean", "Edm.DateTimeOffset", "Edm.Double", "Edm.Guid", "Edm.Int32"} <= set(said["typed"]["kinds"])


def test_what_a_client_could_not_do(said, codes):
    assert said["reflecting"]["sorted"] == codes()[:3], "sorting is ignored, as by Invantive"
    for client in ("reflecting", "typed"):
        assert "501" in said[client]["skipped"]["error"]
    assert "NoResultsFound" in said["reflecting"]["get"]["error"], "no row by its key"
    assert "401" in said["typed"]["refused"]["error"]
