"""A ZIP file with the same bytes everywhere, in which parts that many files share are deflated once.

``zipfile`` deflates with whichever zlib its Python was built with, and those differ in their bytes; libdeflate, pinned,
does not. Nor can ``zipfile`` copy a part that is deflated already. The headers are those of the contract: made on DOS
by version 2.0, no flags, no attributes, 1 January 1980, no data descriptor, no ZIP64.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import deflate

from generator.shared import Content

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVEL = 6
_LEVEL_OWN = 4  # of what is one client's own: a model is a tenth larger then, and done in two thirds of the time
_STORED, _DEFLATED = 0, 8
_VERSION = 20  # 2.0: deflate and folders; the high byte 0 in "made by" is DOS
_DATE = 1 << 5 | 1  # 1980-01-01 in MS-DOS form: years since 1980 << 9 | month << 5 | day
_LIMIT = 0xFFFFFFFF
_MOST_PARTS = 0xFFFF

# The fields that the local header and the directory have in common, version needed up to the name's length.
_COMMON = struct.Struct("<HHHHHLLLHH")
_LOCAL = struct.Struct("<4s26s")
_CENTRAL = struct.Struct("<4sH26sHHHL")
_OFFSET = struct.Struct("<L")
_END = struct.Struct("<4sHHHHLLH")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a ZIP: ``record`` is all that stands before the directory, ``entry`` the directory's but for its end.

    What follows the entry is where the record begins, and the name.
    """

    name: bytes
    record: bytes
    entry: bytes


def part(name: str, data: bytes) -> Part:
    """Make a part; what many bundles share is deflated once in a process, and then as small as is worth it.

    Raises ``ValueError`` on a name that is empty, not ASCII, absolute, or leads outside the ZIP, and on a control
    character in it.
    """
    if isinstance(data, Content):
        return data.once(
            ("part", name), lambda: _part(name, data, data.once("deflated", lambda: _deflated(data, _LEVEL)))
        )
    return _part(name, data, _deflated(data, _LEVEL_OWN))


def pack(parts: Iterable[Part]) -> bytes:
    """Return the ZIP file of the parts, in their order.

    Raises ``ValueError`` where two names are equal but for their case (Windows and packages know no case), and where
    the file would need ZIP64.
    """
    body: list[bytes] = []
    directory: list[bytes] = []
    names: set[bytes] = set()
    offset = 0
    for item in parts:
        names.add(item.name.lower())
        directory += (item.entry, _OFFSET.pack(offset), item.name)
        body.append(item.record)
        offset += len(item.record)
        if offset > _LIMIT:
            raise ValueError("more than 4 GiB in one ZIP file")
    if len(names) < len(body) or len(body) > _MOST_PARTS:
        raise ValueError("two parts with one name, or too many parts, in one ZIP file")
    index = b"".join(directory)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(body), len(body), len(index), offset, 0)
    return b"".join((*body, index, end))


def _part(name: str, data: bytes, deflated: tuple[int, bytes, int]) -> Part:
    """Return a part; the fields that stand in its local header stand in the directory as well."""
    plain = name.isascii() and name.isprintable() and "\\" not in name
    if not plain or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise ValueError(f"not the name of a part: {name!r}")
    crc, compressed, method = deflated
    sizes = (len(compressed), len(data))
    common = _COMMON.pack(_VERSION, 0, method, 0, _DATE, crc, *sizes, len(name), 0)
    written = name.encode("ascii")
    record = b"".join((_LOCAL.pack(b"PK\x03\x04", common), written, compressed))
    return Part(written, record, _CENTRAL.pack(b"PK\x01\x02", _VERSION, common, 0, 0, 0, 0))


def _deflated(data: bytes, level: int) -> tuple[int, bytes, int]:
    """Return the CRC, the bytes to store and the method; deflated only where that is shorter."""
    packed = bytes(deflate.deflate_compress(data, level))
    crc: int = deflate.crc32(data)
    return (crc, packed, _DEFLATED) if len(packed) < len(data) else (crc, data, _STORED)
