"""The pages of a designed report for one client: those it chose, in its words, with its own visuals and findings."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from generator import names
from generator.build import markers
from generator.build import report as layers
from generator.build.visuals import schema
from generator.catalogue import DESIGNED, LAYOUT
from generator.jsontext import Document
from generator.resolve import DEFAULT_THEME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue, Design
    from generator.resolve.client import Client, ClientReport

Json = dict[str, Any]
_PAGES = "pages/pages.json"


def layer(client: Client, report: ClientReport, design: Design, catalogue: Catalogue) -> layers.Layer:
    """Return the report layer of a designed report of a client."""
    documents = markers.document(dict(design.documents), markers.values_of(client))
    documents = _translated(documents, design.captions.get(client.language, {}))
    pictures, visuals = (
        {path.removeprefix(folder): data for path, data in design.resources.items() if path.startswith(folder)}
        for folder in ("StaticResources/", "CustomVisuals/")
    )
    if design.is_layout:
        layout = _chosen_sections(documents[LAYOUT], report, design, client.language)
        return layers.Layer({}, {}, pictures, visuals, layout, design.version)
    definition = {path.removeprefix("definition/"): content for path, content in documents.items()}
    _choose(definition, report, design, client.language)
    added = _added(client, report, design, catalogue)
    _add(definition, added, report, design)
    resources: dict[str, Document] = {}
    if client.theme != DEFAULT_THEME or design.follows_theme:
        before = _theme(definition, added)
        pictures.pop(f"RegisteredResources/{before}", None)
        own = (path for path in added.resources if design.follows_theme or path.startswith("RegisteredResources/"))
        resources = {path: added.resources[path] for path in own}
        pictures = {path: data for path, data in pictures.items() if path not in resources}
    if client.logo:
        _logo(definition, client.logo.name)
        pictures |= added.pictures
    made = {path: Document(content) for path, content in definition.items()}
    return layers.Layer(made, resources, pictures, visuals, version=design.version)


def _translated(value: Any, captions: Mapping[str, str]) -> Any:  # noqa: ANN401  a JSON document
    """Return a document with the fixed texts that the template translates: whole texts, in quotes or not."""
    if not captions:
        return value
    if isinstance(value, dict):
        return {key: _translated(item, captions) for key, item in value.items()}
    if isinstance(value, list):
        return [_translated(item, captions) for item in value]
    if not isinstance(value, str):
        return value
    quoted = {f"'{_quoted(text)}'": f"'{_quoted(new)}'" for text, new in captions.items()}
    return captions.get(value) or quoted.get(value) or value


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _titles(report: ClientReport, design: Design, language: str) -> dict[str, str | None]:
    """Map each page that the client has to its title in another language than that of the design, if there is one."""
    by_id = {page.id: page for page in design.pages}
    return {page.designed[0]: by_id[page.designed[0]].titles.get(language) for page in report.pages if page.designed}


def _choose(definition: dict[str, Json], report: ClientReport, design: Design, language: str) -> None:
    """Leave out the pages that the client did not choose, and the bookmarks that open them."""
    titles = _titles(report, design, language)
    gone = {page.id for page in design.pages} - titles.keys()
    for path in [path for path in definition if path.startswith("pages/") and path.split("/")[1] in gone]:
        del definition[path]
    for page_id, title in titles.items():
        if title:
            definition[f"pages/{page_id}/page.json"]["displayName"] = title
    shown = [page.designed[0] for page in report.pages if page.designed and not page.is_hidden]
    order = [page.designed[0] for page in report.pages if page.designed]
    pages = {"$schema": schema("pagesMetadata"), **definition.get(_PAGES, {})}
    active = pages.get("activePageName")
    definition[_PAGES] = pages | {
        "pageOrder": order,
        "activePageName": active if active in order else next(iter(shown), next(iter(order), "")),
    }
    if gone and pages.get("landingPageName") in gone:
        del definition[_PAGES]["landingPageName"]
    if gone:
        _bookmarks(definition, gone)


def _bookmarks(definition: dict[str, Json], gone: set[str]) -> None:
    """Leave out bookmarks of pages that are gone, and what others remember of those pages."""
    lost = set()
    for path in [path for path in definition if path.endswith(".bookmark.json")]:
        state = definition[path].get("explorationState", {})
        if state.get("activeSection") in gone:
            lost.add(definition[path].get("name"))
            del definition[path]
            continue
        sections = state.get("sections")
        if isinstance(sections, dict):
            state["sections"] = {name: section for name, section in sections.items() if name not in gone}
    index = definition.get("bookmarks/bookmarks.json")
    if index and lost:
        kept = [
            {**item, **({"children": [c for c in item["children"] if c not in lost]} if "children" in item else {})}
            for item in index.get("items", ())
            if item.get("name") not in lost
        ]
        index["items"] = [item for item in kept if item.get("children", [True])]
        if not index["items"]:
            del definition["bookmarks/bookmarks.json"]


def _added(client: Client, report: ClientReport, design: Design, catalogue: Catalogue) -> layers.Layer:
    """Return what is added to a design, made as for a composed report: the workbook's visuals, findings, new pages."""
    own = [
        replace(page, visuals=tuple(visual for visual in page.visuals if visual.kind != DESIGNED), designed=None)
        for page in report.pages
    ]
    made = layers.build(client, replace(report, pages=tuple(own)), catalogue)
    homes = {
        measure["name"].casefold(): table["name"] for table in design.tables for measure in table.get("measures", ())
    }
    busiest = max(design.tables, key=lambda table: len(table.get("measures", ())))["name"]
    definition = {
        path: _rehomed(copy.deepcopy(dict(content)), homes, busiest) for path, content in made.definition.items()
    }
    return replace(made, definition={path: Document(content) for path, content in definition.items()})


