"""How many calls a client costs, and how much of the allowed calls is used: publish, again, and rebind of many clients.

    python benchmarks/publish.py [--clients 300] [--per-minute 200] [--workers 32]

Runs against the service of the tests, on a clock that jumps to the next moment at which anything happens, so that
half an hour takes seconds. Latencies are those of recorded traffic: 0.3 s to read, 1.5 s to change, 15 s to process a
model, 4 s for a report, 41 s for a refresh.
"""

from __future__ import annotations

import argparse
import heapq
import sys
import tempfile
import threading
from collections import Counter
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from power_bi import REGION, PowerBI
from published import Office

from generator.publish import apply, connect, fabric, plan, rebind
from generator.publish.service import HOSTS, Service
from generator.web import Bucket, Web

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.publish.apply import Outcome
    from generator.publish.job import Job

READ, CHANGE = 0.3, 1.5
PROCESSED = {"SemanticModel": 15.0, "Report": 4.0, "": 8.0}
REFRESHED = 41.0


class Jumping:
    """A clock for threads: when all that are at work wait, time jumps to the first that need wait no longer."""

    def __init__(self) -> None:
        """Start at zero, with nobody at work."""
        self.time, self.busy = 0.0, 0
        self.order, self.lock = count(), threading.Lock()
        self.waiting: list[tuple[float, int, threading.Event]] = []

    def now(self) -> float:
        """Return seconds since the start."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Wait."""
        woken = threading.Event()
        with self.lock:
            heapq.heappush(self.waiting, (self.time + seconds, next(self.order), woken))
            self.busy -= 1
            self._jump()
        woken.wait()

    def halt(self) -> None:
        """Nobody has to be woken."""

    def work(self, do: Callable[[Job], Outcome]) -> Callable[[Job], Outcome]:
        """Return a function that counts as work while it runs."""

        def working(job: Job) -> Outcome:
            with self.lock:
                self.busy += 1
            try:
                return do(job)
            finally:
                with self.lock:
                    self.busy -= 1
                    self._jump()

        return working

    def _jump(self) -> None:
        if self.busy <= 0 and self.waiting:
            moment, _, woken = heapq.heappop(self.waiting)
            self.time = max(self.time, moment)
            self.busy += 1
            woken.set()


