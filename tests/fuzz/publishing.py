"""Target: a whole publish on a service of which some answers are bent, and the record that it leaves."""

from __future__ import annotations

import json
import shutil

import httpx
from fuzz.broken import json_bent
from fuzz.choices import Choices
from fuzz.ends import ended, told
from fuzz.services import MOST_ASKED, Once, reply
from fuzz.workbooks import folder
from power_bi import PowerBI
from published import SECRET, Office

from generator.problems import Stop
from generator.publish.state import load


class Bent(PowerBI):
    """Power BI web that does what it is asked, and bends some of its answers."""

    def __init__(self, choices):
        super().__init__(lenient=True)
        self.choices, self.asked, self.truthful = choices, 0, False

    def __call__(self, request):
        self.asked += 1
        assert self.asked < MOST_ASKED, "it never stops asking"
        if self.truthful or not self.choices.left or self.choices.number(8):
            return super().__call__(request)
        if self.choices.number(3) == 0:
            return reply(self.choices)
        answer = super().__call__(request)
        if not answer.content:
            return answer
        holder = json_bent(self.choices, {"": json.loads(answer.content)})
        headers = [pair for pair in answer.headers.items() if pair[0] not in {"content-length", "content-type"}]
        return httpx.Response(answer.status_code, headers=headers, stream=Once(json.dumps(holder.get("")).encode()))


def run_publish(data):
    """Publish on it: problems that can be told; the record can be read again, and a run on a truthful one ends."""
    place = folder() / "published"
    shutil.rmtree(place, ignore_errors=True)
    choices = Choices(data)
    way = choices.pick(("connection", "classic"))
    service = Bent(choices)
    office = Office(place, service=service, way=way)
    if choices.number(3) == 0:
        service.truthful = True
        office.publish()
        service.truthful = False
        office.moved = {"bakker": "https://bridge-online.cloud/vd-nieuw/odata4"} if choices.number(2) else {}
        office.version = "2"
    for do in (office.publish if choices.number(4) else office.rebind, office.publish):
        made = ended(do)
        problems = made.problems if isinstance(made, Stop) else [each for outcome in made for each in outcome.problems]
        told(problems)
        assert not any(SECRET in problem.text("message", "nl") for problem in problems)
        load(office.out, "bakker")
        service.truthful = True


SEEDS = (b"\0\1\1" + bytes(range(200)), b"\1\0\1" + bytes(range(200, 0, -1)), b"\0")
TARGETS = {"publish": (run_publish, lambda: SEEDS)}
