"""50 databases probed at once, one by one, and the same requests without looking: ``python benchmarks/probe.py``.

A process of its own plays the databases: each answer takes 100 ms, as a service far away would, and a database
describes 1,200 tables of 60 columns, about as many as Invantive's driver has.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
from read import peak, write

from generator import pipeline
from generator.credentials import Credentials
from generator.sources.probe import Manner, probe
from generator.sources.question import question
from generator.sources.wire import Limits, open_client

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from generator.sources.question import Question

DATABASES, LATENCY, TABLES, COLUMNS = 50, 0.1, 1_200, 60
TODAY = dt.date(2026, 11, 24)
SIGNED = Credentials("ann@vandam.nl", "sandbox")
KINDS = {"text": "String", "int": "Int32", "number": "Double", "decimal": "Decimal", "date": "DateTimeOffset"}


def description(asked: Question) -> bytes:
    """Return what a database says of itself: the needed tables among many others."""
    tables = {f"Other.Table{number}": {f"Column{n}": "text" for n in range(COLUMNS)} for number in range(TABLES)}
    tables |= {need.entity_set: dict(need.columns) for need in asked.needs}
    types = "".join(
        f'<EntityType Name="T{n}">'
        + "".join(f'<Property Name="{name}" Type="Edm.{KINDS.get(kind, "Boolean")}"/>' for name, kind in kinds.items())
        + "</EntityType>"
        for n, kinds in enumerate(tables.values())
    )
    sets = "".join(f'<EntitySet Name="{name}@{asked.alias}" EntityType="D.T{n}"/>' for n, name in enumerate(tables))
    return (
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="D">{types}<EntityContainer Name="C">'
        f"{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def serve(questions: list[Question], told: Connection) -> None:
    """Play all databases and tell at which port."""
    packed = gzip.compress(description(questions[0]), 5)
    codes = {urlsplit(asked.url).path.split("/")[1]: asked.divisions for asked in questions}

    def answer(path: str) -> tuple[str, bytes]:
        slug, _, what = unquote(path).strip("/").partition("/odata4/")
        if what.startswith("$metadata"):
            return "Content-Encoding: gzip\r\n", packed
        rows = [{"Division": code, "Date": f"{TODAY}T00:00:00Z"} for code in codes[slug]]
        return "", json.dumps({"@odata.count": len(rows), "value": rows}).encode()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            await asyncio.sleep(LATENCY)
            more, body = answer(head.split()[1])
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body)
            await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        async with server:
            await server.serve_forever()

    asyncio.run(run())


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""


async def plain(urls: dict[str, list[str]]) -> None:
    """Make the same requests, databases side by side, and throw the answers away."""

    async def one(paths: list[str]) -> None:
        async with open_client("x", SIGNED, Limits(), None, local=True) as client:
            for path in paths:
                (await client.get(path)).raise_for_status()

    await asyncio.gather(*(one(paths) for paths in urls.values()))


def timed(action: Any, *arguments: Any) -> tuple[float, Any]:  # noqa: ANN401  whatever is timed
    """Return how long an action takes, and what it returns."""
    started = time.perf_counter()
    result = action(*arguments)
    return time.perf_counter() - started, result


def main() -> None:
    """Probe three ways and print the ratios."""
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch, "kantoor.xlsx"), range(DATABASES), office=True)
        loaded = pipeline.load(Path(scratch))
    questions = [question(client, loaded.catalogue) for client in loaded.clients]
    here, there = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(questions, there), daemon=True)
    server.start()
    base = f"http://127.0.0.1:{here.recv()}"
    local = [
        (question(client, loaded.catalogue, client.url.replace("https://bridge-online.cloud", base)), SIGNED)
        for client in loaded.clients
    ]
    asked: dict[str, list[str]] = {}
    hooked = httpx.AsyncClient.build_request

    def noted(client: httpx.AsyncClient, method: str, url: str, **rest: Any) -> httpx.Request:  # noqa: ANN401
        asked.setdefault(str(url).split("/")[3], []).append(str(url))
        return hooked(client, method, url, **rest)

    httpx.AsyncClient.build_request = noted  # type: ignore[method-assign]
    before = peak()
    at_once, findings = timed(probe, local, Manner(TODAY), DATABASES)
    memory = peak() - before
    httpx.AsyncClient.build_request = hooked  # type: ignore[method-assign]
    bad = [problem.code for finding in findings for problem in finding.problems]
    if bad:
        sys.exit(f"unexpected: {bad[:5]}")
    eight, _ = timed(probe, local, Manner(TODAY))
    single, _ = timed(probe, local[:5], Manner(TODAY), 1)
    floor, _ = timed(asyncio.run, plain(asked))
    requests = sum(map(len, asked.values()))
    single *= len(local) / 5
    print(f"{len(local)} databases, {requests} requests, {LATENCY * 1000:.0f} ms each")
    for title, seconds in (
        ("the same requests, unread", floor),
        ("probed at once", at_once),
        ("probed 8 at a time (default)", eight),
        ("probed one by one (from 5)", single),
    ):
        print(f"{title:32} {seconds:7.2f} s   {seconds / floor:5.1f} times the floor")
    print(f"most memory above the start      {memory:7.0f} MB")
    server.terminate()


if __name__ == "__main__":
    main()
