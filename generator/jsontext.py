"""JSON as it stands in files: UTF-8 without BOM, two blanks, keys in the order they were made. Knows no other module.

Python's own writer takes its slow way as soon as lines are indented, and a bundle has hundreds of documents; orjson
writes the same bytes thirty times as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

Form = TypeVar("Form")


class Document(dict[str, Any]):
    """A JSON object that is written once, however many bundles hold it; it is not changed after it was made."""

    @property
    def text(self) -> bytes:
        """Return the document as it stands in a file."""
        return self.once("json", lambda: written(self))

    def once(self, form: str, make: Callable[[], Form]) -> Form:
        """Return another form of this document, made when it is first asked for."""
        if form not in self.__dict__:
            self.__dict__[form] = make()
        found: Form = self.__dict__[form]
        return found


def written(content: object) -> bytes:
    """Return a JSON document with a line feed at its end; raise ``TypeError`` on what is not JSON or not Unicode."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def parsed(data: bytes) -> Any:  # noqa: ANN401  whatever the document holds
    """Return what a JSON document holds; raise ``ValueError`` where it is none."""
    return orjson.loads(data)
