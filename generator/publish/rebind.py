"""A new URL under a published report: parameter, credentials, refresh; and back to the old one where that fails.

The report itself is not touched: it is bound to the model by the model's id.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish import connect, fabric, refresh
from generator.publish.apply import Outcome, attempt, timed
from generator.publish.definition import PARAMETER, bears
from generator.publish.fabric import Source
from generator.publish.guard import strangers
from generator.publish.job import CLASSIC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.publish.job import Job
    from generator.publish.state import Item

_BAD = 400
_GOES_ON = frozenset(
    {"B300", "B302", "B310", "B332"}
)  # nothing is wrong with the new URL; the next run goes on from here


def moves(job: Job) -> tuple[Item, ...]:
    """Return the published items whose URL is not the workbook's, or that were on their way to it."""
    items = (job.item(report) for report in job.reports)
    return tuple(item for item in items if item.model_id and (item.url != job.client.url or item.old_url))


def rebind(job: Job) -> Outcome:
    """Move all items of a client to its URL; a failure is an outcome, and leaves the old URL standing."""
    outcome = Outcome(job)

    def all_of_them() -> None:
        items = moves(job)
        if items:
            timed(outcome, "", "check", lambda: check(job, items))
        for item in items:
            _move(job, item.report, outcome)

    attempt(outcome, all_of_them)
    if outcome.status != "failed" and outcome.steps:
        outcome.status = "changed"
    return outcome


def check(job: Job, items: Iterable[Item]) -> None:
    """Make sure that what is on record is this client's in the service too, before anything is done to it."""
    there = {thing.id: thing for thing in fabric.things(job.service, job.workspace)}
    marked = fabric.descriptions(job.service).get(job.workspace, "")
    workspace = fabric.Workspace(job.workspace, job.record.value.workspace, marked)
    if problems := strangers(job.client.code, workspace, there.values(), (), job.directory):
        raise Stop(problems)
    for item in items:
        thing = there.get(item.model_id)
        if thing is None:
            raise Stop([Problem("B304", None, {"what": f"SemanticModel {item.title}"}, job.client.code)])
        if thing.name != item.title and not bears(thing.description, job.client.code, item.report):
            raise Stop([Problem("B325", None, {"name": thing.name, "kind": thing.kind}, job.client.code)])


def _move(job: Job, report: str, outcome: Outcome) -> None:
    item = job.item(report)
    old = item.old_url or item.url
    do = partial(timed, outcome, report)
    if not item.old_url:
        job.record.set_item(report, old_url=old)
    try:
        connection = "" if job.settings.way == CLASSIC else do("connection", lambda: connect.ensure(job, report))
        do("url", lambda: _point(job, report, job.client.url))
        do("credentials", lambda: _supply(job, report, connection))
        if not refresh.is_refreshed(job, report):
            do("refresh", lambda: refresh.refresh(job, report))
        do("verify", lambda: _verified(job, report, connection))
    except Stop as stop:
        if not any(problem.code in _GOES_ON for problem in stop.problems):
            _back(job, report, item, outcome, stop)
        raise
    do("tidy", lambda: connect.tidy(job, report))


def _point(job: Job, report: str, url: str) -> None:
    job.dataset(report).set_parameters({PARAMETER: url})
    job.record.set_item(report, url=url, bound="")


def _supply(job: Job, report: str, connection: str) -> None:
    """Give the model credentials for the new URL; type and path are as the service itself wrote them for it."""
    if job.settings.way == CLASSIC:
        connect.connect(job, report)
        return
    likely = Source(connect.form(job.service)[0], job.client.url)
    if not connect.bind(job, report, connection, likely, accept={_BAD}):
        connect.bind(job, report, connection, connect.source(job, report, job.client.url))
    job.record.set_item(report, bound=job.client.url)


def _verified(job: Job, report: str, connection: str) -> None:
    """Make sure that the model reads the new URL, and through its connection."""
    found = connect.source(job, report, job.client.url)
    if connection and found.connection_id != connection:
        raise Stop([Problem("B327", None, {"found": found.connection_id or "-", "expected": connection})])


def _back(job: Job, report: str, item: Item, outcome: Outcome, stop: Stop) -> None:
    """Let the old URL stand again; add to the problems where that fails too."""
    old = item.old_url or item.url
    now = job.item(report)
    reads_new = now.refresh.endswith(f" {job.client.url}") and not now.asked
    try:
        timed(outcome, report, "back", lambda: _return(job, report, old, reads_new=reads_new))
    except Stop as failed:
        values = {"report": report, "url": old}
        stop.problems = (*stop.problems, *failed.problems, Problem("B335", None, values, job.client.code))
        return
    stop.problems = (*stop.problems, Problem("B349", None, {"report": report, "url": old}, job.client.code))


def _return(job: Job, report: str, old: str, *, reads_new: bool) -> None:
    now = job.item(report)
    connection, new = now.old_connection_id, now.connection_id
    if now.url != old:
        job.dataset(report).set_parameters({PARAMETER: old})
        job.record.set_item(report, url=old, bound="")
        if connection:
            connect.bind(job, report, connection, connect.source(job, report, old))
        if reads_new:
            job.dataset(report).start(notify=job.settings.notify)
    others = {each.connection_id for each in job.record.value.items if each.report != report}
    if connection and new not in others | {connection}:
        fabric.remove_connection(job.service, new)
    kept = {"connection_id": connection, "connection_url": old} if connection else {}
    job.record.set_item(
        report,
        old_url="",
        old_connection_id="",
        bound=old,
        asked=False,
        baseline="",
        refresh=_refreshed(now, old),
        **kept,
    )


def _refreshed(item: Item, url: str) -> str:
    return f"{item.model_hash} {url}" if item.refreshed else ""
