"""The Power Query of a report: the parameter, one query per use of an entity, one per table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2

from generator.build import group, m
from generator.build.literals import OF_MODEL, literal_rows, own_rows
from generator.build.mapping import placing, ranges
from generator.build.reads import source_read, used_sources, wished_read
from generator.build.ties import DIVISION
from generator.names import part_name
from generator.problems import Cell, Problem, Stop
from generator.resolve import PARAMETER
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from generator.build.literals import Rows
    from generator.build.pull import Pulled
    from generator.build.reads import Read
    from generator.catalogue import Catalogue, Source, Table
    from generator.resolve.client import Client, ClientReport, ExtraTable


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its M expression, and whether it is the parameter, a source or a table of the model."""

    name: str
    expression: str
    kind: str


@remembered(8)
def environment(catalogue: Catalogue) -> jinja2.Environment:
    """Return the M environment over the query templates of a catalogue."""
    return m.environment(catalogue.queries)


def queries(client: Client, report: ClientReport, pulled: Pulled, catalogue: Catalogue) -> list[Query]:
    """Return all queries of a report, the parameter first, then sources, then tables."""
    return _Writer(client, report, pulled, catalogue).all()


def parameter(url: str) -> str:
    """Return the parameter with the client's URL; the service changes it by its name, so it is Text and required."""
    return f'{m.text(url)} meta [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]'


@dataclass(frozen=True, slots=True)
class _Shape:
    """What table queries are made from that many clients have in common, hashable; nothing of one client."""

    catalogue: Catalogue
    language: str
    years: int
    year_end_month: int
    own_years: bool

    @property
    def currency(self) -> str:
        """Return the currency into which the office consolidates."""
        return str(self.catalogue.platform["constants"].get("group_currency", "EUR"))

    @property
    def values(self) -> dict[str, Any]:
        """Return what any template may print."""
        platform = self.catalogue.platform
        return {
            "years": self.years,
            "year_end_month": self.year_end_month,
            "broken_year": self.year_end_month != 12,  # noqa: PLR2004  December
            "own_years": self.own_years,
            "opening_type": platform["constants"].get("opening_type"),
            "subledgers": platform.get("subledger_types", []),
            "year_end_types": platform["constants"].get("year_end_types", []),
            "group_currency": self.currency,
            **{name: platform.get(name, {}) for name in ("rates_of", "timeliness", "suspense")},
        }


