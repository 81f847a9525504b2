"""Just enough grammar of M to change it: the steps of each ``let``, calls with their arguments, texts put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.mlexer import Token, significant, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CLOSE = {")": "(", "]": "[", "}": "{"}
_BUDGET = 2_000  # parts looked at to put one text together: steps that double each other would never end
_DEPTH = 60
_MOST_LETS = 1_000


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a text that is not known here: the value of a parameter that a template leaves empty."""

    name: str


Folded = tuple[str | Hole, ...]
"""A text put together from parts, as far as they are known."""


@dataclass(slots=True)
class Step:
    """A step of a ``let``: ``name = value``; all numbers are places in the list of tokens."""

    name: str
    at: int
    value: int
    end: int = -1


@dataclass(slots=True)
class Let:
    """A ``let`` with its steps; its names hold from ``start`` up to ``end``."""

    start: int
    steps: list[Step] = field(default_factory=list)
    into: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Query:
    """A query, read: ``tokens`` are those that mean something, ``partner`` maps each bracket to its other one."""

    source: str
    tokens: tuple[Token, ...]
    lets: tuple[Let, ...]
    partner: dict[int, int]
    arguments: frozenset[str]

    def text(self, start: int, end: int) -> str:
        """Return the source from one token up to another."""
        return self.source[self.tokens[start].at : self.tokens[end - 1].end] if start < end else ""

    def step(self, name: str, at: int) -> Step | None:
        """Return the step that a name means at a place: of the innermost ``let`` around it that has it."""
        if name in self.arguments:
            return None  # the argument of a function has that name too: which one is meant is not told
        around = [let for let in self.lets if let.start <= at < let.end]
        for let in sorted(around, key=lambda let: -let.start):
            for step in let.steps:
                if step.name == name and not step.value <= at < step.end:
                    return step
        return None


def read(source: str) -> Query | int:
    """Read a query; return the place (characters, from 0) where it can't be read."""
    whole = tokens(source)
    kept = whole if isinstance(whole, int) else significant(whole)
    if isinstance(kept, int):
        return kept
    reader = _Reader(kept)
    wrong = reader.read()
    if wrong is not None:
        return kept[wrong].at if kept else 0
    if len(reader.lets) > _MOST_LETS:
        return kept[reader.lets[_MOST_LETS].start].at
    return Query(source, tuple(kept), tuple(reader.lets), reader.partner, frozenset(_arguments(kept, reader.partner)))


class _Reader:
    """Walks over the tokens once, with a stack of what is open: brackets, a ``let`` before its ``in``, its result."""

    def __init__(self, kept: list[Token]) -> None:
        self.kept = kept
        self.lets: list[Let] = []
        self.partner: dict[int, int] = {}
        self.open: list[tuple[str, int, Let | None]] = []

    def read(self) -> int | None:
        """Return the token at which it goes wrong, or None."""
        for index, token in enumerate(self.kept):
            if not self.token(index, token):
                return index
        self.close_results(len(self.kept))
        return self.open[-1][1] if self.open else None

    def token(self, index: int, token: Token) -> bool:
        if token.kind == "name" and token.text == "let":
            let = Let(index)
            self.lets.append(let)
            self.open.append(("let", index, let))
            return self.begin(let, index + 1)
        if token.kind == "name" and token.text == "in":
            return self.into(index)
        if token.kind != "sign":
            return True
        if token.text in "([{":
            self.open.append((token.text, index, None))
        elif token.text in _CLOSE:
            self.close_results(index)
            if not self.open or self.open[-1][0] != _CLOSE[token.text]:
                return False
            _, opened, _ = self.open.pop()
            self.partner |= {opened: index, index: opened}
        elif token.text == ",":
            self.close_results(index)
            if self.open and self.open[-1][2] is not None:
                let = self.open[-1][2]
                let.steps[-1].end = index
                return self.begin(let, index + 1)
        return True

    def begin(self, let: Let, index: int) -> bool:
        """Begin a step: a name, an equals sign, a value."""
        name, equals = (self.kept[place] if place < len(self.kept) else None for place in (index, index + 1))
        if name is None or equals is None or name.kind not in {"name", "quoted"} or equals.text != "=":
            return False
        let.steps.append(Step(name.value, index, index + 2))
        return True

    def into(self, index: int) -> bool:
        self.close_results(index)
        if not self.open or self.open[-1][2] is None:
            return False
        let = self.open.pop()[2]
        if let is None:
            return False
        let.steps[-1].end, let.into = index, index
        self.open.append(("result", index, let))
        return True

    def close_results(self, index: int) -> None:
        """End the results that are open: each lasts until the bracket, step or query around it goes on."""
        while self.open and self.open[-1][0] == "result":
            let = self.open.pop()[2]
            if let:
                let.end = index


def _arguments(kept: list[Token], partner: dict[int, int]) -> Iterator[str]:
    """Yield the names of the arguments of functions: ``(a, b as text) => …``."""
    for index, token in enumerate(kept):
        if token.text == "=>" and index:
            end = _before_type(kept, index)
            start = partner.get(end, end) if kept[end].text == ")" else end
            depth_zero = [place for place in range(start + 1, end) if kept[place - 1].text in {"(", ",", "optional"}]
            yield from (kept[place].value for place in depth_zero if kept[place].kind in {"name", "quoted"})


