"""The small pieces of a visual's JSON: expressions, literals, filters and the formatting that a visual asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator import names
from generator.catalogue import split_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from generator.catalogue import Visual

MEASURES = "Meetwaarden"
"""The table that all measures stand in."""

GOOD, BAD = "#1B7F5C", "#B3261E"

Json = dict[str, Any]


def _parts(text: str) -> tuple[str, str, str]:
    """Return kind, table and name of a field: a column as ``Table[Column]``, a measure by its bare name."""
    parts = split_field(text)
    return ("Column", *parts) if parts else ("Measure", MEASURES, text)


def field(text: str) -> Json:
    """Return the expression of a column or measure."""
    kind, table, name = _parts(text)
    return {kind: {"Expression": {"SourceRef": {"Entity": table}}, "Property": name}}


def query_ref(text: str) -> str:
    """Return the name by which a visual's own objects point at a field."""
    _, table, name = _parts(text)
    return f"{table}.{name}"


def native_ref(text: str) -> str:
    """Return the field's own name."""
    return _parts(text)[2]


def literal(value: str) -> Json:
    """Return a literal expression around text that is already in Power BI's notation."""
    return {"expr": {"Literal": {"Value": value}}}


def text(value: str) -> Json:
    """Return a text literal; a quote in it is doubled."""
    return literal("'" + value.replace("'", "''") + "'")


def boolean(*, value: bool) -> Json:
    """Return a truth value."""
    return literal("true" if value else "false")


def number(value: float) -> Json:
    """Return a number."""
    return literal(f"{value}D")


def colour(value: str) -> Json:
    """Return a fixed colour."""
    return {"solid": {"color": text(value)}}


def colour_by(measure: str) -> Json:
    """Return a colour that a measure computes."""
    return {"solid": {"color": {"expr": field(measure)}}}


def sign_colour(measure: str) -> Json:
    """Return the colour of a change by its sign: green above zero, red below, else the visual's own."""
    cases = [
        {
            "Condition": {
                "Comparison": {"ComparisonKind": kind, "Left": field(measure), "Right": {"Literal": {"Value": "0D"}}},
            },
            "Value": {"Literal": {"Value": f"'{value}'"}},
        }
        for kind, value in ((1, GOOD), (3, BAD))  # 1 is greater than, 3 is less than
    ]
    return {"solid": {"color": {"expr": {"Conditional": {"Cases": cases}}}}}


