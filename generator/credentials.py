"""Who signs in to a client's database: from the environment, else from the system's key store; never from a file.

The key store keeps an entry per host and client, so that a slip or an attack that changes a URL to another host finds
no password to send there.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

USER = "BUNDEL_ODATA_USER"
PASSWORD = "BUNDEL_ODATA_PASSWORD"  # noqa: S105  the name of a variable
EVERYONE = "*"
"""Stands for all clients in the key store, as it does in the workbook."""

SANDBOX = "sandbox"
SIGN_IN = 4
"""The exit code that says: sign-in needed or refused."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password of Invantive Cloud; the password shows nowhere."""

    user: str
    password: str = field(repr=False)


def variable(name: str, code: str) -> str:
    """Return a client's own variable: ``BUNDEL_ODATA_PASSWORD__GROEP_ZUID`` for ``groep-zuid``."""
    return f"{name}__{re.sub('[^A-Z0-9]', '_', code.upper())}"


def collisions(codes: Iterable[str], environ: Mapping[str, str] = os.environ) -> tuple[Problem, ...]:
    """Return a problem for each variable that is set and that two clients would both read.

    ``codes`` are all codes of the workbooks, also of clients that are not active: a password is of one of them only.
    """
    readers: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for code in codes:
        for name in (USER, PASSWORD):
            readers[variable(name, code)].setdefault(code.casefold(), code)
    return tuple(
        Problem("B221", None, {"variable": name, "clients": ", ".join(sorted(clients.values()))})
        for name, clients in readers.items()
        if len(clients) > 1 and environ.get(name)
    )


def find(code: str, url: str, environ: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return who signs in to the database of a client at a URL; its own variables go first, then those of all.

    Raises ``Stop`` with exit code 4 where what is set can't be used: a password without a user (B222), a key store
    that refuses (B223).
    """
    names = [variable(PASSWORD, code), PASSWORD]
    source = next((name for name in names if environ.get(name)), "")
    if source:
        user = environ.get(variable(USER, code)) or environ.get(USER) or ""
        return _checked(Credentials(user, environ[source]), code, source)
    return _stored(code, url) or _stored(EVERYONE, url)


def required(code: str, url: str, environ: Mapping[str, str] = os.environ) -> Credentials:
    """Return what ``find`` does; raise ``Stop`` with B220 and exit code 4 where there is nothing."""
    found = find(code, url, environ)
    if found is None:
        raise Stop([Problem("B220", None, {"variable": variable(PASSWORD, code), "client": code}, code)], SIGN_IN)
    return found


def sandbox(environ: Mapping[str, str] = os.environ) -> Credentials:
    """Return what the sandbox accepts; a client's own password never goes there."""
    return Credentials(environ.get(USER) or SANDBOX, environ.get(PASSWORD) or SANDBOX)


def ready(url: str) -> ModuleType:
    """Return the library that keeps passwords; raise ``Stop`` with B223 where there is no key store to keep them in."""
    keyring = _keyring()
    if keyring is None:
        _refuse("er is geen key store te bereiken", "no key store can be reached")
    try:
        keyring.get_password(_service(url), EVERYONE)
    except keyring.errors.KeyringError as error:
        _refuse(*_reasons(error))
    return keyring


def store(code: str, url: str, credentials: Credentials) -> None:
    """Keep credentials in the key store for a client (or ``EVERYONE``) and the host of a URL.

    Raises ``Stop`` with B222 where they can't be right, and with B223 where there is no key store or it refuses.
    """
    _checked(credentials, "" if code == EVERYONE else code, "")
    keyring = ready(url)
    value = json.dumps({"user": credentials.user, "password": credentials.password})
    try:
        keyring.set_password(_service(url), code, value)
    except keyring.errors.KeyringError as error:
        _refuse(*_reasons(error))


def _stored(code: str, url: str) -> Credentials | None:
    """Return what the key store has for a client, or for all; nothing where there is no key store."""
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        document = json.loads(keyring.get_password(_service(url), code) or "{}")
        return Credentials(str(document["user"]), str(document["password"]))
    except (ValueError, KeyError, TypeError):  # nothing there, or not ours
        return None
    except keyring.errors.NoKeyringError:
        return None
    except keyring.errors.KeyringError as error:
        _refuse(*_reasons(error))


def _keyring() -> ModuleType | None:
    try:
        import keyring  # noqa: PLC0415  an extra, and finding the system's key store takes a while
        import keyring.errors  # noqa: PLC0415
    except ImportError:
        return None
    return keyring


def _service(url: str) -> str:
    return f"bundel {urlsplit(url).netloc}"


def _checked(credentials: Credentials, code: str, source: str) -> Credentials:
    """Return credentials that can be right; each wrong attempt would count towards a block."""
    named = source or PASSWORD
    if not credentials.user:
        reason = f"{named} is gezet, {USER} niet", f"{named} is set, {USER} is not"
    elif ":" in credentials.user or _CONTROLS.search(credentials.user):
        reason = "de gebruiker bevat een dubbele punt of regeleinde", "the user holds a colon or a line end"
    elif not credentials.password or _CONTROLS.search(credentials.password):
        reason = "het wachtwoord is leeg of bevat een regeleinde", "the password is empty or holds a line end"
    else:
        return credentials
    raise Stop([Problem("B222", None, {"reason_nl": reason[0], "reason_en": reason[1]}, code)], SIGN_IN)


def _reasons(error: Exception) -> tuple[str, str]:
    """Return why a key store refuses; its own words could hold what was to be kept."""
    kind = type(error).__name__
    if kind == "NoKeyringError":
        return "deze computer heeft geen key store", "this computer has no key store"
    return f"de key store weigert ({kind})", f"the key store refuses ({kind})"


def _refuse(dutch: str, english: str) -> NoReturn:
    raise Stop([Problem("B223", None, {"reason_nl": dutch, "reason_en": english})], SIGN_IN)
