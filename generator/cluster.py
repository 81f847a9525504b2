"""Bundles made on a Dask cluster: its workers write to a folder that all computers share, and return hashes.

Nothing is made before each worker has shown that it sees the same output folder, templates and program as this
computer; and each looks again with every share of clients, since workers come and go.
"""

from __future__ import annotations

import gc
import logging
import os
import platform
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from generator import __version__, catalogue, pipeline
from generator.commit import MANIFEST
from generator.disk import digest
from generator.pipeline import Outcome
from generator.problems import Problem, Stop
from generator.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from generator.catalogue import Catalogue
    from generator.pipeline import Job
    from generator.resolve.client import Client

SCHEMES = ("tcp", "tls", "ws", "wss")
_PATIENCE = 15  # seconds in which a scheduler must answer
_WRONG_COMMAND = 2

_alone = Lock()
"""One share of clients at a time in a process, whatever its number of threads: what bundles share is made by one."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a worker must see: this version, templates with this fingerprint, this list of bundles in the output."""

    version: str
    fingerprint: str
    bundles: str


@contextmanager
def connected(address: str) -> Iterator[tuple[Workers, Callable[..., Mapping[str, object]]]]:
    """Give the workers of the cluster with a scheduler at an address, and a way to ask each of them something.

    At the end waits for what they are at. Raises ``Stop``: B150 without the extra, B151 where the address is none,
    B152 where no scheduler answers at it, B153 where it has no workers.
    """
    try:
        from distributed import Client  # noqa: PLC0415  an extra, and slow to load
    except ImportError:
        raise Stop([Problem("B150")], _WRONG_COMMAND) from None
    if not is_address(address):
        values = {"value": address, "schemes": ", ".join(f"{scheme}://" for scheme in SCHEMES)}
        raise Stop([Problem("B151", None, values)], _WRONG_COMMAND)
    logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)  # what goes wrong is told once, as a problem
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:  # the time that ran out is an OSError too
        raise Stop([Problem("B152", None, {"value": address, "reason": type(error).__name__})]) from None
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise Stop([Problem("B153", None, {"value": address})])
        with client.get_executor(pure=False) as pool:
            yield Workers(pool, width), partial(client.run, on_error="return")


def is_address(text: str) -> bool:
    """Tell whether a text can be the address of a scheduler."""
    try:
        parts = urlsplit(text)
        return parts.scheme in SCHEMES and bool(parts.hostname) and bool(parts.port) and not parts.username
    except ValueError:
        return False


def make_all(
    clients: Sequence[Client],
    known: Catalogue,
    job: Job,
    workers: Workers,
    ask: Callable[..., Mapping[str, object]] | None = None,
) -> Iterator[Outcome]:
    """Make bundles on workers; outcomes come as they are ready. ``ask`` has each worker call a function.

    Raises ``Stop`` before any bundle is written where a worker lacks what it needs.
    """
    own = job.templates.absolute() if job.templates else None
    far = replace(job, out=job.out.absolute(), templates=own)  # another computer stands in another folder

    def elsewhere(pending: Sequence[Client]) -> Iterator[Outcome]:
        proof = Proof(__version__, known.fingerprint, digest(f"{far.out}/{MANIFEST}"))
        if ask:
            _admit(ask(refusal, far, proof), far)
        work = partial(make_share, job=far, proof=proof)
        return (_seen(outcome, job) for outcome in pipeline.share_out(pending, job, workers, work))

    return pipeline.make_all(clients, known, job, elsewhere)


def _admit(answers: Mapping[str, object], job: Job) -> None:
    """Raise ``Stop`` with a problem for each worker that lacks something; one that can't even answer lacks Bundel."""
    codes = {worker: answer if isinstance(answer, str) else "B156" for worker, answer in answers.items()}
    refused = [_refused(code, worker, job) for worker, code in sorted(codes.items()) if code]
    if refused:
        raise Stop(refused)


def refusal(job: Job, proof: Proof) -> str:
    """Return the code of what keeps this process from making bundles of another computer's run, or nothing."""
    if __version__ != proof.version:
        return "B156"
    try:
        known = catalogue.load(job.templates)
    except Stop:
        return "B155"
    if known.fingerprint != proof.fingerprint:
        return "B155"
    is_there = digest(f"{job.out}/{MANIFEST}") == proof.bundles and os.access(job.out, os.W_OK)
    return "" if is_there else "B154"


def _refused(code: str, worker: str, job: Job, client: str = "") -> Problem:
    return Problem(code, None, {"worker": worker, "path": job.out.as_posix(), "version": __version__}, client)


def make_share(clients: Sequence[Client], job: Job, proof: Proof) -> list[Outcome]:
    """Make some bundles on a worker; those that another one died of half-way are mended first."""
    with _alone:
        if code := refusal(job, proof):
            problems = {client.code: _refused(code, platform.node(), job, client.code) for client in clients}
            return [Outcome(client, "failed", problems=(problem,)) for client, problem in problems.items()]
        for client in clients:
            pipeline.mend(job, client.code)
        made = pipeline.make_share(clients, job)
        gc.unfreeze()  # a worker outlives the run
        return [replace(outcome, hash=digest(f"{job.out}/{outcome.client}/{MANIFEST}")) for outcome in made]


def _seen(outcome: Outcome, job: Job) -> Outcome:
    """Return the outcome, failed where this computer does not see what the worker wrote."""
    if outcome.status == "failed" or digest(f"{job.out}/{outcome.client}/{MANIFEST}") == outcome.hash:
        return outcome
    problem = Problem("B158", None, {"value": outcome.client}, outcome.client)
    return replace(outcome, status="failed", problems=(*outcome.problems, problem))
