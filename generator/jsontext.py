"""JSON as it stands in files: UTF-8 without BOM, two blanks, keys in the order they were made.

Python's own writer takes its slow way as soon as lines are indented, and a bundle has hundreds of documents; orjson
writes the same bytes thirty times as fast.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

from generator.shared import Content, Once

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ITEMS = 2_000_000
"""Objects, lists and members of a document that someone else made."""

DEEPEST = 500
"""Objects and lists inside each other in such a document; what reads it later goes down by calling itself."""


class Document(dict[str, Any], Once):
    """A JSON object that is written once, however many bundles hold it; it is not changed after it was made."""

    @property
    def text(self) -> Content:
        """Return the document as it stands in a file."""
        return self.once("json", lambda: Content(written(self)))


class Documents(list[Document], Once):
    """JSON objects in order, which are written once as a whole; neither it nor they are changed after that."""


def written(content: object) -> bytes:
    """Return a JSON document with a line feed at its end; raise ``TypeError`` on what is not JSON or not Unicode."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def foreign(data: bytes) -> Any:  # noqa: ANN401  whatever the document holds
    """Return what a document from elsewhere holds; raise ``ValueError`` where it is none, or holds too much.

    An empty object takes three bytes of an answer and forty times as many of memory, so what makes one is counted.
    """
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_ITEMS:
        raise ValueError("too many items")
    try:
        found = json.loads(data)
    except RecursionError as error:  # Python 3.11; newer ones go down tens of thousands of levels
        raise ValueError("nested too deeply") from error
    level = [found]
    for _ in range(DEEPEST):
        level = [item for each in level for item in _inside(each) if isinstance(item, dict | list)]
        if not level:
            return found
    raise ValueError("nested too deeply")


def _inside(item: Any) -> Iterable[Any]:  # noqa: ANN401  whatever the document holds
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def parsed(data: bytes) -> Any:  # noqa: ANN401  whatever the document holds
    """Return what a JSON document holds; raise ``ValueError`` where it is none."""
    return orjson.loads(data)
