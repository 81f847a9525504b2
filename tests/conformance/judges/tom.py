"""Microsoft's Tabular Object Model: loads, validates, round-trips and compares models."""

import json
import os

from judges.places import HERE, ORACLES, TOOLS, MissingToolError, run, venv_python

DRIVER = HERE / "judges" / "tom_driver.py"


def _ask(question):
    environment = {**os.environ, "TOM_LIB": str(TOOLS / "tom" / "tomlib"), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = run(
        [venv_python("tom"), DRIVER, ORACLES / "tom" / "tomcheck.py"], input=json.dumps(question), env=environment
    )
    if done.returncode != 0:
        raise MissingToolError(f"TOM does not run: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def judge_models(paths):
    """Every model (.pbit, .bim or *.SemanticModel) loads and survives TMSL, TMDL, TMSL unchanged."""
    findings = []
    for verdict in _ask({"check": [str(path) for path in paths], "same": []})["check"]:
        findings += [f"tom: {verdict['path']}: {error}" for error in verdict["errors"]]
        if verdict["ok"] and not verdict["roundtrip"]:
            findings += [f"tom: {verdict['path']}: round trip: {change}" for change in verdict["roundtrip_diff"]]
    return findings


def judge_same(pairs):
    """Both files of a pair hold the same model."""
    answers = _ask({"check": [], "same": [[str(path) for path in pair] for pair in pairs]})["same"]
    return [
        f"tom: {left} differs from {right}: {change}"
        for (left, right), changes in zip(pairs, answers, strict=True)
        for change in changes
    ]
