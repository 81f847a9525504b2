"""What a report asks of a database: per source query an entity set and its columns. Queries and ``probe`` follow it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.build.pull import pull
from generator.resolve.tables import KINDS
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from generator.build.pull import Pulled
    from generator.catalogue import Catalogue, Column, Design, Source, Table
    from generator.resolve.client import Client, ExtraTable


_ENTITY_SET = re.compile(r'"([A-Za-z]\w*(?:\.[A-Za-z]\w*){2})@" ~ alias')  # as ``adopt`` writes it in a template


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One source query: ``columns`` maps what it asks to kinds in the words of ``tables.toml``, in a fixed order.

    ``entity_set`` is without its alias; ``optional`` columns may be absent, and ``absent`` tells that the whole entity
    set may be; ``checks`` tells that no division is filtered, since the query is there to see one that does not belong.
    Compared by identity: models whose tables need the same share it.
    """

    query: str
    entity_set: str
    columns: Mapping[str, str]
    optional: frozenset[str] = field(default_factory=frozenset)
    division: str = "Division"
    divided: bool = True
    checks: bool = False
    absent: bool = False

    @property
    def required(self) -> list[str]:
        """Return the columns without which the refresh fails."""
        return [name for name in self.columns if name not in self.optional]

    @property
    def dates(self) -> list[str]:
        """Return the columns that hold a date."""
        return [name for name, kind in self.columns.items() if kind == KINDS["datetime"]]


def reads(client: Client, catalogue: Catalogue) -> list[Read]:
    """Return what all reports of a client ask of its database, report by report."""
    catalogue = catalogue.of(client.platform)
    found = []
    for report in client.reports:
        pulled = pull(client, report, catalogue)
        found += [
            source_read(source, client.fast_tables, pulled, catalogue) for source in used_sources(pulled, catalogue)
        ]
        design = catalogue.reports[report.name].design
        found += _designed(design) if design else []
        found += [wished_read(table, pulled) for table in client.tables]
    return found


def _designed(design: Design) -> list[Read]:
    """Return the entity sets that the queries of a design name; which columns they use is not known."""
    return [
        Read(name, entity_set, {}, divided=False)
        for name, source in design.queries.items()
        for entity_set in dict.fromkeys(_ENTITY_SET.findall(source))
    ]


@remembered(256)
def used_sources(pulled: Pulled, catalogue: Catalogue) -> tuple[Source, ...]:
    """Return the sources that the tables of a report are made from, in the order of the templates."""
    used = {name for table in pulled.tables for name in used_names(table)}
    return tuple(source for name, source in catalogue.sources.items() if name in used)


def used_names(table: Table) -> tuple[str, ...]:
    """Return the queries that a table is made from; some only for the sake of one of its columns."""
    for_columns = (name for column in table.columns.values() for name in column.uses)
    return (*((table.source,) if table.source else ()), *table.uses, *for_columns)


def source_read(source: Source, fast: bool, pulled: Pulled, catalogue: Catalogue) -> Read:
    """Return what a source of the templates reads: only the columns that the tables of a report need."""
    tables = tuple(table for table in pulled.tables if table.source == source.name)
    return _source_read(source.name, fast, tables, catalogue)


@remembered(2048)
def _source_read(name: str, fast: bool, tables: tuple[Table, ...], catalogue: Catalogue) -> Read:
    source = catalogue.sources[name]
    entity = catalogue.entities[source.entity]
    made = [column for table in tables for column in table.columns.values()]
    required = {*source.always, *_needed(column for column in made if not column.optional)}
    wanted = required | set(_needed(column for column in made if column.optional))
    kinds = catalogue.known_columns[entity.columns_of or entity.fast]["columns"]
    return Read(
        source.name,
        entity.fast if fast or entity.bulk is None else entity.bulk,
        {name: KINDS.get(kind, "text") for name, kind in kinds.items() if name in wanted},
        frozenset(wanted - required),
        source.division,
        checks=source.unfiltered,
        absent=source.optional,
    )


def wished_read(table: ExtraTable, pulled: Pulled) -> Read:
    """Return what a row on *Tabellen* reads: its columns, its division, what it is filtered on, and a model's keys."""
    made = next(each for each in pulled.tables if each.name == table.name)
    needed = {need: "text" for column in made.columns.values() for need in column.needs}
    filtered = {table.condition.column: "text"} if table.condition else {}
    columns = {**needed, **filtered, **table.columns}
    if table.division:
        columns[table.division] = table.division_type
    return Read(f"Bron{table.name}", table.entity, columns, division=table.division, divided=bool(table.division))


def _needed(columns: Iterable[Column]) -> list[str]:
    return [name for column in columns for name in (*((column.source,) if column.source else ()), *column.needs)]
