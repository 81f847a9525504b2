"""Entries as Exact Online's tables show them behind Invantive Cloud: names, padding, signs and times of the source.

Columns are those of ``entities.json``; amounts are floating point, as REST sends them, and moments end in ``Z``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import names
from generator.sources.ledger.book import later
from generator.sources.ledger.chart import ACCOUNTS, BY_CODE, COST_CENTRES, CUSTOMERS, JOURNALS, SUPPLIERS, VAT_RATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from generator.sources.ledger.book import Book
    from generator.sources.ledger.chart import Relation
    from generator.sources.ledger.records import Division, Entry, Line, Row

_DERIVED = ("AccountCode", "AccountName", "GLAccountCode", "GLAccountDescription", "JournalDescription")
_JOURNALS = {code: text for code, text, _ in JOURNALS}


OTHER_CHART = 40_000
"""What the codes of the other chart are higher: 1300 there is 41300."""

_GENERAL = 90  # Exact's type of an account that says nothing


def moment(day: date | None) -> str | None:
    """Return a day as the source sends it."""
    return f"{day.isoformat()}T00:00:00Z" if day else None


def amount(cents: int) -> float:
    """Return cents as the source sends them."""
    return cents / 100


def guid(division: Division, kind: str, name: object) -> str:
    """Return the GUID of a thing in a division."""
    return names.stable_guid("ledger", str(division.code), kind, str(name))


def account_code(division: Division, code: str) -> str:
    """Return a ledger account's code as the division's chart has it, padded as Exact pads it."""
    return f"{f'{int(code) + OTHER_CHART}' if 'other_chart' in division.traits else code:>9}"


def relation_code(code: str) -> str:
    """Return a relation's code, padded as Exact pads it."""
    return f"{code:>18}"


def relations(partners: Sequence[Relation]) -> dict[str, Relation]:
    """Return customers, suppliers and the divisions of the same group, by code."""
    return {relation.code: relation for relation in (*CUSTOMERS, *SUPPLIERS, *partners)}


def divisions(books: Iterable[Book]) -> Iterator[Row]:
    """Yield the rows of SystemDivisions."""
    for number, book in enumerate(books, 1):
        division = book.division
        yield {
            "Code": division.code,
            "Hid": number,
            "Description": division.name,
            "Currency": division.currency,
            "Customer": guid(division, "customer", ""),
            "Country": "NL",
            "Status": 1,
            "BlockingStatus": 0,
            "StartDate": moment(book.first_day),
            "ArchiveDate": None,
        }


def accounts(division: Division) -> Iterator[Row]:
    """Yield the rows of GLAccounts."""
    other = "other_chart" in division.traits
    for account in ACCOUNTS:
        yield {
            "Division": division.code,
            "ID": guid(division, "account", account.code),
            "Code": account_code(division, account.code),
            "Description": f"{account.text} (rubriek {account.code[0]})" if other else account.text,
            "Type": _GENERAL if other and account.balance == "W" else account.type,
            "BalanceType": account.balance,
            "BalanceSide": account.side,
            "IsBlocked": False,
            "UseCostcenter": 0 if account.balance == "W" else 2,
        }


def cost_centres(division: Division) -> Iterator[Row]:
    """Yield the rows of Costcenters."""
    for code, text in COST_CENTRES.items():
        yield {
            "Division": division.code,
            "ID": guid(division, "cost centre", code),
            "Code": code,
            "Description": text,
            "EndDate": None,
        }


def parties(division: Division, partners: Sequence[Relation]) -> Iterator[Row]:
    """Yield the rows of Accounts: customers, suppliers and sister companies."""
    for relation in relations(partners).values():
        yield {
            "Division": division.code,
            "ID": guid(division, "relation", relation.code),
            "Code": relation_code(relation.code),
            "Name": relation.name,
            "City": relation.city or None,
            "Country": "NL",
            "Status": "C" if relation in CUSTOMERS else "A",
            "IsSupplier": relation not in CUSTOMERS,
        }


def journals(division: Division) -> Iterator[Row]:
    """Yield the rows of Journals."""
    for code, text, kind in JOURNALS:
        yield {
            "Division": division.code,
            "ID": guid(division, "journal", code),
            "Code": code,
            "Description": text,
            "Type": kind,
            "Currency": division.currency,
        }


def periods(book: Book) -> Iterator[Row]:
    """Yield the rows of FinancialPeriods, from a year before the books to a year after."""
    years = range(book.years[0] - 1, book.years[-1] + 2)
    for year in years:
        for period in range(1, book.fiscal.periods + 1):
            first, last = book.fiscal.bounds(year, period)
            yield {
                "Division": book.division.code,
                "ID": guid(book.division, "period", (year, period)),
                "FinYear": year,
                "FinPeriod": period,
                "StartDate": moment(first),
                "EndDate": moment(last),
            }


