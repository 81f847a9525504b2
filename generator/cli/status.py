"""``bundel status`` and ``bundel retire``: how what is published stands, and taking a client down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from generator.cli.online import Run, agreed, begin, each, finish, locked, published
from generator.cli.options import Settings, shared
from generator.cli.text import count, say, say_json
from generator.problems import Problem, Stop, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.publish.apply import Outcome
    from generator.publish.state import Record

_WRONG_COMMAND = 2
_STATUS = {
    "nl": {"unchanged": "gelijk", "drift": "wijkt af", "failed": "niet nagekeken", "new": "niet gepubliceerd"},
    "en": {"unchanged": "same", "drift": "differs", "failed": "not checked", "new": "not published"},
}


@click.command()
@click.option("--definitions", is_flag=True, help="Lees ook de modellen en rapporten zelf terug (traag).")
@shared
def status(settings: Settings, *, definitions: bool) -> int:
    """Toon wat er gepubliceerd is, uit welke URL, wanneer ververst, en wat er afwijkt."""
    from generator.publish import status as compare  # noqa: PLC0415  the help needs none of it

    run = begin(settings, keep_going=True)
    jobs = [job for job in run.jobs if job.record.value.items]
    me = run.sign_in.me
    asked = compare.Asked(me=me, definitions=definitions)
    outcomes = list(each(run, jobs, lambda job: compare.status(job, asked)))
    outcomes += [compare.status(job, asked) for job in run.jobs if not job.record.value.items]
    known = {client.code.casefold() for client in run.loaded.clients}
    for record in published(settings):
        if record.items and record.client.casefold() not in known and not settings.clients:
            run.problems.append(Problem("B348", None, {"client": record.client}, record.client))
    return finish(run, outcomes, _lines(run, outcomes))


def _lines(run: Run, outcomes: Sequence[Outcome]) -> list[str]:
    words = _STATUS[run.language]
    rows = [
        (outcome.job.client.code, report, words[outcome.status], _when(run, item.refreshed), item.url)
        for outcome in sorted(outcomes, key=lambda outcome: outcome.job.client.code)
        for report in outcome.job.reports
        if outcome.status != "new" and (item := outcome.job.item(report))
    ]
    head = ("klant", "rapport", "stand", "ververst", "URL")
    head = head if run.language == "nl" else ("client", "report", "status", "refreshed", "URL")
    table = [head, *rows] if rows else []
    widths = [max(len(row[column]) for row in table) for column in range(4)] if table else []
    lines = [
        visible("  ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), row[4]])).rstrip()
        for row in table
    ]
    new = sum(outcome.status == "new" for outcome in outcomes)
    if new:
        clients = count(new, "klant", "klanten", "client", "clients", run.language)
        lines.append(f"{clients} {words['new']}.")
    return lines


def _when(run: Run, moment: str) -> str:
    return moment[:16].replace("T", " ") if moment else run.words("nooit", "never")


@click.command()
@click.argument("client")
@shared
def retire(settings: Settings, *, client: str) -> int:
    """Haal een klant van Power BI web en uit de uitvoer, en noem wat u elders moet intrekken."""
    from generator import __version__, manifests, output  # noqa: PLC0415
    from generator.publish import guard  # noqa: PLC0415
    from generator.publish import retire as down  # noqa: PLC0415
    from generator.publish.state import Record  # noqa: PLC0415

    with locked(settings):
        code = next((each for each in manifests.bundles(settings.out) if each.casefold() == client.casefold()), "")
        if not code:
            nearest = ", ".join(manifests.bundles(settings.out)) or "-"
            raise Stop([Problem("B029", None, {"value": client, "nearest": nearest})], _WRONG_COMMAND)
        run = begin(_without_clients(settings), keep_going=True)
        record = Record(settings.out, code)
        known = guard.directory(run.loaded.clients, [each for each in published(settings) if each.client != code])
        there = down.check(run.service, record, known)
        if not settings.json and not settings.quiet:
            say(_to_revoke(run, code, record))
        if not agreed(run, run.words(f"{code} weghalen?", f"Take {code} down?")):
            return 0
        gone = list(down.retire(run.service, record))
        output.remove(settings.out, code, state=True)
        output.seal(settings.out, __version__)
    if settings.json:
        items = [_document(code, record, item.report) for item in there]
        say_json({"items": items}, run.problems, run.language)
    elif not settings.quiet:
        say(_gone(run, code, len(gone)))
    return 0


def _without_clients(settings: Settings) -> Settings:
    from dataclasses import replace  # noqa: PLC0415

    return replace(settings, clients=())


def _document(code: str, record: Record, report: str) -> dict[str, object]:
    value = record.value
    return {
        "client": code,
        "report": report,
        "workspace": value.workspace,
        "model_id": "",
        "report_id": "",
        "status": "removed",
        "url": "",
        "steps": [],
    }


def _to_revoke(run: Run, code: str, record: Record) -> list[str]:
    """Return what is taken down here, and what a person has to revoke elsewhere, with this client's own values."""
    value = record.value
    known = next((each for each in run.loaded.clients if each.code.casefold() == code.casefold()), None)
    urls = sorted({item.url for item in value.items if item.url} | ({known.url} if known else set()))
    app = f" {known.client_id}" if known and known.client_id else ""
    user = f" {known.exact_user}" if known and known.exact_user else ""
    people = ", ".join(sorted({*value.people, *((person.email for person in known.access) if known else ())}))
    items = ", ".join(item.title or item.report for item in value.items) or "-"
    if run.language == "nl":
        lines = [
            f"Weg in Power BI web: {items} (werkruimte {value.workspace or '-'}), met model en verbinding.",
            f"Weg hier: {run.settings.out.as_posix()}/{code}/",
            "Zelf intrekken:",
            f"  Exact Online      de app{app} en de machtiging van gebruiker{user}",
            f"  Invantive Cloud   de database {', '.join(urls) or '-'}",
            f"  Power BI web      de werkruimte {value.workspace or '-'} zelf, en de toegang van: {people or '-'}",
            "  Microsoft Entra   gasten die er alleen voor deze klant zijn",
            f"  Deze computer     het wachtwoord van {code} in de sleutelbos of in de omgeving",
            f"  Werkmap           de rij van {code} (Actief op nee, of weg); anders maakt generate hem opnieuw",
        ]
    else:
        lines = [
            f"Gone from Power BI web: {items} (workspace {value.workspace or '-'}), with model and connection.",
            f"Gone here: {run.settings.out.as_posix()}/{code}/",
            "Revoke yourself:",
            f"  Exact Online      the app{app} and what user{user} has allowed it",
            f"  Invantive Cloud   the database {', '.join(urls) or '-'}",
            f"  Power BI web      the workspace {value.workspace or '-'} itself, and the access of: {people or '-'}",
            "  Microsoft Entra   guests who are there for this client only",
            f"  This computer     the password of {code} in the key store or the environment",
            f"  Workbook          the row of {code} (Active to no, or gone); else generate makes it again",
        ]
    return [visible(line) for line in lines]


def _gone(run: Run, code: str, number: int) -> str:
    if run.language == "nl":
        return f"{code}: {count(number, 'onderdeel', 'onderdelen', '', '', 'nl')} weggehaald, en de bundel."
    return f"{code}: {count(number, '', '', 'item', 'items', 'en')} removed, and the bundle."
