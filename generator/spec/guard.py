"""The guard before the reader: python-calamine aborts the process or drops values on some files, legal or not.

It takes memory for every cell between the corners of a sheet (values in A1 and XFD1048576 end the process), drops
what comes from an XML entity, and reads formulas and error values as empty cells. So each part is unpacked here
once, counted in real bytes (the sizes in a ZIP's headers may lie) and searched; only a sheet that looks unusual is
parsed in full.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal
from xml.parsers import expat
from zipfile import BadZipFile

from generator.problems import Cell, Problem
from generator.spec.archive import give_back, parts_of
from generator.spec.repeats import SHORTEST_REFERENCE, longest, repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from generator.spec.archive import Content, Part

Role = Literal["sheet", "xml", "other"]

MAX_BYTES = 200_000_000
MAX_CELLS = 5_000_000
MAX_PARTS = 10_000
MAX_TAGS = 3_000_000  # cells, shared strings and formats: each takes far more memory than room in a file
MAX_TEXT = 100_000_000  # bytes of text in all cells; in memory it may take five times as much
MAX_LOST = 200_000  # formulas, error values and merged areas
_SHORTEST_TAG = 4  # bytes: <c/>
_TAGS: Mapping[Role, tuple[bytes, ...]] = {
    "sheet": (b"<c", b":c"),
    "xml": (b"<si", b":si", b"<xf", b":xf"),
    "other": (),
}
_NAMING = ("xl/_rels/workbook.xml.rels", "xl/workbook.xml")
_SMALL = 16 * 1024  # larger parts are a workbook's own: remembering them would only cost memory

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHEET = re.compile(r"xl/.*sheets/[^/]+\.xml", re.IGNORECASE)
_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE)

# What the fast search can't judge: a formula, an error value, a cell beyond column Z or row 99,999, or tags and
# places written in an unusual way. Each pattern begins with letters to search for at the speed of C (20 ms for a
# sheet of 6 MB); a plain sheet has none of them.
_UNUSUAL = tuple(
    re.compile(pattern).search
    for pattern in (
        rb"<f[\s/>]",
        rb't="e"',
        rb'<c(?! r="[A-Z]\d{1,5}"[ />])[\s/>]',
        rb":c[\s/>]",
    )
)
_EMPTY_CELL = re.compile(rb"<c(?: [^<>]*)?/>")
_EMPTY_ROW = re.compile(rb"<row(?: [^<>]*)?(?:/>|>\s*</row>)")
_OTHER_SHEET = re.compile(rb"<(?:[\w.-]+:)?worksheet[\s/>]")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")


@dataclass(frozen=True, slots=True)
class GuardResult:
    """A workbook that is safe to read, with what the reader would lose.

    ``formulas`` and ``errors`` map (sheet, address) to the text of the cell, ``merged`` sheet to areas.
    """

    data: bytes
    formulas: Mapping[tuple[str, str], str] = field(default_factory=dict)
    errors: Mapping[tuple[str, str], str] = field(default_factory=dict)
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class _Refused(Exception):  # noqa: N818  it ends the search and is caught in ``guard``
    """A file that must not be read: a code and its values."""

    def __init__(self, code: str, **values: str) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


def guard(path: Path) -> GuardResult | Problem:
    """Look a workbook over and return its bytes with the cells that calamine would lose, or why it isn't read."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise _Refused("B004", size=_megabytes(size))  # noqa: TRY301  one way out
            data = file.readall()
    except OSError as error:
        return Problem("B006", Cell(path.name), {"reason": error.strerror or type(error).__name__})
    except _Refused as refused:
        return Problem(refused.code, Cell(path.name), refused.values)
    try:
        return _inspect(data)
    except _Refused as refused:
        return Problem(refused.code, Cell(path.name), refused.values)
    except (BadZipFile, zlib.error, struct.error, expat.ExpatError, ValueError, LookupError, EOFError, RuntimeError):
        return Problem("B003", Cell(path.name))


