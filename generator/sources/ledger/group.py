"""Trade between divisions of one group: each invoice and each payment stands in both books, on the same day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.book import Book, later
from generator.sources.ledger.chart import Relation
from generator.sources.ledger.trade import buy, pay, sell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.sources.ledger.dice import Dice


def partner(book: Book) -> Relation:
    """Return a division as the others of its group know it."""
    return Relation(
        f"9{book.division.code % 10_000:04}", book.division.name or f"Administratie {book.division.code}", ""
    )


def groups(books: Iterable[Book]) -> list[list[Book]]:
    """Return the books that trade with each other: same group, currency and calendar, and not empty."""
    found: dict[tuple[object, ...], list[Book]] = {}
    for book in books:
        division = book.division
        if division.group and "empty" not in division.traits:
            key = (division.group, division.currency, division.year_end_month, book.fiscal.named_by_start)
            found.setdefault(key, []).append(book)
    return [members for members in found.values() if len(members) > 1]


def trade_within(members: list[Book], dice: Dice) -> None:
    """Book a sale every other month from each member to the next one; every fifth is paid in two parts, some never."""
    for place, seller in enumerate(members):
        buyer = members[(place + 1) % len(members)]
        for number, month in enumerate(seller.months()):
            if number % 2:
                continue
            day = later(month, dice.roll(0, 20))
            net = dice.roll(300_00, 1500_00)
            sold = sell(seller, day, net, partner(buyer).code, "0", "8100", later(day, 30))
            bought = buy(buyer, day, net, partner(seller).code, "0", "7100", later(day, 30))
            parts = ((later(day, 25), net // 3), (later(day, 45), net - net // 3)) if number % 5 == 0 else ()
            for when, cents in parts or (((later(day, 30), net),) if number % 7 else ()):
                pay(seller, when, sold, cents)
                pay(buyer, when, bought, cents)
