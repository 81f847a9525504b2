"""Tables of the workbook: any entity of Exact Online, its columns looked up, tied to the model by the keys it has."""

import datetime as dt
import re

import pytest
from bundles import ONE, built, client, columns_of, load, model_of, problems, queries_of, tables_of
from markdown import found

from generator import catalogue
from generator.build.ties import tied
from generator.catalogue import Relationship
from generator.preview import m
from generator.resolve.client import ExtraTable
from generator.sources.sandbox.samples import samples
from generator.sources.sandbox.schema import schema

TABLES = "\n## Tabellen\n| Klant | Entiteit | Naam | Kolommen | Filter |\n"
TWO = f"{ONE}| bakker | `710002` |\n"
BALANCE = "ExactOnlineXML.XML.BalanceLinesPerPeriod"
VIEW = "ExactOnlineREST.Views.AROutstandingItemsPerFinancialPeriodUltimo"


def rows(*entities):
    """Return the sheet Tabellen with a row of all columns for each entity, named by its last part."""
    return TABLES + "".join(f"| bakker | ExactOnlineREST.{entity} | | | |\n" for entity in entities)


def ways(model):
    """Return the relationships of a model as ``Table[Column] → Table[Column]``."""
    return {
        f"{row['fromTable']}[{row['fromColumn']}] → {row['toTable']}[{row['toColumn']}]"
        for row in model["relationships"]
        if row.get("isActive", True)
    }


def of(model, table):
    """Return where a table looks something up."""
    return {way.partition(" → ")[2] for way in ways(model) if way.startswith(f"{table}[")}


# ------------------------------------------------------------------------------------------------------- its keys


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("Financial.Journals", {"Grootboek[GrootboekKey]"}),
        ("Financial.ReceivablesList", {"Relatie[RelatieKey]"}),
        ("SalesInvoice.SalesInvoices", {"Relatie[RelatieKey]"}),
        ("PurchaseEntry.PurchaseEntries", {"Relatie[RelatieKey]"}),
        ("CRM.Accounts", {"Relatie[RelatieKey]"}),
        ("FinancialTransaction.BankEntryLines",
         {"Grootboek[GrootboekKey]", "Relatie[RelatieKey]", "Kostenplaats[KostenplaatsKey]"}),
        ("Inventory.Warehouses", set()),
    ],
)  # fmt: skip
def test_a_table_looks_up_what_its_keys_allow(tmp_path, entity, expected):
    model = model_of(built(tmp_path, TWO + rows(entity)))
    name = entity.rpartition(".")[2]
    assert of(model, name) == {"Administratie[Administratie]"} | expected
    hidden = {column["name"] for column in tables_of(model)[name]["columns"] if column.get("isHidden")}
    assert hidden == {"Administratie", *re.findall(r"\[(\w+Key)\]", " ".join(expected))}
    kinds = {column["name"]: column["dataType"] for column in tables_of(model)[name]["columns"]}
    assert {kind for column, kind in kinds.items() if column.endswith("Key")} <= {"string"}


def test_a_key_is_division_and_value_and_is_read_though_nobody_named_it(tmp_path):
    row = "| bakker | ExactOnlineREST.Financial.ReceivablesList | Open | Amount | |\n"
    made = queries_of(built(tmp_path, TWO + TABLES + row))
    assert '{"AccountId", "Amount", "Division"}' in made["BronOpen"]
    assert 'Text.From(administratie) & "|" & Text.Lower(Text.From(waarde))' in made["Open"]
    assert "each Sleutel([Division], [AccountId])" in made["Open"]


def test_a_dimension_of_the_workbook_is_looked_up_where_the_templates_have_none(tmp_path):
    rows_of = rows("Logistics.Items", "Project.Projects", "SalesInvoice.SalesInvoiceLines", "Project.TimeTransactions")
    model = model_of(built(tmp_path, TWO + rows_of))
    division, relation = "Administratie[Administratie]", "Relatie[RelatieKey]"
    item, project = "Items[ArtikelKey]", "Projects[ProjectKey]"
    assert of(model, "TimeTransactions") == {division, relation, item, project}
    assert of(model, "SalesInvoiceLines") >= {division, item, project}
    assert of(model, "Items") == of(model, "Projects") == set(), "a second way to the lines"
    keys = {(t, c["name"]) for t, table in tables_of(model).items() for c in table["columns"] if c.get("isKey")}
    assert {("Items", "ArtikelKey"), ("Projects", "ProjectKey")} <= keys


def test_a_dimension_that_nothing_looks_up_hangs_on_its_division(tmp_path):
    model = model_of(built(tmp_path, TWO + rows("Logistics.Items", "Inventory.Warehouses")))
    assert of(model, "Items") == {"Administratie[Administratie]"}


