"""A small picture of a page as SVG: its surfaces, charts and large figures; words are lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from generator.preview import literals
from generator.preview.scene import POINT, UNKNOWN

if TYPE_CHECKING:
    from generator.preview.pbir import Visual
    from generator.preview.scene import Scene

_WORDS = re.compile(r"<text\b[^>]*>.*?</text>|<title>.*?</title>", re.DOTALL)
_LINE = 26  # pixels of the page from one row of a table to the next
_HEAD = 48  # pixels of the page from the top of a table to the line under its head
_LARGE = 12  # points from which words are written


def picture(scene: Scene) -> str:
    """Return the picture of a page that has been drawn; it asks nothing of anyone, so that it can stand anywhere."""
    page = scene.page
    inner = Markup("").join(_safely(scene, visual) for visual in page.visuals)
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {} {}" '
            'font-family="Segoe UI,Open Sans,Noto Sans,sans-serif">'
            '<rect width="100%" height="100%" fill="#F5F7FA"/>{}</svg>\n'
        ).format(f"{page.width:g}", f"{page.height:g}", inner)
    )


def _safely(scene: Scene, visual: Visual) -> Markup:
    """Return a visual's part, or nothing: one of others may hold anything."""
    try:
        return _visual(scene, visual)
    except Exception:  # noqa: BLE001  the page itself has a labelled box for it
        return Markup("")


def _visual(scene: Scene, visual: Visual) -> Markup:
    box = visual.box
    place = Markup('x="{}" y="{}" width="{}" height="{}"').format(
        *(f"{each:g}" for each in (box.x, box.y, box.width, box.height))
    )
    surface = Markup('<rect {} rx="8" fill="#FFFFFF" stroke="#E3E8EE"/>').format(place)
    if visual.kind == "textbox":
        return _words(scene, visual)
    if visual.name in scene.charts:
        return surface + _chart(scene, visual)
    if visual.kind in {"tableEx", "pivotTable"}:
        return surface + _rows(visual)
    if visual.kind == "cardVisual" and box.height > 60:  # noqa: PLR2004  a card, and no line of words
        return surface + _figure(scene, visual)
    return surface if "slicer" in visual.kind.lower() else Markup("")


def _chart(scene: Scene, visual: Visual) -> Markup:
    text = _WORDS.sub("", scene.charts[visual.name])
    found = re.search(r'viewBox="([^"]+)"', text)
    start, end = text.find(">", text.find("<svg")) + 1, text.rfind("</svg>")
    if found is None or not 0 < start < end:
        return Markup("")
    box, inner = visual.box, Markup(text[start:end])  # noqa: S704  drawn by Vega, which escapes
    return Markup('<svg x="{}" y="{}" width="{}" height="{}" viewBox="{}">{}</svg>').format(
        f"{box.x + 12:g}",
        f"{box.y + 44:g}",
        f"{max(box.width - 24, 1):g}",
        f"{max(box.height - 52, 1):g}",
        found[1],
        inner,
    )


def _rows(visual: Visual) -> Markup:
    box = visual.box
    lines = range(_HEAD, int(box.height) - 8, _LINE)
    return Markup("").join(
        Markup('<path d="M{} {}h{}" stroke="{}" stroke-width="{}"/>').format(
            f"{box.x + 12:g}",
            f"{box.y + at:g}",
            f"{max(box.width - 24, 1):g}",
            "#C9D1DA" if at > _HEAD else "#1F2A37",
            6 if at > _HEAD else 2,
        )
        for at in lines
    )


def _figure(scene: Scene, visual: Visual) -> Markup:
    field = next(iter(visual.fields("Data", "Values")), None)
    if field is None:
        return Markup("")
    known, value = scene.measure(visual, field.field)
    words = scene.shown(field.field, value, field.format) if known else UNKNOWN
    box = visual.box
    return Markup('<text x="{}" y="{}" font-size="32" font-weight="600" fill="#111827">{}</text>').format(
        f"{box.x + 12:g}", f"{box.y + 60:g}", words[:14]
    )


def _words(scene: Scene, visual: Visual) -> Markup:
    """Return the words of a text box where they are large: a page's title."""
    for paragraph in literals.prop(visual.objects, "general", "paragraphs") or ():
        for run in paragraph.get("textRuns", ()):
            size = str((run.get("textStyle") or {}).get("fontSize", "")).removesuffix("pt")
            if size.replace(".", "").isdigit() and float(size) >= _LARGE:
                return Markup('<text x="{}" y="{}" font-size="{}" font-weight="600" fill="{}">{}</text>').format(
                    f"{visual.box.x:g}", f"{visual.box.y + float(size) * POINT:g}", f"{float(size) * POINT:g}",
                    scene.theme("foreground") or "#111827", str(run.get("value", ""))[:60],
                )  # fmt: skip
    return Markup("")
