"""What the office's report eliminates: what the rows of *Onderling* say of the divisions that it consolidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.problems import Problem
from generator.resolve.client import Elimination
from generator.spec.records import OFFICE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from generator.resolve.client import Client
    from generator.spec.records import DivisionRow, IntercompanyRow, Spec

_HALF = 0.5


def eliminations(
    clients: Sequence[Client],
    rows_of: Callable[[str], Sequence[IntercompanyRow]],
    consolidated: Collection[int],
    anyone: int,
    digits: int,
) -> tuple[tuple[Elimination, ...], tuple[Problem, ...]]:
    """Return what is eliminated between divisions of one client, and rows that eliminate nothing with the reason.

    ``rows_of`` gives the rows of a client with those for all; ``anyone`` is the partner of a row that names none.
    """
    found: list[Elimination] = []
    problems = [Problem("B148", row.cell, {}, OFFICE) for row in rows_of(OFFICE)]
    for client in clients:
        own = [division.code for division in client.divisions if division.code in consolidated]
        whole = len(own) == len(client.divisions)
        for row in rows_of(client.code) if len(own) > 1 else ():
            if row.partner is None and not whole:
                problems.append(Problem("B149", row.cell, {"client": client.code}, OFFICE))
            elif row.partner is None or row.partner in own:
                found += _of_row(row, own, anyone, digits)
    return tuple(found), tuple(problems)


def _of_row(row: IntercompanyRow, divisions: Sequence[int], anyone: int, digits: int) -> Iterator[Elimination]:
    """Yield what a row says of each division; a division has no entries with itself."""
    relation = row.relation.strip().upper() if row.relation else None
    account = row.account.strip().upper().zfill(digits) if row.account else None
    for division in divisions:
        if division != row.partner:
            yield Elimination(division, relation, account, anyone if row.partner is None else row.partner)


def minorities(
    clients: Sequence[Client], rows: Sequence[DivisionRow], consolidated: Collection[int]
) -> Iterator[Problem]:
    """Yield divisions that a client does not control by its share, and that are consolidated in full all the same."""
    groups = {division.code for client in clients if len(client.divisions) > 1 for division in client.divisions}
    for row in rows:
        if row.code in groups and row.code in consolidated and row.ownership is not None and row.ownership <= _HALF:
            values = {"division": str(row.code), "share": f"{100 * row.ownership:.4g}"}
            yield Problem("B170", row.where("ownership"), values, OFFICE)


def empty(spec: Spec) -> Iterator[Problem]:
    """Yield that nothing is consolidated; not where that may be for a client or division that is told of already."""
    clients = {row.code.casefold() for row in spec.clients}
    dropped = any(row.sheet in {"clients", "divisions"} for row in spec.dropped)
    known = spec.divisions and all(row.client.casefold() in clients for row in spec.divisions)
    if spec.office and known and not dropped:
        yield Problem("B035", spec.office.where("consolidated_url"), {}, OFFICE)
