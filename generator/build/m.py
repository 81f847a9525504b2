"""Power Query M from templates: every output is an M literal of its Python type, so a value can't become code.

Delimiters are ``<< >>``, ``<% %>`` and ``<%# #%>``: Jinja's own collide with M, where ``{{"a", type text}}`` is a list
of lists. A plain value that a template prints is rendered as a literal (``str`` with its quotes, ``bool``, numbers,
dates, lists, records); trusted M is the type ``M``, which only template text and the filters here make. Facts of the
language: Microsoft's M specification, lexical structure.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, Self

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEYWORDS = frozenset(
    "and as each else error false if in is let meta not null or otherwise section shared then true try type".split()  # noqa: SIM905  reads as what it is
)
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏ"
_REGULAR = re.compile(f"[{_LETTERS}_][{_LETTERS}0-9_]*")
# Latin letters and common signs stand as they are; the rest is escaped: it may be invisible, end a line, or be a letter
# to one Python's Unicode tables and not to another's, and then the bytes would differ.
_PLAIN = re.compile(f"[ -~¡-¬®-ÿ{_LETTERS}–—‘’“”„•…€Δ]")  # noqa: RUF001  these very signs
_UNTOUCHED = re.compile(f"{_PLAIN.pattern.replace(' -~', ' !$-~')}*")  # no quote and no #: nothing to escape
_LINE_ENDS = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_CONTROL = {"\r": "#(cr)", "\n": "#(lf)", "\t": "#(tab)"}
_LARGEST_WHOLE = 2**53  # M numbers are doubles
_BMP = 0xFFFF
_PLACE = re.compile(r"\0([a-z_]+(?: [0-9]+)?)\0")
_LINE = 100
_INDENT = "        "


class M(str):
    """A piece of M source that is safe to emit as it is."""

    __slots__ = ()

    def __html__(self) -> NoReturn:
        """Refuse to be taken for HTML."""
        raise TypeError("M source is not HTML")


class MError(jinja2.TemplateRuntimeError):
    """A template prints something that has no unambiguous M literal."""


class Place(M):
    """A place for a literal that is filled in later: a template can print it, and do nothing else with it.

    So a text with places says of the values that come there only where they stand; ``opened`` cuts it at them.
    """

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        """Make the place of a name."""
        return super().__new__(cls, f"\0{name}\0")

    def _refuse(self, *_: object) -> NoReturn:
        raise MError("a value that is filled in later is more than printed")

    __str__ = __repr__ = __format__ = __len__ = __bool__ = __iter__ = __contains__ = __getitem__ = _refuse
    __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __eq__ = __ne__ = __hash__ = _refuse


def opened(source: str) -> tuple[str, ...]:
    """Return a text with places cut at these: text, name of a place, text, name, and so on to the last text."""
    return tuple(_PLACE.split(source))


def closed(pieces: Sequence[str], values: Mapping[str, M]) -> str:
    """Return the text again with a literal at each place."""
    return "".join(values[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def _character(character: str) -> str:
    if character == '"':
        return '""'
    if character in _CONTROL:
        return _CONTROL[character]
    if _PLAIN.fullmatch(character):
        return character
    if "\ud800" <= character <= "\udfff":
        raise MError(f"lone surrogate U+{ord(character):04X} in a text")
    return f"#({ord(character):04X})" if ord(character) <= _BMP else f"#({ord(character):08X})"


def _escaped(value: str) -> str:
    """Return the body of a text literal or quoted identifier; ``#(`` starts an escape, so it is escaped itself."""
    return "".join(
        "#(#)" if character == "#" and value[index + 1 : index + 2] == "(" else _character(character)
        for index, character in enumerate(value)
    )


def text(value: str) -> M:
    """Return a text literal: ``O"Brien`` becomes ``"O""Brien"``."""
    return M(f'"{value if _UNTOUCHED.fullmatch(value) else _escaped(value)}"')


def identifier(name: Any) -> M:  # noqa: ANN401  a template can pass anything
    """Return a name of a query, step or field, quoted where it must be: ``Code`` or ``#"Code en naam"``."""
    if isinstance(name, M) or not isinstance(name, str) or not name:
        raise MError(f"a name must be a non-empty text, not {name!r}")
    return M(name) if _REGULAR.fullmatch(name) and name not in KEYWORDS else M(f'#"{_escaped(name)}"')


def _number(value: float | Decimal) -> M:
    if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
        raise MError(f"{value} is too large for an M number")
    if not Decimal(value).is_finite():
        raise MError(f"no M literal for {value!r}")
    plain = format(
        Decimal(repr(value)) if isinstance(value, float) else value, "f" if not isinstance(value, int) else "d"
    )
    return M(f"({plain})" if plain.startswith("-") else plain)


