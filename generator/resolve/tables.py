"""A row of *Tabellen*: any entity of the platform as a table of the model, its columns looked up in what is known."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from generator.problems import Problem
from generator.resolve.client import Condition, ExtraTable
from generator.resolve.lookup import exact_name, hint_values
from generator.spec.records import OFFICE
from generator.spec.values import comparison

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from generator.catalogue import Catalogue
    from generator.spec.records import TableRow

KINDS = {
    "guid": "text",
    "string": "text",
    "int32": "int",
    "int64": "int",
    "double": "number",
    "decimal": "decimal",
    "boolean": "bool",
    "datetime": "date",
}
"""Types of ``entities.json`` in the words of ``tables.toml``; Exact's date columns carry no time of day."""

DIVISION = "Division"
"""The column that tells whose a row is, where ``entities.json`` names no other."""

ADMINISTRATION = "Administratie"
"""The name that this column has in every table of the model."""

_UNLISTED: Mapping[str, Any] = {"columns": {}, "complete": False, "division": True}

_ADDED = re.compile(r"Division\w*|CreatedUtc|ModifiedUtc")
"""Columns that Invantive adds to every table of a division."""

_FUNCTION = re.compile(r"\w+(\.\w+)+")
"""A name that Power Query takes for one of its own functions, such as Table.Sort."""

_OPERATORS = {"=": "=", "==": "=", "eq": "=", "<>": "<>", "!=": "<>", "ne": "<>", ">": ">", "gt": ">"}
_OPERATORS |= {">=": ">=", "ge": ">=", "<": "<", "lt": "<", "<=": "<=", "le": "<="}


def extra_table(
    row: TableRow, catalogue: Catalogue, taken: Collection[str], client: str
) -> tuple[ExtraTable | None, list[Problem]]:
    """Return the table of a row on *Tabellen*, or None with what is wrong; an entity not in the list works by name.

    ``taken`` are the names of all tables and queries that the client's models may hold.
    """
    entity = exact_name(row.entity, catalogue.known_columns) or row.entity.strip()
    known = catalogue.known_columns.get(entity, _UNLISTED)
    name = row.name or entity.rsplit(".", 1)[-1]
    problems = [*_name_problems(row, name, catalogue, taken, client)]
    if not known["division"] and client != OFFICE:
        problems.append(Problem("B066", row.where("entity"), {"name": entity}, client))
    if not known["columns"]:
        code = "B059" if row.columns else "B048"
        values = {"platform": str(catalogue.platform["title"]), **hint_values(entity, catalogue.known_columns)}
        problems.append(Problem(code, row.where("entity"), values, client))
    reserved = {ADMINISTRATION, *catalogue.measures, *(link.column for link in catalogue.links.values())}
    named, wrong = _columns(row, entity, known, reserved, client)
    condition, refused = _condition(row, known["columns"], client)
    filtered = condition.column if condition and known["complete"] else ""
    if filtered and filtered not in known["columns"] and not _ADDED.fullmatch(filtered):
        values = {"entity": entity, **hint_values(filtered, known["columns"])}
        refused = [Problem("B049", row.where("filter"), values, client)]
    problems += [*wrong, *refused]
    if any(problem.is_error for problem in problems):
        return None, problems
    division = known.get("division_column", DIVISION if known["division"] else "")
    columns = {column: kind for column, kind in named.items() if column != division}  # it is the key *Administratie*
    available = {*known["columns"], *columns}
    pointers = {link.name: link.source(entity, available) for link in catalogue.links.values()}
    kind = KINDS.get(known["columns"].get(division, "int32"), "text")
    keys = {link: column for link, column in pointers.items() if column}
    return ExtraTable(name, entity, columns, condition, division, kind, keys), problems


def _name_problems(
    row: TableRow, name: str, catalogue: Catalogue, taken: Collection[str], client: str
) -> Iterator[Problem]:
    """Yield what is wrong with the name of a table: it is there already, or Power BI would take it for another."""
    if exact_name(name, taken) or exact_name(f"Bron{name}", taken):
        yield Problem("B058", row.where("name"), {"name": name}, client)
    if exact_name(name, catalogue.measures):
        yield Problem("B175", row.where("name"), {"name": name}, client)
    if _FUNCTION.fullmatch(name):
        yield Problem("B067", row.where("name"), {"name": name}, client)


def _columns(
    row: TableRow, entity: str, known: Mapping[str, Any], reserved: Collection[str], client: str
) -> tuple[dict[str, str], list[Problem]]:
    """Return the columns that a row names, or all that can be one, with their kinds, and what is wrong with them.

    ``reserved`` are names that a column can't have, since the model has them.
    """
    listed: Mapping[str, str] = known["columns"]
    if not row.columns:
        return {name: KINDS[kind] for name, kind in listed.items() if kind in KINDS}, []
    columns: dict[str, str] = {}
    problems = []
    for text in row.columns:
        if exact_name(text, reserved):
            problems.append(Problem("B177", row.where("columns"), {"name": text}, client))
        exact = exact_name(text, listed)
        name = exact or exact_name(text, columns) or text
        if exact is None and listed and not _ADDED.fullmatch(text):
            values = {"entity": entity, **hint_values(text, listed)}
            problems.append(Problem("B049" if known["complete"] else "B093", row.where("columns"), values, client))
        elif exact and listed[exact] not in KINDS:
            problems.append(Problem("B176", row.where("columns"), {"entity": entity, "name": exact}, client))
        columns[name] = KINDS.get(listed.get(name, "string"), "text")
    return columns, problems


def _condition(row: TableRow, columns: dict[str, str], client: str) -> tuple[Condition | None, list[Problem]]:
    if not row.filter:
        return None, []
    typed, operator, text = comparison(row.filter)
    column = exact_name(typed, columns) or typed
    value = _condition_value(text, KINDS.get(columns.get(column, "string"), "text"))
    if value is None:
        return None, [Problem("B056", row.where("filter"), {"filter": row.filter}, client)]
    return Condition(column, _OPERATORS[operator], value), []


def _condition_value(text: str, kind: str) -> str | int | Decimal | bool | None:
    """Return a filter's value in its column's type, or None where it is not one."""
    bare = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
    if kind in ("int", "number", "decimal"):
        try:
            number = Decimal(bare.replace(",", "."))
        except InvalidOperation:
            return None
        return (
            int(number)
            if number.is_finite() and number == number.to_integral()
            else number
            if number.is_finite()
            else None
        )
    if kind == "bool":
        return {"true": True, "waar": True, "ja": True, "false": False, "onwaar": False, "nee": False}.get(bare.lower())
    return bare if kind == "text" else None
