"""What ``probe`` makes of a database: each thing that can be wrong, on the wire, with the requests it costs."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import socket
import ssl
import time
from dataclasses import replace

import bundles
import httpx
import pytest
from odata_server import RIGHTS, Database, serving

from generator.credentials import Credentials
from generator.sources.probe import Manner, probe
from generator.sources.question import question
from generator.sources.wire import Limits

TODAY = dt.date(2026, 11, 24)
SIGNED = Credentials("ann@vandam.nl", "sandbox")
LINES = "ExactOnlineREST.Incremental.TransactionLinesIncremental"
ACCOUNTS = "ExactOnlineREST.Financial.GLAccounts"
JOURNALS = "ExactOnlineREST.Financial.Journals"
THREE = bundles.ONE + "| bakker | `710002` |\n| bakker | `710003` |\n"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return bundles.load(tmp_path_factory.mktemp("office"), THREE)


@pytest.fixture(scope="module")
def server():
    with serving() as service:
        yield service


@pytest.fixture(scope="module")
def questions(loaded):
    return {client.code: question(client, loaded.catalogue) for client in loaded.clients}


@pytest.fixture
def service(questions, server):
    """Return the service as new, with a database in order for each client."""
    server.reset({asked.url.split("/")[3]: Database(asked, TODAY) for asked in questions.values()})
    return server


def asked_of(questions, service, code="bakker"):
    """Return the question of a client, to the service in place of the real database."""
    asked = questions[code]
    return replace(asked, url=asked.url.replace("https://bridge-online.cloud", service.base))


def found(asked, manner=None, **manners):
    """Return the finding of one database."""
    return probe([(asked, SIGNED)], manner or Manner(TODAY, **manners))[0]


def codes(finding):
    """Return the codes of a finding, each problem sayable in both languages."""
    for problem in finding.problems:
        assert [problem.text(part, language) for part in ("message", "hint") for language in ("nl", "en")]
    return [problem.code for problem in finding.problems]


# ------------------------------------------------------------------------------------------------- all is as it should


def test_a_database_in_order(questions, service):
    finding = found(asked_of(questions, service))
    assert codes(finding) == []
    assert (finding.reachable, finding.signed_in, finding.divided) == (True, True, True)
    assert finding.divisions == [710001, 710002, 710003]
    assert finding.newest == TODAY
    assert {table.name.rpartition(".")[2]: table.rows for table in finding.tables} == {
        "Journals": 6,
        "TransactionLinesIncremental": 6,
        "ReportingBalance": 6,
        "FinancialPeriods": 6,
        "GLAccounts": 6,
        "Accounts": 6,
        "GLAccountClassificationMappings": 6,
        "Costcenters": 6,
        "AROutstandingItemsPerFinancialPeriodUltimo": 6,
    }


def test_no_request_is_made_that_is_not_needed(questions, service):
    finding = found(asked_of(questions, service))
    counted = [what for _, what, query in service.asked if "$count" in query and "$filter" not in query]
    dated = [what for _, what, query in service.asked if "$filter" in query]
    assert service.asked[0][1] == "$metadata"
    assert len(counted) == len(set(counted)) == 8  # the ninth table was read whole for its divisions
    assert len(dated) == 1
    assert finding.requests == len(service.asked) == 1 + 2 + 8 + 1
    service.asked.clear()
    assert found(asked_of(questions, service), count=False).requests == len(service.asked) == 3


def test_the_divisions_are_read_without_a_filter(questions, service):
    found(asked_of(questions, service))
    assert ("vd-bakker", f"{JOURNALS}@eol", "$select=Division") in service.asked


def test_the_office_is_asked_for_its_own_tables(questions, service):
    finding = found(asked_of(questions, service, "_office"))
    assert codes(finding) == []
    own = {what for _, what, _ in service.asked}
    service.asked.clear()
    found(asked_of(questions, service))
    assert "ExactOnlineREST.Financial.ExchangeRates@eol" in own - {what for _, what, _ in service.asked}


def test_an_office_expects_no_division_of_an_inactive_client(tmp_path, service):
    tables = THREE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Actief |").replace(
        "vd-bakker/odata4 |",
        "vd-bakker/odata4 | ja |\n| weg | Weg | https://bridge-online.cloud/vd-weg/odata4 | nee |",
    )
    loaded = bundles.load(tmp_path, tables + "| weg | `790001` |\n")
    office = question(bundles.client(loaded, "_office"), loaded.catalogue)
    finding = found(asked_of({"_office": office}, service, "_office"))
    assert codes(finding) == []
    assert 790001 not in finding.question.divisions


@pytest.mark.parametrize("days", [0, 1, 34, 35, 36, 99, 729])
def test_the_newest_date_is_found_however_old(questions, service, days):
    newest = TODAY - dt.timedelta(days)
    for name, columns in service.databases["vd-bakker"].columns.items():
        for column in {"Date", "INVOICEDATE"} & columns.keys():
            service.databases["vd-bakker"].rows[name] = [
                {"Division": 710001, column: f"{day}T00:00:00Z"}
                for day in (newest, newest - dt.timedelta(400), TODAY + dt.timedelta(9))  # a date to come is no news
            ]
    finding = found(asked_of(questions, service))
    assert finding.newest == newest
    assert codes(finding) == ([] if days < 101 else ["B244"])


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("gap", [0, 3, 20])
def test_the_newest_date_is_found_among_many_rows_in_any_order(questions, service, order, gap):
    days = [TODAY - dt.timedelta(gap + number // 200) for number in range(200 * 30)][::order]
    rows = [{"Division": 710001, "Date": f"{day}T00:00:00Z"} for day in days]
    service.databases["vd-bakker"].rows[f"{LINES}@eol"] = rows
    finding = found(asked_of(questions, service))
    assert next(table for table in finding.tables if table.name == LINES).newest == TODAY - dt.timedelta(gap)
    assert sum(what == f"{LINES}@eol" for _, what, _ in service.asked) <= 8


# --------------------------------------------------------------------------------------------------------- what it has


def bent(service, change):
    """Change the database of the client."""
    change(service.databases["vd-bakker"])


def drop_table(name):
    return lambda database: database.columns.pop(f"{name}@eol")


def drop_column(table, column):
    return lambda database: database.columns[f"{table}@eol"].pop(column)


def retype(table, column, kind):
    return lambda database: database.columns[f"{table}@eol"].update({column: kind})


def divisions(*listed):
    return lambda database: database.rows.update({f"{JOURNALS}@eol": [{"Division": code} for code in listed]})


ALL = (710001, 710002, 710003)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (drop_table(ACCOUNTS), ["B237"]),
        (drop_table(JOURNALS), ["B237"]),
        (drop_table("ExactOnlineREST.HRM.Costcenters"), ["B131"]),
        (drop_column(ACCOUNTS, "Code"), ["B238"]),
        (drop_column(LINES, "Description"), ["B248"]),
        (retype(LINES, "FinancialYear", "String"), ["B239"]),
        (retype(LINES, "Date", "String"), ["B239"]),
        (retype(LINES, "AmountDC", "Decimal"), []),
        (retype(LINES, "GLAccount", "Guid"), []),
        (retype(ACCOUNTS, "Code", "Int32"), ["B239"]),
        (divisions(710001, 710003), ["B240"]),
        (divisions(), ["B240", "B243"]),
        (divisions(*ALL, 999999), ["B241"]),
        (divisions(*ALL, None), ["B241"]),
        (divisions("710001", 710002.0, 710003), []),
        (divisions(710001, 710003, 999999, 999998), ["B240", "B241"]),
        (lambda database: database.rows[f"{RIGHTS}@eol"].append({"Code": 999999}), ["B242"]),
        (lambda database: database.columns.pop(f"{RIGHTS}@eol"), []),
        (lambda database: database.rows.update({f"{LINES}@eol": []}), ["B243"]),
    ],
    ids=lambda value: None if callable(value) else "-".join(value) or "ok",
)
def test_what_a_database_lacks_or_has_too_much(questions, service, change, expected):
    bent(service, change)
    assert codes(found(asked_of(questions, service))) == expected


def test_what_is_missing_is_named(questions, service):
    bent(service, drop_table(LINES))
    bent(service, drop_column(ACCOUNTS, "Code"))
    bent(service, divisions(710001))
    finding = found(asked_of(questions, service))
    assert finding.missing_tables == [LINES]
    assert finding.missing_columns == [f"{ACCOUNTS}.Code"]
    assert finding.divisions == [710001]
    told = {problem.code: problem.text("message", "nl") for problem in finding.problems}
    assert told["B237"] == f"bakker: tabel {LINES} ontbreekt; nodig voor BronBoekingsregels."
    assert told["B240"] == "bakker: 2 administraties ontbreken: 710002, 710003."


def test_a_leak_is_told_with_a_count_and_no_code(questions, service):
    bent(service, divisions(*ALL, 999999, 999998))
    finding = found(asked_of(questions, service))
    assert finding.foreign == 2
    texts = [problem.text(part, "nl") for problem in finding.problems for part in ("message", "hint")]
    assert not [text for text in texts if "99999" in text]


def test_another_alias_is_one_problem(questions, service):
    asked = replace(asked_of(questions, service), alias="exact")
    finding = found(asked)
    assert codes(finding) == ["B246"]
    assert "eol" in finding.problems[0].text("message", "nl")
    assert len(service.asked) == 1


def test_columns_of_a_base_type_count(questions, service):
    database = service.databases["vd-bakker"]
    name = f"{ACCOUNTS}@eol"
    place = list(database.columns).index(name)
    based = database.metadata().replace(f'<EntityType Name="T{place}">', '<EntityType Name="Base">')
    based = based.replace("<EntityContainer", f'<EntityType Name="T{place}" BaseType="D.Base"/><EntityContainer')
    service.bend = lambda _slug, what, _: (200, {}, based.encode()) if what == "$metadata" else None
    assert codes(found(asked_of(questions, service))) == []


def test_more_pages_are_followed(questions, service):
    def bend(_slug, what, _headers):
        if not what.startswith(JOURNALS):
            return None
        part = next(query for slug, asked, query in reversed(service.asked) if asked == what)
        document = {"value": [{"Division": 710001}], "@odata.nextLink": f"{what}?$skiptoken=2"}
        rest = {"value": [{"Division": 710002}, {"Division": 710003}]}
        return 200, {}, json.dumps(rest if "skiptoken" in part else document).encode()

    service.bend = bend
    assert codes(found(asked_of(questions, service))) == []


# ----------------------------------------------------------------------------------------------- what can be in the way

BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">&c;
</edmx:Edmx>"""
OUTSIDE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><edmx:Edmx xmlns:edmx="x"/>'
NOTHING = '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"></edmx:Edmx>'


