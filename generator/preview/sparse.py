"""Finds the few combinations of columns in which a measure has a value, among thousands in which it is blank.

What is blank for several values together is blank for each of them, as sums are; so a column's values are asked about
by halves, and those of a half that is blank are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Key = tuple[Any, ...]
    Blank = Callable[[Mapping[int, Sequence[Any]]], bool]  # of the values that columns have, by the column's place

_FEW = 24  # combinations that may as well be asked about one by one
_SAMPLE = 8
_TESTS = 64  # questions about a column; the values that are left then are kept


def filled(keys: Sequence[Key], blank: Blank) -> Sequence[Key]:
    """Return the combinations that may have a value, in their order.

    Where all are blank together none is left out: such a measure has a value for one thing at a time only.
    """
    if len(keys) <= _FEW or blank(dict(enumerate(zip(*keys, strict=True)))):
        return keys
    for place in sorted(range(len(keys[0])), key=lambda place: len({key[place] for key in keys})):
        if len(keys) <= _FEW or _is_dense(keys, blank):
            break
        kept = frozenset(_kept(place, list(dict.fromkeys(key[place] for key in keys)), blank))
        keys = [key for key in keys if key[place] in kept]
    return keys


def _is_dense(keys: Sequence[Key], blank: Blank) -> bool:
    """Tell whether half of the combinations have a value, by some of them."""
    some = keys[:: len(keys) // _SAMPLE][:_SAMPLE]
    return 2 * sum(not blank({place: (value,) for place, value in enumerate(key)}) for key in some) >= len(some)


def _kept(place: int, values: list[Any], blank: Blank) -> Iterator[Any]:
    """Yield the values of a column that are not blank; all of them together are not."""
    parts, tests = [values], 0
    while parts:
        part = parts.pop()
        if len(part) == 1 or tests >= _TESTS:
            yield from part
            continue
        halves = [part[len(part) // 2 :], part[: len(part) // 2]]
        tests += len(halves)
        parts += [half for half in halves if not blank({place: half})] or halves
