"""What a bundle holds, as values: pages pull the model, the model keeps its rules, the queries ask for no more."""

from __future__ import annotations

import ast
import copy
import inspect
import json
import re
import sys
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from bundles import (
    ONE,
    as_json,
    built,
    client,
    columns_of,
    files,
    load,
    measures_of,
    model_of,
    pages,
    parts,
    queries_of,
    strings,
    tables_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import save

from generator import catalogue, dax, pipeline
from generator.build import build
from generator.build.lint import findings, rules
from generator.build.pull import page_fields
from generator.problems import Cell, Stop
from generator.resolve import resolve
from generator.spec import workbook
from generator.spec.example import example_rows
from generator.spec.example_logos import example_logos
from generator.spec.records import MeasureRow, ReportRow
from generator.spec.writer import write_workbook

TWO = ONE + "| bakker | `710002` |\n"
ACCESS = "\n## Toegang\n| Klant | E-mail | Rol | Administraties |\n"
LIMITED = TWO + ACCESS + "| bakker | een@b.nl | Viewer | 710002 |\n| bakker | al@b.nl | Viewer | |\n"
GBP = ONE.replace("| Klant | Code |", "| Klant | Code | Valuta | Naam |").replace(
    "| bakker | `710001` |", "| bakker | `710001` | EUR | Bakkerij NL |\n| bakker | `710002` | GBP | Bakery UK |"
)
PARAMETER = re.compile(r'"([^"]*)" meta \[IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true\]\s*')
M_TEXT = re.compile(r'"((?:[^"]|"")*)"')
# Functions that work on values alone, by the part before the dot; everything else reads from somewhere.
PURE = {
    "Table",
    "List",
    "Record",
    "Text",
    "Number",
    "Date",
    "DateTime",
    "DateTimeZone",
    "Duration",
    "Day",
    "Int64",
    "Splitter",
    "JoinKind",
    "MissingField",
    "Error",
    "Currency",
}
ORDERED = r"Table\.(Sort|FirstN|First|LastN|Last|Skip|Range|RemoveFirstN|RemoveLastN|Distinct|AddIndexColumn|Buffer)\("


@cache
def example(folder):
    """Return the example office: client code → built bundle."""
    path = folder / "kantoor.xlsx"
    path.write_bytes(write_workbook("nl", example_rows("nl")))
    for name, picture in example_logos().items():
        (folder / name).write_bytes(picture)
    loaded = pipeline.load(path)
    assert not loaded.problems
    return {each.code: build(each, loaded.catalogue) for each in loaded.clients}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return example(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return built(tmp_path_factory.mktemp("one"), ONE)


def code_of(source):
    """Return M without comments and with empty texts, so that what is left is code."""
    return M_TEXT.sub('""', re.sub(r"//[^\n]*", "", source))


def m_list(source, before):
    """Return the list literal of texts that stands after some code, as JSON reads it; empty where there is none."""
    place = source.find(before)
    if place < 0:
        return []
    depth, end = 0, (start := place + len(before))
    for match in re.finditer(r'"(?:[^"]|"")*"|[{}]', source[start:]):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        end = start + match.end()
        if depth == 0:
            break
    return json.loads(re.sub(r"\btype \w+|\w+\.Type", "0", source[start:end]).replace("{", "[").replace("}", "]"))


def sources(queries):
    return {name: source for name, source in queries.items() if "OData.Feed" in code_of(source)}


def asked(queries):
    """Return the columns that each source query asks the database for."""
    return {
        name: {*m_list(source, "Table.SelectColumns(Tabel, "), *m_list(source, "List.Intersect({")}
        for name, source in sources(queries).items()
    }


def fields_on(layer):
    """Return the measures and columns that a report layer names, from its JSON: (table, name)."""

    def walk(node):
        if isinstance(node, dict):
            for kind in ("Column", "Measure"):
                if kind in node and "Expression" in node[kind]:
                    reference = node[kind]["Expression"]["SourceRef"]
                    yield (reference.get("Entity") or reference["Source"], node[kind]["Property"])
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return {field for field in walk(list(layer.definition.values())) if field[0] != "t"}


# ------------------------------------------------------------------------------------------------- pages pull models


def assert_sound(report):
    """Assert that a model holds what its pages name, and no column that nothing uses."""
    model = report.database["model"]
    measures = measures_of(model)
    columns = columns_of(model)
    fields = fields_on(report.layer)
    assert {name for table, name in fields if (table, name) not in columns} <= set(measures)
    roles = [row["filterExpression"] for role in model["roles"] for row in role["tablePermissions"]]
    used = {field for field in fields if field in columns}
    groups = {table["name"]: table["calculationGroup"] for table in model["tables"] if "calculationGroup" in table}
    items = ["\n".join(item["expression"]) for group in groups.values() for item in group["calculationItems"]]
    for formula in (*measures.values(), *roles, *items):
        used |= dax.references(formula).columns
    for row in model["relationships"]:
        used |= {(row["fromTable"], row["fromColumn"]), (row["toTable"], row["toColumn"])}
    for table in model["tables"]:
        used |= {(table["name"], each["sortByColumn"]) for each in table["columns"] if "sortByColumn" in each}
    small = {table["name"] for table in model["tables"] if len(table["columns"]) == 1}
    folded = {(table.casefold(), column.casefold()) for table, column in used}
    assert {each for each in columns if (each[0].casefold(), each[1].casefold()) not in folded} <= {
        (table, column) for table, column in columns if table in small or table in groups
    }
    assert {name for table, _ in used for name in [table]} <= set(tables_of(model))


def test_every_model_of_the_example_is_sound(office):
    for made in office.values():
        for report in made.reports:
            if not made.client.tables:
                assert_sound(report)


_OWN = {
    "Dagen": "COUNTROWS ( Datum )",
    "Omzet x2": "2 * [Netto-omzet]",
    "Boekstukken": "[Aantal boekstukken] + [Dagen]",
    "Relaties": "DISTINCTCOUNT ( Relatie[Naam] )",
}


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    return workbook.read(save(tmp_path_factory.mktemp("spec"), TWO))[0]


@pytest.fixture(scope="module")
def whole(spec):
    return build(resolve(spec, catalogue.load())[0][0], catalogue.load())


@settings(max_examples=15)
@given(data=st.data())
def test_any_choice_of_pages_and_own_measures_gives_a_sound_model_that_asks_no_more(spec, whole, data):
    known = catalogue.load()
    pages = known.reports["financieel"].pages
    ordinary = [name for name in pages if not (known.pages[name].drill_through or known.pages[name].when)]
    chosen = data.draw(st.sets(st.sampled_from(pages))) | {data.draw(st.sampled_from(ordinary))}
    wished = data.draw(st.sets(st.sampled_from(sorted(_OWN)))) | ({"Dagen"} if data.draw(st.booleans()) else set())
    own = {name: _OWN[name] for name in wished | ({"Dagen"} if "Boekstukken" in wished else set())}
    place = {"client": Cell("x.xlsx", "Rapporten", "A2")}
    rows = replace(
        spec,
        reports=(ReportRow(at=place, client="bakker", report="financieel", pages=tuple(chosen)),),
        measures=tuple(MeasureRow(at=place, client="*", name=name, dax=formula) for name, formula in own.items()),
    )
    clients, problems = resolve(rows, known)
    assert not problems
    made = build(clients[0], known)
    (report,) = made.reports
    assert_sound(report)
    assert set(own) <= set(measures_of(report.database["model"]))
    if not own:
        assert columns_of(report.database["model"]) <= columns_of(model_of(whole))


def test_fewer_pages_ask_the_database_for_less(tmp_path, one):
    rows = "\n## Rapporten\n| Klant | Rapport | Pagina's |\n| bakker | financieel | Samenvatting |\n"
    known = catalogue.load()
    hidden = [name for name in known.reports["financieel"].pages if known.pages[name].drill_through]
    made = built(tmp_path, ONE + rows)
    assert made.reports[0].pages == ("Samenvatting", *hidden)
    few, all_ = asked(queries_of(made)), asked(queries_of(one))
    assert all(few[name] <= all_[name] for name in few)
    assert few.keys() <= all_.keys()


def test_a_source_asks_only_for_columns_that_exist_and_a_table_there_needs(office):
    known = catalogue.load()
    for made in office.values():
        for report in made.reports:
            queries = {query.name: query.expression for query in report.queries}
            model = tables_of(report.database["model"])
            for name, columns in asked(queries).items():
                if name not in known.sources:
                    continue
                source = known.sources[name]
                entity = known.entities[source.entity]
                assert columns <= set(known.known_columns[entity.columns_of or entity.fast]["columns"]), name
                needed = {
                    each
                    for table in known.tables.values()
                    if table.source == name and table.name in model
                    for column in model[table.name]["columns"]
                    for each in (
                        table.columns[column["name"]].source,
                        *table.columns[column["name"]].needs,
                    )
                    if each
                }
                assert columns == {*source.always, *needed}, (made.client.code, name)


def test_a_table_offers_the_columns_of_its_model_table(office):
    for made in office.values():
        for report in made.reports:
            model = tables_of(report.database["model"])
            for query in (query for query in report.queries if query.name in model):
                chosen = m_list(query.expression, "Table.SelectColumns(Hernoemd, ")
                if not chosen:
                    continue
                renames = m_list(query.expression, "Table.RenameColumns(Alles, ")
                types = m_list(query.expression, "Table.TransformColumnTypes(Gekozen, ")
                assert chosen == [column["name"] for column in model[query.name]["columns"]]
                assert [name for name, _ in types] == chosen
                assert {old for old, _ in renames}.isdisjoint(chosen), query.name
                assert {new for _, new in renames} <= set(chosen)


def test_keys_and_sort_columns_come_along(one):
    model = model_of(one)
    for table in model["tables"]:
        names = {column["name"] for column in table["columns"]}
        assert {column["sortByColumn"] for column in table["columns"] if "sortByColumn" in column} <= names
    assert model["relationships"]
    for row in model["relationships"]:
        assert {(row["fromTable"], row["fromColumn"]), (row["toTable"], row["toColumn"])} <= columns_of(model)


def test_check_tables_are_in_every_model_also_where_no_page_asks_for_them(tmp_path):
    known = catalogue.load()
    checks = {name for name, table in known.tables.items() if table.check}
    assert checks
    rows = "\n## Rapporten\n| Klant | Rapport | Pagina's |\n| bakker | financieel | Toelichting |\n"
    rows += "## Teksten\n| Klant | Rapport | Pagina | Tekst |\n| bakker | financieel | Samenvatting | Let op. |\n"
    report = built(tmp_path, ONE + rows).reports[0]
    assert checks <= set(tables_of(report.database["model"]))


def test_the_office_loads_no_ledger_lines(office):
    model = model_of(office["_office"], "kantoor")
    known = catalogue.load()
    clients = {name for name, table in known.tables.items() if table.scope == "client"}
    assert not tables_of(model).keys() & clients
    assert "Mutaties" in tables_of(model_of(office["bakker"]))


# ---------------------------------------------------------------------------------------------------- extra tables


@pytest.mark.parametrize("columns", ["", "Division, Code", "code, Description", "Division"])
def test_an_extra_table_has_its_division_once_and_as_the_key(tmp_path, columns):
    rows = "\n## Tabellen\n| Klant | Entiteit | Naam | Kolommen | Filter |\n"
    made = built(
        tmp_path, TWO + rows + f"| bakker | ExactOnlineREST.Financial.Journals | Dagboeken | {columns} | Type eq 20 |\n"
    )
    query = queries_of(made)["Dagboeken"]
    names = m_list(query, "Table.SelectColumns(Hernoemd, ")
    renames = dict(m_list(query, "Table.RenameColumns(Alles, "))
    assert names == [column["name"] for column in tables_of(model_of(made))["Dagboeken"]["columns"]]
    assert names.count("Administratie") == 1
    assert renames["Division"] == "Administratie"
    assert not renames.keys() & set(names)
    source = queries_of(made)["BronDagboeken"]
    assert m_list(source, "Table.SelectColumns(Tabel, ").count("Division") == 1
    assert "([Division] = 710001 or [Division] = 710002) and [Type] = 20" in source
    assert ("Dagboeken", "Administratie", "Administratie", "Administratie") in {
        (row["fromTable"], row["fromColumn"], row["toTable"], row["toColumn"])
        for row in model_of(made)["relationships"]
    }


def test_every_query_has_a_name_of_its_own(office):
    for made in office.values():
        for report in made.reports:
            names = [query.name for query in report.queries]
            assert len({name.casefold() for name in names}) == len(names)


# ---------------------------------------------------------------------------------------------- row-level security


def test_a_limited_viewer_brings_a_role_over_every_table_with_a_division(tmp_path):
    made = built(tmp_path, LIMITED)
    model = model_of(made)
    (role,) = model["roles"]
    filters = {row["name"]: row["filterExpression"] for row in role["tablePermissions"]}
    divided = {table for table, column in columns_of(model) if column == "Administratie"}
    assert set(filters) == divided
    assert {"Mutaties", "Grootboek", "Relatie", "Administratie", "Administratiecontrole", "Toegang"} <= divided
    for table, formula in filters.items():
        found = dax.references(formula)
        assert "USERPRINCIPALNAME" in found.functions, table
        assert ("Toegang", "E-mail") in found.columns
        assert table == "Toegang" or (table, "Administratie") in found.columns
    known = catalogue.load().tables
    missed = {name for name in tables_of(model) if name in known and "Administratie" in known[name].columns} - divided
    assert not missed


def test_who_sees_which_division_stands_in_a_table(tmp_path):
    rows = re.findall(r'\{"([^"]+)", (\d+)\}', queries_of(built(tmp_path, LIMITED))["Toegang"])
    assert rows == [("een@b.nl", "710002"), ("al@b.nl", "710001"), ("al@b.nl", "710002")]


def test_without_limits_there_is_no_role(tmp_path, one):
    assert model_of(one)["roles"] == []
    assert "Toegang" not in tables_of(model_of(one))
    rows = "| bakker | al@b.nl | Viewer | |\n| bakker | c@b.nl | Contributor | |\n"
    made = built(tmp_path, TWO + ACCESS + rows)
    assert model_of(made)["roles"] == []
    assert "al@b.nl" not in str(made.reports)


def test_extra_tables_are_limited_too(tmp_path):
    rows = "\n## Tabellen\n| Klant | Entiteit |\n| bakker | ExactOnlineREST.Financial.Journals |\n"
    (role,) = model_of(built(tmp_path, LIMITED + rows))["roles"]
    assert "Journals" in {row["name"] for row in role["tablePermissions"]}


# -------------------------------------------------------------------------------------------------- mixed currency


def slicers(made, column, report=0):
    """Return the slicers on a column, page by page."""
    return [
        visual["visual"]
        for page, visuals in pages(made.reports[report].layer.definition).values()
        for visual in visuals
        if visual["visual"]["visualType"] == "slicer"
        and visual["visual"]["query"]["queryState"]["Values"]["projections"][0]["queryRef"] == column
        and page
    ]


def chosen(slicer):
    """Return whether a slicer takes one choice, and what is chosen when the report opens."""
    single = slicer["objects"]["selection"][0]["properties"]["singleSelect"]["expr"]["Literal"]["Value"]
    general = slicer["objects"].get("general")
    if not general:
        return single, None
    where = general[0]["properties"]["filter"]["filter"]["Where"]
    return single, where[0]["Condition"]["In"]["Values"][0][0]["Literal"]["Value"]


def test_divisions_of_more_than_one_currency_are_looked_at_one_at_a_time(tmp_path):
    found = slicers(built(tmp_path, GBP), "Administratie.Naam")
    assert found
    assert {chosen(slicer) for slicer in found} == {("true", "'Bakkerij NL'")}


def test_divisions_of_one_currency_are_chosen_freely(tmp_path):
    found = slicers(built(tmp_path, GBP.replace("GBP", "EUR")), "Administratie.Naam")
    assert found
    assert {chosen(slicer) for slicer in found} == {("false", None)}


def test_one_division_needs_no_slicer(one):
    assert slicers(one, "Administratie.Naam") == []


def test_the_period_is_preselected_by_a_name_that_never_changes(office):
    for made in office.values():
        found = slicers(made, "Datum.Periode")
        last = catalogue.load().languages[made.client.language].text("last_month")
        assert found
        assert {chosen(slicer) for slicer in found} == {("true", f"'{last}'")}
        assert f'"{last}"' in queries_of(made, made.reports[0].name)["Datum"]


# ------------------------------------------------------------------------------------------------------------- lint


def table(model, name):
    return tables_of(model["model"])[name]


def column(model, name, within):
    return next(each for each in table(model, within)["columns"] if each["name"] == name)


def measures(model):
    return next(each["measures"] for each in model["model"]["tables"] if each.get("measures"))


def _formula(text):
    return lambda model: measures(model)[0].update(expression=text)


def _circle(model):
    first, second = measures(model)[:2]
    first["expression"], second["expression"] = f"[{second['name']}]", f"[{first['name'].upper()}]"


def _relationship(**changes):
    return lambda model: model["model"]["relationships"][0].update(changes)


BREAKS = {
    "one active path between two tables": [
        lambda model: model["model"]["relationships"].append(dict(model["model"]["relationships"][0])),
        _relationship(fromTable="Administratie", toTable="Administratie"),
    ],
    "both columns of a relationship exist": [_relationship(toColumn="Weg"), _relationship(fromTable="Weg")],
    "both columns of a relationship have one type": [
        lambda model: column(model, "Administratie", "Administratie").update(dataType="string")
    ],
    "measure names are unique": [
        lambda model: measures(model).append(
            {**measures(model)[0], "name": measures(model)[0]["name"].swapcase(), "expression": "1"}
        )
    ],
    "a measure is not named as a column or table": [
        lambda model: measures(model).append({"name": "meetwaarde", "expression": "1"})
    ],
    "table names are unique": [
        lambda model: model["model"]["tables"].append({**table(model, "Datum"), "name": "DATUM"})
    ],
    "a sort-by column exists": [
        lambda model: column(model, "Periode", "Datum").update(sortByColumn="Weg"),
        lambda model: table(model, "Datum")["columns"].remove(column(model, "Periodevolgorde", "Datum")),
    ],
    "a column has a source": [
        lambda model: column(model, "Bedrag", "Mutaties").pop("sourceColumn"),
        lambda model: column(model, "Bedrag", "Mutaties").update(sourceColumn=""),
    ],
    "a table has one key": [lambda model: column(model, "Periode", "Datum").update(isKey=True)],
    "a table has a query and columns": [
        lambda model: table(model, "Datum").pop("partitions"),
        lambda model: table(model, "Verversing")["columns"].clear(),
    ],
    "a formula can be read": [_formula("SUM ( Mutaties[Bedrag]"), _formula('"'), _formula("")],
    "a function exists": [_formula("SUMM ( Mutaties[Bedrag] )")],
    "a column in a formula exists": [_formula("SUM ( Mutaties[Weg] )"), _formula("SUM ( Weg[Bedrag] )")],
    "a table in a formula exists": [_formula("COUNTROWS ( Weg )"), _formula("COUNTROWS ( 'Weg' )")],
    "a measure in a formula exists": [_formula("[Weg]"), _formula(["1", "+ [Weg]"])],
    "formulas do not go round in a circle": [
        _circle,
        lambda model: measures(model)[0].update(expression=f"[{measures(model)[0]['name']}]"),
    ],
    "a field on a page exists": [
        lambda model: measures(model).remove(next(m for m in measures(model) if m["name"] == "Netto-omzet YTD")),
        lambda model: table(model, "Datum")["columns"].remove(column(model, "Periode", "Datum")),
    ],
    "no column is unused": [
        lambda model: table(model, "Mutaties")["columns"].append(
            {"name": "Extra", "dataType": "string", "sourceColumn": "Extra"}
        )
    ],
}


def rules_broken(made, change=lambda _: None):
    """Return the rules that a built report breaks after a change to a copy of its model."""
    report, described = made.reports[0], made.client.reports[0]
    model = copy.deepcopy(report.database)
    change(model)
    used = [text for page in described.pages for text in page_fields(page)]
    return {rule for rule, _ in findings(model, used, set())}


def test_a_built_model_breaks_no_rule(one):
    assert rules_broken(one) == set()


@pytest.mark.parametrize(("rule", "change"), [(rule, change) for rule, changes in BREAKS.items() for change in changes])
def test_a_model_broken_by_hand_breaks_its_rule(one, rule, change):
    assert rule in rules_broken(one, change)


def test_every_rule_is_seen_to_break():
    yields = [
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[findings.__module__])))
        if isinstance(node, ast.Yield)
    ]
    rules = {value.elts[0].value for value in yields if isinstance(getattr(value, "elts", [None])[0], ast.Constant)}
    assert rules == set(BREAKS)


