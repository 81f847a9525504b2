"""The templates, as data: every text in every language, every name that one file uses and another defines."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import combinations

import pytest

from generator import catalogue, dax
from generator.build.pull import page_fields, visual_fields
from generator.catalogue import split_field
from generator.resolve.layout import overlaps
from generator.spec.rules import PAGE_HEIGHT, PAGE_WIDTH

TEMPLATES = catalogue.packaged()
KNOWN = catalogue.load()
LANGUAGES = sorted(KNOWN.languages)
OWN = {"page_title", "client_name", "findings", "all_findings", "culture"}  # texts that follow from client and page
TEXT_KEYS = ("title", "subtitle", "text", "alt", "default")
FIELD = re.compile(r"<<t\.(\w+)>>")
PLACEHOLDER = re.compile(r"<<([^>]*)>>")
HEAD = 88  # the lines of the head may touch: a text box has room above and below its line
CONDITIONS = {
    "has_intercompany",
    "has_logo",
    "has_texts",
    "has_budget",
    "no_budget",
    "several_divisions",
    "mixed_currency",
    None,
}


def pages():
    return [pytest.param(page, id=name) for name, page in KNOWN.pages.items()]


def toml(path):
    return tomllib.loads((TEMPLATES / "exact_online" / path).read_text("utf-8"))


def said(language, key):
    """Return a text by its key: of the section ``text``, or of the one before the dot."""
    section, _, name = key.rpartition(".")
    return language.sections.get(section or "text", {}).get(name)


def formulas():
    """Return every formula of the templates: (measure, formula)."""
    for name, measure in KNOWN.measures.items():
        for formula in (measure.dax, measure.budget, measure.intercompany.replace("<<dax>>", measure.dax)):
            if formula:
                yield name, formula.replace("<<divisions>>", "2")


# ------------------------------------------------------------------------------------------------------------ texts


def test_there_are_two_languages_at_least():
    assert {"nl", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_the_keys_of_the_dutch_one_in_every_section(code):
    own, dutch = toml(f"texts/{code}.toml"), toml("texts/nl.toml")
    assert own.keys() == dutch.keys()
    for section, texts in dutch.items():
        if isinstance(texts, dict):
            assert set(own[section]) == set(texts), section
            assert all(isinstance(text, str) and text.strip() for text in own[section].values()), section
    assert len(own["months"]) == len(set(own["months"])) == 12
    assert re.fullmatch(rf"{code}-[A-Z]{{2}}", own["culture"])


SAME_IN_BOTH = {"EBITDA YTD", "Current ratio", "Quick ratio"}


def defined():
    """Return the measures that the reports with a list of definitions show as a number."""
    for report in KNOWN.reports.values():
        visuals = [visual for page in report.pages for visual in KNOWN.pages[page].visuals]
        fields = {field for visual in visuals for field in visual_fields(visual)}
        if "Definities[Definitie]" in fields:
            yield from (name for name in fields & KNOWN.measures.keys() if KNOWN.measures[name].format)


def test_every_measure_that_readers_find_a_definition_of_has_an_english_name():
    assert {"Netto-omzet YTD", "Voorraadwaarde", "Onderhanden werk"} <= set(defined())
    lacking = {name for name in defined() if KNOWN.measures[name].names.get("en", name) == name}
    assert lacking <= SAME_IN_BOTH
    english = {name: KNOWN.measures[name].names.get("en", name) for name in defined()}
    assert len(set(english.values())) == len(english), "two measures with one name"


def test_a_variant_is_called_and_defined_by_the_name_of_what_it_is_made_of():
    ytd = KNOWN.measures["Netto-omzet YTD VJ"]
    assert ytd.names == {"nl": "Netto-omzet YTD VJ", "en": "Net revenue YTD last year"}
    assert ytd.descriptions["en"].startswith("Net revenue: ")
    assert ytd.descriptions["nl"].startswith("Netto-omzet: ")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_report_page_and_line_has_a_title(code):
    sections = KNOWN.languages[code].sections
    assert set(sections["report"]) == set(KNOWN.reports)
    assert set(sections["page"]) == set(KNOWN.pages)
    assert set(sections["line"]) == set(KNOWN.lines)
    for section in ("report", "page", "line"):
        titles = [title.casefold() for title in sections[section].values()]
        assert len(set(titles)) == len(titles), section


def test_a_title_in_one_language_is_no_other_pages_name():
    for section, known in (("page", KNOWN.pages), ("line", KNOWN.lines), ("report", KNOWN.reports)):
        names = {name.casefold(): name for name in known}
        for language in KNOWN.languages.values():
            for name, title in language.sections[section].items():
                assert names.get(title.casefold(), name) == name, (language.code, title)


@pytest.mark.parametrize("page", pages())
def test_every_text_of_a_page_exists(page):
    used = {
        key
        for visual in page.visuals
        for key in (*(getattr(visual, name) for name in TEXT_KEYS), *visual.captions.values())
        if key
    }
    for language in KNOWN.languages.values():
        assert not {key for key in used - OWN if not said(language, key)}, language.code


def test_every_text_of_a_formula_exists():
    for name, formula in formulas():
        for language in KNOWN.languages.values():
            assert not {key for key in set(FIELD.findall(formula)) - OWN if not said(language, key)}, (
                language.code,
                name,
            )


def test_no_formula_has_a_placeholder_that_nothing_fills():
    for name, formula in formulas():
        assert set(PLACEHOLDER.findall(FIELD.sub("", formula))) <= {"fact"}, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_measure_is_described(code):
    for name, measure in KNOWN.measures.items():
        assert set(measure.descriptions) == set(LANGUAGES), name
        assert len(measure.descriptions[code].strip()) > 8, name
        assert measure.folder, name


@pytest.mark.parametrize("code", LANGUAGES)
def test_there_is_a_set_up_sheet_in_every_language(code):
    sheets = {
        name: [line for line in text.splitlines() if re.match(r"<%|## \d", line)] for name, text in KNOWN.setup.items()
    }
    assert code in sheets
    assert len([line for line in sheets[code] if line.startswith("##")]) == len(
        [line for line in sheets["nl"] if line.startswith("##")]
    )
    assert [line for line in sheets[code] if line.startswith("<%")] == [
        line for line in sheets["nl"] if line.startswith("<%")
    ]


# ---------------------------------------------------------------------------------------------------------- visuals


@pytest.mark.parametrize("path", [
    pytest.param(path, id=path.name) for folder in ("visuals", "themes") for path in (TEMPLATES / folder).iterdir()
])  # fmt: skip
def test_a_visual_or_theme_is_a_document(path):
    document = json.loads(path.read_text("utf-8"))
    if path.parent.name == "visuals":
        assert document["visual"]["visualType"] == path.name.split(".")[0]
        assert set(document) <= {"roles", "required", "size", "visual"}
        assert set(document.get("required", ())) <= set(document.get("roles", ()))
        assert set(document.get("roles", ())) <= {"values", "category", "series", "lines"}
    else:
        assert document["name"]
        assert document["dataColors"]


@pytest.mark.parametrize("page", pages())
def test_every_visual_of_a_page_has_its_template_and_the_roles_it_fills(page):
    for visual in page.visuals:
        template = KNOWN.visuals[f"{visual.kind}.{visual.style}" if visual.style else visual.kind]
        roles = template.get("roles", {})
        filled = {role for role in ("values", "category", "series") if getattr(visual, role)}
        assert filled <= set(roles), visual.name
        assert visual.at or visual.strip, visual.name


@pytest.mark.parametrize("page", pages())
def test_the_visuals_of_a_page_have_names_of_their_own_and_stand_on_it(page):
    names = [visual.name for visual in page.visuals]
    assert len(set(names)) == len(names)
    for visual in page.visuals:
        if visual.at:
            x, y, width, height = visual.at
            assert min(x, y) >= 0, visual.name
            assert x + width <= PAGE_WIDTH, visual.name
            assert y + height <= PAGE_HEIGHT, visual.name


@pytest.mark.parametrize("page", pages())
def test_the_visuals_of_a_page_do_not_overlap(page):
    shown = [visual for visual in page.visuals if visual.at and visual.at[1] >= HEAD]
    for one, other in combinations(shown, 2):
        if one.when is None or other.when is None or one.when == other.when:
            assert not overlaps(one.at, other.at), f"{one.name} on {other.name}"


@pytest.mark.parametrize("page", pages())
def test_conditions_are_ones_that_exist(page):
    for each in (page, *page.visuals):
        assert getattr(each, "when", None) in CONDITIONS
        assert getattr(each, "single_when", None) in CONDITIONS


# ----------------------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("page", pages())
def test_every_field_of_a_page_is_a_measure_or_a_column(page):
    for text in page_fields(page):
        parts = split_field(text)
        if parts is None:
            assert text in KNOWN.measures, text
        else:
            assert parts[1] in KNOWN.tables[parts[0]].columns, text


@pytest.mark.parametrize("page", pages())
def test_captions_widths_and_colours_belong_to_a_field_of_the_visual(page):
    for visual in page.visuals:
        fields = {*visual_fields(visual), *visual.budget_values, *visual.budget_lines}
        for name in ("captions", "widths", "sign_colours", "bars", "right", "cell_colours"):
            assert set(getattr(visual, name, ())) <= fields, (visual.name, name)
        assert len(visual.colours) <= len(visual.values) + len(visual.lines) + len(visual.budget_lines), visual.name


def test_every_name_in_a_formula_exists():
    columns = {(name, column) for name, table in KNOWN.tables.items() for column in table.columns}
    for fact in {report.fact for report in KNOWN.reports.values()}:
        for name, template in formulas():
            formula = FIELD.sub('""', template.replace("<<fact>>", fact))
            assert dax.fault(formula) is None, name
            used = dax.references(formula)
            assert used.functions <= dax.functions(), name
            assert used.tables <= set(KNOWN.tables), name
            # The office's balances lack what only ledger lines have; no page of the office asks for it.
            assert {each for each in used.columns if each[0] != fact} <= columns, name
            measures = {each for each in used.measures if each.casefold() not in dax.named_columns(formula)}
            assert measures <= set(KNOWN.measures), name


def test_no_measure_is_named_as_a_column_or_table():
    columns = {column.casefold() for name, table in KNOWN.tables.items() if table.measures for column in table.columns}
    names = [name.casefold() for name in KNOWN.measures]
    assert len(set(names)) == len(names)
    assert columns.isdisjoint(names)


def test_every_page_of_a_report_exists_and_every_page_is_in_a_report():
    named = [page for report in KNOWN.reports.values() for page in report.pages]
    assert set(named) == set(KNOWN.pages)
    for name, report in KNOWN.reports.items():
        assert report.scope in {"client", "office"}, name
        assert report.fact in KNOWN.tables, name
        assert not KNOWN.pages[report.pages[0]].drill_through, name


def test_every_line_of_the_platform_exists():
    base = {name for name, line in KNOWN.lines.items() if not line.adds}
    assert set(KNOWN.platform["account_types"].values()) <= base
    assert set(KNOWN.platform["balance_sides"].values()) <= base
    for name, line in KNOWN.lines.items():
        assert set(line.adds) <= base, name
        assert line.sign in {1, -1}
        assert line.statement in {"W", "B"}


# ---------------------------------------------------------------------------------------------------------- sources


@pytest.mark.parametrize("name", sorted(KNOWN.sources))
def test_a_source_asks_for_columns_that_its_entity_has(name):
    source = KNOWN.sources[name]
    entity = KNOWN.entities[source.entity]
    known = KNOWN.known_columns[entity.columns_of or entity.fast]["columns"]
    needed = {
        each
        for table in KNOWN.tables.values()
        if table.source == name
        for column in table.columns.values()
        for each in (column.source, *column.needs)
        if each
    }
    assert {*source.always, *needed} <= set(known)
    assert {each for each in (source.year, source.amount) if each} <= set(known)
    assert f"{name}.pq" in KNOWN.queries


@pytest.mark.parametrize("name", sorted(KNOWN.entities))
def test_an_entity_is_in_the_list_of_tables(name):
    entity = KNOWN.entities[name]
    listed = entity.columns_of or entity.fast
    assert KNOWN.known_columns[listed]["columns"], listed
    for entity_set in (entity.fast, entity.bulk or entity.fast):
        assert re.fullmatch(r"ExactOnline\w*\.\w+\.\w+", entity_set)


@pytest.mark.parametrize("name", sorted(KNOWN.tables))
def test_a_table_has_its_query_sources_and_types(name):
    table = KNOWN.tables[name]
    assert f"{name}.pq" in KNOWN.queries
    assert {each for each in (table.source, *table.uses) if each} <= set(KNOWN.sources)
    assert table.scope in {"", "client", "office"}
    assert table.date is None or table.columns[table.date].type == "date"
    for column in table.columns.values():
        assert column.type in {"text", "int", "decimal", "number", "date", "datetime", "bool"}
        assert column.sort_by is None or column.sort_by in table.columns
        assert table.source or not column.source
    assert sum(column.key for column in table.columns.values()) <= 1


def test_a_relationship_joins_columns_of_one_type_to_a_key():
    for row in KNOWN.relationships:
        one, other = (KNOWN.tables[table].columns[column] for table, column in (row.from_, row.to))
        assert one.type == other.type, row
        assert other.key or row.to[1] == KNOWN.tables[row.to[0]].date, row


def test_there_is_one_home_for_measures_and_one_date_table():
    assert [name for name, table in KNOWN.tables.items() if table.measures] == ["Meetwaarden"]
    assert [name for name, table in KNOWN.tables.items() if table.date] == ["Datum"]


def test_every_query_template_is_of_a_table_or_a_source():
    top = {path.removesuffix(".pq") for path in KNOWN.queries if "/" not in path}
    assert top == set(KNOWN.tables) | set(KNOWN.sources)
