"""Pages as one client gets them: what a template shows only under a condition is decided here, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator.catalogue import Visual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.catalogue import Page, Position
    from generator.resolve.client import Client

_FOOT = (24, 608, 1232, 88)
"""Where the accountant's findings stand on a page that has them; the page's visuals end above it."""

_GUTTER = 16
_LEAST_HEIGHT = 96


def holds(condition: str | None, client: Client) -> bool:
    """Tell whether a condition of a template holds for a client; no condition always does."""
    facts = {
        None: True,
        "several_divisions": len(client.divisions) > 1,
        "mixed_currency": client.mixed_currency,
        "has_budget": bool(client.budget_scenario),
        "no_budget": not client.budget_scenario,
        "has_texts": bool(client.texts),
    }
    return facts[condition]


def pages_for(client: Client, report: str, pages: Sequence[Page]) -> Iterator[Page]:
    """Yield the pages that a client has, with the visuals and fields that it has, and its findings at the foot."""
    for page in pages:
        if not holds(page.when, client):
            continue
        visuals = tuple(_for(client, visual) for visual in page.visuals if holds(visual.when, client))
        found = (report, page.name) in client.texts and not page.when
        yield replace(page, visuals=(*map(_above_foot, visuals), _findings(_FOOT)) if found else visuals)


def _for(client: Client, visual: Visual) -> Visual:
    """Return a visual with what depends on the client settled: budget columns, and a slicer's single choice."""
    single = visual.single or (visual.single_when is not None and holds(visual.single_when, client))
    return replace(
        visual,
        values=(*visual.values, *(visual.budget_values if client.budget_scenario else ())),
        budget_values=(),
        lines=visual.lines if client.budget_scenario else (),
        single=single,
    )


def _findings(place: Position) -> Visual:
    return Visual("bevindingen", "textbox", style="findings", at=place, text="findings", alt="findings_title")


def _above_foot(visual: Visual) -> Visual:
    """Return a visual that ends above the foot of the page: shorter, as long as it stays tall enough to read."""
    if visual.at is None:
        return visual
    x, y, width, height = visual.at
    room = _FOOT[1] - _GUTTER - y
    return (
        replace(visual, at=(x, y, width, room)) if y + height > _FOOT[1] - _GUTTER and room >= _LEAST_HEIGHT else visual
    )
