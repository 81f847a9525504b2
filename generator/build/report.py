"""The report layer (PBIR) of a bundle: pages and visuals as the JSON files that Power BI Desktop reads.

Schema versions are the set that Microsoft's own apps carry and Desktop reads since November 2025; never newer than
the user's Desktop. Ids follow from names, so that a page keeps its folder when its content changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from generator import names
from generator.build import pbir, phone
from generator.build.interactions import left_alone
from generator.build.visuals import VERSIONS, Scene, common_visual_file, may_be_own, own_texts, schema, visual_file
from generator.catalogue import Visual
from generator.jsontext import Document
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue, Page
    from generator.resolve.client import Client, ClientReport
    from generator.spec.pictures import Picture

BASE_THEME = "CY24SU10"
MEASURES = "Meetwaarden"
_STRIP_LEFT, _STRIP_TOP, _STRIP_GAP = 24, 96, 12
_STRIP_HEIGHT = 48  # a dropdown needs it, or it is cut off; with its own header it would need 76
_LABEL_HEIGHT = 18

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """A report's files: ``definition`` and ``resources``, as (path, JSON) in the order they are packed.

    ``pictures`` lie among the resources, as the bytes that they are. A designed report brings files of others as well
    (``visuals``), and in the old format a ``layout`` in place of a definition; ``version`` is what a reader must know.
    """

    definition: Mapping[str, Document]
    resources: Mapping[str, Document]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    visuals: Mapping[str, bytes] = field(default_factory=dict)
    layout: Json | None = None
    version: str = "1.32"


def build(client: Client, report: ClientReport, catalogue: Catalogue) -> Layer:
    """Return the report layer of a report of a client."""
    pages = {names.stable_id(report.name, "page", page.name): page for page in report.pages}
    theme, base = _themes(client.theme, catalogue)
    pages_file = {
        "$schema": schema("pagesMetadata"),
        "pageOrder": list(pages),
        "activePageName": next((key for key, page in pages.items() if not page.drill_through), next(iter(pages))),
    }
    definition = {
        "version.json": Document({"$schema": schema("versionMetadata"), "version": "2.0.0"}),
        "report.json": Document(_report(theme["name"], client.logo)),
        "pages/pages.json": Document(pages_file),
    }
    for page_id, page in pages.items():
        scene = Scene(catalogue, client.language, report.name, page.name, bool(client.budget_scenario))
        definition |= _page_files(page_id, page, client, scene)
    return Layer(
        definition,
        {
            f"SharedResources/BaseThemes/{BASE_THEME}.json": base,
            f"RegisteredResources/{theme['name']}": theme,
        },
        {f"RegisteredResources/{client.logo.name}": client.logo.data} if client.logo else {},
    )


def theme_file(name: str) -> str:
    """Return what the file of a theme is called, before the mark of its content."""
    return names.file_safe(name).replace(" ", "_")


@remembered(64)
def _themes(name: str, catalogue: Catalogue) -> tuple[Document, Document]:
    """Return a theme named after its content, since Power BI Desktop keeps themes by file name; and as the base."""
    theme = catalogue.themes[name]
    mark = hashlib.sha256(json.dumps(theme, sort_keys=True).encode()).hexdigest()[:8]
    own = {**theme, "name": f"{theme_file(name)}-{mark}.json"}
    return Document(own), Document({**theme, "name": BASE_THEME})


def _report(theme: str, logo: Picture | None) -> Json:
    registered = [{"name": theme, "path": theme, "type": "CustomTheme"}]
    if logo:
        registered.append({"name": logo.name, "path": logo.name, "type": "Image"})
    version = {"visual": VERSIONS["visualContainer"], "report": VERSIONS["report"], "page": VERSIONS["page"]}
    return {
        "$schema": schema("report"),
        "themeCollection": {
            "baseTheme": {"name": BASE_THEME, "reportVersionAtImport": version, "type": "SharedResources"},
            "customTheme": {"name": theme, "reportVersionAtImport": version, "type": "RegisteredResources"},
        },
        "resourcePackages": [
            {
                "name": "SharedResources",
                "type": "SharedResources",
                "items": [{"name": BASE_THEME, "path": f"BaseThemes/{BASE_THEME}.json", "type": "BaseTheme"}],
            },
            {"name": "RegisteredResources", "type": "RegisteredResources", "items": registered},
        ],
        "settings": {
            "useStylableVisualContainerHeader": True,
            "exportDataMode": "AllowSummarized",
            "defaultDrillFilterOtherVisuals": True,
            "allowChangeFilterTypes": True,
            "useEnhancedTooltips": True,
        },
    }


def _page_files(page_id: str, page: Page, client: Client, scene: Scene) -> dict[str, Document]:
    """Return a page's own file and two files per visual, by path."""
    common = _page_in_common(page_id, page, scene)
    files = dict(common.files)
    for path, order, visual in common.open:
        own = own_texts(visual, client, scene)
        files[path] = (visual_file if own else common_visual_file)(visual, order, scene, own)
    return files


