"""One database over the network: what may be asked, how long it may take, how much may come back, and what failed.

A request goes to the database's own address and nowhere else, with Basic sign-in. Nothing here raises for what a
server or a network does: an answer that is none is a ``Failure``, a problem without its client.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import certifi
import httpx

from generator import __version__
from generator.jsontext import foreign
from generator.names import part_name

if TYPE_CHECKING:
    from generator.credentials import Credentials

Sleep = Callable[[float], Awaitable[None]]

XML = "application/xml"
JSON = "application/json"
DESCRIPTION = "$metadata"
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _UNAVAILABLE = 200, 401, 403, 404, 429, 503
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 3
_PAGES = 10_000
_CODE = 40  # characters that a code of any kind can have
_ERROR_TEXT = 65_536  # bytes of an error that are looked at for Invantive's code
_MESSAGE_CODE = re.compile(rb"\bitgen[a-z]{3}\d{3}\b")
_GZIP = 31  # zlib's number for the gzip format with the largest window


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much.

    Seconds to connect, of silence, for one answer, for all of a database, and to wait when told so; bytes of one
    answer and of all.
    """

    connect: float = 10.0
    silence: float = 60.0
    answer: float = 180.0
    database: float = 600.0
    wait: float = 60.0
    size: int = 64 * 1024 * 1024
    total: int = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: the code of a problem and its values; ``reached`` tells that a server answered."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    reached: bool = False


