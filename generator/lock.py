"""One run at a time in an output folder: a lock of the operating system, which ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from typing import TYPE_CHECKING

from generator.disk import refuse_links, told
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STAGING = ".bundel"
"""The folder inside an output folder in which files are made ready; it is there only while a run is busy or cut off."""

LOCK = ".lock"
"""The file in it that a busy run holds; all else there bears the code of a client, or is a draft of a manifest."""

_PAUSE = 0.1  # seconds between two tries
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK}


@contextmanager
def locked(out: Path, wait: float = 5.0, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold an output folder for this process alone; wait some seconds for another run to end.

    Raises ``Stop`` with B100 when the other run is still busy, and with another where nothing can be written.
    """
    with told(""):
        descriptor = _acquire(out)
        for _ in range(round(wait / _PAUSE)):
            if descriptor is not None:
                break
            sleep(_PAUSE)
            descriptor = _acquire(out)
    if descriptor is None:
        raise Stop([Problem("B100", values={"folder": out.name})])
    try:
        yield
    finally:
        _release(out, descriptor)


def follow() -> None:
    """End this process as soon as the one that started it is gone: its lock went with it, and another run may begin.

    A process of a pool waits for its next share for ever where the run was killed, and makes those it has been sent.
    """
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    run = parent_process()
    if run is not None:
        run.join()
        os._exit(1)


def _acquire(out: Path) -> int | None:
    """Return the descriptor of the lock, or nothing where another process holds it."""
    path = out / STAGING / LOCK
    refuse_links(os.fspath(out), "", [f"{STAGING}/{LOCK}"])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except FileNotFoundError:
        return None  # the run that ended just now has taken the folder away
    # The file may be gone from the folder since it was opened; then a lock on it would keep nobody out.
    with suppress(FileNotFoundError):
        if _take(descriptor) and os.path.samestat(os.fstat(descriptor), path.lstat()):
            return descriptor
    os.close(descriptor)
    return None


def _take(descriptor: int) -> bool:
    """Lock an open file without waiting. A file system that knows no locks does not stop a run."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  exists on Windows only

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  exists everywhere else

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD
    return True


def _release(out: Path, descriptor: int) -> None:
    """Give the folder back and leave nothing behind, unless another run waits for it or was cut off."""
    path = out / STAGING / LOCK
    if sys.platform == "win32":  # an open file can't be removed there
        os.close(descriptor)
    with suppress(OSError):
        path.unlink()
    if sys.platform != "win32":
        os.close(descriptor)
    with suppress(OSError):  # on a share, an open file that was removed keeps its folder until it is closed
        path.parent.rmdir()
