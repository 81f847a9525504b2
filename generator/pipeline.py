"""The story of a run: read, resolve, build, pack, write; for one client and for all of them in parallel.

Start here to know the program: each step is a function from one value to the next, and this module calls them in order.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from generator import __version__, catalogue, manifests, output
from generator.build import build
from generator.commit import MANIFEST, place, recover
from generator.diff import Difference, difference
from generator.disk import told
from generator.lock import follow
from generator.pack import STARTUP_SQL, pack
from generator.plan import steps
from generator.problems import Cell, Problem, Stop
from generator.resolve import resolve
from generator.spec import logos, rules, workbook
from generator.spec.records import OFFICE
from generator.spec.sheets import find_sheet
from generator.workers import processes, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from generator.build import Built
    from generator.catalogue import Catalogue, Page
    from generator.looks import Looks
    from generator.manifests import Standing
    from generator.plan import Step
    from generator.resolve.client import Client
    from generator.spec.records import Spec
    from generator.workers import Workers

FEW = 50
"""Below so many bundles to build, starting other processes costs more than it gains."""

_CHUNK = 32  # bundles a process gets at a time: enough to make passing them on cheap, few enough to share out evenly
_PAGES = 2048  # pages that a process remembers
_OFFICE_SHEETS = frozenset({"clients", "divisions", "mappings"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """The workbooks, understood: every client that can be made, and every problem."""

    spec: Spec
    clients: tuple[Client, ...]
    problems: tuple[Problem, ...]
    catalogue: Catalogue

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes of all bundles that the workbooks ask for, those with errors too, in whatever cell."""
        unread = {dropped.texts.get("code", "") for dropped in self.spec.dropped if dropped.sheet == "clients"}
        return frozenset(
            {client.code for client in self.clients}
            | {row.code for row in self.spec.clients if row.active is not False}
            | unread - {""}
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a bundle; ``status`` is created, changed, unchanged, removed, skipped or failed.

    ``startup`` tells that the database needs another *On Startup SQL* than before. ``hash`` is that of the manifest
    where it was left as it was, or as a worker on another computer wrote it.
    """

    client: str
    status: str
    files: int = 0
    reports: tuple[str, ...] = ()
    startup: bool = False
    edited: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """How bundles are made: where from and to, and whether hand-edited or unchanged files are written too."""

    out: Path
    templates: Path | None = None
    force: bool = False
    overwrite: bool = False
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)


def load(specs: Path, templates: Path | None = None) -> Loaded:
    """Read and resolve the workbooks; problems are values, only broken templates raise ``Stop``."""
    with _uncollected():
        return _load(specs, templates)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no rubbish while records are made that all stay: that would take two fifths of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load(specs: Path, templates: Path | None) -> Loaded:
    known = catalogue.load(templates)
    spec, problems = workbook.read(specs)
    pictures, missing = logos.read_logos(spec, specs)
    clients, unresolved = resolve(spec, known, pictures)
    return Loaded(spec, clients, (*problems, *rules.check(spec), *missing, *unresolved), known)


def makeable(loaded: Loaded, *, keep_going: bool) -> tuple[tuple[Client, ...], tuple[str, ...]]:
    """Return the clients to make and the codes of those left out for their errors.

    Raises ``Stop`` where errors stop everything: any error without ``keep_going``, and one that belongs to no client.
    """
    errors = [problem for problem in loaded.problems if problem.is_error]
    if errors and (not keep_going or any(not problem.client for problem in errors)):
        raise Stop(loaded.problems)
    bad = {problem.client.casefold() for problem in errors}
    sheets = {sheet.key for problem in errors if problem.cell and (sheet := find_sheet(problem.cell.sheet))}
    if sheets & _OFFICE_SHEETS:
        bad.add(OFFICE)  # its divisions and mapping come from rows of which one is in doubt
    made = tuple(client for client in loaded.clients if client.code.casefold() not in bad)
    left = {client.code for client in loaded.clients} | {problem.client for problem in errors}
    return made, tuple(sorted(code for code in left if code.casefold() in bad))


def spec_hash(client: Client, known: Catalogue) -> str:
    """Return the hash of all that a bundle is made from: resolved spec, templates, the program's version."""
    # A set has another order in each process, so what is one stands apart, sorted.
    reports = [
        (replace(report, pages=(), without=frozenset()), sorted(report.without), [*map(_page_hash, report.pages)])
        for report in client.reports
    ]
    measures = [(replace(measure, tags=frozenset()), sorted(measure.tags)) for measure in client.measures]
    rest = replace(client, reports=(), measures=())
    return hashlib.sha256(f"{__version__}\0{known.fingerprint}\0{(rest, measures, reports)!r}".encode()).hexdigest()


@lru_cache(maxsize=4096)
def _page_hash(page: Page) -> str:
    """Return the hash of a page, which many clients share."""
    return hashlib.sha256(repr(page).encode()).hexdigest()


def files(client: Client, known: Catalogue) -> dict[str, bytes]:
    """Return all files of a bundle, its manifest included; raise ``Stop`` where the templates make no sound model."""
    built = build(client, known)
    packed = pack(built)
    return packed | {MANIFEST: output.manifest(_document(built, known), packed)}


def _document(built: Built, known: Catalogue) -> dict[str, object]:
    """Return what a bundle's manifest tells besides the hashes of its files."""
    client = built.client
    return {
        "client": client.code,
        "url": client.url,
        **({"sandbox": True} if client.sandbox else {}),
        "divisions": [division.code for division in client.divisions],
        "reports": [
            {
                "name": report.name,
                "pbit": f"{client.code}-{report.name}.pbit",
                "pages": list(report.pages),
                "tables": [table["name"] for table in report.database["model"]["tables"]],
                "measures": [
                    measure["name"]
                    for table in report.database["model"]["tables"]
                    for measure in table.get("measures", ())
                ],
            }
            for report in built.reports
        ],
        "spec_hash": spec_hash(client, known),
    }


def is_current(out: Path, client: Client, known: Catalogue) -> bool:
    """Tell whether a bundle is on disk as it should be, without building it."""
    standing = manifests.standing(out, client.code)
    return standing is not None and standing.spec_hash == spec_hash(client, known)


def _standing(client: Client, standing: Standing) -> Outcome:
    return Outcome(client.code, "unchanged", standing.files, _report_names(client), hash=standing.hash)


def _report_names(client: Client) -> tuple[str, ...]:
    return tuple(report.name for report in client.reports)


def make(client: Client, known: Catalogue, job: Job, made: dict[str, bytes] | None = None) -> Outcome:
    """Make one bundle and write what differs; a failure is an outcome, so that it ends no other client's.

    ``made`` are its files where they were made before.
    """
    reports = _report_names(client)
    try:
        made = made or files(client, known)
        change = output.compare(job.out, client.code, made, force=job.force)
        output.commit(job.out, made, change, overwrite=job.overwrite)
    except Stop as stop:
        return Outcome(client.code, "failed", 0, reports, problems=stop.problems)
    except Exception as error:  # noqa: BLE001  whatever goes wrong with one client ends no other client's
        problem = Problem("B089", None, {"error": f"{type(error).__name__}: {error}"}, client.code)
        return Outcome(client.code, "failed", 0, reports, problems=(problem,))
    kept = () if job.overwrite else change.edited
    startup = STARTUP_SQL in change.changed
    return Outcome(client.code, change.status, len(made) - 1, reports, startup, kept, change.kept if kept else ())


def make_all(
    clients: Sequence[Client],
    known: Catalogue,
    job: Job,
    elsewhere: Callable[[Sequence[Client]], Iterable[Outcome]] | None = None,
    looks: Looks | None = None,
) -> Iterator[Outcome]:
    """Make bundles, in several processes where there are many, or elsewhere; outcomes come as they are ready.

    ``looks`` gives what was seen of the bundles on disk where that was begun before. Raises ``Stop`` before anything is
    written where the templates make no sound report even of the first client.
    """
    standing = _unchanged(clients, known, job, looks)
    pending = [client for client in clients if client.code not in standing]
    first = {client.is_office: client for client in reversed(pending)}.values()
    tried = {client.code: files(client, known) for client in first}
    output.enrol(job.out, __version__, (client.code for client in clients))
    if not elsewhere and (job.jobs == 1 or len(pending) < FEW):
        for client in clients:
            yield standing.get(client.code) or make(client, known, job, tried.pop(client.code, None))
        return
    yield from standing.values()
    if elsewhere:
        yield from elsewhere(pending)
        return
    with processes(job.jobs, follow) as workers:
        yield from share_out(pending, job, workers, partial(make_share, job=job))


def _unchanged(clients: Sequence[Client], known: Catalogue, job: Job, looks: Looks | None) -> dict[str, Outcome]:
    """Return the bundles that are on disk as they should be, by code."""
    if job.force:
        return {}
    if looks is None:
        seen = {client.code: manifests.standing(job.out, client.code) for client in clients}
    else:
        seen = dict(looks())
    return {
        client.code: _standing(client, found)
        for client in clients
        if (found := seen.get(client.code)) and found.spec_hash == spec_hash(client, known)
    }


def share_out(
    clients: Sequence[Client], job: Job, workers: Workers, work: Callable[[Sequence[Client]], list[Outcome]]
) -> Iterator[Outcome]:
    """Share bundles out over workers; what one that died was at has failed, and its old bundle is whole."""
    size = max(1, min(_CHUNK, len(clients) // (4 * workers.width)))
    shares = (clients[start : start + size] for start in range(0, len(clients), size))
    return spread(workers, work, shares, partial(_lost, job))


def _lost(job: Job, clients: Sequence[Client], error: BaseException) -> list[Outcome]:
    """Return what becomes of clients whose worker went away; one that was only cut off may still be writing."""
    found = []
    for client in clients:
        if not isinstance(error, CancelledError):
            mend(job, client.code)
        problem = Problem("B157", None, {"value": client.code, "reason": type(error).__name__}, client.code)
        found.append(Outcome(client.code, "failed", 0, _report_names(client), problems=(problem,)))
    return found


def mend(job: Job, code: str) -> None:
    """Finish or undo what a worker that died has left of a bundle; what can't be mended, the next command tells."""
    with suppress(Stop), told(code):
        recover(place(job.out, code))


def make_share(clients: Sequence[Client], job: Job) -> list[Outcome]:
    """Make some bundles in a process of their own, which loads the templates once."""
    known = catalogue.load(job.templates)
    made = [make(_sharing(client), known, job) for client in clients]
    gc.freeze()  # what is remembered stays: looking for rubbish in it, time and again, would take a fifth of the time
    return made


_pages: dict[str, Page] = {}
"""The pages that this process has been sent, by their hash."""


def _sharing(client: Client) -> Client:
    """Return a client with the pages of those before it where they are equal: what is made of a page is made once.

    A process is sent new copies of pages with each share of clients.
    """
    if len(_pages) > _PAGES:
        _pages.clear()
    shared = [
        replace(report, pages=tuple(_pages.setdefault(_page_hash(page), page) for page in report.pages))
        for report in client.reports
    ]
    return replace(client, reports=tuple(shared))


def plan_all(
    clients: Sequence[Client],
    loaded: Loaded,
    job: Job,
    *,
    removals: bool,
    warn: Callable[[Iterable[Problem]], object] = tuple,
) -> Iterator[Step]:
    """Yield what making these bundles would change, and with ``removals`` which bundles would go; write nothing.

    ``warn`` is given the files changed by hand that are in the way.
    """
    for client in clients:
        if is_current(job.out, client, loaded.catalogue):
            continue
        made = files(client, loaded.catalogue)
        change = output.compare(job.out, client.code, made)
        warn(change.kept)
        yield from steps(change, manifests.previous(job.out, client.code), json.loads(made[MANIFEST]))
    for code in output.removable(job.out, loaded.codes) if removals else ():
        old = manifests.previous(job.out, code)
        yield from steps(output.Change(code, "removed", removed=tuple(old.get("files", ()))), old, {})


def diff_one(client: Client, loaded: Loaded, job: Job) -> tuple[Difference, tuple[Problem, ...]]:
    """Return what making a bundle would change in it, piece by piece, and warnings; write nothing."""
    made = files(client, loaded.catalogue)
    status = output.compare(job.out, client.code, made).status
    return _compared(client.code, status, made, job.out)


def diff_gone(code: str, job: Job) -> tuple[Difference, tuple[Problem, ...]]:
    """Return what is lost with a bundle that the workbooks no longer ask for, and warnings."""
    return _compared(code, "removed", {}, job.out)


def _compared(code: str, status: str, made: dict[str, bytes], out: Path) -> tuple[Difference, tuple[Problem, ...]]:
    there, edited = output.stored(out, code)
    found = difference(code, status, there, made)
    warnings = output.Change(code, status, edited=edited).kept
    warnings += tuple(Problem("B147", Cell(f"{code}/{path}"), {"path": path}, code) for path in found.unreadable)
    return replace(found, edited=edited), warnings


def remove_all(out: Path, codes: Iterable[str], ask: Callable[[str], bool]) -> Iterator[Outcome]:
    """Remove bundles that the workbooks no longer ask for, each only on a yes; the others stay, with a warning."""
    for code in codes:
        if not ask(code):
            yield Outcome(code, "skipped", problems=(Problem("B108", None, {"path": code}, code),))
            continue
        try:
            yield Outcome(code, "removed", len(output.remove(out, code).removed))
        except Stop as stop:
            yield Outcome(code, "failed", problems=stop.problems)
