"""The rows in which a client differs from the templates: own measures, visuals and account mapping."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.catalogue import Catalogue, Line, Measure, Page, Visual, split_field
from generator.dax import unquoted
from generator.problems import Problem
from generator.resolve.layout import free_spot
from generator.resolve.lookup import (
    Names,
    circles,
    exact_field,
    exact_name,
    formula_problems,
    hint_values,
    owner,
    suggestion,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.spec.records import MeasureRow, VisualRow

_ROLES = {
    "values": {"role_nl": "waarden", "role_en": "values"},
    "category": {"role_nl": "een categorie", "role_en": "a category"},
    "series": {"role_nl": "een reeks", "role_en": "a series"},
}


def own_measures(
    rows: Sequence[MeasureRow], names: Names, catalogue: Catalogue, client: str
) -> tuple[list[Measure], list[Problem]]:
    """Return a client's own measures, each formula looked up among the templates' and its own, and what is wrong."""
    if not rows:  # as with most clients: there is nothing to look up
        return [], []
    taken = {column for columns in names.columns.values() for column in columns} | names.columns.keys()
    formulas = {**names.formulas, **{row.name: row.dax for row in rows}}
    known = Names(formulas, names.columns)
    circle_of = circles((row.name for row in rows), formulas)
    problems = []
    for row in rows:
        whose = owner(row, client)
        found = list(formula_problems(row.name, row.dax, known, row.where("dax"), whose))
        if exact_name(row.name, taken):
            found.append(Problem("B061", row.where("name"), {"name": row.name}, whose))
        if "[" in row.name or "]" in row.name:
            found.append(Problem("B062", row.where("name"), {"name": row.name}, whose))
        circle = () if found else circle_of.get(row.name)
        if circle:
            values = {"measure": row.name, "circle": " → ".join((*circle, row.name))}
            found.append(Problem("B046", row.where("dax"), values, whose))
        problems += found
    return [_own_measure(row, catalogue) for row in rows], problems


def _own_measure(row: MeasureRow, catalogue: Catalogue) -> Measure:
    """Return the measure of a row; where it replaces one of the templates, empty cells keep what that one has."""
    base = catalogue.measures.get(exact_name(row.name, catalogue.measures) or "")
    described = dict.fromkeys(catalogue.languages, row.description) if row.description else None
    return Measure(
        base.name if base else row.name,
        row.dax.strip(),
        format=row.format or (base.format if base else ""),
        folder=row.folder or (base.folder if base else ""),
        names=base.names if base else {},
        descriptions=described or (base.descriptions if base else {}),
    )


def mapped_line(name: str, catalogue: Catalogue) -> Line | None:
    """Return the base line that a cell names, by its fixed name or by its title in any language."""
    titles = {
        title: fixed for language in catalogue.languages.values() for fixed, title in language.sections["line"].items()
    }
    exact = exact_name(name, catalogue.lines) or titles.get(exact_name(name, titles) or "")
    line = catalogue.lines.get(exact or "")
    return line if line and not (line.adds or line.result) else None


def place_visuals(
    pages: Sequence[Page],
    rows: Sequence[VisualRow],
    names: Names,
    catalogue: Catalogue,
    client: str,
) -> tuple[tuple[Page, ...], list[Problem]]:
    """Return the pages with the workbook's visuals on them; a new page name makes a page, a full page goes on.

    A new page holds those visuals alone: its head and filters depend on the client.
    """
    made = {page.name: page for page in pages}
    problems: list[Problem] = []
    for number, row in enumerate(rows):
        visual, found = _own_visual(row, number, names, catalogue, owner(row, client))
        problems += found
        if visual is None:
            continue
        name = page_name(row.page, made, catalogue) or row.page.strip()
        like = suggestion(name, made, 0.85) if name not in made else ""
        if like:
            problems.append(Problem("B065", row.where("page"), {"name": name, "near": like}, owner(row, client)))
        placed = visual if visual.at else None
        while placed is None:
            taken = [other.at for other in made[name].visuals if other.at] if name in made else []
            taken += [other.position for other in rows if other.position and page_name(other.page, [name], catalogue)]
            columns, height = catalogue.visuals[visual.kind]["size"]
            spot = free_spot(taken, columns, height)
            placed = replace(visual, at=spot) if spot else None
            name = name if spot else _next_page(name)
        page = made.get(name) or Page(name)
        made[name] = replace(page, visuals=(*page.visuals, placed))
    return tuple(made.values()), problems


def _next_page(name: str) -> str:
    """Return the name of the page that goes on where one is full: *Extra*, *Extra (2)*, *Extra (3)*."""
    match = re.fullmatch(r"(.+) \((\d+)\)", name)
    return f"{match[1]} ({int(match[2]) + 1})" if match else f"{name} (2)"


def page_name(text: str, pages: Iterable[str], catalogue: Catalogue) -> str | None:
    """Return the fixed name of a page, by that name or by its title in any language."""
    existing = tuple(pages)
    titles = {
        title: fixed for language in catalogue.languages.values() for fixed, title in language.sections["page"].items()
    }
    by_title = titles.get(exact_name(text, titles) or "")
    return exact_name(text, existing) or (by_title if by_title in existing else None)


def _own_visual(
    row: VisualRow,
    number: int,
    names: Names,
    catalogue: Catalogue,
    client: str,
) -> tuple[Visual | None, list[Problem]]:
    kinds = [kind for kind, template in catalogue.visuals.items() if "size" in template]
    kind = exact_name(row.kind, kinds)
    if kind is None:
        return None, [Problem("B051", row.where("kind"), hint_values(row.kind, kinds), client)]
    problems = list(_role_problems(row, kind, catalogue, client))
    values = [exact_name(value, names.formulas) or exact_name(unquoted(value), names.formulas) for value in row.values]
    for text, measure in zip(row.values, values, strict=True):
        if measure is None:
            problems.append(_value_problem(row, text, names, client))
    fields = {}
    for role in ("category", "series"):
        text = getattr(row, role)
        fields[role] = exact_field(text, names) if text else None
        if text and fields[role] is None:
            problems.append(Problem("B053", row.where(role), _near_field(text, names), client))
    if any(problem.is_error for problem in problems):
        return None, problems
    return Visual(
        name=f"eigen {number + 1} {row.title or ''}",
        kind=kind,
        at=row.position,
        caption=row.title or "",
        category=(fields["category"],) if fields["category"] else (),
        values=tuple(value for value in values if value),
        series=fields["series"],
    ), problems


def _near_field(text: str, names: Names) -> dict[str, str]:
    """Return a name that is no column and the nearest one; a bare column name finds its table."""
    columns = [f"{table}[{column}]" for table, columns in sorted(names.columns.items()) for column in sorted(columns)]
    bare = [column for column in columns if column.casefold().endswith(f"[{text.strip('[]').casefold()}]")]
    return hint_values(text, columns) | ({"near": bare[0]} if bare else {})


def _value_problem(row: VisualRow, text: str, names: Names, client: str) -> Problem:
    """Return the problem of a value that is no measure; a column gets the advice to make one of it first."""
    if split_field(text) and exact_field(text, names):
        return Problem("B054", row.where("values"), {"name": text}, client)
    return Problem("B052", row.where("values"), hint_values(text.strip("[]"), names.formulas), client)


def _role_problems(row: VisualRow, kind: str, catalogue: Catalogue, client: str) -> Iterator[Problem]:
    """Yield a role that a kind needs and the row leaves empty, or has and the kind does not know."""
    roles = catalogue.visuals[kind]["roles"]
    required = catalogue.visuals[kind].get("required", [])
    for role in ("values", "category", "series"):
        filled = bool(getattr(row, role))
        if role in required and not filled:
            yield Problem("B055", row.where(role), {"kind": kind, **_ROLES[role]}, client)
        if filled and role not in roles:
            yield Problem("B050", row.where(role), {"kind": kind, **_ROLES[role]}, client)
