"""Where queries read from: every way to write an Invantive URL becomes the parameter, every other source is named."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

from generator.adopt.syntax import Folded, Folder, Hole, Query, read, split
from generator.build.m import identifier, text
from generator.resolve import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.adopt.syntax import Let
    from generator.mlexer import Token

FEED = "OData.Feed"
_READS_URL = frozenset({FEED, "Web.Contents"})
_DYNAMIC = frozenset({"#shared", "#sections"})  # through these a query reaches functions that no one sees it use
_HOLE = "\0"
_BRIDGE = re.compile(r"\s*https://bridge-online\.cloud/[^/?#]+/odata4(?P<tail>/[^?#]*|)\s*", re.IGNORECASE)
_SLASHES = re.compile("/+$")
_PARAMETER = re.compile(r"\bIsParameterQuery\s*=\s*true", re.IGNORECASE)

Edit = tuple[int, int, str]
"""Characters from, up to, and what comes in their place."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Something that a query reads beside the client's database: which function, what of it, in which query."""

    function: str
    target: str
    query: str


@dataclass(slots=True)
class Bound:
    """The queries after binding; ``mapped`` are queries that the parameter replaces, ``removed`` what only fed them."""

    queries: dict[str, str]
    mapped: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unknown: list[Source] = field(default_factory=list)


@cache
def known(kind: str) -> frozenset[str]:
    """Return the names of M's own ``functions``, or of those that are ``sources``."""
    return frozenset(files(__package__).joinpath(f"m_{kind}.txt").read_text("ascii").split())


def edited(source: str, edits: list[Edit]) -> str:
    """Return a text with pieces of it replaced; the pieces do not overlap."""
    made, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        made += [source[at:start], new]
        at = end
    return "".join([*made, source[at:]])


def is_parameter(source: str) -> bool:
    """Tell whether a query is a parameter."""
    return bool(_PARAMETER.search(source))


def bind(queries: Mapping[str, str], urls: frozenset[str]) -> Bound:
    """Return the queries with the URL as a parameter; ``urls`` are those of the workbook, normalised.

    All queries can be read: who calls this has seen to it.
    """
    return _Binder(dict(queries), urls).bind()


