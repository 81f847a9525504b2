"""The file system: its errors as problems that a person can solve, its moods, the hash of a file, names, and links."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
import time
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from generator.problems import Cell, Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PUBLISHED = "published.json"
# One part of a path: no character, ending or device name that Windows does not take as it is.
_PART = re.compile(
    r"(?!(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:[ .]|$))"
    r'(?!\.{1,2}$)[^<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]*[^<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff. ]',
    re.IGNORECASE,
)
_LONGEST = 259 if os.name == "nt" else 4095  # characters of a whole path
_TOO_LONG = {errno.ENAMETOOLONG, errno.ENOENT, errno.EINVAL}  # what Windows says of a longer one depends on the call
# A virus scanner or OneDrive holds a file that was just written for a moment; only Windows minds that.
_PAUSES = (0.1, 0.4) if os.name == "nt" else ()
_SMALL = 2  # files in a folder that is not worth opening
_JUNCTION = 0xA0000003  # a folder of Windows that leads elsewhere; a file that OneDrive has yet to fetch is no link

if sys.platform == "win32":
    _FOLDER = os.O_RDONLY
else:
    _FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW  # how a folder is opened to look into it, and no link to one


@contextmanager
def told(code: str) -> Iterator[None]:
    """Turn an error of the file system into a problem of a client (or of none: an empty code)."""
    try:
        yield
    except OSError as error:
        named = (os.path.abspath(str(path)) for path in (error.filename, error.filename2) if path)  # noqa: PTH100
        longest = max(named, key=len, default="")
        if error.errno in _TOO_LONG and len(longest) > _LONGEST:
            size = {"length": str(len(longest)), "most": str(_LONGEST)}
            raise Stop([Problem("B195", values={"path": Path(longest).name} | size, client=code)]) from error
        path = Path(str(error.filename or "")).name or code or "output"
        values = {"path": path, "reason": error.strerror or str(error)}
        raise Stop([Problem(_problem(error), values=values, client=code)]) from error


def patiently(act: Callable[[], object]) -> None:
    """Do what another program may prevent for a moment, and try again a little later where it does."""
    for pause in _PAUSES:
        with suppress(PermissionError):
            act()
            return
        time.sleep(pause)
    act()


def digest(path: str) -> str:
    """Return the SHA-256 of a file in hexadecimal, or nothing where there is no file; a link is no file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if is_file(path) else ""


def is_file(path: str) -> bool:
    """Tell whether there is a file, and not a link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def all_there(folder: str, paths: Iterable[str]) -> bool:
    """Tell whether files are in a folder; right in it a link is none, nor is what lies behind a folder that is a link.

    A bundle has hundreds of folders with a file or two: those are looked at from the folder above them, and a link in
    one of them is not seen here. Whoever reads or writes there refuses it.
    """
    if os.access not in os.supports_dir_fd:  # Windows
        return all(is_file(f"{folder}/{path}") for path in paths)
    if not all(is_file(f"{folder}/{path}") for path in paths if "/" not in path):
        return False
    deep = tuple(path for path in paths if "/" in path)  # what has the name of the client in it is not deep
    try:
        return all(_all_in(f"{folder}/{inside}", below) for inside, below in _by_folder(deep))
    except (OSError, ValueError):
        return False  # what can't be looked at is not there


def _all_in(folder: str, paths: Iterable[bytes]) -> bool:
    """Tell whether something is at each path from a folder; raise ``OSError`` where that is none, or a link."""
    opened = os.open(folder, _FOLDER)
    try:
        return all(os.access(path, os.F_OK, dir_fd=opened) for path in paths)
    finally:
        os.close(opened)


@lru_cache(maxsize=16)
def _by_folder(paths: tuple[str, ...]) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
    """Return the folders to open for files, each with the paths from there: of files in it, and in small folders."""
    inside: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        inside.setdefault(folder, []).append(name)
    looks: dict[str, list[bytes]] = {}
    for folder, names in inside.items():
        above, _, last = folder.rpartition("/")
        small = above and len(names) <= _SMALL
        found = (f"{last}/{name}" if small else name for name in names)
        looks.setdefault(above if small else folder, []).extend(map(os.fsencode, found))
    return tuple((folder, tuple(below)) for folder, below in looks.items())


def walk(folder: Path) -> Iterator[str]:
    """Yield the paths of all files in a folder, and of the links in it, none of which is followed."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() and not is_link(os.fspath(folder)) else ():
        if entry.is_dir() and not is_link(os.fspath(entry)):
            yield from (f"{entry.name}/{inside}" for inside in walk(entry))
        else:
            yield entry.name


def is_link(path: str) -> bool:
    """Tell whether a path leads elsewhere: a symbolic link, or a junction of Windows."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION


def link_among(root: str, paths: Iterable[str]) -> str:
    """Return the first link on the way from a folder to paths inside it, or nothing; the folder itself may be one."""
    steps = dict.fromkeys(step for path in paths for step in accumulate(path.split("/"), "{}/{}".format))
    return next((step for step in steps if is_link(f"{root}/{step}")), "")


def refuse_links(root: str, code: str, paths: Iterable[str]) -> None:
    """Raise ``Stop`` with B105 where a link stands on the way from a folder to paths inside it."""
    if found := link_among(root, paths):
        raise Stop([Problem("B105", Cell(found), {"path": found}, code)])


@lru_cache(maxsize=4096)
def is_plain(path: str) -> bool:
    """Tell whether a path stays inside its folder, and is made of plain names on Windows, macOS and Linux."""
    return all(_PART.fullmatch(part) for part in path.split("/"))


def is_state(path: str) -> bool:
    """Tell whether a path belongs to state: what other commands and Power BI Desktop keep in a bundle's folder."""
    parts = path.lower().split("/")
    return parts[0] in {"preview", PUBLISHED} or ".pbi" in parts


@lru_cache(maxsize=4096)
def is_generated(path: str) -> bool:
    """Tell whether a generated file can have a path: plain names, and not of state."""
    return is_plain(path) and not is_state(path)


def _problem(error: OSError) -> str:
    """Return the code of the problem that an error of the file system is."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "B102"
    if not isinstance(error, PermissionError) and error.errno != errno.EROFS:
        return "B104"
    target = Path(str(error.filename2 or error.filename or ""))
    # Windows minds that a file is held open before it sees that the folder it goes to is not there yet.
    nearest = next((folder for folder in target.parents if folder.exists()), target.parent)
    writable = error.errno != errno.EROFS and os.access(nearest, os.W_OK)
    return "B101" if writable else "B103"
