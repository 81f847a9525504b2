"""The sandbox under load, and what a refresh downloads: ``python benchmarks/sandbox.py``.

1. ``bundel probe`` asks 50 databases at once, the first time (their books are made meanwhile) and again.
2. A million transaction lines served in pages, from a process of its own: its memory, and rows per second beside the
   same rows read by plain SQLite and written by plain json in one process, with no server.
3. The bytes of one refresh of a client's report, beside the same tables with all columns and all years.
"""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from read import peak, write

from generator import catalogue, pipeline
from generator.build.reads import reads
from generator.sources.sandbox import Terms, books_of
from generator.sources.sandbox.books import VOLUME
from generator.sources.sandbox.database import Database, Part
from generator.sources.sandbox.schema import BULK, schema
from generator.sources.sandbox.serve import databases, serving
from generator.sources.sandbox.service import Manners
from generator.sources.sandbox.store import Store, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

TODAY = dt.date(2026, 11, 24)
PASSWORD = "sandbox"  # noqa: S105  as documented
DATABASES, LINES, YEARS, BUSY = 50, 1_000_000, 10, 40
COLUMNS = ("Division", "ID", "Date", "FinancialYear", "FinancialPeriod", "GLAccount", "AmountDC", "Description")
# The year that each source query filters: templates/exact_online/queries; tests/conformance executes them.
YEAR = {
    "BronBoekingsregels": "FinancialYear ge",
    "BronEerdereJaren": "ReportingYear lt",
    "BronSaldi": "ReportingYear ge",
    "BronPerioden": "FinYear ge",
    "BronOpenstaand": "FINYEAR ge",
    "BronBudget": "ReportingYear ge",
}
EXAMPLE = Path(__file__).parents[1] / "report_specs" / "voorbeeld.xlsx"


# ------------------------------------------------------------------------------------------------ 50 databases


