"""Files that anyone may have made: each is taken or refused with a problem, in bounded memory and never a traceback."""

import io
import json
import struct
import zipfile
import zlib

import designs
import pytest
from designs import adopt, layout, model, pack, page, parts, report, save, utf16, visual

from generator import adopt as adoption
from generator import catalogue
from generator.adopt import jsons, package, project
from generator.problems import Stop

HOME = "C:" + "\\Users\\jan"


def code_of(action):
    """Return the codes of the problems that something stops with, each sayable in both languages."""
    with pytest.raises(Stop) as stop:
        action()
    for problem in stop.value.problems:
        assert problem.text("message", "nl")
        assert problem.document("en")["hint"]
    return sorted({problem.code for problem in stop.value.problems if problem.is_error})


def taken(data: bytes):
    return lambda: package.from_parts("x.pbit", package.unpack("x.pbit", data))


def changed(**more):
    made = parts()
    for name, data in more.items():
        made[name] = data
    return pack(made)


def bare(*names):
    made = parts()
    return pack({name: data for name, data in made.items() if not name.startswith(names)})


def bomb():
    """Return an archive of which one part says it is small and is not."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("DataModelSchema", b"0" * 200_000_000)
    return made.getvalue()


def lying():
    """Return an archive whose directory understates a part."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(b"0" * 1_000_000) + packed.flush()
    crc, name = zlib.crc32(b"0" * 1_000_000), b"DataModelSchema"
    common = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 33, crc, len(data), 10, len(name), 0)
    local = b"PK\3\4" + common + name + data
    central = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    return local + central + struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)


def encrypted():
    data = bytearray(pack(parts()))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.find(signature) + offset] |= 1
    return bytes(data)


