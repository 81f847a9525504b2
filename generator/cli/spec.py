"""``bundel new``, ``check`` and ``explain``: the workbook before anything is made of it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.make import templates_of
from generator.cli.options import Settings, shared, speak
from generator.cli.text import SEVERITY, count, in_order, problem_lines, say, say_json, tally, terminal_width, wrap
from generator.problems import Problem, Stop, messages
from generator.spec.headers import nearest
from generator.spec.records import OFFICE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.spec.marked import Marked
    from generator.spec.records import Spec

_WRONG_COMMAND = 2


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--example", is_flag=True, help="Schrijf een compleet werkend voorbeeldkantoor.")
@shared
def new(settings: Settings, file: Path | None, *, example: bool) -> int:
    """Maak een werkmap om in te vullen: keuzelijsten, uitleg bij elke kop en een voorbeeldrij."""
    from generator.spec.example import example_rows, first_rows  # noqa: PLC0415  openpyxl takes a while
    from generator.spec.example_logos import example_logos  # noqa: PLC0415
    from generator.spec.writer import write_workbook  # noqa: PLC0415

    language = speak(settings)
    file = file or (settings.specs if settings.specs.suffix == ".xlsx" else settings.specs / "kantoor.xlsx")
    rows = example_rows(language) if example else first_rows(language)
    _write_new(file, write_workbook(language, rows), language)
    for name, picture in example_logos().items() if example else ():
        _write_beside(file.with_name(name), picture)
    clients, divisions = len(rows["clients"]), len(rows["divisions"])
    if settings.json:
        say_json({"file": file.as_posix(), "clients": clients, "divisions": divisions}, (), language)
    elif not settings.quiet:
        say(_welcome(file, clients, divisions, language, example=example))
    return 0


def _write_new(file: Path, content: bytes, language: str) -> None:
    """Write a file that is not there yet."""
    if file.suffix.casefold() != ".xlsx":
        nl, en = f"{file}: de naam moet op .xlsx eindigen.", f"{file}: the name must end in .xlsx."
        raise click.UsageError(nl if language == "nl" else en)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as target:
            target.write(content)
    except FileExistsError:
        nl = f"{file} bestaat al en blijft zoals zij is. Kies een andere naam, of verplaats die werkmap eerst."
        en = f"{file} exists already and stays as it is. Choose another name, or move that workbook first."
        raise click.UsageError(nl if language == "nl" else en) from None
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None


def _write_beside(file: Path, content: bytes) -> None:
    """Write a file that the example names; one of that name is the user's own, and does as well."""
    try:
        with file.open("xb") as target:
            target.write(content)
    except FileExistsError:
        pass
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from error


def _welcome(file: Path, clients: int, divisions: int, language: str, *, example: bool) -> list[str]:
    specs = f" --specs {_quoted(file)}" if file.parent != Path("report_specs") else ""
    if example:
        size = _size(clients, divisions, language)
        ready, then = ("klaar om te proberen", "Volgende stap") if language == "nl" else ("ready to try", "Next step")
        return [f"{file}: {size}, {ready}.", f"{then}: bundel generate{specs}"]
    if language == "nl":
        return [
            f"{file}: een werkmap om in te vullen, met uitleg bij elke kop.",
            f"Volgende stap: vul haar in, dan bundel check{specs}",
        ]
    return [
        f"{file}: a workbook to fill in, with help on each header.",
        f"Next step: fill it in, then bundel check{specs}",
    ]


def _size(clients: int, divisions: int, language: str) -> str:
    parts = (
        count(clients, "klant", "klanten", "client", "clients", language),
        count(divisions, "administratie", "administraties", "division", "divisions", language),
    )
    return ", ".join(parts)


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


@click.command()
@click.option(
    "--marked",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Map voor een gemarkeerde kopie van elke werkmap met problemen.",
)
@shared
def check(settings: Settings, marked: Path | None) -> int:
    """Lees de werkmappen en meld elk probleem met zijn cel."""
    spec, problems, files = _read(settings)
    language = speak(settings, spec.office.language if spec.office else None)
    problems = _of_clients(settings, spec, problems)
    copies, failed = _mark(settings, marked, problems, language) if marked else ((), ())
    problems += failed
    if settings.json:
        document = {"files": files, "clients": len(spec.clients), "divisions": len(spec.divisions)}
        say_json(document | {"marked": [copy.as_posix() for copy in copies]}, problems, language)
    elif problems:
        say(problem_lines(problems, language, terminal_width()))
        if not settings.quiet:
            say(_summary(problems, files, copies, language))
    elif not settings.quiet:
        say(_all_well(settings, spec, files, language))
    return int(any(problem.is_error for problem in problems))


