"""A secret is cut out of what a service says, however it writes it; and so is nothing else."""

from __future__ import annotations

import html
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.publish.withheld import without

SECRETS = (
    "planted",
    'a"b',
    "a\\b",
    "p\u00e4ss w\u00f6rd",
    "<&>'",
    "\U0001f511key",
    "tab\there",
    "%41",
    "a.b*c[d](e)|f",
)
WRITTEN = {
    "plain": str,
    "JSON": json.dumps,
    "JSON with its own letters": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"credentials": text})),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps([json.dumps([text])], ensure_ascii=False)),
    "an address": quote,
    "a strict address": lambda text: quote(text, safe=""),
    "XML": html.escape,
    "XML of numbers": lambda text: "".join(c if c.isalnum() and c.isascii() else f"&#x{ord(c):X};" for c in text),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_cut_out_in_whichever_way_it_is_written(secret, written):
    inside = written("QQ").partition("QQ")
    whole = f"for {written(secret)} and {secret}."
    around = f"for {inside[0]}***{inside[2]} and ***."
    assert without(whole, {secret, ""}) == around


@settings(derandomize=True)
@given(st.text(min_size=1, max_size=12), st.sampled_from([*WRITTEN.values()]), st.text(max_size=5))
def test_any_secret(secret, written, around):
    try:
        written(secret).encode()
    except UnicodeEncodeError:
        return
    said = without(f"{around}\n{written(secret)}\n{around}", [secret])
    assert "***" in said


def test_longer_secrets_go_first():
    assert without("geheim1 geheim", {"geheim", "geheim1"}) == "*** ***"


def test_what_is_no_secret_stays():
    text = 'a password of "x\\ny" \\u00e9 %20 &quot; \\\\'
    assert without(text, {"planted", "\\z"}) == text


@pytest.mark.parametrize("said", ["\\" * 3_000_000, "&#x" + "0" * 3_000_000, "a\\\\" * 1_000_000], ids="abc")
def test_a_long_text_is_read_in_a_moment(said):
    began = time.process_time()
    without(said, {'a\\"b', "\\\\\\\\\\", '""""', "\u00e9\u00e9"})
    assert time.process_time() - began < 5