def _inspect(data: bytes) -> GuardResult:
    _check_container(data)
    parts = parts_of(data)
    roles, naming = _roles(tuple([part.name for part in parts]))
    room, most = MAX_BYTES, 0
    sizes: list[int] = []
    unusual: list[Part] = []
    for part, role in zip(parts, roles, strict=True):
        if part.is_encrypted:
            raise _Refused("B002")
        if not part.is_common:
            raise _Refused("B005")
        content = part.content(data)
        size, is_unusual = (_look if len(content.packed) > _SMALL else _look_once)(content, role, MAX_BYTES)
        room -= size
        sizes.append(size)
        if room < 0:
            raise _too_large()
        most += size if role != "other" else 0
        if is_unusual:
            unusual.append(part)
    # A workbook of less than 12 MB has no room for so many tags: nearly always there is nothing to count.
    if most // _SHORTEST_TAG > MAX_TAGS:
        _count_tags(data, parts, roles)
    if max(sizes) * (most // SHORTEST_REFERENCE) > MAX_TEXT:
        _count_texts(data, list(zip(parts, roles, sizes, strict=True)))
    titles = _titles(*(parts[place].content(data) if place >= 0 else None for place in naming))
    return _lost_cells(data, titles, unusual) if unusual else GuardResult(data)


@lru_cache(maxsize=64)
def _roles(names: tuple[str, ...]) -> tuple[tuple[Role, ...], tuple[int, ...]]:
    """Return what each part is to the reader, and where those are that name the sheets (-1: nowhere).

    Refuse an archive that is no workbook, or that readers take apart.
    """
    folded = {name.casefold(): place for place, name in enumerate(names)}
    if "xl/workbook.xml" not in folded:
        raise _Refused("B001")
    if len(names) > MAX_PARTS or len(folded) < len(names) or any("\\" in name or "\0" in name for name in names):
        raise _Refused("B005")
    return tuple(map(_role, names)), tuple(folded.get(name, -1) for name in _NAMING)


def _role(name: str) -> Role:
    folded = name.casefold()
    if not folded.endswith((".xml", ".rels")):
        return "other"
    return "sheet" if _SHEET.fullmatch(folded) else "xml"


def _look(content: Content, role: Role, room: int) -> tuple[int, bool]:
    """Return the real size of a part, and whether it is a sheet that must be parsed."""
    text = content.unpack(room)
    try:
        return _look_at(text, role, room)
    finally:
        give_back(text)


def _look_at(text: bytes | bytearray, role: Role, room: int) -> tuple[int, bool]:
    if len(text) > room:
        raise _too_large()
    if role != "other":
        head = text[:200]
        # A single character is found ten times as fast as a pattern, and plain XML has no exclamation marks.
        if b"\0" in head or _ENCODED.search(head) or (b"!" in text and _DECLARED.search(text)):
            raise _Refused("B005")
    if role == "sheet":
        return len(text), _is_unusual(text)
    if b"worksheet" in text and _OTHER_SHEET.search(text):
        raise _Refused("B005")  # the reader may follow a relation to it
    return len(text), False


_look_once = lru_cache(maxsize=256)(_look)  # workbooks of one hand share most parts, byte for byte


def _count_tags(data: bytes, parts: Iterable[Part], roles: Iterable[Role]) -> None:
    """Refuse a workbook with more than takes a reasonable memory."""
    room = MAX_TAGS
    for part, role in zip(parts, roles, strict=True):
        text = part.content(data).unpack(MAX_BYTES) if role != "other" else b""
        room -= sum(map(text.count, _TAGS[role]))
        if room < 0:
            raise _too_large()


def _count_texts(data: bytes, found: list[tuple[Part, Role, int]]) -> None:
    """Refuse a workbook of which the cells repeat so much text that reading it would end the process."""
    sheets = [part for part, role, _ in found if role == "sheet"]
    most = sum(size for _, role, size in found if role == "sheet") // SHORTEST_REFERENCE
    for part, role, size in found:
        if role != "xml" or size * most <= MAX_TEXT:
            continue  # nearly always: no string can be so long, or be there so often
        strings = part.content(data).unpack(MAX_BYTES)
        if longest(strings) * most > MAX_TEXT:
            contents = (sheet.content(data).unpack(MAX_BYTES) for sheet in sheets)
            if repeated(strings, contents, MAX_TEXT) > MAX_TEXT:
                raise _too_large()


def _is_unusual(content: bytes | bytearray) -> bool:
    """Tell whether a sheet must be parsed; a million rows of formatted, empty cells are no reason."""
    return _looks_unusual(content) and _looks_unusual(_EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", content)))


def _looks_unusual(content: bytes | bytearray) -> bool:
    after = max(content.rfind(b"</sheetData>"), 0)
    return (
        b"<worksheet" not in content[:1000]
        or content.find(b"<mergeCell", after) >= 0
        or any(search(content) for search in _UNUSUAL)
    )


def _check_container(data: bytes) -> None:
    if data.startswith(_OLE):
        raise _Refused("B002")
    if not data.strip(b"\0 \r\n\t"):
        raise _Refused("B003")
    if not data.startswith(b"PK"):
        raise _Refused("B001")


def _too_large() -> _Refused:
    return _Refused("B004", size=f"meer dan {_megabytes(MAX_BYTES)}")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"


def _lost_cells(data: bytes, titles: Mapping[str, str], sheets: Iterable[Part]) -> GuardResult:
    formulas: dict[tuple[str, str], str] = {}
    errors: dict[tuple[str, str], str] = {}
    merged: dict[str, tuple[str, ...]] = {}
    room = MAX_LOST
    for sheet in sheets:
        cells = _Cells(room)
        cells.parse(sheet.content(data).unpack(MAX_BYTES))
        title = titles.get(sheet.name.casefold(), "")
        formulas |= {(title, address): text for address, text in cells.formulas.items()}
        errors |= {(title, address): text for address, text in cells.errors.items()}
        merged[title] = tuple(cells.merged)
        room = cells.room
    return GuardResult(data, formulas, errors, merged)


class _Cells:
    """The cells of one sheet with a value: their corners, the formulas and the error values."""

    def __init__(self, room: int = MAX_LOST) -> None:
        self.room = room
        self.formulas: dict[str, str] = {}
        self.errors: dict[str, str] = {}
        self.merged: list[str] = []
        self._row = self._column = 0
        self._corners: list[int] = []
        self._kind = ""
        self._text: list[str] | None = None
        self._formula = ""

    def parse(self, content: bytes | bytearray) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.Parse(bytes(content), True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._place(attributes.get("r", ""))
            self._kind = attributes.get("t", "")
            self._formula = ""
        elif tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif tag in {"f", "v", "is"}:
            self._text = []
            self._widen()
        elif tag == "mergeCell":
            self._keep()
            self.merged.append(attributes.get("ref", ""))

    def _data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "f" and self._text is not None:
            self._keep()
            self._formula = "".join(self._text)
            self.formulas[self._address] = self._formula
        elif tag == "v" and self._text is not None and self._kind == "e":
            self._keep()
            self.errors[self._address] = "".join(self._text)
        if tag in {"f", "v", "is"}:
            self._text = None

    def _keep(self) -> None:
        self.room -= 1
        if self.room < 0:
            raise _too_large()

    @property
    def _address(self) -> str:
        return f"{letters(self._column)}{self._row}"

    def _place(self, address: str) -> None:
        self._column += 1
        match = _ADDRESS.fullmatch(address)
        if match:
            self._column, self._row = number(match[1]), int(match[2])
        elif address:
            raise _Refused("B003")  # the reader makes a number of it all the same, and takes memory up to there

    def _widen(self) -> None:
        row, column = self._row, self._column
        top, left, bottom, right = self._corners or (row, column, row, column)
        self._corners = [min(top, row), min(left, column), max(bottom, row), max(right, column)]
        # The reader asks for all cells from A1 on, so that addresses are true.
        if self._corners[2] * self._corners[3] > MAX_CELLS:
            raise _Refused("B004", size=f"{self._corners[2] * self._corners[3]:,}".replace(",", "."))


@cache
def letters(column: int) -> str:
    """Return the letters of a column: 1 is A, 28 is AB."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(column: str) -> int:
    """Return the number of a column: A is 1, AB is 28."""
    total = 0
    for letter in column.upper():
        total = total * 26 + ord(letter) - 64
    return total


@lru_cache(maxsize=64)
def _titles(relations: Content | None, sheets: Content | None) -> Mapping[str, str]:
    """Return part name → sheet name, from the workbook and its relations; refuse sheets that weren't looked over."""
    targets: dict[str, str] = {}
    titles: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "")
            target = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            link = attributes.get("Id", "")
            if link in targets or (attributes.get("Type", "").endswith("sheet") and not _SHEET.fullmatch(target)):
                raise _Refused("B005")
            targets[link] = target

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            part = targets.get(link, "").casefold()
            if part in titles or not _SHEET.fullmatch(part):
                raise _Refused("B005")
            titles[part] = attributes.get("name", "")

    for content, handler in ((relations, relation), (sheets, sheet)):
        if content:
            parser = expat.ParserCreate()
            parser.StartElementHandler = handler
            parser.Parse(bytes(content.unpack(MAX_BYTES)), True)
    return MappingProxyType(titles)
