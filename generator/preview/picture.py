"""Pictures of drawn pages, taken by a browser that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.preview import store
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
_PLACES = {
    "win32": (
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
        r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    ),
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
}
_SECONDS = 60


def browser() -> str:
    """Return the path of an installed browser; raise ``Stop`` with B404 where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), "")
    places = (os.path.expandvars(place) for place in _PLACES.get(sys.platform, ()))
    found = found or next((place for place in places if Path(place).is_file()), "")
    if not found:
        raise Stop([Problem("B404")])
    return found


def take(out: Path, code: str, program: str) -> int:
    """Write a picture beside each page of a drawn bundle, where it is not there yet; return how many were taken."""
    folder = out / code / store.FOLDER
    state = store.load(out / code / store.STATE)
    taken = 0
    for page in state.get("pages", ()):
        path = folder / f"{page['id']}.png"
        if path.exists() and path.stat().st_mtime >= (folder / "index.html").stat().st_mtime:
            continue
        _take(folder, page, path, program, code)
        taken += 1
    return taken


def _take(folder: Path, page: Mapping[str, Any], path: Path, program: str, code: str) -> None:
    """Let the browser draw one page, as it stands without tabs and bars."""
    width, height = round(page["width"]), round(page["height"])
    address = f"{(folder / 'index.html').resolve().as_uri()}?picture#{page['id']}"
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        draft = Path(profile) / "page.png"
        command = [
            program, "--headless=new", *root, "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-extensions", f"--user-data-dir={profile}", f"--window-size={width},{height}",
            f"--screenshot={draft}", address,
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603  a browser
            reason = f"code {done.returncode}"
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = type(error).__name__
        if not draft.is_file():
            raise Stop([Problem("B405", None, {"page": str(page["title"]), "reason": reason}, code)])
        store.write(folder.parent.parent, f"{code}/{store.FOLDER}/{path.name}", draft.read_bytes(), code)
