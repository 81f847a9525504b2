"""The parts of a ZIP archive, each unpacked and counted in real bytes: the sizes in its headers may lie.

``zipfile`` takes as long to list the ten parts of a small workbook as calamine takes to open it. So a plain directory
is listed here: ASCII names, no comments of parts or extra fields. Any other goes through ``zipfile``. Likewise
libdeflate unpacks a part eight times as fast as zlib, but only one that is what its directory says; zlib tells what is
wrong with another.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import deflate

_ENTRY = struct.Struct("<4s2xBxHH4xLLLHHH8xL")  # signature, version, …: the order of ``_plain_parts``
_LENGTHS = struct.Struct("<HH")  # of name and extra field, in the header before a part
_END = struct.Struct("<4s8xLLH")  # signature, size and offset of the directory, length of the comment
_ENTRY_SIGNATURE, _END_SIGNATURE = b"PK\1\2", b"PK\5\6"
_LOCATOR_64, _LOCATOR_64_SIZE = b"PK\6\7", 20
_VERSION_64 = 45
_PAGE = 4096
_REACH = 0xFFFF + 22  # readers look for the end as far back as a comment may be long


class Content(NamedTuple):
    """What stands in an archive for a part, and what the directory promises of it."""

    packed: bytes
    method: int
    checksum: int
    size: int

    def unpack(self, room: int) -> bytes | bytearray:
        """Return the real content, or of a longer one its first ``room + 1`` bytes; raise where it is damaged."""
        content = self._as_promised(room)
        return self._as_it_is(room) if content is None else content

    def _as_promised(self, room: int) -> bytearray | None:
        """Return the content if it has the promised size and checksum, and there is room for it."""
        if self.method != ZIP_DEFLATED or not 0 < self.size <= room:
            return None  # libdeflate says of no room at all that it was enough
        try:
            content: bytearray = deflate.deflate_decompress(self.packed, self.size)
        except deflate.DeflateError:
            return None
        return content if len(content) == self.size and deflate.crc32(content) == self.checksum else None

    def _as_it_is(self, room: int) -> bytes:
        if self.method == ZIP_STORED:
            content = self.packed
        else:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            content = inflater.decompress(self.packed, room + 1)
            if len(content) <= room and not inflater.eof:
                raise BadZipFile
        if len(content) <= room and (len(content) != self.size or zlib.crc32(content) != self.checksum):
            raise BadZipFile
        return content


class Part(NamedTuple):
    """One part of an archive, as the directory has it."""

    name: str
    flags: int
    method: int
    checksum: int
    packed_size: int
    size: int
    offset: int

    @property
    def is_encrypted(self) -> bool:
        """Tell whether a password is needed."""
        return bool(self.flags & 0x1)

    @property
    def is_common(self) -> bool:
        """Tell whether it is stored or deflated, as all workbooks are."""
        return self.method in (ZIP_STORED, ZIP_DEFLATED)

    def content(self, data: bytes) -> Content:
        """Return what stands in the archive."""
        name_length, extra_length = _LENGTHS.unpack_from(data, self.offset + 26)
        start = self.offset + 30 + name_length + extra_length
        return Content(data[start : start + self.packed_size], self.method, self.checksum, self.size)


def give_back(content: bytes | bytearray) -> None:
    """Give the room of an unpacked part back to the system.

    The allocator of Linux (glibc) takes the largest block that was ever freed as the measure of what it keeps: freeing
    a sheet of 6 MB has it keep 7 MB of what calamine frees later. A block that shrinks is given back without that.
    """
    if isinstance(content, bytearray):
        del content[_PAGE:]


def parts_of(data: bytes) -> list[Part]:
    """Return the directory of an archive; raise where there is none, or where readers may find different ones."""
    start, end = _directory(data)
    plain = _plain_parts(data, start, end)
    if plain is not None:
        return plain
    with ZipFile(BytesIO(data)) as archive:
        return [
            Part(p.orig_filename, p.flag_bits, p.compress_type, p.CRC, p.compress_size, p.file_size, p.header_offset)
            for p in archive.infolist()
        ]


def _directory(data: bytes) -> tuple[int, int]:
    """Return where the directory begins and ends: one record of its end, as the last of the file, and no ZIP64."""
    end = data.rfind(_END_SIGNATURE)
    if end < 0 or end + _END.size > len(data) or data.find(_END_SIGNATURE, max(end - _REACH, 0)) != end:
        raise BadZipFile
    _, size, offset, comment = _END.unpack_from(data, end)
    zip64 = data.startswith(_LOCATOR_64, max(end - _LOCATOR_64_SIZE, 0))
    if zip64 or offset + size != end or end + _END.size + comment != len(data):
        raise BadZipFile
    return offset, end


def _plain_parts(data: bytes, offset: int, end: int) -> list[Part] | None:
    """Return what a directory lists where it is plain, with the very values that ``zipfile`` finds."""
    parts = []
    while offset < end:
        start = offset + _ENTRY.size
        if start > end:
            return None
        signature, version, flags, method, checksum, packed, real, name_length, extra, comment, local = (
            _ENTRY.unpack_from(data, offset)
        )
        offset = start + name_length
        name = _plain_name(data[start:offset])
        if signature != _ENTRY_SIGNATURE or version > _VERSION_64 or name is None or extra or comment or offset > end:
            return None
        parts.append(Part(name, flags, method, checksum, packed, real, local))
    return parts


@lru_cache(maxsize=256)
def _plain_name(name: bytes) -> str | None:
    return name.decode("ascii") if name.isascii() and b"\0" not in name and b"\\" not in name else None