def _value(value: str | int) -> str:
    """Return a value in Power BI's notation."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}L" if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def in_filter(text_: str, values: Iterable[str | int]) -> Json:
    """Return a filter on the values of a column; inside a filter a table goes by its alias."""
    _, table, name = _parts(text_)
    column = {"Column": {"Expression": {"SourceRef": {"Source": "t"}}, "Property": name}}
    listed = [[{"Literal": {"Value": _value(value)}}] for value in values]
    where = [{"Condition": {"In": {"Expressions": [column], "Values": listed}}}]
    return {"Version": 2, "From": [{"Name": "t", "Entity": table, "Type": 0}], "Where": where}


def not_blank_filter(measure: str) -> Json:
    """Return a filter that keeps rows in which a measure has a value."""
    left = {"Measure": {"Expression": {"SourceRef": {"Source": "t"}}, "Property": measure}}
    equal = {"Comparison": {"ComparisonKind": 0, "Left": left, "Right": {"Literal": {"Value": "null"}}}}
    where = [{"Condition": {"Not": {"Expression": equal}}}]
    return {"Version": 2, "From": [{"Name": "t", "Entity": MEASURES, "Type": 0}], "Where": where}


def cells(reference: str) -> Json:
    """Return the selector of all cells of a field in a table or matrix."""
    return {"data": [{"dataViewWildcard": {"matchingOption": 1}}], "metadata": reference}


def _bars() -> Json:
    """Return bars behind the numbers of a column: green to the right, red to the left."""
    shades = {"positiveColor": "#CDE7DC", "negativeColor": "#F3D3D0", "axisColor": "#A3ACB8"}
    fixed = {"reverseDirection": boolean(value=False), "hideText": boolean(value=False)}
    return {name: colour(value) for name, value in shades.items()} | fixed


class Styler:
    """Adds to a visual's JSON what its record asks for: title, colours, comparison, widths, text."""

    def __init__(self, body: Json, visual: Visual, text_of: Callable[[str], str]) -> None:
        """Take the visual's JSON to add to, its record, and what returns the text of a key."""
        self.visual, self.text_of = visual, text_of
        self.objects: Json = body.setdefault("objects", {})
        self.container: Json = body.setdefault("visualContainerObjects", {})

    def apply(self) -> None:
        """Add everything; objects that stay empty are left out by the caller's templates."""
        self.heading()
        self.alt_text()
        self.paragraphs()
        self.values()
        self.comparison()
        self.table_cells()

    def add(self, group: str, properties: Json, selector: Json | None = None) -> None:
        """Add properties to an object of the visual, for all of it or for what a selector picks."""
        self.objects.setdefault(group, []).append(
            {"properties": properties, **({"selector": selector} if selector else {})}
        )

    def heading(self) -> None:
        """Add title and subtitle; a slicer of the workbook carries its title in its own header."""
        visual = self.visual
        title = visual.caption or (self.text_of(visual.title) if visual.title else "")
        if visual.kind == "slicer" and not visual.strip:
            shown = {"show": boolean(value=True), "text": text(title or native_ref(visual.category[0]))}
            self.objects["header"] = [{"properties": shown}]
        if visual.kind in ("slicer", "textbox", "actionButton"):
            return
        words = {"expr": field(visual.title_measure)} if visual.title_measure else text(title)
        if title:
            self.container["title"] = [{"properties": {"show": boolean(value=True), "text": words}}]
        elif "title" not in self.container:
            self.container["title"] = [{"properties": {"show": boolean(value=False)}}]
        if visual.subtitle:
            shown = {"show": boolean(value=True), "text": text(self.text_of(visual.subtitle))}
            self.container["subTitle"] = [{"properties": shown}]

    def alt_text(self) -> None:
        """Add the text that a screen reader speaks."""
        key = self.visual.alt or self.visual.title or self.visual.text
        spoken = self.visual.caption or (self.text_of(key) if key else "")
        if spoken:
            self.container.setdefault("general", [{"properties": {}}])[0]["properties"]["altText"] = text(spoken)

    def paragraphs(self) -> None:
        """Add the words of a text box."""
        if self.visual.kind != "textbox":
            return
        styles = {
            "title": {"fontFamily": "Segoe UI Semibold", "fontSize": "18pt", "color": "#111827"},
            "right": {"fontFamily": "Segoe UI Semibold", "fontSize": "10.5pt", "color": "#111827"},
            "label": {"fontSize": "7.5pt", "color": "#5B6573"},
            "muted": {"fontSize": "9pt", "color": "#5B6573"},
            "findings": {"fontSize": "9pt", "color": "#111827"},
        }
        style = self.visual.style or ""
        aligned = {"horizontalTextAlignment": "right"} if style == "right" else {}
        self.objects["general"] = [
            {
                "properties": {
                    "paragraphs": [
                        {"textRuns": [{"value": line, "textStyle": styles[style]}], **aligned}
                        for line in self.text_of(self.visual.text or "").split("\n")
                    ],
                },
            },
        ]

    def values(self) -> None:
        """Add the colours of a chart's series, or of a line of text that a measure colours."""
        for measure, value in zip((*self.visual.values, *self.visual.lines), self.visual.colours, strict=False):
            self.add("dataPoint", {"fill": colour(value)}, {"metadata": query_ref(measure)})
        if self.visual.colour:
            self.objects["value"][0]["properties"]["fontColor"] = colour_by(self.visual.colour)

    def comparison(self) -> None:
        """Add the line under a card's value: a text measure, coloured by another."""
        if not self.visual.compare:
            return
        words, shade = self.visual.compare
        metadata = query_ref(self.visual.values[0])
        mark = f"field-{names.stable_guid(self.visual.name, words)}"
        wild = {"data": [{"dataViewWildcard": {"matchingOption": 0}}], "metadata": metadata, "id": mark, "order": 0}
        self.add("referenceLabel", {"value": {"expr": field(words)}}, wild)
        self.add("referenceLabelTitle", {"show": boolean(value=False)}, {"metadata": metadata, "id": mark})
        self.add("referenceLabelValue", {"valueFontColor": colour_by(shade)}, {"metadata": metadata, "id": mark})

    def table_cells(self) -> None:
        """Add the cell colours, column widths and total of a table."""
        visual = self.visual
        for measure in visual.sign_colours:
            self.add("values", {"fontColor": sign_colour(measure)}, cells(query_ref(measure)))
        if visual.background:
            for text_ in (*visual.category, *visual.values):
                self.add("values", {"backColor": colour_by(visual.background)}, cells(query_ref(text_)))
        for measure, shade in visual.cell_colours.items():
            self.add("values", {"fontColor": colour_by(shade)}, cells(query_ref(measure)))
        for measure in visual.bars:
            self.add("columnFormatting", {"dataBars": _bars()}, {"metadata": query_ref(measure)})
        for measure in visual.right:
            right = {"alignment": text("Right"), "styleHeader": boolean(value=True)}
            self.add("columnFormatting", right, {"metadata": query_ref(measure)})
        for text_, width in visual.widths.items():
            self.add("columnWidth", {"value": number(width)}, {"metadata": query_ref(text_)})
        if visual.totals and visual.kind == "tableEx":
            self.objects["total"] = [{"properties": {"totals": boolean(value=True)}}]
        if visual.kind == "pivotTable":
            shown = {"rowSubtotals": visual.totals, "columnSubtotals": visual.column_total}
            self.objects["subTotals"] = [{"properties": {name: boolean(value=value) for name, value in shown.items()}}]
