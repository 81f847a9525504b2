"""Targets: tokens and names of DAX, and values of any kind in templates of M, read back by our own lexer of M."""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal

import jinja2
from fuzz.choices import Choices
from fuzz.words import DAX, FRAGMENTS

from generator import dax, mlexer, names
from generator.build import m
from generator.spec.dax_text import plain_dax

TEMPLATE = """\
// << head | comment >>
let
    <<% for name in names %>>
    << name | ident >> = << value >>,
    <<% endfor %>>
    Rijen = #table(type table [<< field | field >> = text], {{<< text >>}, {<< value >>}}),
    Gekozen = Rijen[<< field | field >>] // << head | comment >>
in
    Gekozen""".replace("<<%", "<%").replace("%>>", "%>")
CACHED = (dax.tokens, dax.fault, dax.references, dax.named_columns)


def run_dax(data):
    """Read a formula: tokens that are its own text, or one fault that can be told; names that quote back."""
    choices = Choices(data)
    raw = choices.number(4) == 0
    formula = choices.rest().decode("utf-8", "replace") if raw else choices.text(DAX, most=60)
    try:
        found = dax.tokens(formula)
        if isinstance(found, dax.Fault):
            assert dax.fault(formula) == found
        else:
            end = 0
            for token in found:
                assert token.at >= end
                assert formula[token.at : token.at + len(token.text)] == token.text
                end = token.at + len(token.text)
            rewritten(found)
        used = dax.references(formula)
        assert not (isinstance(found, dax.Fault) and (used.columns or used.measures or used.tables))
        for table, column in used.columns:
            quoted = dax.tokens(names.dax_column(table, column))
            assert [dax.unquoted(token.text) for token in quoted] == [table, column]
        assert all(name == name.casefold() for name in dax.named_columns(formula))
        plain = plain_dax(formula)
        assert plain_dax(plain) == plain or "," in plain  # once mended it stays so, but for commas it can't judge
    finally:
        for cached in CACHED:  # a run reads thousands of formulas; a fuzzer would fill the memory with millions
            cached.cache_clear()


def rewritten(found):
    """Require that the tokens with blanks between them are the same tokens."""
    again = dax.tokens(" ".join(token.text for token in found))
    assert [(token.kind, token.text) for token in again] == [(token.kind, token.text) for token in found]


@functools.cache
def template():
    """Return the template of M."""
    return m.environment({"t.pq": TEMPLATE}).get_template("t.pq")


def value(choices, depth=0):  # noqa: PLR0911  one line for each kind
    """Return a value of any kind that a template may print."""
    way = choices.number(10 if depth < 3 else 7)
    if way < 3:
        return choices.text(FRAGMENTS)
    if way == 3:
        return choices.pick((None, True, False, 0, -1, 2**53, 2**53 + 1, -(2**60), 0.1, -1e-7, 1e300, float("nan")))
    if way == 4:
        return int.from_bytes(choices.bytes(9), "big", signed=True)
    if way == 5:
        return Decimal(choices.pick(("1", "-0", "1E+400", "1E-400", "NaN", "-Infinity", "0.10", "9" * 30)))
    if way == 6:
        return choices.pick((dt.date(2026, 2, 28), dt.date.min, dt.date.max, dt.datetime(2026, 1, 1), b"x", {1, 2}))  # noqa: DTZ001  a time that a template must not print
    if way == 7:
        return {choices.text(FRAGMENTS): value(choices, depth + 1) for _ in range(choices.number(4))}
    return [value(choices, depth + 1) for _ in range(choices.number(4))]


def run_m(data):
    """Print values into M: each is one literal that says the same, and the query keeps its shape."""
    choices = Choices(data)
    head, text = choices.text(FRAGMENTS), choices.text(FRAGMENTS, most=12)
    field = choices.text(FRAGMENTS)
    named = [choices.text(FRAGMENTS) for _ in range(1 + choices.number(3))]
    filled = {"head": head, "text": text, "field": field, "names": named}
    literal_of(text)
    name_of(field)
    try:
        plain = shape(template().render(filled | {"value": 1}))
    except jinja2.TemplateError:
        assert not all(map(takeable, [text, field, *named])) or "" in [field, *named]
        return
    tame = {"head": "x", "text": "x", "field": "x", "names": ["x"] * len(named), "value": 1}
    assert plain == shape(template().render(tame))
    try:
        made = template().render(filled | {"value": value(choices)})
    except jinja2.TemplateError:
        return
    assert shape(made)


def takeable(text):
    """Tell whether a text can stand in M at all: no half of a character can."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def literal_of(text):
    """Require that a text becomes one text literal that says it."""
    if not takeable(text):
        return
    (token,) = mlexer.tokens(str(m.text(text)))
    assert (token.kind, token.value) == ("text", text)


def name_of(text):
    """Require that a name becomes one name that says it."""
    if not takeable(text) or not text:
        return
    (token,) = mlexer.tokens(str(m.identifier(text)))
    assert token.kind in {"name", "quoted"}
    assert token.value == text


def shape(source):
    """Return the kinds of the tokens of a query, all names alike; require that it can be read to the end."""
    found = mlexer.tokens(source)
    assert isinstance(found, list), source[found : found + 40]
    assert "".join(token.text for token in found) == source
    meant = mlexer.significant(found)
    assert isinstance(meant, list), source
    return ["name" if token.kind in {"quoted", "field"} else token.kind for token in meant]


def run_mlexer(data):
    """Read any M: tokens that joined are the text again, or the place of a fault in it."""
    choices = Choices(data)
    raw = choices.number(2)
    source = choices.rest().decode("utf-8", "replace") if raw else choices.text((*FRAGMENTS, *DAX), most=60)
    found = mlexer.tokens(source)
    if isinstance(found, int):
        assert 0 <= found < len(source)
        return
    assert "".join(token.text for token in found) == source
    assert all(isinstance(token.value, str) for token in found)
    meant = mlexer.significant(found)
    assert isinstance(meant, list) or 0 <= meant < len(source)


TARGETS = {
    "dax": (run_dax, lambda: [bytes(range(120)), b"\0CALCULATE([Netto-omzet], 'Datum'[Jaar] = 2026) // x"]),
    "m": (run_m, lambda: [bytes(range(250)), bytes(reversed(range(250)))]),
    "mlexer": (run_mlexer, lambda: [bytes(range(120)), b'\1let x = #"a b"[c d]{0}, y = "#(lf)" in x']),
}
