"""Tables and matrices as HTML: hierarchy, totals, colours by rule, bars behind numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from generator.preview import literals
from generator.preview.scene import POINT, UNKNOWN, px, style, weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from generator.preview.figures import Context
    from generator.preview.pbir import Projection, Visual
    from generator.preview.query import Query
    from generator.preview.scene import Scene

Value = Any

_SHOWN = 40  # rows of a table that are written; a page shows about twenty
_WIDE = 24  # columns of a matrix


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a grid: its key in the visual's columns, how deep it lies, and what it is called."""

    groups: Context
    level: int
    title: str
    values: dict[str, Value]
    bold: bool = False
    opens: bool = False


@dataclass(frozen=True, slots=True)
class _Slot:
    """A column of numbers: a measure, for a value of the matrix's columns or for all of them."""

    field: Projection
    name: str
    groups: Context
    title: str
    low: float = 0.0
    high: float = 0.0


def table(scene: Scene, visual: Visual) -> Markup:
    """Return a table: a row for each combination of its columns, and the total."""
    fields = visual.fields("Values", "Rows")
    query = scene.query
    if query is None:
        return _without_figures(scene, visual, fields)
    columns = [each for each in fields if not each.field.is_value]
    names = {each.reference: query.measure(each.field) for each in fields if each.field.is_value}
    rows = query.rows(visual, columns, list(names.values()), most=_SHOWN + 1)
    lines = [_Line(_groups(columns, row.key), 0, "", row.values) for row in rows[:_SHOWN]]
    bars = {
        each.reference: _bars(visual, each, [row.values.get(names[each.reference]) for row in rows])
        for each in fields
        if each.reference in names
    }
    body = Markup("").join(_table_row(scene, visual, fields, names, line, bars) for line in lines)
    if scene.plain(visual, "total", "totals", default=True) is not False and names and len(columns) < len(fields):
        total = query.total(visual, list(names.values()))
        cells = [_total_cell(scene, each, names, total, first=place == 0) for place, each in enumerate(fields)]
        body += Markup('<tr class="total">{}</tr>').format(Markup("").join(cells))
    firsts = {each.reference: _first(row.values.get(names.get(each.reference, "")) for row in rows) for each in fields}
    head = Markup("").join(_head(scene, visual, each, firsts[each.reference]) for each in fields)
    return _framed(scene, visual, Markup("<tr>{}</tr>").format(head), body, len(rows) - len(lines))


def _without_figures(scene: Scene, visual: Visual, fields: Sequence[Projection]) -> Markup:
    """Return the head of a grid with one row of dashes: nothing is made up."""
    head = Markup("").join(_head(scene, visual, each) for each in fields)
    dashes = Markup("").join(Markup("<td>{}</td>").format(UNKNOWN) for _ in fields)
    return _framed(scene, visual, Markup("<tr>{}</tr>").format(head), Markup("<tr>{}</tr>").format(dashes), 0)


def _groups(columns: Sequence[Projection], key: Sequence[Value]) -> Context:
    return {(each.field.table, each.field.name): (value,) for each, value in zip(columns, key, strict=False)}


def _table_row(
    scene: Scene,
    visual: Visual,
    fields: Sequence[Projection],
    names: dict[str, str],
    line: _Line,
    bars: dict[str, tuple[float, float] | None],
) -> Markup:
    cells = []
    for each in fields:
        name = names.get(each.reference)
        if name is None:
            value = line.groups[each.field.table, each.field.name][0]
            cells.append(_cell(scene, visual, each, value, line.groups))
        elif name in line.values:
            cells.append(_cell(scene, visual, each, line.values[name], line.groups, bars.get(each.reference)))
        else:
            cells.append(Markup('<td class="n">{}</td>').format(UNKNOWN))
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _cell(
    scene: Scene,
    visual: Visual,
    each: Projection,
    value: Value,
    groups: Context,
    bar: tuple[float, float] | None = None,
) -> Markup:
    """Return a cell, with the colours of its rules and the bar behind its number."""
    ink = scene.cell_colour(visual, "values", "fontColor", each.reference, groups)
    paper = scene.cell_colour(visual, "values", "backColor", each.reference, groups)
    look = {"color": ink} if ink else {}
    if paper:
        look["background-color"] = paper
    if bar and isinstance(value, int | float):
        look["background-image"] = _bar(scene, visual, each, float(value), bar)
    right = (isinstance(value, int | float) and not isinstance(value, bool)) or _is_right(scene, visual, each)
    wide = scene.plain(visual, "columnWidth", "value", metadata=each.reference) is not None
    kind = Markup(' class="{}"').format("n" if right else "w") if right or wide else Markup("")
    marked = Markup(' style="{}"').format(style(**look)) if look else Markup("")
    return Markup("<td{}{}>{}</td>").format(kind, marked, scene.shown(each.field, value, each.format))


