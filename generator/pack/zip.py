"""A ZIP file with the same bytes everywhere, in which parts that many files share are deflated once.

``zipfile`` deflates with whichever zlib its Python was built with, and those differ in their bytes; libdeflate, pinned,
does not. Nor can ``zipfile`` copy a part that is deflated already. The headers are those of the contract: made on DOS
by version 2.0, no flags, no attributes, 1 January 1980, no data descriptor, no ZIP64.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import deflate

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVEL = 6
_STORED, _DEFLATED = 0, 8
_VERSION = 20  # 2.0: deflate and folders; the high byte 0 in "made by" is DOS
_DATE = 1 << 5 | 1  # 1980-01-01 in MS-DOS form: years since 1980 << 9 | month << 5 | day
_LIMIT = 0xFFFFFFFF
_MOST_PARTS = 0xFFFF
_SHARED = 64 * 1024  # larger parts are one client's own model: remembering them would only cost memory

# The fields that the local header and the directory have in common, version needed up to the name's length.
_COMMON = struct.Struct("<HHHHHLLLHH")
_LOCAL = struct.Struct("<4s26s")
_CENTRAL = struct.Struct("<4sH26sHHHLL")
_END = struct.Struct("<4sHHHHLLH")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a ZIP: ``compressed`` is what stands in the file, deflated or as it is, as ``method`` tells."""

    name: str
    data: bytes
    crc: int
    compressed: bytes
    method: int


def part(name: str, data: bytes) -> Part:
    """Make a part; the same bytes are deflated once in a process, as long as they are small and recent.

    Raises ``ValueError`` on a name that is empty, not ASCII, absolute, or leads outside the ZIP.
    """
    if not name.isascii() or "\\" in name or not set(name.split("/")).isdisjoint({"", ".", ".."}):
        raise ValueError(f"not the name of a part: {name!r}")
    crc, compressed, method = (_remembered if len(data) <= _SHARED else _deflated)(data)
    return Part(name, data, crc, compressed, method)


def pack(parts: Iterable[Part]) -> bytes:
    """Return the ZIP file of the parts, in their order.

    Raises ``ValueError`` where two names are equal but for their case (Windows and packages know no case), and where
    the file would need ZIP64.
    """
    body: list[bytes] = []
    directory: list[bytes] = []
    names: set[str] = set()
    offset = 0
    for item in parts:
        name = item.name.encode("ascii")
        names.add(item.name.lower())
        common = _header(item, len(name))
        local = _LOCAL.pack(b"PK\x03\x04", common)
        directory += (_CENTRAL.pack(b"PK\x01\x02", _VERSION, common, 0, 0, 0, 0, offset), name)
        body += (local, name, item.compressed)
        offset += len(local) + len(name) + len(item.compressed)
        if offset > _LIMIT:
            raise ValueError("more than 4 GiB in one ZIP file")
    count = len(directory) // 2
    if len(names) < count or count > _MOST_PARTS:
        raise ValueError("two parts with one name, or too many parts, in one ZIP file")
    index = b"".join(directory)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(index), offset, 0)
    return b"".join((*body, index, end))


def _header(item: Part, name_length: int) -> bytes:
    """Return the fields that stand in the local header and in the directory alike."""
    sizes = (len(item.compressed), len(item.data))
    return _COMMON.pack(_VERSION, 0, item.method, 0, _DATE, item.crc, *sizes, name_length, 0)


def _deflated(data: bytes) -> tuple[int, bytes, int]:
    """Return the CRC, the bytes to store and the method; deflated only where that is shorter."""
    packed = bytes(deflate.deflate_compress(data, _LEVEL))
    crc: int = deflate.crc32(data)
    return (crc, packed, _DEFLATED) if len(packed) < len(data) else (crc, data, _STORED)


_remembered = lru_cache(maxsize=1024)(_deflated)
