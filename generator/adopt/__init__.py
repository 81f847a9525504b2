"""A report designed in Power BI Desktop becomes a template for every client: read, bound, cleaned, written out.

Nothing of the designing client may stay in it. What can be replaced by a value of each client is; what is left is a
problem with its place, and then nothing is written.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from generator.adopt import belongings, own, package, pages, project, queries, reach, sources, syntax, texts, write
from generator.adopt import model as models
from generator.adopt.traces import Traces, traces_of
from generator.build.report import theme_file
from generator.problems import Cell, Problem, Stop
from generator.resolve import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from generator.adopt.model import Model
    from generator.adopt.package import Package
    from generator.adopt.pages import Designed
    from generator.adopt.sources import Bound
    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

_EMAIL = re.compile(r"(?<![\w.])[\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)+")
_SHOWN = 5
_NEUTRAL = {
    "client_name": "klant",
    "division_names": "administratie",
    "division_codes": "administratie",
    "alias": "eol",
}
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".bmp", ".webp")
_PATH = re.compile(r"\b[A-Za-z]:\\[^\s\"]+|\\\\\w[^\s\"]+|/(?:Users|home)/[^\s\"]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a name for the template, the designing client where known, and sources that may stay.

    ``clients`` are those of the workbook, by which the designing client is found from the address in the file;
    ``also`` are other words for its name.
    """

    name: str
    catalogue: Catalogue
    client: Client | None = None
    clients: tuple[Client, ...] = ()
    allowed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adopted:
    """A template, made in memory: its files, and what was found, changed and left behind, in names."""

    files: Mapping[str, bytes]
    title: str
    client: str = ""
    pages: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def adopt(path: Path, request: Request) -> Adopted:
    """Return the template of a file; raise ``Stop`` with everything that keeps it from being one."""
    found = package.read(path) if path.is_file() and path.suffix.lower() != ".pbip" else project.read(path)
    try:
        return _Adoption(found, request).done(path)
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise package.stop("B506", found.name, part=package.MODEL, reason=reason[:120]) from error


def _some(values: list[str]) -> str:
    return ", ".join(values[:_SHOWN]) + (" …" if len(values) > _SHOWN else "")


