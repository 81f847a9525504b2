"""The logos of the example office, drawn here: PNG with four colours, the same bytes on every machine."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 224, 120  # twice the place on the page, for sharp screens
_WHITE, _DARK, _ACCENT, _LIGHT = range(4)
_BAR, _GAP = 32, 12


def example_logos() -> dict[str, bytes]:
    """Return the files that the example office names: an office with rising bars, a garage with a wheel."""
    return {
        "logo-kantoor.png": _png(_bars(), (0xFFFFFF, 0x1F2A37, 0x0B6E99, 0xA3ACB8)),
        "logo-garage.png": _png(_wheel(), (0xFFFFFF, 0x1F2A37, 0x9A4A1C, 0xA3ACB8)),
    }


def _bars() -> list[list[int]]:
    """Draw four bars that rise, the last one in the accent colour, on a line."""
    pixels = [[_WHITE] * WIDTH for _ in range(HEIGHT)]
    for number, (height, colour) in enumerate(((32, _LIGHT), (52, _LIGHT), (72, _DARK), (92, _ACCENT))):
        left = 30 + number * (_BAR + _GAP)
        for row in range(108 - height, 108):
            pixels[row][left : left + _BAR] = [colour] * _BAR
    for row in range(110, 114):
        pixels[row][22:202] = [_DARK] * 180
    return pixels


def _wheel() -> list[list[int]]:
    """Draw a ring around a hub."""
    middle, centre = HEIGHT // 2, WIDTH // 2

    def colour(row: int, column: int) -> int:
        square = (row - middle) ** 2 + (column - centre) ** 2
        for radius, shade in ((14, _ACCENT), (30, _LIGHT), (52, _DARK)):
            if square <= radius * radius:
                return shade
        return _WHITE

    return [[colour(row, column) for column in range(WIDTH)] for row in range(HEIGHT)]


def _png(pixels: list[list[int]], palette: tuple[int, ...]) -> bytes:
    """Return a PNG of two bits a pixel. It is stored, not deflated: deflaters differ between machines."""
    rows = b"".join(
        b"\0" + bytes(row[at] << 6 | row[at + 1] << 4 | row[at + 2] << 2 | row[at + 3] for at in range(0, WIDTH, 4))
        for row in pixels
    )
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 2, 3, 0, 0, 0)),
        (b"PLTE", b"".join(colour.to_bytes(3, "big") for colour in palette)),
        (b"tRNS", b"\0"),  # white lets the page through
        (b"IDAT", stored + struct.pack(">I", zlib.adler32(rows))),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
