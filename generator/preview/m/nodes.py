"""The parts of a formula of M as functions of a scope."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from generator.preview.m.values import Feed, Lazy, MError, Scope, Table, Value, compared, equal, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.preview.m.values import MType

Code = Callable[[Scope], Value]
"""A formula, read: gives its value in a scope."""


def constant(value: Value) -> Code:
    """Return a literal."""
    return lambda _: value


def name(text: str) -> Code:
    """Return the value of a name."""
    return lambda scope: scope.get(text)


def function(names: Sequence[str], body: Code) -> Code:
    """Return a function; arguments left out are null."""

    def make(scope: Scope) -> Value:
        if len(names) == 1:
            only = names[0]
            return lambda value=None, *_: body(Scope({only: value}, scope))
        missing = (None,) * len(names)
        return lambda *values: body(Scope(dict(zip(names, (*values, *missing), strict=False)), scope))

    return make


def let(pairs: Mapping[str, Code], body: Code) -> Code:
    """Return a value made with names that are computed when they are asked for."""

    def run(outer: Scope) -> Value:
        scope = Scope({}, outer)
        scope.names.update({key: Lazy(code, scope) for key, code in pairs.items()})
        return body(scope)

    return run


def record(pairs: Mapping[str, Code]) -> Code:
    """Return a record, whose fields may name each other."""

    def run(outer: Scope) -> Value:
        scope = Scope({}, outer)
        scope.names.update({key: Lazy(code, scope) for key, code in pairs.items()})
        return {key: scope.names[key].force() for key in pairs}

    return run


def items(elements: Sequence[tuple[Code, Code | None]]) -> Code:
    """Return a list; an element with an end is a range of whole numbers."""

    def run(scope: Scope) -> Value:
        found: list[Value] = []
        for first, last in elements:
            start = first(scope)
            found += [start] if last is None else range(start, last(scope) + 1)
        return found

    return run


def choice(condition: Code, yes: Code, no: Code) -> Code:
    """Return one of two values."""
    return lambda scope: yes(scope) if condition(scope) is True else no(scope)


def fails(message: Code) -> Code:
    """Return an error with a message."""

    def run(scope: Scope) -> Value:
        value = message(scope)
        raise MError(str(value.get("Message", "") if isinstance(value, dict) else value))

    return run


def tried(code: Code, instead: Code | None) -> Code:
    """Return a value, or another where it fails; without another, a record that tells which."""

    def run(scope: Scope) -> Value:
        try:
            value = code(scope)
        except (MError, TypeError, ValueError, KeyError, IndexError, ZeroDivisionError) as error:
            return instead(scope) if instead else {"HasError": True, "Error": {"Message": str(error)}}
        return value if instead else {"HasError": False, "Value": value}

    return run


def lazy(sign: str, left: Code, right: Code) -> Code:
    """Return ``and``, ``or`` or ``??``: the right side is asked for only where it decides."""
    if sign == "and":
        return lambda scope: left(scope) is not False and right(scope)
    if sign == "or":
        return lambda scope: left(scope) is True or right(scope)

    def run(scope: Scope) -> Value:
        value = left(scope)
        return right(scope) if value is None else value

    return run


_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_ORDER: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


def binary(sign: str, left: Code, right: Code) -> Code:
    """Return an operator between two values; null makes null of all but = and <>."""
    if sign == "=":
        return lambda scope: equal(left(scope), right(scope))
    if sign == "<>":
        return lambda scope: not equal(left(scope), right(scope))
    if sign == "&":
        return lambda scope: joined(left(scope), right(scope))
    if sign in _ORDER:
        holds = _ORDER[sign]

        def order(scope: Scope) -> Value:
            found = compared(left(scope), right(scope))
            return None if found is None else holds(found)

        return order
    compute = _ARITHMETIC[sign]

    def run(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        return None if first is None or second is None else compute(first, second)

    return run


def unary(sign: str, code: Code) -> Code:
    """Return a value with a sign before it."""

    def run(scope: Scope) -> Value:
        value = code(scope)
        if value is None or sign == "+":
            return value
        return not value if sign == "not" else -value

    return run


def is_of(code: Code, kind: MType) -> Code:
    """Return whether a value is of a type."""
    return lambda scope: kind.holds(code(scope))


def call(code: Code, arguments: Sequence[Code]) -> Code:
    """Return what a function makes of arguments."""
    return lambda scope: code(scope)(*[argument(scope) for argument in arguments])


def item(code: Code, place: Code, *, optional: bool) -> Code:
    """Return an item of a list, or the row of a table with these fields."""

    def run(scope: Scope) -> Value:
        value, key = code(scope), place(scope)
        if isinstance(value, Feed):
            return {"Data": value.table(key["Name"].rpartition("@")[0] or key["Name"])}
        rows = value.rows if isinstance(value, Table) else value
        if isinstance(key, dict):
            rows = [row for row in rows if all(equal(row.get(name), wanted) for name, wanted in key.items())]
            key = 0
        if 0 <= key < len(rows):
            return rows[key]
        if optional:
            return None
        raise MError("no such item")

    return run


def field(code: Code, text: str, *, optional: bool) -> Code:
    """Return a field of a record, or a column of a table as a list."""

    def run(scope: Scope) -> Value:
        value = code(scope)
        if isinstance(value, Table):
            return [row.get(text) for row in value.rows]
        if text in value:
            return value[text]
        if optional:
            return None
        raise MError(f"no field {text}")

    return run


def projection(code: Code, names: Sequence[str]) -> Code:
    """Return some fields of a record, or some columns of a table."""

    def run(scope: Scope) -> Value:
        value = code(scope)
        if isinstance(value, Table):
            return Table(list(names), [{key: row.get(key) for key in names} for row in value.rows])
        return {key: value[key] for key in names}

    return run