def test_a_role_filter_is_judged_as_a_formula(tmp_path):
    made = built(tmp_path, LIMITED)

    def change(model):
        model["model"]["roles"][0]["tablePermissions"][0]["filterExpression"] = "Weg[x] = 1"

    assert rules_broken(made, change) >= {"a column in a formula exists"}
    model = copy.deepcopy(made.reports[0].database)
    change(model)
    assert "a column in a formula exists" in {rule for rule, _ in rules(model)}


def test_columns_that_the_client_chose_may_be_unused(one):
    model = copy.deepcopy(one.reports[0].database)
    BREAKS["no column is unused"][0](model)
    used = [text for page in one.client.reports[0].pages for text in page_fields(page)]
    assert list(findings(model, used, {"Mutaties"})) == []


def test_templates_that_make_an_unsound_model_stop_that_client(tmp_path):
    loaded = load(tmp_path, ONE)
    known = loaded.catalogue
    broken = replace(known.measures["Brutomarge"], dax="[Weg]")
    with pytest.raises(Stop) as stopped:
        build(client(loaded), replace(known, measures={**known.measures, "Brutomarge": broken}))
    assert {(problem.code, problem.client) for problem in stopped.value.problems} == {("B120", "bakker")}
    assert "[Weg]" in stopped.value.problems[0].text("message", "nl")


