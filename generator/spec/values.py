"""From a cell to a value: one function per kind, each forgiving to how people type and how Excel stores it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from generator.spec.dax_text import plain_dax
from generator.spec.kinds import CHOICES, EXPECTED
from generator.spec.records import OFFICE
from generator.spec.urls import NORMAL, masked, normal_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.spec.kinds import Kind

Raw = str | float | bool | dt.date | dt.time | dt.timedelta
"""What the reader of workbooks gives for a cell; an empty cell is an empty string."""

_CLIPPED = 60
_LARGEST_DIVISION = 2**31 - 1  # Division is an int32 in Exact Online's REST tables
_WHOLE = re.compile(r"(\d+|\d{1,3}(?:[. ]\d{3})+)(?:[.,]0+)?")
_CODE = re.compile(r"(?!(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z)[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?(?: ?uur)?")
_YEAR_END = re.compile(r"(\d{1,2})-(\d{1,2})")
_NUMBER = re.compile(r"-?\d{1,9}")
_ENTITY = re.compile(r"([A-Za-z_]\w*\.[A-Za-z_]\w*\.[A-Za-z_]\w*)(?:@\w+)?", re.ASCII)
_FILTER = re.compile(r"(\w+)\s*(\s(?:eq|ne|gt|ge|lt|le)\s|==|!=|=|<>|>=|<=|>|<)\s*(\S.*)", re.DOTALL | re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_SEPARATOR = re.compile(r"[,;\n]")
_BRACKET = re.compile(r"([\[\]])")
_CONTROLS = (*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF)
_DIRECTIONS = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_INVISIBLE = dict.fromkeys([*_CONTROLS, *_DIRECTIONS, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_BREAKS = dict.fromkeys([0x85, 0x2028, 0x2029], "\n")
_CLEANED: dict[int, str | None] = {**_INVISIBLE, **_BREAKS}
_LONGEST_NUMBER = 30  # digits; Python itself refuses to read more than 4,300
_LONGEST_ACCOUNT = 30  # as long as account codes are when they are compared
_SMALLEST_INTEREST = Decimal("1e-9")
_TRUE = frozenset({"ja", "j", "yes", "y", "true", "waar", "x", "1"})
_FALSE = frozenset({"nee", "n", "no", "false", "onwaar", "0"})


class BadValue(Exception):  # noqa: N818  it carries a problem from a parser to the reader
    """A value that doesn't fit its column: the code of the problem and the values of its message."""

    def __init__(self, code: str = "B012", **values: str) -> None:
        """Keep the code and the values."""
        self.code = code
        self.values = values
        super().__init__(code)


def clip(text: str) -> str:
    """Return a text on one line, short enough for a message."""
    line = " ".join(text.split())
    return line if len(line) <= _CLIPPED else f"{line[: _CLIPPED - 1]}…"


def show(raw: Raw) -> str:
    """Return a cell's value as a person would read it."""
    if isinstance(raw, float):
        return f"{raw:.0f}" if raw.is_integer() else repr(raw)
    return clip(str(raw))


def is_blank(raw: Raw) -> bool:
    """Tell whether a cell is empty, or looks it."""
    return isinstance(raw, str) and not raw.strip()


def line(raw: Raw) -> str:
    """Return a text on one line: blanks of all kinds are single spaces, invisible characters are gone."""
    if isinstance(raw, str):
        if raw.isprintable() and "  " not in raw and raw == raw.strip() and "_x000D_" not in raw:
            return raw  # nearly always
        return " ".join(raw.replace("_x000D_", " ").translate(_CLEANED).split())
    if isinstance(raw, bool):
        return str(raw).upper()
    if isinstance(raw, int | float):
        return show(raw)
    raise BadValue(
        expected_nl="tekst; Excel heeft er een datum of tijd van gemaakt, geef de cel de opmaak Tekst en typ opnieuw",
        expected_en="text; Excel turned it into a date or time, format the cell as Text and type it again",
    )


def text(raw: Raw) -> str:
    """Return a text that keeps its line breaks."""
    if not isinstance(raw, str):
        return line(raw)
    lines = raw.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").translate(_CLEANED).split("\n")
    return "\n".join(part.replace("\xa0", " ").rstrip() for part in lines).strip()


def code(value: str) -> str:
    """Return a client code."""
    if not is_code(value):
        raise BadValue("B022")
    return value


