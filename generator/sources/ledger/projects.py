"""Projects: hours and costs written on them, and what of it was invoiced, by terms, in arrears, ahead or never."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from generator.sources.ledger.book import Book, later
from generator.sources.ledger.chart import CUSTOMERS, SUPPLIERS
from generator.sources.ledger.exact import amount, guid, moment, relation_code
from generator.sources.ledger.fiscal import month_end, month_start
from generator.sources.ledger.records import Work
from generator.sources.ledger.stock import BY_CODE
from generator.sources.ledger.trade import buy, pay, sell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from generator.sources.ledger.dice import Dice
    from generator.sources.ledger.records import Division, Row

CAMPAIGN, FIXED, BY_TIME, NON_BILLABLE, PREPAID = 1, 2, 3, 4, 5
"""Exact's types of projects."""

DRAFT, REJECTED, SUBMITTED, FINAL = 1, 2, 10, 20
"""Exact's statuses of hours, among others."""


class Project(NamedTuple):
    """A project: whose it is, of which type, and the price of an hour in cents."""

    code: str
    text: str
    customer: int | None
    type: int
    price: int


PROJECTS = tuple(
    Project(*row)
    for row in (
        ("P001", "Verbouwing keuken", 0, BY_TIME, 82_50),
        ("P002", 'Onderhoud "Noord"', 3, BY_TIME, 68_00),
        ("P003", "Nieuwe oven; plaatsing", 1, FIXED, 90_00),
        ("P004", "Scholing", None, NON_BILLABLE, 0),
        ("P005", "Advies & toezicht", 4, PREPAID, 95_00),
        ("P006", "Oud werk", 2, BY_TIME, 75_00),  # the first year only, invoiced in part
        ("P007", "Actie voorjaar", None, CAMPAIGN, 0),
        ("P008", "Nog te beginnen", 0, FIXED, 90_00),  # nothing written on it
    )
)
_KNOWN = {project.code: project for project in PROJECTS}
_CURRENT = ("P001", "P001", "P002", "P002", "P003", "P004", "P005", "P007")
_TYPES = {CAMPAIGN: "Campagne", FIXED: "Vaste prijs", BY_TIME: "Nacalculatie", NON_BILLABLE: "Niet-declarabel"}
_TYPES |= {PREPAID: "Vooruitbetaald"}

EMPLOYEES = {"1": "Jan de Vries", "2": "Fatima El Idrissi", "3": "Zoë O'Brien", "4": ""}
"""Who writes hours; the last one is no longer among the employees."""

AGES = (0, 30, 31, 60, 61, 90, 91)
"""Days between writing hours and an ultimo, each on or beside the edge of a class of age."""


def keep(book: Book, dice: Dice) -> None:
    """Write hours and costs every month, and invoice half of the projects every third month."""
    for number, month in enumerate(book.months()):
        first_year = number < 12  # noqa: PLR2004  months
        for place in range(9):
            _write(book, dice, later(month, dice.roll(0, 27)), str(place % 3 + 1), first_year=first_year)
        _cost(book, dice, later(month, dice.roll(0, 27)))
        if number % 3 == 2:  # noqa: PLR2004  every third month
            _invoice(book, month_end(month), odd=number % 6 == 2, first_year=first_year)  # noqa: PLR2004
        if number % 6 == 4:  # noqa: PLR2004  twice a year
            supplier = SUPPLIERS[2].code
            owed = buy(book, later(month, 9), dice.roll(200_00, 800_00), supplier, "2", "4300", project="P001")
            pay(book, later(month, 30), owed, owed.cents)
    if "boundaries" in book.division.traits:
        _plant(book)


def _write(book: Book, dice: Dice, day: date, employee: str, *, first_year: bool) -> None:
    code = dice.pick((*_CURRENT, "P006") if first_year else _CURRENT)
    free = dice.roll(1, 10) == 1 and code != "P003"  # travelling, at no charge
    status = (FINAL, FINAL, FINAL, FINAL, SUBMITTED, SUBMITTED, DRAFT, REJECTED)[dice.roll(0, 7)]
    quarters = dice.roll(4, 32)
    write(book, day, code, quarters, employee=employee, price=0 if free else None, status=status)


def write(  # noqa: PLR0913  the particulars of hours
    book: Book,
    day: date,
    project: str | None,
    quarters: int,
    *,
    employee: str = "1",
    price: int | None = None,
    status: int = FINAL,
    currency: str = "",
) -> None:
    """Write quarters of an hour, unless the day is still to come; without a price at the project's own."""
    if book.first_day <= day <= book.today:
        cents = _KNOWN[project].price if price is None and project else price or 0
        book.hours.append(Work(day, project, employee, quarters, cents, "UUR", status, currency))


def _cost(book: Book, dice: Dice, day: date) -> None:
    if day <= book.today:
        code = dice.pick(("P001", "P002", "P003", "P004"))
        book.costs.append(Work(day, code, "1", 4 * dice.roll(10, 60), 35 if code != "P004" else 0, "REIS"))


