"""Files into a bundle's folder: all of them or none, also when the process is killed half-way.

No file system swaps a folder portably, and Windows renames nothing that is open. So each new file is made ready in a
staging folder on the same disk, a journal says what is to happen, and the files are then moved one by one: the old one
out to the staging folder, the new one in. Who finds a journal can finish it or undo it, whichever of the two works.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from generator.disk import told
from generator.lock import STAGING
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

MANIFEST = "manifest.json"

# A virus scanner or OneDrive holds a file that was just written for a moment; only Windows minds that.
_PAUSES = (0.1, 0.4) if os.name == "nt" else ()


def _nothing() -> None:
    """Do nothing: the step of a run that no test looks at."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bundle's folder and the staging folder of its next version; ``step`` is called before each change on disk."""

    folder: Path
    stage: Path
    step: Callable[[], None] = _nothing

    @property
    def new(self) -> Path:
        """Return the folder of the files that are ready to be moved in."""
        return self.stage / "new"

    @property
    def old(self) -> Path:
        """Return the folder of the files that were moved out."""
        return self.stage / "old"

    @property
    def journal(self) -> Path:
        """Return the file that says what is going on, while it is."""
        return self.stage / "journal.json"


@dataclass(frozen=True, slots=True)
class Journal:
    """What is to happen: files to move out for good, files to move in with the SHA-256 of each, or all of it undone."""

    remove: list[str] = field(default_factory=list)
    write: dict[str, str] = field(default_factory=dict)
    undo: bool = False


def place(out: Path, code: str, step: Callable[[], None] = _nothing) -> Place:
    """Return the folders of a client's bundle."""
    return Place(out / code, out / STAGING / code, step)


def apply(where: Place, write: Mapping[str, bytes], remove: Iterable[str] = ()) -> None:
    """Write files and remove others, the manifest last; whatever goes wrong, the folder is then as it was.

    Raises ``Stop`` with the problem of the file system, and whatever ended the run.
    """
    with told(where.folder.name):
        recover(where)
        try:
            _make_ready(where, write)
            if where.folder.exists():
                # By name, the manifest last: a folder without its newest manifest is never taken for finished.
                order = sorted(write, key=lambda path: (path == MANIFEST, path))
                hashes = {path: hashlib.sha256(write[path]).hexdigest() for path in order}
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

    Raises ``Stop`` with B106 where a file is held open, so that neither can be.
    """
    if not where.stage.exists():
        return
    journal = _noted(where)
    if journal and not journal.undo and _complete(where, journal):
        with suppress(OSError):
            _forward(where, journal)
            _clear(where)
            return
    _undo(where)


def _make_ready(where: Place, write: Mapping[str, bytes]) -> None:
    """Write the new files into the staging folder, in folders as they will stand in the bundle."""
    made: set[Path] = set()
    for path, data in write.items():
        where.step()
        target = where.new / path
        if (folder := target.parent) not in made:
            folder.mkdir(parents=True, exist_ok=True)
            made.add(folder)
        target.write_bytes(data)


def _forward(where: Place, journal: Journal) -> None:
    """Move old files out and new ones in; what was done already by a run before this one is passed over."""
    # Removals first: where a name changed in its case only, Windows and macOS take old and new for one file.
    for path in journal.remove:
        _move_out(where, path)
    _prune(where, journal.remove)
    for path in journal.write:
        if (new := where.new / path).is_file():
            _move_out(where, path)
            _move(where, new, where.folder / path)


def _undo(where: Place) -> None:
    """Put a bundle back as it was before the journal was written, and clear the staging folder.

    Each move is undone by its opposite, so that an undoing that is cut off can be undone again.
    """
    journal = _noted(where)
    try:
        if journal:
            _note(where, replace(journal, undo=True))
            for path in reversed(journal.write):
                if not (where.new / path).is_file() and (where.folder / path).is_file():
                    _move(where, where.folder / path, where.new / path)
                _move_back(where, path)
            _prune(where, journal.write)
            for path in reversed(journal.remove):
                _move_back(where, path)
    except OSError as error:
        raise Stop([Problem("B106", values={"reason": str(error)}, client=where.folder.name)]) from error
    _clear(where)


def _move_out(where: Place, path: str) -> None:
    """Move a file of the bundle to the staging folder, if it is there and was not moved before; never a folder."""
    if (where.folder / path).is_file() and not (where.old / path).is_file():
        _move(where, where.folder / path, where.old / path)


def _move_back(where: Place, path: str) -> None:
    """Move a file from the staging folder back into the bundle, if it is there."""
    if (where.old / path).is_file():
        _move(where, where.old / path, where.folder / path)


def _move(where: Place, source: Path, target: Path) -> None:
    """Rename a file on the same disk, over one that is there; wait a little where another program holds it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for pause in _PAUSES:
        with suppress(PermissionError):
            where.step()
            source.replace(target)
            return
        time.sleep(pause)
    where.step()
    source.replace(target)


def _prune(where: Place, paths: Iterable[str]) -> None:
    """Remove the folders that files have left empty, up to and including the bundle's own."""
    for path in paths:
        folder = (where.folder / path).parent
        with suppress(OSError):  # not empty, or gone
            while folder != where.folder.parent:
                folder.rmdir()
                folder = folder.parent


def _note(where: Place, journal: Journal) -> None:
    """Write the journal so that it is there whole or not at all, also when the power goes."""
    draft = where.stage / "journal.new"
    draft.parent.mkdir(parents=True, exist_ok=True)
    where.step()
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    where.step()
    draft.replace(where.journal)


def _noted(where: Place) -> Journal | None:
    """Return the journal, if there is one."""
    if not where.journal.exists():
        return None
    return Journal(**json.loads(where.journal.read_text("utf-8")))


def _complete(where: Place, journal: Journal) -> bool:
    """Tell whether each new file is whole, in staging or in place: after a power cut one may be empty."""
    return all(
        any(_digest(folder / path) == digest for folder in (where.new, where.folder))
        for path, digest in journal.write.items()
    )


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or nothing where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _clear(where: Place) -> None:
    """Remove the staging folder, the journal before all else: without it nothing is going on any more."""
    where.step()
    where.journal.unlink(missing_ok=True)
    where.step()
    shutil.rmtree(where.stage, ignore_errors=True)
