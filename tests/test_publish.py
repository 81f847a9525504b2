"""Publishing against a service that is made up: what is there afterwards, what was asked, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from power_bi import Fault, Killed, PowerBI
from published import OFFICE, Office

from generator.problems import Stop
from generator.publish import fabric, guard, schedule, status
from generator.publish.state import Record

TWO = (*("bakker", "oneill"),)
NEW = {"bakker": "https://bridge-online.cloud/vd-nieuw/odata4"}
OLD = "https://bridge-online.cloud/vd-bakker/odata4"
TOGETHER = (("Cijfers", "Cijfers"), ("Alles", "Alles"))  # two reports of one client: template and title


@pytest.fixture(autouse=True)
def _no_power_fails(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)


def codes(outcomes):
    return [problem.code for outcome in outcomes for problem in outcome.problems]


def refused(office):
    """Return the codes of the problems for which a plan is refused, and the client they belong to."""
    with pytest.raises(Stop) as stop:
        office.plan()
    return {problem.code for problem in stop.value.problems}


def models(office):
    return [each for each in office.power_bi.items.values() if each["type"] == "SemanticModel"]


# ---------------------------------------------------------------------------------------------------------- publish


def test_a_first_publish_makes_everything_once(tmp_path):
    office = Office(tmp_path, codes=TWO)
    outcomes = office.publish()
    assert codes(outcomes) == []
    assert [outcome.status for outcome in outcomes] == ["created", "created"]
    assert office.power_bi.twice() == {}
    (model,) = (each for each in models(office) if "bakker" in each["description"])
    assert model["parameters"] == {"P_INVANTIVE_URL": OLD}
    assert model["refreshes"][0]["error"] == ""
    assert model["schedule"]["times"] == ["06:30", "12:30"]
    assert model["schedule"]["enabled"] is True
    report = next(each for each in office.power_bi.items.values() if each["type"] == "Report")
    assert office.power_bi.items[report["model"]]["workspace"] == report["workspace"]
    people = [each["users"] for each in office.power_bi.workspaces.values()]
    assert {"bas@bakker.example": "Viewer", office.power_bi.caller: "Admin"} in people


def test_the_number_of_calls_stays_low(tmp_path):
    office = Office(tmp_path)
    job = office.publish()[0].job
    bucket = job.service.web.bucket
    assert bucket.taken - bucket.polls - 3 <= 12  # without the lists that are asked for once for all clients
    office.power_bi.log.clear()
    assert office.plan()[0].steps == ()
    assert len(office.power_bi.log) <= 4
    office.moved = NEW
    bucket = office.rebind()[0].job.service.web.bucket
    assert bucket.taken - bucket.polls - 3 <= 8


def test_publishing_again_changes_nothing(tmp_path):
    office = Office(tmp_path)
    office.publish()
    before = office.power_bi.picture()
    assert [planned.steps for planned in office.plan()] == [()]
    assert office.power_bi.picture() == before


def test_only_what_changed_is_published_again(tmp_path):
    office = Office(tmp_path)
    office.publish()
    office.version = "2"
    (planned,) = office.plan()
    assert planned.steps == tuple((name, "financieel") for name in ("model", "report", "credentials", "refresh"))
    assert planned.create == set()
    office.publish()
    assert office.power_bi.twice() == {}
    assert "bakker 2" in json.dumps([each["parts"] for each in models(office)])


def test_two_reports_of_a_client_share_a_connection(tmp_path):
    office = Office(tmp_path, titles=TOGETHER)
    assert codes(office.publish()) == []
    assert len(models(office)) == 2
    assert len(office.power_bi.connections) == 1
    office.moved = NEW
    assert codes(office.rebind()) == []
    assert [each["url"] for each in office.power_bi.connections.values()] == [NEW["bakker"]]
    assert {each["bound"] for each in models(office)} == set(office.power_bi.connections)


def test_another_title_is_another_name_and_nothing_else(tmp_path):
    office = Office(tmp_path, titles=TOGETHER)
    office.publish()
    names = (("Cijfers", "Getallen"), ("Alles", "Alles"))
    renamed = Office(tmp_path, titles=names, service=office.power_bi)
    assert codes(renamed.publish()) == []
    assert sorted({each["displayName"] for each in office.power_bi.items.values()}) == ["Alles", "Getallen"]
    assert office.power_bi.twice() == {}


def test_two_reports_with_one_title_are_refused(tmp_path):
    office = Office(tmp_path, titles=(("Cijfers", "Alles"), ("Alles", "Alles")))
    assert refused(office) == {"B316"}


def test_what_is_not_on_record_is_known_by_its_mark(tmp_path):
    office = Office(tmp_path)
    office.publish()
    before = office.power_bi.picture()
    (office.out / "bakker" / "published.json").unlink()
    assert codes(office.publish()) == []
    assert office.power_bi.twice() == {}
    assert office.power_bi.picture() == before


def test_what_was_removed_by_hand_is_made_again(tmp_path):
    office = Office(tmp_path)
    office.publish()
    before = office.power_bi.picture()
    for each in list(office.power_bi.items):
        del office.power_bi.items[each]
        assert codes(office.publish()) == []
        assert office.power_bi.picture() == before


def test_lists_that_lag_behind_make_nothing_twice(tmp_path):
    for kind in ("cut after", "kill after"):
        for operation in ("POST workspaces", "POST semanticModels", "POST reports", "POST connections"):
            office = Office(tmp_path / operation / kind, service=PowerBI(lag=2, lenient=False))
            office.power_bi.faults = [Fault(operation, kind)]
            for _ in range(2):
                with suppress(Killed):
                    office.publish()
            assert codes(office.publish()) == []
            assert office.power_bi.twice() == {}


def test_a_colleague_owns_the_model(tmp_path):
    for way in ("connection", "classic"):
        office = Office(tmp_path / way, way=way)
        office.publish()
        office.power_bi.caller = "collega@kantoor.example"
        office.version = "2"
        assert codes(office.publish()) == []
        assert models(office)[0]["owner"] == "collega@kantoor.example"
        assert models(office)[0]["refreshes"][0]["error"] == ""
        office.power_bi.caller = "derde@kantoor.example"
        office.moved = NEW
        assert codes(office.rebind()) == []
        assert models(office)[0]["refreshes"][0]["url"] == NEW["bakker"]


def test_the_day_has_no_more_refreshes(tmp_path):
    office = Office(tmp_path)
    office.power_bi.daily = 0
    assert codes(office.publish()) == ["B331"]
    office.power_bi.daily = 9
    assert codes(office.publish()) == []


def test_a_refresh_that_never_ends_is_waited_for_by_the_next_run(tmp_path):
    office = Office(tmp_path)
    answer = PowerBI.start_refresh

    def slowly(self, *arguments):
        reply = answer(self, *arguments)
        models(office)[0]["refreshes"][0]["left"] = 40
        return reply

    office.power_bi.start_refresh = slowly.__get__(office.power_bi)
    assert codes(office.publish()) == ["B332"]
    assert codes(office.publish()) == []
    assert len(models(office)[0]["refreshes"]) == 1


def test_a_wrong_password_is_told_in_words_and_given_anew(tmp_path):
    office = Office(tmp_path, way="classic")
    office.power_bi.passwords = {OLD: ("ann@kantoor.example", "other")}
    (outcome,) = office.publish()
    assert codes([outcome]) == ["B330"]
    assert "de aanmelding ontbreekt" in outcome.problems[0].text("message", "nl")
    office.how["environ"] = {"BUNDEL_ODATA_PASSWORD": "other"}
    assert codes(office.publish()) == []


def test_a_missing_password_stops_that_client_only(tmp_path):
    office = Office(tmp_path, codes=TWO, environ={"BUNDEL_ODATA_PASSWORD": "", "BUNDEL_ODATA_PASSWORD__ONEILL": "x"})
    first, second = office.publish()
    assert (codes([first]), codes([second])) == (["B220"], [])


def test_people_the_service_does_not_know_are_told_and_the_rest_is_done(tmp_path):
    office = Office(tmp_path)
    office.power_bi.strangers = {"bas@bakker.example"}
    assert codes(office.publish()) == ["B333"]
    assert models(office)[0]["refreshes"]
    office.power_bi.strangers = set()
    assert codes(office.publish()) == []


def test_a_person_with_another_role_keeps_it(tmp_path):
    office = Office(tmp_path)
    office.publish()
    next(iter(office.power_bi.workspaces.values()))["users"]["bas@bakker.example"] = "Member"
    (office.out / "bakker" / "published.json").unlink()
    assert codes(office.publish()) == ["B334"]


def test_nothing_is_made_where_that_was_not_allowed(tmp_path):
    office = Office(tmp_path, create=False)
    assert refused(office) == {"B315"}
    assert office.power_bi.workspaces == {}


# -------------------------------------------------------------------------------------------------------- no mixing


def other_of(office, name="Bakkerij (bakker)", **changes):
    """Make a workspace of a client beforehand, by somebody else's hand."""
    office.power_bi.workspaces["11111111-1111-4111-8111-111111111111"] = {
        "displayName": name,
        "description": "",
        "users": {office.power_bi.caller: "Admin"},
        "lag": 0,
        **changes,
    }
    return "11111111-1111-4111-8111-111111111111"


