"""The output folder: what would change there, and changing it; bundles are compared by their hashes.

State (previews, what was published, Desktop's own caches) is nobody's to write here, and stays. The manifest of the
output folder itself names the bundles; a folder that it does not name is never removed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from generator import commit as commits
from generator.commit import MANIFEST
from generator.disk import (
    PUBLISHED,
    digest,
    is_file,
    is_generated,
    is_link,
    is_plain,
    is_state,
    link_among,
    patiently,
    refuse_links,
    told,
    walk,
)
from generator.jsontext import written
from generator.lock import STAGING, locked
from generator.manifests import bundles, is_code, previous
from generator.problems import Cell, Problem, Stop
from generator.shared import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Files = Mapping[str, bytes]
"""The files of a bundle: path inside the bundle's folder, with ``/``, → bytes."""

__all__ = ["Change", "Files", "commit", "compare", "locked", "manifest"]

_IGNORED = """\
# State of one computer. The bundles themselves may be kept in version control.
.bundel/
.pbi/
preview/
_sandbox/
/index.html
/probe.html
"""
_DRAFTS = frozenset({f"{MANIFEST}.new", ".gitignore.new"})


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between a bundle on disk and the one that should be there, path by path, the manifest left out.

    ``status`` is ``created``, ``changed``, ``unchanged`` or ``removed``; ``edited`` names the files among the others
    that hold something that was not generated: changed by hand, or in the way of a new file.
    """

    code: str
    status: str
    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[Problem, ...]:
        """Return the warnings for hand-edited files that are left alone."""
        return tuple(_problem("B107", self.code, path) for path in self.edited)


def manifest(document: Mapping[str, Any], files: Files) -> bytes:
    """Return a bundle's ``manifest.json``: the document, with the SHA-256 of each file before its ``spec_hash``."""
    hashes = {path: sha256(files[path]) for path in sorted(files) if path != MANIFEST}
    head = {key: value for key, value in document.items() if key != "spec_hash"}
    return written(head | {"files": hashes, "spec_hash": document["spec_hash"]})


def compare(out: Path, code: str, files: Files, *, force: bool = False) -> Change:
    """Compare a bundle with the one on disk; only files that would be overwritten or removed are read.

    ``files`` includes the manifest. Raises ``ValueError`` on a path that leads outside the bundle, is state, or is
    no file name on Windows, and ``Stop`` with B105 where a link stands on the way to a file.
    """
    _check(code, files)
    new = {path: sha256(files[path]) for path in sorted(files) if path != MANIFEST}
    if not os.path.lexists(f"{out}/{code}"):
        return Change(code, "created", tuple(new))
    with told(code):
        there = previous(out, code)
        refuse_links(os.fspath(out), code, _under(code, {**files, **there.get("files", {})}))
        old: dict[str, str] = there.get("files", {})
        gone = _missing(out, code, old) if there else set()
        created = [path for path in new if path not in old or path in gone]
        changed = [path for path in new if path in old and path not in gone and (force or old[path] != new[path])]
        removed = [path for path in old if path not in new and path not in gone]
        folder = os.fspath(out / code)
        folded = {path.casefold(): known for path, known in old.items()}  # where only case changed, one file for some
        touched = {path: (folded.get(path.casefold()), new.get(path)) for path in (*created, *changed, *removed)}
        edited = [path for path, known in touched.items() if digest(f"{folder}/{path}") not in {"", *known}]
    status = "created" if not there else "changed" if touched else "unchanged"
    return Change(code, status, tuple(created), tuple(changed), tuple(removed), tuple(edited))


