"""``bundel preview``: the generated pages drawn with sample figures, and the office's overview of all clients."""

from __future__ import annotations

import datetime as dt
import time
import webbrowser
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from generator.cli.make import SOME_FAILED, followed, load, templates_of
from generator.cli.options import Settings, shared, speak
from generator.cli.text import problem_lines, say, say_json, terminal_width
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.pipeline import Loaded
    from generator.preview import Job, Outcome
    from generator.resolve.client import Client

_WRONG_COMMAND = 2
_WORDS = {
    "nl": {"created": "nieuw getekend", "changed": "opnieuw getekend", "unchanged": "gelijk", "failed": "mislukt"},
    "en": {"created": "drawn", "changed": "drawn again", "unchanged": "unchanged", "failed": "failed"},
}


@click.command()
@click.option("--open", "opened", is_flag=True, help="Open het overzicht in de browser.")
@click.option("--png", is_flag=True, help="Maak ook afbeeldingen, met Chromium, Chrome of Edge.")
@click.option("--force", is_flag=True, help="Teken ook wat gelijk bleef.")
@shared
def preview(settings: Settings, *, opened: bool, png: bool, force: bool) -> int:
    """Teken elke pagina van elke bundel met voorbeeldcijfers, en index.html over alle klanten."""
    from generator import output  # noqa: PLC0415  the help needs none of it
    from generator import preview as drawing  # noqa: PLC0415
    from generator.preview import many, picture  # noqa: PLC0415

    started, used = time.monotonic(), time.process_time()
    drawing.need_libraries()
    program = picture.browser() if png else ""
    loaded = load(settings)
    office = loaded.spec.office
    language = speak(settings, office.language if office else None)
    job = drawing.Job(settings.out, _today(), language, force)
    with output.held(settings.out) as recovered:
        pairs = _chosen(settings, loaded)
        crew = many.Crew(settings.processes, templates_of(settings), loaded.clients)
        made = followed(many.make_all(pairs, loaded.catalogue, job, crew), len(pairs), settings, language)
        outcomes = [_told(outcome, dict(pairs), loaded, job) for outcome in made]
        outcomes = [_pictured(outcome, settings, program) for outcome in outcomes] if program else outcomes
        _overview(loaded, outcomes, job)
    problems = (*recovered, *(each for one in outcomes for each in one.problems))
    _report(settings, outcomes, problems, (time.monotonic() - started, time.process_time() - used), language)
    if opened:
        webbrowser.open((settings.out / "index.html").resolve().as_uri())
    return SOME_FAILED if any(outcome.status == "failed" for outcome in outcomes) else 0


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _chosen(settings: Settings, loaded: Loaded) -> list[tuple[str, Client | None]]:
    """Return the bundles asked for, or all that are there, with their clients; ``Stop`` where there is none.

    A client that the workbook does not have without errors is None: its bundle is drawn without figures.
    """
    from generator.manifests import bundles  # noqa: PLC0415
    from generator.spec.headers import nearest  # noqa: PLC0415

    there = {code.casefold(): code for code in bundles(settings.out)}
    if not there:
        raise Stop([Problem("B402", None, {"path": settings.out.as_posix()})], _WRONG_COMMAND)
    for code in settings.clients:
        if code.casefold() not in there:
            raise Stop([Problem("B029", None, {"value": code, "nearest": nearest(code, there)})], _WRONG_COMMAND)
    asked = {code.casefold() for code in settings.clients} or set(there)
    wrong = {problem.client.casefold() for problem in loaded.problems if problem.is_error}
    clients = {client.code: client for client in loaded.clients if client.code.casefold() not in wrong}
    return [(code, clients.get(code)) for key, code in there.items() if key in asked]


def _told(outcome: Outcome, clients: Mapping[str, Client | None], loaded: Loaded, job: Job) -> Outcome:
    """Return an outcome with what its reader must know of the bundle: no figures, or older than the workbook."""
    from generator import pipeline  # noqa: PLC0415

    client = clients[outcome.client]
    if client is None:
        return replace(outcome, problems=(*outcome.problems, Problem("B407", None, {}, outcome.client)))
    if outcome.status == "failed" or pipeline.is_current(job.out, client, loaded.catalogue):
        return outcome
    return replace(outcome, problems=(*outcome.problems, Problem("B406", None, {}, outcome.client)))


def _pictured(outcome: Outcome, settings: Settings, program: str) -> Outcome:
    """Take pictures of a drawn bundle; a browser that fails is a problem of that client."""
    from generator.preview import picture  # noqa: PLC0415

    if outcome.status == "failed":
        return outcome
    try:
        picture.take(settings.out, outcome.client, program)
    except Stop as stop:
        return replace(outcome, status="failed", problems=(*outcome.problems, *stop.problems))
    return outcome


def _overview(loaded: Loaded, outcomes: Sequence[Outcome], job: Job) -> None:
    """Write ``index.html`` over all bundles, with the problems of workbook and drawing by client."""
    from generator.preview import overview, store  # noqa: PLC0415

    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in (*loaded.problems, *(each for one in outcomes for each in one.problems)):
        found[problem.client.casefold()].append(problem)
    office = loaded.spec.office
    known = overview.Known(
        office.name if office else "",
        {client.code: client.name for client in loaded.clients},
        {outcome.client: outcome.status for outcome in outcomes},
        found,
    )
    store.write(job.out, overview.PAGE, overview.render(job.out, known, job.language, job.today).encode())


def _report(
    settings: Settings,
    outcomes: Sequence[Outcome],
    problems: Sequence[Problem],
    seconds: tuple[float, float],
    language: str,
) -> None:
    if settings.json:
        previews = [
            {
                "client": each.client, "status": each.status, "pages": each.pages, "missing": list(each.missing),
                "path": f"{each.client}/preview/index.html",
            }
            for each in outcomes
        ]  # fmt: skip
        document = {"previews": previews, "index": "index.html", "seconds": round(seconds[0], 3)}
        say_json(document | {"cpu_seconds": round(seconds[1], 3)}, problems, language)
        return
    if problems:
        say(problem_lines(problems, language, terminal_width()), err=True)
    if settings.quiet:
        return
    found = Counter(outcome.status for outcome in outcomes)
    parts = [f"{found[status]} {word}" for status, word in _WORDS[language].items() if found[status]]
    page, clock = f"{settings.out.as_posix()}/index.html", f"{seconds[0]:.1f} s"
    sums = f"{', '.join(parts)} in {clock}."
    if language == "nl":
        say(f"{sums} Overzicht voor kantoor: {page}. Openen: bundel preview --open")
    else:
        say(f"{sums} Overview for the office: {page}. To open it: bundel preview --open")
