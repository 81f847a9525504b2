"""Runs cut off, a clock set back: a few moments of each; ``crash.py`` tries each some hundreds of times."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import crash
import pytest
from crash_disturb import Beside, Held, Scanned
from crash_generate import Generating
from crash_office import helps, strays, tree
from crash_publish import Publishing, Service
from forks import child, ended

from generator import output, pipeline
from generator.lock import follow
from generator.workers import processes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each run is a fork of this process")
DICE = 4711


@pytest.fixture(scope="module")
def generating(tmp_path_factory):
    return Generating(tmp_path_factory.mktemp("generating") / "office", clients=2)


@pytest.fixture
def service():
    made = Service()
    yield made
    made.close()


def test_generate_killed_at_a_few_moments(generating):
    crash.times(generating, 3, random.Random(DICE))  # noqa: S311  no secret


@pytest.mark.parametrize("update", [False, True])
def test_publish_killed_at_a_few_moments(tmp_path, service, update):
    case = Publishing(tmp_path / "office", service, update=update)
    crash.times(case, 2, random.Random(DICE))  # noqa: S311  no secret


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
def test_the_processes_of_a_killed_run_end_with_it():
    def work():
        with processes(2, follow) as workers:  # as a run has them
            return workers.pool.submit(time.sleep, 60).result()

    run = child(work)
    until = time.monotonic() + 30
    while not any(helps(path) == run for path in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(1)  # by now it runs what it is for
    os.kill(run, signal.SIGKILL)
    ended(run)
    assert strays() == []


def test_files_from_the_future_are_written_as_any_other(generating):
    """A clock that was set back: what is on disk is newer than now."""
    shutil.rmtree(generating.out, ignore_errors=True)
    shutil.copytree(generating.old, generating.out)
    later = time.time() + 400 * 24 * 3600
    for path in (generating.out, *generating.out.rglob("*")):
        os.utime(path, (later, later))
    assert ended(child(lambda: generating.run(generating.specs[1], generating.out))) == 0
    assert tree(generating.out) == generating.after


def test_a_run_that_waits_for_one_that_is_killed_goes_on_from_whole_bundles(tmp_path):
    """It asks for what was there before the other: a bundle of which only the manifest is still old is not that."""
    case = Generating(tmp_path / "office", clients=2)

    def stopped(number):
        count = iter(range(1, 10_000))
        return lambda: next(count) == number and os.kill(os.getpid(), signal.SIGSTOP)

    def work():
        loaded = pipeline.load(case.specs[1])
        with output.locked(case.out):
            made = pipeline.files(loaded.clients[0], loaded.catalogue)
            output.commit(case.out, made, output.compare(case.out, "k1", made), step=stopped(len(made)))

    case.reset()
    one = child(work)
    os.waitid(os.P_PID, one, os.WSTOPPED)
    assert (case.out / ".bundel/k1/journal.json").exists()
    other = case.begin(work=case.inherit)
    time.sleep(case.seconds + 0.2)  # by now it waits
    os.kill(one, signal.SIGKILL)
    ended(one)
    assert ended(other) == 0
    case.inherited()


@pytest.mark.parametrize("disturb", [Held, Scanned, Beside])
def test_generate_refused_or_crowded_at_a_few_moments(tmp_path, disturb):
    case = Generating(tmp_path / "office", disturb(), clients=2)
    crash.times(case, 3, random.Random(DICE))  # noqa: S311  no secret
