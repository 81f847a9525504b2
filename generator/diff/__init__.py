"""The change of one bundle in detail: what the templates on disk hold against what would be made, part by part."""

from __future__ import annotations

from generator.diff.compare import Difference, Piece, difference

__all__ = ["Difference", "Piece", "difference"]