def item_in(office, workspace, **changes):
    office.power_bi.items["22222222-2222-4222-8222-222222222222"] = {
        "workspace": workspace,
        "type": "SemanticModel",
        "displayName": "x",
        "description": "",
        "lag": 0,
        "parts": {},
        **changes,
    }


@pytest.mark.parametrize(
    ("workspace", "item", "users", "expected"),
    [
        ({}, {}, {}, None),
        ({}, {"displayName": "Eigen werk"}, {}, None),
        ({"description": "bundel:oneill"}, None, {}, "B322"),
        ({"description": "Iets bundel:ONEILL iets"}, None, {}, "B322"),
        ({"description": "bundel:_office"}, None, {}, "B322"),
        ({"description": "bundel:bakker"}, None, {}, None),
        ({"description": "onze bundels"}, None, {}, None),
        ({}, {"description": "bundel:oneill/financieel"}, {}, "B322"),
        ({}, {"description": "bundel:onbekend/financieel"}, {}, "B322"),
        ({}, {"displayName": "oneill-financieel", "type": "Report"}, {}, "B322"),
        ({}, {"displayName": "Financieel"}, {}, "B325"),
        ({}, None, {"olga@oneill.example": "Viewer"}, "B324"),
        ({}, None, {"OLGA@oneill.example": "Member"}, "B324"),
        ({}, None, {"bas@bakker.example": "Viewer"}, None),
        ({}, None, {"iemand@elders.example": "Viewer"}, None),
    ],
)
def test_a_workspace_with_anything_of_another_is_refused(tmp_path, workspace, item, users, expected):
    office = Office(tmp_path)
    place = other_of(office, **workspace)
    office.power_bi.workspaces[place]["users"] |= users
    if item is not None:
        item_in(office, place, **item)
    before = json.dumps([office.power_bi.workspaces, office.power_bi.items], default=str)
    if expected is None:
        assert codes(office.publish()) == []
        return
    assert refused(office) == {expected}
    office.power_bi.workspaces[place]["lag"] = 0
    after = json.dumps([office.power_bi.workspaces, office.power_bi.items], default=str)
    assert before.replace("-1", "0") == after.replace("-1", "0")