def test_a_query_template_that_prints_nothing_known_stops_that_client(tmp_path):
    loaded = load(tmp_path, ONE)
    known = loaded.catalogue
    queries = {**known.queries, "Verversing.pq": "let a = << bestaat_niet >> in a"}
    with pytest.raises(Stop) as stopped:
        build(client(loaded), replace(known, queries=queries))
    assert [problem.code for problem in stopped.value.problems] == ["B122"]
    assert "bestaat_niet" in stopped.value.problems[0].text("message", "en")


# -------------------------------------------------------------------------------------------------------- languages


def test_texts_in_measures_are_those_of_the_clients_language(tmp_path, one):
    known = catalogue.load()
    english = built(tmp_path, ONE.replace("| nl |", "| en |"))
    keys = {
        name: re.findall(r"<<t\.(\w+)>>", measure.dax)
        for name, measure in known.measures.items()
        if "<<t." in measure.dax
    }
    seen = 0
    for language, made in (("nl", one), ("en", english)):
        texts = known.languages[language]
        for name, formula in measures_of(model_of(made)).items():
            literals = {token.text for token in dax.tokens(formula) if token.kind == "text"}
            for key in keys.get(name, ()):
                expected = texts.culture if key == "culture" else texts.text(key)
                assert '"' + expected.replace('"', '""') + '"' in literals, (name, key)
                seen += 1
    assert seen > 10
    assert (model_of(one)["culture"], model_of(english)["culture"]) == ("nl-NL", known.languages["en"].culture)


