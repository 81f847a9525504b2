"""Power Query M from templates: whatever a value holds, it is data; only template text is code."""

from __future__ import annotations

import datetime as dt
import re
import sys
import unicodedata
from decimal import Decimal

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.build.m import (
    KEYWORDS,
    M,
    MError,
    Place,
    closed,
    environment,
    field_type,
    identifier,
    literal,
    m_type,
    opened,
    text,
)

TEXT = re.compile(r'"((?:[^"]|"")*)"')
ESCAPE = re.compile(r'#\((cr|lf|tab|#|[0-9A-F]{4}|[0-9A-F]{8})\)|""')
NAMED = {"cr": "\r", "lf": "\n", "tab": "\t", "#": "#"}
LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]")
SIGNS = set("–—‘’“”„•…€Δ") | set(map(chr, range(0xA1, 0x100)))  # noqa: RUF001  these very signs


def render(template, *, templates=None, **values):
    """Return what a template prints."""
    return environment({"t": template, **(templates or {})}).get_template("t").render(**values)


def read(source):
    """Return the text that an M literal stands for, by the rules of M's specification."""
    match = TEXT.fullmatch(source)
    assert match, source
    return ESCAPE.sub(
        lambda found: '"' if found[0] == '""' else NAMED.get(found[1]) or chr(int(found[1], 16)), match[1]
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-3, "(-3)"),
        (2**53, "9007199254740992"),
        (1.5, "1.5"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (-0.25, "(-0.25)"),
        (Decimal("0.60"), "0.60"),
        (Decimal("1E+3"), "1000"),
        (dt.date(2026, 2, 28), "#date(2026, 2, 28)"),
        ("", '""'),
        ("Bakkerij", '"Bakkerij"'),
        ([], "{}"),
        ([1, "a", None], '{1, "a", null}'),
        ((True, [2]), "{true, {2}}"),
        ({}, "[]"),
        ({"Code": 1, "Code en naam": "x", "type": 2}, '[Code = 1, #"Code en naam" = "x", #"type" = 2]'),
    ],
)
def test_a_value_becomes_the_literal_of_its_type(value, expected):
    assert literal(value) == expected
    assert render("<< value >>", value=value) == expected


@pytest.mark.parametrize(
    "value",
    [
        2**53 + 1,
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
        b"x",
        {1},
        object(),
        dt.timedelta(1),
        dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC),
        dt.datetime(2026, 1, 1, 12),  # noqa: DTZ001  a date with a time, which a date literal would lose
        {1: "a name must be a text"},
        {"": 1},
        "\ud800",
        ["\udfff"],
        {"\ud800": 1},
    ],
)
def test_a_value_without_an_unambiguous_literal_is_refused(value):
    with pytest.raises(MError):
        literal(value)
    with pytest.raises(MError):
        render("<< value >>", value=value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('O"Brien', '"O""Brien"'),
        ("a\r\n\tb", '"a#(cr)#(lf)#(tab)b"'),
        ("#(lf)", '"#(#)(lf)"'),
        ("##(", '"##(#)("'),
        ("# (", '"# ("'),
        ("#", '"#"'),
        ("a\u2028b\u2029c\x85", '"a#(2028)b#(2029)c#(0085)"'),
        ("\u200f\u202e\ufeff\xad", '"#(200F)#(202E)#(FEFF)#(00AD)"'),
        ("\x00", '"#(0000)"'),
        ("😀", '"#(0001F600)"'),
        ("\uffff\U00010000", '"#(FFFF)#(00010000)"'),
        ("Σ中", '"#(03A3)#(4E2D)"'),
        ("Financiële baten – €", '"Financiële baten – €"'),  # noqa: RUF001
        ('" & Web.Contents("https://x") & "', '""" & Web.Contents(""https://x"") & """'),
    ],
)
def test_a_text_cannot_end_its_literal(value, expected):
    assert text(value) == expected
    assert read(expected) == value


@given(st.text())
def test_every_text_reads_back_from_its_literal(value):
    assert read(text(value)) == value


