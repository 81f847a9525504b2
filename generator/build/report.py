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
from generator.catalogue import Visual
from generator.jsontext import Document, parsed, written
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue, Language, Page
    from generator.resolve.client import Client, ClientReport
    from generator.spec.pictures import Picture

_SCHEMA = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
VERSIONS = {
    "visualContainer": "2.4.0",
    "page": "2.0.0",
    "report": "3.0.0",
    "pagesMetadata": "1.0.0",
    "versionMetadata": "1.0.0",
    "visualContainerMobileState": "2.2.0",
}
BASE_THEME = "CY24SU10"
MEASURES = "Meetwaarden"
_STRIP_LEFT, _STRIP_TOP, _STRIP_GAP = 24, 96, 12
_STRIP_HEIGHT = 48  # a dropdown needs it, or it is cut off; with its own header it would need 76
_LABEL_HEIGHT = 18
_NOWHERE = (0, 0, 100, 100)
_CHOICE = "choice"  # among a visual's own texts: what a slicer has chosen when the report opens
_PICTURE = "picture\0"  # no key of a text

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


def schema(family: str) -> str:
    """Return the address of a schema in the version that is written."""
    return f"{_SCHEMA}/{family}/{VERSIONS[family]}/schema.json"


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
        scene = _Scene(catalogue, client.language, report.name, page.name, bool(client.budget_scenario))
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


def _title(name: str, titles: Mapping[str, str]) -> str:
    """Return a page's title; a page that goes on where another is full keeps that one's, with its number."""
    base, _, number = name.rpartition(" (")
    return f"{titles[base]} ({number}" if name not in titles and base in titles else titles.get(name, name)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the files of a page depend on beside the records of page and visuals; nothing here is of one client."""

    catalogue: Catalogue
    language: str
    report: str
    page: str
    budget: bool

    @property
    def texts(self) -> Language:
        """Return the texts of the reader's language."""
        return self.catalogue.languages[self.language]

    @property
    def title(self) -> str:
        """Return the page's title."""
        return _title(self.page, self.texts.sections["page"])


def _page_files(page_id: str, page: Page, client: Client, scene: _Scene) -> dict[str, Document]:
    """Return a page's own file and two files per visual, by path."""
    common = _page_in_common(page_id, page, scene)
    files = dict(common.files)
    for path, order, visual in common.open:
        own = _own_texts(visual, client, scene)
        files[path] = (_visual_file if own else _common_visual_file)(visual, order, scene, own)
    return files


@dataclass(frozen=True, slots=True)
class _PageInCommon:
    """The files of a page that say nothing of one client, in order; ``open`` are those that may, each with its path.

    Of these ``files`` holds what stands there for a client of whom there is nothing to say.
    """

    files: Mapping[str, Document]
    open: tuple[tuple[str, int, Visual], ...]


@remembered(1024)
def _page_in_common(page_id: str, page: Page, scene: _Scene) -> _PageInCommon:
    folder = f"pages/{page_id}"
    files = {f"{folder}/page.json": _page_file(page_id, page, scene)}
    open_ = []
    small = phone.files(_shown(page), schema("visualContainerMobileState"))
    for order, visual in enumerate(_shown(page)):
        path = f"{folder}/visuals/{names.stable_id(scene.report, scene.page, visual.name)}"
        if _may_be_own(visual):
            open_.append((f"{path}/visual.json", order, visual))
            files[f"{path}/visual.json"] = Document()
        else:
            files[f"{path}/visual.json"] = _common_visual_file(visual, order, scene)
        files[f"{path}/mobile.json"] = small[order]
    return _PageInCommon({path: files[path] for path in sorted(files, key=str.encode)}, tuple(open_))


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
def _page_file(page_id: str, page: Page, scene: _Scene) -> Document:
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


_OF_A_CLIENT = frozenset({"client_name", "findings", "all_findings"})
"""The keys of texts that are each client's own."""


def _may_be_own(visual: Visual) -> bool:
    """Tell whether a visual may say something of one client alone: then it is looked at for each."""
    return (
        not _OF_A_CLIENT.isdisjoint({visual.title, visual.subtitle, visual.text, visual.alt})
        or visual.kind == "image"
        or _opens_on_a_division(visual)
    )


def _opens_on_a_division(visual: Visual) -> bool:
    """Tell whether a visual is a slicer that opens on the client's first division."""
    return bool(visual.kind == "slicer" and visual.single and visual.default_when_single and not visual.default)


def _own_texts(visual: Visual, client: Client, scene: _Scene) -> tuple[tuple[str, str], ...]:
    """Return what a visual says of this client alone, by key; nothing for most visuals."""
    own = {}
    for key in (visual.title, visual.subtitle, visual.text, visual.alt):
        if key == "client_name":
            own[key] = client.name
        elif key == "findings":
            own[key] = client.texts[scene.report, scene.page]
        elif key == "all_findings":
            own[key] = _findings(client, scene)
    if visual.kind == "image" and client.logo:
        own[_PICTURE] = client.logo.name
    if _opens_on_a_division(visual) and not client.limited:  # or it may not be the viewer's to see
        own[_CHOICE] = client.divisions[0].name
    return tuple(own.items())


def _findings(client: Client, scene: _Scene) -> str:
    """Return the accountant's texts of all pages of this report, each under the title of its page."""
    titles = scene.texts.sections["page"]
    found = [(titles.get(page, page), text) for (report, page), text in client.texts.items() if report == scene.report]
    return "\n\n".join(f"{title}\n{text}" for title, text in found)


