"""`generate --dask` on a cluster: the bytes of a local run; what goes wrong is told, and every bundle stays whole."""

import hashlib
import json
import os
import shutil
import signal
import subprocess

import pytest
from conftest import EXAMPLE, generate
from judges.places import ROOT, TOOLS, MissingToolError, run

SCHEDULER = "tcp://127.0.0.1:{port}"
DEADLINE = 60


def python():
    if not (TOOLS / "dask" / ".done").is_file():
        raise MissingToolError("run tests/conformance/setup.sh first; not installed: dask")
    return TOOLS / "dask" / "venv" / "bin" / "python"


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONUTF8": "1", **more}


class Cluster:
    """A scheduler and workers, each a process of its own, as an office would start them."""

    def __init__(self, folder, port):
        self.folder, self.address, self.started = folder, SCHEDULER.format(port=port), []
        self.start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")

    def start(self, *arguments, **more):
        log = self.folder / f"{len(self.started)}.log"
        command = [str(python().with_name("dask")), *arguments]
        with log.open("wb") as file:
            self.started.append(
                subprocess.Popen(command, cwd=self.folder, env=environment(**more), stdout=file, stderr=file)
            )
        return self.started[-1]

    def worker(self, *arguments, **more):
        """Start a worker without the nanny that would start it again, in a folder of its own."""
        return self.start(
            "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard", *arguments, **more
        )  # fmt: skip

    def wait_for(self, workers):
        client = f"Client('{self.address}', timeout=60)"
        wait = f".wait_for_workers({workers}, timeout=60)" if workers else ""
        script = f"from distributed import Client; {client}{wait}"
        done = run([python(), "-c", script], env=environment(), timeout=120)
        assert done.returncode == 0, done.stderr

    def generate(self, specs, output, *arguments):
        command = [python(), "-m", "generator", "generate", "--specs", specs, "--out", output, *arguments]
        return run([*command, "--dask", self.address], cwd=self.folder, env=environment(), timeout=300)

    def stop(self):
        for process in reversed(self.started):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path, request):
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder, 20_000 + (os.getpid() + hash(request.node.name)) % 20_000)
    try:
        yield made
    finally:
        made.stop()


def tree(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_two_workers_make_the_bytes_of_a_local_run(cluster, office, tmp_path):
    cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    done = cluster.generate(EXAMPLE, tmp_path / "far")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert tree(tmp_path / "far") == tree(office.output)


def test_no_scheduler_and_no_workers(cluster, tmp_path):
    wrong = run(
        [
            python(),
            "-m",
            "generator",
            "generate",
            "--specs",
            EXAMPLE,
            "--out",
            tmp_path / "x",
            "--dask",
            "tcp://127.0.0.1:9",
        ],
        cwd=tmp_path,
        env=environment(),
    )
    assert (wrong.returncode, "B152" in wrong.stderr) == (1, True), wrong.stderr
    cluster.wait_for(0)
    done = cluster.generate(EXAMPLE, tmp_path / "x")
    assert (done.returncode, "B153" in done.stderr) == (1, True), done.stderr
    assert not tree(tmp_path / "x")


def test_a_worker_with_other_templates_makes_nothing(cluster, tmp_path):
    """Relative folders are another place on another computer; what is not the same there is told by name."""
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "templates", mine)
    package = tmp_path / "other"
    shutil.copytree(ROOT / "generator", package / "generator")
    shutil.copytree(ROOT / "templates", package / "templates")
    queries = next((package / "templates").rglob("*.pq"))
    queries.write_text(queries.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    cluster.worker()
    cluster.worker(PYTHONPATH=str(package))
    cluster.wait_for(2)
    done = cluster.generate(EXAMPLE, tmp_path / "out")
    assert (done.returncode, done.stderr.count("B155")) == (1, 1), done.stderr
    assert not [path for path in tree(tmp_path / "out") if "/" in path]
    done = cluster.generate(EXAMPLE, tmp_path / "out", "--templates", mine)
    assert done.returncode == 0, done.stdout + done.stderr


KILLER = """
import os, pathlib
from generator import commit
real = commit._forward
def forward(where, journal):
    if where.code == "oneill":
        step = where.step
        count = 0
        def dying():
            nonlocal count
            count += 1
            if count == 5:
                os.kill(os.getpid(), 9)
            step()
        where = commit.Place(where.folder, where.stage, dying)
    return real(where, journal)
commit._forward = forward
"""


def test_a_worker_that_dies_half_way_fails_its_client_and_leaves_a_whole_bundle(cluster, office, tmp_path):
    """Workers are killed while they move files in: Dask tries three more, each dies of it, the fifth is left."""
    output = tmp_path / "out"
    shutil.copytree(office.output, output)
    (tmp_path / "killer").mkdir()
    (tmp_path / "killer" / "sitecustomize.py").write_text(KILLER, encoding="utf-8")
    for _ in range(5):
        cluster.worker(PYTHONPATH=f"{tmp_path / 'killer'}{os.pathsep}{ROOT}")
    cluster.wait_for(5)
    changed = tmp_path / "specs.xlsx"
    rewrite(changed, "vd-oneill", "vd-oneill-nieuw")
    done = cluster.generate(changed, output)
    assert (done.returncode, "B157" in done.stderr) == (5, True), done.stdout + done.stderr
    assert [process.poll() for process in cluster.started].count(-signal.SIGKILL) == 4
    for manifest in output.glob("*/manifest.json"):
        files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        assert files == {path: hashlib.sha256((manifest.parent / path).read_bytes()).hexdigest() for path in files}
    assert not list(output.glob(".bundel/*"))
    assert generate(output, specs=changed).returncode == 0
    assert generate(tmp_path / "undisturbed", specs=changed).returncode == 0
    assert tree(output) == tree(tmp_path / "undisturbed")


def rewrite(path, old, new):
    import openpyxl  # noqa: PLC0415 -- only here

    for logo in EXAMPLE.parent.glob("*.png"):
        shutil.copy(logo, path.parent)
    book = openpyxl.load_workbook(EXAMPLE)
    for page in book:
        for row in page.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and old in cell.value:
                    cell.value = cell.value.replace(old, new)
    book.save(path)
