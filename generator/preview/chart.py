"""The data, order, colours and axes of a chart, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.preview.pbir import Projection, Visual
    from generator.preview.query import Query, Row
    from generator.preview.scene import Scene

Json = dict[str, Any]
Points = list[Json]
"""Of a chart: ``c`` is a category, ``s`` a series, ``v`` a value and ``t`` the value in words."""

INK, MUTED, GRID = "#111827", "#5B6573", "#E3E8EE"
FLAT: Json = {"labelAngle": 0, "grid": False, "labelOverlap": True}  # labels that make room for each other
FEW: Json = {"tickCount": 4}


class Chart:
    """The data and colours of a chart."""

    def __init__(self, scene: Scene, query: Query, visual: Visual) -> None:
        """Keep the visual; ``order`` are its categories in words, as soon as its rows are asked for."""
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
        legend = self.legend(names)
        if legend is not None and self.visual.kind in {"lineChart", "areaChart", "stackedAreaChart"}:
            legend = {"symbolType": "stroke", "symbolStrokeWidth": 2}
        return {"field": "s", "scale": self.colours(names, *roles), "legend": legend, "sort": names}

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


def along(chart: Chart) -> Json:
    """Return a category axis along the bottom; its labels make room for each other."""
    return {
        "field": "c", "type": "nominal", "sort": chart.order,
        "axis": {**chart.axis("categoryAxis", ""), "labelLimit": 90, **FLAT},
        "scale": {"paddingInner": 0.3, "paddingOuter": 0.15},
    }  # fmt: skip
