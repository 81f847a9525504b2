"""What happens to a client, in order. Each step knows whether it is due, so a plan and a run that goes on are the same.

One more step is one function here and one line in ``STEPS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish import connect, definition, fabric, powerbi, refresh, schedule
from generator.publish.service import error_code, error_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.publish.job import Job

_OWN = frozenset({"workspace", "access"})
_ID = {fabric.MODEL: "model_id", fabric.REPORT: "report_id"}
"""Where the id of a thing stands on record."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its name, whether it is still to be done, and doing it. ``calls`` is what it costs, without waiting."""

    name: str
    due: Callable[[Job, str], bool]
    do: Callable[[Job, str], None]
    calls: int

    @property
    def of_client(self) -> bool:
        """Tell whether the step is done once for a client, and not for each report."""
        return self.name in _OWN


def workspace(job: Job, _: str) -> None:
    """Make the workspace."""
    if not job.settings.create:
        raise Stop([Problem("B315", None, {"workspace": job.client.workspace}, job.client.code)])
    mark = definition.mark(job.client.code)
    made = fabric.create_workspace(job.service, job.client.workspace, mark)
    job.record.set(workspace_id=made.id, workspace=made.name)
    job.made.add(made.id)


def model(job: Job, report: str) -> None:
    """Make or replace the model; the client's URL is in it."""
    made = definition.model(job.target, report)
    _put(job, report, fabric.MODEL, made)
    job.record.set_item(
        report,
        model_hash=made.hash,
        spec_hash=job.target.spec_hash,
        url=job.client.url,
        bound="",  # a new definition may have lost its connection
    )


def layer(job: Job, report: str) -> None:
    """Make or replace the report, bound to the model by its id."""
    made = definition.report_of(job.target, report, job.item(report).model_id)
    _put(job, report, fabric.REPORT, made)
    job.record.set_item(report, report_hash=made.hash, spec_hash=job.target.spec_hash)


def _put(job: Job, report: str, kind: str, made: definition.Definition) -> None:
    """Make a thing from its definition, or give one that is there its new definition."""
    if job.item(report).operation:
        _settle(job, report, kind)
    key = _ID[kind]
    identity = getattr(job.item(report), key)
    thing = _thing(job, report, kind, identity)
    sure = False
    if not identity:
        identity, sure = _created(job, report, thing, made)
        job.record.set_item(report, **{key: identity}, title=thing.name, operation="")
        thing = _thing(job, report, kind, identity)
    if not sure:
        _updated(job, thing, made)


def title(job: Job, report: str) -> None:
    """Give model and report the name of today."""
    item = job.item(report)
    for kind, identity in ((fabric.MODEL, item.model_id), (fabric.REPORT, item.report_id)):
        fabric.rename(job.service, job.workspace, _thing(job, report, kind, identity))
    job.record.set_item(report, title=job.title(report))


def url(job: Job, report: str) -> None:
    """Give the parameter the client's URL, where the model has another."""
    job.dataset(report).set_parameters({definition.PARAMETER: job.client.url})
    job.record.set_item(report, url=job.client.url, bound="")


def access(job: Job, _: str) -> None:
    """Give the people of *Toegang* their role in the workspace; whom the service does not know is told at the end."""
    there = {person.email.casefold(): person.role for person in job.people}
    problems = []
    for person in job.client.access:
        found = there.get(person.email.casefold())
        values = {"person": person.email, "role": person.role, "found": job.service.words(found or "")}
        if found is None:
            reply = powerbi.add_person(job.service, job.workspace, powerbi.Person(person.email, person.role))
            if not reply.ok:
                said = job.service.words(f"{error_code(reply)} {error_message(reply)}".strip())
                problems.append(Problem("B333", None, values | {"message": said}, job.client.code))
                continue
        elif found.casefold() != person.role.casefold():
            job.told.append(Problem("B334", None, values, job.client.code))  # a role is not changed unasked
        job.record.set(people=tuple(sorted({*job.record.value.people, person.email.casefold()})))
    if problems:
        raise Stop(problems)


def _thing(job: Job, report: str, kind: str, identity: str) -> fabric.Thing:
    return fabric.Thing(identity, kind, job.title(report), definition.mark(job.client.code, report))


def _created(job: Job, report: str, thing: fabric.Thing, made: definition.Definition) -> tuple[str, bool]:
    """Make an item, keeping the address of the operation for a run that has to go on."""
    identity, sure = fabric.create(
        job.service,
        job.workspace,
        thing,
        made.payload(),
        lambda address: job.record.set_item(report, operation=address),
    )
    job.made.add(identity)
    return identity, sure


def _updated(job: Job, thing: fabric.Thing, made: definition.Definition) -> None:
    fabric.update(job.service, job.workspace, thing, made.payload(), fresh=thing.id in job.made)


def _settle(job: Job, report: str, kind: str) -> None:
    """Wait for an operation that was cut off, and put what it made on record."""
    fabric.settle(job.service, job.item(report).operation)
    wanted = _thing(job, report, kind, "")
    found = fabric.same(job.service, job.workspace, wanted)
    there = {_ID[kind]: found[0].id, "title": wanted.name} if found else {}
    job.record.set_item(report, operation="", **there)


def _no_workspace(job: Job, _: str) -> bool:
    return not job.workspace


def _other_model(job: Job, report: str) -> bool:
    item = job.item(report)
    return not item.model_id or item.model_hash != job.hashes(report)[0]


def _other_layer(job: Job, report: str) -> bool:
    item = job.item(report)
    return not item.report_id or item.report_hash != job.hashes(report)[1]


def _other_title(job: Job, report: str) -> bool:
    item = job.item(report)
    return bool(item.model_id and item.report_id) and item.title != job.title(report)


def _other_url(job: Job, report: str) -> bool:
    item = job.item(report)
    return bool(item.model_id and item.url) and item.url != job.client.url and not _other_model(job, report)


def _left_behind(job: Job, report: str) -> bool:
    item = job.item(report)
    return bool(item.old_connection_id or item.old_url) and item.url == item.bound == job.client.url


def _people_missing(job: Job, _: str) -> bool:
    return any(person.email.casefold() not in job.record.value.people for person in job.client.access)


STEPS = (
    Step("workspace", _no_workspace, workspace, 1),
    Step("model", _other_model, model, 2),
    Step("report", _other_layer, layer, 2),
    Step("title", _other_title, title, 2),
    Step("url", _other_url, url, 1),
    Step("credentials", lambda job, report: not connect.is_bound(job, report), connect.connect, 3),
    Step("refresh", lambda job, report: not refresh.is_refreshed(job, report), refresh.refresh, 1),
    Step("schedule", lambda job, report: not schedule.is_set(job, report), schedule.set_schedule, 1),
    Step("tidy", _left_behind, connect.tidy, 1),
    Step("access", _people_missing, access, 1),
)
"""Everything that a client needs, in the order in which it is done."""


def due(job: Job) -> list[tuple[Step, str]]:
    """Return the steps that are still to be done for a client, each with its report (nothing for the client itself)."""
    return [
        (step, report)
        for step in STEPS
        for report in (("",) if step.of_client else job.reports)
        if step.due(job, report)
    ]
