"""What a file may hold of the client it was designed for: names, codes, addresses, and how to find them in text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.resolve.client import Client

_LEAST = 3  # a shorter name stands in other words by chance
_COMMON = frozenset(  # words of many names
    {"accountants", "accountancy", "administratie", "advies", "adviesgroep", "bakkerij", "bedrijf", "beheer", "company"}
    | {"group", "groep", "handel", "holding", "installaties", "international", "kantoor", "limited", "management"}
    | {"nederland", "onderneming", "partners", "services", "stichting", "techniek", "vastgoed", "vereniging", "winkel"}
)
ALIAS = re.compile(r"(?<![\w.@-])(?P<entity>[A-Za-z]\w*(?:\.[A-Za-z]\w*){2})@(?P<alias>[A-Za-z]\w*)(?![\w.@-])")
"""An entity set with the alias of its data container: ``ExactOnlineREST.Financial.GLAccounts@eol``."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that each client has of its own, by its name in a template."""

    name: str


Piece = str | Variable
"""A part of a text: as it stands, or a client's own."""

CLIENT_NAME, DIVISION_NAMES, DIVISION_CODES = map(Variable, ("client_name", "division_names", "division_codes"))
ALIAS_NAME = Variable("alias")


@dataclass(frozen=True)
class Traces:
    """The values of the designing client; all are empty where it is not known."""

    code: str = ""
    name: str = ""
    url: str = ""
    division_codes: tuple[int, ...] = ()
    division_names: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @cached_property
    def doubtful(self) -> re.Pattern[str]:
        """Match a part of the client's name that may stand for it: ``Korenaar`` where that is a word of it."""
        words = {word for name in self.names for word in re.findall(r"[^\W\d_]{5,}", name)}
        told = {word for word in words if word.casefold() not in _COMMON and word not in self.also}
        listed = [*sorted(told, key=len, reverse=True), *([self.code] if len(self.code) > _LEAST else [])]
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, listed)) or '(?!)'})(?!\w)", re.IGNORECASE)

    @cached_property
    def names(self) -> dict[str, Variable]:
        """Map each name to what a client has in its place; the longest first."""
        found = {name: DIVISION_NAMES for name in self.division_names if not name.isdigit()} | {self.name: CLIENT_NAME}
        found |= dict.fromkeys(self.also, CLIENT_NAME)
        kept = [name for name in found if len(name) >= _LEAST]
        return {name: found[name] for name in sorted(kept, key=lambda name: (-len(name), name))}

    @cached_property
    def codes(self) -> frozenset[str]:
        """Return the codes of the divisions, as they are written."""
        return frozenset(map(str, self.division_codes))

    @cached_property
    def _names(self) -> re.Pattern[str]:
        listed = "|".join(map(re.escape, self.names)) or r"(?!)"
        return re.compile(rf"(?<!\w)(?:{listed})(?!\w)")

    @cached_property
    def _codes(self) -> re.Pattern[str]:
        listed = "|".join(sorted(self.codes)) or r"(?!)"
        return re.compile(rf"(?<![\w.])(?:{listed})(?![\w.]*\d)")

    @cached_property
    def _left(self) -> re.Pattern[str]:
        """Match what must stand nowhere: any spelling of a name, each code, the address, and who signs in."""
        slug = urlsplit(self.url).path.strip("/").split("/")[0] if self.url else ""
        words = [*self.names, *([self.url] if self.url else []), *([slug] if len(slug) >= _LEAST else [])]
        listed = [
            rf"(?<!\w){re.escape(word)}(?!\w)" for word in [*words, *(s for s in self.secrets if len(s) >= _LEAST)]
        ]
        listed += [rf"(?<!\d){code}(?!\d)" for code in sorted(self.codes)]
        return re.compile("|".join(listed) or r"(?!)", re.IGNORECASE)

    def pieces(self, text: str, *, codes: bool = False) -> list[Piece]:
        """Return a text as the pieces that stay and those that each client has of its own."""
        found: list[Piece] = [text]
        for pattern, variable in (
            (ALIAS, ALIAS_NAME),
            (self._names, None),
            (self._codes if codes else None, DIVISION_CODES),
        ):
            if pattern is not None:
                found = [new for piece in found for new in self._split(piece, pattern, variable)]
        return [piece for piece in found if piece != ""]

    def _split(self, piece: Piece, pattern: re.Pattern[str], variable: Variable | None) -> Iterator[Piece]:
        if isinstance(piece, Variable):
            yield piece
            return
        at = 0
        for match in pattern.finditer(piece):
            start = match.start("alias") if pattern is ALIAS else match.start()
            yield piece[at:start]
            yield variable or self.names[match.group()]
            at = match.end()
        yield piece[at:]

    def left_in(self, text: str) -> str:
        """Return the first value of the client that a text still holds, or nothing."""
        match = self._left.search(text)
        return match.group() if match else ""

    def without(self, text: str) -> str:
        """Return a remark with the client's values taken out of it."""
        return self._left.sub("…", text)


def traces_of(client: Client | None, also: tuple[str, ...] = ()) -> Traces:
    """Return the values by which a client is known; none for none. ``also`` are other words for its name."""
    if client is None:
        return Traces()
    return Traces(
        client.code,
        client.name,
        client.url,
        tuple(division.code for division in client.divisions),
        tuple(dict.fromkeys(division.name for division in client.divisions)),
        tuple(dict.fromkeys(v for v in (client.client_id, client.exact_user, *(p.email for p in client.access)) if v)),
        also,
    )
