"""A client's database: the divisions it delivers, out of one or more books, read row by row."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.sources.sandbox.refusal import BAD_REQUEST, Refused
from generator.sources.sandbox.schema import DIVISIONS
from generator.sources.sandbox.store import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from generator.sources.sandbox.filters import Condition, Value
    from generator.sources.sandbox.query import Query
    from generator.sources.sandbox.schema import Table

Place = tuple[int, int]
"""Where reading goes on: the number of the part, and the last row read in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Books that a database reads, made when they are first asked for.

    ``divisions`` are those it delivers, ``rights`` those that its Exact user may see beside them.
    """

    path: Callable[[], Path]
    divisions: tuple[int, ...]
    rights: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """What one URL serves; ``alias`` names its data container, ``client`` is for messages only."""

    client: str
    slug: str
    alias: str
    parts: tuple[Part, ...]
    tables: Mapping[str, Table] = field(repr=False)

    @property
    def entity_sets(self) -> dict[str, Table]:
        """Return the tables by the name of their entity set."""
        return {f"{name}@{self.alias}": table for name, table in self.tables.items()}

    def rows(self, table: Table, query: Query) -> Iterator[tuple[Place, tuple[Value, ...]]]:
        """Yield rows with their place, in the order of the books; only the columns that were selected."""
        listed = ", ".join(f'"{name}"' for name in query.select or table.columns)
        first, last = query.place
        for number, part in enumerate(self.parts[first:], first):
            after = last if number == first else 0
            for place, *row in self._read(part, table, f"rowid, {listed}", query.where, after):
                yield (number, int(place or 0)), tuple(row)

    def count(self, table: Table, where: Condition | None) -> int:
        """Return how many rows answer a condition."""
        found = (self._read(part, table, "count(*)", where, 0) for part in self.parts)
        return sum(int(row[0] or 0) for rows in found for row in rows)

    @staticmethod
    def _read(
        part: Part, table: Table, listed: str, where: Condition | None, after: int
    ) -> Iterator[tuple[Value, ...]]:
        """Ask one part; names come from the schema, values are parameters."""
        divisions = (*part.divisions, *(part.rights if table.name == DIVISIONS else ()))
        if not table.division or not divisions:
            return  # a table without divisions has no rows in these books
        marks = ", ".join("?" * len(divisions))
        condition = f" AND {where.sql}" if where else ""
        sql = (
            f'SELECT {listed} FROM "{table.stored}" WHERE rowid > ?'  # noqa: S608  see above
            f' AND "{table.division}" IN ({marks}){condition} ORDER BY rowid'
        )
        with closing(opened(part.path())) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table.stored]).fetchone() is None:
                return
            try:
                yield from connection.execute(sql, (after, *divisions, *(where.values if where else ())))
            except sqlite3.Error as error:
                raise Refused(BAD_REQUEST, "$filter is too large.") from error
