"""``bundel adopt``: a report designed in Power BI Desktop becomes a template for every client."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli.make import asks, confirmed, templates_of
from generator.cli.options import Settings, shared, speak
from generator.cli.text import problem_lines, say, say_json, terminal_width
from generator.problems import Problem, Stop, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.adopt import Adopted, Request
    from generator.adopt.compare import Difference
    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

_WRONG_COMMAND = 2
_SHOWN = 12
_TEMPLATES = Path("templates")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--name", help="Naam van het nieuwe sjabloon.")
@click.option("--update", metavar="NAAM", help="Werk dit sjabloon bij; eerst wordt getoond wat er verandert.")
@click.option("--from-client", "code", metavar="CODE", help="De klant voor wie het is ontworpen.")
@click.option("--allow-source", "allowed", multiple=True, metavar="NAAM", help="Sta deze bron toe (* voor alle).")
@shared
def adopt(
    settings: Settings, *, file: Path, name: str | None, update: str | None, code: str | None, allowed: tuple[str, ...]
) -> int:
    """Maak een sjabloon van een rapport dat in Power BI Desktop is ontworpen (.pbit)."""
    from generator.adopt import (  # noqa: PLC0415
        Request,
        carry,
        place,
    )

    if bool(name) == bool(update):
        raise click.UsageError("--name NAAM of / or --update NAAM")
    clients, known, language = _office(settings)
    target = name or update or ""
    templates = templates_of(settings) or _TEMPLATES
    _judge_name(target, templates, known, new=update is None)
    request = Request(target, known, _client(code, clients), clients, allowed)
    made = _asked(settings, file, request)
    found: list[Difference] = []
    if update:
        made = replace(made, files=carry.over(place.present(templates, target), made.files))
        found, agreed = _compared(settings, made, target, templates, clients)
        if not agreed:
            _tell(settings, made, target, templates, found, language, written=False)
            return 0
    place.write(templates, target, made.files)
    _tell(settings, made, target, templates, found, language, written=True)
    return 0


def _asked(settings: Settings, file: Path, request: Request) -> Adopted:
    """Return the template, after asking which words stand for the client of the design; these are replaced as well."""
    from generator import adopt as adoption  # noqa: PLC0415

    made = adoption.adopt(file, request)
    if not made.doubts or not (settings.yes or asks(settings)):
        return made
    language = speak(settings)
    words = [word for word in made.doubts if settings.yes or confirmed(_question(made, word, language), language)]
    return adoption.adopt(file, replace(request, also=tuple(words))) if words else made


def _question(made: Adopted, word: str, language: str) -> str:
    place = next(problem.values["place"] for problem in made.problems if problem.values.get("value") == word)
    if language == "nl":
        return f"{word} in {visible(place)}: staat dat voor de klant, en wordt het de naam van elke klant?"
    return f"{word} in {visible(place)}: does it stand for the client, and become the name of each client?"


def _office(settings: Settings) -> tuple[tuple[Client, ...], Catalogue, str]:
    """Return the clients of the workbooks, where there are any, with the templates and the language to speak."""
    from generator import catalogue, pipeline  # noqa: PLC0415
    from generator.spec.workbook import workbooks  # noqa: PLC0415

    if not settings.specs.exists() or not workbooks(settings.specs):
        return (), catalogue.load(templates_of(settings)), speak(settings)
    loaded = pipeline.load(settings.specs, templates_of(settings))
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    return loaded.clients, loaded.catalogue, language


def _client(code: str | None, clients: Sequence[Client]) -> Client | None:
    """Return the client of the design; one that is in no workbook is a wrong command."""
    from generator.spec.headers import nearest  # noqa: PLC0415

    if code is None:
        return None
    found = next((client for client in clients if client.code.casefold() == code.casefold()), None)
    if found is None:
        codes = [client.code for client in clients]
        raise Stop([Problem("B029", None, {"value": code, "nearest": nearest(code, codes)})], _WRONG_COMMAND)
    return found


def _judge_name(name: str, templates: Path, known: Catalogue, *, new: bool) -> None:
    """Raise ``Stop`` where a template can't have this name, has it already, or is not there to be updated."""
    from generator.adopt import place  # noqa: PLC0415
    from generator.resolve.lookup import exact_name, hint_values  # noqa: PLC0415

    mine = [each for each, report in known.reports.items() if report.design]
    others = [each for each in known.reports if each not in mine]
    if not place.is_name(name) or exact_name(name, others):
        raise Stop([Problem("B514", None, {"name": name, "near": ", ".join(known.reports)})])
    exists = place.folder_of(templates, name).exists() or exact_name(name, mine) is not None
    if new and exists:
        raise Stop([Problem("B515", None, {"name": name})])
    if not new and not place.folder_of(templates, name).exists():
        raise Stop([Problem("B516", None, hint_values(name, mine))])


