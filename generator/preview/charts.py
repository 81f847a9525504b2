"""Charts as SVG: the data of a visual as a Vega-Lite specification, drawn by vl-convert without a browser."""

from __future__ import annotations

import importlib
import itertools
import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from generator.preview.scene import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from generator.preview.pbir import Projection, Visual
    from generator.preview.query import Query, Row
    from generator.preview.scene import Scene

Json = dict[str, Any]
Points = list[Json]

_VERSION = "5.21"  # of Vega-Lite, among those that the pinned vl-convert carries
_INK, _MUTED, _GRID = "#111827", "#5B6573", "#E3E8EE"
_FONT = "Segoe UI, Open Sans, Noto Sans, sans-serif"
_FLAT: Json = {"labelAngle": 0, "grid": False, "labelOverlap": True}  # labels that make room for each other
_FEW: Json = {"tickCount": 4}
_NAMED = 12  # dots up to which each is named
_ID = re.compile(r'(\bid="|url\(#|href="#)')
_numbers = itertools.count(1)


def draw(scene: Scene, visual: Visual, width: float, height: float) -> Markup | None:
    """Return a chart of a size in pixels of the page; None where the kind is none that is drawn."""
    make = _KINDS.get(visual.kind)
    if make is None:
        return None
    if scene.query is None:
        return Markup('<div class="nodata">{}</div>').format(UNKNOWN)
    spec = make(_Chart(scene, scene.query, visual))
    if spec is None:
        return Markup('<div class="nodata">{}</div>').format(UNKNOWN)
    body = spec | {"width": max(width, 40), "height": max(height, 30), "config": _config(), "background": None}
    return _svg(body | {"autosize": {"type": "fit", "contains": "padding"}, "padding": 2}, scene.language)


