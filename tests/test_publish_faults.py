"""Everything that can go wrong with a call, at every call: run again, and all is as after a run without faults."""

from __future__ import annotations

import itertools
import json
import os

import pytest
from power_bi import Fault, Killed, PowerBI
from published import SECRET, Office

from generator.problems import Stop

ALL = bool(os.environ.get("BUNDEL_ALL_FAULTS"))  # every fault at every call takes a minute or two
MOVED = {"bakker": "https://bridge-online.cloud/vd-nieuw/odata4"}
KINDS = (
    *("401", "403", "404", "409", "429", "500", "503", "503 html", "unreachable"),
    *("cut before", "cut after", "500 after", "slow", "empty", "html", "kill before", "kill after"),
)
OF_OPERATIONS = ("fails", "hangs", "elsewhere")
STARTS_OPERATION = ("POST semanticModels", "POST reports", "POST updateDefinition")
LASTING = ("401", "403", "404", "500", "503 html", "unreachable", "cut before", "slow", "empty", "html")


def first(_):
    """Prepare for a first publish: nothing."""


def changed(office):
    """Prepare for an update: all is published, and the templates have changed since."""
    office.publish()
    office.version = "2"


def moved(office):
    """Prepare for a new URL."""
    office.publish()
    office.moved = MOVED


RUNS = {
    "first publish": (first, "publish", {}),
    "first publish, the classic way": (first, "publish", {"way": "classic"}),
    "update": (changed, "publish", {}),
    "new URL, published": (moved, "publish", {}),
    "new URL, rebound": (moved, "rebind", {}),
    "new URL, rebound the classic way": (moved, "rebind", {"way": "classic"}),
}


def prepared(folder, run, **service):
    prepare, _, how = RUNS[run]
    office = Office(folder, service=PowerBI(**service), **how)
    prepare(office)
    office.power_bi.log.clear()
    return office


def go(office, run):
    """Run, and return the codes of the problems; the end of the process is one of them."""
    try:
        outcomes = getattr(office, RUNS[run][1])()
    except Stop as stop:
        return [problem.code for problem in stop.problems]
    except Killed:
        return ["killed"]
    return [problem.code for outcome in outcomes for problem in outcome.problems]


def all_faults(log):
    """Yield a fault of each kind at each call of a run without faults, and those that last."""
    for number, operation in enumerate(log):
        earlier = log[:number].count(operation)
        for kind in KINDS + (OF_OPERATIONS if operation in STARTS_OPERATION else ()):
            if (operation, kind) != ("DELETE connection", "404"):  # that it is gone already is believed
                yield Fault(operation, kind, earlier)
    for operation in dict.fromkeys(log):
        for kind in LASTING:
            if (operation, kind) != ("DELETE connection", "404"):
                yield Fault(operation, kind, 0, 99)


def some_faults(log, start):
    """Yield a few faults at each operation: other kinds at each next one, so that every kind has its turn."""
    for number, operation in enumerate(dict.fromkeys(log), start):
        kinds = KINDS + (OF_OPERATIONS if operation in STARTS_OPERATION else ())
        yield Fault(operation, kinds[number % len(kinds)])
        yield Fault(operation, kinds[-1 - number % len(kinds)], max(0, log.count(operation) - 1))
        if operation.startswith("POST"):
            yield Fault(operation, ("cut after", "kill after", "500 after", "slow")[number % 4])
            yield Fault(operation, LASTING[number % len(LASTING)], 0, 99)


def record_of(office):
    """Return what is on record, without ids and moments."""
    document = json.loads((office.out / "bakker" / "published.json").read_text("utf-8"))
    for item in document["items"]:
        for name in ("model_id", "report_id", "connection_id", "report_hash"):
            item[name] = bool(item[name])
    document["workspace"]["id"] = bool(document["workspace"]["id"])
    return document


@pytest.mark.parametrize("run", RUNS)
def test_after_any_fault_the_next_run_ends_as_if_there_was_none(run, tmp_path, record_property, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no power fails here, and each takes milliseconds
    calm = prepared(tmp_path / "calm", run)
    assert go(calm, run) == []
    picture, record = calm.power_bi.picture(), record_of(calm)
    log = [operation for operation, _ in calm.power_bi.log]
    tried = seen = 0
    faults = all_faults(log) if ALL else some_faults(log, list(RUNS).index(run) * 5)
    for fault, lenient in itertools.product(faults, (False, True) if ALL else (True,)):
        office = prepared(tmp_path / str(tried), run, lenient=lenient)
        office.power_bi.faults = [fault]
        what = f"{run}: {fault.kind} at {fault.operation} after {fault.after}, {fault.times} times"
        told = go(office, run)
        assert "B089" not in told, what
        seen += bool(told)
        office.power_bi.faults = []
        assert go(office, run) == [], what
        assert office.power_bi.picture() == picture, what
        assert record_of(office) == record, what
        assert office.power_bi.twice() == {}, what
        assert SECRET not in "".join(office.trace), what
        tried += 1
    record_property("faults", f"{run}: {tried} faults tried at {len(log)} calls, {seen} of them seen by the user")
    assert seen > tried / 8  # the others are got over within the run


@pytest.mark.parametrize("run", ["first publish", "new URL, published", "new URL, rebound"])
def test_a_connection_is_made_once_though_a_run_was_killed_before_it_knew(run, tmp_path):
    """Where a service takes a name twice: nothing but our own record then keeps a second one from being made."""
    office = prepared(tmp_path, run, lenient=True)
    office.power_bi.faults = [Fault("POST connections", "kill after")]
    assert go(office, run) == ["killed"]
    office.power_bi.faults = []
    assert go(office, run) == []
    assert office.power_bi.twice() == {}
    assert not json.loads((office.out / "bakker" / "published.json").read_text("utf-8"))["items"][0]["connecting"]
