"""Where the sandbox stands in for a database: its address follows from the client's own."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from generator.problems import Problem, Stop
from generator.spec.urls import masked

HOST = "127.0.0.1"
PORT = 8471
DEFAULT_URL = f"http://{HOST}:{PORT}"
"""Where the sandbox is looked for where ``BUNDEL_SANDBOX_URL`` says nothing."""

PASSWORD = "sandbox"  # noqa: S105  made up, documented, and of use on this computer only
_SERVICE = "/odata4"
_LOCAL = frozenset({HOST, "localhost", "::1"})
_WRONG_COMMAND = 2


def base_url() -> str:
    """Return where the running sandbox is looked for; raise ``Stop`` where the environment names another computer."""
    value = os.environ.get("BUNDEL_SANDBOX_URL") or DEFAULT_URL
    try:
        parts = urlsplit(value)
        known = parts.scheme == "http" and parts.hostname in _LOCAL and parts.port != 0
    except ValueError:
        known = False
    if not known or "@" in value or parts.path.strip("/") or parts.query or parts.fragment:
        raise Stop([Problem("B204", None, {"value": masked(value)})], _WRONG_COMMAND)
    return value.rstrip("/")


def slug(url: str) -> str:
    """Return the part of a database URL that tells databases of one server apart, such as ``vd-bakker``."""
    return urlsplit(url).path.rstrip("/").removesuffix(_SERVICE).strip("/")


def sandbox_url(url: str, base: str = DEFAULT_URL) -> str:
    """Return the URL at which the sandbox serves what stands in for a client's database URL."""
    name = slug(url)
    return f"{base.rstrip('/')}{'/' if name else ''}{name}{_SERVICE}"
