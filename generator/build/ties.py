"""How tables of the workbook hang on a model: relationships to the dimensions that it has, by the keys they allow.

Filters go from the one side to the many; never by two ways from one table to another: Power BI refuses that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.catalogue import Column, Relationship, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from generator.catalogue import Catalogue
    from generator.resolve.client import ExtraTable

DIVISION = "Administratie"
"""The table that every table with a division looks up, and the name of that column everywhere."""


def model_table(table: ExtraTable, keys: Iterable[Column] = ()) -> Table:
    """Return the model table of a row on *Tabellen*; its division is the key to *Administratie*."""
    columns = {name: Column(name, kind, source=name) for name, kind in table.columns.items()}
    if table.division:
        columns[DIVISION] = Column(DIVISION, "int", source=table.division, hidden=True)
    columns |= {column.name: column for column in keys}
    return Table(table.name, columns, source=f"Bron{table.name}")


def tied(
    tables: Sequence[ExtraTable],
    present: Collection[str],
    relationships: Iterable[Relationship],
    catalogue: Catalogue,
) -> tuple[list[Table], list[Relationship]]:
    """Return the workbook's tables with the keys that tie them, and their relationships.

    ``present`` are the tables of the templates in the model, ``relationships`` those between them.
    """
    places = _dimensions(tables, present, catalogue)
    edges = {(row.to[0], row.from_[0]) for row in relationships}
    kept: list[Relationship] = []
    looked_up = frozenset(places.values())
    for table in sorted(tables, key=lambda table: table.name in looked_up):  # dimensions last, where a way is left
        for row in _wanted(table, places, catalogue):
            edge = (row.to[0], row.from_[0])
            if not _twice(edges, *edge):
                edges.add(edge)
                kept.append(row)
    return [model_table(table, _keys(table, kept, catalogue)) for table in tables], kept


def _dimensions(tables: Sequence[ExtraTable], present: Collection[str], catalogue: Catalogue) -> dict[str, str]:
    """Return the table that each link leads to: that of the templates, else the first of the workbook to be one."""
    places = {}
    for link in catalogue.links.values():
        own = (table.name for table in tables if table.entity in link.entities and link.name in table.keys)
        place = link.table if link.table in present else next(own, None)
        if place:
            places[link.name] = place
    return places


def _wanted(table: ExtraTable, places: Mapping[str, str], catalogue: Catalogue) -> Iterable[Relationship]:
    """Yield where a table would look something up, its division first."""
    if table.division:
        yield Relationship((table.name, DIVISION), (DIVISION, DIVISION))
    for name in table.keys:
        if places.get(name, table.name) != table.name:
            column = catalogue.links[name].column
            yield Relationship((table.name, column), (places[name], column))


def _keys(table: ExtraTable, kept: Sequence[Relationship], catalogue: Catalogue) -> Iterable[Column]:
    """Yield the keys of a table that relationships need."""
    used = {end for row in kept for end in (row.from_, row.to)}
    for name, source in table.keys.items():
        column = catalogue.links[name].column
        if (table.name, column) in used:
            is_key = any(row.to == (table.name, column) for row in kept)
            yield Column(column, "text", needs=(source,), hidden=True, key=is_key)


def _twice(edges: Collection[tuple[str, str]], one: str, many: str) -> bool:
    """Tell whether a filter would come from one table to another by a second way, were this edge there."""
    down = {start: {end for other, end in edges if other == start} for start, _ in edges}
    up = {end: {start for start, other in edges if other == end} for _, end in edges}
    below = {many, *_reached(many, down)}
    return any(not below.isdisjoint(_reached(start, down)) for start in (one, *_reached(one, up)))


def _reached(start: str, steps: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(steps.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
