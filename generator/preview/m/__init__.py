"""Runs the M of a generated model on tables in memory, so that a preview's rows are those of the model's own queries.

It knows the part of the language and of its library that templates use, is no judge of M (conformance has those), and
never asks anything outside: ``OData.Feed`` reads the tables it is given, whatever the URL.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from generator.preview.m.formula import read
from generator.preview.m.library import library
from generator.preview.m.values import Feed, Lazy, MError, Scope, Table, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.preview.m.nodes import Code

__all__ = ["MError", "Queries", "Table"]


class Queries:
    """Named formulas of one model; ``source`` gives the table of an entity set, named without its alias."""

    def __init__(self, formulas: Mapping[str, str], source: Callable[[str], Table], today: dt.date) -> None:
        """Keep the formulas unread; it is eight in the morning of ``today``, in UTC."""
        moment = dt.datetime.combine(today, dt.time(8), dt.UTC)
        builtin = Scope(library(moment) | {"OData.Feed": lambda *_: Feed(source), "ODataOmitValues.Nulls": "nulls"})
        self._queries = Scope({}, builtin)
        self._queries.names.update({name: Lazy(_late(text), self._queries) for name, text in formulas.items()})

    def table(self, name: str) -> Table:
        """Return the table that a query makes; raise ``MError`` where it makes none."""
        try:
            value = self._queries.get(name)
        except MError:
            raise
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
            raise MError(f"{type(error).__name__}: {error}") from error
        if not isinstance(value, Table):
            raise MError(f"{name} is no table")
        return value


def _late(text: str) -> Code:
    """Return a formula that is read when its value is asked for, so that one that can't be read fails by itself."""

    def run(scope: Scope) -> Value:
        return read(text)(scope)

    return run
