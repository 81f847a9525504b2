"""Tokens of Power Query M, as Microsoft's specification of its lexical structure has them.

The packages that read M in Python are parsers of a part of the language, or executors that want Excel's whole library;
to change a text literal and leave every other character alone takes tokens only. The conformance tests let Microsoft's
own parser judge what comes out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<blank>[\s\ufeff]+)
  | (?P<comment>//[^\r\n\x85\u2028\u2029]* | /\*.*?\*/)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<quoted>\#"(?:[^"]|"")*")
  | (?P<verbatim>\#!"(?:[^"]|"")*")
  | (?P<keyword>\#[a-z]+)
  | (?P<number>0[xX][0-9a-fA-F]+ | (?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w\u0300-\u036f\u200c-\u200f\xad]*(?:\.[^\W\d][\w\u0300-\u036f\u200c-\u200f\xad]*)*)
  | (?P<sign>\.\.\. | \.\. | <> | <= | >= | => | \?\? | /(?![*/]) | [-+*&=<>(),;{}@!?\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"#\(([^()]*)\)")
_CODES = {"cr": "\r", "lf": "\n", "tab": "\t", "#": "#"}
_HEXADECIMAL = re.compile("[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{4})?")
_OPEN = {"(": ")", "[": "]", "{": "}"}
_WORDS = frozenset({"name", "quoted", "number", "keyword"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of M: its kind, its text as it stands, and where it begins (characters, from 0).

    Kinds: blank, comment, text, quoted (``#"name"``), verbatim, keyword (``#date``), number, name, field (a word
    between the brackets of a field), sign.
    """

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        """Return where the next token begins."""
        return self.at + len(self.text)

    @property
    def value(self) -> str:
        """Return what a text literal or a quoted name says, and any other token as it stands."""
        body = {"text": self.text[1:-1], "quoted": self.text[2:-1]}.get(self.kind)
        return self.text if body is None else decoded(body)


def decoded(body: str) -> str:
    """Return the characters that the body of a literal stands for; an escape that is none stays as it is."""
    return _ESCAPE.sub(lambda match: _escape(match[1], match[0]), body.replace('""', '"'))


def _escape(codes: str, whole: str) -> str:
    made = []
    for code in codes.split(","):
        known = _CODES.get(code.strip())
        if known is None and not _HEXADECIMAL.fullmatch(code.strip()):
            return whole
        number = int(code, 16) if known is None else 0
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:  # noqa: PLR2004  the end of Unicode, and halves of a pair
            return whole
        made.append(chr(number) if known is None else known)
    return "".join(made)


def tokens(source: str) -> list[Token] | int:
    """Split a query into its tokens, all of them: joined they are the query again. Return the place of a fault."""
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            return at
        found.append(Token(str(match.lastgroup), match.group(), at))
        at = match.end()
    return found


def significant(found: list[Token]) -> list[Token] | int:
    """Return the tokens that mean something, the words in fields told apart; or the place where brackets go wrong."""
    kept = [token for token in found if token.kind not in {"blank", "comment"}]
    opened: list[tuple[str, int]] = []
    for index, token in enumerate(kept):
        if token.kind != "sign":
            continue
        if token.text in _OPEN:
            opened.append((token.text, index))
        elif token.text in _OPEN.values() and (not opened or _OPEN[opened.pop()[0]] != token.text):
            return token.at
        if token.text == "[" or (token.text == "," and opened and opened[-1][0] == "["):
            _field(kept, index + 1)
    return kept[opened[-1][1]].at if opened else kept


def _field(kept: list[Token], start: int) -> None:
    """Mark the words after ``[`` or a comma as a field's name where a bracket or an equals sign ends them."""
    end = start
    while end < len(kept) and kept[end].kind in _WORDS:
        end += 1
    if end > start and end < len(kept) and kept[end].text in {"]", "="}:
        kept[start:end] = [
            token if token.kind == "quoted" else Token("field", token.text, token.at) for token in kept[start:end]
        ]
