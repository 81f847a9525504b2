"""A model in TMSL, as the judges look at it: its names, its formulas, its relationships."""

from dataclasses import dataclass, field

from judges.bundle import text


@dataclass(frozen=True, slots=True)
class Formula:
    """A piece of DAX and the place it stands; `table` gives the row it may be evaluated in."""

    kind: str
    table: str
    name: str
    dax: str

    def __str__(self):
        return f"{self.kind} {self.table}[{self.name}]"


@dataclass(frozen=True, slots=True)
class Model:
    """The `model` object of a database, with look-ups by lower-case name, since DAX does not mind case."""

    tmsl: dict
    columns: dict = field(default_factory=dict)
    measures: dict = field(default_factory=dict)

    @classmethod
    def of(cls, database):
        model = cls(database["model"])
        for table in model.tables:
            model.columns[table["name"].lower()] = {item["name"].lower(): item for item in table.get("columns", [])}
            for item in table.get("measures", []):
                model.measures.setdefault(item["name"].lower(), (table["name"], item))
        return model

    @property
    def tables(self):
        return self.tmsl.get("tables", [])

    @property
    def relationships(self):
        return self.tmsl.get("relationships", [])

    def relationships_for_engine(self):
        """Return them as pbix-mcp's engine takes them."""
        names = {"FromTable": "fromTable", "FromColumn": "fromColumn", "ToTable": "toTable", "ToColumn": "toColumn"}
        return [
            {engine: item[name] for engine, name in names.items()}
            | {"IsActive": item.get("isActive", True), "CrossFilteringBehavior": 1}
            for item in self.relationships
        ]

    def column(self, table, name):
        return self.columns.get(table.lower(), {}).get(name.lower())

    def formulas(self):
        for table in self.tables:
            yield from _formulas_of_table(table)
        for role in self.tmsl.get("roles", []):
            for permission in role.get("tablePermissions", []):
                dax = text(permission.get("filterExpression"))
                if dax:
                    yield Formula("role filter", permission["name"], role["name"], dax)


def _formulas_of_table(table):
    home = table["name"]
    for item in table.get("measures", []):
        yield Formula("measure", home, item["name"], text(item.get("expression")))
        if "formatStringDefinition" in item:
            yield Formula("format", home, item["name"], text(item["formatStringDefinition"]["expression"]))
    for item in table.get("columns", []):
        if item.get("type") == "calculated":
            yield Formula("calculated column", home, item["name"], text(item.get("expression")))
    for item in table.get("partitions", []):
        if item.get("source", {}).get("type") == "calculated":
            yield Formula("calculated table", home, home, text(item["source"].get("expression")))
    for item in table.get("calculationGroup", {}).get("calculationItems", []):
        yield Formula("calculation item", home, item["name"], text(item.get("expression")))
        if "formatStringDefinition" in item:
            yield Formula("format", home, item["name"], text(item["formatStringDefinition"]["expression"]))
