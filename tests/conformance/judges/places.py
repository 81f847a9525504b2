"""Where things are: the repository, the folder `shared` beside it, and the installed tools."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("BUNDEL_SHARED", ROOT.parent / "shared")).resolve()
TOOLS = Path(os.environ.get("BUNDEL_TOOLS", HERE / ".tools")).resolve()
ORACLES = SHARED / "oracles"
PARTS = ("tom", "dax", "readers", "odata", "powerbi", "m", "report_cli")


class MissingToolError(Exception):
    """A judge cannot sit: that is a failure, never a reason to skip."""


def merged(path):
    """A TOML file, and what stands in the folder of its name beside it: a report may have data of its own there."""

    def add(into, more):
        for key, value in more.items():
            if isinstance(value, dict):
                add(into.setdefault(key, {}), value)
            elif isinstance(value, list):
                into[key] = [*into.get(key, []), *value]
            else:
                assert key not in into, f"{key} stands in two files of {path.stem}"
                into[key] = value
        return into

    whole = {}
    for file in (path, *sorted(path.with_suffix("").glob("*.toml"))):
        add(whole, tomllib.loads(file.read_text(encoding="utf-8")))
    return whole


def need_tools():
    if not ORACLES.is_dir():
        raise MissingToolError(f"no oracles in {ORACLES}: 'shared' must lie beside the repository")
    missing = [part for part in PARTS if not (TOOLS / part / ".done").is_file()]
    if missing:
        raise MissingToolError(f"run tests/conformance/setup.sh first; not installed: {', '.join(missing)}")


def venv_python(part):
    return str(TOOLS / part / "venv" / "bin" / "python")


def node():
    found = shutil.which("node")
    if found is None:
        raise MissingToolError("node is not on the path")
    return found


def run(command, *, timeout=300, **options):
    """Runs a tool and returns the finished process; its exit code is the caller's to judge."""
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        **options,
    )


def bundel(*arguments, cwd=ROOT, env=None, **options):
    """Runs the real console command of the environment that runs the tests."""
    command = Path(sys.executable).with_name("bundel")
    if not command.is_file():
        raise MissingToolError(f"no console command {command}: install the project first")
    environment = {**(env or os.environ), "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return run([command, *arguments], cwd=cwd, env=environment, **options)
