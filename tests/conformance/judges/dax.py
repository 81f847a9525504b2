"""DAX: two parsers, and a resolver of every name against the model; TOM lets all of this pass."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from judges.model import Model
from judges.places import HERE, MissingToolError, run, venv_python

KEYWORDS = """
asc desc dense skip first last default both none oneway oneway_leftfiltersright oneway_rightfiltersleft
day month quarter year week second minute hour integer double string boolean currency datetime variant
alphabetical keep blanks abs rel
"""
WORDS = set(KEYWORDS.split())
NAMERS = {"ADDCOLUMNS", "SELECTCOLUMNS", "SUMMARIZE", "SUMMARIZECOLUMNS", "ROW", "GROUPBY", "GENERATESERIES"}
COLUMN_AGGREGATES = {"SUM", "AVERAGE", "COUNT", "COUNTA", "COUNTBLANK", "DISTINCTCOUNT"}
FILTERED = {"CALCULATE", "CALCULATETABLE"}
ROW_KINDS = {"role filter", "calculated column"}


def _drive(environment, script, expressions):
    done = run([venv_python(environment), HERE / "judges" / script], input=json.dumps(expressions))
    if done.returncode != 0:
        raise MissingToolError(f"{script} does not run: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _second_opinion(expressions):
    """({formula: why pbi-parsers rejects it, or nothing}, names of all functions); it is slow, so two at a time."""
    halves = (expressions[::2], expressions[1::2])
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda half: _drive("readers", "dax_second.py", half), halves))
    rejected = {}
    for half, answer in zip(halves, answers, strict=True):
        rejected |= dict(zip(half, answer["errors"], strict=True))
    return rejected, set(answers[0]["functions"])


def judge_formulas(models):
    """Every formula of every model, given as {label: database}, parses twice, resolves, and is in no circle."""
    read = {label: Model.of(database) for label, database in models.items()}
    expressions = sorted({formula.dax for model in read.values() for formula in model.formulas()})
    first = dict(zip(expressions, _drive("dax", "dax_driver.py", expressions), strict=True))
    rejected, functions = _second_opinion(expressions)
    findings = []
    for label, model in read.items():
        findings += [f"dax: {label}: {finding}" for finding in _judge_model(model, first, rejected, functions)]
    return findings


def _judge_model(model, first, rejected, functions):
    uses = {}
    for formula in model.formulas():
        verdict = first[formula.dax]
        if rejected[formula.dax]:
            yield f"{formula}: pbi-parsers: {rejected[formula.dax]}"
        if "error" in verdict:
            yield f"{formula}: {verdict['error']}"
            continue
        yield from (f"{formula}: {issue}" for issue in verdict["issues"])
        reader = Reader(model, formula, functions)
        reader.read(verdict["tree"])
        yield from (f"{formula}: {problem}" for problem in reader.problems)
        if formula.kind in ("measure", "calculated column", "calculated table"):
            uses[_node(formula)] = reader.uses
    yield from (f"circle: {' > '.join(circle)}" for circle in circles(uses))


def _node(formula):
    return f"[{formula.name}]".lower() if formula.kind == "measure" else f"{formula.table}[{formula.name}]".lower()


def circles(uses):
    """The circles in {node: nodes it uses}, each once."""
    found, done = [], set()

    def visit(node, trail):
        if node in trail:
            found.append([*trail[trail.index(node) :], node])
        elif node not in done:
            for used in sorted(uses.get(node, ())):
                visit(used, [*trail, node])
            done.add(node)

    for node in uses:
        visit(node, [])
    return found


@dataclass(slots=True)
class Reader:
    """Walks the tree of one formula and notes what does not resolve, and what it uses."""

    model: Model
    formula: object
    functions: set
    problems: list = field(default_factory=list)
    uses: set = field(default_factory=set)
    columns: set = field(default_factory=set)
    named: set = field(default_factory=set)

    def read(self, tree):
        self.named |= {"value", *(f"value{number}" for number in range(1, 10))} | set(_named(tree))
        self._walk(tree, frozenset())

    def _walk(self, node, variables):
        if isinstance(node, list):
            for item in node:
                self._walk(item, variables)
        elif isinstance(node, dict):
            visit = getattr(self, f"_{node['is'].lower()}", None)
            if visit:
                visit(node, variables)
            else:
                self._parts(node, variables)

    def _parts(self, node, variables):
        for key, part in node.items():
            if key != "is":
                self._walk(part, variables)

    def _varblock(self, node, variables):
        for declaration in node["decls"]:
            self._walk(declaration["expr"], variables)
            if declaration["name"].lower() in self.model.columns:
                self.problems.append(f"variable {declaration['name']} has the name of a table")
            variables = variables | {declaration["name"].lower()}
        self._walk(node["body"], variables)

    def _functioncall(self, node, variables):
        name = node["name"].upper()
        if name not in self.functions:
            self.problems.append(f"unknown function {node['name']}")
        first = node["args"][0] if node["args"] else {"is": ""}
        if name in COLUMN_AGGREGATES and first["is"] not in ("TableColumnRef", "Boolean"):
            self.problems.append(f"{name} wants a column")
        if name in FILTERED:
            for argument in node["args"][1:]:
                self._predicate(name, argument)
        self._parts(node, variables)

    def _predicate(self, name, argument):
        """A true/false filter names the columns of one table and no measure."""
        while argument["is"] == "FunctionCall" and argument["name"].upper() == "KEEPFILTERS" and argument["args"]:
            argument = argument["args"][0]
        if argument["is"] not in ("Binary", "Unary", "Paren"):
            return
        tables = {found["table"]["name"].lower() for found in _shallow(argument, "TableColumnRef")}
        if len(tables) > 1:
            self.problems.append(f"{name}: a filter over two tables: {', '.join(sorted(tables))}")
        for found in _shallow(argument, "BracketRef"):
            if found["name"].lower() in self.model.measures:
                self.problems.append(f"{name}: measure [{found['name']}] in a true/false filter")

    def _tablecolumnref(self, node, _variables):
        table, name = node["table"]["name"], node["column"]
        if self.model.column(table, name):
            self.columns.add((table.lower(), name.lower()))
            self.uses.add(f"{table}[{name}]".lower())
        elif name.lower() in self.model.measures:
            self.problems.append(f"measure written with a table: {table}[{name}]")
        else:
            self.problems.append(f"unknown column {table}[{name}]")

    def _bracketref(self, node, _variables):
        name = node["name"].lower()
        home = self.formula.table if self.formula.kind in ROW_KINDS else ""
        if name in self.model.measures:
            self.uses.add(f"[{name}]")
        elif home and self.model.column(home, name):
            self.columns.add((home.lower(), name))
            self.uses.add(f"{home}[{name}]".lower())
        elif name not in self.named:
            self.problems.append(f"unknown measure [{node['name']}]")

    def _identifier(self, node, variables):
        self._table(node["name"], variables)

    def _tableref(self, node, variables):
        self._table(node["table"]["name"], variables)

    def _table(self, name, variables):
        if name.lower() in variables or name.lower() in WORDS:
            return
        if name.lower() in self.model.columns:
            self.uses.add(f"{name}[{name}]".lower())
        else:
            self.problems.append(f"unknown table or variable {name}")


def _named(node):
    """The column names a formula makes itself, as in ADDCOLUMNS ( t, "@x", ... )."""
    if isinstance(node, list):
        for item in node:
            yield from _named(item)
    elif isinstance(node, dict):
        if node["is"] == "FunctionCall" and node["name"].upper() in NAMERS:
            yield from (item["value"].lower() for item in node["args"] if item["is"] == "String")
        for key, part in node.items():
            if key != "is":
                yield from _named(part)


def _shallow(node, kind):
    """The nodes of a kind under a node, not counting those inside function calls."""
    if isinstance(node, list):
        for item in node:
            yield from _shallow(item, kind)
    elif isinstance(node, dict) and node["is"] != "FunctionCall":
        if node["is"] == kind:
            yield node
        for key, part in node.items():
            if key != "is":
                yield from _shallow(part, kind)


def columns_used(models):
    """{label: {(table, column)}} that formulas name, in lower case."""
    read = {label: Model.of(database) for label, database in models.items()}
    expressions = sorted({formula.dax for model in read.values() for formula in model.formulas()})
    first = dict(zip(expressions, _drive("dax", "dax_driver.py", expressions), strict=True))
    used = {}
    for label, model in read.items():
        used[label] = set()
        for formula in model.formulas():
            reader = Reader(model, formula, set())
            reader.read(first[formula.dax].get("tree", []))
            used[label] |= reader.columns
    return used
