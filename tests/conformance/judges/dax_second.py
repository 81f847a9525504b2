"""Runs inside the readers' environment: pbi-parsers on each expression within a time; and the list of functions."""

import json
import signal
import sys

from pbi_parsers import dax
from pbix_mcp.dax.function_catalog import FUNCTION_CATALOG

SECONDS = 20


def stop(_signal, _frame):
    raise TimeoutError(f"no answer in {SECONDS} seconds")


def judge(expression):
    signal.alarm(SECONDS)
    try:
        return "" if dax.to_ast(expression) is not None else "does not parse"
    except Exception as error:  # noqa: BLE001 -- the parser raises what it likes
        return f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        signal.alarm(0)


signal.signal(signal.SIGALRM, stop)
question = json.load(sys.stdin)
functions = sorted({name.upper() for name, _ in FUNCTION_CATALOG})
json.dump({"errors": [judge(expression) for expression in question], "functions": functions}, sys.stdout)
