"""From the rows of a sheet to records: each value with its cell, each slip as one problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from generator.problems import Cell, Problem
from generator.spec.columns import parse_column
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
    plain_columns,
    wanted,
)
from generator.spec.records import EVERYONE, Dropped, make
from generator.spec.sheets import columns_of, find_column, fold, required_of
from generator.spec.values import BadValue, Raw, clip, parse, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from generator.spec.records import Record
    from generator.spec.sheets import Column

_VALUE_HEADERS = frozenset({"waarde", "value"})
_WITHOUT_CLIENT = frozenset({"office", "clients"})
_FEW = 5  # rows that are read faster one by one than column by column
_DAX_KEPT = 500
_NAME_BEFORE = re.compile(r"\s*:?=\s*")


class Filled(NamedTuple):
    """Where the cells of a row stand: key → index of the column. Rows with the same cells filled share one."""

    file: str
    sheet: str
    columns: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Places(Mapping[str, Cell]):
    """Field → cell of one row, made when asked for: most rows never need them."""

    filled: Filled
    row: int

    def __getitem__(self, key: str) -> Cell:
        """Return the cell of a field."""
        return Cell(self.filled.file, self.filled.sheet, f"{letters(self.filled.columns[key] + 1)}{self.row}")

    def __iter__(self) -> Iterator[str]:
        """Go over the fields."""
        return iter(self.filled.columns)

    def __len__(self) -> int:
        """Count the fields."""
        return len(self.filled.columns)


def read_page(page: Page) -> Found:
    """Return the records of a sheet."""
    found = Found()
    if page.formulas or page.errors:
        _pad(page)
    elif all(row.count("") == len(row) for row in page.rows):
        return found
    if page.sheet.key == "office" and (pairs := _pairs(page)):
        _read_pairs(page, pairs, found)
        return found
    header, columns = 0, plain_columns(page)
    if columns is None:
        place = find_header(page.sheet, page.rows)
        if place is None:
            first = next((index for index, row in enumerate(page.rows) if row.count("") < len(row)), 0)
            found.problems.append(Problem("B009", page.cell(first, 0), {"sheet": page.title, "columns": wanted(page)}))
            found.dropped.append(Dropped(sheet=page.sheet.key))
            return found
        header, columns = place, find_columns(page, place, found)
    merged = merged_rows(page, header, columns, found) if page.merged else set()
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
    """Read the rows below the headers: many of them column by column, and by itself each that may have a slip."""
    rows, page.rows = page.rows[header + 1 :], []
    first = header + 2
    if len(rows) > _FEW and all(key in columns for key in required_of(page.sheet)):
        single = _read_many(page, columns, rows, first, merged, found)
    else:
        single = {
            number_: {key: row[index] for key, index in columns.items() if row[index] != ""}
            for number_, row in enumerate(rows, first)
        }
    if single:
        _read_singly(page, columns, single, merged, found)


def _read_many(
    page: Page, columns: Mapping[str, int], rows: list[list[Raw]], first: int, merged: set[int], found: Found
) -> dict[int, dict[str, Raw]]:
    """Read rows column by column; return number → filled cells of those that must be read by themselves."""
    raws = {key: list(map(itemgetter(index), rows)) for key, index in columns.items()}
    places = range(len(rows))
    rows.clear()  # the records need the room
    touched = {row + 1 - first for row in merged}
    touched |= {_index(address)[0] + 1 - first for address in (*page.formulas, *page.errors)}
    values, slips = _parse_columns(page, raws)
    kept = [place for place in places if place not in slips and place not in touched]
    alone = sorted(set(places).difference(kept)) if len(kept) < len(places) else ()
    single = {
        first + place: row
        for place in alone
        if (row := {key: cell for key, cells in raws.items() if (cell := cells[place]) != ""}) or place in touched
    }
    if alone:
        raws = {key: [cells[place] for place in kept] for key, cells in raws.items()}
        values = {key: [column[place] for place in kept] for key, column in values.items()}
    found.records += _make_records(page, columns, raws, values, [first + place for place in kept])
    return single


def _parse_columns(page: Page, raws: Mapping[str, Sequence[Raw]]) -> tuple[dict[str, Sequence[Any]], set[int]]:
    """Return the values of each column, and the places of rows with a bad or a missing value."""
    values: dict[str, Sequence[Any]] = {}
    slips: set[int] = set()
    for key, cells in raws.items():
        column = columns_of(page.sheet)[key]
        values[key], bad = parse_column(column.kind, cells)
        slips |= bad
        if column.required and not all(values[key]):
            slips |= {place for place, value in enumerate(values[key]) if value is None}
    return values, slips


def _make_records(
    page: Page,
    columns: Mapping[str, int],
    raws: dict[str, list[Raw]],
    values: Mapping[str, Sequence[Any]],
    numbers: Sequence[int],
) -> list[Record]:
    """Return the records of rows without a slip, and let go of what stood in their cells."""
    filled = _filled(page, columns, raws)
    raws.clear()
    at = make(Places, len(numbers), {"filled": filled, "row": numbers})
    return make(page.sheet.record, len(numbers), {**values, "at": at})


def _read_singly(
    page: Page, columns: Mapping[str, int], rows: Mapping[int, Mapping[str, Raw]], merged: set[int], found: Found
) -> None:
    """Read rows that may have slips; ``rows`` maps their numbers to their filled cells."""
    whole = Filled(page.file, page.title, columns)
    has_lost = bool(page.formulas or page.errors)
    is_mixed = bool(found.records)
    for number_, raws in rows.items():
        if number_ - 1 in merged:
            found.dropped.append(_left_out(page, raws))
        elif raws or has_lost:
            filled = {key: columns[key] for key in raws}
            at = Places(Filled(page.file, page.title, filled), number_)
            record = _read_row(page, raws, Places(whole, number_), at, found)
            if record:
                found.records.append(record)
    if is_mixed:
        found.records.sort(key=lambda record: record.at.row)


def _filled(page: Page, columns: Mapping[str, int], raws: Mapping[str, Sequence[Raw]]) -> Iterable[Filled]:
    """Return which cells of each row are filled."""
    whole = Filled(page.file, page.title, columns)
    gaps = [key for key, cells in raws.items() if not all(cells) and "" in cells]
    if not gaps:
        return repeat(whole)

    @cache
    def without(*is_empty: bool) -> Filled:
        empty = set(compress(gaps, is_empty))
        return whole._replace(columns={key: index for key, index in columns.items() if key not in empty})

    return list(map(without, *([cell == "" for cell in raws[key]] for key in gaps)))


def _read_row(
    page: Page, raws: Mapping[str, Raw], cells: Mapping[str, Cell], at: Mapping[str, Cell], found: Found
) -> Record | None:
    """Read a row by itself: it may have a formula, a bad or a missing value, or lean on the workbook's one client."""
    values, slips = _parse_row(page, raws, cells)
    if not values and not slips:
        return None
    if page.only_client and "client" not in values and "client" not in slips and page.sheet.key not in _WITHOUT_CLIENT:
        values["client"] = page.only_client
    slips |= {key: ("B013", {}) for key in required_of(page.sheet) if key not in values and key not in slips}
    if not slips:
        return page.sheet.record(at=at, **values)
    found.dropped.append(_left_out(page, raws))
    # The one client of this workbook may have a problem of its own.
    if not (page.only_client == "" and slips.keys() == {"client"}):
        found.problems.extend(_slip_problems(page, slips, values, cells))
    return None


