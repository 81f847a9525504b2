"""What comes back every month, quarter and year: the start, wages, depreciation, loan, taxes, and a row of sundries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.book import Book, later, line
from generator.sources.ledger.chart import BANK, PURCHASE_VAT, RESERVE, SALES_VAT, VAT_TO_PAY
from generator.sources.ledger.fiscal import month_end, month_start
from generator.sources.ledger.stock import opening_lines

if TYPE_CHECKING:
    from datetime import date

    from generator.sources.ledger.dice import Dice

# One a month, in turn: account, cents, counter-account, text. Every type of account gets its share, 90 on each side.
_SUNDRIES = (
    ("4600", 120_05, BANK, "Boete"),
    ("8950", -310_10, BANK, "Verkoop oude inventaris"),
    ("4700", 7_35, "1000", "Kasverschil"),
    ("8900", -64_20, BANK, "Subsidie, niet ingedeeld"),
    ("1800", 88_15, BANK, 'Uitzoeken: "factuur zoek"'),
    ("1850", -45_55, BANK, "Kruispost"),
    ("9000", -12_40, BANK, "Rente spaarrekening"),
    ("1400", 240_00, BANK, "Verzekering vooruit"),
    ("1730", -150_25, "4300", "Nog te ontvangen factuur"),
    ("1160", 99_95, "8050", "Verkoop via betaaldienst"),
    ("1150", -55_60, "4400", "Creditcard: vakliteratuur"),
    ("0300", 75_00, BANK, "Waarborgsom"),
    ("1310", -33_30, BANK, "Vooruit ontvangen"),
    ("1000", 200_00, BANK, "Kasopname"),
)


def start(book: Book, dice: Dice) -> None:
    """Book the opening balance of the first year (type 10): the company existed before."""
    first = book.first_day
    bank = dice.roll(20_000_00, 60_000_00)
    lines = [
        line(BANK, bank, 0),
        line("0200", 60_000_00, 1),
        line("0500", -18_000_00, 2),
        line("0700", -50_000_00, 3),
        *opening_lines(5),
    ]
    lines.insert(2, line(RESERVE, -sum(item.cents for item in lines), 4))
    book.post(first, 10, "90", lines, "Beginbalans bij de overstap naar Exact Online")


def routine(book: Book, dice: Dice) -> None:
    """Book what every month brings."""
    for number, month in enumerate(book.months()):
        last = month_end(month)
        _wages(book, later(month, 24), dice.roll(2800_00, 3400_00), number)
        account, cents, counter, text = _SUNDRIES[number % len(_SUNDRIES)]
        cents = cents * dice.roll(80, 140) // 100
        book.post(later(month, 14), 90, "90", [line(account, cents, 0), line(counter, -cents, 1)], text)
        if (number + 1) % 3 == 0:
            _quarter(book, last, dice)
        if (number + 1) % 12 == 0:
            loan = [line("0700", 6_000_00, 0), line("0710", -6_000_00, 1)]
            book.post(last, 90, "90", loan, "Kortlopend deel van de lening")


def _wages(book: Book, day: date, gross: int, number: int) -> None:
    social, tax = gross // 5, gross * 3 // 10
    place = ("KP1", "KP2", None)[number % 3]
    lines = [
        line("4000", gross, 0, cost_centre=place),
        line("4010", social, 1, cost_centre=place),
        line("1710", -tax - social, 2),
        line("1700", tax - gross, 3),
    ]
    book.post(day, 170, "95", lines, f"Lonen {day:%m-%Y}")
    book.post(later(day, 2), 40, "20", [line("1700", gross - tax, 0), line(BANK, tax - gross, 1)], "Netto lonen")
    book.post(month_start(day, 1), 40, "20", [line("1710", tax, 0), line(BANK, -tax, 1)], "Loonheffing")


def _quarter(book: Book, last: date, dice: Dice) -> None:
    worn = dice.roll(900_00, 1200_00)
    book.post(last, 70, "90", [line("4100", worn, 0), line("0210", -worn, 1)], "Afschrijving")
    interest = dice.roll(250_00, 450_00)
    loan = [line("4900", interest, 0), line("0710", 1_500_00, 1), line(BANK, -interest - 1_500_00, 2)]
    book.post(last, 90, "90", loan, "Rente en aflossing")
    book.post(last, 90, "90", [line("9900", 750_00, 0), line("1720", -750_00, 1)], "Vennootschapsbelasting")
    book.post(later(last, 28), 40, "20", [line("1720", 700_00, 0), line(BANK, -700_00, 1)], "Voorlopige aanslag")
    _vat_return(book, last)


def _vat_return(book: Book, last: date) -> None:
    """Book the VAT of the quarter (type 50) to one account, and pay it a month later."""
    year, period = book.fiscal.place(last)
    quarter = range(period - 2, period + 1)
    owed = {SALES_VAT: 0, PURCHASE_VAT: 0}
    for entry in book.entries:
        if entry.year == year and entry.period in quarter:
            for item in entry.lines:
                if item.account in owed:
                    owed[item.account] += item.cents
    total = sum(owed.values())
    lines = [line(account, -cents, number) for number, (account, cents) in enumerate(owed.items()) if cents]
    book.post(last, 50, "90", [*lines, line(VAT_TO_PAY, total, 9)] if total else [], "Btw-aangifte")
    payment = [line(VAT_TO_PAY, -total, 0), line(BANK, total, 1)] if total else []
    book.post(later(last, 30), 40, "20", payment, "Betaling btw")
