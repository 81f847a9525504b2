"""The one HTTP client: whom it may ask, how often, how long it waits, and what came back. It knows no service.

Nothing here raises for what a network or a server does: an answer, or the lack of one, is a ``Reply``.
"""

from __future__ import annotations

import ipaddress
import random
import re
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from generator.jsontext import foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

REFUSED, UNREACHABLE, CUT = "refused", "unreachable", "cut"
"""Why there is no answer: never asked; nothing was sent; sent, but whether it was carried out is not known."""

_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:]+")  # a name, or an address of IPv6: no sign that another parser may split at
_SAFE = frozenset({"GET", "HEAD"})
_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_TOO_MANY = 429
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_SERVER_ERROR = 500
_TOLD_TO_WAIT = frozenset({429, 503})
_MINUTE = 61.0  # seconds; what is sent evenly may arrive a little closer together
_SHARED_PAUSE = 120  # seconds; a longer Retry-After is about one item (its refreshes of today), not about the caller


class Clock(Protocol):
    """Time as this module needs it; tests and benchmarks bring their own."""

    def now(self) -> float:
        """Return seconds since some moment; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def halt(self) -> None:
        """Wake whoever waits, now and later: the run is stopped."""


class SystemClock:
    """The clock of this computer."""

    def __init__(self) -> None:
        """Start."""
        self._stopped = threading.Event()

    def now(self) -> float:
        """Return seconds since some moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raise ``KeyboardInterrupt`` where the run is stopped."""
        if self._stopped.wait(seconds):
            raise KeyboardInterrupt

    def halt(self) -> None:
        """Wake whoever waits, now and later: the run is stopped."""
        self._stopped.set()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one request may take. ``timeout`` is for one answer, ``seconds`` for all tries together.

    ``missing`` is how long a 404 is asked again for what was made a moment ago; ``size`` counts bytes, unpacked.
    """

    attempts: int = 6
    timeout: float = 60.0
    seconds: float = 300.0
    missing: float = 60.0
    size: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: ``status`` is 0 where nothing did, and then ``failure`` says why and ``detail`` in which words.

    ``retry_after`` is in seconds, 0 where the server named none.
    """

    status: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    failure: str = ""
    detail: str = ""
    retry_after: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether the server did what was asked, or has begun."""
        return httpx.codes.is_success(self.status)

    @property
    def unsure(self) -> bool:
        """Tell whether the server may have done it although it did not say so."""
        return self.failure == CUT or self.status >= _SERVER_ERROR

    def document(self) -> Any:  # noqa: ANN401  whatever JSON holds
        """Return the body as JSON; None where it is empty or something else."""
        try:
            return foreign(self.body) if self.body else None
        except ValueError:
            return None


class Bucket:
    """At most so many requests in any minute, over all threads, in the order of asking.

    A request that only asks whether something is ready waits until no other request is in line, for ``patience``
    seconds at most. ``taken`` counts requests, ``polls`` those among them that only asked.
    """

    def __init__(self, per_minute: int = 200, clock: Clock | None = None, patience: float = 15) -> None:
        """Fill the bucket; each turn that is taken comes back a minute later."""
        self.clock: Clock = clock or SystemClock()
        self.taken = self.polls = 0
        self._patience = patience
        self._turns: deque[float] = deque(maxlen=max(1, per_minute))
        self._closed = float("-inf")
        self._lock = threading.Lock()

    def take(self, *, polling: bool = False) -> None:
        """Wait for a turn."""
        limit = self.clock.now() + self._patience
        while True:
            with self._lock:
                now = self.clock.now()
                full = len(self._turns) == self._turns.maxlen
                turn = max(now, self._closed, self._turns[0] + _MINUTE if full else now)
                if not polling or turn <= now or now >= limit:
                    self._turns.append(turn)
                    self.taken += 1
                    self.polls += polling
                    break
            self.clock.sleep(max(min(turn, limit) - now, 0.001))
        if turn > now:
            self.clock.sleep(turn - now)

    def pause(self, seconds: float) -> None:
        """Let nobody have a turn for so many seconds: the server said so to one, and counts all."""
        with self._lock:
            self._closed = max(self._closed, self.clock.now() + seconds)


