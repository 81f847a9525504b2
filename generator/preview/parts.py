"""Visuals without a chart or a grid: cards, slicers, words, buttons, shapes and pictures, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from generator.preview import literals
from generator.preview.scene import POINT, UNKNOWN, family, px, style, weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.preview.pbir import Projection, Visual
    from generator.preview.scene import Scene

_ALIGN = {"left": "left", "center": "center", "right": "right", "middle": "center"}
_FLEX = {"top": "flex-start", "middle": "center", "center": "center", "bottom": "flex-end"}


def card(scene: Scene, visual: Visual) -> Markup:
    """Return a card, new or old: a value for each measure, its name where that shows, and what it is compared with."""
    fields = visual.fields("Data", "Values", "Indicator")
    upright = _FLEX.get(str(scene.plain(visual, "layout", "alignment", "middle")), "center")
    inner = Markup("").join(_callout(scene, visual, each) for each in fields)
    return Markup('<div class="cards" style="align-items:{}">{}</div>').format(upright, inner)


def _callout(scene: Scene, visual: Visual, each: Projection) -> Markup:
    known, value = scene.measure(visual, each.field)
    blank = scene.plain(visual, "value", "showBlankAs", UNKNOWN, each.reference)
    words = (scene.shown(each.field, value, each.format) or str(blank)) if known else UNKNOWN
    group, title = ("value", "label") if visual.kind == "cardVisual" else ("labels", "categoryLabels")
    rule = literals.expression(scene.raw(visual, group, "fontColor", each.reference))
    colour = scene.colour(visual, group, "fontColor", "", each.reference) or literals.safe_colour(
        scene.computed(visual, rule)
    )
    size = scene.number(visual, group, "fontSize", 20 if visual.kind == "cardVisual" else 27) * POINT
    face = scene.plain(visual, group, "fontFamily")
    align = _ALIGN.get(str(scene.plain(visual, group, "horizontalAlignment", "center")), "center")
    look = style(
        font_size=px(size),
        font_weight=weight(face, bold=scene.plain(visual, group, "bold")),
        color=colour or "inherit",
        text_align=align,
    )
    name = scene.plain(visual, title, "show", default=True) is not False
    caption = Markup('<div class="caption">{}</div>').format(each.title) if name else Markup("")
    return Markup('<div class="callout" style="text-align:{}"><div class="value" style="{}">{}</div>{}{}</div>').format(
        align, look, words, caption, Markup("").join(_references(scene, visual, each))
    )


def _references(scene: Scene, visual: Visual, each: Projection) -> Iterator[Markup]:
    """Yield the lines under a card's value, each with the colour that its measure gives."""
    for group in visual.objects.get("referenceLabel", ()):
        selector = group.get("selector") or {}
        value = literals.properties(group).get("value")
        if value is None or selector.get("metadata") != each.reference:
            continue
        words = scene.text(visual, value) or UNKNOWN
        mark, colour, size = selector.get("id"), "", 9.0
        for other in visual.objects.get("referenceLabelValue", ()):
            if (other.get("selector") or {}).get("id") in {mark, "default", None}:
                colour = _coloured(scene, visual, literals.properties(other).get("valueFontColor")) or colour
                size = float(literals.plain(literals.properties(other).get("valueFontSize")) or size)
        yield Markup('<div class="reference" style="{}">{}</div>').format(
            style(font_size=px(size * POINT), color=colour or "inherit"), words
        )


def _coloured(scene: Scene, visual: Visual, value: Any) -> str:  # noqa: ANN401
    fixed = literals.colour(value, scene.theme_colours)
    return fixed or literals.safe_colour(scene.computed(visual, literals.expression(value)))


def slicer(scene: Scene, visual: Visual) -> Markup:
    """Return a slicer with what is chosen in it; a list shows its values."""
    field = next(iter(visual.fields("Values", "Rows")), None)
    if field is None:
        return Markup("")
    chosen = [
        scene.shown(field.field, value)
        for each in visual.filters
        if each.field == field.field and each.comparison is None and not each.inverted
        for value in each.values or ()
    ]
    every = {"nl": "Alle", "en": "All"}[scene.language]
    mode = str(scene.plain(visual, "data", "mode", "Basic"))
    size = px(scene.number(visual, "items", "textSize", 9) * POINT)
    colour = scene.colour(visual, "items", "fontColor", "inherit")
    look = style(font_size=size, color=colour)
    head = Markup("")
    if scene.plain(visual, "header", "show", default=True) is not False:
        head = Markup('<div class="slicerhead">{}</div>').format(
            str(scene.plain(visual, "header", "text", field.title))
        )
    if mode == "Dropdown" or scene.query is None:
        words = ", ".join(chosen) or every
        return Markup('{}<div class="dropdown" style="{}"><span>{}</span><i aria-hidden="true"></i></div>').format(
            head, look, words
        )
    values = [scene.shown(field.field, value) for value in scene.query.values_of(visual, field)[:50]]
    items = Markup("").join(
        Markup('<li class="{}">{}</li>').format("on" if value in chosen else "", value or "(leeg)") for value in values
    )
    return Markup('{}<ul class="choices" style="{}" tabindex="0">{}</ul>').format(head, look, items)


