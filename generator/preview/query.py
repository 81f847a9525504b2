"""What a visual asks of a model: the combinations of its columns under all filters, and its measures for each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from generator.preview.sparse import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from generator.preview.figures import Context, Figures
    from generator.preview.pbir import Field, Filter, Page, Projection, Report, Visual

Value = Any
Column = tuple[str, str]

MOST = 300
"""Combinations of a visual that are evaluated one by one; a page shows far fewer."""


@dataclass(frozen=True, slots=True)
class Row:
    """A combination of values of columns, and the measures by their name; one that can't be evaluated has no key."""

    key: tuple[Value, ...]
    values: dict[str, Value]


class Query:
    """Asks one page's visuals of one model."""

    def __init__(self, figures: Figures, report: Report, page: Page) -> None:
        """Keep what all visuals of a page have in common: filters of report and page, and what slicers have chosen."""
        self.figures, self.model = figures, figures.model
        self._shared = (*report.filters, *page.filters, *(self._brought(report) if page.drill_through else ()))
        self._apart = page.unfiltered
        self._from = page.drill_through[:1]
        self._slicers = [visual for visual in page.visuals if "slicer" in visual.kind.lower()]
        self._lookups: dict[Any, Any] = {}

    def context(self, visual: Visual) -> Context:
        """Return what is chosen for a visual; a slicer does not filter itself."""
        chosen = [
            each
            for slicer in self._slicers
            if slicer is not visual and (slicer.name, visual.name) not in self._apart
            for each in _choices(slicer)
        ]
        own = [each for each in visual.filters if visual not in self._slicers or each not in _choices(visual)]
        found: Context = {}
        for each in (*self._shared, *chosen, *own):
            column = (each.field.table, each.field.name)
            if each.field.is_value or column not in self.model.columns:
                continue
            kept = self._kept(each, column)
            if kept is not None:
                found[column] = tuple(value for value in kept if value in found[column]) if column in found else kept
        return found | self._came_from()

    def _brought(self, report: Report) -> Iterator[Filter]:
        """Yield what was chosen on the first page, which a reader brings along to a page to drill through to.

        Not the period: such a page shows what a figure is made of, and that may have been booked before it.
        """
        first = next((each for each in report.pages if not each.hidden), None)
        for visual in first.visuals if first else ():
            chosen = _choices(visual) if "slicer" in visual.kind.lower() else ()
            yield from (each for each in chosen if each.field.table not in self.model.dates)

    def _came_from(self) -> Context:
        """Return what a reader has clicked who is on a page to drill through to: the first there is."""
        if "from" not in self._lookups:
            columns = [(each.table, each.name) for each in self._from]
            values = [key for column in columns for key in self.combinations([column], {}) if key[0] is not None]
            self._lookups["from"] = {columns[0]: values[0]} if values else {}
        found: Context = self._lookups["from"]
        return found

    def measure(self, field: Field) -> str:
        """Return the measure of a field; an aggregate of a column gets one."""
        if field.is_measure:
            return field.name
        return self.figures.aggregate(field.function or "SUM", field.table, field.name)

    def rows(
        self,
        visual: Visual,
        columns: Sequence[Projection],
        measures: Sequence[str],
        parents: Context | None = None,
        most: int = MOST,
    ) -> list[Row]:
        """Return the rows of a visual in its order, under a row above them: those in which any measure has a value.

        No more than ``most`` are returned; where the order follows from columns, no more are computed either.
        """
        context, above = self.context(visual), parents or {}
        names = [(each.field.table, each.field.name) for each in columns]
        sorted_by = [(field, down) for field, down in visual.sort if field.is_value]
        keys = self._ordered(self.combinations(names, {**context, **above}), names, visual)
        tests = [each for each in visual.filters if each.field.is_value]
        asked = [
            *measures,
            *(self.measure(each.field) for each in tests),
            *(self.measure(field) for field, _ in sorted_by),
        ]
        made = self._valued(keys, names, list(dict.fromkeys(asked)), (context, above), tests)
        found = list(made if sorted_by else islice(made, most))
        for field, down in reversed(sorted_by):
            name = self.measure(field)
            found.sort(key=lambda row, name=name: _rank(row.values.get(name)), reverse=down)  # type: ignore[misc]
        return found[:most]

    def _valued(
        self,
        keys: Sequence[tuple[Value, ...]],
        names: Sequence[Column],
        asked: list[str],
        under: tuple[Context, Context],
        tests: list[Filter],
    ) -> Iterator[Row]:
        """Yield rows with their measures; rows in which all are blank are left out, as Power BI does."""
        context, above = under

        def asked_of(own: Context) -> dict[str, Value]:
            return self.figures.values(asked, context, above | own)

        def blank(parts: Mapping[int, Sequence[Value]]) -> bool:
            return _blank(asked_of({names[place]: tuple(dict.fromkeys(part)) for place, part in parts.items()}))

        keys = filled(keys, blank) if len(keys) > MOST else keys
        for key in keys[:MOST]:
            values = asked_of({name: (value,) for name, value in zip(names, key, strict=True)})
            if not _blank(values) and all(_passes(each, values.get(self.measure(each.field))) for each in tests):
                yield Row(key, values)

    def total(self, visual: Visual, measures: Sequence[str], groups: Context | None = None) -> dict[str, Value]:
        """Return measures over all rows of a visual, or over those of a group."""
        return self.figures.values(measures, self.context(visual), groups)

    def values_of(self, visual: Visual, column: Projection) -> list[Value]:
        """Return the values of one column under a visual's filters, in order."""
        name = (column.field.table, column.field.name)
        return [key[0] for key in self._ordered(self.combinations([name], self.context(visual)), [name], visual)]

    # Combinations

    def combinations(self, columns: Sequence[Column], context: Context) -> list[tuple[Value, ...]]:
        """Return the combinations of columns that exist: in one table and those it refers to, else each with each."""
        tables = list(dict.fromkeys(table for table, _ in columns))
        base = next((table for table in tables if all(self._path(table, other) is not None for other in tables)), None)
        if base is not None or not columns:
            return self._distinct(base or "", columns, context)
        parts = [self._distinct(table, [each for each in columns if each[0] == table], context) for table in tables]
        places = [each for table in tables for each in columns if each[0] == table]
        order = [places.index(each) for each in columns]
        flat = (tuple(value for part in combined for value in part) for combined in product(*parts))
        return [tuple(row[place] for place in order) for row in flat]

    def _distinct(self, base: str, columns: Sequence[Column], context: Context) -> list[tuple[Value, ...]]:
        if not columns:
            return [()]
        wanted = [self._reader(base, column) for column in columns]
        tests = [
            (self._reader(base, column), set(values))
            for column, values in context.items()
            if self._path(base, column[0]) is not None
        ]
        _, rows = self.figures.rows(base)
        kept = (row for row in rows if all(read(row) in values for read, values in tests))
        return list(dict.fromkeys(tuple(read(row) for read in wanted) for row in kept))

    def _path(self, base: str, other: str) -> tuple[Any, ...] | None:
        """Return the relationships from a table to one that it refers to, or None."""
        key = ("path", base, other)
        if key not in self._lookups:
            self._lookups[key] = self._walk(base, other, frozenset({base}))
        found: tuple[Any, ...] | None = self._lookups[key]
        return found

    def _walk(self, base: str, other: str, seen: frozenset[str]) -> tuple[Any, ...] | None:
        if base == other:
            return ()
        for each in self.model.relationships:
            if each.active and each.table == base and each.to_table not in seen:
                rest = self._walk(each.to_table, other, seen | {each.to_table})
                if rest is not None:
                    return (each, *rest)
        return None

    def _reader(self, base: str, column: Column) -> Callable[[Any], Value]:
        """Return what reads a column from a row of a table that refers to it."""
        steps = [
            (self._place(each.table, each.column), self._index(each.to_table, each.to_column))
            for each in self._path(base, column[0]) or ()
        ]
        last = self._place(*column)

        def read(row: Any) -> Value:  # noqa: ANN401  a row is a list of values of any kind
            for place, index in steps:
                row = index.get(row[place])
                if row is None:
                    return None
            return row[last]

        return read

    def _place(self, table: str, column: str) -> int:
        return self.figures.rows(table)[0].index(column)

    def _index(self, table: str, column: str) -> dict[Value, Any]:
        key = ("index", table, column)
        if key not in self._lookups:
            place = self._place(table, column)
            self._lookups[key] = {row[place]: row for row in self.figures.rows(table)[1]}
        found: dict[Value, Any] = self._lookups[key]
        return found

    # Order and filters

    def _ordered(
        self, keys: list[tuple[Value, ...]], names: Sequence[Column], visual: Visual
    ) -> list[tuple[Value, ...]]:
        """Sort by the visual's columns, else by each column in turn; a column may be sorted by another."""
        by = [((field.table, field.name), down) for field, down in visual.sort if not field.is_value]
        wanted = [pair for pair in by if pair[0] in names] + [(name, False) for name in names if (name, True) not in by]
        for name, down in reversed(wanted):
            place, rank = names.index(name), self._ranks(name)
            keys = sorted(keys, key=lambda key, p=place, r=rank: _rank(r.get(key[p], key[p])), reverse=down)  # type: ignore[misc]
        return keys

    def _ranks(self, column: Column) -> dict[Value, Value]:
        """Return the value that each value of a column is sorted by, where another column says so."""
        sort_by = self.model.columns[column].sort_by if column in self.model.columns else ""
        if not sort_by:
            return {}
        own, other = self._place(*column), self._place(column[0], sort_by)
        return {row[own]: row[other] for row in self.figures.rows(column[0])[1]}

    def _kept(self, each: Filter, column: Column) -> tuple[Value, ...] | None:
        """Return the values of a column that a filter keeps, or None where it keeps all."""
        if each.comparison is None and not each.inverted:
            return each.values or None
        everything = [key[0] for key in self._distinct(column[0], [column], {})]
        return tuple(value for value in everything if _passes(each, value))


def _blank(values: dict[str, Value]) -> bool:
    """Tell whether measures were evaluated and none has a value."""
    return bool(values) and all(value is None for value in values.values())


def _choices(slicer: Visual) -> tuple[Filter, ...]:
    """Return what is chosen in a slicer; its own filters keep values out of its list and say nothing to others."""
    fields = {(each.field.table, each.field.name) for each in slicer.fields("Values")}
    return tuple(each for each in slicer.filters if (each.field.table, each.field.name) in fields)


def _passes(each: Filter, value: Value) -> bool:
    if each.comparison is None:
        return (value in (each.values or ())) != each.inverted
    wanted = each.values[0] if each.values else None
    return _compares(each.comparison, value, wanted) != each.inverted


def _compares(kind: int, value: Value, wanted: Value) -> bool:
    if kind == 0:
        return bool(value == wanted)
    if value is None or wanted is None:
        return False
    try:
        return bool((value > wanted, value >= wanted, value < wanted, value <= wanted)[kind - 1])
    except (TypeError, IndexError):
        return True


def _rank(value: Value) -> tuple[int, Value]:
    """Return a key that sorts values of a kind together, blank first."""
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | float):
        return (1, value)
    return (2, str(value).casefold())
