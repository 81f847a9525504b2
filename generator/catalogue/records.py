"""What the templates hold, as records: tables, measures, pages, reports and texts of a platform."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Position = tuple[int, int, int, int]
"""x, y, width and height in pixels on a page of 1280 by 720."""

MAIN = "exact_online"
"""The platform of clients whose reports do not tell."""

DESIGNED = "designed"
"""The kind of a visual that stands in a design and is not made here."""

LAYOUT = "Layout"
"""The document of a report in the format before PBIR."""

_FIELD = re.compile(r"(?P<table>[^\[\]]+)\[(?P<column>[^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model table; see the head of ``tables.toml``."""

    name: str
    type: str
    source: str | None = None
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    optional: bool = False
    key: bool = False
    hidden: bool = False
    sort_by: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of the model; ``source`` is the query that its direct columns come from.

    Compared by identity: models that have the same columns of it share one record, and what is made of it.
    """

    name: str
    columns: Mapping[str, Column]
    source: str | None = None
    uses: tuple[str, ...] = ()
    scope: str = ""
    check: bool = False
    date: str | None = None
    measures: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """Many to one: rows of ``from_`` look up their one row in ``to``; each is (table, column)."""

    from_: tuple[str, str]
    to: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of the platform: its fast and bulk entity sets, and whose column list holds for both."""

    name: str
    fast: str
    bulk: str | None = None
    columns_of: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A query that reads one entity set; ``always`` are its columns for keys, joins and filters.

    ``looks_up`` are entities in which it first finds the keys that it filters on. A database may lack the entity set of
    an ``optional`` source; it then has no rows.
    """

    name: str
    entity: str
    always: tuple[str, ...] = ()
    division: str = "Division"
    unfiltered: bool = False
    looks_up: tuple[str, ...] = ()
    optional: bool = False
    year: str | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """How tables of the workbook look up a dimension; see the head of ``links.toml``.

    ``column`` is the key in every model table, ``table`` the dimension of the templates; ``entities`` are those whose
    rows are the dimension's own, known by ``key``. ``columns`` point at it, the first that an entity has; ``of`` names
    another column for an entity, or none. A ``code`` is compared as it is, anything else in small letters.
    """

    name: str
    column: str
    table: str = ""
    entities: tuple[str, ...] = ()
    key: str = "ID"
    columns: tuple[str, ...] = ()
    of: Mapping[str, str] = field(default_factory=dict)
    code: bool = False

    def source(self, entity: str, available: Collection[str]) -> str | None:
        """Return the column by which rows of an entity point here, or by which they are known, or None."""
        wanted = (self.key,) if entity in self.entities else (self.of[entity],) if entity in self.of else self.columns
        return next((name for name in wanted if name in available), None)


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A measure with its formula, placeholders still in it; ``format`` is a Power BI format string.

    ``budget`` is the formula where the client has a budget scenario, if that differs; ``intercompany`` wraps either,
    as ``<<dax>>``, where the client can leave intercompany amounts out; ``tags`` say how a calculation group may
    treat it. ``names`` and ``descriptions`` are for readers, by language; formulas know a measure by ``name`` alone.
    Compared by identity, as tables are.
    """

    name: str
    dax: str
    budget: str = ""
    intercompany: str = ""
    format: str = ""
    folder: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CalculationItem:
    """What an item of a calculation group makes of a measure; ``format`` is a formula for its format string."""

    name: str
    dax: str
    format: str = "SELECTEDMEASUREFORMATSTRING ()"


