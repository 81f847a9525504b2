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
        in_tab_order = sorted(places, key=lambda place: place["tabOrder"])
        assert [place["y"] for place in in_tab_order] == sorted(place["y"] for place in places)
        assert len({place["tabOrder"] for place in places}) == len(places)


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
    assert (a[0], b[0] + b[2]) == (d[0], d[0] + d[2])  # two fill the width
    assert d[0] + d[2] == phone.WIDTH - d[0]  # the margins are equal


def test_the_message_comes_before_slicers_and_what_is_on_every_page_last():
    shown = [
        Visual("title", "textbox", style="title"),
        Visual("units", "cardVisual", style="line_right"),
        Visual("logo", "image"),
        Visual("period label", "textbox", style="label"),
        Visual("period", "slicer"),
        Visual("message", "cardVisual", style="line"),
        Visual("card", "cardVisual"),
    ]
    order = [name for name, _ in phone.places(shown)]
    assert order == ["title", "message", "period label", "period", "card", "units", "logo"]


def test_a_long_title_and_a_long_text_have_the_lines_that_they_need():
    shown = [Visual("title", "textbox", style="title"), Visual("text", "textbox", style="muted")]

    def heights(*texts):
        return [place[3] for _, place in phone.places(shown, texts)]

    assert heights("Summary", "Short.") == [40, 40]
    assert heights("Reconciliation with the ledger", "word " * 40) == [72, 40 + 3 * 16]


def test_the_fixed_texts_of_a_page_reach_its_phone_layout(tmp_path):
    """A title that takes two lines on a phone has their height, in the language of the reader."""
    made = built(tmp_path, ONE + "\n## Rapporten\n| Klant | Rapport |\n| bakker | debiteuren_crediteuren |\n")
    layer = next(report.layer for report in made.reports if report.name == "debiteuren_crediteuren")
    heights = set()
    for path, content in layer.definition.items():
        if path.endswith("/visual.json") and "Aansluiting met het grootboek" in str(content):
            heights.add(layer.definition[mobile(path)]["position"]["height"])
    assert 72 in heights
