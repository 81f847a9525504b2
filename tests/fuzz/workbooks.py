"""Targets: the guard, the reader of workbooks, and the rules over rows of any cells."""

from __future__ import annotations

import functools
import tempfile
import zipfile
from pathlib import Path

from fuzz import xlsx
from fuzz.broken import bent, headers_bent
from fuzz.choices import Choices
from fuzz.ends import ended, told
from fuzz.words import CELLS

from generator import pipeline
from generator.problems import Problem, Stop
from generator.spec import guard, rules, workbook
from generator.spec.sheets import SHEETS

URL = "https://bridge-online.cloud/vd-bakker/odata4"
VALID = {
    "office": {"name": "Van Dam", "language": "nl", "consolidated_url": "https://bridge-online.cloud/vd/odata4"},
    "clients": {"code": "bakker", "name": "Bakkerij", "url": URL, "refresh": "06:30", "years": 3},
    "divisions": {"client": "bakker", "code": 710001, "name": "Bakkerij B.V.", "ownership": 0.5},
    "reports": {"client": "bakker", "report": "financieel", "pages": "Samenvatting"},
    "measures": {"client": "*", "name": "Marge", "dax": "[Netto-omzet] * 2", "format": "#,0"},
    "visuals": {"client": "bakker", "report": "financieel", "page": "Eigen", "kind": "cardVisual", "values": "Marge"},
    "tables": {"client": "bakker", "entity": "ExactOnlineREST.CRM.Accounts", "columns": "Code, Name"},
    "mappings": {"client": "bakker", "start": "4000", "end": "4999", "line": "Personeelskosten"},
    "intercompany": {"client": "bakker", "account": "1600", "partner": 710001},
    "texts": {"client": "bakker", "report": "financieel", "page": "Samenvatting", "text": "Een goed jaar."},
    "access": {"client": "bakker", "email": "bas@bakker.example", "role": "Viewer"},
}
# What a library may say of a file; anything else is a slip of our own that only looks like a damaged file.
_FROM_LIBRARIES = frozenset({"", "CalamineError", "XmlError", "ZipError", "PasswordError", "WorksheetNotFound"})


@functools.cache
def folder():
    """Return a folder that lasts as long as the process, in memory where there is such a place."""
    return Path(_kept().name)


@functools.cache
def _kept():
    memory = Path("/dev/shm")  # noqa: S108  only where the system has it
    return tempfile.TemporaryDirectory(prefix="bundel-fuzz-", dir=memory if memory.is_dir() else None)


def rows_of(key, values):
    """Return the header and one row of a sheet."""
    columns = next(sheet for sheet in SHEETS if sheet.key == key).columns
    return [[column.nl for column in columns], [values.get(column.key) for column in columns]]


@functools.cache
def whole():
    """Return the parts of a workbook without problems, a row on each sheet."""
    return xlsx.parts({sheet.nl: rows_of(sheet.key, VALID[sheet.key]) for sheet in SHEETS})


def saved(data):
    """Write a workbook to disk, over the last one."""
    path = folder() / "kantoor.xlsx"
    path.write_bytes(data)
    return path


