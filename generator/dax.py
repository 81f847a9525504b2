"""Tokens and references of a DAX formula: enough to know which names it uses, not to evaluate it.

Lexical rules: text in double quotes and names in single quotes double their quote, ``]`` in brackets is doubled,
comments start with ``//`` or ``--`` or stand between ``/*`` and ``*/`` (Microsoft's DAX syntax reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from generator.shared import remembered

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+ | //[^\r\n]* | --[^\r\n]* | /\*.*?\*/)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<table>'(?:[^']|'')*')
  | (?P<bracket>\[(?:[^\]]|\]\])*\])
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w.]*)
  | (?P<sign>&&|\|\||<>|<=|>=|==|/(?!\*)|[-+*^&=<>(),{};@:.!?%$#~])
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset(
    "ASC BOTH BLANKS DENSE DEFINE DESC EVALUATE IN MEASURE NONE NOT ORDERBY PARTITIONBY RETURN SKIP VAR".split()  # noqa: SIM905  reads as what it is
)
_CONSTANTS = frozenset("BOOLEAN DATETIME DEFAULT DOUBLE INTEGER ONEWAY REL STRING TEXT VARIANT WEEK".split())  # noqa: SIM905  as above
_PAIRS = {")": "(", "}": "{"}
_VALUES = frozenset(f"value{number or ''}" for number in range(10))
# Functions and signs that make a table, and its columns that no text names.
_MADE = {"{": _VALUES, "GENERATESERIES": _VALUES, "CALENDAR": {"date"}, "CALENDARAUTO": {"date"}}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula: its kind (text, table, bracket, number, name, sign), text and place (from 0)."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the shape of a formula: a problem code and the values of its message."""

    code: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class References:
    """The names a formula uses: columns with their table, bare bracket names, tables and functions."""

    columns: frozenset[tuple[str, str]]
    measures: frozenset[str]
    tables: frozenset[str]
    functions: frozenset[str]


@cache
def functions() -> frozenset[str]:
    """Return the names of all DAX functions, in capitals."""
    return frozenset(files(__package__).joinpath("dax_functions.txt").read_text("ascii").split())


@remembered(512)
def tokens(formula: str) -> tuple[Token, ...] | Fault:
    """Split a formula into tokens, blanks and comments left out, or say where it can't be read."""
    found = []
    at = 0
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if match is None:
            return Fault("B040", (("rest", formula[at : at + 20]),))
        if match.lastgroup != "blank":
            found.append(Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    return tuple(found)


@remembered(8192)
def fault(formula: str) -> Fault | None:
    """Return what is wrong with a formula's shape: unreadable, empty, or brackets that do not pair."""
    found = tokens(formula)
    if isinstance(found, Fault):
        return found
    if not found:
        return Fault("B040", (("rest", ""),))
    opened: list[Token] = []
    for token in found:
        if token.kind == "sign" and token.text in "({":
            opened.append(token)
        elif token.kind == "sign" and token.text in _PAIRS and (not opened or opened.pop().text != _PAIRS[token.text]):
            return Fault("B041", (("bracket", token.text), ("rest", formula[token.at : token.at + 20])))
    return Fault("B041", (("bracket", opened[-1].text), ("rest", formula[opened[-1].at :][:20]))) if opened else None


def unquoted(text: str) -> str:
    """Return the name that a quoted table, a bracket or a bare word stands for."""
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return text[1:-1].replace("]]", "]") if text.startswith("[") else text


@remembered(8192)
def references(formula: str) -> References:
    """Return the names a formula uses; a formula with a fault uses none."""
    found = tokens(formula)
    if isinstance(found, Fault):
        return References(frozenset(), frozenset(), frozenset(), frozenset())
    variables = {after.text.upper() for word, after in pairwise(found) if word.text.upper() == "VAR"}
    columns: set[tuple[str, str]] = set()
    measures, tables, called = set(), set(), set()
    for before, token, after in zip((None, *found), found, (*found[1:], None), strict=False):
        if token.kind == "bracket":
            if before is not None and _owns(before, variables):
                columns.add((unquoted(before.text), unquoted(token.text)))
            else:
                measures.add(unquoted(token.text))
        elif after is not None and after.text == "(" and token.kind == "name":
            called.add(token.text.upper())
        elif _is_table(token, variables):
            tables.add(unquoted(token.text))
    return References(frozenset(columns), frozenset(measures), frozenset(tables), frozenset(called - _WORDS))


def _owns(before: Token, variables: set[str]) -> bool:
    """Tell whether the token before a bracket is its table; even a function's name is, since no function ends so."""
    word = before.text.upper()
    return before.kind == "table" or (before.kind == "name" and word not in _WORDS and word not in variables)


def _is_table(token: Token, variables: set[str]) -> bool:
    """Tell whether a token names a table: quoted, or a bare word that is no keyword, variable or constant."""
    if token.kind == "table":
        return True
    word = token.text.upper()
    return token.kind == "name" and not any(word in known for known in (_WORDS, _CONSTANTS, functions(), variables))


@remembered(8192)
def named_columns(formula: str) -> frozenset[str]:
    """Return the columns that a formula makes, in lower case: ``"@Open"`` in ADDCOLUMNS, ``Value`` of a list."""
    found = tokens(formula)
    if isinstance(found, Fault):
        return frozenset()
    named = frozenset(token.text[1:-1].replace('""', '"').casefold() for token in found if token.kind == "text")
    return named.union(*(_MADE.get(token.text.upper(), ()) for token in found))
