"""The functions of M on tables that templates use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.preview.m.values import MError, MType, Table, Value, combined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Row = dict[str, Value]

_USE_NULL, _IGNORE = 2, 1
_INNER, _LEFT = 0, 1


def make(columns: Value, rows: Iterable[list[Value]]) -> Table:
    """Return ``#table``: columns by name or by a table's type, and lists of values."""
    names = list(columns.columns) if isinstance(columns, MType) else list(columns)
    return Table(names, [dict(zip(names, row, strict=True)) for row in rows])


def _names(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _pairs(value: list[Value]) -> list[list[Value]]:
    return [value] if value and isinstance(value[0], str) else list(value)


def _present(table: Table, names: list[str], missing: int | None) -> list[str]:
    """Return the names that may be used; raise ``MError`` on one that the table does not have."""
    lost = [name for name in names if name not in table.columns]
    if lost and not missing:
        raise MError(f"no column {', '.join(lost)}")
    return names if missing == _USE_NULL else [name for name in names if name not in lost]


def _select_columns(table: Table, wanted: Value, missing: int | None = None) -> Table:
    names = _present(table, _names(wanted), missing)
    return Table(names, [{name: row.get(name) for name in names} for row in table.rows])


def _remove_columns(table: Table, unwanted: Value, missing: int | None = None) -> Table:
    gone = set(_present(table, _names(unwanted), missing))
    return _select_columns(table, [name for name in table.columns if name not in gone])


def _select_rows(table: Table, keep: Callable[[Row], Value]) -> Table:
    return Table(table.columns, [row for row in table.rows if keep(row) is True])


def _add_column(table: Table, name: str, value: Callable[[Row], Value], *_: Value) -> Table:
    return Table([*table.columns, name], [{**row, name: value(row)} for row in table.rows])


def _add_index(table: Table, name: str, start: int = 0, step: int = 1, *_: Value) -> Table:
    rows = [{**row, name: start + place * step} for place, row in enumerate(table.rows)]
    return Table([*table.columns, name], rows)


def _rename(table: Table, renames: list[Value], missing: int | None = None) -> Table:
    pairs: list[list[str]] = _pairs(renames) if renames else []
    _present(table, [old for old, _ in pairs], missing)
    new = dict(pairs)
    columns = [new.get(name, name) for name in table.columns]
    return Table(columns, [{new.get(name, name): value for name, value in row.items()} for row in table.rows])


def _transform(table: Table, changes: list[Value], default: Value = None, missing: int | None = None) -> Table:
    ways = {change[0]: change[1] for change in _pairs(changes)} if changes else {}
    _present(table, list(ways), missing)

    def changed(name: str, value: Value) -> Value:
        way = ways.get(name, default)
        return way(value) if way else value

    return Table(table.columns, [{name: changed(name, value) for name, value in row.items()} for row in table.rows])


def _nested_join(
    table: Table, keys: Value, other: Table, other_keys: Value, name: str, kind: int | None = _LEFT, *_: Value
) -> Table:
    mine, theirs = _names(keys), _names(other_keys)
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in other.rows:
        found.setdefault(tuple(row[key] for key in theirs), []).append(row)
    if kind not in {_INNER, _LEFT}:
        raise MError("a kind of join that the preview does not know")
    rows = []
    for row in table.rows:
        matches = found.get(tuple(row[key] for key in mine), [])
        if matches or kind == _LEFT:
            rows.append({**row, name: Table(other.columns, matches)})
    return Table([*table.columns, name], rows)


def _expand_table(table: Table, column: str, wanted: list[str], names: list[str] | None = None) -> Table:
    new = dict(zip(wanted, names or wanted, strict=True))
    rest = [name for name in table.columns if name != column]
    rows = []
    for row in table.rows:
        kept = {name: row[name] for name in rest}
        inner = row[column].rows if row[column] else []
        rows += [{**kept, **{to: each.get(name) for name, to in new.items()}} for each in inner or [{}]]
    return Table([*rest, *new.values()], rows)


def _expand_record(table: Table, column: str, wanted: list[str], names: list[str] | None = None) -> Table:
    new = dict(zip(wanted, names or wanted, strict=True))
    rest = [name for name in table.columns if name != column]
    rows = [
        {**{name: row[name] for name in rest}, **{to: (row[column] or {}).get(name) for name, to in new.items()}}
        for row in table.rows
    ]
    return Table([*rest, *new.values()], rows)


def _group(table: Table, keys: Value, sums: list[Value], *_: Value) -> Table:
    names = _names(keys)
    groups: dict[tuple[Value, ...], list[Row]] = {}
    for row in table.rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    made = _pairs(sums)
    rows = [
        {**dict(zip(names, key, strict=True)), **{each[0]: each[1](Table(table.columns, rows)) for each in made}}
        for key, rows in groups.items()
    ]
    return Table([*names, *(each[0] for each in made)], rows)


def _distinct(table: Table, keys: Value = None) -> Table:
    names = _names(keys) if keys else table.columns
    rows = {tuple(row[name] for name in names): row for row in reversed(table.rows)}
    return Table(table.columns, list(reversed(rows.values())))


def _sort(table: Table, order: list[Value]) -> Table:
    rows = list(table.rows)
    for each in reversed([order] if len(order) == 2 and order[1] in (0, 1) else order):  # noqa: PLR2004  name, direction
        name, down = (each, 0) if isinstance(each, str) else each
        rows.sort(key=lambda row, name=name: (row[name] is not None, row[name]), reverse=bool(down))  # type: ignore[misc]
    return Table(table.columns, rows)


def _from_list(values: list[Value], split: Value = None, columns: Value = None, *_: Value) -> Table:
    rows = [split(value) if split else [value] for value in values]
    return make(columns or ["Column1"], rows)


def _from_records(records: list[Row], columns: Value = None, *_: Value) -> Table:
    first = list(records[0]) if records else []
    names = list(columns.columns) if isinstance(columns, MType) else (columns or first)
    return Table(names, [{name: record.get(name) for name in names} for record in records])


LIBRARY: dict[str, Value] = {
    "#table": make,
    "JoinKind.Inner": _INNER,
    "JoinKind.LeftOuter": _LEFT,
    "MissingField.Ignore": _IGNORE,
    "MissingField.UseNull": _USE_NULL,
    "Order.Ascending": 0,
    "Order.Descending": 1,
    "Table.AddColumn": _add_column,
    "Table.AddIndexColumn": _add_index,
    "Table.Buffer": lambda table, *_: table,
    "Table.Column": lambda table, name: [row[name] for row in table.rows],
    "Table.ColumnNames": lambda table: table.columns,
    "Table.Combine": lambda tables, *_: combined(tables),
    "Table.Distinct": _distinct,
    "Table.ExpandRecordColumn": _expand_record,
    "Table.ExpandTableColumn": _expand_table,
    "Table.FirstN": lambda table, count: Table(table.columns, table.rows[:count]),
    "Table.FromList": _from_list,
    "Table.FromRecords": _from_records,
    "Table.FromRows": lambda rows, columns: make(columns, rows),
    "Table.Group": _group,
    "Table.HasColumns": lambda table, names: all(name in table.columns for name in _names(names)),
    "Table.IsEmpty": lambda table: not table.rows,
    "Table.NestedJoin": _nested_join,
    "Table.RemoveColumns": _remove_columns,
    "Table.RenameColumns": _rename,
    "Table.RowCount": lambda table: len(table.rows),
    "Table.SelectColumns": _select_columns,
    "Table.SelectRows": _select_rows,
    "Table.Sort": _sort,
    "Table.StopFolding": lambda table: table,
    "Table.ToRecords": lambda table: table.rows,
    "Table.TransformColumns": _transform,
}
"""Names of the library → their values."""