def _read(settings: Settings) -> tuple[Spec, tuple[Problem, ...], int]:
    """Return the spec, all its problems and the number of workbooks."""
    from generator import pipeline  # noqa: PLC0415  the help needs none of it
    from generator.spec.workbook import workbooks  # noqa: PLC0415

    files = workbooks(settings.specs)
    if not settings.specs.exists() or not files:
        raise Stop([Problem("B007", None, {"path": settings.specs.as_posix()})], _WRONG_COMMAND)
    loaded = pipeline.load(settings.specs, templates_of(settings))
    return loaded.spec, loaded.problems, len(files)


def _of_clients(settings: Settings, spec: Spec, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems of the clients asked for, with those of the files and the office."""
    known = {client.code.casefold() for client in spec.clients} | {OFFICE}
    known |= {dropped.texts.get("code", "").casefold() for dropped in spec.dropped if dropped.sheet == "clients"}
    for code in settings.clients:
        if code.casefold() not in known:
            raise Stop([Problem("B029", None, {"value": code, "nearest": nearest(code, known)})], _WRONG_COMMAND)
    asked = {code.casefold() for code in settings.clients} | {""}
    return tuple(problem for problem in problems if not settings.clients or problem.client.casefold() in asked)


def _mark(settings: Settings, marked: Path, problems: Sequence[Problem], language: str) -> Marked:
    from generator.spec.marked import write_marked  # noqa: PLC0415  openpyxl takes a while

    folder = settings.specs if settings.specs.is_dir() else settings.specs.parent
    if marked.resolve() == folder.resolve():
        nl, en = "kies voor --marked een andere map dan die van de werkmappen.", "choose another folder for --marked."
        raise click.UsageError(nl if language == "nl" else en)
    return write_marked(settings.specs, marked, problems, language)


def _summary(problems: Sequence[Problem], files: int, copies: Sequence[Path], language: str) -> str:
    code = next((problem.code for problem in in_order(problems) if problem.is_error), problems[0].code)
    more, copy = ("Uitleg", "Gemarkeerde kopie") if language == "nl" else ("More", "Marked copy")
    where = ", ".join(map(str, copies)) or "bundel check --marked nakijken"
    total = f"{tally(in_order(problems), language)} in {_books(files, language)}."
    return f"{total} {more}: bundel explain {code}. {copy}: {where}"


def _books(number: int, language: str) -> str:
    return count(number, "werkmap", "werkmappen", "workbook", "workbooks", language)


def _all_well(settings: Settings, spec: Spec, files: int, language: str) -> list[str]:
    size = _size(len(spec.clients), len(spec.divisions), language)
    books = _books(files, language)
    specs = f" --specs {_quoted(settings.specs)}" if settings.specs != Path("report_specs") else ""
    if language == "nl":
        return [f"{size} in {books}: geen problemen.", f"Volgende stap: bundel generate{specs}"]
    return [f"{size} in {books}: no problems.", f"Next step: bundel generate{specs}"]


class _Blank(dict[str, str]):
    """Stands for the values of a message that is explained, not reported."""

    def __missing__(self, key: str) -> str:
        return "…"


@click.command()
@click.argument("code", required=False)
@shared
def explain(settings: Settings, code: str | None) -> int:
    """Leg een code van een probleem uit; zonder code: noem ze alle."""
    language = speak(settings)
    known = messages()
    wanted = code.strip().upper() if code else ""
    if wanted and wanted not in known:
        like = ", ".join(get_close_matches(wanted, known, n=3, cutoff=0.5))
        nl = f"{code} is geen code van een probleem. Lijkt op: {like or '-'}. Alle codes: bundel explain"
        en = f"{code} is not the code of a problem. Similar: {like or '-'}. All codes: bundel explain"
        raise click.UsageError(nl if language == "nl" else en)
    listed = [wanted] if wanted else sorted(known)
    explained = [_explained(each, language) for each in listed]
    if settings.json:
        say_json(explained[0] if wanted else {"codes": explained}, (), language)
    elif wanted:
        say(_explanation(explained[0], language))
    else:
        say(f"{each['code']} {SEVERITY[language][each['severity']]}: {each['message']}" for each in explained)
    return 0


def _explained(code: str, language: str) -> dict[str, str]:
    entry = messages()[code]
    parts = {part: entry[f"{part}_{language}"].format_map(_Blank()) for part in ("message", "hint", "why")}
    return {"code": code, "severity": entry["severity"]} | parts


def _explanation(explained: dict[str, str], language: str) -> list[str]:
    heads = ("Waarom", "Wat te doen") if language == "nl" else ("Why", "What to do")
    lines = [f"{explained['code']} {SEVERITY[language][explained['severity']]}: {explained['message']}"]
    for head, part in zip(heads, ("why", "hint"), strict=True):
        if explained[part]:
            lines += ["", head, *wrap(f"  {explained[part]}", "  ", terminal_width() or 100)]
    return lines
