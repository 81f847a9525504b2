"""The entity sets and columns of a database: what is known of Exact Online's tables behind Invantive Cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

KnownColumns = Mapping[str, Mapping[str, Any]]
"""Entity set → ``columns`` (name → kind), ``division``, as in a template's ``entities.json``."""

_EDM = {
    "int16": "Edm.Int16",
    "int32": "Edm.Int32",
    "int64": "Edm.Int64",
    "double": "Edm.Double",
    "decimal": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "guid": "Edm.Guid",
    "datetime": "Edm.DateTimeOffset",
    "string": "Edm.String",
}
_SQLITE = {"int": "INTEGER", "double": "REAL", "decimal": "REAL", "boolean": "INTEGER"}

# Columns of Exact's sync tables that are expected in the Incremental table, whose documentation breaks off after
# EntryNumber: ``reference/invantive.md``, section 8.
_SYNC = (
    "FinancialPeriod",
    "FinancialYear",
    "GLAccount",
    "ID",
    "InvoiceNumber",
    "Item",
    "JournalCode",
    "LineNumber",
    "Project",
    "Quantity",
    "Status",
    "Type",
    "VATCode",
    "YourRef",
)
# What Invantive adds to each row of a table that is partitioned by division: ``reference/invantive.md``, 2.3.
_ADDED = {
    "DivisionCompanyCoCNumber": "string",
    "DivisionCompanyIBANNumber": "string",
    "DivisionCompanyName": "string",
    "DivisionCompanyRSINNumber": "string",
    "DivisionCompanyVATNumber": "string",
    "DivisionCompanyWageTaxNumber": "string",
    "DivisionLabel": "string",
    "DivisionName": "string",
    "DivisionOwnerCompanyName": "string",
    "DivisionShortName": "int64",
}
LINES = "ExactOnlineREST.FinancialTransaction.TransactionLines"
BULK = "ExactOnlineREST.FinancialTransaction.TransactionLinesBulk"
INCREMENTAL = "ExactOnlineREST.Incremental.TransactionLinesIncremental"
_AR = "ExactOnlineREST.Views.AROutstandingItemsPerFinancialPeriodUltimo"
_AP = "ExactOnlineREST.Views.APOutstandingItemsPerFinancialPeriodUltimo"
DIVISIONS = "ExactOnlineREST.System.SystemDivisions"
_INVOICES = ("ExactOnlineREST.SalesInvoice.SalesInvoices", "ExactOnlineREST.SalesInvoice.SalesInvoiceLines")


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its kind as the templates name kinds (``guid``, ``double``, …)."""

    name: str
    kind: str

    @property
    def edm(self) -> str:
        """Return the type as OData names it."""
        return _EDM[self.kind]

    @property
    def affinity(self) -> str:
        """Return the type as SQLite names it."""
        return _SQLITE.get(self.kind.rstrip("0123456789"), "TEXT")


@dataclass(frozen=True, slots=True)
class Table:
    """An entity set without its alias; ``division`` is the column that tells whose a row is, ``key`` may be empty.

    ``stored`` is the entity set whose rows it shows.
    """

    name: str
    stored: str
    columns: Mapping[str, Column]
    division: str
    key: str

    def without(self, names: Iterable[str]) -> Table:
        """Return the table without some columns."""
        left = frozenset(names)
        return replace(self, columns={name: self.columns[name] for name in self.columns if name not in left})


def schema(known: KnownColumns) -> dict[str, Table]:
    """Return every table that a database has, by entity set without alias."""
    kinds = {name: {key: kind for key, kind in known[name]["columns"].items() if kind in _EDM} for name in known}
    if LINES in kinds:
        kinds = _of_exact(kinds)
    divisions = {name: known[name]["division_column"] for name in known if "division_column" in known[name]}
    return {name: _table(name, kinds[name], divisions.get(name)) for name in sorted(kinds)}


def _of_exact(kinds: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return Exact's tables with those that its list does not have, and what Invantive adds to each."""
    lines = kinds[LINES]
    kinds = {**kinds, BULK: lines, INCREMENTAL: {**kinds[INCREMENTAL], **{name: lines[name] for name in _SYNC}}}
    kinds |= {f"{name}Bulk": kinds[name] for name in _INVOICES}
    added = {name: {**_ADDED, **own} if "Division" in own else own for name, own in kinds.items()}
    return {**added, _AP: {name.replace("_AR_", "_AP_"): kind for name, kind in kinds[_AR].items()}}


def _table(name: str, kinds: Mapping[str, str], division: str | None) -> Table:
    columns = {key: Column(key, kinds[key]) for key in sorted(kinds)}
    division = division or next((key for key in ("Division", "DIVISION") if key in columns), "")
    key = next((key for key in ("ID", "HID", "Code") if key in columns and name != INCREMENTAL), "")
    stored = BULK if name in (LINES, INCREMENTAL) else f"{name}Bulk" if name in _INVOICES else name
    return Table(name, stored, columns, division, key)