def test_names_are_the_same_in_every_language_and_titles_are_not(tmp_path, one):
    english = built(tmp_path, ONE.replace("| nl |", "| en |"))
    assert columns_of(model_of(english)) == columns_of(model_of(one))
    assert set(measures_of(model_of(english))) == set(measures_of(model_of(one)))
    titles = catalogue.load().languages["en"].sections["page"]
    assert list(pages(english.reports[0].layer.definition)) == [titles[page] for page in english.reports[0].pages]


def test_a_page_made_of_the_workbook_keeps_its_name(tmp_path):
    rows = "\n## Visuals\n| Klant | Rapport | Pagina | Soort | Titel | Waarden |\n"
    rows += "| bakker | financieel | O'Neill | cardVisual | 't Is wat | Netto-omzet |\n"
    page, visuals = pages(built(tmp_path, ONE + rows).reports[0].layer.definition)["O'Neill"]
    title = visuals[-1]["visual"]["visualContainerObjects"]["title"][0]["properties"]["text"]["expr"]["Literal"]
    assert (page["displayName"], title["Value"]) == ("O'Neill", "'''t Is wat'")


def test_no_placeholder_is_left_in_any_file(tmp_path):
    tables = (
        LIMITED
        + "\n## Teksten\n| Klant | Rapport | Pagina | Tekst |\n| bakker | financieel | Samenvatting | Let op |\n"
    )
    for code in ("bakker", "_office"):
        for path, data in files(tmp_path, tables, code).items():
            inside = parts(data) if path.endswith(".pbit") else {path: data}
            for name, content in inside.items():
                wide = name in {"DataModelSchema", "DiagramLayout", "Settings", "Metadata", "Version"}
                text = content.decode("utf-16-le" if wide else "utf-8")
                assert not re.search(r"<<|>>|<%|%>", text), f"{path} {name}"


