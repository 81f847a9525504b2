"""The rules over rows that divide a client: accounts over report lines, divisions over people and companies."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from generator.problems import Problem
from generator.spec.records import EVERYONE, OFFICE
from generator.spec.values import clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from generator.problems import Cell
    from generator.spec.records import MappingRow, Spec

_LONGEST_NUMBER = 30  # digits; Python itself refuses to read more than 4,300


def ranges_run_up(spec: Spec) -> Iterator[Problem]:
    """Require that a range of accounts runs from low to high."""
    for row in spec.mappings:
        start, end = _bounds(row)
        if end < start:
            values = {"start": clip(row.start), "end": clip(row.end or "")}
            yield Problem("B071", row.where("end"), values, blame(row.client))


def ranges_do_not_overlap(spec: Spec) -> Iterator[Problem]:
    """Require one range per account and client; a client's own range goes before one for all clients."""
    per_client: dict[str, list[MappingRow]] = defaultdict(list)
    for row in spec.mappings:
        start, end = _bounds(row)
        if start <= end:
            per_client[row.client.casefold()].append(row)
    for rows in per_client.values():
        rows.sort(key=lambda row: (_bounds(row), row.cell))
        widest = rows[0]
        for row in rows[1:]:
            if _bounds(row)[0] <= _bounds(widest)[1]:
                yield _overlap(*sorted((widest, row), key=_reading_order))
            if _bounds(row)[1] > _bounds(widest)[1]:
                widest = row


def _overlap(first: MappingRow, later: MappingRow) -> Problem:
    cell = later.where("start")
    values = {"value": _range(later), "other": _range(first), "first": place(first.where("start"), cell)}
    return Problem("B072", cell, values | {"client": later.client}, blame(later.client))


def _reading_order(row: MappingRow) -> tuple[str, int]:
    return row.cell.file, int("".join(filter(str.isdigit, row.cell.address)))


def _range(row: MappingRow) -> str:
    return clip(f"{row.start}-{row.end}" if row.end and row.end != row.start else row.start)


def _bounds(row: MappingRow) -> tuple[tuple[int, str], tuple[int, str]]:
    """Return the ends of a range as keys that compare like account codes: numbers as numbers, before texts."""
    start, end = _account(row.start), _account(row.end or row.start)
    return start, end


def _account(code: str) -> tuple[int, str]:
    return (int(code), "") if code.isdecimal() else (1 << 62, code.casefold())


def viewers_only(spec: Spec) -> Iterator[Problem]:
    """Require the role Viewer with a limit to divisions: row-level security binds viewers only."""
    for row in spec.access:
        if row.divisions and row.role != "Viewer":
            values = {"value": clip(row.email), "role": row.role}
            yield Problem("B081", row.where("divisions"), values, blame(row.client))


def divisions_are_own(spec: Spec) -> Iterator[Problem]:
    """Require that rows of a client name divisions of that client only; the office may name all."""
    owners = _owners(spec)
    if owners is None:
        return
    clients = {row.code.casefold() for row in spec.clients}
    for access in spec.access:
        for code in access.divisions if access.role == "Viewer" else ():
            if not _may_name(clients, owners.get(code, set()), access.client):
                values = {"value": str(code), "client": access.client}
                yield Problem("B082", access.where("divisions"), values, blame(access.client))
    for row in spec.intercompany:
        if row.partner is not None and not _may_name(clients, owners.get(row.partner, set()), row.client):
            values = {"value": str(row.partner), "client": row.client}
            yield Problem("B085", row.where("partner"), values, blame(row.client))


def _owners(spec: Spec) -> dict[int, set[str]] | None:
    """Return division → its clients, also those of rows with a slip; None where some can't be told."""
    owners: dict[int, set[str]] = defaultdict(set)
    for row in spec.divisions:
        owners[row.code].add(row.client.casefold())
    for dropped in spec.dropped:
        if dropped.sheet == "divisions":
            code = dropped.texts.get("code", "")
            if not code.isdecimal() or len(code) > _LONGEST_NUMBER:
                return None
            owners[int(code)].add(dropped.texts.get("client", "").casefold())
    return owners


def _may_name(clients: AbstractSet[str], owners: AbstractSet[str], client: str) -> bool:
    """Tell whether a row of a client may name a division of these owners; one with a slip of its own counts as its."""
    if client == OFFICE:
        return bool(owners)
    unknown = client != EVERYONE and client.casefold() not in clients  # told already
    return unknown or client.casefold() in owners or bool(owners - clients)


def intercompany_is_about_something(spec: Spec) -> Iterator[Problem]:
    """Require that a row names a relation or an account."""
    for row in spec.intercompany:
        if row.relation is None and row.account is None:
            yield Problem("B084", row.cell, {}, blame(row.client))


def blame(client: str) -> str:
    """Return the client that a problem belongs to; a row for all clients belongs to none."""
    return "" if client == EVERYONE else client


def place(cell: Cell, beside: Cell) -> str:
    """Return where a cell is, seen from a problem at another cell."""
    return str(cell) if cell.file == beside.file else f"{cell.file}:{cell}"
