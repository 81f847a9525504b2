"""What disturbs a run: ``kill -9``, a full disk, one that may only be read, files held open, other runs, the clock.

Each is called with a case and dice, disturbs one run of the case, waits until that has ended, and tells whether the run
noticed. ``room`` gives the folder for the case's output, ``allowed`` are the errors that the disturbed run may tell,
and ``over`` ends what disturbs, so that the next run is an undisturbed one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from crash_office import codes, helpers
from forks import ended

NOBODY = 65534
_LIBC = ctypes.CDLL(None, use_errno=True)
_READ_ONLY, _REMOUNT = 1, 32
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_DAY = 24 * 3600
_SHORT = threading.Event()  # libfaketime can't do with a sleep this short


def pause(case, run, dice):
    """Wait until some moment of a run: any, or one after it has begun to change things."""
    most = case.seconds
    if dice.random() < 0.5:
        while not (case.begun() or gone(run)):
            _SHORT.wait(0.0005)
        most = case.rest
    _SHORT.wait(dice.uniform(0, most))


def gone(run):
    """Tell whether a run has ended."""
    return os.waitid(os.P_PID, run, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Kill:
    """The process gets ``kill -9``."""

    allowed = frozenset()

    def room(self, folder):
        """Return a folder on a disk like any other."""
        return folder

    def real(self, out):
        """Return the folder in which the output lies in truth, and can be put and looked at sooner."""
        return out

    def __call__(self, case, dice):
        run = case.begin()
        pause(case, run, dice)
        os.kill(run, signal.SIGKILL)
        return ended(run) == -signal.SIGKILL

    def over(self):
        """End what disturbs."""

    def close(self):
        """Give back what was needed."""


class Worker(Kill):
    """One of the processes that help a run gets ``kill -9``; the run itself goes on."""

    allowed = frozenset({"B157"})

    def __call__(self, case, dice):
        run = case.begin()
        until = time.monotonic() + dice.uniform(0, case.seconds)
        while time.monotonic() < until or not (there := helpers(run)):
            if gone(run):
                break
            time.sleep(0.005)
        else:
            os.kill(dice.choice(there), signal.SIGKILL)
        code = ended(run)
        assert code in {0, 5}, code
        return code == 5


class Disk(Kill):
    """A small file system in memory for the output, which takes root to mount; it is what goes wrong."""

    size = 8_000_000

    def room(self, folder):
        """Return the folder of the small disk."""
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.mount()
        return self.disk

    def mount(self):
        """Mount it."""
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.size},nr_inodes=1500", "tmpfs", self.disk], check=True
        )

    def close(self):
        """Unmount the disk."""
        subprocess.run(["umount", self.disk], check=True)

    def __call__(self, case, dice):
        """Disturb somewhere in the run; the run tells what is wrong, or had no need of it any more."""
        run = case.begin()
        pause(case, run, dice)
        self.spoil(run, dice)
        code = ended(run)
        assert code in {0, 1, 5}, code
        assert not code or codes(case.said), "it failed and told no error"
        return code != 0


class Full(Disk):
    """The disk has no room left for data, or for more files."""

    allowed = frozenset({"B102"})

    def spoil(self, _, dice):
        """Take what is free of the disk but for a little."""
        self.filler = self.disk / "filler"
        self.filler.mkdir()
        found = os.statvfs(self.disk)
        spare = dice.choice([0, dice.randrange(400)])
        try:
            if dice.random() < 0.25:
                for number in range(found.f_ffree - spare):
                    os.mknod(self.filler / str(number))
            else:
                with (self.filler / "data").open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(1, (found.f_bavail - spare) * found.f_frsize))
        except OSError as error:
            if error.errno != errno.ENOSPC:  # the run has taken it meanwhile
                raise

    def over(self):
        """Give the room back."""
        for path in self.filler.iterdir():
            path.unlink()
        self.filler.rmdir()


class ReadOnly(Disk):
    """The whole disk becomes read-only, as after an error of it or on a share whose rights are gone."""

    allowed = frozenset({"B103"})

    def spoil(self, run, _):
        """Let nothing be written any more, as soon as no file is open for writing."""
        while not remounted(self.disk, _READ_ONLY):
            if gone(run):
                return

    def over(self):
        """Let all be written again."""
        assert remounted(self.disk, 0)


def remounted(disk, flags):
    """Mount a small disk anew; tell whether that went well."""
    return not _LIBC.mount(b"tmpfs", os.fsencode(disk), None, _REMOUNT | flags, None)


class Forbidden(Kill):
    """Some folders of the output may only be read, by a user who is not root."""

    allowed = frozenset({"B101", "B103"})

    def room(self, folder):
        """Return a folder of that user's."""
        for each in (folder, *folder.parents):
            if each.stat().st_uid == os.getuid() and each.name:
                each.chmod(each.stat().st_mode | 0o711)
        self.place = folder / "theirs"
        self.place.mkdir()
        return self.place

    def __call__(self, case, dice):
        folders = [case.out, *(path for path in sorted(case.out.rglob("*")) if path.is_dir())]
        for path in (self.place, *self.place.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        for path in dice.sample(folders, dice.choice([1, 1, 2, 5])):
            path.chmod(0o555)
        run = case.begin(lambda: (os.setgroups([]), os.setgid(NOBODY), os.setuid(NOBODY)))
        code = ended(run)
        assert code in {0, 1, 5}, code
        assert not code or codes(case.said), "it failed and told no error"
        return code != 0

    def over(self):
        """Let all be written again."""
        for path in (self.place, *self.place.rglob("*")):
            os.chown(path, os.getuid(), os.getgid())
            path.chmod(0o755 if path.is_dir() else 0o644)


class Held(Kill):
    """Files that another program holds open, as Windows has it: neither replaced, moved, removed nor written.

    Linux knows no such thing: a hook of Python's own hears of each call to the system before it is made, and refuses.
    """

    allowed = frozenset({"B101", "B106"})

    def __call__(self, case, dice):
        return self.refused(case, holding(self.choose(case.out, dice)))

    def choose(self, out, dice):
        """Return some files, by device and number."""
        files = [path for path in sorted(out.rglob("*")) if path.is_file() and ".bundel" not in path.parts]
        return {identity(path) for path in dice.sample(files, min(len(files), dice.choice([1, 3, 10])))}

    def refused(self, case, hook):
        """Run with a hook; tell whether the run failed on it."""
        code = ended(case.begin(partial(sys.addaudithook, hook)))
        assert code in {0, 1, 5}, code
        assert not code or codes(case.said), "it failed and told no error"
        return code != 0


class Scanned(Held):
    """A scanner of viruses that holds any file or folder for a moment, at any call, while it is cut off or not."""

    def __call__(self, case, dice):
        return self.refused(case, scanning(case.out, dice.choice([0.002, 0.01, 0.05]), random.Random(dice.random())))  # noqa: S311  no secret


def identity(path):
    """Return what a file is known by wherever it is moved."""
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def changed(event, arguments):
    """Return the paths that a call to the system is about to change."""
    if event == "os.rename":
        return [resolved(arguments[0], arguments[2]), resolved(arguments[1], arguments[3])]
    if event in {"os.remove", "os.rmdir"}:
        return [resolved(arguments[0], arguments[1])]
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike) and (arguments[2] or 0) & _WRITING:
        return [resolved(arguments[0], -1)]
    return []


