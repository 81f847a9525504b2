"""``bundel sandbox``: every client's database on this computer, from made-up books."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli.options import Settings, shared, speak
from generator.cli.text import count, problem_lines, say, say_json, terminal_width, wrap
from generator.problems import Problem, Stop, visible
from generator.sources.sandbox.address import DEFAULT_URL, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from generator.pipeline import Loaded
    from generator.resolve.client import Client
    from generator.sources.sandbox.database import Database
    from generator.sources.sandbox.serve import Faults

DEFAULT_SPECS = Path("report_specs")
_WRONG_COMMAND = 2
_SHOWN = 12  # databases named one by one; more would scroll by unread
_FAILURES = ("401", "429", "503", "slow", "cut")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8471, show_default=True, help="Poort op deze computer.")
@click.option("--seed", type=int, default=1, show_default=True, help="Ander getal, andere boeken.")
@click.option("--years", type=click.IntRange(1, 20), help="Boekjaren in de boeken.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Dag waarop de boeken eindigen.")
@click.option("--withhold", type=int, multiple=True, metavar="CODE", help="Laat een administratie weg.")
@click.option("--leak", type=int, multiple=True, metavar="CODE", help="Lever een vreemde administratie mee.")
@click.option("--fail", type=click.Choice(_FAILURES), help="Laat elk verzoek mislukken.")
@click.option("--drop-column", "dropped", multiple=True, metavar="ENTITY.COLUMN", help="Laat een kolom weg.")
@click.option("--moved", multiple=True, metavar="CODE", help="Geef de database van een klant een ander adres.")
@click.option("--anonymous", is_flag=True, help="Sta ook toe zonder aanmelden.")
@shared
def sandbox(settings: Settings, **asked: Any) -> int:  # noqa: ANN401  click's own arguments
    """Dien de database van elke klant op uit verzonnen boeken, op deze computer."""
    from generator.sources.sandbox import serve  # noqa: PLC0415  the help needs none of it
    from generator.sources.sandbox.books import Terms  # noqa: PLC0415

    serve.need_libraries()
    from generator.sources.sandbox.service import Manners  # noqa: PLC0415  needs the libraries

    loaded, served, clients = _clients(settings)
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    terms = Terms(_today(asked["today"]), asked["seed"], asked["years"])
    faults = _faults(asked, clients, loaded)
    others = {name: known.known_columns for name, known in loaded.catalogue.others.items()}
    found = serve.databases(served, clients, loaded.catalogue.known_columns, terms, faults, others=others)
    password = os.environ.get("BUNDEL_ODATA_PASSWORD") or PASSWORD
    heard = (lambda line: say(visible(line), err=True)) if settings.verbose else (lambda _line: None)
    manners = Manners(password, anonymous=asked["anonymous"], fail=asked["fail"] or "", heard=heard)
    with serve.bound(asked["port"]) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        _tell(settings, found, loaded.problems, base, language)
        serve.run(found, manners, listening)
    return 0


def _clients(settings: Settings) -> tuple[Loaded, Sequence[Client], Sequence[Client]]:
    """Return what was loaded, the clients to serve and all that can be made; errors stop no other client."""
    from generator import pipeline  # noqa: PLC0415
    from generator.cli.make import chosen, load  # noqa: PLC0415

    loaded = load(settings)
    clients, skipped = pipeline.makeable(loaded, keep_going=True)
    served, _ = chosen(settings, loaded, clients, skipped)
    return loaded, served, clients


def _today(given: datetime | None) -> date:
    return (given or datetime.now(UTC).astimezone()).date()


def _faults(asked: Mapping[str, Any], clients: Sequence[Client], loaded: Loaded) -> Faults:
    """Return the faults asked for; one that applies to nothing is a wrong command."""
    from generator.sources.sandbox.schema import schema  # noqa: PLC0415
    from generator.sources.sandbox.serve import Faults  # noqa: PLC0415

    divisions = {str(division.code) for client in clients for division in client.divisions}
    tables = schema(loaded.catalogue.known_columns)
    columns = {f"{name}.{column}": (name, column) for name, table in tables.items() for column in table.columns}
    short = {
        f"{name.rpartition('.')[2]}.{column}": key
        for (name, column), key in zip(columns.values(), columns, strict=True)
    }
    wanted = [short.get(name, name) for name in (name.replace("@eol", "") for name in asked["dropped"])]
    _known("--withhold", map(str, asked["withhold"]), divisions)
    _known("--drop-column", wanted, columns, short)
    _known("--moved", asked["moved"], {client.code for client in clients})
    return Faults(
        frozenset(asked["withhold"]),
        frozenset(asked["leak"]),
        frozenset(columns[name] for name in wanted),
        frozenset(asked["moved"]),
    )


def _known(option: str, values: Iterable[str], known: Iterable[str], hinted: Iterable[str] = ()) -> None:
    """Require that values are known; ``hinted`` are the names to suggest one from, where those are others."""
    from generator.spec.headers import nearest  # noqa: PLC0415

    listed = set(known)
    for value in values:
        if value not in listed:
            values_ = {"option": option, "value": value, "nearest": nearest(value, set(hinted) or listed)}
            raise Stop([Problem("B202", None, values_)], _WRONG_COMMAND)


def _tell(
    settings: Settings,
    found: Mapping[str, Database],
    problems: Sequence[Problem],
    base: str,
    language: str,
) -> None:
    """Say where each database is and how to use it, before the first request."""
    urls = {database.client: f"{base}/{name}/odata4" for name, database in found.items()}
    if settings.json:
        say_json({"databases": [{"client": code, "url": url} for code, url in urls.items()]}, problems, language)
        return
    if problems:
        say(problem_lines(problems, language, terminal_width()), err=True)
    if not settings.quiet:
        width = terminal_width()
        say([part for line in _how(settings, urls, base, language) for part in wrap(line, "     ", width)])


def _how(settings: Settings, urls: Mapping[str, str], base: str, language: str) -> list[str]:
    """Return the databases, and the steps to open a report on one of them in Power BI Desktop."""
    width = max((len(code) for code in urls), default=0)
    listed = [f"  {code:{width}}  {url}" for code, url in list(urls.items())[:_SHOWN]]
    databases = count(len(urls), "database", "databases", "database", "databases", language)
    more = len(urls) - len(listed)
    own = bool(os.environ.get("BUNDEL_ODATA_PASSWORD"))
    specs = "" if settings.specs == DEFAULT_SPECS else f" --specs {settings.specs}"
    code = next(iter(urls), "")
    report = "kantoor" if code == "_office" else "financieel"
    file = settings.out / "_sandbox" / code / f"{code}-{report}.pbit"
    moved = "" if base == DEFAULT_URL else f"BUNDEL_SANDBOX_URL={base}"
    if language == "nl":
        return [
            f"De zandbak luistert op {base}, voor {databases}:",
            *listed,
            *([f"  … en nog {more}"] if more > 0 else []),
            "",
            "In Power BI Desktop:",
            *([f"  0. Zet in het andere venster eerst {moved}"] if moved else []),
            f"  1. Maak in een ander venster de bundels: bundel generate --sandbox{specs}",
            f"  2. Open bijvoorbeeld {file} en kies Laden; de URL staat al ingevuld.",
            "  3. Kies Basis bij de aanmelding; gebruikersnaam naar keuze, wachtwoord: "
            + ("dat uit BUNDEL_ODATA_PASSWORD." if own else f"{PASSWORD}"),
            "  4. Kies bij privacyniveaus voor deze bron: Organisatie.",
            "Alle cijfers zijn verzonnen. Stoppen: Ctrl+C.",
        ]
    return [
        f"The sandbox listens on {base}, for {databases}:",
        *listed,
        *([f"  … and {more} more"] if more > 0 else []),
        "",
        "In Power BI Desktop:",
        *([f"  0. In the other window, first set {moved}"] if moved else []),
        f"  1. Make the bundles in another window: bundel generate --sandbox{specs}",
        f"  2. Open {file} for example and choose Load; the URL is filled in.",
        "  3. Choose Basic to sign in; any user name, password: "
        + ("the one in BUNDEL_ODATA_PASSWORD." if own else f"{PASSWORD}"),
        "  4. Choose Organizational as the privacy level of this source.",
        "All figures are made up. Stop: Ctrl+C.",
    ]
