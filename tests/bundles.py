"""Bundles for tests: an office written as Markdown tables, loaded, built and packed as ``bundel generate`` does."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from markdown import found, save

from generator import pipeline
from generator.build import build

if TYPE_CHECKING:
    from pathlib import Path

    from generator.pipeline import Loaded

ONE = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 |

## Klanten
| Code | Naam | URL |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 |

## Administraties
| Klant | Code |
| bakker | `710001` |
"""
"""An office of one client with one division, and a consolidated database."""


def load(folder: Path, tables: str) -> Loaded:
    """Read and resolve a workbook of these tables; what is wrong with it can be said in both languages."""
    loaded = pipeline.load(save(folder, tables))
    found(list(loaded.problems))
    return loaded


def problems(folder: Path, tables: str) -> list[str]:
    """Return the problems of a workbook as ``B043 Meetwaarden!C2``, each sayable in both languages."""
    return found(list(load(folder, tables).problems))


def client(loaded: Loaded, code: str = "bakker"):
    """Return one client of a workbook without errors."""
    assert not [problem for problem in loaded.problems if problem.is_error], found(list(loaded.problems))
    return next(client for client in loaded.clients if client.code == code)


def built(folder: Path, tables: str, code: str = "bakker"):
    """Return what the bundle of a client holds, as values."""
    loaded = load(folder, tables)
    return build(client(loaded, code), loaded.catalogue)


def files(folder: Path, tables: str, code: str = "bakker") -> dict[str, bytes]:
    """Return the files of a client's bundle."""
    loaded = load(folder, tables)
    return pipeline.files(client(loaded, code), loaded.catalogue)


def model_of(made, report: str = "financieel") -> dict:
    """Return the model of a report of a built bundle."""
    return next(each for each in made.reports if each.name == report).database["model"]


def tables_of(model) -> dict[str, dict]:
    """Return the tables of a model by name."""
    return {table["name"]: table for table in model["tables"]}


def columns_of(model) -> set[tuple[str, str]]:
    """Return all columns of a model as (table, column)."""
    return {(table["name"], column["name"]) for table in model["tables"] for column in table["columns"]}


def measures_of(model) -> dict[str, str]:
    """Return the formulas of a model's measures by name."""
    return {
        measure["name"]: "\n".join(lines) if isinstance(lines := measure["expression"], list) else lines
        for table in model["tables"]
        for measure in table.get("measures", ())
    }


def queries_of(made, report: str = "financieel") -> dict[str, str]:
    """Return the M of a report of a built bundle, by query."""
    return {query.name: query.expression for each in made.reports if each.name == report for query in each.queries}


def parts(template: bytes) -> dict[str, bytes]:
    """Return the parts of a ``.pbit`` in their order."""
    with zipfile.ZipFile(io.BytesIO(template)) as package:
        return {name: package.read(name) for name in package.namelist()}


def pages(layer: dict[str, dict]) -> dict[str, tuple[dict, list[dict]]]:
    """Return the pages of a report layer in their order: title → its own file and its visuals."""
    order = layer["pages/pages.json"]["pageOrder"]
    return {
        layer[f"pages/{name}/page.json"]["displayName"]: (
            layer[f"pages/{name}/page.json"],
            [
                content
                for path, content in layer.items()
                if path.startswith(f"pages/{name}/visuals/") and path.endswith("/visual.json")
            ],
        )
        for name in order
    }


def strings(document) -> list[str]:
    """Return every text in a JSON document, keys included."""
    if isinstance(document, dict):
        return [text for key, value in document.items() for text in (key, *strings(value))]
    if isinstance(document, list):
        return [text for value in document for text in strings(value)]
    return [document] if isinstance(document, str) else []


def as_json(data: bytes, encoding: str = "utf-8"):
    """Return a JSON document from bytes."""
    return json.loads(data.decode(encoding))
