"""Reports that were designed in Power BI Desktop, beside those composed of pages: what each offers and can't have.

To the rest of the program both are reports with pages; here stands where they differ before anything is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from generator import dax
from generator.catalogue import DESIGNED, Page, Visual
from generator.problems import Cell, Problem
from generator.resolve import conditions
from generator.resolve.layout import free_spot, overlaps
from generator.resolve.lookup import Names, owner, template_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from generator.catalogue import Catalogue, Design, Measure, Report
    from generator.resolve.client import Client
    from generator.spec.records import MeasureRow, ReportRow, Spec, VisualRow

_CODE = re.compile(r"(?<![\w#.])(\d{5,})(?![\dD.%])")
_ROUND = "000"  # a round number is an amount, not the code of a division
_ADDRESS = re.compile(r"bridge-online\.cloud/[^\s\"'/?#]+", re.IGNORECASE)
_FOOT = (24, 608, 1232, 88)
_COLUMNS = 12
_LOGO = frozenset({"image"})


@dataclass(frozen=True, slots=True)
class Whole:
    """All names that exist in a report of a client, and its own measures that can't be part of it."""

    names: Names
    without: frozenset[str] = frozenset()


def offers(chosen: Sequence[ReportRow], catalogue: Catalogue, scope: str) -> dict[str, Names]:
    """Return what each chosen report offers to formulas and visuals; composed ones offer the same to all."""
    reports = [catalogue.reports[row.report] for row in chosen]
    fact = next((report.fact for report in reports if report.design is None), "")
    return {
        report.name: design_names(report.design) if report.design else template_names(catalogue, scope, fact)
        for report in reports
    }


@cache
def design_names(design: Design) -> Names:
    """Return the measures and columns of a designed model."""
    formulas, columns = {}, {}
    for table in design.tables:
        columns[table["name"]] = frozenset(column["name"] for column in table.get("columns", ()))
        for measure in table.get("measures", ()):
            formulas[measure["name"]] = _joined(measure.get("expression", ""))
    return Names(formulas, columns)


def _joined(expression: str | list[str]) -> str:
    return expression if isinstance(expression, str) else "\n".join(expression)


def together(offered: Mapping[str, Names], catalogue: Catalogue, scope: str) -> Names:
    """Return what a client's reports offer between them; without any, what the templates do."""
    found = list({id(each): each for each in offered.values()}.values())
    if len(found) <= 1:
        return found[0] if found else template_names(catalogue, scope, "")
    formulas: dict[str, str] = {}
    columns: dict[str, frozenset[str]] = {}
    for each in found:
        formulas = {**each.formulas, **formulas}
        columns = {**columns, **{table: columns.get(table, frozenset()) | of for table, of in each.columns.items()}}
    return Names(formulas, columns)


def completed(
    offered: Mapping[str, Names], own: Sequence[Measure], dropped: Iterable[str], added: Mapping[str, frozenset[str]]
) -> dict[str, Whole]:
    """Return for each report all names in it: its own, the client's tables, and those of its measures that fit."""
    blank = dict.fromkeys(dropped, "BLANK ()")
    if not (own or blank or added):  # as with most clients: the names are those of the templates
        return {report: Whole(names, frozenset()) for report, names in offered.items()}
    made: dict[int, Whole] = {}
    for names in offered.values():
        if id(names) not in made:
            base = Names({**names.formulas, **blank}, {**names.columns, **added})
            fit = list(own) if len(offered) == 1 else _fitting(base, own)
            formulas = {**base.formulas, **{measure.name: measure.dax for measure in fit}}
            without = frozenset(measure.name for measure in own) - {measure.name for measure in fit}
            made[id(names)] = Whole(Names(formulas, base.columns), without)
    return {report: made[id(names)] for report, names in offered.items()}


def _fitting(names: Names, own: Sequence[Measure]) -> list[Measure]:
    """Return the measures of which every name exists in a report; one that needs one that does not is out as well."""
    tables = {name.casefold(): {column.casefold() for column in of} for name, of in names.columns.items()}
    offered = {name.casefold() for name in names.formulas}
    fit = list(own)
    while True:
        known = offered | {measure.name.casefold() for measure in fit}
        kept = [measure for measure in fit if _fits(measure, tables, known)]
        if len(kept) == len(fit):
            return fit
        fit = kept


def _fits(measure: Measure, tables: Mapping[str, set[str]], known: set[str]) -> bool:
    used = dax.references(measure.dax)
    made = dax.named_columns(measure.dax)
    return (
        all(column.casefold() in tables.get(table.casefold(), ()) for table, column in used.columns)
        and all(table.casefold() in tables for table in used.tables)
        and all(name.casefold() in known | made for name in used.measures)
    )


def left_out(
    wholes: Mapping[str, Whole], rows: Sequence[MeasureRow], catalogue: Catalogue, client: str
) -> Iterator[Problem]:
    """Yield a warning for each own measure that one of the reports can't have: nothing is left out in silence."""
    if not any(catalogue.reports[name].design for name in wholes):
        return
    for row in rows:
        for name, whole in wholes.items():
            if row.name in whole.without:
                yield Problem("B531", row.where("dax"), {"measure": row.name, "report": name}, owner(row, client))


