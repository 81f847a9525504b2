"""The functions of M that templates use, on values, texts, numbers and dates; those on tables stand in ``tables``.

A formula that names another one fails, and its table is left out of the figures.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from typing import TYPE_CHECKING

from generator.preview.m import tables
from generator.preview.m.values import MError, MType, Table, Value

if TYPE_CHECKING:
    from collections.abc import Callable

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def library(now: dt.datetime) -> dict[str, Value]:
    """Return all names of the library; ``now`` is the moment it is, in UTC with its zone."""
    return {
        **tables.LIBRARY,
        **_LISTS,
        **_TEXTS,
        **_NUMBERS,
        **_DATES,
        **_RECORDS,
        **{f"Day.{name}": number for number, name in enumerate(_DAYS)},
        **{f"{name}.Type": MType(name.lower(), nullable=True) for name in ("Int64", "Currency", "Percentage")},
        "DateTimeZone.FixedUtcNow": lambda: now,
        "DateTimeZone.UtcNow": lambda: now,
        "Splitter.SplitByNothing": lambda: lambda value: [value],
        "Error.Record": lambda reason, message=None, detail=None: {
            "Reason": reason,
            "Message": message,
            "Detail": detail,
        },
    }


def text_of(value: Value, *_: Value) -> str | None:
    """Return a value as a text, in the spelling that knows no country."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def date_of(value: Value, *_: Value) -> dt.date | None:
    """Return the day of a moment or of an ISO text."""
    if isinstance(value, str):
        return dt.date.fromisoformat(value[:10])
    return value.date() if isinstance(value, dt.datetime) else value


def datetime_of(value: Value, *_: Value) -> dt.datetime | None:
    """Return the moment of a day, a moment with a zone or an ISO text."""
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=None)
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return dt.datetime.combine(value, dt.time()) if isinstance(value, dt.date) else None


def number_of(value: Value, *_: Value) -> float | int | None:
    """Return a number."""
    if isinstance(value, str):
        return float(value) if set(value) & set(".eE") else int(value)
    return int(value) if isinstance(value, bool) else value


def rounded(value: float | None, digits: int | None = 0, mode: int | None = None) -> float | None:  # noqa: ARG001
    """Return a number rounded to so many decimals, half to even as Power Query does unless told otherwise."""
    return None if value is None else round(value, digits or 0)


def _whole(value: Value, *_: Value) -> int | None:
    number = number_of(value)
    return None if number is None else round(number)


def _currency(value: Value, *_: Value) -> float | None:
    number = number_of(value)
    return None if number is None else round(float(number), 4)


