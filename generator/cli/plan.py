"""``bundel plan``: what ``generate`` would change, before it does."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

import click

from generator.cli.make import SOME_FAILED, chosen, load, templates_of
from generator.cli.options import Settings, shared, speak
from generator.cli.text import count, of_clients, problem_lines, say, say_json, terminal_width
from generator.problems import Stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from generator.build.estimate import Estimate
    from generator.pipeline import Job, Loaded
    from generator.plan import Step
    from generator.problems import Problem
    from generator.resolve.client import Client

_WAITING = 3
_WORDS = {
    "nl": {"url": "URL", "division": "administratie", "report": "rapport", "page": "pagina", "measure": "meetwaarde"}
    | {"table": "tabel"},
    "en": {"url": "URL", "division": "division", "report": "report", "page": "page", "measure": "measure"}
    | {"table": "table"},
}
_MANY = {"nl": {"measure": "meetwaarden", "table": "tabellen"}, "en": {"measure": "measures", "table": "tables"}}
_NAMED = 5  # more measures or tables than this follow from a page: their names would scroll by unread
_ORDER = ("url", "division", "report", "page", "measure", "table")
_SIGNS = {"create": "+", "change": "~", "remove": "-"}


@click.command()
@click.option("--check", is_flag=True, help="Eindig met 3 als er iets te doen is.")
@click.option("--keep-going", is_flag=True, help="Bekijk de klanten zonder fouten.")
@shared
def plan(settings: Settings, *, check: bool, keep_going: bool) -> int:
    """Toon wat generate zou maken, wijzigen en weghalen; er wordt niets geschreven."""
    from generator import output, pipeline  # noqa: PLC0415  the help needs none of it
    from generator.build.estimate import estimates, too_large  # noqa: PLC0415  as above

    loaded = load(settings)
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    clients, skipped = chosen(settings, loaded, *pipeline.makeable(loaded, keep_going=keep_going))
    job = pipeline.Job(settings.out, templates_of(settings))
    recovered = output.recover(job.out)
    found, stopped = _found(clients, loaded, job, removals=not settings.clients)
    expected = [one for client in clients for one in estimates(client, loaded.catalogue)]
    large = [problem for one in expected if (problem := too_large(one, loaded.catalogue))]
    problems = of_clients((*loaded.problems, *dict.fromkeys((*recovered, *stopped)), *large), settings.clients)
    seen = len(clients) - len({problem.client for problem in stopped if problem.is_error})
    waiting = {step.client for step in found}
    if settings.json:
        document = {"changes": [step.document() for step in found], "unchanged": seen - len(waiting)}
        document |= {"skipped": list(skipped), "estimates": [one.document() for one in expected]}
        say_json(document, problems, language)
    else:
        if problems:
            say(problem_lines(problems, language, terminal_width()), err=True)
        if not settings.quiet:
            lines = _lines(found, seen, language)
            say([*lines[:-2], *_size(expected, language), *lines[-2:]])
    if any(problem.is_error for problem in (*recovered, *stopped)):
        return SOME_FAILED
    return _WAITING if check and found else 0


def _found(
    clients: Sequence[Client], loaded: Loaded, job: Job, *, removals: bool
) -> tuple[list[Step], tuple[Problem, ...]]:
    """Return what would change, files in the way that were changed by hand, and clients for which it can't be told."""
    from generator import pipeline  # noqa: PLC0415  the help needs none of it

    found: list[Step] = []
    stopped: list[Problem] = []
    for client in clients:
        try:
            found += pipeline.plan_all([client], loaded, job, removals=False, warn=stopped.extend)
        except Stop as stop:
            if any(problem.client != client.code for problem in stop.problems):
                raise  # the templates, which are everybody's
            stopped += stop.problems
    found += pipeline.plan_all((), loaded, job, removals=removals)
    return found, tuple(stopped)


def _lines(found: Sequence[Step], clients: int, language: str) -> list[str]:
    """Return the plan: a block per client that changes, one line for all others, and what to do next."""
    width = max((len(step.client) for step in found), default=0) + 2
    lines, status = [], Counter[str]()
    for code, steps in groupby(found, key=lambda step: step.client):
        listed = list(steps)
        status[_status(listed)] += 1
        lines += [f"{code if first else '':{width}}{line}" for first, line in _block(listed, language)]
    same = clients - status["changed"] - status["created"]
    if language == "nl":
        lines.append(f"{count(same, 'klant', 'klanten', '', '', 'nl')} gelijk.")
        totals = f"{status['changed']} gewijzigd, {status['created']} nieuw, {status['removed']} weg"
        return [*lines, f"Plan: {totals}." + (" Uitvoeren: bundel generate" if found else " Er is niets te doen.")]
    lines.append(f"{count(same, '', '', 'client', 'clients', 'en')} unchanged.")
    totals = f"{status['changed']} changed, {status['created']} new, {status['removed']} gone"
    return [*lines, f"Plan: {totals}." + (" Carry it out: bundel generate" if found else " There is nothing to do.")]


def _size(expected: Sequence[Estimate], language: str) -> list[str]:
    """Return how many rows the largest report will load, or nothing where there is none."""
    from generator.build.estimate import grouped  # noqa: PLC0415  the help needs none of it

    largest = max(expected, key=lambda one: one.rows, default=None)
    if largest is None:
        return []
    rows, where = grouped(largest.rows), f"{largest.client}, {largest.report}"
    if language == "nl":
        return [f"Grootste rapport: naar schatting {rows} rijen ({where})."]
    return [f"Largest report: about {rows} rows ({where})."]


def _status(steps: Sequence[Step]) -> str:
    """Tell whether a bundle is created, changed or removed, by what becomes of its files."""
    kinds = {step.kind for step in steps if step.what == "file"}
    reports = {step.kind for step in steps if step.what == "report"}
    if kinds == {"create"} and reports == {"create"}:
        return "created"
    return "removed" if kinds == {"remove"} and reports == {"remove"} else "changed"


def _group(step: Step) -> tuple[int, str]:
    """Return where a step stands in a block: what matters most first, all of one kind together."""
    return _ORDER.index(step.what), step.kind


def _block(steps: Sequence[Step], language: str) -> Iterable[tuple[bool, str]]:
    words = _WORDS[language]
    lost = "let op: verdwijnt uit het rapport" if language == "nl" else "mind: disappears from the report"
    lines = []
    for (kind, what), group in groupby(
        sorted((step for step in steps if step.what != "file"), key=_group), key=lambda step: (step.kind, step.what)
    ):
        listed = list(group)
        if what in ("measure", "table") and len(listed) > _NAMED:
            lines.append(f"{_SIGNS[kind]} {len(listed)} {_MANY[language][what]}")
            continue
        for step in listed:
            name = f"{step.old} → {step.new}" if what == "url" else step.name
            inside = f" ({step.report})" if step.report else ""
            lines.append(f"{_SIGNS[kind]} {words[what]:13} {name}{inside}{f'   {lost}' if step.breaking else ''}")
    if any(step.what == "division" for step in steps):
        paste = "→ plak on-startup.sql opnieuw in de database" if language == "nl" else "→ paste on-startup.sql again"
        lines.append(paste)
    for kind, number in Counter(step.kind for step in steps if step.what == "file").items():
        lines.append(f"{_SIGNS[kind]} {count(number, 'bestand', 'bestanden', 'file', 'files', language)}")
    return [(number == 0, line) for number, line in enumerate(lines)]
