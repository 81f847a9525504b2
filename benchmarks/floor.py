"""The least that writing a tree of bundles can cost: ``python benchmarks/floor.py OUTPUT TARGET PROCESSES``.

Some bundles of an output folder are taken into memory, templates as their parts, and written as many times as that
folder has clients. Prints seconds by the clock and of all processors as JSON; loading is not counted.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import time
import zipfile
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

_SAMPLE = 24  # bundles in memory, taken evenly

Bundle = dict[str, "bytes | dict[str, bytes]"]
"""Path → bytes, or for a template its parts."""


def loaded(folder: Path) -> Bundle:
    """Return the files of a bundle, templates unpacked."""
    files: Bundle = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pbit":
            with zipfile.ZipFile(path) as package:
                files[path.name] = {name: package.read(name) for name in package.namelist()}
        elif path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a ZIP file as Python's own library makes it."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return whole.getvalue()


def written(folder: Path, bundle: Bundle) -> None:
    """Write one bundle."""
    made: set[Path] = set()
    for path, data in bundle.items():
        target = folder / path
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        target.write_bytes(zipped(data) if isinstance(data, dict) else data)


def share(out: Path, target: Path, numbers: range, ready: Barrier) -> tuple[float, float, float]:
    """Write a share of the bundles; return when it began and ended, and the processor time."""
    folders = sorted(path.parent for path in out.glob("*/manifest.json"))
    sample = [loaded(folder) for folder in folders[:: max(1, len(folders) // _SAMPLE)]]
    ready.wait()
    began, used = time.perf_counter(), time.process_time()
    for number in numbers:
        written(target / f"klant-{number:05}", sample[number % len(sample)])
    return began, time.perf_counter(), time.process_time() - used


def main(out: Path, target: Path, jobs: int) -> None:
    """Write all bundles in some processes."""
    count = sum(1 for _ in out.glob("*/manifest.json"))
    context = get_context("spawn")
    shutil.rmtree(target, ignore_errors=True)
    with context.Manager() as manager, context.Pool(jobs) as pool:
        ready = manager.Barrier(jobs)
        shares = [(out, target, range(number, count, jobs), ready) for number in range(jobs)]
        done = pool.starmap(share, shares, chunksize=1)
    wall = max(end for _, end, _ in done) - min(began for began, _, _ in done)
    print(json.dumps({"wall": wall, "cpu": sum(cpu for _, _, cpu in done)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