FILES = {
    "empty": (b"", "B500"),
    "a web page": (b"<!DOCTYPE html>", "B500"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1", "B500"),
    "an old Office file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "B501"),
    "half a file": (pack(parts())[:900], "B501"),
    "only a signature": (b"PK\3\4", "B501"),
    "a damaged part": (pack(parts()).replace(b"\0\x08\0", b"\0\x09\0"), "B501"),
    "an encrypted part": (encrypted(), "B501"),
    "two ends": (pack(parts()) + pack(parts()), "B501"),
    "a bomb": (bomb(), "B502"),
    "a lying directory": (lying(), "B501"),
    "a way out": (changed(**{"../../evil": b"x"}), "B503"),
    "an absolute path": (changed(**{"/etc/evil": b"x"}), "B503"),
    "a drive": (changed(**{"C:/evil": b"x"}), "B503"),
    "a backslash": (changed(**{"Report\\definition\\evil": b"x"}), "B503"),
    "an encoded way out": (changed(**{"Report/%2e%2e/%2e%2e/evil": b"x"}), "B503"),
    "an encoded slash": (changed(**{"Report/a%2Fb": b"x"}), "B503"),
    "a device": (changed(**{"Report/StaticResources/NUL": b"x"}), "B503"),
    "two names but for case": (changed(datamodelschema=b"x"), "B503"),
    "a file and a folder": (
        changed(**{"Report/definition/x.json": b"{}", "Report/definition/x.json/y.json": b"{}"}),
        "B503",
    ),
    "a control character": (changed(**{"Report/a\x01b": b"x"}), "B503"),
    "a renamed .pbix": (
        pack({"Version": utf16("1.28"), "DataModel": b"\0" * 50, "Report/Layout": utf16("{}")}),
        "B504",
    ),
    "a report on a live model": (bare("DataModelSchema"), "B505"),
    "a workbook": (pack({"[Content_Types].xml": b"", "xl/workbook.xml": b"<x/>"}), "B505"),
    "no report": (bare("Report/"), "B509"),
    "no version": (bare("Version"), "B506"),
    "a strange version": (changed(Version=utf16("1.28.3")), "B506"),
    "an odd number of bytes": (changed(DataModelSchema=utf16("{}") + b"x"), "B506"),
    "half a pair": (changed(DataModelSchema=b"\x00\xd8{\x00"), "B506"),
    "a model in UTF-8": (changed(DataModelSchema=json.dumps(model()).encode()), "B506"),
    "no JSON": (changed(DataModelSchema=utf16("{'a': 1}")), "B506"),
    "a list": (changed(DataModelSchema=utf16("[]")), "B506"),
    "null": (changed(DataModelSchema=utf16("null")), "B506"),
    "a key twice": (changed(DataModelSchema=utf16('{"a": 1, "a": 2}')), "B506"),
    "no number": (changed(DataModelSchema=utf16('{"a": NaN}')), "B506"),
    "infinity": (changed(DataModelSchema=utf16('{"a": -Infinity, "b": 1e999}')), "B506"),
    "a huge number": (changed(DataModelSchema=utf16('{"a": ' + "9" * 5000 + "}")), "B506"),
    "half a character": (changed(DataModelSchema=utf16('{"a": "\\ud800"}')), "B506"),
    "deep": (changed(DataModelSchema=utf16('{"a":' + "[" * 5000 + "]" * 5000 + "}")), "B506"),
    "deeper": (changed(DataModelSchema=utf16('{"a":' * 200 + "1" + "}" * 200)), "B506"),
    "many": (changed(DataModelSchema=utf16("[" + "[]," * 2_100_000 + "1]")), "B506"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_design_gets_a_problem(name):
    data, code = FILES[name]
    assert code_of(taken(data)) == [code]


def odd(path, value):
    """Return a model in which one place holds something else."""
    made = model(Vrij="1")
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def twice(*keys):
    """Return a model with its table, and perhaps its expression, twice."""
    made = model(Vrij="1")
    for key in keys:
        made["model"][key] *= 2
    return made


SHAPES = [
    twice("tables"),
    twice("expressions"),
    odd(["model", "expressions", 0, "name"], "RELATIES"),
    odd(["model", "tables", 0, "partitions"], [{"name": "x", "source": {"type": "m", "expression": "1"}}] * 2 + [1]),
    odd(["model"], 1),
    odd(["model", "tables"], {}),
    odd(["model", "tables"], [1]),
    odd(["model", "tables", 0, "name"], 5),
    odd(["model", "tables", 0, "partitions"], None),
    odd(["model", "tables", 0, "partitions", 0, "source"], []),
    odd(["model", "tables", 0, "partitions", 0, "source", "type"], "entity"),
    odd(["model", "tables", 0, "partitions", 0, "source", "expression"], 7),
    odd(["model", "tables", 0, "columns"], [3]),
    odd(["model", "tables", 0, "measures"], [{"expression": "1"}]),
    odd(["model", "expressions"], [{"name": "x"}]),
    odd(["model", "expressions", 0, "kind"], "sql"),
    odd(["model", "roles"], ["x"]),
    odd(["model", "cultures"], [{"linguisticMetadata": 1}]),
    odd(["model", "annotations"], [1]),
]


@pytest.mark.parametrize("database", SHAPES, ids=range(len(SHAPES)))
def test_a_model_of_another_shape_gets_a_problem(tmp_path, database):
    assert code_of(lambda: adopt(tmp_path, parts(database))) in (["B505"], ["B506"])


REPORTS = [
    {"pages/p1/page.json": []},
    {"report.json": [1]},
    {"pages/pages.json": {"pageOrder": 5}},
    {"pages/p1/visuals/v1/visual.json": "x"},
]


@pytest.mark.parametrize("files", REPORTS, ids=range(len(REPORTS)))
def test_a_report_of_another_shape_gets_a_problem(tmp_path, files):
    made = {**report(page("p1", "Overzicht", visual())), **files}
    assert code_of(lambda: adopt(tmp_path, parts(definition=made))) == ["B506"]


def test_a_report_in_the_old_format_of_another_shape_gets_a_problem(tmp_path):
    for old in ({"sections": 1}, {"sections": [1]}, {"sections": [{"name": "s", "config": "["}]}, {"id": 0}):
        assert code_of(lambda old=old: adopt(tmp_path, parts(old=old))) == ["B506"]


def test_a_model_of_before_2021_says_what_to_do(tmp_path):
    old = odd(["model", "tables", 0, "partitions", 0, "source"], {"type": "query", "query": "x", "dataSource": "y"})
    assert code_of(lambda: adopt(tmp_path, parts(old))) == ["B508"]


def test_a_query_that_is_broken_is_named(tmp_path):
    assert code_of(lambda: adopt(tmp_path, parts(model({"Q": 'let a = "x'})))) == ["B510"]


def test_a_mark_before_the_text_is_no_matter():
    assert (
        taken(changed(DataModelSchema=utf16("\ufeff" + json.dumps(model()))))().database["compatibilityLevel"] == 1567
    )


def test_memory_stays_bounded():
    with pytest.raises(jsons.JsonError):
        jsons.parse("[" * (jsons.MAX_ITEMS + 2))
    with pytest.raises(jsons.JsonError):
        jsons.parse(" " * (jsons.MAX_CHARACTERS + 1))


# ---------------------------------------------------------------------------------------------------------- projects


def project_folder(folder, *, tmdl=False, target="../Ontwerp.SemanticModel", old=None):
    """Write a project folder and return its path."""
    files = {
        "Ontwerp.pbip": json.dumps({"version": "1.0", "artifacts": [{"report": {"path": "Ontwerp.Report"}}]}),
        "Ontwerp.Report/definition.pbir": json.dumps(
            {"version": "4.0", "datasetReference": {"byPath": {"path": target}}}
        ),
        "Ontwerp.Report/.pbi/localSettings.json": "{}",
        "Ontwerp.SemanticModel/.pbi/cache.abf": "geheim",
        "Ontwerp.SemanticModel/definition/model.tmdl" if tmdl else "Ontwerp.SemanticModel/model.bim": json.dumps(
            model()
        ),
    }
    if old:
        files["Ontwerp.Report/report.json"] = json.dumps(old)
    else:
        made = report(page("p1", "Overzicht", visual()))
        files |= {f"Ontwerp.Report/definition/{path}": json.dumps(content) for path, content in made.items()}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("given", ["", "Ontwerp.pbip", "Ontwerp.Report"])
def test_a_project_is_read_by_its_file_or_its_folder(tmp_path, given):
    found = project.read(project_folder(tmp_path / "p") / given)
    assert found.version == "1.32"
    assert found.database["model"]["tables"][0]["name"] == "Relaties"
    assert "Report/definition/pages/p1/page.json" in found.parts
    assert found.dropped == ("Ontwerp.Report/.pbi", "Ontwerp.SemanticModel/.pbi")


def test_a_project_in_the_old_format_is_read(tmp_path):
    found = project.read(project_folder(tmp_path / "p", old=layout("Overzicht")))
    assert (found.version, found.layout["sections"][0]["displayName"]) == ("1.28", "Overzicht")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"tmdl": True}, "B507"),
        ({"target": "../Weg.SemanticModel"}, "B505"),
        ({"target": "../../../Elders.SemanticModel"}, "B503"),
        ({"target": "C:/x"}, "B503"),
        ({"target": None}, "B505"),
    ],
)
def test_a_project_that_can_not_be_taken_gets_a_problem(tmp_path, options, code):
    assert code_of(lambda: project.read(project_folder(tmp_path / "p", **options))) in ([code], ["B505"])


