"""Problems and summaries as text: places, codes and remedies, readable on a narrow terminal too."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from generator.problems import Cell, visible
from generator.spec.sheets import SHEETS, find_sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from generator.problems import Problem

SEVERITY = {
    "nl": {"error": "fout", "warning": "let op"},
    "en": {"error": "error", "warning": "warning"},
}
_NARROWEST = 40


def count(number: int, one_nl: str, many_nl: str, one_en: str, many_en: str, language: str) -> str:
    """Return a number with its word: ``1 fout``, ``2 fouten``."""
    one, many = (one_nl, many_nl) if language == "nl" else (one_en, many_en)
    return f"{number} {one if number == 1 else many}"


def tally(problems: Sequence[Problem], language: str) -> str:
    """Return how many errors and warnings there are: ``2 fouten, 1 let op``."""
    errors = sum(problem.is_error for problem in problems)
    warnings = len(problems) - errors
    parts = [count(errors, "fout", "fouten", "error", "errors", language)] if errors else []
    parts += [count(warnings, "let op", "let op", "warning", "warnings", language)] if warnings else []
    return ", ".join(parts)


def problem_lines(problems: Iterable[Problem], language: str, width: int | None = None) -> list[str]:
    """Return problems per file, with the places in a column and the remedy on its own line."""
    lines: list[str] = []
    for file, group in groupby(in_order(problems), key=lambda problem: problem.cell.file if problem.cell else ""):
        members = list(group)
        if file:
            lines.append(visible(file))
        places = [str(problem.cell) if problem.cell and problem.cell.sheet else "" for problem in members]
        column = max(map(len, places))
        column = column if width is None or column < width // 3 else 0
        for place, problem in zip(places, members, strict=True):
            lines += _problem(problem, f"{place:{column}} " if place or column else "", language, width)
    return lines


def _problem(problem: Problem, place: str, language: str, width: int | None) -> list[str]:
    severity = SEVERITY[language][problem.severity]
    head = f"  {place}{problem.code} {severity}: {problem.text('message', language)}"
    indent = " " * (2 + len(place)) if width is None or 3 * len(place) < width else "    "
    hint = problem.text("hint", language)
    lines = wrap(head, indent, width)
    return lines + wrap(f"{indent}→ {hint}", f"{indent}  ", width) if hint else lines


def wrap(text: str, indent: str, width: int | None) -> list[str]:
    """Return a text as lines of a width, each but the first with an indent; whole where there is no width."""
    if width is None:
        return [text]
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [
        text
    ]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems in reading order: file, sheet, row, column; equal ones once."""
    unique = {json.dumps(problem.document("nl"), sort_keys=True): problem for problem in problems}
    return sorted(unique.values(), key=_reading_order)


def _reading_order(problem: Problem) -> tuple[str, int, str, int, int, str, str]:
    cell = problem.cell or Cell("")
    sheet = find_sheet(cell.sheet)
    letters = cell.address.rstrip("0123456789")
    row = int(cell.address[len(letters) :] or 0)
    place = SHEETS.index(sheet) if sheet else -1
    return cell.file, place, cell.sheet, row, len(letters), letters, problem.code


def terminal_width() -> int | None:
    """Return the width to wrap at, or None where no one looks: lines stay whole in a file or a pipe."""
    return max(_NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def say(lines: Iterable[str] | str, *, err: bool = False) -> None:
    """Print lines of text; names in them do nothing to a terminal."""
    click.echo(visible(lines if isinstance(lines, str) else "\n".join(lines)), err=err)


def of_clients(problems: Iterable[Problem], clients: Collection[str]) -> list[Problem]:
    """Return the problems of clients and those of nobody: who asks for one client gets no word of another's.

    All of them where no client was asked for.
    """
    asked = {"", *(client.casefold() for client in clients)}
    return [problem for problem in problems if not clients or problem.client.casefold() in asked]


def say_json(document: dict[str, Any], problems: Iterable[Problem], language: str) -> None:
    """Print the one JSON document of a command, with its problems counted."""
    listed = in_order(problems)
    errors = sum(problem.is_error for problem in listed)
    counted = {
        "problems": [problem.document(language) for problem in listed],
        "errors": errors,
        "warnings": len(listed) - errors,
    }
    click.echo(visible(json.dumps(document | counted, ensure_ascii=False, indent=2)))
