"""Fabric's half: workspaces, items, definitions, connections. Each function is one call, or one and its wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from generator.problems import Problem, Stop
from generator.publish.service import UNSURE, guid

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.publish.service import Service

T = TypeVar("T")

MODEL, REPORT = "SemanticModel", "Report"
_FOLDERS = {MODEL: "semanticModels", REPORT: "reports"}
_CONFLICT = 409
_RESERVED = "ItemDisplayNameNotAvailableYet"  # the name of an item that was removed a moment ago
SEEN_WITHIN = 60.0  # seconds in which what was made shows up in a list
_ASKED_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as the list of all of them names it."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """An item of a workspace; ``kind`` is ``SemanticModel``, ``Report`` or another."""

    id: str
    kind: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a model reads, as the service sees it, and the connection that it reads it through, if any."""

    kind: str
    path: str
    connection_id: str = ""


def workspaces(service: Service) -> list[Workspace]:
    """Return every workspace that whoever signed in may see."""
    return [
        Workspace(known, _text(entry, "displayName"), _text(entry, "description"))
        for entry in service.pages("/v1/workspaces")
        if (known := guid(entry))
    ]


def descriptions(service: Service) -> dict[str, str]:
    """Return the descriptions of all workspaces by id; the list is asked for once in a run."""
    with service.lock:
        if service.marked is None:
            service.marked = {each.id: each.description for each in workspaces(service)}
        return service.marked


def create_workspace(service: Service, name: str, description: str) -> Workspace:
    """Make a workspace; where it is not known whether that was done, look before doing it again."""
    body = {"displayName": name, "description": description}
    for _ in range(_ASKED_AGAIN):
        reply = service.call("POST", "/v1/workspaces", body, accept={_CONFLICT, UNSURE})
        document = reply.document()
        if reply.ok and (made := guid(document)):
            return Workspace(made, name, description)
        seconds = 0.0 if reply.status == _CONFLICT else SEEN_WITHIN / 4
        # A name that is taken by what we may not see, or by another's, is no place to publish in.
        found = looked_for(service, seconds, lambda: [each for each in workspaces(service) if each.name == name])
        for each in found:
            if each.description == description:
                return each
        if reply.status == _CONFLICT:
            raise Stop([Problem("B326", None, {"workspace": name})])
    raise service.failure(reply, "POST workspaces")


def things(service: Service, workspace: str, *, fresh: bool = False) -> list[Thing]:
    """Return the items of a workspace."""
    first = f"/v1/workspaces/{workspace}/items"
    return [
        Thing(known, _text(entry, "type"), _text(entry, "displayName"), _text(entry, "description"))
        for entry in service.pages(first, fresh=fresh)
        if (known := guid(entry))
    ]


def create(
    service: Service, workspace: str, thing: Thing, definition: dict[str, Any], remember: Callable[[str], None]
) -> tuple[str, bool]:
    """Make an item with a definition, and return its id and whether the definition is surely in it.

    ``thing`` has no id yet; its description is the mark by which it is known again after a call of which it is not
    known whether it was carried out.
    """
    path = f"/v1/workspaces/{workspace}/{_FOLDERS[thing.kind]}"
    body = {"displayName": thing.name, "description": thing.description, "definition": definition}
    for _ in range(_ASKED_AGAIN):
        reply = service.call("POST", path, body, accept={_CONFLICT, 400, UNSURE}, fresh=True)
        if reply.ok:
            made = guid(service.finish(reply, remember))
            if made:
                return made, True
        elif reply.status == 400:  # noqa: PLR2004  a bad request
            if not _is_reserved(reply.document()):
                raise service.failure(reply, f"POST {_FOLDERS[thing.kind]}")
            service.web.clock.sleep(SEEN_WITHIN / 2)
            continue
        found = looked_for(
            service, SEEN_WITHIN / (1 if reply.status == _CONFLICT else 4), lambda: same(service, workspace, thing)
        )
        if found:
            return found[0].id, False
        if reply.status == _CONFLICT:
            raise Stop([Problem("B325", None, {"name": thing.name, "kind": thing.kind})])
    raise service.failure(reply, f"POST {_FOLDERS[thing.kind]}")


