"""No mixing: a workspace that holds anything of another client, or is looked at by another's people, gets nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from generator.publish.fabric import Thing, Workspace
    from generator.publish.powerbi import Person
    from generator.publish.state import Published
    from generator.resolve.client import Client

_MARK = re.compile(r"(?<![\w:])bundel:(?P<code>[\w-]+)", re.ASCII)
_VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Directory:
    """All clients of the office, by what may be met in a workspace.

    ``listed`` maps an e-mail address to the clients that list it, ``viewers`` to those that list it as a viewer;
    ``ids`` maps an id on record to its client, ``files`` the name of a template file, both in lower case.
    """

    codes: frozenset[str]
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    viewers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def directory(clients: Iterable[Client], published: Iterable[Published]) -> Directory:
    """Return the directory of all clients of the workbooks, and of all that is on record."""
    every = tuple(clients)
    listed: defaultdict[str, set[str]] = defaultdict(set)
    viewers: defaultdict[str, set[str]] = defaultdict(set)
    for client in every:
        for person in client.access:
            listed[person.email.casefold()].add(client.code.casefold())
            if person.role.casefold() == _VIEWER:
                viewers[person.email.casefold()].add(client.code.casefold())
    records = tuple(published)
    ids = {
        known.casefold(): record.client.casefold()
        for record in records
        for item in record.items
        for known in (record.workspace_id, item.model_id, item.report_id, item.connection_id)
        if known
    }
    return Directory(
        frozenset(client.code.casefold() for client in every) | {record.client.casefold() for record in records},
        {email: frozenset(codes) for email, codes in listed.items()},
        {email: frozenset(codes) for email, codes in viewers.items()},
        ids,
        {
            f"{client.code}-{report.name}".casefold(): client.code.casefold()
            for client in every
            for report in client.reports
        },
    )


def strangers(
    code: str, workspace: Workspace, things: Iterable[Thing], people: Iterable[Person], known: Directory
) -> tuple[Problem, ...]:
    """Return what in a workspace belongs to another client: its own mark, an item, a viewer."""
    own = code.casefold()
    problems = [
        Problem("B322", None, {"workspace": workspace.name, "what": what, "other": other}, code)
        for what, other in (*_marked(own, workspace, known), *_items(own, things, known))
    ]
    for person in people:
        email = person.email.casefold()
        others = known.listed.get(email, frozenset()) - {own}
        looks = person.role.casefold() == _VIEWER or known.viewers.get(email, frozenset()) - {own}
        if others and looks and own not in known.listed.get(email, ()):
            values = {"workspace": workspace.name, "person": person.email, "other": ", ".join(sorted(others))}
            problems.append(Problem("B324", None, values, code))
    return tuple(problems)


def _marked(own: str, workspace: Workspace, known: Directory) -> Iterator[tuple[str, str]]:
    marked = _MARK.search(workspace.description)
    if marked and marked["code"].casefold() != own:
        yield workspace.name, marked["code"]
    elif (owner := known.ids.get(workspace.id.casefold(), own)) != own:
        yield workspace.name, owner


def _items(own: str, things: Iterable[Thing], known: Directory) -> Iterator[tuple[str, str]]:
    for thing in things:
        marked = _MARK.search(thing.description)
        owner = marked["code"].casefold() if marked else known.ids.get(thing.id.casefold())
        owner = owner or known.files.get(thing.name.casefold(), own)
        if owner != own:
            yield thing.name, owner
