"""Every page has a phone layout: each visual inside the canvas, none over another, in reading order."""

from __future__ import annotations

import pytest
from bundles import ONE, built

from generator.build import phone
from generator.catalogue import Visual


def positions(layer):
    """Yield the page of each visual and its place on a phone."""
    for path in layer.definition:
        if path.endswith("/visual.json"):
            yield path.split("/")[1], layer.definition[mobile(path)]["position"]


def mobile(path: str) -> str:
    return path.removesuffix("visual.json") + "mobile.json"


@pytest.mark.parametrize("code", ["bakker", "_office"])
def test_every_visual_of_every_page_has_its_own_place_on_a_phone(tmp_path, code):
    pages: dict[str, list[dict]] = {}
    for report in built(tmp_path, ONE, code).reports:
        for page, small in positions(report.layer):
            pages.setdefault(page, []).append(small)
    assert pages
    for places in pages.values():
        for place in places:
            assert 0 <= place["x"] < place["x"] + place["width"] <= phone.WIDTH
        for number, one in enumerate(places):
            for other in places[number + 1 :]:
                apart = (
                    one["x"] + one["width"] <= other["x"]
                    or other["x"] + other["width"] <= one["x"]
                    or one["y"] + one["height"] <= other["y"]
                    or other["y"] + other["height"] <= one["y"]
                )
                assert apart, (one, other)
        assert [place["y"] for place in places] == sorted(place["y"] for place in places)


@pytest.mark.parametrize("code", ["bakker", "_office"])
def test_what_is_small_on_a_page_takes_little_of_a_phone(tmp_path, code):
    most = {"cardVisual": 92, "slicer": 48, "actionButton": 40, "image": 48}
    for report in built(tmp_path, ONE, code).reports:
        for path, content in report.layer.definition.items():
            kind = content["visual"]["visualType"] if path.endswith("/visual.json") else ""
            if kind in most:
                assert report.layer.definition[mobile(path)]["position"]["height"] <= most[kind], path


def test_cards_stand_two_in_a_row_and_a_lone_one_by_itself():
    kinds = {"a": "cardVisual", "b": "cardVisual", "c": "cardVisual", "d": "lineChart"}
    visuals = [Visual(name, kind) for name, kind in kinds.items()]
    a, b, c, d = (place for _, place in phone.places(visuals))
    assert a[1] == b[1] < c[1] < d[1]
    assert a[0] < b[0]
    assert c[1] + c[3] <= d[1]
