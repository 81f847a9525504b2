"""Every target of the fuzzer for a moment: inputs that once broke it, and some thousands of any kind.

``python -m tests.fuzz`` runs a target for long, with a fuzzer that looks for code not yet reached.
"""

import random
from pathlib import Path

import pytest
from fuzz.broken import bent
from fuzz.choices import Choices
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "fuzz" / "corpus"
SLOW = {"publish": 4, "adopt-parts": 8, "project": 8, "rules": 12, "offices": 3, "odata": 30, "guard": 40}


@pytest.mark.parametrize("name", TARGETS)
def test_what_once_broke_it_and_what_is_whole(name):
    run, seeds = TARGETS[name]
    for data in (*seeds(), *(path.read_bytes() for path in sorted((CORPUS / name).glob("*")))):
        run(data)


def test_every_folder_of_the_corpus_is_of_a_target():
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} <= TARGETS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_nearly_whole(name):
    run, seeds = TARGETS[name]
    dice = random.Random(name)  # noqa: S311  no secret
    whole = seeds()
    for _ in range(SLOW.get(name, 60)):
        run(bent(Choices(dice.randbytes(40)), dice.choice(whole)))


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes(name):
    run, _ = TARGETS[name]

    @settings(
        max_examples=SLOW.get(name, 60),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(max_size=400))
    def any_bytes(data):
        run(data)

    any_bytes()