class Timed(PowerBI):
    """The service, with operations and refreshes that take their time."""

    def __init__(self, clock: Jumping) -> None:
        """Begin with nothing published."""
        super().__init__()
        self.clock, self.page, self.busy, self.moments = clock, 100, threading.Lock(), []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, after as long as the service takes."""
        with self.busy:
            self.moments.append(self.clock.now())
            reply = super().__call__(request)
        self.clock.sleep(READ if request.method == "GET" else CHANGE)
        return reply

    def operation(self, result: dict[str, str] | None, undo: Callable[[], None] = lambda: None) -> httpx.Response:
        """Begin an operation that takes its time."""
        reply = super().operation(result, undo)
        kind = (result or {}).get("type", "")
        self.operations[reply.headers["x-ms-operation-id"]]["ready"] = self.clock.now() + PROCESSED[kind]
        return reply

    def operation_state(self, body: object, query: object, key: str) -> httpx.Response:
        """Tell whether it has ended."""
        operation = self.operations[key]
        if self.clock.now() < operation["ready"]:
            location = {"Location": f"{REGION}/v1/operations/{key}"}
            return httpx.Response(200, json={"status": "Running", "error": None}, headers=location)
        operation["left"] = 0
        return super().operation_state(body, query, key)

    def start_refresh(self, *arguments: Any) -> httpx.Response:  # noqa: ANN401  as the service of the tests has it
        """Begin a refresh that takes its time."""
        reply = super().start_refresh(*arguments)
        refresh = self.items[arguments[-1]]["refreshes"][0]
        refresh["ready"], refresh["left"] = self.clock.now() + REFRESHED, 10**6
        return reply

    def refreshes(self, *arguments: Any) -> httpx.Response:  # noqa: ANN401
        """List them."""
        for each in self.items[arguments[-1]]["refreshes"]:
            if self.clock.now() >= each["ready"]:
                each["left"] = 0
        return super().refreshes(*arguments)


def tables(clients: int) -> str:
    """Return a workbook of so many clients."""
    rows = [f"| k{n} | Klant {n} | https://bridge-online.cloud/db{n}/odata4 | 07:00 |" for n in range(clients)]
    divisions = [f"| k{n} | `{710000 + n}` |" for n in range(clients)]
    people = [f"| k{n} | klant{n}@klant.example | Viewer |" for n in range(clients)]
    return "\n".join(
        [
            "## Kantoor\n| Naam | Taal |\n| Van Dam | nl |\n\n## Klanten\n| Code | Naam | URL | Verversen |",
            *rows,
            "\n## Administraties\n| Klant | Code |",
            *divisions,
            "\n## Toegang\n| Klant | E-mail | Rol |",
            *people,
        ]
    )


class Bench:
    """An office that is published, rebound and published again, each time as a run from nothing but the disk."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Prepare an office of so many clients."""
        codes = tuple(f"k{number}" for number in range(arguments.clients))
        self.arguments, self.clock = arguments, Jumping()
        self.power_bi = Timed(self.clock)
        folder = tempfile.mkdtemp()
        self.office = Office(Path(folder), tables(arguments.clients), service=self.power_bi, codes=codes)
        self.office.service = self.service

    def service(self) -> Service:
        """Open the service for one run, and ask what is asked once for all clients."""
        bucket = Bucket(self.arguments.per_minute, clock=self.clock)
        web = Web(
            HOSTS, lambda *_: {"Authorization": "Bearer token"}, bucket=bucket, transport=self.power_bi.transport()
        )
        service = Service(web)
        self.clock.busy += 1  # this thread
        connect.form(service)
        connect.is_ours(service, "", "")
        return service

    def run(self, name: str, target: int, do: Callable[[Job, plan.Workspaces], Outcome]) -> None:
        """Do something for all clients, and tell what it took."""
        jobs = self.office.jobs()
        service = jobs[0].service
        workspaces = plan.Workspaces(fabric.workspaces(service))
        self.clock.busy -= 1
        shared, started = service.web.bucket.taken, self.clock.now()
        log = len(self.power_bi.moments)
        begun: list[float] = []

        def one(job: Job) -> Outcome:
            begun.append(self.clock.now())
            return do(job, workspaces)

        outcomes = list(apply.run(jobs, self.clock.work(one), self.arguments.workers))
        failed = [problem.code for outcome in outcomes for problem in outcome.problems]
        self.tell(name, target, service.web.bucket, shared, (started, max(begun), self.clock.now()), log)
        if failed:
            print(f"  problems: {Counter(failed)}")

    def tell(
        self, name: str, target: int, bucket: Bucket, shared: int, moments: tuple[float, float, float], log: int
    ) -> None:
        """Print the figures of a run: when it began, when the last client did, when it ended."""
        clients = self.arguments.clients
        started, last, ended = moments
        calls, polls = bucket.taken - shared - bucket.polls, bucket.polls
        minutes = (ended - started) / 60
        ahead = max((last - started) / 60, 1e-9)
        turns = [turn for turn in self.power_bi.moments[log:] if started <= turn <= last]
        share = min(1.0, len(turns) / (ahead * self.arguments.per_minute))  # the first minute's turns come at once
        print(
            f"{name:22} {calls / clients:5.1f} calls a client (at most {target}), {polls / clients:4.1f} looks whether "
            f"something is ready, {shared} shared; {minutes:5.1f} minutes, {share:4.0%} of the allowed calls used "
            f"while clients wait"
        )


def main() -> None:
    """Publish, publish again, rebind, and publish what has changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--per-minute", type=int, default=200)
    parser.add_argument("--workers", type=int, default=apply.WORKERS)
    bench = Bench(parser.parse_args())

    def publish(job: Job, workspaces: plan.Workspaces) -> Outcome:
        planned = plan.plan(job, workspaces)
        return apply.publish(planned.job)

    bench.run("first publish", 12, publish)
    bench.run("unchanged", 4, publish)
    bench.office.moved = {code: f"https://bridge-online.cloud/{code}-nieuw/odata4" for code in bench.office.codes}
    bench.run("rebind", 8, lambda job, _: rebind.rebind(job))
    bench.office.version = "2"
    bench.run("update", 12, publish)


if __name__ == "__main__":
    main()
