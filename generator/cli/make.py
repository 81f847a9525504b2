"""``bundel generate``: from the workbooks to the bundles, with one line of progress and one summary."""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from generator.cli.options import Settings, shared, speak
from generator.cli.text import count, of_clients, problem_lines, say, say_json, terminal_width
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from generator.looks import Looks
    from generator.pipeline import Loaded, Outcome
    from generator.resolve.client import Client

Made = TypeVar("Made")
"""What becomes of a bundle, whatever a command does with it."""

SOME_FAILED = 5
_WRONG_COMMAND = 2
_SANDBOX = "_sandbox"  # folder of bundles on made-up books; no client has such a code
_SHOWN = 12  # clients named one by one in a summary; more would scroll by unread


@click.command()
@click.option("--force", is_flag=True, help="Schrijf ook bestanden die gelijk bleven.")
@click.option("--keep-going", is_flag=True, help="Maak de klanten zonder fouten.")
@click.option("--sandbox", is_flag=True, help="Bind de bundels aan de zandbak, in een eigen map.")
@click.option(
    "--dask", metavar="ADRES", help="Maak ze op het Dask-cluster met deze scheduler, zoals tcp://10.0.0.5:8786."
)
@shared
def generate(settings: Settings, *, force: bool, keep_going: bool, sandbox: bool, dask: str | None) -> int:
    """Maak de bundels; alleen wat veranderde wordt herschreven."""
    from generator import __version__, output, pipeline  # noqa: PLC0415  the help needs none of it
    from generator.looks import looking  # noqa: PLC0415

    started = time.monotonic()
    if sandbox:
        settings = replace(settings, out=settings.out / _SANDBOX)
    few = force or dask or settings.clients  # few are looked at, or not by this computer
    with looking(settings.out, 1 if few else settings.processes, output.held) as (looks, held):
        loaded = load(settings)
        language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
        clients, skipped = chosen(settings, loaded, *pipeline.makeable(loaded, keep_going=keep_going))
        clients = _bound(clients) if sandbox else clients
        where = (settings.out, templates_of(settings))
        job = pipeline.Job(*where, force=force, overwrite=settings.yes, jobs=settings.processes)
        with held as recovered, _making(dask, looks) as make_all:
            outcomes = [pipeline.Outcome(code, "skipped") for code in skipped]
            outcomes += followed(make_all(clients, loaded.catalogue, job), len(clients), settings, language)
            outcomes = _again_by_hand(outcomes, clients, loaded, job, language)
            if not settings.clients:
                gone = output.removable(job.out, loaded.codes)
                outcomes += pipeline.remove_all(job.out, gone, _asker(settings, language))
            left = {outcome.client: outcome.hash for outcome in outcomes if outcome.status == "unchanged"}
            output.seal(job.out, __version__, left)
    told = (*loaded.problems, *recovered, *(problem for outcome in outcomes for problem in outcome.problems))
    problems = of_clients(told, settings.clients)
    _report(settings, outcomes, problems, time.monotonic() - started, language)
    return SOME_FAILED if any(_went_wrong(outcome, skipped) for outcome in outcomes) else 0


@contextmanager
def _making(dask: str | None, looks: Looks | None) -> Iterator[Callable[..., Iterator[Outcome]]]:
    """Give what makes bundles: this computer, or the cluster that was asked for."""
    from generator import pipeline  # noqa: PLC0415

    if dask is None:
        yield partial(pipeline.make_all, looks=looks)
        return
    from generator import cluster  # noqa: PLC0415

    with cluster.connected(dask) as (workers, ask):
        yield partial(cluster.make_all, workers=workers, ask=ask)


def _bound(clients: tuple[Client, ...]) -> tuple[Client, ...]:
    """Return clients whose bundles are on made-up books: addresses of their own."""
    from generator.sources.sandbox.address import base_url  # noqa: PLC0415
    from generator.sources.sandbox.binding import bind  # noqa: PLC0415

    base = base_url()
    return tuple(bind(client, base) for client in clients)


def templates_of(settings: Settings) -> Path | None:
    """Return the folder of the user's own templates: the one asked for, else ``templates/`` here where there is one."""
    here = Path("templates").absolute()  # what was read of a folder is remembered by its path
    return settings.templates or (here if here.is_dir() else None)


def load(settings: Settings) -> Loaded:
    """Read and resolve the workbooks asked for; a folder or file that is not there is a wrong command."""
    from generator import pipeline  # noqa: PLC0415
    from generator.spec.workbook import workbooks  # noqa: PLC0415

    if not settings.specs.exists() or not workbooks(settings.specs):
        raise Stop([Problem("B007", None, {"path": settings.specs.as_posix()})], _WRONG_COMMAND)
    return pipeline.load(settings.specs, templates_of(settings))


def chosen(
    settings: Settings,
    loaded: Loaded,
    clients: tuple[Client, ...],
    skipped: tuple[str, ...],
) -> tuple[tuple[Client, ...], tuple[str, ...]]:
    """Return the clients and codes left out that were asked for; all of them where nothing was asked."""
    from generator.spec.headers import nearest  # noqa: PLC0415

    if not settings.clients:
        return clients, skipped
    known = {code.casefold() for code in (*loaded.codes, *skipped)}
    for code in settings.clients:
        if code.casefold() not in known:
            raise Stop([Problem("B029", None, {"value": code, "nearest": nearest(code, known)})], _WRONG_COMMAND)
    asked = {code.casefold() for code in settings.clients}
    return (
        tuple(client for client in clients if client.code.casefold() in asked),
        tuple(code for code in skipped if code.casefold() in asked),
    )


