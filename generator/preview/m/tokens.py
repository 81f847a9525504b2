"""The words of a formula in M, from its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generator.preview.m.values import MError

_PATTERN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<quoted>\#"(?:[^"]|"")*")
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.(?!\.)\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>\#?[^\W\d]\w*(?:\.[^\W\d]\w*)*)
  | (?P<sign>=>|<=|>=|<>|\?\?|\.\.\.|\.\.|[-+*/&=<>()\[\]{},;?@])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"#\(([^)]*)\)")
_NAMED = {"cr": "\r", "lf": "\n", "tab": "\t", "#": "#"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word: ``kind`` is text, name, number, word, sign or end."""

    kind: str
    value: str


def tokens(text: str) -> list[Token]:
    """Return the words of a formula, an end last; raise ``MError`` on what M does not have."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _PATTERN.match(text, place)
        if match is None:
            raise MError(f"no M: {text[place : place + 20]}")
        place = match.end()
        kind, value = match.lastgroup or "", match.group()
        if kind == "text":
            found.append(Token("text", _unescaped(value[1:-1])))
        elif kind == "quoted":
            found.append(Token("name", _unescaped(value[2:-1])))
        elif kind != "space":
            found.append(Token(kind, value))
    return [*found, Token("end", "")]


def _unescaped(text: str) -> str:
    """Return the text that a literal stands for: ``""`` is a quote, ``#(lf)`` and ``#(20AC)`` are characters."""
    return _ESCAPE.sub(_characters, text.replace('""', '"'))


def _characters(match: re.Match[str]) -> str:
    return "".join(_NAMED[code] if code in _NAMED else chr(int(code, 16)) for code in match[1].split(","))