# ---------------------------------------------------------------------------------------------------------- queries


def test_the_parameter_holds_the_clients_url_and_nothing_else_does(office):
    for made in office.values():
        for report in made.reports:
            queries = {query.name: query.expression for query in report.queries}
            assert list(queries)[0] == "P_INVANTIVE_URL"  # noqa: RUF015  the place counts
            match = PARAMETER.fullmatch(queries["P_INVANTIVE_URL"])
            assert match, queries["P_INVANTIVE_URL"]
            assert match[1] == made.client.url
            assert json.dumps(report.database).count("bridge-online.cloud") == 1
            for name, source in queries.items():
                if name != "P_INVANTIVE_URL":
                    assert not [text for text in M_TEXT.findall(source) if "://" in text], name


def test_every_source_is_read_through_the_parameter_and_tables_read_nothing(office):
    known = catalogue.load()
    for made in office.values():
        for report in made.reports:
            queries = {query.name: (query.expression, query.kind) for query in report.queries}
            for name, (source, kind) in queries.items():
                code = code_of(source)
                functions = {match[0] for match in re.finditer(r"\b\w+\.\w+(?=\()", code)}
                reading = {function for function in functions if function.split(".")[0] not in PURE}
                assert reading == ({"OData.Feed"} if kind == "source" else set()), name
                assert len(re.findall(r"OData\.Feed\(P_INVANTIVE_URL, null, \[", code)) == (kind == "source"), name
                assert "P_INVANTIVE_URL" not in code or kind == "source" or name == "P_INVANTIVE_URL"
            entities = {
                name: re.findall(r'\[Name = "([^"]+)", Signature = "table"\]', q) for name, (q, _) in queries.items()
            }
            for name, found in entities.items():
                if name in known.sources:
                    source = known.sources[name]
                    asked = [known.entities[each] for each in (source.entity, *source.looks_up)]
                    assert found == [f"{entity.fast}@{made.client.alias}" for entity in asked], name