@pytest.mark.parametrize(
    ("answer", "code", "signed"),
    [
        ((401, {}, b""), "B228", False),
        ((403, {}, b""), "B229", False),
        ((404, {}, b""), "B230", False),
        ((429, {}, b""), "B231", False),
        ((429, {"Retry-After": "3600"}, b""), "B231", False),
        ((429, {"Retry-After": "soon"}, b""), "B231", False),
        ((500, {}, b""), "B232", False),
        ((503, {}, b""), "B232", False),
        ((204, {}, b""), "B232", False),
        ((302, {}, b""), "B232", False),
        ((302, {"Location": "https://evil.example/$metadata"}, b""), "B233", False),
        ((307, {"Location": "//evil.example/$metadata"}, b""), "B233", False),
        ((302, {"Location": "http://ann:secret@127.0.0.1:1/"}, b""), "B233", False),
        ((302, {"Location": "http://[/"}, b""), "B233", False),
        ((301, {"Location": "$metadata"}, b""), "B234", False),
        ((200, {}, b"<html><body>Log in</body></html>"), "B234", False),
        ((200, {}, b'{"value": []}'), "B234", False),
        ((200, {}, b""), "B234", False),
        ((200, {}, BOMB.encode()), "B234", False),
        ((200, {}, BOMB.encode("utf-16")), "B234", False),
        ((200, {}, OUTSIDE.encode()), "B234", False),
        ((200, {}, NOTHING.encode()), "B234", False),
        ((200, {"Content-Encoding": "br"}, b"x"), "B234", False),
        ((200, {"Content-Encoding": "gzip, gzip"}, b"x"), "B234", False),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip at all"), "B234", False),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(NOTHING.encode() * 99)[:-20]), "B236", False),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(NOTHING.encode())[:-8]), "B236", False),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 3_000_000)), "B235", False),
        ((200, {}, b" " * 3_000_000), "B235", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<edmx", "B236", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<edmx\r\n", "B236", False),
        (b"HTTP/1.0 200 OK\r\n\r\n<edmx:Edmx xmlns:edmx='x'><edmx:Da", "B236", False),
        (b"not HTTP at all\r\n\r\n", "B236", False),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", "B236", False),
        (b"", "B236", False),
    ],
)
def test_what_comes_in_place_of_a_description(questions, service, answer, code, signed):
    service.bend = lambda *_: answer
    finding = found(asked_of(questions, service), limits=Limits(size=1_000_000))
    assert codes(finding) == [code]
    assert (finding.reachable, finding.signed_in) == (True, signed)
    assert len(service.asked) <= (5 if answer[:1] == (301,) else 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
@pytest.mark.parametrize("doctype", ["", '<!DOCTYPE x [<!ENTITY a "b">]>'])
def test_a_doctype_is_refused_and_can_not_hide(questions, service, encoding, doctype):
    text = service.databases["vd-bakker"].metadata().partition("?>")[2]
    document = f'<?xml version="1.0" encoding="{encoding}"?>'.encode("utf-16" if encoding == "utf-16" else "utf-8")
    rest = (doctype + text).encode(encoding)
    document += rest.removeprefix(b"\xff\xfe") if encoding == "utf-16" else rest
    service.bend = lambda _slug, what, _headers: (200, {}, document) if what == "$metadata" else None
    expected = [] if encoding != "utf-16" and not doctype else ["B234"]  # ASCII reads alike in UTF-7
    assert codes(found(asked_of(questions, service))) == expected


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, {}, b""), "B228"),
        ((403, {}, b'{"error": {"message": "itgeneor321: not granted"}}'), "B229"),
        ((404, {}, b""), "B232"),
        ((500, {}, b"itgenoda219 \x1b[31m"), "B232"),
        ((200, {}, b"<html/>"), "B234"),
        ((200, {}, b'{"value": [{"Division": 710001}, {"Divi'), "B236"),
        ((200, {}, b'{"value": [], "error": {"code": "x"}}'), "B234"),
        ((200, {}, b'{"value": {}}'), "B234"),
        ((200, {}, b'{"value": [1]}'), "B234"),
        ((200, {}, b"[]"), "B234"),
        ((200, {}, b'{"value": [], "@odata.nextLink": "https://evil.example/x"}'), "B234"),
        ((200, {}, b'{"value": [], "@odata.nextLink": "/vd-oneill/odata4/x"}'), "B234"),
        ((200, {}, b'{"value": [], "@odata.nextLink": "../../vd-oneill/odata4/x"}'), "B234"),
        ((200, {}, b'{"value": [], "@odata.nextLink": "/vd-bakker/odata4/..%2f..%2fvd-oneill/odata4/x"}'), "B234"),
        ((200, {}, b'{"value": [], "@odata.nextLink": "?$select=Division"}'), "B234"),
        ((200, {}, b'{"value": [], "@odata.nextLink": 5}'), "B234"),
        ((200, {}, b"[" * 100_000), "B236"),
    ],
)
def test_what_comes_in_place_of_divisions(questions, service, answer, code):
    service.bend = lambda _slug, what, _headers: answer if what != "$metadata" else None
    finding = found(asked_of(questions, service))
    assert codes(finding) == [code]
    assert finding.divided is False
    assert [slug for slug, _, _ in service.asked] == ["vd-bakker"] * len(service.asked)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {}, b""), "B245"),
        ((403, {}, b""), "B229"),
        ((429, {}, b""), "B245"),
        ((503, {}, b""), "B245"),
        (b"", "B245"),
    ],
)
def test_a_count_that_fails_is_the_last_request(questions, service, answer, code):
    service.bend = lambda _slug, what, _headers: answer if what.startswith(ACCOUNTS) else None
    finding = found(asked_of(questions, service))
    assert codes(finding) == [code]
    assert service.asked[-1][1].startswith(ACCOUNTS)
    assert finding.divided


