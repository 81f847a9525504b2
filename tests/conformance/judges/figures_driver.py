"""Runs inside the readers' environment: evaluates measures with pbix-mcp's engine in each filter context given."""

import datetime as dt
import json
import re
import sys

from pbix_mcp.dax import engine


def normal(expression):
    """The engine takes SAMEPERIODLASTYEAR ( x ) with a blank before the bracket for something else."""
    return re.sub(r"\b([A-Z][A-Z.0-9]+)\s+\(", r"\1(", expression)


def dated(table):
    """A table with its dates as dates."""
    days = [name in table["dates"] for name in table["columns"]]
    rows = [
        [dt.datetime.fromisoformat(cell) if day and cell else cell for day, cell in zip(days, row, strict=True)]
        for row in table["rows"]
    ]
    return {"columns": table["columns"], "rows": rows}


def main():
    question = json.load(sys.stdin)
    tables = {name: dated(table) for name, table in question["tables"].items()}
    measures = {name: normal(expression) for name, expression in question["measures"].items()}
    answers = [
        engine.evaluate_measures_batch(
            question["names"],
            tables,
            measures,
            context,
            date_table="Datum",
            date_column="Datum",
            relationships=question["relationships"],
            date_tables={"Datum": "Datum"},
            measure_tables=question["measure_tables"],
            model_columns={name: table["columns"] for name, table in tables.items()},
            culture="nl-NL",
        )
        for context in question["contexts"]
    ]
    state = engine._engine  # noqa: SLF001 -- the errors stand nowhere else
    problems = {**state.eval_errors, **dict.fromkeys(state.unsupported_functions, "unsupported function")}
    json.dump({"answers": answers, "problems": problems}, sys.stdout, default=str)


main()