class _Writer:
    """Writes the queries of one report: what clients have in common with this one's values at the places for them."""

    def __init__(self, client: Client, report: ClientReport, pulled: Pulled, catalogue: Catalogue) -> None:
        self.client, self.report, self.pulled, self.catalogue = client, report, pulled, catalogue
        self.codes = [division.code for division in client.divisions]
        own_years = client.year_end_month != 12 or client.is_office  # noqa: PLR2004  years differ by division
        self.shape = _Shape(catalogue, client.language, client.years, client.year_end_month, own_years)

    def all(self) -> list[Query]:
        tables = [Query(table.name, self.table(table), "table") for table in self.pulled.tables]
        sources = [
            Query(source.name, self.source(source), "source") for source in used_sources(self.pulled, self.catalogue)
        ]
        extra = [Query(f"Bron{table.name}", self.wished(table), "source") for table in self.client.tables]
        return [Query(PARAMETER, parameter(self.client.url), "parameter"), *sources, *extra, *tables]

    def headed(self, name: str, body: str) -> str:
        """Return a query under a comment that tells whose it is."""
        return f"// {m.comment(f'{self.client.name} · {self.report.title} · {name}')}".rstrip() + f"\n{body}"

    def source(self, source: Source) -> str:
        """Return the query that reads an entity set: only the columns that tables of this report need."""
        read = source_read(source, self.client.fast_tables, self.pulled, self.catalogue)
        filters = self.filters(read)
        pieces = None
        if not filters["local_divisions"]:
            pieces = _source_pieces(self.shape, source.name, read, self.client.alias, len(filters["divisions"]))
        if pieces is None:
            own = {**filters, **{name: self.own(name, read.query) for name in _SOURCE_OWN}}
            body = _source_body(source, self.shape, read, self.client.alias, own)
        else:
            body = self.closed(pieces, read.query)
        return self.headed(read.query, body)

    def wished(self, table: ExtraTable) -> str:
        """Return the query that reads the entity of a row on *Tabellen*."""
        condition = table.condition and {
            "column": table.condition.column,
            "operator": m.M(table.condition.operator),
            "value": table.condition.value,
        }
        read = wished_read(table, self.pulled)
        own = {**self.filters(read), "referer": self.own("referer", read.query), "condition": condition}
        return self.headed(read.query, _read_body("lib/extra.pq", self.shape, read, self.client.alias, own))

    def filters(self, read: Read) -> Mapping[str, Sequence[int | str]]:
        """Return the divisions that a source is filtered on: many after reading, or the address would grow too long."""
        filtered = read.divided and not read.checks
        folded = len(self.codes) <= int(self.catalogue.platform["folded_divisions"])
        codes = [str(code) for code in self.codes] if _as_text(read) else self.codes
        return {
            "divisions": codes if filtered and folded else [],
            "local_divisions": codes if filtered and not folded else [],
        }

    def table(self, table: Table) -> str:
        """Return the query of a table; one that is written out has its rows of this client."""
        rows = own_rows(table.name, self.client, self.catalogue)
        pieces = _table_pieces(self.shape, table, self.told(table)) if rows is None else None
        if pieces is not None:
            return self.headed(table.name, self.closed(pieces, table.name))
        own = {name: self.own(name, table.name) for name in _TABLE_OWN}
        return self.headed(table.name, _table_body(self.shape, table, self.told(table), own, rows))

    def told(self, table: Table) -> Pulled | None:
        """Return the model where the rows of a table tell of it."""
        return self.pulled if table.name in OF_MODEL else None

    def closed(self, pieces: Sequence[str], query: str) -> str:
        """Return a query with this client's values at its places."""
        if len(pieces) == 1:
            return pieces[0]
        return m.closed(pieces, {name: m.literal(self.own(name, query)) for name in pieces[1::2]})

    def own(self, name: str, query: str) -> Any:  # noqa: ANN401  whatever a template prints
        """Return a value of this client for a query by the name that templates know it by."""
        client = self.client
        if name.startswith(_DIVISION):
            return self.codes[int(name.removeprefix(_DIVISION))]
        if name.startswith(_DIVISION_TEXT):
            return str(self.codes[int(name.removeprefix(_DIVISION_TEXT))])
        if name == "referer":  # a header is ASCII only
            return part_name(f"bundel/{client.code}/{self.report.name}/{query}")
        if name == "budget_scenario":
            return client.budget_scenario
        if name in _LISTS:
            return _LISTS[name](client, self.shape.currency)
        return self.intercompany()[name] if name in _MUTUAL else self.codes

    def intercompany(self) -> dict[str, Any]:
        """Return what tells an entry with another division: a rule is relation, account, partner, any of them null."""
        own = sorted(self.client.intercompany, key=lambda row: (row.relation is None) + (row.account is None))
        anyone = self.catalogue.platform["constants"].get("any_partner")
        return {
            "mutual": [[row.relation, row.account, row.partner or anyone] for row in own],
            "mutual_relations": list(dict.fromkeys(row.relation for row in own if row.relation)),
        }


def _template(catalogue: Catalogue, table: str) -> str:
    """Return the template of a table, or the plain one for a table of the workbook."""
    return f"{table}.pq" if f"{table}.pq" in catalogue.queries else "lib/tabel.pq"


_DIVISION, _DIVISION_TEXT = "division ", "division_text "  # a place, before the number of the client's division
_MUTUAL = frozenset({"mutual", "mutual_relations"})
_LISTS: Mapping[str, Callable[[Client, str], Any]] = {"mapping": lambda client, _: ranges(client), **group.PRINTED}
_TABLE_OWN = ("mapping", "expected", *sorted(group.PRINTED), *sorted(_MUTUAL))
_SOURCE_OWN = ("referer", "budget_scenario", "all_divisions", *sorted(group.PRINTED), *sorted(_MUTUAL))
"""What templates print of one client alone, beside its divisions one by one, and the rows of tables written out."""


@remembered(4096)
def _source_pieces(shape: _Shape, name: str, read: Read, alias: str, divisions: int) -> tuple[str, ...] | None:
    """Return a source query for so many divisions, cut at the places for a client's values; None as ``_open`` says."""
    kind = _DIVISION_TEXT if _as_text(read) else _DIVISION
    places = [m.Place(f"{kind}{number}") for number in range(divisions)]
    own = {"divisions": places, "local_divisions": [], **{name: m.Place(name) for name in _SOURCE_OWN}}
    return _open(lambda: _source_body(shape.catalogue.sources[name], shape, read, alias, own))


