"""Each judge can go red: good input passes, and the same input with one fault does not."""

import copy
import json
import shutil
import zipfile

import pytest
from judges import anatomy, dax, fields, isolation, ledger, lint, odata, power_query, report, tom
from judges.places import ORACLES, TOOLS, MissingToolError, need_tools

BASE = json.loads((ORACLES / "tom" / "base.bim").read_text(encoding="utf-8"))
GOLDEN = ORACLES / "pbir" / "golden"
URL = "https://bridge-online.cloud/example/odata4"


def table(database, name):
    return next(one for one in database["model"]["tables"] if one["name"] == name)


def broken(change):
    database = copy.deepcopy(BASE)
    change(database)
    return database


# ---- models


def judge_with_tom(tmp_path, database):
    path = tmp_path / "model.bim"
    path.write_text(json.dumps(database), encoding="utf-8")
    return tom.judge_models([path])


def test_tom_passes_a_good_model(tmp_path):
    assert judge_with_tom(tmp_path, BASE) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: table(d, "Sales")["columns"][0].update(colour="red"),
        lambda d: d["model"]["relationships"][0].update(toColumn="Nope"),
        lambda d: table(d, "Date")["columns"][1].update(sortByColumn="Nope"),
        lambda d: table(d, "Sales")["columns"][0].update(dataType="date"),
    ],
    ids=["unknown property", "relationship to nothing", "sorted by nothing", "wrong data type"],
)
def test_tom_goes_red(tmp_path, change):
    assert judge_with_tom(tmp_path, broken(change))


def test_tom_sees_a_difference(tmp_path):
    for name, database in (
        ("left", BASE),
        ("right", broken(lambda d: table(d, "Sales")["measures"][0].update(formatString="0"))),
    ):
        (tmp_path / f"{name}.bim").write_text(json.dumps(database), encoding="utf-8")
    left, right = tmp_path / "left.bim", tmp_path / "right.bim"
    assert tom.judge_same([(left, left)]) == []
    assert tom.judge_same([(left, right)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: table(d, "Sales").pop("partitions"), "no partition"),
        (lambda d: table(d, "Sales")["columns"][1].pop("sourceColumn"), "no source column"),
        (lambda d: table(d, "Date")["columns"][2].update(isKey=True), "2 keys"),
        (lambda d: table(d, "Date")["columns"][1].update(sortByColumn="Nope"), "sorted by Nope"),
        (lambda d: table(d, "Sales")["measures"].append({"name": "amount", "expression": "1"}), "name of a column"),
        (lambda d: table(d, "Date").update(measures=[{"name": "Total", "expression": "1"}]), "2 times"),
        (lambda d: d["model"]["relationships"][0].update(fromColumn="ProductId"), "int64 against dateTime"),
        (lambda d: d["model"]["relationships"][0].update(toColumn="Nope"), "column is missing"),
        (
            lambda d: d["model"]["relationships"].append({**d["model"]["relationships"][0], "name": "r2"}),
            "2 active paths",
        ),
        (
            lambda d: table(d, "Sales")["columns"].append({"name": "Administratie", "sourceColumn": "A"}),
            "does not filter",
        ),
    ],
)
def test_lint_goes_red(change, words):
    def with_filtered_role(database):
        database["model"]["roles"][0]["tablePermissions"] = []
        change(database)

    good = broken(lambda d: d["model"]["roles"][0].update(tablePermissions=[]))
    assert lint.judge_models({"good": good}) == []
    assert any(words in finding for finding in lint.judge_models({"bad": broken(with_filtered_role)}))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("SUM ( Sales[Amount] ", "expected"),
        ("SUM ( Sales[Amount] ) SUM ( Sales[Amount] )", "end of input"),
        ("SUM ( Sales[Amont] )", "unknown column"),
        ("SUM ( Sale[Amount] )", "unknown column"),
        ("[Totall] + 1", "unknown measure"),
        ("COUNTROWS ( Sale )", "unknown table"),
        ("SUMM ( Sales[Amount] )", "unknown function"),
        ("DIVIDE ( 1 )", "expects"),
        ("SUM ( [Total] )", "wants a column"),
        ("CALCULATE ( [Total], Sales[Amount] > [Total] )", "true/false filter"),
        ("CALCULATE ( [Total], Sales[Amount] > 'Date'[MonthNo] )", "over two tables"),
        ("VAR a = 1 RETURN b", "unknown table or variable"),
        ("[Extra] + 1", "circle"),
    ],
)
def test_dax_goes_red(expression, words):
    def add(database):
        table(database, "Sales")["measures"].append({"name": "Extra", "expression": expression})

    findings = dax.judge_formulas({"model": broken(add)})
    assert any(words in finding for finding in findings), findings


