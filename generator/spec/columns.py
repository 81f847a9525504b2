"""From the cells of a whole column to values: clients by the thousand hold clean texts, and few times and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from generator.spec.values import IN_ONE_FORM, OF_LINES, PARSERS, BadValue, is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.spec.kinds import Kind
    from generator.spec.values import Raw

_PROBED = 64  # cells that tell whether a column has few values
_LINES: frozenset[Kind] = frozenset({"line"})
_LISTS: frozenset[Kind] = frozenset({"list", "times", "divisions"})


def parse_column(kind: Kind, cells: Sequence[Raw]) -> tuple[Sequence[Any], set[int]]:
    """Return the values of a whole column (None, or no parts of a list, for empty cells) and the places of bad ones."""
    parse, is_clean = PARSERS[kind], False
    are_texts = set(map(type, cells)) == {str}
    if are_texts and kind in IN_ONE_FORM and all(map(IN_ONE_FORM[kind].fullmatch, cast("Sequence[str]", cells))):
        return cells, set()
    if are_texts and (kind in _LINES or kind in OF_LINES):
        is_clean = _is_clean(cast("Sequence[str]", cells))
        if is_clean and kind in _LINES:
            return [cell or None for cell in cells] if "" in cells else cells, set()
        parse = cast("Callable[[Raw], object]", OF_LINES[kind]) if is_clean else parse
    empty = () if kind in _LISTS else None
    if are_texts and len(set(cells[:_PROBED])) <= _PROBED // 2:
        # Ten thousand clients share few times, groups and years: each is looked at once. (A text equals no number.)
        once = list(dict.fromkeys(cells))
        values, bad = _parse_each(parse, once, empty, is_clean=is_clean)
        known, wrong = dict(zip(once, values, strict=True)), {once[place] for place in bad}
        places = (place for place, cell in enumerate(cells) if cell in wrong)
        return [known[cell] for cell in cells], set(places) if wrong else set()
    return _parse_each(parse, cells, empty, is_clean=is_clean)


def _parse_each(
    parse: Callable[[Raw], object], cells: Sequence[Raw], empty: object, *, is_clean: bool
) -> tuple[list[Any], set[int]]:
    values: list[Any] = []
    bad: set[int] = set()
    for place, raw in enumerate(cells):
        value: object = ""
        try:
            if raw != "" and (is_clean or not is_blank(raw)):
                value = parse(raw)
        except BadValue:
            bad.add(place)
        values.append(empty if value == "" else value)
    return values, bad


def _is_clean(cells: Sequence[str]) -> bool:
    """Tell whether no text of a column has blanks or characters to take out."""
    joined = "|".join(("", *cells, ""))
    blanks = "  " in joined or "| " in joined or " |" in joined
    return joined.isprintable() and not blanks and "_x000D_" not in joined