def _compared(
    settings: Settings, made: Adopted, name: str, templates: Path, clients: Sequence[Client]
) -> tuple[list[Difference], bool]:
    """Return what changes, and whether it may; raise ``Stop`` where something breaks and no one can be asked."""
    from generator.adopt import place  # noqa: PLC0415
    from generator.adopt.compare import differences  # noqa: PLC0415

    having = [client for client in clients if any(report.name == name for report in client.reports)]
    found = differences(place.present(templates, name), made.files, having)
    broken = [each for each in found if each.breaking]
    if not broken or settings.yes:
        return found, True
    language = speak(settings)
    if not settings.json:
        say(_changes(found, language))
    if asks(settings):
        question = "Sjabloon bijwerken?" if language == "nl" else "Update the template?"
        return found, confirmed(question, language)
    values = {
        "name": name,
        "what": ", ".join(each.name for each in broken[:_SHOWN]),
        "clients": ", ".join(dict.fromkeys(code for each in broken for code in each.breaking)),
    }
    raise Stop([*made.problems, Problem("B518", None, values)])


def _tell(
    settings: Settings,
    made: Adopted,
    name: str,
    templates: Path,
    found: Sequence[Difference],
    language: str,
    *,
    written: bool,
) -> None:
    """Say what was found and done."""
    folder = f"{templates.as_posix()}/adopted/{name}/"
    if settings.json:
        say_json(_document(made, name, found, folder, written=written), made.problems, language)
        return
    if made.problems:
        say(problem_lines(made.problems, language, terminal_width()), err=True)
    if not settings.quiet:
        say([*_lines(made, name, folder, language, written=written), *_changes(found, language)])
        if written:
            nl = f"Volgende stap: zet {name} op het blad Rapporten, dan bundel plan."
            say(nl if language == "nl" else f"Next: put {name} on the sheet Reports, then bundel plan.")


def _document(made: Adopted, name: str, found: Sequence[Difference], folder: str, *, written: bool) -> dict[str, Any]:
    return {
        "template": name,
        "folder": folder,
        "written": written,
        "client": made.client,
        "pages": list(made.pages),
        "tables": list(made.tables),
        "measures": list(made.measures),
        "queries": list(made.queries),
        "bound": list(made.bound),
        "own": list(made.renewed),
        "replaced": list(made.replaced),
        "dropped": list(made.dropped),
        "sources": list(made.sources),
        "changes": [each.document() for each in found],
    }


_WORDS = {
    "nl": {
        "pages": "pagina's",
        "tables": "tabellen",
        "measures": "meetwaarden",
        "client": "ontworpen voor",
        "bound": "aan de database gebonden",
        "renewed": "per klant opnieuw gemaakt",
        "replaced": "waarde van elke klant in",
        "sources": "andere bronnen",
        "dropped": "achtergelaten",
    },
    "en": {
        "pages": "pages",
        "tables": "tables",
        "measures": "measures",
        "client": "designed for",
        "bound": "bound to the database",
        "renewed": "made anew for each client",
        "replaced": "value of each client in",
        "sources": "other sources",
        "dropped": "left behind",
    },
}
_WHAT = {
    "nl": {"page": "pagina", "visual": "visual", "measure": "meetwaarde", "table": "tabel", "column": "kolom"}
    | {"query": "query"},
    "en": {"page": "page", "visual": "visual", "measure": "measure", "table": "table", "column": "column"}
    | {"query": "query"},
}
_SIGNS = {"create": "+", "change": "~", "remove": "-"}


def _lines(made: Adopted, name: str, folder: str, language: str, *, written: bool) -> list[str]:
    """Return what was found, a line for each kind, with names as far as they fit."""
    made_nl, made_en = ("gemaakt", "made") if written else ("niet gewijzigd", "not changed")
    head = f"Sjabloon {name} {made_nl}: {folder}" if language == "nl" else f"Template {name} {made_en}: {folder}"
    words = _WORDS[language]
    width = max(map(len, words.values()))
    lines = [head]
    for key, word in words.items():
        value = getattr(made, key)
        if value:
            lines.append(f"  {word:{width}}  {value if isinstance(value, str) else _listed(value)}")
    return lines


def _listed(values: Sequence[str]) -> str:
    some = ", ".join(values[:_SHOWN])
    return f"{len(values)}: {some}{' …' if len(values) > _SHOWN else ''}"


def _changes(found: Sequence[Difference], language: str) -> list[str]:
    """Return what an update changes, a line each; what breaks something says for whom."""
    lines = []
    for each in found:
        lost = f"   {'let op: gebruikt door' if language == 'nl' else 'mind: used by'} {', '.join(each.breaking)}"
        lines.append(
            f"  {_SIGNS[each.kind]} {_WHAT[language][each.what]:10} {each.name}{lost if each.breaking else ''}"
        )
    return lines
