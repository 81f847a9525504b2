"""``published.json``: what was published of a bundle and how far a run came, written whole after every step."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from generator.disk import PUBLISHED, is_file, patiently, refuse_links, told
from generator.lock import STAGING
from generator.problems import Cell, Problem, Stop
from generator.publish.service import GUID

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = 1
_IDS = ("model_id", "report_id", "connection_id", "old_connection_id")


@dataclass(frozen=True, slots=True)
class Item:
    """A published report and its model. Empty means: not yet, or not known for certain.

    ``url`` is what the model reads, ``connection_url`` what its connection is to, ``connecting`` what one is being
    made to; ``model_hash`` leaves the URL out, so that a new one alone makes no new model.
    ``bound`` is the URL that the model has credentials for. ``refresh`` is what the last good refresh was for, and
    ``baseline`` the newest refresh before the one that is asked for. ``old_url`` and ``old_connection_id`` stand
    there while the model moves from one URL to another. ``operation`` is the address of one that may still run, and
    ``seen`` a hash of what stood in the service when it was first looked at, after a hash of what was published.
    """

    report: str
    title: str = ""
    model_id: str = ""
    report_id: str = ""
    url: str = ""
    spec_hash: str = ""
    model_hash: str = ""
    report_hash: str = ""
    operation: str = ""
    connection_id: str = ""
    connection_url: str = ""
    connecting: str = ""
    bound: str = ""
    refresh: str = ""
    refreshed: str = ""
    asked: bool = False
    baseline: str = ""
    schedule: str = ""
    old_url: str = ""
    old_connection_id: str = ""
    seen: str = ""


_FIELDS = {each.name: bool if each.type == "bool" else str for each in fields(Item)}


@dataclass(frozen=True, slots=True)
class Published:
    """What is on record of a client: its workspace, the people given access, and its items by report."""

    client: str
    workspace_id: str = ""
    workspace: str = ""
    people: tuple[str, ...] = ()
    items: tuple[Item, ...] = field(default_factory=tuple)

    def item(self, report: str) -> Item:
        """Return the item of a report; a new one where there is none."""
        return next((item for item in self.items if item.report == report), Item(report))


class Record:
    """A client's ``published.json`` and what it holds; each change is on disk before the next call is made."""

    def __init__(self, out: Path, code: str) -> None:
        """Read what is there; raise ``Stop`` where it is not this client's, or not to be read."""
        self._out, self._code = out, code
        self._lock = threading.Lock()
        self.value = load(out, code)

    def item(self, report: str) -> Item:
        """Return the item of a report."""
        return self.value.item(report)

    def set(self, **changes: Any) -> None:  # noqa: ANN401  the fields of ``Published``
        """Change what is on record of the client."""
        self._write(replace(self.value, **changes))

    def set_item(self, report: str, **changes: Any) -> None:  # noqa: ANN401  the fields of ``Item``
        """Change what is on record of a report."""
        changed = replace(self.value.item(report), **changes)
        others = tuple(item for item in self.value.items if item.report != report)
        self._write(replace(self.value, items=tuple(sorted((*others, changed), key=lambda item: item.report))))

    def amend(self, value: Published) -> None:
        """Take over what was found in the service; it is on disk with the next change."""
        self.value = value

    def settle(self) -> None:
        """Write what was found in the service, where it is not what was on disk."""
        if self.value != load(self._out, self._code):
            self._write(self.value)

    def forget(self, report: str) -> None:
        """Take a report off the record."""
        self._write(replace(self.value, items=tuple(item for item in self.value.items if item.report != report)))

    def _write(self, value: Published) -> None:
        self.value = value
        path = f"{self._code}/{PUBLISHED}"
        draft = f"{STAGING}/{PUBLISHED}.{self._code}"
        with told(self._code):
            refuse_links(os.fspath(self._out), self._code, [path, draft])
            target = self._out / draft
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._out / self._code).mkdir(exist_ok=True)
            with target.open("wb") as file:
                file.write(_bytes(value))
                file.flush()
                os.fsync(file.fileno())
            patiently(lambda: target.replace(self._out / path))


def load(out: Path, code: str) -> Published:
    """Return what is on record of a client; nothing where there is no file.

    Raises ``Stop`` with B320 where the file is damaged, and with B321 where it is another client's.
    """
    path = out / code / PUBLISHED
    refuse_links(os.fspath(out), code, [f"{code}/{PUBLISHED}"])
    if not is_file(os.fspath(path)):
        return Published(code)
    with told(code):
        data = path.read_bytes()
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        document = json.loads(data)
        if isinstance(document["client"], str) and document["client"].casefold() != code.casefold():
            raise Stop([Problem("B321", Cell(f"{code}/{PUBLISHED}"), {"path": f"{code}/{PUBLISHED}"}, code)])
        return _published(document, code)
    raise Stop([Problem("B320", Cell(f"{code}/{PUBLISHED}"), {"path": f"{code}/{PUBLISHED}"}, code)])


def _published(document: dict[str, Any], code: str) -> Published:
    """Return a document as a record; raise ``ValueError`` on anything that no run has written."""
    if document["version"] != _VERSION or not isinstance(document["items"], list):
        raise ValueError(code)
    people = document["people"]
    if not isinstance(people, list) or not all(isinstance(person, str) for person in people):
        raise ValueError(code)
    workspace = document["workspace"]
    items = tuple(_item(entry) for entry in document["items"])
    if len({item.report for item in items}) < len(items):
        raise ValueError(code)
    return Published(code, _id(workspace["id"]), str(workspace["name"]), tuple(people), items)


def _item(entry: dict[str, Any]) -> Item:
    values = {name: value for name, value in entry.items() if name in _FIELDS}
    if any(not isinstance(value, _FIELDS[name]) for name, value in values.items()):
        raise ValueError(entry)
    for name in _IDS:
        _id(values.get(name, ""))
    return Item(**values)


def _id(value: Any) -> str:  # noqa: ANN401  whatever stands in the file
    """Return an id; raise ``ValueError`` where it is none, and so would lead a call elsewhere."""
    if not isinstance(value, str) or (value and not GUID.fullmatch(value)):
        raise ValueError(value)
    return value


def _bytes(value: Published) -> bytes:
    document = {
        "version": _VERSION,
        "client": value.client,
        "workspace": {"id": value.workspace_id, "name": value.workspace},
        "people": list(value.people),
        "items": [{name: getattr(item, name) for name in _FIELDS} for item in value.items],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
