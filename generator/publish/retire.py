"""Off-boarding: what of a client is taken down in Power BI web; what else is to be revoked is for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish import fabric
from generator.publish.connect import is_ours
from generator.publish.definition import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.publish.service import Service
    from generator.publish.state import Item, Record


def check(service: Service, record: Record) -> tuple[Item, ...]:
    """Return the items of a client that are there still; raise ``Stop`` where one on record is not this client's."""
    value = record.value
    if not value.workspace_id:
        return ()
    there = {thing.id.casefold(): thing for thing in fabric.things(service, value.workspace_id)}
    for item in value.items:
        for identity in (item.model_id, item.report_id):
            thing = there.get(identity.casefold())
            if thing and mark(value.client, item.report) not in thing.description.split():
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