def _parse_row(
    page: Page, raws: Mapping[str, Raw], cells: Mapping[str, Cell]
) -> tuple[dict[str, Any], dict[str, tuple[str, dict[str, str]]]]:
    """Return the values of a row, and code and values of the problem with each bad one."""
    values: dict[str, Any] = {}
    slips: dict[str, tuple[str, dict[str, str]]] = {}
    columns = columns_of(page.sheet)
    has_lost = bool(page.formulas or page.errors)
    for key in columns if has_lost else raws:
        raw = raws.get(key, "")
        try:
            if has_lost:
                _refuse_lost(page, columns[key], raw, cells)
            value = None if raw == "" else parse(columns[key].kind, raw)
        except BadValue as bad:
            slips[key] = (bad.code, bad.values)
            continue
        if value is not None:
            values[key] = value
    return values, slips


def _slip_problems(
    page: Page, slips: Mapping[str, tuple[str, dict[str, str]]], values: Mapping[str, Any], cells: Mapping[str, Cell]
) -> Iterator[Problem]:
    client = values.get("code" if page.sheet.key == "clients" else "client", "")
    client = client if isinstance(client, str) and client != EVERYONE else ""
    first = next(iter(cells.values()))
    for key, column in columns_of(page.sheet).items():
        if key not in slips:
            continue
        code, more = slips[key]
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
    at = {key: cells[key] for key, raw in raws.items() if raw != ""}
    record = _read_row(page, raws, cells, at, found)
    found.records += [record] if record else []