@pytest.mark.parametrize(
    "expression",
    [
        "CALCULATE ( [Total], KEEPFILTERS ( Sales[Amount] > 0 ), REMOVEFILTERS ( 'Date' ) )",
        "SUMX ( ADDCOLUMNS ( VALUES ( 'Date'[Month] ), \"@x\", [Total] ), [@x] )",
        "VAR D = MAX ( 'Date'[Date] ) RETURN CALCULATE ( [Total], 'Date'[Date] <= D )",
        "RANKX ( ALL ( 'Date'[Month] ), [Total],, DESC, DENSE )",
        'SWITCH ( TRUE (), [Total] > 0, "▲", "▼" ) & FORMAT ( [Total], "#,##0" )',
    ],
)
def test_dax_passes_good_formulas(expression):
    def add(database):
        table(database, "Sales")["measures"].append({"name": "Extra", "expression": expression})

    assert dax.judge_formulas({"model": broken(add)}) == []


def visual(kind, entity, name):
    return json.dumps({"field": {kind: {"Expression": {"SourceRef": {"Entity": entity}}, "Property": name}}})


def test_fields_go_red():
    def judge(text):
        return fields.judge_fields({"model": (BASE, {"visual.json": text})})

    assert judge(visual("Measure", "Sales", "Total")) == []
    assert judge(visual("Column", "Date", "Month")) == []
    assert judge(visual("Measure", "Sales", "Totaal"))
    assert judge(visual("Column", "Sales", "Total"))
    assert judge(visual("Measure", "Date", "Total"))
    aliased = {
        "From": [{"Name": "d", "Entity": "Date"}],
        "Where": [{"Column": {"Expression": {"SourceRef": {"Source": "d"}}, "Property": "Maand"}}],
    }
    assert judge(json.dumps({"filter": aliased}))


def test_unused_columns_are_seen():
    findings = fields.judge_unused({"model": (BASE, {"visual.json": visual("Column", "Date", "Month")})})
    assert findings == ["unused: model: Sales[ProductId]"]


# ---- reports


@pytest.fixture
def golden(tmp_path):
    shutil.copytree(GOLDEN / "Golden.Report", tmp_path / "Golden.Report")
    return tmp_path / "Golden.Report"


def edit(folder, pattern, change, condition=lambda _document: True):
    """Changes the first JSON file of a pattern that meets a condition."""
    for path in sorted(folder.glob(pattern)):
        document = json.loads(path.read_text(encoding="utf-8"))
        if condition(document):
            change(document)
            path.chmod(0o644)
            path.write_text(json.dumps(document), encoding="utf-8")
            return
    raise AssertionError(f"nothing to break in {pattern}")


def is_chart(document):
    return "Category" in document.get("visual", {}).get("query", {}).get("queryState", {})


def rename_role(document):
    state = document["visual"]["query"]["queryState"]
    state["Kategorie"] = state.pop("Category")


VISUALS = "definition/pages/*/visuals/*/visual.json"
FAULTS = {
    "wrong role": (VISUALS, rename_role, is_chart),
    "position as text": (VISUALS, lambda d: d["position"].update(x="10"), lambda d: "position" in d),
    "unknown formatting object": (VISUALS, lambda d: d["visual"].update(objects={"nope": []}), is_chart),
    "page order names no page": ("definition/pages/pages.json", lambda d: d["pageOrder"].append("nope"), bool),
}


def test_our_validator_passes_the_golden_report(golden):
    assert report.judge_reports([golden]) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_our_validator_goes_red(golden, fault):
    pattern, change, condition = FAULTS[fault]
    edit(golden, pattern, change, condition)
    assert report.judge_reports([golden])


def test_microsofts_validator_goes_red_on_each_broken_report_of_a_batch_and_passes_the_good_one(tmp_path, golden):
    theme = ("StaticResources/RegisteredResources/*.json", lambda theme: theme.update(dataColors="red"), bool)
    folders = []
    for number, (pattern, change, condition) in enumerate([*FAULTS.values(), theme]):
        folder = tmp_path / f"Broken{number}.Report"
        shutil.copytree(golden, folder)
        edit(folder, pattern, change, condition)
        folders.append(folder)
    findings = report.judge_microsoft([*folders, golden])
    for folder in folders:
        assert any(folder.name in finding for finding in findings), folder.name
    assert not any(golden.name in finding for finding in findings)


# ---- queries

