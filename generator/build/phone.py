"""The phone layout of a page: its visuals under each other, on the canvas that Power BI's app shows.

Title, whose figures these are and the page's message come first, then slicers, cards and the rest in the page's reading
order; what is said of every page (checks, units) and the logo close it. The canvas is 324 wide; only positions are
written, everything else is the page's own. A visual without a place there is not shown on a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.jsontext import Document
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.catalogue import Position, Visual

WIDTH = 324
_MARGIN, _GUTTER = 8, 8
_FULL = WIDTH - 2 * _MARGIN
_HALF = (_FULL - _GUTTER) // 2
_CARD, _LABEL = "cardVisual", "label"
# Heights; what a table or chart holds is scrolled or drawn smaller, a card needs its title, figure and comparison.
_HEIGHTS = {"cardVisual": 92, "slicer": 48, "actionButton": 40, "image": 48, "tableEx": 300, "pivotTable": 376}
_TEXTS = {"title": 40, "right": 24, "label": 18, "muted": 40, "findings": 220, "line": 60, "line_right": 48}
_CHART = 220
_LINES = {"title": (22, 32), "muted": (44, 16)}
"""Of texts that may take more lines than their height has: letters in a line, and the height of one."""
_ORDER = {"title": 0, "right": 1, "line": 2, "line_right": 4, "image": 5}
_AS_ON_THE_PAGE = 3


@remembered(1024)
def files(visuals: tuple[Visual, ...], schema: str, texts: tuple[str, ...]) -> tuple[Document, ...]:
    """Return what stands beside each visual's own file, in their order, under the address of its schema.

    ``texts`` are the fixed texts of the visuals, empty where one has none.
    """
    small = {name: (order, place) for order, (name, place) in enumerate(places(visuals, texts))}
    return tuple(_file(*small[visual.name], schema) for visual in visuals)


def _file(order: int, place: Position, schema: str) -> Document:
    x, y, width, height = place
    deep = order * 1000
    position = {"x": x, "y": y, "z": deep, "height": height, "width": width, "tabOrder": deep}
    return Document({"$schema": schema, "position": position})


def places(visuals: Sequence[Visual], texts: Sequence[str] = ()) -> Iterator[tuple[str, Position]]:
    """Yield the name of each visual and its place on a phone: cards two in a row, all else over the whole width."""
    top, half = _MARGIN, False
    for visual, text in sorted(zip(visuals, texts or [""] * len(visuals), strict=True), key=_rank):
        height = _height(visual, text)
        if _is_card(visual):
            yield visual.name, (_MARGIN + (_HALF + _GUTTER if half else 0), top, _HALF, height)
            top, half = (top + height + _GUTTER, False) if half else (top, True)
            continue
        if half:  # a card stands alone in its row
            top, half = top + _HEIGHTS[_CARD] + _GUTTER, False
        yield visual.name, (_MARGIN, top, _FULL, height)
        top += height + (0 if visual.style == _LABEL else _GUTTER)  # a label belongs to what is under it


def _rank(each: tuple[Visual, str]) -> int:
    visual, _ = each
    return _ORDER.get(visual.style or visual.kind, _AS_ON_THE_PAGE)


def _is_card(visual: Visual) -> bool:
    return visual.kind == _CARD and visual.style is None


def _height(visual: Visual, text: str) -> int:
    if visual.style not in _TEXTS:
        return _HEIGHTS.get(visual.kind, _CHART)
    letters, line = _LINES.get(visual.style, (0, 0))
    more = max(0, -(-len(text) // letters) - _TEXTS[visual.style] // line) if letters else 0
    return _TEXTS[visual.style] + more * line
