"""Rules that a model must keep and that Microsoft's own library lets pass (design ruling 20)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from generator import dax
from generator.build.pull import page_fields
from generator.catalogue import split_field
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.resolve.client import Client, ClientReport

    Json = Mapping[str, Any]


def lint(database: Json, report: ClientReport, client: Client) -> None:
    """Raise ``Stop`` with every rule that the model of a report breaks."""
    problems = [
        Problem("B120", None, {"report": report.name, "rule": rule, "name": name}, client.code)
        for rule, name in findings(
            database,
            [text for page in report.pages for text in page_fields(page)],
            {table.name for table in client.tables},
        )
    ]
    if problems:
        raise Stop(problems)


def findings(database: Json, used: list[str], asked: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (rule, name) for each broken rule.

    ``used`` are the fields that pages name, ``asked`` the tables whose columns the client chose one by one.
    """
    model = database["model"]
    tables = {table["name"]: table for table in model["tables"]}
    columns = {(name, column["name"]): column for name, table in tables.items() for column in table["columns"]}
    formulas = {
        measure["name"]: _text(measure["expression"])
        for table in tables.values()
        for measure in table.get("measures", ())
    }
    yield from _relationships(model, columns)
    yield from _names(tables, formulas)
    yield from _structure(tables, columns)
    yield from _formulas(model, tables, columns, formulas)
    yield from _fields(used, columns, formulas)
    reached = _reached(model, columns, formulas, used)
    for table, column in columns:
        if (
            table not in asked
            and "calculationGroup" not in tables[table]
            and len(tables[table]["columns"]) > 1
            and (table.casefold(), column.casefold()) not in reached
        ):
            yield "no column is unused", f"{table}[{column}]"


def rules(database: Json) -> list[tuple[str, str]]:
    """Return (rule, name) for each rule that any model can break, whoever made it: names, relationships, formulas."""
    model = database["model"]
    shaped = {
        "tables": [_shaped(table) for table in model["tables"]],
        "relationships": [row for row in model.get("relationships", ()) if "fromTable" in row],
        "roles": [
            {**role, "tablePermissions": [r for r in role.get("tablePermissions", ()) if "filterExpression" in r]}
            for role in model.get("roles", ())
        ],
    }
    tables = {table["name"]: table for table in shaped["tables"]}
    columns = {(name, column["name"]): column for name, table in tables.items() for column in table["columns"]}
    formulas = {measure["name"]: measure["expression"] for table in tables.values() for measure in table["measures"]}
    return [
        *_relationships(shaped, columns),
        *_names(tables, formulas),
        *_formulas(shaped, tables, columns, formulas),
    ]


def _shaped(table: Json) -> Json:
    """Return of a table what the rules look at, with nothing missing."""
    return {
        "name": table["name"],
        "columns": [{"name": c["name"], "dataType": c.get("dataType", "")} for c in table.get("columns", ())],
        "measures": [
            {"name": measure["name"], "expression": _text(measure.get("expression", ""))}
            for measure in table.get("measures", ())
        ],
    }


def _text(expression: str | list[str]) -> str:
    return expression if isinstance(expression, str) else "\n".join(expression)


def _relationships(model: Json, columns: Mapping[tuple[str, str], Json]) -> Iterator[tuple[str, str]]:
    active = Counter(
        frozenset((row["fromTable"], row["toTable"])) for row in model["relationships"] if row.get("isActive", True)
    )
    for pair, count in active.items():
        if count > 1 or len(pair) == 1:
            yield "one active path between two tables", " / ".join(sorted(pair))
    for row in model["relationships"]:
        ends = [columns.get((row[f"{end}Table"], row[f"{end}Column"])) for end in ("from", "to")]
        name = f"{row['fromTable']}[{row['fromColumn']}] → {row['toTable']}[{row['toColumn']}]"
        if ends[0] is None or ends[1] is None:
            yield "both columns of a relationship exist", name
        elif ends[0]["dataType"] != ends[1]["dataType"]:
            yield "both columns of a relationship have one type", name


