"""``bundel probe``: is each database reachable, whole, and its client's alone."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from generator.cli.make import SOME_FAILED, chosen, load
from generator.cli.options import Settings, shared, speak
from generator.cli.text import count, in_order, problem_lines, say, say_json, terminal_width, wrap
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from generator.credentials import Credentials
    from generator.pipeline import Loaded
    from generator.resolve.client import Client
    from generator.sources.odata import Finding
    from generator.sources.probe import Manner
    from generator.sources.question import Question

_SIGN_IN = 4
_REFUSED = frozenset({"B220", "B222", "B223", "B228"})
_ENTRANCE = "B229"  # refused at the door, before anything could be read
_MANY = 20  # databases named one by one; of more, only those with something to say
_QUIET = "B242"  # true of all clients of an office with one Exact user: named together
_SHOWN, _FEW = 12, 3  # clients named in a list, in a command
_SOON = 7  # days that are counted rather than dated


@click.command()
@click.option("--sandbox", is_flag=True, help="Vraag de zandbak op deze computer in plaats van de echte databases.")
@click.option("--quick", is_flag=True, help="Tel geen rijen en zoek niet naar de nieuwste boeking.")
@click.option("--timeout", type=click.IntRange(1, 3600), default=60, show_default=True, help="Seconden geduld.")
@click.option("--keep-going", is_flag=True, help="Vraag de databases van de klanten zonder fouten.")
@shared
def probe(settings: Settings, *, sandbox: bool, quick: bool, timeout: int, keep_going: bool) -> int:
    """Vraag elke database: bereikbaar, aangemeld, tabellen en kolommen, en precies de administraties van de klant."""
    from generator import pipeline  # noqa: PLC0415  the help needs none of it
    from generator.sources import found as pages  # noqa: PLC0415
    from generator.sources.probe import AT_ONCE, Manner  # noqa: PLC0415
    from generator.sources.wire import Limits  # noqa: PLC0415

    loaded = load(settings)
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    clients, skipped = chosen(settings, loaded, *pipeline.makeable(loaded, keep_going=keep_going))
    signed, unsigned = _signed(clients, loaded, sandbox=sandbox)
    now = dt.datetime.now(dt.UTC).astimezone()
    limits = Limits(silence=timeout, answer=3 * timeout, database=10 * timeout, wait=min(60, timeout))
    manner = Manner(now.date(), count=not quick, limits=limits)
    asked = _asked(signed, manner, settings.jobs or AT_ONCE, settings, language)
    if sandbox:
        _refuse_absent(asked)
    found = {finding.question.client: finding for finding in (*asked, *unsigned)}
    findings = [found[client.code] for client in clients]
    entries = [pages.entry(finding, now, language) for finding in findings]
    pages.write(settings.out, pages.kept(settings.out, entries, loaded.codes), language)
    problems = (*loaded.problems, *(problem for finding in findings for problem in finding.problems))
    if settings.json:
        say_json({"databases": [pages.document(finding) for finding in findings]}, problems, language)
    else:
        if loaded.problems:
            say(problem_lines(loaded.problems, language, terminal_width()), err=True)
        if lines := _lines(findings, now.date(), settings, language):
            say(lines)
    return _exit_code(findings, skipped)


def _signed(
    clients: Sequence[Client], loaded: Loaded, *, sandbox: bool
) -> tuple[list[tuple[Question, Credentials]], list[Finding]]:
    """Return what to ask with whose password, and the findings for databases that there is no password for."""
    from generator import credentials  # noqa: PLC0415
    from generator.sources.odata import Finding  # noqa: PLC0415
    from generator.sources.question import question  # noqa: PLC0415
    from generator.sources.sandbox.address import base_url, sandbox_url  # noqa: PLC0415
    from generator.spec.records import OFFICE  # noqa: PLC0415

    if sandbox:
        base, local = base_url(), credentials.sandbox()
        return [(question(client, loaded.catalogue, sandbox_url(client.url, base)), local) for client in clients], []
    clashes = credentials.collisions([*(row.code for row in loaded.spec.clients), OFFICE])
    if clashes:
        raise Stop(clashes)
    signed, unsigned = [], []
    for client in clients:
        asked = question(client, loaded.catalogue)
        try:
            signed.append((asked, credentials.required(client.code, client.url)))
        except Stop as stop:
            unsigned.append(Finding(asked, problems=[_of(problem, client.code) for problem in stop.problems]))
    return signed, unsigned


def _of(problem: Problem, code: str) -> Problem:
    return Problem(problem.code, problem.cell, problem.values, code)


def _refuse_absent(findings: Sequence[Finding]) -> None:
    """Raise ``Stop`` where no sandbox is running: one problem, and not one for each client."""
    absent = [finding for finding in findings if any(problem.code == "B226" for problem in finding.problems)]
    if absent and len(absent) == len(findings):
        raise Stop([Problem("B247", None, {"url": absent[0].question.url})])


def _asked(
    signed: Sequence[tuple[Question, Credentials]], manner: Manner, at_once: int, settings: Settings, language: str
) -> list[Finding]:
    """Ask the databases, with a bar on a terminal once it takes more than a second."""
    from generator.sources import probe as sources  # noqa: PLC0415

    if not signed:
        return []
    with _bar(len(signed), settings, language) as advance:
        return sources.probe(signed, manner, at_once, lambda _: advance())


@contextmanager
def _bar(total: int, settings: Settings, language: str) -> Iterator[Callable[[], None]]:
    if not sys.stderr.isatty() or settings.quiet or settings.json:
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415  takes a while, and only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    words = "databases gevraagd" if language == "nl" else "databases asked"
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(words), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.update(task, advance=1)


def _exit_code(findings: Sequence[Finding], skipped: Sequence[str]) -> int:
    """Return 1 where a database has a problem, 4 where the only problems are of signing in, 5 for clients left out."""
    errors = [(finding, problem) for finding in findings for problem in finding.problems if problem.is_error]
    entrance = [
        problem.code in _REFUSED or (problem.code == _ENTRANCE and not finding.signed_in) for finding, problem in errors
    ]
    if errors:
        return _SIGN_IN if all(entrance) else 1
    return SOME_FAILED if skipped else 0


# -------------------------------------------------------------------------------------------------------------- text


def _lines(findings: Sequence[Finding], today: dt.date, settings: Settings, language: str) -> list[str]:
    """Return the table, each database's problems under its row, and a summary; quiet: problems only."""
    width = terminal_width()
    several = [finding for finding in findings if any(problem.code == _QUIET for problem in finding.problems)]
    together = several if len(several) > 1 else []
    told = {id(finding): _told(finding, together) for finding in findings}
    shown = [finding for finding in findings if len(findings) <= _MANY or told[id(finding)]]
    lines: list[str] = []
    said: set[str] = set()
    if settings.quiet:
        lines = [line for finding in shown for line in _problems(told[id(finding)], said, language, width)]
    elif shown:
        head, *rows = _table(shown, today, language, width)
        lines.append(head)
        for finding, row in zip(shown, rows, strict=True):
            lines += [row, *_problems(told[id(finding)], said, language, width)]
    if together:
        lines += _together(together, language, width)
    return lines if settings.quiet else [*lines, *_summary(findings, len(shown), settings, language)]


