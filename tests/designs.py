"""Files of Power BI Desktop for tests: a small template with the parts, encodings and habits that Desktop has."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from bundles import ONE, load

from generator import adopt as adoption
from generator import catalogue
from generator.adopt import place

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://bridge-online.cloud/vd-bakker/odata4"
QUERY = """let
    Bron = OData.Feed("https://bridge-online.cloud/vd-bakker/odata4", null, [Implementation="2.0"]),
    Tabel = Bron{[Name="ExactOnlineREST.CRM.Accounts@eol",Signature="table"]}[Data],
    Rijen = Table.SelectRows(Tabel, each [Division] = 710001)
in
    Rijen"""
PARTS = ("Version", "[Content_Types].xml", "DataModelSchema", "Settings", "Metadata")


def model(queries: dict[str, str] | None = None, **expressions: str) -> dict[str, Any]:
    """Return a model with a table per query, two columns and a measure each, and these shared expressions."""
    named = {"Relaties": QUERY} if queries is None else queries
    tables = [
        {
            "name": name,
            "columns": [
                {"name": "Division", "dataType": "int64", "sourceColumn": "Division"},
                {"name": "Naam", "dataType": "string", "sourceColumn": "Name"},
            ],
            "partitions": [{"name": name, "mode": "import", "source": {"type": "m", "expression": text.split("\n")}}],
            "measures": [{"name": f"Aantal {name}", "expression": f"COUNTROWS('{name}')"}],
        }
        for name, text in named.items()
    ]
    shared = [{"name": name, "kind": "m", "expression": text} for name, text in expressions.items()]
    return {
        "name": "2b4de37b-85b1-4b12-aa9c-e8b15018b146",
        "compatibilityLevel": 1567,
        "createdTimestamp": "2026-01-01T00:00:00",
        "model": {
            "culture": "nl-NL",
            "defaultPowerBIDataSourceVersion": "powerBI_V3",
            "tables": tables,
            **({"expressions": shared} if shared else {}),
            "annotations": [{"name": "__PBI_TimeIntelligenceEnabled", "value": "0"}],
        },
    }


def visual(name: str = "v1", title: str = "'Omzet'", **extra: Any) -> dict[str, Any]:
    """Return a card with a title, as Desktop writes it."""
    heading = [{"properties": {"text": {"expr": {"Literal": {"Value": title}}}}}]
    return {
        "$schema": _schema("visualContainer", "2.4.0"),
        "name": name,
        "position": {"x": 24, "y": 152, "z": 0, "height": 200, "width": 400, "tabOrder": 0},
        "visual": {"visualType": "cardVisual", "visualContainerObjects": {"title": heading}, **extra},
    }


def textbox(name: str, text: str) -> dict[str, Any]:
    """Return a text box."""
    paragraphs = [{"textRuns": [{"value": text}]}]
    made = visual(name)
    made["visual"] = {"visualType": "textbox", "objects": {"general": [{"properties": {"paragraphs": paragraphs}}]}}
    return made


def page(name: str, title: str, *visuals: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """Return the files of a page by path."""
    own = {"$schema": _schema("page", "2.0.0"), "name": name, "displayName": title, "displayOption": "FitToPage"}
    files = {f"pages/{name}/page.json": {**own, "height": 720, "width": 1280, **extra}}
    return files | {f"pages/{name}/visuals/{each['name']}/visual.json": each for each in visuals}


def report(*pages: dict[str, Any]) -> dict[str, Any]:
    """Return the files of a report by path."""
    made = {path: content for each in pages for path, content in each.items()}
    order = [path.split("/")[1] for path in made if path.endswith("/page.json")]
    theme = {"name": "CY24SU10", "reportVersionAtImport": {"visual": "2.4.0", "report": "3.0.0", "page": "2.0.0"}}
    return {
        "version.json": {"$schema": _schema("versionMetadata", "1.0.0"), "version": "2.0.0"},
        "report.json": {
            "$schema": _schema("report", "3.0.0"),
            "themeCollection": {"baseTheme": {**theme, "type": "SharedResources"}},
        },
        "pages/pages.json": {
            "$schema": _schema("pagesMetadata", "1.0.0"), "pageOrder": order, "activePageName": order[0],
        },
        **made,
    }  # fmt: skip


def layout(*titles: str) -> dict[str, Any]:
    """Return a report in the old format: its configuration is JSON in texts."""
    config = _compact({"version": "5.69", "activeSectionIndex": 0})
    return {
        "id": 0,
        "config": config,
        "sections": [
            {"id": n, "name": f"s{n}", "displayName": title, "ordinal": n, "width": 1280, "height": 720, "config": "{}",
             "filters": "[]", "visualContainers": [{
                 "x": 10, "y": 20, "width": 300, "height": 200, "z": 0, "filters": "[]",
                 "config": _compact({"name": f"c{n}", "title": f"Over {title} «x»"}),
             }]}
            for n, title in enumerate(titles)
        ],
    }  # fmt: skip


def _compact(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def parts(database: Any = None, definition: Any = None, *, old: Any = None, **more: bytes) -> dict[str, bytes]:
    """Return the parts of a template; names in ``more`` have ``__`` for a slash."""
    made = {
        "Version": utf16("1.28" if old else "1.32"),
        "[Content_Types].xml": b"<Types/>",
        "DataModelSchema": utf16(json.dumps(model() if database is None else database)),
        "Settings": utf16("{}"),
        "Metadata": utf16("{}"),
    }
    if old:
        made["Report/Layout"] = utf16(json.dumps(old))
    else:
        files = report(page("p1", "Overzicht", visual())) if definition is None else definition
        made |= {f"Report/definition/{path}": json.dumps(content).encode() for path, content in files.items()}
    return made | {name.replace("__", "/"): data for name, data in more.items()}


def utf16(text: str) -> bytes:
    """Return text as Desktop encodes it."""
    return text.encode("utf-16-le")


def pack(files: dict[str, bytes]) -> bytes:
    """Return a template of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)  # without the time of day: the same bytes each time
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def save(folder: Path, files: dict[str, bytes] | bytes, name: str = "ontwerp.pbit") -> Path:
    """Write a template and return its path."""
    path = folder / name
    path.write_bytes(files if isinstance(files, bytes) else pack(files))
    return path


def adopt(folder: Path, files: dict[str, bytes], tables: str = ONE, code: str | None = "bakker", allowed=()):
    """Return the template that a file becomes, and what else there was to tell."""
    loaded = load(folder, tables)
    client = next((each for each in loaded.clients if each.code == code), None)
    request = adoption.Request("mijn", catalogue.load(), client, loaded.clients, tuple(allowed))
    return adoption.adopt(save(folder, files), request)


def adopted(folder: Path, files: dict[str, bytes], tables: str = ONE, code: str | None = "bakker", allowed=()) -> Path:
    """Adopt a file as the template *mijn*, and return the folder of templates with it."""
    made = adopt(folder, files, tables, code, allowed)
    place.write(folder / "templates", "mijn", made.files)
    return folder / "templates"


def _schema(family: str, version: str) -> str:
    base = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
    return f"{base}/{family}/{version}/schema.json"
