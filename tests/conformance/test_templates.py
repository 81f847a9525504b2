"""The .pbit as a ZIP, and the same bytes from the same input."""

import hashlib

from conftest import generate
from judges import anatomy, bundle
from judges.workbook import is_active


def test_anatomy_of_every_template(office):
    for report in office.reports:
        assert anatomy.judge_template(report.pbit, office.url(report.client)) == [], report


def test_two_runs_give_the_same_bytes(office, tmp_path):
    done = generate(tmp_path / "output")
    assert done.returncode == 0, done.stderr
    assert _hashes(tmp_path / "output") == _hashes(office.output)


def test_a_second_run_changes_nothing(office_copy):
    before = _hashes(office_copy.output)
    done = generate(office_copy.output)
    assert done.returncode == 0, done.stderr
    assert _hashes(office_copy.output) == before


def test_manifests_name_every_file_with_its_hash(office):
    for folder in office.bundles.values():
        files = bundle.manifest(folder)["files"]
        found = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }
        assert files == found


def test_the_root_manifest_names_the_active_clients_and_the_office(office):
    active = {str(row["Code"]) for row in office.sheets["Klanten"] if is_active(row)}
    assert set(office.bundles) == active | {"_office"}
    assert len(active) < len(office.sheets["Klanten"]), "the example office has no inactive client"


def _hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