@given(st.text())
def test_a_literal_holds_nothing_that_another_unicode_version_sees_differently(value):
    raw = set(text(value)) - set(map(chr, range(0x20, 0x7F)))
    assert all(LATIN.fullmatch(character) or character in SIGNS for character in raw)


def test_the_letters_that_stand_raw_are_latin_letters_in_every_unicode_version():
    # Everything up to U+024F was assigned by Unicode 5.0, 2006; a letter stays a letter.
    raw = [character for character in map(chr, range(0x250)) if identifier("a" + character) == "a" + character]
    letters = [character for character in raw if character not in "_0123456789"]
    assert all(unicodedata.category(character).startswith("L") for character in letters)
    assert all("LATIN" in unicodedata.name(character) for character in letters)
    assert all(
        identifier("a" + chr(point)).startswith("#")
        for point in range(0x250, sys.maxunicode, 97)
        if not 0xD800 <= point <= 0xDFFF
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Code", "Code"),
        ("_x1", "_x1"),
        ("Financiële", "Financiële"),
        ("Code en naam", '#"Code en naam"'),
        ("1e", '#"1e"'),
        ("a.b", '#"a.b"'),
        ("E-mail", '#"E-mail"'),
        ('a"b', '#"a""b"'),
        ("#(lf)", '#"#(#)(lf)"'),
        ("Σ", '#"#(03A3)"'),
        ("a\n", '#"a#(lf)"'),
        *((word, f'#"{word}"') for word in sorted(KEYWORDS)),
    ],
)
def test_a_name_is_quoted_where_it_must_be(name, expected):
    assert identifier(name) == expected
    assert render("[<< name | field >>] << name | ident >>", name=name) == f"[{expected}] {expected}"


@pytest.mark.parametrize("name", ["", None, 1, M("x"), ["a"]])
def test_a_name_is_a_text(name):
    with pytest.raises(MError):
        identifier(name)


@given(st.lists(st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(), st.dates())))
def test_a_long_list_is_broken_into_lines_between_its_items_only(values):
    assert re.sub(r"(?<=[{,])\s*\n\s*|\s*\n\s*(?=})", " ", literal(values)).replace("{ ", "{").replace(" }", "}") == (
        "{" + ", ".join(literal(value) for value in values) + "}"
    ).replace("{ ", "{").replace(" }", "}")
    assert all(len(line) < 130 or line.count(", ") == 0 for line in literal(values).split("\n"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<< 'x' >>", '"x"'),
        ("<< value >>", '"<< 1 >>"'),
        ("<< value ~ 'b' >>", '"<< 1 >>b"'),
        ("<< 'a' + value >>", '"a<< 1 >>"'),
        ("<< '%s' % value >>", '"<< 1 >>"'),
        ("<% set code %>let << 1 >><% endset %><< code >>", "let 1"),
        ("<% set code %>let<% endset %><< code ~ 'x' >>", '"letx"'),
        ("<% set code %>let<% endset %><< code[0] >>", '"l"'),
        ("<% set code %>a<% endset %><< code + value >>", '"a<< 1 >>"'),
        ("<% macro m(x) %>(<< x >>)<% endmacro %><< m(value) >>", '("<< 1 >>")'),
        ("<% include 'part' %>", 'part "<< 1 >>"'),
        ("<% extends 'base' %><% block b %>inner << value >><% endblock %>", 'base inner "<< 1 >>"'),
        ("<% for x in [1, 'a'] %><< x >>;<% endfor %>", '1;"a";'),
        ("<% if value is defined and value|length %>yes<% endif %>", "yes"),
        ("// << value | comment >>", "// << 1 >>"),
        ("<%# << nothing >> #%>x", "x"),
        ('{{"a", type text}} {% raw %} {# y #}', '{{"a", type text}} {% raw %} {# y #}'),
    ],
)
def test_only_text_of_a_template_is_code(template, expected):
    templates = {"part": "part << value >>", "base": "base <% block b %><% endblock %>"}
    assert render(template, templates=templates, value="<< 1 >>") == expected


