"""What is asked of one client's database, worked out from the client's own queries: no second list of tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.build.reads import reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.build.reads import Read
    from generator.catalogue import Catalogue
    from generator.resolve.client import Client


@dataclass(frozen=True, slots=True)
class Need:
    """An entity set without its alias, and what all queries of a client together ask of it.

    ``columns`` maps a name to a kind in the words of ``tables.toml``; without an ``optional`` one a refresh succeeds.
    ``checks`` tells that a query reads the set without a filter on divisions, to see one that does not belong;
    ``absent`` that reports do without the whole set.
    """

    entity_set: str
    columns: Mapping[str, str]
    optional: frozenset[str]
    queries: tuple[str, ...]
    division: str
    checks: bool
    absent: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What one database is asked. ``rights`` is the set and column of the divisions that the Exact user may see."""

    client: str
    url: str
    alias: str
    divisions: tuple[int, ...]
    needs: tuple[Need, ...]
    rights: tuple[str, str] | None
    newest: tuple[str, ...]
    sandbox: bool = False

    def named(self, entity_set: str) -> str:
        """Return an entity set's name in this database."""
        return f"{entity_set}@{self.alias}"


def question(client: Client, catalogue: Catalogue, sandbox_url: str = "") -> Question:
    """Return what to ask of a client's database, or of the sandbox that stands in for it."""
    catalogue = catalogue.of(client.platform)
    needs: dict[str, Need] = {}
    for read in reads(client, catalogue):
        known = needs.get(read.entity_set)
        needs[read.entity_set] = _joined(known, read) if known else _joined(_nothing(read), read)
    known = catalogue.platform.get("probe", {})
    rights = known.get("rights")
    return Question(
        client.code,
        sandbox_url or client.url,
        client.alias,
        tuple(division.code for division in client.divisions),
        tuple(needs.values()),
        (str(rights["entity"]), str(rights["column"])) if rights else None,
        tuple(map(str, known.get("newest", ()))),
        sandbox=bool(sandbox_url),
    )


def _nothing(read: Read) -> Need:
    return Need(read.entity_set, {}, frozenset(read.columns), (), read.division, checks=False, absent=True)


def _joined(need: Need, read: Read) -> Need:
    """Return a need with one more query: what is optional to both, or unknown to the other, stays optional."""
    required = {*(need.columns.keys() - need.optional), *read.required}
    columns = {**need.columns, **read.columns}
    queries = need.queries if read.query in need.queries else (*need.queries, read.query)
    return replace(
        need,
        columns=columns,
        optional=frozenset(columns.keys() - required),
        queries=queries,
        checks=need.checks or read.checks,
        absent=need.absent and read.absent,
    )
