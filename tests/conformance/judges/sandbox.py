"""The sandbox of the program itself, started by its own command, and its ledger in plain rows."""

import base64
import contextlib
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

from generator import pipeline
from generator.sources.sandbox import Terms, client_ledger
from judges.places import ROOT, MissingToolError

TODAY = dt.date(2026, 11, 24)
PASSWORD = "sandbox"  # noqa: S105 -- as documented
HEADERS = {"Authorization": "Basic " + base64.b64encode(f"anyone@kantoor.example:{PASSWORD}".encode()).decode()}
_CACHE = tempfile.TemporaryDirectory(prefix="sandbox")


class Sandbox:
    """A running sandbox: where each client's database is, and every request it got as ``/slug/odata4/…?options``."""

    def __init__(self, process, urls):
        self.process, self.urls = process, urls
        self.requests = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        for line in self.process.stderr:
            found = re.match(r"GET (/.*)", line)
            if found:
                self.requests.append(found[1])


@contextlib.contextmanager
def running(specs, *arguments, today=TODAY):
    """Runs ``bundel sandbox`` on a free port until the end of the block."""
    command = Path(sys.executable).with_name("bundel")
    if not command.is_file():
        raise MissingToolError(f"no console command {command}: install the project first")
    environment = {**os.environ, "PYTHONUTF8": "1", "XDG_CACHE_HOME": _CACHE.name, "BUNDEL_ODATA_PASSWORD": PASSWORD}
    process = subprocess.Popen(
        [command, "sandbox", "--specs", specs, "--port", "0", "--json", "--verbose", "--today", str(today), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
        cwd=ROOT,
    )
    listener = None
    try:
        started = Sandbox(process, _told(process))
        listener = started.listener
        yield started
    finally:
        process.terminate()
        if listener:
            listener.join(20)
        process.wait(20)
        for stream in (process.stdout, process.stderr):
            stream.close()


def _told(process):
    """{client: URL}: the document that the command prints before it serves."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            return {row["client"]: row["url"] for row in json.loads("".join(lines))["databases"]}
    raise MissingToolError(f"the sandbox did not start: {process.stderr.read()[-2000:]}")


@cache
def loaded(specs):
    return pipeline.load(Path(specs))


@cache
def ledger(specs, client):
    """The books behind a client's database."""
    found = loaded(specs)
    return client_ledger(next(one for one in found.clients if one.code == client), found.clients, Terms(TODAY))
