"""The output folder: what is compared, what is written, what survives; and that nothing is ever half-done."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forks import child, ended
from markdown import BASE, save

from generator import cli, disk
from generator import commit as commits
from generator.cli.make import SOME_FAILED
from generator.commit import place
from generator.lock import locked
from generator.manifests import bundles, previous, standing
from generator.output import (
    commit,
    compare,
    enrol,
    held,
    manifest,
    recover,
    removable,
    remove,
    seal,
    verify,
)
from generator.problems import LANGUAGES, Stop

OLD = {"a.pbit": b"old a", "queries/r/q.pq": b"old q", "queries/r.pq": b"same", "R.Report/pages/p1/page.json": b"{}"}
NEW = {"a.pbit": b"new a", "queries/r/q.pq": b"new q", "queries/r.pq": b"same", "R.Report/pages/p2/page.json": b"{2}"}


def current(out, code, spec_hash):
    found = standing(out, code)
    return found if found and found.spec_hash == spec_hash else None


def _files(files, spec_hash="s1", client="acme"):
    document = {"client": client, "url": "https://x/odata4", "divisions": [1], "reports": [], "spec_hash": spec_hash}
    return {**files, "manifest.json": manifest(document, files)}


def _write(out, files, code="acme", **options):
    change = compare(out, code, files)
    commit(out, files, change, **options)
    return change


def _tree(folder: Path):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _folders(folder: Path):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()}


def _codes(stop):
    return [problem.code for problem in stop.value.problems]


# What is compared


def test_the_manifest_has_the_keys_of_the_contract_in_their_order():
    document = {"spec_hash": "s", "client": "acme", "url": "u", "divisions": [1, 2], "reports": [{"name": "é"}]}
    data = manifest(document, {"b": b"", "a/b": b"x", "manifest.json": b"not itself"})
    assert list(json.loads(data)) == ["client", "url", "divisions", "reports", "files", "spec_hash"]
    assert json.loads(data)["files"] == {
        "a/b": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        "b": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    assert "é".encode() in data


def test_a_new_bundle_is_created(tmp_path):
    change = _write(tmp_path, _files(OLD))
    assert change.status == "created"
    assert sorted(change.created) == sorted(OLD)
    assert _tree(tmp_path / "acme") == _files(OLD)
    assert compare(tmp_path, "acme", _files(OLD)).status == "unchanged"


def _untouched(path):
    """What stays the same of a file that nobody writes; reading it may change the time of its last use."""
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def test_only_what_changed_is_written(tmp_path):
    _write(tmp_path, _files(OLD))
    before = _untouched(tmp_path / "acme/queries/r.pq")
    change = _write(tmp_path, _files(NEW))
    assert change.status == "changed"
    assert change.created == ("R.Report/pages/p2/page.json",)
    assert sorted(change.changed) == ["a.pbit", "queries/r/q.pq"]
    assert change.removed == ("R.Report/pages/p1/page.json",)
    assert change.edited == ()
    assert _tree(tmp_path / "acme") == _files(NEW)
    assert _untouched(tmp_path / "acme/queries/r.pq") == before
    assert "R.Report/pages/p1" not in _folders(tmp_path / "acme")


def test_an_unchanged_bundle_costs_its_manifest_only(tmp_path, monkeypatch):
    _write(tmp_path, _files(OLD))
    read = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or real(path))
    assert compare(tmp_path, "acme", _files(OLD)).status == "unchanged"
    assert current(tmp_path, "acme", "s1")
    assert set(read) == {"manifest.json"}


def test_a_bundle_from_another_input_or_with_a_file_too_few_is_not_current(tmp_path):
    assert not current(tmp_path, "acme", "s1")
    _write(tmp_path, _files(OLD))
    assert not current(tmp_path, "acme", "s2")
    (tmp_path / "acme/a.pbit").unlink()
    assert not current(tmp_path, "acme", "s1")
    assert compare(tmp_path, "acme", _files(OLD)).created == ("a.pbit",)
    _write(tmp_path, _files(OLD))
    assert _tree(tmp_path / "acme") == _files(OLD)


MANY = {f"queries/r/{n}.pq": b"q" for n in range(4)} | {f"R.Report/visuals/{n}/visual.json": b"{}" for n in "ab"}


@pytest.mark.parametrize("path", [*OLD, *MANY])
def test_a_bundle_that_lacks_any_of_its_files_is_not_current(tmp_path, path):
    _write(tmp_path, _files(OLD | MANY))
    assert current(tmp_path, "acme", "s1").files == len(OLD | MANY)
    (tmp_path / "acme" / path).unlink()
    assert not current(tmp_path, "acme", "s1")


def test_a_new_input_with_the_same_files_rewrites_the_manifest_only(tmp_path):
    _write(tmp_path, _files(OLD))
    assert _write(tmp_path, _files(OLD, "s2")).status == "unchanged"
    assert current(tmp_path, "acme", "s2")


def test_force_rewrites_all(tmp_path):
    _write(tmp_path, _files(OLD))
    (tmp_path / "acme/a.pbit").write_bytes(b"by hand")
    change = compare(tmp_path, "acme", _files(OLD), force=True)
    assert sorted(change.changed) == sorted(OLD)
    assert change.edited == ("a.pbit",)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"files": 1}', '{"bundles": [1, {"client": "../x"}]}'])
def test_a_damaged_manifest_is_as_none(tmp_path, text):
    _write(tmp_path, _files(OLD))
    (tmp_path / "acme/manifest.json").write_text(text)
    (tmp_path / "manifest.json").write_text(text)
    assert previous(tmp_path, "acme") == {}
    assert bundles(tmp_path) == {}
    assert compare(tmp_path, "acme", _files(OLD)).edited == ()
    assert sorted(compare(tmp_path, "acme", _files(NEW)).edited) == ["a.pbit", "queries/r/q.pq"]


def test_a_manifest_can_not_point_outside_its_bundle(tmp_path):
    _write(tmp_path, _files(OLD))
    precious = tmp_path / "precious.txt"
    precious.write_text("x")
    path = tmp_path / "acme/manifest.json"
    document = json.loads(path.read_text())
    document["files"] |= {"../precious.txt": "0", str(precious): "0", "published.json": "0"}
    path.write_text(json.dumps(document))
    assert _write(tmp_path, _files(NEW), overwrite=True).removed == ("R.Report/pages/p1/page.json",)
    assert precious.exists()


# Files changed by hand


def test_files_changed_by_hand_are_kept_until_somebody_says_yes(tmp_path):
    _write(tmp_path, _files(OLD))
    (tmp_path / "acme/a.pbit").write_bytes(b"by hand")
    (tmp_path / "acme/R.Report/pages/p1/page.json").write_bytes(b"by hand")
    for _ in range(2):
        change = _write(tmp_path, _files(NEW))
        assert sorted(change.edited) == ["R.Report/pages/p1/page.json", "a.pbit"]
        assert [problem.code for problem in change.kept] == ["B107", "B107"]
        assert not current(tmp_path, "acme", "s1")
        assert (tmp_path / "acme/a.pbit").read_bytes() == b"by hand"
        assert (tmp_path / "acme/queries/r/q.pq").read_bytes() == b"new q"
    _write(tmp_path, _files(NEW), overwrite=True)
    assert _tree(tmp_path / "acme") == _files(NEW)
    assert current(tmp_path, "acme", "s1")


def test_a_hand_edit_that_nothing_overwrites_is_left_alone(tmp_path):
    _write(tmp_path, _files(OLD))
    (tmp_path / "acme/queries/r.pq").write_bytes(b"by hand")
    change = _write(tmp_path, _files(NEW))
    assert change.edited == ()
    assert (tmp_path / "acme/queries/r.pq").read_bytes() == b"by hand"


def test_a_file_of_somebody_else_in_the_way_is_kept(tmp_path):
    _write(tmp_path, _files(OLD))
    target = tmp_path / "acme/R.Report/pages/p2/page.json"
    target.parent.mkdir()
    target.write_bytes(b"mine")
    assert _write(tmp_path, _files(NEW)).edited == ("R.Report/pages/p2/page.json",)
    assert target.read_bytes() == b"mine"
    assert "R.Report/pages/p2/page.json" not in previous(tmp_path, "acme")["files"]


def test_a_file_that_holds_the_new_bytes_already_is_no_hand_edit(tmp_path):
    _write(tmp_path, _files(OLD))
    (tmp_path / "acme/a.pbit").write_bytes(b"new a")
    assert compare(tmp_path, "acme", _files(NEW)).edited == ()


# State, and removal

STATE = {"preview/index.html": b"p", "published.json": b"{}", "R.Report/.pbi/localSettings.json": b"l"}


def _add(folder, files):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def test_state_survives_every_run(tmp_path):
    _write(tmp_path, _files(OLD))
    _add(tmp_path / "acme", STATE)
    _write(tmp_path, _files(NEW))
    bare = {path: data for path, data in NEW.items() if not path.startswith("R.")}
    _write(tmp_path, _files(bare))
    assert _tree(tmp_path / "acme") == _files(bare) | STATE


def test_a_bundle_is_made_around_state_that_is_there(tmp_path):
    _add(tmp_path / "acme", STATE)
    assert _write(tmp_path, _files(OLD)).status == "created"
    assert _tree(tmp_path / "acme") == _files(OLD) | STATE


def _office(out, *codes, files=OLD):
    enrol(out, "1.0", codes)
    for code in codes:
        _write(out, _files(files, client=code), code)
    seal(out, "1.0")


def test_the_output_manifest_names_the_bundles(tmp_path):
    with locked(tmp_path):
        _office(tmp_path, "b", "_office", "a")
    document = json.loads((tmp_path / "manifest.json").read_text())
    assert document["tool"] == {"name": "bundel", "version": "1.0"}
    assert [entry["client"] for entry in document["bundles"]] == ["_office", "a", "b"]
    assert {entry["path"] for entry in document["bundles"]} == {"_office", "a", "b"}
    assert all(len(entry["hash"]) == 64 for entry in document["bundles"])
    assert ".pbi/" in (tmp_path / ".gitignore").read_text().split()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "_office", "a", "b", "manifest.json"]
    before = (tmp_path / "manifest.json").stat()
    seal(tmp_path, "1.0")
    assert (tmp_path / "manifest.json").stat() == before


def test_a_removed_client_goes_with_its_previews_but_not_with_its_publications(tmp_path):
    _office(tmp_path, "acme", "b")
    _add(tmp_path / "acme", STATE | {"mine.pbix": b"m"})
    assert removable(tmp_path, ["b"]) == ("acme",)
    assert removable(tmp_path, ["b", "acme"]) == ()
    assert remove(tmp_path, "acme").status == "removed"
    seal(tmp_path, "1.0")
    assert _tree(tmp_path / "acme") == {"published.json": b"{}", "mine.pbix": b"m"}
    assert removable(tmp_path, ["b"]) == ()
    assert list(bundles(tmp_path)) == ["acme", "b"]
    remove(tmp_path, "acme", state=True)
    assert _tree(tmp_path / "acme") == {"mine.pbix": b"m"}
    (tmp_path / "acme/mine.pbix").unlink()


def test_a_bundle_with_nothing_else_in_it_is_removed_whole(tmp_path):
    _office(tmp_path, "acme", "b")
    remove(tmp_path, "acme")
    seal(tmp_path, "1.0")
    assert not (tmp_path / "acme").exists()
    assert list(bundles(tmp_path)) == ["b"]


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_a_removal_cut_off_between_two_folders_is_finished(tmp_path, monkeypatch, moment):
    _office(tmp_path, "acme", files={"queries/financieel/a.pq": b"1"})
    left = moment

    def until_the_moment(folder, really=os.rmdir):
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        really(folder)

    with monkeypatch.context() as patched:
        patched.setattr(commits.os, "rmdir", until_the_moment)
        patched.setattr(commits, "_undo", lambda _: None)  # as after kill -9: nothing runs any more
        with pytest.raises(KeyboardInterrupt):
            remove(tmp_path, "acme")
    assert (tmp_path / "acme").is_dir()
    assert recover(tmp_path) == ()
    assert not (tmp_path / "acme").exists()


def test_only_bundles_that_the_manifest_names_are_removed(tmp_path):
    _office(tmp_path, "acme")
    _write(tmp_path, _files(OLD, client="other"), "other")
    assert removable(tmp_path, []) == ("acme",)
    with pytest.raises(ValueError, match="not a bundle"):
        remove(tmp_path, "other")


def test_a_code_in_another_case_is_the_same_folder_on_windows(tmp_path):
    _office(tmp_path, "Acme")
    (tmp_path / "acme").symlink_to(tmp_path / "Acme", target_is_directory=True)
    assert removable(tmp_path, ["acme"]) == ()
    (tmp_path / "acme").unlink()
    assert removable(tmp_path, ["acme"]) == ("Acme",)


def test_a_code_in_another_case_takes_the_place_of_the_old_one_on_windows(tmp_path, monkeypatch):
    _office(tmp_path, "Acme", "b")
    enrol(tmp_path, "1.0", ["acme"])
    assert bundles(tmp_path).keys() == {"Acme", "acme", "b"}  # two folders, here
    seal(tmp_path, "1.0")
    (tmp_path / "acme").symlink_to(tmp_path / "Acme", target_is_directory=True)
    enrol(tmp_path, "1.0", ["acme"])
    assert bundles(tmp_path).keys() == {"acme", "b"}
    (tmp_path / "acme").unlink()
    # A share that finds one folder under both names, but says they are two.
    monkeypatch.setattr(Path, "samefile", lambda *_: False)
    monkeypatch.setattr(Path, "exists", lambda path: path.name == "Acme")
    enrol(tmp_path, "1.0", ["Acme"])
    assert bundles(tmp_path).keys() == {"Acme", "b"}
    assert removable(tmp_path, ["Acme", "b"]) == ()


def test_a_file_whose_name_changes_its_case_only_was_not_changed_by_hand(tmp_path):
    """On Windows and macOS the old file is found under the new name."""
    _write(tmp_path, _files({"Acme-r.pbit": b"1"}))
    (tmp_path / "acme/acme-r.pbit").hardlink_to(tmp_path / "acme/Acme-r.pbit")
    new = _files({"acme-r.pbit": b"2"})
    change = compare(tmp_path, "acme", new)
    assert (change.created, change.removed, change.edited) == (("acme-r.pbit",), ("Acme-r.pbit",), ())
    commit(tmp_path, new, change)
    assert _tree(tmp_path / "acme") == new
    _write(tmp_path, _files({"Acme-r.pbit": b"1"}))
    (tmp_path / "acme/acme-r.pbit").write_bytes(b"by hand")
    assert compare(tmp_path, "acme", new).edited == ("acme-r.pbit",)


def test_verify_hashes_every_file(tmp_path):
    _office(tmp_path, "acme", "b")
    _add(tmp_path / "acme", STATE)
    assert verify(tmp_path) == ()
    _add(tmp_path / "acme", {"a.pbit": b"x", "own.txt": b"x"})
    (tmp_path / "acme/queries/r.pq").unlink()
    (tmp_path / "b/manifest.json").write_bytes(b"{}")
    found = {(problem.code, problem.client, problem.values["path"]) for problem in verify(tmp_path)}
    assert {item for item in found if item[1] == "acme"} == {
        ("B110", "acme", "queries/r.pq"),
        ("B111", "acme", "a.pbit"),
        ("B112", "acme", "own.txt"),
    }
    assert ("B111", "b", "manifest.json") in found


# What is refused


@pytest.mark.parametrize(
    "path",
    [
        *("", "/x", "x/", "x//y", "../x", "x/../y", ".", "x/..", "C:/x", "c:x", "x\\y", "x.", "x ", "x/y. /z"),
        *("con", "x/NUL.json", "com1.txt", "LPT9", "a*b", "a?b", 'a"b', "a|b", "a<b", "a\nb", "a\x00b"),
        *("published.json", "preview/x", "R.Report/.pbi/x", "Preview/x"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(tmp_path, path):
    with pytest.raises(ValueError, match="not a path"):
        compare(tmp_path, "acme", {path: b"", "manifest.json": b'{"files": {}}'})


@pytest.mark.parametrize("code", ["", "..", "a/b", "a\\b", ".bundel", "manifest.json", "Index.html", "nul", "C:"])
def test_codes_that_lead_elsewhere_are_refused(tmp_path, code):
    with pytest.raises(ValueError, match="not the name of a bundle"):
        compare(tmp_path, code, _files(OLD))


def test_two_paths_that_differ_in_case_are_refused(tmp_path):
    with pytest.raises(ValueError, match="differ only in case"):
        compare(tmp_path, "acme", _files({"a.txt": b"", "A.txt": b""}))


# What goes wrong on the way


def _failing(number, error):
    """Return a step that raises at its n-th call, and only there."""
    count = iter(range(1, 10_000))

    def step():
        if next(count) == number:
            raise error

    return step


def _steps(out, files):
    """Count the changes on disk that a commit makes."""
    count = []
    _write(out, files, step=lambda: count.append(1))
    return len(count)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(errno.EACCES, "held open", "a.pbit", None, "a.pbit"), "B101"),
        (OSError(errno.ENOSPC, "No space left on device", "a.pbit"), "B102"),
        (OSError(errno.EROFS, "Read-only file system", "a.pbit"), "B103"),
        (OSError(errno.EIO, "Input/output error", "a.pbit"), "B104"),
    ],
)
def test_an_error_of_the_disk_is_a_problem_and_the_old_bundle_is_whole(tmp_path, monkeypatch, error, code):
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "try", _files(OLD))
    steps = _steps(tmp_path / "try", _files(NEW))
    out = tmp_path / "out"
    _write(out, _files(OLD))
    for number in range(1, steps - 1):  # the last two clear the staging folder, when all is done
        with pytest.raises(Stop) as stop:
            _write(out, _files(NEW), step=_failing(number, error))
        assert _codes(stop) == [code]
        assert stop.value.problems[0].client == "acme"
        assert all(stop.value.problems[0].text("message", language) for language in LANGUAGES)
        assert _tree(out / "acme") == _files(OLD)
        assert "R.Report/pages/p2" not in _folders(out / "acme")
        assert not list((out / ".bundel").iterdir())


def test_a_disk_on_which_nothing_can_be_made_any_more_has_the_old_bundle(tmp_path, monkeypatch):
    """Full at any change: no folder is made to put a file back, and no note taken of that."""
    _write(tmp_path / "try", _files(OLD))
    steps = _steps(tmp_path / "try", _files(NEW))
    full = OSError(errno.ENOSPC, "No space left on device", "a.pbit")

    def refuse(*_, **__):
        raise full

    for number in range(1, steps - 1):
        out = tmp_path / f"out{number}"
        _write(out, _files(OLD))
        count = iter(range(1, 10_000))
        with monkeypatch.context() as patch:

            def step(count=count, number=number, patch=patch):
                if next(count) == number:
                    for name in ("makedirs", "mkdir", "fsync"):
                        patch.setattr(os, name, refuse)
                    raise full

            with pytest.raises(Stop) as stop:
                _write(out, _files(NEW), step=step)
        assert _codes(stop) == ["B102"]
        assert _tree(out / "acme") == _files(OLD)
        assert not list((out / ".bundel").iterdir())


def test_a_folder_that_can_not_be_removed_leaves_the_old_bundle(tmp_path, monkeypatch):
    """A page without its file would be in the way of Power BI Desktop."""
    _write(tmp_path, _files(OLD))
    real = os.rmdir

    def refuse(path, *more, **options):
        if str(path).endswith("pages/p1") and ".bundel" not in str(path):
            raise PermissionError(errno.EACCES, "held open", path)
        real(path, *more, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", refuse)
        with pytest.raises(Stop) as stop:
            _write(tmp_path, _files(NEW))
    assert _codes(stop) == ["B101"]
    assert _tree(tmp_path / "acme") == _files(OLD)
    assert "R.Report/pages/p2" not in _folders(tmp_path / "acme")
    _write(tmp_path, _files(NEW))
    assert "R.Report/pages/p1" not in _folders(tmp_path / "acme")


def test_stopping_by_the_user_leaves_the_old_bundle(tmp_path):
    _write(tmp_path, _files(OLD))
    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path, _files(NEW), step=_failing(12, KeyboardInterrupt()))
    assert _tree(tmp_path / "acme") == _files(OLD)


def test_a_file_that_is_held_for_a_moment_is_waited_for(tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(disk, "_PAUSES", (0.1, 0.4))
    monkeypatch.setattr(disk.time, "sleep", waited.append)
    _write(tmp_path, _files(OLD))
    _write(tmp_path, _files(NEW), step=_failing(9, PermissionError(errno.EACCES, "held open")))
    assert waited == [0.1]
    assert _tree(tmp_path / "acme") == _files(NEW)


def test_a_folder_where_a_file_belongs_is_a_problem(tmp_path):
    _write(tmp_path, _files(OLD))
    (tmp_path / "acme/R.Report/pages/p2").write_bytes(b"a file where a folder belongs")
    with pytest.raises(Stop) as stop:
        _write(tmp_path, _files(NEW), overwrite=True)
    assert _codes(stop) == ["B104"]
    (tmp_path / "acme/R.Report/pages/p2").unlink()
    assert _tree(tmp_path / "acme") == _files(OLD)


def test_a_name_that_changes_its_case_only_keeps_its_file(tmp_path):
    """On Windows and macOS the old and the new path are one file: it is moved out before the new one comes in."""
    _write(tmp_path, _files({"Acme-r.pbit": b"1"}))
    _write(tmp_path, _files({"acme-r.pbit": b"2"}))
    assert _tree(tmp_path / "acme") == _files({"acme-r.pbit": b"2"})


def test_a_file_and_a_folder_can_change_places(tmp_path):
    for files in ({"x/y": b"1"}, {"x": b"2"}, {"x/y": b"3"}):
        _write(tmp_path, _files(files))
        assert _tree(tmp_path / "acme") == _files(files)


def test_a_folder_of_somebody_else_in_the_way_of_a_file_is_kept(tmp_path):
    _write(tmp_path, _files({"x/y": b"1"}))
    (tmp_path / "acme/x/mine").write_bytes(b"mine")
    with pytest.raises(Stop) as stop:
        _write(tmp_path, _files({"x": b"2"}))
    assert _codes(stop) == ["B104"]
    assert _tree(tmp_path / "acme") == _files({"x/y": b"1"}) | {"x/mine": b"mine"}


# Killed

_PAGES = {f"R.Report/pages/q{number}/page.json": b"q" for number in range(6)}
BEFORE = OLD | _PAGES
AFTER = NEW | dict.fromkeys(_PAGES, b"new")


def _run(out, step):
    """Do the work of one run: a new bundle, a changed one, a removed one."""
    with locked(out):
        enrol(out, "2.0", ["changed", "fresh"])
        for code in ("changed", "fresh"):
            files = _files(AFTER, client=code)
            commit(out, files, compare(out, code, files), step=step)
        for code in removable(out, ["changed", "fresh"]):
            remove(out, code, step=step)
        seal(out, "2.0")


def _in_a_child(work):
    """Run in a forked process; tell whether it came to its end."""
    return ended(child(work)) >= 0


def _killer(number):
    count = iter(range(1, 10_000))

    def step():
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def _whole(out):
    """Assert that each bundle is the old one or the new one, and that nothing else stands there."""
    for code in ("changed", "fresh", "gone"):
        there = _tree(out / code)
        assert there in ({}, _files(BEFORE, client=code), _files(AFTER, client=code))
    assert not (out / ".bundel").exists()


@pytest.fixture
def before(tmp_path):
    out = tmp_path / "before"
    with locked(out):
        _office(out, "changed", "gone", files=BEFORE)
    return out


@pytest.fixture
def after(tmp_path, before):
    out = tmp_path / "after"
    shutil.copytree(before, out)
    count = []
    _run(out, lambda: count.append(1))
    return _tree(out), len(count)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forking makes 60 children cheap; there is none on Windows")
def test_a_run_killed_at_any_moment_leaves_every_bundle_whole(tmp_path, before, after):
    expected, steps = after
    assert steps > 50
    for number in range(1, steps + 1):
        out = tmp_path / f"kill{number}"
        shutil.copytree(before, out)
        assert not _in_a_child(lambda out=out, number=number: _run(out, _killer(number)))
        assert recover(out) == ()
        _whole(out)
        _run(out, lambda: None)
        assert _tree(out) == expected
        assert verify(out) == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="as above")
@pytest.mark.parametrize("lost", [False, True])
def test_a_recovery_killed_at_any_moment_is_recovered(tmp_path, before, after, lost):
    """Killed in the middle of a commit, then again and again while that is finished or, a file being lost, undone."""
    expected, _ = after
    out = tmp_path / "kill"
    for first in (18, 25, 32, 39):
        for second in range(1, 60):
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(before, out)
            _in_a_child(lambda first=first: _run(out, _killer(first)))
            if lost:
                for path in (out / ".bundel/changed/new").rglob("manifest.json"):
                    path.write_bytes(b"")  # what a power cut can leave of a file that was just written
            done = _in_a_child(lambda second=second: commits.recover(place(out, "changed", _killer(second))))
            assert recover(out) == ()
            _whole(out)
            if done:
                break
        _run(out, lambda: None)
        assert _tree(out) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="as above")
def test_a_run_that_waited_for_one_that_was_killed_begins_with_whole_bundles(tmp_path, before):
    """It looked for something to recover when the other was still busy, and found none."""
    for number in (25, 32, 39):
        out = tmp_path / f"kill{number}"
        shutil.copytree(before, out)
        _in_a_child(lambda out=out, number=number: _run(out, _killer(number)))
        with locked(out):
            assert recover(out) == ()
        assert list((out / ".bundel").glob("*/journal.json"))
        with held(out) as problems:
            assert problems == ()
            shutil.copytree(out, tmp_path / f"held{number}", ignore=shutil.ignore_patterns(".bundel"))
        _whole(tmp_path / f"held{number}")


def test_a_record_that_was_cut_off_in_its_making_leaves_nothing(tmp_path):
    _add(tmp_path, {".bundel/published.json.acme": b"{"})
    assert recover(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_file_open_during_recovery_is_a_problem_until_it_is_closed(tmp_path, monkeypatch):
    _write(tmp_path, _files(OLD))
    with monkeypatch.context() as patch:
        patch.setattr(commits, "_move_back", lambda *_: (_ for _ in ()).throw(PermissionError("held open")))
        with pytest.raises(Stop) as stop:
            _write(tmp_path, _files(NEW), step=_failing(12, PermissionError("held open")))
        assert _codes(stop) == ["B106"]
        assert [problem.code for problem in recover(tmp_path)] == ["B106"]
        with pytest.raises(Stop) as stop:
            _write(tmp_path, _files(NEW))
        assert _codes(stop) == ["B106"]
    assert recover(tmp_path) == ()
    assert _tree(tmp_path / "acme") == _files(OLD)


# Two at once

_HOLD = """
import sys, time, pathlib
from generator.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_waits_and_is_then_refused(tmp_path):
    with subprocess.Popen([sys.executable, "-c", _HOLD, tmp_path], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline().strip() == b"held"
            waited = []
            with pytest.raises(Stop) as stop, locked(tmp_path, wait=1, sleep=waited.append):
                pass
            assert _codes(stop) == ["B100"]
            assert sum(waited) == pytest.approx(1)
            assert recover(tmp_path) == ()
        finally:
            other.kill()
    with locked(tmp_path, wait=0):  # a killed process holds nothing
        pass
    assert not (tmp_path / ".bundel").exists()


def test_the_lock_leaves_nothing_behind_and_can_be_taken_again(tmp_path):
    out = tmp_path / "new" / "output"
    for _ in range(2):
        with locked(out, wait=0), pytest.raises(Stop), locked(out, wait=0):
            pass
        assert list(out.iterdir()) == []


def test_looking_at_an_empty_folder_writes_nothing(tmp_path):
    out = tmp_path / "output"
    assert recover(out) == ()
    assert removable(out, []) == ()
    assert verify(out) == ()
    assert compare(out, "acme", _files(OLD)).status == "created"
    assert not out.exists()


# Planted and damaged

SHA = "0" * 64
JOURNALS = {
    "removes outside": {"remove": ["../../precious.txt"], "write": {}, "undo": False},
    "writes outside": {"remove": [], "write": {"../../precious.txt": SHA}, "undo": False},
    "undoes outside": {"remove": [], "write": {"x/../../../precious.txt": SHA}, "undo": True},
    "writes state": {"remove": [], "write": {"published.json": SHA}, "undo": False},
    "no hash": {"remove": [], "write": {"a.pbit": "5"}, "undo": False},
    "a number": {"remove": 5, "write": {}, "undo": False},
    "numbers": {"remove": [5], "write": {}, "undo": False},
    "no text": {"remove": ["\ud800"], "write": {}, "undo": False},
    "a list": [],
    "other keys": {"x": 1},
}


@pytest.fixture
def planted(tmp_path):
    """Return an output folder with two bundles, of which ``b`` was cut off, and a file beside it."""
    out = tmp_path / "output"
    _office(out, "acme", "b")
    _add(out / ".bundel/b", {"new/a.pbit": b"half"})
    _add(tmp_path, {"precious.txt": b"p", "elsewhere/acme/a.pbit": b"p", "elsewhere/manifest.json.new": b"p"})
    return out


def _found(problems):
    return [(problem.code, problem.client) for problem in problems]


@pytest.mark.parametrize("text", [*map(json.dumps, JOURNALS.values()), "{bad", "[" * 100_000], ids=[*JOURNALS, "", "["])
def test_a_journal_that_no_run_wrote_is_a_problem_and_is_not_followed(tmp_path, planted, text):
    _add(planted / ".bundel/acme", {"journal.json": text.encode(), "new/a.pbit": b"n", "old/a.pbit": b"o"})
    before = _tree(planted / "acme"), _tree(planted / ".bundel/acme")
    assert _found(recover(planted)) == [("B109", "acme")]
    with pytest.raises(Stop) as stop:
        _write(planted, _files(NEW))
    assert _found(stop.value.problems) == [("B109", "acme")]
    assert (_tree(planted / "acme"), _tree(planted / ".bundel/acme")) == before
    assert (tmp_path / "precious.txt").read_bytes() == b"p"
    assert not (planted / ".bundel/b").exists()
    _write(planted, _files(NEW, client="b"), "b")


@pytest.mark.parametrize("path", ["acme/journal.json", "manifest.json"])
def test_a_folder_in_staging_where_none_belongs_is_a_problem(planted, path):
    (planted / ".bundel" / path).mkdir(parents=True)
    assert [code for code, _ in _found(recover(planted))] == ["B109"]
    assert (planted / ".bundel" / path).is_dir()


LINKS = ["acme", "acme/queries", "acme/a.pbit", ".bundel/acme", ".bundel/acme/new", ".bundel/acme/journal.new"]


@pytest.mark.parametrize("path", LINKS)
def test_a_link_in_the_output_is_a_problem_and_is_not_followed(tmp_path, planted, path):
    link = planted / path
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    if path.startswith(".bundel/acme/"):
        journal = {"remove": [], "write": {"acme/a.pbit": SHA}, "undo": True}
        _add(planted / ".bundel/acme", {"journal.json": json.dumps(journal).encode()})
    before = _tree(tmp_path / "elsewhere")
    found = _found(recover(planted))
    assert found == ([("B105", "acme")] if path.startswith(".") else [])
    for work in (lambda: _write(planted, _files(NEW), overwrite=True), lambda: remove(planted, "acme", state=True)):
        with pytest.raises(Stop) as stop:
            work()
        assert _found(stop.value.problems) == [("B105", "acme")]
    assert path.startswith(".") or (("B105", "acme") in _found(verify(planted)) and not current(planted, "acme", "s1"))
    assert link.is_symlink()
    assert _tree(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("path", [".bundel", ".bundel/.lock"])
def test_a_link_for_the_staging_folder_stops_all(tmp_path, planted, path):
    shutil.rmtree(planted / ".bundel")
    (planted / path).parent.mkdir(exist_ok=True)
    (planted / path).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    before = _tree(tmp_path / "elsewhere")
    assert _found(recover(planted)) == [("B105", "")]
    with pytest.raises(Stop), locked(planted, wait=0):
        pass
    assert _tree(tmp_path / "elsewhere") == before


def test_state_behind_a_link_survives_the_removal_of_its_bundle(tmp_path, planted):
    (planted / "acme/preview").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    before = _tree(tmp_path / "elsewhere")
    remove(planted, "acme")
    assert [path.name for path in (planted / "acme").iterdir()] == ["preview"]
    assert _tree(tmp_path / "elsewhere") == before


def test_a_client_may_be_called_lock(tmp_path):
    with locked(tmp_path):
        _office(tmp_path, "lock")
    assert verify(tmp_path) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        *({"reports": 5}, {"reports": ["x"]}, {"reports": [{"name": ["a"]}]}, {"reports": [{"name": "x", "pages": 3}]}),
        *({"divisions": 7}, {"divisions": [[]]}, {"url": [1]}, {"files": []}),
    ],
)
def test_a_manifest_with_other_types_is_as_none(tmp_path, wrong):
    _write(tmp_path, _files(OLD))
    path = tmp_path / "acme/manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    assert previous(tmp_path, "acme") == {}
    _write(tmp_path, _files(OLD))
    assert current(tmp_path, "acme", "s1")


def test_a_manifest_that_is_a_folder_or_a_loop_is_as_none(tmp_path):
    for name in ("manifest.json", "acme/manifest.json"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "b").symlink_to(tmp_path / "b")
    assert bundles(tmp_path) == previous(tmp_path, "acme") == previous(tmp_path, "b") == {}
    for code, known in {"acme": "B104", "b": "B105"}.items():
        with pytest.raises(Stop) as stop:
            _write(tmp_path, _files(OLD), code)
        assert _found(stop.value.problems) == [(known, code)]


def test_a_plan_tells_what_could_not_be_recovered(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    specs = tmp_path / "specs"
    specs.mkdir()
    save(specs, BASE)
    _add(tmp_path / "output/.bundel/bakker", {"journal.json": b"[]"})
    (tmp_path / "output/oneill").symlink_to(tmp_path / "elsewhere")
    assert cli.main(["plan", "--json", "--specs", "specs"]) == SOME_FAILED
    document = json.loads(capsys.readouterr().out)
    assert {(each["code"], each["client"]) for each in document["problems"]} >= {("B109", "bakker"), ("B105", "oneill")}
    assert {each["client"] for each in document["changes"]} == {"bakker"}
