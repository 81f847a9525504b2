"""The refresh of a model: asked for once, watched to its end, and why it failed in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish.powerbi import Refresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.publish.job import Job
    from generator.publish.powerbi import Dataset

_RUNNING = frozenset({"Unknown", "InProgress", "NotStarted", ""})
_DONE = "Completed"
_CLOSE, _FAR = 3.0, 10.0  # seconds between two looks, in the first minute and later
_FIRST_MINUTE = 60.0
_TOO_MANY = 429
_ASKED_AGAIN = 4

# The service's own codes, as a part of them, and what they mean to whoever has to mend it.
REASONS = (
    ("CredentialsNotSpecified", "de aanmelding ontbreekt", "the credentials are missing"),
    ("AccessUnauthorized", "de database weigert de aanmelding", "the database refuses the credentials"),
    ("InvalidConnectionCredentials", "de database weigert de aanmelding", "the database refuses the credentials"),
    ("DataSourceAccessError", "de database is niet te bereiken of weigert", "the database can't be reached or refuses"),
    ("Timeout", "de database antwoordde niet op tijd", "the database did not answer in time"),
    ("MashupDataAccessError", "een query mislukte", "a query failed"),
    ("ModelRefreshFailed", "het verversen mislukte", "the refresh failed"),
)


def is_refreshed(job: Job, report: str) -> bool:
    """Tell whether the model as it is now has been refreshed from the URL as it is now."""
    return not job.item(report).asked and job.item(report).refresh == job.wanted_refresh(report)


def refresh(job: Job, report: str) -> None:
    """Refresh a model and wait for the end; where an earlier run has asked already, wait for that one."""
    item, dataset = job.item(report), job.dataset(report)
    if not item.asked:
        newest = dataset.refreshes() if item.model_id not in job.made or item.refresh else []
        item_id = newest[0].id if newest else ""
        job.record.set_item(report, asked=True, baseline=item_id)
        _ask(job, report)
    elif _newest(dataset).id == item.baseline:
        _ask(job, report)
    found = _watch(job, report)
    if found.status == _DONE:
        wanted = job.wanted_refresh(report)
        job.record.set_item(report, asked=False, baseline="", refresh=wanted, refreshed=found.end)
        return
    # What went wrong is as often the password as anything else: give it anew next time.
    job.record.set_item(report, asked=False, baseline="", refresh="", bound="")
    raise Stop([failure(job, report, found)])


def failure(job: Job, report: str, found: Refresh) -> Problem:
    """Return why a refresh failed as a problem."""
    code, dutch, english = reason(found)
    values = {"report": report, "error": job.service.words(code), "reason_nl": dutch, "reason_en": english}
    return Problem("B330", None, values | {"message": job.service.words(_message(found))}, job.client.code)


def reason(found: Refresh) -> tuple[str, str, str]:
    """Return the service's code for why a refresh failed, and what it means in Dutch and English."""
    code = str(_error(found).get("errorCode") or found.status or "-")
    text = f"{code} {found.error}"
    for part, dutch, english in REASONS:
        if part.casefold() in text.casefold():
            return code, dutch, english
    if found.status == "Disabled":
        return code, "verversen is uitgeschakeld", "refreshing is turned off"
    return code, "het verversen mislukte", "the refresh failed"


def _ask(job: Job, report: str) -> None:
    """Ask for a refresh until there is one: one that runs already may have begun before what it is for."""
    dataset, clock = job.dataset(report), job.service.web.clock
    for _ in range(_ASKED_AGAIN):
        reply = dataset.start(notify=job.settings.notify)
        if reply.ok:
            return
        if reply.status == _TOO_MANY:
            raise Stop([Problem("B331", None, {"report": report}, job.client.code)])
        newest = _newest(dataset)
        if reply.unsure and newest.id != job.item(report).baseline:
            return
        if not reply.unsure and newest.id:  # refused: another runs, or ran until a moment ago
            if newest.status in _RUNNING:
                _end_of(job, report, newest.id)
            job.record.set_item(report, baseline=_newest(dataset).id)
        clock.sleep(_CLOSE)
    raise job.service.failure(reply, "POST refreshes")


def _watch(job: Job, report: str) -> Refresh:
    """Wait for the end of the refresh that came after the baseline."""
    baseline = job.item(report).baseline
    return _until(job, report, lambda found: found.id != baseline and found.status not in _RUNNING)


def _end_of(job: Job, report: str, running: str) -> Refresh:
    return _until(job, report, lambda found: found.id != running or found.status not in _RUNNING)


def _until(job: Job, report: str, ended: Callable[[Refresh], bool]) -> Refresh:
    dataset, clock = job.dataset(report), job.service.web.clock
    started = clock.now()
    while (passed := clock.now() - started) < job.service.refresh_seconds:
        clock.sleep(_CLOSE if passed < _FIRST_MINUTE else _FAR)
        found = _newest(dataset, polling=True)
        if ended(found):
            return found
    minutes = str(round(job.service.refresh_seconds / 60))
    raise Stop([Problem("B332", None, {"report": report, "minutes": minutes}, job.client.code)])


def _newest(dataset: Dataset, *, polling: bool = False) -> Refresh:
    found = dataset.refreshes(polling=polling)
    return found[0] if found else Refresh()


def _error(found: Refresh) -> dict[str, object]:
    try:
        document = json.loads(found.error) if found.error else {}
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _message(found: Refresh) -> str:
    error = _error(found)
    return str(error.get("errorDescription") or error.get("message") or "")
