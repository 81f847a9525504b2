"""Measures of a model evaluated on executed rows, by an engine that is not Microsoft's: a second look at the figures.

The engine is lenient with broken formulas, so the DAX judge comes first.
"""

import json

from judges.bundle import text
from judges.model import Model
from judges.places import HERE, MissingToolError, run, venv_python


def evaluate(database, answers, names, contexts):
    """One {measure: value} per filter context such as {"Datum.JaarMaand": [202604]}."""
    model = Model.of(database)
    unknown = {key for context in contexts for key in context if not model.column(*key.split(".", 1))}
    if unknown:  # the engine would take such a filter for none
        raise ValueError(f"no columns {sorted(unknown)} in the model")
    question = {
        "names": names,
        "contexts": contexts,
        "tables": {
            table["name"]: _rows(table, answers[table["name"]]) for table in model.tables if table["name"] in answers
        },
        "measures": {item["name"]: text(item["expression"]) for _, item in model.measures.values()},
        "measure_tables": {item["name"]: home for home, item in model.measures.values()},
        "relationships": model.relationships_for_engine(),
    }
    done = run([venv_python("readers"), HERE / "judges" / "figures_driver.py"], input=json.dumps(question))
    if done.returncode != 0:
        raise MissingToolError(f"the DAX engine does not run: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout)
    return answer["answers"], answer["problems"]


def _rows(table, answer):
    """The table as the model names its columns, out of the query's answer."""
    names = {column["sourceColumn"]: column["name"] for column in table.get("columns", []) if "sourceColumn" in column}
    dates = {names[item["name"]] for item in answer["columns"] if "date" in item["type"] and item["name"] in names}
    return {
        "columns": [names.get(item["name"], item["name"]) for item in answer["columns"]],
        "rows": answer["rows"],
        "dates": sorted(dates),
    }
