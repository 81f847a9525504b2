"""Target: an office whose cells are of the right kind, with the oddest values they may have, made into bundles."""

from __future__ import annotations

import functools
import io
import json
import re
import zipfile

from fuzz import xlsx
from fuzz.choices import Choices
from fuzz.ends import ended
from fuzz.words import FRAGMENTS
from fuzz.workbooks import rows_of, saved, tell

from generator import catalogue, mlexer, pipeline
from generator.disk import is_generated
from generator.problems import Stop
from generator.spec.sheets import SHEETS

MARKS = {"bakker": ("zx-eerste-9k1", 733001), "oneill": ("zx-tweede-7q2", 844001)}
"""What of a client stands in no other's bundle: the end of its URL, and the first of its divisions."""

DAX = (
    "[Netto-omzet] * 2", "SUM(Mutaties[Bedrag])", "CALCULATE([Netto-omzet], Datum[Jaar] = 2026)", "0", "BLANK()",
    "VAR x = [Netto-omzet] RETURN IF(x > 0, x)", "DIVIDE([EBITDA], [Netto-omzet]) // %", "[Marge] + 1", "COUNTROWS(X)",
    "'Administratie'[Naam]", "[Nettoresultaat]\n-- klaar",
)  # fmt: skip
KINDS = (
    "cardVisual", "lineChart", "clusteredColumnChart", "pivotTable", "tableEx", "slicer", "donutChart", "textbox",
    "waterfallChart", "treemap", "scatterChart", "image", "lineClusteredColumnComboChart",
)  # fmt: skip
FIELDS = ("Datum[Maand]", "Datum[Jaar]", "Administratie[Naam]", "Rekening[Code]", "Mutaties[Bedrag]", "X[Name]")
FILTERS = ("", "", "Status eq 'C'", "Division gt 1", "Code eq 'a''b'", "Modified ge 2026-01-01T00:00:00Z", "Name ne ''")
VALUES = {
    "office": {"language": ("", "nl", "en"), "consolidated_url": ("https://bridge-online.cloud/vd/odata4",) * 7 + ("",),
               "alias": ("", "eol", "x1"), "theme": ("", "koper"), "years": ("", 1, 10), "logo": ("",)},
    "clients": {"active": ("", "ja", "nee"), "alias": ("", "eol", "x1"), "language": ("", "nl", "en"),
                "fiscal_year_end": ("", "12-31", "06-30", "02-28"), "years": ("", 1, 10), "theme": ("", "koper"),
                "logo": ("",), "refresh": ("", "06:30", "07:00; 12:30"), "fast_tables": ("", "ja", "nee")},
    "divisions": {"consolidated": ("", "ja", "nee"), "ownership": ("", 0.5, 1, "75 %", 0.001),
                  "currency": ("", "EUR", "GBP")},
    "reports": {},
    "measures": {"dax": DAX, "format": ("", "#,0", "0.0 %", "\u20ac #,0;-\u20ac #,0", '"x" 0')},
    "visuals": {"kind": KINDS, "values": ("", "Netto-omzet", "EBITDA, Nettoresultaat", "Marge"),
                "category": ("", *FIELDS), "series": ("", "", *FIELDS),
                "position": ("", "", "0,0,100,100", "24,152,1232,500", "1,2,1,1")},
    "tables": {"entity": ("ExactOnlineREST.CRM.Accounts", "ExactOnlineREST.CRM.Contacts",
                          "ExactOnlineREST.Project.Projects"),
               "name": ("", "X", "Y"), "columns": ("", "Code, Name", "ID", "Name; Division"), "filter": FILTERS},
    "mappings": {"start": ("4000", "04000", 8000, "x1"), "end": ("", "4999", "9999", "y"),
                 "line": ("Personeelskosten", "Overige bedrijfskosten", "Netto-omzet", "Liquide middelen")},
    "intercompany": {"account": ("", "1600", 1500)},
    "texts": {},
    "access": {"email": ("a@b.example", "B@c.example", "c.d+e@f.example"), "role": ("Viewer", "viewer", "Admin")},
}  # fmt: skip


@functools.cache
def known():
    """Return the templates."""
    return catalogue.load()


@functools.cache
def pages(report):
    """Return the names of the pages of a report."""
    return tuple(known().reports[report].pages)


class Telling(Choices):
    """Choices that keep the texts which were drawn."""

    def __init__(self, data):
        super().__init__(data)
        self.said = []


def line(choices):
    """Return a text that a cell of one line may hold; never an empty one."""
    made = " ".join(choices.text(FRAGMENTS, most=4).split()) or "x"
    choices.said.append(made)
    return made


