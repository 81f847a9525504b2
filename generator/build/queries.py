"""The Power Query of a report: the parameter, one query per use of an entity, one per table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import meta

from generator.build import m
from generator.build.literals import literal_rows, own_rows
from generator.build.mapping import placing, ranges
from generator.build.reads import source_read, used_sources, wished_read
from generator.build.ties import DIVISION
from generator.names import part_name
from generator.problems import Cell, Problem, Stop
from generator.resolve import PARAMETER
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.build.pull import Pulled
    from generator.build.reads import Read
    from generator.catalogue import Catalogue, Language, Source, Table
    from generator.resolve.client import Client, ClientReport, ExtraTable


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its M expression, and whether it is the parameter, a source or a table of the model."""

    name: str
    expression: str
    kind: str


@remembered(2)
def environment(catalogue: Catalogue) -> jinja2.Environment:
    """Return the M environment over the query templates of a catalogue."""
    return m.environment(catalogue.queries)


def queries(client: Client, report: ClientReport, pulled: Pulled, catalogue: Catalogue) -> list[Query]:
    """Return all queries of a report, the parameter first, then sources, then tables."""
    return _Writer(client, report, pulled, catalogue).all()


def parameter(url: str) -> str:
    """Return the parameter with the client's URL; the service changes it by its name, so it is Text and required."""
    return f'{m.text(url)} meta [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]'


_MUTUAL = frozenset({"mutual", "mutual_relations"})
_OWN = frozenset({"mapping", "expected", *_MUTUAL})
"""What the templates of tables print of one client, beside the rows of tables that are written out."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What table queries are made from that many clients have in common, hashable; nothing of one client."""

    catalogue: Catalogue
    language: str
    pulled: Pulled
    years: int
    year_end_month: int
    own_years: bool

    @property
    def values(self) -> dict[str, Any]:
        """Return what any template may print."""
        return {
            "years": self.years,
            "year_end_month": self.year_end_month,
            "broken_year": self.year_end_month != 12,  # noqa: PLR2004  December
            "own_years": self.own_years,
            "opening_type": self.catalogue.platform["constants"]["opening_type"],
        }


class _Writer:
    """Renders the query templates of one report."""

    def __init__(self, client: Client, report: ClientReport, pulled: Pulled, catalogue: Catalogue) -> None:
        self.client, self.report, self.pulled, self.catalogue = client, report, pulled, catalogue
        self.codes = [division.code for division in client.divisions]
        own_years = client.year_end_month != 12 or client.is_office  # noqa: PLR2004  years differ by division
        self.shape = _Shape(catalogue, client.language, pulled, client.years, client.year_end_month, own_years)

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
        read = source_read(source, self.client, self.pulled, self.catalogue)
        context: dict[str, Any] = {"year_column": source.year or "", "budget_scenario": self.client.budget_scenario}
        if source.looks_up:
            other = self.catalogue.entities[source.looks_up]
            context |= {"looked_up": f"{other.fast}@{self.client.alias}", "all_divisions": self.codes}
            context |= self.intercompany()
        return self.read(f"{source.name}.pq", read, context)

    def wished(self, table: ExtraTable) -> str:
        """Return the query that reads the entity of a row on *Tabellen*."""
        condition = table.condition and {
            "column": table.condition.column,
            "operator": m.M(table.condition.operator),
            "value": table.condition.value,
        }
        return self.read("lib/extra.pq", wished_read(table, self.pulled), {"condition": condition})

    def read(self, template: str, read: Read, context: dict[str, Any]) -> str:
        """Return a source query; many divisions are filtered after reading, since the address would grow too long."""
        filtered = read.divided and not read.checks
        folded = len(self.codes) <= int(self.catalogue.platform["folded_divisions"])
        codes = [str(code) for code in self.codes] if read.columns.get(read.division) == "text" else self.codes
        body = _render(
            self.catalogue,
            template,
            **self.shape.values,
            entity=f"{read.entity_set}@{self.client.alias}",
            referer=part_name(f"bundel/{self.client.code}/{self.report.name}/{read.query}"),  # a header is ASCII only
            required=read.required,
            absent=read.absent,
            optional=[name for name in read.columns if name in read.optional],
            dates=read.dates,
            division_column=read.division,
            divisions=codes if filtered and folded else [],
            local_divisions=codes if filtered and not folded else [],
            **context,
        )
        return self.headed(read.query, body)

    def table(self, table: Table) -> str:
        """Return the query of a table; where it says nothing of this client, its body is that of others too."""
        own = self.own(table)
        body = _table_body(self.shape, table.name, own) if own else _common_table_body(self.shape, table.name)
        return self.headed(table.name, body)

    def own(self, table: Table) -> dict[str, Any]:
        """Return what the template of a table prints of this client alone."""
        printed = _printed(self.catalogue, _template(self.catalogue, table.name))
        rows = own_rows(table.name, self.client)
        own: dict[str, Any] = {} if rows is None else {"rows": rows}
        if "mapping" in printed and self.client.mapping:
            own["mapping"] = ranges(self.client)
        if "expected" in printed:
            own["expected"] = self.codes
        if self.client.intercompany and not printed.isdisjoint(_MUTUAL):
            own |= self.intercompany()
        return own

    def intercompany(self) -> dict[str, Any]:
        """Return what tells an entry with another division: a rule is relation, account, partner, any of them null."""
        own = sorted(self.client.intercompany, key=lambda row: (row.relation is None) + (row.account is None))
        anyone = self.catalogue.platform["constants"]["any_partner"]
        return {
            "mutual": [[row.relation, row.account, row.partner or anyone] for row in own],
            "mutual_relations": list(dict.fromkeys(row.relation for row in own if row.relation)),
        }


