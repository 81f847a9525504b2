"""``bundel doctor``: is everything in order on this computer, and what to do where it is not."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import click

from generator import __version__
from generator.cli.make import templates_of
from generator.cli.options import Settings, shared, speak
from generator.cli.text import problem_lines, say, say_json, terminal_width
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOWN = 12  # clients named one by one; more would scroll by unread
_LIBRARIES = ("click", "deflate", "jinja2", "lxml", "openpyxl", "python-calamine", "rich")


@click.command()
@click.option("--verify", is_flag=True, help="Reken van elk bestand van elke bundel na of het nog hetzelfde is.")
@click.option(
    "--login",
    is_flag=False,
    flag_value="*",
    metavar="[KLANT]",
    help="Bewaar een wachtwoord in de key store: van een klant, of zonder code van alle.",
)
@shared
def doctor(settings: Settings, *, verify: bool, login: str | None) -> int:
    """Controleer versies, sjablonen, werkmappen, bundels en aanmelding: ok, of wat te doen."""
    if login is not None:
        from generator.cli.login import log_in  # noqa: PLC0415  the other checks need none of it

        return log_in(settings, login)
    language = speak(settings)
    checks: list[dict[str, str]] = []
    problems: list[Problem] = []
    for name, check in _CHECKS.items():
        try:
            found, detail = check(settings, verify)
        except Stop as stop:
            found, detail = stop.problems, ""
        bad = any(problem.is_error for problem in found)
        checks.append({"name": name, "status": "error" if bad else "warning" if found else "ok", "detail": detail})
        problems += found
    if settings.json:
        say_json({"checks": checks}, problems, language)
    else:
        say(_lines(checks, language))
        if problems:
            say(problem_lines(problems, language, terminal_width()))
    return int(any(check["status"] == "error" for check in checks))


Found = tuple[tuple[Problem, ...], str]


def _versions(settings: Settings, verify: bool) -> Found:  # noqa: ARG001  all checks are called alike
    return (), ", ".join([f"bundel {__version__}", f"Python {platform.python_version()}", *_installed()])


def _installed() -> Iterator[str]:
    for name in _LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:  # a copy of the program without its metadata
            yield name


def _templates(settings: Settings, verify: bool) -> Found:  # noqa: ARG001
    from generator import catalogue  # noqa: PLC0415  the help needs none of it

    own = templates_of(settings)
    known = catalogue.load(own)
    where = own.as_posix() if own else "bundel"
    return (
        (),
        f"{where}: {len(known.reports)} rapporten, {len(known.measures)} meetwaarden, {len(known.visuals)} visuals",
    )


def _workbooks(settings: Settings, verify: bool) -> Found:  # noqa: ARG001
    from generator import pipeline  # noqa: PLC0415
    from generator.spec.workbook import workbooks  # noqa: PLC0415

    if not settings.specs.exists() or not workbooks(settings.specs):
        return (Problem("B007", None, {"path": settings.specs.as_posix()}),), settings.specs.as_posix()
    loaded = pipeline.load(settings.specs, templates_of(settings))
    return loaded.problems, f"{settings.specs.as_posix()}: {len(loaded.clients)} bundels"


def _bundles(settings: Settings, verify: bool) -> Found:
    from generator import manifests, output  # noqa: PLC0415

    if not settings.out.is_dir():
        return (), f"{settings.out.as_posix()}: -"
    found = output.recover(settings.out) + (output.verify(settings.out) if verify else ())
    return found, f"{settings.out.as_posix()}: {len(manifests.bundles(settings.out))} bundels"


def _sign_in(settings: Settings, verify: bool) -> Found:  # noqa: ARG001
    """Look which databases there is a password for; the databases themselves are not asked."""
    from generator import credentials, pipeline  # noqa: PLC0415
    from generator.spec.workbook import workbooks  # noqa: PLC0415

    if not settings.specs.exists() or not workbooks(settings.specs):
        return (), "-"
    try:
        clients = pipeline.load(settings.specs, templates_of(settings)).clients
    except Stop:  # told by another check
        return (), "-"
    without = [client.code for client in clients if credentials.find(client.code, client.url) is None]
    detail = f"{len(clients) - len(without)} / {len(clients)} databases"
    if not without:
        return (), detail
    named = ", ".join(without[:_SHOWN]) + (" …" if len(without) > _SHOWN else "")
    values = {"count": str(len(without)), "total": str(len(clients)), "clients": named}
    return (Problem("B249", None, values),), detail


def _publishing(settings: Settings, verify: bool) -> Found:  # noqa: ARG001
    """Tell how one signs in to Power BI web, without doing so; what is missing only matters to who publishes."""
    from generator.publish.auth import way  # noqa: PLC0415

    try:
        library = f"azure-identity {version('azure-identity')}"
    except PackageNotFoundError:
        library = "azure-identity -"
    app = os.environ.get("AZURE_CLIENT_ID") or "-"
    return (), f"{library}, BUNDEL_SIGN_IN {way(os.environ)}, AZURE_CLIENT_ID {app}"


def _console(settings: Settings, verify: bool) -> Found:  # noqa: ARG001
    return (), f"{sys.stdout.encoding}, {platform.system()} {platform.release()}"


_CHECKS: dict[str, Callable[[Settings, bool], Found]] = {
    "versies": _versions,
    "sjablonen": _templates,
    "werkmappen": _workbooks,
    "bundels": _bundles,
    "aanmelden": _sign_in,
    "publiceren": _publishing,
    "console": _console,
}
_ENGLISH = {"versies": "versions", "sjablonen": "templates", "werkmappen": "workbooks", "bundels": "bundles"}
_ENGLISH |= {"aanmelden": "sign-in", "publiceren": "publishing"}


def _lines(checks: list[dict[str, str]], language: str) -> list[str]:
    words = {
        "ok": "ok",
        "warning": "let op" if language == "nl" else "warning",
        "error": "fout" if language == "nl" else "error",
    }
    return [
        f"{check['name'] if language == 'nl' else _ENGLISH.get(check['name'], check['name']):11} "
        f"{words[check['status']]:7} {check['detail']}".rstrip()
        for check in checks
    ]