def test_a_wait_that_was_asked_for_is_kept_once(questions, service):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    answers = [(429, {"Retry-After": "7"}, b""), None, (503, {"Retry-After": "7"}, b"")]
    service.bend = lambda *_: answers.pop(0) if answers else None
    finding = found(asked_of(questions, service), Manner(TODAY, sleep=sleep))
    assert slept == [7.0]
    assert codes(finding) == ["B232"]
    assert len(service.asked) == 3


def test_a_redirect_inside_the_server_is_followed(questions, service):
    moved = (308, {"Location": "/vd-moved/odata4/$metadata"}, b"")
    service.databases["vd-moved"] = service.databases["vd-bakker"]
    service.bend = lambda slug, what, _: moved if (slug, what) == ("vd-bakker", "$metadata") else None
    assert codes(found(asked_of(questions, service))) == []


def test_silence_ends(questions, service):
    service.bend = lambda *_: time.sleep(0.6)
    started = time.monotonic()
    finding = found(asked_of(questions, service), limits=Limits(silence=0.1))
    assert codes(finding) == ["B227"]
    assert time.monotonic() - started < 0.5


def test_a_body_that_drips_ends(questions, service):
    service.bend = lambda *_: (200, {"Content-Length": "1000000"}, b"x")
    finding = found(asked_of(questions, service), limits=Limits(silence=5, answer=0.2))
    assert codes(finding) == ["B227"]