@dataclass(frozen=True, slots=True)
class _PageInCommon:
    """The files of a page that say nothing of one client; ``open`` are those that may, each with its path.

    Of these ``files`` holds what stands there for a client of whom there is nothing to say.
    """

    files: Mapping[str, Document]
    open: tuple[tuple[str, int, Visual], ...]


@remembered(1024)
def _page_in_common(page_id: str, page: Page, scene: Scene) -> _PageInCommon:
    folder = f"pages/{page_id}"
    files = {f"{folder}/page.json": _page_file(page_id, page, scene)}
    open_ = []
    texts = tuple("" if may_be_own(each) or not each.text else scene.fixed(each.text) for each in _shown(page))
    small = phone.files(_shown(page), schema("visualContainerMobileState"), texts)
    for order, visual in enumerate(_shown(page)):
        path = f"{folder}/visuals/{names.stable_id(scene.report, scene.page, visual.name)}"
        if may_be_own(visual):
            open_.append((f"{path}/visual.json", order, visual))
            files[f"{path}/visual.json"] = Document()
        else:
            files[f"{path}/visual.json"] = common_visual_file(visual, order, scene)
        files[f"{path}/mobile.json"] = small[order]
    return _PageInCommon(files, tuple(open_))


@remembered(1024)
def _shown(page: Page) -> tuple[Visual, ...]:
    """Return the visuals of a page, a slicer in the strip with its place and a label above it.

    The strip closes up where a visual is left out.
    """
    shown: list[Visual] = []
    left = _STRIP_LEFT
    for visual in page.visuals:
        if visual.strip is None:
            shown.append(_beside_strip(visual, left))
            continue
        above = (left, _STRIP_TOP - _LABEL_HEIGHT, visual.strip, _LABEL_HEIGHT)
        shown.append(Visual(f"{visual.name} label", "textbox", style="label", at=above, text=visual.title))
        shown.append(replace(visual, at=(left, _STRIP_TOP, visual.strip, _STRIP_HEIGHT)))
        left += visual.strip + _STRIP_GAP
    return tuple(shown)


def _beside_strip(visual: Visual, end: int) -> Visual:
    """Return a visual that stands in the strip as well with its left side after the slicers."""
    if visual.at is None or visual.at[1] != _STRIP_TOP or end == _STRIP_LEFT:
        return visual
    x, y, width, height = visual.at
    left = max(x, end)
    return replace(visual, at=(left, y, x + width - left, height))


@remembered(1024)
def _page_file(page_id: str, page: Page, scene: Scene) -> Document:
    made = Document(
        {
            "$schema": schema("page"),
            "name": page_id,
            "displayName": scene.title,
            "displayOption": "FitToPage",
            "height": 720,
            "width": 1280,
        }
    )
    if page.drill_through:
        filters = [(names.stable_id(page_id, "filter", text), text) for text in page.drill_through]
        made["filterConfig"] = {
            "filters": [
                {"name": name, "field": pbir.field(text), "type": "Categorical", "howCreated": "Drillthrough"}
                for name, text in filters
            ],
        }
        made["pageBinding"] = {
            "name": names.stable_id(page_id, "binding"),
            "type": "Drillthrough",
            "parameters": [
                {"name": f"Param_{name}", "boundFilter": name, "fieldExpr": pbir.field(text)} for name, text in filters
            ],
        }
        made |= {"type": "Drillthrough", "visibility": "HiddenInViewMode"}
    if apart := left_alone(page, lambda visual: names.stable_id(scene.report, scene.page, visual.name)):
        made["visualInteractions"] = apart
    return made
