"""The OData service itself: sign-in, routes, pages, and what it does wrong when it is asked to.

Requests are only read: a path is looked up in names of our own, an option is parsed before it is used, and nothing of
a request ever becomes a file's name or SQL.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from generator.sources.sandbox import documents
from generator.sources.sandbox.query import query
from generator.sources.sandbox.refusal import (
    BAD_REQUEST,
    MISDIRECTED,
    NOT_FOUND,
    TOO_LONG,
    TOO_MANY,
    UNAUTHORIZED,
    UNAVAILABLE,
    Refused,
    unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from starlette.requests import Request

    from generator.sources.sandbox.database import Database, Place
    from generator.sources.sandbox.filters import Value
    from generator.sources.sandbox.query import Query
    from generator.sources.sandbox.schema import Table

PAGE = 5_000
_CHUNK = 500
_LONGEST = 8_192  # of an address; Power Query itself sends at most 2,048 characters of address
_RETRY_SECONDS = 60
_SLOW_SECONDS = 20.0
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_JSON = "application/json;odata.metadata=minimal;charset=utf-8"
_HEADERS = {"OData-Version": "4.0"}

_FAILED = {
    # Codes as Invantive and Exact give them: reference/invantive.md, section 5.
    "401": Refused(UNAUTHORIZED, "Old refresh token used.", "itgenoda219"),
    "429": Refused(TOO_MANY, "There is no remaining API capacity on Exact Online.", "itgeneor229"),
    "503": Refused(UNAVAILABLE, "The service is temporarily unavailable."),
}


class _Cut(Exception):  # noqa: N818  it ends a connection, nobody reads it
    """End an answer in the middle."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How the service behaves: sign-in, page size, a failure on purpose, and who hears of each request."""

    password: str
    anonymous: bool = False
    fail: str = ""
    page: int = PAGE
    slow_seconds: float = _SLOW_SECONDS
    heard: Callable[[str], None] = field(default=lambda _line: None)


def application(databases: Mapping[str, Database], manners: Manners) -> Starlette:
    """Return the service over databases by slug."""
    service = _Service(databases, manners)
    return Starlette(
        routes=[Route("/{path:path}", service.answer, methods=["GET"])],
        middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=5)],
        exception_handlers={Refused: _refused, HTTPException: _http, Exception: _crashed},
    )


