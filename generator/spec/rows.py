"""From the rows of a sheet to records: each value with its cell, each slip as one problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from generator.problems import Cell, Problem
from generator.spec.guard import letters, number
from generator.spec.headers import (
    Found,
    Page,
    find_columns,
    find_header,
    language_of,
    looks_secret,
    merged_rows,
    nearest,
    wanted,
)
from generator.spec.records import EVERYONE, Dropped
from generator.spec.sheets import find_column, fold
from generator.spec.values import BadValue, Raw, clip, parse, parse_column, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.spec.sheets import Column

_VALUE_HEADERS = frozenset({"waarde", "value"})
_DAX_KEPT = 500
_NAME_BEFORE = re.compile(r"\s*:?=\s*")


class Places(Mapping[str, Cell]):
    """Field → cell of one row, made when asked for: most rows never need them."""

    __slots__ = ("_columns", "_file", "_row", "_row_number", "_sheet")

    def __init__(self, file: str, sheet: str, columns: Mapping[str, int], row: Sequence[Raw], row_number: int) -> None:
        """Keep the row and the index of each column in it."""
        self._file, self._sheet, self._columns, self._row, self._row_number = file, sheet, columns, row, row_number

    def __getitem__(self, key: str) -> Cell:
        """Return the cell of a filled field."""
        index = self._columns[key]
        if self._row[index] == "":
            raise KeyError(key)
        return Cell(self._file, self._sheet, f"{letters(index + 1)}{self._row_number}")

    def __iter__(self) -> Iterator[str]:
        """Go over the filled fields."""
        return (key for key, index in self._columns.items() if self._row[index] != "")

    def __len__(self) -> int:
        """Count the filled fields."""
        return sum(1 for _ in self)


def read_page(page: Page) -> Found:
    """Return the records of a sheet."""
    found = Found()
    _pad(page)
    if all(row.count("") == len(row) for row in page.rows) and not page.formulas:
        return found
    if page.sheet.key == "office" and (pairs := _pairs(page)):
        _read_pairs(page, pairs, found)
        return found
    header = find_header(page.sheet, page.rows)
    if header is None:
        first = next((index for index, row in enumerate(page.rows) if row.count("") < len(row)), 0)
        found.problems.append(Problem("B009", page.cell(first, 0), {"sheet": page.title, "columns": wanted(page)}))
        found.dropped.append(Dropped(sheet=page.sheet.key))
        return found
    columns = find_columns(page, header, found)
    merged = merged_rows(page, header, columns, found)
    if header in merged or any(problem.code == "B011" for problem in found.problems):
        found.dropped.append(Dropped(sheet=page.sheet.key))
        return found
    _read_rows(page, header, columns, merged, found)
    if page.sheet.key == "measures":
        found.records = [replace(row, dax=_without_name(row.name, row.dax)) for row in found.records]
    return found


def _pad(page: Page) -> None:
    """Widen the rows to cells that only the guard has seen."""
    seen = [_index(address) for address in (*page.formulas, *page.errors)]
    if not seen:
        return
    width = max(len(row) for row in [*page.rows, []])
    width = max(width, 1 + max(column for _, column in seen))
    height = max(len(page.rows), 1 + max(row for row, _ in seen))
    page.rows = [row + [""] * (width - len(row)) for row in page.rows]
    page.rows += [[""] * width for _ in range(height - len(page.rows))]


def _index(address: str) -> tuple[int, int]:
    column = address.rstrip("0123456789")
    return int(address[len(column) :]) - 1, number(column) - 1


def _read_rows(page: Page, header: int, columns: Mapping[str, int], merged: set[int], found: Found) -> None:
    """Read the rows below the headers: column by column, so that only a row with a slip is read value by value."""
    rows = page.rows[header + 1 :]
    slow = {_index(address)[0] - header - 1 for address in (*page.formulas, *page.errors)}
    parsed: list[list[Any]] = []
    for key, index in columns.items():
        column = page.sheet.column(key)
        values, bad = parse_column(column.kind, [row[index] for row in rows])
        slow |= bad
        if column.required and None in values:
            slow |= {place for place, value in enumerate(values) if value is None}
        parsed.append(values)
    short = any(column.required and column.key not in columns for column in page.sheet.columns)
    build, left = page.sheet.record, next(iter(columns.values()))
    for place, (row, values_) in enumerate(zip(rows, zip(*parsed, strict=True), strict=True)):
        number_ = header + 2 + place
        if number_ - 1 in merged:
            found.dropped.append(_left_out(page, {key: row[index] for key, index in columns.items()}))
        elif short or place in slow:
            raws = {key: row[index] for key, index in columns.items()}
            cells = {key: page.cell(number_ - 1, index) for key, index in columns.items()}
            _read_slowly(page, raws, cells, found)
        else:
            at = Places(page.file, page.title, columns, row, number_)
            cell = page.cell(number_ - 1, left) if row[left] != "" else next(iter(at.values()))
            found.records.append(build(cell=cell, at=at, **dict(zip(columns, values_, strict=True))))


def _read_slowly(page: Page, raws: Mapping[str, Raw], cells: Mapping[str, Cell], found: Found) -> None:
    """Read a row that has a formula, a bad or a missing value, or that leans on the workbook's one client."""
    slips: dict[str, tuple[str, dict[str, str]]] = {}
    values: dict[str, Any] = {}
    for column in page.sheet.columns:
        raw = raws.get(column.key, "")
        try:
            _refuse_lost(page, column, raw, cells)
            value = None if raw == "" else parse(column.kind, raw)
        except BadValue as bad:
            slips[column.key] = (bad.code, bad.values)
            continue
        if value is not None:
            values[column.key] = value
    if not values and not slips:
        return
    if (
        page.only_client
        and not {"client"} & (values.keys() | slips.keys())
        and page.sheet.key not in {"office", "clients"}
    ):
        values["client"] = page.only_client
    for column in page.sheet.columns:
        if column.required and column.key not in values.keys() | slips.keys():
            slips[column.key] = ("B013", {})
    if not slips:
        at = {key: cells[key] for key, raw in raws.items() if raw != ""}
        found.records.append(page.sheet.record(cell=next(iter(at.values())), at=at, **values))
        return
    found.dropped.append(_left_out(page, raws))
    if page.only_client == "" and slips.keys() == {"client"}:
        return  # the one client of this workbook has a problem of its own
    found.problems.extend(_slip_problems(page, slips, values, cells))


