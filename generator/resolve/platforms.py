"""Which platform of Invantive Cloud a client is on: that of its reports, since each report is of one platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.problems import Problem
from generator.resolve.lookup import exact_name
from generator.spec.records import EVERYONE, OFFICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from generator.catalogue import Catalogue
    from generator.spec.records import ReportRow


def platform_of(code: str, rows: Mapping[str, Sequence[ReportRow]], catalogue: Catalogue) -> str:
    """Return the platform of a client's first report; of those for all where it has none of its own.

    ``rows`` are those of *Rapporten* by client code in small letters. Without any that tells it is the main one, as
    where the rows for all name reports of it beside those of others.
    """
    own = [*_platforms(rows.get(code.casefold(), ()), catalogue)]
    shared = [*_platforms(rows.get(EVERYONE, ()), catalogue)] if code != OFFICE else []
    if own or not shared or catalogue.name in shared:
        return (own or [catalogue.name])[0]
    return shared[0]


def _platforms(rows: Sequence[ReportRow], catalogue: Catalogue) -> Iterator[str]:
    for row in rows:
        platform = catalogue.name if exact_name(row.report, catalogue.reports) else catalogue.elsewhere(row.report)
        if platform:
            yield platform


def mixed(row: ReportRow, platform: str, catalogue: Catalogue, client: str) -> Iterator[Problem]:
    """Yield the problem of a client's own row that names a report of another platform; a row for all may do so."""
    if row.client != EVERYONE:
        titles = {name: str(one.platform["title"]) for name, one in catalogue.others.items()}
        values = {"report": row.report, "platform": titles[platform], "own": str(catalogue.platform["title"])}
        yield Problem("B178", row.where("report"), values, client)