def _went_wrong(outcome: Outcome, skipped: tuple[str, ...]) -> bool:
    return outcome.status == "failed" or (outcome.status == "skipped" and outcome.client in skipped)


def asks(settings: Settings) -> bool:
    """Tell whether there is someone to ask: a terminal on both ends, and no document to print."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not settings.json and not settings.quiet


def _asker(settings: Settings, language: str) -> Callable[[str], bool]:
    """Return what decides whether the bundle of a client that is gone may be removed."""

    def ask(code: str) -> bool:
        question = f"Bundel van {code} weghalen?" if language == "nl" else f"Remove the bundle of {code}?"
        return settings.yes or (asks(settings) and confirmed(question, language))

    return ask


def confirmed(question: str, language: str) -> bool:
    """Ask, and take j, ja, y or yes for a yes; anything else is a no."""
    answer = click.prompt(
        f"{question} [{'j/N' if language == 'nl' else 'y/N'}]", default="", show_default=False, err=True
    )
    return str(answer).strip().casefold() in {"j", "ja", "y", "yes"}


def _again_by_hand(
    outcomes: list[Outcome],
    clients: Sequence[Client],
    loaded: Loaded,
    job: object,
    language: str,
) -> list[Outcome]:
    """Ask whether hand-edited files may be written over, and make those bundles again on a yes."""
    from generator import pipeline  # noqa: PLC0415
    from generator.cli.options import current  # noqa: PLC0415

    settings = current()
    edited = {outcome.client for outcome in outcomes if outcome.edited}
    if not edited or settings is None or not asks(settings) or not isinstance(job, pipeline.Job):
        return outcomes
    names = ", ".join(sorted(edited))
    question = f"Met de hand gewijzigde bestanden overschrijven ({names})?"
    if not confirmed(question if language == "nl" else f"Overwrite files changed by hand ({names})?", language):
        return outcomes
    over = replace(job, overwrite=True)
    made = {client.code: pipeline.make(client, loaded.catalogue, over) for client in clients if client.code in edited}
    return [made.get(outcome.client, outcome) for outcome in outcomes]


def followed(outcomes: Iterator[Made], total: int, settings: Settings, language: str) -> Iterable[Made]:
    """Return outcomes as they come, with a bar on a terminal once it takes more than a second."""
    if not sys.stderr.isatty() or settings.quiet or settings.json:
        return list(outcomes)
    from rich.console import Console  # noqa: PLC0415  takes a while, and only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    started, found = time.monotonic(), []
    words = "klanten" if language == "nl" else "clients"
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(words), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=total)
    with _stopped(bar):
        for outcome in outcomes:
            found.append(outcome)
            if not bar.live.is_started and time.monotonic() - started > 1:
                bar.start()
            bar.update(task, advance=1)
    return found


def _stopped(bar: object) -> AbstractContextManager[object]:
    """Return a context that ends the bar however the run ends."""
    from contextlib import ExitStack  # noqa: PLC0415

    stack = ExitStack()
    stack.callback(getattr(bar, "stop", nullcontext))
    return stack


def _report(
    settings: Settings,
    outcomes: Sequence[Outcome],
    problems: Sequence[Problem],
    seconds: float,
    language: str,
) -> None:
    if settings.json:
        bundles = [
            {"client": each.client, "status": each.status, "files": each.files, "reports": list(each.reports)}
            for each in outcomes
        ]
        say_json({"bundles": bundles, "seconds": round(seconds, 3)}, problems, language)
        return
    if problems:
        say(problem_lines(problems, language, terminal_width()), err=True)
    if not settings.quiet:
        say(_summary(outcomes, settings, language))


def _summary(outcomes: Sequence[Outcome], settings: Settings, language: str) -> list[str]:
    """Return what happened in one line, the clients that need a look by name, and the next step."""
    found = Counter(outcome.status for outcome in outcomes)
    words = _WORDS[language]
    parts = [
        f"{found[status]} {words[status]}" for status in words if found[status] or status in ("changed", "unchanged")
    ]
    failed = "fout" if language == "nl" else "failed"
    parts.append(f"{found['failed']} {failed}")
    lines = [
        f"  {words.get(status, failed)}: {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}"
        for status in ("created", "changed", "skipped", "failed")
        if (names := [outcome.client for outcome in outcomes if outcome.status == status])
    ]
    pasted = [outcome.client for outcome in outcomes if outcome.startup]
    if pasted:
        again = (
            "plak on-startup.sql opnieuw in de database van" if language == "nl" else "paste on-startup.sql again for"
        )
        lines.append(f"  {again}: {', '.join(pasted)}")
    where = f"{settings.out.as_posix()}/"
    if settings.out.name == _SANDBOX:
        start = "Volgende stap: bundel sandbox" if language == "nl" else "Next: bundel sandbox"
        marked = "Gebonden aan verzonnen boeken" if language == "nl" else "Bound to made-up books"
        return [*lines, f"{', '.join(parts)}. {marked}, in {where}. {start}"]
    if language == "nl":
        end = f"Bundels in {where}. Wat met de hand moet, staat per klant in setup.md."
    else:
        end = f"Bundles in {where}. What is to be done by hand stands in setup.md of each client."
    return [*lines, f"{', '.join(parts)}. {end}"]


_WORDS = {
    "nl": {
        "created": "nieuw",
        "changed": "gewijzigd",
        "unchanged": "gelijk",
        "removed": "weggehaald",
        "skipped": "overgeslagen",
    },
    "en": {
        "created": "new",
        "changed": "changed",
        "unchanged": "unchanged",
        "removed": "removed",
        "skipped": "skipped",
    },
}
__all__ = ["count", "followed", "generate"]
