"""Where adopted templates stand: the folder, what a name may be, and writing one whole or not at all."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from generator.catalogue import FOLDER
from generator.disk import is_plain, refuse_links, told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def is_name(name: str) -> bool:
    """Tell whether a template can have this name: as a client's code, and no device of Windows."""
    return bool(_NAME.fullmatch(name)) and is_plain(name)


def folder_of(templates: Path, name: str) -> Path:
    """Return the folder of a template."""
    return templates / FOLDER / name


def present(templates: Path, name: str) -> dict[str, bytes]:
    """Return the files of a template as they stand, by path inside its folder; none where there is no template."""
    folder = folder_of(templates, name)
    with told(""):
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def write(templates: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write a template in the place of an older one of that name; stopped half-way, one of the two is whole.

    Raises ``Stop`` where the file system refuses, or a link stands in the way.
    """
    folder = folder_of(templates, name)
    fresh, old = (folder.with_name(f".{name}-{mark}") for mark in ("new", "old"))
    with told(""):
        refuse_links(templates.as_posix(), "", [f"{FOLDER}/{each}" for each in (name, fresh.name, old.name)])
        _finish(folder, fresh, old)
        for path, data in files.items():
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def _finish(folder: Path, fresh: Path, old: Path) -> None:
    """Clear away what a run that was stopped left behind; the older template comes back where the new one is not."""
    if old.exists() and not folder.exists():
        old.rename(folder)
    for path in (fresh, old):
        if path.exists():
            shutil.rmtree(path)
