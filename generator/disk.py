"""The file system: its errors as problems that a person can solve, and the hash of a file."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def told(code: str) -> Iterator[None]:
    """Turn an error of the file system into a problem of a client (or of none: an empty code)."""
    try:
        yield
    except OSError as error:
        path = Path(str(error.filename or "")).name or code or "output"
        values = {"path": path, "reason": error.strerror or str(error)}
        raise Stop([Problem(_problem(error), values=values, client=code)]) from error


def digest(path: str) -> str:
    """Return the SHA-256 of a file in hexadecimal, or nothing where there is no file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if os.path.isfile(path) else ""  # noqa: PTH113  called often


def _problem(error: OSError) -> str:
    """Return the code of the problem that an error of the file system is."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "B102"
    if not isinstance(error, PermissionError) and error.errno != errno.EROFS:
        return "B104"
    target = Path(str(error.filename2 or error.filename or ""))
    writable = error.errno != errno.EROFS and os.access(target.parent, os.W_OK)
    return "B101" if writable else "B103"
