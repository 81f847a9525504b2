"""Calculation groups of a model: which it can hold, and their items with the measures of this model filled in."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from generator import dax, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from generator.catalogue import CalculationGroup, CalculationItem, Measure

_TAG = re.compile(r"<<(\w+)>>")
_LINE = 108  # characters of a line of measure names


def rendered(group: CalculationGroup, measures: Sequence[Measure]) -> CalculationGroup:
    """Return a group whose items name the measures of a model: ``<<fixed>>`` asks whether the measure has that tag.

    Measures without a number format are texts, truth values and colours, which the items leave blank by themselves.
    """

    def asked(match: re.Match[str]) -> str:
        return _selected([measure.name for measure in measures if match[1] in measure.tags and measure.format])

    def item(one: CalculationItem) -> CalculationItem:
        return replace(one, dax=_TAG.sub(asked, one.dax), format=_TAG.sub(asked, one.format))

    return replace(group, items=tuple(map(item, group.items)))


def _selected(known: Iterable[str]) -> str:
    """Return the condition that the measure is one of these; DAX has no empty list of measures."""
    lines = [""]
    for name in known:
        piece = names.dax_measure(name)
        joined = f"{lines[-1]}, {piece}" if lines[-1] else piece
        lines[-1:] = [joined] if len(joined) <= _LINE else [f"{lines[-1]},", piece]
    if not lines[-1]:
        return "FALSE ()"
    body = "".join(f"\n        {line}" for line in lines)
    return f"ISSELECTEDMEASURE ({body}\n    )" if len(lines) > 1 else f"ISSELECTEDMEASURE ( {lines[0]} )"


def measures_used(group: CalculationGroup) -> frozenset[str]:
    """Return the measures that the items of a group name themselves, before the measures of a model are filled in."""
    formulas = (_TAG.sub("TRUE ()", text) for item in group.items for text in (item.dax, item.format))
    return frozenset().union(*(dax.references(formula).measures for formula in formulas))


def table(group: CalculationGroup, stem: tuple[str, ...]) -> dict[str, Any]:
    """Return a group as the table of the TMSL model; its two columns take their names from what they hold."""

    def column(name: str, kind: str, source: str, **more: object) -> dict[str, Any]:
        return {
            "name": name,
            "dataType": kind,
            **more,
            "sourceColumn": source,
            "lineageTag": names.stable_guid(*stem, group.name, name),
            "summarizeBy": "none",
            "annotations": [{"name": "SummarizationSetBy", "value": "Automatic"}],
        }

    return {
        "name": group.name,
        "lineageTag": names.stable_guid(*stem, group.name),
        "calculationGroup": {
            "precedence": group.precedence,
            "calculationItems": [_item(item, place) for place, item in enumerate(group.items)],
        },
        "columns": [
            column(group.column, "string", "Name", sortByColumn=group.order),
            column(group.order, "int64", "Ordinal", formatString="0", isHidden=True),
        ],
        "partitions": [{"name": group.name, "mode": "import", "source": {"type": "calculationGroup"}}],
    }


def _item(item: CalculationItem, place: int) -> dict[str, Any]:
    lines = item.dax.split("\n")
    return {
        "name": item.name,
        "ordinal": place,
        "expression": lines if len(lines) > 1 else lines[0],
        "formatStringDefinition": {"expression": item.format},
    }
