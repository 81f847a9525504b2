"""``bundel diff``: the change of one bundle, line by line where it is code, in words where it is a page."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import click

from generator.cli.make import SOME_FAILED, chosen, load, templates_of
from generator.cli.options import Settings, shared, speak
from generator.cli.text import count, of_clients, problem_lines, say, say_json, terminal_width
from generator.problems import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.diff import Difference, Piece
    from generator.pipeline import Loaded

_SIGNS = {"create": "+", "change": "~", "remove": "-"}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_WORDS = {
    "nl": {
        "report": "rapport", "query": "query", "measure": "meetwaarde", "role": "rol", "table": "tabel",
        "column": "kolom", "relationship": "relatie", "page": "pagina", "visual": "visual", "order": "volgorde",
        "theme": "thema", "logo": "logo", "file": "bestand", "title": "titel", "fields": "velden", "place": "plaats",
        "look": "opmaak", "kind": "soort", "type": "type", "formatString": "getalopmaak", "displayFolder": "map",
        "description": "omschrijving",
    },
    "en": {
        "report": "report", "query": "query", "measure": "measure", "role": "role", "table": "table",
        "column": "column", "relationship": "relationship", "page": "page", "visual": "visual", "order": "order",
        "theme": "theme", "logo": "logo", "file": "file", "title": "title", "fields": "fields", "place": "place",
        "look": "look", "kind": "kind", "type": "type", "formatString": "number format", "displayFolder": "folder",
        "description": "description",
    },
}  # fmt: skip


@click.command()
@click.argument("client")
@click.option("--keep-going", is_flag=True, help="Ook als andere klanten fouten hebben.")
@shared
def diff(settings: Settings, client: str, *, keep_going: bool) -> int:
    """Toon de wijziging van een bundel: M, DAX en pagina's; er wordt niets geschreven."""
    from generator import output, pipeline  # noqa: PLC0415  the help needs none of it

    loaded = load(settings)
    language = speak(settings, loaded.spec.office.language if loaded.spec.office else None)
    job = pipeline.Job(settings.out, templates_of(settings))
    recovered = output.recover(job.out)
    code = _gone(client, loaded, settings)
    if code:
        found, warnings = pipeline.diff_gone(code, job)
    else:
        asked = replace(settings, clients=(client,))
        made, skipped = chosen(asked, loaded, *pipeline.makeable(loaded, keep_going=keep_going))
        if skipped or not made:
            say(problem_lines(of_clients(loaded.problems, [client]), language, terminal_width()), err=True)
            return SOME_FAILED
        found, warnings = pipeline.diff_one(made[0], loaded, job)
    problems = (*of_clients(loaded.problems, [client]), *of_clients(recovered, [client]), *warnings)
    if settings.json:
        say_json(_document(found), problems, language)
        return 0
    if problems:
        say(problem_lines(problems, language, terminal_width()), err=True)
    if not settings.quiet:
        _show(found, language)
    return 0


def _gone(client: str, loaded: Loaded, settings: Settings) -> str:
    """Return the code of a bundle that the workbooks no longer ask for, or nothing."""
    from generator import output  # noqa: PLC0415

    gone = output.removable(settings.out, loaded.codes)
    return next((code for code in gone if code.casefold() == client.casefold()), "")


def _document(found: Difference) -> dict[str, object]:
    return {
        "client": found.client,
        "status": found.status,
        "changes": [piece.document() for piece in found.pieces],
        "edited": list(found.edited),
        "unreadable": list(found.unreadable),
    }


def _show(found: Difference, language: str) -> None:
    """Print the pieces, coloured on a terminal, and one line of summary."""
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in _lines(found, language):
        colour = _COLOURS.get(line[4:5]) if line.startswith("    ") else None
        shown = visible(line)
        click.echo(click.style(shown, fg=colour) if colour and coloured else shown, color=coloured)


def _lines(found: Difference, language: str) -> Iterator[str]:
    if found.status == "created":
        yield from _briefly(found, language)
    else:
        for report, pieces in groupby(found.pieces, key=lambda piece: piece.report):
            yield f"{found.client}  {report}".rstrip()
            for piece in pieces:
                yield from _piece(piece, language)
    yield _summary(found, language)


def _briefly(found: Difference, language: str) -> Iterator[str]:
    """Tell what a new bundle will hold: pages by name, the rest by number; all of it would scroll by unread."""
    words = _WORDS[language]
    for report, pieces in groupby((piece for piece in found.pieces if piece.report), key=lambda piece: piece.report):
        listed = list(pieces)
        yield f"{found.client}  {report}"
        yield from (f"  + {words['page']} {piece.name}" for piece in listed if piece.what == "page")
        for what in ("query", "measure", "table", "visual"):
            yield f"  + {sum(piece.what == what for piece in listed)} x {words[what]}"


def _piece(piece: Piece, language: str) -> Iterator[str]:
    words = _WORDS[language]
    lost = "   let op: verdwijnt uit het rapport" if language == "nl" else "   mind: disappears from the report"
    where = f" ({piece.page})" if piece.page else ""
    yield f"  {_SIGNS[piece.kind]} {words[piece.what]} {piece.name}{where}{lost if piece.breaking else ''}"
    for what, old, new in piece.parts:
        if what == "look":
            yield f"      {words[what]}"
        elif piece.kind == "create":
            yield f"      {words[what]}: {new}"
        else:
            yield f"      {words[what]}: {old or '–'} → {new or '–'}"  # noqa: RUF001  the sign for nothing
    if piece.kind != "remove" or piece.what == "measure":
        yield from (f"    {line}" for line in piece.lines)


def _summary(found: Difference, language: str) -> str:
    if found.status == "unchanged" or not found.pieces:
        return f"{found.client}: geen wijzigingen." if language == "nl" else f"{found.client}: no changes."
    number = count(len(found.pieces), "wijziging", "wijzigingen", "change", "changes", language)
    verb = {"nl": {"created": "nieuw", "removed": "weg"}, "en": {"created": "new", "removed": "gone"}}[language]
    status = f", {verb[found.status]}" if found.status in verb else ""
    end = "Uitvoeren: bundel generate" if language == "nl" else "Carry it out: bundel generate"
    return f"{found.client}: {number}{status}. {end}" + (f" --client {found.client}" if not status else "")