def _bars(visual: Visual, each: Projection, values: Sequence[Value]) -> tuple[float, float] | None:
    """Return the range of a column that has bars, or None."""
    if literals.prop(visual.objects, "columnFormatting", "dataBars", each.reference) is None:
        return None
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return (min([0.0, *numbers]), max([0.0, *numbers])) if numbers else None


def _bar(scene: Scene, visual: Visual, each: Projection, value: float, span: tuple[float, float]) -> str:
    low, high = span
    if high == low or not value:
        return ""
    found = literals.prop(visual.objects, "columnFormatting", "dataBars", each.reference) or {}
    name = "positiveColor" if value > 0 else "negativeColor"
    colour = literals.colour(found.get(name), scene.theme_colours) or "#CFE3EF"
    zero = -low / (high - low) * 100
    end = (value - low) / (high - low) * 100
    left, right = sorted((zero, end))
    return (
        f"linear-gradient(90deg,transparent {left:.1f}%,{colour} {left:.1f}%,"
        f"{colour} {right:.1f}%,transparent {right:.1f}%)"
    )


def _total_cell(
    scene: Scene, each: Projection, names: dict[str, str], total: dict[str, Value], *, first: bool
) -> Markup:
    if each.reference not in names:
        return Markup('<th scope="row">{}</th>').format(_total_word(scene)) if first else Markup("<td></td>")
    name = names[each.reference]
    words = scene.shown(each.field, total[name], each.format) if name in total else UNKNOWN
    return Markup('<td class="n">{}</td>').format(words)


def _total_word(scene: Scene) -> str:
    return {"nl": "Totaal", "en": "Total"}[scene.language]


def _first(values: Iterable[Value]) -> Value:
    """Return the first value that is not blank: what a column holds."""
    return next((value for value in values if value is not None), None)


def _head(scene: Scene, visual: Visual, each: Projection, first: Value = 0) -> Markup:
    width = scene.plain(visual, "columnWidth", "value", metadata=each.reference)
    look = Markup(' style="width:{}"').format(px(float(width))) if isinstance(width, int | float) else Markup("")
    right = isinstance(first, int | float) if each.field.is_value else _is_number(scene, each)
    right = right or _is_right(scene, visual, each)
    return Markup('<th scope="col" class="{}"{}>{}</th>').format("n" if right else "", look, each.title)


def _across(scene: Scene, visual: Visual, slot: _Slot) -> Markup:
    """Return the head of a column of numbers, in lines where it has a width of its own."""
    width = scene.plain(visual, "columnWidth", "value", metadata=slot.field.reference)
    if not isinstance(width, int | float):
        return Markup('<th scope="col" class="n">{}</th>').format(slot.title)
    return Markup('<th scope="col" class="n w" style="width:{}">{}</th>').format(px(float(width)), slot.title)


def _is_right(scene: Scene, visual: Visual, each: Projection) -> bool:
    """Tell whether a column is aligned as numbers are, though it holds text."""
    return bool(scene.plain(visual, "columnFormatting", "alignment", metadata=each.reference) == "Right")


def _is_number(scene: Scene, each: Projection) -> bool:
    if scene.query is None:
        return False
    column = scene.query.model.columns.get((each.field.table, each.field.name))
    return bool(column) and column.kind in {"int64", "decimal", "double"}  # type: ignore[union-attr]


def matrix(scene: Scene, visual: Visual) -> Markup:
    """Return a matrix: the levels of its rows that are open, its columns, and the totals that it shows."""
    query, levels = scene.query, visual.fields("Rows")
    if query is None:
        return _without_figures(scene, visual, (*levels, *visual.fields("Columns"), *visual.fields("Values")))
    slots = _slots(scene, query, visual)
    lines = _lines(scene, query, visual, slots)
    ranged = [_ranged(visual, slot, lines) for slot in slots]
    body = Markup("").join(_matrix_row(scene, visual, line, ranged) for line in lines[:_SHOWN])
    head = Markup('<th scope="col">{}</th>').format(" / ".join(each.title for each in _open(levels)[:1]))
    head += Markup("").join(_across(scene, visual, slot) for slot in slots)
    return _framed(scene, visual, Markup("<tr>{}</tr>").format(head), body, len(lines) - _SHOWN)


def _open(levels: Sequence[Projection]) -> list[Projection]:
    """Return the levels that show: the first, and each next one as long as it is not collapsed."""
    found = list(levels[:1])
    for each in levels[1:]:
        if not each.active:
            break
        found.append(each)
    return found


