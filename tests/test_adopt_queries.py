"""Queries of a design: every way to write the database's address is found, everything else is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.adopt import queries, sources
from generator.adopt.syntax import read
from generator.adopt.traces import Traces
from generator.build import m
from generator.mlexer import significant, tokens

EMPTY = 'null meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
TRACES = Traces(
    "bakker", "Bakkerij B.V.", "https://bridge-online.cloud/vd-bakker/odata4", (710001,), ("Bakkerij B.V.",)
)
VALUES = {
    "divisions": [1, 2], "division_texts": ["1", "2"], "division_names_list": ["a", 'b"'], "alias": "ex",
    "client_name": 'O"Neill #(lf) << x >>', "division_names": "a, b", "division_codes": "1, 2",
}  # fmt: skip

# ------------------------------------------------------------------------------------------------------------ tokens


@pytest.mark.parametrize(
    "source",
    [
        'let a = "x "" y", #"b c" = 1.5e3 // remark\nin a',
        "/* \u2028 */ #date(2026, 1, 1) & 0xFF ?? [a b] {..}",
        '#!"verbatim ""x""" meta [Naam = 1]',
        "(x as nullable text, optional y) as any => if x is null then @f(y) else ...",
        'Tabel[[A], [#"B"]]{[Name = "x"]}?[Data]',
    ],
)
def test_tokens_together_are_the_query(source):
    found = tokens(source)
    assert "".join(token.text for token in found) == source


@given(st.text(alphabet='ab"#(/*)\n\r\\<>%{}[],=letin .', max_size=40))
def test_any_text_is_read_or_refused(source):
    found = tokens(source)
    if not isinstance(found, int):
        assert "".join(token.text for token in found) == source
        significant(found)
    assert read(source) is not None


@pytest.mark.parametrize("source", ['"open', "let a = 1", "a)", "[a", "let in 1", "let a 1 in a", "/* open", "§", "in"])
def test_a_query_that_is_broken_is_refused(source):
    assert isinstance(read(source), int)


def test_escapes_in_texts_are_understood():
    text = next(token for token in tokens('"a#(lf)b#(0041,tab)#(#)(x"""') if token.kind == "text")
    assert text.value == 'a\nbA\t#(x"'


# ----------------------------------------------------------------------------------------------------------- binding


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        (
            'OData.Feed("https://bridge-online.cloud/x/odata4", null, [a = 1])',
            "OData.Feed(P_INVANTIVE_URL, null, [a = 1])",
        ),
        ('OData.Feed("HTTPS://Bridge-Online.cloud/x/odata4/")', "OData.Feed(P_INVANTIVE_URL)"),
        ('OData.Feed("https://bridge-online.cloud/x/odata4#(lf)")', "OData.Feed(P_INVANTIVE_URL)"),
        ('OData.Feed("https://bridge-#(006F)nline.cloud/x/odata4")', "OData.Feed(P_INVANTIVE_URL)"),
        ('OData.Feed("https://bridge-online.cloud/x/odata4/A.B.C@eol")', 'OData.Feed(P_INVANTIVE_URL & "/A.B.C@eol")'),
        ('OData.Feed("https://bridge-online.cloud/" & "x" & "/odata4")', "OData.Feed(P_INVANTIVE_URL)"),
        (
            'OData.Feed(Text.Combine({"https:/", "bridge-online.cloud", "x", "odata4"}, "/"))',
            "OData.Feed(P_INVANTIVE_URL)",
        ),
        ('OData.Feed(Uri.Combine("https://bridge-online.cloud", "x/odata4"))', "OData.Feed(P_INVANTIVE_URL)"),
        (
            'let u = "https://bridge-online.cloud/x/odata4" in OData.Feed(u)',
            "let u = P_INVANTIVE_URL in OData.Feed(P_INVANTIVE_URL)",
        ),
        (
            'let h = "https://bridge-online.cloud", s = "x", u = h & "/" & s & "/odata4", b = OData.Feed(u) in b',
            "let b = OData.Feed(P_INVANTIVE_URL) in b",
        ),
        (
            'let s = "x" in OData.Feed("https://bridge-online.cloud/" & s & "/odata4")',
            "let s = null in OData.Feed(P_INVANTIVE_URL)",
        ),
        (
            'let s = "x", b = OData.Feed("https://bridge-online.cloud/" & s & "/odata4"), t = s in b',
            'let s = "x", b = OData.Feed(P_INVANTIVE_URL), t = s in b',
        ),
        (
            'let b = OData.Feed(u), u = "https://bridge-online.cloud/x/odata4" in b',
            "let b = OData.Feed(P_INVANTIVE_URL) in b",
        ),
        (
            'let f = (s) => OData.Feed("https://bridge-online.cloud/" & Slug & "/odata4") in f(1)',
            "let f = (s) => OData.Feed(P_INVANTIVE_URL) in f(1)",
        ),
        ("OData.Feed(Adres)", "OData.Feed(P_INVANTIVE_URL)"),
        ('OData.Feed(Adres & "/A.B.C@eol")', 'OData.Feed(P_INVANTIVE_URL & "/A.B.C@eol")'),
        ('OData.Feed(Basis & "/odata4")', "OData.Feed(P_INVANTIVE_URL)"),
        ("OData.Feed(Vast)", "OData.Feed(P_INVANTIVE_URL)"),
        ("OData.Feed(Elders)", "OData.Feed(P_INVANTIVE_URL)"),
        (
            'Json.Document(Web.Contents("https://bridge-online.cloud/x/odata4"))',
            "Json.Document(Web.Contents(P_INVANTIVE_URL))",
        ),
        ('OData.Feed("https://eigen.host/pad")', "OData.Feed(P_INVANTIVE_URL)"),
        ("OData.Feed(P_INVANTIVE_URL)", "OData.Feed(P_INVANTIVE_URL)"),
        ("OData.Feed(let u = Vast in u)", "OData.Feed(P_INVANTIVE_URL)"),
    ],
)  # fmt: skip
def test_every_way_to_write_the_address_becomes_the_parameter(source, bound):
    model = {
        "Q": source, "Adres": EMPTY, "Basis": EMPTY, "Slug": EMPTY, "Elders": "Vast",
        "Vast": '"https://bridge-online.cloud/y/odata4" meta [IsParameterQuery=true, Type="Text"]',
    }  # fmt: skip
    found = sources.bind(model, frozenset({"https://eigen.host/pad"}))
    assert found.queries["Q"] == bound
    assert not [each for each in found.unknown if each.query == "Q"]


