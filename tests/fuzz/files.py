"""Targets: packing of ZIP files, and adopted files of Power BI Desktop (a template, and a project folder)."""

from __future__ import annotations

import functools
import io
import json
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import bundles
import designs
from fuzz.broken import bent, headers_bent, json_bent
from fuzz.choices import Choices
from fuzz.ends import ended, told
from fuzz.words import FRAGMENTS
from fuzz.workbooks import folder

from generator import adopt, catalogue
from generator.disk import is_plain
from generator.names import file_names, part_name
from generator.pack import zip as packing
from generator.problems import Stop

NAMES = ("a", "b.json", "Report", "Layout", "..", ".", "", "C:", "con", "É", "x" * 90, "%2e%2e", "[x]", "a b", "~", "+")


def run_packing(data):
    """Pack parts of any name and content: Python's own reader gives them back, or a name is refused before."""
    choices = Choices(data)
    wanted = {}
    for _ in range(choices.number(8)):
        depth = 1 + choices.number(3)
        steps = [choices.pick(NAMES) if choices.number(3) else choices.text(FRAGMENTS, 3) for _ in range(depth)]
        name = "/".join(steps).encode("utf-8", "replace").decode()  # halves of characters are gone by then
        wanted[part_name(name) if choices.number(2) else name] = choices.bytes(300) * (1 + choices.number(40))
    made = []
    for name, content in wanted.items():
        try:
            made.append(packing.part(name, content))
        except (ValueError, UnicodeEncodeError):
            odd = not name.isascii() or not name.isprintable() or "\\" in name
            assert odd or not {"", ".", ".."}.isdisjoint(name.split("/"))
            wanted = {key: value for key, value in wanted.items() if key != name}
    try:
        packed = packing.pack(made)
    except ValueError:
        assert len({name.lower() for name in wanted}) < len(wanted)
        return
    assert packed == packing.pack(made)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == wanted
        assert archive.namelist() == list(wanted)


def run_names(data):
    """Make files of any names: plain on every system, apart from each other without regard to case."""
    choices = Choices(data)
    wanted = [choices.text((*FRAGMENTS, *NAMES)) for _ in range(1 + choices.number(6))]
    made = file_names(wanted)
    assert made.keys() == set(wanted)
    assert all(is_plain(name) and len(name.encode()) <= 100 for name in made.values()), made
    assert len({name.casefold() for name in made.values()}) == len(made)


# ----------------------------------------------------------------------------------------------------------- adopted


REPORTS = "\n## Rapporten\n| Klant | Rapport | Pagina's |\n| bakker | financieel | Samenvatting |\n"


@functools.cache
def request():
    """Return what is asked when a file is adopted for a client of a small office."""
    with tempfile.TemporaryDirectory() as place:
        loaded = bundles.load(Path(place), bundles.ONE + REPORTS)
    client = next(each for each in loaded.clients if each.code == "bakker")
    return adopt.Request("mijn", catalogue.load(), client, loaded.clients)


@functools.cache
def wholes():
    """Return designs without problems: one in each format of the report."""
    page = designs.page("p1", "Overzicht", designs.visual(), designs.textbox("t", "x"))
    return designs.parts(definition=designs.report(page)), designs.parts(old=designs.layout("Overzicht"))


def adopted(path, *, known=True):
    """Adopt a file: a template in which every path is plain, or problems that can be told."""
    asked = request() if known else replace(request(), client=None, clients=())
    made = ended(lambda: adopt.adopt(path, asked))
    told(made.problems)
    if isinstance(made, Stop):
        assert any(problem.is_error for problem in made.problems)
        return
    assert not any(problem.is_error for problem in made.problems)
    assert all(is_plain(name) for name in made.files), list(made.files)
    assert all(isinstance(content, bytes) for content in made.files.values())


def run_adopt(data, *, known=False):
    """Adopt the input as it stands."""
    path = folder() / "ontwerp.pbit"
    path.write_bytes(data)
    adopted(path, known=known)


def parts(choices):
    """Return the parts of a design, some broken as the input decides."""
    made = dict(choices.pick(wholes()))
    for _ in range(1 + choices.number(3)):
        name = choices.pick(sorted(made))
        wide = name in {"DataModelSchema", "Report/Layout", "Settings", "Metadata"}
        way = choices.number(6)
        if way < 4:
            try:
                text = made[name].decode("utf-16-le" if wide else "utf-8")
                content = json.dumps(json_bent(choices, json.loads(text)), ensure_ascii=bool(choices.number(2)))
                made[name] = content.encode("utf-16-le" if wide else "utf-8", "surrogatepass")
            except ValueError:
                made[name] = bent(choices, made[name])
        elif way == 4:
            made[name] = bent(choices, made[name])
        else:
            moved = made.pop(name)
            made[choices.pick((*made, *PLACES))] = moved
    return made


def run_adopt_parts(data):
    """Adopt a design with parts of it broken."""
    choices = Choices(data)
    packed = designs.pack(parts(choices))
    for _ in range(choices.number(6) // 4):
        packed = headers_bent(choices, packed)
    run_adopt(packed, known=choices.number(4) == 1)


def run_project(data):
    """Adopt a project folder with files of it broken; nothing outside it is read."""
    choices = Choices(data)
    place = folder() / "project"
    shutil.rmtree(place, ignore_errors=True)
    for name, content in parts(choices).items():
        kept = name.removeprefix("Report/")
        if "\\" in name or ".." in name or name == "Version":
            continue
        target = place / {"DataModelSchema": "x.SemanticModel/model.bim", "Report/Layout": "x.Report/report.json"}.get(
            name, f"x.Report/{kept}"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in {"DataModelSchema", "Report/Layout"}:
            content = content.decode("utf-16-le", "replace").encode("utf-8", "replace")  # noqa: PLW2901  as a project has it
        target.write_bytes(content)
    reference = {"version": "4.0", "datasetReference": {"byPath": {"path": choices.pick(PATHS)}}}
    if choices.number(4) == 1:
        json_bent(choices, reference)
    (place / "x.Report").mkdir(parents=True, exist_ok=True)
    (place / "x.Report" / "definition.pbir").write_text(json.dumps(reference), "utf-8")
    head = {"version": "1.0", "artifacts": [{"report": {"path": choices.pick(("x.Report", "../x", "", "/etc"))}}]}
    if choices.number(4) == 1:
        json_bent(choices, head)
    (place / "x.pbip").write_text(json.dumps(head), "utf-8")
    adopted(choices.pick((place, place / "x.pbip")), known=choices.number(4) == 1)


PLACES = ("../x", "Report/x", "DataModel", "a\\b", "Report/definition/pages/p1/page.json")
PATHS = (
    "../x.SemanticModel", "../x.SemanticModel", "../x.SemanticModel", "..\\x.SemanticModel", "../../..", "/etc", "",
    "\0", "../X.SEMANTICMODEL", "x" * 5000, "~", "../x.SemanticModel/model.bim", "C:\\x",
)  # fmt: skip

TARGETS = {
    "packing": (run_packing, lambda: [bytes(range(200))]),
    "names": (run_names, lambda: [bytes(range(200))]),
    "adopt": (run_adopt, lambda: [designs.pack(each) for each in wholes()]),
    "adopt-parts": (run_adopt_parts, lambda: [bytes(range(100)), b"\0" * 20]),
    "project": (run_project, lambda: [bytes(range(100)), b"\0" * 20]),
}
