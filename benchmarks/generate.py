"""Time and memory of ``bundel generate`` beside the least that writing the same tree can cost.

    python benchmarks/generate.py                    # 10, 100 and 1,000 clients with 2 reports each, 3 rounds
    python benchmarks/generate.py 1000 --reports 3 --books each     # a workbook for each client
    python benchmarks/generate.py 1000 --reports 3 --disk           # not in memory

The floor has all files of some bundles in memory and writes them under as many names as there are clients: a plain
loop with ``zipfile`` (deflate, level 6) for each ``.pbit`` and ``write_bytes`` for each file, in as many processes.
Tool and floor run in turn; of each figure the least of all rounds counts. Processor time stands beside the clock's,
for a computer that has other work. Where the time of a bundle goes is told by stage (``stages.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from office import own_templates, write

BESIDE = Path(__file__).parent
_STAGED = 200  # bundles of which the stages are timed
_RUN = """
import json, sys
from pathlib import Path
from generator.cli import main
code = main(sys.argv[2:])
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
except ImportError:  # Windows
    peak = 0
Path(sys.argv[1]).write_text(json.dumps(peak))
sys.exit(code)
"""


class Run(NamedTuple):
    """What a command took: seconds on the clock and of all processors, and most megabytes of its first process."""

    wall: float
    cpu: float
    peak: float = 0.0

    def least(self, other: Run) -> Run:
        """Return the least of two runs, figure by figure; of the memory the most."""
        return Run(min(self.wall, other.wall), min(self.cpu, other.cpu), max(self.peak, other.peak))


def timed(command: list[str | Path]) -> Run:
    """Run a command to its end; processor time is that of the process and all that it started."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  our own commands
    after, ended = os.times(), time.perf_counter()
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stdout}\n{done.stderr}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(ended - started, cpu)