def _rehomed(value: Any, homes: Mapping[str, str], home: str) -> Any:  # noqa: ANN401  a JSON document
    """Return a visual with its measures under the table of the design that they stand in."""
    if isinstance(value, list):
        return [_rehomed(item, homes, home) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _rehomed(item, homes, home) for key, item in value.items()}
    measure = made.get("Measure")
    if isinstance(measure, dict) and "Entity" in measure["Expression"]["SourceRef"]:
        table = homes.get(measure["Property"].casefold(), home)
        made["Measure"] = {**measure, "Expression": {"SourceRef": {"Entity": table}}}
    if "queryRef" in made and "Measure" in made.get("field", {}):
        field = made["field"]["Measure"]
        made["queryRef"] = f"{field['Expression']['SourceRef']['Entity']}.{field['Property']}"
    return made


def _add(definition: dict[str, Json], added: layers.Layer, report: ClientReport, design: Design) -> None:
    """Add visuals to the pages they belong to, which grow where a visual stands below them; and new pages.

    What a phone shows of a page of the design stays as it was made: its own layout, or the page as a whole.
    """
    heights = {page.id: page.height for page in design.pages}
    order = list(definition[_PAGES]["pageOrder"])
    for page in report.pages:
        made_id = names.stable_id(report.name, "page", page.name)
        target = page.designed[0] if page.designed else made_id
        if not page.designed:
            definition[f"pages/{target}/page.json"] = added.definition[f"pages/{made_id}/page.json"]
            order.append(target)
        number = 0
        for path, content in added.definition.items():
            match = re.fullmatch(rf"pages/{made_id}/(visuals/.+)", path)
            if match is None or (page.designed and path.endswith("/mobile.json")):
                continue
            if page.designed:
                number += 1
                content["position"] |= {"z": 1_000_000 + number, "tabOrder": 1_000_000 + number}
                bottom = content["position"]["y"] + content["position"]["height"]
                if bottom > heights[target]:
                    heights[target] = bottom + 16
                    definition[f"pages/{target}/page.json"]["height"] = heights[target]
            definition[f"pages/{target}/{match[1]}"] = content
    definition[_PAGES]["pageOrder"] = order


def _theme(definition: dict[str, Json], added: layers.Layer) -> str:
    """Put the client's own theme in the place of the design's, and return the name of that."""
    new, old = added.definition["report.json"], definition["report.json"]
    theme = new["themeCollection"]["customTheme"]
    version = old.get("themeCollection", {}).get("baseTheme", {}).get("reportVersionAtImport")
    theme = {**theme, **({"reportVersionAtImport": version} if version else {})}
    before = old.get("themeCollection", {}).get("customTheme", {}).get("name")
    old.setdefault("themeCollection", {})["customTheme"] = theme
    items = _registered(old)
    items[:] = [item for item in items if item.get("name") != before]
    items.append({"name": theme["name"], "path": theme["name"], "type": "CustomTheme"})
    return str(before)


def _logo(definition: dict[str, Json], name: str) -> None:
    """Name the client's logo among the files of the report."""
    items = _registered(definition["report.json"])
    if all(item.get("name") != name for item in items):
        items.append({"name": name, "path": name, "type": "Image"})


def _registered(report: Json) -> list[Json]:
    """Return the list of the report's own files, made where there is none."""
    packages = report.setdefault("resourcePackages", [])
    package = next((each for each in packages if each.get("name") == "RegisteredResources"), None)
    if package is None:
        package = {"name": "RegisteredResources", "type": "RegisteredResources", "items": []}
        packages.append(package)
    items: list[Json] = package.setdefault("items", [])
    return items


def _chosen_sections(layout: Json, report: ClientReport, design: Design, language: str) -> Json:
    """Return a report in the old format with the client's pages only, in its order."""
    titles = _titles(report, design, language)
    sections = {section["name"]: section for section in layout["sections"]}
    if list(sections) == list(titles) and not any(titles.values()):
        return layout
    chosen = [
        {**sections[name], "ordinal": number, **({"displayName": title} if title else {})}
        for number, (name, title) in enumerate(titles.items())
    ]
    made = {**layout, "sections": chosen}
    config = json.loads(layout.get("config") or "{}")
    if isinstance(config, dict) and config.get("activeSectionIndex", 0) >= len(chosen):
        made["config"] = json.dumps({**config, "activeSectionIndex": 0}, ensure_ascii=False, separators=(",", ":"))
    return made
