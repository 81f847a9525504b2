"""The visuals of a page as the JSON files that Power BI Desktop reads, and what each may say of one client.

A visual that says nothing of one client is made once for all that have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator import names
from generator.build import group, pbir
from generator.jsontext import Document, parsed, written
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue, Language, Visual
    from generator.resolve.client import Client

_SCHEMA = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
VERSIONS = {
    "visualContainer": "2.4.0",
    "page": "2.0.0",
    "report": "3.0.0",
    "pagesMetadata": "1.0.0",
    "versionMetadata": "1.0.0",
    "visualContainerMobileState": "2.2.0",
}
_NOWHERE = (0, 0, 100, 100)
_CHOICE = "choice"  # among a visual's own texts: what a slicer has chosen when the report opens
_PICTURE = "picture\0"  # no key of a text

Json = dict[str, Any]


def schema(family: str) -> str:
    """Return the address of a schema in the version that is written."""
    return f"{_SCHEMA}/{family}/{VERSIONS[family]}/schema.json"


def _title(name: str, titles: Mapping[str, str]) -> str:
    """Return a page's title; a page that goes on where another is full keeps that one's, with its number."""
    base, _, number = name.rpartition(" (")
    return f"{titles[base]} ({number}" if name not in titles and base in titles else titles.get(name, name)


@dataclass(frozen=True, slots=True)
class Scene:
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

    def fixed(self, key: str) -> str:
        """Return a text that is the same for every client: of the page itself, or of the language."""
        return self.title if key == "page_title" else self.texts.text(key)


_OF_A_CLIENT = frozenset({"client_name", "findings", "all_findings"})
"""The keys of texts that are each client's own."""


def may_be_own(visual: Visual) -> bool:
    """Tell whether a visual may say something of one client alone: then it is looked at for each."""
    return (
        not _OF_A_CLIENT.isdisjoint({visual.title, visual.subtitle, visual.text, visual.alt})
        or visual.kind == "image"
        or _opens_on_a_division(visual)
    )


def _opens_on_a_division(visual: Visual) -> bool:
    """Tell whether a visual is a slicer that opens on the client's first division."""
    return bool(visual.kind == "slicer" and visual.single and visual.default_when_single and not visual.default)


def own_texts(visual: Visual, client: Client, scene: Scene) -> tuple[tuple[str, str], ...]:
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
        own[_CHOICE] = group.opening(client, visual.default_when_single or "")
    return tuple(own.items())


def _findings(client: Client, scene: Scene) -> str:
    """Return the accountant's texts of all pages of this report, each under the title of its page."""
    titles = scene.texts.sections["page"]
    found = [(titles.get(page, page), text) for (report, page), text in client.texts.items() if report == scene.report]
    return "\n\n".join(f"{title}\n{text}" for title, text in found)


def visual_file(visual: Visual, order: int, scene: Scene, own: tuple[tuple[str, str], ...] = ()) -> Document:
    """Return the file of a visual; ``own`` is all that it says of one client."""
    name = names.stable_id(scene.report, scene.page, visual.name)
    return _VisualWriter(visual, scene, dict(own)).file(name, order)


common_visual_file = remembered(4096)(visual_file)


class _VisualWriter:
    """Writes one visual."""

    def __init__(self, visual: Visual, scene: Scene, own: Mapping[str, str]) -> None:
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
        return self.own[key] if key in self.own else self.scene.fixed(key)

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
