"""Files into a bundle's folder: all of them or none, also when the process is killed half-way.

No file system swaps a folder portably, and Windows renames nothing that is open. So each new file is made ready in a
staging folder on the same disk, a journal says what is to happen, and the files are then moved one by one: the old one
out to the staging folder, the new one in. Who finds a journal can finish it or undo it, whichever of the two works.

Paths are texts here: with ``pathlib`` putting two together takes longer than the system call that follows.
"""

# ruff: noqa: PTH102, PTH103, PTH105, PTH106, PTH108, PTH110, PTH112, PTH113, PTH119, PTH120, PTH123, PTH208

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from generator.disk import digest, is_file, is_generated, is_plain, patiently, refuse_links, told
from generator.lock import STAGING
from generator.problems import Cell, Problem, Stop
from generator.shared import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

MANIFEST = "manifest.json"

_SHA256 = re.compile("[0-9a-f]{64}")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def _nothing() -> None:
    """Do nothing: the step of a run that no test looks at."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bundle's folder and the staging folder of its next version; ``step`` is called before each change on disk."""

    folder: str
    stage: str
    step: Callable[[], None] = _nothing

    @property
    def code(self) -> str:
        """Return the client's code, which is the name of the folder."""
        return os.path.basename(self.folder)

    @property
    def new(self) -> str:
        """Return the folder of the files that are ready to be moved in."""
        return f"{self.stage}/new"

    @property
    def old(self) -> str:
        """Return the folder of the files that were moved out."""
        return f"{self.stage}/old"

    @property
    def journal(self) -> str:
        """Return the file that says what is going on, while it is."""
        return f"{self.stage}/journal.json"

    def refuse_links(self, paths: Iterable[str]) -> None:
        """Raise ``Stop`` with B105 where a link stands on the way to paths of the bundle, or to their staging."""
        staged = f"{STAGING}/{self.code}"
        ways = [f"{self.code}/{path}" for path in paths] if os.path.lexists(self.folder) else []
        ways += [f"{staged}/journal.json", f"{staged}/journal.new"]
        if os.path.isdir(self.stage):
            ways += [f"{staged}/{half}/{path}" for path in paths for half in ("new", "old")]
        refuse_links(os.path.dirname(self.folder), self.code, ways)


@dataclass(frozen=True, slots=True)
class Journal:
    """What is to happen: files to move out for good, files to move in with the SHA-256 of each, or all of it undone."""

    remove: list[str] = field(default_factory=list)
    write: dict[str, str] = field(default_factory=dict)
    undo: bool = False


def place(out: Path, code: str, step: Callable[[], None] = _nothing) -> Place:
    """Return the folders of a client's bundle."""
    return Place(f"{out}/{code}", f"{out}/{STAGING}/{code}", step)


def apply(where: Place, write: Mapping[str, bytes], remove: Iterable[str] = ()) -> None:
    """Write files and remove others, the manifest last; whatever goes wrong, the folder is then as it was.

    Raises ``Stop`` with the problem of the file system, and whatever ended the run.
    """
    with told(where.code):
        recover(where)
        where.refuse_links([*write, *(remove := list(remove))])
        try:
            _make_ready(where, write)
            if os.path.exists(where.folder):
                # By name, the manifest last: a folder without its newest manifest is never taken for finished.
                order = sorted(write, key=lambda path: (path == MANIFEST, path))
                hashes = {path: sha256(write[path]) for path in order}
                journal = Journal(sorted(remove, key=lambda path: (path == MANIFEST, path)), hashes)
                _note(where, journal)
                _forward(where, journal)
            elif write:
                _move(where, where.new, where.folder)
        except BaseException:
            _undo(where)
            raise
        _clear(where)


def recover(where: Place) -> None:
    """Finish what a killed run began on a bundle, or undo it where that can't be; nothing to do is the usual case.

    Raises ``Stop`` with B106 where a file is held open, so that neither can be; with B105 or B109, and then touches
    nothing, where a link or the journal would lead it astray.
    """
    where.refuse_links(())
    if not os.path.lexists(where.stage):
        return
    journal = _noted(where)
    if journal:
        where.refuse_links([*journal.write, *journal.remove])
    if journal and not journal.undo and _complete(where, journal):
        with suppress(OSError):
            _forward(where, journal)
            _clear(where)
            return
    _undo(where)


def _make_ready(where: Place, write: Mapping[str, bytes]) -> None:
    """Write the new files into the staging folder, in folders as they will stand in the bundle."""
    os.makedirs(where.new, exist_ok=True)
    made = {""}
    root = where.new
    for path, data in write.items():
        where.step()
        folder = path.rpartition("/")[0]
        if folder not in made:
            _make_folder(root, folder, made)
        _write(f"{root}/{path}", data)


def _make_folder(root: str, folder: str, made: set[str]) -> None:
    """Make a folder and those above it, up to one that was made already."""
    above = folder.rpartition("/")[0]
    if above not in made:
        _make_folder(root, above, made)
    made.add(folder)
    with suppress(FileExistsError):
        os.mkdir(f"{root}/{folder}")


def _write(path: str, data: bytes) -> None:
    """Write a new file with as few calls of the system as that takes; a bundle has hundreds."""
    descriptor = os.open(path, _NEW_FILE, 0o666)
    try:
        written = os.write(descriptor, data)
        while written < len(data):  # a disk that fills up takes a part, and tells only when it is asked again
            written += os.write(descriptor, data[written:])
    finally:
        os.close(descriptor)