class Bench:
    """One office of some clients, in a scratch folder."""

    def __init__(self, scratch: Path, clients: int, reports: int, jobs: int, *, single: bool = False) -> None:
        """Write the workbook or, with ``single``, the workbooks, and the templates."""
        self.scratch, self.clients, self.jobs, self.single = scratch, clients, jobs, single
        self.out, self.templates = scratch / "out", scratch / "templates"
        self.book = scratch / ("specs" if single else "kantoor.xlsx")
        self.reports = own_templates(self.templates, reports)
        write(self.book, clients, self.reports, single=single)

    def bundel(self, *options: str, command: str = "generate") -> Run:
        """Run a command of the tool."""
        peak = self.scratch / "peak.json"
        shared = ["--specs", self.book, "--out", self.out, "--templates", self.templates, "--jobs", str(self.jobs)]
        run = timed([sys.executable, "-c", _RUN, peak, command, *shared, "--quiet", *options])
        return run._replace(peak=json.loads(peak.read_text()))

    def full(self) -> Run:
        """Make everything where there was nothing."""
        shutil.rmtree(self.out, ignore_errors=True)
        return self.bundel()

    def floor(self) -> Run:
        """Write the tree that was made, from memory."""
        target = self.scratch / "floor"
        done = subprocess.run(  # noqa: S603  our own script
            [sys.executable, BESIDE / "floor.py", self.out, target, str(self.jobs)],
            check=True,
            capture_output=True,
            text=True,
        )
        shutil.rmtree(target)
        return Run(**json.loads(done.stdout))

    def changed(self) -> Run:
        """Change the URL of one client and run again."""
        number = self.clients // 2
        book = self.book / f"klant-{number:05}.xlsx" if self.single else self.book
        data = book.read_bytes()
        write(self.book, self.clients, self.reports, changed=number, single=self.single)
        try:
            return self.bundel()
        finally:
            book.write_bytes(data)
            self.bundel()

    def stages(self) -> dict[str, dict[str, float]]:
        """Return where the time of a bundle goes, in milliseconds by stage."""
        beside = self.scratch / "stages"
        command = [sys.executable, BESIDE / "stages.py", self.book, self.templates, beside, str(_STAGED)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  our own script
        found: dict[str, dict[str, float]] = json.loads(done.stdout)
        return found


def measure(bench: Bench, rounds: int) -> dict[str, Run]:
    """Run everything in turn, some rounds; return the least of each."""
    found: dict[str, Run] = {}
    for _ in range(rounds):
        for name in ("full", "floor", "unchanged", "changed"):
            run = bench.bundel() if name == "unchanged" else getattr(bench, name)()
            found[name] = run.least(found.get(name, run))
            print(f"  {name:10} {run.wall:8.2f} s  {run.cpu:8.2f} s of processors  {run.peak:5.0f} MB", flush=True)
    return found


def start_up(bench: Bench) -> Run:
    """Return what the tool takes for an office of one client that did not change: Python, imports, templates."""
    scratch = bench.scratch / "one"
    scratch.mkdir()
    one = Bench(scratch, 1, len(bench.reports), bench.jobs)
    one.bundel()
    runs = [one.bundel() for _ in range(3)]
    return runs[0].least(runs[1]).least(runs[2])


def report(clients: int, found: dict[str, Run], start: Run) -> None:
    """Print the figures that there are targets for."""
    full, floor, same, changed = (found[name] for name in ("full", "floor", "unchanged", "changed"))
    each = 1000 / clients
    more = (changed.wall - same.wall) / (full.wall / clients)
    print(f"\n{clients:,} clients")
    ratios = f"{full.wall / floor.wall:6.2f} by the clock, {full.cpu / floor.cpu:.2f} in processor time"
    print(f"  full run / floor          {ratios}")
    print(f"    a client                {full.wall * each:6.1f} ms, floor {floor.wall * each:.1f} ms")
    print(f"  unchanged, a client       {(same.wall - start.wall) * each:6.2f} ms, start-up {start.wall:.2f} s")
    print(f"  one changed URL           {more:6.1f} clients more than unchanged")
    print(f"  most memory of the parent {max(run.peak for run in found.values()):6.0f} MB", flush=True)


def tell_stages(found: dict[str, dict[str, float]]) -> None:
    """Print where the time of a bundle goes."""
    print("  where the time goes, in ms of processor")
    for what, stages in found.items():
        listed = ", ".join(f"{stage} {spent:.2f}" for stage, spent in stages.items())
        print(f"    {what:30}{sum(stages.values()):8.2f}: {listed}", flush=True)


def help_time() -> float:
    """Return the processor time of ``bundel --help``."""
    return statistics.median(timed([sys.executable, "-m", "generator", "--help"]).cpu for _ in range(5))


def main() -> None:
    """Measure offices of several sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clients", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--reports", type=int, default=2, help="reports of each client")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes, of tool and floor alike")
    memory = Path("/dev/shm")  # noqa: S108  a file system in memory
    parser.add_argument("--scratch", type=Path, default=memory if memory.is_dir() else None)
    parser.add_argument("--disk", action="store_true", help="in the folder of temporary files, in place of memory")
    parser.add_argument("--books", choices=["one", "each"], default="one", help="one workbook for all, or one each")
    asked = parser.parse_args()
    for clients in asked.clients:
        books = "one workbook" if asked.books == "one" else "a workbook each"
        print(f"\n{clients:,} clients, {asked.reports} reports each, {books}, {asked.jobs} processes", flush=True)
        with tempfile.TemporaryDirectory(dir=None if asked.disk else asked.scratch) as scratch:
            bench = Bench(Path(scratch), clients, asked.reports, asked.jobs, single=asked.books == "each")
            found = measure(bench, asked.rounds)
            report(clients, found, start_up(bench))
            tell_stages(bench.stages())
    print(f"\nbundel --help                 {help_time():6.2f} s of processor")


if __name__ == "__main__":
    main()
