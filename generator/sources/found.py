"""What ``probe`` found, as the document of the contract and as a page that keeps it until the next time.

The page, ``probe.html``, is state: it holds the document itself, so that a run for one client leaves what is known of
the others. All in it that a server or a workbook said is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

from generator.disk import is_file, refuse_links, told
from generator.problems import visible

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from generator.sources.odata import Finding

PAGE = "probe.html"
_DRAFT = f"{PAGE}.new"
_STATE = re.compile(r'<script type="application/json" id="bundel-probe">(.*?)</script>', re.DOTALL)
_LARGEST = 100_000_000  # bytes of a page that is read back
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
_WORST = {"error": 0, "warning": 1, "ok": 2}
_WORDS = {
    "nl": {
        "title": "Databases nagekeken",
        "none": "Nog geen database gevraagd.",
        "search": "Zoek op klant of melding",
        "only": "alleen met problemen",
        "heads": "klant|uitkomst|bereikbaar|aangemeld|tabellen|kolommen|administraties|nieuwste boeking|gevraagd",
        "yes": "ja",
        "no": "nee",
        "ok": "in orde",
        "warning": "let op",
        "error": "fout",
        "of": "van",
        "rows": "rijen",
        "newest": "nieuwste",
        "sandbox": "zandbak",
        "sandbox_note": "Verzonnen cijfers: dit zijn de proefdatabases van bundel sandbox, niet die van de klanten.",
        "remedy": "Wat te doen",
        "count": "{} databases: {} in orde, {} let op, {} fout.",
    },
    "en": {
        "title": "Databases checked",
        "none": "No database was asked yet.",
        "search": "Search client or message",
        "only": "only with problems",
        "heads": "client|outcome|reachable|signed in|tables|columns|divisions|newest entry|asked",
        "yes": "yes",
        "no": "no",
        "ok": "in order",
        "warning": "mind",
        "error": "error",
        "of": "of",
        "rows": "rows",
        "newest": "newest",
        "sandbox": "sandbox",
        "sandbox_note": "Made-up figures: these are the databases of bundel sandbox, not those of the clients.",
        "remedy": "What to do",
        "count": "{} databases: {} in order, {} mind, {} error.",
    },
}


def document(finding: Finding) -> dict[str, Any]:
    """Return what was found of a database as the contract's JSON object, with rows and dates beside it."""
    question = finding.question
    return {
        "client": question.client,
        "url": question.url,
        "reachable": finding.reachable,
        "signed_in": finding.signed_in,
        "missing_tables": finding.missing_tables,
        "missing_columns": finding.missing_columns,
        "divisions_expected": sorted(question.divisions),
        "divisions_found": finding.divisions,
        "seconds": round(finding.seconds, 3),
        "sandbox": question.sandbox,
        "requests": finding.requests,
        "tables": [
            {"name": table.name, "rows": table.rows, "newest": table.newest.isoformat() if table.newest else None}
            for table in finding.tables
        ],
        "newest": finding.newest.isoformat() if finding.newest else None,
    }


def entry(finding: Finding, asked: dt.datetime, language: str) -> dict[str, Any]:
    """Return what the page keeps of a database: its document, when it was asked, and its problems as texts."""
    errors = any(problem.is_error for problem in finding.problems)
    needs = finding.question.needs
    own = sorted({*finding.divisions} & {*finding.question.divisions})
    return document(finding) | {
        "divisions_found": own,  # what belongs to another is counted, and not kept
        "asked": asked.isoformat(timespec="minutes"),
        "status": "error" if errors else "warning" if finding.problems else "ok",
        "needed_tables": len(needs) if finding.described else None,
        "needed_columns": sum(len(need.columns) for need in needs) if finding.described else None,
        "foreign": finding.foreign,
        "divided": finding.divided,
        "problems": [
            problem.document(language) for problem in sorted(finding.problems, key=lambda each: each.severity)
        ],
    }


def kept(out: Path, entries: Sequence[dict[str, Any]], codes: Collection[str]) -> list[dict[str, Any]]:
    """Return entries with those of an earlier run for clients that are still there and were not asked now."""
    now = {_key(each) for each in entries}
    earlier = [each for each in earlier_entries(out) if each["client"] in codes and _key(each) not in now]
    return sorted([*entries, *earlier], key=lambda each: (each["sandbox"], _WORST[each["status"]], each["client"]))


def earlier_entries(out: Path) -> list[dict[str, Any]]:
    """Return the entries of the page of an earlier run; none where there is no such page, or another wrote it."""
    path = out / PAGE
    with told(""):
        if not is_file(str(path)) or path.stat().st_size > _LARGEST:
            return []
        text = path.read_text("utf-8", "replace")
    found = _STATE.search(text)
    try:
        listed = json.loads(found[1])["databases"] if found else []
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [each for each in listed if _is_entry(each)] if isinstance(listed, list) else []


_SHAPE: dict[str, type | tuple[type, ...]] = {
    "client": str, "url": str, "reachable": bool, "signed_in": bool, "sandbox": bool, "asked": str, "status": str,
    "missing_tables": list, "missing_columns": list, "divisions_expected": list, "divisions_found": list,
    "tables": list, "problems": list, "foreign": int, "divided": bool, "seconds": (int, float),
    "needed_tables": (int, type(None)), "needed_columns": (int, type(None)), "newest": (str, type(None)),
}  # fmt: skip
_PROBLEM = ("code", "severity", "message", "hint")


def _is_entry(each: object) -> bool:
    """Tell whether an entry has the types that a run gives it."""
    return (
        isinstance(each, dict)
        and all(isinstance(each.get(name), kind) for name, kind in _SHAPE.items())
        and each["status"] in _WORST
        and all(isinstance(row, dict) for name in ("tables", "problems") for row in each[name])
        and all(isinstance(row.get(name), str) for row in each["problems"] for name in _PROBLEM)
        and all({"name", "rows", "newest"} <= row.keys() for row in each["tables"])
    )


def _key(each: dict[str, Any]) -> tuple[str, bool]:
    return each["client"], each["sandbox"]


def write(out: Path, entries: Iterable[dict[str, Any]], language: str) -> None:
    """Write the page, whole or not at all; raise ``Stop`` where the disk or a link does not allow it."""
    refuse_links(str(out), "", [PAGE, _DRAFT])
    with told(""):
        out.mkdir(parents=True, exist_ok=True)
        draft = out / _DRAFT
        draft.write_bytes(page(list(entries), language))
        draft.replace(out / PAGE)


def page(entries: list[dict[str, Any]], language: str) -> bytes:
    """Return the page over these entries: one file that fetches nothing, searched and sorted by its own script."""
    words = _WORDS.get(language, _WORDS["en"])
    script = _resource("probe.js")
    state = json.dumps({"databases": entries}, ensure_ascii=False, sort_keys=True).translate(_UNSAFE)
    tally = [sum(each["status"] == status for each in entries) for status in ("ok", "warning", "error")]
    text = _template().render(
        language=language,
        words=words,
        worst=_WORST,
        heads=words["heads"].split("|"),
        entries=entries,
        groups=[group for group in (False, True) if any(each["sandbox"] is group for each in entries)],
        count=words["count"].format(len(entries), *tally),
        script=script,
        style=_resource("probe.css"),
        script_hash=_hash(script),
        state=visible(state),
    )
    return text.encode("utf-8", "replace")


@cache
def _template() -> jinja2.Template:
    env = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters["visible"] = lambda value: visible(str(value))
    return env.from_string(_resource("probe.html.jinja"))


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
