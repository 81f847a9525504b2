"""DAX: what a formula is made of and which names it uses. The lexical rules are those of Microsoft's reference."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import catalogue, dax
from generator.dax import Fault, fault, named_columns, references, tokens, unquoted

FRAGMENTS = [
    '"',
    "'",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "/*",
    "*/",
    "//",
    "--",
    "\n",
    "VAR",
    "RETURN",
    "Datum",
    "Σ",
    "1.5e",
    "\u2028",
]


def kinds(formula):
    """Return the tokens of a formula as ``kind:text``."""
    return [f"{token.kind}:{token.text}" for token in tokens(formula)]


def broken(formula):
    """Return the code of a formula's fault and what its message names."""
    found = fault(formula)
    return found and (found.code, *dict(found.values).values())


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM ( Mutaties[Bedrag] )", ["name:SUM", "sign:(", "name:Mutaties", "bracket:[Bedrag]", "sign:)"]),
        ('"a""b" & "//"', ['text:"a""b"', "sign:&", 'text:"//"']),
        ("'O''Neill'[x]", ["table:'O''Neill'", "bracket:[x]"]),
        ("[a]]b]", ["bracket:[a]]b]"]),
        ("[Omzet (excl. 'btw') \"x\"]", ["bracket:[Omzet (excl. 'btw') \"x\"]"]),
        ("1 // [weg]\n+ 2", ["number:1", "sign:+", "number:2"]),
        ("1 -- [weg]\r+ 2", ["number:1", "sign:+", "number:2"]),
        ("1 /* [weg]\n'x */ + 2", ["number:1", "sign:+", "number:2"]),
        ("1 - - 2", ["number:1", "sign:-", "sign:-", "number:2"]),
        ("1.5e-3*.25", ["number:1.5e-3", "sign:*", "number:.25"]),
        ("a<>b&&c||d>=e", [
            "name:a", "sign:<>", "name:b", "sign:&&", "name:c", "sign:||", "name:d", "sign:>=", "name:e",
        ]),
        ("NORM.DIST ( Financiële )", ["name:NORM.DIST", "sign:(", "name:Financiële", "sign:)"]),
        ('"twee\nregels"', ['text:"twee\nregels"']),
    ],
)  # fmt: skip
def test_a_formula_is_split_into_its_tokens(formula, expected):
    assert kinds(formula) == expected


def test_a_token_knows_its_place():
    assert [token.at for token in tokens(" a  /* */ [b]")] == [1, 10]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("[Netto-omzet] + 1", None),
        ('"onaf', ("B040", '"onaf')),
        ('1 + "a""', ("B040", '"')),
        ("'Datum[x]", ("B040", "'Datum[x]")),
        ("[Omzet", ("B040", "[Omzet")),
        ("1 ¿ 2", ("B040", "¿ 2")),
        ("“a”", ("B040", "“a”")),
        ("", ("B040", "")),
        ("  // niets", ("B040", "")),
        ("SUM ( [x]", ("B041", "(", "( [x]")),
        ("SUM [x] )", ("B041", ")", ")")),
        ("( { 1 ) }", ("B041", ")", ") }")),
        ("{ 1 ", ("B041", "{", "{ 1 ")),
        ('")" & "("', None),
        ("[)] + '('[}]", None),
    ],
)
def test_a_fault_says_where_a_formula_stops_making_sense(formula, expected):
    assert broken(formula) == expected


def test_a_formula_with_a_fault_uses_no_names():
    assert references("[Omzet] + 'onaf") == references("'onaf")
    assert not references("[Omzet] + 'onaf").measures
    assert named_columns("'onaf") == frozenset()


