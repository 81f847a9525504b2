"""Credentials of a model's database: a connection of the client's own, or the classic way, by the model's owner.

A connection can't be given another URL, so a new URL has a new connection, and the old one goes when nothing needs it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from generator.credentials import required
from generator.problems import Problem, Stop
from generator.publish import fabric, powerbi
from generator.publish.definition import connection_name
from generator.publish.job import CLASSIC
from generator.publish.service import UNSURE, guid

if TYPE_CHECKING:
    from collections.abc import Collection

    from generator.credentials import Credentials
    from generator.publish.fabric import Source
    from generator.publish.job import Job
    from generator.publish.service import Service

_SHAREABLE = "ShareableCloud"
_SOURCE_IDS = ("gatewayId", "datasourceId")
_TEXT = "Text"
_BASIC, _ENCRYPTED = "Basic", "Encrypted"
_PRIVACY = "Organizational"
_CONFLICT, _NOT_FOUND, _BAD = 409, 404, 400
_KNOWN_WITHIN = 60.0  # seconds in which a model that was just made or changed knows what it reads


def is_bound(job: Job, report: str) -> bool:
    """Tell whether a model has credentials for the client's URL."""
    return job.item(report).bound == job.client.url


def connect(job: Job, report: str) -> None:
    """Give a model credentials for the client's URL, and make sure that this is what it reads, and all it reads."""
    if job.settings.way == CLASSIC:
        _classic(job, report)
    else:
        connection = ensure(job, report)
        bind(job, report, connection, source(job, report, job.client.url))
    job.record.set_item(report, bound=job.client.url)


def ensure(job: Job, report: str) -> str:
    """Return the connection to the client's URL: that of another report of the client, its own, or a new one.

    One to another URL is kept on record as the old one, until ``tidy``.
    """
    url, item = job.client.url, job.item(report)
    shared = [
        each for each in job.record.value.items if each.report != report and each.connection_url == each.bound == url
    ]
    own = item.connection_id if item.connection_url == url else ""
    connection = shared[0].connection_id if shared else _supplied(job, own) or _created(job, report)
    old = item.old_connection_id
    if item.connection_id not in ("", connection) and old in ("", connection):
        old = item.connection_id
    known = {"connection_id": connection, "connection_url": url, "old_connection_id": old}
    job.record.set_item(report, connecting="", **known)
    return connection


def bind(job: Job, report: str, connection: str, found: Source, *, accept: Collection[int] = ()) -> bool:
    """Let a model read through a connection; type and path are to be the service's own, to the letter.

    Return whether that went well, where it may end in a status to ``accept``.
    """
    if found.connection_id == connection:
        return True
    details = {"type": found.kind, "path": found.path}
    binding = {"id": connection, "connectivityType": _SHAREABLE, "connectionDetails": details}
    path = f"/v1/workspaces/{job.workspace}/semanticModels/{job.item(report).model_id}/bindConnection"
    return job.dataset(report).owned("POST", path, {"connectionBinding": binding}, accept=accept).ok


def source(job: Job, report: str, *urls: str) -> Source:
    """Return the one thing that a model reads; raise ``Stop`` where it is not one of these URLs, or not all."""
    clock, model = job.service.web.clock, job.item(report).model_id
    until = clock.now() + _KNOWN_WITHIN
    while True:
        found = fabric.sources(job.service, job.workspace, model, fresh=model in job.made)
        if len(found) == 1 and any(same(found[0].path, url) for url in urls):
            return found[0]
        if len(found) > 1 or clock.now() >= until:
            paths = ", ".join(job.service.words(each.path) for each in found) or "-"
            raise Stop([Problem("B327", None, {"found": paths, "expected": urls[0]}, job.client.code)])
        clock.sleep(5)


def same(path: str, url: str) -> bool:
    """Tell whether a path as the service writes it is a URL of the workbook; a ``/`` at the end is no difference."""
    return path.rstrip("/") == url.rstrip("/")


def tidy(job: Job, report: str) -> None:
    """Leave the URL from before: remove the connection to it, once no report of the client reads through it."""
    old = job.item(report).old_connection_id
    others = {item.connection_id for item in job.record.value.items}
    waiting = {item.old_connection_id for item in job.record.value.items if item.report != report}
    if old and old not in others | waiting and is_ours(job.service, job.client.code, old):
        fabric.remove_connection(job.service, old)
    job.record.set_item(report, old_connection_id="", old_url="")


def is_ours(service: Service, code: str, connection: str) -> bool:
    """Tell whether a connection is there and bears the name of this client's; the list is asked for once in a run."""
    with service.lock:
        if not service.named:
            service.named = {guid(each): str(each.get("displayName")) for each in fabric.connections(service)}
    return service.named.get(connection, "").startswith(connection_name(code, "")[:-10])


def form(service: Service) -> tuple[str, str, str]:
    """Return how the service names a connection to OData: type, way to make it, and parameter for the URL.

    Read from the service and never guessed; raises ``Stop`` with B329 where it knows no such connection.
    """
    with service.lock:
        if "odata" not in service.known:
            listed = service.pages("/v1/connections/supportedConnectionTypes")
            ways = (_method(entry) for entry in listed if str(entry.get("type", "")).casefold() == "odata")
            found = next((way for way in ways if way), None)
            if found is None:
                raise Stop([Problem("B329")])
            service.known["odata"] = found
        return service.known["odata"]


def _credentials(job: Job) -> Credentials:
    found = required(job.client.code, job.client.url, job.settings.environ)
    job.service.secrets.add(found.password)
    return found