def _before_type(kept: list[Token], arrow: int) -> int:
    """Return the bracket that ends the arguments before an arrow: ``(a) as nullable text =>``."""
    end = arrow - 1
    while end > 0 and kept[end].kind in {"name", "keyword"}:
        end -= 1
    return end


class Folder:
    """Puts texts together as Power Query would: literals, ``&``, steps, other queries, ``Text.Combine``.

    ``outside`` returns what another query comes to; ``used`` are the steps (their tokens) and queries that took part.
    """

    def __init__(self, query: Query, outside: Callable[[str], Folded | None]) -> None:
        """Take the query, and what looks up the others."""
        self.query, self.outside = query, outside
        self.left, self.depth = _BUDGET, 0
        self.steps: dict[int, Step] = {}
        self.queries: set[str] = set()
        self.busy: set[int] = set()

    def fold(self, start: int, end: int) -> Folded | None:
        """Return the text that the tokens from ``start`` up to ``end`` come to, or None where they are no such text."""
        self.depth += 1
        try:
            return self.parts(start, end) if self.depth <= _DEPTH else None
        finally:
            self.depth -= 1

    def parts(self, start: int, end: int) -> Folded | None:
        """Return the parts between ``&``; a text that grows beyond all reason is none."""
        parts: list[str | Hole] = []
        at = start
        while True:
            self.left -= 1
            taken = self.term(at, end) if self.left > 0 and len(parts) <= _BUDGET else None
            if taken is None:
                return None
            value, at = taken
            parts += value
            if at >= end or (self.query.tokens[at].text == "meta" and self.query.tokens[at].kind == "name"):
                return tuple(parts)
            if self.query.tokens[at].text != "&":
                return None
            at += 1

    def term(self, at: int, end: int) -> tuple[Folded, int] | None:
        """Return one part and the place after it."""
        if at >= end:
            return None
        token = self.query.tokens[at]
        if token.kind == "text":
            return (token.value,), at + 1
        if token.text == "(":
            close = self.query.partner[at]
            inside = self.fold(at + 1, close)
            return None if inside is None else (inside, close + 1)
        return self.word(token, at, end) if token.kind in {"name", "quoted"} else None

    def word(self, token: Token, at: int, end: int) -> tuple[Folded, int] | None:
        """Return what begins with a word comes to: a ``let``, a call, or the name of a step or query."""
        if token.kind == "name" and token.text == "let":
            let = next(let for let in self.query.lets if let.start == at)
            value, after = self.fold(let.into + 1, let.end), let.end
        elif at + 1 < end and self.query.tokens[at + 1].text == "(":
            value, after = self.call(token.text, at + 1), self.query.partner[at + 1] + 1
        else:
            value, after = self.name(token.value, at), at + 1
        return None if value is None else (value, after)

    def name(self, name: str, at: int) -> Folded | None:
        """Return what a step or another query comes to."""
        step = self.query.step(name, at)
        if step is None:
            value = None if name in self.query.arguments else self.outside(name)
            if value is not None:
                self.queries.add(name)
            return value
        if step.at in self.busy:
            return None
        self.busy.add(step.at)
        value = self.fold(step.value, step.end)
        self.busy.discard(step.at)
        if value is not None:
            self.steps[step.at] = step
        return value

    def call(self, function: str, bracket: int) -> Folded | None:
        """Return what a call of a function of texts comes to."""
        arguments = list(split(self.query, bracket))
        if function in {"Text.From", "Text.Trim"} and arguments:
            return self.fold(*arguments[0])
        if function == "Uri.Combine" and len(arguments) == 2:  # noqa: PLR2004  base and rest
            base, rest = (self.fold(*argument) for argument in arguments)
            return None if base is None or rest is None else (*base, *_slash(base, rest), *rest)
        if function != "Text.Combine" or not arguments or self.query.tokens[arguments[0][0]].text != "{":
            return None
        between = self.fold(*arguments[1]) if len(arguments) > 1 else ()
        parts = [self.fold(*item) for item in split(self.query, arguments[0][0])]
        if between is None:
            return None
        made: list[str | Hole] = []
        for number, part in enumerate(parts):
            if part is None:
                return None
            made += [*(between if number else ()), *part]
        return tuple(made)


def _slash(base: Folded, rest: Folded) -> Folded:
    ends = isinstance(base[-1], str) and base[-1].endswith("/") if base else True
    begins = isinstance(rest[0], str) and rest[0].startswith("/") if rest else True
    return () if ends or begins else ("/",)


def split(query: Query, bracket: int) -> Iterator[tuple[int, int]]:
    """Yield the items between a bracket and its partner, as (first token, token after the last)."""
    close = query.partner[bracket]
    start = at = bracket + 1
    while at < close:
        text = query.tokens[at].text if query.tokens[at].kind == "sign" else ""
        if text == "," and not _inside_let(query, bracket, at):
            yield start, at
            start = at + 1
        at = query.partner[at] if text and text in "([{" else at
        at += 1
    if start < close:
        yield start, close


def _inside_let(query: Query, bracket: int, at: int) -> bool:
    """Tell whether a comma parts the steps of a ``let`` that begins inside the bracket."""
    return any(bracket < let.start < at < let.into for let in query.lets)
