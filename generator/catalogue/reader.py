"""Read the templates into records; a file that can't be read, or a key that does not exist, is that file's problem."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.catalogue import designs
from generator.catalogue.records import (
    MAIN,
    CalculationGroup,
    CalculationItem,
    Catalogue,
    Column,
    Entity,
    Language,
    Line,
    Link,
    Measure,
    Page,
    Relationship,
    Report,
    Source,
    Table,
    Visual,
    split_field,
)
from generator.catalogue.soundness import faults
from generator.problems import Cell, Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

FIXED = "fixed"
"""The tag of a measure that has its own time, or none: a calculation group leaves it blank."""


def packaged() -> Path:
    """Return the folder of the packaged templates: inside the wheel, else at the top of the repository."""
    inside = Path(__file__).parent.parent / "_templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "templates"


@cache
def load(own: Path | None = None) -> Catalogue:
    """Read the templates, the user's own files over the packaged ones; raise ``Stop`` with every broken file named."""
    files = _overlay(packaged(), own)
    names = [folder for path in files for folder, _, file in [path.partition("/")] if file == "source.toml"]
    every = {name: _load(_Reader(files, name)) for name in dict.fromkeys([MAIN, *sorted(names)])}
    _told_apart(every)
    others = {
        name: replace(known, others={other: every[other] for other in every if other != name})
        for name, known in every.items()
        if name != MAIN
    }
    return replace(every[MAIN], others=others)


def _load(reader: _Reader) -> Catalogue:
    """Read one platform; raise ``Stop`` where a file is broken or the files do not fit together."""
    try:
        known = reader.catalogue()
        wrong = tuple(faults(known))
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # a file of another shape than it should have
        raise reader.stop("B091", reader.reading, reason=str(error)) from error
    if wrong:
        raise Stop(wrong)
    return known


def _told_apart(every: Mapping[str, Catalogue]) -> None:
    """Raise ``Stop`` where two platforms have a report of one name: it is by its reports that a client's is known."""
    owners: dict[str, str] = {}
    for name, known in every.items():
        for report in known.reports:
            first = owners.setdefault(report.casefold(), name)
            if first != name:
                values = {"name": report, "first": first, "second": name}
                raise Stop([Problem("B179", Cell(f"{name}/reports.toml"), values)])


def _overlay(*folders: Path | None) -> dict[str, Path]:
    """Map each path inside the templates to its file; a later folder wins."""
    return {
        path.relative_to(folder).as_posix(): path
        for folder in folders
        if folder is not None
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.resolve().is_relative_to(folder.resolve())
    }


class _Reader:
    """Read files into records; a file that can't be read, or a key that does not exist, is a problem of that file."""

    def __init__(self, files: Mapping[str, Path], platform: str = MAIN) -> None:
        self.files = files
        self.platform = platform
        self.reading = ""
        if platform != MAIN:
            self.files = {**self.kept(), **files}

    def kept(self) -> dict[str, Path]:
        """Return the files that a platform takes over from another: those that ``keeps`` in its source.toml names."""
        source = self.toml("source.toml")
        base = source.get("base", MAIN)
        patterns = [f"{base}/{pattern}" for pattern in source.get("keeps", [])]
        found = [path for path in self.files if any(fnmatchcase(path, pattern) for pattern in patterns)]
        return {f"{self.platform}/{path.removeprefix(f'{base}/')}": self.files[path] for path in found}

    def catalogue(self) -> Catalogue:
        source = self.merged("source.toml")
        tables = self.merged("tables.toml")
        return Catalogue(
            name=self.platform,
            platform={**source, "rgs": self.optional("rgs.toml")},
            entities={name: self.record(Entity, "source.toml", name, row) for name, row in source["entities"].items()},
            known_columns=self.json(f"{self.platform}/entities.json"),
            sources={name: self.record(Source, "source.toml", name, row) for name, row in source["sources"].items()},
            tables={name: self.table(name, row) for name, row in tables.items() if name != "relationship"},
            relationships=tuple(self.relationship(row) for row in tables["relationship"]),
            links={
                name: self.record(Link, "links.toml", name, row) for name, row in self.optional("links.toml").items()
            },
            measures=self.measures(source["constants"]),
            calculations={
                name: self.calculation(name, row) for name, row in self.optional("calculations.toml").items()
            },
            lines={
                row["name"]: self.record(Line, "lines.toml", row["name"], row)
                for row in self.optional("lines.toml").get("line", [])
            },
            pages={name: self.page(name) for name in self.names("pages", ".toml")},
            reports={
                name: self.record(Report, "reports.toml", name, row)
                for name, row in self.merged("reports.toml").items()
            }
            | (dict(designs.reports(self.files)) if self.platform == MAIN else {}),
            languages={name: self.language(name) for name in self.names("texts", ".toml")},
            queries={
                path.removeprefix(f"{self.platform}/queries/"): self.text(path.removeprefix(f"{self.platform}/"))
                for path in self.files
                if path.startswith(f"{self.platform}/queries/") and path.endswith(".pq")
            },
            visuals=self.documents("visuals"),
            themes=self.documents("themes"),
            setup={name: self.text(f"setup/{name}.md") for name in self.names("setup", ".md")},
            fingerprint=self.fingerprint(),
        )

    def fingerprint(self) -> str:
        """Return the hash of all files, so that a bundle made from other templates is known to be out of date.

        Git on Windows may check texts out with other line ends: those make no other templates.
        """
        whole = hashlib.sha256()
        for path in sorted(self.files):
            data = self.files[path].read_bytes().replace(b"\r\n", b"\n")
            whole.update(path.encode() + b"\0" + hashlib.sha256(data).digest())
        return whole.hexdigest()

    def names(self, folder: str, suffix: str) -> list[str]:
        prefix = f"{self.platform}/{folder}/"
        paths = (path.removeprefix(prefix) for path in self.files if path.startswith(prefix) and path.endswith(suffix))
        return [path.removesuffix(suffix) for path in paths if "/" not in path]

    def text(self, path: str) -> str:
        return self.read(f"{self.platform}/{path}")

    def read(self, path: str) -> str:
        self.reading = path
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

    def merged(self, path: str) -> dict[str, Any]:
        """Return a file with what stands in the folder of its name beside it: a report may have its own data there."""
        whole = self.toml(path)
        folder = path.removesuffix(".toml")
        for name in sorted(self.names(folder, ".toml")):
            part = f"{folder}/{name}.toml"
            _add(whole, self.toml(part), part)
        return whole

    def optional(self, path: str) -> dict[str, Any]:
        """Return a file as ``merged`` does, or nothing where the platform has no such file."""
        return self.merged(path) if f"{self.platform}/{path}" in self.files else {}

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
        document = self.merged("measures.toml")
        return {measure.name: measure for measure in expand_measures(document, constants)}

    def calculation(self, name: str, row: Mapping[str, Any]) -> CalculationGroup:
        path = "calculations.toml"
        items = tuple(
            self.record(CalculationItem, path, f"{name}: {item.get('name')}", {**item, "dax": item["dax"].strip()})
            for item in row["item"]
        )
        rest = {key: value for key, value in row.items() if key != "item"}
        group: CalculationGroup = self.record(CalculationGroup, path, name, {**rest, "items": items})
        return group

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
        row = self.merged(f"texts/{code}.toml")
        sections = {key: value for key, value in row.items() if isinstance(value, dict)}
        rest = {key: value for key, value in row.items() if key not in sections}
        language: Language = self.record(
            Language, f"texts/{code}.toml", code, {**rest, "code": code, "sections": sections}
        )
        return language

    def stop(self, code: str, path: str, **values: str) -> Stop:
        if self.platform != MAIN and path not in self.files:
            path = f"{self.platform}/{path}"
        return Stop([Problem(code, Cell(path), {"path": path, **values})])


