"""What resolve makes: one ``Client`` per bundle, with nothing optional left and nothing of any other client in it.

The office's consolidated bundle is a ``Client`` as well, with the divisions of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.spec.records import OFFICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from generator.catalogue import Measure, Page
    from generator.spec.pictures import Picture


@dataclass(frozen=True, slots=True)
class Division:
    """An Exact Online division of a client; the client's own particulars serve the office's model."""

    code: int
    name: str
    currency: str
    ownership: Decimal
    client_code: str
    client_name: str
    group: str
    manager: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A folded filter of an extra table: a column, an M operator and a value of the column's type."""

    column: str
    operator: str
    value: str | int | Decimal | bool


@dataclass(frozen=True, slots=True)
class ExtraTable:
    """A table from *Tabellen*; ``columns`` maps a column of the entity to its kind in ``tables.toml`` words.

    ``division`` is the column that tells whose a row is, empty where there is none, and ``division_type`` its kind;
    ``keys`` maps a link of ``links.toml`` to the column by which rows point there, or are known there.
    """

    name: str
    entity: str
    columns: Mapping[str, str]
    condition: Condition | None = None
    division: str = "Division"
    division_type: str = "int"
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappedRange:
    """Accounts ``start`` up to and including ``end`` of a division go to a report line."""

    division: int
    start: str
    end: str
    line: str


@dataclass(frozen=True, slots=True)
class Mutual:
    """Entries with another division of the client: those of a relation, on an account, or on it with that relation.

    ``relation`` is bare and in upper case, ``account`` padded like a ``MappedRange``; both may be None, not at once.
    Without a ``partner`` any other division may be meant.
    """

    relation: str | None
    account: str | None
    partner: int | None


@dataclass(frozen=True, slots=True)
class Elimination:
    """What the office's report eliminates of a division: its entries with a partner, told as by a ``Mutual``."""

    division: int
    relation: str | None
    account: str | None
    partner: int


@dataclass(frozen=True, slots=True)
class Access:
    """A person with a role in the client's workspace; no divisions means all of them."""

    email: str
    role: str
    divisions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClientReport:
    """A report of a client: its template's name, title and pages, with the workbook's own visuals on them.

    ``without`` are the client's own measures that its model can't have, since they name what is only in another.
    """

    name: str
    title: str
    fact: str
    pages: tuple[Page, ...]
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Client:
    """Everything about one bundle. ``year_end_month`` is 1 to 12, ``years`` counts fiscal years with the current."""

    code: str
    name: str
    url: str
    alias: str
    language: str
    divisions: tuple[Division, ...]
    years: int
    year_end_month: int
    fast_tables: bool
    theme: str
    budget_scenario: str
    client_id: str
    exact_user: str
    workspace: str
    refresh: tuple[str, ...]
    reports: tuple[ClientReport, ...]
    logo: Picture | None = None
    measures: tuple[Measure, ...] = ()
    tables: tuple[ExtraTable, ...] = ()
    mapping: tuple[MappedRange, ...] = ()
    intercompany: tuple[Mutual, ...] = ()
    eliminations: tuple[Elimination, ...] = ()  # of the office: what divisions of one client booked with each other
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    access: tuple[Access, ...] = ()
    platform: str = "exact_online"  # the folder of templates that its reports come from
    sandbox: bool = False  # bound to made-up books on this computer

    @property
    def is_office(self) -> bool:
        """Tell whether this is the consolidated bundle."""
        return self.code == OFFICE

    @property
    def limited(self) -> bool:
        """Tell whether some viewer may see only a part of the divisions."""
        return any(person.divisions for person in self.access)

    @property
    def mixed_currency(self) -> bool:
        """Tell whether the divisions differ in currency, so that no total over them exists."""
        return len({division.currency for division in self.divisions}) > 1