@remembered(4096)
def _table_pieces(shape: _Shape, table: Table, told: Pulled | None) -> tuple[str, ...] | None:
    """Return the query of a table, cut at the places for a client's values; None as ``_open`` says."""
    own = {name: m.Place(name) for name in _TABLE_OWN}
    return _open(lambda: _table_body(shape, table, told, own))


def _open(write: Callable[[], str]) -> tuple[str, ...] | None:
    """Return the pieces of a query, or None where its template does more with a client's value than print it.

    Then the query is written for each client anew, and what is wrong with the template is told there.
    """
    try:
        return m.opened(write())
    except Stop:
        return None


def _as_text(read: Read) -> bool:
    """Tell whether an entity set holds its divisions as texts."""
    return read.columns.get(read.division) == "text"


def _source_body(source: Source, shape: _Shape, read: Read, alias: str, own: Mapping[str, Any]) -> str:
    """Return the M of a source query; ``own`` is all that is of one client."""
    context = {"year_column": source.year or "", **own}
    if source.looks_up:
        context["looked_up"] = [f"{shape.catalogue.entities[name].fast}@{alias}" for name in source.looks_up]
    return _read_body(f"{source.name}.pq", shape, read, alias, context)


def _read_body(template: str, shape: _Shape, read: Read, alias: str, context: Mapping[str, Any]) -> str:
    return _render(
        shape.catalogue,
        template,
        **shape.values,
        entity=f"{read.entity_set}@{alias}",
        required=read.required,
        absent=read.absent,
        optional=[name for name in read.columns if name in read.optional],
        dates=read.dates,
        division_column=read.division,
        **context,
    )


def _table_body(
    shape: _Shape, table: Table, told: Pulled | None, own: Mapping[str, Any], own_rows: Rows | None = None
) -> str:
    """Return the M of a table; ``own`` and ``own_rows`` are all that is of one client, ``told`` what rows tell of."""
    columns = list(table.columns.values())
    language = shape.catalogue.languages[shape.language]
    rows = literal_rows(table.name, language, told, shape.catalogue) if own_rows is None else own_rows
    context = {
        "source": m.identifier(str(table.source)),
        "columns": [{"name": column.name, "field_type": m.field_type(column.type)} for column in columns],
        "types": [[column.name, m.m_type(column.type)] for column in columns],
        "names": [column.name for column in columns],
        "made": [column.name for column in columns if column.source is None],
        "renames": [
            [column.source, column.name] for column in columns if column.source and column.source != column.name
        ],
        "amount": next((column.source for column in columns if column.name == "Bedrag"), "Amount"),
        "rows": [[row[column] for column in table.columns] for row in rows],
        **_keys(table, shape.catalogue),
        **_texts(shape.catalogue, shape.language),
        **own,
    }
    return _render(shape.catalogue, _template(shape.catalogue, table.name), **shape.values, **context)


def _keys(table: Table, catalogue: Catalogue) -> dict[str, Any]:
    """Return what a table of the workbook is tied by: each key that is made, out of which column, and as a code."""
    codes = {link.column for link in catalogue.links.values() if link.code}
    made = [column for column in table.columns.values() if column.source is None and column.needs]
    return {
        "division": next((column.source for column in table.columns.values() if column.name == DIVISION), None),
        "keys": [{"name": column.name, "source": column.needs[0], "code": column.name in codes} for column in made],
    }


@remembered(8)
def _texts(catalogue: Catalogue, code: str) -> dict[str, Any]:
    """Return what templates print of the platform and of a language."""
    language = catalogue.languages[code]
    opening = catalogue.sources.get("BronEerdereJaren")
    return {
        "opening": {"year": opening.year, "amount": opening.amount} if opening else {},
        **placing(catalogue, language),
        "months": language.months,
        "months_short": language.months_short,
        "quarter": language.quarter,
        "t": dict(language.sections["text"]),
        "last_month": language.text("last_month"),
        "without_place": language.text("without_cost_centre"),
        "project_types": language.sections.get("project_type", {}),
        "constants": catalogue.platform["constants"],
        "unexpected_before": language.text("unexpected_before"),
        "unexpected_after": language.text("unexpected_after"),
    }


def _render(catalogue: Catalogue, template: str, **context: Any) -> str:  # noqa: ANN401  whatever a template prints
    try:
        rendered = environment(catalogue).get_template(template).render(context)
    except jinja2.TemplateError as error:
        raise Stop([Problem("B122", Cell(template), {"path": template, "reason": str(error)})]) from error
    return "\n".join(line.rstrip() for line in rendered.strip().splitlines()) + "\n"
