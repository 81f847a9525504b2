"""What a person does by hand for a client: ``setup.md`` with the client's values, and the ``use`` statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.build.m import SYNTAX
from generator.problems import Cell, Problem, Stop
from generator.shared import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

REDIRECT_URL = "https://cloud.invantive.com/app/setup/databases/new/exactonline/token"
"""Where Exact Online sends a user back to; Invantive's forum, topic 1866."""

# What Markdown reads as markup inside a line: code, emphasis, links, tags, cells, and an ampersand before an entity.
_MARKDOWN = re.compile(r"[\\`*\[\]<>|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;)")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class _Markdown(str):
    """Markdown that stands as it is."""

    __slots__ = ()


def startup_sql(client: Client) -> str:
    """Return the statement for *On Startup SQL*: which divisions the database delivers (Invantive's forum, 2501)."""
    return "use " + ", ".join(f"{division.code}@{client.alias}" for division in client.divisions)


def setup(client: Client, catalogue: Catalogue) -> str:
    """Return the set-up sheet in the client's language; whatever a cell holds is text in it, never markup."""
    try:
        template = _template(catalogue.setup[client.language])
        rendered = template.render(client=client, url=client.url, redirect=REDIRECT_URL, sql=startup_sql(client))
    except jinja2.TemplateError as error:
        path = f"setup/{client.language}.md"
        raise Stop([Problem("B122", Cell(path), {"path": path, "reason": str(error)})]) from error
    return re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"


def _escaped(value: Any) -> _Markdown:  # noqa: ANN401  whatever a template prints
    if isinstance(value, _Markdown):
        return value
    return _Markdown(_MARKDOWN.sub(r"\\\g<0>", _UNSEEN.sub(" ", str(value))))


def _code(value: str) -> _Markdown:
    """Return a value as a code span, fenced by more back-ticks than it holds; a pipe in it would end a table's cell."""
    plain = _UNSEEN.sub(" ", value).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    return _Markdown(f"{fence} {plain} {fence}" if "`" in plain else f"{fence}{plain}{fence}")


def _joined(values: Iterable[object], separator: str) -> _Markdown:
    return _Markdown(separator.join(_escaped(value) for value in values))


@remembered(16)
def _template(text: str) -> jinja2.Template:
    return _environment().from_string(text)


@remembered(1)
def _environment() -> jinja2.Environment:
    env = ImmutableSandboxedEnvironment(finalize=_escaped, **SYNTAX)
    env.globals.clear()
    env.filters = {"code": _code, "join": _joined, "raw_sql": _Markdown}
    return env
