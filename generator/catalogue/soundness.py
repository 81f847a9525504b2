"""Do the templates fit together: every page, visual, field, text and table that one file names stands in another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.catalogue.records import split_field
from generator.problems import Cell, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.catalogue.records import Catalogue, Page, Report, Visual

COLUMN_TYPES = frozenset({"text", "int", "decimal", "number", "date", "datetime", "bool"})
OWN_TEXTS = frozenset({"page_title", "client_name", "findings", "all_findings"})
"""Texts of a page that come from the client, not from a language file."""

_TEXT = re.compile(r"<<t\.(\w+)>>")


def faults(known: Catalogue) -> Iterator[Problem]:
    """Yield a problem for each name that leads nowhere."""
    found = (_reports, _pages, _tables, _links, _languages, _placing)
    for inside, name in (fault for part in found for fault in part(known)):
        path = known.located(inside)
        yield Problem("B121", Cell(path), {"path": path, "name": name})


def _composed(known: Catalogue) -> Iterator[Report]:
    """Yield the reports that are made of pages of the templates; a designed one brings its own."""
    yield from (report for report in known.reports.values() if report.design is None)


def _reports(known: Catalogue) -> Iterator[tuple[str, str]]:
    for report in _composed(known):
        yield from (("reports.toml", f"{report.name}: {page}") for page in report.pages if page not in known.pages)
        if report.fact not in known.tables:
            yield "reports.toml", f"{report.name}: {report.fact}"


def _pages(known: Catalogue) -> Iterator[tuple[str, str]]:
    for page in known.pages.values():
        path = f"pages/{page.name}.toml"
        yield from ((path, text) for text in page.drill_through if not _is_field(text, known))
        for visual in page.visuals:
            yield from ((path, f"{visual.name}: {name}") for name in _of_visual(visual, known))
        yield from _titles(page, known)


def _titles(page: Page, known: Catalogue) -> Iterator[tuple[str, str]]:
    for language in known.languages.values():
        if page.name not in language.sections.get("page", {}):
            yield f"texts/{language.code}.toml", f"page.{page.name}"


def _of_visual(visual: Visual, known: Catalogue) -> Iterator[str]:
    template = f"{visual.kind}.{visual.style}" if visual.style else visual.kind
    if "visualType" not in known.visuals.get(template, {}).get("visual", {}):
        yield f"visuals/{template}.json"
    single = (visual.series, visual.title_measure, visual.colour, visual.background, visual.not_blank)
    fields = [*visual.category, *visual.values, *visual.budget_values, *visual.lines, *visual.budget_lines]
    fields += [
        *visual.compare,
        *visual.sort[:1],
        *visual.cell_colours.values(),
        *visual.captions,
        *(text for text in single if text),
    ]
    yield from (text for text in fields if not _is_field(text, known))
    keys = [key for key in (visual.title, visual.subtitle, visual.text, visual.alt) if key]
    for key in (*keys, *visual.captions.values()):
        if key not in OWN_TEXTS and any(key not in language.sections["text"] for language in known.languages.values()):
            yield f"text.{key}"


def _is_field(text: str, known: Catalogue) -> bool:
    parts = split_field(text)
    if parts is None:
        return text in known.measures
    return parts[0] in known.tables and parts[1] in known.tables[parts[0]].columns


def _tables(known: Catalogue) -> Iterator[tuple[str, str]]:
    for source in known.sources.values():
        if source.entity not in known.entities:
            yield "source.toml", f"{source.name}: {source.entity}"
    for table in known.tables.values():
        used = (*((table.source,) if table.source else ()), *table.uses)
        used += tuple(name for column in table.columns.values() for name in column.uses)
        yield from (("tables.toml", f"{table.name}: {name}") for name in used if name not in known.sources)
        if f"{table.name}.pq" not in known.queries:
            yield "tables.toml", f"queries/{table.name}.pq"
        for column in table.columns.values():
            if column.type not in COLUMN_TYPES or (column.sort_by and column.sort_by not in table.columns):
                yield "tables.toml", f"{table.name}[{column.name}]"
    for row in known.relationships:
        for table_name, column_name in (row.from_, row.to):
            if not _is_field(f"{table_name}[{column_name}]", known):
                yield "tables.toml", f"{table_name}[{column_name}]"


def _links(known: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield dimensions and entities that tables of the workbook would look up in vain."""
    for link in known.links.values():
        if link.table and not _is_field(f"{link.table}[{link.column}]", known):
            yield "links.toml", f"{link.name}: {link.table}[{link.column}]"
        for entity, column in link.of.items():
            listed = known.known_columns.get(entity, {}).get("columns", {})
            if entity not in known.known_columns or (column and column not in listed):
                yield "links.toml", f"{link.name}: {entity} {column}".rstrip()


def _placing(known: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield lines that no account can land on, and codes that turn into one without a line."""
    base = {line.name for line in known.lines.values() if not (line.adds or line.result)}
    for key in ("account_types", "account_type_turns", "balance_sides", "own_scheme"):
        yield from (
            ("source.toml", f"{key}: {line}") for line in known.platform.get(key, {}).values() if line not in base
        )
    rgs = known.platform["rgs"]
    lines = rgs.get("lines", {})
    yield from (("rgs.toml", f"{code}: {line}") for code, line in lines.items() if line not in base)
    for pair in rgs.get("turns", {}).items():
        yield from (("rgs.toml", code) for code in pair if not any(code.startswith(prefix) for prefix in lines))


def _languages(known: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield texts that formulas use and a language lacks, and languages without a set-up sheet or a section."""
    used = {
        key
        for measure in known.measures.values()
        for key in _TEXT.findall(measure.dax + measure.budget + measure.intercompany)
    }
    for language in known.languages.values():
        path = f"texts/{language.code}.toml"
        texts = language.sections.get("text", {})
        yield from ((path, f"text.{key}") for key in sorted(used - texts.keys() - {"culture"}))
        yield from ((path, f"line.{name}") for name in known.lines if name not in language.sections.get("line", {}))
        yield from (
            (path, f"report.{report.name}")
            for report in _composed(known)
            if report.name not in language.sections.get("report", {})
        )
        if language.code not in known.setup:
            yield f"setup/{language.code}.md", language.code
