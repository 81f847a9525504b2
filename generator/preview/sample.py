"""A client's made-up books as the tables of its database: what the model's own queries read in a preview."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from generator.preview.m import Table
from generator.sources.ledger.budget import SCENARIOS
from generator.sources.sandbox.books import Terms, client_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client
    from generator.sources.ledger import Ledger

MOST = 12
"""Clients whose books are made for the office's preview; those of all would take minutes."""

_VOLUME = 3  # sales a month: enough for a firm that lives from them
_YEARS_BEFORE = 2  # loaded history is compared with a year more, and has an opening balance


def shown(client: Client) -> tuple[str, ...]:
    """Return the clients whose books are made: its own, or of those that the office consolidates only the first."""
    return tuple(dict.fromkeys(division.client_code for division in client.divisions))[:MOST]


def ledger(client: Client, clients: Sequence[Client], today: dt.date) -> Ledger:
    """Return the books that a preview reads, those of the sandbox: of the client's own divisions, over what it loads.

    ``clients`` are those of the workbook, whose fiscal years the office's books follow.
    """
    codes = frozenset(shown(client))
    few = replace(client, divisions=tuple(each for each in client.divisions if each.client_code in codes))
    return client_ledger(few, [few, *clients], Terms(today, years=client.years + _YEARS_BEFORE, volume=_VOLUME))


def tables(client: Client, books: Ledger, catalogue: Catalogue) -> Callable[[str], Table]:
    """Return what gives the rows of an entity set in the client's database; one that the books do not have is empty.

    Columns and types are those of the platform's entity sets.
    """
    catalogue = catalogue.of(client.platform)

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


def _budgets(client: Client, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the first made-up budget scenario under the name that the client's own has."""
    first = SCENARIOS[0][0]
    if not client.budget_scenario or not rows or "BudgetScenarioCode" not in rows[0]:
        return rows
    named = {first: client.budget_scenario}
    return [{**row, "BudgetScenarioCode": named.get(row["BudgetScenarioCode"], "")} for row in rows]
