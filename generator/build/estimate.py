"""How many rows a report will load, guessed from what is known before any database is asked."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from generator.build.pull import pull
from generator.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client


@dataclass(frozen=True, slots=True)
class Estimate:
    """The rows of a report: by table, largest first. Tables of the workbook are not in it."""

    client: str
    report: str
    divisions: int
    tables: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Return the rows of all tables together."""
        return sum(self.tables.values())

    def document(self) -> dict[str, Any]:
        """Return the estimate as a JSON object."""
        return {"client": self.client, "report": self.report, "rows": self.rows, "tables": dict(self.tables)}


def estimates(client: Client, catalogue: Catalogue) -> list[Estimate]:
    """Return what each report of a client loads: divisions times the factors that ``source.toml`` names for a table."""
    catalogue = catalogue.of(client.platform)
    stated = catalogue.platform.get("estimate")
    if not stated:
        return []
    factors = {**stated["assumptions"], "years": client.years}
    divisions = len(client.divisions)
    found = []
    for report in client.reports:
        loaded = {table.name for table in pull(client, report, catalogue).tables}
        rows = {
            name: round(divisions * prod(factors[factor] for factor in listed))
            for name, listed in stated["tables"].items()
            if name in loaded
        }
        largest = dict(sorted(rows.items(), key=lambda item: -item[1]))
        found.append(Estimate(client.code, report.name, divisions, largest))
    return found


def grouped(number: int) -> str:
    """Return a number with a blank between thousands, which reads the same in every language."""
    return f"{number:,}".replace(",", " ")


def too_large(found: Estimate, catalogue: Catalogue) -> Problem | None:
    """Return the warning about a report that may not fit a refresh, or None."""
    most = int(catalogue.platform["estimate"]["most_rows"])
    if found.rows <= most:
        return None
    values = {
        "report": found.report,
        "rows": grouped(found.rows),
        "most": grouped(most),
        "divisions": str(found.divisions),
    }
    return Problem("B130", None, values, found.client)
