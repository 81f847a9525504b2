"""Sales invoices as the invoicing module has them: a head and lines for every entry of the sales journal.

Lines hold amounts without VAT, positive for a sale, as the tables that are not incremental do. Each year has one
invoice that is not processed yet, and so stands nowhere in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.book import VAT_LINE, Book
from generator.sources.ledger.exact import amount, guid, moment
from generator.sources.ledger.stock import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.sources.ledger.records import Entry, Row

SALES, CREDIT = 20, 21
"""Exact's types of entries in the sales journal."""

DRAFT, PROCESSED = 20, 50
"""Exact's statuses of invoices."""

_TYPES = {SALES: 8020, CREDIT: 8021}
_SPLIT = 4  # every so many invoices a tenth of the amount is freight, which is no item


def heads(book: Book) -> Iterator[Row]:
    """Yield the rows of SalesInvoices."""
    for entry, number, status in _invoices(book):
        total, tax = entry.lines[0].cents, sum(-line.cents for line in entry.lines if line.number == VAT_LINE)
        relation = guid(book.division, "relation", entry.lines[0].relation)
        yield {
            "Division": book.division.code,
            "InvoiceID": _key(book, number, status),
            "InvoiceNumber": number if status == PROCESSED else None,
            "InvoiceDate": moment(entry.day),
            "DueDate": moment(entry.due),
            "InvoiceTo": relation,
            "OrderedBy": relation,
            "Status": status,
            "Type": _TYPES[entry.kind],
            "Currency": entry.currency,
            "AmountDC": amount(total),
            "VATAmountDC": amount(tax),
            "Description": entry.text,
            "Journal": entry.journal,
        }


def lines(book: Book) -> Iterator[Row]:
    """Yield the rows of SalesInvoiceLines."""
    for entry, number, status in _invoices(book):
        for line in entry.lines[1:]:
            if line.number == VAT_LINE:
                continue
            freight = -line.cents // 10 if number % _SPLIT == 0 and line.item else 0
            parts = [(-line.cents - freight, line.item, line.quantity or 1)]
            parts += [(freight, None, 1)] if freight else []
            for place, (cents, item, quantity) in enumerate(parts, 1):
                yield {
                    "Division": book.division.code,
                    "ID": guid(book.division, "invoice line", (number, status, place)),
                    "InvoiceID": _key(book, number, status),
                    "LineNumber": place,
                    "Item": guid(book.division, "item", item) if item else None,
                    "ItemCode": item,
                    "ItemDescription": BY_CODE[item].text if item else None,
                    "Description": BY_CODE[item].text if item else "Vracht; op verzoek" if place > 1 else entry.text,
                    "Quantity": float(quantity if entry.kind == SALES else -quantity),
                    "AmountDC": amount(cents),
                    "AmountFC": amount(cents * 100 // entry.rate),
                    "GLAccount": guid(book.division, "account", line.account),
                    "CostCenter": line.cost_centre,
                    "VATCode": line.vat,
                }


def _invoices(book: Book) -> Iterator[tuple[Entry, int, int]]:
    """Yield entries with the number and the status of their invoice; the first of a year stands there twice."""
    years: set[int] = set()
    for entry in book.in_order():
        if entry.kind in _TYPES:
            number = entry.lines[0].invoice or 0
            if entry.year not in years:
                years.add(entry.year)
                yield entry, number, DRAFT
            yield entry, number, PROCESSED


def _key(book: Book, number: int, status: int) -> str:
    return guid(book.division, "invoice", (number, status))
