"""The files of the preview: state beside the bundles, written whole and through no link."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from generator.disk import is_file, refuse_links, told

FOLDER = "preview"
STATE = f"{FOLDER}/state.json"
_DRAFT = ".new"


def write(out: Path, path: str, data: bytes, code: str = "") -> None:
    """Write a file below the output folder, whole or not at all; raise ``Stop`` where that can't be."""
    draft = f"{path}{_DRAFT}"
    with told(code):
        refuse_links(os.fspath(out), code, [path, draft])
        (out / draft).parent.mkdir(parents=True, exist_ok=True)
        (out / draft).write_bytes(data)
        (out / draft).replace(out / path)


def clear(out: Path, code: str, keep: set[str]) -> None:
    """Remove what an earlier preview left that this one does not have."""
    folder = f"{code}/{FOLDER}"
    with told(code):
        refuse_links(os.fspath(out), code, [folder])
        for path in (out / folder).iterdir():
            if path.name not in keep and path.suffix in {".svg", ".png", _DRAFT} and is_file(os.fspath(path)):
                path.unlink()


def load(path: Path) -> dict[str, Any]:
    """Return a JSON object from disk; empty where there is none, or something else, or a link."""
    if not is_file(os.fspath(path)):
        return {}
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
