"""Runs inside the readers' environment: many evaluations on one set of tables with pbix-mcp's engine.

question: {"tables", "measures", "measure_tables", "relationships", "jobs": [{"names", "contexts", "changed"}]}
answer:   [{"answers": [{measure: value} per context], "problems": {measure: text}}], one per job
"""

import datetime as dt
import json
import re
import sys

from pbix_mcp.dax import engine

NAMED = re.compile(r'(\[[^\]]*\]|"(?:[^"]|"")*"|\'[^\']*\')')

MONTHS = {
    "January": "januari", "February": "februari", "March": "maart", "April": "april", "May": "mei", "June": "juni",
    "July": "juli", "August": "augustus", "September": "september", "October": "oktober", "November": "november",
    "December": "december",
}  # fmt: skip
MONTH = re.compile("|".join(MONTHS))
# Fixed decimals add up exactly in Power BI; the engine adds floating point numbers.
EXACT = re.compile(r"SUM\( *(?:\w+|'[^']+')\[(?:Bedrag|Openstaand)\] *\)")


def normal(expression):
    """The engine takes SAMEPERIODLASTYEAR ( x ) with a blank before the bracket for something else."""
    parts = NAMED.split(expression)
    tight = "".join(
        ampersand(part) if place % 2 else re.sub(r"\b([A-Z][A-Z.0-9]+)\s+\(", r"\1(", part)
        for place, part in enumerate(parts)
    )
    return EXACT.sub(r"ROUND(\g<0>, 4)", tight)


def ampersand(name):
    """The engine takes the & in [W&V bedrag] for an operator."""
    return name.replace("W&V", "WenV") if name.startswith("[") else name


def dated(table):
    """A table with its dates as dates."""
    days = [name in table["dates"] for name in table["columns"]]
    rows = [
        [dt.datetime.fromisoformat(cell) if day and cell else cell for day, cell in zip(days, row, strict=True)]
        for row in table["rows"]
    ]
    return {"columns": table["columns"], "rows": rows}


def dutch(value):
    """The engine writes months in English whatever language FORMAT is told."""
    return MONTH.sub(lambda found: MONTHS[found[0]], value) if isinstance(value, str) else value


def evaluate(question, tables, job):
    measures = {
        name.replace("W&V", "WenV"): normal(dax)
        for name, dax in (question["measures"] | job.get("changed", {})).items()
    }
    state = engine._engine  # noqa: SLF001 -- the errors stand nowhere else
    state.eval_errors.clear()
    state.unsupported_functions.clear()
    answers = [
        engine.evaluate_measures_batch(
            [name.replace("W&V", "WenV") for name in job["names"]],
            tables,
            measures,
            context,
            date_table="Datum",
            date_column="Datum",
            relationships=question["relationships"],
            date_tables={"Datum": "Datum"},
            measure_tables={name.replace("W&V", "WenV"): home for name, home in question["measure_tables"].items()},
            model_columns={name: table["columns"] for name, table in tables.items()},
            culture="nl-NL",
        )
        for context in job["contexts"]
    ]
    answers = [{name.replace("WenV", "W&V"): dutch(value) for name, value in answer.items()} for answer in answers]
    problems = {**state.eval_errors, **dict.fromkeys(state.unsupported_functions, "unsupported function")}
    return {"answers": answers, "problems": problems}


def main():
    question = json.load(sys.stdin)
    tables = {name: dated(table) for name, table in question["tables"].items()}
    json.dump([evaluate(question, tables, job) for job in question["jobs"]], sys.stdout, default=str)


main()
