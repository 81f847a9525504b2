"""Runs cut off at any moment, many times over: ``python tests/crash.py --moments 200`` (Linux; outside CI).

Each run is a process of its own that gets ``kill -9``. After it every bundle is whole, old or new; the next run ends
in the same bytes, or the same things in the service, as one that nobody disturbed; nothing temporary stays, and
nothing is published twice. ``test_crash.py`` tries a few moments of each.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent))

from forks import child, ended
from markdown import save
from power_bi import PowerBI

from generator import output, web
from generator.cli import main
from generator.publish.state import load

SEED = 20261124
FAST = 100  # times faster than the clock of the computer: waiting for the service costs no real seconds

OFFICE = """
## Kantoor
| Naam | Taal |
| Van Dam | nl |

## Klanten
| Code | Naam | URL | Verversen | Actief |
{clients}

## Administraties
| Klant | Code |
{divisions}

## Rapporten
| Klant | Rapport | Pagina's |
| * | financieel | {pages} |

## Toegang
| Klant | E-mail | Rol |
| k1 | bas@bakker.example | Viewer |
"""


def office(folder, number, *, later=False):
    """Write the workbook of an office; later it has other URLs and pages, and a client less."""
    folder.mkdir(parents=True)
    new = "-nieuw" if later else ""
    clients = "\n".join(
        f"| k{n} | Klant {n} | https://bridge-online.cloud/k{n}{new}/odata4 | 06:30 | "
        f"{'nee' if later and n == number else 'ja'} |"
        for n in range(1, number + 1)
    )
    divisions = "\n".join(f"| k{n} | `{710000 + n}` |" for n in range(1, number + 1))
    pages = "Balans, Kengetallen" if later else "Samenvatting, Balans"
    save(folder, OFFICE.format(clients=clients, divisions=divisions, pages=pages))
    return folder


def tree(folder):
    """Return the bytes of every file by its path, what is temporary included."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def killed(work, seconds):
    """Start something and kill it after so many seconds; tell whether it was still busy."""
    pid = child(work)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return ended(pid) == -signal.SIGKILL


# ------------------------------------------------------------------------------------------------------------ generate


