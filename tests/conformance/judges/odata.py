"""A small look-alike of Invantive Bridge Online on the loopback: what it supports, and what it does otherwise.

It filters ($filter with eq ne gt ge lt le and or), pages by @odata.nextLink, and limits by $top. As the real one does,
it ignores $orderby, refuses $skip, $apply and $search, and returns columns that were not selected as default values.
"""

import contextlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from judges.places import SHARED

PAGE = 25
EDM = {
    "int16": "Int16", "int32": "Int32", "int64": "Int64", "double": "Double", "decimal": "Decimal",
    "boolean": "Boolean", "guid": "Guid", "datetime": "DateTimeOffset", "string": "String",
}  # fmt: skip
DEFAULTS = {"Int16": 0, "Int32": 0, "Int64": 0, "Double": 0, "Decimal": 0, "Boolean": False, "String": "",
            "Guid": "00000000-0000-0000-0000-000000000000", "DateTimeOffset": "0001-01-01T00:00:00Z"}  # fmt: skip
# Sync columns that Exact documents and Invantive's page cuts off: ../shared/reference/invantive.md, section 8.
LEDGER_EXTRA = {
    "FinancialPeriod": "int32", "FinancialYear": "int32", "GLAccount": "guid", "ID": "guid", "InvoiceNumber": "int32",
    "Item": "guid", "JournalCode": "string", "LineNumber": "int32", "Project": "guid", "Quantity": "double",
    "Status": "int32", "Type": "int32", "VATCode": "string", "YourRef": "string",
}  # fmt: skip
REFUSED = ("$skip", "$apply", "$search", "$expand")


def schema():
    """{entity set: {column: EDM type}} of every known table, from the researched list."""
    entities = json.loads((SHARED / "reference" / "exact_entities.json").read_text(encoding="utf-8"))
    entities = entities.get("entities", entities)
    found = {}
    for entity in entities.values():
        columns = {name: EDM.get(item["type"]) for name, item in entity["fields"].items()}
        columns = {name: edm for name, edm in columns.items() if edm}
        for key in ("invantive_table", "invantive_bulk_table"):
            if entity.get(key):
                found[entity[key]] = columns
    ledger = found["ExactOnlineREST.Incremental.TransactionLinesIncremental"]
    ledger.update({name: EDM[kind] for name, kind in LEDGER_EXTRA.items()})
    return found


COMPARE = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
}  # fmt: skip


@dataclass(slots=True)
class Database:
    """Rows by entity set, as {column: value}; `dropped` are (entity set, column) the database lacks."""

    tables: dict
    alias: str = "eol"
    dropped: set = field(default_factory=set)
    requests: list = field(default_factory=list)
    types: dict = field(default_factory=schema)

    def columns(self, name):
        return {key: edm for key, edm in self.types[name].items() if (name, key) not in self.dropped}

    def answer(self, name, query, skip):
        """One page of rows, as the source would send it, and whether more follow."""
        columns = self.columns(name)
        rows = [{key: row.get(key) for key in columns} for row in self.tables.get(name, [])]
        if "$filter" in query:
            keep = Filter(query["$filter"], columns).test
            rows = [row for row in rows if keep(row)]
        if "$top" in query:
            rows = rows[: int(query["$top"])]
        if "$select" in query:
            chosen = query["$select"].split(",")
            unknown = [key for key in chosen if key not in columns]
            if unknown:
                raise ValueError(f"column not found: {unknown[0]}")
            rows = [{key: row[key] if key in chosen else DEFAULTS[columns[key]] for key in columns} for row in rows]
        return rows[skip : skip + PAGE], len(rows) > skip + PAGE


