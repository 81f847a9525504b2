"""Pages are drawn from the report's own files; what a page of others holds stays text and breaks nothing."""

import datetime as dt
import importlib.util
import json
import re

import bundles
import pytest
from lxml import etree

from generator.cli import main
from generator.preview import document, formats, literals, pbir, words
from generator.preview.scene import UNKNOWN

DAY = dt.date(2026, 3, 5)
ELSEWHERE = {"expr": {"Literal": {"Value": "'https://x/y.png'"}}}
PHONE = json.dumps({"position": {"x": 5, "y": 6, "width": 300, "height": 90}}).encode()


def drawn(files, figures=None):
    return document.draw([document.Source("Rapport", files, figures, "nl")])


def report(visual, **page):
    """Return the files of a report of one page with one visual."""
    body = {"name": "p", "displayName": "Pagina", "width": 1280, "height": 720} | page
    listed = visual if isinstance(visual, list) else [visual]
    folder = "definition/pages/p"
    return {
        f"{folder}/page.json": json.dumps(body).encode(),
        **{f"{folder}/visuals/v{place}/visual.json": json.dumps(each).encode() for place, each in enumerate(listed)},
    }


def words_of(text):
    return {
        "visualType": "textbox",
        "objects": {"general": [{"properties": {"paragraphs": [{"textRuns": [{"value": text}]}]}}]},
    }


def at(visual, x=10, y=20, width=100, height=50, **more):
    return {"name": "v", "position": {"x": x, "y": y, "width": width, "height": height}, "visual": visual} | more


@pytest.mark.parametrize(
    ("value", "pattern", "dutch", "english"),
    [
        (1234567.5, "#,##0;(#,##0);0", "1.234.568", "1,234,568"),
        (-1234.4, "#,##0;(#,##0);0", "(1.234)", "(1,234)"),
        (0.2, "#,##0;(#,##0);0", "0", "0"),
        (-0.2, "#,##0;(#,##0);0", "0", "0"),
        (0.1234, "0.0%;-0.0%;0.0%", "12,3%", "12.3%"),
        (-0.05, "+0.0%;-0.0%;0.0%", "-5,0%", "-5.0%"),
        (12.0, "+#,##0;-#,##0;0", "+12", "+12"),
        (1.5, "0.00", "1,50", "1.50"),
        (1234567, '#,##0,"k"', "1.235k", "1,235k"),
        (3.25, "", "3,25", "3.25"),
        (2.0, "General", "2", "2"),
        (dt.datetime.combine(DAY, dt.time()), "d-m-yyyy", "5-3-2026", "5-3-2026"),
        (dt.date(2026, 3, 5), "d mmmm yyyy", "5 maart 2026", "5 March 2026"),
        (dt.datetime.combine(DAY, dt.time(9, 7)), "d mmm yyyy hh:nn", "5 mrt 2026 09:07", "5 Mar 2026 09:07"),
        (dt.date(2026, 3, 5), "Short Date", "5-3-2026", "5/3/2026"),
        (dt.datetime.combine(DAY, dt.time()), "General Date", "5-3-2026", "5/3/2026"),
        (True, "", "Waar", "True"),
        (None, "0", "", ""),
        ("x", "0", "x", "x"),
    ],
)
def test_values_are_written_as_power_bi_does(value, pattern, dutch, english):
    assert formats.shown(value, pattern, "nl") == dutch
    assert formats.shown(value, pattern, "en") == english


@pytest.mark.parametrize(
    ("literal", "value"),
    [("'it''s'", "it's"), ("1.5D", 1.5), ("2L", 2), ("true", True), ("null", None), ("-3D", -3.0), ("12", 12)],
)
def test_literals(literal, value):
    assert literals.parsed(literal) == value


@pytest.mark.parametrize(
    "text", ["red;background:url(x)", "#12345678901", "url(https://x)", "expression(1)", "a b", ""]
)
def test_a_colour_that_is_none_never_reaches_a_style(text):
    assert literals.safe_colour(text) == ""


def test_a_theme_colour_is_lightened():
    value = {"solid": {"color": {"expr": {"ThemeDataColor": {"ColorId": 1, "Percent": 0.5}}}}}
    assert literals.colour(value, ["#FFFFFF", "#000000"]) == "#808080"


def test_markup_stays_text():
    hostile = "<img src=x onerror=alert(1)>\"'</script>"
    sheets = drawn(report(at(words_of(hostile)), displayName=hostile))
    page = document.render(document.Head(hostile, "nl", DAY), sheets)
    assert "<img" not in page
    assert page.count("<script") == 1
    assert "&lt;img src=x" in page
    assert "<img" not in sheets[0].thumbnail


