"""Charts as SVG: the data of a visual as a Vega-Lite specification, drawn by vl-convert without a browser."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from generator.preview import plots
from generator.preview.chart import FEW, FLAT, GRID, INK, MUTED, Chart, along
from generator.preview.scene import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.preview.chart import Json
    from generator.preview.pbir import Visual
    from generator.preview.scene import Scene

_VERSION = "5.21"  # of Vega-Lite, among those that the pinned vl-convert carries
_FONT = "Segoe UI, Open Sans, Noto Sans, sans-serif"
_DIGIT = 6  # pixels that a digit of a label takes
_ID = re.compile(r'(\bid="|url\(#|href="#)')


def draw(scene: Scene, visual: Visual, width: float, height: float) -> Markup | None:
    """Return a chart of a size in pixels of the page; None where the kind is none that is drawn."""
    make = _KINDS.get(visual.kind)
    if make is None:
        return None
    if scene.query is None:
        return Markup('<div class="nodata">{}</div>').format(UNKNOWN)
    spec = make(Chart(scene, scene.query, visual))
    if spec is None:
        return Markup('<div class="nodata">{}</div>').format(UNKNOWN)
    body = spec | {"width": max(width, 40), "height": max(height, 30), "config": _config(), "background": None}
    padding = {"left": 2, "right": 4, "top": 6, "bottom": 2} | spec.get("padding", {})
    body |= {"autosize": {"type": "fit", "contains": "padding"}, "padding": padding}
    return _svg(body, scene.language, f"{scene.pages.get(scene.page.name, '')}c{scene.next_number()}-")


def _svg(spec: Json, language: str, mark: str) -> Markup:
    """Return the drawing, with ids of its own: many stand in one page."""
    draws: Any = importlib.import_module("vl_convert")  # only with the extra ``preview``
    locale = {"nl": "nl-NL", "en": "en-US"}[language]
    text: str = draws.vegalite_to_svg(spec, vl_version=_VERSION, format_locale=locale, show_warnings=False)
    text = _ID.sub(rf"\g<1>{mark}", text[text.index("<svg") :])
    return Markup(text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704  Vega escapes


def _config() -> Json:
    axis = {
        "labelColor": MUTED, "titleColor": MUTED, "gridColor": GRID, "domain": False, "ticks": False,
        "labelFontSize": 10.5, "titleFontSize": 10.5, "titleFontWeight": "normal", "labelPadding": 4,
    }  # fmt: skip
    return {
        "font": _FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": axis,
        "legend": {
            "labelColor": MUTED, "labelFontSize": 10.5, "title": None, "orient": "top", "padding": 0, "offset": 4,
            "symbolSize": 60, "symbolType": "square", "direction": "horizontal", "columnPadding": 8,
        },
    }  # fmt: skip


def _bars(*, upright: bool, stacked: str | None) -> Callable[[Chart], Json | None]:
    """Return what draws columns or bars: beside each other, or stacked to a sum or to a whole."""

    def make(chart: Chart) -> Json | None:
        points = chart.points("Y")
        if not points:
            return None
        names = list(dict.fromkeys(point["s"] for point in points))
        fields = chart.visual.fields("Y")
        category: Json = {
            "field": "c", "type": "nominal", "sort": chart.order,
            "axis": {**chart.axis("categoryAxis", ""), "labelLimit": 150, **FLAT},
            "scale": {"paddingInner": 0.3, "paddingOuter": 0.15},
        }  # fmt: skip
        value: Json = {
            "field": "v", "type": "quantitative", "stack": stacked,
            "axis": {**chart.axis("valueAxis", fields[0].title), "format": chart.numbers(fields), **FEW},
        }  # fmt: skip
        colour = chart.colour(names, "Y")
        encoding = {"x" if upright else "y": category, "y" if upright else "x": value, "color": colour}
        if stacked is None and len(names) > 1:
            encoding["xOffset" if upright else "yOffset"] = {"field": "s", "sort": names}
        layers: list[Json] = [{"mark": {"type": "bar"}}]
        room = {}
        if not upright and len(names) == 1:
            category["axis"]["labelLimit"] = 180
            layers.append(_end_labels())
            room = {"right": 4 + _DIGIT * max(len(str(point["t"])) for point in points)}
            value["axis"] = {**value["axis"], "labels": False, "grid": False, "title": None}
        return {"data": {"values": points}, "encoding": encoding, "layer": layers, "padding": room}

    return make


def _end_labels() -> Json:
    """Return numbers at the end of bars, on the side of zero where there is room."""
    return {
        "mark": {
            "type": "text",
            "align": {"expr": "datum.v < 0 ? 'right' : 'left'"},
            "dx": {"expr": "datum.v < 0 ? -4 : 4"},
            "fontSize": 10.5,
            "color": INK,
        },
        "encoding": {"text": {"field": "t"}, "color": {"value": INK}},
    }


def _lines(*, filled: bool) -> Callable[[Chart], Json | None]:
    def make(chart: Chart) -> Json | None:
        points = chart.points("Y", "Y2")
        if not points:
            return None
        names = list(dict.fromkeys(point["s"] for point in points))
        fields = chart.visual.fields("Y", "Y2")
        return {
            "data": {"values": points},
            "encoding": {
                "x": along(chart),
                "y": {
                    "field": "v", "type": "quantitative", "stack": None,
                    "axis": {**chart.axis("valueAxis", fields[0].title), "format": chart.numbers(fields), **FEW},
                },
                "color": chart.colour(names, "Y", "Y2"),
            },
            "layer": [
                {"mark": {"type": "area", "line": True, "opacity": 0.35}}
                if filled
                else {"mark": {"type": "line", "strokeWidth": 2, "point": len(chart.order) == 1}}
            ],
        }  # fmt: skip

    return make


def _combo(chart: Chart) -> Json | None:
    """Draw columns and lines over one category; lines are points joined up."""
    columns, lines = chart.points("Y"), []
    order = chart.order
    if chart.visual.fields("Y2"):
        chart.series = None
        lines = chart.points("Y2")
        chart.order = order or chart.order
    if not columns and not lines:
        return None
    first = list(dict.fromkeys(point["s"] for point in columns))
    names = [*first, *dict.fromkeys(point["s"] for point in lines)]
    fields = chart.visual.fields("Y", "Y2")
    colour = chart.colour(names, "Y", "Y2")
    value = {
        "field": "v", "type": "quantitative", "stack": None,
        "axis": {**chart.axis("valueAxis", ""), "format": chart.numbers(fields), **FEW},
    }  # fmt: skip
    stacked = "Stacked" in chart.visual.kind
    offset = {} if stacked else {"xOffset": {"field": "s", "sort": first, "scale": {"domain": first}}}
    value_of_columns = {**value, "stack": "zero"} if stacked else value
    layers: list[Json] = [
        {
            "data": {"values": columns},
            "mark": "bar",
            "encoding": {"x": along(chart), "y": value_of_columns, "color": colour, **offset},
        },
    ]
    if lines:
        mark = {"type": "line", "strokeWidth": 2}
        layers.append(
            {"data": {"values": lines}, "mark": mark, "encoding": {"x": along(chart), "y": value, "color": colour}}
        )
    return {"layer": layers}


_KINDS: dict[str, Callable[[Chart], Json | None]] = {
    "clusteredColumnChart": _bars(upright=True, stacked=None),
    "columnChart": _bars(upright=True, stacked="zero"),
    "hundredPercentStackedColumnChart": _bars(upright=True, stacked="normalize"),
    "clusteredBarChart": _bars(upright=False, stacked=None),
    "barChart": _bars(upright=False, stacked="zero"),
    "hundredPercentStackedBarChart": _bars(upright=False, stacked="normalize"),
    "lineChart": _lines(filled=False),
    "areaChart": _lines(filled=True),
    "stackedAreaChart": _lines(filled=True),
    "lineClusteredColumnComboChart": _combo,
    "lineStackedColumnComboChart": _combo,
    "waterfallChart": plots.waterfall,
    "scatterChart": plots.scatter,
    "donutChart": plots.donut,
    "pieChart": plots.donut,
    "treemap": plots.treemap,
}
"""Kind of a visual → what makes its specification."""
