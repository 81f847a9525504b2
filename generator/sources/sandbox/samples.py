"""Made-up rows for the tables that the ledger keeps no books of: a few in each division, of the right types.

They say nothing about a business. They are there to see that a table of the workbook is read, filtered and tied: what
points at an account, a relation, an item or a project points at one that exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from generator.sources.ledger import Row
    from generator.sources.sandbox.schema import Column, Table

ROWS = 3
"""Rows of a table in each division."""

_ACCOUNTS = "ExactOnlineREST.CRM.Accounts"
_COST_CENTRES = "ExactOnlineREST.HRM.Costcenters"
_POINTS_AT = {
    "Account": _ACCOUNTS,
    "AccountId": _ACCOUNTS,
    "CostCenter": _COST_CENTRES,
    "Costcenter": _COST_CENTRES,
    "Customer": _ACCOUNTS,
    "GLAccount": "ExactOnlineREST.Financial.GLAccounts",
    "InvoiceTo": _ACCOUNTS,
    "Item": "ExactOnlineREST.Logistics.Items",
    "ItemGroup": "ExactOnlineREST.Logistics.ItemGroups",
    "OrderAccount": _ACCOUNTS,
    "OrderedBy": _ACCOUNTS,
    "Project": "ExactOnlineREST.Project.Projects",
    "Supplier": _ACCOUNTS,
}
_NUMBERS = ("int32", "int64", "int16")


def samples(table: Table, divisions: Sequence[int], books: Mapping[str, Sequence[Row]], today: date) -> Iterator[Row]:
    """Yield rows of a table that ``books`` (entity set → rows) do not have; none where it does not tell whose they are.

    A table of divisions has one row for each.
    """
    if not table.division:
        return
    for division in divisions:
        for number in range(1, 2 if table.division == "Code" else ROWS + 1):
            yield {
                column.name: division
                if column.name == table.division
                else _value(column, table.name, division, number, books, today)
                for column in table.columns.values()
                if not column.name.startswith("Division") or column.name == table.division
            }


def _value(
    column: Column, table: str, division: int, number: int, books: Mapping[str, Sequence[Row]], today: date
) -> object:
    entity = _POINTS_AT.get(column.name)
    if entity:
        key = "Code" if entity == _COST_CENTRES else "ID"
        keys = [row[key] for row in books.get(entity, ()) if row["Division"] == division]
        return keys[number % len(keys)] if keys else _guid(entity, division, number, "ID")
    if column.kind == "guid":
        return _guid(table, division, number, column.name)
    if column.kind == "datetime":
        return f"{today.replace(day=number).isoformat()}T00:00:00Z"
    if column.kind in _NUMBERS:
        return today.year if column.name.endswith("Year") else number
    if column.kind == "boolean":
        return number % 2
    return 100.0 * number if column.kind in ("double", "decimal") else f"{column.name} {number}"


def _guid(table: str, division: int, number: int, column: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"bundel/sample/{table}/{division}/{number}/{column}"))
