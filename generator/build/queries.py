"""The Power Query of a report: the parameter, one query per use of an entity, one per table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jinja2

from generator.build import m
from generator.build.literals import literal_rows
from generator.build.reads import source_read, used_sources, wished_read
from generator.names import part_name
from generator.problems import Cell, Problem, Stop
from generator.resolve import PARAMETER

if TYPE_CHECKING:
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


@lru_cache(maxsize=2)
def environment(catalogue: Catalogue) -> jinja2.Environment:
    """Return the M environment over the query templates of a catalogue."""
    return m.environment(catalogue.queries)


def queries(
    client: Client, report: ClientReport, pulled: Pulled, catalogue: Catalogue, env: jinja2.Environment
) -> list[Query]:
    """Return all queries of a report, the parameter first, then sources, then tables."""
    return _Writer(client, report, pulled, catalogue, env).all()


def parameter(url: str) -> str:
    """Return the parameter with the client's URL; the service changes it by its name, so it is Text and required."""
    return f'{m.text(url)} meta [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true]'


class _Writer:
    """Renders the query templates of one report."""

    def __init__(
        self,
        client: Client,
        report: ClientReport,
        pulled: Pulled,
        catalogue: Catalogue,
        env: jinja2.Environment,
    ) -> None:
        self.client, self.report, self.pulled, self.catalogue, self.env = client, report, pulled, catalogue, env
        self.language = catalogue.languages[client.language]
        self.codes = [division.code for division in client.divisions]
        self.common: dict[str, Any] = {
            "years": client.years,
            "year_end_month": client.year_end_month,
            "broken_year": client.year_end_month != 12,  # noqa: PLR2004  December
            "own_years": client.year_end_month != 12 or client.is_office,  # noqa: PLR2004  years differ by division
            "opening_type": catalogue.platform["constants"]["opening_type"],
        }

    def all(self) -> list[Query]:
        tables = [Query(table.name, self.table(table), "table") for table in self.pulled.tables]
        sources = [
            Query(source.name, self.source(source), "source") for source in used_sources(self.pulled, self.catalogue)
        ]
        extra = [Query(f"Bron{table.name}", self.wished(table), "source") for table in self.client.tables]
        return [Query(PARAMETER, parameter(self.client.url), "parameter"), *sources, *extra, *tables]

    def heading(self, name: str) -> m.M:
        return m.comment(f"{self.client.name} · {self.report.title} · {name}")

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
        return self.read("lib/extra.pq", wished_read(table), {"condition": condition})

    def read(self, template: str, read: Read, context: dict[str, Any]) -> str:
        """Return a source query; many divisions are filtered after reading, since the address would grow too long."""
        filtered = read.divided and not read.checks
        folded = len(self.codes) <= int(self.catalogue.platform["folded_divisions"])
        return self.render(
            template,
            heading=self.heading(read.query),
            entity=f"{read.entity_set}@{self.client.alias}",
            referer=part_name(f"bundel/{self.client.code}/{self.report.name}/{read.query}"),  # a header is ASCII only
            required=read.required,
            optional=[name for name in read.columns if name in read.optional],
            dates=read.dates,
            division_column=read.division,
            divisions=self.codes if filtered and folded else [],
            local_divisions=self.codes if filtered and not folded else [],
            **context,
        )

    def table(self, table: Table) -> str:
        """Return the query of a table: its template, or the plain one for a table of the workbook."""
        columns = list(table.columns.values())
        context = {
            "heading": self.heading(table.name),
            "columns": [{"name": column.name, "field_type": m.field_type(column.type)} for column in columns],
            "types": [[column.name, m.m_type(column.type)] for column in columns],
            "names": [column.name for column in columns],
            "made": [column.name for column in columns if column.source is None],
            "renames": [
                [column.source, column.name] for column in columns if column.source and column.source != column.name
            ],
            **self.data(table),
        }
        template = f"{table.name}.pq"
        known = template in self.catalogue.queries
        return self.render(template if known else "lib/tabel.pq", source=m.identifier(str(table.source)), **context)

    def data(self, table: Table) -> dict[str, Any]:
        """Return what a table's template prints beside its columns."""
        opening = self.catalogue.sources["BronEerdereJaren"]
        amount = next((column.source for column in table.columns.values() if column.name == "Bedrag"), "Amount")
        text = self.language.text
        lines = {name: line for name, line in self.catalogue.lines.items() if not (line.adds or line.result)}
        return {
            "rows": [
                [row[column] for column in table.columns]
                for row in literal_rows(table.name, self.client, self.pulled, self.catalogue)
            ],
            "opening": {"year": opening.year, "amount": opening.amount},
            "amount": amount,
            "mapping": self.mapping(),
            "account_types": self.catalogue.platform["account_types"],
            "balance_sides": self.catalogue.platform["balance_sides"],
            "statements": {name: line.statement for name, line in lines.items()},
            "line_titles": {name: self.language.sections["line"][name] for name in lines},
            "mapped_by": list(self.language.sections["mapped"].values()),
            "expected": self.codes,
            "months": self.language.months,
            "months_short": self.language.months_short,
            "quarter": self.language.quarter,
            "last_month": text("last_month"),
            "unexpected_before": text("unexpected_before"),
            "unexpected_after": text("unexpected_after"),
            **self.intercompany(),
        }

    def intercompany(self) -> dict[str, Any]:
        """Return what tells an entry with another division: a rule is relation, account, partner, any of them null."""
        own = sorted(self.client.intercompany, key=lambda row: (row.relation is None) + (row.account is None))
        anyone = self.catalogue.platform["constants"]["any_partner"]
        return {
            "mutual": [[row.relation, row.account, row.partner or anyone] for row in own],
            "mutual_relations": list(dict.fromkeys(row.relation for row in own if row.relation)),
            "subledgers": self.catalogue.platform["subledger_types"],
        }

    def mapping(self) -> dict[str, list[list[str]]]:
        """Return the account mapping by division: from, to, line."""
        found: dict[str, list[list[str]]] = {}
        for row in self.client.mapping:
            found.setdefault(str(row.division), []).append([row.start, row.end, row.line])
        return found

    def render(self, template: str, **context: Any) -> str:  # noqa: ANN401  whatever a template prints
        try:
            rendered = self.env.get_template(template).render(**self.common, **context)
        except jinja2.TemplateError as error:
            raise Stop([Problem("B122", Cell(template), {"path": template, "reason": str(error)})]) from error
        return "\n".join(line.rstrip() for line in rendered.strip().splitlines()) + "\n"
