"""The words of a formula in M, as the reader of formulas wants them."""

from __future__ import annotations

from dataclasses import dataclass

from generator import mlexer
from generator.preview.m.values import MError

_KINDS = {"text": "text", "quoted": "name", "number": "number", "sign": "sign", "name": "word", "keyword": "word"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word: ``kind`` is text, name, number, word, sign or end; a text is what its literal says."""

    kind: str
    value: str


def tokens(text: str) -> list[Token]:
    """Return the words of a formula, an end last; raise ``MError`` on what M does not have."""
    found = mlexer.tokens(text)
    if isinstance(found, int):
        raise MError(f"no M: {text[found : found + 20]}")
    words = [token for token in found if token.kind not in {"blank", "comment"}]
    if strange := next((token for token in words if token.kind not in _KINDS), None):
        raise MError(f"no M: {strange.text[:20]}")
    return [*(Token(_KINDS[token.kind], token.value) for token in words), Token("end", "")]
