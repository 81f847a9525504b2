"""``bundel publish``, disturbed: the next run ends in the same things in the service, none of them made twice."""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import os
import pkgutil
import shutil
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from crash_disturb import Kill
from crash_office import codes, differences, office, timed, tree, unsaid
from forks import child, ended
from power_bi import PowerBI

import generator.publish
from generator import web
from generator.cli import main
from generator.disk import PUBLISHED
from generator.publish.state import load

FAST = 100  # times faster than the clock of the computer: waiting for the service costs no real seconds
SETTINGS = {
    "BUNDEL_TOKEN": "token",
    "BUNDEL_ODATA_USER": "ann@kantoor.example",
    "BUNDEL_ODATA_PASSWORD": "geheim",
    "NO_PROXY": "127.0.0.1",
}


class Service:
    """Power BI web as ``power_bi.PowerBI`` plays it, on a port of this computer, for processes that come and go."""

    def __init__(self):
        self.power_bi = PowerBI(lenient=True)
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.power_bi.region = self.base
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self):
        """Return all that was published, to be put back."""
        with self.lock:
            return copy.deepcopy(self.power_bi)

    def reset(self, kept):
        """Put back what was published at some moment."""
        with self.lock:
            self.power_bi = copy.deepcopy(kept)

    def answer(self, method, path, headers, content):
        """Return the answer to a request."""
        with self.lock:
            return self.power_bi(httpx.Request(method, f"{self.base}{path}", headers=headers, content=content))

    def asked(self):
        """Return how many requests there have been."""
        with self.lock:
            return len(self.power_bi.log)

    def picture(self):
        """Return all that is there, without ids."""
        with self.lock:
            return self.power_bi.picture()

    def twice(self):
        """Return what was made more than once."""
        with self.lock:
            return self.power_bi.twice()

    def close(self):
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, service, *more):
        self.service = service
        super().__init__(*more)

    def handle_any(self):
        length = int(self.headers.get("content-length") or 0)
        content = self.rfile.read(length)
        if len(content) < length:
            self.close_connection = True  # who asked was killed half-way: no service does half a request
            return
        answer = self.service.answer(self.command, self.path, dict(self.headers), content)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name not in {"content-length", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815  the names that the server looks for

    def log_message(self, *_):
        """Say nothing."""

    def handle(self):
        """Serve; who asked may be gone."""
        with contextlib.suppress(ConnectionError):
            super().handle()


@dataclass
class Publishing:
    """An office that publishes; ``update`` begins where all was published and the workbook has changed since.

    ``command`` is what is disturbed: ``publish``, ``rebind``, or ``retire`` of the first client.
    """

    folder: Path
    service: Service
    disturb: Kill = field(default_factory=Kill)
    update: bool = False
    command: tuple[str, ...] = ("publish",)
    midway: int = 0  # times that a run was disturbed after its first request and before its last

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.said, self.specs = self.folder / "said", self.folder / "specs"
        self.out = self.disturb.room(self.folder) / "out"
        self.earlier = office(self.folder / "earlier", 2 + self.update)
        later = office(self.folder / "later", 2 + self.update, later=self.update)
        shutil.copytree(later, self.specs)
        self.new = self.folder / "new"
        self.generate(self.earlier if self.update else self.specs, self.new)
        if self.update:
            shutil.copytree(self.new, self.out)
            assert ended(child(partial(self.run, self.earlier, ("publish",)))) == 0
            self.generate(self.specs, self.out)
            self.new = Path(shutil.move(self.out, self.folder / "changed"))
        self.kept, self.before = self.service.keep(), self.service.asked()
        for module in pkgutil.walk_packages(generator.publish.__path__, "generator.publish."):
            importlib.import_module(module.name)  # in this process, so that its children have them
        self.start()
        self.seconds, self.rest = timed(self.begin, self.begun)
        self.requests = self.service.asked() - self.before
        self.right, self.record = self.service.picture(), self.records()
        self.left = self.files()
        assert not self.service.twice()

    def generate(self, specs, out):
        """Make the bundles."""
        with unsaid():
            assert main(["generate", "--specs", str(specs), "--out", str(out), "--jobs", "1", "--yes"]) == 0

    def start(self):
        """Put all back to how it was before the run."""
        self.service.reset(self.kept)
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.new, self.out)

    def run(self, specs=None, command=None):
        """Publish, and return the exit code; waiting passes quickly."""
        os.environ.update(SETTINGS | {"BUNDEL_FABRIC_URL": self.service.base, "BUNDEL_POWERBI_URL": self.service.base})
        stop = threading.Event()
        web.SystemClock.sleep = lambda _, seconds: stop.wait(seconds / FAST)
        web.SystemClock.now = lambda _: time.monotonic() * FAST
        options = ("--specs", str(specs or self.specs), "--out", str(self.out), "--json", "--yes")
        return main([*(command or self.command), *options])

    def begun(self):
        """Tell whether a run has asked something of the service."""
        return self.service.asked() > self.before

    def begin(self, prepare=lambda: None, work=None, said=None):
        """Start a run in a process of its own."""
        (said := said or self.said).unlink(missing_ok=True)
        return child(lambda: (prepare(), (work or self.run)())[1], said)

    def inherit(self):
        """Publish, as the first run did."""
        return self.run()

    def inherited(self):
        """Require that all is there."""
        self.look()

    def records(self):
        """Return what is on record of each client, without ids and moments; each record can be read."""
        found = {}
        for path in sorted(self.out.glob(f"*/{PUBLISHED}")):
            load(self.out, path.parent.name)
            record = json.loads(path.read_text("utf-8"))
            for item in record["items"]:
                item.update({name: bool(item[name]) for name in item if name.endswith("_id") or name == "report_hash"})
                item["seen"] = bool(item["seen"])
            record["workspace"]["id"] = bool(record["workspace"]["id"])
            found[path.parent.name] = record
        return found

    def files(self):
        """Return the bytes of all files but the records, what is temporary included."""
        return {path: data for path, data in tree(self.out).items() if path.split("/")[1:] != [PUBLISHED]}

    def look(self):
        """Require that all is as after an undisturbed run, and nothing was made twice."""
        picture = self.service.picture()
        assert picture == self.right, unlike(picture, self.right)
        assert self.records() == self.record
        assert not self.service.twice(), self.service.twice()
        left = self.files()
        assert left == self.left, differences(left, self.left)

    def moment(self, dice):
        """Disturb one run, and look; return whether it noticed."""
        self.start()
        noticed = self.disturb(self, dice)
        self.midway += bool(noticed and self.before < self.service.asked() < self.before + self.requests)
        assert codes(self.said) <= self.disturb.allowed, codes(self.said)
        self.disturb.over()
        self.records()
        assert ended(self.begin()) == 0
        self.look()
        return noticed


def unlike(one, other):
    """Return what is in one picture of the service only, shortened."""
    pairs = [(key, a, b) for key in one for a, b in ((one[key], other[key]), (other[key], one[key]))]
    return [(key, repr(each)[:300]) for key, a, b in pairs for each in a if each not in b] or [
        (key, len(one[key]), len(other[key])) for key in one
    ]
