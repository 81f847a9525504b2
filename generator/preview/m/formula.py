"""Reads a formula of M into a function of the scope its names stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.preview.m import nodes
from generator.preview.m.tokens import Token, tokens
from generator.preview.m.values import KINDS, MError, MType

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.preview.m.nodes import Code

_LEVELS: tuple[tuple[str, ...], ...] = (("??",), ("or",), ("and",))
_ARITHMETIC: tuple[tuple[str, ...], ...] = (("=", "<>"), ("<", "<=", ">", ">="), ("+", "-", "&"), ("*", "/"))
_CONSTANTS = {"null": None, "true": True, "false": False}
_RESERVED = frozenset({
    "and", "as", "each", "else", "error", "false", "if", "in", "is", "let", "meta", "not", "null", "or", "otherwise",
    "then", "true", "try", "type",
})  # fmt: skip


def read(text: str) -> Code:
    """Return the formula as a function of a scope; raise ``MError`` where it is no M."""
    reader = _Reader(tokens(text))
    code = reader.expression()
    reader.expect("")
    return code


class _Reader:
    """Reads words one after the other; a method per rule of the grammar."""

    def __init__(self, words: list[Token]) -> None:
        self.words, self.place = words, 0

    # Words

    def peek(self) -> str:
        """Return the next word where it is a keyword or a sign, else nothing."""
        token = self.words[self.place]
        return token.value if token.kind in {"word", "sign"} else ""

    def take(self, *wanted: str) -> str:
        """Return the next word and go on where it is one of these, else nothing."""
        word = self.peek()
        if word and word in wanted:
            self.place += 1
            return word
        return ""

    def expect(self, wanted: str) -> None:
        """Go past a word; the empty one is the end."""
        token = self.words[self.place]
        if token.value != wanted or token.kind == "text":
            raise MError(f"{wanted or 'the end'} expected before {token.value}")
        self.place += bool(wanted)

    def many(self, end: str, item: Callable[[], object]) -> list[object]:
        """Return items with commas between them, up to and past the end."""
        found = []
        while not self.take(end):
            found.append(item())
            if not self.take(","):
                self.expect(end)
                break
        return found

    def name(self) -> str:
        """Return a name, quoted or not; between brackets it may hold blanks."""
        token = self.words[self.place]
        if token.kind not in {"word", "name"}:
            raise MError(f"a name expected before {token.value}")
        self.place += 1
        return token.value

    def field(self) -> str:
        """Return the name of a field, which may hold blanks without quotes."""
        parts = [self.name()]
        while self.words[self.place].kind in {"word", "number", "name"}:
            parts.append(self.words[self.place].value)
            self.place += 1
        return " ".join(parts)

    # Expressions

    def expression(self) -> Code:
        """Read any expression."""
        if self.take("each"):
            return nodes.function(["_"], self.expression())
        if self.take("let"):
            return self.let()
        if self.take("if"):
            return self.choice()
        if self.take("error"):
            return nodes.fails(self.expression())
        if self.take("try"):
            tried = self.expression()
            return nodes.tried(tried, self.expression() if self.take("otherwise") else None)
        return self.function() or self.level(0)

    def let(self) -> Code:
        """Read names and their values, and what is made of them."""
        pairs: dict[str, Code] = {}
        while True:
            name = self.name()
            self.expect("=")
            pairs[name] = self.expression()
            if not self.take(","):
                break
        self.expect("in")
        return nodes.let(pairs, self.expression())

    def choice(self) -> Code:
        """Read what follows ``if``."""
        condition = self.expression()
        self.expect("then")
        yes = self.expression()
        self.expect("else")
        return nodes.choice(condition, yes, self.expression())

    def function(self) -> Code | None:
        """Read a function where one begins here: parameters between brackets, and an arrow."""
        start = self.place
        if self.take("("):
            try:
                names = self.many(")", self.parameter)
                if self.take("as"):
                    self.type()
                if self.take("=>"):
                    return nodes.function([str(name) for name in names], self.expression())
            except MError:
                pass  # an expression between brackets
        self.place = start
        return None

    def parameter(self) -> str:
        """Read a parameter, whose type says nothing to us."""
        if self.peek() == "optional":
            self.place += 1
        name = self.name()
        if self.take("as"):
            self.type()
        return name

    def level(self, number: int) -> Code:
        """Read operators that look at their left side first."""
        if number == len(_LEVELS):
            return self.typed()
        left = self.level(number + 1)
        while sign := self.take(*_LEVELS[number]):
            left = nodes.lazy(sign, left, self.level(number + 1))
        return left

    def typed(self) -> Code:
        """Read ``is`` and ``as``."""
        left = self.arithmetic(0)
        while word := self.take("is", "as"):
            kind = self.type()
            left = nodes.is_of(left, kind) if word == "is" else left
        return left

    def arithmetic(self, number: int) -> Code:
        """Read comparison and arithmetic."""
        if number == len(_ARITHMETIC):
            return self.unary()
        left = self.arithmetic(number + 1)
        while sign := self.take(*_ARITHMETIC[number]):
            left = nodes.binary(sign, left, self.arithmetic(number + 1))
        return left

    def unary(self) -> Code:
        """Read a sign before a value, and pass what is told of it."""
        if sign := self.take("-", "+", "not"):
            return nodes.unary(sign, self.unary())
        value = self.postfix()
        if self.take("meta"):
            self.unary()
        return value

    def postfix(self) -> Code:
        """Read a value and the calls, items and fields taken of it."""
        value = self.primary()
        while True:
            if self.take("("):
                value = nodes.call(value, self.many(")", self.expression))  # type: ignore[arg-type]
            elif self.take("{"):
                place = self.expression()
                self.expect("}")
                value = nodes.item(value, place, optional=bool(self.take("?")))
            elif self.take("["):
                value = self.fields(value)
            else:
                return value

    def fields(self, value: Code) -> Code:
        """Read a field of a value, or several between double brackets."""
        if self.take("["):
            names = [self.field()]
            self.expect("]")
            while self.take(","):
                self.expect("[")
                names.append(self.field())
                self.expect("]")
            self.expect("]")
            return nodes.projection(value, names)
        name = self.field()
        self.expect("]")
        return nodes.field(value, name, optional=bool(self.take("?")))

    def primary(self) -> Code:  # noqa: PLR0911  a case of the grammar each
        """Read a literal, a name, or an expression between brackets."""
        token = self.words[self.place]
        if token.kind in {"text", "number"}:
            self.place += 1
            return nodes.constant(token.value if token.kind == "text" else _number(token.value))
        if token.kind == "word" and token.value in _CONSTANTS:
            self.place += 1
            return nodes.constant(_CONSTANTS[token.value])
        if self.take("("):
            value = self.expression()
            self.expect(")")
            return value
        if self.take("{"):
            return nodes.items(self.many("}", self.element))  # type: ignore[arg-type]
        if self.take("["):
            return self.record()
        if self.take("type"):
            return nodes.constant(self.type())
        self.take("@")
        if token.kind == "word" and token.value in _RESERVED:
            raise MError(f"{token.value} where a value was expected")
        return nodes.name(self.name())

    def element(self) -> tuple[Code, Code | None]:
        """Read an element of a list, which may be a range."""
        first = self.expression()
        return first, self.expression() if self.take("..") else None

    def record(self) -> Code:
        """Read a record, or a field of the row at hand."""
        start = self.place
        try:
            pairs: dict[str, Code] = dict(self.many("]", self.pair))  # type: ignore[arg-type]
        except MError:
            self.place = start
            return self.fields(nodes.name("_"))
        return nodes.record(pairs)

    def pair(self) -> tuple[str, Code]:
        """Read a field's name and value."""
        name = self.field()
        self.expect("=")
        return name, self.expression()

    # Types

    def type(self) -> MType:
        """Read a type."""
        if self.take("nullable"):
            inner = self.type()
            return MType(inner.kind, nullable=True, columns=inner.columns)
        if self.take("{"):
            self.type()
            self.expect("}")
            return MType("list")
        if self.take("["):
            return MType("record", columns=self.columns())
        word = self.name()
        if word == "table" and self.take("["):
            return MType("table", columns=self.columns())
        if word.endswith(".Type"):
            return MType(word.removesuffix(".Type").lower(), nullable=True)
        if word not in KINDS:
            raise MError(f"{word} is no type that the preview knows")
        return MType(word)

    def columns(self) -> dict[str, MType]:
        """Read the columns of a table's type, past the closing bracket."""
        return dict(self.many("]", self.column))  # type: ignore[arg-type]

    def column(self) -> tuple[str, MType]:
        """Read a column's name and type."""
        if self.take("..."):
            return "...", MType("any")
        self.take("optional")
        name = self.field()
        return name, self.type() if self.take("=") else MType("any")


def _number(text: str) -> float | int:
    if text[:2] in {"0x", "0X"}:
        return int(text, 16)
    return float(text) if set(text) & set(".eE") else int(text)
