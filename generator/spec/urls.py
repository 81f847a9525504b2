"""The URL of a database: its one form, why a text is none, and what of it may be shown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

Reason = tuple[str, str]
"""Why a text is no URL of a database, in Dutch and English."""

NORMAL = re.compile(r"https://[a-z0-9-]++(?:\.[a-z0-9-]++)++(?:/\w[\w.~-]*+)++", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]+")
_REST = re.compile(r"([?#;]).*", re.DOTALL)
_HIDDEN = "***"


def normal_url(value: str) -> str | Reason:
    """Return a database URL in its one form, with scheme and host in lower case, or why it is none."""
    if NORMAL.fullmatch(value):
        return value
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return "de naam of poort van de server klopt niet", "the server's name or port is wrong"
    reason = next((reason for is_so, reason in _faults(value, parts) if is_so), None)
    if reason:
        return reason
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"https://{host}{f':{port}' if port not in (None, 443) else ''}{parts.path}"


def _faults(value: str, parts: SplitResult) -> Iterator[tuple[bool, Reason]]:
    """Return what may be wrong with a URL, and whether it is."""
    yield parts.scheme != "https", ("het begint niet met https://", "it does not begin with https://")
    has_user = parts.username is not None or parts.password is not None
    yield has_user, ("er staat een gebruiker of wachtwoord in", "it holds a user or password")
    yield "?" in value or "#" in value, ("er staat een ? of # in", "it holds a ? or #")
    is_strange = not parts.hostname or " " in value or "\\" in value or not value.isascii()
    yield is_strange, ("er staat een spatie of vreemd teken in", "it holds a blank or a strange character")
    is_short = not parts.path or bool({".", ".."} & set(parts.path.split("/")))
    yield is_short, ("het pad naar de database ontbreekt", "the path to the database is missing")
    is_doubtful = "%" in value or ";" in value or "//" in parts.path
    yield is_doubtful, ("er staat een %, een ; of een dubbele / in", "it holds a %, a ; or a double /")


def masked(value: str) -> str:
    """Return a text without what may be a secret in a URL: all before an ``@``, and all after ``?``, ``#`` or ``;``."""
    before, at, rest = unicodedata.normalize("NFKC", value).rpartition("@")
    scheme = _SCHEME.match(before)
    user = f"{scheme[0] if scheme else ''}{_HIDDEN}@" if at else ""
    return user + _REST.sub(rf"\1{_HIDDEN}", rest)
