"""What TOM lets pass and Power BI does not (MODEL.md, ruling 20): paths, types, names, keys, sort-by, partitions."""

from collections import Counter, defaultdict

from judges.bundle import text
from judges.model import Model

DATA_COLUMNS = ("data", None)


def judge_models(models):
    """Findings over {label: database}."""
    return [
        f"lint: {label}: {finding}"
        for label, database in models.items()
        for rule in RULES
        for finding in rule(Model.of(database))
    ]


def _sources(model):
    for table in model.tables:
        partitions = table.get("partitions", [])
        if not partitions:
            yield f"table {table['name']} has no partition"
        for partition in partitions:
            source = partition.get("source", {})
            if source.get("type") == "m" and not text(source.get("expression")).strip():
                yield f"table {table['name']} has an empty query"
        if not table.get("columns") and not table.get("measures"):
            yield f"table {table['name']} has neither columns nor measures"
        for column in table.get("columns", []):
            if column.get("type") in DATA_COLUMNS and not column.get("sourceColumn"):
                yield f"{table['name']}[{column['name']}] has no source column"


def _keys(model):
    for table in model.tables:
        keys = [column["name"] for column in table.get("columns", []) if column.get("isKey")]
        if len(keys) > 1:
            yield f"table {table['name']} has {len(keys)} keys: {', '.join(keys)}"


def _sort_by(model):
    for table in model.tables:
        for column in table.get("columns", []):
            by = column.get("sortByColumn")
            if by is not None and not model.column(table["name"], by):
                yield f"{table['name']}[{column['name']}] is sorted by {by}, which is not there"
            if by is not None and by.lower() == column["name"].lower():
                yield f"{table['name']}[{column['name']}] is sorted by itself"


def _names(model):
    measures = Counter(item["name"].lower() for table in model.tables for item in table.get("measures", []))
    yield from (f"measure [{name}] stands {count} times in the model" for name, count in measures.items() if count > 1)
    for table in model.tables:
        columns = Counter(item["name"].lower() for item in table.get("columns", []))
        yield from (f"{table['name']}[{name}] stands {count} times" for name, count in columns.items() if count > 1)
        own = {item["name"].lower() for item in table.get("measures", [])}
        yield from (
            f"measure [{name}] has the name of a column of its table {table['name']}" for name in columns if name in own
        )


def _ends(relationship, model):
    """The two columns of a relationship, each None where it is missing."""
    return tuple(
        model.column(relationship.get(f"{side}Table", ""), relationship.get(f"{side}Column", ""))
        for side in ("from", "to")
    )


def _relationships(model):
    for relationship in model.relationships:
        label = (
            f"{relationship.get('fromTable')}[{relationship.get('fromColumn')}] to "
            f"{relationship.get('toTable')}[{relationship.get('toColumn')}]"
        )
        ends = _ends(relationship, model)
        if None in ends:
            yield f"relationship {label}: a column is missing"
        elif ends[0].get("dataType") != ends[1].get("dataType"):
            yield f"relationship {label}: {ends[0].get('dataType')} against {ends[1].get('dataType')}"
        if relationship.get("fromTable") == relationship.get("toTable"):
            yield f"relationship {label}: a table to itself"


def _paths(model):
    """At most one active path over which a filter goes from one table to another."""
    steps = defaultdict(list)
    for relationship in model.relationships:
        if relationship.get("isActive", True):
            many, one = relationship.get("fromTable"), relationship.get("toTable")
            steps[one].append(many)
            if relationship.get("crossFilteringBehavior") == "bothDirections":
                steps[many].append(one)
    for start in list(steps):
        for table, count in _count_paths(steps, start).items():
            if count > 1:
                yield f"{count} active paths from {start} to {table}"


def _count_paths(steps, start):
    counts = Counter()

    def walk(table, trail):
        for following in steps.get(table, ()):
            if following not in trail:
                counts[following] += 1
                walk(following, {*trail, following})

    walk(start, {start})
    return counts


def _security(model):
    """A role filters every table that has a division, and reads the mapping by the user's own name."""
    for role in model.tmsl.get("roles", []):
        filtered = {permission["name"].lower() for permission in role.get("tablePermissions", [])}
        for table in model.tables:
            if model.column(table["name"], "Administratie") and table["name"].lower() not in filtered:
                yield f"role {role['name']} does not filter {table['name']}, which has divisions"


RULES = (_sources, _keys, _sort_by, _names, _relationships, _paths, _security)
