"""Exchange rates: each division has its own list, of what other currencies are worth in its own, from time to time new.

Quoted as ``reference/finance-content.md`` says Exact does: one unit of TargetCurrency is Rate units of SourceCurrency,
which is the division's own; a rate holds until the next one starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.book import later
from generator.sources.ledger.dice import Dice
from generator.sources.ledger.exact import guid, moment
from generator.sources.ledger.fiscal import month_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.sources.ledger.book import Book
    from generator.sources.ledger.records import Row

WORTH = {"EUR": 100_000, "GBP": 116_000, "USD": 91_000}
"""About what a unit is worth, in hundred thousandths of a euro."""

NEWER = 14
"""Divisions with a currency of their own renew their rates so many days into the month, all others on its first day."""

LATE = 14
"""Months after the start of the books from which there are rates: what comes before can't be translated."""


def rates(book: Book, seed: int) -> Iterator[Row]:
    """Yield the rows of ExchangeRates of a division; months differ, and so do divisions, by a little."""
    own = book.division.currency
    start = 0 if own == "EUR" else NEWER
    for target, worth in WORTH.items():
        if target == own or own not in WORTH:
            continue
        dice = Dice(seed, book.division.code, "rate", target)
        for number, month in enumerate(book.months()):
            wobble = dice.roll(9700, 10300)
            if number < LATE or number % 7 == 3:  # noqa: PLR2004  now and then nobody renews it
                continue
            day = later(month_start(month), start)
            if day <= book.today:
                yield {
                    "Division": book.division.code,
                    "ID": guid(book.division, "rate", f"{target} {day}"),
                    "SourceCurrency": own,
                    "TargetCurrency": target,
                    "Rate": round(worth * wobble / WORTH[own] / 10_000, 6),
                    "StartDate": moment(day),
                }
