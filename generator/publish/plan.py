"""What publishing would do, per client, from what is on record and what the service says; nothing is changed by it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish import fabric, powerbi
from generator.publish.definition import PARAMETER, bears
from generator.publish.guard import strangers
from generator.publish.powerbi import Dataset
from generator.publish.state import Item
from generator.publish.steps import due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.publish.fabric import Thing, Workspace
    from generator.publish.job import Job
    from generator.publish.state import Published

MANY = 900
"""Workspaces from which a warning is due: a user or app may be in no more than 1,000."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done for a client: (step, report) in order; ``create`` names what is new, not just changed."""

    job: Job
    steps: tuple[tuple[str, str], ...] = ()
    create: frozenset[tuple[str, str]] = frozenset()
    calls: int = 0
    problems: tuple[Problem, ...] = field(default_factory=tuple)


class Workspaces:
    """The list of all workspaces, by id and by exact name."""

    def __init__(self, listed: Sequence[Workspace]) -> None:
        """Take the list."""
        self.listed = tuple(listed)
        self.by_id = {each.id.casefold(): each for each in listed}
        self.by_name = {each.name: each for each in listed}

    def of(self, job: Job) -> Workspace | None:
        """Return a client's workspace: the one on record, else the one with its exact name."""
        known = self.by_id.get(job.workspace.casefold()) if job.workspace else None
        return known or self.by_name.get(job.client.workspace)


def plan(job: Job, workspaces: Workspaces) -> Planned:
    """Return what would be done for a client; raise ``Stop`` where nothing may be done."""
    titles_differ(job)
    for report in job.reports:
        job.hashes(report)  # every file is as it was generated, or this stops here
    workspace = workspaces.of(job)
    if workspace is None:
        job.record.amend(replace(job.record.value, workspace_id="", workspace="", people=(), items=()))
        if not job.settings.create:
            raise Stop([Problem("B315", None, {"workspace": job.client.workspace}, job.client.code)])
    else:
        things = fabric.things(job.service, workspace.id)
        job.people = tuple(powerbi.people(job.service, workspace.id))
        if problems := strangers(job.client.code, workspace, things, job.people, job.directory):
            raise Stop(problems)
        job.record.amend(_found(job, workspace, things))
        _look(job)
    steps = due_after(job)
    new = frozenset(
        (name, report)
        for name, report in steps
        if (name == "workspace")
        or (name == "model" and not job.item(report).model_id)
        or (name == "report" and not job.item(report).report_id)
    )
    return Planned(job, steps, new, sum(_CALLS[name] for name, _ in steps))


def many(number: int) -> Problem:
    """Return the warning that whoever signs in is in almost as many workspaces as is allowed."""
    return Problem("B336", None, {"number": str(number)})


def due_after(job: Job) -> tuple[tuple[str, str], ...]:
    """Return the steps that are due, and those that will be once the earlier ones are done."""
    now = [(step.name, report) for step, report in due(job)]
    changed = {report for name, report in now if name in ("model", "url")}
    wanted = [
        *((name, report) for name, report in now),
        *((name, report) for report in job.reports for name in ("credentials", "refresh") if report in changed),
    ]
    order = {name: number for number, name in enumerate(_CALLS)}
    return tuple(sorted(set(wanted), key=lambda pair: (order[pair[0]], pair[1])))


def titles_differ(job: Job) -> None:
    """Require that no two reports of a client have one name in the service."""
    seen: dict[str, str] = {}
    for report in job.client.reports:
        other = seen.setdefault(report.title.casefold(), report.name)
        if other != report.name:
            values = {"title": report.title, "report": report.name, "other": other}
            raise Stop([Problem("B316", None, values, job.client.code)])


def _found(job: Job, workspace: Workspace, things: Sequence[Thing]) -> Published:
    """Return what is on record, put right by what is there: what is gone is to be made, what is ours is kept."""
    value = job.record.value
    if value.workspace_id and value.workspace_id != workspace.id:
        value = replace(value, items=(), people=())
    there = {thing.id.casefold(): thing for thing in things}
    by_name = {(thing.kind, thing.name.casefold()): thing for thing in things}
    items = {item.report: item for item in value.items}
    for report in job.reports:
        item = items.get(report, Item(report))
        items[report] = _item(job, item, there, by_name)
    emails = {person.email.casefold() for person in job.people}
    return replace(
        value,
        workspace_id=workspace.id,
        workspace=workspace.name,
        people=tuple(person for person in value.people if person in emails),
        items=tuple(items[report] for report in sorted(items)),
    )


def _item(job: Job, item: Item, there: Mapping[str, Thing], by_name: Mapping[tuple[str, str], Thing]) -> Item:
    """Return an item as it is: an id on record that is not there is forgotten, one that bears our mark is taken up."""
    title = job.title(item.report)
    if item.model_id.casefold() not in there:
        item = replace(Item(item.report), operation=item.operation, report_id=item.report_id)
        item = replace(item, model_id=_ours(job, item, by_name.get((fabric.MODEL, title.casefold()))))
    if item.report_id.casefold() not in there:
        item = replace(item, report_id="", report_hash="")
        item = replace(item, report_id=_ours(job, item, by_name.get((fabric.REPORT, title.casefold()))))
    return replace(item, title=item.title or title) if item.model_id else item


def _ours(job: Job, item: Item, thing: Thing | None) -> str:
    """Return the id of an item with our mark; raise ``Stop`` where the name is taken by something else."""
    if thing is None:
        return ""
    if not bears(thing.description, job.client.code, item.report):
        raise Stop([Problem("B325", None, {"name": thing.name, "kind": thing.kind}, job.client.code)])
    return thing.id


def _look(job: Job) -> None:
    """See whether the models that would be left alone still read the client's URL."""
    steps = {report for name, report in ((step.name, report) for step, report in due(job)) if name in ("model", "url")}
    for report in job.reports:
        item = job.item(report)
        if report in steps or not item.model_id:
            continue
        found = Dataset(job.service, job.workspace, item.model_id).parameters().get(PARAMETER, "")
        if found != item.url:
            changed = replace(item, url=found or "-", bound="")
            others = tuple(each for each in job.record.value.items if each.report != report)
            items = tuple(sorted((*others, changed), key=lambda each: each.report))
            job.record.amend(replace(job.record.value, items=items))


_CALLS = {
    "workspace": 1,
    "model": 2,
    "report": 2,
    "title": 2,
    "url": 1,
    "credentials": 3,
    "refresh": 2,
    "schedule": 1,
    "tidy": 1,
    "access": 1,
}
