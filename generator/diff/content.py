"""What a report holds, read back from its ``.pbit``: queries, formulas, columns, pages and visuals."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST = 100_000_000  # bytes unpacked; a report of ours is far below
_DEFINITION = "Report/definition/"
_PROPERTIES = ("formatString", "displayFolder", "description")


@dataclass(frozen=True, slots=True)
class VisualView:
    """A visual as a reader would tell it apart: kind, title, fields by role, place, and all the rest as one text."""

    kind: str
    title: str
    fields: str
    place: str
    look: str


@dataclass(frozen=True, slots=True)
class PageView:
    """A page: its title and its visuals by id."""

    title: str
    visuals: Mapping[str, VisualView]
    look: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A report: queries and formulas by name, what else a measure has, columns by table, pages by id in their order."""

    queries: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    relationships: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, PageView] = field(default_factory=dict)
    theme: str = ""
    logo: str = ""


class UnreadableError(ValueError):
    """What is there is no template that can be read."""


def content(template: bytes) -> Content:
    """Return what a ``.pbit`` holds; raise ``UnreadableError`` where it is none, or larger than any of ours."""
    try:
        with ZipFile(io.BytesIO(template)) as package:
            parts = {info.filename: info for info in package.infolist()}
            if sum(info.file_size for info in parts.values()) > _LARGEST:
                raise UnreadableError
            model = json.loads(package.read("DataModelSchema").decode("utf-16-le"))["model"]
            layer = {
                name.removeprefix(_DEFINITION): json.loads(package.read(name))
                for name in parts
                if name.startswith(_DEFINITION) and name.endswith(".json")
            }
        return Content(**_model(model), **_layer(layer))
    except (BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, EOFError, RecursionError) as error:
        raise UnreadableError from error


def _text(expression: str | list[str]) -> str:
    return expression if isinstance(expression, str) else "\n".join(expression)


def _model(model: Mapping[str, Any]) -> dict[str, Any]:
    tables = {table["name"]: table for table in model["tables"]}
    measures = {row["name"]: row for table in tables.values() for row in table.get("measures", ())}
    queries = {row["name"]: _text(row["expression"]) for row in model.get("expressions", ())}
    for name, table in tables.items():
        for partition in table.get("partitions", ()):
            if "expression" in partition["source"]:
                queries[name] = _text(partition["source"]["expression"])
    formulas = {name: _text(row["expression"]) for name, row in measures.items()}
    for name, table in tables.items():
        for item in table.get("calculationGroup", {}).get("calculationItems", ()):
            formulas[f"{name}: {item['name']}"] = _text(item["expression"])
    return {
        "queries": queries,
        "measures": formulas,
        "properties": {name: {key: _text(row.get(key, "")) for key in _PROPERTIES} for name, row in measures.items()},
        "roles": dict(_roles(model)),
        "columns": dict(_columns(tables)),
        "tables": tuple(tables),
        "relationships": dict(_relationships(model)),
    }


def _roles(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for role in model.get("roles", ()):
        for row in role.get("tablePermissions", ()):
            yield f"{role['name']}: {row['name']}", _text(row.get("filterExpression", ""))


def _columns(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, table in tables.items():
        for column in table.get("columns", ()):
            hidden = " (verborgen)" if column.get("isHidden") else ""
            yield f"{name}[{column['name']}]", f"{column.get('dataType', '')}{hidden}"


def _relationships(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for row in model.get("relationships", ()):
        ends = f"{row['fromTable']}[{row['fromColumn']}] → {row['toTable']}[{row['toColumn']}]"
        yield ends, "" if row.get("isActive", True) else "-"


def _layer(layer: Mapping[str, Any]) -> dict[str, Any]:
    registered = [
        item
        for package in layer["report.json"].get("resourcePackages", ())
        if package["name"] == "RegisteredResources"
        for item in package["items"]
    ]
    order = layer["pages/pages.json"]["pageOrder"]
    names = [*order, *(name for name in _ids(layer) if name not in order)]
    return {
        "pages": {name: _page(name, layer) for name in names},
        "theme": next((item["name"] for item in registered if item["type"] == "CustomTheme"), ""),
        "logo": next((item["name"] for item in registered if item["type"] == "Image"), ""),
    }


def _ids(layer: Mapping[str, Any]) -> list[str]:
    return [path.split("/")[1] for path in layer if path.startswith("pages/") and path.endswith("/page.json")]


def _page(name: str, layer: Mapping[str, Any]) -> PageView:
    own = layer[f"pages/{name}/page.json"]
    folder = f"pages/{name}/visuals/"
    visuals = {
        path.removeprefix(folder).split("/")[0]: _visual(document)
        for path, document in layer.items()
        if path.startswith(folder) and path.endswith("/visual.json")
    }
    rest = {key: value for key, value in own.items() if key not in {"$schema", "name", "displayName"}}
    return PageView(str(own["displayName"]), visuals, json.dumps(rest, sort_keys=True))


def _visual(document: Mapping[str, Any]) -> VisualView:
    body = document["visual"]
    place = document["position"]
    state = body.get("query", {}).get("queryState", {})
    fields = [f"{role}: {', '.join(_references(value))}" for role, value in state.items()]
    rest = {key: value for key, value in body.items() if key not in {"query", "visualType"}}
    return VisualView(
        str(body["visualType"]),
        _title(body),
        "; ".join(fields),
        ",".join(str(round(place[key])) for key in ("x", "y", "width", "height")),
        json.dumps([rest, document.get("filterConfig")], sort_keys=True),
    )


def _references(role: Mapping[str, Any]) -> list[str]:
    return [str(row.get("nativeQueryRef") or row.get("queryRef", "")) for row in role.get("projections", ())]


def _title(body: Mapping[str, Any]) -> str:
    """Return the title of a visual, or the first line of a text box."""
    for row in body.get("visualContainerObjects", {}).get("title", ()):
        value = row.get("properties", {}).get("text", {}).get("expr", {}).get("Literal", {}).get("Value", "")
        if value:
            return str(value)[1:-1].replace("''", "'")
    for row in body.get("objects", {}).get("general", ()):
        for paragraph in row.get("properties", {}).get("paragraphs", ()):
            return "".join(str(run.get("value", "")) for run in paragraph.get("textRuns", ()))
    return ""
