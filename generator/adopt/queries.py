"""A query as a template: what is the designing client's own becomes a value of each client, the rest stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.adopt.sources import Edit, edited, is_parameter
from generator.adopt.syntax import Query, read, split
from generator.adopt.traces import Piece, Traces, Variable
from generator.mlexer import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DIVISION = re.compile(
    r"(?:P_)?(?:division|divisie|administratie)(?:[ _]?(?:code|nr|nummer|number|id))?", re.IGNORECASE
)
_SECRET = re.compile(
    r"authorization|(?:x-)?api-?key|pass(?:word|wd)|pwd|token|access_token|(?:client_?)?secret", re.IGNORECASE
)
_OPERATORS = {"=": ("=", "or"), "<>": ("<>", "and")}
_LEAST_DIGITS = 4


def template(source: str, traces: Traces, parameters: frozenset[str] = frozenset()) -> str:
    """Return a query as a template of M; ``parameters`` are those that hold a division."""
    query = read(source)
    whole = tokens(source)
    if isinstance(query, int) or isinstance(whole, int):
        return source
    edits = [*_lists(query, traces), *_comparisons(query, traces, parameters)]
    taken = {place for start, end, _ in edits for place in range(start, end)}
    changed = ((token, _token(token, traces)) for token in whole if token.at not in taken)
    edits += [(token.at, token.end, new) for token, new in changed if new != token.text]
    begins = {start: new[:1] for start, _, new in edits}
    for token in whole:
        after = begins.get(token.end, source[token.end : token.end + 1])
        if token.text == "<" and after in {"<", "%"}:  # together they would begin code of the template
            edits.append((token.end, token.end, " "))
    return edited(source, edits)


def division_parameters(queries: Mapping[str, str]) -> frozenset[str]:
    """Return the parameters without a value that by their name hold the code of a division."""
    return frozenset(
        name
        for name, source in queries.items()
        if _DIVISION.fullmatch(name) and is_parameter(source) and source.lstrip().startswith("null")
    )


def suspects(source: str) -> Iterator[str]:
    """Yield the codes that a query compares a division with."""
    query = read(source)
    if isinstance(query, int):
        return
    for at, token in enumerate(query.tokens):
        if token.kind in {"number", "text"} and len(token.value) >= _LEAST_DIGITS and token.value.isdigit():
            found = _operand(query, at)
            if found and _DIVISION.search(query.text(*found[1])):
                yield token.value


def secrets(source: str) -> Iterator[str]:
    """Yield the names of fields that hold a password, a key or a token."""
    query = read(source)
    if isinstance(query, int):
        return
    for name, equals, value in zip(query.tokens, query.tokens[1:], query.tokens[2:], strict=False):
        if equals.text == "=" and value.kind == "text" and value.value.strip() and _SECRET.fullmatch(name.value):
            yield name.value
    for token in query.tokens:
        if token.kind == "text" and re.search(
            r"https?://[^/\s]*:[^/\s]*@|\b(?:Basic|Bearer)\s+[\w+/=.-]{8,}", token.value
        ):
            yield "…@" if "@" in token.value else token.value.split()[0]


def _token(token: Token, traces: Traces) -> str:
    """Return what comes in a token's place; markers of templates in it stay text."""
    if token.kind == "comment":
        return re.sub(r"<(?=[<%])", "< ", traces.without(token.text))
    if token.kind == "text":
        pieces = traces.pieces(token.value)
        if any(isinstance(piece, Variable) for piece in pieces):
            return f"<< {' ~ '.join(map(_printed, pieces))} >>"
    if token.kind in {"text", "quoted"}:
        plain = re.sub(r"<(?=[<%])", "#(003C)", token.text)
        return plain.replace("\r", "#(cr)") if "\r" in plain else plain
    if token.kind == "verbatim":
        return re.sub(r"<(?=[<%])", "< ", token.text)
    return token.text


def _printed(piece: Piece) -> str:
    """Return a piece as Jinja writes it, with nothing in it that could end a text or a marker."""
    if isinstance(piece, Variable):
        return piece.name
    return '"' + "".join(_character(character) for character in piece) + '"'


def _character(character: str) -> str:
    if character.isascii() and character.isprintable() and character not in "\"\\<>%{}#'":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the end of four digits


def _lists(query: Query, traces: Traces) -> Iterator[Edit]:
    """Yield the lists of exactly the client's divisions."""
    for at, token in enumerate(query.tokens):
        if token.text != "{" or token.kind != "sign":
            continue
        items = [query.tokens[start] for start, end in split(query, at) if end - start == 1]
        values = [item.value for item in items]
        kinds = {item.kind for item in items}
        whole = query.partner[at] - at == 2 * len(items)
        if whole and kinds in ({"number"}, {"text"}) and traces.codes and set(values) == traces.codes:
            name = "divisions" if kinds == {"number"} else "division_texts"
            yield token.at, query.tokens[query.partner[at]].end, f"<< {name} >>"


def _comparisons(query: Query, traces: Traces, parameters: frozenset[str]) -> Iterator[Edit]:
    """Yield the comparisons with the one division of the designing client: with each division of a client instead."""
    single = traces.codes if len(traces.codes) == 1 else frozenset()
    names = frozenset(traces.division_names) if len(traces.codes) == 1 else frozenset()
    for at, token in enumerate(query.tokens):
        values = ""
        if token.kind == "number" and token.value in single:
            values = "divisions"
        elif token.kind == "text" and token.value in single | names:
            values = "division_texts" if token.value in single else "division_names_list"
        elif token.kind in {"name", "quoted"} and token.value in parameters and query.step(token.value, at) is None:
            values = "divisions"
        found = _operand(query, at) if values else None
        if found is None:
            continue
        operator, (start, end) = found
        operand = _plain(query.text(start, end))
        sign, word = _OPERATORS[operator]
        each = f"{operand} {sign} << each_one >>"
        loop = f"<% for each_one in {values} %>{each}<% if not loop.last %> {word} <% endif %><% endfor %>"
        first, last = min(start, at), max(end - 1, at)
        yield query.tokens[first].at, query.tokens[last].end, f"({loop})"


def _plain(operand: str) -> str:
    return re.sub(r"<(?=[<%])", "#(003C)", operand)


def _operand(query: Query, at: int) -> tuple[str, tuple[int, int]] | None:
    """Return the operator and the field that a value is compared with; none where it only gets a name."""
    found = query.tokens
    if at >= 2 and found[at - 1].text in _OPERATORS and found[at - 2].text == "]":  # noqa: PLR2004  field and operator
        start = query.partner[at - 2]
        start -= start > 0 and found[start - 1].kind == "name" and found[start - 1].text not in _BEFORE
        return found[at - 1].text, (start, at - 1)
    if at + 2 < len(found) and found[at + 1].text in _OPERATORS:
        start = at + 2 + (found[at + 2].kind == "name" and at + 3 < len(found))
        if found[start].text == "[":
            return found[at + 1].text, (at + 2, query.partner[start] + 1)
    return None


_BEFORE = frozenset(
    {"each", "and", "or", "not", "if", "then", "else", "in", "otherwise", "error", "try", "is", "as", "meta"}
)
