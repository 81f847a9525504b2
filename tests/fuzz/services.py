"""Targets: what databases and Power BI web answer, from garbage to nearly right."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import gzip
import json
import tempfile
from pathlib import Path

import bundles
import httpx
from clocks import Still
from fuzz.broken import bent
from fuzz.choices import Choices
from fuzz.ends import ended, told
from fuzz.words import FRAGMENTS

from generator.credentials import Credentials
from generator.problems import Stop
from generator.publish import fabric, powerbi
from generator.publish.service import HOSTS, Service
from generator.sources.metadata import Description, description
from generator.sources.probe import Manner, probe
from generator.sources.question import question
from generator.sources.wire import Limits
from generator.web import Bucket, Web
from generator.web import Limits as WebLimits

TODAY = dt.date(2026, 11, 24)
EDM = "http://docs.oasis-open.org/odata/ns/edm"
EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
GUID = "2b4de37b-85b1-4b12-aa9c-e8b15018b146"
ODD = (
    "null", "true", "0", "-1", "1e999", "NaN", "9" * 5000, "1" * 400, '""', "[]", "{}", "[" * 2000, '{"a":' * 2000,
    '"\\ud800"', '"\\u0000"', "[null]", "[[]]", '[{"id":null}]', '{"error":{"code":[],"message":{}}}', '"x"', "{", "",
    '{"value":[{"id":1}]}', '{"value":{}}', '{"value":[null,[],1]}', '{"continuationToken":true,"value":[]}',
)  # fmt: skip


@functools.cache
def asked():
    """Return what is asked of a client's database."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = bundles.load(Path(folder), bundles.ONE)
    return question(bundles.client(loaded), loaded.catalogue)


@functools.cache
def described():
    """Return a description of a database that has everything."""
    known = asked()
    sets, types = [], []
    for number, need in enumerate(known.needs):
        columns = "".join(f'<Property Name="{name}" Type="Edm.{_edm(kind)}"/>' for name, kind in need.columns.items())
        types.append(f'<EntityType Name="T{number}">{columns}</EntityType>')
        sets.append(f'<EntitySet Name="{known.named(need.entity_set)}" EntityType="N.T{number}"/>')
    schema = f'<Schema xmlns="{EDM}" Namespace="N">{"".join(types)}<EntityContainer>{"".join(sets)}</EntityContainer>'
    services = f"<edmx:DataServices>{schema}</Schema></edmx:DataServices>"
    return f'<edmx:Edmx xmlns:edmx="{EDMX}" Version="4.0">{services}</edmx:Edmx>'.encode()


def _edm(kind):
    return {"text": "String", "int": "Int32", "date": "DateTimeOffset", "datetime": "DateTimeOffset"}.get(
        kind, "Boolean" if kind == "bool" else "Double"
    )


SMALL = (
    f'<edmx:Edmx xmlns:edmx="{EDMX}"><edmx:DataServices><Schema xmlns="{EDM}" Namespace="N" Alias="A">'
    '<EntityType Name="B"><Property Name="x" Type="Edm.Int32"/></EntityType>'
    '<EntityType Name="T" BaseType="A.B"><Property Name="y" Type="Edm.String"/></EntityType>'
    '<EntityContainer><EntitySet Name="S" EntityType="N.T"/></EntityContainer>'
    "</Schema></edmx:DataServices></edmx:Edmx>"
).encode()


def run_metadata(data):
    """Read a description: tables and columns as texts, or why it is none in both languages; entities stay closed."""
    found = description(data, ["S", "Z"])
    if isinstance(found, Description):
        assert all(isinstance(name, str) for name in found.names)
        columns = [pair for each in found.columns.values() for pair in each.items()]
        assert all(isinstance(part, str) for pair in columns for part in pair)
        assert b"<!DOCTYPE" not in data
    else:
        assert found.dutch
        assert found.english


def metadata_parts(data):
    """Return a description with a few things done to it, as the input decides."""
    choices = Choices(data)
    made = SMALL
    for _ in range(1 + choices.number(5)):
        made = bent(choices, made)
    return made