def _svg(spec: Json, language: str) -> Markup:
    """Return the drawing, with ids of its own: many stand in one page."""
    draws: Any = importlib.import_module("vl_convert")  # only with the extra ``preview``
    locale = {"nl": "nl-NL", "en": "en-US"}[language]
    text: str = draws.vegalite_to_svg(spec, vl_version=_VERSION, format_locale=locale, show_warnings=False)
    number = next(_numbers)
    text = _ID.sub(rf"\1c{number}-", text[text.index("<svg") :])
    return Markup(text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704  Vega escapes


def _config() -> Json:
    axis = {
        "labelColor": _MUTED, "titleColor": _MUTED, "gridColor": _GRID, "domain": False, "ticks": False,
        "labelFontSize": 10.5, "titleFontSize": 10.5, "titleFontWeight": "normal", "labelPadding": 4,
    }  # fmt: skip
    return {
        "font": _FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": axis,
        "legend": {
            "labelColor": _MUTED, "labelFontSize": 10.5, "title": None, "orient": "top", "padding": 0, "offset": 4,
            "symbolSize": 60, "symbolType": "square", "direction": "horizontal", "columnPadding": 8,
        },
    }  # fmt: skip


class _Chart:
    """The data and colours of a chart."""

    def __init__(self, scene: Scene, query: Query, visual: Visual) -> None:
        self.scene, self.query, self.visual = scene, query, visual
        self.categories = visual.fields("Category", "Group", "Details")
        self.series = next(iter(visual.fields("Series", "Breakdown")), None)
        self.order: list[str] = []

    def measures(self, *roles: str) -> list[tuple[Projection, str]]:
        """Return the fields in roles with the measures that compute them."""
        return [(each, self.query.measure(each.field)) for each in self.visual.fields(*roles)]

    def rows(self, measures: Sequence[tuple[Projection, str]]) -> list[Row]:
        """Return the rows of the chart: a category each, or one for each of its series."""
        columns = [*self.categories[:1], *([self.series] if self.series else [])]
        rows = self.query.rows(self.visual, columns, [name for _, name in measures])
        if self.categories:
            shown = (self.label(row) for row in rows)
            self.order = list(dict.fromkeys(shown))
        return rows

    def label(self, row: Row) -> str:
        """Return what a row's category is called."""
        if not self.categories:
            return ""
        return self.scene.shown(self.categories[0].field, row.key[0]) or "(leeg)"

    def points(self, *roles: str) -> Points:
        """Return a point for each category and series; a measure that can't be computed gives none."""
        measures = self.measures(*roles)
        found = []
        for row in self.rows(measures):
            for each, name in measures:
                if isinstance(value := row.values.get(name), int | float):
                    series = self.scene.shown(self.series.field, row.key[-1]) if self.series else each.title
                    words = self.scene.shown(each.field, value, each.format)
                    found.append({"c": self.label(row), "v": float(value), "s": series or "(leeg)", "t": words})
        return found

    def colours(self, names: Sequence[str], *roles: str) -> Json:
        """Return the scale of colours by series: those of the visual, else the theme's in order."""
        by_title = {each.title: each for each in self.visual.fields(*roles)}
        palette = self.scene.palette
        found = []
        for place, name in enumerate(names):
            each = by_title.get(name)
            own = self.scene.colour(self.visual, "dataPoint", "fill", "", each.reference) if each else ""
            found.append(own or palette[place % len(palette)])
        return {"domain": list(names), "range": found}

    def colour(self, names: Sequence[str], *roles: str) -> Json:
        """Return the colour of a point by its series, with the legend."""
        return {"field": "s", "scale": self.colours(names, *roles), "legend": self.legend(names), "sort": names}

    def shows(self, group: str, *, default: bool = True) -> bool:
        """Tell whether an object of the visual shows."""
        return self.scene.plain(self.visual, group, "show", default) is not False

    def legend(self, names: Sequence[str]) -> Json | None:
        """Return the legend, or None where it says nothing."""
        return {} if len(names) > 1 and self.shows("legend") else None

    def axis(self, group: str, title: str) -> Json:
        """Return an axis with its title where that shows."""
        shown = self.scene.plain(self.visual, group, "showAxisTitle", default=False) is True
        return {"title": title if shown else None}

    def numbers(self, fields: Sequence[Projection]) -> str:
        """Return the d3 format of an axis: percentages where the first measure is one."""
        pattern = self.scene.format(fields[0].field) if fields else ""
        if "%" in pattern:
            return ".0%"
        return ",.2~f" if "0.0" in pattern else ",.0f"


def _bars(*, upright: bool, stacked: str | None) -> Callable[[_Chart], Json | None]:
    """Return what draws columns or bars: beside each other, or stacked to a sum or to a whole."""

    def make(chart: _Chart) -> Json | None:
        points = chart.points("Y")
        if not points:
            return None
        names = list(dict.fromkeys(point["s"] for point in points))
        fields = chart.visual.fields("Y")
        category: Json = {
            "field": "c", "type": "nominal", "sort": chart.order,
            "axis": {**chart.axis("categoryAxis", ""), "labelLimit": 150, **_FLAT},
            "scale": {"paddingInner": 0.3, "paddingOuter": 0.15},
        }  # fmt: skip
        value: Json = {
            "field": "v", "type": "quantitative", "stack": stacked,
            "axis": {**chart.axis("valueAxis", fields[0].title), "format": chart.numbers(fields), **_FEW},
        }  # fmt: skip
        colour = chart.colour(names, "Y")
        encoding = {"x" if upright else "y": category, "y" if upright else "x": value, "color": colour}
        if stacked is None and len(names) > 1:
            encoding["xOffset" if upright else "yOffset"] = {"field": "s", "sort": names}
        layers: list[Json] = [{"mark": {"type": "bar"}}]
        if not upright and len(names) == 1:
            category["axis"]["labelLimit"] = 180
            layers.append(_end_labels())
            value["axis"] = {**value["axis"], "labels": False, "grid": False, "title": None}
        return {"data": {"values": points}, "encoding": encoding, "layer": layers}

    return make


def _end_labels() -> Json:
    """Return numbers at the end of bars, on the side of zero where there is room."""
    return {
        "mark": {
            "type": "text",
            "align": {"expr": "datum.v < 0 ? 'right' : 'left'"},
            "dx": {"expr": "datum.v < 0 ? -4 : 4"},
            "fontSize": 10.5,
            "color": _INK,
        },
        "encoding": {"text": {"field": "t"}, "color": {"value": _INK}},
    }


def _lines(*, filled: bool) -> Callable[[_Chart], Json | None]:
    def make(chart: _Chart) -> Json | None:
        points = chart.points("Y", "Y2")
        if not points:
            return None
        names = list(dict.fromkeys(point["s"] for point in points))
        fields = chart.visual.fields("Y", "Y2")
        return {
            "data": {"values": points},
            "encoding": {
                "x": _along(chart),
                "y": {
                    "field": "v", "type": "quantitative", "stack": None,
                    "axis": {**chart.axis("valueAxis", fields[0].title), "format": chart.numbers(fields), **_FEW},
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


def _along(chart: _Chart) -> Json:
    """Return a category axis along the bottom; its labels make room for each other."""
    return {
        "field": "c", "type": "nominal", "sort": chart.order,
        "axis": {**chart.axis("categoryAxis", ""), "labelLimit": 90, **_FLAT},
        "scale": {"paddingInner": 0.3, "paddingOuter": 0.15},
    }  # fmt: skip


def _combo(chart: _Chart) -> Json | None:
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
        "axis": {**chart.axis("valueAxis", ""), "format": chart.numbers(fields), **_FEW},
    }  # fmt: skip
    stacked = "Stacked" in chart.visual.kind
    offset = {} if stacked else {"xOffset": {"field": "s", "sort": first, "scale": {"domain": first}}}
    value_of_columns = {**value, "stack": "zero"} if stacked else value
    layers: list[Json] = [
        {
            "data": {"values": columns},
            "mark": "bar",
            "encoding": {"x": _along(chart), "y": value_of_columns, "color": colour, **offset},
        },
    ]
    if lines:
        mark = {"type": "line", "strokeWidth": 2}
        layers.append(
            {"data": {"values": lines}, "mark": mark, "encoding": {"x": _along(chart), "y": value, "color": colour}}
        )
    return {"layer": layers}


def _waterfall(chart: _Chart) -> Json | None:
    """Draw steps from nothing to their total, each from where the one before ended."""
    points = chart.points("Y")
    if not points:
        return None
    fields = chart.visual.fields("Y")
    total = {"nl": "Totaal", "en": "Total"}[chart.scene.language]
    found = _steps(points, total, lambda level: chart.scene.shown(fields[0].field, level, fields[0].format))
    fills = [
        chart.scene.colour(chart.visual, "sentimentColors", name, default)
        for name, default in (("increaseFill", "#1B7F5C"), ("decreaseFill", "#B3261E"), ("totalFill", "#1F2A37"))
    ]
    scale = {"domain": ["up", "down", "total"], "range": fills}
    chart.order = [*chart.order, total]
    along = _along(chart)
    along["axis"] |= {
        "labelExpr": "split(datum.label, ' ')",
        "labelOverlap": False,
        "labelFontSize": 9.5,
        "labelLimit": 62,
    }
    return {
        "data": {"values": found},
        "encoding": {"x": along},
        "layer": [
            {
                "mark": "bar",
                "encoding": {
                    "y": {
                        "field": "from", "type": "quantitative",
                        "axis": {**chart.axis("valueAxis", ""), "format": chart.numbers(fields), **_FEW},
                    },
                    "y2": {"field": "to"},
                    "color": {"field": "kind", "legend": None, "scale": scale},
                },
            },
        ],
    }  # fmt: skip


def _steps(points: Points, total: str, shown: Callable[[float], str]) -> Points:
    """Return each point with where it begins and ends, and their total last."""
    level, found = 0.0, []
    for point in points:
        kind = "up" if point["v"] >= 0 else "down"
        found.append({**point, "from": level, "to": level + point["v"], "kind": kind})
        level += point["v"]
    return [*found, {"c": total, "from": 0.0, "to": level, "v": level, "t": shown(level), "kind": "total"}]


def _scatter(chart: _Chart) -> Json | None:
    """Draw a dot for each category, its size by a measure, its name beside it where there is room."""
    found = _dots(chart)
    if not found:
        return None
    encoding: Json = {}
    for axis, role, group in (("x", "X", "categoryAxis"), ("y", "Y", "valueAxis")):
        each = chart.visual.fields(role)[0]
        encoding[axis] = {
            "field": role,
            "type": "quantitative",
            "axis": {**chart.axis(group, each.title), "format": chart.numbers([each]), **_FEW},
            "scale": {"zero": False, "nice": True, "padding": 22},
        }
    palette = chart.scene.palette
    dots: Json = {"mark": {"type": "circle", "opacity": 0.55, "color": palette[2 % len(palette)]}}
    if chart.visual.fields("Size"):
        scale = {"range": [40, 500]}
        dots["encoding"] = {"size": {"field": "Size", "type": "quantitative", "legend": None, "scale": scale}}
    words: Json = {
        "mark": {"type": "text", "dy": -14, "fontSize": 10, "color": _INK, "limit": 130},
        "encoding": {"text": {"field": "c"}},
    }
    layers = [dots, words] if len(found) <= _NAMED else [dots]
    return {"data": {"values": found}, "encoding": encoding, "layer": layers}


def _dots(chart: _Chart) -> Points:
    """Return a point for each category that has both a place along and a place up."""
    measures = {role: pair for role in ("X", "Y", "Size") for pair in chart.measures(role)[:1]}
    found = []
    for row in chart.rows(list(measures.values())):
        values = {role: row.values.get(name) for role, (_, name) in measures.items()}
        if all(isinstance(values.get(role), int | float) for role in ("X", "Y")):
            known = {role: value for role, value in values.items() if value is not None}
            found.append({"c": chart.label(row), **known})
    return found


def _donut(chart: _Chart) -> Json | None:
    points = [point for point in chart.points("Y") if point["v"] > 0]
    if not points:
        return None
    names = [point["c"] for point in points] if chart.categories else [point["s"] for point in points]
    inner = {"donutChart": 0.6}.get(chart.visual.kind, 0.0)
    mark = {
        "type": "arc",
        "outerRadius": {"expr": "min(width,height)/2"},
        "innerRadius": {"expr": f"min(width,height)/2*{inner}"},
    }
    palette = list(chart.scene.palette)
    colours = [palette[place % len(palette)] for place in range(len(names))]
    return {
        "data": {"values": points},
        "mark": mark,
        "encoding": {
            "theta": {"field": "v", "type": "quantitative", "stack": True},
            "order": {"field": "v", "sort": "descending"},
            "color": {
                "field": "c" if chart.categories else "s",
                "sort": names,
                "scale": {"domain": names, "range": colours},
                "legend": {"orient": "right", "direction": "vertical"},
            },
        },
    }


def _treemap(chart: _Chart) -> Json | None:
    """Draw areas side by side by size, in rows of about a square."""
    points = sorted((point for point in chart.points("Values") if point["v"] > 0), key=lambda point: -point["v"])
    if not points:
        return None
    palette = chart.scene.palette
    tiles = [{**tile, "fill": palette[place % len(palette)]} for place, tile in enumerate(_tiles(points))]
    axes = {"axis": None, "scale": {"domain": [0, 1], "nice": False}, "type": "quantitative"}
    return {
        "data": {"values": tiles},
        "encoding": {"x": {"field": "x", **axes}, "y": {"field": "y", **axes}},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "#FFFFFF", "strokeWidth": 2},
                "encoding": {"x2": {"field": "x2"}, "y2": {"field": "y2"}, "color": {"field": "fill", "scale": None}},
            },
            {
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "top",
                    "dx": 5,
                    "dy": 5,
                    "color": "#FFFFFF",
                    "fontSize": 10.5,
                    "limit": 120,
                },
                "encoding": {"text": {"field": "c"}, "y": {"field": "y2", **axes}},
            },
        ],
    }


def _tiles(points: Points) -> Iterator[Json]:
    """Yield places in a square of 1 by 1: each row takes points as long as that makes it squarer."""
    rest, x, y, width, height = list(points), 0.0, 0.0, 1.0, 1.0
    while rest:
        whole = sum(point["v"] for point in rest)
        count = max(1, round(len(rest) ** 0.5))
        share = sum(point["v"] for point in rest[:count]) / whole
        wide = width >= height
        along = 0.0
        for point in rest[:count]:
            part = point["v"] / (share * whole)
            w, h = (width * share, height * part) if wide else (width * part, height * share)
            left, low = (x, y + along) if wide else (x + along, y)
            along += h if wide else w
            yield {**point, "x": left, "y": low, "x2": left + w, "y2": low + h}
        x, width = (x + width * share, width * (1 - share)) if wide else (x, width)
        y, height = (y, height) if wide else (y + height * share, height * (1 - share))
        rest = rest[count:]


_KINDS: dict[str, Callable[[_Chart], Json | None]] = {
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
    "waterfallChart": _waterfall,
    "scatterChart": _scatter,
    "donutChart": _donut,
    "pieChart": _donut,
    "treemap": _treemap,
}
"""Kind of a visual → what makes its specification."""
