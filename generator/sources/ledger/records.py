"""What a ledger is made of: divisions that are asked for, entries with their lines, and the finished tables."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator.sources.ledger import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import date

Row = dict[str, Any]
"""A row of an entity set: column → whole number, floating point amount, text, true or false, or None."""

TRAITS = frozenset(
    {"boundaries", "empty", "named_by_start", "other_chart", "own_scheme", "period_13", "rgs", "year_end_320"}
)
"""What a division can have beside the usual; see ``Division``."""


@dataclass(frozen=True, slots=True)
class Division:
    """A division to make books for.

    ``closes`` tells whether ended years are closed by year-end entries; divisions of one ``group`` with the same
    calendar and currency trade with each other. Traits: ``boundaries`` (rows on every boundary that reports get wrong),
    ``empty`` (no entries at all), ``named_by_start`` (a broken fiscal year called after the year it begins in),
    ``period_13``, ``year_end_320`` (closed by types 320 to 328 in place of 310), ``rgs`` and ``own_scheme`` (accounts
    are classified by them), ``other_chart`` (other codes, names and types of accounts than all others have).
    """

    code: int
    name: str = ""
    currency: str = "EUR"
    year_end_month: int = 12
    closes: bool = True
    group: str = ""
    traits: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a trait that does not exist."""
        unknown = self.traits - TRAITS
        if unknown:
            raise ValueError(f"no such traits: {', '.join(sorted(unknown))}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an entry: debit is positive, in cents of the division's currency.

    ``number`` 0 is the total of the entry, 9999 its VAT; ``quantity`` counts the item, below zero where it goes out.
    """

    account: str
    cents: int
    number: int
    relation: str | None = None
    invoice: int | None = None
    cost_centre: str | None = None
    vat: str | None = None
    item: str | None = None
    quantity: int = 0
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Hours, or costs, written on a project: quarters of the unit, at so many cents each; status is Exact's own."""

    day: date
    project: str | None
    employee: str
    quarters: int
    cents: int
    item: str
    status: int = 20
    currency: str = ""

    @property
    def value(self) -> int:
        """Return the amount in cents, halves of a cent up."""
        return (self.quarters * self.cents + 2) // 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced entry; fiscal year and period decide where it belongs, whatever its date."""

    year: int
    period: int
    day: date
    kind: int
    journal: str
    lines: tuple[Line, ...]
    text: str
    due: date | None = None
    status: int = 50
    currency: str = ""
    rate: int = 100  # hundredths of the division's currency per unit of the entry's


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The books of some divisions as Exact Online shows them: ``tables`` is entity set → rows, without the alias."""

    divisions: tuple[Division, ...]
    today: date
    tables: Mapping[str, list[Row]]

    def sqlite(self) -> sqlite3.Connection:
        """Return the tables in a new SQLite database in memory, named by the last part of their entity set."""
        return database.connect(self.tables)

    def fingerprint(self) -> str:
        """Return a hash of all rows, the same on every machine."""
        text = json.dumps(self.tables, ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()
