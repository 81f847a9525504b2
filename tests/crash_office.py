"""An office whose runs are disturbed: its workbook before and after a change, its files, and what is whole there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
import time
from pathlib import Path

from forks import ended
from markdown import save

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
| {first} | bas@bakker.example | Viewer |
"""


def office(folder, number, *, later=False, prefix="k"):
    """Write the workbook of an office; later it has other URLs and pages, and a client less."""
    folder.mkdir(parents=True)
    new = "-nieuw" if later else ""
    clients = "\n".join(
        f"| {prefix}{n} | Klant {n} | https://bridge-online.cloud/k{n}{new}/odata4 | 06:30 | "
        f"{'nee' if later and n == number else 'ja'} |"
        for n in range(1, number + 1)
    )
    divisions = "\n".join(f"| {prefix}{n} | `{710000 + n}` |" for n in range(1, number + 1))
    pages = "Balans, Kengetallen" if later else "Samenvatting, Balans"
    save(folder, OFFICE.format(clients=clients, divisions=divisions, pages=pages, first=f"{prefix}1"))
    return folder


def tree(folder):
    """Return the bytes of every file by its path, and nothing for every folder without any; what is temporary too."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                found[f"{name}/"] = b""
        else:
            found[name] = path.read_bytes()
    return found


def mixtures(found, before, after):
    """Return the bundles that are neither as they were nor as they become, and what is temporary."""
    wrong = [path for path in found if path.startswith(".bundel/")]
    for code in {path.split("/")[0] for path in found if "/" in path} - {".bundel"}:
        own, old, new = (
            {path: data for path, data in files.items() if path.startswith(f"{code}/")}
            for files in (found, before, after)
        )
        if own not in (old, new):
            wrong.append(f"{code} is a mixture: {differences(own, old)} {differences(own, new)}")
    return wrong


def differences(one, other):
    """Return the paths at which two trees differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))[:10]


def codes(said):
    """Return the codes of the errors that a run told in its document; none where it was ended before it told any."""
    with contextlib.suppress(ValueError, FileNotFoundError):
        told = json.loads(said.read_text("utf-8"))["problems"]
        return {problem["code"] for problem in told if problem["severity"] == "error"}
    return set()


def timed(run, begun):
    """Return how long a run takes that must go well, and how much of that after it has begun to change things."""
    started, after = time.monotonic(), 0.0
    pid = run()
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        after = after or (time.monotonic() if begun() else 0.0)
        threading.Event().wait(0.0005)  # libfaketime can't do with a sleep this short
    assert ended(pid) == 0
    ready = time.monotonic()
    return ready - started, ready - (after or started)


@contextlib.contextmanager
def unsaid():
    """Let nothing be printed."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def strays(patience=5.0):
    """Return the processes of pools whose run is gone, after some seconds at most (Linux)."""
    until = time.monotonic() + patience
    while True:
        found = [path for path in Path("/proc").glob("[0-9]*") if helps(path) == 1]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.02)


def helps(process):
    """Return the process that a process of a pool belongs to, 0 where it is no such process."""
    with contextlib.suppress(OSError):
        line = (process / "cmdline").read_bytes()
        if b"spawn_main" in line and sys.executable.encode() in line:
            return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def helpers(run):
    """Return the ids of the processes that help a run."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if helps(path) == run]
