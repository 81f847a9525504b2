"""A designed model for one client: its own queries from their templates, Bundel's own made anew, guards added."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2

from generator import names
from generator.build import lint, m, markers, semantic
from generator.build.pull import ACCESS
from generator.build.queries import Query
from generator.build.ties import DIVISION
from generator.problems import Cell, Problem, Stop
from generator.resolve import PARAMETER
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from generator.build.pull import Pulled
    from generator.catalogue import Catalogue, Design, Measure
    from generator.resolve.client import Client, ClientReport

Json = dict[str, Any]
ROLE = "Administraties"


@dataclass(frozen=True, slots=True)
class Stamped:
    """A designed model of a client: the TMSL database, and its queries in order, the parameter first."""

    database: Json
    queries: tuple[Query, ...]


def database(
    client: Client,
    report: ClientReport,
    design: Design,
    pulled: Pulled,
    written: Sequence[Query],
    catalogue: Catalogue,
) -> Stamped:
    """Return the model of a designed report; raise ``Stop`` where what is added breaks a rule that it kept."""
    return _Stamper(client, report, design, pulled, catalogue).stamped(written)


@remembered(8)
def _environment(design: Design) -> jinja2.Environment:
    return m.environment(design.queries)


class _Stamper:
    """Stamps one model."""

    def __init__(
        self, client: Client, report: ClientReport, design: Design, pulled: Pulled, catalogue: Catalogue
    ) -> None:
        self.client, self.report, self.design, self.pulled, self.catalogue = client, report, design, pulled, catalogue
        self.values = markers.values_of(client)
        self.stem = (client.code, report.name)
        self.language = client.language

    def stamped(self, written: Sequence[Query]) -> Stamped:
        named = {table["name"] for table in self.design.tables}
        added = [table for table in self.pulled.tables if table.name not in named]
        wanted = {*self.design.own, *(table.name for table in added), *self.sources_of(added), PARAMETER}
        made = {query.name: query for query in written if query.name in wanted}
        made |= {query.name: query for query in self.own_queries(made)}
        whole = markers.document(self.design.database, self.values)
        whole = {"name": names.stable_guid(*self.stem, "database"), **whole}
        before = {
            "model": {
                **copy.deepcopy(whole["model"]),
                "tables": [self.table(each, made) for each in self.design.tables],
            }
        }
        model = whole["model"]
        model["tables"] = copy.deepcopy(before["model"]["tables"])
        model["tables"] += [semantic.table_of(t, self.stem, made[t.name], (), self.language) for t in added]
        self.add_measures(model["tables"])
        self.add_relationships(model)
        self.add_role(model)
        self.add_expressions(model, made)
        self.judge(before, whole)
        return Stamped(whole, tuple(made.values()))

    def sources_of(self, added: Sequence[Any]) -> set[str]:
        """Return the source queries of the tables that are added."""
        return {name for table in added for name in (table.source, *table.uses) if name}

    def own_queries(self, made: Mapping[str, Query]) -> Iterator[Query]:
        """Yield the queries of the design, from their templates."""
        tables = {p["source"].get("query") for table in self.design.tables for p in table["partitions"]}
        env = _environment(self.design)
        for name in self.design.queries:
            if name in made:
                continue
            try:
                rendered = env.get_template(name).render(self.values)
            except jinja2.TemplateError as error:
                path = f"adopted/{self.report.name}/queries/{name}.pq"
                raise Stop([Problem("B122", Cell(path), {"path": path, "reason": str(error)})]) from error
            yield Query(name, rendered, "table" if name in tables else "source")

    def table(self, table: Mapping[str, Any], made: Mapping[str, Query]) -> Json:
        """Return a table of the design with its queries in it; where viewers are limited, with its division."""
        new: Json = markers.document(dict(table), self.values)
        for partition in new["partitions"]:
            name = partition["source"].pop("query", None)
            if name is not None:
                partition["source"]["expression"] = _lines(made[name].expression)
        known = self.catalogue.tables.get(new["name"]) if new["name"] in self.design.own else None
        missing = known and DIVISION in known.columns and all(each["name"] != DIVISION for each in new["columns"])
        if self.client.limited and known and missing:
            new["columns"].append(semantic.column_of(known.columns[DIVISION], known, self.stem))
        return new

    def add_measures(self, tables: list[Json]) -> None:
        """Add the client's own measures; one that the design has is replaced where it stands."""
        for measure in self.client.measures:
            if measure.name in self.report.without:
                continue
            place = _place(tables, measure.name)
            new = semantic.measure_of(measure, self.stem, self.language)
            if place is None:
                _home(tables).setdefault("measures", []).append(new)
                continue
            table, number = place
            old = table["measures"][number]
            table["measures"][number] = {**_kept(old, measure), **new, "name": old["name"]}

    def add_relationships(self, model: Json) -> None:
        """Tie the tables of the workbook to the divisions, where the design has those."""
        rows = [semantic.relationship_of(row, self.stem) for row in self.pulled.relationships]
        if rows:
            model.setdefault("relationships", []).extend(rows)

    def add_role(self, model: Json) -> None:
        """Add the role that keeps viewers to their divisions, on every table that has rows of the database."""
        if not self.client.limited:
            return
        own = f"CALCULATETABLE ( VALUES ( {ACCESS}[{DIVISION}] ), {ACCESS}[E-mail] = USERPRINCIPALNAME () )"
        filters: dict[str, str] = {}
        for table in model["tables"]:
            column = self.design.divisions.get(table["name"]) or DIVISION
            kinds = {each["name"]: each.get("dataType") for each in table.get("columns", ())}
            if column in kinds and table["name"] != ACCESS:
                field = names.dax_column(table["name"], column)
                text = f"VALUE ( {field} )" if kinds[column] == "string" else field
                filters[table["name"]] = f"{text} IN {own}"
        filters[ACCESS] = f"{ACCESS}[E-mail] = USERPRINCIPALNAME ()"
        rows = [{"name": table, "filterExpression": dax} for table, dax in filters.items()]
        role = {"name": ROLE, "modelPermission": "read", "tablePermissions": rows}
        model["roles"] = [*(each for each in model.get("roles", ()) if each["name"] != ROLE), role]

    def add_expressions(self, model: Json, made: Mapping[str, Query]) -> None:
        """Put the queries into the model that are no table, the parameter first, each in a folder that exists."""
        described = self.catalogue.languages[self.language].text("url_description")
        kept = {each["name"]: each for each in self.design.expressions}
        listed = {query.name: query for query in made.values() if query.kind != "table"}
        new = [semantic.expression_of(listed[PARAMETER], self.stem, described)]
        for name, query in listed.items():
            if name in kept:
                new.append({**markers.document(dict(kept[name]), self.values), "expression": _lines(query.expression)})
            elif name != PARAMETER:
                new.append(semantic.expression_of(query, self.stem, described))
        model["expressions"] = new
        folders = {group["folder"] for group in model.get("queryGroups", ())}
        partitions = [partition for table in model["tables"] for partition in table["partitions"]]
        for folder in dict.fromkeys(row["queryGroup"] for row in (*new, *partitions) if "queryGroup" in row):
            if folder not in folders:
                model.setdefault("queryGroups", []).append({"folder": folder})
        order = {"name": "PBI_QueryOrder", "value": json.dumps(list(made), ensure_ascii=False)}
        others = [row for row in model.get("annotations", ()) if row["name"] != order["name"]]
        model["annotations"] = [order, *others]

    def judge(self, before: Json, after: Json) -> None:
        """Raise ``Stop`` with the rules of the house that only what was added breaks; the design keeps its own ways."""
        known = set(lint.rules(before))
        new = [found for found in lint.rules(after) if found not in known]
        if new:
            raise Stop(
                Problem("B120", None, {"report": self.report.name, "rule": rule, "name": name}, self.client.code)
                for rule, name in new
            )


def _lines(expression: str) -> list[str]:
    return expression.rstrip("\n").split("\n")


def _place(tables: Sequence[Json], name: str) -> tuple[Json, int] | None:
    """Return where a measure stands, by its name regardless of case."""
    for table in tables:
        for number, measure in enumerate(table.get("measures", ())):
            if measure["name"].casefold() == name.casefold():
                return table, number
    return None


def _home(tables: Sequence[Json]) -> Json:
    """Return the table that new measures go to: that with the most measures, else the first."""
    return max(tables, key=lambda table: len(table.get("measures", ())))


def _kept(old: Json, measure: Measure) -> Json:
    """Return what a replaced measure keeps of the design where the workbook says nothing."""
    dropped = {"expression", "formatStringDefinition"} if measure.format else {"expression"}
    return {key: value for key, value in old.items() if key not in dropped}
