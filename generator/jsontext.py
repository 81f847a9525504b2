"""JSON as it stands in files: UTF-8 without BOM, two blanks, keys in the order they were made.

Python's own writer takes its slow way as soon as lines are indented, and a bundle has hundreds of documents; orjson
writes the same bytes thirty times as fast.
"""

from __future__ import annotations

from typing import Any

import orjson

from generator.shared import Content, Once


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


def parsed(data: bytes) -> Any:  # noqa: ANN401  whatever the document holds
    """Return what a JSON document holds; raise ``ValueError`` where it is none."""
    return orjson.loads(data)
