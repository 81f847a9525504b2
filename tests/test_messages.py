"""Every code has all its texts in both languages, and the values its texts ask for."""

import ast
import re
import string
from pathlib import Path

import pytest

from generator.problems import LANGUAGES, Problem, messages

SOURCES = {path: path.read_text("utf-8") for path in (Path(__file__).parents[1] / "generator").rglob("*.py")}
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


def test_a_value_in_braces_is_shown_as_it_is():
    problem = Problem("B029", None, {"value": "{x}", "nearest": "{0.__class__}"})
    assert problem.text("message", "nl") == "klant {x} bestaat niet."


def test_problems_can_be_put_in_a_set():
    problems = [Problem("B029", None, {"value": value, "nearest": "a"}) for value in ("x", "x", "y")]
    assert len(set(problems)) == 2
