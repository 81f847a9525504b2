"""The query options of a request, read and bounded: what Invantive documents, refused where it does not.

https://forums.invantive.com/t/odata4-query-options-of-invantive-bridge-online/1084
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.sources.sandbox.filters import Condition, condition
from generator.sources.sandbox.refusal import BAD_REQUEST, Refused, unknown_column, unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.sources.sandbox.schema import Table

_IGNORED = frozenset({"$orderby"})  # "Ignored for performance reasons."
_KNOWN = frozenset({"$select", "$filter", "$top", "$count", "$skiptoken", "$format"}) | _IGNORED
_TOKEN = re.compile(r"(\d{1,6})\.(\d{1,15})", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a table: columns (None for all), condition, limit, whether to count, and where to go on."""

    select: tuple[str, ...] | None = None
    where: Condition | None = None
    top: int | None = None
    count: bool = False
    place: tuple[int, int] = (0, 0)


def query(options: Sequence[tuple[str, str]], table: Table) -> Query:
    """Return the options of a request as a query; raise ``Refused`` for each that is unknown or unsupported."""
    given = dict(options)
    if len(given) < len(options):
        raise Refused(BAD_REQUEST, "A query option stands there twice.")
    for name in given:
        if name not in _KNOWN:
            raise unsupported(f"The query option '{name}'")
    if given.get("$format", "json").split(";")[0] not in {"json", "application/json"}:
        raise unsupported(f"The format '{given['$format']}'")
    return Query(
        select=_select(given["$select"], table) if "$select" in given else None,
        where=condition(given["$filter"], table) if "$filter" in given else None,
        top=_number(given["$top"], "$top") if "$top" in given else None,
        count=_truth(given.get("$count", "false")),
        place=_place(given.get("$skiptoken", "0.0")),
    )


def _select(text: str, table: Table) -> tuple[str, ...] | None:
    names = [name.strip() for name in text.split(",")]
    if names == ["*"]:
        return None
    for name in names:
        if name not in table.columns:
            raise unknown_column(name, table.name)
    return tuple(dict.fromkeys(names))


def _number(text: str, option: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Refused(BAD_REQUEST, f"{option} takes a whole number.")
    return int(text)


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Refused(BAD_REQUEST, "$count takes true or false.")
    return text == "true"


def _place(text: str) -> tuple[int, int]:
    match = _TOKEN.fullmatch(text)
    if not match:
        raise Refused(BAD_REQUEST, "$skiptoken is not one of this service.")
    return int(match[1]), int(match[2])
