"""Runs inside the DAX environment: reads a list of expressions, writes for each its tree or why it has none."""

import dataclasses
import json
import sys

import sidemantic_dax as dax

# The kinds of an argument (scalar, table) are guessed, and sometimes wrong: DATESYTD of a variable, KEEPFILTERS of a
# true/false filter. The number of arguments is certain.
CERTAIN = {"FunctionArity", "MissingRequiredArgument", "InvalidVariableName", "DuplicateVariable"}


def tree(node):
    """A node as {"is": its class, field: ...}; enumerations as their value."""
    if dataclasses.is_dataclass(node):
        fields = {field.name: tree(getattr(node, field.name)) for field in dataclasses.fields(node)}
        return {"is": type(node).__name__, **fields}
    if isinstance(node, list | tuple):
        return [tree(item) for item in node]
    return getattr(node, "value", node)


def judge(expression):
    try:
        parsed = dax.parse_expression(expression)
    except ValueError as error:
        return {"error": str(error)}
    issues = dax.validate_expression(expression)
    return {"tree": tree(parsed), "issues": [issue.message for issue in issues if issue.code.value in CERTAIN]}


json.dump([judge(expression) for expression in json.load(sys.stdin)], sys.stdout)
