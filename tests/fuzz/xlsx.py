"""Workbooks in a few milliseconds: the parts that a reader needs, from rows of cells; broken on demand."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "xmlns='http://schemas.openxmlformats.org/package/2006/relationships'"
CONTENT_TYPES = (
    "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'>"
    "<Default Extension='xml' ContentType='application/xml'/><Override PartName='/xl/workbook.xml' "
    "ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>"
)
STYLES = (
    f"<styleSheet {MAIN}><numFmts count='1'><numFmt numFmtId='164' formatCode='yyyy\\-mm\\-dd hh:mm'/></numFmts>"
    "<cellXfs count='3'><xf numFmtId='0'/><xf numFmtId='14' applyNumberFormat='1'/><xf numFmtId='164'/></cellXfs>"
    "</styleSheet>"
)


@dataclass(frozen=True)
class Odd:
    """A cell that is no plain value: the type and style of its tag, and what stands in it."""

    kind: str = ""
    style: int = 0
    value: str = ""
    formula: str = ""


def parts(sheets):
    """Return the parts of a workbook: sheet name → rows of texts, numbers, booleans and ``Odd``."""
    names = list(enumerate(sheets, 1))
    listed = "".join(f"<sheet name={quoteattr(name)} sheetId='{n}' r:id='r{n}'/>" for n, name in names)
    targets = "".join(
        f"<Relationship Id='r{n}' Type='{OFFICE}/worksheet' Target='worksheets/sheet{n}.xml'/>" for n, _ in names
    )
    made = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": f"<Relationships {RELATIONS}><Relationship Id='a' Type='{OFFICE}/officeDocument' "
        "Target='xl/workbook.xml'/></Relationships>",
        "xl/workbook.xml": f"<workbook {MAIN} xmlns:r='{OFFICE}'><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {RELATIONS}>{targets}</Relationships>",
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{n}.xml": _sheet(rows) for n, rows in enumerate(sheets.values(), 1)},
    }
    return {name: text.encode("utf-8", "replace") for name, text in made.items()}


def _sheet(rows):
    lines = "".join(
        f'<row r="{r}">{"".join(_cell(f"{_letter(c)}{r}", value) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(rows, 1)
    )
    return f"<worksheet {MAIN}><sheetData>{lines}</sheetData></worksheet>"


def _letter(column):
    return chr(65 + column) if column < 26 else f"{chr(64 + column // 26)}{chr(65 + column % 26)}"


def _cell(address, value):
    if value is None or value == "":
        return ""
    if isinstance(value, Odd):
        formula = f"<f>{escape(value.formula)}</f>" if value.formula else ""
        kind = f' t="{value.kind}"' if value.kind else ""
        return f'<c r="{address}" s="{value.style}"{kind}>{formula}<v>{escape(value.value)}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{address}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{address}"><v>{value!r}</v></c>'
    return f'<c r="{address}" t="inlineStr"><is><t xml:space="preserve">{escape(_allowed(value))}</t></is></c>'


def _allowed(text):
    """Return a text without the characters that no XML can hold; Excel writes those as ``_x0007_``."""
    return "".join(c if c in "\t\n" or " " <= c not in "\ufffe\uffff" else f"_x{ord(c):04X}_" for c in text)


def packed(files, method=zipfile.ZIP_STORED):
    """Return the ZIP archive of some parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return made.getvalue()
