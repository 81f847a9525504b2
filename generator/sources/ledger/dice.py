"""Chance that falls the same way on every machine and every Python."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_Side = TypeVar("_Side")


class Dice:
    """A row of throws that follows from its key alone."""

    def __init__(self, *key: object) -> None:
        """Start the row of a key."""
        self._key = "|".join(map(str, key))
        self._throws = 0

    def roll(self, low: int, high: int) -> int:
        """Return a whole number from low up to and including high."""
        self._throws += 1
        digest = hashlib.blake2b(f"{self._key}|{self._throws}".encode(), digest_size=8).digest()
        return low + int.from_bytes(digest, "big") % (high - low + 1)

    def pick(self, sides: Sequence[_Side]) -> _Side:
        """Return one of the sides."""
        return sides[self.roll(0, len(sides) - 1)]