class _Binder:
    """Binds the queries of one model."""

    def __init__(self, queries: dict[str, str], urls: frozenset[str]) -> None:
        self.urls = urls
        self.bound = Bound(queries)
        self.read = {name: parsed for name, source in queries.items() if not isinstance(parsed := read(source), int)}
        self.busy: set[str] = set()
        self.fed: set[str] = set()

    def bind(self) -> Bound:
        self.find_mapped()
        for name, query in self.read.items():
            if name not in self.bound.mapped and name != PARAMETER:
                self.rewrite(name, query)
        for name in [PARAMETER, *self.bound.mapped]:
            self.bound.queries.pop(name, None)
        self.drop_fed()
        self.bound.unknown = sorted(set(self.unknown()))
        return self.bound

    def outside(self, name: str) -> Folded | None:
        """Return what another query comes to; a parameter without a value is a hole."""
        if name == PARAMETER:
            return (Hole(PARAMETER),)
        query = self.read.get(name)
        if query is None or name in self.busy:
            return None
        self.busy.add(name)
        value = Folder(query, self.outside).fold(0, len(query.tokens))
        self.busy.discard(name)
        if value is None and is_parameter(query.source) and query.tokens and query.tokens[0].text == "null":
            return (Hole(name),)
        return value

    def find_mapped(self) -> None:
        """Find the queries that are the URL: by what they come to, or, left empty, by what is done with them."""
        for name, query in self.read.items():
            value = None if name == PARAMETER else Folder(query, self.outside).fold(0, len(query.tokens))
            if value is not None and self.tail(value) == ():
                self.map(name)
        for query in self.read.values():
            for start, end in _first_arguments(query, frozenset({FEED})):
                value = Folder(query, self.outside).fold(start, end)
                if value and isinstance(value[0], Hole) and value[0].name != PARAMETER:
                    self.find_hole(value[0].name, "".join(part for part in value[1:] if isinstance(part, str)))

    def find_hole(self, name: str, rest: str) -> None:
        """Take an empty parameter that a feed begins with for the URL, or for what stands before ``/odata4``."""
        if rest.startswith("/odata4"):
            self.fed.add(name)
        elif not rest or rest.startswith("/"):
            self.map(name)

    def map(self, name: str) -> None:
        if name not in self.bound.mapped:
            self.bound.mapped.append(name)

    def tail(self, value: Folded) -> Folded | None:
        """Return what follows the URL in a text that begins with one, empty where nothing does; None if none does."""
        whole = "".join(part if isinstance(part, str) else _HOLE for part in value)
        holes = [part for part in value if isinstance(part, Hole)]
        for url in self.urls:
            if whole.strip().lower().rstrip("/") == url.lower() or whole.strip().lower().startswith(f"{url.lower()}/"):
                return _refilled(_SLASHES.sub("", whole.strip()[len(url) :]), holes)
        if holes and whole.startswith(_HOLE):
            known_hole = holes[0].name in {PARAMETER, *self.bound.mapped}
            rest = whole.removeprefix(_HOLE).removeprefix("/odata4")
            if not (known_hole or whole.startswith(f"{_HOLE}/odata4")) or not rest.startswith(("/", "")[rest == ""]):
                return None
            return _refilled(_SLASHES.sub("", rest), holes[1:])
        match = _BRIDGE.fullmatch(whole)
        rest = _SLASHES.sub("", match["tail"]) if match else ""
        return _refilled(rest, holes[len(holes) - rest.count(_HOLE) :]) if match else None

    def rewrite(self, name: str, query: Query) -> None:
        """Put the parameter in every place that comes to the URL, and drop the steps that only fed it."""
        edits: list[Edit] = []
        used: dict[int, str] = {}
        places = [*_first_arguments(query, _READS_URL), *((s.value, s.end) for let in query.lets for s in let.steps)]
        places += [(at, at + 1) for at, token in enumerate(query.tokens) if token.kind == "text"]
        for start, end in places:
            folder = Folder(query, self.outside)
            value = folder.fold(start, end)
            rest = None if value is None else self.tail(value)
            if rest is None or not query.tokens[start:end] or _is_parameter_only(query, start, end):
                continue
            span = (query.tokens[start].at, query.tokens[end - 1].end)
            if any(begin <= span[0] and span[1] <= stop for begin, stop, _ in edits):
                continue
            edits.append((*span, _written(rest)))
            used |= {step.at: step.name for step in folder.steps.values()}
            self.fed |= folder.queries
        taken = {place for begin, stop, _ in edits for place in range(begin, stop)}
        for at, token in enumerate(query.tokens):
            if token.at not in taken and self.is_mapped(query, token, at):
                edits.append((token.at, token.end, PARAMETER))
        if edits:
            self.bound.changed.append(name)
            self.bound.queries[name] = _without_steps(edited(query.source, edits), frozenset(used.values()))

    def is_mapped(self, query: Query, token: Token, at: int) -> bool:
        """Tell whether a word stands for a query that the parameter replaces, and not for a step of that name."""
        if token.kind not in {"name", "quoted"} or token.value not in self.bound.mapped:
            return False
        return query.step(token.value, at) is None and not any(s.at == at for let in query.lets for s in let.steps)

    def drop_fed(self) -> None:
        """Remove the queries that were only there to put the URL together."""
        for name in sorted(self.fed - {PARAMETER, *self.bound.mapped}):
            others = (source for other, source in self.bound.queries.items() if other != name)
            if name in self.bound.queries and not any(name in named(source) for source in others):
                del self.bound.queries[name]
                self.bound.removed.append(name)

    def unknown(self) -> Iterator[Source]:
        """Yield everything else that a query reads, and every way to reach for functions unseen."""
        for name, source in self.bound.queries.items():
            query = read(source)
            if isinstance(query, int):
                continue
            for at, token in enumerate(query.tokens):
                if self.is_source(token, query, at) and not _through_parameter(query, at):
                    yield Source(token.value, _target(query, at, self.outside), name)

    def is_source(self, token: Token, query: Query, at: int) -> bool:
        if token.kind == "keyword":
            return token.text in _DYNAMIC
        if token.kind not in {"name", "quoted"}:
            return False
        if token.value in known("sources"):
            return True
        dotted = "." in token.value and token.kind == "name"
        mine = token.value in self.bound.queries or token.value in query.arguments
        return dotted and not mine and token.value not in known("functions") and query.step(token.value, at) is None


