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
    """Adopt a file: a template in which every path is plain, or problems that can be told; nothing from elsewhere."""
    asked = request() if known else replace(request(), client=None, clients=())
    made = ended(lambda: adopt.adopt(path, asked))
    told(made.problems)
    if isinstance(made, Stop):
        assert any(problem.is_error for problem in made.problems)
        return
    assert not any(problem.is_error for problem in made.problems)
    assert all(is_plain(name) for name in made.files), list(made.files)
    assert all(isinstance(content, bytes) and ELSEWHERE.encode() not in content for content in made.files.values())


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


def laid_out(place, files):
    """Write the parts of a design as a project folder."""
    for name, content in files.items():
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


def described(place, reference, head):
    """Write the two files that tell where a project's model and report are."""
    (place / "x.Report").mkdir(parents=True, exist_ok=True)
    (place / "x.Report" / "definition.pbir").write_text(json.dumps(reference), "utf-8")
    (place / "x.pbip").write_text(json.dumps(head), "utf-8")


def pointing(path):
    """Return what a report says of its model."""
    return {"version": "4.0", "datasetReference": {"byPath": {"path": path}}}


@functools.cache
def elsewhere():
    """Return another project, beside the one that is adopted, that nothing may be read from."""
    place = folder() / "elsewhere"
    page = designs.page("p1", ELSEWHERE, designs.visual(), designs.textbox("t", ELSEWHERE))
    laid_out(place, designs.parts(designs.model({ELSEWHERE: designs.QUERY}), designs.report(page)))
    described(place, pointing(PATHS[0]), {"version": "1.0", "artifacts": [{"report": {"path": "x.Report"}}]})
    return place


def run_project(data):
    """Adopt a project folder with files of it broken, or links to elsewhere; nothing outside it is read."""
    choices = Choices(data)
    place = folder() / "project"
    shutil.rmtree(place, ignore_errors=True)
    laid_out(place, parts(choices))
    reference = pointing(choices.pick(PATHS))
    if choices.number(4) == 1:
        json_bent(choices, reference)
    head = {"version": "1.0", "artifacts": [{"report": {"path": choices.pick(("x.Report", "../x", "", "/etc"))}}]}
    if choices.number(4) == 1:
        json_bent(choices, head)
    described(place, reference, head)
    path, known = choices.pick((place, place / "x.pbip")), choices.number(4) == 1
    for _ in range(choices.number(8) // 6):
        linked(place, choices.pick(LINKS))
    adopted(path, known=known)


def linked(place, name):
    """Put a link to elsewhere in the place of a file or folder."""
    path = place / name
    if path.is_symlink() or not path.parent.resolve().is_relative_to(place.resolve()):
        return
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(elsewhere() / name)


ELSEWHERE = "vertrouwelijk"
LINKS = (
    "x.Report", "x.SemanticModel", "x.SemanticModel/model.bim", "x.Report/definition", "x.Report/definition.pbir",
    "x.Report/definition/report.json", "x.Report/definition/pages/p1", "x.Report/definition/pages", "x.pbip",
    "x.Report/definition/pages/p1/page.json", "x.Report/report.json", "x.Report/StaticResources",
)  # fmt: skip
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