def endless(service):
    """Give a page of divisions after every page of divisions."""

    def bend(_slug, what, _headers):
        if not what.startswith(JOURNALS):
            return None
        body = {"value": [{"Division": 710001}] * 1000, "@odata.nextLink": f"{what}?$skiptoken={len(service.asked)}"}
        return 200, {}, json.dumps(body).encode()

    service.bend = bend


def test_pages_without_end_stop_at_so_many_bytes(questions, service):
    endless(service)
    assert codes(found(asked_of(questions, service), limits=Limits(total=200_000))) == ["B235"]
    assert len(service.asked) < 20


def test_pages_without_end_stop_in_time(questions, service):
    endless(service)
    assert codes(found(asked_of(questions, service), limits=Limits(database=0.1))) == ["B227"]


@pytest.mark.parametrize("odd", ["1e400", "1e300", "9" * 40, "-1", "true", '"٣"', "0.5", "[]", '{"a": 1}', "NaN"])
def test_an_odd_division_is_a_foreign_one(questions, service, odd):
    body = ", ".join(f'{{"Division": {code}}}' for code in (*ALL, odd))
    service.bend = lambda _slug, what, _headers: (
        (200, {}, f'{{"value": [{body}]}}'.encode()) if what.startswith(JOURNALS) else None
    )
    finding = found(asked_of(questions, service))
    assert codes(finding) == ["B241"]
    assert finding.foreign == 1