# ------------------------------------------------------------------------------------------------------------- replies


def document(choices, depth=0):
    """Return JSON with the keys that the program looks for, and values of any kind."""
    way = choices.number(9 if depth < 4 else 5)
    if way < 2:
        return choices.text(FRAGMENTS)
    if way == 2:
        return choices.pick((None, True, False, 0, -1, 1e300, 2**70, 710001, "710001", "2026-11-01T00:00:00Z", "0001"))
    if way == 3:
        return choices.pick(
            (GUID, "Succeeded", "Failed", "Running", "Completed", "Unknown", "../x", "https://evil.example")
        )
    if way < 7:
        return {choices.pick(KEYS): document(choices, depth + 1) for _ in range(choices.number(6))}
    return [document(choices, depth + 1) for _ in range(choices.number(5))]


KEYS = (
    "value", "id", "displayName", "description", "type", "status", "error", "errorCode", "message", "moreDetails",
    "continuationToken", "continuationUri", "definition", "parts", "path", "payload", "connectionDetails", "name",
    "currentValue", "configuredBy", "emailAddress", "identifier", "groupUserAccessRight", "principalType", "requestId",
    "endTime", "serviceExceptionJson", "enabled", "times", "days", "localTimeZoneId", "gatewayId", "datasourceId",
    "datasourceType", "creationMethods", "parameters", "dataType", "required", "supportedCredentialTypes",
    "workspaceId",
    "Division", "Date", "Code", "@odata.count", "@odata.nextLink", "@odata.context", "createdDateTime", "refreshType",
)  # fmt: skip
STATUSES = (200, 200, 200, 201, 202, 204, 301, 307, 400, 401, 403, 404, 409, 410, 429, 500, 503, 299, 600)
HEADERS = (
    {}, {"retry-after": "0"}, {"retry-after": "999999999999"}, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"retry-after": "-1"}, {"retry-after": "Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "date": "x"},
    {"location": "https://evil.example/v1/x"}, {"location": "//evil.example"}, {"location": "http://[::1"},
    {"location": "/v1/operations/1/result"}, {"location": "https://api.fabric.microsoft.com:99999/x"},
    {"location": "https://user:pw@api.powerbi.com/x"}, {"location": ""}, {"location": "../../.."},
    {"x-ms-operation-id": GUID}, {"x-ms-operation-id": "../x"}, {"content-encoding": "gzip"},
    {"content-encoding": "br"}, {"content-type": "text/html; charset=x"}, {"x-ms-public-api-error-code": "\u00e9" * 90},
)  # fmt: skip


def body(choices):
    """Return the bytes of an answer."""
    way = choices.number(6)
    if way == 0:
        return choices.bytes(200)
    if way == 1:
        return choices.pick(ODD).encode()
    made = json.dumps({"value": document(choices)} if way == 2 else document(choices)).encode()
    return bent(choices, made) if way == 5 else made


def reply(choices):
    """Return an answer of any kind; that there is none is one of them."""
    if choices.number(24) == 1:
        raise choices.pick((httpx.ReadError, httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError))("cut")
    status, headers, content = choices.pick(STATUSES), dict(choices.pick(HEADERS)), body(choices)
    if headers.get("content-encoding") == "gzip" and choices.number(3):
        content = gzip.compress(content, 1)
    raw = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
    return httpx.Response(status, headers=raw, stream=Once(content))