def test_a_key_that_no_list_has_is_used_where_the_workbook_names_it(tmp_path):
    entity = "ExactOnlineREST.Incremental.TransactionLinesIncremental"
    row = f"| bakker | {entity} | Regels | AmountDC | |\n| bakker | {entity} | Meer | AmountDC, GLAccount | |\n"
    loaded = load(tmp_path, TWO + TABLES + row)
    assert found(list(loaded.problems)) == ["B093 Tabellen!D3"]
    model = model_of(built(tmp_path, TWO + TABLES + row))
    assert "Grootboek[GrootboekKey]" not in of(model, "Regels")
    assert "Grootboek[GrootboekKey]" in of(model, "Meer")


@pytest.mark.parametrize(
    ("entity", "column", "value"), [(BALANCE, "DIVISION_CODE", '"710001"'), (VIEW, "DIVISION", "710001")]
)
def test_whose_a_row_is_stands_in_another_column_for_some_entities(tmp_path, entity, column, value):
    made = built(tmp_path, ONE + TABLES + f"| bakker | {entity} | Extra | | |\n")
    queries = queries_of(made)
    assert f"[{column}] = {value}" in queries["BronExtra"]
    assert f'{{"{column}", "Administratie"}}' in queries["Extra"]
    assert '"Division"' not in queries["BronExtra"]
    assert of(model_of(made), "Extra") >= {"Administratie[Administratie]"}


def test_the_list_of_divisions_at_the_office_holds_those_of_the_workbook(tmp_path):
    row = "| _office | ExactOnlineREST.System.SystemDivisions | Lijst | Description | |\n"
    made = built(tmp_path, TWO + TABLES + row, "_office")
    assert "([Code] = 710001 or [Code] = 710002)" in queries_of(made, "kantoor")["BronLijst"]
    assert ("Lijst", "Administratie") in columns_of(model_of(made, "kantoor"))


# ------------------------------------------------------------------------------------------- no second way, ever


def paths(model):
    """Return how many ways a filter can go from one table to another, for each pair."""
    steps: dict[str, list[str]] = {}
    for way in ways(model):
        many, one = (end.partition("[")[0] for end in way.split(" → "))
        steps.setdefault(one, []).append(many)

    def walk(table):
        for other in steps.get(table, ()):
            yield other
            yield from walk(other)

    return {(one, many): list(walk(one)).count(many) for one in steps for many in walk(one)}


def test_all_entities_together_leave_one_way_between_any_two_tables(tmp_path):
    known = catalogue.load().known_columns
    named = [entity for entity, row in known.items() if row["division"]]
    names = [entity.rpartition(".")[2] for entity in named]
    assert len(names) > 70
    listed = TABLES + "".join(
        f"| bakker | {entity} | X{name} | | |\n" for entity, name in zip(named, names, strict=True)
    )
    model = model_of(built(tmp_path, TWO + listed))
    assert {pair: count for pair, count in paths(model).items() if count > 1} == {}
    tied_to = {name for name in names if "Administratie[Administratie]" in of(model, f"X{name}")}
    assert {*names} - tied_to == {"Items", "Projects"}, "these two are dimensions here"


def test_every_key_of_an_entity_is_followed_where_it_is_alone():
    known = catalogue.load()
    there = [link.table for link in known.links.values() if link.table]
    for entity, row in known.known_columns.items():
        table = ExtraTable("T", entity, {}, keys={
            link.name: column
            for link in known.links.values()
            if (column := link.source(entity, row["columns"]))
        })  # fmt: skip
        (made,), kept = tied([table], there, [], known)
        wanted = {known.links[name].column for name in table.keys if known.links[name].table}
        assert {row.from_[1] for row in kept} == {"Administratie", *wanted}, entity
        assert wanted <= made.columns.keys()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ((), {"Administratie", "Grootboek"}),
        ((("Grootboek", "Rapportregel"),), {"Administratie", "Grootboek"}),
        ((("Grootboek", "Administratie"),), {"Administratie"}),
        ((("Grootboek", "Rapportregel"), ("Rapportregel", "Administratie")), {"Administratie"}),
    ],
)
def test_a_dimension_that_is_filtered_itself_is_looked_up_where_that_makes_no_second_way(more, expected):
    known = catalogue.load()
    table = ExtraTable("T", "ExactOnlineREST.X.Y", {}, keys={"account": "GLAccount"})
    assert known.links["account"].table == "Grootboek"
    there = [Relationship((many, "k"), (one, "k")) for many, one in (*PLAIN, *more)]
    _, kept = tied([table], ["Grootboek"], there, known)
    assert {row.to[0] for row in kept} == expected


PLAIN = (("Mutaties", "Grootboek"), ("Mutaties", "Administratie"), ("Saldi", "Administratie"))


