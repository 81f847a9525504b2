"""``index.html``: all clients of the office in one table, from what stands in the output folder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.disk import PUBLISHED, is_file
from generator.manifests import bundles, previous
from generator.preview.document import asset, template
from generator.preview.store import STATE, load
from generator.preview.words import WORDS
from generator.spec.records import OFFICE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from generator.problems import Problem

PAGE = "index.html"
_COLUMNS = ("client", "pages", "url", "divisions", "state", "problems", "published", "probe")
_FILTERS = ("changed", "problems", "unpublished", "unprobed")
_STATES = {"created": "new", "changed": "changed", "unchanged": "same", "failed": "failed"}
_PROBE = re.compile(r'<script type="application/json" id="bundel-probe">(.*?)</script>', re.DOTALL)
_LARGEST = 100_000_000  # bytes of ``probe.html`` that are read
_WORST_FIRST = ("failed", "new", "changed", "none", "same")


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows beside the folder: the office, names of clients, what was drawn, problems by client."""

    office: str
    names: Mapping[str, str]
    statuses: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, Sequence[Problem]] = field(default_factory=dict)


def render(out: Path, known: Known, language: str, day: dt.date) -> str:
    """Return the page over all bundles that the output's manifest names."""
    words = WORDS[language]
    probed = _probed(out)
    codes = sorted(bundles(out), key=lambda code: (code == OFFICE, known.names.get(code, code).casefold()))
    rows = [_row(out, code, known, probed.get(code), language) for code in codes]
    for place, row in enumerate(rows):
        row["order"] = place
    return template("index.html").render(
        rows=rows, office=known.office, language=language, t=words, columns=_COLUMNS, filters=_FILTERS,
        css=asset("index.css"), script=asset("index.js"), footer=words["index_footer"].format(day=f"{day:%d-%m-%Y}"),
    )  # fmt: skip


def _row(out: Path, code: str, known: Known, probe: dict[str, Any] | None, language: str) -> dict[str, Any]:
    manifest, state = previous(out, code), load(out / code / STATE)
    problems = [each.text("message", language) for each in known.problems.get(code.casefold(), ())]
    status = _STATES.get(known.statuses.get(code, ""), "same" if state else "none")
    published, when = _published(out, code, language)
    verdict, told = _verdict(probe)
    tags = [
        *(["changed"] if status in {"new", "changed"} else []),
        *(["problems"] if problems else []),
        *([] if published else ["unpublished"]),
        *([] if verdict == "good" else ["unprobed"]),
    ]
    return {
        "code": code, "name": known.names.get(code, code), "url": str(manifest.get("url", "")),
        "divisions": manifest.get("divisions", []), "reports": _reports(code, manifest, state), "state": status,
        "state_order": _WORST_FIRST.index(status), "problems": problems, "published": published,
        "published_sort": when, "probe": verdict, "probe_text": told,
        "probe_order": ("bad", "warn", "none", "good").index(verdict), "tags": " ".join(tags),
    }  # fmt: skip


def _reports(code: str, manifest: Mapping[str, Any], state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the reports of a bundle with their drawn pages."""
    page = f"{code}/preview/{PAGE}"
    drawn: dict[str, list[dict[str, str]]] = {}
    for each in state.get("pages", ()):
        drawn.setdefault(str(each.get("report")), []).append(
            {
                "title": str(each.get("title")),
                "address": f"{page}#{each.get('id')}",
                "picture": f"{code}/preview/{each.get('id')}.svg",
            }
        )
    names = [str(each.get("name", "")) for each in manifest.get("reports", ())]
    titles = list(drawn) or names
    return [
        {
            "title": title,
            "address": drawn[title][0]["address"] if title in drawn else page,
            "pages": drawn.get(title, []),
        }
        for title in titles
    ]


def _published(out: Path, code: str, language: str) -> tuple[str, str]:
    """Return what is known of publishing in words, and a text to sort by."""
    items = load(out / code / PUBLISHED).get("items", [])
    named = [each for each in items if isinstance(each, dict) and (each.get("report_id") or each.get("model_id"))]
    if not named:
        return "", ""
    times = sorted(str(each["refreshed"]) for each in named if each.get("refreshed"))
    words = WORDS[language]
    if not times:
        return words["published_yes"], "0"
    when = times[0][:16].replace("T", " ")
    return f"{words['published_yes']}, {words['refreshed'].format(when)}", times[0]


def _probed(out: Path) -> dict[str, dict[str, Any]]:
    """Return what ``probe`` found of the real databases, by client; it keeps that in its own page."""
    path = out / "probe.html"
    if not is_file(str(path)) or path.stat().st_size > _LARGEST:
        return {}
    found = _PROBE.search(path.read_text("utf-8", "replace"))
    try:
        document = json.loads(found[1]) if found else {}
    except (ValueError, RecursionError):
        return {}
    databases = document.get("databases") if isinstance(document, dict) else None
    listed = databases if isinstance(databases, list) else []
    real = [each for each in listed if isinstance(each, dict) and not each.get("sandbox")]
    return {str(each.get("client")): each for each in real}


def _verdict(probe: dict[str, Any] | None) -> tuple[str, str]:
    """Return how a database stands, and what is wrong with it: the first message of its last probe."""
    if probe is None:
        return "none", ""
    verdict = {"error": "bad", "warning": "warn", "ok": "good"}.get(str(probe.get("status")), "none")
    listed = probe.get("problems")
    problems = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    more = f" (+{len(problems) - 1})" if len(problems) > 1 else ""
    return verdict, f"{problems[0].get('message', '')}{more}" if problems else ""