class _Adoption:
    """One file on its way to a template."""

    def __init__(self, found: Package, request: Request) -> None:
        self.package, self.request = found, request
        self.model: Model = models.take_apart(found.name, found.database)
        self.designed: Designed = pages.take_apart(found)
        self.problems: list[Problem] = []
        self.replaced: list[str] = []
        self.client = request.client or self.by_address()
        self.traces: Traces = traces_of(self.client, request.also)
        self.doubts: dict[str, str] = {}

    def problem(self, code: str, **values: str) -> None:
        self.problems.append(Problem(code, Cell(self.package.name), values))

    def by_address(self) -> Client | None:
        """Return the client of the workbook whose address stands in a query of the file."""
        whole = "\n".join(self.model.queries.values()).casefold()
        found = [client for client in self.request.clients if client.url.casefold() in whole]
        return found[0] if len(found) == 1 else None

    def done(self, path: Path) -> Adopted:
        """Return the template; raise ``Stop`` where something stays that must not."""
        self.readable()
        renewed = own.recognised(self.model.queries, self.client, self.request.catalogue)
        self.guards(renewed)
        self.designed, gone = belongings.without(self.designed, self.client)
        self.model.dropped += gone
        bound = sources.bind(self.model.queries, frozenset(c.url for c in self.request.clients if c.url))
        kept = self.queries(bound, renewed)
        holding = reach.tables(self.model.tables, bound.queries, renewed)
        self.judge_sources(bound, renewed)
        self.mark()
        self.sweep(kept)
        self.remarks(kept)
        if any(problem.is_error for problem in self.problems):
            raise Stop(dict.fromkeys(self.problems))
        head = self.head(path, renewed, holding)
        made = write.files(self.model, self.designed, head, kept)
        return self.summary(made, bound, kept, renewed)

    def readable(self) -> None:
        """Raise ``Stop`` where a query can't be read: then nothing about it is known."""
        for name, source in self.model.queries.items():
            parsed = syntax.read(source)
            if isinstance(parsed, int):
                self.problem("B510", query=name, rest=source[parsed : parsed + 30])
        if self.problems:
            raise Stop(self.problems)

    def guards(self, renewed: frozenset[str]) -> None:
        """Take out what guards a client's figures, unless it is Bundel's own as it was: it is made anew for each."""
        gone = own.RENEWED - renewed
        known = self.request.catalogue.tables
        for table in self.model.tables:
            mine = known[table["name"]].columns.keys() if table["name"] in gone else ()
            if table["name"] in gone and {column["name"] for column in table.get("columns", ())} - set(mine):
                self.problem("B526", name=table["name"])
        self.model.dropped += [f"model: {name}" for name in sorted(gone & self.model.queries.keys())]
        inner = self.model.database["model"]
        self.model.tables = [table for table in self.model.tables if table["name"] not in gone]
        self.model.expressions = [each for each in self.model.expressions if each["name"] not in gone]
        for name in gone & self.model.queries.keys():
            del self.model.queries[name]
        if "relationships" in inner:
            inner["relationships"] = [
                row for row in inner["relationships"] if not {row["fromTable"], row["toTable"]} & gone
            ]

    def queries(self, bound: Bound, renewed: frozenset[str]) -> dict[str, str]:
        """Return the queries that are kept as templates of M, and leave the others out of the model's expressions."""
        parameters = queries.division_parameters(bound.queries)
        kept = {
            name: queries.template(source, self.traces, parameters)
            for name, source in bound.queries.items()
            if name not in renewed
        }
        self.replaced += [f"query {name}" for name, source in kept.items() if "<<" in source]
        for name in parameters:
            used = any(name in sources.named(source) for other, source in kept.items() if other != name)
            if not used and kept.pop(name, None) is not None:
                self.replaced.append(f"parameter {name}")
        names = kept.keys() | renewed
        self.model.expressions = [each for each in self.model.expressions if each["name"] in names]
        return kept

    def judge_sources(self, bound: Bound, renewed: frozenset[str]) -> None:
        """Note every other source that is not allowed, and passwords in queries."""
        allowed = {name.casefold() for name in self.request.allowed}
        for source in bound.unknown:
            known = {"*", source.function.casefold(), source.target.casefold()} & allowed
            if source.query not in renewed and not known:
                values = {"function": source.function, "target": source.target or "…", "query": source.query}
                self.problem("B511", **values)
        for name, query in bound.queries.items():
            for field_ in queries.secrets(query):
                self.problem("B513", query=name, field=field_)
            for code in () if self.client else dict.fromkeys(queries.suspects(query)):
                self.problem("B523", value=code, place=f"query {name}")

    def mark(self) -> None:
        """Mark the designing client's values in model and pages."""
        for name in ("database", "tables", "expressions"):
            old = getattr(self.model, name)
            new = models.marked(old, self.traces)
            setattr(self.model, name, new)
            self.replaced += [] if old == new else [f"model: {name}"]
        documents = pages.marked(self.designed.documents, self.traces)
        before = self.designed
        changed = [path for path, content in documents.items() if content != before.documents[path]]
        self.replaced += dict.fromkeys(pages.called(path, before.pages) for path in changed)
        self.designed = pages.Designed(documents, self.designed.resources, self.designed.pages)

    def sweep(self, kept: Mapping[str, str]) -> None:
        """Note every value of the designing client that is still there, wherever it is."""
        for place, text in self.everything(kept):
            value = self.traces.left_in(text)
            if value:
                self.problem("B512", value=value, place=place)

    def everything(self, kept: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield every text of the template with its place."""
        for name, source in kept.items():
            yield f"query {name}", f"{name}\n{source}"
        for part in (self.model.database, self.model.tables, self.model.expressions):
            yield from ((" / ".join(way[-3:]) or "model", text) for way, text in texts.strings(part))
        yield from pages.places(self.designed.documents, self.designed.pages)
        for path, data in self.designed.resources.items():
            yield path, path
            if path.lower().endswith((".json", ".svg", ".xml", ".txt", ".js", ".css")):
                yield path, data.decode("utf-8", "replace")

    def remarks(self, kept: Mapping[str, str]) -> None:
        """Note what a person should look at: empty parameters, pictures, values chosen by hand, an unknown client."""
        empty = reach.empty_parameters(kept)
        if empty:
            self.problem("B519", name=", ".join(empty), first=empty[0])
        if self.client is None:
            self.problem("B522")
        for path in self.designed.resources:
            if path.lower().endswith(_PICTURES) and "/StaticResources/RegisteredResources/" in path:
                self.problem("B524", name=path.rpartition("/")[2])
        told = [f"{place} ({_some(values)})" for place, values in pages.chosen(self.designed, self.common_words())]
        if told:
            self.problem("B520", value="; ".join(told))
        self.remarks_on_texts(kept)

    def common_words(self) -> frozenset[str]:
        """Return the texts that Bundel's own reports filter on: they are the same for every client."""
        known = self.request.catalogue
        sections = (section for language in known.languages.values() for section in language.sections.values())
        return frozenset({*known.lines, "W", "B", "A", "P"}.union(*(section.values() for section in sections)))

    def remarks_on_texts(self, kept: Mapping[str, str]) -> None:
        """Note e-mail addresses, paths of a computer, and words that look like the client's name."""
        found: dict[str, str] = {}
        for place, text in self.everything(kept):
            if place.startswith("Report/CustomVisuals/"):
                continue  # the makers of a visual, not those of the report
            for word in self.traces.doubtful.findall(text):
                self.doubts.setdefault(word, place)
            for pattern in (_EMAIL, _PATH):
                match = pattern.search(text) if len(text) < 100_000 else None  # noqa: PLR2004  a text, not a picture
                if match:
                    found.setdefault(match.group(), place)
        for value, place in list(found.items())[:20]:
            self.problem("B521", value=value, place=place)
        for value, place in self.doubts.items():
            self.problem("B525", value=value, place=place)

    def head(self, path: Path, renewed: frozenset[str], holding: Mapping[str, str]) -> dict[str, Any]:
        """Return what ``template.toml`` says."""
        titles = self.titles()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        return {
            "title": self.request.name.replace("-", " ").replace("_", " ").strip().capitalize(),
            "scope": "client",
            "version": self.package.version,
            "own": sorted(renewed),
            **({"theme": "client"} if self.follows_theme() else {}),
            "order": [table["name"] for table in self.model.tables],
            "dropped": sorted({self.traces.without(each) for each in (*self.package.dropped, *self.model.dropped)}),
            "replaced": sorted({self.traces.without(each) for each in self.replaced}),
            "origin": {
                "file": self.package.name if not self.traces.left_in(self.package.name) else "",
                "sha256": digest,
            },
            "page": [
                {"id": page.id, "title": titles[page.id], **({"hidden": True} if page.hidden else {})}
                for page in self.designed.pages
            ],
            "table": [{"name": name, "division": column} for name, column in sorted(holding.items())],
        }

    def follows_theme(self) -> bool:
        """Tell whether the design has one of Bundel's own themes, which each client then has of its own."""
        report = self.designed.documents.get(f"{pages.DEFINITION}report.json", {})
        name = report.get("themeCollection", {}).get("customTheme", {}).get("name", "")
        return any(name.startswith(f"{theme_file(each)}-") for each in self.request.catalogue.themes)

    def titles(self) -> dict[str, str]:
        """Return what each page is called on the sheets of the workbook: no name of a client is part of it."""
        made: dict[str, str] = {}
        for page in self.designed.pages:
            pieces = self.traces.pieces(page.title, codes=True)
            title = "".join(piece if isinstance(piece, str) else _NEUTRAL[piece.name] for piece in pieces)
            taken = {other.casefold() for other in made.values()}
            numbered = (title if number == 1 else f"{title} ({number})" for number in count(1))
            made[page.id] = next(each for each in numbered if each.casefold() not in taken)
        return made

    def summary(
        self, made: Mapping[str, bytes], bound: Bound, kept: Mapping[str, str], renewed: frozenset[str]
    ) -> Adopted:
        """Return the template with what is worth telling of it."""
        return Adopted(
            files=made,
            title=self.request.name,
            client=self.client.code if self.client else "",
            pages=tuple(self.titles().values()),
            tables=tuple(table["name"] for table in self.model.tables),
            measures=tuple(row["name"] for table in self.model.tables for row in table.get("measures", ())),
            queries=tuple(name for name in kept if name != PARAMETER),
            bound=tuple(dict.fromkeys([*bound.mapped, *bound.changed])),
            renewed=tuple(sorted(renewed)),
            replaced=tuple(sorted(set(self.replaced))),
            dropped=tuple(sorted({*self.package.dropped, *self.model.dropped})),
            doubts=tuple(self.doubts),
            sources=tuple(dict.fromkeys(f"{s.function} {s.target}".strip() for s in bound.unknown)),
            problems=tuple(dict.fromkeys(self.problems)),
        )
