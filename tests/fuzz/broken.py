"""Ways to break a file that was whole: slices cut, doubled and swapped, odd pieces put in, headers of a ZIP bent."""

from __future__ import annotations

import struct

import designs
from fuzz.words import FRAGMENTS

PIECES = tuple(
    piece.encode()
    for piece in (
        '<!DOCTYPE x [<!ENTITY a "b">]>', "<!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;", "&a;", "&#0;", "&#x1F600;",
        "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0' encoding='utf-16'?>", "<?xml version='1.1'?>",
        '<c r="XFD1048576"><v>1</v></c>', '<c r="A0"><v>1</v></c>', '<row r="0">', '<row r="1048577">', "<row r='-1'>",
        '<row r="99999999999999999999">', "<v>1e309</v>", "<v>-0</v>", "<v>nan</v>", "<v>99999999</v>", "<v/>", "<is>",
        't="s"', 't="e"', 't="d"', 't="n"', 't="str"', 's="999999999"', "<f>1+1</f>", '<f t="shared" si="0"/>', "</c>",
        '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', '<mergeCell ref=""/>', "</sheetData>", "<x:c>",
        "<worksheet", 'xmlns=""', 'xml:space="preserve"', "Target='../../x'", "Target='/xl/worksheets/sheet1.xml'",
        "xl/worksheets/sheet1.xml", "\0", "\ufeff", "\u2028", "_x000D_", "9" * 40, "A" * 300, "''", '""', "<", ">",
    )
)  # fmt: skip


def bent(choices, data):  # noqa: PLR0911  one line for each way
    """Return data with one thing done to it."""
    at = choices.number(len(data) + 1)
    length = choices.number(64)
    way = choices.number(7)
    if way == 0:
        return data[:at] + data[at + length :]
    if way == 1:
        return data[:at] + data[at : at + length] * 2 + data[at + length :]
    if way == 2:
        other = choices.number(len(data) + 1)
        return data[:at] + data[other : other + length] + data[at + length :]
    if way == 3:
        return data[:at] + choices.bytes(32) + data[at:]
    if way == 4 and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << choices.number(8))]) + data[at + 1 :]
    if way == 5:
        return data[:at]
    return data[:at] + choices.pick(PIECES) + data[at:]


_FIELDS = {b"PK\1\2": (4, 6, 8, 10, 16, 20, 24, 28, 30, 32, 38, 42), b"PK\3\4": (4, 6, 8, 14, 18, 22, 26, 28)}
_END_FIELDS = (4, 6, 8, 10, 12, 16, 20)
_VALUES = (0, 1, 8, 9, 12, 0x7F, 0xFFFF, 0xFFFFFFFF, 20, 45, 0x80000000)


def headers_bent(choices, data):
    """Return an archive of which a header says something else: an offset, a size, a method, a flag, a length."""
    signature = choices.pick((b"PK\1\2", b"PK\3\4", b"PK\5\6"))
    places = [at for at in range(len(data) - 3) if data.startswith(signature, at)] if signature in data else []
    if not places:
        return data
    start = choices.pick(places)
    offset = start + choices.pick(_FIELDS.get(signature, _END_FIELDS))
    value = choices.pick(_VALUES) if choices.number(2) else choices.number(1 << 16)
    wide = choices.number(2)
    new = struct.pack("<L", value) if wide else struct.pack("<H", value & 0xFFFF)
    return data[:offset] + new + data[offset + len(new) :]


def json_bent(choices, content):
    """Return JSON with some values in it replaced by others of any kind, keys left out or doubled."""
    for _ in range(1 + choices.number(4)):
        place, way = content, []
        while isinstance(place, dict | list) and place and choices.number(6):
            key = choices.pick(list(place) if isinstance(place, dict) else range(len(place)))
            way.append((place, key))
            place = place[key]
        if not way:
            continue
        holder, key = way[-1]
        if choices.number(5) == 0:
            del holder[key]
        else:
            holder[key] = odd(choices)
    return content


def odd(choices):
    """Return a value that stands in no file of Desktop, or in another place."""
    way = choices.number(4)
    if way == 0:
        return choices.text((*FRAGMENTS, *WORDS), most=4)
    if way == 1:
        return choices.pick((None, True, 0, -1, 2**63, 1e300, [], {}, "", [[]], [None], {"": None}, [{"name": []}]))
    if way == 2:
        return {choices.pick(WORDS): odd(choices) for _ in range(choices.number(3))}
    return choices.pick(WORDS)


WORDS = (
    "name", "expression", "source", "type", "m", "query", "calculated", "kind", "partitions", "columns", "measures",
    "tables", "roles", "annotations", "value", "displayName", "visibility", "config", "filters", "sections", "ordinal",
    "P_INVANTIVE_URL", "Administratiecontrole", "Toegang", "Relaties", "710001", "Bakkerij", designs.URL,
    designs.QUERY, 'OData.Feed("https://evil.example")', 'Web.Contents("x")', "let x = 1 in x", "let", '"', "#(lf)",
    "linguisticMetadata", "refreshPolicy", "relationships", "fromTable", "expressions", "cultures", "<<client_name>>",
)  # fmt: skip
