"""Runs disturbed at any moment, many times over: ``python tests/crash.py --moments 200`` (Linux; outside CI).

Each run is a process of its own. It gets ``kill -9``, its disk is full or read-only, another program holds its files,
or another run comes in between. After it every bundle is whole, old or new; the next run ends in the same bytes, or
the same things in the service, as one that nobody disturbed; nothing temporary stays, and nothing is published twice.
``test_crash.py`` tries a few moments of some. Disks of their own take root; the clock takes Debian's ``faketime``, a
file system that takes any case PyPI's ``mfusepy``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import crash_disturb as by
from crash_generate import Generating
from crash_publish import Publishing, Service

from generator import looks, pipeline

SEED = 20261124


def times(case, moments, dice, tell=lambda _: None):
    """Disturb so many runs of a case that noticed; return how many were tried. ``tell`` hears how far it is."""
    noticed = tried = 0
    while noticed < moments:
        tried += 1
        noticed += bool(case.moment(dice))
        tell(noticed)
        case.seconds *= 1 if tried < 3 * (noticed + 3) else 0.9  # a computer that has less to do by now
    return tried


def progress(noticed):
    """Say how far it is, now and then, for who ends the script before it is done."""
    if noticed % 10 == 0:
        print(f"\r{noticed} ", end="", file=sys.stderr, flush=True)  # noqa: T201  a script


def in_processes(folder, disturb):
    """Return an office that is made by two processes, however few its clients."""
    pipeline.FEW = looks.MANY = 4
    return Generating(folder, disturb, clients=12, jobs=2)


def generating(**more):
    """Return what makes a case of ``generate``."""
    return lambda folder, _, disturb: Generating(folder, disturb, **more)


def publishing(**more):
    """Return what makes a case of ``publish``."""
    return lambda folder, service, disturb: Publishing(folder, service, disturb, **more)


CASES = {
    "generate, killed": (by.Kill, generating()),
    "generate in processes, killed": (by.Kill, lambda folder, _, disturb: in_processes(folder, disturb)),
    "generate in processes, one of them killed": (by.Worker, lambda folder, _, disturb: in_processes(folder, disturb)),
    "generate on a full disk": (by.Full, generating()),
    "generate on a disk that becomes read-only": (by.ReadOnly, generating()),
    "generate into folders that may only be read": (by.Forbidden, generating()),
    "generate with files held open": (by.Held, generating()),
    "generate beside a scanner": (by.Scanned, generating()),
    "generate, two at once": (by.Beside, generating()),
    "generate, killed while another waits": (by.Inherited, generating()),
    "generate where case is no difference, killed": (by.NoCase, generating(clients=2)),
    "generate after codes changed case there, killed": (by.NoCase, generating(clients=2, prefix="K")),
    "generate while the clock is set, killed": (by.Clock, generating()),
    "publish, killed": (by.Kill, publishing()),
    "publish an update, killed": (by.Kill, publishing(update=True)),
    "rebind, killed": (by.Kill, publishing(update=True, command=("rebind",))),
    "publish on a full disk": (by.Full, publishing()),
    "publish on a disk that becomes read-only": (by.ReadOnly, publishing()),
    "publish beside a scanner": (by.Scanned, publishing(update=True)),
    "publish, two at once": (by.Beside, publishing()),
    "publish, killed while another waits": (by.Inherited, publishing()),
    "publish while the clock is set, killed": (by.Clock, publishing(update=True)),
}


def tried(name, asked):
    """Disturb runs of a case, and print its figures."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder, contextlib.closing(Service()) as service:
        os.environ["TMPDIR"] = tempfile.tempdir = str(Path(folder, "tmp"))
        Path(tempfile.tempdir).mkdir()
        disturb, made = CASES[name]
        with contextlib.closing(disturb()) as disturb:
            case = made(Path(folder, "case"), service, disturb)
            runs = times(case, asked.moments, random.Random(asked.seed), progress)  # noqa: S311  no secret
            left = [path.name for path in Path(tempfile.tempdir).iterdir()]
            assert not left, left
        tempfile.tempdir = None
    seconds = time.monotonic() - started
    print(f"{name}: {asked.moments} times in {runs} runs, {case.midway} midway, {seconds:.0f} s", flush=True)  # noqa: T201


def command_line():
    """Disturb runs of every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", default="/dev/shm", help="where to work; /dev/shm costs the least time")  # noqa: S108
    asked = parser.parse_args()
    for name in asked.case or CASES:
        if "clock" in name and "LD_PRELOAD" not in os.environ:
            options = ("--case", name, "--moments", str(asked.moments), "--seed", str(asked.seed))
            if by.with_clock([*options, "--folder", asked.folder]):
                sys.exit(1)
        else:
            tried(name, asked)


if __name__ == "__main__":
    command_line()
