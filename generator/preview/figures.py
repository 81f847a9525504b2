"""A model's own measures over the rows that its own queries make of a client's made-up books.

The DAX is evaluated by pbix-mcp, pinned, which is not Microsoft's: what it takes otherwise than Power BI is put right
before it gets a formula (``tests/figures/README.md`` says how we know), and what it can't evaluate is no figure here
but a name in ``missing``, with the reason.
"""

from __future__ import annotations

import datetime as dt
import importlib
import re
from typing import TYPE_CHECKING, Any

from generator import dax
from generator.preview.m import MError, Queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from generator.preview.m import Table
    from generator.preview.model import Model

Value = Any
Context = dict[tuple[str, str], tuple[Value, ...]]
"""What is chosen: (table, column) → the values left."""

_MONTHS = {
    "January": "januari", "February": "februari", "March": "maart", "April": "april", "May": "mei", "June": "juni",
    "July": "juli", "August": "augustus", "September": "september", "October": "oktober", "November": "november",
    "December": "december",
}  # fmt: skip
_MONTH = re.compile("|".join(_MONTHS))
_WORD = re.compile(r"[A-Za-z][A-Za-z.0-9]*$")


class Figures:
    """Evaluates measures of one model; each value is computed once per context."""

    def __init__(self, model: Model, source: Callable[[str], Table], today: dt.date) -> None:
        """Keep the model; its tables are made when a measure first needs them."""
        engine: Any = importlib.import_module("pbix_mcp.dax.engine")  # only with the extra ``preview``
        self.model, self.missing, self.asked = model, dict[str, str](), set[str]()
        self._engine = engine
        self._queries = Queries(model.queries, source, today)
        self._alias = {name: f"M{number}" for number, name in enumerate(model.measures)}
        self._formulas = {self._alias[name]: self._spelled(each.formula) for name, each in model.measures.items()}
        self._homes = {self._alias[name]: each.table for name, each in model.measures.items()}
        self._failed: dict[str, str] = {}
        self._tables = self._filled()
        self._memo: dict[Any, Value] = {}
        self._query: dict[Any, Value] = {}
        self._state = engine._engine  # noqa: SLF001  its errors stand nowhere else
        self._state.eval_errors.clear()
        self._state.unsupported_functions.clear()

    def rows(self, table: str) -> tuple[list[str], list[list[Value]]]:
        """Return columns and rows of a table of the model; none where its query can't be run."""
        found = self._tables.get(table)
        return (found["columns"], found["rows"]) if found else ([], [])

    def values(self, names: Sequence[str], context: Context, groups: Context | None = None) -> dict[str, Value]:
        """Return measures in a context, narrowed to what a row or column stands for; a missing one has no key."""
        own = groups or {}
        self.asked.update(names)
        found = {}
        for name in names:
            if self._unfit(name):
                continue
            key = (name, _key(context), _key(own))
            if key not in self._memo:
                self._memo[key] = self._evaluated(name, context, own)
            if name not in self.missing:
                found[name] = self._memo[key]
        return found

    def aggregate(self, function: str, table: str, column: str) -> str:
        """Return the name of a measure that sums up a column, made for who drops a column on a visual."""
        name = f"{function} {table}[{column}]"
        if name not in self._alias:
            self._alias[name] = f"M{len(self._alias)}"
            formula = f"{function}('{table}'[{column}])"
            self._formulas[self._alias[name]] = formula
            self._homes[self._alias[name]] = table
            if table in self._failed:
                self.missing[name] = self._failed[table]
        return name

    def _evaluated(self, name: str, context: Context, groups: Context) -> Value:
        spelled = {f"{table}.{column}": list(values) for (table, column), values in context.items()}
        own = {f"{table}.{column}": list(values) for (table, column), values in groups.items()}
        alias = self._alias[name]
        try:
            answer = self._engine.evaluate_measures_batch(
                [alias], self._tables, self._formulas, {**spelled, **own},
                **self._settings, group_keys=set(own), selected_filters=spelled, cache=self._query,
            )[alias]  # fmt: skip
        except Exception as error:  # noqa: BLE001  whatever the engine stumbles over, the page is drawn without it
            self.missing[name] = f"{type(error).__name__}: {error}"[:200]
            return None
        if self._state.eval_errors or self._state.unsupported_functions:
            names = {*self._state.eval_errors.values(), *self._state.unsupported_functions}
            self.missing[name] = ", ".join(sorted(map(str, names)))[:200]
            self._state.eval_errors.clear()
            self._state.unsupported_functions.clear()
            self._query.clear()
        return self._plain(answer)

    def _plain(self, value: Value) -> Value:
        """Return a value as Python has it; months are in the language of the model."""
        if isinstance(value, str) and self.model.language == "nl":
            return _MONTH.sub(lambda found: _MONTHS[found[0]], value)
        return float(value) if isinstance(value, float) else value

    def _unfit(self, name: str) -> bool:
        """Tell whether a measure can't be evaluated, and keep the reason."""
        if name not in self._alias:
            self.missing.setdefault(name, "")
        elif name not in self.missing and name in self.model.measures:
            lost = sorted(self._needed(name) & self._failed.keys())
            if lost:
                self.missing[name] = f"{lost[0]}: {self._failed[lost[0]]}"
        return name in self.missing

    def _needed(self, name: str) -> set[str]:
        """Return the tables that a measure names, itself or through others."""
        found: set[str] = set()
        seen, new = set[str](), {name}
        while new:
            seen |= new
            pairs = [self.model.uses(self.model.measures[each].formula) for each in new]
            found |= {table for _, tables in pairs for table in tables}
            new = {other for measures, _ in pairs for other in measures} - seen
        return found

    def _spelled(self, formula: str) -> str:
        """Return a formula as the engine reads it: measures by a plain name, no blank before a call's bracket."""
        tokens = dax.tokens(formula)
        if isinstance(tokens, dax.Fault):
            return formula
        parts: list[str] = []
        for before, token in zip((None, *tokens), tokens, strict=False):
            text = token.text
            owned = before is not None and parts and before.at + len(before.text) == token.at
            if token.kind == "bracket" and not (owned and before and before.kind in {"table", "name"}):
                text = f"[{self._alias[name]}]" if (name := dax.unquoted(text)) in self._alias else text
            tight = text == "(" and before is not None and before.kind == "name" and _WORD.match(before.text)
            parts.append(text if tight or owned or not parts else f" {text}")
        return "".join(parts)

    def _filled(self) -> dict[str, Any]:
        """Return the tables as the engine takes them, and keep those whose query fails."""
        made: dict[str, Any] = {}
        fixed: dict[str, list[str]] = {}
        for name in self.model.tables:
            columns = {each: column for (table, each), column in self.model.columns.items() if table == name}
            try:
                table = self._queries.table(name)
            except MError as error:
                self._failed[name] = str(error)
                made[name] = {"columns": list(columns), "rows": []}
                continue
            sources = [column.source or each for each, column in columns.items()]
            rows = [[_cell(row.get(source)) for source in sources] for row in table.rows]
            made[name] = {"columns": list(columns), "rows": rows}
            fixed[name] = [each for each, column in columns.items() if column.kind == "decimal"]
        self._engine.mark_currency_columns(made, fixed)
        self._settings = self._joined(made)
        return made

    def _joined(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the engine must know of the model beside its rows."""
        dates = dict(self.model.dates)
        first = next(iter(dates.items()), (None, None))
        return {
            "date_table": first[0],
            "date_column": first[1],
            "date_tables": dates,
            "relationships": [
                {
                    "FromTable": each.table, "FromColumn": each.column, "ToTable": each.to_table,
                    "ToColumn": each.to_column, "IsActive": each.active, "CrossFilteringBehavior": 1,
                }
                for each in self.model.relationships
            ],
            "measure_tables": self._homes,
            "model_columns": {name: table["columns"] for name, table in made.items()},
            "culture": {"nl": "nl-NL", "en": "en-US"}[self.model.language],
        }  # fmt: skip


def _cell(value: Value) -> Value:
    """Return a day as the engine takes it: as a moment."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value


def _key(context: Context) -> Iterable[Any]:
    return frozenset(context.items())
