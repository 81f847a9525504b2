"""The books of one division while they are being kept: entries in, balances out."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from generator.sources.ledger.fiscal import Fiscal, month_start
from generator.sources.ledger.records import Division, Entry, Line, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


VAT_LINE = 9999
"""The line number of VAT."""


def line(account: str, cents: int, number: int = 1, **particulars: Any) -> Line:  # noqa: ANN401  fields of Line
    """Return a line."""
    return Line(account, cents, number, **particulars)


class Book:
    """The entries of one division; nothing after ``today`` is ever booked."""

    def __init__(self, division: Division, today: date, years: int) -> None:
        """Open the books for so many fiscal years, the last of which is today's."""
        self.division = division
        self.fiscal = Fiscal.of(division)
        self.today = today
        self.years = self.fiscal.years(today, years)
        self.first_day = self.fiscal.span(self.years[0])[0]
        self.entries: list[Entry] = []
        self.hours: list[Work] = []
        self.costs: list[Work] = []
        self._invoices = Counter({"V": 20_000, "I": 50_000})

    def months(self) -> Iterator[date]:
        """Yield the first day of each month of the books."""
        day = self.first_day
        while day <= self.today:
            yield day
            day = month_start(day, 1)

    def invoice(self, kind: str) -> int:
        """Return the next invoice number of sales (V) or purchases (I)."""
        self._invoices[kind] += 1
        return self._invoices[kind]

    def post(
        self,
        day: date,
        kind: int,
        journal: str,
        lines: Sequence[Line],
        text: str,
        *,
        at: tuple[int, int] | None = None,
        **particulars: Any,  # noqa: ANN401  fields of Entry
    ) -> None:
        """Book a balanced entry in the period of its day, or in the year and period given."""
        if not lines or day > self.today or day < self.first_day:
            return
        total = sum(item.cents for item in lines)
        if total:
            raise ValueError(f"{self.division.code} {day} {text}: out of balance by {total} cents")
        year, period = at or self.fiscal.place(day)
        currency = particulars.pop("currency", self.division.currency)
        self.entries.append(
            Entry(year, period, day, kind, journal, tuple(lines), text, currency=currency, **particulars)
        )

    def has(self, invoice: int) -> bool:
        """Tell whether an invoice was booked; one dated after today was not."""
        return any(item.invoice == invoice for entry in self.entries for item in entry.lines)

    def sums(self, year: int) -> dict[str, int]:
        """Return cents per account over a fiscal year, by code."""
        found: Counter[str] = Counter()
        for entry in self.entries:
            if entry.year == year:
                for item in entry.lines:
                    found[item.account] += item.cents
        return {code: found[code] for code in sorted(found)}

    def in_order(self) -> list[Entry]:
        """Return the entries by year, period and date, each in the order it was booked."""
        return sorted(self.entries, key=lambda entry: (entry.year, entry.period, entry.day))


def later(day: date, days: int) -> date:
    """Return the day that lies so many days later."""
    return day + timedelta(days=days)
