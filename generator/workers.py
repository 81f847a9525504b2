"""Work shared out over workers, through ``concurrent.futures``: processes of this computer, or another executor."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_AHEAD = 2  # pieces of work a worker has been given: one that it is at, and one that waits beside it

_Work = TypeVar("_Work")
_Made = TypeVar("_Made")
Given: TypeAlias = "Sequence[tuple[_Work, Future[list[_Made]] | None]]"
"""Pieces of work, each with who was given it."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work: ``pool`` is given pieces of it, of which ``width`` are done at one time."""

    pool: Executor
    width: int


@contextmanager
def processes(jobs: int, begin: Callable[[], object] | None = None) -> Iterator[Workers]:
    """Give processes of this computer, of which none starts before there is work; each calls ``begin`` first.

    They are spawned, since that works on every system.
    """
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=begin) as pool:
        yield Workers(pool, jobs)


def spread(
    workers: Workers,
    work: Callable[[_Work], list[_Made]],
    pieces: Iterable[_Work],
    lost: Callable[[_Work, BaseException], list[_Made]],
) -> Iterator[_Made]:
    """Have work done, a bounded number of pieces at a time, and yield what is made as it is ready.

    ``lost`` says what becomes of a piece that came to nothing, since a worker died or the cluster is gone.
    """
    running: dict[Future[list[_Made]], _Work] = {}
    for piece in pieces:
        try:
            running[workers.pool.submit(work, piece)] = piece
        except (OSError, RuntimeError, ValueError) as error:  # a broken pool, a closed connection
            yield from lost(piece, error)
        if len(running) >= _AHEAD * workers.width:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from _result(future, running.pop(future), lost)
    for future, piece in running.items():
        yield from _result(future, piece, lost)


@contextmanager
def hand_out(
    workers: Workers, work: Callable[[_Work], list[_Made]], pieces: Iterable[_Work]
) -> Iterator[Given[_Work, _Made]]:
    """Have quick work begun, that ``take_in`` asks for; what nobody has begun with at the end is not done."""
    given = [(piece, _submitted(workers, work, piece)) for piece in pieces]
    try:
        yield given
    finally:
        for _, future in given:
            if future is not None:
                future.cancel()


def take_in(given: Given[_Work, _Made], work: Callable[[_Work], list[_Made]]) -> list[_Made]:
    """Return what was made of work handed out, and take part in it: from the last piece on, what nobody began with.

    What a worker that died was at is done here.
    """
    made: list[list[_Made]] = []
    for piece, future in reversed(given):
        if future is None or future.cancel():
            made.append(work(piece))
        else:
            made.append(_result(future, piece, lambda piece, _: work(piece)))
    return [each for piece in reversed(made) for each in piece]


def _submitted(workers: Workers, work: Callable[[_Work], list[_Made]], piece: _Work) -> Future[list[_Made]] | None:
    """Return a piece of work that was handed out; None where nobody can take it any more."""
    try:
        return workers.pool.submit(work, piece)
    except (OSError, RuntimeError, ValueError):  # a broken pool, a closed connection
        return None


def _result(
    future: Future[list[_Made]], piece: _Work, lost: Callable[[_Work, BaseException], list[_Made]]
) -> list[_Made]:
    try:
        return future.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001  whatever it is, it ends no other piece
        return lost(piece, error)
