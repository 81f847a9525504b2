"""Where the columns of a sheet stand: its headers, in both languages, in any order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from generator.problems import LANGUAGES, Cell, Problem
from generator.spec.guard import letters, number
from generator.spec.sheets import BY_KEY, find_column, fold, required_of
from generator.spec.values import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from generator.spec.records import Dropped
    from generator.spec.sheets import Column, Sheet
    from generator.spec.values import Raw

_HEADER_ROWS = 20  # titles and remarks may stand above the headers
_SECRET = (
    "secret", "geheim", "wachtw", "password", "passwd", "paswoord", "pwd", "token", "apikey", "accesskey", "sleutel",
    "credential", "passphrase", "toegangscode", "bearer", "inloggegeven",
)  # fmt: skip
_SECRET_ALONE = frozenset({"pw"})  # too short to look for inside a word
_MOST_PLAIN = 50  # columns of a header row that may be remembered
_LONGEST_NAME = 100  # of a name that may be a slip of another
_MOST_MERGED = 1000  # told per sheet; Excel itself lets no two of them overlap
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


@dataclass(slots=True)
class Page:
    """One sheet of one workbook as it was found: its values from A1 on, and what the guard saw in it.

    ``only_client`` is the code for empty client columns where the workbook has exactly one client (empty: one whose
    own code is wrong).
    """

    file: str
    title: str
    sheet: Sheet
    rows: list[list[Raw]]
    formulas: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    merged: Sequence[str] = ()
    only_client: str | None = None

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell of a row and column, both counted from 0."""
        return Cell(self.file, self.title, f"{letters(column + 1)}{row + 1}")


@dataclass(slots=True)
class Found:
    """What a sheet gives: records, rows left out, and problems."""

    records: list[Any] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@cache
def looks_secret(name: str) -> bool:
    """Tell whether the name of a sheet or column asks for a secret."""
    folded = fold(name)
    return folded in _SECRET_ALONE or any(word in folded for word in _SECRET)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like this one."""
    folded = {fold(candidate): candidate for candidate in known}
    return folded[get_close_matches(fold(name[:_LONGEST_NAME]), folded, n=1, cutoff=0)[0]] if folded else ""


def wanted(page: Page) -> str:
    """Return the required headers in both languages."""
    return ", ".join(
        column.nl if column.nl == column.en else f"{column.nl} / {column.en}"
        for column in page.sheet.columns
        if column.required
    )


def find_header(sheet: Sheet, rows: list[list[Raw]]) -> int | None:
    """Return the first row with all required headers, else the one with the most: a title may stand above it."""
    required = set(required_of(sheet))
    best, most = None, 0
    for index, row in enumerate(rows[:_HEADER_ROWS]):
        known = _known(sheet, row)
        if required <= known:
            return index
        if len(known) > most:
            best, most = index, len(known)
    return best


def _known(sheet: Sheet, cells: Iterable[Raw]) -> set[str]:
    columns = (find_column(sheet, cell) for cell in cells if isinstance(cell, str) and cell)
    return {column.key for column in columns if column}


def plain_columns(page: Page) -> Mapping[str, int] | None:
    """Return key → index of the columns where the first row is a header with nothing to say about it, else None."""
    first = page.rows[0]
    return _plain_columns(page.sheet.key, tuple(first)) if len(first) <= _MOST_PLAIN else None


@lru_cache(maxsize=256)
def _plain_columns(key: str, cells: tuple[Raw, ...]) -> Mapping[str, int] | None:
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if cell == "":
            continue
        column = find_column(BY_KEY[key], cell) if isinstance(cell, str) and not looks_secret(cell) else None
        if column is None or column.key in columns or str(cell).strip().startswith("_"):
            return None
        columns[column.key] = index
    return columns if all(required in columns for required in required_of(BY_KEY[key])) else None


def find_columns(page: Page, header: int, found: Found) -> dict[str, int]:
    """Return key → index of the columns, and report those that are unknown, doubled, missing or secret."""
    columns: dict[str, int] = {}
    unknown: dict[int, str] = {}
    for index, raw in enumerate(page.rows[header]):
        name = show(raw).strip()
        column = find_column(page.sheet, name)
        if looks_secret(name):
            found.problems.append(Problem("B015", page.cell(header, index), {"column": name}))
        elif column and column.key in columns and not name.startswith("_"):
            first = page.cell(header, columns[column.key])
            found.problems.append(Problem("B010", page.cell(header, index), {"column": name, "first": str(first)}))
        elif column and not name.startswith("_"):
            columns[column.key] = index
        elif name and not name.startswith("_"):
            unknown[index] = name
    missing = {column.key: column for column in page.sheet.columns if column.required and column.key not in columns}
    if page.only_client is not None and page.sheet.key != "clients":
        missing.pop("client", None)
    language = language_of(map(show, page.rows[header]), page.sheet.columns) if unknown else ""
    for index, name in unknown.items():
        like = nearest(name, (c.name(language) for c in page.sheet.columns if c.key not in columns))
        meant = find_column(page.sheet, like)
        if not (meant and meant.key in missing and get_close_matches(fold(name), [fold(like)])):
            found.problems.append(Problem("B014", page.cell(header, index), {"column": name, "nearest": like}))
            continue
        del missing[meant.key]
        found.problems.append(_missing(page, page.cell(header, index), meant))
    found.problems.extend(_missing(page, page.cell(header, 0), column) for column in missing.values())
    return columns


def language_of(names: Iterable[str], known: Sequence[Sheet | Column]) -> str:
    """Return the language that most of the names are in."""
    typed = {fold(name) for name in names}
    return max(LANGUAGES, key=lambda language: sum(fold(each.name(language)) in typed for each in known))


def _missing(page: Page, cell: Cell, column: Column) -> Problem:
    return Problem("B011", cell, {"column_nl": column.nl, "column_en": column.en, "sheet": page.title})


def merged_rows(page: Page, header: int, columns: Mapping[str, int], found: Found) -> set[int]:
    """Return the rows that a merged cell touches: only its first cell has a value, so they can't be trusted."""
    touched: list[tuple[int, int]] = []
    for area in dict.fromkeys(page.merged):
        match = _RANGE.fullmatch(area)
        if not match:
            continue
        top, bottom = int(match[2]) - 1, int(match[4]) - 1
        known = sum(number(match[1]) - 1 <= index < number(match[3]) for index in columns.values())
        if bottom < header or not known or (top == bottom and known == 1):
            continue
        if len(touched) < _MOST_MERGED:
            found.problems.append(Problem("B019", page.cell(top, number(match[1]) - 1), {"area": area}))
        touched.append((top, min(bottom + 1, len(page.rows))))
    rows: set[int] = set()
    end = 0
    for top, bottom in sorted(touched):
        rows.update(range(max(top, end), bottom))
        end = max(end, bottom)
    return rows
