"""Which tables of a model hold rows of the client's database, and by which column a viewer is kept to some of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator import dax
from generator.adopt.model import joined
from generator.adopt.sources import is_parameter
from generator.adopt.syntax import read
from generator.resolve import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.adopt.jsons import Json

_DIVISION = re.compile(r"(?:division|divisie|administratie)(?: ?(?:code|nr|nummer|number))?", re.IGNORECASE)
_TYPES = frozenset({"int64", "double", "decimal", "string"})


def tables(model_tables: Sequence[Json], queries: Mapping[str, str], own: frozenset[str]) -> dict[str, str]:
    """Map each table with rows of the database to the column of its division; empty where there is none."""
    feeding = _feeding(queries)
    found: dict[str, str] = {}
    if not feeding:
        return found
    while True:  # a calculated table holds what the tables in its formula hold
        new = {
            table["name"]: _division(table)
            for table in model_tables
            if table["name"] not in found and table["name"] not in own and _reads(table, feeding, found.keys() | own)
        }
        if not new:
            return found
        found |= new


def _reads(table: Json, feeding: frozenset[str], holding: set[str] | frozenset[str]) -> bool:
    for partition in table["partitions"]:
        source = partition["source"]
        if source["type"] == "m" and source["query"] in feeding:
            return True
        if source["type"] == "calculated":
            used = dax.references(joined(source["expression"]))
            names = {name.casefold() for name in used.tables} | {name.casefold() for name, _ in used.columns}
            if names & {name.casefold() for name in holding} or used.measures:
                return True
    return False


def _division(table: Json) -> str:
    for column in table.get("columns", ()):
        names = (str(column.get("sourceColumn", "")), str(column["name"]))
        if column.get("dataType") in _TYPES and any(_DIVISION.fullmatch(name.strip("[]")) for name in names):
            return str(column["name"])
    return ""


def _feeding(queries: Mapping[str, str]) -> frozenset[str]:
    """Return the queries that read the database, by themselves or through others."""
    uses = {}
    for name, source in queries.items():
        query = read(source)
        named = () if isinstance(query, int) else query.tokens
        uses[name] = {token.value for token in named if token.kind in {"name", "quoted"}}
    feeding = {name for name, used in uses.items() if PARAMETER in used}
    while True:
        more = {name for name, used in uses.items() if name not in feeding and used & feeding}
        if not more:
            return frozenset(feeding)
        feeding |= more


def empty_parameters(queries: Mapping[str, str]) -> list[str]:
    """Return the parameters that a template leaves empty: Desktop takes every value out on export."""
    return sorted(
        name for name, source in queries.items() if is_parameter(source) and source.lstrip().startswith("null")
    )
