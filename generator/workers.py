"""Work shared out over workers, through ``concurrent.futures``: processes of this computer, or another executor."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_AHEAD = 2  # pieces of work a worker has been given: one that it is at, and one that waits beside it

_Work = TypeVar("_Work")
_Made = TypeVar("_Made")


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


class Given(Generic[_Work, _Made]):
    """Quick work of which a few pieces at a time are with the workers; the others wait for whoever is free first.

    None is ever called back: a process pool of which a process dies while a future is cancelled leaves the rest of its
    futures without an answer (CPython before 3.12.1).
    """

    def __init__(self, workers: Workers, work: Callable[[_Work], list[_Made]], pieces: Iterable[_Work]) -> None:
        """Keep the pieces and have the workers begin with the first."""
        self._workers, self._work = workers, work
        self._waiting = deque(enumerate(pieces))
        self._begun: dict[int, tuple[_Work, Future[list[_Made]]]] = {}
        self._turn = Lock()  # a piece that is taken has its future as soon as another thread looks
        for _ in range(_AHEAD * workers.width):
            self._next()

    def _next(self) -> None:
        with self._turn:
            if not self._waiting:
                return
            number, piece = self._waiting.popleft()
            try:
                future = self._workers.pool.submit(self._work, piece)
            except (OSError, RuntimeError, ValueError):  # a broken pool, a closed connection
                self._waiting.append((number, piece))
                return
            self._begun[number] = piece, future
        future.add_done_callback(self._ended)

    def _ended(self, future: Future[list[_Made]]) -> None:
        """Hand out another piece, in the thread of the pool; a pool that broke must not be asked, it holds its lock."""
        if not future.cancelled() and future.exception() is None:
            self._next()

    def taken(self) -> tuple[int, _Work] | None:
        """Return the last piece that nobody has begun with, or None; it is the caller's from now on."""
        with self._turn:
            return self._waiting.pop() if self._waiting else None

    def begun(self) -> dict[int, tuple[_Work, Future[list[_Made]]]]:
        """Return the pieces that workers have begun with, by number."""
        with self._turn:
            return dict(self._begun)

    def end(self) -> None:
        """Hand out no more."""
        with self._turn:
            self._waiting.clear()


@contextmanager
def hand_out(
    workers: Workers, work: Callable[[_Work], list[_Made]], pieces: Iterable[_Work]
) -> Iterator[Given[_Work, _Made]]:
    """Have quick work begun, that ``take_in`` asks for; what nobody has begun with at the end is not done."""
    given = Given(workers, work, pieces)
    try:
        yield given
    finally:
        given.end()


def take_in(given: Given[_Work, _Made], work: Callable[[_Work], list[_Made]]) -> list[_Made]:
    """Return what was made of work handed out, and take part in it: from the last piece on, what nobody began with.

    What a worker that died was at is done here.
    """
    made: dict[int, list[_Made]] = {}
    while taken := given.taken():
        number, piece = taken
        made[number] = work(piece)
    for number, (piece, future) in given.begun().items():
        made[number] = _result(future, piece, lambda piece, _: work(piece))
    return [each for number in sorted(made) for each in made[number]]


def _result(
    future: Future[list[_Made]], piece: _Work, lost: Callable[[_Work, BaseException], list[_Made]]
) -> list[_Made]:
    try:
        return future.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001  whatever it is, it ends no other piece
        return lost(piece, error)
