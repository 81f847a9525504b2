"""Values of a visual's objects: literals in Power BI's notation, plain values of a theme, colours.

An object is a list of property groups, each for all of the visual or for what its selector picks; a property is
``{"expr": …}``, or in a theme the value itself.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]

_NUMBER = re.compile(r"(-?[\d.]+(?:[eE][+-]?\d+)?)[LDM]?$")
_HEX = re.compile(r"#[0-9a-fA-F]{3,8}$")
_CHANNELS = (1, 3, 5)


def parsed(text: str) -> Any:  # noqa: ANN401  a literal is of any kind
    """Return the value of a literal: ``'it''s'``, ``1.5D``, ``2L``, ``true``, ``null``, ``datetime'…'``."""
    text = str(text)
    if text.startswith("'") and text.endswith("'"):
        return text[1:-1].replace("''", "'")
    if text.startswith("datetime'"):
        return dt.datetime.fromisoformat(text[9:-1].removesuffix("Z"))
    if text in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[text]
    found = _NUMBER.match(text)
    if not found:
        return text
    return float(found[1]) if "D" in text or "M" in text or "." in text else int(found[1])


def properties(group: object) -> Json:
    """Return the properties of a group."""
    found = group.get("properties") if isinstance(group, dict) else None
    return found if isinstance(found, dict) else {}


def prop(objects: Mapping[str, Any], group: str, name: str, metadata: str = "") -> Any:  # noqa: ANN401
    """Return a property as it stands in the file, that of a field by its reference before the visual's own, or None."""
    found = None
    for each in objects.get(group, ()):
        selector = each.get("selector") if isinstance(each, dict) else None
        named = (selector or {}).get("metadata", "")
        wild = any("dataViewWildcard" in one for one in (selector or {}).get("data", ()))
        if name in properties(each) and ((not named and not wild) or (metadata and named == metadata)):
            found = properties(each)[name]
            if named:
                return found
    return found


def plain(value: Any) -> Any:  # noqa: ANN401  what a property holds is of any kind
    """Return the value of a property: a literal's, or a theme's own; None for an expression that must be computed."""
    if isinstance(value, dict):
        literal = value.get("expr", {}).get("Literal") if isinstance(value.get("expr"), dict) else None
        return parsed(literal.get("Value", "null")) if isinstance(literal, dict) else None
    return value


def expression(value: Any) -> Json | None:  # noqa: ANN401
    """Return the expression in a property, also in that of a colour, or None."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("solid"), dict):
        value = value["solid"].get("color")
    found = value.get("expr") if isinstance(value, dict) else None
    return found if isinstance(found, dict) else None


def colour(value: Any, palette: Sequence[str]) -> str:  # noqa: ANN401
    """Return a fixed colour as ``#RRGGBB``, or nothing; ``palette`` are the theme's colours by their number."""
    if isinstance(value, dict) and isinstance(value.get("solid"), dict):
        value = value["solid"].get("color")
    named = expression({"expr": value["expr"]}) if isinstance(value, dict) and "expr" in value else None
    if named and "ThemeDataColor" in named:
        body = named["ThemeDataColor"]
        number = int(body.get("ColorId", 0))
        return shade(palette[number % len(palette)], float(body.get("Percent", 0))) if palette else ""
    return safe_colour(plain(value))


def safe_colour(value: object) -> str:
    """Return a colour that may stand in a style, or nothing for what is none."""
    text = str(value or "")
    return text if _HEX.match(text) or re.fullmatch(r"[a-zA-Z]{3,20}", text) else ""


def shade(hexadecimal: str, percent: float) -> str:
    """Return a colour so much lighter, or darker where below zero, of 1."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", hexadecimal):
        return hexadecimal
    target = 255 if percent > 0 else 0
    mixed = [int(hexadecimal[place : place + 2], 16) for place in _CHANNELS]
    return "#" + "".join(f"{round(each + (target - each) * min(abs(percent), 1)):02X}" for each in mixed)