# ------------------------------------------------------------------------------------------------- its own problems


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("ExactOnlineREST.Financial.Journals | EBITDA | Code | |", "B175 Tabellen!C2"),
        ("ExactOnlineREST.SalesInvoice.SalesInvoices | F | SalesInvoiceLines | |", "B176 Tabellen!D2"),
        ("ExactOnlineREST.Eigen.Ding | D | Code, administratie | |", "B177 Tabellen!D2"),
        ("ExactOnlineREST.Eigen.Ding | D | Code, EBITDA | |", "B177 Tabellen!D2"),
    ],
)
def test_a_row_is_judged_at_its_cell(tmp_path, row, expected):
    assert expected in problems(tmp_path, f"{ONE}{TABLES}| bakker | {row}\n")


def test_a_column_named_twice_is_one_column(tmp_path):
    row = "| bakker | ExactOnlineREST.Eigen.Ding | D | Code, code, CODE, Account | |\n"
    made = client(load(tmp_path, ONE + TABLES + row)).tables[0]
    assert list(made.columns) == ["Code", "Account"]
    assert dict(made.keys) == {"relation": "Account"}


RELATIONS = (
    (1, True, 10.5, "Bakkerij"),
    (2, False, 10.0, "Winkel"),
    (3, None, None, "Winkel"),
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("IsSupplier = ja", "1"),
        ("IsSupplier eq true", "1"),
        ("issupplier == waar", "1"),
        ("IsSupplier = nee", "2"),
        ("IsSupplier = false", "2"),
        ("IsSupplier eq onwaar", "2"),
        ("CreditLineSales = 10,5", "1"),
        ("CreditLineSales >= 10", "12"),
        ("CreditLineSales > 10.0", "1"),
        ("CreditLineSales < 10.5", "2"),
        ("CreditLineSales <= 10.5", "12"),
        ("Code <> '1'", "23"),
        ("Code != 1", "23"),
        ('Code ne "2"', "13"),
        ("Code gt 1", "23"),
        ("Code ge 2", "23"),
        ("Code lt 2", "1"),
        ("Code le 2", "12"),
        ("DivisionName eq Bakkerij", "1"),  # Invantive adds it
    ],
)
def test_a_filter_keeps_the_rows_that_it_says_also_by_a_column_that_is_not_shown(tmp_path, typed, kept):
    row = f"| bakker | ExactOnlineREST.CRM.Accounts | Lijst | Code | {typed} |\n"
    columns = ["Division", "ID", "Code", "IsSupplier", "CreditLineSales", "DivisionName"]
    values = [(710001, f"id{code}", str(code), *more) for code, *more in RELATIONS]
    there = m.Table(columns, [dict(zip(columns, each, strict=True)) for each in values])
    queries = m.Queries(queries_of(built(tmp_path, ONE + TABLES + row)), lambda _: there, dt.date(2026, 1, 1))
    assert [made["Code"] for made in queries.table("Lijst").rows] == list(kept)


@pytest.mark.parametrize("typed", ["IsSupplier = misschien", "CreditLineSales > veel", "Modified > 2026-01-01", "Code"])
def test_a_filter_that_fits_no_value_of_its_column_is_told_at_its_cell(tmp_path, typed):
    row = f"| bakker | ExactOnlineREST.CRM.Accounts | Lijst | Code | {typed} |\n"
    assert set(problems(tmp_path, ONE + TABLES + row)) <= {"B056 Tabellen!E2", "B012 Tabellen!E2"}
    assert problems(tmp_path, ONE + TABLES + row)


# ------------------------------------------------------------------------------------------ made-up rows of any table


def test_the_sandbox_has_rows_of_every_table_that_tells_whose_they_are():
    tables = schema(catalogue.load().known_columns)
    accounts = {"ExactOnlineREST.CRM.Accounts": [{"Division": 1, "ID": "een"}, {"Division": 2, "ID": "twee"}]}
    today = dt.date(2026, 11, 24)
    made = {name: list(samples(table, (1, 2), accounts, today)) for name, table in tables.items()}
    assert {name for name, rows in made.items() if not rows} == {"ExactOnlineREST.Current.Me"}
    for name, rows in made.items():
        assert {int(row[tables[name].division]) for row in rows} <= {1, 2}
        assert all(row.keys() <= tables[name].columns.keys() for row in rows)
    invoices = made["ExactOnlineREST.SalesInvoice.SalesInvoices"]
    assert {(row["Division"], row["InvoiceTo"]) for row in invoices} == {(1, "een"), (2, "twee")}
    items = {row["ID"] for row in made["ExactOnlineREST.Logistics.Items"]}
    assert {row["Item"] for row in made["ExactOnlineREST.SalesInvoice.SalesInvoiceLines"]} == items
