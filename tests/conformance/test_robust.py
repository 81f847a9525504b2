"""`generate` cut off, crowded out and refused by the disk: bundles whole, the next run as if nothing had happened."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import EXAMPLE
from forks import child, ended

from generator import output
from generator.cli import main

MOMENTS = 50
SEED = 20261124
NOBODY = 65534


def tree(folder):
    """{path: bytes} of every file, the staging folder included."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def command(specs, out, *arguments):
    return ["generate", "--specs", str(specs), "--out", str(out), "--quiet", "--jobs", "1", *arguments]


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A part of the example office, and later: other URLs and pages, a client gone; with the output of each."""
    import openpyxl  # noqa: PLC0415 -- only here

    folder = tmp_path_factory.mktemp("states")
    specs = {name: folder / name for name in ("before", "after")}
    for name, place in specs.items():
        place.mkdir()
        for file in EXAMPLE.parent.glob("*.png"):
            shutil.copy(file, place)
        book = openpyxl.load_workbook(EXAMPLE)
        later = name == "after"
        for row in book["Klanten"].iter_rows(min_row=2):
            if row[0].value in {"hockeyclub", "garage"} or (later and row[0].value == "oneill"):
                row[3].value = "nee"
            elif later:
                row[2].value = str(row[2].value).replace("/odata4", "-2/odata4")
        for row in book["Rapporten"].iter_rows(min_row=2):
            if row[1].value == "financieel":
                row[3].value = "Balans, Kengetallen" if later else "Samenvatting, Balans"
        book.save(place / "kantoor.xlsx")
    before = folder / "output"
    assert main(command(specs["before"], before)) == 0
    right = folder / "right"
    shutil.copytree(before, right)
    started = time.monotonic()
    assert main(command(specs["after"], right, "--yes")) == 0
    return specs, before, tree(right), time.monotonic() - started


def whole(out, before, after):
    """Findings: bundles that are neither as they were nor as they become, and what a run has left behind."""
    found = tree(out)
    for code in {path.split("/")[0] for path in found if "/" in path} - {".bundel"}:
        own, old, new = (
            {p: d for p, d in files.items() if p.startswith(f"{code}/")} for files in (found, before, after)
        )
        if own not in (old, new):
            yield f"{code} is a mixture"
    yield from (path for path in found if path.startswith(".bundel/"))


def test_killed_at_fifty_random_moments(states, tmp_path):
    specs, before, after, longest = states
    dice = random.Random(SEED)  # noqa: S311 -- no secret
    old = tree(before)
    out = tmp_path / "output"
    cut = 0
    while cut < MOMENTS:
        shutil.copytree(before, out)
        pid = child(lambda: main(command(specs["after"], out, "--yes")))
        time.sleep(dice.uniform(0.02, longest))
        os.kill(pid, signal.SIGKILL)
        if ended(pid) == -signal.SIGKILL:
            cut += 1
            assert output.recover(out) == (), cut
            assert list(whole(out, old, after)) == [], cut
            assert main(command(specs["after"], out, "--yes")) == 0
        else:
            longest *= 0.9  # it was done before: a machine with less to do
        assert tree(out) == after, cut
        shutil.rmtree(out)


def test_two_runs_at_once_one_waits_or_is_refused(states, tmp_path):
    specs, before, after, _ = states
    out = tmp_path / "output"
    shutil.copytree(before, out)
    python = [sys.executable, "-m", "generator", *command(specs["after"], out, "--yes")]
    runs = [subprocess.Popen(python, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [(run.communicate(timeout=120), run.returncode) for run in runs]
    assert sorted({code for _, code in said}) in ([0], [0, 1]), said
    assert all("B100" in text for (_, text), code in said if code), said
    assert tree(out) == after


def test_a_run_while_another_holds_the_folder_is_refused_with_a_reason(states, tmp_path):
    specs, before, *_ = states
    out = tmp_path / "output"
    shutil.copytree(before, out)
    with output.locked(out):
        python = [sys.executable, "-m", "generator", *command(specs["after"], out, "--lang", "nl")]
        done = subprocess.run(python, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "B100" in done.stderr
    assert "→" in done.stderr
    assert tree(out) == tree(before)


@pytest.mark.parametrize("room", [2_000, 20_000, 60_000])
def test_a_disk_that_takes_no_more_leaves_the_old_bundles(states, tmp_path, room):
    specs, before, after, _ = states
    out = tmp_path / "output"
    shutil.copytree(before, out)

    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        return main(command(specs["after"], out, "--yes"))

    assert ended(child(work)) in {1, 5}
    assert output.recover(out) == ()
    assert list(whole(out, tree(before), after)) == []
    assert main(command(specs["after"], out, "--yes")) == 0
    assert tree(out) == after


def test_a_folder_that_may_only_be_read(states, tmp_path):
    specs, before, after, _ = states
    out = tmp_path / "output"
    shutil.copytree(before, out)
    for path in (*tmp_path.parents, tmp_path):
        if path.owner() == tmp_path.owner() and path != path.parent:
            path.chmod(path.stat().st_mode | 0o055)
    for path in (out, *out.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

    def work():
        if not os.getuid():
            os.setuid(NOBODY)  # nothing is read-only to root
        return main(command(specs["after"], out, "--yes"))

    assert ended(child(work)) in {1, 5}
    for path in (out, *out.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert tree(out) == tree(before)
    assert main(command(specs["after"], out, "--yes")) == 0
    assert tree(out) == after