def pages_of(report: Report, catalogue: Catalogue) -> Iterator[Page]:
    """Yield all pages of a report; of a designed one with the places that are taken on it."""
    if report.design is None:
        yield from (catalogue.pages[name] for name in report.pages)
        return
    for page in report.design.pages:
        taken = tuple(Visual(f"{number}", DESIGNED, at=place) for number, place in enumerate(page.taken))
        yield Page(page.title, taken, designed=(page.id, page.hidden))


def shown(client: Client, report: Report, pages: Sequence[Page], catalogue: Catalogue) -> Iterator[Page]:
    """Yield the pages that a client has, with what depends on it."""
    if report.design is None:
        yield from conditions.pages_for(client, report.name, pages)
    elif report.design.is_layout:
        yield from pages
    else:
        logos = [visual for visual in head_of(client, report, catalogue, _LOGO) if visual.at]
        yield from (_shown(client, report.name, page, logos) for page in pages)


def _shown(client: Client, report: str, page: Page, logos: Sequence[Visual]) -> Page:
    """Return a designed page with the logo where there is room, and with findings: below the page where there is not.

    A page that a reader comes to from another keeps its head as it is.
    """
    for logo in logos:
        if not page.is_hidden and not any(v.at and logo.at and overlaps(v.at, logo.at) for v in page.visuals):
            page = replace(page, visuals=(*page.visuals, logo))
    if (report, page.name) in client.texts:
        taken = [visual.at for visual in page.visuals if visual.at]
        below = max([720, *(y + height for _, y, _, height in taken)])
        at_foot = None if any(overlaps(_FOOT, other) for other in taken) else _FOOT
        place = at_foot or free_spot(taken, _COLUMNS, _FOOT[3]) or (_FOOT[0], below + 8, *_FOOT[2:])
        findings = Visual("bevindingen", "textbox", style="findings", at=place, text="findings", alt="findings_title")
        page = replace(page, visuals=(*page.visuals, findings))
    return page


def head_of(
    client: Client, report: Report, catalogue: Catalogue, kinds: frozenset[str] = frozenset({"textbox", "image"})
) -> tuple[Visual, ...]:
    """Return what a page begins with that the workbook adds; on a design no figures, since its measures are its own."""
    if report.design is None:
        return conditions.head_of(client, report.name, catalogue.pages[report.pages[0]])
    composed = next(each for each in catalogue.reports.values() if each.design is None)
    head = conditions.head_of(client, report.name, catalogue.pages[composed.pages[0]])
    return tuple(visual for visual in head if visual.kind in kinds)


def title_of(report: Report, client: Client, catalogue: Catalogue) -> str:
    """Return the title of a report in the client's language."""
    if report.design is None:
        return catalogue.languages[client.language].sections["report"][report.name]
    titles = report.design.titles
    return titles.get(client.language) or titles.get("") or next(iter(titles.values()))


def problems(report: Report, client: Client, row: ReportRow, visuals: Sequence[VisualRow]) -> Iterator[Problem]:
    """Yield what a designed report can't do for a client: limit viewers without a division, add to the old format."""
    design = report.design
    if design is None:
        return
    whose = owner(row, client.code)
    if client.limited:
        for table in sorted(table for table, column in design.divisions.items() if not column):
            yield Problem("B533", row.where("report"), {"report": report.name, "table": table}, whose)
    if client.mixed_currency:
        yield Problem("B535", row.where("report"), {"report": report.name}, whose)
    if design.is_layout:
        for visual in visuals:
            yield Problem("B532", visual.where("report"), {"report": report.name}, owner(visual, client.code))
        if any(name == report.name for name, _ in client.texts):
            yield Problem("B532", row.where("report"), {"report": report.name}, whose)
        if client.logo:
            yield Problem("B536", row.where("report"), {"report": report.name}, whose)


def strangers(spec: Spec, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what stands in a designed report and belongs to one client: a division's code, an address."""
    codes = {str(row.code) for row in spec.divisions}
    for name, report in catalogue.reports.items():
        if report.design:
            for value in sorted(set(_values(report.design)) & codes) + sorted(_addresses(report.design)):
                yield Problem("B534", Cell(f"adopted/{name}"), {"value": value, "report": name})


@cache
def _values(design: Design) -> tuple[str, ...]:
    found = {code for text in _texts(design) for code in _CODE.findall(text)}
    return tuple(code for code in found if not code.endswith(_ROUND))


@cache
def _addresses(design: Design) -> tuple[str, ...]:
    return tuple({address for text in _texts(design) for address in _ADDRESS.findall(text)})


def _texts(design: Design) -> Iterator[str]:
    yield from design.queries.values()
    for part in (design.database, design.tables, design.expressions, design.documents):
        yield from _strings(part)


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401  a JSON document
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
