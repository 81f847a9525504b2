"""A report's semantic model out of its template: measures, columns, relationships and the M of its tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from generator import dax

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type, how it is shown and by which column of its table it is sorted."""

    kind: str
    source: str = ""
    format: str = ""
    sort_by: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: where it stands, its formula and how it is shown."""

    table: str
    formula: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship from the many to the one."""

    table: str
    column: str
    to_table: str
    to_column: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """What a model holds; ``queries`` are the M of tables and shared expressions by name."""

    language: str = "nl"
    columns: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    relationships: tuple[Relationship, ...] = ()
    queries: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables."""
        return tuple(dict.fromkeys(table for table, _ in self.columns))

    def uses(self, formula: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the measures and the tables that a formula names itself."""
        found = dax.references(formula)
        tables = {table for table, _ in found.columns} | set(found.tables)
        return frozenset(name for name in found.measures if name in self.measures), frozenset(tables)


def read(template: Path) -> Model:
    """Return the model in a ``.pbit``, or an empty one where the file has none that can be read."""
    try:
        with ZipFile(template) as parts:
            document = json.loads(parts.read("DataModelSchema").decode("utf-16-le"))
    except (OSError, BadZipFile, KeyError, ValueError):
        return Model()
    return of(document.get("model", {}))


def of(model: Json) -> Model:
    """Return the model that a TMSL document describes."""
    tables = model.get("tables", [])
    return Model(
        "en" if str(model.get("culture", "nl")).startswith("en") else "nl",
        {
            (table["name"], column["name"]): Column(
                column.get("dataType", ""),
                column.get("sourceColumn", ""),
                column.get("formatString", ""),
                column.get("sortByColumn", ""),
            )
            for table in tables
            for column in table.get("columns", ())
            if "name" in column
        },
        {
            measure["name"]: Measure(table["name"], _text(measure["expression"]), measure.get("formatString", ""))
            for table in tables
            for measure in table.get("measures", ())
        },
        tuple(
            Relationship(
                each["fromTable"], each["fromColumn"], each["toTable"], each["toColumn"], each.get("isActive", True)
            )
            for each in model.get("relationships", ())
            if "fromTable" in each
        ),
        dict(_queries(model)),
        {
            table["name"]: next((column["name"] for column in table.get("columns", ()) if column.get("isKey")), "")
            for table in tables
            if table.get("dataCategory") == "Time"
        },
    )


def _queries(model: Json) -> list[tuple[str, str]]:
    shared = [(each["name"], _text(each.get("expression", ""))) for each in model.get("expressions", ())]
    own = [
        (table["name"], _text(part["source"].get("expression", "")))
        for table in model.get("tables", ())
        for part in table.get("partitions", ())[:1]
        if part.get("source", {}).get("type") == "m"
    ]
    return [*shared, *own]


def _text(expression: str | list[str]) -> str:
    return expression if isinstance(expression, str) else "\n".join(expression)
