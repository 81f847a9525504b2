"""Every field that a report names exists in its model, as the kind it says; and no column is loaded for nothing."""

import json

from judges.dax import columns_used
from judges.model import Model


def named_fields(files):
    """(file, kind, table, field) of every field expression in a report's JSON files, given as {path: text}."""
    for path, source in files.items():
        try:
            document = json.loads(source)
        except ValueError:
            continue  # the validators say so
        yield from ((path, *found) for found in _walk(document, {}))


def _walk(node, aliases):
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, aliases)
    elif isinstance(node, dict):
        if isinstance(node.get("From"), list):
            aliases = {item["Name"]: item.get("Entity", "") for item in node["From"]}
        for kind in ("Column", "Measure"):
            part = node.get(kind)
            if isinstance(part, dict) and "Property" in part:
                source = part.get("Expression", {}).get("SourceRef", {})
                yield kind, source.get("Entity") or aliases.get(source.get("Source"), ""), part["Property"]
        for part in node.values():
            yield from _walk(part, aliases)


def _problem(model, kind, table, name):
    if kind == "Measure":
        home = model.measures.get(name.lower())
        if home is None or home[0] != table:
            return f"measure {table}[{name}] is not in the model"
    elif (model.column(table, name) or {}).get("name") != name:
        return f"column {table}[{name}] is not in the model"
    return ""


def judge_fields(pairs):
    """Findings over {label: (database, {path: text})}."""
    findings = []
    for label, (database, files) in pairs.items():
        model = Model.of(database)
        for path, kind, table, name in named_fields(files):
            problem = _problem(model, kind, table, name)
            if problem:
                findings.append(f"fields: {label}: {path}: {problem}")
    return findings


def judge_unused(pairs, free=frozenset()):
    """Columns that nothing uses, over {label: (database, {path: text})}; tables in `free` are the author's own."""
    used_by_dax = columns_used({label: database for label, (database, _) in pairs.items()})
    findings = []
    for label, (database, files) in pairs.items():
        model = Model.of(database)
        used = used_by_dax[label] | set(_used_by_model(model))
        used |= {(table.lower(), name.lower()) for _, _, table, name in named_fields(files)}
        findings += [
            f"unused: {label}: {table['name']}[{column['name']}]"
            for table in model.tables
            if table["name"].lower() not in free and "calculationGroup" not in table and not _is_home(table)
            for column in table.get("columns", [])
            if (table["name"].lower(), column["name"].lower()) not in used
        ]
    return findings


def _is_home(table):
    """A table of measures needs one column to be a table."""
    columns = table.get("columns", [])
    return bool(table.get("measures")) and len(columns) == 1 and columns[0].get("isHidden", False)


def _used_by_model(model):
    for relationship in model.relationships:
        for side in ("from", "to"):
            yield relationship[f"{side}Table"].lower(), relationship[f"{side}Column"].lower()
    for table in model.tables:
        home = table["name"].lower()
        for column in table.get("columns", []):
            if column.get("isKey"):
                yield home, column["name"].lower()
            if "sortByColumn" in column:
                yield home, column["sortByColumn"].lower()
        for hierarchy in table.get("hierarchies", []):
            for level in hierarchy["levels"]:
                yield home, level["column"].lower()