@dataclass
class Generating:
    """An office before and after a change, and the output of each; ``jobs`` processes make its bundles."""

    folder: Path
    clients: int = 3
    jobs: int = 1
    out: Path = field(init=False)

    def __post_init__(self):
        self.specs = (
            office(self.folder / "before", self.clients),
            office(self.folder / "after", self.clients, later=True),
        )
        self.out, self.old, right = self.folder / "out", self.folder / "old", self.folder / "right"
        assert ended(child(partial(self.run, self.specs[0], self.old))) == 0
        shutil.copytree(self.old, right)
        started = time.monotonic()
        assert ended(child(partial(self.run, self.specs[1], right))) == 0
        self.seconds = time.monotonic() - started
        self.before, self.after = tree(self.old), tree(right)

    def run(self, specs, out):
        """Generate, and return the exit code."""
        options = ("--out", str(out), "--quiet", "--jobs", str(self.jobs), "--yes")
        return main(["generate", "--specs", str(specs), *options])

    def moment(self, dice):
        """Kill one run, and look; return whether it was busy."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.old, self.out)
        busy = killed(partial(self.run, self.specs[1], self.out), dice.uniform(0.01, self.seconds))
        if self.jobs == 1:
            assert output.recover(self.out) == ()
            self.look()
        else:
            assert not strays(), "processes of a killed run are still there"
        assert ended(child(partial(self.run, self.specs[1], self.out))) == 0
        assert tree(self.out) == self.after, differences(tree(self.out), self.after)
        return busy

    def look(self):
        """Require that every bundle is old or new, and that nothing temporary is there."""
        found = tree(self.out)
        assert not [path for path in found if path.startswith(".bundel/")]
        for code in {path.split("/")[0] for path in found if "/" in path}:
            own, old, new = (
                {path: data for path, data in files.items() if path.startswith(f"{code}/")}
                for files in (found, self.before, self.after)
            )
            assert own in (old, new), f"{code} is a mixture"


def strays(patience=5.0):
    """Return the processes of pools whose run is gone, after some seconds at most (Linux)."""
    until = time.monotonic() + patience
    while True:
        found = [path for path in Path("/proc").glob("[0-9]*") if _is_stray(path)]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.02)


def _is_stray(process):
    return helps(process) == 1


def helps(process):
    """Return the process that a process of a pool belongs to, 0 where it is no such process."""
    with contextlib.suppress(OSError):
        line = (process / "cmdline").read_bytes()
        if b"spawn_main" in line and sys.executable.encode() in line:
            return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


@dataclass
class FullDisk(Generating):
    """The same on a disk that has no room at some moment: a small file system in memory, which takes root to mount."""

    def __post_init__(self):
        super().__post_init__()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        size = 2 * sum(map(len, self.before.values())) + 4_000_000
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.disk], check=True)
        self.out, self.filler = self.disk / "out", self.disk / "filler"

    def moment(self, dice):
        """Let the disk be full somewhere in a run; return whether it was."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.old, self.out)
        free = shutil.disk_usage(self.disk).free
        self.filler.write_bytes(bytes(max(0, free - 4096 * dice.randrange(400))))
        code = ended(child(partial(self.run, self.specs[1], self.out)))
        assert code in {0, 1, 5}, code
        assert output.recover(self.out) == ()
        self.look()
        self.filler.unlink()
        assert ended(child(partial(self.run, self.specs[1], self.out))) == 0
        assert tree(self.out) == self.after, differences(tree(self.out), self.after)
        return code != 0

    def close(self):
        """Unmount the disk."""
        subprocess.run(["umount", self.disk], check=True)


