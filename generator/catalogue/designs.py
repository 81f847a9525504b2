"""Read the reports that were designed in Power BI Desktop: each a folder of readable files under ``adopted/``."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from generator.catalogue.records import LAYOUT, Design, DesignPage, Position, Report
from generator.names import file_names
from generator.problems import Cell, Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = "adopted"
_TEMPLATE = re.compile(rf"{FOLDER}/([^/]+)/template\.toml")
_MEASURE = re.compile(r'"Measure":\{"Expression":\{"SourceRef":\{"Source":"[^"]*"\}\},"Property":"([^"\\]+)"')
_VISUAL = re.compile(r"definition/pages/([^/]+)/visuals/[^/]+/visual\.json")


def reports(files: Mapping[str, Path]) -> Iterator[tuple[str, Report]]:
    """Yield the designed reports among the files of the templates; raise ``Stop`` where one can't be read."""
    for path in sorted(files):
        match = _TEMPLATE.fullmatch(path)
        if match is None:
            continue
        prefix = f"{FOLDER}/{match[1]}/"
        mine = {name.removeprefix(prefix): file for name, file in files.items() if name.startswith(prefix)}
        try:
            yield match[1], _Reader(match[1], mine).report()
        except (OSError, LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
            values = {"path": path, "reason": f"{type(error).__name__}: {error}"[:200]}
            raise Stop([Problem("B091", Cell(path), values)]) from error


class _Reader:
    """Reads the files of one template."""

    def __init__(self, name: str, files: Mapping[str, Path]) -> None:
        self.name, self.files = name, files

    def report(self) -> Report:
        head = tomllib.loads(self.text("template.toml"))
        tables = tuple(self.json(path) for path in self.files if path.startswith("tables/") and path.endswith(".json"))
        expressions = tuple(self.json("expressions.json")) if "expressions.json" in self.files else ()
        documents = {
            path.removeprefix("report/"): self.json(path)
            for path in self.files
            if path.startswith("report/definition/") and path.endswith(".json")
        }
        if f"report/{LAYOUT}.json" in self.files:
            documents[LAYOUT] = self.json(f"report/{LAYOUT}.json")
        design = Design(
            version=head["version"],
            database=self.json("model.json"),
            tables=_ordered(tables, head.get("order", [])),
            expressions=expressions,
            queries=self.queries(tables, expressions, frozenset(head.get("own", ()))),
            own=frozenset(head.get("own", ())),
            divisions={row["name"]: row["division"] for row in head.get("table", ())},
            pages=tuple(self.page(row, documents) for row in head["page"]),
            documents=documents,
            resources=self.resources(),
            titles=dict(head.get("titles", {})) or {"": head["title"]},
            captions=head.get("captions", {}),
            follows_theme=head.get("theme") == "client",
            shown=frozenset(_shown(documents)),
        )
        return Report(self.name, head["scope"], "", tuple(page.title for page in design.pages), design=design)

    def resources(self) -> dict[str, bytes]:
        """Return the files of the report that are no documents: pictures, themes, visuals of others."""
        folders = ("report/StaticResources/", "report/CustomVisuals/")
        return {p.removeprefix("report/"): file.read_bytes() for p, file in self.files.items() if p.startswith(folders)}

    def queries(
        self, tables: tuple[Mapping[str, Any], ...], expressions: tuple[Mapping[str, Any], ...], own: frozenset[str]
    ) -> dict[str, str]:
        """Return the templates of M by the names that tables and expressions give them."""
        named = [p["source"]["query"] for table in tables for p in table["partitions"] if "query" in p["source"]]
        named += [expression["name"] for expression in expressions]
        kept = [name for name in named if name not in own]
        stems = file_names(kept)
        return {name: self.text(f"queries/{stems[name]}.pq") for name in kept}

    def page(self, row: Mapping[str, Any], documents: Mapping[str, Any]) -> DesignPage:
        """Return a page of the template with the size and the taken places that its documents tell."""
        titles = {key.removeprefix("title_"): value for key, value in row.items() if key.startswith("title_")}
        width, height, taken = self.places(row["id"], documents)
        return DesignPage(row["id"], row["title"], titles, bool(row.get("hidden")), width, height, taken)

    @staticmethod
    def places(page_id: str, documents: Mapping[str, Any]) -> tuple[int, int, tuple[Position, ...]]:
        """Return width and height of a page and where its visuals stand."""
        if LAYOUT in documents:
            section = next(each for each in documents[LAYOUT]["sections"] if each["name"] == page_id)
            taken = tuple(_position(visual) for visual in section.get("visualContainers", ()))
            return round(section.get("width", 1280)), round(section.get("height", 720)), taken
        page = documents[f"definition/pages/{page_id}/page.json"]
        visuals = (content for path, content in documents.items() if (m := _VISUAL.fullmatch(path)) and m[1] == page_id)
        taken = tuple(_position(v["position"]) for v in visuals if "parentGroupName" not in v)
        return round(page.get("width", 1280)), round(page.get("height", 720)), taken

    def text(self, path: str) -> str:
        return self.files[path].read_bytes().decode()

    def json(self, path: str) -> Any:  # noqa: ANN401  a JSON document
        return json.loads(self.text(path))


def _shown(value: Any) -> Iterator[str]:  # noqa: ANN401  a JSON document
    """Yield the measures that visuals show as values; in the old format they stand in JSON that is a text."""
    if isinstance(value, str):
        yield from _MEASURE.findall(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _shown(item)
    if isinstance(value, dict):
        fields = [each.get("field", {}) for each in value.get("projections", ()) if isinstance(each, dict)]
        yield from (field["Measure"]["Property"] for field in fields if "Measure" in field)


def _position(place: Mapping[str, Any]) -> Position:
    x, y, width, height = (round(float(place.get(key, 0))) for key in ("x", "y", "width", "height"))
    return x, y, width, height


def _ordered(tables: tuple[Mapping[str, Any], ...], order: list[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the tables in the order that the model had, which Desktop shows in some places; new ones come last."""
    place = {name: number for number, name in enumerate(order)}
    return tuple(sorted(tables, key=lambda table: (place.get(table["name"], len(place)), table["name"])))
