"""A small bundle is what it was, byte by byte; ``python tests/kern.py`` renews it after a change that is meant."""

import kern


def test_the_small_bundle_is_as_recorded(tmp_path):
    recorded = {
        path.relative_to(kern.GOLDEN).as_posix(): path.read_bytes() for path in kern.GOLDEN.rglob("*") if path.is_file()
    }
    made = kern.made(tmp_path)
    # Git on Windows may check the record out with other line ends; what is made never has them.
    assert made.keys() == recorded.keys()
    differing = [path for path in made if made[path] != recorded[path].replace(b"\r\n", b"\n")]
    assert differing == [], "python tests/kern.py renews them; git diff then shows what changed"


def test_what_is_made_has_the_line_ends_of_no_system(tmp_path):
    assert [path for path, data in kern.made(tmp_path).items() if b"\r\n" in data] == []