def test_the_office_never_lands_in_a_clients_workspace(tmp_path):
    tables = OFFICE.replace("| Geconsolideerde URL |", "| Geconsolideerde URL | Werkruimte |").replace(
        "vd-kantoor/odata4 |", "vd-kantoor/odata4 | Samen |"
    )
    office = Office(tmp_path, tables, codes=("bakker",))
    office.publish()
    next(iter(office.power_bi.workspaces.values()))["displayName"] = "Samen"
    office.codes = ("_office",)
    assert "B322" in refused(office)


def test_a_workspace_that_got_another_name_is_known_by_its_id(tmp_path):
    office = Office(tmp_path)
    office.publish()
    next(iter(office.power_bi.workspaces.values()))["displayName"] = "Andere naam"
    assert [planned.steps for planned in office.plan()] == [()]


def test_a_planted_record_of_another_client_leads_nowhere(tmp_path):
    office = Office(tmp_path, codes=TWO)
    office.publish()
    stolen = json.loads((office.out / "oneill" / "published.json").read_text("utf-8"))
    place = office.out / "bakker" / "published.json"
    place.write_text(json.dumps(stolen), encoding="utf-8")
    with pytest.raises(Stop) as stop:
        Record(office.out, "bakker")
    assert [problem.code for problem in stop.value.problems] == ["B321"]
    before = office.power_bi.picture()
    place.write_text(json.dumps(stolen | {"client": "bakker"}), encoding="utf-8")
    office.codes = ("bakker",)
    assert "B322" in refused(office)
    outcomes = office.rebind()
    assert set(codes(outcomes)) == {"B322"}
    assert office.power_bi.picture() == before
    # With the record's own copy gone, the marks in the service still tell.
    (office.out / "oneill" / "published.json").unlink()
    assert "B322" in refused(office)
    assert set(codes(office.rebind())) == {"B322"}
    assert office.power_bi.picture() == before


