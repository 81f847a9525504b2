"""The description that an OData service gives of itself (CSDL in XML): which entity sets have which columns.

It is a stranger's XML: no entity in it is expanded, nothing it names is fetched, and a DOCTYPE is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
_PRIMITIVE = "Edm."

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


Sets = dict[str, dict[str, str]]
"""Entity set → column → type, such as ``Int32``; primitive types are without their ``Edm.``."""


def entity_sets(document: bytes) -> Sets | Unreadable:
    """Return the entity sets of a ``$metadata`` document with their columns, those of base types included."""
    if b"<!DOCTYPE" in document:
        return Unreadable("er staat een DOCTYPE in", "it holds a DOCTYPE")
    # Read as UTF-8 whatever it says of itself: in another encoding a DOCTYPE could hide from the line above.
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
    types = _Types(root)
    sets = {
        entity_set.get("Name", ""): types.columns(entity_set.get("EntityType", ""))
        for entity_set in root.iter(f"{_EDM}EntitySet")
    }
    return sets or Unreadable("er staat geen enkele tabel in", "it holds no table at all")


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
