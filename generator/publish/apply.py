"""Doing it, for many clients at once: each client's failure is its own, and the others go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from generator.problems import Cell, Problem, Stop
from generator.publish.steps import STEPS, due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from generator.publish.job import Job

WORKERS = 32
"""Clients at once; most of a client's time is waiting for the service, and calls have a limit of their own."""

_ROUNDS = 3  # a model that was taken over needs its credentials again; more often is going round in circles
_NOBODY = frozenset({"B302", "B310", "B311", "B312", "B313"})  # not signed in: true for every client

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was tried, for a report or (empty) the client: ``status`` is done or failed."""

    report: str
    name: str
    status: str
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What became of a client; ``status`` is created, changed, unchanged or failed."""

    job: Job
    status: str = "unchanged"
    steps: list[Done] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()


def publish(job: Job) -> Outcome:
    """Do all that is due for a client, one step after the other; a failure is an outcome.

    Raises ``Stop`` only where nobody is signed in, which is true for every client.
    """
    new = not any(item.model_id for item in job.record.value.items)
    outcome = Outcome(job)
    attempt(outcome, lambda: _steps(job, outcome))
    if outcome.status != "failed" and outcome.steps:
        outcome.status = "created" if new else "changed"
    return outcome


def attempt(outcome: Outcome, do: Callable[[], None]) -> None:
    """Do something for a client, and put on its outcome how that failed, if it did."""
    job = outcome.job
    try:
        do()
    except Stop as stop:
        if any(problem.code in _NOBODY for problem in stop.problems):
            raise
        outcome.status, found = "failed", stop.problems
    except Exception as error:  # noqa: BLE001  whatever goes wrong with one client ends no other client's
        told = job.service.words(f"{type(error).__name__}: {error}")
        outcome.status, found = "failed", (Problem("B089", None, {"error": told}),)
    else:
        found = ()
    outcome.problems = tuple(placed(each, job.client.code) for each in (*job.told, *found))


def placed(problem: Problem, code: str) -> Problem:
    """Return a problem as one of a client, and listed under it."""
    return replace(problem, client=code, cell=problem.cell or Cell(code))


def run(
    jobs: Iterable[T], do: Callable[[T], R], workers: int = WORKERS, halt: Callable[[], None] = lambda: None
) -> Iterator[R]:
    """Do something for many clients at once; results come as they are ready, in order where there is one worker.

    Raises what one of them raises, once those that are busy have come to a stop; ``halt`` wakes those that wait.
    """
    every = list(jobs)
    if workers == 1:
        yield from map(do, every)
        return
    with ThreadPoolExecutor(max(1, min(workers, len(every)))) as pool:
        futures = [pool.submit(do, each) for each in every]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            halt()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _steps(job: Job, outcome: Outcome) -> None:
    for _ in range(_ROUNDS):
        before = len(outcome.steps)
        for step in STEPS:
            for report in ("",) if step.of_client else job.reports:
                if step.due(job, report):
                    timed(outcome, report, step.name, partial(step.do, job, report))
        if len(outcome.steps) == before:
            return
    if due(job):
        raise Stop([Problem("B317")])


def timed(outcome: Outcome, report: str, name: str, do: Callable[[], T]) -> T:
    """Do a step, and put on the outcome how it ended and how long it took."""
    clock = outcome.job.service.web.clock
    started, status = clock.now(), "failed"
    try:
        result = do()
        status = "done"
    finally:
        outcome.steps.append(Done(report, name, status, round(clock.now() - started, 3)))
    return result
