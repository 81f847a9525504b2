"""A copy of each workbook with problems: its cells red with a note, and a sheet that lists and links them."""

from __future__ import annotations

from collections import defaultdict
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as WorkbookCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from generator.problems import Cell, Problem, visible
from generator.spec.guard import guard
from generator.spec.sheets import PROBLEMS
from generator.spec.workbook import workbooks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openpyxl import Workbook

_FILL = {"error": PatternFill("solid", fgColor="F4B6B1"), "warning": PatternFill("solid", fgColor="FBE3B5")}
_WORDS = {
    "nl": {"heads": ("Blad", "Cel", "Code", "Ernst", "Probleem", "Wat te doen"), "error": "fout", "warning": "let op"},
    "en": {
        "heads": ("Sheet", "Cell", "Code", "Severity", "Problem", "What to do"),
        "error": "error",
        "warning": "warning",
    },
}
_WIDTHS = (18, 8, 8, 10, 60, 70)


class Marked(NamedTuple):
    """The copies that were written, and a problem for each workbook that openpyxl can't copy."""

    copies: tuple[Path, ...]
    problems: tuple[Problem, ...]


def write_marked(source: Path, folder: Path, problems: Iterable[Problem], language: str) -> Marked:
    """Write a marked copy of each workbook that has problems into a folder.

    A workbook that could not be read gets no copy.
    """
    per_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.cell:
            per_file[problem.cell.file].append(problem)
    copies: list[Path] = []
    failed: list[Problem] = []
    for path in workbooks(source):
        if path.name not in per_file or isinstance(guard(path), Problem):
            continue
        try:
            copy = _copy(path, per_file[path.name], language)
        except Exception as error:  # noqa: BLE001  openpyxl is stricter than Excel, and no copy is worth the list
            failed.append(Problem("B069", Cell(path.name), {"reason": type(error).__name__}))
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path.name).write_bytes(copy)
        copies.append(folder / path.name)
    return Marked(tuple(copies), tuple(failed))


def _copy(path: Path, problems: Sequence[Problem], language: str) -> bytes:
    book = load_workbook(path)
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if isinstance(cell, WorkbookCell) and isinstance(cell.value, str) and _is_illegal(cell.value):
                    cell.value = _legal(cell.value)
    _mark(book, problems, language)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _is_illegal(text: str) -> bool:
    return not text.isprintable() and text != _legal(text)


def _legal(text: str) -> str:
    """Return a text without what XML can't hold."""
    kept = ILLEGAL_CHARACTERS_RE.sub("", text).encode("utf-8", "ignore").decode("utf-8")
    return kept.replace("\ufffe", "").replace("\uffff", "")


def _mark(book: Workbook, problems: Sequence[Problem], language: str) -> None:
    for problem in problems:
        place = problem.cell
        if place is None or not place.address or place.sheet not in book.sheetnames:
            continue
        cell = book[place.sheet][place.address]
        if not isinstance(cell, WorkbookCell):
            continue  # inside a merged area: the first cell of it has the problem
        cell.fill = _FILL[problem.severity]
        note = f"{problem.code} {_note(problem, language)}"
        earlier = f"{_legal(cell.comment.text)}\n\n" if cell.comment else ""
        cell.comment = Comment(earlier + note, "Bundel", height=160, width=340)
    _list(book, problems, language)


def _note(problem: Problem, language: str) -> str:
    return "\n".join(filter(None, (problem.text("message", language), problem.text("hint", language))))


def _list(book: Workbook, problems: Sequence[Problem], language: str) -> None:
    """Write the sheet of problems as the first one, each row linked to its cell."""
    title = PROBLEMS[language]
    if title in book.sheetnames:
        del book[title]
    page = book.create_sheet(title, 0)
    page.freeze_panes = "A2"
    for index, (head, width) in enumerate(zip(_WORDS[language]["heads"], _WIDTHS, strict=True), 1):
        page.cell(1, index, head).font = Font(bold=True)
        page.column_dimensions[page.cell(1, index).column_letter].width = width
    for row, problem in enumerate(problems, 2):
        place = problem.cell
        sheet, address = (place.sheet, place.address) if place else ("", "")
        severity = str(_WORDS[language][problem.severity])
        texts = (problem.text("message", language), problem.text("hint", language))
        for index, value in enumerate((visible(sheet), address, problem.code, severity, *texts), 1):
            cell = page.cell(row, index)
            cell.value = value
            cell.data_type = "s"  # a text, even where it begins with =
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if address and sheet in book.sheetnames:
            link = page.cell(row, 2)
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"{quote_sheetname(sheet)}!{address}")
            link.font = Font(color="0B6E99", underline="single")
    book.active = 0
