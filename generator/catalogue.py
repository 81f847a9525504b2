"""The templates: which tables, measures, pages and reports exist, loaded once and checked for shape.

Everything here is data of ``templates/``; a folder of the user's own lies over the packaged one, file by file.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.problems import Cell, Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

Position = tuple[int, int, int, int]
"""x, y, width and height in pixels on a page of 1280×720."""

_FIELD = re.compile(r"(?P<table>[^\[\]]+)\[(?P<column>[^\[\]]+)\]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model table; see the head of ``tables.toml``."""

    name: str
    type: str
    source: str | None = None
    needs: tuple[str, ...] = ()
    optional: bool = False
    key: bool = False
    hidden: bool = False
    sort_by: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the model; ``source`` is the query that its direct columns come from."""

    name: str
    columns: Mapping[str, Column]
    source: str | None = None
    uses: tuple[str, ...] = ()
    scope: str = ""
    check: bool = False
    date: str | None = None
    measures: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """Many to one: rows of ``from_`` look up their one row in ``to``; each is (table, column)."""

    from_: tuple[str, str]
    to: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of the platform: its fast and bulk entity sets, and whose column list holds for both."""

    name: str
    fast: str
    bulk: str | None = None
    columns_of: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A query that reads one entity set; ``always`` are its columns for keys, joins and filters."""

    name: str
    entity: str
    always: tuple[str, ...] = ()
    unfiltered: bool = False
    year: str | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its formula, placeholders still in it; ``format`` is a Power BI format string."""

    name: str
    dax: str
    format: str = ""
    folder: str = ""
    descriptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A report line; a subtotal ``adds`` base lines."""

    name: str
    statement: str
    sign: int
    adds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visual:
    """A visual on a page, from a template or from the workbook (then ``caption`` is its literal title).

    ``category`` and ``series`` are columns as ``Table[Column]``, ``values`` measures; in ``tableEx`` the category
    columns come first. ``title``, ``subtitle``, ``text`` and ``alt`` are keys of the language file.
    """

    name: str
    kind: str
    style: str | None = None
    at: Position | None = None
    strip: int | None = None
    title: str | None = None
    caption: str | None = None
    subtitle: str | None = None
    text: str | None = None
    alt: str | None = None
    category: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    series: str | None = None
    colours: tuple[str, ...] = ()
    captions: Mapping[str, str] = field(default_factory=dict)
    colour: str | None = None
    compare: tuple[str, ...] = ()
    sign_colours: tuple[str, ...] = ()
    background: str | None = None
    widths: Mapping[str, int] = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    filters: tuple[Mapping[str, Any], ...] = ()
    not_blank: str | None = None
    totals: bool = False
    single: bool = False
    single_when: str | None = None
    default: str | None = None
    default_when_single: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page; with ``drill_through`` it is hidden and opened from a row of another page."""

    name: str
    visuals: tuple[Visual, ...] = ()
    drill_through: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report; ``scope`` says whom it is for (client or office), ``fact`` which table holds the amounts."""

    name: str
    scope: str
    fact: str
    pages: tuple[str, ...]
    default: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of a language: ``sections`` maps report, page, line and text to their keys."""

    code: str
    culture: str
    months: tuple[str, ...]
    quarter: str
    until: str
    sections: Mapping[str, Mapping[str, str]]

    def text(self, key: str) -> str:
        """Return a text of the section ``text``."""
        return self.sections["text"][key]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All templates of a platform; compared by identity, since it is loaded once."""

    platform: Mapping[str, Any]
    entities: Mapping[str, Entity]
    known_columns: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Source]
    tables: Mapping[str, Table]
    relationships: tuple[Relationship, ...]
    measures: Mapping[str, Measure]
    lines: Mapping[str, Line]
    pages: Mapping[str, Page]
    reports: Mapping[str, Report]
    languages: Mapping[str, Language]
    queries: Mapping[str, str]
    visuals: Mapping[str, Mapping[str, Any]]
    themes: Mapping[str, Mapping[str, Any]]
    setup: Mapping[str, str]


def split_field(text: str) -> tuple[str, str] | None:
    """Return table and column of ``Table[Column]`` or ``'Table'[Column]``, or None."""
    match = _FIELD.fullmatch(text.strip())
    return (match["table"].strip().strip("'"), match["column"].strip()) if match else None


def packaged() -> Path:
    """Return the folder of the packaged templates: inside the wheel, else at the top of the repository."""
    inside = Path(__file__).parent / "_templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"


@cache
def load(own: Path | None = None) -> Catalogue:
    """Read the templates, the user's own files over the packaged ones; raise ``Stop`` with every broken file named."""
    return _Reader(_overlay(packaged(), own)).catalogue()


