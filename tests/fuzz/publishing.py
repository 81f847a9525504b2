"""Target: a publish, from any moment of one on, on a service of which some answers are bent; and what it leaves."""

from __future__ import annotations

import functools
import json
import pickle
import shutil
from contextlib import suppress
from dataclasses import dataclass

import httpx
from fuzz.broken import json_bent
from fuzz.choices import Choices
from fuzz.ends import ended, told
from fuzz.services import MOST_ASKED, Once, reply
from fuzz.workbooks import folder
from power_bi import Killed, PowerBI
from published import SECRET, Office

from generator.disk import PUBLISHED
from generator.problems import Stop
from generator.publish.state import load

SAID = SECRET.split('"', 1)[0].split("-")[1]  # of the password: what is the same however it is written
MOVED = {"bakker": "https://bridge-online.cloud/vd-nieuw/odata4"}
RUNS = (("1", {}, False), ("2", {}, False), ("1", MOVED, False), ("2", MOVED, False), ("1", MOVED, True))
"""What an office does: its bundle's version, a URL that differs, whether to ``rebind``. The first is from nothing."""
LONGEST = 20


class Bent(PowerBI):
    """Power BI web that does what it is asked, and bends some of its answers.

    It stops for good, as after ``kill -9``, at the first request after ``last``.
    """

    def __init__(self, choices=None, last=MOST_ASKED):
        super().__init__(lenient=True)
        self.choices, self.asked, self.truthful, self.last = choices, 0, choices is None, last

    def __call__(self, request):
        self.asked += 1
        assert self.asked < MOST_ASKED, "it never stops asking"
        if self.asked > self.last:
            raise Killed
        if self.truthful or not self.choices.left or self.choices.number(8):
            return super().__call__(request)
        way = self.choices.number(4)
        if way == 0:
            return reply(self.choices)
        if way == 1:
            return self.repeated(request)
        answer = super().__call__(request)
        if not answer.content:
            return answer
        holder = json_bent(self.choices, {"": json.loads(answer.content)})
        headers = [pair for pair in answer.headers.items() if pair[0] not in {"content-length", "content-type"}]
        return httpx.Response(answer.status_code, headers=headers, stream=Once(json.dumps(holder.get("")).encode()))

    def repeated(self, request):
        """Return a refusal that repeats what was asked, password and all."""
        said = request.content.decode() or request.url.path
        if self.choices.number(2):
            said = json.dumps(said)
        status = self.choices.pick((400, 401, 403, 404, 409, 500))
        return self.error(status, said, said, request)

    def route(self, method, path):
        """Return what answers, also where nobody asks who was not led astray."""
        try:
            operation, answer, ids = super().route(method, path)
        except AssertionError:
            return "", lambda *_: self.refuse(404, "UnknownAddress"), ()
        return operation, lambda *asked: self.tried(answer, *asked), ids

    def tried(self, answer, *asked):
        """Answer; who asks with an id of something else, or by a token that is none, finds nothing."""
        try:
            return answer(*asked)
        except (LookupError, ValueError, TypeError):
            return self.refuse(404, "NotFound")

    def kept(self):
        """Return what the service holds."""
        operations = {key: {**each, "undo": None} for key, each in self.operations.items()}
        return pickle.dumps((self.workspaces, self.items, self.connections, operations, self.made))

    def hold(self, kept):
        """Hold what another did."""
        self.workspaces, self.items, self.connections, self.operations, self.made = pickle.loads(kept)  # noqa: S301  made here


@dataclass(frozen=True)
class Moment:
    """Where a run was cut off: what the service holds, and what is on record."""

    service: bytes
    record: bytes
    whole: bool


def office(way, run, service, begun=None):
    """Return the office in a folder of its own, as it was at some moment."""
    place = folder() / "published"
    shutil.rmtree(place, ignore_errors=True)
    version, moved, _ = RUNS[run]
    made = Office(place, service=service, way=way)
    made.version, made.moved = version, moved
    if begun:
        service.hold(begun.service)
        if begun.record:
            path = made.out / "bakker" / PUBLISHED
            path.parent.mkdir()
            path.write_bytes(begun.record)
    return made


@functools.cache
def moment(way, run, last):
    """Return how far a run on a truthful service comes in some requests; all but the first follow a whole first one."""
    service = Bent(last=last)
    made = office(way, run, service, moment(way, 0, MOST_ASKED) if run else None)
    with suppress(Killed):
        made.rebind() if RUNS[run][2] else made.publish()
    path = made.out / "bakker" / PUBLISHED
    return Moment(service.kept(), path.read_bytes() if path.is_file() else b"", service.asked <= last)


def run_publish(data):
    """Go on with a run that was cut off: problems that can be told, and no password in them or on record.

    The record can be read again, and a run on a truthful service ends.
    """
    choices = Choices(data)
    way = choices.pick(("connection", "classic"))
    run = choices.number(len(RUNS))
    begun = moment(way, run, choices.number(LONGEST))
    service = Bent(choices)
    made = office(way, run, service, begun)
    for do in (made.publish if choices.number(4) else made.rebind, made.publish):
        outcome = ended(do)
        problems = outcome.problems if isinstance(outcome, Stop) else [p for each in outcome for p in each.problems]
        told(problems)
        for said in (*(problem.document(language) for problem in problems for language in ("nl", "en")), *made.trace):
            assert SAID not in str(said), said
        load(made.out, "bakker")
        path = made.out / "bakker" / PUBLISHED
        assert not path.is_file() or SAID.encode() not in path.read_bytes()
        service.truthful = True


SEEDS = (b"\0\0\0\1\1" + bytes(range(200)), b"\1\2\7\1" + bytes(range(200, 0, -1)), b"\0")
TARGETS = {"publish": (run_publish, lambda: SEEDS)}
