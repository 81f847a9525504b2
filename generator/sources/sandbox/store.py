"""Books on disk: made once, kept in a folder of the user's own, and taken again only where they are whole.

A file's name is a hash of all that its books follow from, the ledger's own code among it, so another version of the
program makes other files. Beside each file stands the hash of its bytes: what was damaged or changed is made again.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import tempfile
import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from generator import __version__
from generator.sources.sandbox.samples import samples
from generator.sources.sandbox.schema import DIVISIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable

    from generator.sources.ledger import Ledger, Row
    from generator.sources.sandbox.books import Book
    from generator.sources.sandbox.schema import Table

_SUFFIX = ".books"
_SEAL = ".sha256"
_DAYS_KEPT = 14
_DAY = 86_400


class Store:
    """The folder of made books; many threads may ask for the same ones at a time."""

    def __init__(self, folder: Path, tables: Mapping[str, Table]) -> None:
        """Take a folder, which is made when it is needed."""
        self._folder = folder
        self._tables = tables
        self._checked: dict[str, Path] = {}
        self._locks: dict[str, Lock] = {}
        self._guard = Lock()

    def path(self, book: Book) -> Path:
        """Return the file of books, which are made where there is none, or none that is whole."""
        name = self._name(book)
        with self._guard:
            lock = self._locks.setdefault(name, Lock())
        with lock:
            if name not in self._checked:
                self._checked[name] = self._checked_path(name, book)
            return self._checked[name]

    def clean(self, now: float | None = None) -> None:
        """Remove books that nobody has asked for in two weeks; they end on the day they were made."""
        oldest = (time.time() if now is None else now) - _DAYS_KEPT * _DAY
        for path in self._folder.glob("*"):
            if path.suffix in {_SUFFIX, _SEAL, ".part"} and path.lstat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _name(self, book: Book) -> str:
        key = f"{__version__}\0{_code()}\0{sorted(self._tables.items())!r}\0{book!r}"
        return hashlib.sha256(key.encode()).hexdigest()[:40]

    def _checked_path(self, name: str, book: Book) -> Path:
        path = self._folder / f"{name}{_SUFFIX}"
        if _is_whole(path):
            os.utime(path)
            os.utime(path.with_suffix(_SEAL))
            return path
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(".part", dir=self._folder)
        os.close(handle)
        _write(draft, self._tables, book.ledger())
        seal = f"{draft}{_SEAL}.part"
        Path(seal).write_text(_digest(Path(draft)), "ascii")
        for source, target in ((draft, path), (seal, path.with_suffix(_SEAL))):
            if target.is_symlink():
                target.unlink()
            Path(source).replace(target)
        return path


def cache_folder() -> Path:
    """Return the folder for what can be made again, as each system has it."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "bundel" / "sandbox"


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection that can only read a file of books."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _is_whole(path: Path) -> bool:
    """Tell whether books are there with the very bytes they were made with; a link to elsewhere is none."""
    seal = path.with_suffix(_SEAL)
    if path.is_symlink() or seal.is_symlink() or not path.is_file() or not seal.is_file():
        return False
    return seal.read_bytes() == _digest(path).encode("ascii")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _code() -> str:
    """Return a hash of the ledger's own code: other code keeps other books."""
    found = hashlib.sha256()
    for folder in ("generator.sources.ledger", "generator.sources.sandbox"):
        for file in sorted(_sources(files(folder)), key=lambda file: file.name):
            found.update(file.read_bytes())
    return found.hexdigest()


def _sources(folder: Traversable) -> Iterator[Traversable]:
    yield from (file for file in folder.iterdir() if file.name.endswith(".py"))


def _write(path: str, tables: Mapping[str, Table], books: Ledger) -> None:
    """Write books as SQLite tables, one per entity set, in the order of the books; with each row its division's texts.

    A table that the ledger does not keep gets made-up rows. How Invantive words ``DivisionLabel`` is not known.
    """
    rows = books.tables
    codes = [division.code for division in books.divisions]
    added = {
        row["Code"]: {
            "DivisionName": row["Description"],
            "DivisionCompanyName": row["Description"],
            "DivisionShortName": row["Code"],
            "DivisionLabel": f"{row['Description']} ({row['Code']})",
        }
        for row in rows[DIVISIONS]
    }
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        for name, table in tables.items():
            if table.stored != name:
                continue
            made = rows[name] if name in rows else samples(table, codes, rows, books.today)
            columns = [*table.columns]
            listed = ", ".join(f'"{column.name}" {column.affinity}' for column in table.columns.values())
            connection.execute(f'CREATE TABLE "{name}" ({listed})')
            marks = ", ".join("?" * len(columns))
            statement = f'INSERT INTO "{name}" VALUES ({marks})'  # noqa: S608  names of our own
            connection.executemany(statement, _cells(made, columns, added))
        connection.commit()
    finally:
        connection.close()


def _cells(rows: Iterable[Row], columns: Sequence[str], added: Mapping[int, Row]) -> Iterator[list[object]]:
    nothing: Row = {}
    for row in rows:
        texts = added.get(row.get("Division", 0), nothing)
        yield [row[column] if column in row else texts.get(column) for column in columns]
