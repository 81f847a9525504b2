"""The report of a file: its pages and visuals with their places, in the format of Desktop that it is in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from generator.adopt import texts
from generator.adopt.jsons import Json, JsonError, parse
from generator.adopt.package import document, stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.adopt.package import Package
    from generator.adopt.traces import Traces

DEFINITION = "Report/definition/"
_NESTED = frozenset({"config", "filters", "query", "dataTransforms"})
"""Keys of the old format whose value is JSON written as a text."""


@dataclass(frozen=True, slots=True)
class DesignedPage:
    """A page: Desktop's own name of it, its title, and whether it is hidden (drill-through, tooltip)."""

    id: str
    title: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Designed:
    """A report in pieces: JSON files by path (``Layout`` in the old format), other files as they are, and its pages."""

    documents: Mapping[str, Json]
    resources: Mapping[str, bytes]
    pages: tuple[DesignedPage, ...]
    dropped: tuple[str, ...] = field(default=())


def take_apart(package: Package) -> Designed:
    """Return the report of a package in pieces; raise ``Stop`` where a part of it is broken."""
    resources = {path: data for path, data in package.parts.items() if not path.startswith(DEFINITION)}
    for path in [path for path in resources if path.endswith(".json") and "/StaticResources/" in path]:
        document(package.name, path, resources[path])
    if package.layout is not None:
        return Designed({"Report/Layout": package.layout}, resources, tuple(_unique(_sections(package.layout))))
    paths = [path for path in package.parts if path.startswith(DEFINITION)]
    made: dict[str, Json] = {}
    for path in sorted(paths):
        if not path.endswith(".json"):
            raise stop("B506", package.name, part=path, reason="JSON")
        made[path] = document(package.name, path, package.parts[path])
        if not isinstance(made[path], dict):
            raise stop("B506", package.name, part=path, reason="{}")
    pages = tuple(_unique(_pages(made)))
    if not pages:
        raise stop("B509", package.name)
    return Designed(made, resources, pages)


def _pages(documents: Mapping[str, Json]) -> Iterator[DesignedPage]:
    """Yield the pages in the order that the report gives them; those that it does not name come last."""
    found = {path.split("/")[3]: path for path in documents if path.endswith("/page.json") and path.count("/") == 4}  # noqa: PLR2004  Report/definition/pages/<id>/page.json
    order = documents.get(f"{DEFINITION}pages/pages.json", {}).get("pageOrder", [])
    for name in dict.fromkeys([*(each for each in order if each in found), *found]):
        page = documents[found[name]]
        kind = page.get("type") in {"Drillthrough", "Tooltip"} or page.get("visibility") == "HiddenInViewMode"
        yield DesignedPage(name, str(page.get("displayName", name)), kind)


def _sections(layout: Json) -> Iterator[DesignedPage]:
    for section in sorted(layout["sections"], key=lambda each: each.get("ordinal", 0)):
        config = json.loads(section.get("config") or "{}")
        yield DesignedPage(str(section["name"]), str(section.get("displayName", "")), config.get("visibility") == 1)


def _unique(pages: Iterator[DesignedPage]) -> Iterator[DesignedPage]:
    """Yield the pages with titles that tell them apart: the second *Omzet* is *Omzet (2)*."""
    seen: set[str] = set()
    for page in pages:
        title, number = page.title.strip() or page.id, 1
        while (title if number == 1 else f"{title} ({number})").casefold() in seen:
            number += 1
        title = title if number == 1 else f"{title} ({number})"
        seen.add(title.casefold())
        yield replace(page, title=title)


def marked(documents: Mapping[str, Json], traces: Traces) -> dict[str, Json]:
    """Return the documents with the designing client's values marked; a text that is JSON itself is marked inside."""
    return {path: _marked(content, traces, nested=path.endswith("Layout")) for path, content in documents.items()}


def _marked(value: Any, traces: Traces, *, nested: bool) -> Any:  # noqa: ANN401  a JSON document
    """Mark a document; of the old format only the texts that hold something of the client are written anew."""
    return texts.document(_opened(value, traces) if nested else value, traces, nested=nested)


def _opened(value: Any, traces: Traces, key: str = "") -> Any:  # noqa: ANN401  a JSON document
    """Return a document of the old format with those texts opened that are JSON and hold a value of the client."""
    if isinstance(value, dict):
        if texts.JSON in value:
            raise ValueError(f"a key {texts.JSON}")
        return {name: _opened(item, traces, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_opened(item, traces, key) for item in value]
    if key in _NESTED and isinstance(value, str) and _holds(value, traces):
        inner = json_of(value)
        return value if inner is None else {texts.JSON: _opened(inner, traces)}
    return value


def _holds(value: str, traces: Traces) -> bool:
    inner = json_of(value)
    return inner is not None and any(traces.left_in(text) for _, text in texts.strings(inner))


def json_of(text: str) -> Any | None:  # noqa: ANN401  a JSON document
    """Return what a text says as JSON, or None where it is none."""
    try:
        return parse(text)
    except JsonError:
        return None


def places(documents: Mapping[str, Json], pages: tuple[DesignedPage, ...]) -> Iterator[tuple[str, str]]:
    """Yield every text of the report with its place in words: the page's title, and what it belongs to."""
    titles = {page.id: page.title for page in pages}
    for path, content in documents.items():
        for way, text in texts.strings(_everything(content)):
            named = [titles[step] for step in (*path.split("/"), *way) if step in titles]
            kind = "/".join(path.removeprefix(DEFINITION).split("/")[-2:]) if not named else named[0]
            yield f"{kind}: {way[-1]}" if way else kind, text


def called(path: str, pages: tuple[DesignedPage, ...]) -> str:
    """Return what a person calls a file of the report: the title of the page that it is part of."""
    titles = {page.id: page.title for page in pages}
    return next((titles[step] for step in path.split("/") if step in titles), path.removeprefix("Report/"))


def _everything(value: Any, key: str = "") -> Any:  # noqa: ANN401  a JSON document
    """Return a document with every text that is JSON itself opened."""
    if isinstance(value, dict):
        return {name: _everything(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_everything(item, key) for item in value]
    inner = json_of(value) if key in _NESTED and isinstance(value, str) else None
    return value if inner is None else _everything(inner)


def chosen(designed: Designed, common: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the texts that filters and slicers have chosen, by page: values of the client's data, no common ones."""
    titles = {page.id: page.title for page in designed.pages}
    found: dict[str, list[str]] = {}
    for path, content in designed.documents.items():
        for way, text in texts.strings(_everything(content)):
            named = [titles[step] for step in (*path.split("/"), *way) if step in titles]
            filtered = way[-2:] == ("Literal", "Value") and ("Where" in way or "Values" in way or "scopeId" in way)
            if filtered and len(text) > len("''") and text[0] == text[-1] == "'" and "<<" not in text:
                found.setdefault(named[0] if named else path.removeprefix(DEFINITION), []).append(text[1:-1])
    for place, values in found.items():
        if set(values) - common:
            yield place, sorted(set(values) - common)