def test_slow_tables_take_the_place_of_fast_ones(tmp_path):
    slow = ONE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Snelle tabellen |").replace(
        "vd-bakker/odata4 |", "vd-bakker/odata4 | nee |"
    )
    found = {name: source for name, source in queries_of(built(tmp_path, slow)).items() if name.startswith("Bron")}
    entity = catalogue.load().entities["TransactionLines"]
    assert f'"{entity.bulk}@eol"' in found["BronBoekingsregels"]
    assert not [name for name, source in found.items() if entity.fast in source]


def test_folding_stops_before_anything_that_depends_on_order(office):
    for made in office.values():
        for report in made.reports:
            for name, source in sources({query.name: query.expression for query in report.queries}).items():
                code = code_of(source)
                before, *after = re.split(r"Table\.StopFolding\(\w+\)", code)
                assert len(after) == 1, name
                assert not re.search(ORDERED, before), name
                assert "Table.SelectColumns(Tabel" in before


@pytest.mark.parametrize(("count", "folded"), [(1, True), (25, True), (26, False), (60, False)])
def test_many_divisions_are_filtered_after_reading(tmp_path, count, folded):
    codes = range(710001, 710001 + count)
    tables = ONE + "".join(f"| bakker | `{code}` |\n" for code in codes[1:])
    known = catalogue.load()
    for name, source in sources(queries_of(built(tmp_path, tables))).items():
        column = known.sources[name].division
        before, after = code_of(source).split("Table.StopFolding(")
        asks = re.findall(rf"\[{column}\] = (\d+)", before)
        if known.sources[name].unfiltered:
            assert not asks
            assert "List.Contains" not in after
        elif folded:
            assert asks == list(map(str, codes))
            assert "List.Contains" not in after
        else:
            assert not asks
            assert f"List.Contains(Administraties, [{column}])" in after
            assert re.findall(r"\d{6}", after[after.index("List.Buffer(") : after.index("Eigen")]) == list(
                map(str, codes)
            )


