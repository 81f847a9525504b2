"""An OData service on this computer for tests: one database per slug, whose answers a test can bend."""

from __future__ import annotations

import base64
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

EDM = {"text": "String", "int": "Int32", "number": "Double", "decimal": "Decimal", "date": "DateTimeOffset"}
EDM |= {"bool": "Boolean"}
BETWEEN = re.compile(r"(\w+) ge (\S+) and \w+ lt (\S+)")
RIGHTS = "ExactOnlineREST.System.SystemDivisions"


class Database:
    """What one database holds: entity set → columns with their types, and rows; ``rights`` are codes."""

    def __init__(self, question, today):
        alias = question.alias
        self.columns = {
            f"{need.entity_set}@{alias}": {name: EDM[kind] for name, kind in need.columns.items()}
            for need in question.needs
        }
        self.rows = {name: [] for name in self.columns}
        for need in question.needs:
            name = f"{need.entity_set}@{alias}"
            dated = next((column for column in question.newest if column in self.columns[name]), None)
            self.rows[name] = [
                {need.division: code, **({dated: f"{today}T00:00:00Z"} if dated else {})}
                for code in question.divisions
                for _ in range(2)
            ]
        self.columns[f"{RIGHTS}@{alias}"] = {"Code": "Int32", "Hid": "Int64"}
        self.rows[f"{RIGHTS}@{alias}"] = [{"Code": code} for code in question.divisions]

    def metadata(self):
        types = "".join(
            f'<EntityType Name="T{number}">'
            + "".join(f'<Property Name="{name}" Type="Edm.{kind}"/>' for name, kind in columns.items())
            + "</EntityType>"
            for number, columns in enumerate(self.columns.values())
        )
        sets = "".join(
            f'<EntitySet Name="{name}" EntityType="D.T{number}"/>' for number, name in enumerate(self.columns)
        )
        return (
            '<?xml version="1.0"?><edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">'
            '<edmx:DataServices><Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="D">'
            f'{types}<EntityContainer Name="C">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
        )

    def page(self, name, query):
        rows = self.rows[name]
        found = BETWEEN.fullmatch(query.get("$filter", [""])[0])
        if found:
            rows = [row for row in rows if found[2] <= row.get(found[1], "") < found[3]]
        document = {"value": rows[: int(query.get("$top", [len(rows)])[0])]}
        return {"@odata.count": len(rows), **document} if "$count" in query else document


class Service:
    """Every database of a test, who asked what, and how to bend an answer.

    ``bend`` gets slug, entity set (or ``$metadata``) and request headers; what it returns is sent in place of the
    answer: ``(status, headers, body)``, raw bytes after which the connection ends, or None for the usual answer.
    """

    def __init__(self):
        self.base = ""
        self.reset({})

    def reset(self, databases):
        """Serve these databases, straight, with no request asked yet."""
        self.databases, self.asked, self.signs = databases, [], []
        self.bend = lambda _slug, _what, _headers: None
        self.password = "sandbox"  # noqa: S105

    def answer(self, target, headers):
        parts = urlsplit(target)
        slug, _, what = unquote(parts.path).strip("/").partition("/odata4/")
        self.asked.append((slug, what, parts.query))
        self.signs.append(headers.get("Authorization", ""))
        bent = self.bend(slug, what, headers)
        if bent is not None:
            return bent
        if not base64.b64decode(self.signs[-1][6:]).endswith(f":{self.password}".encode()):
            return 401, {}, b"itgenoda219"
        database = self.databases.get(slug)
        if database is None or (what != "$metadata" and what not in database.columns):
            return 404, {}, b"nothing here"
        if what == "$metadata":
            return 200, {"Content-Type": "application/xml"}, database.metadata().encode()
        body = json.dumps(database.page(what, parse_qs(parts.query))).encode()
        return 200, {"Content-Type": "application/json"}, body


@contextmanager
def serving():
    """Serve until the end of the block."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: the second would wait for the first
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def do_GET(self):
            answer = service.answer(self.path, self.headers)
            if isinstance(answer, bytes):
                self.wfile.write(answer)
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass  # the other side hung up, which some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    service.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
