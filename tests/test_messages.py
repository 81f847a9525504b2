"""Every code has all its texts in both languages, and the values its texts ask for."""

import ast
import json
import re
import string
import tomllib
from pathlib import Path

import pytest

from generator.problems import LANGUAGES, Cell, Problem, messages, visible

GENERATOR = Path(__file__).parents[1] / "generator"
SOURCES = {path: path.read_text("utf-8") for path in GENERATOR.rglob("*.py")}
CODE = re.compile(r"B\d{3}")
TEXTS = [f"{part}_{language}" for part in ("message", "hint", "why") for language in LANGUAGES]


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def used_codes():
    return {
        node.value
        for source in SOURCES.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    }


@pytest.mark.parametrize("code", sorted(messages()))
def test_a_code_is_complete(code):
    entry = messages()[code]
    assert CODE.fullmatch(code)
    assert set(entry) == {"severity", *TEXTS}
    assert entry["severity"] in {"error", "warning"}
    for key in TEXTS:
        assert entry[key].strip() == entry[key] != ""
        assert "!" not in re.sub(r"\{[^}]*\}", "", entry[key])


@pytest.mark.parametrize("code", sorted(messages()))
def test_both_languages_ask_for_the_same_values(code):
    entry = messages()[code]
    for part in ("message", "hint", "why"):
        dutch, english = (
            {name.removesuffix(f"_{language}") for name in placeholders(entry[f"{part}_{language}"])}
            for language in LANGUAGES
        )
        assert dutch == english
    assert not placeholders(entry["why_nl"])


def test_every_code_is_used_and_every_used_code_is_explained():
    assert used_codes() == set(messages())


def test_no_code_stands_in_two_files():
    codes = [
        code for file in (GENERATOR / "messages").glob("*.toml") for code in tomllib.loads(file.read_text("utf-8"))
    ]
    assert sorted(codes) == sorted(messages())


def test_a_value_in_braces_is_shown_as_it_is():
    problem = Problem("B029", None, {"value": "{x}", "nearest": "{0.__class__}"})
    assert problem.text("message", "nl") == "klant {x} bestaat niet."


def test_problems_can_be_put_in_a_set():
    problems = [Problem("B029", None, {"value": value, "nearest": "a"}) for value in ("x", "x", "y")]
    assert len(set(problems)) == 2


def test_what_a_cell_holds_does_nothing_to_a_terminal():
    hostile = "x\x1b]0;pwned\x07\x9b2J\u202ey\ud800\U000e0001\x7f"
    problem = Problem("B029", Cell("a.xlsx", "Kl\x1b[2J", "A1"), {"value": hostile, "nearest": "é €\xa0"})
    shown = problem.text("message", "nl") + problem.text("hint", "nl") + str(problem.cell)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\ud800]", shown)
    assert "\\u001b]0;pwned\\u0007\\u009b2J\\u202ey\\ud800\\udb40\\udc01\\u007f" in shown
    assert "é €\xa0" in shown
    assert json.loads(visible(json.dumps({hostile: 1}, ensure_ascii=False))) == {hostile: 1}