@dataclass(slots=True)
class Wire:
    """Asks one database; ``requests`` counts what was sent."""

    client: httpx.AsyncClient
    url: str
    limits: Limits
    sleep: Sleep
    requests: int = 0
    _waited: bool = False
    _received: int = 0
    _until: float = 0.0

    async def metadata(self) -> bytes | Failure:
        """Return the description of all tables: an XML document, as it came."""
        return await self._get(f"{self.url}/{DESCRIPTION}", XML, DESCRIPTION)

    async def page(self, entity_set: str, query: str) -> dict[str, Any] | Failure:
        """Return the first page of an entity set; its rows are in ``value``."""
        return await self._page(f"{self.url}/{quote(entity_set, safe='@')}?{query}", entity_set)

    async def column(self, entity_set: str, name: str) -> list[Any] | Failure:
        """Return a column of all rows; a link to the next page is followed inside this database only."""
        values: list[Any] = []
        seen: set[str] = set()
        url = f"{self.url}/{quote(entity_set, safe='@')}?$select={name}"
        while url:
            document = await self._page(url, entity_set)
            if isinstance(document, Failure):
                return document
            values += [_short(row.get(name)) for row in document["value"]]
            seen.add(url)
            link = document.get("@odata.nextLink")
            if link is None:
                return values
            url = self._joined(url, str(link))
            if not self._inside(url):
                return _odd(entity_set, "de volgende bladzijde staat ergens anders", "the next page is elsewhere")
            if url in seen or len(seen) >= _PAGES:
                break
        return _odd(entity_set, "de bladzijden houden niet op", "the pages have no end")

    async def _page(self, url: str, entity_set: str) -> dict[str, Any] | Failure:
        body = await self._get(url, JSON, entity_set)
        if isinstance(body, Failure):
            return body
        try:
            document = foreign(body)
        except ValueError:
            return _no_json(body, entity_set)
        if isinstance(document, dict) and "error" in document:
            return _odd(entity_set, "het antwoord eindigt met een foutmelding", "the answer ends with an error")
        rows = document.get("value") if isinstance(document, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return _odd(entity_set, "er staan geen rijen in", "it holds no rows")
        return dict(document)

    async def _get(self, url: str, accept: str, what: str) -> bytes | Failure:
        """Ask, go where the database itself points to, and ask once more where the server said when."""
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self.limits.database
        if now > self._until:
            return self._failed(httpx.ReadTimeout("all answers together take too long"))
        for _ in range(_HOPS + 2):
            answer = await self._once(url, accept, what)
            if isinstance(answer, _Elsewhere):
                url = self._joined(url, answer.location)
                if not self._at_home(url):
                    return Failure("B233", {"host": _host(url)}, reached=True)
            elif isinstance(answer, _Later):
                if self._waited or not 0 <= answer.seconds <= self.limits.wait:
                    return answer.failure
                self._waited = True
                await self.sleep(answer.seconds)
            else:
                return answer
        return _odd(what, "de verwijzingen houden niet op", "the redirects have no end")

    async def _once(self, url: str, accept: str, what: str) -> bytes | Failure | _Elsewhere | _Later:
        self.requests += 1
        headers = {"Accept": accept}
        try:
            async with (
                asyncio.timeout(self.limits.answer),
                self.client.stream("GET", url, headers=headers) as response,
            ):
                if response.status_code == _OK:
                    body = await _body(response, what, min(self.limits.size, self.limits.total - self._received))
                    self._received += len(body) if isinstance(body, bytes) else 0
                    return body
                return await self._refusal(response, what)
        except TimeoutError:
            return self._failed(httpx.ReadTimeout("the answer takes too long"))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ssl.SSLError, OSError) as error:
            return self._failed(error)

    async def _refusal(self, response: httpx.Response, what: str) -> Failure | _Elsewhere | _Later:
        """Return what an answer other than 200 means; of its text only Invantive's own code is used."""
        status = response.status_code
        if status in _REDIRECTS and response.headers.get("location"):
            return _Elsewhere(response.headers["location"])
        detail = await _message_code(response)
        values = {"status": str(status), "what": what, "detail": f" ({detail})" if detail else "", "url": self.url}
        known = _BY_STATUS if what == DESCRIPTION or status != _NOT_FOUND else {}
        failure = Failure(known.get(status, "B232"), values, reached=True)
        if status in (_TOO_MANY, _UNAVAILABLE):
            seconds = _retry_after(response.headers)
            told_nl, told_en = ("later", "later") if seconds < 0 else (f"over {seconds:.0f} s", f"in {seconds:.0f} s")
            return _Later(seconds, Failure(failure.code, values | {"when_nl": told_nl, "when_en": told_en}, True))
        return failure

    def _failed(self, error: BaseException) -> Failure:
        """Return in which way a connection failed: the name, the certificate, the time, or the line."""
        causes = list(_causes(error))
        values = {"host": _host(self.url), "seconds": f"{self.limits.silence:.0f}", "url": self.url}
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return Failure("B224", values)
        faults = [cause for cause in causes if isinstance(cause, ssl.SSLError)]
        if faults:
            reason = getattr(faults[-1], "verify_message", "") or getattr(faults[-1], "reason", "") or "TLS"
            return Failure("B225", values | {"reason": str(reason)[:100]})
        if isinstance(error, httpx.TimeoutException):
            return Failure("B227", values, reached=isinstance(error, httpx.ReadTimeout))
        if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
            return Failure("B236", values, reached=True)
        return Failure("B226", values)

    def _at_home(self, url: str) -> bool:
        """Tell whether a URL is on the database's own host, so that it may get to see who asks."""
        return _origin(url) == _origin(self.url) != ""

    def _inside(self, url: str) -> bool:
        """Tell whether a URL is of this database."""
        return self._at_home(url) and _path(url).startswith(_path(self.url) + "/") and ".." not in _path(url)

    @staticmethod
    def _joined(url: str, link: str) -> str:
        try:
            return str(httpx.URL(url).join(link))
        except (httpx.InvalidURL, ValueError):
            return ""


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    location: str


@dataclass(frozen=True, slots=True)
class _Later:
    seconds: float
    failure: Failure


_BY_STATUS = {_UNAUTHORIZED: "B228", _FORBIDDEN: "B229", _NOT_FOUND: "B230", _TOO_MANY: "B231"}


def open_client(
    client: str, credentials: Credentials, limits: Limits, transport: httpx.AsyncBaseTransport | None, *, local: bool
) -> httpx.AsyncClient:
    """Return a client for one database: its own sign-in and cookies, no redirects by itself, gzip at most.

    ``local`` is for a service of this computer, to which no proxy leads.
    """
    headers = {
        "User-Agent": f"bundel/{__version__}",
        "Referer": part_name(f"bundel/{client}/probe"),  # shows in Bridge Online Monitoring
        "Accept-Encoding": "gzip",
        "OData-MaxVersion": "4.0",
        "Prefer": "omit-values=nulls",
    }
    return httpx.AsyncClient(
        auth=httpx.BasicAuth(credentials.user, credentials.password),
        headers=headers,
        timeout=httpx.Timeout(limits.silence, connect=limits.connect),
        limits=httpx.Limits(max_connections=1),
        follow_redirects=False,
        trust_env=not local,
        verify=tls(),
        transport=transport,
    )


