"""Fuzz one target for long, outside CI: ``python -m tests.fuzz TARGET --runs 150000``; needs ``pip install atheris``.

New inputs are kept in ``--corpus`` (a temporary folder unless named), an input that breaks the target in ``--found``.
No input may take more than ten seconds of work, nor the process more than 1 GB. Work is counted, not the time of day:
a computer that is busy with something else is no finding. Waiting without working ends after half an hour.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

MEGABYTES, SECONDS, WAITING, LONGEST = 1024, 10, 1800, 16384


class TooLong(BaseException):
    """An input takes too long; nobody catches this."""


def too_long(*_):
    """End an input that takes too long."""
    raise TooLong


def limited(run):
    """Return a target of which no input may take more than some seconds of work."""

    def one(data):
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            run(data)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    signal.signal(signal.SIGPROF, too_long)
    return one


def arguments():
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=150_000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--found", type=Path, default=Path())
    parser.add_argument("--seed", type=int, default=20261124)
    return parser.parse_args()


def main():
    """Run a target until it breaks or has had enough."""
    asked = arguments()
    with atheris.instrument_imports(include=["generator"]):
        from fuzz import targets  # noqa: PLC0415  once imports are watched
    run, seeds = targets.TARGETS[asked.target]
    corpus = asked.corpus or Path(tempfile.mkdtemp(prefix="bundel-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    asked.found.mkdir(parents=True, exist_ok=True)
    kept = Path(__file__).parent / "corpus" / asked.target
    for number, seed in enumerate([*seeds(), *(path.read_bytes() for path in sorted(kept.glob("*")))]):
        (corpus / f"seed-{number}").write_bytes(seed)
        run(seed)
    limit = MEGABYTES * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    atheris.Setup(
        [
            sys.argv[0],
            f"-runs={asked.runs}",
            f"-timeout={WAITING}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-max_len={LONGEST}",
            f"-seed={asked.seed}",
            f"-artifact_prefix={asked.found / asked.target}-",
            "-print_final_stats=1",
            str(corpus),
        ],
        limited(run),
    )
    atheris.Fuzz()


main()
