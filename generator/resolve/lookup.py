"""Names looked up: what a formula, visual or row of a client may refer to, and the problem where it does not exist."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from generator import dax
from generator.catalogue import Catalogue, split_field
from generator.problems import Cell, Problem
from generator.spec.records import EVERYONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from generator.spec.records import Record

CLIENT, OFFICE_SCOPE = "client", "office"

_TEXT = re.compile(r"<<t\.\w+>>")  # a text of the language file, which would read as the name of a table


@dataclass(frozen=True, slots=True)
class Names:
    """What exists for a client: formulas of measures by name, columns by table."""

    formulas: Mapping[str, str]
    columns: Mapping[str, frozenset[str]]


def suggestion(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known name nearest to a misspelled one, or an empty text; ``likeness`` is 1 for equal names."""
    folded = {item.casefold(): item for item in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=likeness)
    return folded[near[0]] if near else ""


def hint_values(name: str, known: Iterable[str]) -> dict[str, str]:
    """Return the values of a message about an unknown name: the name, the nearest one, or the first known ones."""
    names = sorted(known)
    near = suggestion(name, names)
    return {"name": name, "near": near or ", ".join(names[:8]) + ("…" if len(names) > 8 else "")}  # noqa: PLR2004  a line's worth


@cache
def template_names(catalogue: Catalogue, scope: str, fact: str) -> Names:
    """Return what the templates offer to reports of a scope; measures over tables of another scope are left out."""
    columns = {name: frozenset(table.columns) for name, table in catalogue.tables.items() if table.scope in ("", scope)}
    formulas = {
        name: _TEXT.sub('""', measure.dax.replace("<<fact>>", fact).replace("<<divisions>>", "1"))
        for name, measure in catalogue.measures.items()
    }
    without = {name for report in catalogue.reports.values() if report.scope == scope for name in report.without}
    formulas |= dict.fromkeys(without, "BLANK ()")
    reach: dict[str, bool] = {}

    def reachable(name: str) -> bool:
        if name not in reach:
            reach[name] = True  # the templates hold no cycle; a test says so
            used = dax.references(formulas[name])
            tables = {table for table, _ in used.columns} | used.tables
            reach[name] = tables <= columns.keys() and all(
                reachable(other) for other in used.measures if other in formulas
            )
        return reach[name]

    groups = {name for report in catalogue.reports.values() if report.scope == scope for name in report.calculations}
    named = {name: frozenset({catalogue.calculations[name].column}) for name in groups}
    return Names({name: formula for name, formula in formulas.items() if reachable(name)}, {**columns, **named})


def formula_problems(row_name: str, formula: str, names: Names, cell: Cell, client: str) -> Iterator[Problem]:
    """Yield what is wrong with an own measure: its shape, its functions, and every name that does not exist."""
    broken = dax.fault(formula)
    if broken is not None:
        yield Problem(broken.code, cell, {"measure": row_name, **dict(broken.values)}, client)
        return
    used = dax.references(formula)
    for function in sorted(used.functions - dax.functions()):
        yield Problem("B042", cell, {"measure": row_name, **hint_values(function, dax.functions())}, client)
    tables = {name.casefold(): name for name in names.columns}
    for table in sorted(used.tables | {table for table, _ in used.columns}):
        if table.casefold() not in tables:
            yield Problem("B044", cell, {"measure": row_name, **hint_values(table, names.columns)}, client)
    for table, column in sorted(used.columns):
        existing = names.columns.get(tables.get(table.casefold(), ""), frozenset())
        if existing and column.casefold() not in {name.casefold() for name in existing}:
            values = {"measure": row_name, "table": table, **hint_values(column, existing)}
            yield Problem("B045", cell, values, client)
    made = dax.named_columns(formula)
    known = {name.casefold() for name in names.formulas}
    for measure in sorted(used.measures):
        if measure.casefold() not in known | made:
            yield Problem("B043", cell, {"measure": row_name, **hint_values(measure, names.formulas)}, client)


def circles(names: Iterable[str], formulas: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return each of these measures that is part of a circle of formulas, with the circle; names know no case."""
    folded = {name.casefold(): name for name in formulas}

    @cache
    def uses(name: str) -> tuple[str, ...]:
        used = {other.casefold() for other in dax.references(formulas[folded[name]]).measures}
        return tuple(sorted(used & folded.keys()))

    return {name: circle for name in names if (circle := _circle(name.casefold(), uses, folded))}


def _circle(start: str, uses: Callable[[str], tuple[str, ...]], folded: Mapping[str, str]) -> tuple[str, ...]:
    """Return the way from a measure back to itself, or nothing."""
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for other in uses(name):
            if other == start:
                return _path(name, came_from, folded)
            if other not in came_from:
                came_from[other] = name
                waiting.append(other)
    return ()


def _path(end: str, came_from: Mapping[str, str], folded: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names on the way to ``end``, the first one first."""
    path = [end]
    while path[-1] in came_from:
        path.append(came_from[path[-1]])
    return tuple(folded[name] for name in reversed(path))


def exact_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that equals this one regardless of case, or None."""
    return next((item for item in known if item.casefold() == name.strip().casefold()), None)


def exact_field(text: str, names: Names) -> str | None:
    """Return ``Table[Column]`` as the model spells it, or None where there is no such column."""
    parts = split_field(text)
    table = exact_name(parts[0], names.columns) if parts else None
    column = exact_name(parts[1], names.columns[table]) if parts and table else None
    return f"{table}[{column}]" if column else None


def owner(row: Record, client: str = "") -> str:
    """Return whom a row's problem belongs to: the client, or none where the row is for all of them or the office's."""
    return "" if getattr(row, "client", "") == EVERYONE else client or getattr(row, "code", "")