def probed(folder: Path) -> None:
    """Print how long ``bundel probe`` takes for many databases of the running sandbox."""
    write(folder / "kantoor.xlsx", range(DATABASES), office=True)
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONUTF8": "1"}
    environment |= {"BUNDEL_ODATA_USER": "ann@vandam.example", "BUNDEL_ODATA_PASSWORD": PASSWORD}
    bundel = [str(Path(sys.executable).with_name("bundel"))]
    specs = ["--specs", str(folder), "--out", str(folder / "output")]
    with subprocess.Popen(  # noqa: S603  our own command
        [*bundel, "sandbox", *specs, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        base = address(server)
        environment["BUNDEL_SANDBOX_URL"] = base
        for title in ("first time, books made meanwhile", "again"):
            started = time.perf_counter()
            command = [*bundel, "probe", "--sandbox", "--json", *specs]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
            seconds = time.perf_counter() - started
            found = json.loads(done.stdout)["databases"]
            whole = sum(row["signed_in"] and row["divisions_found"] == row["divisions_expected"] for row in found)
            slowest = max(row["seconds"] for row in found)
            print(f"probe of {len(found)}, {title:33} {seconds:6.1f} s, slowest {slowest:.1f} s, whole {whole}")
        server.terminate()


def address(server: subprocess.Popen[str]) -> str:
    """Return where the sandbox listens, from the document that it prints."""
    lines = []
    for line in server.stdout or ():
        lines.append(line)
        if line == "}\n":
            break
    url = json.loads("".join(lines))["databases"][0]["url"]
    return re.match(r"http://[^/]+", url)[0]  # type: ignore[index]


# ---------------------------------------------------------------------------------------------- a million lines


def many_lines(folder: Path) -> Path:
    """Write books of a million transaction lines: those of the example's first client, over and over."""
    loaded = pipeline.load(EXAMPLE)
    tables = schema(loaded.catalogue.known_columns)
    made = Store(folder / "books", tables).path(books_of(loaded.clients, Terms(TODAY))["bakker"])
    path = folder / "many.books"
    shutil.copyfile(made, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f'CREATE TEMP TABLE first AS SELECT * FROM "{BULK}"')  # noqa: S608  names of our own
        held = connection.execute("SELECT count(*) FROM first").fetchone()[0]
        while held < LINES:
            limit = min(LINES - held, connection.execute("SELECT count(*) FROM first").fetchone()[0])
            connection.execute(f'INSERT INTO "{BULK}" SELECT * FROM first LIMIT ?', [limit])  # noqa: S608
            held += limit
        connection.commit()
    return path


def plain(path: Path, columns: tuple[str, ...]) -> float:
    """Return rows per second of plain SQLite and json, with no server: the floor."""
    listed = ", ".join(f'"{name}"' for name in columns)
    started, count, size = time.perf_counter(), 0, 0
    with closing(opened(path)) as connection:
        for row in connection.execute(f'SELECT {listed} FROM "{BULK}"'):  # noqa: S608  names of our own
            size += len(json.dumps(dict(zip(columns, row, strict=True)), separators=(",", ":"), ensure_ascii=False))
            count += 1
    return count / (time.perf_counter() - started)


def serve(path: Path, channel: Connection) -> None:
    """Serve the books until told to stop, and tell the most memory it took; Linux counts what started it as well."""
    tables = schema(catalogue.load().known_columns)
    database = Database("many", "many", "eol", (Part(lambda: path, (710001,)),), {BULK: tables[BULK]})
    with serving({"many": database}, Manners(PASSWORD)) as base:
        channel.send(base)
        channel.recv()
        channel.send(peak())


@contextmanager
def server(path: Path) -> Iterator[tuple[str, Connection]]:
    """Serve in a process of its own."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(path, there))
    process.start()
    try:
        yield here.recv(), here
    finally:
        process.join(10)
        process.terminate()


def read_pages(base: str, select: tuple[str, ...] | None, encoding: str) -> tuple[int, int, float, int]:
    """Return rows, pages, seconds and bytes on the wire of reading a table to its end."""
    url: str | None = f"{base}/many/odata4/{BULK}@eol" + (f"?$select={','.join(select)}" if select else "")
    headers = {"Accept-Encoding": encoding, "Prefer": "omit-values=nulls"}
    rows = pages = size = 0
    started = time.perf_counter()
    with httpx.Client(auth=("ann", PASSWORD), headers=headers, timeout=60) as web:
        while url:
            answer = web.get(url)
            answer.raise_for_status()
            body = answer.content
            rows += body.count(b'"Division":')
            pages, size = pages + 1, size + answer.num_bytes_downloaded
            link = re.search(rb'"@odata.nextLink":"([^"]+)"', body[-2_000:])
            url = link[1].decode() if link else None
    return rows, pages, time.perf_counter() - started, size


def served(folder: Path) -> None:
    """Print rows per second and memory of serving a million lines, beside the floor."""
    path = many_lines(folder)
    every = tuple(schema(catalogue.load().known_columns)[BULK].columns)
    for title, select, encoding in (
        ("8 columns, plain", COLUMNS, "identity"),
        ("8 columns, gzip", COLUMNS, "gzip"),
        (f"all {len(every)} columns, gzip", None, "gzip"),
    ):
        floor = plain(path, select or every)
        with server(path) as (base, channel):
            rows, pages, seconds, size = read_pages(base, select, encoding)
            channel.send("stop")
            memory = channel.recv()
        if rows != LINES:
            raise SystemExit(f"{rows} rows in place of {LINES}")
        print(
            f"{rows:,} lines in {pages} pages, {title:23} {rows / seconds:9,.0f} rows/s, floor {floor:9,.0f},"
            f" ratio {rows / seconds / floor:.2f}; {size / 1e6:6.0f} MB; server at most {memory:.0f} MB"
        )


# ------------------------------------------------------------------------------------------- bytes of a refresh


def refreshed(folder: Path) -> None:
    """Print what a refresh of ``financieel`` downloads beside the same tables whole."""
    loaded = pipeline.load(EXAMPLE)
    for code, volume in (("bakker", VOLUME), ("bakker", BUSY), ("groep-zuid", VOLUME), ("groep-zuid", BUSY)):
        client = next(one for one in loaded.clients if one.code == code)
        terms = Terms(TODAY, years=YEARS, volume=volume)
        known = loaded.catalogue.known_columns
        found = databases([client], loaded.clients, known, terms, cache=folder / "refresh")
        asked = requests_of(client, loaded)
        with serving(found, Manners(PASSWORD)) as base:
            root = f"{base}/{next(iter(found))}/odata4"
            for encoding in ("gzip", "identity"):
                ours = sum(download(root, entity, query, encoding, omit=True) for entity, query in asked)
                entities = {entity for entity, _ in asked}
                whole = sum(download(root, entity, {}, encoding, omit=False) for entity in entities)
                print(
                    f"refresh of {code}, {client.years} of {YEARS} years, {volume} sales a month, {encoding:8}:"
                    f" {ours / 1e6:7.2f} MB,"
                    f" all columns and years {whole / 1e6:7.2f} MB: 1/{whole / ours:.1f}"
                )


def requests_of(client: object, loaded: pipeline.Loaded) -> list[tuple[str, dict[str, str]]]:
    """Return what each source query asks: an entity set with its selection and filter."""
    first = TODAY.year - (client.years - 1)  # type: ignore[attr-defined]
    codes = " or ".join(f"{{0}} eq {division.code}" for division in client.divisions)  # type: ignore[attr-defined]
    found = []
    for read in reads(client, loaded.catalogue):  # type: ignore[arg-type]
        query = {"$select": ",".join(read.columns)}
        if read.query == "BronOnderlingEerder":
            continue  # it asks only relations of its own group, which no table of columns tells
        if read.divided and not read.checks:
            year = f" and {YEAR[read.query]} {first}" if read.query in YEAR else ""
            query["$filter"] = f"({codes.format(read.division)}){year}"
        found.append((f"{read.entity_set}@eol", query))
    return found


def download(root: str, entity: str, query: dict[str, str], encoding: str, *, omit: bool) -> int:
    """Return the bytes on the wire of reading a table to its end."""
    headers = {"Accept-Encoding": encoding} | ({"Prefer": "omit-values=nulls"} if omit else {})
    size, url, params = 0, f"{root}/{entity}", query
    with httpx.Client(auth=("ann", PASSWORD), headers=headers, timeout=60) as web:
        while url:
            answer = web.get(url, params=params or None)
            answer.raise_for_status()
            size += answer.num_bytes_downloaded
            url, params = answer.json().get("@odata.nextLink", ""), {}
    return size


def main() -> None:
    """Print a line per measurement."""
    with tempfile.TemporaryDirectory() as scratch:
        for work in (refreshed, served, probed):
            if len(sys.argv) > 1 and work.__name__ not in sys.argv[1:]:
                continue
            folder = Path(scratch, work.__name__)
            folder.mkdir()
            work(folder)


if __name__ == "__main__":
    main()
