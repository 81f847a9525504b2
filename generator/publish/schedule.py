"""When models refresh: the workbook's times, spread where many clients ask for the same half hour."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from generator.publish.job import Job

AT_ONCE = 20
"""Clients that may ask for one half hour before some of them move: the database's host gets all of them at once."""

ZONE = "W. Europe Standard Time"
"""The Netherlands, as Windows names it."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EARLIEST = 12  # half hours: nothing moves to before 06:00, when Invantive Cloud may be kept in repair
_MOST = 6  # half hours that a refresh may come early, so that the figures are there when they were asked for


def spread(wanted: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the times of each client: as asked, or up to three hours earlier where too many ask the same.

    Who moves follows from the client's code alone, so that one client more moves no other.
    """
    asked = Counter(time for times in wanted.values() for time in set(times))
    return {code: tuple(sorted({_moved(code, time, asked[time]) for time in times})) for code, times in wanted.items()}


def is_set(job: Job, report: str) -> bool:
    """Tell whether the schedule is on record as it should be; the workbook may leave it to Power BI."""
    return not job.times or job.item(report).schedule == _text(job)


def set_schedule(job: Job, report: str) -> None:
    """Set the days and times, and turn the schedule on."""
    notify = "MailOnFailure" if job.settings.notify else "NoNotification"
    value = {"days": list(_DAYS), "times": list(job.times), "enabled": True, "localTimeZoneId": ZONE}
    job.dataset(report).set_schedule(value | {"notifyOption": notify})
    job.record.set_item(report, schedule=_text(job))


def differs(found: Mapping[str, object], times: Iterable[str]) -> bool:
    """Tell whether a schedule in the service has other times."""
    there = found.get("times")
    return sorted(map(str, there)) != sorted(times) if isinstance(there, list) else bool(list(times))


def _moved(code: str, time: str, number: int) -> str:
    hour, minute = time.split(":")
    slot = int(hour) * 2 + (minute >= "30")
    room = max(0, min(_MOST, slot - _EARLIEST))
    ways = min(-(-number // AT_ONCE), room + 1)
    slot -= int(hashlib.sha256(code.encode()).hexdigest(), 16) % ways
    return f"{slot // 2:02}:{slot % 2 * 30:02}"


def _text(job: Job) -> str:
    return json.dumps([*job.times, "" if job.settings.notify else "NoNotification"])