def _problems(problems: Sequence[Problem], said: set[str], language: str, width: int | None) -> list[str]:
    """Return problems with the remedy at the first of each code only: the same one need not be read for each client."""
    lines: list[str] = []
    for problem in in_order(problems):
        listed = problem_lines([problem], language, width)
        remedy = next((place for place, line in enumerate(listed) if line.lstrip().startswith("→")), len(listed))
        lines += listed[:remedy] if problem.code in said else listed
        said.add(problem.code)
    return lines


def _told(finding: Finding, together: Sequence[Finding]) -> list[Problem]:
    return [problem for problem in finding.problems if problem.code != _QUIET or not together]


def _together(findings: Sequence[Finding], language: str, width: int | None) -> list[str]:
    """Return one warning for all clients whose Exact user may see more, the first of them as it is."""
    first = next(problem for problem in findings[0].problems if problem.code == _QUIET)
    others = [finding.question.client for finding in findings[1:]]
    named = ", ".join(others[:_SHOWN]) + (" …" if len(others) > _SHOWN else "")
    more = f"zo ook {len(others)} andere: {named}" if language == "nl" else f"so too {len(others)} others: {named}"
    return [*problem_lines([first], language, width), *wrap(f"    {more}", "    ", width)]


def _table(findings: Sequence[Finding], today: dt.date, language: str, width: int | None) -> list[str]:
    """Return the head and a row per database, in columns; on a narrow terminal the columns that matter most."""
    words = _WORDS[language]
    rows = [words["heads"], *(_row(finding, today, words) for finding in findings)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None and sum(widths) + 2 * len(widths) > width:
        rows = [[row[0], row[1], row[5], row[6]] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:{size}}" for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [line if width is None or len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def _row(finding: Finding, today: dt.date, words: dict[str, Any]) -> list[str]:
    needs = finding.question.needs
    columns = sum(len(need.columns) for need in needs)
    if finding.described:
        tables = f"{len(needs) - len(finding.missing_tables)}/{len(needs)}"
        fields = f"{columns - len(finding.missing_columns)}/{columns}"
    else:
        tables = fields = "-"
    expected = finding.question.divisions
    found = len({*expected} & {*finding.divisions})
    divisions = f"{found} {words['of']} {len(expected)}" if finding.divided else "-"
    return [
        finding.question.client,
        words["yes"] if finding.reachable else words["no"],
        words["yes"] if finding.signed_in else words["no"],
        tables,
        fields,
        divisions + (f" +{finding.foreign}" if finding.foreign else ""),
        _age(finding.newest, today, words),
    ]


def _age(newest: dt.date | None, today: dt.date, words: dict[str, Any]) -> str:
    if newest is None:
        return "-"
    days = (today - newest).days
    if 0 <= days < len(words["days"]):
        return str(words["days"][days])
    return words["ago"].format(days) if 0 <= days <= _SOON else newest.isoformat()


def _summary(findings: Sequence[Finding], shown: int, settings: Settings, language: str) -> list[str]:
    """Return the outcome in one line, where the page stands, and the next step."""
    wrong = [finding for finding in findings if any(problem.is_error for problem in finding.problems)]
    minded = sum(bool(finding.problems) for finding in findings) - len(wrong)
    good = len(findings) - len(wrong) - minded
    page = f"{settings.out.as_posix()}/probe.html"
    lines = []
    if len(findings) > shown:
        others = len(findings) - shown
        lines.append(f"{others} databases in orde." if language == "nl" else f"{others} databases in order.")
    code = next((problem.code for each in wrong for problem in each.problems if problem.is_error), "")
    if language == "nl":
        total = count(len(findings), "database", "databases", "", "", "nl")
        lines.append(f"{total}: {good} in orde, {minded} let op, {len(wrong)} fout. Bewaard in {page}.")
        return lines + ([f"Uitleg: bundel explain {code}. Opnieuw: bundel probe{_again(wrong)}"] if wrong else [])
    total = count(len(findings), "", "", "database", "databases", "en")
    lines.append(f"{total}: {good} in order, {minded} to mind, {len(wrong)} wrong. Kept in {page}.")
    return lines + ([f"More: bundel explain {code}. Again: bundel probe{_again(wrong)}"] if wrong else [])


def _again(wrong: Sequence[Finding]) -> str:
    """Return the options that ask only the databases with errors, where they are few."""
    sandbox = " --sandbox" if wrong[0].question.sandbox else ""
    few = "".join(f" --client {finding.question.client}" for finding in wrong) if len(wrong) <= _FEW else ""
    return sandbox + few


_WORDS: dict[str, dict[str, Any]] = {
    "nl": {
        "heads": ["klant", "bereikbaar", "aangemeld", "tabellen", "kolommen", "administraties", "nieuwste boeking"],
        "yes": "ja",
        "no": "nee",
        "of": "van",
        "days": ["vandaag", "gisteren"],
        "ago": "{} dagen geleden",
    },
    "en": {
        "heads": ["client", "reachable", "signed in", "tables", "columns", "divisions", "newest entry"],
        "yes": "yes",
        "no": "no",
        "of": "of",
        "days": ["today", "yesterday"],
        "ago": "{} days ago",
    },
}
