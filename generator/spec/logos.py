"""The files that *Logo* names: found beside the workbook and nowhere else, read within bounds, known as pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.problems import Problem
from generator.spec.pictures import LARGEST, WIDEST, NoPictureError, Picture, picture
from generator.spec.values import clip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.spec.records import ClientRow, Office, Spec

_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|[\x00-\x1f:]")

Logos = dict[str, Picture]
"""What stands in the cell → the picture."""

Wrong = tuple[str, "Mapping[str, str]"]
"""The code of a problem and its values."""


def read_logos(spec: Spec, source: Path) -> tuple[Logos, tuple[Problem, ...]]:
    """Return the logos that the office and its active clients name, and what is wrong with the others, at their cell.

    ``source`` is the folder of the workbooks, or the one workbook. Each file is read once.
    """
    folder = source if source.is_dir() else source.parent
    found: dict[str, Picture | Wrong] = {}
    problems = []
    for row in (spec.office, *(client for client in spec.clients if client.active is not False)):
        if row is None or not row.logo:
            continue
        if row.logo not in found:
            found[row.logo] = _read(folder, row.logo)
        known = found[row.logo]
        if not isinstance(known, Picture):
            code, values = known
            problems.append(Problem(code, row.where("logo"), {"value": clip(row.logo), **values}, _owner(row)))
    return {text: known for text, known in found.items() if isinstance(known, Picture)}, tuple(problems)


def _owner(row: Office | ClientRow) -> str:
    return str(getattr(row, "code", ""))


def _read(folder: Path, text: str) -> Picture | Wrong:
    """Return a picture, or what is wrong with it; no message tells where the folder is."""
    if _OUTSIDE.search(text):
        return "B143", {}
    path = folder / text.replace("\\", "/")
    try:
        if not path.is_file():  # not there, or a folder, or a device that would be read for ever
            return "B142", {}
        if not path.resolve().is_relative_to(folder.resolve()):  # a link leads out
            return "B143", {}
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        return _known(data, path.stat().st_size)
    except (OSError, ValueError, RuntimeError) as error:  # not allowed, no name of a file, links in a circle
        return "B146", {"reason": getattr(error, "strerror", None) or type(error).__name__}


def _known(data: bytes, length: int) -> Picture | Wrong:
    if len(data) > LARGEST:
        return "B145", _size(f"{length / 1_000_000:.1f} MB")
    try:
        known = picture(data)
    except NoPictureError:
        return "B144", {}
    if max(known.width, known.height) > WIDEST:
        return "B145", _size(f"{known.width} x {known.height}")
    return known


def _size(size: str) -> dict[str, str]:
    return {"size": size, "bytes": str(LARGEST // 1_000_000), "pixels": str(WIDEST)}
