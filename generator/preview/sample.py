"""A client's made-up books as the tables of its database: what the model's own queries read in a preview."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING, Any

from generator.preview.m import Table
from generator.sources.ledger import Division, ledger
from generator.sources.ledger.budget import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client
    from generator.sources.ledger import Ledger

_KEYS = ("Division", "DIVISION", "Code")  # what a row of an entity set is of
_VOLUME = 3  # sales a month: enough for a firm that lives from them
_YEARS_BEFORE = 2  # loaded history is compared with a year more, and has an opening balance


def tables(client: Client, catalogue: Catalogue, today: dt.date) -> Callable[[str], Table]:
    """Return what gives the rows of an entity set in the client's database; one that Exact does not have is empty.

    The books are those of ``generator.sources.ledger`` for the client's own divisions, over the years it loads and one
    before, with columns and types of the platform's entity sets.
    """
    books = _books(client, today)

    @cache
    def table(entity: str) -> Table:
        kinds = catalogue.known_columns.get(entity, {}).get("columns", {})
        rows = _budgets(client, books.tables.get(entity, []))
        columns = list(dict.fromkeys([*kinds, *(rows[0] if rows else ())]))
        moments = [name for name in columns if kinds.get(name) == "datetime" or name.upper().endswith("DATE")]
        return Table(columns, [_timed(row, columns, moments) for row in rows])

    return table


def _timed(row: dict[str, Any], columns: list[str], moments: list[str]) -> dict[str, Any]:
    """Return a row with every column, and its moments as such: the source sends them in UTC."""
    full = {name: row.get(name) for name in columns}
    for name in moments:
        if isinstance(full[name], str):
            full[name] = _moment(full[name])
    return full


@cache
def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _books(client: Client, today: dt.date) -> Ledger:
    divisions = tuple(
        Division(
            division.code,
            division.name,
            division.currency,
            client.year_end_month,
            group=division.client_code,
        )
        for division in client.divisions
    )
    return ledger(divisions, today, years=client.years + _YEARS_BEFORE, volume=_VOLUME)


def _budgets(client: Client, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the first made-up budget scenario under the name that the client's own has."""
    first = SCENARIOS[0][0]
    if not client.budget_scenario or not rows or "BudgetScenarioCode" not in rows[0]:
        return rows
    named = {first: client.budget_scenario}
    return [{**row, "BudgetScenarioCode": named.get(row["BudgetScenarioCode"], "")} for row in rows]