def _template(catalogue: Catalogue, table: str) -> str:
    """Return the template of a table, or the plain one for a table of the workbook."""
    return f"{table}.pq" if f"{table}.pq" in catalogue.queries else "lib/tabel.pq"


@remembered(1024)
def _printed(catalogue: Catalogue, template: str) -> frozenset[str]:
    """Return the names that a template prints or asks for, and those that it includes or extends as well."""
    env = environment(catalogue)
    found: set[str] = set()
    waiting, seen = [template], {template}
    while waiting:
        tree = env.parse(catalogue.queries[waiting.pop()])
        found |= meta.find_undeclared_variables(tree)
        for other in meta.find_referenced_templates(tree):
            if other is None:
                found |= _OWN  # a name that is made up while it runs: it may be any template
            elif other in catalogue.queries and other not in seen:
                waiting.append(other)
                seen.add(other)
    return frozenset(found)


def _table_body(shape: _Shape, name: str, own: Mapping[str, Any] | None = None) -> str:
    """Return the M of a table; ``own`` is all that is of one client: rows, mapping, or the divisions to expect."""
    own = own or {}
    table = next(table for table in shape.pulled.tables if table.name == name)
    columns = list(table.columns.values())
    language = shape.catalogue.languages[shape.language]
    rows = own["rows"] if "rows" in own else literal_rows(name, language, shape.pulled, shape.catalogue)
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
        "mapping": {},
        "mutual": [],
        "mutual_relations": [],
        **_texts(shape.catalogue, language),
        **{name: value for name, value in own.items() if name != "rows"},
    }
    return _render(shape.catalogue, _template(shape.catalogue, name), **shape.values, **context)


def _keys(table: Table, catalogue: Catalogue) -> dict[str, Any]:
    """Return what a table of the workbook is tied by: each key that is made, out of which column, and as a code."""
    codes = {link.column for link in catalogue.links.values() if link.code}
    made = [column for column in table.columns.values() if column.source is None and column.needs]
    return {
        "division": next((column.source for column in table.columns.values() if column.name == DIVISION), None),
        "keys": [{"name": column.name, "source": column.needs[0], "code": column.name in codes} for column in made],
    }


_common_table_body = remembered(2048)(_table_body)


def _texts(catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return what templates print of the platform and of a language."""
    opening = catalogue.sources["BronEerdereJaren"]
    return {
        "opening": {"year": opening.year, "amount": opening.amount},
        "subledgers": catalogue.platform["subledger_types"],
        **placing(catalogue, language),
        "months": language.months,
        "months_short": language.months_short,
        "quarter": language.quarter,
        "last_month": language.text("last_month"),
        "without_place": language.text("without_cost_centre"),
        "unexpected_before": language.text("unexpected_before"),
        "unexpected_after": language.text("unexpected_after"),
    }


def _render(catalogue: Catalogue, template: str, **context: Any) -> str:  # noqa: ANN401  whatever a template prints
    try:
        rendered = environment(catalogue).get_template(template).render(context)
    except jinja2.TemplateError as error:
        raise Stop([Problem("B122", Cell(template), {"path": template, "reason": str(error)})]) from error
    return "\n".join(line.rstrip() for line in rendered.strip().splitlines()) + "\n"
