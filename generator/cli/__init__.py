"""The command line: arguments in, text and an exit code out."""

from __future__ import annotations

import importlib
import io
import sys
from typing import TYPE_CHECKING

import click

from generator import __version__
from generator.cli.options import current, spoken, system_language
from generator.problems import Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

# Command → its module, imported when the command runs, and what ``bundel --help`` says of it.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "new": ("spec", "Maak een werkmap om in te vullen.", "Make a workbook to fill in."),
    "check": ("spec", "Lees de werkmappen en meld elk probleem.", "Read the workbooks and report every problem."),
    "explain": ("spec", "Leg een code van een probleem uit.", "Explain the code of a problem."),
    "generate": ("make", "Maak de bundels.", "Make the bundles."),
    "plan": ("plan", "Toon wat generate zou wijzigen.", "Show what generate would change."),
    "diff": ("diff", "Toon de wijziging van een bundel.", "Show the change of a bundle."),
    "sandbox": ("sandbox", "Dien verzonnen databases op om te proberen.", "Serve made-up databases to try."),
    "probe": ("probe", "Vraag elke database of alles er is.", "Ask each database whether all is there."),
    "publish": ("publish", "Publiceer in Power BI web.", "Publish to Power BI web."),
    "rebind": ("publish", "Geef gepubliceerde rapporten hun nieuwe URL.", "Give published reports their new URL."),
    "status": ("status", "Toon wat gepubliceerd is en wat afwijkt.", "Show what is published and what differs."),
    "retire": ("status", "Haal een klant weg.", "Take a client down."),
    "preview": ("preview", "Teken de pagina's met voorbeeldcijfers.", "Draw the pages with sample figures."),
    "adopt": ("adopt", "Maak een sjabloon van een rapport uit Desktop.", "Make a template of a report of Desktop."),
    "doctor": ("doctor", "Controleer de installatie.", "Check the installation."),
}
_STOPPED = 130


class _Commands(click.Group):
    """The commands, each imported when it is used: the help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002  click's own signature
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"generator.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        index = 1 if system_language() == "nl" else 2
        with formatter.section("Commands"):
            formatter.write_dl([(name, texts[index]) for name, texts in COMMANDS.items()])


@click.group(
    name="bundel",
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Power BI-bundels voor elke klant van een kantoor. / Power BI bundles for every client of an office.",
    epilog="Begin met / Start with: bundel new kantoor.xlsx --example",
)
@click.version_option(__version__, prog_name="bundel", message="%(prog)s %(version)s")
def bundel() -> None:
    """Hold the commands together."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code; every way to end passes here."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: never a traceback, unless ``--verbose`` asks for it."""
    try:
        return int(bundel.main(args=arguments, prog_name="bundel", standalone_mode=False) or 0)
    except Stop as stop:
        _report(stop.problems)
        return stop.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as wrong:
        wrong.show()
        if "--json" in (sys.argv[1:] if arguments is None else arguments):
            _report([Problem("B088", None, {"error": wrong.format_message()})], as_json=True)
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Gestopt." if spoken() == "nl" else "Stopped.", err=True)
        return _STOPPED
    except Exception as error:  # the last resort: a plain sentence in place of a traceback
        settings = current()
        if settings and settings.verbose:
            raise
        _report([Problem("B089", None, {"error": f"{type(error).__name__}: {error}"})])
        return 1


def _report(problems: Sequence[Problem], *, as_json: bool = False) -> None:
    from generator.cli import text  # noqa: PLC0415  not needed for a run that ends well

    settings = current()
    if as_json or (settings and settings.json):
        text.say_json({}, problems, spoken())
    else:
        text.say(text.problem_lines(problems, spoken(), text.terminal_width()), err=True)
        if len(problems) > 1:
            nothing = "Er is niets geschreven." if spoken() == "nl" else "Nothing was written."
            text.say(f"{text.tally(problems, spoken())}. {nothing}", err=True)
