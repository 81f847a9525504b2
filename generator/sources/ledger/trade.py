"""Sales and purchases, and the ways in which they get paid: on time, late, in parts, too much, or never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator.sources.ledger.book import VAT_LINE, Book, later, line
from generator.sources.ledger.chart import (
    BANK,
    CUSTOMERS,
    PAYABLES,
    PURCHASE_VAT,
    RECEIVABLES,
    SALES_VAT,
    SUPPLIERS,
    VAT_RATES,
)
from generator.sources.ledger.fiscal import month_end, month_start
from generator.sources.ledger.stock import BY_CODE, SLOW, STOCK, Item, Stock

if TYPE_CHECKING:
    from datetime import date

    from generator.sources.ledger.dice import Dice

PLACES = ("KP1", "KP1", "KP2", None)
TERMS = (8, 14, 30, 30)
_PAID = (
    "full",
    "full",
    "full",
    "late",
    "late",
    "half",
    "half",
    "over",
    "over",
    "never",
    "credit",
    "credit",
    "difference",
)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice that was booked: sign +1 for a customer, -1 for a supplier; cents with VAT, above zero."""

    number: int
    relation: str
    cents: int
    due: date
    sign: int

    @property
    def control(self) -> str:
        """Return the account on which it is open."""
        return RECEIVABLES if self.sign > 0 else PAYABLES