def stored(out: Path, code: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a bundle as they stand on disk, and which of them hold something that was not generated.

    Raises ``Stop`` with B105 where a link stands on the way to a file.
    """
    with told(code):
        known: dict[str, str] = previous(out, code).get("files", {})
        refuse_links(os.fspath(out), code, _under(code, known))
        there = {path: out / code / path for path in known if is_file(f"{out}/{code}/{path}")}
        files = {path: file.read_bytes() for path, file in there.items()}
    edited = (path for path, data in files.items() if hashlib.sha256(data).hexdigest() != known[path])
    return files, tuple(edited)


def commit(
    out: Path,
    files: Files,
    change: Change,
    *,
    overwrite: bool = False,
    step: Callable[[], None] = lambda: None,
) -> None:
    """Write what ``compare`` found, all of it or nothing; hand-edited files only with ``overwrite``.

    A file that is left alone keeps its old hash in the manifest, and so is found again by the next run. Raises
    ``Stop`` where the disk is full, the folder read-only or a file open in another program; the old bundle is then
    whole.
    """
    skipped = () if overwrite else change.edited
    with told(change.code):
        old = previous(out, change.code)
        head = _keeping(files[MANIFEST], old.get("files", {}), skipped) if skipped else files[MANIFEST]
        write = {path: files[path] for path in (*change.created, *change.changed) if path not in skipped}
        remove = [path for path in change.removed if path not in skipped]
        path = out / change.code / MANIFEST
        refuse_links(os.fspath(out), change.code, [f"{change.code}/{MANIFEST}"])
        if write or remove or not path.is_file() or path.read_bytes() != head:
            commits.apply(commits.place(out, change.code, step), write | {MANIFEST: head}, remove)


def remove(out: Path, code: str, *, state: bool = False, step: Callable[[], None] = lambda: None) -> Change:
    """Remove a bundle that the output's manifest names: what was generated, and what was drawn of it.

    What was published stays on record, unless ``state``; a file that is not Bundel's stays, and its folder with it.
    Raises ``ValueError`` on a bundle that the manifest does not name, and ``Stop`` as ``commit`` does.
    """
    if code not in bundles(out):
        raise ValueError(f"not a bundle of this output folder: {code!r}")
    folder = out / code
    with told(code):
        generated = [*previous(out, code).get("files", {}), MANIFEST]
        refuse_links(os.fspath(out), code, _under(code, generated))
        inside = [path for path in walk(folder) if is_state(path) and is_plain(path)]
        inside = [path for path in inside if state or path != PUBLISHED]
        paths = [path for path in (*generated, *inside) if is_file(f"{folder}/{path}")]
        if paths:
            commits.apply(commits.place(out, code, step), {}, paths)
    return Change(code, "removed", removed=tuple(paths))


def removable(out: Path, codes: Iterable[str]) -> tuple[str, ...]:
    """Return the bundles on disk that belong to none of the codes, in order.

    Where only the case of a code has changed, Windows and macOS see one folder: that is no bundle to remove.
    """
    kept = set(codes)
    wanted = {code.casefold(): code for code in kept}
    with told(""):
        return tuple(
            code
            for code in bundles(out)
            if code not in kept
            and (out / code / MANIFEST).is_file()
            and not _renamed(out, code, wanted.get(code.casefold()))
        )


def enrol(out: Path, version: str, codes: Iterable[str]) -> None:
    """Name bundles in the output's manifest before they are made, so that none is ever there without a name."""
    there = bundles(out)
    if new := {code: "" for code in codes if code not in there}:
        folded = {code.casefold(): code for code in new}
        kept = {code: seal for code, seal in there.items() if not _renamed(out, code, folded.get(code.casefold()))}
        _write_root(out, version, kept | new)


def seal(out: Path, version: str, seen: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write the output's manifest after a run: the bundles that are there, each with the hash of its own manifest.

    ``seen`` are hashes that this run has taken already, by code, of bundles that it left as they were.
    """
    with told(""):
        there = [code for code in bundles(out) if (out / code).is_dir()]
        hashes = {code: seen.get(code) or _hash_of(out, code) for code in there}
    _write_root(out, version, hashes)


def recover(out: Path) -> tuple[Problem, ...]:
    """Finish or undo what a killed run has left, at the start of every command; return what could not be mended yet.

    Where another run is busy there is nothing to recover. One bundle that can't be mended keeps no other from it.
    """
    if not os.path.lexists(out / STAGING):
        return ()
    try:
        with held(out, wait=0) as problems:
            return problems
    except Stop as stop:
        return tuple(problem for problem in stop.problems if problem.code != "B100")


@contextmanager
def held(out: Path, wait: float = 5.0) -> Iterator[tuple[Problem, ...]]:
    """Hold an output folder as ``locked`` does, and recover what is in it: who held it before may have been killed."""
    with locked(out, wait):
        problems: list[Problem] = []
        with told(""):
            for stage in sorted((out / STAGING).iterdir()):
                try:
                    _recover_one(out, stage)
                except Stop as stop:
                    problems += stop.problems
        yield tuple(problems)


def verify(out: Path) -> tuple[Problem, ...]:
    """Hash every file of every bundle: what was changed, is missing, or was put there by someone else."""
    problems: list[Problem] = []
    for code, sealed in bundles(out).items():
        with told(code):
            there = set(walk(out / code))
            hashes = {**previous(out, code).get("files", {}), MANIFEST: sealed} if sealed else {}
            if link := link_among(os.fspath(out), _under(code, hashes or [MANIFEST])):
                problems.append(Problem("B105", Cell(link), {"path": link}, code))
                continue
            problems += [_problem("B110", code, path) for path in hashes if path not in there]
            problems += [
                _problem("B111", code, path)
                for path, expected in hashes.items()
                if path in there and digest(f"{out}/{code}/{path}") != expected
            ]
            problems += [_problem("B112", code, path) for path in sorted(there - hashes.keys()) if not is_state(path)]
    return tuple(problems)


def _hash_of(out: Path, code: str) -> str:
    """Return the hash of a bundle's manifest; empty where there is none, or a link."""
    return "" if is_link(f"{out}/{code}") else digest(f"{out}/{code}/{MANIFEST}")


def _recover_one(out: Path, stage: Path) -> None:
    """Recover one entry of the staging folder: a bundle, or a draft of the output's manifest or of a record."""
    if (stage.name in _DRAFTS or stage.name.startswith(f"{PUBLISHED}.")) and not stage.is_dir():
        stage.unlink()
    elif is_link(os.fspath(stage)) or stage.is_dir():
        if not is_code(stage.name):
            raise commits.damaged(stage.name)
        with told(stage.name):
            commits.recover(commits.place(out, stage.name))


def _keeping(head: bytes, old: Mapping[str, str], skipped: Iterable[str]) -> bytes:
    """Return a manifest in which skipped files have their old hashes, and that no run takes for up to date."""
    document = json.loads(head)
    hashes = {path: value for path, value in document["files"].items() if path not in skipped}
    hashes |= {path: old[path] for path in skipped if path in old}
    return written(document | {"files": dict(sorted(hashes.items())), "spec_hash": ""})


def _write_root(out: Path, version: str, hashes: Mapping[str, str]) -> None:
    """Write the output's manifest and ``.gitignore``, where they differ from what is there."""
    entries = [{"client": code, "path": code, "hash": hashes[code]} for code in sorted(hashes)]
    document = {"tool": {"name": "bundel", "version": version}, "bundles": entries}
    with told(""):
        for name, data in ((MANIFEST, written(document)), (".gitignore", _IGNORED.encode())):
            target = out / name
            if not is_file(os.fspath(target)) or target.read_bytes() != data:
                draft = out / STAGING / f"{name}.new"
                refuse_links(os.fspath(out), "", [f"{STAGING}/{name}.new"])
                draft.parent.mkdir(parents=True, exist_ok=True)
                draft.write_bytes(data)
                patiently(partial(draft.replace, target))


def _check(code: str, files: Files) -> None:
    """Refuse a code or a path that is not a plain name on every system, or that belongs to somebody else."""
    if not is_code(code):
        raise ValueError(f"not the name of a bundle: {code!r}")
    for path in files:
        if not is_generated(path):
            raise ValueError(f"not a path for a generated file: {path!r}")
    if len({path.casefold() for path in files}) < len(files):
        raise ValueError(f"two files of bundle {code!r} whose paths differ only in case")


def _under(code: str, paths: Iterable[str]) -> list[str]:
    """Return paths of a bundle as they are seen from the output folder."""
    return [f"{code}/{path}" for path in paths]


def _missing(out: Path, code: str, paths: Iterable[str]) -> set[str]:
    """Return the paths at which there is no file."""
    folder = os.fspath(out / code)
    return {path for path in paths if not os.path.exists(f"{folder}/{path}")}  # noqa: PTH110  200 files a bundle


def _renamed(out: Path, code: str, other: str | None) -> bool:
    """Tell whether a bundle is one folder with another code, which differs in case only.

    Not every file system that takes any case tells that two names are one; none lists both.
    """
    if other is None or not (out / other).exists():
        return False
    return (out / code).samefile(out / other) or not {code, other} <= {path.name for path in out.iterdir()}


def _problem(code: str, client: str, path: str) -> Problem:
    """Return a problem of a file in a bundle."""
    return Problem(code, Cell(f"{client}/{path}"), {"path": path}, client)
