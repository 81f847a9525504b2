"""A page as HTML: its visuals in their places, each with its frame, title and inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from generator.preview import charts, grids, literals, parts
from generator.preview.pbir import Box
from generator.preview.scene import POINT, family, px, style, weight

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.preview.pbir import Page, Visual
    from generator.preview.scene import Scene

PHONE = 324
"""Width of Power BI's phone layout in its own pixels."""

_GAP = 8
_TALL, _LEAST = 100, 180  # pixels: from where a visual shrinks with its width on a phone, and to how little
_INSIDES: dict[str, Callable[[Scene, Visual], Markup]] = {
    **dict.fromkeys(("cardVisual", "card", "multiRowCard", "kpi"), parts.card),
    **dict.fromkeys(("slicer", "listSlicer", "advancedSlicerVisual"), parts.slicer),
    "textbox": parts.textbox,
    "actionButton": parts.button,
    "pageNavigator": parts.navigator,
    "image": parts.image,
    **dict.fromkeys(("shape", "basicShape"), parts.shape),
    "tableEx": grids.table,
    "pivotTable": grids.matrix,
}
_BARE = frozenset({"textbox", "actionButton", "pageNavigator", "image", "shape", "basicShape"})


def sheet(scene: Scene) -> Markup:
    """Return a page: a surface on which everything grows with the width that it gets."""
    page = scene.page
    phone = _phone(page)
    tall = max([40.0, *(box.y + box.height for box in phone.values())]) + _GAP
    paper = literals.colour(literals.prop(page.objects, "background", "color"), scene.theme_colours) or _paper(scene)
    look = style(
        __pw=f"{page.width:g}", __ph=f"{page.height:g}", __phone=f"{tall:g}", background_color=paper,
        color=scene.theme("foreground") or "#111827",
    )  # fmt: skip
    inner = Markup("").join(_placed(scene, visual, phone.get(visual.name)) for visual in page.visuals)
    return Markup('<div class="sheet"><div class="canvas" style="{}">{}</div></div>').format(look, inner)


def _paper(scene: Scene) -> str:
    for theme in reversed(scene.report.themes):
        for each in theme.get("visualStyles", {}).get("page", {}).get("*", {}).get("background", ()):
            found = literals.colour(each.get("color"), scene.theme_colours)
            if found:
                return found
    return "#FFFFFF"


def _phone(page: Page) -> Mapping[str, Box]:
    """Return where visuals stand on a phone: as the report says, else under each other in reading order."""
    told = {visual.name: visual.phone for visual in page.visuals if visual.phone}
    if told:
        return told
    found, y = {}, float(_GAP)
    for visual in sorted(page.visuals, key=lambda visual: (round(visual.box.y / 24), visual.box.x)):
        scale = min(1.0, (PHONE - 2 * _GAP) / max(visual.box.width, 1))
        height = visual.box.height / max(scale, 0.5)  # words of one line take two there
        if visual.box.height > _TALL:
            height = max(visual.box.height * scale, _LEAST)
        found[visual.name] = Box(_GAP, y, PHONE - 2 * _GAP, height)
        y += height + _GAP
    return found


def _placed(scene: Scene, visual: Visual, phone: Box | None) -> Markup:
    """Return a visual in its frame; one that fails is a labelled box, and the page goes on."""
    box, small = visual.box, phone or Box(0, 0, 0, 0)
    place = style(
        __x=f"{box.x:g}", __y=f"{box.y:g}", __w=f"{box.width:g}", __h=f"{box.height:g}",
        __px=f"{small.x:g}", __py=f"{small.y:g}", __pw2=f"{small.width:g}", __ph2=f"{small.height:g}",
    )  # fmt: skip
    try:
        head, used = _heading(scene, visual)
        look, inner = _frame(scene, visual), head + _within(_inside(scene, visual, used, phone))
        spoken = str(literals.plain(literals.prop(visual.container, "general", "altText")) or "")
    except Exception:  # noqa: BLE001  a visual of others may hold anything; the rest of the page is still drawn
        look, inner, spoken = Markup(""), _within(parts.box(scene, visual)), ""
    kind = "v" if phone else "v nophone"
    named = Markup(' role="group" aria-label="{}"').format(spoken) if spoken else Markup("")
    return Markup('<div class="{}"{} data-kind="{}" style="{};{}">{}</div>').format(
        kind, named, visual.kind, place, look, inner
    )


def _within(inner: Markup) -> Markup:
    return Markup('<div class="in">{}</div>').format(inner)


def _inside(scene: Scene, visual: Visual, used: float, phone: Box | None) -> Markup:
    make = _INSIDES.get(visual.kind)
    if make:
        return make(scene, visual)
    pad = _padding(scene, visual)
    width, height = visual.box.width - pad[1] - pad[3], visual.box.height - pad[0] - pad[2] - used
    wide = charts.draw(scene, visual, width, height)
    if wide is None:
        return parts.box(scene, visual)
    scene.charts[visual.name] = str(wide)
    if phone is None:
        return Markup('<div class="wide">{}</div>').format(wide)
    narrow = charts.draw(scene, visual, phone.width - pad[1] - pad[3], phone.height - pad[0] - pad[2] - used)
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(wide, narrow or "")


def _padding(scene: Scene, visual: Visual) -> tuple[float, float, float, float]:
    """Return the space inside the frame: top, right, bottom, left."""
    default = 0 if visual.kind in _BARE else 5
    found = [literals.plain(scene.own(visual, "padding", side)) for side in ("top", "right", "bottom", "left")]
    top, right, bottom, left = (float(each) if isinstance(each, int | float) else float(default) for each in found)
    return top, right, bottom, left


def _frame(scene: Scene, visual: Visual) -> Markup:
    """Return the look of a visual's surface: colour, edge, corners, space inside."""
    shown = literals.plain(scene.own(visual, "background", "show"))
    fill = literals.colour(scene.own(visual, "background", "color"), scene.theme_colours) or "#FFFFFF"
    edge = literals.plain(scene.own(visual, "border", "show")) is True
    line = literals.colour(scene.own(visual, "border", "color"), scene.theme_colours) or "#E3E8EE"
    corner = literals.plain(scene.own(visual, "border", "radius"))
    bare = visual.kind in _BARE and literals.prop(visual.container, "background", "show") is None and shown is None
    radius = float(corner) if isinstance(corner, int | float) else 0.0
    return style(
        background_color="" if shown is False or bare else fill,
        border=Markup("{} solid {}").format(px(1), line) if edge else "",
        border_radius=px(radius) if radius else "",
        padding=" ".join(px(each) for each in _padding(scene, visual)),
    )


def _heading(scene: Scene, visual: Visual) -> tuple[Markup, float]:
    """Return title and subtitle, and how much of the height they take."""
    found, used = Markup(""), 0.0
    for group, size, kind in (("title", 10.5, "h2"), ("subTitle", 9.0, "p")):
        text = literals.prop(visual.container, group, "text")
        if literals.plain(scene.own(visual, group, "show")) is False or text is None:
            continue
        words = scene.text(visual, text)
        face = literals.plain(scene.own(visual, group, "fontFamily"))
        points = literals.plain(scene.own(visual, group, "fontSize"))
        pixels = (float(points) if isinstance(points, int | float) else size) * POINT
        colour = literals.colour(scene.own(visual, group, "fontColor"), scene.theme_colours)
        look = style(font_size=px(pixels), font_weight=weight(face), font_family=family(face), color=colour)
        found += Markup('<{} class="{}" style="{}">{}</{}>').format(kind, group, look, words, kind)
        used += pixels * 1.35
    return found, used + (4 if used else 0)