def _overlay(*folders: Path | None) -> dict[str, Path]:
    """Map each path inside the templates to its file; a later folder wins."""
    return {
        path.relative_to(folder).as_posix(): path
        for folder in folders
        if folder is not None
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


class _Reader:
    """Read files into records; a file that can't be read, or a key that does not exist, is a problem of that file."""

    def __init__(self, files: Mapping[str, Path], platform: str = "exact_online") -> None:
        self.files = files
        self.platform = platform

    def catalogue(self) -> Catalogue:
        source = self.toml("source.toml")
        tables = self.toml("tables.toml")
        return Catalogue(
            platform=source,
            entities={name: self.record(Entity, "source.toml", name, row) for name, row in source["entities"].items()},
            known_columns=json.loads(self.text("entities.json")),
            sources={name: self.record(Source, "source.toml", name, row) for name, row in source["sources"].items()},
            tables={name: self.table(name, row) for name, row in tables.items() if name != "relationship"},
            relationships=tuple(self.relationship(row) for row in tables["relationship"]),
            measures=self.measures(source["constants"]),
            lines={row["name"]: self.record(Line, "lines.toml", row["name"], row) for row in self.toml("lines.toml")["line"]},
            pages={name: self.page(name) for name in self.names("pages", ".toml")},
            reports={
                name: self.record(Report, "reports.toml", name, row) for name, row in self.toml("reports.toml").items()
            },
            languages={name: self.language(name) for name in self.names("texts", ".toml")},
            queries={
                path.removeprefix(f"{self.platform}/queries/"): self.text(path.removeprefix(f"{self.platform}/"))
                for path in self.files
                if path.startswith(f"{self.platform}/queries/") and path.endswith(".pq")
            },
            visuals=self.documents("visuals"),
            themes=self.documents("themes"),
            setup={name: self.text(f"setup/{name}.md") for name in self.names("setup", ".md")},
        )

    def names(self, folder: str, suffix: str) -> list[str]:
        prefix = f"{self.platform}/{folder}/"
        paths = (path.removeprefix(prefix) for path in self.files if path.startswith(prefix) and path.endswith(suffix))
        return [path.removesuffix(suffix) for path in paths if "/" not in path]

    def text(self, path: str) -> str:
        return self.read(f"{self.platform}/{path}")

    def read(self, path: str) -> str:
        if path not in self.files:
            raise self.stop("B090", path)
        try:
            return self.files[path].read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.stop("B091", path, reason=str(error)) from error

    def toml(self, path: str) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text(path))
        except tomllib.TOMLDecodeError as error:
            raise self.stop("B091", path, reason=str(error)) from error

    def documents(self, folder: str) -> dict[str, Any]:
        prefix = f"{folder}/"
        found = (path for path in self.files if path.startswith(prefix) and path.endswith(".json"))
        return {path.removeprefix(prefix).removesuffix(".json"): self.json(path) for path in found}

    def json(self, path: str) -> Any:  # noqa: ANN401  a JSON document
        try:
            return json.loads(self.read(path))
        except json.JSONDecodeError as error:
            raise self.stop("B091", path, reason=str(error)) from error

    def record(self, kind: type, path: str, name: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401  an instance of kind
        allowed = {item.name for item in fields(kind)}
        for key in row:
            if key not in allowed:
                raise self.stop("B092", path, place=name, key=key)
        try:
            values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
            return kind(**({"name": name, **values} if "name" in allowed else values))
        except TypeError as error:  # a required key is missing
            raise self.stop("B091", path, reason=f"{name}: {error}") from error

    def table(self, name: str, row: Mapping[str, Any]) -> Table:
        rest = {("source" if key == "from" else key): value for key, value in row.items() if key != "columns"}
        columns = {key: self.record(Column, "tables.toml", key, value) for key, value in row["columns"].items()}
        table: Table = self.record(Table, "tables.toml", name, {**rest, "columns": columns})
        return table

    def relationship(self, row: Mapping[str, str]) -> Relationship:
        ends = [split_field(row.get(key, "")) for key in ("from", "to")]
        if ends[0] is None or ends[1] is None:
            raise self.stop("B091", "tables.toml", reason=f"relationship {dict(row)}")
        return Relationship(ends[0], ends[1])

    def measures(self, constants: Mapping[str, Any]) -> dict[str, Measure]:
        document = self.toml("measures.toml")
        return {measure.name: measure for measure in expand_measures(document, constants)}

    def page(self, name: str) -> Page:
        row = self.toml(f"pages/{name}.toml")
        parts = [f"pages/lib/{part}.toml" for part in row.get("include", [])]
        shared = [visual for part in parts for visual in self.toml(part).get("visual", [])]
        visuals = tuple(
            self.record(Visual, f"pages/{name}.toml", str(visual.get("name")), visual)
            for visual in [*shared, *row.pop("visual", [])]
        )
        page: Page = self.record(Page, f"pages/{name}.toml", name, {**row, "visuals": visuals})
        return page

    def language(self, code: str) -> Language:
        row = self.toml(f"texts/{code}.toml")
        sections = {key: value for key, value in row.items() if isinstance(value, dict)}
        rest = {key: value for key, value in row.items() if key not in sections}
        language: Language = self.record(Language, f"texts/{code}.toml", code, {**rest, "code": code, "sections": sections})
        return language

    @staticmethod
    def stop(code: str, path: str, **values: str) -> Stop:
        return Stop([Problem(code, Cell(path), {"path": path, **values})])


def expand_measures(document: Mapping[str, Any], constants: Mapping[str, Any]) -> list[Measure]:
    """Return the measures of ``measures.toml`` and the variants that each of them names, constants filled in."""
    filled = {key: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in constants.items()}
    measures = []
    for name, row in document["measure"].items():
        measures.append(_measure(name, row, document, filled))
        for key in document["groups"][row["variants"]] if "variants" in row else ():
            measures.append(_variant(name, row, document["variant"][key], document))
    return measures


def _measure(name: str, row: Mapping[str, Any], document: Mapping[str, Any], constants: Mapping[str, str]) -> Measure:
    dax = row["dax"].strip()
    for key, value in constants.items():
        dax = dax.replace(f"<<{key}>>", value)
    return Measure(name, dax, document["formats"].get(row.get("format"), ""), row["folder"], _descriptions(row))


def _variant(name: str, row: Mapping[str, Any], variant: Mapping[str, Any], document: Mapping[str, Any]) -> Measure:
    base = row.get("format", "")
    key = variant.get("format", base)
    pattern = document["change_formats"][base] if key == "change" else document["formats"].get(key, "")
    described = {code: f"{name}: {text[0].lower()}{text[1:]}" for code, text in _descriptions(variant).items()}
    return Measure(
        f"{name} {variant['suffix']}", variant["dax"].strip().replace("<<x>>", name), pattern, row["folder"], described,
    )


def _descriptions(row: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in row.items() if len(key) == len("nl")}