def _slip_problems(
    page: Page, slips: Mapping[str, tuple[str, dict[str, str]]], values: Mapping[str, Any], cells: Mapping[str, Cell]
) -> Iterator[Problem]:
    client = values.get("code" if page.sheet.key == "clients" else "client", "")
    client = client if isinstance(client, str) and client != EVERYONE else ""
    first = next(iter(cells.values()))
    for key, (code, more) in slips.items():
        column = page.sheet.column(key)
        named = {"column_nl": column.nl, "column_en": column.en, "sheet": page.title}
        yield Problem(code, cells.get(key, first), named | more, client)


def _refuse_lost(page: Page, column: Column, raw: Raw, cells: Mapping[str, Cell]) -> None:
    """Refuse a cell whose value the reader of workbooks loses: a formula, or an error such as #N/A."""
    if column.key not in cells:
        return
    address = cells[column.key].address
    formula, error = page.formulas.get(address), page.errors.get(address, "")
    if formula is not None and column.kind == "dax":
        raise BadValue("B017", formula=_clean_formula(formula))
    if formula is not None and (raw == "" or error):
        raise BadValue("B016", formula=clip(f"={formula}"), value=error)
    if error and raw == "":
        raise BadValue("B016", formula=error, value=error)


def _clean_formula(formula: str) -> str:
    plain = " ".join(formula.replace("_xlfn.", "").replace("_xlws.", "").split())
    return plain if len(plain) <= _DAX_KEPT else f"{plain[:_DAX_KEPT]}…"


def _left_out(page: Page, raws: Mapping[str, Raw]) -> Dropped:
    texts = {key: show(raw).strip() for key, raw in raws.items() if raw != ""}
    if page.only_client and "client" not in texts:
        texts["client"] = page.only_client
    return Dropped(sheet=page.sheet.key, texts=texts)


def _without_name(name: str, dax: str) -> str:
    """Return a formula without ``Name =`` or ``Name :=`` before it, as Power BI Desktop shows it."""
    match = _NAME_BEFORE.match(dax, len(name)) if dax.casefold().startswith(name.casefold()) else None
    return dax[match.end() :] if match else dax


def _pairs(page: Page) -> list[tuple[int, int]]:
    """Return (row, column) of each name, where the office is written as two columns, name and value."""
    column = min((index for row in page.rows for index, raw in enumerate(row) if raw != ""), default=0)
    cells = [(index, column) for index, row in enumerate(page.rows) if row[column] != ""]
    down = [index for index, _ in cells if find_column(page.sheet, show(page.rows[index][column]))]
    header = find_header(page.sheet, page.rows)
    across = 0 if header is None else sum(bool(find_column(page.sheet, show(raw))) for raw in page.rows[header])
    if len(down) > max(across, 1):
        return cells
    # One name only: its value stands beside it, or below it.
    beside = len(down) == across == 1 and len(page.rows[down[0]]) > column + 1 and page.rows[down[0]][column + 1] != ""
    return cells if beside and len(cells) == 1 else []


def _read_pairs(page: Page, pairs: Sequence[tuple[int, int]], found: Found) -> None:
    raws: dict[str, Raw] = {}
    cells: dict[str, Cell] = {}
    language = language_of((show(page.rows[row][column]) for row, column in pairs), page.sheet.columns)
    for row, column in pairs:
        name = show(page.rows[row][column])
        value = page.rows[row][column + 1] if len(page.rows[row]) > column + 1 else ""
        known = find_column(page.sheet, name)
        place = page.cell(row, column)
        if isinstance(value, str) and fold(value) in _VALUE_HEADERS:
            continue
        if looks_secret(name):
            found.problems.append(Problem("B015", place, {"column": name}))
        elif name.startswith("_"):
            continue
        elif known is None:
            like = nearest(name, (c.name(language) for c in page.sheet.columns if c.key not in cells))
            found.problems.append(Problem("B014", place, {"column": name, "nearest": like}))
        elif known.key in cells:
            found.problems.append(Problem("B010", place, {"column": name, "first": str(cells[known.key])}))
        else:
            raws[known.key], cells[known.key] = value, page.cell(row, column + 1)
    _read_slowly(page, raws, cells, found)
