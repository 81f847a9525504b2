"""What services may answer that once got through: ids that lead elsewhere, lists without end, documents that swell."""

import itertools

import httpx
import pytest
from clocks import Still
from fuzz.services import GUID, SMALL
from published import Office

from generator.problems import Stop
from generator.publish import fabric
from generator.publish import service as services
from generator.publish.service import HOSTS, Service
from generator.publish.state import load
from generator.sources import metadata
from generator.sources.metadata import Unreadable, description
from generator.web import Bucket, Web


def answering(answer):
    """Return Power BI web that answers so."""
    web = Web(HOSTS, lambda *_: {}, bucket=Bucket(100_000, clock=Still()), transport=httpx.MockTransport(answer))
    return Service(web)


@pytest.mark.parametrize("known", ["../../groups/x", "1", "", None, 7, {"id": 1}, GUID + "/users", "é"])
def test_what_is_no_id_is_no_workspace_and_no_item(known):
    entries = [{"id": known, "displayName": "x", "type": "Report"}, {"id": GUID, "displayName": "y", "type": "Report"}]
    service = answering(lambda _: httpx.Response(200, json={"value": entries}))
    assert [each.name for each in fabric.workspaces(service)] == ["y"]
    assert [each.id for each in fabric.things(service, GUID)] == [GUID]


def test_an_id_that_leads_elsewhere_is_never_put_on_record(tmp_path):
    office = Office(tmp_path)
    honest = office.power_bi.make_workspace
    office.power_bi.make_workspace = lambda *asked: [honest(*asked), httpx.Response(201, json={"id": "../admin"})][1]
    office.publish()
    assert load(office.out, "bakker").workspace_id in office.power_bi.workspaces


def test_a_list_without_an_end_is_told(monkeypatch):
    monkeypatch.setattr(services, "_MOST_PAGES", 50)
    number = itertools.count()
    endless = answering(lambda _: httpx.Response(200, json={"value": [], "continuationToken": str(next(number))}))
    with pytest.raises(Stop) as stop:
        fabric.workspaces(endless)
    assert [problem.code for problem in stop.value.problems] == ["B307"]


def test_a_description_of_too_many_tags_is_told_before_it_is_read(monkeypatch):
    assert not isinstance(description(SMALL, ["S"]), Unreadable)
    monkeypatch.setattr(metadata, "_MOST", SMALL.count(b"<") + SMALL.count(b"=") - 1)
    assert description(SMALL, ["S"]) == Unreadable("er staat te veel in", "it holds too much")
