"""A bundle is drawn once, beside what was generated; the overview says what is known of every client, as text."""

import datetime as dt
import json
import os
import re

import bundles
import pytest
from lxml import html

from generator import catalogue, output, pipeline, preview
from generator.preview import overview, store
from generator.preview.scene import UNKNOWN
from generator.problems import Problem, Stop

DAY = dt.date(2026, 11, 24)
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The output of one office, generated."""
    folder = tmp_path_factory.mktemp("office")
    loaded = bundles.load(folder, bundles.ONE)
    out = folder / "output"
    for _ in pipeline.make_all(loaded.clients, loaded.catalogue, pipeline.Job(out, jobs=1)):
        pass
    output.seal(out, "0")
    return out


@pytest.fixture(scope="module")
def known():
    return catalogue.load()


def drawn(out, known, code="bakker", **more):
    return preview.make(code, None, known, preview.Job(out, DAY, "nl", **more))


def rows(page):
    """Return the overview's rows: code → texts of its cells."""
    root = html.fromstring(page)
    return {
        row.find(".//small").text: [cell.text_content().strip() for cell in row]
        for row in root.iter("tr")
        if row.find("td") is not None
    }


def rendered(out, language="nl", **more):
    return overview.render(out, overview.Known("Kantoor", {"bakker": "Bakkerij"}, **more), language, DAY)


def test_a_bundle_is_drawn_once_and_the_same(made, known):
    first = drawn(made, known)
    page = (made / "bakker/preview/index.html").read_bytes()
    reports = json.loads((made / "bakker/manifest.json").read_text("utf-8"))["reports"]
    assert (first.status, first.pages) == ("created", sum(len(report["pages"]) for report in reports))
    assert drawn(made, known).status == "unchanged"
    (made / "bakker/preview/r1p1.svg").unlink()
    assert drawn(made, known).status == "changed"
    assert drawn(made, known, force=True).status == "changed"
    assert (made / "bakker/preview/index.html").read_bytes() == page
    assert output.verify(made) == ()


def test_the_page_of_a_client_names_no_other_and_no_overview(made, known):
    drawn(made, known, "_office")
    drawn(made, known)
    page = (made / "bakker/preview/index.html").read_text("utf-8")
    assert "../" not in page
    assert "_office" not in page
    assert re.findall(r'href="(?!#)[^"]*"', page) == []


def test_a_bundle_that_is_not_there_is_a_problem(made, known):
    outcome = drawn(made, known, "niemand")
    assert outcome.status == "failed"
    assert [problem.code for problem in outcome.problems] == ["B401"]


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights on Windows")
def test_nothing_is_written_through_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "bakker").mkdir(parents=True)
    (tmp_path / "out" / "bakker" / "preview").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Stop) as stopped:
        store.write(tmp_path / "out", "bakker/preview/index.html", b"x", "bakker")
    assert [problem.code for problem in stopped.value.problems] == ["B105"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_overview_has_each_bundle_with_its_pages(made, known):
    drawn(made, known)
    found = rows(rendered(made, statuses={"bakker": "created"}))
    assert list(found) == ["bakker", "_office"]
    assert found["bakker"][0].startswith("Bakkerij")
    assert found["bakker"][2:5] == ["https://bridge-online.cloud/vd-bakker/odata4", "710001", "nieuw"]
    page = html.fromstring(rendered(made))
    pictures = [image.get("src") for image in page.iter("img")]
    assert all((made / path).is_file() for path in pictures)
    assert page.xpath("//tr//a/@href")[0] == "bakker/preview/index.html#r1p1"


def test_names_and_problems_stay_text(made):
    problems = {"bakker": [Problem("B408", None, {"error": HOSTILE}, "bakker")]}
    page = overview.render(made, overview.Known(HOSTILE, {"bakker": HOSTILE}, {}, problems), "en", DAY)
    assert "<img src=x" not in page
    assert page.count("<script") == 1
    assert HOSTILE in rows(page)["bakker"][0]
    assert HOSTILE in rows(page)["bakker"][5]


def test_what_was_published_and_probed_is_told(made):
    item = {"report": "financieel", "report_id": "1", "refreshed": "2026-11-23T06:31:00Z"}
    (made / "bakker/published.json").write_text(json.dumps({"items": [item]}))
    told = [{"message": "730003 ontbreekt"}]
    asked = {"client": "bakker", "status": "error", "sandbox": False, "problems": told}
    script = '<script type="application/json" id="bundel-probe">{}</script>'

    def probed(**entry):
        (made / "probe.html").write_text(script.format(json.dumps({"databases": [asked | entry]})))
        return rows(rendered(made))["bakker"]

    assert probed()[6:] == ["gepubliceerd, ververst 2026-11-23 06:31", "fout730003 ontbreekt"]
    assert probed(status="ok", problems=[])[7] == "in orde"
    assert probed(sandbox=True)[7] == "niet gevraagd"
    for name in ("bakker/published.json", "probe.html"):
        (made / name).write_text("{")
    assert rows(rendered(made))["bakker"][6:] == [UNKNOWN, "niet gevraagd"]