class Web:
    """Asks servers on an allow-list, and no others, whoever names them: a redirect, a next page, a location.

    ``hosts`` allow themselves and what lies under them, over https on its own port. ``local`` are whole origins of
    this computer (``http://127.0.0.1:8471``); anything else in it is ignored. ``sign`` gives the headers that prove
    who asks, for a URL, and fresh ones when the server no longer takes the last.
    """

    def __init__(
        self,
        hosts: Iterable[str],
        sign: Callable[[str, bool], Mapping[str, str]],
        *,
        local: Iterable[str] = (),
        bucket: Bucket | None = None,
        limits: Limits | None = None,
        transport: httpx.BaseTransport | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        """Open the client; ``trace`` gets a line for each request, with nothing in it that is secret."""
        self.hosts = tuple(hosts)
        self.local = frozenset(origin for url in local if (origin := local_origin(url)))
        self.bucket = bucket or Bucket()
        self.clock = self.bucket.clock
        self.limits = limits or Limits()
        self._sign = sign
        self._trace = trace or (lambda _: None)
        pool = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        direct = (
            {} if transport else {f"all://{httpx.URL(origin).host}": httpx.HTTPTransport() for origin in self.local}
        )
        self._client = httpx.Client(  # a proxy of the network serves for the world outside, not for this computer
            transport=transport, timeout=self.limits.timeout, limits=pool, mounts=direct, follow_redirects=False
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def allows(self, url: str) -> bool:
        """Tell whether a URL may be asked, and may get to see who asks."""
        return self._allowed(url) is not None

    def _allowed(self, url: str) -> httpx.URL | None:
        try:
            parts = httpx.URL(url)
        except (httpx.InvalidURL, ValueError, TypeError):
            return None
        if parts.userinfo or not _HOST.fullmatch(parts.host):
            return None
        named = any(parts.host == host or parts.host.endswith(f".{host}") for host in self.hosts)
        public = parts.scheme == "https" and parts.port in (None, 443) and named
        return parts if public or _origin(parts) in self.local else None

    def send(
        self,
        method: str,
        url: str,
        *,
        content: Any = None,  # noqa: ANN401  whatever JSON holds
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        polling: bool = False,
        fresh: bool = False,
    ) -> Reply:
        """Ask, and ask again where that does no harm and may help.

        ``content`` is sent as JSON. ``repeatable`` tells that doing it twice is as good as once; by default only
        reading is. Where it is not, and the server may have done it, the reply is ``unsure``. ``fresh`` tells that
        what is asked for was made a moment ago: a 404 may then only mean that not every server knows it yet.
        """
        again = method in _SAFE if repeatable is None else repeatable
        started = self.clock.now()
        signed_again = False
        for attempt in count(1):
            self.bucket.take(polling=polling)
            reply = self._follow(method, url, content, headers or {}, renew=signed_again)
            if reply.status == _UNAUTHORIZED and not signed_again:
                signed_again = True
                continue
            wait = self._wait(reply, attempt, started, again=again, fresh=fresh)
            if wait is None:
                return reply
            self.clock.sleep(wait)
        raise AssertionError  # pragma: no cover  ``count`` has no end

    def _wait(self, reply: Reply, attempt: int, started: float, *, again: bool, fresh: bool) -> float | None:
        """Return how long to wait before asking again, or None where the reply is the answer."""
        passed = self.clock.now() - started
        if fresh and reply.status == _NOT_FOUND:
            return min(attempt, 5.0) if passed < self.limits.missing else None
        if reply.status == _TOO_MANY and reply.retry_after <= _SHARED_PAUSE:
            self.bucket.pause(reply.retry_after)
        harmless = again or reply.status == _TOO_MANY or reply.failure == UNREACHABLE
        passing = reply.unsure or reply.status == _TOO_MANY or reply.failure == UNREACHABLE
        if not (harmless and passing) or attempt >= self.limits.attempts:
            return None
        backoff = min(2.0 ** (attempt - 1), 30.0) * random.uniform(0.5, 1.0)  # noqa: S311  spreads, hides nothing
        wait = max(reply.retry_after, backoff)
        return wait if passed + wait <= self.limits.seconds else None

    def _follow(self, method: str, url: str, content: Any, headers: Mapping[str, str], *, renew: bool) -> Reply:  # noqa: ANN401
        """Ask once, and go where the server points to, if it may be asked too."""
        for _ in range(4):
            parts = self._allowed(url)
            if parts is None:
                return Reply(failure=REFUSED, detail=host_of(url))
            reply = self._once(method, parts, content, {**headers, **self._sign(url, renew)})
            target = reply.headers.get("location")
            if reply.status not in _FOLLOWED or method not in _SAFE or not target:
                return reply
            url = str(parts.join(target)) if _parses(target) else target
        return Reply(failure=REFUSED, detail=host_of(url))

    def _once(self, method: str, url: httpx.URL, content: Any, headers: Mapping[str, str]) -> Reply:  # noqa: ANN401
        started = self.clock.now()
        with _told(method, url, self._trace, started, self.clock) as said:
            try:
                with self._client.stream(method, url, json=content, headers=headers) as response:
                    body = self._read(response, started)
                    reply = Reply(
                        response.status_code, response.headers, body, retry_after=_retry_after(response.headers)
                    )
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
                reply = Reply(failure=UNREACHABLE, detail=type(error).__name__)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                reply = Reply(failure=CUT, detail=type(error).__name__)
            said.append(str(reply.status or reply.detail))
        return reply

    def _read(self, response: httpx.Response, started: float) -> bytes:
        """Read a body, and give up on one that has no end or drips."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.limits.size or self.clock.now() - started > self.limits.seconds:
                raise httpx.ReadError("the body is too long or too slow")
            parts.append(part)
        return b"".join(parts)


@contextmanager
def _told(
    method: str, url: httpx.URL, trace: Callable[[str], None], started: float, clock: Clock
) -> Iterator[list[str]]:
    """Trace a request when it is over: method, host and path, how it ended; no query, header or body."""
    said: list[str] = []
    yield said
    trace(f"{method} {url.host}{url.path} {' '.join(said)} {clock.now() - started:.2f} s")


def _retry_after(headers: httpx.Headers) -> float:
    """Return how many seconds the server asks to wait; it may name a moment instead, by its own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError, OverflowError):  # a year that no calendar has
        return 0.0


def _parses(url: str) -> bool:
    try:
        httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    return True


def host_of(url: str) -> str:
    """Return the host of a URL for a message, or nothing where it has none."""
    return httpx.URL(url).host if _parses(url) else ""


def _origin(parts: httpx.URL) -> str:
    return f"{parts.scheme}://{parts.netloc.decode('ascii', 'replace')}"


def local_origin(url: str) -> str:
    """Return the origin of a URL of this computer; nothing where it is another's."""
    if not _parses(url):
        return ""
    parts = httpx.URL(url)
    try:
        is_local = parts.host == "localhost" or ipaddress.ip_address(parts.host).is_loopback
    except ValueError:
        is_local = False
    return _origin(parts) if is_local and parts.scheme in ("http", "https") and not parts.userinfo else ""
