"""JSON as Python's own library writes it, whatever stands in it; and documents that are written once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import jsontext
from generator.jsontext import DEEPEST, Document, foreign, written

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def plain(content):
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


@given(VALUES)
def test_the_bytes_are_those_of_the_standard_library(content):
    assert written(content) == plain(content)


def test_every_character_is_escaped_as_the_standard_library_does():
    content = {"".join(map(chr, range(0xD800))): ["\ufeff", "\U0001f600", "\uffff", {}, [], (1, 2)]}
    assert written(content) == plain(content)


def test_a_document_is_written_once():
    made = Document({"b": 1, "a": [{"c": None}]})
    assert made.text == plain({"b": 1, "a": [{"c": None}]})
    assert made.text is made.text


@pytest.mark.parametrize("content", ["\ud800", {1: 2}, object()])
def test_what_is_no_json_is_refused(content):
    with pytest.raises(TypeError):
        written(content)


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"a":' * 5000 + b"1" + b"}" * 5000])
def test_what_is_no_document_is_told_in_one_way(data):
    with pytest.raises(ValueError, match=r"[a-z]"):
        foreign(data)


def test_a_document_of_a_stranger_is_so_deep_at_most():
    """On every Python: newer ones read tens of thousands of levels."""
    for depth, fine in ((DEEPEST, True), (DEEPEST + 1, False)):
        data = b"[" * depth + b"]" * depth
        if fine:
            assert foreign(data)
        else:
            with pytest.raises(ValueError, match="deep"):
                foreign(data)


def test_a_document_of_a_stranger_holds_so_many_items_at_most(monkeypatch):
    monkeypatch.setattr(jsontext, "MOST_ITEMS", 4)
    assert foreign(b'{"value": [{"a": 1}]}') == {"value": [{"a": 1}]}
    with pytest.raises(ValueError, match="items"):
        foreign(b'{"value": [{"a": 1}, {}]}')
