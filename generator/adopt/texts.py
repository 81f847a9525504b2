"""Formulas and pages with the designing client's values marked: ``<<client_name>>`` in a text, filled in per client.

These markers are no template language: a text holds names from a short list between ``<<`` and ``>>``, filled in once
and never looked at again. A ``<<`` that stood there already is written as ``<<lt>>``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from generator import dax
from generator.adopt.traces import Piece, Traces, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = frozenset(
    "Entity Property queryRef nativeQueryRef name Name Source $schema type visualType Ref metadata id Hierarchy".split()  # noqa: SIM905  reads as what it is
)
"""Keys of the report layer whose value names something else in it."""

JSON = "<<json>>"
"""The key under which a text of the old format stands that is JSON itself and holds a value of the client."""

_NUMBER = re.compile(r"(?P<code>\d+)(?P<kind>[LDM]?)")


def marked(pieces: list[Piece], escape: str = "") -> str:
    """Return pieces as a text with markers; ``escape`` says how a value is quoted where it comes."""
    end = f"|{escape}>>" if escape else ">>"
    return "".join(f"<<{p.name}{end}" if isinstance(p, Variable) else p.replace("<<", "<<lt>>") for p in pieces)


def formula(text: str, traces: Traces) -> str:
    """Return a DAX formula with the client's names in its texts marked, and remarks without them."""
    found = dax.tokens(text)
    if isinstance(found, dax.Fault):
        return text.replace("<<", "<<lt>>")
    made, at = [], 0
    for token in found:
        made.append(_outside(text[at : token.at], traces))
        at = token.at + len(token.text)
        if token.kind != "text":
            made.append(token.text.replace("<<", "<<lt>>"))
            continue
        pieces = traces.pieces(token.text[1:-1].replace('""', '"'))
        quoted = [piece.replace('"', '""') if isinstance(piece, str) else piece for piece in pieces]
        made.append(f'"{marked(quoted, "dax")}"')
    return "".join([*made, _outside(text[at:], traces)])


def _outside(text: str, traces: Traces) -> str:
    """Return blanks and remarks, with the client's values taken out."""
    return traces.without(text).replace("<<", "<<lt>>") if text.strip() else text


def document(value: Any, traces: Traces, key: str = "", *, nested: bool = False) -> Any:  # noqa: ANN401  a JSON document
    """Return a document of the report layer with the client's values in its texts marked.

    With ``nested`` it may hold texts that are JSON themselves, opened under the key ``JSON``.
    """
    if isinstance(value, dict):
        return {
            name if nested and name == JSON else name.replace("<<", "<<lt>>"): document(
                item, traces, name, nested=nested
            )
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [document(item, traces, key, nested=nested) for item in value]
    if not isinstance(value, str):
        return value
    if key == "Value":
        return literal(value, traces)
    if key in _NAMES:
        return value.replace("<<", "<<lt>>")
    return marked(traces.pieces(value, codes=True))


def literal(value: str, traces: Traces) -> str:
    """Return a literal of the report layer: a name in quotes, or the code of a division, as a marker."""
    body = value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else None
    number = _NUMBER.fullmatch(value if body is None else body)
    if number and number["code"] in traces.codes and (len(traces.codes) == 1 or body is None):
        new = f"<<division>>{number['kind']}"
        return new if body is None else f"'{new}'"
    if body is None:
        return value.replace("<<", "<<lt>>")
    whole = body.replace("''", "'")
    if whole in traces.division_names and whole in traces.names:
        return "'<<division_name|quoted>>'"
    pieces = [p.replace("'", "''") if isinstance(p, str) else p for p in traces.pieces(whole, codes=True)]
    return f"'{marked(pieces, 'quoted')}'"


def strings(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401  a JSON document
    """Yield every text of a document with the way to it, keys included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield place, key
            yield from strings(item, (*place, key))
    elif isinstance(value, list):
        for item in value:
            named = item.get("name") if isinstance(item, dict) else None
            yield from strings(item, (*place, named) if isinstance(named, str) else place)
    elif isinstance(value, str):
        yield place, value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place, str(value)
