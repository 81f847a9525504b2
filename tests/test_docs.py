"""The docs: pages about reports follow from the templates, and no link in any page leads nowhere."""

import re

import pytest
from renew_docs import FOLDER, ROOT, WORDS, documents

from generator import catalogue

RENEW = "the templates changed: run `python tests/renew_docs.py` and commit what it writes"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def made():
    return documents()


def test_pages_about_reports_are_those_of_the_templates(made):
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert there.keys() == made.keys(), RENEW
    assert [name for name in made if made[name] != there[name]] == [], RENEW


def test_each_report_tells_its_pages_and_what_its_measures_mean(made):
    known = catalogue.load()
    for report in known.reports.values():
        if report.design:
            continue
        for language in known.languages.values():
            page = made[f"{report.name}.md" if language.code == "nl" else f"{report.name}.{language.code}.md"]
            for name in report.pages:
                assert f"### {language.sections['page'][name]}\n" in page
            assert page.count("\n| `") > 100
            assert page.count(" |  | ") == page.count(" |  | `"), "a measure without a definition"
    shown = made["financieel.md"]
    assert known.measures["Brutomarge %"].descriptions["nl"] in shown
    assert "`Relatie`" not in made["kantoor.md"]


def test_both_languages_say_the_same_things_around_it():
    nl, en = (WORDS[code] for code in ("nl", "en"))
    assert nl.keys() == en.keys()
    for part in ("types", "conditions"):
        assert nl[part].keys() == en[part].keys()


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_link_leads_to_a_file(page):
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []
