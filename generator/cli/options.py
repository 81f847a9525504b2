"""The options that every command has, as one frozen value, and the language to speak."""

from __future__ import annotations

import functools
import locale
import os
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.problems import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_JOBS = 61
"""Processes at a time: Windows can't wait for more, and Python refuses them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was asked on the command line; ``language`` is None unless it was asked, ``clients`` empty for all."""

    specs: Path
    out: Path
    templates: Path | None
    clients: tuple[str, ...]
    json: bool
    language: str | None
    quiet: bool
    verbose: bool
    jobs: int | None
    yes: bool

    @property
    def processes(self) -> int:
        """Return how many processes to use: as many as asked for, else as there are processors."""
        return self.jobs or min(os.cpu_count() or 1, MOST_JOBS)


_current: ContextVar[Settings | None] = ContextVar("settings", default=None)
_spoken: ContextVar[str] = ContextVar("language", default="")


def current() -> Settings | None:
    """Return the settings of the running command, for who reports on how it ended."""
    return _current.get()


def speak(settings: Settings, office_language: str | None = None) -> str:
    """Return the language asked for, else the office's, else the system's; from now on ``spoken`` is this one."""
    office = office_language if office_language in LANGUAGES else None
    language = settings.language or office or system_language()
    _spoken.set(language)
    return language


def spoken() -> str:
    """Return the language last spoken in this run."""
    settings = current()
    return _spoken.get() or (settings and settings.language) or system_language()


def system_language() -> str:
    """Return ``nl`` or ``en``: Dutch where the system doesn't say."""
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  only there

        names.append(locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), ""))
    name = next((name for name in names if name), "").casefold()
    return "nl" if name.startswith(("nl", "c.", "posix", "dutch")) or name in {"", "c"} else "en"


_OPTIONS = (
    click.option(
        "--specs",
        type=click.Path(path_type=Path),
        default=Path("report_specs"),
        show_default=True,
        help="Map met werkmappen, of een werkmap.",
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("output"),
        show_default=True,
        help="Map voor de bundels.",
    ),
    click.option(
        "--templates",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Map met sjablonen.",
    ),
    click.option("--client", "clients", multiple=True, metavar="CODE", help="Alleen deze klant; herhaalbaar."),
    click.option("--json", is_flag=True, help="Een JSON-document op de standaarduitvoer."),
    click.option("--lang", "language", type=click.Choice(LANGUAGES), help="Taal van de meldingen."),
    click.option("--quiet", "-q", is_flag=True, help="Alleen problemen."),
    click.option("--verbose", "-v", is_flag=True, help="Meer bijzonderheden."),
    click.option("--jobs", type=click.IntRange(1, MOST_JOBS, clamp=True), metavar="N", help="Aantal processen."),
    click.option("--yes", "-y", is_flag=True, help="Beantwoord elke vraag met ja."),
)


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of the contract; it gets them as its first argument, a ``Settings``."""

    @functools.wraps(command)
    def with_settings(**arguments: Any) -> Any:  # noqa: ANN401  click's own arguments
        shared_names = Settings.__dataclass_fields__.keys()
        settings = Settings(**{name: arguments.pop(name) for name in shared_names})
        _current.set(settings)
        return command(settings, **arguments)

    for option in reversed(_OPTIONS):
        with_settings = option(with_settings)
    return with_settings
