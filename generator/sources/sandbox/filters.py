"""``$filter`` as SQL: what Invantive Bridge Online documents, and nothing else; values only as parameters.

``odata_query`` reads the text; names of columns are looked up, never copied, and each comparison is checked for types.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from generator.sources.sandbox.refusal import BAD_REQUEST, Refused, unknown_column, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.sources.sandbox.schema import Table

Value = str | int | float | None

_DEEPEST = 100  # of brackets in brackets; a chain of one operator counts once, as long as an address can be
_LARGEST = 2**63
_COMPARE: dict[type, str] = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "IS", ast.NotEq: "IS NOT"}
_ARITHMETIC: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
_SEARCH = {
    "contains": "instr({0}, {1}) > 0",
    "startswith": "instr({0}, {1}) = 1",
    "endswith": "({1} = '' OR substr({0}, -length({1})) = {1})",
}
_KIND = {"guid": "guid", "datetime": "moment", "boolean": "boolean", "string": "text"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a WHERE clause with its parameters; ``kind`` is that of the value it makes."""

    sql: str
    values: tuple[Value, ...] = ()
    kind: str = "boolean"


def condition(text: str, table: Table) -> Condition:
    """Return a ``$filter`` as SQL; raise ``Refused`` where it is not understood, or not documented as supported."""
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(text))
    except ODataException as error:
        raise Refused(BAD_REQUEST, f"$filter is not understood: {error}") from error
    except (ValueError, RecursionError) as error:
        raise Refused(BAD_REQUEST, "$filter is not understood.") from error
    found = _Writer(table).write(tree, 0)
    if found.kind != "boolean":
        raise Refused(BAD_REQUEST, "$filter is not a condition.")
    return found


class _Writer:
    """Writes the tree of a filter as SQL on one table."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def write(self, node: object, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise Refused(BAD_REQUEST, "$filter is nested too deeply.")
        match node:
            case ast.Identifier():
                return self.column(node)
            case ast.BoolOp():
                return self.both(node, depth)
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.BinOp():
                return self.arithmetic(node, depth)
            case ast.Call():
                return self.call(node, depth)
            case ast.UnaryOp():
                raise unsupported(f"The operator '{type(node.op).__name__.lower()}' in $filter")
            case _:
                return _literal(node)

    def column(self, node: ast.Identifier) -> Condition:
        found = None if node.namespace else self.table.columns.get(node.name)
        if found is None:
            raise unknown_column(_name(node), self.table.name)
        kind = _KIND.get(found.kind, "number")
        return Condition(f'"{found.name}"' + (" COLLATE NOCASE" if kind == "text" else ""), (), kind)

    def both(self, node: ast.BoolOp, depth: int) -> Condition:
        parts = [self.write(part, depth + 1) for part in _chain(node)]
        if {part.kind for part in parts} != {"boolean"}:
            raise Refused(BAD_REQUEST, "'and' and 'or' take conditions.")
        word = " AND " if isinstance(node.op, ast.And) else " OR "
        values = tuple(value for part in parts for value in part.values)
        return Condition(f"({word.join(part.sql for part in parts)})", values)

    def comparison(self, node: ast.Compare, depth: int) -> Condition:
        operator = _COMPARE.get(type(node.comparator))
        if operator is None:
            raise unsupported(f"The operator '{type(node.comparator).__name__.lower()}' in $filter")
        left, right = self.write(node.left, depth + 1), self.write(node.right, depth + 1)
        if left.kind != right.kind and "null" not in (left.kind, right.kind):
            raise Refused(BAD_REQUEST, f"$filter compares {left.kind} with {right.kind}.")
        return Condition(f"({left.sql} {operator} {right.sql})", left.values + right.values)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Condition:
        left, right = self.write(node.left, depth + 1), self.write(node.right, depth + 1)
        if {left.kind, right.kind} != {"number"}:
            raise Refused(BAD_REQUEST, "$filter calculates with something that is no number.")
        return Condition(f"({left.sql} {_ARITHMETIC[type(node.op)]} {right.sql})", left.values + right.values, "number")

    def call(self, node: ast.Call, depth: int) -> Condition:
        name = _name(node.func)
        if name not in {*_SEARCH, "concat"}:
            raise unsupported(f"The function '{name}' in $filter")
        first, second = (self.write(argument, depth + 1) for argument in node.args)
        if {first.kind, second.kind} != {"text"}:
            raise Refused(BAD_REQUEST, f"'{name}' takes texts.")
        if name == "concat":
            return Condition(f"({first.sql} || {second.sql})", first.values + second.values, "text")
        twice = second.values * (_SEARCH[name].count("{1}"))
        sql = _SEARCH[name].format(f"lower({first.sql})", f"lower({second.sql})")
        order = first.values + twice if name != "endswith" else second.values + first.values + second.values * 2
        return Condition(sql, order)


def _chain(node: ast.BoolOp) -> list[Any]:
    """Return what one operator joins: the tree of ``a or b or c`` leans to the left, and may be hundreds deep."""
    parts: list[Any] = []
    left: Any = node
    while isinstance(left, ast.BoolOp) and type(left.op) is type(node.op):
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]


def _name(node: ast.Identifier) -> str:
    return ".".join((*node.namespace, node.name))


def _literal(node: object) -> Condition:
    """Return a literal as a parameter; a moment in UTC as the books write it, a GUID in lower case."""
    if isinstance(node, ast.Null):
        return Condition("NULL", (), "null")
    if isinstance(node, ast.Date):
        raise Refused(BAD_REQUEST, "$filter compares moments with a date; write it with a time and Z.")
    if type(node) not in _LITERALS or (isinstance(node, ast.Integer) and abs(int(node.val)) >= _LARGEST):
        raise unsupported(f"{type(node).__name__} in $filter")
    kind, value = _LITERALS[type(node)]
    return Condition("?", (value(node),), kind)


def _moment(node: ast.DateTime) -> str:
    try:
        value = node.py_val
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError) as error:
        raise Refused(BAD_REQUEST, f"'{node.val}' is no moment.") from error


_LITERALS: dict[type, tuple[str, Callable[[Any], Value]]] = {
    ast.Integer: ("number", lambda node: int(node.val)),
    ast.Float: ("number", lambda node: float(node.val)),
    ast.Boolean: ("boolean", lambda node: int(node.py_val)),
    ast.String: ("text", lambda node: str(node.val)),
    ast.GUID: ("guid", lambda node: str(node.val).lower()),
    ast.DateTime: ("moment", _moment),
}