def differences(one, other):
    """Return the paths at which two trees differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))[:10]


# ------------------------------------------------------------------------------------------------------------- publish


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


SETTINGS = {
    "BUNDEL_TOKEN": "token",
    "BUNDEL_ODATA_USER": "ann@kantoor.example",
    "BUNDEL_ODATA_PASSWORD": "geheim",
    "NO_PROXY": "127.0.0.1",
}


@dataclass
class Publishing:
    """An office that publishes; ``update`` begins where all was published and the workbook has changed since."""

    folder: Path
    service: Service
    update: bool = False

    def __post_init__(self):
        self.specs, self.out = self.folder / "specs", self.folder / "out"
        self.earlier = office(self.folder / "earlier", 2 + self.update)
        later = office(self.folder / "later", 2 + self.update, later=self.update)
        shutil.copytree(later, self.specs)
        self.new = self.folder / "new"
        self.generate(self.earlier if self.update else self.specs, self.new)
        if self.update:
            shutil.copytree(self.new, self.out)
            assert ended(child(partial(self.run, self.earlier))) == 0
            self.generate(self.specs, self.out)
            self.new = Path(shutil.move(self.out, self.folder / "changed"))
        self.kept = self.service.keep()
        self.start()
        started = time.monotonic()
        assert ended(child(self.run)) == 0
        self.seconds = time.monotonic() - started
        self.right, self.record = self.service.picture(), self.records()
        assert not self.service.twice()

    def generate(self, specs, out):
        """Make the bundles."""
        assert main(["generate", "--specs", str(specs), "--out", str(out), "--quiet", "--jobs", "1", "--yes"]) == 0

    def start(self):
        """Put all back to how it was before the run."""
        self.service.reset(self.kept)
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.new, self.out)

    def run(self, specs=None):
        """Publish, and return the exit code; waiting passes quickly."""
        os.environ.update(SETTINGS | {"BUNDEL_FABRIC_URL": self.service.base, "BUNDEL_POWERBI_URL": self.service.base})
        stop = threading.Event()
        web.SystemClock.sleep = lambda _, seconds: stop.wait(seconds / FAST)
        web.SystemClock.now = lambda _: time.monotonic() * FAST
        options = ("--specs", str(specs or self.specs), "--out", str(self.out), "--quiet", "--yes")
        return main(["publish", *options])

    def records(self):
        """Return what is on record of each client, without ids and moments; each record can be read."""
        found = {}
        for path in sorted(self.out.glob("*/published.json")):
            load(self.out, path.parent.name)
            record = json.loads(path.read_text("utf-8"))
            for item in record["items"]:
                item.update({name: bool(item[name]) for name in item if name.endswith("_id") or name == "report_hash"})
                item["seen"] = bool(item["seen"])
            record["workspace"]["id"] = bool(record["workspace"]["id"])
            found[path.parent.name] = record
        return found

    def moment(self, dice):
        """Kill one run, and look; return whether it was busy."""
        self.start()
        bundles = {path: data for path, data in tree(self.out).items() if "published.json" not in path}
        busy = killed(self.run, dice.uniform(0.01, self.seconds))
        self.records()
        assert ended(child(self.run)) == 0
        picture = self.service.picture()
        assert picture == self.right, unlike(picture, self.right)
        assert self.records() == self.record
        assert not self.service.twice(), self.service.twice()
        left = {path: data for path, data in tree(self.out).items() if "published.json" not in path}
        assert left == bundles, differences(left, bundles)
        return busy


@dataclass
class TwoPublishing(Publishing):
    """Two runs that publish the same at the same time."""

    def moment(self, dice):
        """Start two runs shortly after each other; return whether both were busy."""
        self.start()
        one = child(self.run)
        time.sleep(dice.uniform(0, self.seconds / 2))
        other = child(self.run)
        codes = {ended(one), ended(other)}
        assert codes <= {0, 1}, codes
        assert self.service.picture() == self.right
        assert self.records() == self.record
        assert not self.service.twice(), self.service.twice()
        return True


def unlike(one, other):
    """Return what is in one picture of the service only, shortened."""
    pairs = [(key, a, b) for key in one for a, b in ((one[key], other[key]), (other[key], one[key]))]
    return [(key, repr(each)[:300]) for key, a, b in pairs for each in a if each not in b] or [
        (key, len(one[key]), len(other[key])) for key in one
    ]


def times(case, moments, dice, tell=lambda _: None):
    """Kill so many busy runs of a case; return how many were tried. ``tell`` hears how far it is."""
    cut = tried = 0
    while cut < moments:
        tried += 1
        cut += case.moment(dice)
        tell(cut)
        case.seconds *= 1 if tried < 3 * (cut + 3) else 0.9  # a computer that has less to do by now
    return tried


def progress(cut):
    """Say how far it is, now and then, for who ends the script before it is done."""
    if cut % 10 == 0:
        print(f"\r{cut} ", end="", file=sys.stderr, flush=True)  # noqa: T201  a script


def command_line():
    """Kill runs of every case, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    for name in asked.case or CASES:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(Service()) as service:
            case = CASES[name](Path(folder), service)
            try:
                tried = times(case, asked.moments, random.Random(asked.seed), progress)  # noqa: S311  no secret
            finally:
                getattr(case, "close", int)()
        seconds = time.monotonic() - started
        print(f"{name}: cut off {asked.moments} times in {tried} runs, {seconds:.0f} s", flush=True)  # noqa: T201  a script


CASES = {
    "generate": lambda folder, _: Generating(folder),
    "generate in processes": lambda folder, _: Generating(folder, clients=60, jobs=2),
    "generate on a full disk": lambda folder, _: FullDisk(folder),
    "publish": Publishing,
    "two publishing at once": TwoPublishing,
    "publish an update": lambda folder, service: Publishing(folder, service, update=True),
}

if __name__ == "__main__":
    command_line()