def _details(job: Job) -> dict[str, Any]:
    found = _credentials(job)
    return {
        "singleSignOnType": "None",
        "connectionEncryption": _ENCRYPTED,
        "skipTestConnection": False,
        "credentials": {"credentialType": _BASIC, "username": found.user, "password": found.password},
    }


def _supplied(job: Job, connection: str) -> str:
    """Give a connection of ours the credentials of today, and return it; nothing where it is no longer there."""
    if not connection:
        return ""
    body = {"connectivityType": _SHAREABLE, "credentialDetails": _details(job)}
    reply = job.service.call("PATCH", f"/v1/connections/{connection}", body, accept={_NOT_FOUND}, repeatable=True)
    return connection if reply.ok else ""


def _created(job: Job, report: str) -> str:
    """Make the connection to the client's URL, or find it where an earlier try has made it.

    That it is being made is put on record first: a run that was killed then may have made it without knowing.
    """
    url, name = job.client.url, connection_name(job.client.code, job.client.url)
    if job.item(report).connecting == url and (made := _made(job, name, fabric.SEEN_WITHIN / 4)):
        return made
    kind, method, parameter = form(job.service)
    body = {
        "connectivityType": _SHAREABLE,
        "displayName": name,
        "connectionDetails": {
            "type": kind,
            "creationMethod": method,
            "parameters": [{"dataType": _TEXT, "name": parameter, "value": url}],
        },
        "privacyLevel": _PRIVACY,
        "credentialDetails": _details(job),
    }
    job.record.set_item(report, connecting=url)
    for _ in range(3):
        reply = job.service.call("POST", "/v1/connections", body, accept={_CONFLICT, UNSURE})
        if reply.ok and (made := guid(reply.document())):
            return made
        if made := _made(job, name, fabric.SEEN_WITHIN / (1 if reply.status == _CONFLICT else 4)):
            return made
        if reply.status == _CONFLICT:
            raise Stop([Problem("B328", None, {"name": name}, job.client.code)])
    raise job.service.failure(reply, "POST connections")


def _made(job: Job, name: str, seconds: float) -> str:
    """Return the connection of this name to the client's URL, given the credentials of today; nothing if none shows."""
    found = fabric.looked_for(job.service, seconds, lambda: _named(job.service, name))
    details = found[0].get("connectionDetails") if found else None
    fits = isinstance(details, dict) and same(str(details.get("path", "")), job.client.url)
    return _supplied(job, guid(found[0])) if fits else ""


def _named(service: Service, name: str) -> list[dict[str, Any]]:
    return [each for each in fabric.connections(service) if each.get("displayName") == name and guid(each)]


def _method(entry: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return a way to make a connection that asks for nothing but one text, if basic credentials go with it."""
    if _BASIC not in _list(entry, "supportedCredentialTypes"):
        return None
    if _ENCRYPTED not in _list(entry, "supportedConnectionEncryptionTypes"):
        return None
    for method in _list(entry, "creationMethods"):
        asked = [each for each in _list(method, "parameters") if not isinstance(each, dict) or each.get("required")]
        if len(asked) == 1 and isinstance(asked[0], dict) and asked[0].get("dataType") == _TEXT:
            return str(entry["type"]), str(method.get("name")), str(asked[0].get("name"))
    return None


def _list(entry: Any, key: str) -> list[Any]:  # noqa: ANN401  whatever JSON holds
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, list) else []


def _classic(job: Job, report: str) -> None:
    """Give the model's owner credentials for the URL; they are the owner's, for every model of theirs that reads it."""
    found = _one_source(job, report)
    credentials = _credentials(job)
    data = {"credentialData": [{"name": "username", "value": credentials.user}]}
    data["credentialData"].append({"name": "password", "value": credentials.password})
    details = {
        "credentialType": _BASIC,
        "credentials": json.dumps(data),
        "encryptedConnection": _ENCRYPTED,
        "encryptionAlgorithm": "None",  # what a source in the cloud takes
        "privacyLevel": _PRIVACY,
    }
    dataset = job.dataset(report)
    if not _given(job, found, details, accept=not dataset.taken):
        dataset.take_over()
        _given(job, _one_source(job, report), details, accept=False)


def _given(job: Job, found: dict[str, Any], details: dict[str, Any], *, accept: bool) -> bool:
    """Give a data source its credentials; tell whether that was allowed, where it may not be."""
    gateway, source_id = (guid(found, key) for key in _SOURCE_IDS)
    return powerbi.set_credentials(job.service, gateway, source_id, details, accept=accept).ok


def _one_source(job: Job, report: str) -> dict[str, Any]:
    """Return the one data source of a model; its ids are those of whoever owns the model."""
    dataset, clock = job.dataset(report), job.service.web.clock
    until = clock.now() + _KNOWN_WITHIN
    while True:
        found = dataset.sources()
        paths = [_path(each) for each in found]
        if len(found) == 1 and same(paths[0], job.client.url) and all(guid(found[0], key) for key in _SOURCE_IDS):
            return found[0]
        if len(found) > 1 or clock.now() >= until:
            shown = ", ".join(job.service.words(path) for path in paths) or "-"
            raise Stop([Problem("B327", None, {"found": shown, "expected": job.client.url}, job.client.code)])
        clock.sleep(5)


def _path(entry: dict[str, Any]) -> str:
    details = entry.get("connectionDetails")
    return str(details.get("url") or details.get("path") or "") if isinstance(details, dict) else ""
