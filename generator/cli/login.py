"""``bundel doctor --login``: a password typed once, unseen, and kept in the system's key store."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from generator.cli.options import Settings, speak
from generator.cli.text import say, say_json

if TYPE_CHECKING:
    from generator.credentials import Credentials
    from generator.pipeline import Loaded


def log_in(settings: Settings, code: str) -> int:
    """Ask for user and password and keep them, for one client or (``*``) for all; nothing of it is shown or logged."""
    from generator import credentials  # noqa: PLC0415  the help needs none of it
    from generator.cli.make import load  # noqa: PLC0415

    loaded = load(settings)
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    name, urls = _places(loaded, code)
    for url in urls:
        credentials.ready(url)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        dutch = "een wachtwoord wordt alleen op een terminal gevraagd; gebruik anders BUNDEL_ODATA_PASSWORD."
        english = "a password is only asked for on a terminal; otherwise use BUNDEL_ODATA_PASSWORD."
        raise click.UsageError(dutch if language == "nl" else english)
    given = _asked(language)
    for url in urls:
        credentials.store(name, url, given)
    if settings.json:
        say_json({"client": name, "user": given.user, "stored": True}, (), language)
    elif not settings.quiet:
        say(_kept(name, given.user, urls, language))
    return 0


def _places(loaded: Loaded, code: str) -> tuple[str, list[str]]:
    """Return the name to keep a password under, and a URL on each server that it is for."""
    from generator.credentials import EVERYONE  # noqa: PLC0415
    from generator.problems import Problem, Stop  # noqa: PLC0415
    from generator.spec.headers import nearest  # noqa: PLC0415

    if code == EVERYONE:
        return code, list({urlsplit(client.url).netloc: client.url for client in loaded.clients}.values())
    found = next((client for client in loaded.clients if client.code.casefold() == code.casefold()), None)
    if found is None:
        known = {client.code for client in loaded.clients}
        raise Stop([Problem("B029", None, {"value": code, "nearest": nearest(code, known)})], 2)
    return found.code, [found.url]


def _asked(language: str) -> Credentials:
    from generator import credentials  # noqa: PLC0415

    known = os.environ.get(credentials.USER) or None
    user = click.prompt("E-mailadres" if language == "nl" else "E-mail address", default=known, err=True)
    word = "Wachtwoord (blijft onzichtbaar)" if language == "nl" else "Password (stays invisible)"
    password = click.prompt(word, hide_input=True, err=True)
    return credentials.Credentials(str(user).strip(), str(password))


def _kept(name: str, user: str, urls: list[str], language: str) -> list[str]:
    from generator.credentials import EVERYONE  # noqa: PLC0415

    servers = ", ".join(urlsplit(url).netloc for url in urls)
    only = "" if name == EVERYONE else f" --client {name}"
    if language == "nl":
        whom = "alle klanten" if name == EVERYONE else f"klant {name}"
        return [f"Bewaard in de key store: {user} voor {whom} op {servers}.", f"Volgende stap: bundel probe{only}"]
    whom = "all clients" if name == EVERYONE else f"client {name}"
    return [f"Kept in the key store: {user} for {whom} on {servers}.", f"Next step: bundel probe{only}"]
