"""Open items, taken from the ledger lines themselves: what was open at the end of each period, and what is open today.

The view per ultimo has the names of Invantive's XML tables. Amounts are positive where the customer owes, and where the
division owes its supplier.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.sources.ledger.chart import PAYABLES, RECEIVABLES
from generator.sources.ledger.exact import amount, guid, moment, relation_code, relations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.sources.ledger.book import Book
    from generator.sources.ledger.chart import Relation
    from generator.sources.ledger.records import Entry, Row

_CONTROLS = {"AR": (RECEIVABLES, 1), "AP": (PAYABLES, -1)}


@dataclass(slots=True)
class _Item:
    """An invoice with the cents that year and period did to it, in the order of the books."""

    entry: Entry
    relation: str
    cents: int
    events: list[tuple[int, int, int]] = field(default_factory=list)

    def open_at(self, year: int, period: int) -> int:
        return sum(cents for at_year, at_period, cents in self.events if (at_year, at_period) <= (year, period))


def _items(book: Book, side: str) -> dict[int, _Item]:
    control, sign = _CONTROLS[side]
    found: dict[int, _Item] = {}
    for entry in sorted(book.entries, key=lambda entry: (entry.due is None, entry.day)):  # invoices before payments
        for line in entry.lines:
            if line.account == control and line.invoice is not None:
                item = found.setdefault(line.invoice, _Item(entry, line.relation or "", line.cents * sign))
                item.events.append((entry.year, entry.period, line.cents * sign))
    return dict(sorted(found.items()))


def per_ultimo(book: Book, partners: Sequence[Relation], side: str) -> Iterator[Row]:
    """Yield what is open at the end of each period up to today's, for AR or AP."""
    known = relations(partners)
    items = _items(book, side)
    for year, period in _ultimos(book):
        for number, item in items.items():
            cents = item.open_at(year, period)
            if cents:
                yield _ultimo(book, side, known[item.relation], item, (year, period, number, cents))


def _ultimos(book: Book) -> list[tuple[int, int]]:
    last = book.fiscal.place(book.today)
    every = ((year, period) for year in book.years for period in range(1, book.fiscal.periods + 1))
    return [place for place in every if place <= last]


def _ultimo(book: Book, side: str, relation: Relation, item: _Item, at: tuple[int, int, int, int]) -> Row:
    year, period, number, cents = at
    prefix = f"OUTSTANDINGITEMS_{side}_ACCOUNT"
    return {
        "DIVISION": book.division.code,
        "DIVISIONNAME": book.division.name,
        "DIVISIONSHORTNAME": book.division.code,
        "FINYEAR": year,
        "FINPERIOD": period,
        f"{prefix}_CODE_ATTR": relation_code(relation.code),
        f"{prefix}_NAME": relation.name,
        "NUMBER_ATTR": number,
        "DESCRIPTION": item.entry.text,
        "INVOICEDATE": moment(item.entry.day),
        "DUEDATE": moment(item.entry.due),
        "CURRENCY_CODE_ATTR": item.entry.currency,
        "INVOICEAMTDC": amount(item.cents),
        "INVOICEAMTFC": amount(item.cents * 100 // item.entry.rate),
        "OUTSTANDINGAMTDC": amount(cents),
        "OUTSTANDINGAMTFC": amount(cents * 100 // item.entry.rate),
    }


def today(book: Book, partners: Sequence[Relation], side: str) -> Iterator[Row]:
    """Yield what is open now: the rows of ReceivablesList (AR) or PayablesList (AP)."""
    known = relations(partners)
    for number, item in _items(book, side).items():
        cents = item.open_at(book.years[-1], book.fiscal.periods)
        if cents:
            relation = known[item.relation]
            yield {
                "Division": book.division.code,
                "HID": number,
                "AccountId": guid(book.division, "relation", relation.code),
                "AccountCode": relation_code(relation.code),
                "AccountName": relation.name,
                "Amount": amount(cents),
                "AmountInTransit": 0.0,
                "CurrencyCode": item.entry.currency,
                "Description": item.entry.text,
                "DueDate": moment(item.entry.due),
                "InvoiceDate": moment(item.entry.day),
                "InvoiceNumber": number,
                "JournalCode": item.entry.journal,
                "YourRef": None,
            }