@pytest.mark.parametrize(
    ("formula", "columns", "measures", "tables", "functions"),
    [
        ("SUM ( Mutaties[Bedrag] )", {("Mutaties", "Bedrag")}, set(), {"Mutaties"}, {"SUM"}),
        ("'O''Neill'[a]]b]", {("O'Neill", "a]b")}, set(), {"O'Neill"}, set()),
        ("[Netto-omzet]-[a]]b]", set(), {"Netto-omzet", "a]b"}, set(), set()),
        ("CountRows ( Datum )", set(), set(), {"Datum"}, {"COUNTROWS"}),
        ("COUNTROWS ( FILTER ( 'Datum', TRUE () ) )", set(), set(), {"Datum"}, {"COUNTROWS", "FILTER", "TRUE"}),
        ("VAR d = [x] RETURN d + [y]", set(), {"x", "y"}, set(), set()),
        ("VAR D = [x] RETURN d", set(), {"x"}, set(), set()),
        ('VAR t = ADDCOLUMNS ( Datum, "@a", 1 ) RETURN SUMX ( t, [@a] )', set(), {"@a"}, {"Datum"},
         {"ADDCOLUMNS", "SUMX"}),
        ("DATEADD ( Datum[Datum], -1, YEAR )", {("Datum", "Datum")}, set(), {"Datum"}, {"DATEADD"}),
        ("IF ( NOT [x] IN { 1 }, 2 )", set(), {"x"}, set(), {"IF"}),
        ("CONVERT ( [x], INTEGER )", set(), {"x"}, set(), {"CONVERT"}),
        ("CROSSFILTER ( A[b], C[d], OneWay )", {("A", "b"), ("C", "d")}, set(), {"A", "C"}, {"CROSSFILTER"}),
        ("WINDOW ( 1, ABS, 0, REL )", set(), set(), set(), {"WINDOW"}),
        ("[a] // [b] 'C'[d]", set(), {"a"}, set(), set()),
        ('"[b]" & [a]', set(), {"a"}, set(), set()),
        ("OmzetX ( 1 )", set(), set(), set(), {"OMZETX"}),
    ],
)  # fmt: skip
def test_a_formula_tells_which_names_it_uses(formula, columns, measures, tables, functions):
    found = references(formula)
    assert (found.columns, found.measures, found.functions) == (columns, measures, functions)
    assert found.tables | {table for table, _ in found.columns} == tables


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ('SUMX ( ADDCOLUMNS ( Datum, "@Open", 1 ), [@open] )', {"@open"}),
        ('SUMX ( SELECTCOLUMNS ( Datum, "a""b", 1 ), [a"b] )', {'a"b'}),
        ("SUMX ( { 1, 2 }, [Value] )", {"value"}),
        ("SUMX ( { ( 1, 2 ) }, [Value1] * [value2] )", {"value1", "value2"}),
        ("SUMX ( GENERATESERIES ( 1, 9 ), [Value] )", {"value"}),
        ("MAXX ( CALENDAR ( 1, 9 ), [Date] )", {"date"}),
        ("[Value] + [Date]", set()),
    ],
)
def test_columns_that_a_formula_makes_are_no_measures(formula, expected):
    assert {name.casefold() for name in references(formula).measures} & named_columns(formula) == expected


@pytest.mark.parametrize(("text", "name"), [("'O''Neill'", "O'Neill"), ("[a]]b]", "a]b"), ("Datum", "Datum")])
def test_quotes_and_brackets_come_off_a_name(text, name):
    assert unquoted(text) == name


def test_every_formula_of_the_templates_can_be_read():
    known = catalogue.load()
    for measure in known.measures.values():
        formula = measure.dax.replace("<<", "").replace(">>", "")
        assert fault(formula) is None, measure.name
        assert references(formula).functions <= dax.functions(), measure.name


@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS)).map("".join)))
def test_no_text_raises(text):
    found = tokens(text)
    assert isinstance(found, Fault) or all(text[token.at :].startswith(token.text) for token in found)
    assert fault(text) is None or fault(text).code in {"B040", "B041"}
    references(text)
    named_columns(text)


@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS)).map(" ".join)))
def test_what_lies_between_tokens_is_blank_or_comment(text):
    found = tokens(text)
    if isinstance(found, Fault):
        return
    ends = [0, *(token.at + len(token.text) for token in found)]
    gaps = [text[end : token.at] for end, token in zip(ends, found, strict=False)] + [text[ends[-1] :]]
    assert all(not gap.strip() or gap.strip().startswith(("//", "--", "/*")) for gap in gaps)
    assert all(token.at < after.at for token, after in pairwise(found))


_PIECES = st.sampled_from([
    "SUM", "Datum", "VAR", '"a""b"', '"//"', "'O''Neill'", "[a]]b]", "[--]", "(", ")", "{", "}", "<>", "&&", "1.5", "=",
    ".", ",",
])  # fmt: skip


@given(st.lists(_PIECES), st.sampled_from([" ", "\n", "\t", " // x\n", " -- 'x\r\n", "/* [x] */"]))
def test_tokens_joined_by_blanks_or_comments_are_the_same_tokens(pieces, between):
    assert [token.text for token in tokens(between.join(pieces))] == pieces


def test_comments_that_nothing_ends_are_told_at_once():
    formula = "/* " * 10_900  # as long as a cell can be: each was once looked for to the end
    started = time.process_time()
    assert broken(formula)[0] == "B040"
    assert time.process_time() - started < 1  # a millisecond on a quiet computer; it was three seconds
