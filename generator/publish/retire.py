"""Off-boarding: what of a client is taken down in Power BI web; what else is to be revoked is for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish import fabric
from generator.publish.connect import is_ours
from generator.publish.definition import bears
from generator.publish.guard import strangers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.publish.guard import Directory
    from generator.publish.service import Service
    from generator.publish.state import Item, Record


def check(service: Service, record: Record, known: Directory) -> tuple[Item, ...]:
    """Return the items of a client that are there still; raise ``Stop`` where one on record is not this client's."""
    value = record.value
    if not value.workspace_id:
        return ()
    listed = fabric.things(service, value.workspace_id)
    there = {thing.id.casefold(): thing for thing in listed}
    marked = fabric.descriptions(service).get(value.workspace_id, "")
    workspace = fabric.Workspace(value.workspace_id, value.workspace, marked)
    on_record = {identity for item in value.items for identity in (item.model_id, item.report_id)}
    if problems := strangers(value.client, workspace, [each for each in listed if each.id in on_record], (), known):
        raise Stop(problems)
    for item in value.items:
        for identity in (item.model_id, item.report_id):
            thing = there.get(identity.casefold())
            ours = thing is None or thing.name == item.title or bears(thing.description, value.client, item.report)
            if thing and not ours:
                raise Stop([Problem("B325", None, {"name": thing.name, "kind": thing.kind}, value.client)])
    return tuple(item for item in value.items if {item.model_id.casefold(), item.report_id.casefold()} & there.keys())


def retire(service: Service, record: Record) -> Iterator[tuple[str, str]]:
    """Remove the items and connections on record, reports first; yield each (report, what) once it is gone."""
    value = record.value
    for item in value.items:
        if item.report_id:
            fabric.remove(service, value.workspace_id, fabric.REPORT, item.report_id)
            yield item.report, "report"
        if item.model_id:
            fabric.remove(service, value.workspace_id, fabric.MODEL, item.model_id)
            yield item.report, "model"
    for connection in {each for item in value.items for each in (item.connection_id, item.old_connection_id) if each}:
        if is_ours(service, value.client, connection):
            fabric.remove_connection(service, connection)
            yield "", "connection"
    for item in value.items:
        record.forget(item.report)
