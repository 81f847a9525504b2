"""A file of Power BI Desktop, read without trusting it: a template (``.pbit``), or a project whose model is TMSL.

Nothing is unpacked to disk. Names of parts are judged before anything else, sizes are counted in real bytes, and every
part that is not carried over is named, so that the user sees what was left behind.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from zipfile import BadZipFile

from generator.adopt.jsons import Json, JsonError, parse
from generator.disk import is_plain
from generator.problems import Cell, Problem, Stop
from generator.spec.archive import parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.spec.archive import Part

MAX_BYTES = 150_000_000
MAX_PARTS = 10_000
MAX_JSON = 40_000_000
MODEL, LAYOUT, VERSION = "DataModelSchema", "Report/Layout", "Version"
_KEPT = ("Report/definition/", "Report/StaticResources/", "Report/CustomVisuals/")
_RENEWED = frozenset({"[Content_Types].xml", "Settings", "Metadata", "DiagramLayout"})  # written anew, for all alike
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Package:
    """A report as Desktop wrote it: its model, its parts under ``Report/``, and which parts were left behind.

    ``layout`` is the report in the old format, None where ``parts`` hold it as PBIR.
    """

    name: str
    version: str
    database: Json
    layout: Json | None = None
    parts: Mapping[str, bytes] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def stop(code: str, file: str, **values: str) -> Stop:
    """Return the problem of a file, to be raised."""
    return Stop([Problem(code, Cell(file), values)])


def read(path: Path) -> Package:
    """Read a template; raise ``Stop`` with what is wrong with the file."""
    if path.suffix.lower() == ".pbix":
        raise stop("B504", path.name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise stop("B502", path.name, part=path.name)
        data = path.read_bytes()
    except OSError as error:
        raise stop("B501", path.name, reason=error.strerror or str(error)) from error
    return from_parts(path.name, unpack(path.name, data))


def unpack(name: str, data: bytes) -> dict[str, bytes]:
    """Return the parts of a template by name; raise ``Stop`` where it is no package, damaged, too large or hostile."""
    if data.startswith(_OLE):
        raise stop("B501", name, reason="password")
    if not data.startswith(b"PK"):
        raise stop("B500", name)
    try:
        listed = parts_of(data)
    except (BadZipFile, struct.error, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as error:
        raise stop("B501", name, reason="ZIP") from error
    files = [part for part in listed if not part.name.endswith("/")]
    names = {part.name for part in files}
    if "DataModel" in names and MODEL not in names:
        raise stop("B504", name)
    if len(files) > MAX_PARTS or sum(part.size for part in files) > MAX_BYTES:
        raise stop("B502", name, part=name)
    _judge_names(name, [part.name for part in files])
    made: dict[str, bytes] = {}
    room = MAX_BYTES
    for part in files:
        made[unquote(part.name)] = content = _content(name, part, data, room)
        room -= len(content)
    return made


def _judge_names(name: str, parts: list[str]) -> None:
    """Refuse names that lead out of a folder, that some system does not take, and names that two parts share."""
    seen: set[str] = set()
    for part in parts:
        plain = unquote(part, errors="strict") if _is_uri(part) else "/"
        folded = plain.casefold()
        if "\\" in part or "%2f" in part.lower() or not is_plain(plain) or folded in seen:
            raise stop("B503", name, part=part)
        seen.add(folded)
    folders = {"/".join(part.split("/")[:depth]) for part in seen for depth in range(1, part.count("/") + 1)}
    for part in sorted(seen & folders):
        raise stop("B503", name, part=part)  # a file and a folder of one name


def _is_uri(part: str) -> bool:
    try:
        unquote(part, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _content(name: str, part: Part, data: bytes, room: int) -> bytes:
    if part.is_encrypted or not part.is_common:
        raise stop("B501", name, reason=part.name)
    try:
        content = bytes(part.content(data).unpack(room))
    except (BadZipFile, zlib.error, struct.error) as error:
        raise stop("B501", name, reason=part.name) from error
    if len(content) > room:
        raise stop("B502", name, part=part.name)
    return content


def from_parts(name: str, parts: Mapping[str, bytes]) -> Package:
    """Return what the parts of a template hold; raise ``Stop`` where there is no model or no report in them."""
    if MODEL not in parts:
        raise stop("B504" if "DataModel" in parts else "B505", name)
    kept = {part: data for part, data in parts.items() if part.startswith(_KEPT)}
    layout = None if _is_pbir(kept) else parts.get(LAYOUT)
    if layout is None and not _is_pbir(kept):
        raise stop("B509", name)
    carried = {MODEL, VERSION, *_RENEWED, *kept, *([LAYOUT] if layout is not None else [])}
    return Package(
        name,
        _version(name, parts.get(VERSION, b"")),
        _object(name, MODEL, parts[MODEL], "utf-16-le"),
        None if layout is None else _object(name, LAYOUT, layout, "utf-16-le"),
        kept,
        tuple(sorted(parts.keys() - carried)),
    )


def _is_pbir(parts: Mapping[str, bytes]) -> bool:
    return "Report/definition/report.json" in parts


def _version(name: str, data: bytes) -> str:
    """Return what a reader of the file must know, such as 1.28."""
    version = _text(name, VERSION, data, "utf-16-le").strip()
    numbers = version.split(".")
    if len(numbers) != 2 or not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers):  # noqa: PLR2004  two short numbers
        raise stop("B506", name, part=VERSION, reason=repr(version[:20]))
    return version


def _text(name: str, part: str, data: bytes, encoding: str) -> str:
    """Return a part as text; a byte order mark, which scripts write and Desktop does not, is no matter."""
    if len(data) > MAX_JSON:
        raise stop("B502", name, part=part)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise stop("B506", name, part=part, reason=f"{encoding}: {error.reason}") from error


def document(name: str, part: str, data: bytes, encoding: str = "utf-8") -> Any:  # noqa: ANN401  a JSON document
    """Return a part as JSON; raise ``Stop`` where it is none that can be taken."""
    try:
        return parse(_text(name, part, data, encoding))
    except JsonError as error:
        raise stop("B506", name, part=part, reason=str(error)) from error


def _object(name: str, part: str, data: bytes, encoding: str) -> Json:
    found = document(name, part, data, encoding)
    if not isinstance(found, dict):
        raise stop("B506", name, part=part, reason="{}")
    return found
