"""Pages pull the model: only what pages, own rows and checks reach gets into a report's model and queries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from generator import dax, names
from generator.build import calculations
from generator.build.ties import DIVISION, model_table, tied
from generator.catalogue import CalculationGroup, Measure, Relationship, Table, split_field
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from generator.catalogue import Catalogue, Design, Language, Page, Visual
    from generator.resolve.client import Client, ClientReport, ExtraTable

ACCESS = "Toegang"
"""The table of who may see which division."""

_DIVISIONS = "<<divisions>>"
_TEXT = re.compile(r"<<t\.(\w+)>>")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Pulled:
    """What a report's model holds, in the order of the templates; compared by identity: who wants the same shares it.

    ``shown`` are the fields that visuals show, and a client's own measures.
    """

    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    relationships: tuple[Relationship, ...]
    shown: frozenset[str] = frozenset()
    calculations: tuple[CalculationGroup, ...] = ()
    intercompany: bool = False


@dataclass(slots=True)
class _Reach:
    """What has been reached so far; ``formulas`` are all that exist, by name regardless of case."""

    formulas: dict[str, Measure]
    tables: dict[str, Table]
    columns: dict[str, set[str]] = field(default_factory=dict)
    measures: set[str] = field(default_factory=set)

    def field(self, text: str) -> None:
        """Reach a measure by its name, or a column written as ``Table[Column]``."""
        parts = split_field(text)
        if parts is None:
            self.measure(text)
        else:
            self.column(*parts)

    def measure(self, name: str) -> None:
        """Reach a measure and all that its formula uses; a name that is none is a column made in a formula."""
        waiting = [name]
        while waiting:
            measure = self.formulas.get(waiting.pop().casefold())
            if measure is None or measure.name in self.measures:
                continue
            self.measures.add(measure.name)
            used = dax.references(measure.dax)
            for table, column in used.columns:
                self.column(table, column)
            for table in used.tables:
                self.table(table)
            waiting += used.measures

    def column(self, table: str, column: str) -> None:
        name = self.table(table)
        known = self.tables[name].columns if name else {}
        exact = next((item for item in known if item.casefold() == column.casefold()), None)
        if name is None or exact is None or exact in self.columns[name]:
            return
        self.columns[name].add(exact)
        sort_by = known[exact].sort_by
        if sort_by:
            self.column(name, sort_by)

    def table(self, text: str) -> str | None:
        name = next((item for item in self.tables if item.casefold() == text.casefold()), None)
        if name is not None:
            self.columns.setdefault(name, set())
        return name


def rendered(
    measure: Measure, fact: str, language: Language, *, budget: bool, intercompany: bool = False, divisions: int = 1
) -> Measure:
    """Return a measure with its table of amounts and its texts filled in, each text as a DAX literal."""

    def literal(match: re.Match[str]) -> str:
        return names.dax_text(language.culture if match[1] == "culture" else language.text(match[1]))

    formula = measure.budget if budget and measure.budget else measure.dax
    if intercompany and measure.intercompany:
        formula = measure.intercompany.replace("<<dax>>", formula)
    formula = formula.replace("<<fact>>", fact).replace(_DIVISIONS, str(divisions))
    return replace(measure, dax=_TEXT.sub(literal, formula), budget="", intercompany="")


@remembered(16384)
def _rendered_in_common(
    measure: Measure, fact: str, catalogue: Catalogue, language: str, budget: bool, intercompany: bool, divisions: int
) -> Measure:
    spoken = catalogue.languages[language]
    return rendered(measure, fact, spoken, budget=budget, intercompany=intercompany, divisions=divisions)


@remembered(1024)
def _blank(name: str) -> Measure:
    """Return the measure that stands for one that a report can't have."""
    return Measure(name, "BLANK ()")