def is_code(value: str) -> bool:
    """Tell whether a text can be a client code, and so the name of a folder on every system."""
    return _CODE.fullmatch(value) is not None


def client(value: str) -> str:
    """Return a reference to a client."""
    return OFFICE if value.casefold() == OFFICE else value


def url(value: str) -> str:
    """Return a database URL in its one form: no blanks or ``/`` around it, scheme and host in lower case."""
    value = value.rstrip("/ ")
    found = normal_url(value)
    if isinstance(found, tuple):
        nl, en = found
        raise BadValue("B024", value=clip(masked(value)), reason_nl=nl, reason_en=en)
    return found


def boolean(raw: Raw) -> bool:
    """Return yes or no, in the words of Excel, of people and of both languages."""
    if isinstance(raw, bool):
        return raw
    word = line(raw).casefold()
    if word not in _TRUE | _FALSE:
        raise BadValue
    return word in _TRUE


def whole(raw: Raw) -> int:
    """Return a whole number of 0 or more; ``1,0``, ``12.0`` and ``730.001`` are whole numbers too."""
    if isinstance(raw, float) and raw.is_integer() and raw >= 0:
        return int(raw)
    match = None if isinstance(raw, bool) else _WHOLE.fullmatch(line(raw))
    if not match or len(match[1]) > _LONGEST_NUMBER:
        raise BadValue
    return int(match[1].replace(".", "").replace(" ", ""))


def years(raw: Raw) -> int:
    """Return a number of years from 1 to 10."""
    value = whole(raw)
    if not 1 <= value <= 10:  # noqa: PLR2004  the bounds of the contract
        raise BadValue
    return value


def division(raw: Raw) -> int:
    """Return the number of a division."""
    value = whole(raw)
    if not 1 <= value <= _LARGEST_DIVISION:
        raise BadValue
    return value


def divisions(raw: Raw) -> tuple[int, ...]:
    """Return the numbers of divisions."""
    return tuple(dict.fromkeys(division(part) for part in names(raw)))


def names(raw: Raw) -> tuple[str, ...]:
    """Return the parts of a list."""
    return tuple(part for part in map(line, _split(text(raw))) if part)


def _split(value: str) -> list[str]:
    """Split at separators, but for those with a closing bracket as the next one: they are in a measure's name."""
    if "]" not in value:
        return _SEPARATOR.split(value)
    pieces = _BRACKET.split(value)  # text, bracket, text, ..., text
    for index in range(0, len(pieces), 2):
        if pieces[index + 1 : index + 2] != ["]"]:
            pieces[index] = _SEPARATOR.sub("\0", pieces[index])
    return "".join(pieces).split("\0")


def choice(kind: Kind) -> Callable[[str], str]:
    """Return a parser that takes a value of a drop-down in any case."""
    values = {value.casefold(): value for value in CHOICES[kind]["nl"]}

    def parse(text: str) -> str:
        value = values.get(text.casefold())
        if value is None:
            raise BadValue
        return value

    return parse


def language(value: str) -> str:
    """Return the code of a language, two letters; whether there are texts in it, the templates tell."""
    value = value.casefold()
    if not re.fullmatch("[a-z]{2}", value):
        raise BadValue
    return value


def year_end(raw: Raw) -> str:
    """Return a month's end as ``MM-DD``; ``02-28`` stands for the last day of February."""
    if isinstance(raw, dt.date):
        month, day = raw.month, raw.day
        # Dutch Excel reads 06-30 as June 1930 and 12-31 as December 1931.
        if day == 1 and raw.year % 100 >= 28:  # noqa: PLR2004  the shortest month's end
            day = raw.year % 100
    else:
        match = _YEAR_END.fullmatch(line(raw))
        month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= month <= 12 or day not in {calendar.monthrange(2023, month)[1], calendar.monthrange(2024, month)[1]}:  # noqa: PLR2004
        raise BadValue
    return f"{month:02}-{day:02}"


def times(raw: Raw) -> tuple[str, ...]:
    """Return times as ``HH:MM``, sorted; Power BI refreshes on the hour and half hour only."""
    if isinstance(raw, float) and 0 <= raw < 1:  # a time in a cell with the format of a number
        seconds = round(raw * 86400)
        raw = f"{seconds // 3600}:{seconds % 3600 // 60:02}"
    if isinstance(raw, dt.datetime):
        raw = raw.time()
    found = [raw.strftime("%H:%M")] if isinstance(raw, dt.time) else names(raw)
    return tuple(sorted({_time(part) for part in found}))