class Filter:
    """A $filter of comparisons with and, or and brackets; anything else is an error."""

    TOKEN = re.compile(r"\s*(?:(\(|\))|('(?:[^']|'')*')|([^\s()']+))")

    def __init__(self, source, columns):
        self.tokens = [next(part for part in found if part) for found in self.TOKEN.findall(source)]
        self.columns = columns
        self.place = 0
        self.test = self._any()
        if self.place != len(self.tokens):
            raise ValueError(f"$filter is not understood near {self.tokens[self.place]!r}")

    def _next(self, *expected):
        token = self.tokens[self.place] if self.place < len(self.tokens) else ""
        if expected and token not in expected:
            return ""
        self.place += 1
        return token

    def _any(self):
        tests = [self._all()]
        while self._next("or"):
            tests.append(self._all())
        return lambda row: any(test(row) for test in tests)

    def _all(self):
        tests = [self._one()]
        while self._next("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self):
        if self._next("("):
            test = self._any()
            if not self._next(")"):
                raise ValueError("$filter lacks a bracket")
            return test
        column, operator, value = self._next(), self._next(), self._next()
        if column not in self.columns or operator not in COMPARE:
            raise ValueError(f"$filter is not understood: {column} {operator} {value}")
        compare, wanted = COMPARE[operator], self._value(value, self.columns[column])
        return lambda row: row[column] is not None and compare(_comparable(row[column]), wanted)

    @staticmethod
    def _value(text, edm):
        if text.startswith("'"):
            return text[1:-1].replace("''", "'").lower()
        if text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        return text if edm in ("DateTimeOffset", "Guid") else float(text)


def _comparable(value):
    return value.lower() if isinstance(value, str) else value


@contextlib.contextmanager
def serving(databases):
    """Serves {slug: database} until the end of the block; yields the address before the slug."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

        def do_GET(self):
            self.reply(*respond(databases, self.headers["Host"], self.path))

        def reply(self, status, kind, body):
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("OData-Version", "4.0")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def respond(databases, host, path):
    """(status, content type, body) of a request."""
    parts = urlsplit(path)
    _, slug, service, *rest = [*parts.path.split("/"), ""]
    database = databases.get(slug)
    if database is None or service != "odata4":
        return 404, "text/plain", f"no database {slug}"
    database.requests.append(unquote(path))
    base = f"http://{host}/{slug}/odata4"
    names = {f"{name}@{database.alias}": name for name in database.tables}
    entity = unquote(rest[0]) if rest else ""
    if not entity:
        value = [{"name": name, "kind": "EntitySet", "url": quote(name)} for name in names]
        return 200, "application/json", json.dumps({"@odata.context": f"{base}/$metadata", "value": value})
    if entity == "$metadata":
        return 200, "application/xml", metadata(database, names)
    if entity not in names:
        return 404, "text/plain", f"no table {entity}"
    return page(database, base, entity, names[entity], dict(parse_qsl(parts.query)))


def page(database, base, entity, name, query):
    skip = int(query.pop("$skiptoken", 0))
    refused = [key for key in query if key in REFUSED]
    if refused:
        return 501, "text/plain", f"{refused[0]} is not supported"
    try:
        rows, more = database.answer(name, query, skip)
    except ValueError as error:
        return 400, "text/plain", str(error)
    answer = {"@odata.context": f"{base}/$metadata#{quote(entity)}", "value": rows}
    if more:
        following = "&".join(
            f"{key}={quote(value)}" for key, value in [*query.items(), ("$skiptoken", str(skip + PAGE))]
        )
        answer["@odata.nextLink"] = f"{base}/{quote(entity)}?{following}"
    return 200, "application/json", json.dumps(answer)


def metadata(database, names):
    types, sets = [], []
    for number, (entity, name) in enumerate(names.items()):
        columns = "".join(
            f'<Property Name={quoteattr(key)} Type="Edm.{edm}" Nullable="true"/>'
            for key, edm in database.columns(name).items()
        )
        types.append(f'<EntityType Name="T{number}">{columns}</EntityType>')
        sets.append(f'<EntitySet Name={quoteattr(entity)} EntityType="NS.T{number}"/>')
    return (
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="NS">{"".join(types)}'
        f'<EntityContainer Name="C">{"".join(sets)}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )
