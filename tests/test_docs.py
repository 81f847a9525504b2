"""The docs: pages about reports follow from the templates, and no link in any page leads nowhere."""

import re
import shutil
from dataclasses import replace
from textwrap import dedent

import pytest
from bundles import ONE, measures_of, model_of, queries_of, tables_of
from bundles import pages as pages_of
from markdown import found, save
from renew_docs import FOLDER, ROOT, WORDS, documents

from generator import catalogue, pipeline
from generator.build import build
from generator.problems import Stop
from generator.resolve.client import Access

RENEW = "the templates changed: run `python tests/renew_docs.py` and commit what it writes"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def made():
    return documents()


def test_pages_about_reports_are_those_of_the_templates(made):
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert there.keys() == made.keys(), RENEW
    assert [name for name in made if made[name] != there[name]] == [], RENEW


def rows(page):
    """Return how many rows the tables of a page have that begin with a name of the model."""
    return len(re.findall(r"^\| [^|]*`", page, re.MULTILINE))


def test_each_report_tells_its_pages_and_what_its_measures_mean(made):
    known = catalogue.load()
    for report in known.reports.values():
        if report.design:
            continue
        for language in known.languages.values():
            page = made[f"{report.name}.md" if language.code == "nl" else f"{report.name}.{language.code}.md"]
            for name in report.pages:
                assert f"### {language.sections['page'][name]}\n" in page
            shown, _, own = page.partition(f"## {WORDS[language.code]['others']}\n")
            assert rows(shown) > 40
            own = own.partition("\n## ")[0]
            assert rows(own) == 0 if report.closed else rows(own) > 300
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


# ------------------------------------------------------------------------------------ how-to pages, followed literally

STEP = re.compile(r"^( *)```\w+ (templates/\S+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
HOW_TO = ROOT / "docs" / "how-to"
VISUALS = "\n## Visuals\n| Klant | Rapport | Pagina | Soort | Waarden | Categorie |\n"


def followed(name, folder):
    """Write the files of a how-to page into a folder of work, and return its templates."""
    text = (HOW_TO / f"{name}.md").read_text("utf-8")
    steps = [(match[2], dedent(match[1] + match[3].removeprefix(match[1]))) for match in STEP.finditer(text)]
    assert steps, name
    for path, content in steps:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    return folder / "templates"


def made_of(name, folder, rows="", told=()):
    """Follow a how-to page, and build a client's bundle with it."""
    templates = followed(name, folder)
    loaded = pipeline.load(save(folder, ONE + rows), templates)
    assert found(list(loaded.problems)) == [*told]
    made = next(each for each in loaded.clients if each.code == "bakker")
    return build(made, loaded.catalogue), loaded


def test_how_to_add_a_measure(tmp_path):
    row = f"{VISUALS}| * | financieel | Kengetallen | cardVisual | Omzet per boekstuk | |\n"
    made, _ = made_of("measure", tmp_path, row)
    assert "Omzet per boekstuk" in measures_of(model_of(made))


def test_how_to_add_a_page(tmp_path):
    made, _ = made_of("page", tmp_path)
    (report,) = made.reports
    assert report.pages[-1] == "Marge"
    assert "Marge" in pages_of(report.layer.definition)


def test_how_to_add_a_table(tmp_path):
    row = f"{VISUALS}| * | financieel | Kengetallen | tableEx | Aantal dagboeken | Dagboek[Code] |\n"
    made, _ = made_of("table", tmp_path, row)
    assert {column["name"] for column in tables_of(model_of(made))["Dagboek"]["columns"]} == {"Administratie", "Code"}
    assert "Financial.Journals@eol" in queries_of(made)["BronDagboeken"]


def test_how_to_add_a_theme(tmp_path):
    templates = followed("theme", tmp_path)
    tables = ONE.replace("| Naam | Taal | Geco", "| Thema | Naam | Taal | Geco").replace("| Van Dam", "| zee | Van Dam")
    loaded = pipeline.load(save(tmp_path, tables), templates)
    assert found(list(loaded.problems)) == []
    packed = pipeline.files(loaded.clients[0], loaded.catalogue)
    assert any(path.endswith(".json") and "zee" in path for path in packed)


def test_how_to_add_a_platform(tmp_path):
    row = "\n## Rapporten\n| Klant | Rapport |\n| bakker | voorbeeld_facturen |\n"
    made, loaded = made_of("platform", tmp_path, row, ["B035 Kantoor!C2"])  # the office's own report is on another
    queries = queries_of(made, "voorbeeld_facturen")
    assert 'Name = "Voorbeeld.V1.Invoices@vbd"' in queries["BronFacturen"]
    assert "[company_id] = 710001" in queries["BronFacturen"]
    assert "use 710001@vbd" in made.setup
    limited = replace(loaded.clients[0], access=(Access("al@b.nl", "Viewer", (710001,)),))
    assert model_of(build(limited, loaded.catalogue), "voorbeeld_facturen")["roles"]


def test_how_to_add_a_language(tmp_path):
    ours = ROOT / "templates" / "exact_online"
    theirs = tmp_path / "templates" / "exact_online"
    (theirs / "texts" / "de").mkdir(parents=True)
    (theirs / "setup").mkdir()
    shutil.copy(ours / "texts" / "nl.toml", theirs / "texts" / "de.toml")
    for path in (ours / "texts" / "nl").glob("*.toml"):
        shutil.copy(path, theirs / "texts" / "de")
    shutil.copy(ours / "setup" / "nl.md", theirs / "setup" / "de.md")
    loaded = pipeline.load(save(tmp_path, ONE), tmp_path / "templates")
    german = replace(loaded.clients[0], language="de")
    assert build(german, loaded.catalogue).reports[0].database["model"]["culture"] == "nl-NL"
    (theirs / "setup" / "de.md").unlink()
    catalogue.load.cache_clear()
    with pytest.raises(Stop) as caught:
        catalogue.load(tmp_path / "templates")
    assert [problem.values["path"] for problem in caught.value.problems] == ["setup/de.md"]
    catalogue.load.cache_clear()