def _time(part: str) -> str:
    match = _TIME.fullmatch(part)
    if not match or int(match[1]) > 23 or match[2] not in {"00", "30"}:  # noqa: PLR2004  hours of a day
        raise BadValue
    return f"{int(match[1]):02}:{match[2]}"


def ownership(raw: Raw) -> Decimal:
    """Return an interest as a fraction: above 1, or with a percent sign, it is a percentage."""
    value = "" if isinstance(raw, bool) else line(raw)
    percent = value.endswith("%")
    try:
        number = Decimal(value.removesuffix("%").strip().replace(",", "."))
        fraction = number / 100 if percent or number > 1 else number
        fits = _SMALLEST_INTEREST <= fraction <= 1
    except ArithmeticError:
        raise BadValue from None
    if not fits:
        raise BadValue
    return Decimal(f"{fraction.normalize():f}")


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if not pattern.fullmatch(value):
            raise BadValue
        return value

    return parse


def account(value: str) -> str:
    """Return the code of a ledger account."""
    if len(value) > _LONGEST_ACCOUNT:
        raise BadValue
    return value


def currency(value: str) -> str:
    """Return the code of a currency in capitals."""
    return _matching(_CURRENCY)(value).upper()


def entity(value: str) -> str:
    """Return catalog, schema and table; the alias is the client's."""
    match = _ENTITY.fullmatch(value)
    if not match:
        raise BadValue
    return match[1]


def condition(value: str) -> str:
    """Return a filter that can be taken apart."""
    comparison(value)
    return value


def comparison(value: str) -> tuple[str, str, str]:
    """Return column, operator and value of a filter, as they are typed."""
    match = _FILTER.fullmatch(value)
    if not match:
        raise BadValue
    return match[1], match[2].strip().lower(), match[3]


def position(raw: Raw) -> tuple[int, int, int, int]:
    """Return x, y, width and height in pixels."""
    parts = names(raw) if isinstance(raw, str) else ()
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) for part in parts):  # noqa: PLR2004  x, y, width, height
        raise BadValue
    x, y, width, height = map(int, parts)
    return x, y, width, height


def dax(raw: Raw) -> str:
    """Return a formula without the ``=`` before it; separators and quotes of a Dutch keyboard are refused."""
    typed = text(raw)
    plain = plain_dax(typed)
    if plain != typed:
        raise BadValue("B018", corrected=plain)
    return typed.removeprefix("=").lstrip()


def _of_line(check: Callable[[str], object]) -> Callable[[Raw], object]:
    return lambda raw: check(line(raw))


IN_ONE_FORM: Mapping[Kind, re.Pattern[str]] = {"code": _CODE, "url": NORMAL, "alias": _ALIAS}
"""A text that fits is its own value."""

_remembered = lru_cache(maxsize=256, typed=True)  # True == 1.0
"""For kinds of which a thousand clients have few values."""


OF_LINES: Mapping[Kind, Callable[[str], object]] = {
    "alias": _matching(_ALIAS),
    "code": code,
    "client": client,
    "url": url,
    "language": language,
    "account": account,
    "currency": currency,
    "entity": entity,
    "filter": condition,
    "email": _matching(_EMAIL),
    "role": choice("role"),
}
"""What is read from a text on one line, for the columns whose texts are known to be so."""

PARSERS: Mapping[Kind, Callable[[Raw], object]] = {
    "line": line,
    "text": text,
    "bool": _remembered(boolean),
    "years": _remembered(years),
    "year_end": _remembered(year_end),
    "times": _remembered(times),
    "list": _remembered(names),
    "division": division,
    "divisions": divisions,
    "ownership": _remembered(ownership),
    "dax": dax,
    "position": position,
    **{kind: _of_line(check) for kind, check in OF_LINES.items()},
}


def parse(kind: Kind, raw: Raw) -> object:
    """Return the value of a cell, or None where nothing is left of it; raise ``BadValue`` where it doesn't fit."""
    if is_blank(raw):
        return None
    try:
        value = PARSERS[kind](raw)
    except BadValue as bad:
        nl, en = EXPECTED[kind]
        bad.values = {"value": show(raw), "expected_nl": nl, "expected_en": en} | bad.values
        raise
    return None if value in ("", ()) else value