def test_parameters_that_fed_the_address_go_and_others_stay():
    source = 'let b = OData.Feed("https://bridge-online.cloud/" & #"De slug" & "/odata4"), r = Regio, a = Adres in b'
    found = sources.bind(
        {"Q": source, "De slug": EMPTY, "Regio": EMPTY, "Adres": EMPTY, "R": "OData.Feed(Adres)"}, frozenset()
    )
    assert (found.mapped, found.removed) == (["Adres"], ["De slug"])
    assert found.queries["Q"] == "let b = OData.Feed(P_INVANTIVE_URL), r = Regio, a = P_INVANTIVE_URL in b"
    assert set(found.queries) == {"Q", "R", "Regio"}


@pytest.mark.parametrize(
    ("source", "function", "target"),
    [
        (r'File.Contents("C:\x\y.csv")', "File.Contents", r"C:\x\y.csv"),
        ('Sql.Database("server", "db")', "Sql.Database", "server"),
        ('let f = Web.Contents, u = "https://x.nl" in f(u)', "Web.Contents", ""),
        ('OData.Feed("https://services.odata.org/V4")', "OData.Feed", "https://services.odata.org/V4"),
        (
            'OData.Feed("https://bridge-online.cloud.evil.nl/x/odata4")', "OData.Feed",
            "https://bridge-online.cloud.evil.nl/x/odata4",
        ),
        (
            'OData.Feed("https://bridge-online.cloud/x/odata4@evil.nl")', "OData.Feed",
            "https://bridge-online.cloud/x/odata4@evil.nl",
        ),
        ('OData.Feed((P_INVANTIVE_URL) & "x")', "OData.Feed", "<P_INVANTIVE_URL>x"),
        ("Record.Field(#shared, x)", "#shared", ""),
        ('Expression.Evaluate("1", [])', "Expression.Evaluate", "1"),
        ("Exact.Online(1)", "Exact.Online", ""),
        ('#"Web.Contents"("https://x.nl")', "Web.Contents", "https://x.nl"),
        ("Value.NativeQuery(x, y)", "Value.NativeQuery", ""),
        ("Excel.CurrentWorkbook()", "Excel.CurrentWorkbook", ""),
        ('let P_INVANTIVE_URL = "https://x.nl" in OData.Feed(P_INVANTIVE_URL)', "OData.Feed", "https://x.nl"),
        ("(P_INVANTIVE_URL) => OData.Feed(P_INVANTIVE_URL)", "OData.Feed", ""),
    ],
)  # fmt: skip
def test_every_other_source_is_named(source, function, target):
    found = sources.bind({"Q": source}, frozenset())
    assert [(each.function, each.target) for each in found.unknown] == [(function, target)]


@pytest.mark.parametrize(
    "source",
    [
        *("Table.FromRows({})", "let File.Contents2 = 1 in 1", '"File.Contents"', "// Web.Contents()\n1"),
        *("[Web.Contents]", "#table({}, {})", "Mijn.Query"),
    ],
)
def test_what_only_looks_like_a_source_is_none(source):
    assert sources.bind({"Q": source, "Mijn.Query": "1"}, frozenset()).unknown == []