class Entries:
    """Makes the ledger lines of a division, one row per line, entries numbered per journal and year."""

    def __init__(self, book: Book, partners: Sequence[Relation]) -> None:
        """Prepare the keys of a division."""
        self.division = book.division
        self.today = book.today
        self.entries = book.in_order()
        self.relations = relations(partners)
        self.accounts = {account.code: guid(self.division, "account", account.code) for account in ACCOUNTS}
        self.parties = {code: guid(self.division, "relation", code) for code in self.relations}

    def rows(self) -> Iterator[Row]:
        """Yield the rows of TransactionLinesBulk, in the order of the entries."""
        counts: dict[tuple[int, str], int] = {}
        for entry in self.entries:
            count = counts[entry.year, entry.journal] = counts.get((entry.year, entry.journal), 0) + 1
            number = (entry.year % 100 * 100 + int(entry.journal)) * 10_000 + count
            head = self.head(entry, number)
            for place, line in enumerate(entry.lines):
                yield {**head, **self.line(entry, line, f"{number}/{place}")}

    def head(self, entry: Entry, number: int) -> Row:
        """Return the columns that all lines of an entry share."""
        return {
            "Division": self.division.code,
            "EntryID": guid(self.division, "entry", number),
            "EntryNumber": number,
            "FinancialYear": entry.year,
            "FinancialPeriod": entry.period,
            "Date": moment(entry.day),
            "Created": moment(_entered(entry, number, self.today)),
            "DueDate": moment(entry.due),
            "Type": entry.kind,
            "Status": entry.status,
            "JournalCode": entry.journal,
            "JournalDescription": _JOURNALS[entry.journal],
            "Description": entry.text,
            "Currency": entry.currency,
            "ExchangeRate": amount(entry.rate),
            "YourRef": f'Réf. "{number}"; O\'N' if entry.kind == 30 else None,  # noqa: PLR2004  a supplier's number
        }

    def line(self, entry: Entry, line: Line, name: str) -> Row:
        """Return the columns of one line."""
        relation = self.relations.get(line.relation or "")
        return {
            "ID": guid(self.division, "line", name),
            "LineNumber": line.number,
            "GLAccount": self.accounts[line.account],
            "GLAccountCode": account_code(self.division, line.account),
            "GLAccountDescription": BY_CODE[line.account].text,
            "Account": self.parties[relation.code] if relation else None,
            "AccountCode": relation_code(relation.code) if relation else None,
            "AccountName": relation.name if relation else None,
            "AmountDC": amount(line.cents),
            "AmountFC": amount(line.cents * 100 // entry.rate),
            "InvoiceNumber": line.invoice,
            "CostCenter": line.cost_centre,
            "CostUnit": None,
            "Item": guid(self.division, "item", line.item) if line.item else None,
            "Project": guid(self.division, "project", line.project) if line.project else None,
            "Quantity": float(line.quantity),
            "VATCode": line.vat,
            "VATPercentage": VAT_RATES[line.vat] / 100 if line.vat else None,
        }


def _entered(entry: Entry, number: int, today: date) -> date:
    """Return the day on which an entry was made: some days late, some weeks late, some ahead of the day it is dated."""
    late = number * 7 % 11 if number % 5 else number * 3 % 37
    return min(later(entry.day, -3 if number % 13 == 0 else late), today)


def without_texts(rows: Iterable[Row]) -> list[Row]:
    """Return ledger lines as the Incremental table has them: without texts of other tables."""
    return [{name: value for name, value in row.items() if name not in _DERIVED} for row in rows]


def balances(lines: Iterable[Row], chart: Iterable[Row]) -> list[Row]:
    """Return the rows of ReportingBalance: movements per account, year, period, type and cost centre."""
    sides = {row["ID"]: row["BalanceType"] for row in chart}
    found: dict[tuple[int, str, int, int, int, str], list[int]] = {}
    for row in lines:
        key = (
            row["Division"],
            row["GLAccountCode"],
            row["FinancialYear"],
            row["FinancialPeriod"],
            row["Type"],
            row["CostCenter"] or "",
        )
        found.setdefault(key, []).append(round(row["AmountDC"] * 100))
    ids = {(row["Division"], row["GLAccountCode"]): row["GLAccount"] for row in lines}
    return [
        _balance(number, key, cents, ids[key[:2]]) | {"BalanceType": sides[ids[key[:2]]]}
        for number, (key, cents) in enumerate(sorted(found.items()), 1)
    ]


def _balance(number: int, key: tuple[int, str, int, int, int, str], cents: Sequence[int], account: str) -> Row:
    division, code, year, period, kind, place = key
    return {
        "ID": number,
        "Division": division,
        "GLAccount": account,
        "GLAccountCode": code,
        "ReportingYear": year,
        "ReportingPeriod": period,
        "Type": kind,
        "CostCenterCode": place or None,
        "CostUnitCode": None,
        "Amount": amount(sum(cents)),
        "AmountDebit": amount(sum(cent for cent in cents if cent > 0)),
        "AmountCredit": amount(sum(cent for cent in cents if cent < 0)),
        "Count": len(cents),
        "Status": 50,
    }
