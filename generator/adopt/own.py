"""Which queries of a file are Bundel's own: made by it for the designing client, and not changed since.

Such a query is not copied into the template but made anew for each client, with that client's divisions, account
mapping and texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.adopt.syntax import read
from generator.build import build
from generator.resolve import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

CHECK_SOURCE = "BronAdministraties"
RENEWED = frozenset({"Administratiecontrole", CHECK_SOURCE, "Toegang"})
"""What guards a client's figures is always made anew, whatever a file holds under these names."""


def recognised(queries: Mapping[str, str], client: Client | None, catalogue: Catalogue) -> frozenset[str]:
    """Return the queries that are word for word those that Bundel makes for a client, remarks aside."""
    if client is None:
        return frozenset()
    made = {
        (query.name, _words(query.expression))
        for report in build(client, catalogue).reports
        if catalogue.of(client.platform).reports[report.name].design is None
        for query in report.queries
        if query.name != PARAMETER and query.name in queries
    }
    wished = {name for table in client.tables for name in (table.name, f"Bron{table.name}")}
    return frozenset(n for n, source in queries.items() if n not in wished and (n, _words(source)) in made)


def _words(source: str) -> tuple[str, ...]:
    query = read(source)
    return () if isinstance(query, int) else tuple(token.text for token in query.tokens)