QUERY = """let
    Source = OData.Feed(P_INVANTIVE_URL, null, [Implementation = "2.0"]),
    Table = Source{[Name = "X@eol", Signature = "table"]}[Data],
    Columns = Table.SelectColumns(Table, {"A", "B"}),
    Rows = Table.SelectRows(Columns, each [A] = 1 or [A] = 2)
in
    Rows
"""
PARAMETER = f'"{URL}" meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]\n'
BAD_QUERIES = {
    "a comma dropped": ("null, [", "null ["),
    "unknown function": ("Table.SelectRows", "Table.SelectRow"),
    "unknown step": ("Table.SelectRows(Columns", "Table.SelectRows(Kolommen"),
    "too many arguments": ('{"A", "B"})', '{"A", "B"}, null, null)'),
    "unknown option": ("Implementation", "Implementatie"),
    "computed address": ("P_INVANTIVE_URL, null", 'Text.Combine({P_INVANTIVE_URL, "x"}), null'),
    "template left over": ("each [A] = 1", "each << condition >> [A] = 1"),
}


def query_files(folder, query):
    files = [folder / "X.pq", folder / "P_INVANTIVE_URL.pq"]
    for path, text in zip(files, (query, PARAMETER), strict=True):
        path.write_text(text, encoding="utf-8")
    return files


def test_a_good_query_passes(tmp_path):
    files = query_files(tmp_path, QUERY)
    assert power_query.judge_queries(files) == []
    assert power_query.judge_format(files) == []
    assert power_query.judge_leftovers(files) == []
    assert power_query.judge_sources(files, URL) == []


@pytest.mark.parametrize("fault", BAD_QUERIES)
def test_mcheck_goes_red(tmp_path, fault):
    before, after = BAD_QUERIES[fault]
    assert before in QUERY
    assert power_query.judge_queries(query_files(tmp_path, QUERY.replace(before, after)))


def test_the_formatter_goes_red_on_what_does_not_parse(tmp_path):
    assert power_query.judge_format(query_files(tmp_path, QUERY.replace("in\n", "\n")))


@pytest.mark.parametrize("marker", ["<< name >>", "<% if x %>", "// {{ name }}", "{% raw %}"])
def test_leftovers_are_seen(tmp_path, marker):
    assert power_query.judge_leftovers(query_files(tmp_path, f"{QUERY}// {marker}\n"))


def test_sources_go_red(tmp_path):
    for query in (
        QUERY.replace("OData.Feed(P_INVANTIVE_URL", f'OData.Feed("{URL}"'),
        QUERY.replace("Rows = Table", 'Other = Web.Contents("x"), Rows = Table'),
        QUERY.replace("Rows = Table.SelectRows(Columns", 'Rows = Table.SelectRows(Table.Sort(Columns, {"A"})'),
        f'section Section1;\nshared P_INVANTIVE_URL = "https://other" meta [];\nshared X = {QUERY};',
    ):
        assert power_query.judge_sources(query_files(tmp_path, query), URL), query


# ---- the ZIP

PARTS = {
    "Version": "1.32".encode("utf-16-le"),
    "[Content_Types].xml": b'<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/'
    b'package/2006/content-types"><Default Extension="json" ContentType=""/>'
    + b"".join(
        f'<Override PartName="/{name}" ContentType=""/>'.encode()
        for name in ("Version", "DataModelSchema", "DiagramLayout", "Settings", "Metadata")
    )
    + b"</Types>",
    "DataModelSchema": json.dumps(
        {"model": {"expressions": [{"name": "P_INVANTIVE_URL", "expression": PARAMETER}]}}
    ).encode("utf-16-le"),
    "DiagramLayout": "{}".encode("utf-16-le"),
    "Settings": "{}".encode("utf-16-le"),
    "Metadata": "{}".encode("utf-16-le"),
    "Report/definition/report.json": b"{}",
    "Report/StaticResources/SharedResources/BaseThemes/X.json": b"{}",
}


