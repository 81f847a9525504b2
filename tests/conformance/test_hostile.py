"""Clients whose every cell is hostile: what is made of them is parsed and run by strangers, and reads back as text."""

import random

import pytest
from conftest import Office, generate
from hostile import FRAGMENTS, HOSTILE, workbook
from judges import dax, lint, power_query, report, tom
from judges.execute import execute
from markdown_it import MarkdownIt

from generator import pipeline

LONG = 200
SEED = 20261124
MEMBERS = ("Administratie", "Toegang", "P_INVANTIVE_URL")
PLAIN = {"plain": "Een gewone naam"}


def drawn():
    """Values put together of pieces that end or begin something in one of the languages."""
    dice = random.Random(SEED)  # noqa: S311 -- no secret
    return {f"d{number}": "".join(dice.choices(FRAGMENTS, k=14)) for number in range(3)}


@pytest.fixture(scope="module")
def specs(tmp_path_factory):
    return workbook(tmp_path_factory.mktemp("hostile"), HOSTILE | drawn() | PLAIN)


@pytest.fixture(scope="module")
def office(specs):
    done = generate(specs.parent / "output", specs=specs)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Office(specs.parent / "output", specs)


@pytest.fixture(scope="module")
def clients(specs):
    return {client.code: client for client in pipeline.load(specs).clients}


def test_every_query_parses_and_knows_its_names(office):
    for one in office.reports:
        assert power_query.judge_queries([one.section]) == []
    for one in office.reports:
        assert power_query.judge_sources([one.section, *one.queries], office.url(one.client)) == []


def test_executed_tables_hold_the_texts_as_they_were(office, clients):
    runs = [
        {"label": one.client, "file": one.section, "members": [m for m in MEMBERS if _has(one, m)], "map": []}
        for one in office.reports
    ]
    answers = execute(runs)
    for code, made in answers.items():
        client = clients[code]
        divisions = {division.name for division in client.divisions}
        names = next(i for i, column in enumerate(made["Administratie"]["columns"]) if column["name"] == "Naam")
        assert {row[names] for row in made["Administratie"]["rows"]} == divisions, code
        if "Toegang" in made:
            found = {cell for row in made["Toegang"]["rows"] for cell in row if isinstance(cell, str)}
            assert found == {person.email for person in client.access}, code


def _has(one, member):
    return member in power_query.members(one.section.read_text(encoding="utf-8"))


def test_microsofts_model_library_reads_every_model_and_both_forms_agree(office):
    # Microsoft's own writer gives a table's file its whole name, which no disk takes of 300 characters.
    short = [one for one in office.reports if all(len(name) < LONG for name in _tables(office, one))]
    assert len(short) > len(HOSTILE) // 2
    assert tom.judge_models([path for one in short for path in (one.pbit, one.model_folder)]) == []
    assert tom.judge_same([(one.pbit, one.model_folder) for one in office.reports]) == []
    assert lint.judge_models(office.models) == []


def _tables(office, one):
    return [table["name"] for table in office.models[str(one)]["model"]["tables"]]


def test_every_formula_parses_and_names_nothing_new(office):
    # pbi-parsers knows no doubled quote in a table's name ('a''b'[c]); the other parser and the resolver do.
    findings = dax.judge_formulas(office.models)
    assert [one for one in findings if not ("pbi-parsers: AssertionError" in one and "'" in one)] == []


def test_both_validators_take_every_report(office):
    assert report.judge_reports([path for one in office.reports for path in (one.report_folder, one.pbit)]) == []
    assert report.judge_microsoft([one.report_folder for one in office.reports]) == []


def test_the_set_up_sheet_has_the_structure_of_a_plain_one(office):
    parser = MarkdownIt("commonmark").enable("table")
    plain = _structure(parser, office.bundles["k-plain"])
    for code, bundle in office.bundles.items():
        if code != "_office":
            assert _structure(parser, bundle) == plain, code


def _structure(parser, bundle):
    """Kinds of blocks, and of what stands inside lines but for text and line breaks, in order."""
    tokens = parser.parse((bundle / "setup.md").read_text(encoding="utf-8"))
    inside = [
        child.type for token in tokens for child in token.children or () if child.type not in {"text", "softbreak"}
    ]
    return [token.type for token in tokens], inside
