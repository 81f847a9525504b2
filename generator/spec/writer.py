"""Write a workbook to fill in: a sheet per kind of row, with drop-downs, help on the headers and example rows.

The bytes are the same on every machine: fixed dates, and parts that are stored, not deflated.
"""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from generator.spec.kinds import CHOICES, EXPECTED
from generator.spec.sheets import BY_KEY, SHEETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from generator.spec.kinds import Kind
    from generator.spec.sheets import Column, Sheet

    Rows = Mapping[str, Sequence[Mapping[str, str | float]]]
    """Sheet key → rows of column key → what is typed in the cell."""

LAST_ROW = 5000  # drop-downs reach as far as the largest office needs
_DATE = datetime(2026, 1, 1)  # noqa: DTZ001  a workbook's dates have no zone
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_CHOICES = {"nl": "_keuzes", "en": "_choices"}
_REQUIRED = PatternFill("solid", fgColor="0B6E99")
_OPTIONAL = PatternFill("solid", fgColor="E3E8EE")
_NUMBERS: frozenset[Kind] = frozenset({"years", "division", "ownership"})


def write_workbook(language: str, rows: Rows) -> bytes:
    """Return a workbook in a language with these rows in it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "Bundel"
    book.properties.created = _DATE
    for sheet in SHEETS:
        _write_sheet(book, sheet, language, rows.get(sheet.key, ()))
    _write_choices(book, language)
    buffer = BytesIO()
    book.save(buffer)
    return _with_fixed_dates(buffer)


def _write_sheet(book: Workbook, sheet: Sheet, language: str, rows: Sequence[Mapping[str, str | float]]) -> None:
    page = book.create_sheet(sheet.name(language))
    page.freeze_panes = "A2"
    page.sheet_view.showGridLines = True
    for index, column in enumerate(sheet.columns, 1):
        letter = get_column_letter(index)
        _write_header(page, f"{letter}1", column, language)
        dimension = page.column_dimensions[letter]
        dimension.width = column.width
        if column.kind not in _NUMBERS:
            dimension.number_format = "@"  # or Excel turns 06-30 and 1-2 into dates
        choice = _choice(column, language)
        if choice:
            choice.add(f"{letter}2:{letter}{LAST_ROW}")
            page.add_data_validation(choice)
    for number, row in enumerate(rows, 2):
        for index, column in enumerate(sheet.columns, 1):
            if column.key in row:
                cell = page.cell(number, index, row[column.key])
                cell.number_format = "General" if column.kind in _NUMBERS else "@"
                cell.alignment = Alignment(vertical="top", wrap_text=column.kind in {"text", "dax"})


def _write_header(page: Worksheet, address: str, column: Column, language: str) -> None:
    cell = page[address]
    cell.value = column.name(language)
    cell.fill = _REQUIRED if column.required else _OPTIONAL
    cell.font = Font(bold=True, color="FFFFFF" if column.required else "1F2A37")
    cell.alignment = Alignment(vertical="center")
    page.row_dimensions[1].height = 22
    needed = {"nl": "Verplicht. ", "en": "Required. "}[language] if column.required else ""
    expected = EXPECTED[column.kind][0 if language == "nl" else 1]
    cell.comment = Comment(f"{needed}{column.help(language)}\n({expected})", "Bundel", height=110, width=300)


def _choice(column: Column, language: str) -> DataValidation | None:
    """Return the drop-down of a column: fixed choices, or what stands on another sheet."""
    if column.kind in CHOICES:
        name, strict = str(column.kind), True
    elif column.refers:
        name, strict = column.refers.replace(".", "_"), False  # * and _office are typed
    else:
        return None
    validation = DataValidation(type="list", formula1=name, allow_blank=True, showErrorMessage=strict)
    validation.promptTitle = column.name(language)[:32]
    validation.prompt = column.help(language)[:255]
    validation.showInputMessage = True
    return validation


def _write_choices(book: Workbook, language: str) -> None:
    """Write the lists of the drop-downs on a hidden sheet, and give each a name."""
    page = book.create_sheet(_CHOICES[language])
    page.sheet_state = "hidden"
    for index, (kind, values) in enumerate(CHOICES.items(), 1):
        letter = get_column_letter(index)
        for number, value in enumerate((kind, *values[language]), 1):
            page.cell(number, index, value)
        _name(book, kind, f"{quote_sheetname(page.title)}!${letter}$2:${letter}${1 + len(values[language])}")
    for reference in sorted({column.refers for sheet in SHEETS for column in sheet.columns if column.refers}):
        key, _, field = reference.partition(".")
        letter = get_column_letter([column.key for column in BY_KEY[key].columns].index(field) + 1)
        sheet = quote_sheetname(BY_KEY[key].name(language))
        column = f"{sheet}!${letter}$2:${letter}${LAST_ROW}"
        # Up to the last filled row: a list with thousands of empty lines helps no one.
        _name(book, reference.replace(".", "_"), f"{sheet}!${letter}$2:INDEX({column},MAX(1,COUNTA({column})))")


def _name(book: Workbook, name: str, formula: str) -> None:
    book.defined_names[name] = DefinedName(name, attr_text=formula)


def _with_fixed_dates(buffer: BytesIO) -> bytes:
    packed = BytesIO()
    with ZipFile(buffer) as source, ZipFile(packed, "w", ZIP_STORED) as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + _DATE.isoformat().encode() + b"Z", content)
            entry = ZipInfo(part.filename, _ZIP_DATE)
            entry.create_system = 0  # the same on every system
            target.writestr(entry, content)
    return packed.getvalue()