def _visual_file(visual: Visual, order: int, scene: _Scene, own: tuple[tuple[str, str], ...] = ()) -> Document:
    """Return the file of a visual; ``own`` is all that it says of one client."""
    name = names.stable_id(scene.report, scene.page, visual.name)
    return _VisualWriter(visual, scene, dict(own)).file(name, order)


_common_visual_file = remembered(4096)(_visual_file)


class _VisualWriter:
    """Writes one visual."""

    def __init__(self, visual: Visual, scene: _Scene, own: Mapping[str, str]) -> None:
        self.visual, self.scene, self.own = visual, scene, own

    def file(self, name: str, order: int) -> Document:
        visual = self.visual
        template = self.scene.catalogue.visuals[f"{visual.kind}.{visual.style}" if visual.style else visual.kind]
        body = parsed(written(template["visual"]))  # a copy, in a tenth of the time that ``copy`` takes
        x, y, width, height = visual.at or _NOWHERE
        deep = order * 1000
        roles = self.roles(template.get("roles", {}))
        if roles:
            body["query"] = {"queryState": roles}
            if visual.sort:
                field, direction = visual.sort
                sort = [{"field": pbir.field(field), "direction": direction}]
                body["query"]["sortDefinition"] = {"sort": sort, "isDefaultSort": False}
        pbir.Styler(body, visual, self.text).apply()
        self.choice(body)
        self.picture(body)
        if visual.kind == "slicer" and visual.strip:
            body["syncGroup"] = {"groupName": visual.name, "fieldChanges": True, "filterChanges": True}
        body["drillFilterOtherVisuals"] = True
        made = Document(
            {
                "$schema": schema("visualContainer"),
                "name": name,
                "position": {"x": x, "y": y, "z": deep, "height": height, "width": width, "tabOrder": deep},
                "visual": body,
            }
        )
        if filters := self.filters(name):
            made["filterConfig"] = {"filters": filters}
        return made

    def roles(self, template: Mapping[str, Any]) -> Json:
        """Return the fields of a visual by Power BI's role names; several roles for values take one measure each."""
        visual = self.visual
        made: dict[str, list[Json]] = {}
        series = (visual.series,) if visual.series else ()
        fields_of = {"category": visual.category, "values": visual.values, "lines": visual.lines, "series": series}
        for role, fields in fields_of.items():
            targets = template.get(role, ())
            for number, text in enumerate(fields):
                target = targets if isinstance(targets, str) else targets[min(number, len(targets) - 1)]
                made.setdefault(target, []).append(self.projection(text, active=role == "category"))
                if number and role == "category" and self.visual.kind == "pivotTable":
                    made[target][-1]["active"] = False  # else the matrix opens with all its levels unfolded
        return {role: {"projections": projections} for role, projections in made.items()}

    def projection(self, text: str, *, active: bool) -> Json:
        made: Json = {
            "field": pbir.field(text),
            "queryRef": pbir.query_ref(text),
            "nativeQueryRef": pbir.native_ref(text),
        }
        if active and self.visual.kind != "tableEx":
            made |= {"active": True}
        key = self.visual.captions.get(text)
        return made | ({"displayName": self.caption(key)} if key else {})

    def caption(self, key: str) -> str:
        """Return a caption, in its own words where a client can also compare with a budget."""
        texts = self.scene.texts.sections["text"]
        return texts.get(f"{key}_either", texts[key]) if self.scene.budget else texts[key]

    def text(self, key: str) -> str:
        """Return a text of the page: of the client, of the page itself, or of the language."""
        if key in self.own:
            return self.own[key]
        return self.scene.title if key == "page_title" else self.scene.texts.text(key)

    def picture(self, body: Json) -> None:
        """Fill in which registered picture an image shows."""
        if name := self.own.get(_PICTURE):
            item = {"PackageName": "RegisteredResources", "PackageType": 1, "ItemName": name}
            shown = {"imageUrl": {"expr": {"ResourcePackageItem": item}}}
            body["objects"].setdefault("general", [{"properties": {}}])[0]["properties"] |= shown

    def choice(self, body: Json) -> None:
        """Fill in what a slicer has chosen when the report opens."""
        visual = self.visual
        if visual.kind != "slicer":
            return
        body["objects"]["selection"] = [{"properties": {"singleSelect": pbir.boolean(value=visual.single)}}]
        value = self.own.get(_CHOICE)
        if visual.default:
            section, _, key = visual.default.rpartition(".")
            value = self.scene.texts.sections[section or "text"][key]
        if value is not None:
            chosen = pbir.in_filter(visual.category[0], [value])
            body["objects"]["general"] = [{"properties": {"filter": {"filter": chosen}}}]

    def filters(self, visual_id: str) -> list[Json]:
        made = [
            {
                "name": names.stable_id(visual_id, str(row["field"])),
                "field": pbir.field(str(row["field"])),
                "type": "Categorical",
                "filter": pbir.in_filter(str(row["field"]), row["is"]),
            }
            for row in self.visual.filters
        ]
        if self.visual.not_blank:
            name = names.stable_id(visual_id, self.visual.not_blank)
            made.append(
                {
                    "name": name,
                    "field": pbir.field(self.visual.not_blank),
                    "type": "Advanced",
                    "filter": pbir.not_blank_filter(self.visual.not_blank),
                },
            )
        return made