def test_a_page_asks_nothing_of_anyone():
    page = document.render(document.Head("Klant", "nl", DAY), drawn(report(at(words_of("tekst")))))
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#)[^"'#\s)]+""", page) == []
    assert "default-src 'none'" in page


def test_a_visual_stands_where_the_file_says_also_in_a_group():
    group = {
        "name": "g",
        "position": {"x": 100, "y": 200, "width": 300, "height": 300},
        "visualGroup": {"displayName": "g"},
    }
    inner = at(words_of("erin"), parentGroupName="g")
    (page,) = pbir.read(report([group, inner])).pages
    assert [(each.box.x, each.box.y) for each in page.visuals] == [(110, 220)]


def test_groups_that_hold_each_other_end():
    a = {"name": "a", "parentGroupName": "b", "position": {"x": 1, "y": 1}, "visualGroup": {}}
    b = {"name": "b", "parentGroupName": "a", "position": {"x": 2, "y": 2}, "visualGroup": {}}
    (page,) = pbir.read(report([a, b, at(words_of("x"), parentGroupName="a")])).pages
    assert [each.box.x for each in page.visuals] == [13]


def test_a_phone_layout_is_that_of_the_file_else_stacked():
    files = report([at(words_of("een"), name="een"), at(words_of("twee"), y=300, name="twee")])
    html = str(drawn(files)[0].html)
    assert "nophone" not in html
    files["definition/pages/p/visuals/v1/mobile.json"] = PHONE
    html = str(drawn(files)[0].html)
    assert html.count("nophone") == 1
    assert "--px:5;--py:6;--pw2:300;--ph2:90" in html


@pytest.mark.parametrize(
    "visual",
    [
        {"visualType": "someCustomVisual7F3A"},
        {"visualType": "cardVisual", "query": {"queryState": {"Data": {"projections": [{"field": {"Strange": 1}}]}}}},
        {"visualType": "tableEx", "objects": {"values": [{"properties": None}, 7, {"selector": {"data": [3]}}]}},
        {"visualType": "textbox", "objects": {"general": [{"properties": {"paragraphs": [3, {"textRuns": [None]}]}}]}},
        {"visualType": "slicer", "query": {"queryState": {"Values": {"projections": []}}}},
        {"visualType": "image", "objects": {"general": [{"properties": {"imageUrl": ELSEWHERE}}]}},
        {},
    ],
)  # fmt: skip
def test_a_visual_that_is_not_understood_is_a_box_and_the_page_goes_on(visual):
    sheets = drawn(report([at(words_of("gezond"), name="a"), at(visual, name="b")]))
    assert "gezond" in sheets[0].html
    assert "https://" not in sheets[0].html


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"width": "wide"}'])
def test_a_file_that_is_damaged_breaks_nothing(data):
    pbir.read(
        {
            "definition/report.json": data,
            "definition/pages/p/page.json": b"{}",
            "definition/pages/p/visuals/v/visual.json": data,
        }
    )


def test_without_figures_nothing_is_made_up(tmp_path):
    files = {
        path.removeprefix("financieel.Report/"): data
        for path, data in bundles.files(tmp_path, bundles.ONE).items()
        if path.startswith("financieel.Report/")
    }
    sheets = drawn(files)
    assert sheets[0].title == "Samenvatting"
    shown = re.sub(r"<[^>]+>", " ", str(sheets[0].html))
    assert not re.search(r"\d{3}", shown)
    assert shown.count(UNKNOWN) > 10


def test_thumbnails_are_pictures(tmp_path):
    files = {
        path.removeprefix("financieel.Report/"): data
        for path, data in bundles.files(tmp_path, bundles.ONE).items()
        if path.startswith("financieel.Report/")
    }
    for sheet in drawn(files):
        root = etree.fromstring(sheet.thumbnail)
        assert root.get("viewBox") == "0 0 1280 720"


def test_both_languages_have_the_same_words():
    assert words.WORDS["nl"].keys() == words.WORDS["en"].keys()


@pytest.mark.skipif(all(map(importlib.util.find_spec, ("vl_convert", "pbix_mcp"))), reason="the extra is installed")
def test_without_the_extra_it_says_what_to_install(tmp_path, capsys):
    assert main(["preview", "--out", str(tmp_path), "--lang", "nl"]) == 1
    assert 'pip install ".[preview]"' in capsys.readouterr().err