@cache
def tls() -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, an office's own proxy among them, and the public ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def _body(response: httpx.Response, what: str, limit: int) -> bytes | Failure:
    """Return an answer unpacked, no longer than the limit; packed in any way but gzip it is refused."""
    encoding = response.headers.get("content-encoding", "identity").strip().casefold()
    if encoding not in ("gzip", "identity", ""):
        return _odd(what, "het is op een onbekende manier ingepakt", "it is packed in an unknown way")
    unpack = _Unpacker(limit) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        try:
            plain = unpack.feed(chunk) if unpack else chunk
        except zlib.error:
            return _odd(what, "het ingepakte antwoord is beschadigd", "the packed answer is damaged")
        size += len(plain)
        if size > limit:
            return Failure("B235", {"what": what, "limit": str(limit // 1024 // 1024)}, reached=True)
        parts.append(plain)
    if unpack and not unpack.complete:
        return Failure("B236", {"host": str(response.url.host)}, reached=True)
    return b"".join(parts)


class _Unpacker:
    """Unpacks gzip piece by piece, and gives no more than one byte above the limit at a time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.inflate = zlib.decompressobj(_GZIP)

    @property
    def complete(self) -> bool:
        """Tell whether the end of the packed answer was seen."""
        return self.inflate.eof

    def feed(self, chunk: bytes) -> bytes:
        """Return what a piece unpacks to; what follows the end of a member is the next member."""
        plain = self.inflate.decompress(chunk, self.limit + 1)
        while self.inflate.eof and self.inflate.unused_data and len(plain) <= self.limit:
            rest, self.inflate = self.inflate.unused_data, zlib.decompressobj(_GZIP)
            plain += self.inflate.decompress(rest, self.limit + 1)
        return plain


async def _message_code(response: httpx.Response) -> str:
    """Return the code in an error of Invantive (``itgenoda219``), or nothing; the text itself could hold anything."""
    if response.headers.get("content-encoding", "").strip().casefold() not in ("gzip", "identity", ""):
        return ""
    packed = response.headers.get("content-encoding", "").strip().casefold() == "gzip"
    unpack = _Unpacker(_ERROR_TEXT) if packed else None
    text = b""
    try:
        async for chunk in response.aiter_raw():
            text += unpack.feed(chunk) if unpack else chunk
            if len(text) > _ERROR_TEXT:
                break
    except (zlib.error, httpx.HTTPError):
        pass  # the status says enough
    found = _MESSAGE_CODE.search(text)
    return found[0].decode() if found else ""


def _short(value: object) -> object:
    """Return a value as long as a code can be, and nothing of any other: all pages together stay small."""
    return value if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _CODE) else None


def _no_json(body: bytes, what: str) -> Failure:
    """Return why a body is no JSON: it ends too early, or it is something else."""
    if body.lstrip()[:1] in (b"{", b"[") and not body.rstrip().endswith((b"}", b"]")):
        return Failure("B236", reached=True)
    return _odd(what, "het is geen JSON", "it is no JSON")


def _odd(what: str, dutch: str, english: str) -> Failure:
    return Failure("B234", {"what": what, "reason_nl": dutch, "reason_en": english}, reached=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, *getattr(cause, "exceptions", ())]


def _retry_after(headers: httpx.Headers) -> float:
    """Return how many seconds the server asks to wait, negative where it does not say."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - dt.datetime.now(moment.tzinfo)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return -1.0


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host[:100]
    except (httpx.InvalidURL, ValueError):
        return ""


def _path(url: str) -> str:
    return httpx.URL(url).path


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL; nothing where it is none, or names a user."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return ""
    if parts.userinfo or not parts.host:
        return ""
    return f"{parts.scheme}://{parts.netloc.decode('ascii', 'replace')}"
