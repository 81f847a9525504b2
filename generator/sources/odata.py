"""One database asked: reachable, signed in, tables and columns, divisions, rows and how new they are.

In that order, and no further than the first request that fails: Exact Online blocks a key after ten errors an hour.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from generator.problems import Problem
from generator.sources.metadata import FITTING, Unreadable
from generator.sources.wire import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.sources.metadata import Description, Descriptions
    from generator.sources.question import Need, Question
    from generator.sources.wire import Wire

    Sets = Mapping[str, Mapping[str, str]]  # entity set → column → type

_RECENT, _LONG_AGO = 35, 730  # days in which the newest row is looked for: first a month, then two years
_STALE = 100  # days: who books per quarter is on time within them
_COUNTING = 30.0  # seconds for counting one database; a first answer may be slow, all of them need not be waited for
_NAMED = 12  # divisions named one by one; more would scroll by unread
_DIGITS = 15  # of a number that a double holds exactly
_ROWS = 500  # rows that one look for the newest asks at most
_PASSING = frozenset(
    {"400", "408", "429", "501", "502", "503", "504"}
)  # a count that fails so says nothing of a refresh


@dataclass(frozen=True, slots=True)
class Table:
    """An entity set that was counted; None where the database does not say, or nothing is dated."""

    name: str
    rows: int | None = None
    newest: dt.date | None = None


@dataclass(slots=True)
class Finding:
    """What became known of a database. ``foreign`` counts divisions that do not belong, None in a row as one."""

    question: Question
    reachable: bool = False
    signed_in: bool = False
    described: bool = False
    missing_tables: list[str] = field(default_factory=list)
    missing_columns: list[str] = field(default_factory=list)
    divisions: list[int] = field(default_factory=list)
    divided: bool = False
    foreign: int = 0
    tables: list[Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0

    @property
    def newest(self) -> dt.date | None:
        """Return the date of the newest row in any table."""
        return max((table.newest for table in self.tables if table.newest), default=None)

    def say(self, code: str, **values: str) -> None:
        """Add a problem of this database."""
        client = self.question.client
        self.problems.append(Problem(code, None, values | {"client": client}, client))

    def fail(self, failure: Failure) -> None:
        """Add the problem of a request that failed."""
        self.reachable = self.reachable or failure.reached
        self.say(failure.code, **failure.values)


async def ask(
    question: Question, wire: Wire, descriptions: Descriptions, today: dt.date, *, count: bool = True
) -> Finding:
    """Ask a database all there is to ask; without ``count`` no rows are counted. The finding holds every problem."""
    finding = Finding(question)
    started = time.monotonic()
    sets = await _described(finding, wire, descriptions)
    if sets is not None and await _divided(finding, wire, sets) and await _entitled(finding, wire, sets) and count:
        await _counted(finding, wire, sets, today)
    finding.requests = wire.requests
    finding.seconds = time.monotonic() - started
    return finding


async def _described(finding: Finding, wire: Wire, descriptions: Descriptions) -> Sets | None:
    """Read what the database has, and compare it with what the reports need."""
    document = await wire.metadata()
    if isinstance(document, Failure):
        finding.fail(document)
        return None
    finding.reachable = True
    question = finding.question
    tables = [need.entity_set for need in question.needs] + ([question.rights[0]] if question.rights else [])
    known = await descriptions.read(document, frozenset(map(question.named, tables)))
    if isinstance(known, Unreadable):
        code = "B236" if known.cut else "B234"
        finding.say(code, what="$metadata", reason_nl=known.dutch, reason_en=known.english)
        return None
    finding.signed_in = finding.described = True
    aliases = _aliases(question, known)
    if aliases:
        finding.missing_tables += [need.entity_set for need in question.needs]
        finding.say("B246", alias=question.alias, found=", ".join(alias[:40] for alias in aliases[:5]))
        return None
    for need in question.needs:
        _compare(finding, need, known.columns)
    return known.columns


def _aliases(question: Question, known: Description) -> list[str]:
    """Return the aliases under which the needed tables stand, if none stands under the one of the workbook."""
    if any(question.named(need.entity_set) in known.names for need in question.needs):
        return []
    wanted = {need.entity_set for need in question.needs}
    parts = [name.rpartition("@") for name in known.names]
    return sorted({alias for table, _, alias in parts if table in wanted})


def _compare(finding: Finding, need: Need, sets: Sets) -> None:
    """Note a table that is missing, columns that are missing, and columns of another type than the reports expect."""
    queries = ", ".join(need.queries)
    columns = sets.get(finding.question.named(need.entity_set))
    if columns is None and need.absent:
        finding.say("B131", table=need.entity_set, queries=queries)
        return
    if columns is None:
        finding.missing_tables.append(need.entity_set)
        finding.say("B237", table=need.entity_set, queries=queries)
        return
    for code, optional in (("B238", False), ("B248", True)):
        missing = [name for name in need.columns if name not in columns and (name in need.optional) is optional]
        finding.missing_columns += [f"{need.entity_set}.{name}" for name in missing]
        if missing:
            finding.say(code, table=need.entity_set, columns=", ".join(missing), queries=queries)
    for name, kind in need.columns.items():
        if name in columns and columns[name] not in FITTING[kind]:
            values = {"found": columns[name][:100], "expected": ", ".join(sorted(FITTING[kind]))}
            finding.say("B239", table=need.entity_set, column=name, **values)


async def _divided(finding: Finding, wire: Wire, sets: Sets) -> bool:
    """Read which divisions come, without a filter, from the small table that the report's own check reads."""
    for need in finding.question.needs:
        name = finding.question.named(need.entity_set)
        if not need.checks or need.division not in sets.get(name, ()):
            continue
        rows = await wire.column(name, need.division)
        if isinstance(rows, Failure):
            finding.fail(rows)
            return False
        found = set(map(_whole, rows))
        expected = set(finding.question.divisions)
        finding.divided = True
        finding.divisions = sorted({*finding.divisions, *(code for code in found if code is not None)})
        finding.tables.append(Table(need.entity_set, len(rows)))
        finding.foreign = max(finding.foreign, len(found - expected))
        missing = sorted(expected - found)
        if missing:
            named = ", ".join(map(str, missing[:_NAMED])) + (" …" if len(missing) > _NAMED else "")
            one = len(missing) == 1
            dutch = f"administratie {named} ontbreekt" if one else f"{len(missing)} administraties ontbreken: {named}"
            english = f"division {named} is missing" if one else f"{len(missing)} divisions are missing: {named}"
            finding.say("B240", missing_nl=dutch, missing_en=english)
        if finding.foreign:
            finding.say("B241", count=str(finding.foreign))
    return True