RECORD = '{"version": 1, "client": "bakker", "workspace": {"id": "", "name": ""}, "people": [], "items": [%s]}'


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"version": 2}', '{"client": 1, "version": 1}', "[" * 50_000),
        '{"version": 1, "client": "bakker", "workspace": {"id": "../../x", "name": ""}, "people": [], "items": []}',
        RECORD % '{"report": "x", "model_id": "../groups"}',
        RECORD % '{"report": "x", "asked": "no"}',
        RECORD % '{"report": "x"}, {"report": "x"}',
    ],
)
def test_a_damaged_record_is_told(tmp_path, text):
    (tmp_path / "bakker").mkdir()
    (tmp_path / "bakker" / "published.json").write_text(text, encoding="utf-8")
    with pytest.raises(Stop) as stop:
        Record(tmp_path, "bakker")
    assert [problem.code for problem in stop.value.problems] == ["B320"]


def test_an_operation_elsewhere_gets_no_token(tmp_path):
    office = Office(tmp_path)
    office.power_bi.faults = [Fault("POST semanticModels", "elsewhere")]
    assert codes(office.publish()) == ["B301"]
    assert not [line for line in office.trace if "evil" in line]


# ----------------------------------------------------------------------------------------------------------- rebind


def test_a_new_url_moves_the_model_and_leaves_the_report(tmp_path):
    office = Office(tmp_path, codes=TWO)
    office.publish()
    office.moved = NEW
    office.power_bi.log.clear()
    first, second = office.rebind()
    assert (first.status, second.status) == ("changed", "unchanged")
    assert codes([first, second]) == []
    assert sorted(each["url"] for each in office.power_bi.connections.values()) == [
        *(NEW["bakker"], "https://bridge-online.cloud/vd-oneill/odata4")
    ]
    asked = Counter(operation for operation, _ in office.power_bi.log)
    assert not {operation for operation in asked if "report" in operation.casefold() or "Definition" in operation}
    assert [planned.steps for planned in office.plan()] == [(), ()]


FAILURES = [
    ("POST connections", "500"),
    ("POST parameters", "403"),
    ("POST bindConnection", "409"),
    ("POST refreshes", "403"),
    ("GET refreshes", "html"),
    ("GET sources", "html"),
]


@pytest.mark.parametrize(("operation", "kind"), FAILURES)
def test_the_old_url_stands_again_after_a_failure(tmp_path, operation, kind):
    office = Office(tmp_path)
    office.publish()
    before = office.power_bi.picture()
    office.moved = NEW
    office.power_bi.faults = [Fault(operation, kind, 0, 1 if kind == "html" else 4)]
    (outcome,) = office.rebind()
    assert outcome.status == "failed"
    assert codes([outcome])[-1] == "B349"
    if "GET sources" in operation:  # the new URL was read already, so the old one is read again
        assert models(office)[0]["refreshes"][0]["url"] == OLD
    model = models(office)[0]
    model["refreshes"] = model["refreshes"][-1:]
    assert office.power_bi.picture() == before
    office.power_bi.faults = []
    assert codes(office.rebind()) == []


