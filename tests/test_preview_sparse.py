"""Of thousands of ledger lines a preview finds the few that a measure is about, and asks little to find them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.preview.sparse import filled

KEYS = [(invoice, invoice % 28, invoice % 7, f"line {line}") for invoice in range(300) for line in range(9)]


class Ledger:
    """What a sum over some lines says of any choice of values, and how often it was asked."""

    def __init__(self, lines):
        self.lines, self.asked = set(lines), 0

    def blank(self, parts):
        self.asked += 1
        kept = {place: set(values) for place, values in parts.items()}
        return not any(all(line[place] in values for place, values in kept.items()) for line in self.lines)


@settings(deadline=None, max_examples=20)
@given(st.sets(st.sampled_from(KEYS), min_size=1, max_size=60))
def test_no_line_of_a_sum_is_lost_and_the_order_stays(lines):
    found = filled(KEYS, Ledger(lines).blank)
    assert lines <= set(found)
    assert list(found) == [key for key in KEYS if key in set(found)]


@settings(deadline=None, max_examples=20)
@given(st.sets(st.sampled_from(range(300)), min_size=1, max_size=5))
def test_the_lines_of_a_few_invoices_are_found_among_thousands(invoices):
    ledger = Ledger(key for key in KEYS if key[0] in invoices)
    found = filled(KEYS, ledger.blank)
    assert set(found) == ledger.lines or len(found) <= 100
    assert ledger.asked + len(found) < 300


def test_what_is_blank_as_a_whole_is_left_as_it_is():
    """A measure may have a value for one customer at a time only."""
    assert filled(KEYS, lambda parts: len(parts[0]) > 1) == KEYS


def test_lines_that_mostly_have_a_value_are_not_asked_about():
    ledger = Ledger(KEYS)
    assert filled(KEYS, ledger.blank) == KEYS
    assert ledger.asked < 20


def test_a_measure_that_is_never_blank_keeps_all():
    assert filled(KEYS, lambda _: False) == KEYS