def resolved(path, folder):
    """Return the whole path of what a call names from a folder."""
    path = os.fsdecode(path)
    return path if folder in (-1, None) else f"{os.readlink(f'/proc/self/fd/{folder}')}/{path}"  # noqa: PTH115


def holding(held):
    """Return a hook that refuses what touches files held open, or moves a folder that has one."""

    def inside(path):
        return (os.path.join(root, name) for root, _, names in os.walk(path) for name in names)  # noqa: PTH118

    def hook(event, arguments):
        for path in changed(event, arguments):
            if os.path.lexists(path) and held & {identity(each) for each in (path, *inside(path))}:
                raise PermissionError(errno.EACCES, "held open by another program", path)

    return hook


def scanning(out, chance, dice):
    """Return a hook that refuses one in so many calls in a folder."""

    def hook(event, arguments):
        for path in changed(event, arguments):
            if path.startswith(f"{out}/") and dice.random() < chance:
                raise PermissionError(errno.EACCES, "held open by another program", path)

    return hook


class Beside(Kill):
    """Another run that wants the same, begun shortly after: it waits for the first, or is refused."""

    allowed = frozenset({"B100"})

    def __call__(self, case, dice):
        one = case.begin()
        pause(case, one, dice)
        both = not gone(one)
        other = case.begin(said=case.said.with_suffix(".other"))
        found = {ended(one), ended(other)}
        assert found <= {0, 1}, found
        assert codes(case.said.with_suffix(".other")) <= self.allowed
        return both


