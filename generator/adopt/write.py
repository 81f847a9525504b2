"""The files of an adopted template: readable, one query a file, one table a file, pages as Desktop wrote them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from generator.names import file_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from generator.adopt.jsons import Json
    from generator.adopt.model import Model
    from generator.adopt.pages import Designed

_LINE = 80
TEMPLATE = "template.toml"
_HEAD = """\
# Sjabloon van een rapport dat in Power BI Desktop is ontworpen, gemaakt door bundel adopt.
# titles en de titels van pagina's mogen per taal; captions vertaalt vaste teksten op de pagina's, zie
# docs/ontwerpen-in-desktop.md. Een nieuwe versie van het ontwerp: bundel adopt BESTAND --update NAAM.
"""


def files(model: Model, designed: Designed, head: Mapping[str, Any], queries: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of a template: path inside its folder → bytes. ``queries`` are templates of M by name."""
    names = file_names(queries)
    tables = file_names(table["name"] for table in model.tables)
    made = {TEMPLATE: document(head), "model.json": _json(model.database)}
    made |= {f"tables/{tables[table['name']]}.json": _json(table) for table in model.tables}
    if model.expressions:
        made["expressions.json"] = _json(model.expressions)
    made |= {f"queries/{names[name]}.pq": (source.rstrip("\n") + "\n").encode() for name, source in queries.items()}
    for path, content in designed.documents.items():
        made[_report(path) + ("" if path.endswith(".json") else ".json")] = _json(content)
    return made | {_report(path): data for path, data in designed.resources.items()}


def document(head: Mapping[str, Any]) -> bytes:
    """Return the file that says what a template is."""
    return (_HEAD + toml(head)).encode()


def _report(path: str) -> str:
    return f"report/{path.removeprefix('Report/')}"


def _json(content: Json | list[Json]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def toml(head: Mapping[str, Any]) -> str:
    """Return a document as TOML: values first, then tables, then lists of tables; texts, lists and flags only."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in head.items() if not _is_table(value)]
    for key, value in head.items():
        if isinstance(value, dict):
            inner = {name: item for name, item in value.items() if isinstance(item, dict)}
            plain = [f"{_key(name)} = {_value(item)}" for name, item in value.items() if name not in inner]
            lines += ["", f"[{_key(key)}]", *plain] if plain or not inner else []
            for name, item in inner.items():
                lines += ["", f"[{_key(key)}.{_key(name)}]", *(f"{_key(k)} = {_value(v)}" for k, v in item.items())]
        elif _is_table(value):
            for row in value:
                lines += ["", f"[[{_key(key)}]]", *(f"{_key(name)} = {_value(item)}" for name, item in row.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int):
        return str(value)
    return _listed(value if isinstance(value, list | tuple) else [])


def _listed(values: Iterable[object]) -> str:
    items = [_value(value) for value in values]
    if sum(map(len, items)) < _LINE:
        return "[" + ", ".join(items) + "]"
    return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
