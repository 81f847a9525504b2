"""Fiscal years and periods of a division, and arithmetic on months."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.sources.ledger.records import Division


DECEMBER = 12
THIRTEENTH = 13
"""The period for corrections; it is the last day of the year."""


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_start(day: date, months: int = 0) -> date:
    """Return the first day of the month that lies so many months after a day's own."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Fiscal:
    """The fiscal calendar of a division; a year is called after the year it ends in, or begins in."""

    year_end_month: int
    named_by_start: bool
    periods: int

    @classmethod
    def of(cls, division: Division) -> Fiscal:
        """Return the calendar of a division."""
        broken = division.year_end_month != DECEMBER
        return cls(
            division.year_end_month,
            broken and "named_by_start" in division.traits,
            THIRTEENTH if "period_13" in division.traits else DECEMBER,
        )

    def place(self, day: date) -> tuple[int, int]:
        """Return the fiscal year and the period that a day lies in."""
        ends_in = day.year + (day.month > self.year_end_month)
        return ends_in - self.named_by_start, (day.month - 1 - self.year_end_month) % 12 + 1

    def bounds(self, year: int, period: int) -> tuple[date, date]:
        """Return the first and the last day of a period."""
        if period == THIRTEENTH:
            last = self.bounds(year, DECEMBER)[1]
            return last, last
        first = month_start(date(year + self.named_by_start - 1, 1, 1), self.year_end_month + period - 1)
        return first, month_end(first)

    def span(self, year: int) -> tuple[date, date]:
        """Return the first and the last day of a fiscal year."""
        return self.bounds(year, 1)[0], self.bounds(year, DECEMBER)[1]

    def years(self, today: date, count: int) -> range:
        """Return so many fiscal years, the last of which is today's."""
        current = self.place(today)[0]
        return range(current - count + 1, current + 1)
