"""Budgets: two scenarios, an amount per P&L account and period, with the sign of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.chart import ACCOUNTS
from generator.sources.ledger.exact import account_code, amount, guid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.sources.ledger.book import Book
    from generator.sources.ledger.dice import Dice
    from generator.sources.ledger.records import Row

SCENARIOS = (("BUDGET", "Begroting", 100), ("OPT", "Optimistisch", 125))
"""Code, description and percentage of the first scenario's amounts."""

_LARGE = ("8000", "7000", "4000")


def scenarios(book: Book) -> Iterator[Row]:
    """Yield the rows of BudgetScenarios."""
    for code, text, _ in SCENARIOS:
        yield {
            "Division": book.division.code,
            "ID": guid(book.division, "scenario", code),
            "Code": code,
            "Description": text,
            "FromYear": book.years[1] if len(book.years) > 1 else book.years[0],
            "ToYear": book.years[-1],
        }


def budgets(book: Book, dice: Dice) -> Iterator[Row]:
    """Yield the rows of Budgets: every P&L account in every period of every year but the first."""
    number = 0
    for year in book.years[1:] or book.years:
        for account in ACCOUNTS:
            if account.balance != "W" or account.type == 90:  # noqa: PLR2004  nobody plans suspense accounts
                continue
            low, high = (2000_00, 9000_00) if account.code in _LARGE else (50_00, 400_00)
            sign = -1 if account.side == "C" else 1
            for period in range(1, 13):
                cents = sign * dice.roll(low, high)
                for code, text, percentage in SCENARIOS:
                    number += 1
                    yield {
                        "Division": book.division.code,
                        "ID": guid(book.division, "budget", number),
                        "HID": number,
                        "BudgetScenario": guid(book.division, "scenario", code),
                        "BudgetScenarioCode": code,
                        "BudgetScenarioDescription": text,
                        "GLAccount": guid(book.division, "account", account.code),
                        "GLAccountCode": account_code(book.division, account.code),
                        "GLAccountDescription": account.text,
                        "ReportingYear": year,
                        "ReportingPeriod": period,
                        "AmountDC": amount(cents * percentage // 100),
                        "Costcenter": None,
                        "Costunit": None,
                    }
