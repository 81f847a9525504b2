"""The phone layout of a page: its visuals under each other, in reading order, on the canvas that Power BI's app shows.

The canvas is 324 wide; only positions are written, everything else is the page's own. A visual without a place there is
not shown on a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.jsontext import Document
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from generator.catalogue import Position, Visual

WIDTH = 324
_MARGIN, _GUTTER = 8, 8
_FULL = WIDTH - 2 * _MARGIN
_HALF = (_FULL - _GUTTER) // 2
_CARD, _LABEL = "cardVisual", "label"
# Heights; what a table or chart holds is scrolled or drawn smaller, a card needs its title, figure and comparison.
_HEIGHTS = {"cardVisual": 92, "slicer": 48, "actionButton": 40, "image": 48, "tableEx": 300, "pivotTable": 340}
_TEXTS = {"title": 40, "right": 28, "label": 18, "muted": 40, "findings": 220, "line": 56, "line_right": 72}
_CHART = 220


@remembered(1024)
def files(visuals: tuple[Visual, ...], schema: str) -> tuple[Document, ...]:
    """Return what stands beside each visual's own file, in their order, under the address of its schema."""
    return tuple(_file(place, order, schema) for order, (_, place) in enumerate(places(visuals)))


def _file(place: Position, order: int, schema: str) -> Document:
    x, y, width, height = place
    deep = order * 1000
    position = {"x": x, "y": y, "z": deep, "height": height, "width": width, "tabOrder": deep}
    return Document({"$schema": schema, "position": position})


def places(visuals: Iterable[Visual]) -> Iterator[tuple[str, Position]]:
    """Yield the name of each visual and its place on a phone: cards two in a row, all else over the whole width."""
    top, half = _MARGIN, False
    for visual in visuals:
        height = _height(visual)
        if _is_card(visual):
            yield visual.name, (_MARGIN + (_HALF + _GUTTER if half else 0), top, _HALF, height)
            top, half = (top + height + _GUTTER, False) if half else (top, True)
            continue
        if half:  # a card stands alone in its row
            top, half = top + _HEIGHTS[_CARD] + _GUTTER, False
        yield visual.name, (_MARGIN, top, _FULL, height)
        top += height + (0 if visual.style == _LABEL else _GUTTER)  # a label belongs to what is under it


def _is_card(visual: Visual) -> bool:
    return visual.kind == _CARD and visual.style is None


def _height(visual: Visual) -> int:
    if visual.style in _TEXTS:
        return _TEXTS[visual.style]
    return _HEIGHTS.get(visual.kind, _CHART)
