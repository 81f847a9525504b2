"""Secrets are cut out of what a service says, in whichever way it writes them: it may repeat what it was sent."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_READ = 1 << 20
"""Characters of a text that are read; more is no message for a person."""
_LEVELS = r"\\{0,8}"
"""Backslashes before a character of a text in JSON in a text in JSON."""
_STARS = "***"


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text with stars for each secret: as it is, in JSON at any depth, in an address or in XML."""
    text = text[:_READ]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = _written(secret).sub(_STARS, text)
    return text


@cache
def _written(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_character, secret)))


def _character(character: str) -> str:
    """Return a pattern of the ways to write a character."""
    if character.isascii() and character.isalnum():
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\{{1,8}}u{units[start : start + 4]}" for start in range(0, len(units), 4))
    percent = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    entity = f"&#(?:{ord(character)}|x0*{ord(character):x});"
    named = {'"': "|&quot;", "'": "|&apos;", "<": "|&lt;", ">": "|&gt;", "&": "|&amp;"}.get(character, "")
    short = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}.get(character, "")
    control = rf"|\\{{1,8}}{short}" if short else ""
    return rf"(?:{_LEVELS}{re.escape(character)}|(?i:{escaped}|{percent}|{entity}{named}){control})"