def test_the_check_of_divisions_sees_all_of_them_and_expects_its_own(tmp_path):
    queries = queries_of(built(tmp_path, TWO))
    assert "Table.SelectRows" not in code_of(queries["BronAdministraties"])
    assert m_list(queries["Administratiecontrole"], "Verwacht = ") == [710001, 710002]
    assert "error Error.Record(" in queries["Administratiecontrole"]


@pytest.mark.parametrize(("end", "month"), [("06-30", 6), ("02-28", 2), ("11-30", 11)])
def test_a_broken_fiscal_year_loads_the_year_before_too_and_starts_after_its_end(tmp_path, one, end, month):
    tables = ONE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Einde boekjaar |").replace(
        "vd-bakker/odata4 |", f"vd-bakker/odata4 | {end} |"
    )
    broken, whole = queries_of(built(tmp_path, tables)), queries_of(one)
    assert "[FinancialYear] >= EersteBoekjaar - 1" in broken["BronBoekingsregels"]
    assert re.search(r"\[FinancialYear\] >= EersteBoekjaar\s*\n", whole["BronBoekingsregels"])
    for queries, last in ((broken, month), (whole, 12)):
        assert re.findall(r"#date\(\w+(?: - \d)?, (\d+), 1\)", queries["Datum"]) == [str(last)] * 3
    assert f"if maand > {month} then 1" in broken["Datum"]
    assert "if maand >" not in whole["Datum"]


