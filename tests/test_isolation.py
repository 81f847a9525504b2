"""Clients with hostile names: nothing of one stands in another's files, and no value is ever code or structure."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import pytest
from bundles import ONE, as_json, load, measures_of, pages, parts, strings, tables_of
from hostile import HOSTILE, TEXTS, marked, workbook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown import found

from generator import pipeline
from generator.build import build


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Return the hostile office: client code → client, what was built and its files."""
    loaded = pipeline.load(workbook(tmp_path_factory.mktemp("hostile"), HOSTILE))
    assert not [problem for problem in loaded.problems if problem.is_error], found(list(loaded.problems))
    return {each.code: (each, build(each, loaded.catalogue), pipeline.files(each, loaded.catalogue))
            for each in loaded.clients}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return what is built of the same rows with names that harm nobody."""
    loaded = pipeline.load(workbook(tmp_path_factory.mktemp("plain"), {"plain": "Een gewone naam"}))
    return build(loaded.clients[0], loaded.catalogue)


@pytest.fixture(scope="module")
def read(office):
    """Return every file of every bundle as text, those inside a template too: client code → (path, text)."""
    return {code: tuple(texts(files)) for code, (_, _, files) in office.items()}


def texts(files):
    """Yield every file of a bundle as (path, text), the path itself being part of the text."""
    for path, data in files.items():
        if not path.endswith(".pbit"):
            yield path, path + "\n" + data.decode(errors="replace" if path.endswith(".png") else "strict")
            continue
        for name, content in parts(data).items():
            wide = name in {"Version", "DataModelSchema", "DiagramLayout", "Settings", "Metadata"}
            yield (
                f"{path}/{name}",
                content.decode("utf-16-le" if wide else "utf-8", "replace" if name.endswith(".png") else "strict"),
            )


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_of_a_client_stands_in_the_files_of_another(read, kind):
    number = list(HOSTILE).index(kind) + 1
    own = [f"zq{kind}", f"k-{kind}", str(910000 + number), str(920000 + number)]
    seen = set()
    for code, files in read.items():
        for path, text in files:
            for mark in own:
                if mark in text:
                    seen.add((code, mark))
                    assert code in {f"k-{kind}", "_office"}, f"{mark} in {code}/{path}"
    assert {mark for code, mark in seen if code == f"k-{kind}"} == set(own)


def test_each_client_has_its_own_picture_and_no_others(office):
    pictures = {code: {data for path, data in files.items() if path.endswith(".png")}
                for code, (_, _, files) in office.items()}  # fmt: skip
    assert pictures.pop("_office") == set()
    assert [len(own) for own in pictures.values()] == [1] * len(HOSTILE)
    assert len(set().union(*pictures.values())) == len(HOSTILE)


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(st.lists(TEXTS, min_size=2, max_size=3))
def test_random_offices_mix_nothing_in_bundles_plans_differences_and_problems(values):
    with tempfile.TemporaryDirectory() as place:
        loaded = pipeline.load(workbook(Path(place), {f"r{number}": text for number, text in enumerate(values)}))
        assert not [problem for problem in loaded.problems if problem.is_error], found(list(loaded.problems))
        job = pipeline.Job(Path(place) / "out", jobs=1)
        said = {client.code: list(words_of(client, loaded, job)) for client in loaded.clients}
    own = {f"k-r{n}": [f"zqr{n}", f"k-r{n}", str(910001 + n), str(920001 + n)] for n in range(len(values))}
    for code, texts_ in said.items():
        for other, marks in own.items():
            for text in texts_ if code not in {other, "_office"} else ():
                assert not [mark for mark in marks if mark in text], (code, text[:300])


def words_of(client, loaded, job):
    """Yield all that is made of a client or said of it: files, plan, difference, problems."""
    for path, text in texts(pipeline.files(client, loaded.catalogue)):
        yield path + text
    yield json.dumps([step.document() for step in pipeline.plan_all([client], loaded, job, removals=False)])
    difference, warnings = pipeline.diff_one(client, loaded, job)
    yield json.dumps([piece.document() for piece in difference.pieces], ensure_ascii=False)
    for problem in (*loaded.problems, *warnings):
        if problem.client == client.code:
            yield json.dumps([problem.document(language) for language in ("nl", "en")], ensure_ascii=False)
    yield repr(pipeline.make(client, loaded.catalogue, job))


def test_the_consolidated_bundle_has_divisions_of_all_and_the_secrets_of_none(office, read):
    client, _, _ = office["_office"]
    assert len(client.divisions) == 2 * len(HOSTILE)
    for path, text in read["_office"]:
        for field in ("url", "mail", "app", "gebruiker", "werkruimte", "tekst", "dax", "relatie", "budget", "logo"):
            assert f"{field}qz" not in text, path


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_document_of_a_hostile_client_can_be_read(office, read, kind):
    _, _, files = office[f"k-{kind}"]
    for path, text in read[f"k-{kind}"]:
        if path.endswith((".json", ".pbip", ".pbir", ".pbism", ".platform", "DataModelSchema", "Settings", "Metadata")):
            body = text.split("\n", 1)[1] if path in files else text
            assert isinstance(json.loads(body), dict), path


@pytest.mark.parametrize("kind", HOSTILE)
def test_names_come_back_as_they_were(office, kind):
    client, made, files = office[f"k-{kind}"]
    report = made.reports[0]
    assert HOSTILE[kind].split()[0][:5] in client.name
    assert as_json(files["financieel.Report/.platform"])["metadata"]["displayName"] == report.title
    model = report.database["model"]
    (measure,) = client.measures
    assert measures_of(model)[measure.name] == measure.dax
    described = next(
        each for table in model["tables"] for each in table.get("measures", ()) if each["name"] == measure.name
    )
    assert described["description"] == measure.descriptions["nl"]
    assert (described["formatString"], described["displayFolder"]) == (measure.format, measure.folder)
    assert client.tables[0].name in tables_of(model)
    own = next(
        page for page in client.reports[0].pages if page.name not in files and marked(kind, "pagina") in page.name
    )
    page, visuals = pages(report.layer.definition)[own.name]
    assert page["displayName"] == own.name
    literal = "'" + own.visuals[-1].caption.replace("'", "''") + "'"
    assert literal in strings(visuals)
    assert marked(kind, "kop") in literal
    finding = client.texts["financieel", "Samenvatting"].split("\n")
    assert set(finding) <= set(strings(list(report.layer.definition.values())))
    assert client.name in strings(list(report.layer.definition.values()))


def text_literals(source):
    """Return the texts in M, as Power Query reads them."""
    named = {"cr": "\r", "lf": "\n", "tab": "\t", "#": "#"}
    literals = re.findall(r'//[^\n]*|("(?:[^"]|"")*")', source)
    return [
        re.sub(
            r'#\((cr|lf|tab|#|[0-9A-F]{8}|[0-9A-F]{4})\)|""',
            lambda match: '"' if match[0] == '""' else named.get(match[1]) or chr(int(match[1], 16)),
            literal[1:-1],
        )
        for literal in literals
        if literal
    ]


@pytest.mark.parametrize("kind", HOSTILE)
def test_names_in_queries_are_texts_that_read_back(office, kind):
    client, made, _ = office[f"k-{kind}"]
    queries = {query.name: query.expression for query in made.reports[0].queries}
    assert {division.name for division in client.divisions} <= set(text_literals(queries["Administratie"]))
    assert text_literals(queries["P_INVANTIVE_URL"])[0] == client.url
    assert {person.email for person in client.access} <= set(text_literals(queries["Toegang"]))
    source = queries[f"Bron{client.tables[0].name}"]
    assert client.tables[0].condition.value in text_literals(source)


def skeleton(source):
    """Return the code of M: texts, quoted names and comments are empty, numbers are nought."""
    kept, rest = [], source
    while rest:
        match = re.match(r'#?"(?:[^"]|"")*"|//[^\n]*|\d+|[^"/\d#]+|.', rest, re.DOTALL)
        piece = match[0]
        kept.append('""' if piece.endswith('"') and len(piece) > 1 else "" if piece.startswith("//") else piece)
        rest = rest[len(piece) :]
    return "".join(re.sub(r"\d+", "0", "".join(kept)).split())


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_value_changes_the_code_of_a_query(office, plain, kind):
    one, other = office[f"k-{kind}"][1].reports[0], plain.reports[0]
    assert len(one.queries) == len(other.queries)
    for hostile, benign in zip(one.queries, other.queries, strict=True):
        lines = hostile.expression.split("\n")
        assert len(lines) == len(re.split("[\r\n\x0b\x0c\x85\u2028\u2029]", hostile.expression)), hostile.name
        assert [line for line in lines if line.startswith("//")] or hostile.kind == "parameter"
        assert skeleton(hostile.expression) == skeleton(benign.expression), hostile.name
        assert not re.search("[\u200b-\u200f\u2028-\u202e\u2060-\u206f]", hostile.expression), hostile.name


def shape(document):
    """Return a JSON document without its texts and numbers; paragraphs of one kind, as many as a text has, are one."""
    if isinstance(document, dict):
        return {key: kinds(value) if key == "paragraphs" else shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return [shape(value) for value in document]
    return type(document).__name__


def kinds(paragraphs):
    """Return the shapes of paragraphs, each once."""
    shapes = shape(paragraphs)
    return [each for at, each in enumerate(shapes) if each not in shapes[:at]]


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_value_changes_the_shape_of_a_page(office, plain, kind):
    one, other = office[f"k-{kind}"][1].reports[0], plain.reports[0]
    hostile, benign = (pages(report.layer.definition) for report in (one, other))
    assert len(hostile) == len(benign)
    for (page, visuals), (expected, others) in zip(hostile.values(), benign.values(), strict=True):
        assert shape(page) == shape(expected)
        assert [shape(each) for each in sorted(visuals, key=lambda each: each["position"]["z"])] == [
            shape(each) for each in sorted(others, key=lambda each: each["position"]["z"])
        ]


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_value_changes_the_structure_of_the_set_up_sheet(office, plain, kind):
    hostile = office[f"k-{kind}"][1].setup.split("\n")
    benign = plain.setup.split("\n")
    assert len(hostile) == len(benign)
    for line, expected in zip(hostile, benign, strict=True):
        start = re.match(r"[#>|*+\d.\s-]*", expected)[0]
        assert line.startswith(start)
        cells = [re.sub(r"\\[\\|`<]", "", each) for each in (line, expected)]  # a pipe in code ends a cell too
        assert cells[0].count("|") == cells[1].count("|") or not expected.startswith("|"), line
        assert "<" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", cells[0]), line
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u200b-\u200f]", "\n".join(hostile))


def test_the_statement_holds_numbers_and_the_alias_alone(office):
    for client, _, files in office.values():
        assert re.fullmatch(rb"use \d+@eol(, \d+@eol)*\n", files["on-startup.sql"])
        numbers = re.findall(rb"\d+", files["on-startup.sql"])
        assert numbers == [str(division.code).encode() for division in client.divisions]


def test_an_alias_that_is_more_than_a_name_is_refused(tmp_path):
    for alias in ("eol, 999999@eol", "eol; drop", "eol--", "e'ol", "1eol"):
        aliased = ONE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Alias |").replace(
            "vd-bakker/odata4 |", f"vd-bakker/odata4 | {alias} |"
        )
        assert [str(problem.cell) for problem in load(tmp_path, aliased).problems if problem.is_error][:1] == [
            "Klanten!D2"
        ], alias


def test_hostile_names_make_plain_paths(office):
    for code, (_, _, files) in office.items():
        for path in files:
            assert re.fullmatch(r'[^<>:"\\|?*\x00-\x1f\x7f]+', path), (code, path)
            assert not set(path.split("/")) & {"", ".", ".."}, (code, path)
            assert max(len(part.encode()) for part in path.split("/")) <= 120, (code, path)
            assert not re.search("[\u200b-\u200f\u2028-\u202e]", path), (code, path)
