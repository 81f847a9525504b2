"""A made-up double-entry ledger in Exact Online's own tables, the same for the same seed on every machine.

``ledger`` keeps the books of any divisions; ``STANDARD`` are divisions on which reports are tried. Open items, balances
and snapshots are all computed from the same entries, so every check of an accountant holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger import budget, exact, invoices, items, mapping, projects, rates, stock
from generator.sources.ledger.book import Book
from generator.sources.ledger.closing import close
from generator.sources.ledger.dice import Dice
from generator.sources.ledger.group import groups, partner, trade_within
from generator.sources.ledger.office import STANDARD
from generator.sources.ledger.planted import plant
from generator.sources.ledger.records import Division, Ledger, Row
from generator.sources.ledger.routine import routine, start
from generator.sources.ledger.trade import trade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from generator.sources.ledger.chart import Relation

__all__ = ["STANDARD", "Division", "Ledger", "Row", "ledger"]

REST = "ExactOnlineREST"


def ledger(divisions: Sequence[Division], today: date, *, seed: int = 1, years: int = 5, volume: int = 1) -> Ledger:
    """Return the books of divisions over so many fiscal years, the last of which is today's.

    ``volume`` is the number of sales a month; nothing is booked after ``today``.
    """
    books = [Book(division, today, years) for division in divisions]
    members = groups(books)
    for number, group in enumerate(members):
        trade_within(group, Dice(seed, "group", number))
    for book in books:
        if "empty" not in book.division.traits:
            _keep(book, seed, volume)
    partners = {
        id(book): [partner(other) for other in group if other is not book] for group in members for book in group
    }
    return Ledger(tuple(divisions), today, _tables(books, partners, seed))


def _keep(book: Book, seed: int, volume: int) -> None:
    """Keep one division's books: trade, routine, boundary cases, and the year's ends last."""
    code = book.division.code
    start(book, Dice(seed, code, "start"))
    trade(book, Dice(seed, code, "trade"), volume, stock.Stock(book, Dice(seed, code, "stock")))
    projects.keep(book, Dice(seed, code, "projects"))
    if "boundaries" in book.division.traits:
        plant(book)
    routine(book, Dice(seed, code, "routine"))
    if book.division.closes:
        close(book)


def _tables(books: Sequence[Book], partners: dict[int, list[Relation]], seed: int) -> dict[str, list[Row]]:
    def known(book: Book) -> list[Relation]:
        return partners.get(id(book), [])

    def every(make: Callable[[Book], Iterable[Row]]) -> list[Row]:
        return [row for book in books for row in make(book)]

    lines = every(lambda book: exact.Entries(book, known(book)).rows())
    views = {
        f"{REST}.Views.{side}OutstandingItemsPerFinancialPeriodUltimo": every(
            lambda book, side=side: items.per_ultimo(book, known(book), side)  # type: ignore[misc]
        )
        for side in ("AR", "AP")
    }
    financial = {
        "GLAccounts": every(lambda book: exact.accounts(book.division)),
        "FinancialPeriods": every(exact.periods),
        "Journals": every(lambda book: exact.journals(book.division)),
        "GLAccountClassificationMappings": every(lambda book: mapping.classifications(book.division)),
        "ReceivablesList": every(lambda book: items.today(book, known(book), "AR")),
        "PayablesList": every(lambda book: items.today(book, known(book), "AP")),
        "ExchangeRates": every(lambda book: rates.rates(book, seed)),
    }
    financial["ReportingBalance"] = exact.balances(lines, financial["GLAccounts"])
    return {
        f"{REST}.System.SystemDivisions": list(exact.divisions(books)),
        **_work(books),
        f"{REST}.HRM.Costcenters": every(lambda book: exact.cost_centres(book.division)),
        f"{REST}.CRM.Accounts": every(lambda book: exact.parties(book.division, known(book))),
        **{f"{REST}.Financial.{name}": rows for name, rows in financial.items()},
        f"{REST}.FinancialTransaction.TransactionLinesBulk": lines,
        f"{REST}.Incremental.TransactionLinesIncremental": exact.without_texts(lines),
        f"{REST}.Budget.BudgetScenarios": every(budget.scenarios),
        f"{REST}.Budget.Budgets": every(lambda book: budget.budgets(book, Dice(seed, book.division.code, "budget"))),
        **views,
    }


def _work(books: Sequence[Book]) -> dict[str, list[Row]]:
    """Return the tables of projects, of stock and of invoices."""

    def every(make: Callable[[Book], Iterable[Row]]) -> list[Row]:
        return [row for book in books for row in make(book)]

    return {
        f"{REST}.Project.Projects": every(lambda book: projects.projects(book.division)),
        f"{REST}.Project.TimeTransactions": every(projects.time),
        f"{REST}.Project.CostTransactions": every(projects.expenses),
        f"{REST}.Payroll.Employees": every(lambda book: projects.employees(book.division)),
        f"{REST}.Logistics.ItemGroups": every(lambda book: stock.groups(book.division)),
        f"{REST}.Logistics.Items": every(stock.items),
        f"{REST}.Inventory.Warehouses": every(lambda book: stock.warehouses(book.division)),
        f"{REST}.Inventory.ItemWarehouses": every(stock.positions),
        f"{REST}.SalesInvoice.SalesInvoicesBulk": every(invoices.heads),
        f"{REST}.SalesInvoice.SalesInvoiceLinesBulk": every(invoices.lines),
    }
