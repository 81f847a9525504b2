"""The description that an OData service gives of itself (CSDL in XML): which entity sets have which columns.

It is a stranger's XML: no entity in it is expanded, nothing it names is fetched, and a DOCTYPE is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
_PRIMITIVE = "Edm."
_MOST = 3_000_000  # tags and attributes, each far larger in memory; 1,000 tables of 100 columns have 400,000

# What a column of a kind (the words of ``tables.toml``) may be in the service: a whole number may come as any number,
# a GUID as text; dates come as moments.
_NUMBERS = frozenset("Byte SByte Int16 Int32 Int64 Single Double Decimal".split())  # noqa: SIM905  reads as what it is
_MOMENTS = frozenset({"DateTimeOffset", "Date", "DateTime"})
_TEXTS = frozenset({"String", "Guid"})
FITTING: Mapping[str, frozenset[str]] = {
    "text": _TEXTS,
    "int": _NUMBERS,
    "number": _NUMBERS,
    "decimal": _NUMBERS,
    "date": _MOMENTS,
    "datetime": _MOMENTS,
    "bool": frozenset({"Boolean"}),
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a document does not describe a service, in Dutch and English; ``cut`` tells that its end is missing."""

    dutch: str
    english: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """The names of all entity sets, and of those that were asked for the columns: name → type, such as ``Int32``."""

    names: frozenset[str]
    columns: Mapping[str, Mapping[str, str]]


class Descriptions:
    """Reads descriptions, in a thread since they are large, and equal ones once: one driver gives one for all."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._read: dict[tuple[bytes, frozenset[str]], asyncio.Task[Description | Unreadable]] = {}

    async def read(self, document: bytes, wanted: frozenset[str]) -> Description | Unreadable:
        """Return what a document says of the wanted entity sets."""
        key = hashlib.sha256(document).digest(), wanted
        if key not in self._read:
            self._read[key] = asyncio.create_task(asyncio.to_thread(description, document, wanted))
        return await self._read[key]


def description(document: bytes, wanted: Collection[str]) -> Description | Unreadable:
    """Return what a ``$metadata`` document says of entity sets; columns of base types are theirs too."""
    root = _root(document)
    if isinstance(root, Unreadable):
        return root
    types = _Types(root)
    sets = {each.get("Name", ""): each.get("EntityType", "") for each in root.iter(f"{_EDM}EntitySet")}
    if not sets:
        return Unreadable("er staat geen enkele tabel in", "it holds no table at all")
    return Description(frozenset(sets), {name: types.columns(sets[name]) for name in wanted if name in sets})


def _root(document: bytes) -> etree._Element | Unreadable:
    """Return the root of a document, or why it is not taken."""
    if b"<!DOCTYPE" in document:
        return Unreadable("er staat een DOCTYPE in", "it holds a DOCTYPE")
    if document.count(b"<") + document.count(b"=") > _MOST:
        return Unreadable("er staat te veel in", "it holds too much")
    # Read as UTF-8 whatever it says of itself: in another encoding a DOCTYPE could hide from the first line.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        whole = document.rstrip().endswith(b"Edmx>")
        if b"Edmx" in document[:1000] and not whole:
            return Unreadable("het einde ontbreekt", "its end is missing", cut=True)
        return Unreadable("het is geen XML", "it is no XML")
    if root.tag != f"{_EDMX}Edmx":
        return Unreadable("het beschrijft geen OData 4", "it does not describe OData 4")
    return root


class _Types:
    """The entity types of a document by their full names; a schema may have an alias for its namespace."""

    def __init__(self, root: etree._Element) -> None:
        self.known: dict[str, etree._Element] = {}
        for schema in root.iter(f"{_EDM}Schema"):
            for name in filter(None, (schema.get("Namespace"), schema.get("Alias"))):
                for entity in schema.iterchildren(f"{_EDM}EntityType"):
                    self.known[f"{name}.{entity.get('Name')}"] = entity

    def columns(self, name: str) -> dict[str, str]:
        """Return the columns of a type: those of its base types first."""
        return {
            prop.get("Name", ""): prop.get("Type", "").removeprefix(_PRIMITIVE)
            for entity in reversed(list(self._line(name)))
            for prop in entity.iterchildren(f"{_EDM}Property")
        }

    def _line(self, name: str) -> Iterator[etree._Element]:
        """Yield a type and its base types, each once however they refer to each other."""
        seen = set()
        while name in self.known and name not in seen:
            seen.add(name)
            yield self.known[name]
            name = self.known[name].get("BaseType", "")
