"""What the sandbox does not do, said as OData says it."""

from __future__ import annotations

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_LONG = 400, 401, 404, 414
TOO_MANY, NOT_IMPLEMENTED, UNAVAILABLE, MISDIRECTED = 429, 501, 503, 421


class Refused(Exception):  # noqa: N818  an answer to a request, as ``Stop`` is to a command
    """Answer a request with an OData error: an HTTP status, a code and a sentence."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        """Keep what to answer; the code is the status where there is no known one."""
        self.status, self.message, self.code = status, message, code or str(status)
        super().__init__(message)


def unsupported(what: str) -> Refused:
    """Return the answer to something that Invantive Bridge Online is not known to support."""
    return Refused(NOT_IMPLEMENTED, f"{what} is not supported.")


def unknown_column(name: str, table: str) -> Refused:
    """Return Invantive's answer to a column that a table lacks (``reference/invantive.md``, section 5)."""
    return Refused(BAD_REQUEST, f"Column not found: '{name}' in '{table}'.")
