"""Manifests as they stand on disk: which bundles there are, what was generated, and whether it is what should be there.

A bundle's ``manifest.json`` holds the hash of each file that was generated, so that a bundle that did not change costs
one small file to read, and a look at where its files are. What is read was written by a run, or by anybody since.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.commit import MANIFEST
from generator.disk import all_there, is_file, is_generated, is_link, is_plain, told
from generator.jsontext import parsed
from generator.lock import LOCK, STAGING
from generator.problems import Stop
from generator.shared import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TAKEN = frozenset({STAGING, LOCK, MANIFEST, ".gitignore", "index.html", "probe.html"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A bundle on disk that is whole: how many files were generated, the hash of its manifest, and of its input."""

    files: int
    hash: str
    spec_hash: str


def bundles(out: Path) -> dict[str, str]:
    """Return the bundles that the output's manifest names: client code → hash of its manifest, as last written."""
    named = document_of(out / MANIFEST, "").get("bundles")
    entries = [entry for entry in named if isinstance(entry, dict)] if isinstance(named, list) else []
    pairs = {str(entry.get("client")): str(entry.get("hash", "")) for entry in entries}
    return {code: value for code, value in pairs.items() if is_code(code)}


def previous(out: Path, code: str) -> dict[str, Any]:
    """Return the manifest of a bundle as it stands on disk; empty where there is none that a run can have written.

    Paths in it that no run has written, since they lead elsewhere, are left out.
    """
    document = {} if is_link(f"{out}/{code}") else document_of(out / code / MANIFEST, code)
    if not _is_shaped(document):
        return {}
    files = {path: known for path, known in document["files"].items() if is_generated(path) and isinstance(known, str)}
    return document | {"files": files}


def standing(out: Path, code: str) -> Standing | None:
    """Return a bundle that is whole on disk, whatever it was made from.

    None where there is none, or it lacks a file, or a link stands where one of its files should.
    """
    try:
        data = b"" if is_link(f"{out}/{code}") else _data(f"{out}/{code}/{MANIFEST}", code)
    except Stop:
        return None  # and ``compare`` tells why
    document = _parsed(data)
    if not _is_shaped(document) or not all_there(f"{out}/{code}", document["files"]):
        return None
    return Standing(len(document["files"]), sha256(data), str(document.get("spec_hash")))


def all_standing(out: Path, codes: Sequence[str]) -> list[Standing | None]:
    """Return what ``standing`` does for each code."""
    return [standing(out, code) for code in codes]


def is_code(code: str) -> bool:
    """Tell whether a text can be the name of a bundle's folder."""
    return "/" not in code and is_plain(code) and code.casefold() not in _TAKEN


def _is_shaped(document: Mapping[str, Any]) -> bool:
    """Tell whether a bundle's manifest has the types that a run gives it, where it has a key at all."""
    reports = document.get("reports", [])
    divisions = document.get("divisions", [])
    return (
        isinstance(document.get("files"), dict)
        and isinstance(document.get("url", ""), str)
        and isinstance(divisions, list)
        and all(isinstance(division, int | str) for division in divisions)
        and isinstance(reports, list)
        and all(isinstance(report, dict) and isinstance(report.get("name"), str) for report in reports)
        and all(_is_names(report.get(key, [])) for report in reports for key in ("pages", "tables", "measures"))
    )


def _is_names(listed: Any) -> bool:  # noqa: ANN401  whatever stands in the file
    """Tell whether a value is a list of names."""
    return isinstance(listed, list) and all(isinstance(name, str) for name in listed)


def document_of(path: Path, code: str) -> dict[str, Any]:
    """Return a JSON object from disk; empty where there is none, or something else, or a link."""
    return _parsed(_data(os.fspath(path), code))


def _data(path: str, code: str) -> bytes:
    """Return a file; empty where there is none, or a link."""
    if not is_file(path):
        return b""
    with told(code):
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:
            return b""


def _parsed(data: bytes) -> dict[str, Any]:
    """Return a JSON object; empty where it is something else."""
    try:
        document = parsed(data)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
