"""A report's queries as Power Query files: one M expression each, and all together as a section document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.build.m import identifier
from generator.names import file_names

if TYPE_CHECKING:
    from generator.build import BuiltReport


def pq(report: BuiltReport) -> dict[str, bytes]:
    """Return the query files: a file per query to paste into the advanced editor, and one section document."""
    names = file_names(query.name for query in report.queries)
    files = {
        f"queries/{report.name}/{names[query.name]}.pq": (query.expression.rstrip("\n") + "\n").encode()
        for query in report.queries
    }
    members = (f"shared {identifier(query.name)} =\n{query.expression.rstrip()}\n;\n" for query in report.queries)
    return files | {f"queries/{report.name}.pq": ("section Section1;\n\n" + "\n".join(members)).encode()}
