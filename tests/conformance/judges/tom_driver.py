"""Runs inside the TOM environment: reads {"check": [path], "same": [[path, path]]}, writes one JSON answer."""

import importlib.util
import json
import os
import sys

tomcheck_path = sys.argv[1]
spec = importlib.util.spec_from_file_location("tomcheck", tomcheck_path)
tomcheck = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tomcheck)


def canonical(analysis_services, tabular, path):
    """The model without what a file format may leave out: the order of named objects, the database's own name."""
    database = tomcheck.norm(tomcheck.canon(tabular, tomcheck.load(analysis_services, tabular, path)[1]))
    for key in ("name", "id"):
        database.pop(key, None)
    return database


def same(analysis_services, tabular, pair):
    try:
        left, right = (canonical(analysis_services, tabular, path) for path in pair)
    except Exception as error:  # noqa: BLE001 -- .NET exceptions come through as Python ones of any class
        return [f"{type(error).__name__}: {getattr(error, 'Message', None) or error}"]
    return list(tomcheck.diff(left, right))


def main():
    question = json.load(sys.stdin)
    libraries = tomcheck.start()
    answer = {
        "check": [tomcheck.check(*libraries, path) for path in question["check"]],
        "same": [same(*libraries, pair) for pair in question["same"]],
    }
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the shutdown of pythonnet can crash after all work is done


main()