def _months(day: dt.date | None, count: int) -> dt.date | None:
    """Return the same day so many months later, or the last of a shorter month."""
    if day is None:
        return None
    number = day.year * 12 + day.month - 1 + count
    year, month = divmod(number, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def _month_end(day: dt.date | None) -> dt.date | None:
    return day and day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _week_start(day: Value, first: int | None = 0) -> Value:
    return day and day - dt.timedelta((day.weekday() - (first or 0)) % 7)


def _sorted(values: list[Value], *_: Value) -> list[Value]:
    return sorted(values, key=lambda value: (value is not None, value))


def _known(values: list[Value]) -> list[Value]:
    return [value for value in values if value is not None]


def _distinct(values: list[Value], *_: Value) -> list[Value]:
    try:
        return list(dict.fromkeys(values))
    except TypeError:
        return [value for place, value in enumerate(values) if value not in values[:place]]


def _sum(values: list[Value], *_: Value) -> Value:
    numbers = _known(values)
    return math.fsum(numbers) if numbers else None


def _extreme(pick: Callable[..., Value]) -> Callable[..., Value]:
    return lambda values, default=None, *_: pick(_known(values), default=default)


def _of(make: Callable[[Value], Value]) -> Callable[..., Value]:
    """Return a function that leaves null as it is."""
    return lambda value, *_: None if value is None else make(value)


def _join(texts: list[str | None], between: str | None = "") -> str:
    return (between or "").join(text for text in texts if text is not None)


def _field_or(record: dict[str, Value], name: str, default: Value = None) -> Value:
    return record.get(name, default)


def _field(record: dict[str, Value], name: str) -> Value:
    if name not in record:
        raise MError(f"no field {name}")
    return record[name]


_LISTS: dict[str, Value] = {
    "List.Buffer": lambda values: values,
    "List.Combine": lambda lists: [value for values in lists for value in values],
    "List.Contains": lambda values, value, *_: value in values,
    "List.Count": len,
    "List.Dates": lambda start, count, step: [start + place * step for place in range(count)],
    "List.Difference": lambda values, others, *_: [value for value in values if value not in others],
    "List.Distinct": _distinct,
    "List.First": lambda values, default=None: values[0] if values else default,
    "List.Intersect": lambda lists, *_: [value for value in lists[0] if all(value in other for other in lists[1:])],
    "List.IsEmpty": lambda values: not values,
    "List.Last": lambda values, default=None: values[-1] if values else default,
    "List.Max": _extreme(max),
    "List.Min": _extreme(min),
    "List.Numbers": lambda start, count, step=1: [start + place * (step or 1) for place in range(count)],
    "List.Reverse": lambda values: list(reversed(values)),
    "List.RemoveNulls": _known,
    "List.Select": lambda values, keep: [value for value in values if keep(value) is True],
    "List.Sort": _sorted,
    "List.Sum": _sum,
    "List.Transform": lambda values, make: [make(value) for value in values],
    "List.Union": lambda lists, *_: _distinct([value for values in lists for value in values]),
    "List.Zip": lambda lists: [list(values) for values in zip(*lists, strict=True)],
    "List.AnyTrue": lambda values: any(value is True for value in values),
    "List.AllTrue": lambda values: all(value is True for value in values),
}

_TEXTS: dict[str, Value] = {
    "Text.Combine": _join,
    "Text.Contains": lambda text, part, *_: None if text is None else part in text,
    "Text.End": lambda text, count: None if text is None else text[max(len(text) - count, 0) :],
    "Text.EndsWith": lambda text, part, *_: None if text is None else text.endswith(part),
    "Text.From": text_of,
    "Text.Length": _of(len),
    "Text.Lower": _of(str.lower),
    "Text.Middle": lambda text, start, count=None: text and text[start : None if count is None else start + count],
    "Text.PadStart": lambda text, count, pad=" ": None if text is None else text.rjust(count, pad or " "),
    "Text.Replace": lambda text, old, new: None if text is None else text.replace(old, new),
    "Text.Split": lambda text, between: None if text is None else text.split(between),
    "Text.Start": lambda text, count: None if text is None else text[:count],
    "Text.StartsWith": lambda text, part, *_: None if text is None else text.startswith(part),
    "Text.Trim": _of(str.strip),
    "Text.TrimStart": lambda text, what=None: None if text is None else text.lstrip(what),
    "Text.TrimEnd": lambda text, what=None: None if text is None else text.rstrip(what),
    "Text.Upper": _of(str.upper),
}

_NUMBERS: dict[str, Value] = {
    "Currency.From": _currency,
    "Int64.From": _whole,
    "Number.Abs": _of(abs),
    "Number.From": number_of,
    "Number.IntegerDivide": lambda number, by: None if number is None else int(number / by),
    "Number.Mod": lambda number, by: (
        None
        if number is None
        else math.fmod(number, by)
        if isinstance(number, float) or isinstance(by, float)
        else int(math.fmod(number, by))
    ),
    "Number.Round": rounded,
    "Number.RoundDown": _of(math.floor),
    "Number.RoundUp": _of(math.ceil),
    "Number.Sign": _of(lambda value: (value > 0) - (value < 0)),
    "Number.ToText": text_of,
    "Logical.From": _of(bool),
}


def _zoned(year: int, month: int, day: int, hour: int, minute: int, second: int, *zone: int) -> dt.datetime:
    """Return a moment of a time zone, given in hours and minutes."""
    hours, minutes = zone
    away = dt.timezone(dt.timedelta(hours=hours, minutes=minutes))
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=away)


_DATES: dict[str, Value] = {
    "#date": dt.date,
    "#datetime": dt.datetime,
    "#datetimezone": _zoned,
    "#duration": lambda days, hours, minutes, seconds: dt.timedelta(days, seconds, 0, 0, minutes, hours),
    "Date.AddDays": lambda day, count: day and day + dt.timedelta(count),
    "Date.AddMonths": _months,
    "Date.AddYears": lambda day, count: _months(day, 12 * count),
    "Date.Day": _of(lambda day: day.day),
    "Date.EndOfMonth": _month_end,
    "Date.EndOfYear": _of(lambda day: day.replace(month=12, day=31)),
    "Date.From": date_of,
    "Date.Month": _of(lambda day: day.month),
    "Date.StartOfMonth": _of(lambda day: day.replace(day=1)),
    "Date.StartOfWeek": _week_start,
    "Date.StartOfYear": _of(lambda day: day.replace(month=1, day=1)),
    "Date.Year": _of(lambda day: day.year),
    "DateTime.Date": date_of,
    "DateTime.From": datetime_of,
    "DateTimeZone.RemoveZone": _of(lambda moment: moment.replace(tzinfo=None)),
    "Duration.Days": _of(lambda span: span.days),
}

_RECORDS: dict[str, Value] = {
    "Record.Field": _field,
    "Record.FieldNames": list,
    "Record.FieldOrDefault": _field_or,
    "Record.FieldValues": lambda record: list(record.values()),
    "Record.FromList": lambda values, names: dict(zip(names, values, strict=True)),
    "Record.HasFields": lambda record, names: all(
        name in record for name in ([names] if isinstance(names, str) else names)
    ),
    "Value.Is": lambda value, kind: kind.holds(value),
}

CONVERSIONS: dict[str, Callable[..., Value]] = {
    "text": text_of,
    "date": date_of,
    "datetime": datetime_of,
    "int64": _whole,
    "currency": _currency,
    "number": number_of,
    "percentage": number_of,
}
"""Kind of a type → what makes a value of it."""


def typed(table: Table, pairs: list[Value], *_: Value) -> Table:
    """Return a table with columns changed to types."""
    changes = [pairs] if pairs and isinstance(pairs[0], str) else pairs
    ways = {name: CONVERSIONS[kind.kind] for name, kind in changes if kind.kind in CONVERSIONS}
    rows = [{name: ways[name](value) if name in ways else value for name, value in row.items()} for row in table.rows]
    return Table(table.columns, rows)


tables.LIBRARY["Table.TransformColumnTypes"] = typed
