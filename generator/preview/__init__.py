"""Draws the pages of generated bundles with sample figures, and keeps the office's overview of all of them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator import __version__, manifests
from generator.commit import MANIFEST
from generator.disk import digest, is_file
from generator.preview import document, model, sample, store
from generator.preview.words import WORDS
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from generator.catalogue import Catalogue
    from generator.preview.m import Table
    from generator.resolve.client import Client

LIBRARIES = ("pbix_mcp", "vl_convert")
"""What the extra ``preview`` installs."""

_DRAWING = 1  # goes up when the same bundle is drawn in another way
_NAMED = 8  # measures that a problem names
_SCOPE = ("definition/", "StaticResources/")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a bundle's preview; ``status`` is created, changed, unchanged or failed."""

    client: str
    status: str
    pages: int = 0
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Where the bundles are, which day it is in their books, and whether unchanged ones are drawn too."""

    out: Path
    today: dt.date
    language: str
    force: bool = False


def need_libraries() -> None:
    """Raise ``Stop`` with B400 where the extra is not installed."""
    lost = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if lost:
        raise Stop([Problem("B400", None, {"names": ", ".join(lost)})])


def make(code: str, client: Client | None, catalogue: Catalogue, job: Job, others: Sequence[Client] = ()) -> Outcome:
    """Draw one bundle where it changed; a failure is an outcome, so that it ends no other client's.

    A client of None is drawn without figures; ``others`` are the clients that an office consolidates.
    """
    try:
        return _make(code, client, catalogue, job, others)
    except Stop as stop:
        return Outcome(code, "failed", problems=stop.problems)
    except Exception as error:  # noqa: BLE001  whatever goes wrong with one client ends no other client's
        values = {"error": f"{type(error).__name__}: {error}"}
        return Outcome(code, "failed", problems=(Problem("B408", None, values, code),))


def is_current(code: str, job: Job, *, known: bool) -> bool:
    """Tell whether a bundle's drawing is there and was made from this very bundle."""
    state = store.load(job.out / code / store.STATE)
    return not job.force and state.get("key") == _key(job.out / code, known=known) and _whole(job.out / code, state)


def _make(code: str, client: Client | None, catalogue: Catalogue, job: Job, others: Sequence[Client]) -> Outcome:
    manifest = manifests.previous(job.out, code)
    if not manifest:
        raise Stop([Problem("B401", None, {"client": code}, code)])
    state = store.load(job.out / code / store.STATE)
    if is_current(code, job, known=client is not None):
        return _outcome(code, "unchanged", state)
    language = client.language if client else job.language
    books = sample.tables(client, sample.ledger(client, others, job.today), catalogue) if client else None
    sheets = document.draw(_sources(job, code, manifest, client, books))
    why = "" if client else WORDS[language]["unknown_client"]
    made = {
        "index.html": document.render(
            document.Head(client.name if client else code, language, job.today, why, _note(client)), sheets
        ),
        **{f"{each.id}.svg": each.thumbnail for each in sheets},
    }
    pages = [
        {"id": each.id, "report": each.report, "title": each.title, "width": each.width, "height": each.height}
        for each in sheets
    ]
    lost = sorted({name for each in sheets for name, _ in each.missing})
    new = {
        "key": _key(job.out / code, known=client is not None),
        "pages": pages,
        "missing": lost,
        "day": job.today.isoformat(),
    }
    for name, text in made.items():
        store.write(job.out, f"{code}/{store.FOLDER}/{name}", text.encode(), code)
    store.write(job.out, f"{code}/{store.STATE}", json.dumps(new, ensure_ascii=False, indent=1).encode(), code)
    store.clear(job.out, code, set(made))
    return _outcome(code, "changed" if state else "created", new)


def _note(client: Client | None) -> str:
    """Return what the reader must know of the figures: that they are not of all clients."""
    every = len({each.client_code for each in client.divisions}) if client else 0
    if client is None or every <= sample.MOST:
        return ""
    return WORDS[client.language]["many_clients"].format(shown=sample.MOST, all=every)


def _outcome(code: str, status: str, state: Mapping[str, Any]) -> Outcome:
    lost = tuple(str(each) for each in state.get("missing", ()))
    named = ", ".join(lost[:_NAMED]) + (" …" if len(lost) > _NAMED else "")
    problems = (Problem("B403", None, {"count": str(len(lost)), "names": named}, code),) if lost else ()
    return Outcome(code, status, len(state.get("pages", ())), lost, problems)


def _key(bundle: Path, *, known: bool) -> str:
    """Return the hash of all that a drawing is made from: the bundle, the program, and whether it has figures."""
    parts = (digest(os.fspath(bundle / MANIFEST)), __version__, str(_DRAWING), str(known))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _whole(bundle: Path, state: Mapping[str, Any]) -> bool:
    """Tell whether every file of an earlier drawing is still there."""
    names = ["index.html", *(f"{each.get('id')}.svg" for each in state.get("pages", ()))]
    return all(is_file(os.fspath(bundle / store.FOLDER / name)) for name in names)


def _sources(
    job: Job, code: str, manifest: Mapping[str, Any], client: Client | None, books: Callable[[str], Table] | None
) -> list[document.Source]:
    """Return the reports of a bundle as files, each with its figures; all read the same books."""
    from generator.preview.figures import Figures  # noqa: PLC0415

    titles = {each.name: each.title for each in client.reports} if client else {}
    found = []
    for each in manifest.get("reports", ()):
        name = str(each["name"])
        held = model.read(job.out / code / str(each["pbit"]))
        figures = Figures(held, books, job.today) if books and held.measures else None
        files = _files(job.out / code / f"{name}.Report", manifest, f"{name}.Report/")
        found.append(document.Source(titles.get(name, name), files, figures, held.language))
    return found


def _files(folder: Path, manifest: Mapping[str, Any], prefix: str) -> dict[str, bytes]:
    """Return the files of a report folder that the bundle's manifest names, by their path below it."""
    paths = [path.removeprefix(prefix) for path in manifest["files"] if path.startswith(prefix)]
    return {
        path: (folder / path).read_bytes()
        for path in paths
        if path.startswith(_SCOPE) and is_file(os.fspath(folder / path))
    }
