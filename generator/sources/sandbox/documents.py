"""The documents of an OData service: its entity sets, their types (CSDL), rows as JSON, errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from generator.sources.sandbox.filters import Value
    from generator.sources.sandbox.query import Query
    from generator.sources.sandbox.schema import Table

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_NAMESPACE = "Sandbox"
_DEFAULT: Any = {None: _EDM}  # the stubs know only prefixes that are texts
_ZERO = {"guid": "00000000-0000-0000-0000-000000000000", "string": ""}

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def quoted(entity_set: str) -> str:
    """Return the name of an entity set as it stands in a URL."""
    return quote(entity_set, safe="@.")


def member(name: str, value: str) -> str:
    """Return the start of a JSON object with one member."""
    return f"{{{_encode(name)}:{_encode(value)}"


def service_document(base: str, entity_sets: Mapping[str, Table]) -> str:
    """Return the list of entity sets of a database."""
    value = [{"name": name, "kind": "EntitySet", "url": quoted(name)} for name in entity_sets]
    return _encode({"@odata.context": f"{base}/$metadata", "value": value})


def metadata(entity_sets: Mapping[str, Table]) -> bytes:
    """Return the CSDL of a database; a key is never empty, every other column may be."""
    root = etree.Element(f"{{{_EDMX}}}Edmx", {"Version": "4.0"}, nsmap={"edmx": _EDMX})
    services = etree.SubElement(root, f"{{{_EDMX}}}DataServices")
    schema = etree.SubElement(services, f"{{{_EDM}}}Schema", {"Namespace": _NAMESPACE}, nsmap=_DEFAULT)
    for table in entity_sets.values():
        _entity_type(schema, table)
    container = etree.SubElement(schema, f"{{{_EDM}}}EntityContainer", {"Name": "Container"})
    for name, table in entity_sets.items():
        attributes = {"Name": name, "EntityType": f"{_NAMESPACE}.{_type_name(table)}"}
        etree.SubElement(container, f"{{{_EDM}}}EntitySet", attributes)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _entity_type(schema: etree._Element, table: Table) -> None:
    entity_type = etree.SubElement(schema, f"{{{_EDM}}}EntityType", {"Name": _type_name(table)})
    if table.key in table.columns:
        key = etree.SubElement(entity_type, f"{{{_EDM}}}Key")
        etree.SubElement(key, f"{{{_EDM}}}PropertyRef", {"Name": table.key})
    for column in table.columns.values():
        attributes = {"Name": column.name, "Type": column.edm}
        if column.name == table.key:
            attributes["Nullable"] = "false"
        etree.SubElement(entity_type, f"{{{_EDM}}}Property", attributes)


def _type_name(table: Table) -> str:
    return table.name.replace(".", "_")


def row_writer(table: Table, query: Query, *, omit_nulls: bool) -> Callable[[Sequence[Value]], str]:
    """Return what writes a row as JSON: columns that were not selected with their default value, as Invantive does.

    The default of a column that may be empty is null; with ``omit_nulls`` nulls are left out, as the client asked.
    """
    names = query.select or tuple(table.columns)
    booleans = [place for place, name in enumerate(names) if table.columns[name].kind == "boolean"]
    rest = {name: _default(table, name) for name in table.columns if name not in names}
    if omit_nulls:
        rest = {name: value for name, value in rest.items() if value is not None}
    tail = _encode(rest)[1:-1]

    def write(values: Sequence[Value]) -> str:
        cells = list(values)
        for place in booleans:
            cells[place] = None if cells[place] is None else bool(cells[place])
        pairs = zip(names, cells, strict=True)
        text = _encode({name: value for name, value in pairs if value is not None} if omit_nulls else dict(pairs))
        return f"{text[:-1]}{',' if tail and len(text) > len('{}') else ''}{tail}}}" if tail else text

    return write


def _default(table: Table, name: str) -> Value:
    return _ZERO.get(table.columns[name].kind, 0) if name == table.key else None


def error(code: str, message: str) -> str:
    """Return an OData error."""
    return _encode({"error": {"code": code, "message": message}})
