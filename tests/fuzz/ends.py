"""How a run may end: with a result, or with problems that can be told."""

from __future__ import annotations

import json

from generator.problems import Stop


def ended(action):
    """Return how something ends: its result, or the ``Stop`` that it raises; all else is a slip of ours."""
    try:
        return action()
    except Stop as stop:
        return stop


def told(problems):
    """Require that problems can be told in both languages, hold no token, and are no slip of our own."""
    for problem in problems:
        for language in ("nl", "en"):
            said = problem.document(language)
            assert all(isinstance(value, str) for value in said.values())
            assert said["message"].encode()
            assert said["hint"] or problem.severity == "warning"
        assert problem.code != "B089", problem.values
        assert "Bearer token" not in json.dumps(problem.values)
