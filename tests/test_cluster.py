"""Bundles made by workers: through the seam that a Dask cluster has too, on threads and processes of this computer."""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from bundles import ONE, load
from markdown import save

from generator import cluster, pipeline
from generator.cli import main
from generator.commit import MANIFEST
from generator.disk import digest
from generator.workers import Workers, hand_out, processes, spread, take_in

CODES = ("bakker", "slager", "fietser")
ROWS = "\n".join(f"| {code} | {code} | https://bridge-online.cloud/vd-{code}/odata4 |" for code in CODES)
THREE = ONE.replace("| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 |", ROWS).replace(
    "| bakker | `710001` |", "\n".join(f"| {code} | `71000{n}` |" for n, code in enumerate(CODES, 1))
)


def tree(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return load(tmp_path_factory.mktemp("specs"), THREE)


def made(loaded, job, pool, ask=None):
    outcomes = list(cluster.make_all(loaded.clients, loaded.catalogue, job, Workers(pool, 2), ask))
    return {outcome.client: outcome for outcome in outcomes}


def test_workers_make_the_same_bytes(tmp_path, loaded):
    job = pipeline.Job(tmp_path / "here", jobs=1)
    list(pipeline.make_all(loaded.clients, loaded.catalogue, job))
    with ThreadPoolExecutor(2) as pool:
        far = made(loaded, replace(job, out=tmp_path / "there"), pool, lambda look, *told: {"w": look(*told)})
        assert {outcome.status for outcome in far.values()} == {"created"}
        assert tree(tmp_path / "there") == tree(tmp_path / "here")
        again = made(loaded, replace(job, out=tmp_path / "there"), pool)
    assert {outcome.status for outcome in again.values()} == {"unchanged"}


WRONG = {
    "B156": {"version": "0.0.0"},
    "B155": {"fingerprint": "another"},
    "B154": {"bundles": "another"},
}


@pytest.mark.parametrize("code", [*WRONG, None])
def test_a_worker_that_lacks_something_is_told_before_anything_is_made(tmp_path, loaded, code):
    def ask(look, job, proof):
        answer = ModuleNotFoundError("generator") if code is None else look(job, replace(proof, **WRONG[code]))
        return {"tcp://10.0.0.7:1": answer, "tcp://10.0.0.8:1": look(job, proof)}

    with ThreadPoolExecutor(2) as pool, pytest.raises(cluster.Stop) as stopped:
        made(loaded, pipeline.Job(tmp_path), pool, ask)
    (problem,) = stopped.value.problems
    assert problem.code == (code or "B156")
    assert "tcp://10.0.0.7:1" in problem.text("message", "nl")
    assert not [client.code for client in loaded.clients if (tmp_path / client.code).exists()]


def test_a_worker_that_came_later_is_looked_at_too(tmp_path, loaded):
    """It sees another folder, so it makes nothing; the run fails these clients and no other."""
    done = cluster.make_share(loaded.clients, pipeline.Job(tmp_path), cluster.Proof("0.0.0", "", ""))
    assert {outcome.problems[0].code for outcome in done} == {"B156"}
    assert {outcome.status for outcome in done} == {"failed"}
    assert not list(tmp_path.iterdir())


class Elsewhere(ThreadPoolExecutor):
    """Writes to a folder that this computer sees only in part: a shared disk that lags behind."""

    def submit(self, work, share):
        def lagging():
            outcomes = work(share)
            for outcome in outcomes:
                if outcome.client == "slager":
                    (self.out / "slager" / MANIFEST).write_bytes(b"{}")
            return outcomes

        return super().submit(lagging)


def test_what_a_worker_wrote_must_be_what_this_computer_sees(tmp_path, loaded):
    with Elsewhere(1) as pool:
        pool.out = tmp_path
        far = made(loaded, pipeline.Job(tmp_path), pool)
    assert far["slager"].status == "failed"
    assert [problem.code for problem in far["slager"].problems] == ["B158"]
    assert far["bakker"].status == "created"
    assert far["bakker"].hash == digest(str(tmp_path / "bakker" / MANIFEST))


def die(_):
    os._exit(9)


def test_work_of_a_process_that_dies_is_lost_and_told(tmp_path, loaded):
    with processes(1) as workers:
        outcomes = list(pipeline.share_out(loaded.clients, pipeline.Job(tmp_path), workers, die))
    assert {outcome.client for outcome in outcomes} == {client.code for client in loaded.clients}
    assert {(outcome.status, outcome.problems[0].code) for outcome in outcomes} == {("failed", "B157")}


def squares(numbers):
    return [number**2 for number in numbers]


def squares_unless_elsewhere(here, numbers):
    if os.getpid() != here:
        os._exit(9)
    return squares(numbers)


def sleep(seconds):
    time.sleep(seconds)
    return [seconds]


PIECES = [[number, number + 1] for number in range(0, 60, 2)]


def test_work_that_this_process_takes_part_in_comes_in_order():
    with processes(1) as workers, hand_out(workers, squares, PIECES) as given:
        assert take_in(given, squares) == squares(range(60))


@pytest.mark.parametrize("seconds", [0, 0.1, 0.3], ids=str)
def test_quick_work_of_a_process_that_dies_is_done_here(seconds):
    """Whenever it dies; a thread of the pool that fails on the way is an error of the test."""
    work = partial(squares_unless_elsewhere, os.getpid())
    with processes(1) as workers, hand_out(workers, work, PIECES) as given:
        time.sleep(seconds)
        assert take_in(given, work) == squares(range(60))


def test_quick_work_that_nobody_asks_for_is_not_waited_for():
    with processes(1) as workers:
        begun = time.monotonic()
        with hand_out(workers, sleep, [0.2] * 100):
            pass
    assert time.monotonic() - begun < 0.2 * 50


def test_a_bounded_number_of_pieces_is_under_way():
    under_way, most, lock = 0, 0, threading.Lock()

    def pieces():
        nonlocal under_way, most
        for piece in range(60):
            with lock:
                under_way += 1
                most = max(most, under_way)
            yield piece

    def work(piece):
        return [piece]

    with ThreadPoolExecutor(3) as pool:
        for _ in spread(Workers(pool, 3), work, pieces(), lambda *_: []):
            with lock:
                under_way -= 1
    assert under_way == 0
    assert most <= 2 * 3 + 1


@pytest.mark.parametrize("text", ["tcp://10.0.0.5:8786", "tls://scheduler.kantoor.nl:8786", "ws://[::1]:80"])
def test_addresses(text):
    assert cluster.is_address(text)


@pytest.mark.parametrize(
    "text", ["", "10.0.0.5:8786", "tcp://10.0.0.5", "http://x:1", "tcp://:8786", "tcp://x:99999", "tcp://a:b@x:1", "inproc://x"]
)  # fmt: skip
def test_what_is_no_address(tmp_path, monkeypatch, capsys, text):
    assert not cluster.is_address(text)
    monkeypatch.setitem(sys.modules, "distributed", type(sys)("distributed"))
    sys.modules["distributed"].Client = None
    specs = save(tmp_path, ONE)
    arguments = ["--specs", str(specs), "--out", str(tmp_path / "uit"), "--json"]
    assert main(["generate", *arguments, "--dask", text]) == 2
    assert [problem["code"] for problem in json.loads(capsys.readouterr().out)["problems"]] == ["B151"]


def test_without_the_extra_there_is_a_hint(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    specs = save(tmp_path, ONE)
    arguments = ["--specs", str(specs), "--out", str(tmp_path / "uit"), "--json", "--lang", "en"]
    assert main(["generate", *arguments, "--dask", "tcp://127.0.0.1:8786"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], ".[dask]" in problem["hint"]) == ("B150", True)
    assert not [path for path in (tmp_path / "uit").rglob("*") if path.is_file()]
