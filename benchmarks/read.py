"""Time and memory of reading workbooks, beside python-calamine alone: ``python benchmarks/read.py``.

Each figure comes from processes of its own, three for each way of reading and in turn: the best time of all runs,
and the middle one of the most memory above what the imports took. calamine alone reads all cells of all sheets; Bundel
looks each workbook over, reads it and makes the records. The rules over rows are timed apart.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from generator.spec import rules, workbook

ROUNDS, RUNS = 3, 5
WAYS = ("with_calamine", "with_bundel", "with_rules")
CLIENTS = ["Code", "Naam", "URL", "Groep", "Beheerder", "Client-ID", "Exact-gebruiker", "Einde boekjaar", "Verversen"]


def write(path: Path, codes: range, *, office: bool) -> None:
    """Write a workbook with these clients, each with one division."""
    book = Workbook(write_only=True)
    if office:
        page = book.create_sheet("Kantoor")
        page.append(["Naam", "Taal"])
        page.append(["Van Dam", "nl"])
    page = book.create_sheet("Klanten")
    page.append(CLIENTS)
    for n in codes:
        url = f"https://bridge-online.cloud/vd-{n}/odata4"
        page.append([f"klant-{n}", f"Klant {n} B.V.", url, "mkb", "Jan", f"{n:032x}", f"u{n}@vd.nl", "12-31", "06:30"])
    page = book.create_sheet("Administraties")
    page.append(["Klant", "Code", "Naam"])
    for n in codes:
        page.append([f"klant-{n}", 100_000 + n, f"Administratie {n}"])
    book.save(path)


def with_calamine(folder: Path) -> object:
    """Read all cells of all sheets, and nothing more."""
    cells = []
    for path in workbook.workbooks(folder):
        with CalamineWorkbook.from_path(path) as book:
            cells += [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    return cells


def with_bundel(folder: Path) -> object:
    """Read as ``bundel check`` does, without the rules over rows."""
    spec, problems = workbook.read(folder)
    if problems:
        raise SystemExit(f"unexpected: {problems[:3]}")
    return spec


def with_rules(folder: Path) -> object:
    """Read and check, as ``bundel check`` does."""
    spec, _ = workbook.read(folder)
    return rules.check(spec)


def peak() -> float:
    """Return the most memory this process has had, in MB; 0 where the system doesn't say."""
    try:
        import resource  # noqa: PLC0415  not on Windows
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def measure(name: str, folder: Path) -> None:
    """Print the figures of one way of reading as JSON."""
    before = peak()
    best = float("inf")
    for run in range(RUNS):
        started = time.perf_counter()
        kept = globals()[name](folder)
        best = min(best, time.perf_counter() - started)
        del kept
        if run == 0:
            memory = peak() - before
    print(json.dumps({"seconds": best, "megabytes": memory}))


def main() -> None:
    """Write the workbooks and print a table."""
    with tempfile.TemporaryDirectory() as scratch:
        one, many = Path(scratch, "one"), Path(scratch, "many")
        one.mkdir()
        many.mkdir()
        write(one / "kantoor.xlsx", range(10_000), office=True)
        for n in range(1000):
            write(many / f"klant-{n:04}.xlsx", range(n, n + 1), office=n == 0)
        print(f"{'':36} {'seconds':>8} {'MB':>6}   times calamine")
        for title, folder in (("one workbook of 10,000 clients", one), ("1,000 workbooks of one client", many)):
            rounds = [{way: figures(way, folder) for way in WAYS} for _ in range(ROUNDS)]
            found = {way: together([each[way] for each in rounds]) for way in WAYS}
            alone = found["with_calamine"]
            for way, (seconds, megabytes) in found.items():
                ratios = f"{seconds / alone[0]:.1f} / " + (f"{megabytes / alone[1]:.1f}" if alone[1] else "-")
                label = f"{title}, {way.removeprefix('with_')}"
                print(f"{label:44} {seconds:8.3f} {megabytes:6.0f}   {ratios}")


def figures(way: str, folder: Path) -> dict[str, float]:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, way, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  this very file
    found: dict[str, float] = json.loads(done.stdout)
    return found


def together(rounds: list[dict[str, float]]) -> tuple[float, float]:
    """Return the best time, and the middle one of the memories: a tenth of those is chance."""
    return min(each["seconds"] for each in rounds), statistics.median(each["megabytes"] for each in rounds)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
