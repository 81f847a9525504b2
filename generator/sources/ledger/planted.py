"""Rows on the boundaries that reports get wrong: each on purpose, in every year, and named."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from generator.sources.ledger.book import Book, later, line
from generator.sources.ledger.chart import BANK, CUSTOMERS, SUPPLIERS
from generator.sources.ledger.fiscal import THIRTEENTH
from generator.sources.ledger.trade import buy, pay, sell

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST, _SECOND, _THIRD = (relation.code for relation in CUSTOMERS[:3])
_SUPPLIER = SUPPLIERS[0].code
OVERDUE = (0, 1, 30, 31, 60, 61, 90, 91)
"""Days overdue at an ultimo, each on or beside the edge of a class of age."""


def plant(book: Book) -> None:
    """Book every case in every year that it fits."""
    only_in_opening(book)
    thirteenth = "period_13" in book.division.traits
    for year in book.years:
        if thirteenth:
            period_13(book, year)
        for case in YEARLY:
            case(book, year)
    leap_day(book)
    due_today(book)


def outside_its_period(book: Book, year: int) -> None:
    """Book sales dated after the year and before the month they belong to, and long before; purchases dated after."""
    first, last = book.fiscal.span(year)
    for invoice in (
        sell(book, later(last, 2), 1001_00, _FIRST, at=(year, 12)),
        sell(book, later(first, -3), 555_00, _SECOND, at=(year, 1)),
        buy(book, book.fiscal.bounds(year, 2)[1], 402_00, _SUPPLIER, at=(year, 3)),
        buy(book, later(book.fiscal.bounds(year, 8)[1], 12), 303_00, _SUPPLIER, at=(year, 8)),
        sell(book, later(book.fiscal.bounds(year, 6)[0], -40), 77_00, _THIRD, at=(year, 6)),
    ):
        if book.has(invoice.number):
            pay(book, later(invoice.due, 11), invoice, invoice.cents)


def edges_of_periods(book: Book, year: int) -> None:
    """Book sales on the first and the last day of the year and of months."""
    first, last = book.fiscal.span(year)
    days = (first, last, *(day for period in (2, 5, 6) for day in book.fiscal.bounds(year, period)))
    for place, day in enumerate(days):
        invoice = sell(book, day, 210_00 + place * 111, _SECOND, due=later(day, 15))
        pay(book, later(day, 20), invoice, invoice.cents)


def due_around_ultimo(book: Book, year: int) -> None:
    """Book invoices that are so many days overdue at the end of periods 4 and 9, paid five days after."""
    for period in (4, 9):
        ultimo = book.fiscal.bounds(year, period)[1]
        for days in OVERDUE:
            due = later(ultimo, -days)
            invoice = sell(book, later(due, -14), 100_00 + days, _THIRD, "0", "8050", due)
            pay(book, later(ultimo, 5), invoice, invoice.cents)
            owed = buy(book, later(due, -14), 50_00 + days, _SUPPLIER, "0", "4200", due)
            pay(book, later(ultimo, 5), owed, owed.cents)


def due_after_ultimo(book: Book, year: int) -> None:
    """Book invoices due 14 and 15 days after the end of periods 4 and 9, and around the end of the eighth week."""
    for period in (4, 9):
        ultimo = book.fiscal.bounds(year, period)[1]
        far = later(ultimo, 62 - ultimo.weekday())  # the last day of the eighth week after that of the ultimo
        for due in (later(ultimo, 14), later(ultimo, 15), far, later(far, 1)):
            days = (due - ultimo).days
            invoice = sell(book, later(ultimo, -1), 70_00 + days, _THIRD, "0", "8050", due)
            owed = buy(book, later(ultimo, -1), 40_00 + days, _SUPPLIER, "0", "4200", due)
            for one in (invoice, owed):
                pay(book, due, one, one.cents)


def odd_invoices(book: Book, year: int) -> None:
    """Book an invoice of nothing, credit notes on a month's end, one paid too much, one in parts, one in dollars."""
    month = book.fiscal.bounds(year, 7)
    sell(book, month[0], 0, _FIRST, "0")
    for note in (sell(book, month[1], -130_00, _SECOND), buy(book, month[1], -45_00, _SUPPLIER)):
        pay(book, later(month[1], 35), note, note.cents)
    pay(book, later(month[1], 1), sell(book, month[0], 250_00, _FIRST), 400_00)
    parts = sell(book, month[0], 900_00, _THIRD)
    for days, cents in ((10, 100_00), (month[1].day - 1, 100_00), (60, parts.cents - 200_00)):
        pay(book, later(month[0], days), parts, cents)
    dollars = sell(book, month[0], 640_00, _SECOND, "0", rate=80, currency="USD")
    pay(book, later(month[0], 50), dollars, dollars.cents)


