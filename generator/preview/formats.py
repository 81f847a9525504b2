"""Numbers and dates as Power BI writes them by a format string, in Dutch or English."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_MONTHS = {
    "nl": [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_DAYS = {
    "nl": ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_SEPARATORS = {"nl": (".", ","), "en": (",", ".")}
_DATE = {"nl": "d-m-yyyy", "en": "d/m/yyyy"}
_QUOTED = re.compile(r'"([^"]*)"|\\(.)')
_DIGITS = re.compile(r"[#0][#0,]*(?:\.[#0]+)?")
_MOMENT = re.compile(r"yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|nn|n|ss|s", re.IGNORECASE)
BLANK = ""


def shown(value: object, pattern: str, language: str) -> str:
    """Return a value as a cell or card shows it; blank is nothing."""
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return {"nl": ("Onwaar", "Waar"), "en": ("False", "True")}[language][value]
    if isinstance(value, dt.date):
        return moment(value, pattern, language)
    if isinstance(value, int | float):
        return number(float(value), pattern, language)
    return str(value)


def number(value: float, pattern: str, language: str) -> str:
    """Return a number by a format: sections for positive, negative and zero, with literals in quotes."""
    sections = _sections(pattern or "0.##########")
    rounded = _rounded(value, sections[0])
    if rounded == 0 and len(sections) > 2:  # noqa: PLR2004  the third is for zero
        section, amount = sections[2], Decimal(0)
    elif rounded < 0 and len(sections) > 1 and sections[1]:
        section, amount = sections[1], -_rounded(value, sections[1])
    else:
        section, amount = sections[0], rounded
    return _filled(section, amount, language)


@lru_cache(256)
def _sections(pattern: str) -> tuple[str, ...]:
    """Split at ``;`` outside quotes, with the named formats spelled out."""
    known = {"general": "0.##########", "general number": "0.##########", "percent": "0.00%", "standard": "#,##0.00"}
    pattern = known.get(pattern.casefold(), pattern)
    return tuple(re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', pattern))


def _decimals(section: str) -> int:
    digits = _DIGITS.search(_QUOTED.sub("", section))
    return len(digits[0].partition(".")[2]) if digits else 0


def _rounded(value: float, section: str) -> Decimal:
    scaled = Decimal(repr(value)) * (100 if "%" in _QUOTED.sub("", section) else 1)
    digits = _DIGITS.search(_QUOTED.sub("", section))
    if digits:
        scaled /= 1000 ** (len(digits[0]) - len(digits[0].rstrip(",")))
    return scaled.quantize(Decimal(1).scaleb(-_decimals(section)), ROUND_HALF_UP)


def _filled(section: str, amount: Decimal, language: str) -> str:
    thousands, point = _SEPARATORS[language]
    literals = [first or second for first, second in _QUOTED.findall(section)]
    masked = _QUOTED.sub("\x00", section)
    digits = _DIGITS.search(masked)
    if digits:
        group = "," if "," in digits[0].rstrip(",") else ""
        text = f"{amount:{group}.{_decimals(section)}f}"
        optional = len(digits[0].partition(".")[2]) - len(digits[0].partition(".")[2].rstrip("#"))
        text = _trimmed(text, optional)
        text = text.replace(",", "\x01").replace(".", point).replace("\x01", thousands)
        masked = masked[: digits.start()] + text + masked[digits.end() :]
        if amount < 0 and masked.find("-") > 0 and not masked.startswith("-"):
            masked = "-" + masked.replace("-", "", 1)
    for literal in literals:
        masked = masked.replace("\x00", literal, 1)
    return masked


def _trimmed(text: str, optional: int) -> str:
    """Leave out so many last decimals where they are zero."""
    while optional and "." in text and text.endswith("0"):
        text, optional = text[:-1], optional - 1
    return text.removesuffix(".")


def moment(value: dt.date, pattern: str, language: str) -> str:
    """Return a date or a moment by a format; ``General Date`` and the like are the language's own."""
    if not pattern or not _MOMENT.search(pattern) or " date" in pattern.casefold():
        pattern = _DATE[language]
    months, days = _MONTHS[language], _DAYS[language]
    time = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())

    def part(match: re.Match[str]) -> str:
        code = match[0].lower()
        words = {
            "mmmm": months[value.month - 1],
            "mmm": months[value.month - 1][:3].replace("maa", "mrt"),
            "dddd": days[value.weekday()],
        }
        words |= {"ddd": days[value.weekday()][:2], "yyyy": f"{value.year:04}", "yy": f"{value.year % 100:02}"}
        numbers = {"m": value.month, "d": value.day, "h": time.hour, "n": time.minute, "s": time.second}
        return words.get(code) or (f"{numbers[code[0]]:02}" if len(code) == 2 else str(numbers[code[0]]))  # noqa: PLR2004

    return _MOMENT.sub(part, pattern)


def short(value: float, language: str) -> str:
    """Return a number of an axis or a label: in thousands or millions where it is large."""
    for size, unit in (
        (1e9, {"nl": " mld", "en": "bn"}),
        (1e6, {"nl": " mln", "en": "M"}),
        (1e3, {"nl": "k", "en": "K"}),
    ):
        if abs(value) >= size:
            return number(value / size, "#,##0.#", language) + unit[language]
    return number(value, "#,##0.##", language)