def test_trusted_m_passes_as_it_is():
    assert literal(M("type text")) == "type text"
    assert render("<< kind >>", kind=m_type("decimal")) == "Currency.Type"
    assert render("[a = << kind >>]", kind=field_type("date")) == "[a = date]"
    assert type(render("x << 1 >>")) is M


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x0c"])
def test_a_comment_stays_on_its_line(end):
    line = render("// << value | comment >>", value=f"O'Neill{end}Web.Contents(1)")
    assert re.split("[\n\r\x0b\x0c\x85\u2028\u2029]", line) == ["// O'Neill Web.Contents(1)"]


@pytest.mark.parametrize(
    "template",
    [
        "<< nothing >>",
        "<< value.nothing >>",
        "<< value['nothing'] >>",
        "<% if nothing %>x<% endif %>",
        "<% for x in nothing %>x<% endfor %>",
        "<< nothing ~ 'x' >>",
        "<< nothing | comment >>",
        "<% include 'nothing' %>",
        "<< range(3) >>",
        "<< dict(a=1) >>",
        "<< lipsum() >>",
        "<< cycler('a') >>",
        "<< self.x() >>",
    ],
)
def test_a_name_that_does_not_exist_is_an_error(template):
    with pytest.raises(jinja2.TemplateError):
        render(template, value={"a": 1})


@pytest.mark.parametrize(
    "template",
    [
        "<< ''.__class__ >>",
        "<< ''['__class__'] >>",
        "<< ().__class__.__base__.__subclasses__() >>",
        "<< value.__init__.__globals__ >>",
        "<< code.format(value) >>",
        "<< code.replace('a', value) >>",
        "<< code.join([value]) >>",
        "<< code.__html__() >>",
        "<< 'a{0.__class__}'.format(value) >>",
        "<< '{a.__class__}'.format_map({'a': value}) >>",
        "<< values.append(value) >>",
        "<< code | safe >>",
        "<< value | string | safe >>",
        "<< value | attr('__class__') >>",
        "<< value | replace('a', 'b') >>",
        "<% autoescape true %><< code >><% endautoescape %>",
        "<% import 'os' as os %><< os >>",
    ],
)
def test_a_template_has_no_way_out_of_its_sandbox(template):
    with pytest.raises((jinja2.TemplateError, TypeError)):
        render(template, value="x", values=["x"], code=M("a{0}"))


def test_methods_of_texts_give_texts_and_no_code():
    assert render("<< 'a{0}'.format(value) >>", value='"x') == '"a""x"'
    assert render("<< value.upper() >>", value='"x') == '"""X"'


@pytest.mark.parametrize(
    "template",
    [
        "<< x ~ 'a' >>",
        "<< 'a' ~ x >>",
        "<< 'a' + x >>",
        "<< [x] >>",
        "<< {'a': x} >>",
        "<< x | length >>",
        "<< x | comment >>",
        "<< x | field >>",
        "<< x.upper() >>",
        "<< x[0] >>",
        "<< '%s' % x >>",
        "<< 'a' if x else 'b' >>",
        "<% if x == 'a' %><% endif %>",
        "<% if 'a' == x %><% endif %>",
        "<% if x in ['a'] %><% endif %>",
        "<% if 'a' in x %><% endif %>",
        "<% if x < 2 %><% endif %>",
        "<% if x is none %><% endif %>",
        "<% if x is string %><% endif %>",
        "<% if 'a' is eq x %><% endif %>",
        "<% for each in x %><% endfor %>",
        "<< {'a': 1}[x] >>",
    ],
)
def test_a_place_can_be_printed_and_nothing_else(template):
    """So a text with places says nothing of the values that come there later."""
    with pytest.raises(jinja2.TemplateError):
        render(template, x=Place("x"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_with_places_filled_in_is_the_text_with_the_values(value):
    template = "a = << x >>,<% set y %>[<< x >>]<% endset %>\n<< y >> <% for each in [z, z] %><< each >><% endfor %>"
    pieces = opened(render(template, x=Place("x"), z=Place("z 1")))
    assert closed(pieces, {"x": literal(value), "z 1": literal(3)}) == render(template, x=value, z=3)
