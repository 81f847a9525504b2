"""Pictures as they may go into a report: PNG and JPEG, told by their content, without whatever else the file carries.

Nothing is drawn or unpacked here. A file is walked from start to end by the rules of its format (W3C PNG, third
edition; ITU-T T.81): what breaks them is no picture, and what follows its end, or is text, place or time of the
photographer, stays out of the bundle.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

LARGEST = 1_000_000  # bytes; it stands in every report of the client
WIDEST = 4096  # pixels

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"})
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}  # by colour type
_CHUNK = 12  # bytes of a chunk beside its data: length, type, checksum

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF: a header with the size
_SCAN, _END, _JFIF = 0xDA, 0xD9, 0xE0
_PLAIN_JFIF = 18  # bytes; more is a small picture of what may have been cut off the large one
_TOLD = frozenset({*range(0xE1, 0xF0), 0xFE} - {0xEE})  # APP1 to APP15 but Adobe's colours, and comments
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may go into a bundle; its size is in pixels. Equal pictures have equal marks."""

    kind: Literal["png", "jpg"]
    width: int
    height: int
    mark: str
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Return its name in a report, which tells nothing of the file that it came from."""
        return f"logo-{self.mark}.{self.kind}"


class NoPictureError(ValueError):
    """What a file holds is not a whole picture of a known kind."""


def picture(data: bytes) -> Picture:
    """Return a picture from the bytes of a file; raise ``NoPictureError`` on anything else."""
    try:
        if data.startswith(_PNG):
            kept, width, height = _png(data)
            return Picture("png", width, height, _mark(kept), kept)
        if data.startswith(b"\xff\xd8\xff"):
            kept, width, height = _jpeg(data)
            return Picture("jpg", width, height, _mark(kept), kept)
    except (IndexError, struct.error) as error:  # it ends too early
        raise NoPictureError from error
    raise NoPictureError


def _mark(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def _png(data: bytes) -> tuple[bytes, int, int]:
    """Return the chunks that draw, and the size."""
    kept, place = [_PNG], len(_PNG)
    kinds: list[bytes] = []
    while not kinds or kinds[-1] != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        chunk = data[place : place + _CHUNK + length]
        if len(chunk) != _CHUNK + length or struct.unpack(">I", chunk[-4:])[0] != zlib.crc32(chunk[4:-4]):
            raise NoPictureError
        if kind not in _PNG_KEPT and kind[:1].isupper():
            raise NoPictureError  # a critical chunk that nobody knows
        if kind in _PNG_KEPT:
            kept.append(chunk)
        kinds.append(kind)
        place += len(chunk)
    width, height, depth, colour, *ways = struct.unpack_from(">IIBBBBB", data, len(_PNG) + 8)
    known = depth in _DEPTHS.get(colour, set()) and ways[:2] == [0, 0] and ways[2] in {0, 1}
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") > 1 or b"IDAT" not in kinds or not (known and width and height):
        raise NoPictureError
    return b"".join(kept), width, height


def _jpeg(data: bytes) -> tuple[bytes, int, int]:
    """Return the segments that draw, and the size; the last marker is the end of the image."""
    kept, place, size = [data[:2]], 2, (0, 0)
    while True:
        if data[place] != 0xFF:  # noqa: PLR2004  every marker begins with it
            raise NoPictureError
        kind = data[place + 1]
        if kind == 0xFF:  # noqa: PLR2004  filling between segments
            place += 1
            continue
        if kind == _END:
            break
        end = place + 2 if kind in _BARE else place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        if end > len(data):
            raise NoPictureError
        if kind in _FRAMES:
            size = struct.unpack_from(">HH", data, place + 5)
        if kind == _SCAN:
            end = _scanned(data, end)
        if _draws(kind, data[place:end]):
            kept.append(data[place:end])
        place = end
    height, width = size
    if not (width and height) or not any(part[1] == _SCAN for part in kept[1:]):
        raise NoPictureError
    return b"".join([*kept, data[place : place + 2]]), width, height


def _draws(kind: int, segment: bytes) -> bool:
    """Tell whether a segment is needed to draw; the usual one at the start only in its plain form."""
    if kind == _JFIF:
        return segment[4:9] == b"JFIF\0" and len(segment) == _PLAIN_JFIF
    return kind not in _TOLD


def _scanned(data: bytes, place: int) -> int:
    """Return where the next marker is after the coded pixels that begin at a place."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0:
            raise NoPictureError
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:  # noqa: PLR2004  stuffing, restarts
            return place
        place += 2