def both_ways(book: Book, year: int) -> None:
    """Book an entry that debits and credits one account, a draft, and accounts of type 90 that change sides."""
    day = book.fiscal.bounds(year, 8)[0]
    book.post(day, 90, "90", [line("4300", 500_00, 0), line("4300", -480_00, 1), line(BANK, -20_00, 2)], "Correctie")
    book.post(day, 90, "90", [line("4200", 61_00, 0), line("1730", -61_00, 1)], "Concept", status=20)
    book.post(day, 90, "90", [line("7000", 45_00, 0), line("1730", -45_00, 1)], "Kostprijs nog te ontvangen")
    book.post(day, 90, "90", [line("1850", 300_00, 0), line("1800", -300_00, 1)], "Tussenrekening keert om")


def period_13(book: Book, year: int) -> None:
    """Book corrections in period 13: one dated in it, one dated in the month before."""
    last = book.fiscal.span(year)[1]
    at = (year, THIRTEENTH)
    book.post(last, 90, "90", [line("4100", 321_00, 0), line("0210", -321_00, 1)], "Periode 13", at=at)
    invoice = sell(book, later(last, -20), 432_00, _FIRST, at=at)
    pay(book, later(last, 30), invoice, invoice.cents)


def only_in_opening(book: Book) -> None:
    """Use accounts in the first year and never again."""
    day = later(book.first_day, 40)
    book.post(day, 90, "90", [line("0100", 3000_00, 0), line("0750", -3000_00, 1)], "Goodwill en lening directie")
    book.post(day, 90, "90", [line("0750", 500_00, 0), line(BANK, -500_00, 1)], "Aflossing directie")
    book.post(later(day, 1), 90, "90", [line("0120", 90_00, 0), line(BANK, -90_00, 1)], "Heen")
    book.post(later(day, 2), 90, "90", [line("0120", -90_00, 0), line(BANK, 90_00, 1)], "En terug")


def leap_day(book: Book) -> None:
    """Book sales on 29 February, and due on 29 February."""
    for year in range(book.first_day.year, book.today.year + 1):
        if year % 4 == 0:
            day = date(year, 2, 29)
            for invoice in (
                sell(book, day, 290_00, _FIRST, due=day),
                sell(book, later(day, -30), 229_00, _SECOND, due=day),
            ):
                pay(book, later(day, 6), invoice, invoice.cents)


def due_today(book: Book) -> None:
    """Book an invoice to a customer and one of a supplier that are due today, and one of each due yesterday."""
    for days in (0, -1):
        due = later(book.today, days)
        sell(book, later(due, -14), 120_00 + days, _FIRST, "0", "8050", due)
        buy(book, later(due, -14), 80_00 + days, _SUPPLIER, "0", "4200", due)


YEARLY: tuple[Callable[[Book, int], None], ...] = (
    outside_its_period,
    edges_of_periods,
    due_around_ultimo,
    due_after_ultimo,
    odd_invoices,
    both_ways,
)
