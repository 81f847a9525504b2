"""The rules over rows: what no single cell can be wrong about. Each rule is a function in ``RULES``.

A row with a bad value never comes here; ``Spec.dropped`` tells what stood in it, so that no rule misses it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from generator.problems import Cell, Problem
from generator.spec.headers import nearest
from generator.spec.records import EVERYONE, OFFICE
from generator.spec.rules_groups import (
    blame,
    divisions_are_own,
    intercompany_is_about_something,
    place,
    ranges_do_not_overlap,
    ranges_run_up,
    viewers_only,
)
from generator.spec.values import clip, is_code

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence

    from generator.spec.records import ClientRecord, ClientRow, Record, Spec

_Row = TypeVar("_Row", bound="Record")
_ClientRow = TypeVar("_ClientRow", bound="ClientRecord")

_START, _END = "https://bridge-online.cloud/", "/odata4"
_HEAD_OFFICE = 10_000_000  # division codes above it are mostly the pseudo-division HQ
_PRO_REFRESHES = 8
_MORNING = "06:00"
_LONGEST_CODE = 100
_MOST_COMPARED = 50_000  # pairs of codes, two seconds
PAGE_WIDTH, PAGE_HEIGHT = 1280, 720


def check(spec: Spec) -> tuple[Problem, ...]:
    """Return the problems of all rules."""
    return tuple(problem for rule in RULES for problem in rule(spec))


def _clients(spec: Spec) -> list[ClientRow]:
    """Return one row per code: a row that is there twice has one problem, not one per column."""
    return list({client.code.casefold(): client for client in reversed(spec.clients)}.values())[::-1]


def _owner(client: ClientRow, place: str) -> dict[str, str]:
    return {"other_nl": f"klant {client.code} ({place})", "other_en": f"client {client.code} ({place})"}


def _office(place: str) -> dict[str, str]:
    return {"other_nl": f"de geconsolideerde database ({place})", "other_en": f"the consolidated database ({place})"}


def _known_codes(spec: Spec) -> dict[str, str] | None:
    """Return code without case → code, also of clients with a slip; None where rows of clients could not be read."""
    left_out = [dropped for dropped in spec.dropped if dropped.sheet == "clients"]
    if not all(dropped.texts for dropped in left_out):
        return None
    codes = (*(dropped.texts.get("code", "") for dropped in left_out), *(client.code for client in spec.clients))
    return {code.casefold(): code for code in codes}


def _unknown_codes(spec: Spec, codes: Mapping[str, str]) -> set[str]:
    """Return the client columns that name no client, but for those that a row of clients with a slip may mean."""
    named = {row.client.casefold() for rows in _sheets_of_clients(spec) for row in rows}
    unknown = named - codes.keys() - {EVERYONE, OFFICE}
    if "" in codes and len(unknown) == 1:
        return set()  # the one client without a code
    bad = [code for code in codes if not is_code(code)]
    return {code for code in unknown if not _alike(code, bad)} if _few(unknown, bad) else unknown


def _few(codes: Collection[str], others: Collection[str]) -> bool:
    """Tell whether there is time to compare each of these with each of those."""
    return len(codes) * len(others) <= _MOST_COMPARED


def _alike(code: str, codes: Iterable[str]) -> list[str]:
    return get_close_matches(code[:_LONGEST_CODE], codes, n=1)


def _suggestions(unknown: Collection[str], codes: Mapping[str, str]) -> dict[str, str]:
    """Return unknown code → the known one most like it, or of very many the one beside it in the alphabet."""
    if _few(unknown, codes):
        return {code: nearest(code, codes.values()) for code in unknown}
    in_order = sorted(codes)
    last = len(in_order) - 1
    return {code: codes[in_order[min(bisect_left(in_order, code), last)]] for code in unknown}


def _sheets_of_clients(spec: Spec) -> tuple[Sequence[ClientRecord], ...]:
    rest = (spec.reports, spec.measures, spec.visuals, spec.tables, spec.mappings, spec.intercompany)
    return (spec.divisions, *rest, spec.texts, spec.access)


def _left_out(spec: Spec, sheet: str, key: str) -> list[str]:
    return [dropped.texts.get(key, "").casefold() for dropped in spec.dropped if dropped.sheet == sheet]


def _doubles(rows: Sequence[_Row], identity: Callable[[_Row], Hashable]) -> Iterator[tuple[_Row, _Row]]:
    """Return each row that repeats an earlier one, with that one."""
    first: dict[Hashable, _Row] = {}
    for row in rows:
        earlier = first.setdefault(identity(row), row)
        if earlier is not row:
            yield row, earlier


def codes_are_unique(spec: Spec) -> Iterator[Problem]:
    """Require a code of its own for each client, without regard to case."""
    for client, first in _doubles(spec.clients, lambda row: row.code.casefold()):
        cell = client.where("code")
        values = {"value": client.code, "first": place(first.where("code"), cell)}
        yield Problem("B023", cell, values, client.code)


def password_variables_are_unique(spec: Spec) -> Iterator[Problem]:
    """Require codes that give each client an environment variable for a password of its own."""
    for client, first in _doubles(_clients(spec), lambda row: _variable(row.code)):
        cell = client.where("code")
        values = {"value": client.code, "other": first.code, "first": place(first.where("code"), cell)}
        yield Problem("B080", cell, values | {"variable": _variable(client.code)}, client.code)


def _variable(code: str) -> str:
    return "BUNDEL_ODATA_PASSWORD__" + re.sub(r"[^A-Z0-9]", "_", code.upper())


def urls_are_unique(spec: Spec) -> Iterator[Problem]:
    """Require a database of its own for each client, apart from the consolidated one."""
    seen: dict[str, ClientRow] = {}
    for client in _clients(spec):
        cell = client.where("url")
        first = seen.setdefault(client.url, client)
        if first is not client:
            values = _owner(first, place(first.where("url"), cell))
        elif spec.office and client.url == spec.office.consolidated_url:
            values = _office(place(spec.office.where("consolidated_url"), cell))
        else:
            continue
        yield Problem("B021", cell, values, client.code)


def urls_differ_in_more_than_case(spec: Spec) -> Iterator[Problem]:
    """Expect no two URLs to differ in capitals only: a server may take them for one database."""
    seen: dict[str, ClientRow] = {}
    office = spec.office
    for client in _clients(spec):
        cell = client.where("url")
        first = seen.setdefault(client.url.casefold(), client)
        consolidated = (office.consolidated_url if office else None) or client.url
        if first.url != client.url:
            yield Problem("B068", cell, _owner(first, place(first.where("url"), cell)), client.code)
        elif office and client.url != consolidated and client.url.casefold() == consolidated.casefold():
            yield Problem("B068", cell, _office(place(office.where("consolidated_url"), cell)), client.code)


def urls_look_right(spec: Spec) -> Iterator[Problem]:
    """Expect a URL to be at Invantive Cloud and to end in ``/odata4``."""
    urls = [(client.where("url"), client.url, client.code) for client in _clients(spec)]
    if spec.office and spec.office.consolidated_url:
        urls.append((spec.office.where("consolidated_url"), spec.office.consolidated_url, OFFICE))
    for cell, url, code in urls:
        if not url.startswith(_START) or not url.endswith(_END) or len(url) <= len(_START + _END):
            yield Problem("B025", cell, {"value": clip(url)}, code)


def sign_ins_are_unique(spec: Spec) -> Iterator[Problem]:
    """Require that a pair of client ID and Exact user links one database (itgenscr590)."""
    office = spec.office
    seen: dict[tuple[str, str], tuple[Cell, ClientRow | None]] = {}
    if office and office.client_id and office.exact_user:
        seen[office.client_id.casefold(), office.exact_user.casefold()] = (office.where("client_id"), None)
    for client in _clients(spec):
        if not client.client_id or not client.exact_user:
            continue
        cell = client.where("client_id")
        pair = (client.client_id.casefold(), client.exact_user.casefold())
        first_cell, first = seen.setdefault(pair, (cell, client))
        if first is not client:
            where = place(first_cell, cell)
            yield Problem("B026", cell, _owner(first, where) if first else _office(where), client.code)


def workspaces_are_apart(spec: Spec) -> Iterator[Problem]:
    """Require a workspace of its own for each client, and another one for the office."""
    seen: dict[str, tuple[Cell, ClientRow | None]] = {}
    if spec.office:
        name = spec.office.workspace or f"{spec.office.name} kantoor"
        seen[name.casefold()] = (spec.office.where("workspace"), None)
    for client in _clients(spec):
        cell = client.where("workspace")
        name = client.workspace or f"{client.name} ({client.code})"
        first_cell, first = seen.setdefault(name.casefold(), (cell, client))
        if first is client:
            continue
        where = place(first_cell, cell)
        office = {"other_nl": f"het kantoor ({where})", "other_en": f"the office ({where})"}
        yield Problem("B028", cell, {"value": clip(name)} | (_owner(first, where) if first else office), client.code)


def there_are_clients(spec: Spec) -> Iterator[Problem]:
    """Require something to make."""
    if not spec.clients and _known_codes(spec) == {} and spec.office:
        yield Problem("B038", Cell(spec.office.cell.file))


def references_are_known(spec: Spec) -> Iterator[Problem]:
    """Require that a client column names a client, all clients, or an office with a consolidated URL."""
    codes = _known_codes(spec)
    unknown = _unknown_codes(spec, codes) if codes else set()
    meant = _suggestions(unknown, codes or {})
    no_office = spec.office is not None and spec.office.consolidated_url is None
    for rows in _sheets_of_clients(spec):
        for row in rows:
            cell = row.where("client")
            if rows is spec.divisions and row.client in {EVERYONE, OFFICE}:
                yield Problem("B037", cell, {"value": row.client})
            elif row.client == OFFICE and no_office:
                yield Problem("B036", cell, {}, OFFICE)
            elif row.client.casefold() in unknown:
                yield Problem("B029", cell, {"value": clip(row.client), "nearest": meant[row.client.casefold()]})


def clients_have_divisions(spec: Spec) -> Iterator[Problem]:
    """Require at least one division for each active client."""
    codes = _known_codes(spec)
    owners = {division.client.casefold() for division in spec.divisions} | set(_left_out(spec, "divisions", "client"))
    if codes is None or "" in owners:
        return
    # A division of a misspelled client is told already, and is the one that is missed here.
    strangers = owners - codes.keys() - {EVERYONE, OFFICE}
    if _few(strangers, codes):
        owners |= {match for owner in strangers for match in _alike(owner, codes)}
    for client in _clients(spec):
        if client.active is not False and client.code.casefold() not in owners:
            yield Problem("B030", client.where("code"), {"value": client.code}, client.code)


def divisions_have_one_owner(spec: Spec) -> Iterator[Problem]:
    """Require one owner for each division, inactive clients included."""
    for row, first in _doubles(spec.divisions, lambda row: row.code):
        cell = row.where("code")
        where = place(first.where("code"), cell)
        if row.client.casefold() == first.client.casefold():
            yield Problem("B032", cell, {"value": str(row.code), "first": where}, row.client)
        else:
            values = {"value": str(row.code), "other": first.client, "first": where}
            yield Problem("B031", cell, values, row.client)


def divisions_are_real(spec: Spec) -> Iterator[Problem]:
    """Expect no number above 10 million, which is mostly the pseudo-division of the head office."""
    for row in spec.divisions:
        if row.code > _HEAD_OFFICE:
            yield Problem("B034", row.where("code"), {"value": f"{row.code:,}".replace(",", ".")}, row.client)


def refreshes_fit(spec: Spec) -> Iterator[Problem]:
    """Expect refreshes to be few enough for a shared capacity, and not at night."""
    for client in spec.clients:
        if len(client.refresh) > _PRO_REFRESHES:
            yield Problem("B086", client.where("refresh"), {"value": str(len(client.refresh))}, client.code)
        early = [time for time in client.refresh if time < _MORNING]
        if early:
            yield Problem("B087", client.where("refresh"), {"value": ", ".join(early)}, client.code)


def visuals_fit(spec: Spec) -> Iterator[Problem]:
    """Require that a visual lies within its page."""
    for row in spec.visuals:
        if row.position is None:
            continue
        x, y, width, height = row.position
        if x < 0 or y < 0 or min(width, height) <= 0 or x + width > PAGE_WIDTH or y + height > PAGE_HEIGHT:
            values = {"value": ",".join(map(str, row.position))}
            yield Problem("B060", row.where("position"), values, blame(row.client))


def names_are_unique(spec: Spec) -> Iterator[Problem]:
    """Require each report, measure, table and person once per client; a row for all may be refined for one."""
    yield from _doubled("B070", spec.reports, "report", lambda row: row.report)
    yield from _doubled("B074", spec.measures, "name", lambda row: row.name)
    yield from _doubled("B077", spec.tables, "entity", lambda row: row.name or row.entity.rpartition(".")[2])
    yield from _doubled("B083", spec.access, "email", lambda row: row.email)


def _doubled(code: str, rows: Sequence[_ClientRow], key: str, name: Callable[[_ClientRow], str]) -> Iterator[Problem]:
    for row, first in _doubles(rows, lambda row: (row.client.casefold(), name(row).casefold())):
        cell = row.where(key)
        values = {"value": clip(name(row)), "client": row.client, "first": place(first.where(key), cell)}
        yield Problem(code, cell, values, blame(row.client))


RULES: tuple[Callable[[Spec], Iterable[Problem]], ...] = (
    there_are_clients,
    codes_are_unique,
    password_variables_are_unique,
    urls_are_unique,
    urls_differ_in_more_than_case,
    urls_look_right,
    sign_ins_are_unique,
    workspaces_are_apart,
    refreshes_fit,
    references_are_known,
    clients_have_divisions,
    divisions_have_one_owner,
    divisions_are_real,
    names_are_unique,
    visuals_fit,
    ranges_run_up,
    ranges_do_not_overlap,
    viewers_only,
    divisions_are_own,
    intercompany_is_about_something,
)
