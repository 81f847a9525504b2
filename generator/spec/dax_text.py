"""A formula as people type it on a Dutch keyboard, and as Power BI wants it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A string, a quoted table, a bracketed name or a comment: nothing inside these is touched. One that isn't closed runs
# to the end, so that no place is looked at twice.
_KEPT = re.compile(
    r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|\[(?:[^\]]|\]\])*(?:\]|\Z)|--[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL
)
_CURLY_STRING = re.compile('[\u201c\u201d\u201e\u201f]([^"\u201c\u201d\u201e\u201f]*)[\u201c\u201d\u201e\u201f]')
_CURLY_NAME = re.compile("[\u2018\u2019\u201a\u201b]([^'\u2018\u2019\u201a\u201b]*)[\u2018\u2019\u201a\u201b]")
_DECIMAL_COMMA = re.compile(r"(?<![\w.,])(\d+),(?=\d)")
_BRACKETS = {"(": 1, "{": 1, ")": -1, "}": -1}


def plain_dax(formula: str) -> str:
    """Return the formula with ``,`` between arguments, ``.`` in numbers and straight quotes.

    A ``;`` between arguments makes each comma between digits a decimal comma; without one, only a comma outside all
    brackets can't be a separator.
    """
    straight = _outside(formula, _straight_quotes)
    if any(";" in part for part in _parts(straight)[::2]):
        return _outside(straight, lambda part: _DECIMAL_COMMA.sub(r"\1.", part).replace(";", ","))
    return _commas_outside_brackets(straight)


def _straight_quotes(part: str) -> str:
    return _CURLY_NAME.sub(r"'\1'", _CURLY_STRING.sub(r'"\1"', part))


def _parts(formula: str) -> list[str]:
    """Return code, kept, code, kept, ..., code."""
    parts: list[str] = []
    end = 0
    for match in _KEPT.finditer(formula):
        parts += [formula[end : match.start()], match[0]]
        end = match.end()
    return [*parts, formula[end:]]


def _outside(formula: str, change: Callable[[str], str]) -> str:
    parts = _parts(formula)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def _commas_outside_brackets(formula: str) -> str:
    parts = _parts(formula)
    depth = 0
    for index in range(0, len(parts), 2):
        characters = []
        for place, character in enumerate(parts[index]):
            depth += _BRACKETS.get(character, 0)
            around = parts[index][max(place - 1, 0) : place + 2]
            decimal = character == "," and depth == 0 and re.fullmatch(r"\d,\d", around)
            characters.append("." if decimal else character)
        parts[index] = "".join(characters)
    return "".join(parts)