def _forward(where: Place, journal: Journal) -> None:
    """Move old files out and new ones in; what was done already by a run before this one is passed over."""
    # Removals first: where a name changed in its case only, Windows and macOS take old and new for one file.
    for path in journal.remove:
        _move_out(where, path)
    _prune(where, _inside(journal.remove, journal.write))
    for path in journal.write:
        if os.path.isfile(new := f"{where.new}/{path}"):
            _move_out(where, path)
            _move(where, new, f"{where.folder}/{path}")
    _prune(where, journal.remove)  # no sooner: on a full disk, a folder that is gone can't be made again to undo this


def _undo(where: Place) -> None:
    """Put a bundle back as it was before the journal was written, and clear the staging folder.

    Each move is undone by its opposite, so that an undoing that is cut off can be undone again.
    """
    journal = _noted(where)
    try:
        if journal:
            with suppress(OSError):  # a full disk: whole is what either way ends in, whichever is taken next
                _note(where, replace(journal, undo=True))
            for path in reversed(journal.write):
                if not os.path.isfile(new := f"{where.new}/{path}") and os.path.isfile(f"{where.folder}/{path}"):
                    _move(where, f"{where.folder}/{path}", new)
            # Removals first: else a name that changed in its case only would keep the new case on Windows and macOS.
            back = [*reversed(journal.remove), *reversed(journal.write)]
            _prune(where, _inside(journal.write, back))
            for path in back:
                _move_back(where, path)
            _prune(where, journal.write)
    except OSError as error:
        raise Stop([Problem("B106", values={"reason": str(error)}, client=where.code)]) from error
    _clear(where)


def _move_out(where: Place, path: str) -> None:
    """Move a file of the bundle to the staging folder, if it is there and was not moved before; never a folder."""
    if os.path.isfile(f"{where.folder}/{path}") and not os.path.isfile(f"{where.old}/{path}"):
        _move(where, f"{where.folder}/{path}", f"{where.old}/{path}")


def _move_back(where: Place, path: str) -> None:
    """Move a file from the staging folder back into the bundle, if it is there."""
    if os.path.isfile(f"{where.old}/{path}"):
        _move(where, f"{where.old}/{path}", f"{where.folder}/{path}")


def _move(where: Place, source: str, target: str) -> None:
    """Rename a file on the same disk, over one that is there; wait a little where another program holds it."""
    patiently(lambda: _rename(where, source, target))


def _rename(where: Place, source: str, target: str) -> None:
    """Rename a file, and make the folder that it goes to where that is not there."""
    where.step()
    try:
        os.replace(source, target)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        where.step()
        os.replace(source, target)


def _inside(paths: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the paths in a folder that bears the name of a file, and so is in its way."""
    names = {file.casefold() for file in files}
    above = ((path, accumulate(path.casefold().split("/")[:-1], "{}/{}".format)) for path in paths)
    return [path for path, folders in above if not names.isdisjoint(folders)]


def _prune(where: Place, paths: Iterable[str]) -> None:
    """Remove the folders that files have left empty, up to and including the bundle's own."""
    for path in paths:
        folder = f"{where.folder}/{path}"
        while len(folder) > len(where.folder):
            folder = os.path.dirname(folder)
            if not _vanishes(folder):
                break


def _vanishes(folder: str) -> bool:
    """Remove a folder unless something is in it; tell whether it is gone."""
    try:
        if os.listdir(folder):
            return False
        patiently(lambda: os.rmdir(folder))
    except FileNotFoundError:
        return True  # gone in a run that was killed before it came to the one above
    except NotADirectoryError:
        return False
    return True


def _note(where: Place, journal: Journal) -> None:
    """Write the journal so that it is there whole or not at all, also when the power goes."""
    os.makedirs(where.stage, exist_ok=True)
    draft = f"{where.stage}/journal.new"
    where.step()
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    where.step()
    os.replace(draft, where.journal)


def _noted(where: Place) -> Journal | None:
    """Return the journal, if there is one; raise ``Stop`` with B109 where no run can have written it."""
    if not os.path.lexists(where.journal):
        return None
    if is_file(where.journal):
        with suppress(ValueError, RecursionError), open(where.journal, encoding="utf-8") as file:
            if _is_sound(document := json.load(file)):
                return Journal(**document)
    raise damaged(where.code)


def damaged(code: str) -> Stop:
    """Return the problem of a staging folder that no run can have left so."""
    path = f"{STAGING}/{code}"
    return Stop([Problem("B109", Cell(path), {"path": path}, code)])


def _is_sound(document: Any) -> bool:  # noqa: ANN401  whatever stands in the file
    """Tell whether a journal from disk has the keys and types of one, and names no path outside the bundle."""
    if not isinstance(document, dict) or document.keys() != {"remove", "write", "undo"}:
        return False
    remove, write = document["remove"], document["write"]
    if not (isinstance(remove, list) and isinstance(write, dict) and isinstance(document["undo"], bool)):
        return False
    return (
        all(isinstance(path, str) and is_plain(path) for path in remove)  # state too, where a bundle is removed
        and all(is_generated(path) for path in write)
        and all(isinstance(value, str) and _SHA256.fullmatch(value) for value in write.values())
    )


def _complete(where: Place, journal: Journal) -> bool:
    """Tell whether each new file is whole, in staging or in place: after a power cut one may be empty."""
    return all(
        expected in {digest(f"{where.new}/{path}"), digest(f"{where.folder}/{path}")}
        for path, expected in journal.write.items()
    )


def _clear(where: Place) -> None:
    """Remove the staging folder, the journal before all else: without it nothing is going on any more."""
    where.step()
    with suppress(FileNotFoundError):
        os.unlink(where.journal)
    where.step()
    shutil.rmtree(where.stage, ignore_errors=True)
