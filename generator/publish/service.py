"""The two interfaces of Power BI web as one: a call that either answers or raises ``Stop`` in words for a person."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from generator.problems import Problem, Stop, visible
from generator.publish.withheld import without
from generator.web import REFUSED, UNREACHABLE, Reply, Web, host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

FABRIC_URL = "https://api.fabric.microsoft.com"
POWERBI_URL = "https://api.powerbi.com"
HOSTS = ("fabric.microsoft.com", "powerbi.com", "analysis.windows.net")
"""Where a token may go. An operation's ``Location`` is on a regional host under ``analysis.windows.net``."""

UNSURE = -1
"""Among statuses to accept: any reply that leaves it open whether the call was carried out."""

SIGN_IN = 4
"""The exit code that says: sign-in needed or refused."""

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_POLLS = (1.0, 1.0, 2.0)  # seconds; a report takes about 4, a model about 15, whatever Retry-After says
_POLL = 3.0
_LONGEST_TEXT = 300
_MOST_PAGES = 10_000
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _ERROR = 401, 403, 404, 429, 500


@dataclass(slots=True)
class Service:
    """Both interfaces behind one allow-list and one share of requests.

    ``known``, ``named`` and ``marked`` are what was asked once for all clients: how to make a connection, which there
    were by name, and the descriptions of workspaces.
    ``secrets`` are cut out of whatever the service says before anybody sees it. ``operation_seconds`` and
    ``refresh_seconds`` limit how long is waited for either.
    """

    web: Web
    fabric: str = FABRIC_URL
    powerbi: str = POWERBI_URL
    operation_seconds: float = 900.0
    refresh_seconds: float = 3600.0
    secrets: set[str] = field(default_factory=set, repr=False)
    known: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    marked: dict[str, str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def call(  # the options are those of ``Web.send``
        self,
        method: str,
        path: str,
        content: Any = None,  # noqa: ANN401  whatever JSON holds
        *,
        accept: Collection[int] = (),
        repeatable: bool | None = None,
        polling: bool = False,
        fresh: bool = False,
    ) -> Reply:
        """Return the reply to a call that went well, may have gone well (``UNSURE``), or has a status to ``accept``.

        ``path`` is of either interface, or a whole URL that the service gave. Raises ``Stop`` otherwise.
        """
        base = "" if "://" in path else self.powerbi if path.startswith("/v1.0/") else self.fabric
        reply = self.web.send(method, base + path, content=content, repeatable=repeatable, polling=polling, fresh=fresh)
        if reply.ok or reply.status in accept or (UNSURE in accept and reply.unsure):
            return reply
        raise self.failure(reply, f"{method} {shown(path)}")

    def failure(self, reply: Reply, what: str) -> Stop:
        """Return the problem that a reply is."""
        code, exit_code = _code(reply), SIGN_IN if reply.status == _UNAUTHORIZED else 1
        values = {
            "what": what,
            "host": reply.detail,
            "status": str(reply.status or reply.detail),
            "error": self.words(error_code(reply)),
            "message": self.words(error_message(reply)),
            "seconds": str(round(reply.retry_after)),
        }
        return Stop([Problem(code, None, values)], exit_code)

    def words(self, text: str) -> str:
        """Return what the service says, on one line of bearable length, with no secret of ours in it."""
        text = " ".join(visible(without(text, self.secrets.copy())).split())
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"

    def pages(self, path: str, *, fresh: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, of all its pages.

        The next page is asked for by its token, where we ask ourselves, and not at an address that an answer names.
        """
        seen: set[str] = set()
        token = ""
        while token not in seen:
            if len(seen) == _MOST_PAGES:
                raise Stop([Problem("B307", None, _nothing("200") | {"what": f"GET {shown(path)}"})])
            seen.add(token)
            page = f"{path}?continuationToken={quote(token, safe='')}" if token else path
            document = self.call("GET", page, fresh=fresh).document()
            yield from entries(document)
            token = str(document.get("continuationToken") or "")

    def finish(self, reply: Reply, remember: Callable[[str], None] = lambda _: None) -> Any:  # noqa: ANN401
        """Wait for a long-running operation to end, and return its result where it has one.

        ``remember`` is told the operation's address once it is known, for who goes on after being cut off.
        """
        if reply.status != 202:  # noqa: PLR2004  accepted
            return reply.document()
        address = self._address(reply)
        remember(address)
        clock, number = self.web.clock, 0
        deadline = clock.now() + self.operation_seconds
        while clock.now() < deadline:
            clock.sleep(_POLLS[number] if number < len(_POLLS) else _POLL)
            number += 1
            state = self.call("GET", address, polling=True, fresh=True)
            document = state.document()
            status = document.get("status") if isinstance(document, dict) else None
            if status == "Succeeded":
                return self._result(state)
            if status == "Failed":
                self._failed(document.get("error"))
        raise Stop([Problem("B308", None, {"minutes": str(round(self.operation_seconds / 60))})])

    def _address(self, reply: Reply) -> str:
        location = reply.headers.get("location", "")
        if location and not self.web.allows(location):
            raise self.failure(Reply(failure=REFUSED, detail=host_of(location)), "Location")
        operation = reply.headers.get("x-ms-operation-id", "")
        if not location and not GUID.fullmatch(operation):
            raise Stop([Problem("B307", None, _nothing("202"))])
        return location or f"/v1/operations/{operation}"

    def _result(self, state: Reply) -> Any:  # noqa: ANN401  whatever JSON holds
        location = state.headers.get("location", "")
        if not location.rstrip("/").endswith("/result"):
            return None
        return self.call("GET", location, fresh=True).document()

    def _failed(self, error: Any) -> NoReturn:  # noqa: ANN401  whatever JSON holds
        known = error if isinstance(error, dict) else {}
        values = {
            "error": self.words(str(known.get("errorCode") or "")),
            "message": self.words(str(known.get("message") or "")),
        }
        raise Stop([Problem("B309", None, values)])


def entries(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401  whatever JSON holds
    """Return the entries of a list as either interface gives it; raise ``Stop`` where it is no list."""
    value = document.get("value") if isinstance(document, dict) else None
    if not isinstance(value, list):
        raise Stop([Problem("B307", None, _nothing("200"))])
    return [entry for entry in value if isinstance(entry, dict)]


def guid(entry: Any, key: str = "id") -> str:  # noqa: ANN401  whatever JSON holds
    """Return the id of an entry; nothing where it has none that can be one, and so would lead a call elsewhere."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) and GUID.fullmatch(value) else ""


def error_code(reply: Reply) -> str:
    """Return the code that the service gives an error, in whichever of its forms; empty where it gives none."""
    error = _error(reply)
    return str(error.get("errorCode") or error.get("code") or reply.headers.get("x-ms-public-api-error-code") or "")


def error_message(reply: Reply) -> str:
    """Return what the service says of an error; empty where it says nothing that can be read."""
    error = _error(reply)
    details = error.get("moreDetails")
    more = [
        str(detail.get("message", ""))
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    ]
    return " ".join(filter(None, [str(error.get("message") or ""), *more]))


def shown(path: str) -> str:
    """Return a path for a message: what is asked, without the ids and the query that nobody can read."""
    plain = GUID.sub("…", path.partition("?")[0])
    return "/".join(plain.rsplit("/", 3)[-3:])


def _error(reply: Reply) -> dict[str, Any]:
    document = reply.document()
    if not isinstance(document, dict):
        return {}
    inner = document.get("error")
    return inner if isinstance(inner, dict) else document


def _nothing(status: str) -> dict[str, str]:
    return {"what": "", "status": status, "error": "", "message": ""}


def _code(reply: Reply) -> str:
    """Return the code of the problem that a reply is."""
    if reply.failure:
        return {REFUSED: "B301", UNREACHABLE: "B300"}.get(reply.failure, "B306")
    known = {_UNAUTHORIZED: "B302", _FORBIDDEN: "B303", _NOT_FOUND: "B304", _TOO_MANY: "B305"}
    return known.get(reply.status, "B306" if reply.status >= _ERROR else "B307")
