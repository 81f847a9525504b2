"""What came in: one typed record per row of the workbook, each value with its cell.

Empty optional cells stay ``None``; ``resolve`` fills in every default. The field names are the column keys of
``sheets``, and ``at`` maps them to cells, so that a later stage can point at the value that it refuses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    from generator.problems import Cell

_T = TypeVar("_T")

EVERYONE = "*"
"""In a client column: all clients, never the office."""

OFFICE = "_office"
"""The code of the consolidated bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A row: ``at`` maps a field to its cell (filled cells only, as they stand in the row)."""

    at: Mapping[str, Cell] = field(default_factory=dict)

    @property
    def cell(self) -> Cell:
        """Return the first filled cell, which stands for the row."""
        return next(iter(self.at.values()))

    def where(self, key: str) -> Cell:
        """Return the cell of a field, or of the row where that field is empty."""
        return self.at.get(key) or self.cell


def make(record: type[_T], count: int, columns: Mapping[str, Iterable[object]]) -> list[_T]:
    """Return objects of a class with slots, filled column by column; a field without a column has its default.

    The ``__init__`` of a frozen dataclass takes five times as long, and the objects are the same.
    """
    made = list(map(record.__new__, repeat(record, count)))
    for name, default, put in _slots(cast("Any", record)):
        deque(map(put, made, columns[name] if name in columns else repeat(default)), maxlen=0)
    return made


@cache
def _slots(record: type[Any]) -> tuple[tuple[str, object, Callable[[object, object], None]], ...]:
    return tuple((each.name, each.default, getattr(record, each.name).__set__) for each in fields(record))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office(Record):
    """The one row of *Kantoor*."""

    name: str
    language: str | None = None
    consolidated_url: str | None = None
    client_id: str | None = None
    exact_user: str | None = None
    alias: str | None = None
    theme: str | None = None
    logo: str | None = None
    workspace: str | None = None
    years: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow(Record):
    """A row of *Klanten*. ``url`` is normalised; ``refresh`` holds times as ``HH:MM``."""

    code: str
    name: str
    url: str
    active: bool | None = None
    group: str | None = None
    manager: str | None = None
    client_id: str | None = None
    exact_user: str | None = None
    alias: str | None = None
    language: str | None = None
    fiscal_year_end: str | None = None
    years: int | None = None
    budget_scenario: str | None = None
    theme: str | None = None
    logo: str | None = None
    workspace: str | None = None
    refresh: tuple[str, ...] = ()
    fast_tables: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRecord(Record):
    """A row that belongs to a client, to all clients (``*``) or to the office (``_office``)."""

    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DivisionRow(ClientRecord):
    """A row of *Administraties*. ``ownership`` is a fraction: 0.5 is half."""

    code: int
    name: str | None = None
    consolidated: bool | None = None
    ownership: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow(ClientRecord):
    """A row of *Rapporten*; no pages means all pages."""

    report: str
    title: str | None = None
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow(ClientRecord):
    """A row of *Meetwaarden*. ``dax`` is the expression without the name and ``=`` before it."""

    name: str
    dax: str
    format: str | None = None
    folder: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualRow(ClientRecord):
    """A row of *Visuals*. ``position`` is x, y, width, height in pixels on 1280 by 720."""

    report: str
    page: str
    kind: str
    title: str | None = None
    values: tuple[str, ...] = ()
    category: str | None = None
    series: str | None = None
    position: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow(ClientRecord):
    """A row of *Tabellen*; ``filter`` is ``Column op value`` as typed."""

    entity: str
    name: str | None = None
    columns: tuple[str, ...] = ()
    filter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow(ClientRecord):
    """A row of *Rekeningindeling*: accounts ``start`` up to and including ``end`` go to report line ``line``."""

    start: str
    end: str | None = None
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercompanyRow(ClientRecord):
    """A row of *Onderling*: a relation or an account that stands for another division."""

    relation: str | None = None
    account: str | None = None
    partner: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow(ClientRecord):
    """A row of *Teksten*: the accountant's findings on a page."""

    report: str
    page: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow(ClientRecord):
    """A row of *Toegang*; ``divisions`` limit what a viewer sees."""

    email: str
    role: str
    divisions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A row left out for a bad value (``texts``: key → what stands in its cells), so that no rule speaks of it again.

    Without ``texts`` it stands for rows that could not be read at all.
    """

    sheet: str
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spec:
    """The union of all rows of all workbooks, in reading order (file, sheet, row)."""

    office: Office | None = None
    clients: tuple[ClientRow, ...] = ()
    divisions: tuple[DivisionRow, ...] = ()
    reports: tuple[ReportRow, ...] = ()
    measures: tuple[MeasureRow, ...] = ()
    visuals: tuple[VisualRow, ...] = ()
    tables: tuple[TableRow, ...] = ()
    mappings: tuple[MappingRow, ...] = ()
    intercompany: tuple[IntercompanyRow, ...] = ()
    texts: tuple[TextRow, ...] = ()
    access: tuple[AccessRow, ...] = ()
    dropped: tuple[Dropped, ...] = ()
