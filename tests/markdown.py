"""A workbook written as Markdown tables: ``## Sheet``, then a table; its first row is row 1 of the sheet.

A cell is text as it stands; in backquotes it is a value of Excel's own: a number, true or false, a date, a time, a
percentage, a formula. An empty line between tables starts no new sheet, ``## `` does.
"""

from __future__ import annotations

import datetime as dt
import re
from textwrap import dedent
from typing import TYPE_CHECKING

from openpyxl import Workbook

from generator.spec import rules, workbook

if TYPE_CHECKING:
    from pathlib import Path

    from generator.problems import Problem

OFFICE = """
## Kantoor
| Naam | Taal |
| Van Dam | nl |
"""
CLIENTS = """
## Klanten
| Code | Naam | URL |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 |
| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |
"""
DIVISIONS = """
## Administraties
| Klant | Code |
| bakker | `710001` |
| oneill | `750001` |
"""
BASE = OFFICE + CLIENTS + DIVISIONS


def book(tables: str) -> Workbook:
    """Return the workbook that the tables describe."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for part in re.split(r"^## ", dedent(tables), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        page = made.create_sheet(title.rstrip("\n"))
        rows = [line for line in body.splitlines() if line.startswith("|")]
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(re.split(r"(?<!\\)\|", row.strip())[1:-1], 1):
                _fill(page.cell(number, column), cell.removeprefix(" ").removesuffix(" ").replace(r"\|", "|"))
    return made


def _fill(cell, text: str) -> None:
    if text.startswith("`") and text.endswith("`"):
        cell.value = _value(text.strip("`"))
        if text.strip("`").endswith("%"):
            cell.number_format = "0%"
    elif text:
        cell.value = text.replace("\\n", "\n")
        cell.data_type = "s"  # openpyxl makes a formula of what begins with =


def _value(text: str):
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return dt.date.fromisoformat(text)
    if re.fullmatch(r"\d\d:\d\d", text):
        return dt.time.fromisoformat(text)
    if text.endswith("%"):
        return float(text[:-1]) / 100
    return text if text.startswith("=") else float(text) if "." in text else int(text)


def save(folder: Path, tables: str, name: str = "kantoor.xlsx") -> Path:
    """Write the tables as a workbook and return its path."""
    path = folder / name
    book(tables).save(path)
    return path


def read(source: Path):
    """Return the spec and all problems, of reading and of the rules."""
    spec, problems = workbook.read(source)
    return spec, [*problems, *rules.check(spec)]


def found(problems: list[Problem]) -> list[str]:
    """Return problems as ``B012 Klanten!D7``, after seeing that each can be written in both languages."""
    for problem in problems:
        for language in ("nl", "en"):
            document = problem.document(language)
            assert all(isinstance(value, str) for value in document.values())
            assert document["message"]
            assert document["hint"] or problem.severity == "warning"
    return sorted(f"{problem.code} {problem.cell or ''}".strip() for problem in problems)


def slips(folder: Path, tables: str) -> list[str]:
    """Return the problems of one workbook."""
    return found(read(save(folder, tables))[1])
