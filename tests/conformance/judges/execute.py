"""Runs the queries of section documents on a local database, with a fixed clock and a chosen time zone."""

import json
import os

from judges.places import MissingToolError, node, run
from judges.power_query import scripts

NOW = "2026-11-24T08:00:00Z"


def execute(runs, *, zone="UTC", now=NOW):
    """{label: {member: answer}} of runs [{"label", "file", "members", "map"}]; see m/run.mjs."""
    environment = {**os.environ, "TZ": zone, "MEVAL_NOW": now}
    question = {"runs": [{**one, "file": str(one["file"])} for one in runs]}
    done = run([node(), "run.mjs"], cwd=scripts(), input=json.dumps(question), env=environment)
    if done.returncode != 0:
        raise MissingToolError(f"meval does not run: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