@dataclass(frozen=True, slots=True)
class CalculationGroup:
    """A calculation group: ``column`` holds the names of its items, sorted by the hidden column ``order``."""

    name: str
    column: str
    order: str
    precedence: int
    items: tuple[CalculationItem, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A report line; a subtotal ``adds`` base lines."""

    name: str
    statement: str
    sign: int
    side: str = ""
    result: bool = False
    adds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Visual:
    """A visual on a page, from a template or from the workbook (then ``caption`` is its literal title).

    Compared by identity: clients that have the same visual share one record, and what is made of it.

    ``category`` and ``series`` are columns as ``Table[Column]``, ``values`` measures; in ``tableEx`` the category
    columns come first, and ``right`` are texts with a figure in them, that stand as numbers do. ``title``,
    ``subtitle``, ``text`` and ``alt`` are keys of the language file.
    """

    name: str
    kind: str
    style: str | None = None
    at: Position | None = None
    strip: int | None = None
    title: str | None = None
    caption: str | None = None
    subtitle: str | None = None
    text: str | None = None
    alt: str | None = None
    category: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    budget_values: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    budget_lines: tuple[str, ...] = ()
    series: str | None = None
    title_measure: str | None = None
    colours: tuple[str, ...] = ()
    captions: Mapping[str, str] = field(default_factory=dict)
    colour: str | None = None
    compare: tuple[str, ...] = ()
    sign_colours: tuple[str, ...] = ()
    bars: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    cell_colours: Mapping[str, str] = field(default_factory=dict)
    background: str | None = None
    widths: Mapping[str, int] = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    filters: tuple[Mapping[str, Any], ...] = ()
    not_blank: str | None = None
    totals: bool = False
    column_total: bool = False
    single: bool = False
    single_when: str | None = None
    default: str | None = None
    default_when_single: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page; with ``drill_through`` it is hidden and opened from a row of another page.

    ``designed`` is Desktop's own name of a page that was designed there, and whether it is hidden; of its visuals only
    the places are known here (``DESIGNED``). Compared by
    identity, as its visuals are.
    """

    name: str
    visuals: tuple[Visual, ...] = ()
    drill_through: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    when: str | None = None
    designed: tuple[str, bool] | None = None

    @property
    def is_hidden(self) -> bool:
        """Tell whether a reader comes to it only from another page."""
        return bool(self.drill_through) or bool(self.designed and self.designed[1])


@dataclass(frozen=True, slots=True)
class DesignPage:
    """A page as Desktop wrote it: its own name and title, titles per language, size, and where its visuals stand."""

    id: str
    title: str
    titles: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False
    width: int = 1280
    height: int = 720
    taken: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A report designed in Power BI Desktop, with markers where each client has values of its own.

    ``queries`` are templates of M by name; ``own`` the queries that are Bundel's and made as in a composed report;
    ``divisions`` maps each table with rows of the database to the column of its division (empty where it has none);
    ``documents`` are the JSON files of the report by path, ``resources`` its other files; ``version`` is what a reader
    of the file must know; ``shown`` are the measures that visuals show; with
    ``follows_theme`` the theme is that of each client.
    """

    version: str
    database: Mapping[str, Any]
    tables: tuple[Mapping[str, Any], ...]
    expressions: tuple[Mapping[str, Any], ...]
    queries: Mapping[str, str]
    own: frozenset[str]
    divisions: Mapping[str, str]
    pages: tuple[DesignPage, ...]
    documents: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, bytes]
    titles: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    follows_theme: bool = False

    @property
    def is_layout(self) -> bool:
        """Tell whether the report is in the old format, one document for all pages."""
        return LAYOUT in self.documents


@dataclass(frozen=True, slots=True)
class Report:
    """A report; ``scope`` says whom it is for (client or office), ``fact`` which table holds the amounts.

    ``without`` are measures that are blank in it, since what they compare is not loaded there; ``calculations`` are
    the calculation groups that it offers to authors. A ``closed`` one takes no measures, tables and visuals of the
    workbook, so that nothing gets into its model but what the templates show. With a ``design`` it is a report of
    Power BI Desktop, stamped for each client; else its pages are composed, and pull the model.
    """

    name: str
    scope: str
    fact: str
    pages: tuple[str, ...]
    default: bool = False
    without: tuple[str, ...] = ()
    calculations: tuple[str, ...] = ()
    closed: bool = False
    design: Design | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of a language: ``sections`` maps report, page, line and text to their keys."""

    code: str
    culture: str
    months: tuple[str, ...]
    months_short: tuple[str, ...]
    quarter: str
    sections: Mapping[str, Mapping[str, str]]

    def text(self, key: str) -> str:
        """Return a text of the section ``text``."""
        return self.sections["text"][key]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All templates of a platform; compared by identity, since it is loaded once.

    ``others`` are those of the other platforms, by the name of their folder; each knows all the rest.
    """

    name: str
    platform: Mapping[str, Any]
    entities: Mapping[str, Entity]
    known_columns: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Source]
    tables: Mapping[str, Table]
    relationships: tuple[Relationship, ...]
    links: Mapping[str, Link]
    measures: Mapping[str, Measure]
    calculations: Mapping[str, CalculationGroup]
    lines: Mapping[str, Line]
    pages: Mapping[str, Page]
    reports: Mapping[str, Report]
    languages: Mapping[str, Language]
    queries: Mapping[str, str]
    visuals: Mapping[str, Mapping[str, Any]]
    themes: Mapping[str, Mapping[str, Any]]
    setup: Mapping[str, str]
    fingerprint: str
    others: Mapping[str, Catalogue] = field(default_factory=dict)

    def of(self, platform: str) -> Catalogue:
        """Return the templates of a platform, these or others."""
        return self if platform == self.name else self.others[platform]

    def located(self, path: str) -> str:
        """Return a path as messages name it: with the platform's folder where that is another than the main one."""
        return path if self.name == MAIN or path.startswith(f"{self.name}/") else f"{self.name}/{path}"

    def elsewhere(self, report: str) -> str | None:
        """Return the platform that has a report of this name, regardless of case, where it is another one."""
        folded = report.strip().casefold()
        return next((o.name for o in self.others.values() if folded in {name.casefold() for name in o.reports}), None)


def split_field(text: str) -> tuple[str, str] | None:
    """Return table and column of ``Table[Column]`` or ``'Table'[Column]``, or None."""
    match = _FIELD.fullmatch(text.strip())
    return (match["table"].strip().strip("'"), match["column"].strip()) if match else None
