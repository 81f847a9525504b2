"""``bundel publish`` and ``bundel rebind``: the plan, the question, a line for each client, how to go on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from generator.cli.online import Run, agreed, begin, each, finish, locked, require_current
from generator.cli.options import Settings, shared
from generator.cli.text import count, say
from generator.problems import Stop, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.publish.apply import Outcome
    from generator.publish.job import Job
    from generator.publish.plan import Planned

_SHOWN = 40  # clients in a plan that are shown one by one; more would scroll by unread
_WORDS = {
    "nl": {
        "workspace": "werkruimte",
        "report": "rapport",
        "title": "titel",
        "url": "URL",
        "credentials": "aanmelding",
        "refresh": "verversen",
        "schedule": "schema",
        "access": "toegang",
        "check": "nagekeken",
        "connection": "verbinding",
        "verify": "gelezen URL",
        "back": "terug naar de oude URL",
        "tidy": "opgeruimd",
    },
    "en": {"url": "URL", "verify": "URL read", "back": "back to the old URL", "check": "checked", "tidy": "tidied"},
}
_QUIET = frozenset({"tidy"})


@click.command()
@click.option("--dry-run", is_flag=True, help="Toon alleen het plan.")
@click.option("--no-create", is_flag=True, help="Maak geen werkruimten.")
@click.option("--keep-going", is_flag=True, help="Publiceer de klanten zonder fouten.")
@shared
def publish(settings: Settings, *, dry_run: bool, no_create: bool, keep_going: bool) -> int:
    """Publiceer de bundels in Power BI web: model, rapport, URL, aanmelding, verversen en schema."""
    from generator.publish import apply  # noqa: PLC0415  the help needs none of it

    with locked(settings):
        run = begin(settings, keep_going=keep_going, create=not no_create)
        require_current(run, keep_going=keep_going)
        planned = _planned(run)
        waiting = [plan for plan in planned if plan.steps]
        same = [apply.Outcome(plan.job) for plan in planned if not plan.steps]
        for outcome in same:
            outcome.job.record.settle()
        if not settings.json and not settings.quiet:
            say(_plan_lines(run, waiting, len(same)))
        if dry_run:
            return finish(run, [_as_outcome(plan) for plan in waiting] + same, ())
        if waiting and not agreed(run, _question(run, waiting)):
            return 0
        outcomes = _done(run, each(run, [plan.job for plan in waiting], apply.publish))
    return finish(run, [*same, *outcomes], _summary(run, outcomes, "publish") if waiting else ())


@click.command()
@click.option("--dry-run", is_flag=True, help="Toon alleen wat zou wijzigen.")
@shared
def rebind(settings: Settings, *, dry_run: bool) -> int:
    """Geef gepubliceerde rapporten de nieuwe URL van hun klant; het rapport zelf blijft zoals het is."""
    from generator.publish import apply  # noqa: PLC0415
    from generator.publish.rebind import moves  # noqa: PLC0415
    from generator.publish.rebind import rebind as move  # noqa: PLC0415

    with locked(settings):
        run = begin(settings, keep_going=False)
        waiting = [job for job in run.jobs if moves(job)]
        if not settings.json and not settings.quiet:
            say(_moves(run, waiting))
        same = [apply.Outcome(job) for job in run.jobs if job not in waiting and job.record.value.items]
        if dry_run or not waiting:
            return finish(run, [*same, *(apply.Outcome(job, "waiting") for job in waiting)], ())
        if not agreed(run, run.words("Doorgaan?", "Go on?")):
            return 0
        outcomes = _done(run, each(run, waiting, move))
    return finish(run, [*same, *outcomes], _summary(run, outcomes, "rebind"))


def _planned(run: Run) -> list[Planned]:
    """Plan for every client; one for which nothing may be done is a failure of its own."""
    from generator.publish import fabric, plan  # noqa: PLC0415
    from generator.publish.apply import Outcome, attempt  # noqa: PLC0415

    listed = fabric.workspaces(run.service) if run.jobs else []
    workspaces = plan.Workspaces(listed)
    if len(listed) >= plan.MANY:
        run.problems.append(plan.many(len(listed)))

    def one(job: Job) -> Planned | Outcome:
        found: list[Planned] = []
        outcome = Outcome(job)
        attempt(outcome, lambda: found.append(plan.plan(job, workspaces)))
        return found[0] if found else outcome

    planned = []
    for result in each(run, run.jobs, one):
        if isinstance(result, Outcome):
            run.problems += result.problems
            run.failed.append(result.job.client.code)
        else:
            planned.append(result)
    return sorted(planned, key=lambda plan: plan.job.client.code)


def _as_outcome(plan: Planned) -> Outcome:
    """Return a plan as the outcome that it would have."""
    from generator.publish.apply import Done, Outcome  # noqa: PLC0415

    steps = [Done(report, name, "waiting", 0.0) for name, report in plan.steps]
    return Outcome(plan.job, "waiting", steps)


def _done(run: Run, outcomes: object) -> list[Outcome]:
    """Follow outcomes as they come, with a line for each client."""
    found: list[Outcome] = []
    for outcome in outcomes:  # type: ignore[attr-defined]
        found.append(outcome)
        if not run.settings.json and not run.settings.quiet:
            say(_line(run, outcome))
    return found


def _line(run: Run, outcome: Outcome) -> str:
    words = _WORDS[run.language]
    several = len(outcome.job.reports) > 1
    parts = []
    for step in outcome.steps:
        if step.name in _QUIET and step.status == "done":
            continue
        named = f"{words.get(step.name, step.name)}{f' {step.report}' if several and step.report else ''}"
        long = f" {step.seconds:.0f} s" if step.name == "refresh" and step.status == "done" else ""
        parts.append(f"{named} {'✓' if step.status == 'done' else '✗'}{long}")
    return f"  {outcome.job.client.code:12} {'  '.join(parts)}".rstrip()


def _plan_lines(run: Run, waiting: Sequence[Planned], same: int) -> list[str]:
    lines = [_plan_line(run, plan) for plan in waiting[:_SHOWN]]
    if len(waiting) > _SHOWN:
        more = len(waiting) - _SHOWN
        lines.append(run.words(f"… en nog {count(more, 'klant', 'klanten', '', '', 'nl')}.", f"… and {more} more."))
    if same:
        text = count(same, "klant", "klanten", "client", "clients", run.language)
        lines.append(f"{text} {run.words('gelijk', 'unchanged')}.")
    if not waiting:
        lines.append(run.words("Er is niets te publiceren.", "There is nothing to publish."))
    return lines


def _plan_line(run: Run, plan: Planned) -> str:
    words, job = _WORDS[run.language], plan.job
    head = f"{words.get('workspace', 'workspace')} {job.client.workspace}"
    new_workspace = ("workspace", "") in plan.create
    parts = [f"{'+ ' if new_workspace else ''}{head:30}"]
    for name, report in plan.steps:
        if name in ("model", "report"):
            sign = "+" if (name, report) in plan.create else "~"
            parts.append(f"{sign} {words.get(name, name)} {report}")
    others = list(
        dict.fromkeys(name for name, _ in plan.steps if name not in {"workspace", "model", "report", *_QUIET})
    )
    named = [words.get(name, name) + (f" {' '.join(job.times)}" if name == "schedule" else "") for name in others]
    return visible("   ".join([*parts, ", ".join(named)])).rstrip()


def _question(run: Run, waiting: Sequence[Planned]) -> str:
    calls = sum(plan.calls for plan in waiting)
    parts = sum(name in ("model", "report") for plan in waiting for name, _ in plan.steps)
    clients = count(len(waiting), "klant", "klanten", "client", "clients", run.language)
    return run.words(
        f"Plan: {clients}, {count(parts, 'onderdeel', 'onderdelen', '', '', 'nl')}, ±{calls} aanroepen. Doorgaan?",
        f"Plan: {clients}, {count(parts, '', '', 'item', 'items', 'en')}, about {calls} calls. Go on?",
    )


def _moves(run: Run, waiting: Sequence[Job]) -> list[str]:
    from generator.publish.rebind import moves  # noqa: PLC0415

    lines = [
        f"{job.client.code:12} {item.report:14} {item.old_url or item.url} → {job.client.url}"
        for job in waiting
        for item in moves(job)
    ]
    if not waiting:
        return [run.words("Elk gepubliceerd rapport leest de URL uit de werkmap.", "Every report reads its URL.")]
    return lines


def _summary(run: Run, outcomes: Sequence[Outcome], command: str) -> list[str]:
    """Return how many are done and how many not, and the command to try those again."""
    found = Counter(outcome.status == "failed" for outcome in outcomes)
    done, failed = found[False], found[True] + len(run.failed)
    clients = count(done, "klant", "klanten", "client", "clients", run.language)
    line = run.words(f"{clients} klaar, {failed} niet.", f"{clients} done, {failed} not.")
    again = [outcome.job.client.code for outcome in outcomes if outcome.status == "failed"]
    if again:
        codes = " ".join(f"--client {code}" for code in sorted(again)[:12])
        line += run.words(f" Opnieuw: bundel {command} {codes}", f" Again: bundel {command} {codes}")
    elif not failed:
        line += run.words(" Nakijken: bundel status", " Look: bundel status")
    return [line]


__all__ = ["Stop", "publish", "rebind"]
