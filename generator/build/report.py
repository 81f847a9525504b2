"""The report layer (PBIR) of a bundle: pages and visuals as the JSON files that Power BI Desktop reads.

Schema versions are the set that Microsoft's own apps carry and Desktop reads since November 2025; never newer than
the user's Desktop. Ids follow from names, so that a page keeps its folder when its content changes.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from generator import names
from generator.build import pbir
from generator.catalogue import Visual

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.catalogue import Catalogue, Page, Position
    from generator.resolve.client import Client, ClientReport

_SCHEMA = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
VERSIONS = {
    "visualContainer": "2.4.0",
    "page": "2.0.0",
    "report": "3.0.0",
    "pagesMetadata": "1.0.0",
    "versionMetadata": "1.0.0",
}
BASE_THEME = "CY24SU10"
MEASURES = "Meetwaarden"
_STRIP_LEFT, _STRIP_TOP, _STRIP_GAP = 24, 96, 12
_STRIP_HEIGHT = 48  # a dropdown needs it, or it is cut off; with its own header it would need 76
_LABEL_HEIGHT = 18
_NOWHERE = (0, 0, 100, 100)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """A report's files: ``definition`` and ``resources``, as (path, JSON) in the order they are packed."""

    definition: Mapping[str, Json]
    resources: Mapping[str, Json]


def schema(family: str) -> str:
    """Return the address of a schema in the version that is written."""
    return f"{_SCHEMA}/{family}/{VERSIONS[family]}/schema.json"


def build(client: Client, report: ClientReport, catalogue: Catalogue) -> Layer:
    """Return the report layer of a report of a client."""
    pages = {names.stable_id(report.name, "page", page.name): page for page in report.pages}
    theme = _theme(client.theme, catalogue)
    definition: dict[str, Json] = {
        "version.json": {"$schema": schema("versionMetadata"), "version": "2.0.0"},
        "report.json": _report(theme["name"]),
        "pages/pages.json": {
            "$schema": schema("pagesMetadata"),
            "pageOrder": list(pages),
            "activePageName": next((key for key, page in pages.items() if not page.drill_through), next(iter(pages))),
        },
    }
    for page_id, page in pages.items():
        definition |= _PageWriter(client, report, page, catalogue).files(page_id)
    return Layer(
        definition,
        {
            f"SharedResources/BaseThemes/{BASE_THEME}.json": {**catalogue.themes[client.theme], "name": BASE_THEME},
            f"RegisteredResources/{theme['name']}": theme,
        },
    )


def _theme(name: str, catalogue: Catalogue) -> Json:
    """Return a theme named after its content: Power BI Desktop keeps themes by file name."""
    theme = dict(catalogue.themes[name])
    mark = hashlib.sha256(json.dumps(theme, sort_keys=True).encode()).hexdigest()[:8]
    return {**theme, "name": f"{names.file_safe(name).replace(' ', '_')}-{mark}.json"}


def _report(theme: str) -> Json:
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
            {
                "name": "RegisteredResources",
                "type": "RegisteredResources",
                "items": [{"name": theme, "path": theme, "type": "CustomTheme"}],
            },
        ],
        "settings": {
            "useStylableVisualContainerHeader": True,
            "exportDataMode": "AllowSummarized",
            "defaultDrillFilterOtherVisuals": True,
            "allowChangeFilterTypes": True,
            "useEnhancedTooltips": True,
        },
    }


def _title(name: str, titles: Mapping[str, str]) -> str:
    """Return a page's title; a page that goes on where another is full keeps that one's, with its number."""
    base, _, number = name.rpartition(" (")
    return f"{titles[base]} ({number}" if name not in titles and base in titles else titles.get(name, name)


