"""How much text the cells of a workbook hold together: a shared string stands in the file once, and per cell in memory.

A workbook of 10 KB in which 5,000 cells share a text of 1 MB ends the process that reads it. Excel itself writes each
text once, so a file that repeats much is no mistake; only the sum counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_REFERENCE = len('<c t="s"><v>0</v></c>')
# As nearly all programs write strings: only then may plain splitting tell how long each is.
_PLAIN = re.compile(rb'<si>(?:<t(?: xml:space="preserve")?>[^<>]*+</t></si>(?:<si>|</sst>\s*))++')


def longest(strings: bytes | bytearray) -> int:
    """Return the length in bytes of the longest shared string, its markup included; 0 where the part holds none.

    Raises ``ExpatError`` on what is no XML.
    """
    if _PLAIN.fullmatch(strings, max(strings.find(b"<si>"), 0)):
        return max(map(len, strings.split(b"</si>")))
    return max(_Strings(strings).lengths, default=0)


def repeated(strings: bytes | bytearray, sheets: Iterable[bytes | bytearray], room: int) -> int:
    """Return the length in bytes of all shared strings, each as often as a cell refers to it; stop above ``room``.

    Raises ``ExpatError`` on what is no XML.
    """
    lengths = _Strings(strings).lengths
    total = 0
    for sheet in sheets:
        total += _References(sheet, lengths, room - total).total
        if total > room:
            break
    return total


class _Texts:
    """The texts between tags of one kind, one by one."""

    def __init__(self, content: bytes | bytearray) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        self.parser = parser
        parser.Parse(bytes(content), True)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """See a tag."""

    def end(self, tag: str) -> None:
        """See the end of a tag."""

    def data(self, text: str) -> None:
        """See text."""


class _Strings(_Texts):
    """The length of each shared string."""

    def __init__(self, content: bytes | bytearray) -> None:
        self.lengths: list[int] = []
        self.inside = False
        super().__init__(content)

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002  expat passes them
        """Begin a string; one inside another is refused, since readers take those apart in different ways."""
        if tag.rpartition(":")[2] == "si":
            if self.inside:
                raise expat.ExpatError("a string in a string")
            self.inside = True
            self.lengths.append(0)

    def end(self, tag: str) -> None:
        """End a string."""
        if tag.rpartition(":")[2] == "si":
            self.inside = False

    def data(self, text: str) -> None:
        """Count a piece of a string."""
        if self.inside:
            self.lengths[-1] += len(text.encode())


class _References(_Texts):
    """What the cells of one sheet refer to."""

    def __init__(self, content: bytes | bytearray, lengths: list[int], room: int) -> None:
        self.lengths, self.room, self.total = lengths, room, 0
        self.is_shared, self.text = False, ""
        super().__init__(content)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """See whether a cell refers to a string."""
        name = tag.rpartition(":")[2]
        if name == "c":
            self.is_shared = attributes.get("t") == "s"
        if name == "v":
            self.text = ""

    def data(self, text: str) -> None:
        """Take in a piece of a value."""
        self.text += text

    def end(self, tag: str) -> None:
        """Count the string that a cell refers to."""
        number = self.text.strip()
        if self.is_shared and self.total <= self.room and tag.rpartition(":")[2] == "v" and number.isdecimal():
            place = int(number[-9:])
            self.total += self.lengths[place] if place < len(self.lengths) else 0
