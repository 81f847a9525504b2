"""Charts that are no columns or lines: bridges, dots, rings and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.preview.chart import FEW, INK, along

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.preview.chart import Chart, Json, Points

_LETTER, _TIGHT = 5.5, 60  # pixels of a letter, and of a label that stands upright under its column
_NAMED = 12  # dots up to which each is named


def waterfall(chart: Chart) -> Json | None:
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
    across = along(chart)
    longest = max(len(point["c"]) for point in found)
    if longest * _LETTER > _TIGHT:
        across["axis"] |= {"labelAngle": -35, "labelLimit": 110, "labelOverlap": False}
    return {
        "data": {"values": found},
        "encoding": {"x": across},
        "layer": [
            {
                "mark": "bar",
                "encoding": {
                    "y": {
                        "field": "from", "type": "quantitative",
                        "axis": {**chart.axis("valueAxis", ""), "format": chart.numbers(fields), **FEW},
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


def scatter(chart: Chart) -> Json | None:
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
            "axis": {**chart.axis(group, each.title), "format": chart.numbers([each]), **FEW},
            "scale": {"zero": False, "nice": True, "padding": 22},
        }
    palette = chart.scene.palette
    dots: Json = {"mark": {"type": "circle", "opacity": 0.55, "color": palette[2 % len(palette)]}}
    if chart.visual.fields("Size"):
        scale = {"range": [40, 500]}
        dots["encoding"] = {"size": {"field": "Size", "type": "quantitative", "legend": None, "scale": scale}}
    words: Json = {
        "mark": {"type": "text", "dy": -14, "fontSize": 10, "color": INK, "limit": 130},
        "encoding": {"text": {"field": "c"}},
    }
    layers = [dots, words] if len(found) <= _NAMED else [dots]
    return {"data": {"values": found}, "encoding": encoding, "layer": layers}


def _dots(chart: Chart) -> Points:
    """Return a point for each category that has both a place along and a place up."""
    measures = {role: pair for role in ("X", "Y", "Size") for pair in chart.measures(role)[:1]}
    found = []
    for row in chart.rows(list(measures.values())):
        values = {role: row.values.get(name) for role, (_, name) in measures.items()}
        if all(isinstance(values.get(role), int | float) for role in ("X", "Y")):
            known = {role: value for role, value in values.items() if value is not None}
            found.append({"c": chart.label(row), **known})
    return found


def donut(chart: Chart) -> Json | None:
    """Draw parts of a whole as a ring or a pie."""
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


def treemap(chart: Chart) -> Json | None:
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
        start = 0.0
        for point in rest[:count]:
            part = point["v"] / (share * whole)
            w, h = (width * share, height * part) if wide else (width * part, height * share)
            left, low = (x, y + start) if wide else (x + start, y)
            start += h if wide else w
            yield {**point, "x": left, "y": low, "x2": left + w, "y2": low + h}
        x, width = (x + width * share, width * (1 - share)) if wide else (x, width)
        y, height = (y, height) if wide else (y + height * share, height * (1 - share))
        rest = rest[count:]
