"""`bundel probe` on the sandbox's databases: what the generated queries ask for is what it looks at, and each way in
which the sandbox misbehaves is told, for the databases that misbehave and for no others.
"""

import json
import re
from collections import Counter

import pytest
from judges import sandbox
from judges.places import bundel

SET = re.compile(r'\{\[Name = "([\w.]+)@\w+", Signature = "table"\]\}')
REQUIRED = re.compile(r"Table\.SelectColumns\(Tabel, \{(.*?)\}", re.DOTALL)
OPTIONAL = re.compile(r"Optioneel = List\.Intersect\(\{\{(.*?)\}, Table\.ColumnNames\(Tabel\)\}\)", re.DOTALL)
NAME = re.compile(r'"(\w+)"')
DIVISION = {"Division", "DIVISION"}
OWN, OTHER = 730003, 710001  # divisions of groep-zuid and of bakker
STRANGER = 999999


@pytest.fixture(scope="module")
def asked(office):
    """{client: {(entity, column): required}} as the generated queries name them."""
    return {client: _asked(folder) for client, folder in office.bundles.items()}


def _asked(folder):
    found = {}
    for path in (folder / "queries").rglob("*/*.pq"):
        text = path.read_text("utf-8")
        entity = SET.search(text)
        if entity:
            lists = {True: REQUIRED.search(text), False: OPTIONAL.search(text)}
            for required, listed in lists.items():
                for column in NAME.findall(listed[1]) if listed else ():
                    key = (entity[1], column)
                    found[key] = found.get(key, False) or required
    return found


@pytest.fixture
def probe(office, tmp_path, monkeypatch):
    """Run `bundel sandbox` with arguments and `bundel probe` against it: exit code, document, requests, output."""

    def probed(*misbehaviour, options=(), password=sandbox.PASSWORD):
        with sandbox.running(office.specs, *misbehaviour) as running:
            base = next(iter(running.urls.values())).rsplit("/", 2)[0]
            monkeypatch.setenv("BUNDEL_SANDBOX_URL", base)
            monkeypatch.setenv("BUNDEL_ODATA_PASSWORD", password)
            places = ("--specs", office.specs, "--out", tmp_path, *options)
            done = bundel("probe", "--sandbox", "--json", *places, timeout=100)
        document = json.loads(done.stdout)
        databases = {each["client"]: each for each in document.get("databases", ())}
        return done.returncode, databases, document["problems"], running.requests

    return probed


def codes(problems):
    """{client: codes} of problems."""
    found = {}
    for problem in problems:
        found.setdefault(problem["client"], set()).add(problem["code"])
    return found


def test_the_example_office_is_in_order(office, asked, probe, tmp_path):
    code, databases, problems, requests = probe()
    assert (code, problems) == (0, [])
    assert databases.keys() == asked.keys()
    for client, database in databases.items():
        assert database["divisions_expected"] == database["divisions_found"] == sorted(office.divisions(client))
        assert {table["name"] for table in database["tables"]} == {entity for entity, _ in asked[client]}
        empty = {table["name"] for table in database["tables"] if not table["rows"]}
        assert empty <= {"ExactOnlineREST.Financial.GLAccountClassificationMappings"}, "the example uses no RGS"
    assert len(requests) == sum(database["requests"] for database in databases.values())
    assert max(Counter(requests).values()) == 1, "nothing is asked twice"
    assert not [request for request in requests if re.search(r"\$(orderby|skip|apply|search)\b", request)]
    assert kept(tmp_path).keys() == databases.keys()


def kept(output):
    """{client: what the page keeps of it}."""
    page = (output / "probe.html").read_text("utf-8")
    state = re.search(r'<script type="application/json" id="bundel-probe">(.*?)</script>', page)
    return {each["client"]: each for each in json.loads(state[1])["databases"]}


def test_every_column_of_the_queries_is_missed_and_no_other(asked, probe):
    wanted = {key: required for client in asked.values() for key, required in client.items()}
    dropped = [key for key in sorted(wanted) if key[1] not in DIVISION and not key[0].endswith("Journals")]
    idle = ("ExactOnlineREST.Financial.GLAccounts", "SearchCode")
    assert idle not in wanted
    assert len(dropped) > 30
    switches = [part for entity, column in (*dropped, idle) for part in ("--drop-column", f"{entity}.{column}")]
    code, databases, problems, _ = probe(*switches, options=("--quick",))
    assert code == 1
    for client, columns in asked.items():
        assert set(databases[client]["missing_columns"]) == {
            f"{entity}.{column}" for entity, column in columns if (entity, column) in dropped
        }
        told = {"error": "", "warning": ""}
        for problem in problems:
            if problem["client"] == client:
                told[problem["severity"]] += problem["message"]
        for (entity, column), required in columns.items():
            if (entity, column) in dropped:
                assert re.search(rf"\b{column}\b", told["error" if required else "warning"]), (client, entity, column)


def test_a_division_withheld_is_told_where_it_is_missed(probe):
    code, databases, problems, _ = probe("--withhold", str(OWN))
    assert code == 1
    assert codes(problems) == {"groep-zuid": {"B240"}, "_office": {"B240"}}
    assert OWN not in databases["groep-zuid"]["divisions_found"]
    assert all(str(OWN) in problem["message"] and problem["hint"] for problem in problems)


@pytest.mark.parametrize("division", [OTHER, STRANGER])
def test_a_leak_is_an_error_and_names_nobody(office, probe, tmp_path, division):
    code, databases, problems, _ = probe("--leak", str(division))
    assert code == 1
    leaking = {client for client in databases if division not in office.divisions(client)}
    assert {problem["client"] for problem in problems if problem["code"] == "B241"} == leaking
    assert all(division in databases[client]["divisions_found"] for client in leaking)
    assert not [problem for problem in problems if str(division) in problem["message"] + problem["hint"]]
    assert str(STRANGER) not in (tmp_path / "probe.html").read_text("utf-8")
    for client, each in kept(tmp_path).items():
        words = re.findall(r"\b\d{6}\b", json.dumps(each | {"tables": []}))
        assert {int(word) for word in words} <= set(office.divisions(client))


@pytest.mark.parametrize(
    ("failure", "exit_code", "found", "signed", "requests"),
    [
        ("401", 4, "B228", False, 1),
        ("429", 1, "B231", False, 1),
        ("503", 1, "B232", False, 1),
        ("slow", 1, "B227", False, 1),
        ("cut", 1, "B236", True, 2),
    ],
)
def test_one_request_fails_and_no_more(probe, failure, exit_code, found, signed, requests):
    code, databases, problems, asked = probe("--fail", failure, options=("--timeout", "5"))
    assert code == exit_code
    assert codes(problems) == {client: {found} for client in databases}
    assert {(each["reachable"], each["signed_in"]) for each in databases.values()} == {(True, signed)}
    assert len(asked) == requests * len(databases)


def test_a_wrong_password_is_refused_once(probe):
    code, databases, problems, asked = probe(password="wrong")  # noqa: S106
    assert code == 4
    assert codes(problems) == {client: {"B228"} for client in databases}
    assert len(asked) == len(databases)


def test_a_moved_database_is_told(probe):
    code, databases, problems, _ = probe("--moved", "bakker")
    assert code == 1
    assert codes(problems) == {"bakker": {"B230"}}
    assert databases["bakker"]["reachable"]
    assert not databases["bakker"]["signed_in"]
