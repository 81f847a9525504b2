"""Draws many bundles: in several processes where there is much to draw, and outcomes as they are ready."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from generator import catalogue
from generator import preview as drawing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from generator.catalogue import Catalogue
    from generator.preview import Job, Outcome
    from generator.resolve.client import Client

    Pair = tuple[str, Client | None]

_FEW = 6  # bundles to draw below which other processes cost more than they gain
_CHUNK = 4


@dataclass(frozen=True, slots=True)
class Crew:
    """How many processes draw, from which templates, and all clients of the workbook."""

    jobs: int
    templates: Path | None = None
    clients: tuple[Client, ...] = ()


def make_all(pairs: Sequence[Pair], known: Catalogue, job: Job, crew: Crew) -> Iterator[Outcome]:
    """Draw bundles by code and client; a client of None is drawn without figures."""
    waiting = [pair for pair in pairs if not drawing.is_current(pair[0], job, known=pair[1] is not None)]
    names = {code for code, _ in waiting}
    yield from (drawing.make(code, client, known, job) for code, client in pairs if code not in names)
    # The office reads the books of its clients, so it is drawn here: the others need nothing of each other.
    office = [pair for pair in waiting if pair[1] is not None and pair[1].is_office]
    yield from (drawing.make(code, client, known, job, crew.clients) for code, client in office)
    waiting = [pair for pair in waiting if pair not in office]
    if len(waiting) < _FEW or crew.jobs == 1:
        yield from (drawing.make(code, client, known, job) for code, client in waiting)
        return
    chunks = (waiting[start : start + _CHUNK] for start in range(0, len(waiting), _CHUNK))
    with ProcessPoolExecutor(crew.jobs, mp_context=get_context("spawn")) as pool:
        running: set[Future[list[Outcome]]] = set()
        for chunk in chunks:
            running.add(pool.submit(_make_chunk, chunk, job, crew.templates))
            if len(running) >= 2 * crew.jobs:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (outcome for future in done for outcome in future.result())
        yield from (outcome for future in running for outcome in future.result())


def _make_chunk(pairs: Sequence[Pair], job: Job, templates: Path | None) -> list[Outcome]:
    """Draw some bundles in a process of their own, which loads the templates once."""
    known = catalogue.load(templates)
    return [drawing.make(code, client, known, job) for code, client in pairs]
