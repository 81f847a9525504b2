"""The markers in a designed report's formulas and pages, filled in with a client's values."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.resolve.client import Client

JSON = "<<json>>"
"""The key under which a text stands that is JSON itself, opened since it holds a marker."""

_MARKER = re.compile(r"<<(\w+)(?:\|(\w+))?>>")
_ESCAPES = {"dax": ('"', '""'), "quoted": ("'", "''")}
_EACH = re.compile(r"(?P<start>'?)<<division(?P<name>_name)?(?:\|quoted)?>>(?P<end>'|[LDM]?)")


def values_of(client: Client) -> dict[str, Any]:
    """Return what a designed report may hold of a client: for templates of M as they are, for markers as texts."""
    codes = [division.code for division in client.divisions]
    names = [division.name for division in client.divisions]
    return {
        "client_name": client.name,
        "alias": client.alias,
        "divisions": codes,
        "division_texts": [str(code) for code in codes],
        "division_names_list": names,
        "division_codes": ", ".join(map(str, codes)),
        "division_names": ", ".join(dict.fromkeys(names)),
        "division": str(codes[0]) if codes else "",
        "division_name": names[0] if names else "",
        "lt": "<<",
    }


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Return a text with its markers filled in, each once; what is filled in is not looked at again."""
    return _MARKER.sub(lambda match: _value(match, values), text) if "<<" in text else text


def _value(match: re.Match[str], values: Mapping[str, Any]) -> str:
    value = values.get(match[1])
    if not isinstance(value, str):
        return match[0]
    return value.replace(*_ESCAPES[match[2]]) if match[2] in _ESCAPES else value


def document(value: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  a JSON document
    """Return a document with its markers filled in; a filter on a division gets one value for each division."""
    if isinstance(value, dict):
        if value.keys() == {JSON}:
            return json.dumps(document(value[JSON], values), ensure_ascii=False, separators=(",", ":"))
        made = {filled(key, values): document(item, values) for key, item in value.items()}
        listed = value.get("Values")
        if isinstance(listed, list) and "Expressions" in value and any(_is_each(row) for row in listed):
            made["Values"] = [new for row in listed for new in _rows(row, values)]
        return made
    if isinstance(value, list):
        return [document(item, values) for item in value]
    return filled(value, values) if isinstance(value, str) else value


def _is_each(row: Any) -> bool:  # noqa: ANN401  a JSON document
    return len(row) == 1 and isinstance(row[0], dict) and bool(_EACH.fullmatch(str(_literal(row[0]))))


def _literal(item: Mapping[str, Any]) -> Any:  # noqa: ANN401  a JSON document
    found = item.get("Literal")
    return found.get("Value", "") if isinstance(found, dict) else ""


def _rows(row: Any, values: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401  a JSON document
    """Return the rows of a filter that stand for one: of a division, one for each that the client has."""
    match = _EACH.fullmatch(str(_literal(row[0]))) if _is_each(row) else None
    if match is None:
        return [document(row, values)]
    listed = values["division_names_list" if match["name"] else "division_texts"]
    texts = [text.replace("'", "''") for text in dict.fromkeys(listed)]
    return [[{"Literal": {"Value": f"{match['start']}{text}{match['end']}"}}] for text in texts]
