"""A bundle's preview: one page for the browser with every page of its reports, and a small picture of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from generator import __version__
from generator.preview import pbir
from generator.preview.query import Query
from generator.preview.scene import Scene
from generator.preview.sheet import sheet
from generator.preview.thumbnail import picture
from generator.preview.words import WORDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from generator.preview.figures import Figures


@dataclass(frozen=True, slots=True)
class Source:
    """A report to draw: its title, the files of its report folder, and figures where there are any."""

    title: str
    files: Mapping[str, bytes]
    figures: Figures | None
    language: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page, drawn: ``missing`` are its measures without a figure, each with the reason."""

    id: str
    report: str
    title: str
    hidden: bool
    html: Markup
    thumbnail: str
    missing: tuple[tuple[str, str], ...] = ()
    width: float = 1280
    height: float = 720


def draw(sources: Sequence[Source]) -> list[Sheet]:
    """Draw every page of a client's reports."""
    found = []
    for number, source in enumerate(sources, 1):
        report = pbir.read(source.files)
        ids = {page.name: f"r{number}p{place}" for place, page in enumerate(report.pages, 1)}
        found += [_page(source, report, page, ids) for page in report.pages]
    return found


def _page(source: Source, report: pbir.Report, page: pbir.Page, ids: Mapping[str, str]) -> Sheet:
    figures = source.figures
    if figures:
        figures.asked.clear()
    query = Query(figures, report, page) if figures else None
    scene = Scene(report, page, query, source.language, ids)
    html = sheet(scene)
    thumbnail = picture(scene)
    lost = sorted(figures.asked & figures.missing.keys()) if figures else ()
    missing = tuple((name, figures.missing[name]) for name in lost) if figures else ()
    return Sheet(
        ids[page.name], source.title, page.title, page.hidden, html, thumbnail, missing, page.width, page.height
    )


@dataclass(frozen=True, slots=True)
class Head:
    """Whose pages these are; ``why`` tells why they have no figures, where they have none."""

    name: str
    language: str
    day: dt.date
    why: str = ""
    note: str = ""


def render(head: Head, sheets: Sequence[Sheet]) -> str:
    """Return the whole page of a bundle."""
    words = WORDS[head.language]
    return template("bundle.html").render(
        head=head, pages=sheets, t=words, figures=not head.why, css=asset("bundle.css"),
        script=asset("bundle.js"), reports=len({each.report for each in sheets}),
        footer=words["footer"].format(version=__version__, day=f"{head.day:%d-%m-%Y}"),
    )  # fmt: skip


@cache
def template(name: str) -> jinja2.Template:
    """Return a page's template: every value in it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template(name)


@cache
def asset(name: str) -> Markup:
    """Return a style sheet or script of ours, as it stands in the page."""
    return Markup(_text(name))  # noqa: S704  our own files


def _text(name: str) -> str:
    return files(__package__).joinpath("web", name).read_text("utf-8")