def archive(data):
    """Return a workbook with some of its parts, and then its headers, broken as the input decides."""
    choices = Choices(data)
    made = dict(whole())
    for _ in range(1 + choices.number(4)):
        name = choices.pick(sorted(made))
        made[name] = bent(choices, made[name])
    method = choices.pick((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    packed = xlsx.packed(made, method)
    for _ in range(choices.number(3)):
        packed = headers_bent(choices, packed)
    return packed


def tell(problems):
    """Require that each problem can be told, and that none blames the file for a slip of our own."""
    told(problems)
    reasons = {problem.values.get("reason", "") for problem in problems if problem.code == "B003"}
    assert reasons <= _FROM_LIBRARIES, reasons


def run_guard(data):
    """Look a file over: it passes, or there is one problem; what passes is safe for the reader."""
    looked = guard.guard(saved(data))
    if isinstance(looked, Problem):
        tell([looked])
        assert looked.is_error


def run_workbook(data):
    """Read a file: rows and problems, whatever it is; a file without rows has a problem."""
    spec, problems = workbook.read(saved(data))
    problems = (*problems, *rules.check(spec))
    tell(problems)
    assert spec.office or spec.clients or problems


NUMBERS = ("0", "1", "-1", "0.5", "710001", "1e300", "1e-300", "2147483648", "12.5", "46000", "0.27", "2958466", "-0")
ODD = {"e": ("#N/A", "#REF!", "#DIV/0!"), "b": ("0", "1"), "n": NUMBERS, "d": ("2026-11-24T00:00:00", "1899-12-31"),
       "s": ("0",), "x": ("1",)}  # fmt: skip
"""Values of cells by their type; the last two are of no workbook that can be read."""


def cell(choices):
    """Return any value of a cell."""
    way = choices.number(8)
    if way < 4:
        return choices.text(CELLS, most=4)
    if way == 4:
        return xlsx.Odd("", choices.number(3), choices.pick(NUMBERS))
    if way == 5:
        kind = choices.pick(("str", "e", "b", "n", "d", "str", "e") * 4 + ("s", "x"))
        odd = choices.text(CELLS, most=1) if kind == "str" or choices.number(32) == 1 else choices.pick(ODD[kind])
        return xlsx.Odd(kind, choices.number(3), odd, choices.pick(("", "", "1+1", "SUM(A1:A9)", "\u00e9")))
    return choices.pick((None, True, False))


def rows(choices, key):
    """Return the rows of a sheet: the valid one, and up to three in which some cells are any value."""
    header, valid = rows_of(key, VALID[key])
    made = [valid] if choices.number(4) else []
    for _ in range(choices.number(4)):
        row = list(valid)
        for _ in range(choices.number(4)):
            row[choices.number(len(row))] = cell(choices)
        made.append(row)
    if choices.number(16) == 1:
        header[choices.number(len(header))] = choices.text(CELLS, most=2)
    if key == "office" and choices.number(4) == 1 and made:
        return [list(pair) for pair in zip(header, made[0], strict=True)]
    return [header, *made]


def run_rules(data):
    """Read rows of any cells: every problem can be told, and where there is an error, nothing is made."""
    choices = Choices(data)
    build = choices.number(16) == 1
    keys = [sheet for sheet in SHEETS if sheet.key in {"office", "clients", "divisions"} or choices.number(2)]
    path = saved(xlsx.packed(xlsx.parts({sheet.nl: rows(choices, sheet.key) for sheet in keys})))
    loaded = pipeline.load(path)
    tell(loaded.problems)
    errors = [problem for problem in loaded.problems if problem.is_error]
    made = ended(lambda: pipeline.makeable(loaded, keep_going=False)[0])
    assert isinstance(made, Stop) == bool(errors)
    for client in made[:2] if build and not errors else ():
        assert pipeline.files(client, loaded.catalogue)


@functools.cache
def small():
    """Return a workbook of three sheets, so short that most changes of a byte change something that is read."""
    keys = [sheet for sheet in SHEETS if sheet.key in {"office", "clients", "divisions"}]
    return xlsx.packed(xlsx.parts({sheet.nl: rows_of(sheet.key, VALID[sheet.key]) for sheet in keys}))


TARGETS = {
    "guard": (run_guard, lambda: [small(), xlsx.packed(whole(), zipfile.ZIP_DEFLATED)]),
    "guard-parts": (lambda data: run_guard(archive(data)), lambda: [b"\1\2\3\4\5\6" * 5]),
    "workbook": (run_workbook, lambda: [small(), xlsx.packed(whole(), zipfile.ZIP_DEFLATED)]),
    "workbook-parts": (lambda data: run_workbook(archive(data)), lambda: [b"\1\2\3\4\5\6" * 5]),
    "rules": (run_rules, lambda: [b"\0" * 4, bytes(range(200)), b"\1" * 90]),
}
