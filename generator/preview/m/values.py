"""Values of M as Python has them, and what operators make of them.

Null is None; numbers, texts and logicals are Python's own; dates and times are those of ``datetime`` (a datetimezone is
one with a zone), a record is a dict, a function a callable, and a table a ``Table``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = Any
"""Any value of M."""

KINDS: Mapping[str, Callable[[Value], bool]] = {
    "null": lambda value: value is None,
    "logical": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "date": lambda value: isinstance(value, dt.date) and not isinstance(value, dt.datetime),
    "datetime": lambda value: isinstance(value, dt.datetime) and value.tzinfo is None,
    "datetimezone": lambda value: isinstance(value, dt.datetime) and value.tzinfo is not None,
    "time": lambda value: isinstance(value, dt.time),
    "duration": lambda value: isinstance(value, dt.timedelta),
    "list": lambda value: isinstance(value, list),
    "record": lambda value: isinstance(value, dict),
    "table": lambda value: isinstance(value, Table),
    "function": callable,
    "type": lambda value: isinstance(value, MType),
    "any": lambda value: value is not None or value is None,
    "anynonnull": lambda value: value is not None,
    "none": lambda value: False,  # noqa: ARG005  no value is of this type
}
"""Primitive type → whether a value is of it."""


class MError(Exception):
    """A formula of M that can't be read, or that fails; the table it makes is then left out of the figures."""


@dataclass(frozen=True, slots=True)
class MType:
    """A type: its kind, whether null is of it, and of a table its columns."""

    kind: str
    nullable: bool = False
    columns: Mapping[str, MType] = field(default_factory=dict, hash=False)

    def holds(self, value: Value) -> bool:
        """Tell whether a value is of this type."""
        return (self.nullable and value is None) or KINDS[_PRIMITIVE.get(self.kind, self.kind)](value)


_PRIMITIVE = {"int64": "number", "currency": "number", "percentage": "number", "double": "number", "decimal": "number"}


@dataclass(slots=True)
class Table:
    """A table: the names of its columns in order, and its rows as records."""

    columns: list[str]
    rows: list[dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Feed:
    """A database: ``table`` gives the rows of an entity set by its name, without the alias."""

    table: Callable[[str], Table]


class Lazy:
    """A value that is computed when it is first asked for."""

    __slots__ = ("_busy", "_code", "_scope", "_value")

    def __init__(self, code: Callable[[Scope], Value], scope: Scope) -> None:
        """Keep the formula and where its names stand."""
        self._code: Callable[[Scope], Value] | None = code
        self._scope, self._busy, self._value = scope, False, None

    def force(self) -> Value:
        """Return the value; raise ``MError`` where it asks for itself."""
        if self._code is not None:
            if self._busy:
                raise MError("a formula that refers to itself")
            self._busy = True
            try:
                self._value = self._code(self._scope)
                self._code = None
            finally:
                self._busy = False
        return self._value


class Scope:
    """Names and their values, inside another scope."""

    __slots__ = ("names", "outer")

    def __init__(self, names: dict[str, Value], outer: Scope | None = None) -> None:
        """Keep the names of this scope, over those of the outer one."""
        self.names, self.outer = names, outer

    def get(self, name: str) -> Value:
        """Return the value of a name; raise ``MError`` where there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                value = scope.names[name]
                return value.force() if type(value) is Lazy else value
            scope = scope.outer
        raise MError(f"{name} is not known to the preview")


def equal(left: Value, right: Value) -> bool:
    """Tell whether two values are equal; true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def joined(left: Value, right: Value) -> Value:
    """Return what ``&`` makes of texts, lists, records, tables, or a date and a time."""
    if left is None or right is None:
        return None
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if isinstance(left, Table) and isinstance(right, Table):
        return combined([left, right])
    if type(left) is not type(right):
        raise MError("& between values of two kinds")
    return left + right


def combined(tables: list[Table]) -> Table:
    """Return the rows of all tables; a column that one does not have is null in its rows."""
    columns = list(dict.fromkeys(name for table in tables for name in table.columns))
    return Table(columns, [{name: row.get(name) for name in columns} for table in tables for row in table.rows])


def compared(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1, or None where either is null."""
    if left is None or right is None:
        return None
    return int(left > right) - int(left < right)
