"""The semantic model of a report as a TMSL database: the JSON object of ``DataModelSchema`` and of TOM.

Compatibility level 1600 is what Power BI Desktop of 2026 writes; every property here loads at that level.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator import names
from generator.build import calculations
from generator.build.ties import DIVISION
from generator.jsontext import Document, Documents
from generator.resolve import PARAMETER
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.build.pull import Pulled
    from generator.build.queries import Query
    from generator.catalogue import Catalogue, Column, Measure, Relationship, Table
    from generator.resolve.client import Client, ClientReport

    Node = Mapping[str, Any]  # an object of the model

COMPATIBILITY_LEVEL = 1600
GROUPS = {"parameter": "Parameters", "source": "Bronnen", "table": "Tabellen"}
"""Folders of the query list, by kind of query."""

_DATA_TYPES = {
    "text": "string",
    "int": "int64",
    "decimal": "decimal",
    "number": "double",
    "date": "dateTime",
    "datetime": "dateTime",
    "bool": "boolean",
}
_FORMATS = {
    "int": "0",
    "decimal": "#,##0.00;(#,##0.00);0.00",
    "number": "#,##0.00",
    "date": "Short Date",
    "datetime": "General Date",
    "bool": '"TRUE";"TRUE";"FALSE"',  # as Power BI Desktop writes it
}


def database(
    client: Client, report: ClientReport, pulled: Pulled, queries: Sequence[Query], catalogue: Catalogue
) -> dict[str, Any]:
    """Return the TMSL database.

    Ids follow from report and name, so they stay when the content changes, and clients' models have them in common;
    the database's own is of this client.
    """
    language = catalogue.languages[client.language]
    stem = (report.name,)
    expressions = {query.name: query for query in queries}
    parts = _in_common(pulled, stem, client.language)
    return {
        "name": names.stable_guid(client.code, report.name, "database"),
        "compatibilityLevel": COMPATIBILITY_LEVEL,
        "model": {
            "culture": language.culture,
            "dataAccessOptions": {"legacyRedirects": True, "returnErrorValuesAsNull": True},
            "defaultPowerBIDataSourceVersion": "powerBI_V3",
            "discourageImplicitMeasures": True,
            "sourceQueryCulture": "en-US",
            "tables": [
                _table(table, stem, expressions[table.name], *parts.tables[table.name]) for table in pulled.tables
            ]
            + list(parts.calculations),
            "relationships": parts.relationships,
            "roles": _roles(client, pulled),
            "expressions": [
                expression_of(query, stem, language.text("url_description"))
                for query in queries
                if query.kind != "table"
            ],
            "queryGroups": [
                {"folder": folder, "annotations": [{"name": "PBI_QueryGroupOrder", "value": str(order)}]}
                for order, folder in enumerate(GROUPS.values())
            ],
            "annotations": [
                {"name": "PBI_QueryOrder", "value": json.dumps([query.name for query in queries], ensure_ascii=False)},
                {"name": "__PBI_TimeIntelligenceEnabled", "value": "0"},
            ],
        },
    }


@dataclass(frozen=True, slots=True)
class _Parts:
    """What models of one shape have in common, made once; ``tables`` are columns and measures by table."""

    tables: Mapping[str, tuple[Documents, Documents]]
    calculations: Documents
    relationships: Documents


@remembered(256)
def _in_common(pulled: Pulled, stem: tuple[str, ...], language: str) -> _Parts:
    home = next(table.name for table in pulled.tables if table.measures)
    measures = Documents(_measure(measure, stem, language) for measure in pulled.measures)
    return _Parts(
        {
            table.name: (_columns(table, stem), measures if table.name == home else Documents())
            for table in pulled.tables
        },
        Documents(Document(calculations.table(group, stem)) for group in pulled.calculations),
        Documents(Document(relationship_of(row, stem)) for row in pulled.relationships),
    )


@remembered(4096)
def _columns(table: Table, stem: tuple[str, ...]) -> Documents:
    return Documents(Document(column_of(column, table, stem)) for column in table.columns.values())


@remembered(16384)
def _measure(measure: Measure, stem: tuple[str, ...], language: str) -> Document:
    return Document(measure_of(measure, stem, language))


def relationship_of(row: Relationship, stem: tuple[str, ...]) -> dict[str, Any]:
    """Return a relationship as a TMSL object."""
    return {
        "name": names.stable_guid(*stem, *row.from_, *row.to),
        "fromTable": row.from_[0],
        "fromColumn": row.from_[1],
        "toTable": row.to[0],
        "toColumn": row.to[1],
    }


def table_of(
    table: Table, stem: tuple[str, ...], query: Query, measures: Sequence[Measure], language: str
) -> dict[str, Any]:
    """Return a table as a TMSL object, with its query and, where it is their home, the measures."""
    columns = [column_of(column, table, stem) for column in table.columns.values()]
    return _table(table, stem, query, columns, [measure_of(measure, stem, language) for measure in measures])


def _table(
    table: Table, stem: tuple[str, ...], query: Query, columns: Sequence[Node], measures: Sequence[Node]
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": table.name, "lineageTag": names.stable_guid(*stem, table.name)}
    if table.date:
        made["dataCategory"] = "Time"
    if table.hidden:
        made["isHidden"] = True
    made["columns"] = columns
    made["partitions"] = [
        {
            "name": table.name,
            "mode": "import",
            "queryGroup": GROUPS[query.kind],
            "source": {"type": "m", "expression": query.expression.rstrip("\n").split("\n")},
        },
    ]
    if measures:
        made["measures"] = measures
    made["annotations"] = [
        {"name": "PBI_ResultType", "value": "Table"},
        {"name": "PBI_NavigationStepName", "value": "Navigation"},
    ]
    return made


def column_of(column: Column, table: Table, stem: tuple[str, ...]) -> dict[str, Any]:
    """Return a column as a TMSL object."""
    made: dict[str, Any] = {
        "name": column.name,
        "dataType": _DATA_TYPES[column.type],
        "sourceColumn": column.name,
        "lineageTag": names.stable_guid(*stem, table.name, column.name),
        "summarizeBy": "none",
    }
    pattern = column.format or _FORMATS.get(column.type)
    if pattern:
        made["formatString"] = pattern
    if column.hidden or table.hidden:
        made["isHidden"] = True
    if column.key or column.name == table.date:
        made["isKey"] = True
    if column.sort_by:
        made["sortByColumn"] = column.sort_by
    made["annotations"] = [{"name": "SummarizationSetBy", "value": "User"}]
    if column.type == "date":
        made["annotations"].append({"name": "UnderlyingDateTimeDataType", "value": "Date"})
    return made


def measure_of(measure: Measure, stem: tuple[str, ...], language: str) -> dict[str, Any]:
    """Return a measure as a TMSL object."""
    lines = measure.dax.split("\n")
    made: dict[str, Any] = {
        "name": measure.name,
        "expression": lines if len(lines) > 1 else lines[0],
        "lineageTag": names.stable_guid(*stem, "measure", measure.name),
    }
    if measure.descriptions.get(language):
        made["description"] = measure.descriptions[language]
    if measure.format:
        made["formatString"] = measure.format
    if measure.folder:
        made["displayFolder"] = measure.folder
    return made


def expression_of(query: Query, stem: tuple[str, ...], url_description: str) -> dict[str, Any]:
    """Return a shared expression; the parameter's description is the hint that Power BI Desktop shows."""
    made: dict[str, Any] = {
        "name": query.name,
        "kind": "m",
        "expression": query.expression.rstrip("\n").split("\n"),
        "queryGroup": GROUPS[query.kind],
        "lineageTag": names.stable_guid(*stem, "query", query.name),
        "annotations": [
            {"name": "PBI_NavigationStepName", "value": "Navigation"},
            {"name": "PBI_ResultType", "value": "Text" if query.name == PARAMETER else "Table"},
        ],
    }
    if query.name == PARAMETER:
        made["description"] = url_description
        made["expression"] = query.expression
    return made


def _roles(client: Client, pulled: Pulled) -> list[dict[str, Any]]:
    """Return the role that limits viewers to their divisions, where the workbook limits any."""
    if not client.limited:
        return []
    own = "CALCULATETABLE ( VALUES ( Toegang[Administratie] ), Toegang[E-mail] = USERPRINCIPALNAME () )"
    filters = {
        table.name: f"{names.dax_column(table.name, DIVISION)} IN {own}"
        for table in pulled.tables
        if DIVISION in table.columns and table.name != "Toegang"
    }
    filters["Toegang"] = "Toegang[E-mail] = USERPRINCIPALNAME ()"
    return [
        {
            "name": "Administraties",
            "modelPermission": "read",
            "tablePermissions": [{"name": table, "filterExpression": dax} for table, dax in filters.items()],
        },
    ]
