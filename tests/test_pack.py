"""From what was built to files: the parts of a template, the project beside it, the query files, and the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

import pytest
from bundles import ONE, as_json, built, columns_of, measures_of, parts, queries_of, tables_of
from lxml import etree
from markdown import save

from generator import pipeline
from generator.names import part_name
from generator.pack import pack

ROOT = Path(pipeline.__file__).parents[1]
FIXED = ["Version", "[Content_Types].xml", "DataModelSchema", "DiagramLayout", "Settings", "Metadata"]
WIDE = {"Version", "DataModelSchema", "DiagramLayout", "Settings", "Metadata"}
BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
TABLES = (
    ONE
    + """| bakker | `710002` |
## Meetwaarden
| Klant | Naam | DAX |
| bakker | Marge "Σ" é | [Brutomarge] |
## Visuals
| Klant | Rapport | Pagina | Soort | Waarden |
| bakker | financieel | Zo/maar Σ | cardVisual | Marge "Σ" é |
## Tabellen
| Klant | Entiteit | Naam |
| bakker | ExactOnlineREST.Financial.Journals | Dag/boeken: é |
## Toegang
| Klant | E-mail | Rol | Administraties |
| bakker | a@b.nl | Viewer | 710001 |
"""
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return built(tmp_path_factory.mktemp("pack"), TABLES)


@pytest.fixture(scope="module")
def packed(made):
    return pack(made)


@pytest.fixture(scope="module")
def template(packed):
    return packed["bakker-financieel.pbit"]


# --------------------------------------------------------------------------------------------------------- template


def test_the_parts_of_a_template_stand_in_the_order_that_readers_expect(template):
    names = list(parts(template))
    assert names[: len(FIXED)] == FIXED
    inside = names[len(FIXED) :]
    folders = [
        [name for name in inside if name.startswith(f"Report/{folder}/")]
        for folder in ("definition", "StaticResources")
    ]
    assert inside == [name for folder in folders for name in sorted(folder, key=str.encode)]
    assert all(name.startswith(("Report/definition/", "Report/StaticResources/")) for name in inside)
    assert "Report/definition/report.json" in inside
    assert not [name for name in names if "SecurityBindings" in name]


def test_each_part_has_its_encoding_and_none_a_byte_order_mark(template):
    inside = parts(template)
    for name, data in inside.items():
        assert not data.startswith(BOMS), name
    assert inside["Version"].decode("utf-16-le") == "1.32"
    for name in WIDE - {"Version"}:
        assert isinstance(as_json(inside[name], "utf-16-le"), dict), name
    for name, data in inside.items():
        if name.endswith(".json"):
            assert isinstance(as_json(data), dict), name


def test_the_headers_of_a_template_tell_nothing_of_the_machine(template):
    with zipfile.ZipFile(BytesIO(template)) as package:
        assert package.testzip() is None
        assert not package.comment
        for entry in package.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert (entry.create_system, entry.external_attr, entry.flag_bits) == (0, 0, 0)
            assert (entry.extra, entry.comment) == (b"", b"")
            assert entry.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            local = template[entry.header_offset :]
            flags, _, time, date = struct.unpack_from("<HHHH", local, 6)
            assert (local[:4], flags, time, date) == (b"PK\x03\x04", 0, 0, 0x21)
            assert local[30 : 30 + len(entry.filename)].decode("ascii") == entry.filename


def test_every_part_has_a_content_type(template):
    names = list(parts(template))
    types = etree.fromstring(parts(template)["[Content_Types].xml"])
    namespace = "{http://schemas.openxmlformats.org/package/2006/content-types}"
    defaults = {each.get("Extension") for each in types.iter(f"{namespace}Default")}
    overrides = [each.get("PartName") for each in types.iter(f"{namespace}Override")]
    assert {each.tag for each in types} == {f"{namespace}Default", f"{namespace}Override"}
    for name in names:
        if name != "[Content_Types].xml":
            assert f"/{name}" in overrides or PurePosixPath(name).suffix.removeprefix(".") in defaults, name
    assert {name.removeprefix("/") for name in overrides} <= set(names)
    assert len(set(overrides)) == len(overrides)


def test_the_names_of_parts_are_plain(template):
    for name in parts(template):
        assert name == part_name(name) or name == "[Content_Types].xml"
        assert not re.search(r"[\\ %]|\.\.", name)


def test_the_model_of_a_template_is_the_model_that_was_built(template, made):
    schema = as_json(parts(template)["DataModelSchema"], "utf-16-le")
    assert schema == json.loads(json.dumps(made.reports[0].database))
    assert 'Marge "Σ" é' in measures_of(schema["model"])
    assert "Dag/boeken: é" in tables_of(schema["model"])


def test_a_template_names_the_files_that_it_holds(template):
    inside = parts(template)
    report = as_json(inside["Report/definition/report.json"])
    resources = {
        f"Report/StaticResources/{package['name']}/{item['path']}"
        for package in report["resourcePackages"]
        for item in package["items"]
    }
    assert resources == {name for name in inside if name.startswith("Report/StaticResources/")}
    themes = {each["name"] for each in report["themeCollection"].values()}
    assert themes == {item["name"] for package in report["resourcePackages"] for item in package["items"]}
    for name in resources:
        assert as_json(inside[name])["name"] in themes
    folders = {
        name.split("/")[3] for name in inside if name.startswith("Report/definition/pages/") and name.count("/") > 3
    }
    listed = as_json(inside["Report/definition/pages/pages.json"])
    assert set(listed["pageOrder"]) == folders
    assert listed["activePageName"] in folders
    for name, data in inside.items():
        if name.endswith(("/page.json", "/visual.json")):
            assert as_json(data)["name"] == name.split("/")[-2]


# ---------------------------------------------------------------------------------------------------------- project


def test_the_project_points_at_its_report_and_the_report_at_its_model(packed):
    project = as_json(packed["financieel.pbip"])
    (report,) = [artifact["report"]["path"] for artifact in project["artifacts"]]
    assert report == "financieel.Report"
    reference = as_json(packed[f"{report}/definition.pbir"])["datasetReference"]["byPath"]["path"]
    assert str(PurePosixPath(report, reference).relative_to(f"{report}/..")) == "financieel.SemanticModel"
    for folder, kind in (("financieel.Report", "Report"), ("financieel.SemanticModel", "SemanticModel")):
        assert as_json(packed[f"{folder}/.platform"])["metadata"]["type"] == kind
    ids = {as_json(data)["config"]["logicalId"] for path, data in packed.items() if path.endswith(".platform")}
    assert len(ids) == sum(path.endswith(".platform") for path in packed)


def test_the_report_of_the_project_is_the_report_of_the_template(packed, template):
    for name, data in parts(template).items():
        if name.startswith("Report/"):
            assert packed[f"financieel.{name}"] == data, name


def test_the_model_of_the_project_has_a_file_for_each_table_and_role(packed, made):
    model = made.reports[0].database["model"]
    written = {path.rsplit("/", 1)[1] for path in packed if "/definition/tables/" in path}
    assert len(written) == len(model["tables"])
    assert "Mutaties.tmdl" in written
    assert any("/definition/roles/" in path for path in packed)
    text = packed["financieel.SemanticModel/definition/tables/Mutaties.tmdl"].decode()
    for table, column in columns_of(model):
        if table == "Mutaties":
            assert re.search(rf"^\tcolumn '?{re.escape(column)}'?$", text, re.MULTILINE), column


def test_paths_of_a_bundle_are_file_names_everywhere(packed):
    for path in packed:
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', path), path
        assert all(part == part.rstrip(". ") for part in path.split("/")), path
    assert len({path.casefold() for path in packed}) == len(packed)


# ---------------------------------------------------------------------------------------------------------- queries


def test_there_is_a_file_for_each_query_and_the_section_holds_them_all(packed, made):
    queries = queries_of(made)
    expressions = [data.decode() for path, data in packed.items() if path.startswith("queries/financieel/")]
    assert sorted(expressions) == sorted(each.rstrip("\n") + "\n" for each in queries.values())
    section = packed["queries/financieel.pq"].decode()
    assert section.startswith("section Section1;\n")
    members = re.split(r"^shared (.+) =$", section, flags=re.MULTILINE)[1:]
    found = dict(zip(members[::2], members[1::2], strict=True))
    names = {name.removeprefix('#"').removesuffix('"').replace("#(03A3)", "Σ"): text for name, text in found.items()}
    assert list(names) == list(queries)
    for name, text in names.items():
        assert text.strip().removesuffix(";").strip() == queries[name].strip(), name
        assert text.strip().endswith("\n;")


def test_every_query_of_the_model_is_a_query_file(packed, made):
    model = made.reports[0].database["model"]
    groups = [table for table in model["tables"] if "calculationGroup" in table]
    assert [group["partitions"][0]["source"]["type"] for group in groups] == ["calculationGroup"]
    loaded = [table for table in model["tables"] if table not in groups]
    named = {each["name"] for each in (*model["expressions"], *loaded)}
    assert named == set(queries_of(made))
    for table in loaded:
        source = table["partitions"][0]["source"]
        assert source["type"] == "m"
        assert "\n".join(source["expression"]) == queries_of(made)[table["name"]].rstrip("\n")
    assert "queries/financieel/Mutaties.pq" in packed


def test_texts_end_with_one_line_feed_and_hold_no_carriage_return(packed):
    for path, data in packed.items():
        if not path.endswith(".pbit"):
            assert data.endswith(b"\n"), path
            assert not data.endswith(b"\n\n"), path
            assert b"\r" not in data, path


def test_the_statement_and_the_sheet_are_there_once(packed):
    assert packed["on-startup.sql"] == b"use 710001@eol, 710002@eol\n"
    assert packed["setup.md"].startswith(b"# ")
    assert [path for path in packed if "/" not in path] == [
        "setup.md",
        "on-startup.sql",
        "bakker-financieel.pbit",
        "financieel.pbip",
    ]


# ------------------------------------------------------------------------------------------------------- same bytes


SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from generator import pipeline
loaded = pipeline.load(Path(sys.argv[1]))
made = {client.code: pipeline.files(client, loaded.catalogue) for client in loaded.clients}
print(json.dumps({
    code: {path: hashlib.sha256(data).hexdigest() for path, data in files.items()} for code, files in made.items()
}))
"""


def test_two_processes_that_hash_differently_write_the_same_bytes(tmp_path):
    path = save(tmp_path, TABLES)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            cwd=tmp_path,
        )
        for seed in ("1", "4711")
    ]
    one, other = (json.loads(run.communicate()[0]) for run in runs)
    assert one == other
    assert set(one) == {"bakker", "_office"}
    loaded = pipeline.load(path)
    here = pipeline.files(loaded.clients[0], loaded.catalogue)
    assert {name: hashlib.sha256(data).hexdigest() for name, data in here.items()} == one["bakker"]


def test_the_order_of_rows_that_do_not_depend_on_each_other_changes_no_other_clients_bytes(tmp_path):
    second = "| oneill | O'Neill | https://bridge-online.cloud/o/odata4 |\n"
    head, body = ONE.split("## Administraties")
    first = head.rstrip("\n") + "\n" + second + "\n## Administraties" + body + "| oneill | `2` |\n"
    clients = [{each.code: each for each in pipeline.load(save(tmp_path, tables)).clients} for tables in (ONE, first)]
    known = pipeline.load(save(tmp_path, ONE)).catalogue
    assert pipeline.files(clients[0]["bakker"], known) == pipeline.files(clients[1]["bakker"], known)
