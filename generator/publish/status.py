"""How what is published differs from the workbook, the bundle and what is on record; asks, and changes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from generator.problems import Problem
from generator.publish import fabric, powerbi, refresh, schedule
from generator.publish.apply import Outcome, attempt, timed
from generator.publish.definition import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.publish.job import Job
    from generator.publish.powerbi import Refresh

LAPSE = timedelta(days=30)
"""After so long without use Exact Online forgets the link to a database, and somebody has to link it again."""

EARLY = timedelta(days=7)
_VIEWER = "viewer"
_LOOKED_AT = 10  # refreshes in which the last good one is looked for


@dataclass(frozen=True, slots=True)
class Asked:
    """What to compare with: the moment, who signs in (empty: unknown), and whether to read definitions too."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    me: str = ""
    definitions: bool = False


def status(job: Job, asked: Asked) -> Outcome:
    """Return how a client stands: unchanged, drift, new or failed, with a warning for each thing that differs."""
    outcome = Outcome(job)
    if not any(item.model_id for item in job.record.value.items):
        outcome.status = "new"
        return outcome
    attempt(outcome, lambda: _client(job, asked, outcome))
    if outcome.status != "failed" and outcome.problems:
        outcome.status = "drift"
    return outcome


def by_hand(job: Job) -> tuple[str, ...]:
    """Return the viewers to put in the model's role by hand: the interface has no call for it."""
    people = job.client.access if job.client.limited else ()
    return tuple(person.email for person in people if person.role.casefold() == _VIEWER)


def _client(job: Job, asked: Asked, outcome: Outcome) -> None:
    things = timed(outcome, "", "items", lambda: fabric.things(job.service, job.workspace))
    timed(outcome, "", "access", lambda: _access(job))
    there = {thing.id.casefold() for thing in things}
    for report in job.reports:
        item = job.item(report)
        known = {"model": item.model_id, "report": item.report_id}
        missing = [name for name, identity in known.items() if not identity or identity.casefold() not in there]
        if missing:
            _tell(job, "B342", report=report, missing=", ".join(missing))
        if item.model_id and "model" not in missing:
            for name, look in _LOOKS.items():
                timed(outcome, report, name, partial(look, job, report, asked))
        if not missing and asked.definitions:
            timed(outcome, report, "definition", partial(_definition, job, report))


def _tell(job: Job, code: str, **values: str) -> None:
    job.told.append(Problem(code, None, values, job.client.code))


def _url(job: Job, report: str, _: Asked) -> None:
    item = job.item(report)
    found = job.dataset(report).parameters().get(PARAMETER, "-")
    if item.url != job.client.url:
        _tell(job, "B337", report=report, url=item.url, wanted=job.client.url)
    if found != item.url:
        _tell(job, "B338", report=report, found=job.service.words(found), url=item.url)


def _bundle(job: Job, report: str, _: Asked) -> None:
    item = job.item(report)
    model, layer = job.hashes(report)
    if (item.model_hash, item.report_hash) != (model, layer):
        _tell(job, "B339", report=report)


def _owner(job: Job, report: str, asked: Asked) -> None:
    owner = job.dataset(report).owner()
    if asked.me and owner and owner.casefold() != asked.me.casefold():
        _tell(job, "B340", report=report, owner=job.service.words(owner), me=asked.me)


def _schedule(job: Job, report: str, _: Asked) -> None:
    found = job.dataset(report).schedule()
    if not job.times and not found.get("enabled"):
        _tell(job, "B341", report=report, reason_nl="er zijn geen tijden", reason_en="there are no times")
    elif not found.get("enabled"):
        _tell(job, "B341", report=report, reason_nl="het is uitgeschakeld", reason_en="it is turned off")
    elif job.times and schedule.differs(found, job.times):
        times = found.get("times")
        shown = job.service.words(", ".join(map(str, times))) if isinstance(times, list) else "-"
        _tell(job, "B341", report=report, reason_nl=f"de tijden zijn {shown}", reason_en=f"the times are {shown}")


def _refreshes(job: Job, report: str, asked: Asked) -> None:
    found = job.dataset(report).refreshes(_LOOKED_AT)
    if found and found[0].status in ("Failed", "Disabled"):
        job.told.append(refresh.failure(job, report, found[0]))
    last = _last(found) or _moment(job.item(report).refreshed)
    if last is None:
        return
    left = last + LAPSE - asked.now
    if left < EARLY:
        values = {"report": report, "date": last.date().isoformat(), "days": str(max(0, left.days))}
        _tell(job, "B343", **values)


def _access(job: Job) -> None:
    wanted = {person.email.casefold(): person for person in job.client.access}
    found = powerbi.people(job.service, job.workspace)
    there = {person.email.casefold(): person for person in found}
    for email, listed in wanted.items():
        role = there[email].role if email in there else ""
        if role.casefold() != listed.role.casefold():
            values = {"person": listed.email, "role": listed.role, "found": job.service.words(role) or "-"}
            _tell(job, "B334", **values)
    for email, person in there.items():
        if email not in wanted and person.role.casefold() == _VIEWER:
            _tell(job, "B344", person=job.service.words(person.email), workspace=job.record.value.workspace)
    if members := by_hand(job):
        _tell(job, "B345", people=", ".join(members))


def _definition(job: Job, report: str) -> None:
    """Compare what stands in the service with what stood there when it was first looked at after publishing."""
    item = job.item(report)
    found = "|".join(
        _hash(fabric.definition(job.service, job.workspace, kind, identity))
        for kind, identity in ((fabric.MODEL, item.model_id), (fabric.REPORT, item.report_id))
    )
    version = hashlib.sha256(f"{item.model_hash}{item.report_hash}{item.url}".encode()).hexdigest()[:16]
    known, _, seen = item.seen.partition(" ")
    if known != version:
        job.record.set_item(report, seen=f"{version} {found}")
    elif seen != found:
        _tell(job, "B346", report=report)


def _hash(parts: Sequence[dict[str, object]]) -> str:
    lines = sorted(f"{part.get('path')}\0{part.get('payload')}" for part in parts if part.get("path") != ".platform")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _last(found: Sequence[Refresh]) -> datetime | None:
    moments = [_moment(each.end) for each in found if each.status == "Completed"]
    return max((moment for moment in moments if moment), default=None)


def _moment(text: str) -> datetime | None:
    """Return a moment as the service writes it: seven digits of a second, with or without a zone, which is UTC."""
    try:
        found = datetime.fromisoformat(text[:19])
    except ValueError:
        return None
    return found.replace(tzinfo=UTC)


_LOOKS: dict[str, Callable[[Job, str, Asked], None]] = {
    "url": _url,
    "bundle": _bundle,
    "owner": _owner,
    "schedule": _schedule,
    "refresh": _refreshes,
}
