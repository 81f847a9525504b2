"""Decisions drawn from bytes, so that one target serves a fuzzer, hypothesis and a file on disk alike."""

from __future__ import annotations


class Choices:
    """Draws numbers, picks and texts from bytes, in order; when those are used up, everything is the first choice."""

    def __init__(self, data):
        self.data, self.at = data, 0

    @property
    def left(self):
        """Tell whether there is a byte left to decide with."""
        return self.at < len(self.data)

    def take(self, count):
        """Return the next bytes, fewer at the end."""
        piece = self.data[self.at : self.at + count]
        self.at += len(piece)
        return piece

    def number(self, below):
        """Return a number from 0, smaller than ``below``."""
        size = 1 if below <= 1 << 8 else 2 if below <= 1 << 16 else 4
        return int.from_bytes(self.take(size), "big") % below

    def pick(self, among):
        """Return one of a sequence."""
        return among[self.number(len(among))]

    def bytes(self, most=64):
        """Return some bytes, as they stand."""
        return self.take(self.number(most + 1))

    def text(self, fragments, most=6):
        """Return a text: some fragments, and between them characters of the input itself."""
        pieces = []
        for _ in range(self.number(most + 1)):
            kind = self.number(8)
            raw = self.bytes(16) if kind == 0 else b""
            pieces.append(raw.decode("utf-8", "ignore") if kind == 0 else self.pick(fragments))
        return "".join(pieces)

    def rest(self):
        """Return all bytes that are left."""
        return self.take(len(self.data))