def test_a_database_that_refuses_leaves_the_old_url(tmp_path):
    for way in ("connection", "classic"):
        office = Office(tmp_path / way, way=way)
        office.publish()
        office.power_bi.passwords = {NEW["bakker"]: ("x", "y")}
        office.moved = NEW
        (outcome,) = office.rebind()
        assert outcome.status == "failed"
        assert models(office)[0]["parameters"]["P_INVANTIVE_URL"] == OLD
        assert NEW["bakker"] not in [each["url"] for each in office.power_bi.connections.values()]


def test_a_way_back_that_fails_too_is_told_and_gone_on_from(tmp_path):
    office = Office(tmp_path)
    office.publish()
    office.moved = NEW
    office.power_bi.faults = [Fault("POST bindConnection", "409", 0, 9), Fault("POST parameters", "500", 1, 9)]
    assert codes(office.rebind())[-1] == "B335"
    office.power_bi.faults = []
    assert codes(office.rebind()) == []
    assert [each["url"] for each in office.power_bi.connections.values()] == [NEW["bakker"]]


def test_there_and_back_again(tmp_path):
    office = Office(tmp_path)
    office.publish()
    before = office.power_bi.picture()
    office.moved = NEW
    office.power_bi.faults = [Fault("POST refreshes", "kill before")]
    with pytest.raises(Killed):
        office.rebind()
    office.moved = {}
    assert codes(office.rebind()) == []
    model = models(office)[0]
    assert model["parameters"]["P_INVANTIVE_URL"] == OLD
    model["refreshes"] = model["refreshes"][-1:]
    assert office.power_bi.picture() == before


# --------------------------------------------------------------------------------------------------- the small parts


def test_times_are_spread_where_many_ask_the_same():
    wanted = {f"k{number}": ("07:00", "12:30") for number in range(200)}
    spread = schedule.spread(wanted)
    slots = Counter(time for times in spread.values() for time in times)
    assert max(slots.values()) < 100
    assert set(slots) == {"06:00", "06:30", "07:00", "09:30", "10:00", "10:30", "11:00", "11:30", "12:00", "12:30"}
    assert schedule.spread({f"k{number}": ("07:00",) for number in range(20)})["k3"] == ("07:00",)
    assert schedule.spread({"a": ()}) == {"a": ()}
    assert schedule.spread({f"k{number}": ("03:30",) for number in range(99)})["k7"] == ("03:30",)


@pytest.mark.parametrize(("days", "told"), [(1, []), (22, []), (24, ["B343"]), (29, ["B343"]), (45, ["B343"])])
def test_a_link_that_is_about_to_lapse_is_told(tmp_path, days, told):
    office = Office(tmp_path)
    office.publish()
    (job,) = office.jobs()
    now = datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(days=days)
    outcome = status.status(job, status.Asked(now=now))
    assert codes([outcome]) == told


def test_who_is_to_be_put_in_the_role_by_hand_is_listed(tmp_path):
    tables = (
        OFFICE.replace("| E-mail | Rol |", "| E-mail | Rol | Administraties |")
        .replace("| bas@bakker.example | Viewer |", "| bas@bakker.example | Viewer | 710001 |")
        .replace("| olga@oneill.example | Viewer |", "| olga@oneill.example | Viewer | |")
    )
    office = Office(tmp_path, tables, codes=TWO)
    office.publish()
    assert [status.by_hand(job) for job in office.jobs()] == [("bas@bakker.example",), ()]


def test_an_owner_who_is_another_is_told(tmp_path):
    office = Office(tmp_path)
    office.publish()
    (job,) = office.jobs()
    assert codes([status.status(job, status.Asked(datetime(2026, 11, 25, tzinfo=UTC), me="ik@elders"))]) == ["B340"]


def test_one_mark_is_not_another():
    workspace = fabric.Workspace("1", "w", "xbundel:oneill bundel:bakker2")
    found = guard.strangers("bakker", workspace, (), (), guard.Directory(frozenset({"bakker", "bakker2"})))
    assert [problem.values["other"] for problem in found] == ["bakker2"]
