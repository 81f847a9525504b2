"""Where the sandbox stands in for a database: its address follows from the client's own."""

from __future__ import annotations

from urllib.parse import urlsplit

HOST = "127.0.0.1"
PORT = 8471
DEFAULT_URL = f"http://{HOST}:{PORT}"
"""Where the sandbox is looked for where ``BUNDEL_SANDBOX_URL`` says nothing."""

PASSWORD = "sandbox"  # noqa: S105  made up, documented, and of use on this computer only
_SERVICE = "/odata4"


def slug(url: str) -> str:
    """Return the part of a database URL that tells databases of one server apart, such as ``vd-bakker``."""
    return urlsplit(url).path.rstrip("/").removesuffix(_SERVICE).strip("/")


def sandbox_url(url: str, base: str = DEFAULT_URL) -> str:
    """Return the URL at which the sandbox serves what stands in for a client's database URL."""
    name = slug(url)
    return f"{base.rstrip('/')}{'/' if name else ''}{name}{_SERVICE}"
