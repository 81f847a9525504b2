"""Publishing against a service that is made up: what is there afterwards, and what was asked to get there."""

from __future__ import annotations

from collections import Counter

from published import Office


def asked(office):
    return Counter(operation for operation, _ in office.power_bi.log)


def codes(outcomes):
    return [problem.code for outcome in outcomes for problem in outcome.problems]


def test_a_first_publish_makes_everything_once(tmp_path):
    office = Office(tmp_path, codes=("bakker", "oneill"))
    outcomes = office.publish()
    assert codes(outcomes) == []
    assert [outcome.status for outcome in outcomes] == ["created", "created"]
    assert office.power_bi.twice() == {}
    assert set(office.power_bi.made) >= {("workspace", "Bakkerij (bakker)"), ("workspace", "O'Neill (oneill)")}


def test_publishing_again_changes_nothing(tmp_path):
    office = Office(tmp_path)
    office.publish()
    before = office.power_bi.picture()
    office.power_bi.log.clear()
    (planned,) = office.plan()
    assert planned.steps == ()
    assert office.power_bi.picture() == before
    assert len(office.power_bi.log) <= 4
