"""Which made-up books each client has: its divisions as the workbook names them, the same for the same seed.

The divisions of one client trade with each other; the office reads the books of its clients and has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.sources.ledger import Division, Ledger, ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from generator.resolve.client import Client
    from generator.resolve.client import Division as ClientDivision
    from generator.sources.ledger import Row

YEARS = 5
"""Fiscal years in the books, unless a report looks further back."""

VOLUME = 2
"""Sales a month beside the boundary cases: enough to see, few enough to make books of a client in a blink."""

_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Terms:
    """What the books follow from beside the workbook; ``years`` None takes what the reports need."""

    today: date
    seed: int = 1
    years: int | None = None
    volume: int = VOLUME


@dataclass(frozen=True, slots=True)
class Book:
    """The books of one client before they are made."""

    divisions: tuple[Division, ...]
    today: date
    seed: int
    years: int
    volume: int = VOLUME

    def ledger(self) -> Ledger:
        """Keep the books: about a fifth of a second for each division."""
        return ledger(self.divisions, self.today, seed=self.seed, years=self.years, volume=self.volume)


@dataclass(slots=True)
class _Owner:
    """A client as its books know it."""

    year_end_month: int = _DECEMBER
    divisions: dict[int, ClientDivision] = field(default_factory=dict)


def books_of(clients: Iterable[Client], terms: Terms) -> dict[str, Book]:
    """Return the books of each client, by its code; those of a client that only the office shows as well."""
    listed = list(clients)
    owners: dict[str, _Owner] = {}
    for client in sorted(listed, key=lambda client: client.is_office):
        for division in client.divisions:
            owner = owners.setdefault(division.client_code, _Owner())
            owner.divisions.setdefault(division.code, division)
        if not client.is_office and client.code in owners:
            owners[client.code].year_end_month = client.year_end_month
    years = terms.years or max([YEARS, *(client.years + 2 for client in listed)])
    return {
        code: Book(_divisions(code, owner), terms.today, terms.seed, years, terms.volume)
        for code, owner in owners.items()
    }


def client_ledger(client: Client, clients: Sequence[Client], terms: Terms) -> Ledger:
    """Return the made-up books behind a client's database, in memory; ``clients`` are all that the workbooks name.

    ``tables`` maps an entity set (without alias) to its rows, ``sqlite()`` gives them as tables named by the last part.
    The office gets the books of all clients, of the divisions it consolidates.
    """
    books = books_of(clients, terms)
    codes = dict.fromkeys(division.client_code for division in client.divisions)
    wanted = {division.code for division in client.divisions}
    made = [books[code].ledger() for code in codes]
    tables = made[0].tables if len(made) == 1 else _together([one.tables for one in made])
    divisions = tuple(division for one in made for division in one.divisions if division.code in wanted)
    return Ledger(divisions, terms.today, {name: _own(rows, wanted) for name, rows in tables.items()})


def _together(parts: Sequence[Mapping[str, list[Row]]]) -> dict[str, list[Row]]:
    return {name: [row for part in parts for row in part[name]] for name in (parts[0] if parts else ())}


def _own(rows: list[Row], wanted: set[int]) -> list[Row]:
    """Return the rows of these divisions; SystemDivisions calls a division by its code."""
    return [row for row in rows if row.get("Division", row.get("DIVISION", row.get("Code"))) in wanted]


def _divisions(code: str, owner: _Owner) -> tuple[Division, ...]:
    """Return a client's divisions for the ledger: some have a thirteenth period, some close by types 320 to 328."""
    return tuple(
        Division(
            division.code,
            division.name,
            currency=division.currency,
            year_end_month=owner.year_end_month,
            group=code,
            traits=frozenset({"boundaries", *_traits(division.code)}),
        )
        for division in sorted(owner.divisions.values(), key=lambda division: division.code)
    )


def _traits(code: int) -> Iterable[str]:
    """Return what a division has beside the usual: it follows from its number, so that it stays the same."""
    if code % 3 == 0:
        yield "period_13"
    if code % 4 == 1:
        yield "year_end_320"
