"""JSON of a file that anyone may have made: bounded in size and depth, no key twice, no number that is none."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

Json = dict[str, Any]

MAX_CHARACTERS = 24_000_000
MAX_ITEMS = 2_000_000  # objects, lists and members: each takes far more memory than room in a file
MAX_DEPTH = 100
_LARGEST = 2**63 - 1  # of whole numbers: more no one writes, and writers of JSON refuse it


class JsonError(ValueError):
    """A document that is not taken, with the reason."""


def parse(text: str) -> Any:  # noqa: ANN401  a JSON document
    """Return what a document says; raise ``JsonError`` where it is broken, too large, too deep or ambiguous."""
    if len(text) > MAX_CHARACTERS or sum(map(text.count, ",[{")) > MAX_ITEMS:
        raise JsonError("too large")
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError as error:
        raise JsonError("nested too deeply") from error
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError(str(error)) from error
    _bounded(found)
    return found


def _is_fraction(value: float) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise JsonError(f"the key {twice!r} stands there twice")
    return made


def _no_number(word: str) -> None:
    raise JsonError(f"{word} is no number of JSON")


def _bounded(document: Any) -> None:  # noqa: ANN401  a JSON document
    """Refuse what is nested too deeply to walk over, and halves of characters, which no file can hold."""
    waiting = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise JsonError("nested too deeply")
        if isinstance(value, dict):
            waiting += ((item, depth + 1) for pair in value.items() for item in pair)
        elif isinstance(value, list):
            waiting += ((item, depth + 1) for item in value)
        elif isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise JsonError("half a character in a text") from error
        elif isinstance(value, int | float) and abs(value) > _LARGEST and not _is_fraction(value):
            raise JsonError("a number too large")
