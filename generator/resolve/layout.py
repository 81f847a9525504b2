"""Places for visuals without a position: the first free spot on the page's grid, below head and filters."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.catalogue import Position

_LEFT, _TOP, _RIGHT, _BOTTOM = 24, 152, 1256, 696
_COLUMN, _GUTTER = 88, 16
_CARD = 96  # the height of a card


def overlaps(one: Position, other: Position) -> bool:
    """Tell whether two rectangles share a pixel."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def free_spot(taken: Iterable[Position], columns: int, height: int) -> Position | None:
    """Return the topmost, then leftmost free rectangle of so many grid columns and pixels high, or None."""
    blocked = tuple(taken)
    width = columns * _COLUMN + (columns - 1) * _GUTTER
    for y in range(_TOP, _BOTTOM - height + 1, 8):
        for x in range(_LEFT, _RIGHT - width + 1, _COLUMN + _GUTTER):
            spot = (x, y, width, height)
            if not any(overlaps(_grown(other), spot) for other in blocked):
                return spot
    return None


def pulled_up(places: Iterable[Position], end: int) -> dict[Position, Position]:
    """Return for each rectangle where it stands on a page that ends at ``end`` already, in the same rows as before.

    Heights are shared out: what is no taller than a card, and the space between rows, keeps its height.
    """
    before = list(places)
    edges = sorted({edge for _, y, _, height in before for edge in (y, y + height)})
    gone = max(edges[-1:], default=end) - end
    gives = [_gives(before, top, bottom) for top, bottom in pairwise(edges)]
    tall = sum(bottom - top for (top, bottom), some in zip(pairwise(edges), gives, strict=True) if some)
    if gone <= 0 or tall <= gone:
        return {place: place for place in before}
    moved, given = {edges[0]: edges[0]}, 0
    for (top, bottom), some in zip(pairwise(edges), gives, strict=True):
        given += bottom - top if some else 0
        moved[bottom] = bottom - round(gone * given / tall)
    return {(x, y, width, height): (x, moved[y], width, moved[y + height] - moved[y]) for x, y, width, height in before}


def _gives(places: Iterable[Position], top: int, bottom: int) -> bool:
    """Tell whether a strip of a page can be lower: something stands in it, and nothing that must keep its height."""
    heights = [height for _, y, _, height in places if y < bottom and y + height > top]
    return bool(heights) and min(heights) > _CARD


def _grown(position: Position) -> Position:
    """Return a rectangle with the gutter around it, so that neighbours keep their distance."""
    x, y, width, height = position
    return (x - _GUTTER + 1, y - _GUTTER + 1, width + 2 * _GUTTER - 2, height + 2 * _GUTTER - 2)