def test_an_empty_folder_holds_no_report(tmp_path):
    assert code_of(lambda: project.read(tmp_path)) == ["B509"]


def test_a_link_in_a_project_is_refused(tmp_path):
    folder = project_folder(tmp_path / "p")
    (tmp_path / "geheim.json").write_text("{}")
    try:
        (folder / "Ontwerp.Report/definition/x.json").symlink_to(tmp_path / "geheim.json")
    except OSError:
        pytest.skip("this system makes no links")
    assert code_of(lambda: project.read(folder)) == ["B503"]


# ------------------------------------------------------------------------------------------------------- left behind


def test_what_belongs_to_a_person_or_computer_stays_behind(tmp_path):
    secret = f"geheim van {HOME} jan@kantoor.nl 5e9b0c2a".encode()
    database = model()
    inner = database["model"]
    inner["tables"][0]["modifiedTime"] = "2026-01-01T00:00:00"
    inner["tables"][0]["annotations"] = [
        {"name": "Pad", "value": f"{HOME}\\x.pbix"},
        {"name": "PBI_ResultType", "value": "Table"},
    ]
    inner["roles"] = [{"name": "Lezers", "modelPermission": "read", "members": [{"memberName": "jan@kantoor.nl"}]}]
    inner["dataSources"] = [{"name": "x", "connectionDetails": {}, "credential": {"Username": "jan"}}]
    content = {"Version": "1.0.0", "Language": "nl-NL", "Entities": {"x": {"Terms": ["Jan Jansen"]}}}
    inner["cultures"] = [{"name": "nl-NL", "linguisticMetadata": {"content": content, "contentType": "json"}}]
    left = (
        "SecurityBindings",
        "DataMashup",
        "Connections",
        "UnappliedChanges",
        "DiagramState",
        "Report/LinguisticSchema",
    )
    left += (
        "docProps/custom.xml",
        "_rels/.rels",
        "DAXQueries/q.dax",
        "TMDLScripts/s.tmdl",
        "Report/MobileState",
        "Iets",
    )
    made = adopt(tmp_path, parts(database) | dict.fromkeys(left, secret))
    assert set(left) <= set(made.dropped)
    assert {"Lezers: members", "model: dataSources", "nl-NL: linguisticMetadata", "annotation: Pad"} <= set(
        made.dropped
    )
    whole = b"\n".join(made.files.values())
    head = made.files["template.toml"]
    for word in (
        b"jan@kantoor.nl",
        b"Jan Jansen",
        b"C:" + b"\\\\Users",
        b"geheim",
        b"2026-01-01",
        b"Username",
        b"2b4de37b",
    ):
        assert word not in whole.replace(head, b"")
    assert b"PBI_ResultType" in whole