def settle(service: Service, address: str) -> None:
    """Wait for the end of an operation that an earlier run began; how it ended shows in what there is."""
    clock = service.web.clock
    until = clock.now() + service.operation_seconds
    while clock.now() < until:
        reply = service.call("GET", address, polling=True, accept={400, 404})
        document = reply.document()
        if not isinstance(document, dict) or document.get("status") not in ("NotStarted", "Running", "Undefined"):
            return
        clock.sleep(3)


def update(service: Service, workspace: str, thing: Thing, definition: dict[str, Any], *, fresh: bool) -> None:
    """Replace all parts of an item; it keeps its id, and with it its address, permissions and schedule."""
    path = f"/v1/workspaces/{workspace}/{_FOLDERS[thing.kind]}/{thing.id}"
    reply = service.call("POST", f"{path}/updateDefinition", {"definition": definition}, repeatable=True, fresh=fresh)
    service.finish(reply)


def rename(service: Service, workspace: str, thing: Thing) -> None:
    """Give an item another name."""
    path = f"/v1/workspaces/{workspace}/{_FOLDERS[thing.kind]}/{thing.id}"
    service.call("PATCH", path, {"displayName": thing.name}, repeatable=True)


def remove(service: Service, workspace: str, kind: str, item: str) -> None:
    """Remove an item; that it is gone already is as good."""
    service.call("DELETE", f"/v1/workspaces/{workspace}/{_FOLDERS[kind]}/{item}", accept={404}, repeatable=True)


def definition(service: Service, workspace: str, kind: str, item: str) -> list[dict[str, Any]]:
    """Return the parts of an item as they are in the service."""
    path = f"/v1/workspaces/{workspace}/{_FOLDERS[kind]}/{item}/getDefinition"
    document = service.finish(service.call("POST", path, repeatable=True))
    parts = document.get("definition", {}).get("parts") if isinstance(document, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def sources(service: Service, workspace: str, model: str, *, fresh: bool = False) -> list[Source]:
    """Return what a model reads; a model that was just made may need a moment to know."""
    path = f"/v1/workspaces/{workspace}/items/{model}/connections"
    return [
        Source(
            _text(entry.get("connectionDetails"), "type"),
            _text(entry.get("connectionDetails"), "path"),
            guid(entry),
        )
        for entry in service.pages(path, fresh=fresh)
    ]


def connections(service: Service) -> list[dict[str, Any]]:
    """Return every connection that whoever signed in may see."""
    return list(service.pages("/v1/connections"))


def remove_connection(service: Service, connection: str) -> None:
    """Remove a connection; that it is gone already is as good."""
    service.call("DELETE", f"/v1/connections/{connection}", accept={404}, repeatable=True)


def same(service: Service, workspace: str, thing: Thing) -> list[Thing]:
    """Return the items that are the one that was to be made: of its kind and name, and with its mark."""
    wanted = (thing.kind, thing.name, thing.description)
    return [each for each in things(service, workspace) if (each.kind, each.name, each.description) == wanted]


def looked_for(service: Service, seconds: float, look: Callable[[], list[T]]) -> list[T]:
    """Look until something is there, for so many seconds, once at least."""
    clock = service.web.clock
    until = clock.now() + seconds
    while True:
        found = look()
        if found or clock.now() >= until:
            return found
        clock.sleep(5)


def _is_reserved(document: Any) -> bool:  # noqa: ANN401  whatever JSON holds
    return isinstance(document, dict) and document.get("errorCode") == _RESERVED


def _text(entry: Any, key: str) -> str:  # noqa: ANN401  whatever JSON holds
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
