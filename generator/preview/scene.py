"""A page being drawn: what visuals look like by their own objects and the report's themes, and what they say."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from generator.preview import formats, literals
from generator.preview.pbir import Field, field_of, parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.preview.figures import Context
    from generator.preview.pbir import Page, Report, Visual
    from generator.preview.query import Query

Value = Any
Json = dict[str, Any]

UNKNOWN = "\N{EN DASH}"
"""What stands where a figure can't be computed."""

FONTS = "'Segoe UI','Open Sans','Noto Sans','Helvetica Neue',Arial,sans-serif"
POINT = 4 / 3  # pixels
_PALETTE = ("#118DFF", "#12239E", "#E66C37", "#6B007B", "#E044A7", "#744EC2", "#D9B300", "#D64550")
_IMAGES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "svg": "image/svg+xml", "gif": "image/gif"}


@dataclass(slots=True)
class Scene:
    """What is drawn with: the report, the page, and its figures where there are any."""

    report: Report
    page: Page
    query: Query | None
    language: str
    pages: Mapping[str, str] = field(default_factory=dict)  # page's folder → the id of its sheet
    charts: dict[str, str] = field(default_factory=dict)  # visual → its drawing, as it is made
    drawings: int = 0

    def next_number(self) -> int:
        """Return the number of the next drawing on the page."""
        self.drawings += 1
        return self.drawings

    # Looks

    @property
    def palette(self) -> Sequence[str]:
        """Return the theme's colours of data."""
        found = [theme["dataColors"] for theme in self.report.themes if theme.get("dataColors")]
        return [literals.safe_colour(each) or _PALETTE[0] for each in found[-1]] if found else _PALETTE

    @property
    def theme_colours(self) -> Sequence[str]:
        """Return colours by the number in ``ThemeDataColor``: background, foreground, then those of data."""
        return [self.theme("background") or "#FFFFFF", self.theme("foreground") or "#252423", *self.palette]

    def theme(self, name: str) -> str:
        """Return a named colour of the theme, or nothing."""
        found = [literals.safe_colour(theme.get(name)) for theme in self.report.themes]
        return next((each for each in reversed(found) if each), "")

    def raw(self, visual: Visual, group: str, name: str, metadata: str = "") -> Any:  # noqa: ANN401
        """Return a property of a visual's container or objects as it stands there, else the themes'."""
        for objects in (visual.objects, visual.container):
            found = literals.prop(objects, group, name, metadata)
            if found is not None:
                return found
        return self._themed(visual.kind, group, name)

    def _themed(self, kind: str, group: str, name: str) -> Any:  # noqa: ANN401
        for theme in reversed(self.report.themes):
            styles = theme.get("visualStyles", {})
            for key in (kind, "*"):
                for each in styles.get(key, {}).get("*", {}).get(group, ()):
                    if isinstance(each, dict) and name in each:
                        return each[name]
        return None

    def own(self, visual: Visual, group: str, name: str) -> Any:  # noqa: ANN401
        """Return a property of the visual's container alone, else the themes'."""
        found = literals.prop(visual.container, group, name)
        return self._themed(visual.kind, group, name) if found is None else found

    def plain(self, visual: Visual, group: str, name: str, default: Value = None, metadata: str = "") -> Value:
        """Return a fixed property of a visual, or a default."""
        found = literals.plain(self.raw(visual, group, name, metadata))
        return default if found is None else found

    def number(self, visual: Visual, group: str, name: str, default: float) -> float:
        """Return a number of a visual's objects, or a default."""
        found = self.plain(visual, group, name)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else default

    def colour(self, visual: Visual, group: str, name: str, default: str = "", metadata: str = "") -> str:
        """Return a fixed colour of a visual, or a default."""
        return literals.colour(self.raw(visual, group, name, metadata), self.theme_colours) or default

    # Words and figures

    def measure(self, visual: Visual, found: Field, groups: Context | None = None) -> tuple[bool, Value]:
        """Return whether a field can be computed, and its value in a visual's context."""
        if self.query is None:
            return False, None
        name = self.query.measure(found)
        values = self.query.total(visual, [name], groups)
        return name in values, values.get(name)

    def text(self, visual: Visual, value: Any, groups: Context | None = None) -> str:  # noqa: ANN401
        """Return the words of a property: fixed, or those of a measure."""
        fixed = literals.plain(value)
        if fixed is not None:
            return str(fixed)
        computed = self.computed(visual, literals.expression(value), groups)
        return "" if computed is None else str(computed)

    def computed(self, visual: Visual, expression: Json | None, groups: Context | None = None) -> Value:
        """Return the value of an expression: a literal, a field, or the first case that holds."""
        if not expression:
            return None
        if "Literal" in expression:
            return literals.parsed(expression["Literal"].get("Value", "null"))
        if "ThemeDataColor" in expression:
            return literals.colour({"expr": expression}, self.theme_colours)
        if "Conditional" in expression:
            for case in expression["Conditional"].get("Cases", ()):
                if self._holds(visual, case.get("Condition", {}), groups):
                    return self.computed(visual, case.get("Value"), groups)
            return None
        found = field_of(expression)
        return self.measure(visual, found, groups)[1] if found else None

    def _holds(self, visual: Visual, condition: Json, groups: Context | None) -> bool:
        kind, body = parts(condition)
        if kind in {"And", "Or"}:
            sides = [self._holds(visual, body.get(side, {}), groups) for side in ("Left", "Right")]
            return all(sides) if kind == "And" else any(sides)
        if kind == "Not":
            return not self._holds(visual, body.get("Expression", {}), groups)
        if kind != "Comparison":
            return False
        left, right = (self.computed(visual, body.get(side), groups) for side in ("Left", "Right"))
        if left is None or right is None:
            return body.get("ComparisonKind") == 0 and left is right
        try:
            return bool(
                (left == right, left > right, left >= right, left < right, left <= right)[body["ComparisonKind"]]
            )
        except (TypeError, IndexError, KeyError):
            return False

    def cell_colour(self, visual: Visual, group: str, name: str, metadata: str, groups: Context) -> str:
        """Return the colour that a rule or a measure gives a cell, or nothing."""
        for each in visual.objects.get(group, ()):
            selector = each.get("selector") or {}
            if selector.get("metadata") == metadata and name in literals.properties(each):
                value = literals.properties(each)[name]
                fixed = literals.colour(value, self.theme_colours)
                return fixed or literals.safe_colour(self.computed(visual, literals.expression(value), groups))
        return ""

    def shown(self, found: Field, value: Value, pattern: str = "") -> str:
        """Return a value of a field as Power BI writes it."""
        if self.query is None:
            return UNKNOWN if found.is_value else ""
        return formats.shown(value, pattern or self.format(found), self.language)

    def format(self, found: Field) -> str:
        """Return the format string of a field, as the model has it."""
        if self.query is None:
            return ""
        model = self.query.model
        if found.is_measure:
            return model.measures[found.name].format if found.name in model.measures else ""
        column = model.columns.get((found.table, found.name))
        return column.format if column and found.function not in {"DISTINCTCOUNT", "COUNTA"} else ""

    def image(self, name: str) -> str:
        """Return a picture of the report as a data address, or nothing."""
        kind = _IMAGES.get(name.rsplit(".", 1)[-1].lower())
        data = self.report.resources.get(name)
        return f"data:{kind};base64,{base64.b64encode(data).decode()}" if kind and data else ""


def px(pixels: float) -> str:
    """Return a length that grows with the page."""
    return f"calc({pixels:.4g}*var(--u))"


def family(value: object) -> str:
    """Return a font with what stands in for it where it is not installed."""
    names = [re.sub(r"[^\w -]", "", name).strip() for name in str(value or "").split(",")]
    own = [name for name in names if name and name.casefold() not in {"segoe ui", "segoe ui semibold", "sans-serif"}]
    return ",".join([*(f"'{name}'" for name in own), FONTS])


def weight(value: object, *, bold: object = False) -> int:
    """Return the weight of a font: *Semibold* is part of a name in Power BI."""
    name = str(value or "").casefold()
    if bold is True or "bold" in name.replace("semibold", ""):
        return 700
    return 600 if "semibold" in name else 400


def style(**parts: object) -> Markup:
    """Return a style attribute's text out of values that end no declaration: numbers, colours, fonts."""
    return Markup(";").join(
        Markup("{}:{}").format(key.replace("_", "-"), value) for key, value in parts.items() if value != ""
    )