def test_years_of_history_reach_every_source_that_has_years(tmp_path):
    tables = ONE.replace("| Naam | Taal |", "| Naam | Jaren historie |").replace("| nl |", "| `7` |")
    for made in (built(tmp_path, tables), built(tmp_path, tables, "_office")):
        for source in sources(queries_of(made, made.reports[0].name)).values():
            if "EersteBoekjaar" in source:
                assert "EersteBoekjaar = BoekjaarVan(Date.AddMonths(Vandaag, -1)) - 6," in source


def test_an_account_mapping_reaches_the_ledger_accounts_of_its_division(tmp_path):
    rows = "\n## Rekeningindeling\n| Klant | Van | Tot | Regel |\n| bakker | 4500 | 4599 | Personeelskosten |\n"
    source = queries_of(built(tmp_path, ONE + rows))["Grootboek"]
    start, end = ("4500".zfill(30), "4599".zfill(30))
    assert re.search(rf'#"710001" = \{{\s*\{{"{start}", "{end}", "Personeelskosten"', source)


def test_ids_stay_when_content_changes_and_only_the_database_is_of_one_client(tmp_path, one):
    again = built(tmp_path, ONE + "\n## Meetwaarden\n| Klant | Naam | DAX |\n| bakker | Extra | 1 |\n")
    tags = [
        {each["name"]: each["lineageTag"] for each in model_of(made)["tables"]} | {"": made.reports[0].database["name"]}
        for made in (one, again)
    ]
    assert tags[0] == tags[1]
    other = built(tmp_path, ONE.replace("bakker", "smid"), "smid")
    assert {each["name"]: each["lineageTag"] for each in model_of(other)["tables"]} == {
        name: tag for name, tag in tags[0].items() if name
    }
    assert other.reports[0].database["name"] != tags[0][""]
    assert list(other.reports[0].layer.definition["pages/pages.json"]["pageOrder"]) == list(
        one.reports[0].layer.definition["pages/pages.json"]["pageOrder"]
    )


def test_visuals_stand_on_the_page_and_have_ids_of_their_own(office):
    for made in office.values():
        for report in made.reports:
            names = [page["name"] for page, _ in pages(report.layer.definition).values()]
            for (page, visuals), key in product(pages(report.layer.definition).values(), ["name"]):
                names += [visual[key] for visual in visuals]
                for visual in visuals:
                    place = visual["position"]
                    assert place["x"] >= 0 <= place["y"], (page["displayName"], visual["name"])
                    assert place["x"] + place["width"] <= page["width"]
                    assert place["y"] + place["height"] <= page["height"]
            assert len(set(names)) == len(names)


def test_texts_of_the_accountant_stand_on_their_page(tmp_path):
    tables = (
        ONE + "\n## Teksten\n| Klant | Rapport | Pagina | Tekst |\n| bakker | financieel | Samenvatting | Let op: x |\n"
    )
    layer = built(tmp_path, tables).reports[0].layer.definition
    title = catalogue.load().languages["nl"].sections["page"]["Samenvatting"]
    assert "Let op: x" in strings(pages(layer)[title][1])
    assert as_json(files(tmp_path, tables)["manifest.json"])["client"] == "bakker"


def test_a_limited_viewer_is_not_sent_the_name_of_another_division(tmp_path):
    limited = (
        GBP + "\n## Toegang\n| Klant | E-mail | Rol | Administraties |\n| bakker | jan@x.nl | Viewer | `710002` |\n"
    )
    for tables, default in ((GBP, True), (limited, False)):
        report = built(tmp_path, tables).reports[0]
        names = [division.name for division in client(load(tmp_path, tables)).divisions]
        written = [json.dumps(content, ensure_ascii=False) for content in report.layer.definition.values()]
        assert any(f"'{names[0]}'" in text for text in written) == default


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("6b1c-1000", "`6b1c-1000`"), ("a`b", "`` a`b ``"), ("a``b`c", "``` a``b`c ```"), ("*a* <b>", "`*a* <b>`")],
)
def test_what_is_to_be_copied_from_the_set_up_sheet_stands_there_as_it_is(tmp_path, typed, shown):
    tables = ONE.replace("| Code | Naam | URL |", "| Code | Client-ID | Naam | URL |")
    tables = tables.replace("| bakker | Bakkerij |", f"| bakker | {typed} | Bakkerij |")
    sheet = files(tmp_path, tables)["setup.md"].decode().splitlines()
    assert f"- Client-ID: {shown}" in sheet
