"""Pages as one client gets them: what a template shows only under a condition is decided here, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from generator.catalogue import Visual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.catalogue import Page, Position
    from generator.resolve.client import Client

_FOOT = (24, 608, 1232, 88)
"""Where the accountant's findings stand on a page that has them; the page's visuals end above it."""

_HEAD = frozenset({"titel", "wie", "periodetekst", "controles", "logo"})
_GUTTER = 16
_LEAST_HEIGHT = 96


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions of templates ask of a client; clients of whom all of it is the same share their pages."""

    several_divisions: bool
    mixed_currency: bool
    has_budget: bool
    has_texts: bool
    has_intercompany: bool

    @classmethod
    def of(cls, client: Client) -> Facts:
        """Return the facts of a client."""
        several, mixed = len(client.divisions) > 1, client.mixed_currency
        return cls(several, mixed, bool(client.budget_scenario), bool(client.texts), bool(client.intercompany))

    def hold(self, condition: str | None) -> bool:
        """Tell whether a condition of a template holds; no condition always does."""
        if condition is None:
            return True
        return not self.has_budget if condition == "no_budget" else bool(getattr(self, condition))


def pages_for(client: Client, report: str, pages: Sequence[Page]) -> Iterator[Page]:
    """Yield the pages that a client has, with the visuals and fields that it has, and its findings at the foot."""
    facts = Facts.of(client)
    for page in pages:
        if facts.hold(page.when):
            yield _page(page, facts, found=(report, page.name) in client.texts and not page.when)


def head_of(client: Client, report: str, page: Page) -> tuple[Visual, ...]:
    """Return what a page of a report begins with: title, whose figures, and the filter strip with the checks."""
    heads = (shown for made in pages_for(client, report, [page]) for shown in made.visuals)
    return tuple(visual for visual in heads if visual.strip is not None or visual.name in _HEAD)


@lru_cache(maxsize=4096)
def _page(page: Page, facts: Facts, *, found: bool) -> Page:
    visuals = tuple(
        _visual(visual, facts.has_budget, single=bool(visual.single_when) and facts.hold(visual.single_when))
        for visual in page.visuals
        if facts.hold(visual.when)
    )
    return replace(page, visuals=(*map(_above_foot, visuals), _findings(_FOOT)) if found else visuals)


@lru_cache(maxsize=4096)
def _visual(visual: Visual, budget: bool, *, single: bool) -> Visual:
    """Return a visual with what depends on the client settled: budget columns, and a slicer's single choice."""
    return replace(
        visual,
        values=(*visual.values, *(visual.budget_values if budget else ())),
        budget_values=(),
        lines=visual.lines if budget else (),
        single=visual.single or single,
    )


@lru_cache(maxsize=1)
def _findings(place: Position) -> Visual:
    return Visual("bevindingen", "textbox", style="findings", at=place, text="findings", alt="findings_title")


@lru_cache(maxsize=4096)
def _above_foot(visual: Visual) -> Visual:
    """Return a visual that ends above the foot of the page: shorter, as long as it stays tall enough to read."""
    if visual.at is None:
        return visual
    x, y, width, height = visual.at
    room = _FOOT[1] - _GUTTER - y
    return (
        replace(visual, at=(x, y, width, room)) if y + height > _FOOT[1] - _GUTTER and room >= _LEAST_HEIGHT else visual
    )