@remembered(4096)
def narrowed(table: Table, columns: tuple[str, ...]) -> Table:
    """Return a table with these of its columns."""
    return replace(table, columns={name: table.columns[name] for name in columns})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What decides on the model of a client without measures and tables of its own, hashable."""

    catalogue: Catalogue
    language: str
    divisions: int
    budget: bool
    intercompany: bool
    limited: bool
    report: str
    fact: str
    pages: tuple[Page, ...]


def pull(client: Client, report: ClientReport, catalogue: Catalogue) -> Pulled:
    """Return the part of the templates that a report of a client needs, with the client's own measures and tables.

    Clients who want the same get the same value, so that what is made of it is made once.
    """
    design = catalogue.reports[report.name].design
    if design is not None:
        return _designed(client, design, catalogue)
    wanted = _Wanted(
        catalogue,
        language=client.language,
        divisions=len(client.divisions),
        budget=bool(client.budget_scenario),
        intercompany=bool(client.intercompany),
        limited=client.limited,
        report=report.name,
        fact=report.fact,
        pages=report.pages,
    )
    own = [measure for measure in client.measures if measure.name not in report.without]
    return _composed(wanted, own, client.tables) if own or client.tables else _composed_in_common(wanted)


def _composed(wanted: _Wanted, measures: Sequence[Measure] = (), tables: Sequence[ExtraTable] = ()) -> Pulled:
    """Return what the pages of a report reach."""
    catalogue = wanted.catalogue
    extra = {table.name: model_table(table) for table in tables}
    reach = _Reach(_formulas(wanted, measures), {**catalogue.tables, **extra})
    for page in wanted.pages:
        for text in page_fields(page):
            reach.field(text)
    for measure in measures:
        reach.measure(measure.name)
    for table in reach.tables.values():
        if table.check:
            reach.table(table.name)
    if any(table.division for table in tables):
        reach.table(DIVISION)
    groups = _calculations(reach, measures, wanted)
    if wanted.limited:
        _protected(reach)
    ties = _tie(reach, tables, catalogue)
    _keys(reach, ties)
    shown = {text for page in wanted.pages for visual in page.visuals for text in (*visual.values, *visual.lines)}
    shown |= {measure.name for measure in measures}
    pulled = _ordered(reach, ties)
    made = tuple(calculations.rendered(group, pulled.measures) for group in groups)
    return replace(pulled, shown=frozenset(shown), calculations=made, intercompany=wanted.intercompany)


_composed_in_common = remembered(256)(_composed)


def _formulas(wanted: _Wanted, measures: Sequence[Measure]) -> dict[str, Measure]:
    """Return the measures that exist for a report, by name regardless of case."""
    without = wanted.catalogue.reports[wanted.report].without
    formulas = {
        name.casefold(): _blank(name)
        if name in without
        else _rendered_in_common(
            measure,
            wanted.fact,
            wanted.catalogue,
            wanted.language,
            wanted.budget,
            wanted.intercompany,
            wanted.divisions if _DIVISIONS in measure.dax + measure.budget + measure.intercompany else 1,
        )
        for name, measure in wanted.catalogue.measures.items()
    }
    return formulas | {measure.name.casefold(): measure for measure in measures}


def _calculations(reach: _Reach, measures: Sequence[Measure], wanted: _Wanted) -> tuple[CalculationGroup, ...]:
    """Reach what the report's calculation groups use; one that nobody names must not bring a table into the model."""
    formulas = [dax.references(measure.dax) for measure in measures]
    named = {table for used in formulas for table in (*used.tables, *(table for table, _ in used.columns))}
    fields = [parts for page in wanted.pages for text in page_fields(page) if (parts := split_field(text))]
    named = {table.casefold() for table in (*named, *(table for table, _ in fields))}
    kept = []
    for name in wanted.catalogue.reports[wanted.report].calculations:
        group = wanted.catalogue.calculations[name]
        alone = _Reach(reach.formulas, reach.tables)
        for measure in calculations.measures_used(group):
            alone.measure(measure)
        if alone.columns.keys() <= reach.columns.keys() or group.name.casefold() in named:
            for measure in calculations.measures_used(group):
                reach.measure(measure)
            kept.append(group)
    return tuple(kept)


