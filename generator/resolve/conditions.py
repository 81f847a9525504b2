"""Pages as one client gets them: what a template shows only under a condition is decided here, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from generator.catalogue import Visual
from generator.resolve.layout import overlaps, pulled_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.catalogue import Page, Position
    from generator.resolve.client import Client

_FOOT = (24, 608, 1232, 88)
"""Where the accountant's findings stand on a page that has them; the page's visuals end above it."""

_HEAD = frozenset({"titel", "wie", "periodetekst", "controles", "logo"})
_ALL_FINDINGS = "has_texts"  # the condition of a page that shows the findings of all pages itself
_IMAGE = "image"
_GUTTER = 16


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions of templates ask of a client; clients of whom all of it is the same share their pages."""

    several_divisions: bool
    mixed_currency: bool
    has_budget: bool
    has_texts: bool
    has_intercompany: bool
    has_logo: bool

    @classmethod
    def of(cls, client: Client) -> Facts:
        """Return the facts of a client."""
        return cls(
            several_divisions=len(client.divisions) > 1,
            mixed_currency=client.mixed_currency,
            has_budget=bool(client.budget_scenario),
            has_texts=bool(client.texts),
            has_intercompany=bool(client.intercompany),
            has_logo=client.logo is not None,
        )

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
            yield _page(page, facts, found=(report, page.name) in client.texts and page.when != _ALL_FINDINGS)


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
    logo = next((visual.at for visual in visuals if visual.kind == _IMAGE), None)
    if logo:
        visuals = tuple(_before(visual, logo) for visual in visuals)
    return replace(page, visuals=(*_above_foot(visuals), _findings(_FOOT)) if found else visuals)


def _before(visual: Visual, logo: Position) -> Visual:
    """Return a visual of the head that ends before the logo."""
    if visual.at is None or visual.kind == _IMAGE or not overlaps(visual.at, logo):
        return visual
    x, y, _, height = visual.at
    return replace(visual, at=(x, y, logo[0] - _GUTTER - x, height))


@lru_cache(maxsize=4096)
def _visual(visual: Visual, budget: bool, *, single: bool) -> Visual:
    """Return a visual with what depends on the client settled: budget columns and lines, a slicer's single choice."""
    return replace(
        visual,
        values=(*visual.values, *(visual.budget_values if budget else ())),
        budget_values=(),
        lines=(*visual.lines, *(visual.budget_lines if budget else ())),
        budget_lines=(),
        single=visual.single or single,
    )


@lru_cache(maxsize=1)
def _findings(place: Position) -> Visual:
    return Visual("bevindingen", "textbox", style="findings", at=place, text="findings", alt="findings_title")


def _above_foot(visuals: Sequence[Visual]) -> Iterator[Visual]:
    """Yield visuals that end above the foot of the page."""
    places = pulled_up([visual.at for visual in visuals if visual.at], _FOOT[1] - _GUTTER)
    for visual in visuals:
        yield _moved(visual, places[visual.at]) if visual.at else visual


@lru_cache(maxsize=4096)
def _moved(visual: Visual, at: Position) -> Visual:
    return visual if visual.at == at else replace(visual, at=at)
