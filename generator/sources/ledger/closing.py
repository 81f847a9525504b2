"""The year's end: P&L accounts booked away to equity, by type 310 or by the types 320 to 328."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.book import Book, line
from generator.sources.ledger.chart import BY_CODE, RESERVE, UNDIVIDED

if TYPE_CHECKING:
    from generator.sources.ledger.records import Line

_FIRST_TYPE, _OPENING_TYPE = 320, 328


def close(book: Book) -> None:
    """Close every year before the last but one; the last ended year is not closed yet, as in real life."""
    for year in book.years[:-2]:
        if "year_end_320" in book.division.traits:
            _close_in_parts(book, year)
        else:
            _close_at_once(book, year)


def result_lines(book: Book, year: int) -> list[Line]:
    """Return lines that make every P&L account of a year zero."""
    found = [(code, cents) for code, cents in book.sums(year).items() if BY_CODE[code].balance == "W" and cents]
    return [line(code, -cents, number) for number, (code, cents) in enumerate(found)]


def _place(book: Book, year: int) -> tuple[int, int]:
    return year, book.fiscal.periods


def _close_at_once(book: Book, year: int) -> None:
    lines = result_lines(book, year)
    lines.append(line(RESERVE, -sum(item.cents for item in lines), len(lines)))
    book.post(book.fiscal.span(year)[1], 310, "90", lines, f"Afsluiting {year}", at=_place(book, year))


def _close_in_parts(book: Book, year: int) -> None:
    """Book the accounts away in turn by types 320 to 327, and open the next year with type 328.

    The opening also moves an amount between two P&L accounts, so that a report that takes it for a result is wrong.
    """
    last = book.fiscal.span(year)[1]
    lines = result_lines(book, year)
    kinds = range(_FIRST_TYPE, _OPENING_TYPE)
    for place, kind in enumerate(kinds):
        part = lines[place :: len(kinds)]
        total = sum(item.cents for item in part)
        whole = [*part, line(UNDIVIDED, -total, 99)] if part else []
        book.post(last, kind, "90", whole, f"Jaareinde {year} ({kind})", at=_place(book, year))
    result = -sum(item.cents for item in lines)
    opening = [
        line(UNDIVIDED, -result, 0),
        line(RESERVE, result, 1),
        line("8000", -77_00, 2),
        line("4300", 77_00, 3),
    ]
    book.post(book.fiscal.span(year + 1)[0], _OPENING_TYPE, "90", opening, f"Opening {year + 1}")