def textbox(scene: Scene, visual: Visual) -> Markup:
    """Return the paragraphs of a text box."""
    paragraphs = literals.prop(visual.objects, "general", "paragraphs")
    return Markup("").join(_paragraph(scene, each) for each in paragraphs or () if isinstance(each, dict))


def _paragraph(scene: Scene, paragraph: dict[str, Any]) -> Markup:
    runs = Markup("")
    for run in paragraph.get("textRuns", ()):
        look = run.get("textStyle") or {}
        face = look.get("fontFamily")
        bold = str(look.get("fontWeight", "")) in {"bold", "bolder", "600", "700"}
        runs += Markup('<span style="{}">{}</span>').format(
            style(
                font_size=px(_size(look.get("fontSize")) * POINT),
                font_family=family(face),
                font_weight=weight(face, bold=bold),
                font_style="italic" if look.get("fontStyle") == "italic" else "",
                color=literals.colour(look.get("color"), scene.theme_colours) or "inherit",
            ),
            str(run.get("value", "")),
        )
    align = _ALIGN.get(str(paragraph.get("horizontalTextAlignment", "left")), "left")
    return Markup('<p style="text-align:{}">{}</p>').format(align, runs)


def _size(value: object) -> float:
    text = str(value or "10.5").removesuffix("pt").removesuffix("px")
    try:
        return min(float(text), 200)
    except ValueError:
        return 10.5


def button(scene: Scene, visual: Visual) -> Markup:
    """Return a button; one that goes to a page of the report does so here."""
    words = scene.text(visual, literals.prop(visual.objects, "text", "text")) or scene.text(
        visual, literals.prop(visual.container, "title", "text")
    )
    shape = str(scene.plain(visual, "icon", "shapeType", ""))
    icon = {"back": "←", "right": "→", "left": "←", "help": "?", "information": "i"}.get(shape.casefold(), "")
    if not icon and not words:
        words = str(scene.plain(visual, "general", "altText", ""))
    fill = scene.colour(visual, "fill", "fillColor") if scene.plain(visual, "fill", "show") else ""
    look = style(background=fill, font_size=px(scene.number(visual, "text", "fontSize", 10) * POINT))
    target = scene.pages.get(str(literals.plain(literals.prop(visual.container, "visualLink", "navigationSection"))))
    inner = Markup('<span aria-hidden="true">{}</span> {}').format(icon, words) if icon else Markup("{}").format(words)
    if target:
        return Markup('<a class="button" href="#{}" style="{}">{}</a>').format(target, look, inner)
    return Markup('<div class="button" style="{}">{}</div>').format(look, inner)


def navigator(scene: Scene, visual: Visual) -> Markup:  # noqa: ARG001  called as every kind is
    """Return the buttons to all pages that show."""
    items = [
        Markup('<a href="#{}">{}</a>').format(scene.pages[page.name], page.title)
        for page in scene.report.pages
        if not page.hidden and page.name in scene.pages
    ]
    return Markup('<div class="navigator">{}</div>').format(Markup("").join(items))


def image(scene: Scene, visual: Visual) -> Markup:
    """Return a picture of the report; one that stands elsewhere is not fetched."""
    value = literals.prop(visual.objects, "general", "imageUrl")
    item = (literals.expression(value) or {}).get("ResourcePackageItem", {}).get("ItemName", "")
    address = scene.image(str(item))
    spoken = str(scene.plain(visual, "general", "altText", ""))
    if not address:
        return box(scene, visual)
    return Markup('<img src="{}" alt="{}">').format(address, spoken)


def shape(scene: Scene, visual: Visual) -> Markup:
    """Return a rectangle or a line, with its words."""
    fill = scene.colour(visual, "fill", "fillColor", "#E3E8EE")
    words = scene.text(visual, literals.prop(visual.objects, "text", "text"))
    return Markup('<div class="shape" style="background:{}">{}</div>').format(fill, words)


def box(scene: Scene, visual: Visual) -> Markup:
    """Return a labelled box for a kind that is not drawn, with the fields it shows."""
    names = list(dict.fromkeys(each.title for role in visual.roles.values() for each in role))
    what = {"nl": "niet getekend in de voorbeeldweergave", "en": "not drawn in the preview"}[scene.language]
    return Markup('<div class="undrawn"><b>{}</b><span>{}</span><span>{}</span></div>').format(
        visual.kind or "?", what, ", ".join(names[:12])
    )