def literal(value: Any) -> M:  # noqa: ANN401  a template can pass anything
    """Return a Python value as an M literal; raise ``MError`` where there is no unambiguous one."""
    if isinstance(value, M):
        return value
    if isinstance(value, dt.datetime):  # a kind of date to Python, and a date literal would lose its time
        raise MError(f"no M literal for {value!r}")
    if value is None or isinstance(value, bool):
        return M({None: "null", True: "true", False: "false"}[value])
    for kind, render in _RENDERERS:
        if isinstance(value, kind):
            return render(value)
    raise MError(f"no M literal for a {type(value).__name__}: {value!r}")


def _list(values: Iterable[Any]) -> M:
    return _between("{", [literal(value) for value in values], "}")


def _record(values: Mapping[str, Any]) -> M:
    return _between("[", [f"{identifier(key)} = {literal(value)}" for key, value in values.items()], "]")


def _between(start: str, items: list[str], end: str) -> M:
    """Return items between brackets, over several lines where one would be too long to read."""
    line = start + ", ".join(items) + end
    if "\0" in line:
        raise MError("a value that is filled in later can't stand in a list: its length decides on the lines")
    if len(line) <= _LINE:
        return M(line)
    lines = [_INDENT]
    for number, item in enumerate(items):
        piece = item if number == len(items) - 1 else f"{item}, "
        if len(lines[-1]) + len(piece) > _LINE and lines[-1].strip():
            lines.append(_INDENT)
        lines[-1] += piece
    return M("\n".join([start, *(text.rstrip() for text in lines), f"    {end}"]))


_RENDERERS: tuple[tuple[Any, Callable[[Any], M]], ...] = (
    (str, text),
    ((int, float, Decimal), _number),
    (dt.date, lambda day: M(f"#date({day.year}, {day.month}, {day.day})")),
    (Mapping, _record),
    ((list, tuple), _list),
)

_TYPES = {
    "text": M("type text"),
    "int": M("Int64.Type"),
    "decimal": M("Currency.Type"),
    "number": M("type number"),
    "date": M("type date"),
    "datetime": M("type datetime"),
    "bool": M("type logical"),
}


def m_type(kind: str) -> M:
    """Return the M type of a column kind of ``tables.toml``; amounts are fixed decimals."""
    return _TYPES[kind]


def field_type(kind: str) -> M:
    """Return the type of a column inside a table type, where ``type`` itself is not repeated."""
    return M(_TYPES[kind].removeprefix("type "))


def comment(value: object) -> M:
    """Return text for a ``//`` comment: M ends such a line at five characters, not only at a line feed."""
    return M(_LINE_ENDS.sub(" ", str(value)))


def _concat(pieces: Iterable[str]) -> M:
    return M("".join(pieces))


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja calls ``concat`` for the output of blocks, includes and macros: template text and literals, so it is M.

    The ``~`` operator uses another concatenation and yields plain text, which is quoted when printed.
    """

    concat = staticmethod(_concat)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401  Jinja's own signature
        """Refuse methods of M: ``format`` of a text would come back as M, with raw values inside."""
        return not isinstance(obj, M) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ANN401  Jinja's own signature
        """Leave ``format`` of M to the method above, which Jinja asks only after this one."""
        return None if isinstance(getattr(value, "__self__", None), M) else super().wrap_str_format(value)


def _finalize(value: Any) -> M:  # noqa: ANN401  Jinja's own signature
    if isinstance(value, jinja2.Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001  the documented way to raise with the variable's name
    return M(str.__str__(value)) if isinstance(value, Place) else literal(value)


def _asked(test: Callable[..., Any]) -> Callable[..., Any]:
    """Return a test of Jinja that refuses a place, of which the value is not known yet."""

    def asked(value: Any, *others: Any) -> Any:  # noqa: ANN401  Jinja's own signature
        if any(isinstance(each, Place) for each in (value, *others)):
            raise MError("a value that is filled in later is asked what it is")
        return test(value, *others)

    return asked


SYNTAX: Mapping[str, Any] = {
    "undefined": jinja2.StrictUndefined,
    "autoescape": False,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "block_start_string": "<%",
    "block_end_string": "%>",
    "comment_start_string": "<%#",
    "comment_end_string": "#%>",
}
"""How templates of text are written; Jinja's own delimiters collide with M."""

_OF_ENVIRONMENT = frozenset({"filter", "test"})  # tests that ask the environment, not a value


def environment(templates: Mapping[str, str]) -> jinja2.Environment:
    """Return the environment for M templates; ``templates`` maps a path to its text."""
    env = _Environment(
        loader=jinja2.DictLoader(templates),
        finalize=_finalize,
        **SYNTAX,
    )
    env.filters = {"field": identifier, "ident": identifier, "length": len, "comment": comment}
    tests: dict[str, Any] = dict(env.tests)
    env.tests = {name: _asked(test) for name, test in tests.items() if name not in _OF_ENVIRONMENT}
    env.globals.clear()
    return env