def test_a_policy_of_refreshing_stays_behind_since_it_holds_queries_of_its_own(tmp_path):
    database = model()
    database["model"]["tables"][0]["refreshPolicy"] = {"sourceExpression": 'OData.Feed("https://x.nl")'}
    made = adopt(tmp_path, parts(database))
    assert "Relaties: refreshPolicy" in made.dropped
    assert b"x.nl" not in b"".join(made.files.values())


def test_a_report_with_data_is_told_by_its_name_too(tmp_path):
    assert code_of(lambda: package.read(save(tmp_path, b"PK", "x.pbix"))) == ["B504"]


HOSTILE = "<<client_name>> <<lt>> <<<json>> {{ x }} <% for x in y %> <<division|quoted>>"


@pytest.mark.parametrize("old", [False, True])
def test_markers_in_a_design_stay_text(tmp_path, old):
    from generator.build import markers  # noqa: PLC0415

    card = visual(title=f"'{HOSTILE}'") | {HOSTILE: {"<<x>>": HOSTILE}}
    database = model({"Q": f'"{HOSTILE}"'})
    database["model"]["tables"][0]["measures"][0]["expression"] = f'"{HOSTILE}" // {HOSTILE}'
    database["model"]["tables"][0]["description"] = HOSTILE
    sections = layout("Blad")
    sections["sections"][0]["config"] = json.dumps({"a": HOSTILE})
    made = adopt(tmp_path, parts(database, report(page("p1", "Blad", card)), old=sections if old else None), code=None)
    values = {"client_name": "X", "lt": "<<", "division": "9"}
    shown = "report/Layout.json" if old else "report/definition/pages/p1/visuals/v1/visual.json"
    for path in ("tables/Q.json", shown):
        filled = json.dumps(markers.document(json.loads(made.files[path]), values), ensure_ascii=False)
        assert HOSTILE in filled
        assert "X" not in filled.replace("EXPR", "")


def test_a_key_that_is_a_marker_of_ours_is_no_report_of_desktop(tmp_path):
    old = layout("Blad") | {"<<json>>": {"a": 1}}
    assert code_of(lambda: adopt(tmp_path, parts(old=old))) == ["B506"]


def test_adopting_twice_gives_the_same_bytes(tmp_path):
    assert adopt(tmp_path, parts()).files == adopt(tmp_path, parts()).files


def test_the_same_file_without_a_workbook_is_taken_with_a_warning(tmp_path):
    request = adoption.Request("mijn", catalogue.load())
    plain = model({"Q": 'OData.Feed("https://bridge-online.cloud/x/odata4")'})
    made = adoption.adopt(save(tmp_path, parts(plain)), request)
    assert [problem.code for problem in made.problems] == ["B522"]
    assert code_of(lambda: adoption.adopt(save(tmp_path, parts()), request)) == ["B523"]
    assert designs.URL.encode() not in b"".join(made.files.values())