def _invoice(book: Book, day: date, *, odd: bool, first_year: bool) -> None:
    """Invoice half a year of one project by time up to ten days ago; a term of a fixed price, or half a year ahead."""
    span = (later(month_start(day, -5), -10), later(day, -10))
    by_time, term = ("P001", ("P003", 2_700_00)) if odd else ("P002", ("P005", 2_200_00))
    terms = [(by_time, _written(book, by_time, *span)), term]
    if first_year:
        terms.append(("P006", _written(book, "P006", *span) * 3 // 10))
    for code, cents in terms:
        if cents:
            _sell(book, day, cents, code)


def _sell(book: Book, day: date, cents: int, code: str, at: tuple[int, int] | None = None) -> None:
    """Invoice a project, and be paid a month later."""
    invoice = sell(book, day, cents, _customer(code), account="8050", at=at, project=code)
    if book.has(invoice.number):
        pay(book, later(day, 33), invoice, invoice.cents)


def _written(book: Book, code: str, after: date, until: date) -> int:
    rows = (*book.hours, *book.costs)
    return sum(
        work.value
        for work in rows
        if work.project == code
        and after < work.day <= until
        and work.status in (SUBMITTED, FINAL)
        and not work.currency
    )


def _customer(code: str) -> str:
    return CUSTOMERS[_KNOWN[code].customer or 0].code


def _plant(book: Book) -> None:
    """Write hours on every boundary, each in every year: edges of years and of classes of age, and odd ones."""
    for year in book.years:
        first, last = book.fiscal.span(year)
        for day in (first, last):
            write(book, day, "P002", 6, employee="4")
        ultimo = book.fiscal.bounds(year, 6)[1]
        for place, days in enumerate(AGES):
            write(book, later(ultimo, -days), "P003", 8 + place)
        write(book, ultimo, "P001", 10, price=90_00, currency="USD")
        write(book, ultimo, None, 5, price=60_00)
        write(book, ultimo, None, 3)
        write(book, ultimo, "P002", 12, status=REJECTED)
        write(book, ultimo, "P004", 7, price=50_00)  # a price on a project that is not billable
        _sell(book, later(last, 2), 210_00, "P001", at=(year, 12))
        _sell(book, book.fiscal.bounds(year, 7)[1], -55_00, "P002")
    _sell(book, later(book.first_day, 50), 45_00, "P007")  # revenue on a project that is not billable
    write(book, book.today, "P001", 9)
    for day in (later(book.today, -1), later(book.today, -400)):
        write(book, day, "P005", 4, employee="3")


def projects(division: Division) -> Iterator[Row]:
    """Yield the rows of Projects."""
    for project in PROJECTS:
        customer = None if project.customer is None else CUSTOMERS[project.customer]
        yield {
            "Division": division.code,
            "ID": guid(division, "project", project.code),
            "Code": project.code,
            "Description": project.text,
            "Type": project.type,
            "TypeDescription": _TYPES[project.type],
            "Account": guid(division, "relation", customer.code) if customer else None,
            "AccountCode": relation_code(customer.code) if customer else None,
            "AccountName": customer.name if customer else None,
            "StartDate": None,
            "EndDate": None,
        }


def employees(division: Division) -> Iterator[Row]:
    """Yield the rows of Employees."""
    for code, name in EMPLOYEES.items():
        if name:
            yield {
                "Division": division.code,
                "ID": guid(division, "employee", code),
                "Code": code,
                "EmployeeHID": int(code),
                "FullName": name,
                "IsActive": True,
            }


def time(book: Book) -> Iterator[Row]:
    """Yield the rows of TimeTransactions."""
    for number, work in enumerate(sorted(book.hours, key=lambda work: work.day), 1):
        yield {**_row(book, work, number, "hours"), "ItemDivisable": True, "Type": 1}


def expenses(book: Book) -> Iterator[Row]:
    """Yield the rows of CostTransactions."""
    for number, work in enumerate(sorted(book.costs, key=lambda work: work.day), 1):
        yield {**_row(book, work, number, "costs"), "ItemDivisable": False, "Type": 2}


def _row(book: Book, work: Work, number: int, kind: str) -> Row:
    division = book.division
    project = _KNOWN.get(work.project or "")
    return {
        "Division": division.code,
        "ID": guid(division, kind, number),
        "EntryNumber": number,
        "Date": moment(work.day),
        "Employee": guid(division, "employee", work.employee),
        "CreatorFullName": EMPLOYEES[work.employee] or "Oud-medewerker",
        "HourStatus": work.status,
        "Item": guid(division, "item", work.item),
        "ItemDescription": BY_CODE[work.item].text,
        "Notes": f'Werk {number}; "{work.employee}"' if number % 3 else None,
        "Project": guid(division, "project", project.code) if project else None,
        "ProjectDescription": project.text if project else None,
        "Quantity": work.quarters / 4,
        "PriceFC": amount(work.cents),
        "AmountFC": amount(work.value),
        "Currency": work.currency or division.currency,
    }
