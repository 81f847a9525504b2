"""The M of a model runs on tables in memory: the language as far as templates use it, and nothing outside."""

import datetime as dt

import pytest

from generator.preview.m import MError, Queries, Table

TODAY = dt.date(2026, 11, 24)
ROWS = Table(
    ["Code", "Amount"], [{"Code": "a", "Amount": 2}, {"Code": "b", "Amount": None}, {"Code": "a", "Amount": 5}]
)


FEED = 'OData.Feed(P, null, [Timeout = #duration(0, 4, 0, 0)]){[Name = "ExactOnlineREST.CRM.Accounts@eol"]}'
JOINED = """Table.ExpandTableColumn(
    Table.NestedJoin(T, {{"Code"}}, #table({{"k", "v"}}, {{{{"a", 1}}}}), {{"k"}}, "j", JoinKind.{}), "j", {{"v"}}
)"""


def value(formula, **queries):
    """Return what a formula makes, as the only cell of a table."""
    made = Queries({"q": f'#table({{"x"}}, {{{{{formula}}}}})', **queries}, lambda _: ROWS, TODAY).table("q")
    return made.rows[0]["x"]


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ('"a" & "b""c#(lf)"', 'ab"c\n'),
        ("null + 1", None),
        ("null = null", True),
        ("1 = true", False),
        ("null < 1", None),
        ("not (1 < 2) or 3 >= 3 and true", True),
        ("null ?? 7", 7),
        ("let a = b + 1, b = 2 in a", 3),
        ("[a = 1, b = a + 1][b]", 2),
        ("[a = 1][b]?", None),
        ("{1..4}{2}", 3),
        ("{5}{1}?", None),
        ("((x as number, optional y) as number => x * (y ?? 10))(2)", 20),
        ("(each _ + 1)(2)", 3),
        ('if 1 > 2 then error "no" else 4', 4),
        ('try error "no" otherwise 9', 9),
        ("5 is number and null is nullable text and not (null is text)", True),
        ("#date(2026, 1, 31) is date", True),
        ("Date.AddMonths(#date(2026, 1, 31), 1)", dt.date(2026, 2, 28)),
        ("Date.EndOfMonth(#date(2024, 2, 3))", dt.date(2024, 2, 29)),
        ("Date.StartOfWeek(#date(2026, 10, 31), Day.Sunday)", dt.date(2026, 10, 25)),
        ("Duration.Days(#date(2026, 3, 1) - #date(2026, 2, 1))", 28),
        ("DateTime.Date(DateTimeZone.RemoveZone(DateTimeZone.FixedUtcNow()))", TODAY),
        ('Text.Combine({"a", null, "b"}, " · ")', "a · b"),
        ('Text.From(3.0) & Text.PadStart(Text.From(7), 3, "0")', "3007"),
        ("Number.Mod(-1 + 12, 12)", 11),
        ("Number.Round(List.Sum({0.1, 0.2, null}), 2)", 0.3),
        ('List.Max({}) ?? "none"', "none"),
        ('#"with blanks"', 42),
    ],
)
def test_a_formula(formula, wanted):
    assert value(formula, **{"with blanks": "42"}) == wanted


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ('Table.SelectRows(T, each [Code] = "a")', "Code Amount: a 2, a 5"),
        ('Table.AddColumn(T, "n", each [Amount] = null)', "Code Amount n: a 2 False, b None True, a 5 False"),
        ('Table.Group(T, {"Code"}, {{"s", each List.Sum([Amount]), type number}})', "Code s: a 7.0, b None"),
        ('Table.RenameColumns(T, {{"Code", "c"}})', "c Amount: a 2, b None, a 5"),
        ('Table.SelectColumns(T, {"Amount", "x"}, MissingField.UseNull)', "Amount x: 2 None, None None, 5 None"),
        (JOINED.format("LeftOuter"), "Code Amount v: a 2 1, b None None, a 5 1"),
        (JOINED.format("Inner"), "Code Amount v: a 2 1, a 5 1"),
        ('Table.Combine({#table(type table [M = number], {{9}}), #table({"N"}, {{8}})})', "M N: 9 None, None 8"),
        ('Table.TransformColumnTypes(T, {"Amount", Currency.Type}, "en-US")', "Code Amount: a 2.0, b None, a 5.0"),
    ],
)  # fmt: skip
def test_a_table(formula, wanted):
    made = Queries({"P": '""', "q": f"let T = {FEED}[Data] in {formula}"}, lambda _: ROWS, TODAY).table("q")
    rows = ", ".join(" ".join(str(row[name]) for name in made.columns) for row in made.rows)
    assert f"{' '.join(made.columns)}: {rows}" == wanted


def test_an_entity_set_is_asked_for_by_its_name_without_the_alias():
    asked = []
    queries = Queries(
        {"P": '"https://x.invalid"', "q": f"{FEED}[Data]"}, lambda name: asked.append(name) or ROWS, TODAY
    )
    assert queries.table("q") is ROWS
    assert asked == ["ExactOnlineREST.CRM.Accounts"]


@pytest.mark.parametrize(
    "formula",
    [
        "let a = b, b = a in a", 'Web.Contents("https://x")', "1 +", "T{0}", '#table({"a"}, {{1, 2}})',
        'Table.SelectColumns(#table({"a"}, {}), {"b"})', "5", '"a" + 1', "@@",
    ],
)  # fmt: skip
def test_what_can_not_be_run_fails_by_itself(formula):
    queries = Queries({"bad": formula, "good": '#table({"a"}, {{1}})'}, lambda _: ROWS, TODAY)
    with pytest.raises(MError):
        queries.table("bad")
    assert queries.table("good").rows == [{"a": 1}]