async def _entitled(finding: Finding, wire: Wire, sets: Sets) -> bool:
    """Read which divisions the Exact user may see: more than those of the client is a warning."""
    if finding.question.rights is None:
        return True
    table, column = finding.question.rights
    name = finding.question.named(table)
    if column not in sets.get(name, ()):
        return True
    rows = await wire.column(name, column)
    if isinstance(rows, Failure):
        _uncounted(finding, rows, table)
        return False
    beyond = set(map(_whole, rows)) - {*finding.question.divisions, None}
    if beyond:
        finding.say("B242", count=str(len(beyond)))
    return True


async def _counted(finding: Finding, wire: Wire, sets: Sets, today: dt.date) -> None:
    """Count the rows of each table and find its newest one, as far as the database answers quickly."""
    known = {table.name for table in finding.tables}
    started = time.monotonic()
    for need in finding.question.needs:
        name = finding.question.named(need.entity_set)
        if need.entity_set in known or name not in sets:
            continue
        seconds = time.monotonic() - started
        if seconds > _COUNTING:
            reasons = {
                "reason_nl": f"tellen duurde al {seconds:.0f} s",
                "reason_en": f"it took {seconds:.0f} s already",
            }
            finding.say("B245", table=need.entity_set, **reasons)
            break
        table = await _table(finding.question, need, wire, sets[name], today)
        if isinstance(table, Failure):
            _uncounted(finding, table, need.entity_set)
            break
        finding.tables.append(table)
    _judge(finding, today)