def _add(whole: dict[str, Any], more: Mapping[str, Any], path: str) -> None:
    """Add the tables and lists of a document to another; a value that both have is a fault of the one added."""
    for key, value in more.items():
        kept = whole.setdefault(key, value)
        if kept is value:
            continue
        if isinstance(kept, dict) and isinstance(value, dict):
            _add(kept, value, path)
        elif isinstance(kept, list) and isinstance(value, list):
            kept.extend(value)
        else:
            raise Stop([Problem("B091", Cell(path), {"path": path, "reason": f"{key} stands in two files"})])


def expand_measures(document: Mapping[str, Any], constants: Mapping[str, Any]) -> list[Measure]:
    """Return the measures of ``measures.toml`` and the variants that each of them names, constants filled in."""
    filled = {
        key: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in constants.items()
    }
    measures = []
    for name, row in document["measure"].items():
        measures.append(_measure(name, row, document, filled))
        keys = document["groups"][row["variants"]] if "variants" in row else ()
        measures.extend(_variant(name, row, document["variant"][key], document) for key in keys)
    return measures


def _measure(name: str, row: Mapping[str, Any], document: Mapping[str, Any], constants: Mapping[str, str]) -> Measure:
    wrapped = document.get("intercompany", {}).get(name, "")
    dax, budget, intercompany = (
        _filled(formula.strip(), constants) for formula in (row["dax"], row.get("budget", ""), wrapped)
    )
    pattern = document["formats"].get(row.get("format"), "")
    tags = row.get("tags", document["tags"][row["variants"]] if "variants" in row else [FIXED])
    told = {code: _filled(text, constants) for code, text in _descriptions(row).items()}
    rest = {"folder": row["folder"], "names": _in_languages(row, "name"), "descriptions": told, "tags": frozenset(tags)}
    return Measure(name, dax, budget, intercompany, pattern, **rest)


def _filled(text: str, constants: Mapping[str, str]) -> str:
    for key, value in constants.items():
        text = text.replace(f"<<{key}>>", value)
    return text


def _variant(name: str, row: Mapping[str, Any], variant: Mapping[str, Any], document: Mapping[str, Any]) -> Measure:
    base = row.get("format", "")
    key = variant.get("format", base)
    pattern = document["change_formats"][base] if key == "change" else document["formats"].get(key, "")
    told, names, suffixes = _descriptions(variant), _in_languages(row, "name"), _in_languages(variant, "suffix")
    bases = {code: names.get(code, name) for code in told}
    return Measure(
        f"{name} {variant['suffix']}",
        variant["dax"].strip().replace("<<x>>", name),
        variant.get("budget", "").strip().replace("<<x>>", name),
        format=pattern,
        folder=row["folder"],
        names={code: f"{base} {suffixes.get(code, variant['suffix'])}" for code, base in bases.items()},
        descriptions={code: f"{bases[code]}: {text[0].lower()}{text[1:]}" for code, text in told.items()},
        tags=frozenset({FIXED}),
    )


def _descriptions(row: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in row.items() if len(key) == len("nl")}


def _in_languages(row: Mapping[str, Any], word: str) -> dict[str, str]:
    """Return what keys such as ``en_name`` say, by language."""
    return {key.removesuffix(f"_{word}"): value for key, value in row.items() if key.endswith(f"_{word}")}
