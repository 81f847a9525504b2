"""A report as a Power BI template: the parts of a ``.pbit`` in the order and encodings that Power BI Desktop reads.

Facts: real files of Desktop 2021 to 2026 and Microsoft's own script-built templates. Never a ``SecurityBindings``
part: it is bound to the machine that wrote it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from generator.jsontext import written
from generator.names import part_name
from generator.pack.zip import Part, pack, part
from generator.shared import Content, remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.build import BuiltReport
    from generator.build.report import Layer

_CONTENT_TYPES = """\
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="json" ContentType="" />{defaults}\
<Override PartName="/Version" ContentType="" />\
<Override PartName="/DataModelSchema" ContentType="" />\
<Override PartName="/DiagramLayout" ContentType="" />\
<Override PartName="/Settings" ContentType="application/json" />\
<Override PartName="/Metadata" ContentType="application/json" />\
</Types>"""
_DIAGRAM = {"version": "1.1.0", "diagrams": []}
_SETTINGS = {
    "Version": 4,
    "ReportSettings": {},
    "QueriesSettings": {"TypeDetectionEnabled": False, "RelationshipImportEnabled": False, "Version": "2.150.2328.0"},
}
_METADATA = {"Version": 5, "AutoCreatedRelationships": [], "CreatedFrom": "Cloud", "CreatedFromRelease": "2026.01"}


def pbit(report: BuiltReport, layer: Mapping[str, bytes]) -> bytes:
    """Return the template file of a report; ``layer`` are the files of its pages and resources, in order."""
    return pack(
        [
            part("Version", _utf16(report.layer.version)),
            part("[Content_Types].xml", _content_types(tuple(layer), old=report.layer.layout is not None)),
            part("DataModelSchema", _utf16(written(report.database).decode().rstrip("\n"))),
            *_fixed(),
            *_layout(report.layer),
            *(_layer_part(path, data) for path, data in layer.items()),
        ],
    )


def _layer_part(path: str, data: bytes) -> Part:
    """Return the part of a page or resource; one that reports share is made once."""
    if isinstance(data, Content):
        return data.once(("layer", path), lambda: part(part_name(f"Report/{path}"), data))
    return part(part_name(f"Report/{path}"), data)


def _layout(layer: Layer) -> list[Part]:
    """Return the part of a report in the old format, JSON without blanks as Desktop writes it."""
    if layer.layout is None:
        return []
    return [part("Report/Layout", _utf16(json.dumps(layer.layout, ensure_ascii=False, separators=(",", ":"))))]


def layer_files(report: BuiltReport) -> dict[str, bytes]:
    """Return the files of a report's pages and resources, the same in a template and in a project, in packing order."""
    layer = report.layer
    resources = {path: content.text for path, content in layer.resources.items()} | dict(layer.pictures)
    folders = (
        ("definition", {path: content.text for path, content in layer.definition.items()}),
        ("StaticResources", resources),
        ("CustomVisuals", layer.visuals),
    )
    return {
        f"{folder}/{path}": data
        for folder, files in folders
        for path, data in sorted(files.items(), key=lambda item: item[0].encode())
    }


@remembered(256)
def _content_types(paths: tuple[str, ...], *, old: bool) -> bytes:
    """Return the list of content types: a part of no type is lost to Microsoft's reader."""
    names = {path: path.rpartition("/")[2] for path in paths}
    kinds = sorted({name.rpartition(".")[2].lower() for name in names.values() if "." in name} - {"json"})
    bare = [f"Report/{path}" for path, name in names.items() if "." not in name]
    parts = [*(["Report/Layout"] if old else []), *map(part_name, bare)]
    made = [f'<Default Extension={quoteattr(kind)} ContentType="" />' for kind in kinds]
    made += [f'<Override PartName={quoteattr(f"/{name}")} ContentType="" />' for name in parts]
    return Content(_CONTENT_TYPES.format(defaults="".join(made)).encode())


@remembered(1)
def _fixed() -> tuple[Part, ...]:
    """Return the parts that are the same in every file."""
    fixed = (("DiagramLayout", _DIAGRAM), ("Settings", _SETTINGS), ("Metadata", _METADATA))
    return tuple(part(name, Content(_utf16(json.dumps(content, separators=(",", ":"))))) for name, content in fixed)


def _utf16(text: str) -> bytes:
    """Return text as UTF-16LE without BOM; a BOM makes Microsoft's reader refuse the part."""
    return text.encode("utf-16-le")