def _designed(client: Client, design: Design, catalogue: Catalogue) -> Pulled:
    """Return what of the templates is in a designed model: its own tables as they are, what guards it, extra tables."""
    found = {table["name"]: {column["name"] for column in table.get("columns", ())} for table in design.tables}
    guards = {name for name, table in catalogue.tables.items() if table.check and (design.divisions or design.own)}
    guards |= {ACCESS} if client.limited else set()
    tables = []
    for name, table in catalogue.tables.items():
        ours = name in found and not design.own.isdisjoint({name, table.source, *table.uses})
        protected = {DIVISION} if client.limited and ours else set()
        held = found[name] if ours else set()
        wanted = set(table.columns) if name in guards else (held | protected) & set(table.columns)
        if wanted:
            tables.append(narrowed(table, tuple(column for column in table.columns if column in wanted)))
    extra = [model_table(table) for table in client.tables]
    names = {table.name for table in (*tables, *extra)}
    rows = [Relationship((table.name, DIVISION), (DIVISION, DIVISION)) for table in extra if DIVISION in table.columns]
    ties = rows if DIVISION in found.get(DIVISION, ()) else []
    named = {measure["name"] for table in design.tables for measure in table.get("measures", ())}
    measures = tuple(measure for name, measure in catalogue.measures.items() if name in named)
    return Pulled(
        (*tables, *extra),
        measures,
        tuple(tie for tie in ties if tie.from_[0] in names),
        design.shown | {measure.name for measure in client.measures},
        intercompany=bool(client.intercompany),
    )


def _protected(reach: _Reach) -> None:
    """Reach the division of every table that has one, and who may see which: the role filters on them."""
    reach.column(ACCESS, "E-mail")
    reach.column(ACCESS, DIVISION)
    for table in tuple(reach.columns):
        if DIVISION in reach.tables[table].columns:
            reach.column(table, DIVISION)


def _tie(reach: _Reach, tables: Sequence[ExtraTable], catalogue: Catalogue) -> tuple[Relationship, ...]:
    """Reach every column of the workbook's tables, and return all relationships of the model, theirs among them."""
    between = [row for row in catalogue.relationships if {row.from_[0], row.to[0]} <= reach.columns.keys()]
    if tables:
        made, added = tied(tables, [name for name in catalogue.tables if name in reach.columns], between, catalogue)
        for table in made:
            reach.tables[table.name] = table
            for column in table.columns:
                reach.column(table.name, column)
        between += added
    return tuple(between)


def _keys(reach: _Reach, ties: Iterable[Relationship]) -> None:
    """Reach both keys of each relationship between reached tables, and a home for the measures."""
    for relationship in ties:
        for table, column in (relationship.from_, relationship.to):
            reach.column(table, column)
    for known in reach.tables.values():
        if known.measures or (known.name in reach.columns and not reach.columns[known.name]):
            reach.column(known.name, next(iter(known.columns)))
        if known.date and known.name in reach.columns:
            reach.column(known.name, known.date)


def _ordered(reach: _Reach, ties: tuple[Relationship, ...]) -> Pulled:
    tables = tuple(
        narrowed(table, tuple(name for name in table.columns if name in reach.columns[table.name]))
        for table in reach.tables.values()
        if table.name in reach.columns
    )
    measures = tuple(measure for measure in reach.formulas.values() if measure.name in reach.measures)
    return Pulled(tables, measures, ties)


def page_fields(page: Page) -> list[str]:
    """Return every measure and column that a page names, in reading order."""
    return [*page.drill_through, *(text for visual in page.visuals for text in visual_fields(visual))]


def visual_fields(visual: Visual) -> list[str]:
    """Return every measure and column that a visual names: roles, colours, filters and sorting."""
    single = (visual.series, visual.title_measure, visual.colour, visual.background, visual.not_blank)
    filters = [str(row["field"]) for row in visual.filters]
    sorting = visual.sort[:1]
    fields = [*visual.category, *visual.values, *visual.lines, *visual.cell_colours.values()]
    return [*fields, *(text for text in single if text), *visual.compare, *filters, *sorting]