class Once(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes over the wire as it is, packed or not."""

    def __init__(self, content):
        self.content = content

    def __iter__(self):
        yield self.content

    async def __aiter__(self):
        yield self.content


def service(choices):
    """Return Power BI web that answers anything, on a clock that only passes when slept on."""
    clock, asked_for = Still(), []

    def answer(request):
        asked_for.append(request.url)
        assert request.url.host.endswith(HOSTS), request.url
        assert len(asked_for) < MOST_ASKED, "it never stops asking"
        return reply(choices)

    web = Web(
        HOSTS,
        lambda *_: {"Authorization": "Bearer token"},
        bucket=Bucket(100_000, clock=clock),
        limits=WebLimits(attempts=3, size=100_000),
        transport=httpx.MockTransport(answer),
    )
    return Service(web, operation_seconds=30, refresh_seconds=60, secrets={"token"})


MOST_ASKED = 2000
THING = fabric.Thing("", fabric.MODEL, "Rapport", "bundel:bakker/financieel")


def _dataset(made):
    return powerbi.Dataset(made, GUID, GUID)


CALLS = (
    fabric.workspaces,
    fabric.descriptions,
    lambda made: fabric.create_workspace(made, "Bakkerij (bakker)", "bundel:bakker"),
    lambda made: fabric.things(made, GUID),
    lambda made: fabric.create(made, GUID, THING, {"parts": []}, lambda _: None),
    lambda made: fabric.update(made, GUID, THING, {"parts": []}, fresh=True),
    lambda made: fabric.settle(made, f"/v1/operations/{GUID}"),
    lambda made: fabric.rename(made, GUID, THING),
    lambda made: fabric.remove(made, GUID, fabric.MODEL, GUID),
    lambda made: fabric.definition(made, GUID, fabric.MODEL, GUID),
    lambda made: fabric.sources(made, GUID, GUID),
    fabric.connections,
    lambda made: _dataset(made).parameters(),
    lambda made: _dataset(made).owner(),
    lambda made: _dataset(made).sources(),
    lambda made: _dataset(made).refreshes(3),
    lambda made: _dataset(made).start(notify=True),
    lambda made: _dataset(made).schedule(),
    lambda made: _dataset(made).set_schedule({"times": ["06:30"]}),
    lambda made: powerbi.people(made, GUID),
    lambda made: powerbi.add_person(made, GUID, powerbi.Person("a@b.example", "Viewer")),
)


def run_replies(data):
    """Call Power BI web: what comes back is a value of the right kind or a problem that can be told."""
    choices = Choices(data)
    call = choices.pick(CALLS)
    made = ended(lambda: call(service(choices)))
    assert repr(made)
    if isinstance(made, Stop):
        assert made.problems
        told(made.problems)


# --------------------------------------------------------------------------------------------------------- databases


def run_odata(data):
    """Ask a database that answers anything: a finding with problems that can be told, in few requests."""
    choices = Choices(data)
    known = asked()
    home = httpx.URL(known.url)
    number = 0

    def answer(request):
        nonlocal number
        number += 1
        assert request.url.host == home.host, request.url
        assert number < MOST_ASKED, "it never stops asking"
        if request.url.path.endswith("$metadata") and number == 1 and choices.number(8):
            return httpx.Response(200, stream=Once(described()))
        return page(choices) if choices.number(3) else reply(choices)

    async def sleep(_):
        await asyncio.sleep(0)

    manner = Manner(TODAY, True, Limits(size=200_000, total=2_000_000), httpx.MockTransport(answer), sleep)
    (finding,) = probe([(known, Credentials("ann", "geheim"))], manner)
    told(finding.problems)
    assert finding.signed_in or finding.problems
    assert all(isinstance(code, int) for code in finding.divisions)


def page(choices):
    """Return a page of rows that is nearly right."""
    rows = [
        {choices.pick(("Division", "Date", "Code")): document(choices, 3) for _ in range(1 + choices.number(3))}
        for _ in range(choices.number(4))
    ]
    made = {"value": rows}
    if choices.number(3) == 1:
        made["@odata.count"] = document(choices, 3)
    if choices.number(4) == 1:
        made["@odata.nextLink"] = choices.pick((f"?$skip={choices.number(9999)}", "x", "//evil.example/", "../.."))
    return httpx.Response(200, stream=Once(json.dumps(made).encode()))


TARGETS = {
    "metadata": (run_metadata, lambda: [SMALL]),
    "metadata-parts": (lambda data: run_metadata(metadata_parts(data)), lambda: [bytes(range(60))]),
    "odata": (run_odata, lambda: [bytes(range(1, 200)), b"\1\1\2" * 60]),
    "replies": (run_replies, lambda: [bytes([number, 0, 0, 2, *range(200)]) for number in range(len(CALLS))]),
}
