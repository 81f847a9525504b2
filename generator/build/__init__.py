"""From a client to everything its bundle holds, as values: models, report layers, queries, set-up. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from generator.build import report as layers
from generator.build import stamp, stamp_pages
from generator.build.lint import lint
from generator.build.pull import pull
from generator.build.queries import Query, queries
from generator.build.semantic import database
from generator.build.setup import setup, startup_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.build.pull import Pulled
    from generator.catalogue import Catalogue
    from generator.resolve.client import Client, ClientReport


@dataclass(frozen=True, slots=True)
class BuiltReport:
    """A report of a bundle: its model as a TMSL database, its layer of pages, and its queries in order."""

    name: str
    title: str
    pages: tuple[str, ...]
    database: Mapping[str, Any]
    layer: layers.Layer
    queries: tuple[Query, ...]
    designed: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """Everything a bundle holds, before it is packed into files."""

    client: Client
    reports: tuple[BuiltReport, ...]
    setup: str
    startup_sql: str


_sound: WeakSet[Pulled] = WeakSet()
"""Models found sound: all that ``lint`` reads follows from what was pulled, so that one client stands for all."""


def build(client: Client, catalogue: Catalogue) -> Built:
    """Return what a client's bundle holds; raise ``Stop`` where the templates make a model that is not sound."""
    catalogue = catalogue.of(client.platform)
    reports = tuple(_report(client, report, catalogue) for report in client.reports)
    return Built(client, reports, setup(client, catalogue), startup_sql(client))


def _report(client: Client, report: ClientReport, catalogue: Catalogue) -> BuiltReport:
    if catalogue.reports[report.name].closed:
        client = replace(client, measures=(), tables=())
    pulled: Pulled = pull(client, report, catalogue)
    written = queries(client, report, pulled, catalogue)
    design = catalogue.reports[report.name].design
    if design is not None:
        stamped = stamp.database(client, report, design, pulled, written, catalogue)
        layer = stamp_pages.layer(client, report, design, catalogue)
        pages = tuple(page.name for page in report.pages)
        return BuiltReport(report.name, report.title, pages, stamped.database, layer, stamped.queries, designed=True)
    model = database(client, report, pulled, written, catalogue)
    if pulled not in _sound:
        lint(model, report, client)
        _sound.add(pulled)
    return BuiltReport(
        report.name,
        report.title,
        tuple(page.name for page in report.pages),
        model,
        layers.build(client, report, catalogue),
        tuple(written),
    )
