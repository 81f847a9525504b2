"""The sandbox as a client sees it: what Invantive documents, what it ignores, and what it refuses."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import socket
import sqlite3
import time
from base64 import b64encode
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cache as cache_of
from pathlib import Path

import httpx
import pytest
from lxml import etree

from generator import pipeline
from generator.sources.sandbox import Terms, books_of, client_ledger, serve, store
from generator.sources.sandbox.address import sandbox_url
from generator.sources.sandbox.schema import schema
from generator.sources.sandbox.serve import Faults, databases, serving
from generator.sources.sandbox.service import Manners

EXAMPLE = Path(__file__).parents[1] / "report_specs" / "voorbeeld.xlsx"
TERMS = Terms(dt.date(2026, 11, 24), years=2, volume=1)
ACCOUNTS = "ExactOnlineREST.Financial.GLAccounts"
LINES = "ExactOnlineREST.Incremental.TransactionLinesIncremental"
BALANCE = "ExactOnlineREST.Financial.ReportingBalance"
SYSTEM = "ExactOnlineREST.System.SystemDivisions"
BAKER, HOLDING, SCHOOL = 710001, 730001, 730002
GUID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def loaded():
    return pipeline.load(EXAMPLE)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="module")
def start(loaded, cache):
    """Start a sandbox with such manners and faults, and return a client of it."""
    with ExitStack() as stack:

        def begin(faults=None, terms=TERMS, **manners):
            found = databases(loaded.clients, loaded.clients, loaded.catalogue.known_columns, terms, faults, cache)
            address = stack.enter_context(serving(found, Manners("sandbox", **manners)))
            return stack.enter_context(httpx.Client(base_url=address, auth=("who@kantoor.nl", "sandbox")))

        yield begin


@pytest.fixture(scope="module")
def web(start):
    return start()


@pytest.fixture(scope="module")
def books(loaded):
    """Return the books of a client by its code."""
    named = {client.code: client for client in loaded.clients}
    return cache_of(lambda code: client_ledger(named[code], loaded.clients, TERMS).tables)


def ask(web, table, slug="vd-bakker", headers=None, **options):
    params = {f"${name}": value for name, value in options.items()}
    return web.get(f"/{slug}/odata4/{table}@eol", params=params, headers=headers)


def rows(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def every(web, answer):
    """Return the rows of all pages."""
    found = rows(answer)
    while link := answer.json().get("@odata.nextLink"):
        answer = web.get(link)
        found += rows(answer)
    return found


# ------------------------------------------------------------------------------------------------------- documents


def test_the_service_names_the_tables_of_a_database(web):
    answer = web.get("/vd-bakker/odata4")
    names = {row["name"]: row for row in answer.json()["value"]}
    assert names[f"{ACCOUNTS}@eol"] == {
        "name": f"{ACCOUNTS}@eol",
        "kind": "EntitySet",
        "url": f"{ACCOUNTS}@eol",
    }
    assert answer.headers["odata-version"] == "4.0"
    assert answer.json() == web.get("/vd-bakker/odata4/").json()


def test_metadata_names_every_column_with_its_type(web):
    root = etree.fromstring(web.get("/vd-bakker/odata4/$metadata").content)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    sets = {one.get("Name"): one.get("EntityType") for one in root.iter(f"{edm}EntitySet")}
    types = {
        f"Sandbox.{one.get('Name')}": {item.get("Name"): item.get("Type") for item in one.iter(f"{edm}Property")}
        for one in root.iter(f"{edm}EntityType")
    }
    lines = types[sets[f"{LINES}@eol"]]
    assert lines["Division"] == "Edm.Int32"
    assert lines["AmountDC"] == "Edm.Double"
    assert lines["Date"] == "Edm.DateTimeOffset"
    assert lines["GLAccount"] == "Edm.Guid"
    assert "AccountName" not in lines
    assert "AccountName" in types[sets["ExactOnlineREST.FinancialTransaction.TransactionLinesBulk@eol"]]
    assert sets.keys() == {row["name"] for row in web.get("/vd-bakker/odata4").json()["value"]}


def test_rows_are_those_of_the_books(web, books):
    for table in (ACCOUNTS, LINES, BALANCE, SYSTEM):
        known = books("bakker")[table]
        shared = [name for name in known[0] if name not in {"ExchangeRate", "VATPercentage"}]
        found = every(web, ask(web, table, select=",".join(shared)))
        assert [[row[name] for name in shared] for row in found] == [[row[name] for name in shared] for row in known]


def test_the_office_has_the_rows_of_its_clients(web, books, loaded):
    office = next(client for client in loaded.clients if client.is_office)
    found = every(web, ask(web, BALANCE, "vd-kantoor", select="Division,Amount"))
    assert {row["Division"] for row in found} == {division.code for division in office.divisions}
    assert sorted(row["Amount"] for row in found) == sorted(row["Amount"] for row in books("_office")[BALANCE])


def test_another_alias_is_another_name(loaded, cache):
    client = replace(loaded.clients[0], alias="boek")
    found = databases([client], [client], loaded.catalogue.known_columns, TERMS, cache=cache)
    assert f"{ACCOUNTS}@boek" in found["vd-bakker"].entity_sets


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("https://bridge-online.cloud/vd-bakker/odata4", "http://127.0.0.1:8471/vd-bakker/odata4"),
        ("https://app.example/a/b/odata4", "http://127.0.0.1:8471/a/b/odata4"),
        ("https://bridge-online.cloud/vd-bakker", "http://127.0.0.1:8471/vd-bakker/odata4"),
        ("https://bridge-online.cloud/odata4", "http://127.0.0.1:8471/odata4"),
    ],
)
def test_the_address_follows_from_the_clients_own(url, there):
    assert sandbox_url(url) == there


# --------------------------------------------------------------------------------------------------------- options


def test_columns_that_were_not_selected_come_with_their_default(web):
    row = rows(ask(web, ACCOUNTS, select="Code,IsBlocked", top=1))[0]
    assert row["Code"].strip()
    assert row["IsBlocked"] is False
    assert row["ID"] == GUID  # a key is never empty
    assert row["Description"] is None
    assert len(row) == len(rows(ask(web, ACCOUNTS, top=1))[0])


def test_nulls_are_left_out_where_the_client_asks(web):
    answer = ask(web, ACCOUNTS, select="Code,SearchCode", top=1, headers={"Prefer": "omit-values=nulls"})
    assert answer.headers["preference-applied"] == "omit-values=nulls"
    assert rows(answer)[0].keys() == {"Code", "ID"}


CODES = {"0100", "1300", "1600", "4000", "8000"}


@pytest.mark.parametrize(
    ("filter_", "test"),
    [
        ("Type eq 110", lambda row: row["Type"] == 110),
        ("Type ne 110", lambda row: row["Type"] != 110),
        ("Type gt 110 and Type le 125", lambda row: 110 < row["Type"] <= 125),
        ("Type lt 20 or Type ge 150", lambda row: row["Type"] < 20 or row["Type"] >= 150),
        ("(Type eq 20 or Type eq 22) and BalanceSide eq 'D'", lambda row: row["Type"] == 20),
        ("Type add 10 eq 30 and Type mul 2 eq 40", lambda row: row["Type"] == 20),
        ("Type sub 10 eq 10 and Type div 2 eq 10 and Type mod 7 eq 6", lambda row: row["Type"] == 20),
        ("20 eq Type", lambda row: row["Type"] == 20),
        ("IsBlocked eq false", lambda _row: True),
        ("IsBlocked", lambda _row: False),
        ("startswith(Description,'om')", lambda row: row["Description"].lower().startswith("om")),
        ("endswith(Description,'en')", lambda row: row["Description"].lower().endswith("en")),
        ("contains(Description,'KOST')", lambda row: "kost" in row["Description"].lower()),
        ("concat(BalanceType,BalanceSide) eq 'WC'", lambda row: row["BalanceType"] + row["BalanceSide"] == "WC"),
        ("Description eq 'it''s'' OR 1=1 --'", lambda _row: False),
        ("contains(Description,'%')", lambda row: "%" in row["Description"]),
        ("SearchCode eq null", lambda _row: True),
        ("SearchCode ne 'x'", lambda _row: True),
        (f"ID eq {GUID}", lambda _row: False),
        (" or ".join(["Type eq 110"] * 500), lambda row: row["Type"] == 110),
        ("Type eq -1", lambda _row: False),
        ("Type eq 110.0", lambda row: row["Type"] == 110),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_filters(web, books, filter_, test):
    wanted = [row["Code"] for row in books("bakker")[ACCOUNTS] if test(row)]
    answer = ask(web, ACCOUNTS, filter=filter_, select="Code")
    assert [row["Code"] for row in rows(answer)] == wanted
    counted = web.get(f"/vd-bakker/odata4/{ACCOUNTS}@eol/$count", params={"$filter": filter_})
    assert counted.text == str(len(wanted))


def test_moments_and_keys_in_filters(web, books):
    wanted = [row for row in books("bakker")[LINES] if row["Date"] >= "2026-10-01T00:00:00Z"]
    for moment in ("2026-10-01T00:00:00Z", "2026-10-01T02:00:00.000+02:00"):
        found = every(web, ask(web, LINES, filter=f"Date ge {moment}", select="ID"))
        assert [row["ID"] for row in found] == [row["ID"] for row in wanted]
    key = wanted[0]["GLAccount"].upper()
    assert rows(ask(web, ACCOUNTS, filter=f"ID eq {key}", select="ID")) != []


def test_sorting_is_ignored(web):
    plain = rows(ask(web, ACCOUNTS, select="Code", top=5))
    assert rows(ask(web, ACCOUNTS, select="Code", top=5, orderby="Code desc")) == plain


def test_pages_follow_each_other(start, books):
    small = start(page=100)
    answer = ask(small, LINES, count="true", select="ID")
    assert len(rows(answer)) == 100
    total = answer.json()["@odata.count"]
    found = [row["ID"] for row in every(small, answer)]
    assert found == [row["ID"] for row in books("bakker")[LINES]]
    assert total == len(found)
    assert len(every(small, ask(small, LINES, top=250, select="ID"))) == 250
    assert rows(ask(small, LINES, top=0)) == []
    assert "@odata.nextLink" not in ask(small, LINES, top=100).json()
    across = every(small, ask(small, BALANCE, "vd-kantoor", select="Division", filter="ReportingYear eq 2026"))
    assert len({row["Division"] for row in across}) > 3


def test_answers_are_packed(web):
    answer = ask(web, ACCOUNTS)
    assert answer.headers["content-encoding"] == "gzip"
    assert web.get("/vd-bakker/odata4", headers={"Accept-Encoding": "identity"}).headers.get("content-encoding") is None


REFUSED = [
    ({"skip": "1"}, 501),
    ({"apply": "groupby((Type))"}, 501),
    ({"search": "omzet"}, 501),
    ({"expand": "Lines"}, 501),
    ({"format": "xml"}, 501),
    ({"compute": "1 as X"}, 501),
    ({"filter": "substring(Code,1) eq 'x'"}, 501),
    ({"filter": "tolower(Code) eq 'x'"}, 501),
    ({"filter": "not IsBlocked"}, 501),
    ({"filter": "Type in (1,2)"}, 501),
    ({"filter": "Code has 'x'"}, 400),
    ({"filter": "Nope eq 1"}, 400),
    ({"filter": "Type eq 'x'"}, 400),
    ({"filter": "Type"}, 400),
    ({"filter": "Type and Type"}, 400),
    ({"filter": "Code add 1 eq 2"}, 400),
    ({"filter": "contains(Type,'1')"}, 400),
    ({"filter": "Modified ge 2026-01-01"}, 400),
    ({"filter": "Modified ge 2026-99-01T00:00:00Z"}, 400),
    ({"filter": "Type eq 1; DROP TABLE x"}, 400),
    ({"filter": 'Type eq 1) OR ("1" eq "1"'}, 400),
    ({"filter": ""}, 400),
    ({"filter": "("}, 400),
    ({"filter": "Type eq 1 or (" * 200 + "Type eq 1" + ")" * 200}, 400),
    ({"filter": "Type eq 99999999999999999999999999"}, 501),
    ({"select": "Code,Nope"}, 400),
    ({"select": ""}, 400),
    ({"select": 'Code" FROM sqlite_master --'}, 400),
    ({"top": "-1"}, 400),
    ({"top": "²"}, 400),
    ({"count": "yes"}, 400),
    ({"skiptoken": "1;2"}, 400),
]


@pytest.mark.parametrize(("options", "status"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_not_documented_is_refused(web, options, status):
    answer = ask(web, ACCOUNTS, **options)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    assert answer.headers["odata-version"] == "4.0"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/elders/odata4", 404),
        ("GET", "/vd-bakker", 404),
        ("GET", "/", 404),
        ("GET", "/vd-bakker/odata4/Nope@eol", 404),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}", 404),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol({GUID})", 404),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol/$value", 404),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol/$count/x", 404),
        ("GET", "/vd-bakker/odata4/../../vd-kantoor/odata4/..%2f..%2fetc", 404),
        ("GET", "/vd-bakker/odata4?$filter=1", 501),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol?$top=1&$top=2", 400),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol?x=1", 501),
        ("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol?$filter={'x' * 9000}", 414),
        ("POST", f"/vd-bakker/odata4/{ACCOUNTS}@eol", 405),
        ("POST", "/vd-bakker/odata4/$batch", 405),
        ("DELETE", f"/vd-bakker/odata4/{ACCOUNTS}@eol", 405),
    ],
)
def test_paths_that_lead_nowhere(web, method, path, status):
    answer = web.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


# --------------------------------------------------------------------------------------------------------- the lock


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ????",
        "Bearer " + b64encode(b"who:sandbox").decode(),
        "Basic " + b64encode(b"who:wrong").decode(),
        "Basic " + b64encode(b"sandbox").decode(),
        "Basic " + b64encode("who:sändbox".encode()).decode(),
    ],
)
def test_without_the_password_there_is_nothing(web, header):
    for path in ("/vd-bakker/odata4", f"/vd-bakker/odata4/{ACCOUNTS}@eol", "/elders/odata4"):
        answer = web.get(path, headers={"Authorization": header} if header else {}, auth=None)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_anonymous_where_that_is_allowed(start):
    assert start(anonymous=True).get("/vd-bakker/odata4", auth=None).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil.example"])
def test_only_this_computer_by_its_own_name(web, host):
    assert web.get("/vd-bakker/odata4", headers={"Host": host}).status_code in {400, 421}


def test_it_listens_on_the_loopback_only():
    with serve.bound(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken():
    with serve.bound(0) as listening, pytest.raises(Exception, match="B201"):
        serve.bound(listening.getsockname()[1])


def test_a_request_that_is_too_long_is_refused(web):
    assert web.get("/vd-bakker/odata4/" + "x" * 60_000).status_code == 414
    with socket.create_connection((web.base_url.host, web.base_url.port), timeout=5) as raw:
        raw.sendall(b"GET /" + b"x" * 200_000)
        assert b" 400 " in raw.recv(100)
    assert web.get("/vd-bakker/odata4").status_code == 200


def test_another_office_does_not_see_it(start, loaded):
    """Each database gives its own divisions only, whatever is asked of it."""
    web = start()
    for client in loaded.clients:
        own = {division.code for division in client.divisions}
        slug = client.url.split("/")[3]
        for filter_ in ("Division gt 0", "Division ne 0 or Division eq 710001"):
            found = every(web, ask(web, "ExactOnlineREST.Financial.Journals", slug, filter=filter_, select="Division"))
            assert {row["Division"] for row in found} == own


# ----------------------------------------------------------------------------------------------------------- faults


def seen(web, slug, table="ExactOnlineREST.Financial.Journals", column="Division"):
    return {row[column] for row in every(web, ask(web, table, slug, select=column))}


def test_a_withheld_division_is_gone_but_its_rights_are_there(start):
    web = start(Faults(withhold=frozenset({SCHOOL})))
    assert SCHOOL not in seen(web, "vd-groepzuid")
    assert SCHOOL not in seen(web, "vd-kantoor")
    assert HOLDING in seen(web, "vd-groepzuid")
    assert SCHOOL in seen(web, "vd-groepzuid", SYSTEM, "Code")


def test_a_leaking_division_is_everywhere(start):
    web = start(Faults(leak=frozenset({BAKER, 999})))
    assert seen(web, "vd-groepzuid") >= {BAKER, HOLDING, 999}
    assert seen(web, "vd-bakker") == {BAKER, 999}
    assert seen(web, "vd-groepzuid", LINES) >= {BAKER, 999}


def test_a_dropped_column(start):
    web = start(Faults(dropped=frozenset({(LINES, "AmountDC")})))
    assert "AmountDC" not in rows(ask(web, LINES, top=1))[0]
    assert ask(web, LINES, select="AmountDC").status_code == 400
    assert b'"AmountDC"' in web.get("/vd-bakker/odata4/$metadata").content  # of other tables
    assert "AmountDC" in rows(ask(web, "ExactOnlineREST.FinancialTransaction.TransactionLinesBulk", top=1))[0]


def test_a_database_that_moved(start):
    web = start(Faults(moved=frozenset({"bakker"})))
    assert web.get("/vd-bakker/odata4").status_code == 404
    assert web.get("/vd-bakker-2/odata4").status_code == 200


@pytest.mark.parametrize(("fail", "code"), [("401", "itgenoda219"), ("429", "itgeneor229"), ("503", "503")])
def test_failures(start, fail, code):
    answer = start(fail=fail).get("/vd-bakker/odata4")
    assert answer.status_code == int(fail)
    assert answer.json()["error"]["code"] == code
    assert ("retry-after" in answer.headers) == (fail == "429")


def test_slow(start):
    web = start(fail="slow", slow_seconds=0.3)
    began = time.monotonic()
    assert web.get("/vd-bakker/odata4").status_code == 200
    assert time.monotonic() - began >= 0.3


def test_cut_off_in_the_middle(start):
    web = start(fail="cut")
    with pytest.raises(httpx.TransportError):
        ask(web, LINES)


# ------------------------------------------------------------------------------------------------------------ books


def book_of(loaded, terms=TERMS, code="bakker"):
    return books_of(loaded.clients, terms)[code]


def made(folder, book, loaded):
    return store.Store(folder, schema(loaded.catalogue.known_columns)).path(book)


def test_the_same_books_are_made_once(loaded, tmp_path):
    path = made(tmp_path, book_of(loaded), loaded)
    before = path.stat().st_ino
    assert made(tmp_path, book_of(loaded), loaded).stat().st_ino == before
    assert len(list(tmp_path.iterdir())) == 2


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(loaded, tmp_path):
    def dump(folder, seed):
        path = made(tmp_path / folder, book_of(loaded, replace(TERMS, seed=seed)), loaded)
        with closing(store.opened(path)) as connection:
            return list(connection.iterdump())

    assert dump("a", 1) == dump("b", 1)
    assert dump("a", 1) != dump("c", 2)


def test_damaged_or_changed_books_are_made_again(loaded, tmp_path):
    path = made(tmp_path, book_of(loaded), loaded)
    whole = path.read_bytes()
    with sqlite3.connect(path) as connection:
        connection.execute(f'UPDATE "{ACCOUNTS}" SET Type = 1')  # noqa: S608
    connection.close()
    assert path.read_bytes() != whole
    assert made(tmp_path, book_of(loaded), loaded).read_bytes() == whole
    path.write_bytes(whole[:100])
    assert made(tmp_path, book_of(loaded), loaded).read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights there")
def test_a_link_is_not_followed(loaded, tmp_path):
    path = made(tmp_path / "a", book_of(loaded), loaded)
    other = tmp_path / "elsewhere"
    other.write_bytes(b"mine")
    path.unlink()
    path.symlink_to(other)
    assert made(tmp_path / "a", book_of(loaded), loaded).read_bytes()[:6] == b"SQLite"
    assert other.read_bytes() == b"mine"


def test_books_can_only_be_read(loaded, tmp_path):
    connection = store.opened(made(tmp_path, book_of(loaded), loaded))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute(f'DELETE FROM "{ACCOUNTS}"')  # noqa: S608
    connection.close()


def test_books_that_nobody_asked_for_go(loaded, tmp_path):
    path = made(tmp_path, book_of(loaded), loaded)
    (tmp_path / "mine.txt").write_text("x")
    shelf = store.Store(tmp_path, schema(loaded.catalogue.known_columns))
    shelf.clean()
    assert path.exists()
    shelf.clean(time.time() + 15 * 86_400)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_starting_makes_no_books(loaded, tmp_path):
    databases(loaded.clients, loaded.clients, loaded.catalogue.known_columns, TERMS, cache=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_years_follow_what_the_reports_look_back(loaded):
    long = [replace(client, years=7) for client in loaded.clients]
    assert {book.years for book in books_of(long, replace(TERMS, years=None)).values()} == {9}
    assert {book.years for book in books_of(long, TERMS).values()} == {2}


def test_gzip_holds_what_plain_holds(web):
    with web.stream("GET", f"/vd-bakker/odata4/{ACCOUNTS}@eol") as answer:
        packed = b"".join(answer.iter_raw())
    plain = web.get(f"/vd-bakker/odata4/{ACCOUNTS}@eol", headers={"Accept-Encoding": "identity"}).content
    assert gzip.decompress(packed) == plain