def test_a_slow_database_is_not_counted(questions, service, monkeypatch):
    monkeypatch.setattr("generator.sources.odata._COUNTING", 0.0)
    finding = found(asked_of(questions, service))
    assert codes(finding) == ["B245"]
    assert finding.requests == 3


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_no_one_listens(questions, service):
    asked = replace(asked_of(questions, service), url=f"http://127.0.0.1:{closed_port()}/vd-bakker/odata4")
    finding = found(asked)
    assert codes(finding) == ["B226"]
    assert (finding.reachable, finding.requests) == (False, 1)


def test_a_server_without_tls(questions, service):
    asked = asked_of(questions, service)
    assert codes(found(replace(asked, url=asked.url.replace("http:", "https:")))) == ["B225"]


def failing(error, cause=None):
    """Return a network on which every request fails so."""

    def handler(request):
        raise error(str(request.url)) from cause

    return httpx.MockTransport(handler)


@pytest.mark.parametrize(
    ("error", "cause", "code"),
    [
        (httpx.ConnectError, socket.gaierror(-2, "Name or service not known"), "B224"),
        (httpx.ConnectError, ExceptionGroup("all", [socket.gaierror(-2, "no")]), "B224"),
        (httpx.ConnectError, ssl.SSLCertVerificationError("self-signed certificate"), "B225"),
        (httpx.ConnectError, ConnectionRefusedError(), "B226"),
        (httpx.ProxyError, None, "B226"),
        (httpx.ConnectTimeout, None, "B227"),
        (httpx.ReadTimeout, None, "B227"),
        (httpx.PoolTimeout, None, "B227"),
        (httpx.ReadError, ConnectionResetError(), "B236"),
        (httpx.WriteError, BrokenPipeError(), "B226"),
        (httpx.RemoteProtocolError, None, "B236"),
        (RuntimeError, None, "B089"),
    ],
)
def test_each_way_a_connection_fails_has_its_words(questions, service, error, cause, code):
    finding = found(asked_of(questions, service), transport=failing(error, cause))
    assert codes(finding) == [code]


def test_databases_are_asked_side_by_side_and_within_bounds(questions, service):
    running, most = 0, 0

    async def handler(_request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return httpx.Response(401)

    asked = asked_of(questions, service)
    signed = [(replace(asked, client=f"k{number}"), SIGNED) for number in range(12)]
    seen = []
    findings = probe(signed, Manner(TODAY, transport=httpx.MockTransport(handler)), 4, seen.append)
    assert [finding.question.client for finding in findings] == [f"k{number}" for number in range(12)]
    assert len(seen) == 12
    assert most == 4


def test_no_cookie_of_one_database_goes_to_another(questions, service):
    jars = []

    def bend(slug, _what, headers):
        jars.append((slug, headers.get("Cookie", "")))
        return 302, {"Set-Cookie": f"session={slug}; Path=/", "Location": "$metadata"}, b""

    service.bend = bend
    office, bakker = asked_of(questions, service, "_office"), asked_of(questions, service)
    probe([(office, SIGNED), (bakker, Credentials("bob", "sandbox"))], Manner(TODAY), 1)
    assert jars[0] == ("vd-kantoor", "")
    assert jars[1] == ("vd-kantoor", "session=vd-kantoor")  # one database does keep its own
    assert next(cookie for slug, cookie in jars if slug == "vd-bakker") == ""