def _uncounted(finding: Finding, failure: Failure, table: str) -> None:
    """Note a request that failed after what matters most is known: only what a refresh would meet too is an error."""
    status = failure.values.get("status", "")
    if status and status not in _PASSING:
        finding.fail(failure)
        return
    problem = Problem(failure.code, None, dict(failure.values) | {"client": finding.question.client})
    reasons = {f"reason_{language}": problem.text("message", language).rstrip(".") for language in ("nl", "en")}
    finding.say("B245", table=table, **reasons)


def _judge(finding: Finding, today: dt.date) -> None:
    """Say which tables are empty, save those that reports do without, and whether nothing new came for a long time."""
    spared = {need.entity_set for need in finding.question.needs if need.absent}
    empty = [table.name for table in finding.tables if table.rows == 0 and table.name not in spared]
    if empty:
        finding.say("B243", tables=", ".join(empty))
    newest = finding.newest
    if newest and (today - newest).days > _STALE:
        finding.say("B244", newest=newest.isoformat(), days=str((today - newest).days))


async def _table(
    question: Question, need: Need, wire: Wire, columns: Mapping[str, str], today: dt.date
) -> Table | Failure:
    """Return how many rows a table has and the date of its newest one: one request, and a few for the date."""
    name = question.named(need.entity_set)
    shown = next((column for column in (need.division, *need.columns) if column in columns), need.division)
    document = await wire.page(name, f"$select={shown}&$count=true&$top=1")
    if isinstance(document, Failure):
        return document
    rows = _whole(document.get("@odata.count"))
    dated = next((column for column in question.newest if columns.get(column) in FITTING["date"]), None)
    if not dated or not document["value"]:
        return Table(need.entity_set, rows)
    newest = await _newest(wire, name, dated, columns[dated], today)
    return newest if isinstance(newest, Failure) else Table(need.entity_set, rows, newest)


async def _newest(wire: Wire, name: str, column: str, kind: str, today: dt.date) -> dt.date | Failure | None:
    """Return the newest date up to today, None where there is none in two years."""
    high = today
    for days in (_RECENT, _LONG_AGO):
        low = today - dt.timedelta(days)
        found = await _latest(wire, name, (column, kind), low, high)
        if found is not None:
            return found
        high = low - dt.timedelta(1)
    return None


async def _latest(
    wire: Wire, name: str, dated: tuple[str, str], low: dt.date, high: dt.date
) -> dt.date | Failure | None:
    """Return the newest date from ``low`` to ``high``.

    The source ignores sorting, so the days after the newest date seen are halved until all rows of a part fit in one
    answer.
    """
    found: dt.date | None = None
    while low <= high:
        document = await wire.page(name, _between(*dated, low, high))
        if isinstance(document, Failure):
            return document
        days = [day for row in document["value"] if (day := _day(row.get(dated[0]))) and low <= day <= high]
        if days and _is_whole(document):
            return max(days)
        if not days and found is None:
            return None
        found, high = (max(days), high) if days else (found, low - dt.timedelta(1))
        if found is not None:
            low = found + dt.timedelta(1 + max(0, (high - found).days - 1) // 2)
    return found


def _between(column: str, kind: str, low: dt.date, high: dt.date) -> str:
    """Return the query for some rows from one day up to and including another."""
    clock = "" if kind == "Date" else "T00:00:00Z"
    bounds = f"{column} ge {low}{clock} and {column} lt {high + dt.timedelta(1)}{clock}"
    return f"$select={column}&$filter={quote(bounds)}&$count=true&$top={_ROWS}"


def _is_whole(document: dict[str, Any]) -> bool:
    """Tell whether a page holds all rows that were asked for."""
    rows = len(document["value"])
    count = _whole(document.get("@odata.count"))
    return rows < _ROWS and "@odata.nextLink" not in document and (count is None or count <= rows)


def _whole(value: object) -> int | None:
    """Return a whole number, also from a text, or None where it is none, or larger than any code or count."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -(10**_DIGITS) < value < 10**_DIGITS:
        return None
    return int(value) if value == int(value) else None


def _day(value: object) -> dt.date | None:
    """Return the day of a moment as the source sends it: ``2026-01-31T00:00:00Z``; the day is meant, not the moment."""
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
