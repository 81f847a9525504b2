"""What a run would change, in words: two manifests of a bundle compared, and the files that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.output import Change

CREATE, CHANGE, REMOVE = "create", "change", "remove"
_PARTS = {"pages": "page", "measures": "measure", "tables": "table"}
"""What a manifest lists of a report, and its word in a plan."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a bundle; ``breaking`` marks what a reader of the published report would miss.

    ``kind`` is create, change or remove; ``what`` is file, url, division, measure, page, table or report; ``report``
    is the report that a page, measure or table is part of.
    """

    client: str
    kind: str
    what: str
    name: str
    old: str = ""
    new: str = ""
    report: str = ""
    breaking: bool = False

    def document(self) -> dict[str, Any]:
        """Return the step as the JSON object of the contract."""
        return {
            "client": self.client,
            "kind": self.kind,
            "what": self.what,
            "name": self.name,
            "from": self.old,
            "to": self.new,
            "breaking": self.breaking,
        }


def steps(change: Change, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    """Yield what changes between two manifests of a bundle, words first, then files; nothing is new in a new bundle."""
    code = change.code
    if old and new and old.get("url") != new["url"]:
        yield Step(code, CHANGE, "url", "url", str(old.get("url", "")), str(new["url"]))
    if old or not new:
        yield from _listed(code, "division", old.get("divisions", ()), new.get("divisions", ()))
    reports = [{report["name"]: report for report in manifest.get("reports", ())} for manifest in (old, new)]
    yield from _listed(code, "report", reports[0], reports[1])
    for name in reports[0].keys() & reports[1].keys():
        for key, what in _PARTS.items():
            yield from _listed(code, what, reports[0][name].get(key, ()), reports[1][name].get(key, ()), name)
    for kind, paths in ((CREATE, change.created), (CHANGE, change.changed), (REMOVE, change.removed)):
        yield from (Step(code, kind, "file", path) for path in paths)


def _listed(code: str, what: str, old: Any, new: Any, report: str = "") -> Iterator[Step]:  # noqa: ANN401  lists of names
    """Yield what is only in the new list, then what is only in the old one."""
    before, after = ([str(name) for name in names] for names in (old, new))
    yield from (Step(code, CREATE, what, name, new=name, report=report) for name in after if name not in before)
    for name in before:
        if name not in after:
            yield Step(code, REMOVE, what, name, old=name, report=report, breaking=what != "division")