def test_steps_that_double_each_other_end():
    steps = ", ".join(f"s{number} = s{number - 1} & s{number - 1}" for number in range(1, 60))
    assert sources.bind({"Q": f'let s0 = "x", {steps} in OData.Feed(s59)'}, frozenset()).unknown
    deep = "(" * 300 + '"x"' + ")" * 300
    assert sources.bind({"Q": f"OData.Feed({deep})"}, frozenset()).unknown


# ------------------------------------------------------------------------------------------------- values of a client


@pytest.mark.parametrize(
    ("source", "stamped"),
    [
        ("each [Division] = 710001", "each ([Division] = 1 or [Division] = 2)"),
        ("each _[Division] <> 710001 and x", "each (_[Division] <> 1 and _[Division] <> 2) and x"),
        ("each 710001 = [Division]", "each ([Division] = 1 or [Division] = 2)"),
        ('each [Division] = "710001"', 'each ([Division] = "1" or [Division] = "2")'),
        ('each [Adm] = "Bakkerij B.V."', 'each ([Adm] = "a" or [Adm] = "b""")'),
        ("each [Division] = Divisie", "each ([Division] = 1 or [Division] = 2)"),
        ("List.Contains({710001}, [Division])", "List.Contains({1, 2}, [Division])"),
        ('{"710001"}', '{"1", "2"}'),
        ('"Cijfers van Bakkerij B.V., 2026"', '"Cijfers van O""Neill #(#)(lf) << x >>, 2026"'),
        ('Bron{[Name="A.B.C@eol",Signature="table"]}', 'Bron{[Name="A.B.C@ex",Signature="table"]}'),
        ('"mail jan.de.vries@kantoor.nl"', '"mail jan.de.vries@kantoor.nl"'),
        ("// Bakkerij B.V. (710001)\n1", "// … (…)\n1"),
        ("7100011 + 710001.5", "7100011 + 710001.5"),
        ('"<< x >> <% y %>"', '"#(003C)< x >> #(003C)% y %>"'),
        ('#"a << b"', '#"a #(003C)< b"'),
        ("1<<2>>3 /* <% x %> */", "1< <2>>3 /* < % x %> */"),
        ('[a]<"Bakkerij B.V."', '[a]< "O""Neill #(#)(lf) << x >>"'),
        ('"<Bakkerij B.V.>%>>"', '"<O""Neill #(#)(lf) << x >>>%>>"'),
        ("{{1, 2}, {#date(2026, 1, 1), 3}} {# x #}", "{{1, 2}, {#date(2026, 1, 1), 3}} {# x #}"),
    ],
)
def test_a_query_becomes_a_template_that_stamps_a_client_and_nothing_else(source, stamped):
    made = queries.template(source, TRACES, frozenset({"Divisie"}))
    env = m.environment({"q": made})
    assert env.get_template("q").render(VALUES) == stamped


@pytest.mark.parametrize(
    "source",
    ["x = 710001", "let d = 710001 in d", "{710001, 2}", '#"Bakkerij B.V."', "[Bakkerij = 710001]", '"710001"'],
)
def test_what_can_not_be_replaced_is_still_found(source):
    assert TRACES.left_in(queries.template(source, TRACES))


@given(st.text(alphabet="<>%#{}\"'ab \n\\", max_size=30))
def test_no_text_of_a_design_becomes_code_of_a_template(text):
    source = f"let a = {m.text(text)}, #{m.text(text or 'x')} = 1, b = 1<2 in a"
    made = m.environment({"q": queries.template(source, TRACES)}).get_template("q").render({})
    before, after = ([token.value.strip() for token in significant(tokens(each))] for each in (source, made))
    assert after == before


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ('[Authorization = "Basic abc"]', "Authorization"),
        ('[Headers = [#"x-api-key" = "k"]]', "x-api-key"),
        ('[Password="p"]', "Password"),
        ('"https://jan:geheim@x.nl/"', "…@"),
        ('"Bearer eyJhbGciOi"', "Bearer"),
    ],
)
def test_passwords_in_a_query_are_found(source, field):
    assert field in list(queries.secrets(source))


@pytest.mark.parametrize("source", ['[Password = ""]', "[Token = x]", '"Basic"', '[Tokens = "a"]'])
def test_what_is_no_password_is_let_pass(source):
    assert list(queries.secrets(source)) == []


def test_divisions_of_an_unknown_client_are_seen():
    assert list(queries.suspects('each [Division] = 710001 or [Jaar] = 2026 or [Administratie] = "123456"')) == [
        "710001",
        "123456",
    ]