def _refilled(text_: str, holes: list[Hole]) -> Folded:
    """Return a text with its holes as parts again."""
    made: list[str | Hole] = []
    for number, piece in enumerate(text_.split(_HOLE)):
        made += [holes[number - 1]] if number else []
        made += [piece] if piece else []
    return tuple(made)


def _written(rest: Folded) -> str:
    parts = [text(part) if isinstance(part, str) else identifier(part.name) for part in rest]
    return " & ".join([PARAMETER, *parts])


def _is_parameter_only(query: Query, start: int, end: int) -> bool:
    return end - start == 1 and query.tokens[start].value == PARAMETER


def _first_arguments(query: Query, functions: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the first argument of each call of these functions."""
    for at, token in enumerate(query.tokens[:-1]):
        if token.value in functions and token.kind in {"name", "quoted"} and query.tokens[at + 1].text == "(":
            yield from list(split(query, at + 1))[:1]


def _through_parameter(query: Query, at: int) -> bool:
    """Tell whether a call reads the client's database: its first argument begins with the parameter."""
    if query.tokens[at].value not in _READS_URL or at + 1 >= len(query.tokens) or query.tokens[at + 1].text != "(":
        return False
    arguments = list(split(query, at + 1))
    if not arguments:
        return False
    start, end = arguments[0]
    mine = PARAMETER in query.arguments or query.step(PARAMETER, start) is not None
    if query.tokens[start].value != PARAMETER or mine:  # a step of that name may be anything
        return False
    return end - start == 1 or query.tokens[start + 1].text == "&"


def _target(query: Query, at: int, outside: object) -> str:
    """Return what a call reads, as far as it is written there: an address, a path, a server."""
    if at + 1 >= len(query.tokens) or query.tokens[at + 1].text != "(":
        return ""
    arguments = list(split(query, at + 1))
    value = Folder(query, outside).fold(*arguments[0]) if arguments and callable(outside) else None
    return "".join(part if isinstance(part, str) else f"<{part.name}>" for part in value or ())


def named(source: str) -> set[str]:
    """Return the names that a query uses."""
    query = read(source)
    if isinstance(query, int):
        return set()
    return {token.value for token in query.tokens if token.kind in {"name", "quoted"}}


def _without_steps(source: str, names: frozenset[str]) -> str:
    """Return a query without those of the named steps that nothing uses any more."""
    while True:
        query = read(source)
        edits = [] if isinstance(query, int) else [edit for let in query.lets for edit in _unused(query, let, names)]
        if not edits:
            return source
        source = edited(source, edits)


def _unused(query: Query, let: Let, names: frozenset[str]) -> list[Edit]:
    """Return how to take out the steps that nothing uses; the only step of a ``let`` loses its value instead."""
    used = {query.tokens[at].value for at in range(let.start, let.end) if query.tokens[at].kind in {"name", "quoted"}}
    named = Counter(query.tokens[at].value for at in range(let.start, let.end) if query.tokens[at].kind != "text")
    gone = [step for step in let.steps if step.name in names & used and named[step.name] == 1]
    if gone and len(let.steps) == 1:
        (only,) = gone
        plain = query.text(only.value, only.end) in {"null", PARAMETER}
        return [] if plain else [(query.tokens[only.value].at, query.tokens[only.end - 1].end, "null")]
    edits = []
    for step, after in pairwise(let.steps):
        if step in gone:
            edits.append((query.tokens[step.at].at, query.tokens[after.at].at, ""))
    last = let.steps[-1]
    if last in gone and let.steps[-2] not in gone:  # else its comma goes first, and it in the next round
        edits.append((query.tokens[last.at - 1].at, query.tokens[last.end - 1].end, ""))
    return edits