class Inherited(Kill):
    """A run gets ``kill -9`` while another waits for it, which then goes on: it asks for what was there before."""

    allowed = frozenset({"B100"})

    def __call__(self, case, dice):
        one = case.begin()
        pause(case, one, dice)
        os.kill(one, signal.SIGSTOP)
        other = case.begin(work=case.inherit, said=case.said.with_suffix(".other"))
        time.sleep(case.seconds + 0.1)  # by now it waits
        stopped = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        os.kill(one, signal.SIGKILL)
        busy = ended(one) == -signal.SIGKILL
        assert ended(other) == 0
        if busy and not stopped:
            return False  # somebody who stops what runs on this computer let it go on: who was first is not known
        case.inherited()
        return busy


class Clock(Kill):
    """The clock of the computer is set to another day before a run, and back in it and after it (libfaketime)."""

    def __call__(self, case, dice):
        now(dice.uniform(-400, 400))
        run = case.begin()
        moments = sorted(dice.uniform(0, case.seconds) for _ in range(2))
        _SHORT.wait(moments[0])
        now(dice.uniform(-400, 0))
        _SHORT.wait(moments[1] - moments[0])
        os.kill(run, signal.SIGKILL)
        busy = ended(run) == -signal.SIGKILL
        now(dice.uniform(-800, -400))
        return busy


def now(days):
    """Set the clock that this process and those it starts see so many days ahead."""
    file = Path(os.environ["FAKETIME_TIMESTAMP_FILE"])
    draft = file.with_suffix(".new")
    draft.write_text(f"{days * _DAY:+.0f}")
    draft.replace(file)
    probe = file.with_suffix(".probe")
    probe.write_bytes(b"")  # whose time the system itself notes
    assert abs(time.time() - probe.stat().st_mtime - days * _DAY) < 60, "the clock was not set"


def with_clock(arguments):
    """Start this script with other arguments and a clock that can be set; return its exit code."""
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
    if library is None:
        sys.exit("Setting the clock needs libfaketime: apt-get install faketime")
    with tempfile.TemporaryDirectory() as folder:
        own = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": f"{folder}/clock"}
        Path(folder, "clock").write_text("+0")
        flags = ("FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "FAKETIME_DISABLE_SHM", "NO_FAKE_STAT")
        own |= dict.fromkeys(flags, "1")
        return subprocess.run([sys.executable, sys.argv[0], *arguments], env=os.environ | own, check=False).returncode


class NoCase(Kill):
    """A file system that keeps the case of names and finds them in any, as on Windows and macOS, and a kill."""

    def room(self, folder):
        """Return the folder of such a file system (root; ``pip install mfusepy``)."""
        self.disk, self.kept = folder / "nocase", folder / "kept"
        self.disk.mkdir()
        self.kept.mkdir()
        script = Path(__file__).with_name("crash_nocase.py")
        self.server = subprocess.Popen([sys.executable, script, self.kept, self.disk])
        while not os.path.ismount(self.disk):
            assert self.server.poll() is None, "it was not mounted"
            time.sleep(0.05)
        (self.disk / "Name").touch()
        assert (self.disk / "nAME").exists()
        (self.disk / "nAME").unlink()
        return self.disk

    def real(self, out):
        """Return the folder that is shown."""
        return self.kept / out.name

    def close(self):
        """Unmount it."""
        subprocess.run(["umount", self.disk], check=True)
        self.server.wait()