class _PageWriter:
    """Writes one page of one client: its own file and a file per visual."""

    def __init__(self, client: Client, report: ClientReport, page: Page, catalogue: Catalogue) -> None:
        self.client, self.report, self.page, self.catalogue = client, report, page, catalogue
        self.language = catalogue.languages[client.language]
        self.title = _title(page.name, self.language.sections["page"])
        self.strip = _STRIP_LEFT

    def files(self, page_id: str) -> dict[str, Json]:
        folder = f"pages/{page_id}"
        files = {f"{folder}/page.json": self.page_file(page_id)}
        for order, visual in enumerate(self.shown()):
            visual_id = names.stable_id(self.report.name, self.page.name, visual.name)
            files[f"{folder}/visuals/{visual_id}/visual.json"] = self.visual(visual, visual_id, order)
        return files

    def shown(self) -> Iterator[Visual]:
        """Yield the visuals that this client has, a slicer in the strip with its place and a label above it."""
        for visual in self.page.visuals:
            if visual.strip is None:
                yield visual
                continue
            place = self.next_in_strip(visual.strip)
            above = (place[0], place[1] - _LABEL_HEIGHT, place[2], _LABEL_HEIGHT)
            yield Visual(f"{visual.name} label", "textbox", style="label", at=above, text=visual.title)
            yield replace(visual, at=place)

    def page_file(self, page_id: str) -> Json:
        made: Json = {
            "$schema": schema("page"),
            "name": page_id,
            "displayName": self.title,
            "displayOption": "FitToPage",
            "height": 720,
            "width": 1280,
        }
        if self.page.drill_through:
            filters = [(names.stable_id(page_id, "filter", text), text) for text in self.page.drill_through]
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
                    {"name": f"Param_{name}", "boundFilter": name, "fieldExpr": pbir.field(text)}
                    for name, text in filters
                ],
            }
            made |= {"type": "Drillthrough", "visibility": "HiddenInViewMode"}
        return made

    def visual(self, visual: Visual, visual_id: str, order: int) -> Json:
        template = self.catalogue.visuals[f"{visual.kind}.{visual.style}" if visual.style else visual.kind]
        body = copy.deepcopy(template["visual"])
        x, y, width, height = visual.at or _NOWHERE
        roles = self.roles(visual, template.get("roles", {}))
        if roles:
            body["query"] = {"queryState": roles}
            if visual.sort:
                field, direction = visual.sort
                sort = [{"field": pbir.field(field), "direction": direction}]
                body["query"]["sortDefinition"] = {"sort": sort, "isDefaultSort": False}
        pbir.Styler(body, visual, self.text).apply()
        self.content(visual, body)
        if visual.kind == "slicer" and visual.strip:
            body["syncGroup"] = {"groupName": visual.name, "fieldChanges": True, "filterChanges": True}
        body["drillFilterOtherVisuals"] = True
        made: Json = {
            "$schema": schema("visualContainer"),
            "name": visual_id,
            "position": {"x": x, "y": y, "z": order * 1000, "height": height, "width": width, "tabOrder": order * 1000},
            "visual": body,
        }
        filters = self.filters(visual, visual_id)
        return made | ({"filterConfig": {"filters": filters}} if filters else {})

    def next_in_strip(self, width: int) -> Position:
        """Return the next place in the filter strip, which closes up where a visual is left out."""
        left = self.strip
        self.strip += width + _STRIP_GAP
        return left, _STRIP_TOP, width, _STRIP_HEIGHT

    def roles(self, visual: Visual, template: Mapping[str, Any]) -> Json:
        """Return the fields of a visual by Power BI's role names; several roles for values take one measure each."""
        made: dict[str, list[Json]] = {}
        series = (visual.series,) if visual.series else ()
        fields_of = {"category": visual.category, "values": visual.values, "lines": visual.lines, "series": series}
        for role, fields in fields_of.items():
            targets = template.get(role, ())
            for number, text in enumerate(fields):
                target = targets if isinstance(targets, str) else targets[min(number, len(targets) - 1)]
                made.setdefault(target, []).append(self.projection(visual, text, active=role == "category"))
        return {role: {"projections": projections} for role, projections in made.items()}

    def projection(self, visual: Visual, text: str, *, active: bool) -> Json:
        made: Json = {
            "field": pbir.field(text),
            "queryRef": pbir.query_ref(text),
            "nativeQueryRef": pbir.native_ref(text),
        }
        if active and visual.kind != "tableEx":
            made |= {"active": True}
        key = visual.captions.get(text)
        return made | ({"displayName": self.caption(key)} if key else {})

    def caption(self, key: str) -> str:
        """Return a caption, in its own words where a client can also compare with a budget."""
        texts = self.language.sections["text"]
        return texts.get(f"{key}_budget", texts[key]) if self.client.budget_scenario else texts[key]

    def text(self, key: str) -> str:
        """Return a text of the page: of the client, of the page itself, or of the language."""
        own = {"page_title": self.title, "client_name": self.client.name}
        if key == "findings":
            return self.client.texts[self.report.name, self.page.name]
        if key == "all_findings":
            return self.findings()
        return own.get(key) or self.language.text(key)

    def findings(self) -> str:
        """Return the accountant's texts of all pages of this report, each under the title of its page."""
        titles = self.language.sections["page"]
        found = [
            (titles.get(page, page), text)
            for (report, page), text in self.client.texts.items()
            if report == self.report.name
        ]
        return "\n\n".join(f"{title}\n{text}" for title, text in found)

    def content(self, visual: Visual, body: Json) -> None:
        """Fill in what depends on the client: a slicer's choice."""
        if visual.kind != "slicer":
            return
        body["objects"]["selection"] = [{"properties": {"singleSelect": pbir.boolean(value=visual.single)}}]
        value = self.default(visual)
        if value is not None:
            chosen = pbir.in_filter(visual.category[0], [value])
            body["objects"]["general"] = [{"properties": {"filter": {"filter": chosen}}}]

    def default(self, visual: Visual) -> str | None:
        """Return the value that a slicer has chosen when the report opens, or None."""
        if visual.default:
            section, _, key = visual.default.rpartition(".")
            return self.language.sections[section or "text"][key]
        if (
            visual.single and visual.default_when_single and not self.client.limited
        ):  # it may not be the viewer's to see
            return self.client.divisions[0].name
        return None

    def filters(self, visual: Visual, visual_id: str) -> list[Json]:
        made = [
            {
                "name": names.stable_id(visual_id, str(row["field"])),
                "field": pbir.field(str(row["field"])),
                "type": "Categorical",
                "filter": pbir.in_filter(str(row["field"]), row["is"]),
            }
            for row in visual.filters
        ]
        if visual.not_blank:
            name = names.stable_id(visual_id, visual.not_blank)
            made.append(
                {
                    "name": name,
                    "field": pbir.field(visual.not_blank),
                    "type": "Advanced",
                    "filter": pbir.not_blank_filter(visual.not_blank),
                },
            )
        return made