class _Service:
    """Answers requests."""

    def __init__(self, databases: Mapping[str, Database], manners: Manners) -> None:
        self.databases = databases
        self.manners = manners
        self.described: dict[tuple[str, int], bytes] = {}

    def answer(self, request: Request) -> Response:
        """Answer a request: the service document, the types, a count or a page of rows."""
        self._check_host(request)
        options = _options(request)
        self.manners.heard(_line(request, options))
        self._sign_in(request)
        self._fail()
        slug, entity, *rest = _route(request.path_params["path"])
        database = self.databases.get(slug)
        if database is None:
            raise Refused(NOT_FOUND, "There is no database here.")
        base = f"http://{request.headers['host']}/{quote(slug)}/odata4".replace("//odata4", "/odata4")
        sets = database.entity_sets
        if entity in {"", "$metadata"}:
            if options and [name for name, _ in options] != ["$format"]:
                raise unsupported(f"The query option '{options[0][0]}' here")
            return _xml(self._metadata(database)) if entity else _json(documents.service_document(base, sets))
        if entity not in sets or rest not in ([], ["$count"]):
            raise Refused(NOT_FOUND, f"Resource not found for the segment '{(rest or [entity])[-1]}'.")
        asked = query(options, sets[entity])
        if rest:
            return Response(str(database.count(sets[entity], asked.where)), headers=_HEADERS, media_type="text/plain")
        return self._page(request, database, entity, asked)

    def _metadata(self, database: Database) -> bytes:
        """Return the CSDL, which databases with the same alias and tables share."""
        key = database.alias, id(database.tables)
        if key not in self.described:
            self.described[key] = documents.metadata(database.entity_sets)
        return self.described[key]

    @staticmethod
    def _check_host(request: Request) -> None:
        """Answer only who asks for this computer by name, so that no web page can make a browser ask for it."""
        name = request.headers.get("host", "")
        if name.rsplit(":", 1)[0] not in _LOCAL:
            raise Refused(MISDIRECTED, "This service answers on this computer only.")

    def _sign_in(self, request: Request) -> None:
        if self.manners.anonymous:
            return
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            _, _, password = base64.b64decode(value, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            password = b""
        if kind.casefold() != "basic" or not hmac.compare_digest(password, self.manners.password.encode()):
            raise Refused(UNAUTHORIZED, "The log-on code or password is not correct.")

    def _fail(self) -> None:
        if self.manners.fail in _FAILED:
            raise _FAILED[self.manners.fail]
        if self.manners.fail == "slow":
            time.sleep(self.manners.slow_seconds)

    def _page(self, request: Request, database: Database, entity: str, asked: Query) -> Response:
        table = database.entity_sets[entity]
        omit = "omit-values=nulls" in request.headers.get("prefer", "").replace(" ", "").casefold()
        base = str(request.url.replace(query="", fragment="")).rstrip("?")
        head = {"@odata.context": f"{base.rpartition('/')[0]}/$metadata#{documents.quoted(entity)}"}
        page = _Page(database, table, asked, self.manners, documents.row_writer(table, asked, omit_nulls=omit))
        headers = _HEADERS | ({"Preference-Applied": "omit-values=nulls"} if omit else {})
        return StreamingResponse(page.text(head, base, _options(request)), headers=headers, media_type=_JSON)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of rows, written as it is read: memory holds a few hundred rows at a time."""

    database: Database
    table: Table
    query: Query
    manners: Manners
    write: Callable[[Sequence[Value]], str]

    def text(self, head: Mapping[str, str], base: str, options: Sequence[tuple[str, str]]) -> Iterator[str]:
        counted = f',"@odata.count":{self.database.count(self.table, self.query.where)}' if self.query.count else ""
        yield f'{documents.member("@odata.context", head["@odata.context"])}{counted},"value":['
        last: Place | None = None
        for chunk, place in self._chunks():
            last = place
            yield chunk
            if self.manners.fail == "cut":
                raise _Cut
        yield "]"
        if last is not None:
            yield f",{documents.member('@odata.nextLink', self._next(last, base, options))[1:]}"
        yield "}"

    def _chunks(self) -> Iterator[tuple[str, Place | None]]:
        """Yield rows as text, with the last one the place to go on from, where more follow."""
        limit = self.manners.page if self.query.top is None else min(self.query.top, self.manners.page)
        lines: list[str] = []
        place, written = self.query.place, 0
        for here, row in self.database.rows(self.table, self.query) if limit else ():
            if written == limit:
                more = self.query.top is None or self.query.top > limit
                yield _joined(lines, written), place if more else None
                return
            lines.append(self.write(row))
            place, written = here, written + 1
            if len(lines) == _CHUNK:
                yield _joined(lines, written), None
                lines = []
        yield _joined(lines, written), None

    def _next(self, last: Place, base: str, options: Sequence[tuple[str, str]]) -> str:
        kept = {name: value for name, value in options if name not in {"$skiptoken", "$count"}}
        if self.query.top is not None:
            kept["$top"] = str(self.query.top - self.manners.page)
        kept["$skiptoken"] = f"{last[0]}.{last[1]}"
        return f"{base}?{urlencode(kept, quote_via=quote, safe='$')}"


def _joined(lines: Sequence[str], written: int) -> str:
    """Return rows with commas between them, and before them where rows were written earlier."""
    return ("," if lines and written > len(lines) else "") + ",".join(lines)


def _route(path: str) -> list[str]:
    """Return slug, entity set and what follows it; ``/<slug>/odata4/<entity set>/$count``."""
    segments = path.strip("/").split("/")
    places = [place for place, segment in enumerate(segments) if segment == "odata4"]
    if not places:
        raise Refused(NOT_FOUND, "There is no database here.")
    rest = segments[places[-1] + 1 :] or [""]
    return ["/".join(segments[: places[-1]]), *rest]


def _options(request: Request) -> list[tuple[str, str]]:
    if len(request.url.path) + len(request.url.query) > _LONGEST:
        raise Refused(TOO_LONG, "The address is too long.")
    try:
        return parse_qsl(request.url.query, keep_blank_values=True, strict_parsing=bool(request.url.query))
    except ValueError as error:
        raise Refused(BAD_REQUEST, "The query is not understood.") from error


def _line(request: Request, options: Sequence[tuple[str, str]]) -> str:
    """Return a request as a person reads it; it holds no header, so no password."""
    asked = "&".join(f"{name}={value}" for name, value in options)
    return f"{request.method} /{request.path_params['path']}{'?' if asked else ''}{asked}"


def _json(text: str) -> Response:
    return Response(text, headers=_HEADERS, media_type=_JSON)


def _xml(data: bytes) -> Response:
    return Response(data, headers=_HEADERS, media_type="application/xml")


def _refused(_request: Request, refused: Exception) -> Response:
    if not isinstance(refused, Refused):
        raise refused
    headers = dict(_HEADERS)
    if refused.status == UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="Bundel sandbox", charset="UTF-8"'
    if refused.status == TOO_MANY:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    return Response(documents.error(refused.code, refused.message), refused.status, headers, _JSON)


def _http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else BAD_REQUEST
    return Response(documents.error(str(status), "Only GET is supported here."), status, _HEADERS, _JSON)


def _crashed(_request: Request, error: Exception) -> Response:
    return Response(documents.error("500", f"{type(error).__name__}"), 500, _HEADERS, _JSON)