def row(choices, key, owner):
    """Return a row of a sheet for a client, or the office (an empty owner)."""
    url, division = MARKS.get(owner, ("", 0))
    report = "financieel" if owner in MARKS else "kantoor"
    fixed = {
        "client": owner, "code": owner, "report": report, "page": choices.pick((*pages(report), "Eigen")),
        "url": f"https://bridge-online.cloud/{url}/odata4", "divisions": choices.pick(("", division)),
        "partner": choices.pick(("", division, division + 1)),
        "pages": ", ".join({choices.pick(pages(report)): 1, choices.pick(pages(report)): 1}),
    }  # fmt: skip
    made = {}
    for column in next(sheet for sheet in SHEETS if sheet.key == key).columns:
        values = VALUES[key].get(column.key)
        if column.key in fixed and values is None:
            made[column.key] = fixed[column.key]
        elif values:
            made[column.key] = choices.pick(values)
        elif column.required or choices.number(2):
            made[column.key] = line(choices)
    return made


def sheets(choices):
    """Return the rows of each sheet: an office with two clients, and what each may want besides."""
    made = {"office": [row(choices, "office", "")], "clients": [row(choices, "clients", code) for code in MARKS]}
    made["divisions"] = [
        row(choices, "divisions", owner) | {"code": first + number}
        for owner, (_, first) in MARKS.items()
        for number in range(1 + choices.number(3))
    ]
    made["reports"] = [row(choices, "reports", owner) for owner in (*MARKS, "_office") if choices.number(8)]
    for key in ("measures", "visuals", "tables", "mappings", "intercompany", "texts", "access"):
        owners = [choices.pick(("*", "bakker", "oneill", "bakker", "_office")) for _ in range(choices.number(6) // 2)]
        made[key] = [row(choices, key, owner) | {"client": owner} for owner in owners]
    return made


def book(made):
    """Return a workbook of rows, and all that is written in it."""
    tables = {}
    for sheet in SHEETS:
        header, _ = rows_of(sheet.key, {})
        tables[sheet.nl] = [header, *(rows_of(sheet.key, values)[1] for values in made.get(sheet.key, ()))]
    return xlsx.packed(xlsx.parts(tables))


def run_offices(data):
    """Make a bundle of an office without errors: whole documents, and nothing of another client in them."""
    choices = Telling(data)
    which, deep = choices.number(3), choices.number(8) == 1
    made = sheets(choices)
    loaded = pipeline.load(saved(book(made)))
    tell(loaded.problems)
    clients = ended(lambda: pipeline.makeable(loaded, keep_going=False)[0])
    assert isinstance(clients, Stop) == any(problem.is_error for problem in loaded.problems)
    if isinstance(clients, Stop) or not clients:
        return
    client = clients[which % len(clients)]
    strange = strangers(client, "".join(choices.said))
    for path, content in pipeline.files(client, loaded.catalogue).items():
        assert is_generated(path), path
        if deep or not path.endswith((".pbit", ".pq")):
            whole(path, content, strange)


def strangers(client, said):
    """Return what may not stand in a bundle: marks of other clients that no text of the input happens to hold.

    The digits of a division may stand within a hash or an id by chance, and did.
    """
    others = [mark for code, marks in MARKS.items() if code != client.code for mark in marks]
    marks = [str(mark) for mark in others if isinstance(mark, str) or not client.is_office]
    return [re.compile(rb"(?<![0-9a-f])%b(?![0-9a-f])" % mark.encode()) for mark in marks if mark not in said]


JSON = (".json", ".pbip", ".pbir", ".pbism", ".platform")
WIDE = ("DataModelSchema", "Settings", "Metadata", "Version")
SEEN: set[int] = set()
"""Hashes of documents that were read: most of a bundle is the same for all."""


def whole(path, content, strange):
    """Require that a document can be read, and holds nothing strange."""
    if path in WIDE:
        content = content.decode("utf-16-le").encode()
    for mark in strange:
        assert not mark.search(content), (path, mark)
    if path.endswith(".pbit"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                whole(name, archive.read(name), strange)
    elif hash(content) not in SEEN and not path.endswith(".png"):
        SEEN.add(hash(content))
        document = content.decode()
        if path.endswith(JSON) or path in WIDE:
            json.loads(document)
        elif path.startswith("queries/") and path.count("/") > 1:  # the others are these put together
            assert isinstance(mlexer.tokens(document), list), path


TARGETS = {"offices": (run_offices, lambda: [b"\0", bytes(range(200))])}