def trade(book: Book, dice: Dice, volume: int, stock: Stock) -> None:
    """Book so many sales a month, their cost, half as many purchases, and the payments of all of them."""
    for number, month in enumerate(book.months()):
        for _ in range(volume):
            _sale(book, dice, later(month, dice.roll(0, 26)), growth=100 + number, stock=stock)
        for _ in range((volume + 1) // 2):
            _purchase(book, dice, later(month, dice.roll(0, 26)), stock)
    _last_sales(book, stock)


def _sale(book: Book, dice: Dice, day: date, growth: int, stock: Stock) -> None:
    net = dice.roll(800_00, 6000_00) * growth // 100
    relation = dice.pick(CUSTOMERS).code
    vat = dice.pick(("2", "2", "1", "0"))
    account = dice.pick(("8000", "8000", "8050"))
    place = dice.pick(PLACES)
    due = dice.pick((later(day, dice.pick(TERMS)), month_end(later(day, 20))))
    item, quantity = stock.picked(net * 45 // 100)
    invoice = sell(book, day, net, relation, vat, account, due, place, item=item.code, quantity=quantity)
    _deliver(book, day, (item, quantity), invoice, stock, place)
    _settle(book, dice, invoice)


def _deliver(
    book: Book, day: date, what: tuple[Item, int], of: Invoice, stock: Stock, place: str | None = None
) -> None:
    """Book what a delivery costs; what is short was bought on the first day of the month."""
    item, quantity = what
    short = stock.short(item, quantity)
    if short and day <= book.today:
        _restock(book, month_start(day), item, short, stock)
    cost = item.cost * quantity
    lines = [
        line("7000", cost, 1, relation=of.relation, cost_centre=place, item=item.code, quantity=quantity),
        line(STOCK, -cost, 2, item=item.code, quantity=-quantity),
    ]
    book.post(day, 120, "90", lines, f"Levering {of.number}")
    stock.moved(item, -quantity, day)


def _restock(book: Book, day: date, item: Item, quantity: int, stock: Stock) -> None:
    what: dict[str, Any] = {"item": item.code, "quantity": quantity}
    invoice = buy(book, day, item.cost * quantity, SUPPLIERS[0].code, "2", STOCK, later(day, 21), **what)
    stock.moved(item, quantity, day)
    pay(book, later(day, 20), invoice, invoice.cents)


def _purchase(book: Book, dice: Dice, day: date, stock: Stock) -> None:
    net = dice.roll(500_00, 3500_00)
    account = dice.pick((STOCK, STOCK, "4200", "4300", "4400"))
    place = dice.pick(PLACES) if account >= "4000" else None
    due = later(day, dice.pick(TERMS))
    supplier, vat = dice.pick(SUPPLIERS).code, dice.pick(("2", "2", "0"))
    if account == STOCK:
        item, quantity = stock.picked(net // 4)  # a quarter: the rest is bought when it is short
        net = item.cost * quantity
        invoice = buy(book, day, net, supplier, vat, account, due, item=item.code, quantity=quantity)
        stock.moved(item, quantity, day)
    else:
        invoice = buy(book, day, net, supplier, vat, account, due, place)
    _settle(book, dice, invoice)


def _last_sales(book: Book, stock: Stock) -> None:
    """Book the last sale of one item on the day after which stock is slow, and one that leaves nothing of another."""
    for code, quantity, days in (("ZAK", 100, SLOW), ("TROMMEL", 50, SLOW + 1)):
        day, item = later(book.today, -days), BY_CODE[code]
        if day < book.first_day:
            continue
        if code == "TROMMEL":
            _restock(book, month_start(day), item, quantity, stock)
        invoice = sell(book, day, 3 * item.cost * quantity, CUSTOMERS[1].code, item=code, quantity=quantity)
        _deliver(book, day, (item, quantity), invoice, stock)
        pay(book, later(day, 14), invoice, invoice.cents)


def sell(  # noqa: PLR0913, PLR0917  the particulars of an invoice
    book: Book,
    day: date,
    net: int,
    relation: str,
    vat: str = "2",
    account: str = "8000",
    due: date | None = None,
    place: str | None = None,
    at: tuple[int, int] | None = None,
    rate: int = 100,
    currency: str | None = None,
    **of: Any,  # noqa: ANN401  what it is of: item and quantity, or a project
) -> Invoice:
    """Book a sales invoice of net cents, in the period of its day or elsewhere; a negative one is a credit note."""
    number = book.invoice("V")
    tax = _vat(net, vat)
    due = due or later(day, 30)
    lines = [
        line(RECEIVABLES, net + tax, 0, relation=relation, invoice=number),
        line(account, -net, 1, relation=relation, invoice=number, cost_centre=place, vat=vat, **of),
    ]
    if tax:
        lines.append(line(SALES_VAT, -tax, VAT_LINE, relation=relation, invoice=number, vat=vat))
    kind, text = (21, "Creditnota") if net < 0 else (20, "Verkoopfactuur")
    extra = {"currency": currency} if currency else {}
    book.post(day, kind, "70", lines, f"{text} {number}", due=due, at=at, rate=rate, **extra)
    return Invoice(number, relation, net + tax, due, 1)


def buy(  # noqa: PLR0913, PLR0917  the particulars of an invoice
    book: Book,
    day: date,
    net: int,
    relation: str,
    vat: str = "2",
    account: str = "4300",
    due: date | None = None,
    place: str | None = None,
    at: tuple[int, int] | None = None,
    **of: Any,  # noqa: ANN401  what it is of: item and quantity, or a project
) -> Invoice:
    """Book a purchase invoice of net cents; a negative one is a credit note."""
    number = book.invoice("I")
    tax = _vat(net, vat)
    due = due or later(day, 30)
    lines = [
        line(PAYABLES, -net - tax, 0, relation=relation, invoice=number),
        line(account, net, 1, relation=relation, invoice=number, cost_centre=place, vat=vat, **of),
    ]
    if tax:
        lines.append(line(PURCHASE_VAT, tax, VAT_LINE, relation=relation, invoice=number, vat=vat))
    kind, text = (31, "Creditnota leverancier") if net < 0 else (30, "Inkoopfactuur")
    book.post(day, kind, "60", lines, f"{text} {number}", due=due, at=at)
    return Invoice(number, relation, net + tax, due, -1)


def _vat(net: int, code: str) -> int:
    """Return the VAT of net cents, halves of a cent away from zero."""
    cents = (abs(net) * VAT_RATES[code] + 50) // 100
    return -cents if net < 0 else cents


def pay(book: Book, day: date, invoice: Invoice, cents: int) -> None:
    """Book a payment of so many cents of an invoice; a negative one goes back to whom it came from."""
    amount = cents * invoice.sign
    text = "Ontvangst" if amount > 0 else "Betaling"
    lines = [
        line(BANK, amount, 0),
        line(invoice.control, -amount, 1, relation=invoice.relation, invoice=invoice.number),
    ]
    book.post(day, 40, "20", lines, f"{text} {invoice.number}")


def _settle(book: Book, dice: Dice, invoice: Invoice) -> None:
    due, cents = invoice.due, invoice.cents
    match dice.pick(_PAID):
        case "full":
            pay(book, later(due, -dice.roll(0, 7)), invoice, cents)
        case "late":
            pay(book, later(due, dice.roll(3, 100)), invoice, cents)
        case "half":
            pay(book, due, invoice, cents // 2)
            pay(book, later(due, 40), invoice, cents - cents // 2)
        case "over":
            pay(book, due, invoice, cents + 10_00)
            pay(book, later(due, 75), invoice, -10_00)
        case "credit":
            _credit(book, invoice, later(due, -2))
        case "difference":
            _difference(book, invoice)
        case _:
            pass  # stays open


def _credit(book: Book, invoice: Invoice, day: date) -> None:
    """Book a credit note, and the payment of what remains."""
    part = invoice.cents // 5
    note = sell if invoice.sign > 0 else buy
    account = "8000" if invoice.sign > 0 else "4300"
    credit = note(book, day, -part, invoice.relation, "0", account, later(day, 14))
    pay(book, later(invoice.due, 9), invoice, invoice.cents)
    pay(book, later(invoice.due, 9), credit, credit.cents)


def _difference(book: Book, invoice: Invoice) -> None:
    """Book a payment that is fifty cents short, and the difference on the same day."""
    pay(book, invoice.due, invoice, invoice.cents - 50)
    short = 50 * invoice.sign
    lines = [
        line("4800", short, 0),
        line(invoice.control, -short, 1, relation=invoice.relation, invoice=invoice.number),
    ]
    book.post(invoice.due, 83, "90", lines, f"Betalingsverschil {invoice.number}")
