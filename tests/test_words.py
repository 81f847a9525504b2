"""A bundle holds the words of Power BI's formats that are recorded, and no other; a report has each that it needs."""

import words


def test_bundles_are_written_in_the_words_that_are_recorded(tmp_path):
    made, recorded = words.made(tmp_path), words.WORDS.read_text("utf-8").splitlines()
    new, gone = sorted(set(made) - set(recorded)), sorted(set(recorded) - set(made))
    assert (new, gone) == ([], []), "python tests/words.py renews them; git diff then shows what changed"