def _slots(scene: Scene, query: Query, visual: Visual) -> list[_Slot]:
    """Return the columns of numbers, those of the total last."""
    measures = [(each, query.measure(each.field)) for each in visual.fields("Values")]
    across = visual.fields("Columns")[:1]
    if not across:
        return [_Slot(each, name, {}, each.title) for each, name in measures]
    column = across[0]
    found = []
    names, level = [name for _, name in measures], visual.fields("Rows")[:1]
    # A measure may mean nothing without a row; then a column shows where any of its cells has a value.
    rows = query.rows(visual, [column], names) or query.rows(visual, [column, *level], names)
    ordered = [value for value in query.values_of(visual, column) if value in {row.key[0] for row in rows}]
    for value in ordered[:_WIDE]:
        shown = scene.shown(column.field, value)
        groups: Context = {(column.field.table, column.field.name): (value,)}
        single = len(measures) == 1
        found += [_Slot(each, name, groups, shown if single else f"{shown} {each.title}") for each, name in measures]
    if scene.plain(visual, "subTotals", "columnSubtotals", default=True) is not False:
        word = _total_word(scene)
        single = len(measures) == 1
        found += [_Slot(each, name, {}, word if single else f"{word} {each.title}") for each, name in measures]
    return found


def _lines(scene: Scene, query: Query, visual: Visual, slots: Sequence[_Slot]) -> list[_Line]:
    """Return the rows of a matrix, each parent before its children, and the total."""
    measures = list(dict.fromkeys(slot.name for slot in slots))
    levels, every = _open(visual.fields("Rows")), visual.fields("Rows")
    found: list[_Line] = []

    def add(depth: int, parents: Context) -> None:
        level = levels[depth]
        for row in query.rows(visual, [level], measures, parents):
            if len(found) > 2 * _SHOWN:
                return
            groups = {**parents, **_groups([level], row.key)}
            more = depth + 1 < len(levels)
            title = scene.shown(level.field, row.key[0]) or "(leeg)"
            closed = not more and depth + 1 < len(every)
            found.append(_Line(groups, depth, title, row.values, bold=more, opens=closed))
            if more:
                add(depth + 1, groups)

    if levels:
        add(0, {})
    if scene.plain(visual, "subTotals", "rowSubtotals", default=True) is not False or not levels:
        found.append(_Line({}, 0, _total_word(scene), query.total(visual, measures), bold=True))
    return found


def _ranged(visual: Visual, slot: _Slot, lines: Sequence[_Line]) -> _Slot:
    span = _bars(visual, slot.field, [line.values.get(slot.name) for line in lines if not slot.groups])
    return replace(slot, low=span[0], high=span[1]) if span else slot


def _matrix_row(scene: Scene, visual: Visual, line: _Line, slots: Sequence[_Slot]) -> Markup:
    sign = Markup('<span class="plus" aria-hidden="true">+</span>') if line.opens else Markup("")
    paper = ""
    rows = visual.fields("Rows")
    if rows and line.groups:
        paper = scene.cell_colour(visual, "values", "backColor", rows[0].reference, line.groups)
    look = style(padding_left=px(4 + 14 * line.level), background_color=paper)
    cells = [Markup('<th scope="row" style="{}">{}{}</th>').format(look, sign, line.title)]
    for slot in slots:
        groups = {**line.groups, **slot.groups}
        value, known = line.values.get(slot.name), slot.name in line.values
        if slot.groups:
            known, value = scene.measure(visual, slot.field.field, groups)
        span = (slot.low, slot.high) if slot.high != slot.low and line.groups else None
        cells.append(
            _cell(scene, visual, slot.field, value, groups, span)
            if known
            else Markup('<td class="n">{}</td>').format(UNKNOWN)
        )
    kind = "total" if not line.groups else "parent" if line.bold else ""
    return Markup('<tr class="{}">{}</tr>').format(kind, Markup("").join(cells))


def _framed(scene: Scene, visual: Visual, head: Markup, body: Markup, hidden: int) -> Markup:
    """Return the grid with its own sizes and colours, in what scrolls where it is longer than its place."""
    size = scene.number(visual, "values", "fontSize", 9) * POINT
    head_size = scene.number(visual, "columnHeaders", "fontSize", 9) * POINT
    look = style(
        font_size=px(size),
        __line=scene.colour(visual, "grid", "gridHorizontalColor", "#E3E8EE"),
        __out=scene.colour(visual, "grid", "outlineColor", "#1F2A37"),
        __pad=px(scene.number(visual, "grid", "rowPadding", 3)),
        __ink=scene.colour(visual, "values", "fontColorPrimary", "inherit"),
        __head=px(head_size),
        __headink=scene.colour(visual, "columnHeaders", "fontColor", "inherit"),
        __headweight=weight("", bold=scene.plain(visual, "columnHeaders", "bold")),
    )
    words = {"nl": "… en meer rijen", "en": "… and more rows"}[scene.language]
    more = Markup('<p class="more">{}</p>').format(words) if hidden > 0 else Markup("")
    name = scene.text(visual, literals.prop(visual.container, "title", "text")) or visual.kind
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table style="{}"><thead>{}</thead>'
        "<tbody>{}</tbody></table>{}</div>"
    ).format(name, look, head, body, more)
