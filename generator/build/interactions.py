"""Which slicers leave which visuals of a page alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.catalogue import Page, Visual


def left_alone(page: Page, name: Callable[[Visual], str]) -> list[dict[str, str]]:
    """Return the interactions of a page: the choice of a period leaves the workbook's visuals that show time alone.

    A chart of months would otherwise show the one month that is chosen. Pages of the templates have an axis of their
    own. ``name`` tells what a visual is called in its file.
    """
    slicers = [visual for visual in page.visuals if visual.strip is not None and _on_dates(visual)]
    over_time = [visual for visual in page.visuals if visual.caption is not None and _on_dates(visual)]
    return [
        {"source": name(slicer), "target": name(visual), "type": "NoFilter"}
        for slicer in slicers
        for visual in over_time
        if visual.kind != "slicer"
    ]


def _on_dates(visual: Visual) -> bool:
    return any(text.startswith("Datum[") for text in (*visual.category, visual.series or ""))
