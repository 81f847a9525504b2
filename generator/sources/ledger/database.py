"""The tables of a ledger in SQLite, for questions in SQL."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Columns that questions name in a table that may well be without rows: not every office classifies its accounts, or has
# another currency.
_ASKED_OF_NONE = {
    "GLAccountClassificationMappings": (
        "GLAccount",
        "ClassificationCode",
        "ClassificationDescription",
        "GLSchemeCode",
        "GLSchemeDescription",
    ),
    "ExchangeRates": ("SourceCurrency", "TargetCurrency", "Rate", "StartDate"),
}


def connect(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> sqlite3.Connection:
    """Return a database in memory with a table per entity set; dates stay texts such as ``2026-01-31T00:00:00Z``."""
    connection = sqlite3.connect(":memory:")
    for entity_set, rows in tables.items():
        table = entity_set.rpartition(".")[2]
        columns = list(rows[0]) if rows else ["Division", *_ASKED_OF_NONE.get(table, ())]
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        connection.execute(f'CREATE TABLE "{table}" ({names})')
        statement = f'INSERT INTO "{table}" VALUES ({marks})'  # noqa: S608  names of our own
        connection.executemany(statement, [tuple(row[name] for name in columns) for row in rows])
    connection.commit()
    return connection