def _names(tables: Mapping[str, Json], formulas: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    home = [table for table in tables.values() if table.get("measures")]
    all_measures = [measure["name"].casefold() for table in home for measure in table["measures"]]
    for name, count in Counter(all_measures).items():
        if count > 1:
            yield "measure names are unique", name
    taken = {column["name"].casefold() for table in tables.values() for column in table["columns"]}
    taken |= {name.casefold() for name in tables}
    for name in formulas:
        if name.casefold() in taken:
            yield "a measure is not named as a column or table", name
    for name, count in Counter(name.casefold() for name in tables).items():
        if count > 1:
            yield "table names are unique", name


def _structure(tables: Mapping[str, Json], columns: Mapping[tuple[str, str], Json]) -> Iterator[tuple[str, str]]:
    for (table, name), column in columns.items():
        sort_by = column.get("sortByColumn")
        if sort_by and (table, sort_by) not in columns:
            yield "a sort-by column exists", f"{table}[{name}]"
        if not column.get("sourceColumn"):
            yield "a column has a source", f"{table}[{name}]"
    for name, known in tables.items():
        if sum(bool(column.get("isKey")) for column in known["columns"]) > 1:
            yield "a table has one key", name
        if not known.get("partitions") or not known["columns"]:
            yield "a table has a query and columns", name


def _formulas(
    model: Json,
    tables: Mapping[str, Json],
    columns: Mapping[tuple[str, str], Json],
    formulas: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    known_columns = {(table.casefold(), column.casefold()) for table, column in columns}
    known_tables = {name.casefold() for name in tables}
    known_measures = {name.casefold(): name for name in formulas}
    graph: dict[str, set[str]] = {}
    for name, formula in [*formulas.items(), *_filters(model), *_items(model)]:
        broken = dax.fault(formula)
        if broken is not None:
            yield "a formula can be read", name
            continue
        used = dax.references(formula)
        for function in used.functions - dax.functions():
            yield "a function exists", f"{name}: {function}"
        for table, column in used.columns:
            if (table.casefold(), column.casefold()) not in known_columns:
                yield "a column in a formula exists", f"{name}: {table}[{column}]"
        for table in used.tables:
            if table.casefold() not in known_tables:
                yield "a table in a formula exists", f"{name}: {table}"
        known = known_measures.keys() | dax.named_columns(formula)
        for measure in {item for item in used.measures if item.casefold() not in known}:
            yield "a measure in a formula exists", f"{name}: [{measure}]"
        graph[name] = {known_measures[item.casefold()] for item in used.measures if item.casefold() in known_measures}
    for name in _circular(graph):
        yield "formulas do not go round in a circle", name


def _filters(model: Json) -> Iterator[tuple[str, str]]:
    for role in model.get("roles", ()):
        for row in role["tablePermissions"]:
            yield f"{role['name']}: {row['name']}", _text(row["filterExpression"])


def _items(model: Json) -> Iterator[tuple[str, str]]:
    for table in model["tables"]:
        for item in table.get("calculationGroup", {}).get("calculationItems", ()):
            yield f"{table['name']}: {item['name']}", _text(item["expression"])
            yield f"{table['name']}: {item['name']}: format", _text(item["formatStringDefinition"]["expression"])


def _circular(graph: dict[str, set[str]]) -> list[str]:
    """Return the measures left when all that depend on nothing left have been taken away, again and again."""
    left = dict(graph)
    while True:
        free = [name for name, used in left.items() if not used & left.keys()]
        if not free:
            return sorted(left)
        for name in free:
            del left[name]


def _fields(
    used: list[str], columns: Mapping[tuple[str, str], Json], formulas: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for text in used:
        parts = split_field(text)
        if (parts is None and text not in formulas) or (parts is not None and parts not in columns):
            yield "a field on a page exists", text


def _reached(
    model: Json,
    columns: Mapping[tuple[str, str], Json],
    formulas: Mapping[str, str],
    used: list[str],
) -> set[tuple[str, str]]:
    """Return the columns that pages, formulas, relationships or sorting use, in lower case."""
    reached = {parts for text in used if (parts := split_field(text))}
    for formula in [*formulas.values(), *(text for _, text in (*_filters(model), *_items(model)))]:
        reached |= dax.references(formula).columns
    for row in model["relationships"]:
        reached |= {(row["fromTable"], row["fromColumn"]), (row["toTable"], row["toColumn"])}
    reached |= {(table, column["sortByColumn"]) for (table, _), column in columns.items() if column.get("sortByColumn")}
    return {(table.casefold(), column.casefold()) for table, column in reached}