def pack(path, parts, **header):
    """Writes parts as the contract has them, except for the header fields given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, header.get("date_time", (1980, 1, 1, 0, 0, 0)))
            info.create_system = header.get("create_system", 0)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
            info.external_attr = header.get("external_attr", 0)  # zipfile puts rights there while writing
    return path


def test_anatomy_passes_a_good_template(tmp_path):
    assert anatomy.judge_template(pack(tmp_path / "x.pbit", PARTS), URL) == []


@pytest.mark.parametrize(
    "header",
    [{"date_time": (2026, 11, 24, 0, 0, 0)}, {"create_system": 3}, {"external_attr": 1}],
    ids=["date", "system", "attributes"],
)
def test_anatomy_sees_a_wrong_header(tmp_path, header):
    assert anatomy.judge_template(pack(tmp_path / "x.pbit", PARTS, **header), URL)


@pytest.mark.parametrize(
    "change",
    [
        {"Version": "1.28".encode("utf-16-le")},
        {"Version": b"1.32"},
        {"DataModelSchema": b"\xff\xfe" + PARTS["DataModelSchema"]},
        {"Settings": b"{}"},
        {"Settings": "{".encode("utf-16-le")},
        {"SecurityBindings": b"x"},
        {"Report/StaticResources/RegisteredResources/logo.png": b"x"},
        {"Report/definition/a b.json": b"{}"},
        {"Report/definition/definition.pbir": b"{}"},
        {"[Content_Types].xml": b"<Types/>"},
        {
            "DataModelSchema": PARTS["DataModelSchema"].replace(
                "example".encode("utf-16-le"), "another".encode("utf-16-le")
            )
        },
        {"DataModelSchema": PARTS["DataModelSchema"].replace("Text".encode("utf-16-le"), "Any_".encode("utf-16-le"))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anatomy_sees_a_wrong_part(tmp_path, change):
    assert anatomy.judge_template(pack(tmp_path / "x.pbit", PARTS | change), URL)


def test_anatomy_sees_a_wrong_order(tmp_path):
    parts = dict(sorted(PARTS.items()))
    assert anatomy.judge_template(pack(tmp_path / "x.pbit", parts), URL)


# ---- separation


def test_isolation_sees_a_word_in_a_template_and_in_a_file(tmp_path):
    words = {"acme": {"acme", "Acme B.V.", "1001"}, "brood": {"brood", "Bakkerij Brood", "2002"}}
    for client in words:
        (tmp_path / client).mkdir()
        (tmp_path / client / "setup.md").write_text(f"Voor {client}", encoding="utf-8")
    folders = {client: tmp_path / client for client in words}
    assert isolation.judge_isolation(folders, words) == []
    pack(tmp_path / "acme" / "acme-x.pbit", {"DataModelSchema": "bakkerij brood, 2002".encode("utf-16-le")})
    findings = isolation.judge_isolation(folders, words)
    assert len(findings) == 2
    assert all("acme-x.pbit!DataModelSchema" in finding for finding in findings)
    (tmp_path / "brood" / "Acme B.V..txt").write_text("", encoding="utf-8")
    assert any("brood: Acme B.V..txt" in finding for finding in isolation.judge_isolation(folders, words))


@pytest.mark.parametrize("written", ["O\\u0027Neill & Zn", "O'Neill &amp; Zn", "O''Neill & Zn", "O'NEILL & ZN."])
def test_isolation_sees_a_name_however_it_is_written(tmp_path, written):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "x.json").write_text(f'"{written}"', encoding="utf-8")
    assert isolation.judge_isolation({"acme": tmp_path / "acme"}, {"acme": set(), "oneill": {"O'Neill & Zn"}})


# ---- the look-alike database

ENTITY = "ExactOnlineREST.Financial.GLAccounts"


def ask(query, **options):
    database = odata.Database(ledger.tables(dict.fromkeys((1001, 1002), ledger.Calendar())), **options)
    status, _, body = odata.respond({"db": database}, "127.0.0.1", f"/db/odata4/{ENTITY}@eol?{query}")
    return status, body


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("$filter=Division eq 1001 and (Type eq 12 or Type eq 20)", 200, "1300"),
        ("$skip=1", 501, "$skip"),
        ("$apply=groupby((Type))", 501, "$apply"),
        ("$filter=contains(Code,'1')", 400, "not understood"),
        ("$filter=Kode eq 1", 400, "not understood"),
        ("$select=Kode", 400, "column not found"),
        ("$select=Code", 200, '"Type": 0'),
    ],
)
def test_the_look_alike_answers_as_the_real_one(query, status, words):
    found, body = ask(query.replace(" ", "%20"))
    assert (found, words in body) == (status, True), body


def test_the_look_alike_has_no_table_without_alias():
    database = odata.Database({})
    assert odata.respond({"db": database}, "h", f"/db/odata4/{ENTITY}")[0] == 404
    assert odata.respond({"db": database}, "h", "/other/odata4")[0] == 404


# ---- the judges themselves


def test_a_missing_tool_is_a_failure(monkeypatch, tmp_path):
    need_tools()
    monkeypatch.setattr("judges.places.TOOLS", tmp_path)
    with pytest.raises(MissingToolError, match=r"setup\.sh"):
        need_tools()
    assert TOOLS.is_dir()
