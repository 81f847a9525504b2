"""From what was built to files in memory: path inside the bundle → bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.pack.pbip import pbip
from generator.pack.pbit import layer_files, pbit
from generator.pack.pq import pq
from generator.shared import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.build import Built, BuiltReport
    from generator.resolve.client import Client

STARTUP_SQL = "on-startup.sql"

FORMATS: tuple[Callable[[Client, BuiltReport, Mapping[str, bytes]], Mapping[str, bytes]], ...] = (
    lambda client, report, layer: {f"{client.code}-{report.name}.pbit": pbit(report, layer)},
    pbip,
    lambda _, report, __: pq(report),
)
"""Output formats; one more is one line more."""


def pack(built: Built) -> dict[str, Content]:
    """Return all files of a bundle but its manifest, each hashed once whoever asks."""
    files: dict[str, bytes] = {"setup.md": built.setup.encode(), STARTUP_SQL: (built.startup_sql + "\n").encode()}
    for report in built.reports:
        layer = layer_files(report)
        for make in FORMATS:
            files |= make(built.client, report, layer)
    return {path: data if isinstance(data, Content) else Content(data) for path, data in files.items()}
