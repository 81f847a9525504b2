"""What the commands for Power BI web share: the clients and their bundles, the service, the question, the report."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.cli.make import SOME_FAILED, asks, chosen, confirmed, load
from generator.cli.options import Settings, speak
from generator.cli.text import problem_lines, say, say_json, terminal_width
from generator.problems import Cell, Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from generator.pipeline import Loaded
    from generator.publish.apply import Outcome
    from generator.publish.auth import SignIn
    from generator.publish.job import Job
    from generator.publish.service import Service
    from generator.publish.state import Published
    from generator.resolve.client import Client

_WRONG_COMMAND = 2


@dataclass(slots=True)
class Run:
    """One command on Power BI web: its clients with a bundle, in the language of the office."""

    settings: Settings
    language: str
    loaded: Loaded
    clients: tuple[Client, ...]
    service: Service
    sign_in: SignIn
    jobs: list[Job] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def words(self, dutch: str, english: str) -> str:
        """Return the one of two texts that is in the language of this run."""
        return dutch if self.language == "nl" else english


def begin(settings: Settings, *, keep_going: bool, create: bool = True) -> Run:
    """Read the workbooks and what is on record; raise ``Stop`` where an error keeps everything from being done."""
    from generator import credentials, pipeline  # noqa: PLC0415  the help needs none of it
    from generator.publish.job import Settings as How  # noqa: PLC0415
    from generator.publish.job import settings_from  # noqa: PLC0415
    from generator.publish.open import open_service  # noqa: PLC0415

    loaded = load(settings)
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    clients, skipped = chosen(settings, loaded, *pipeline.makeable(loaded, keep_going=keep_going))
    if collisions := credentials.collisions(row.code for row in loaded.spec.clients):
        raise Stop(collisions)
    service, sign_in = open_service(tell=_telling, trace=_tracing if settings.verbose else None)
    how: How = settings_from(os.environ, is_app=sign_in.is_app, create=create)
    run = Run(settings, language, loaded, clients, service, sign_in, problems=list(loaded.problems))
    run.failed += skipped
    _jobs(run, how)
    return run


def _telling(text: str) -> None:
    say(text, err=True)


def _tracing(line: str) -> None:
    say(f"  {line}", err=True)


def _jobs(run: Run, how: Any) -> None:  # noqa: ANN401  a type that only this command loads
    """Prepare a job for each client; one whose record can't be read has failed before it began."""
    from generator.manifests import previous  # noqa: PLC0415
    from generator.publish import schedule  # noqa: PLC0415
    from generator.publish.definition import Target  # noqa: PLC0415
    from generator.publish.guard import directory  # noqa: PLC0415
    from generator.publish.job import Job  # noqa: PLC0415
    from generator.publish.state import Record  # noqa: PLC0415

    out = run.settings.out
    known = directory(run.loaded.clients, published(run.settings))
    times = schedule.spread({client.code: client.refresh for client in run.loaded.clients})
    for client in run.clients:
        try:
            manifest = previous(out, client.code)
            files, spec_hash, url = (manifest.get(key, "") for key in ("files", "spec_hash", "url"))
            target = Target(client, out, files or {}, str(spec_hash), str(url))
            record = Record(out, client.code)
        except Stop as stop:
            run.problems += stop.problems
            run.failed.append(client.code)
            continue
        run.jobs.append(Job(run.service, target, record, how, known, times[client.code]))


def published(settings: Settings) -> list[Published]:
    """Return what is on record of every bundle in the output folder, as far as that can be read."""
    from generator.manifests import bundles  # noqa: PLC0415
    from generator.publish.state import load as read  # noqa: PLC0415

    found = []
    for code in bundles(settings.out):
        with suppress(Stop):
            found.append(read(settings.out, code))
    return found


def require_current(run: Run, *, keep_going: bool) -> None:
    """Let no bundle be published that is not what the workbooks ask for now; raise ``Stop`` unless others go on."""
    from generator import pipeline  # noqa: PLC0415

    stale = [job for job in run.jobs if not pipeline.is_current(run.settings.out, job.client, run.loaded.catalogue)]
    problems = [Problem("B319", Cell(job.client.code), {"client": job.client.code}, job.client.code) for job in stale]
    if problems and not keep_going:
        raise Stop([*run.problems, *problems])
    run.problems += problems
    run.failed += [job.client.code for job in stale]
    run.jobs = [job for job in run.jobs if job not in stale]


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the output folder, after what a run that was cut off has left in it is put right."""
    from generator import output  # noqa: PLC0415

    with output.held(settings.out) as problems:
        if problems:
            raise Stop(problems)
        yield


def agreed(run: Run, question: str) -> bool:
    """Ask; raise ``Stop`` with exit code 2 where there is nobody to ask and no ``--yes``."""
    if run.settings.yes:
        return True
    if not asks(run.settings):
        raise Stop([*run.problems, Problem("B347")], _WRONG_COMMAND)
    return confirmed(question, run.language)


def each(run: Run, jobs: Sequence[Job], do: Callable[[Job], Any]) -> Iterator[Any]:
    """Do something for all clients at once, as many at a time as was asked."""
    from generator.publish import apply  # noqa: PLC0415

    return apply.run(jobs, do, run.settings.jobs or apply.WORKERS, run.service.web.clock.halt)


def documents(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the items of the contract: one for each report of each client, with the client's own steps first."""
    return [
        {
            "client": outcome.job.client.code,
            "report": report,
            "workspace": outcome.job.record.value.workspace or outcome.job.client.workspace,
            "model_id": outcome.job.item(report).model_id,
            "report_id": outcome.job.item(report).report_id,
            "status": outcome.status,
            "url": outcome.job.item(report).url or outcome.job.client.url,
            "steps": [
                {"name": step.name, "status": step.status, "seconds": step.seconds}
                for step in outcome.steps
                if step.report in ("", report)
            ],
        }
        for outcome in sorted(outcomes, key=lambda outcome: outcome.job.client.code)
        for report in outcome.job.reports
    ]


def finish(run: Run, outcomes: Sequence[Outcome], lines: Sequence[str]) -> int:
    """Print what became of it, and return the exit code."""
    failed = [*run.failed, *(outcome.job.client.code for outcome in outcomes if outcome.status == "failed")]
    problems = [*run.problems, *(problem for outcome in outcomes for problem in outcome.problems)]
    if run.settings.json:
        say_json({"items": documents(outcomes), "skipped": sorted(run.failed)}, problems, run.language)
    else:
        if problems:
            say(problem_lines(problems, run.language, terminal_width()), err=True)
        if not run.settings.quiet and lines:
            say(lines)
    return SOME_FAILED if failed else 0
