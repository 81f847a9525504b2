"""Many bundles are looked at while the workbooks are read: what a run finds and says is the same."""

import json

import pytest
from markdown import BASE, save

from generator import looks
from generator.cli import main
from generator.lock import locked
from generator.output import held
from generator.problems import Stop

SLIP = BASE + "\n## Meetwaarden\n| Klant | Naam | DAX |\n| oneill | X | [Neto-omzet] |\n"


@pytest.fixture
def output(tmp_path, monkeypatch):
    monkeypatch.setattr(looks, "MANY", 1)
    monkeypatch.setattr(looks, "_SHARE", 1)
    out = tmp_path / "output"
    generate(tmp_path, BASE)
    return out


def generate(folder, tables, *options):
    book = save(folder, tables)
    return main(["generate", "--json", "--jobs", "2", "--specs", str(book), "--out", str(folder / "output"), *options])


def statuses(capsys):
    return {each["client"]: each["status"] for each in json.loads(capsys.readouterr().out)["bundles"]}


def files(out):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*") if path.is_file()}


def test_what_did_not_change_is_left_alone(tmp_path, output, capsys):
    capsys.readouterr()
    before = files(output)
    assert generate(tmp_path, BASE) == 0
    assert statuses(capsys) == {"bakker": "unchanged", "oneill": "unchanged"}
    assert files(output) == before


def test_what_lacks_a_file_or_has_another_url_is_made_again(tmp_path, output, capsys):
    capsys.readouterr()
    (output / "bakker/financieel.pbip").unlink()
    assert generate(tmp_path, BASE.replace("vd-oneill", "vd-anders")) == 0
    assert statuses(capsys) == {"bakker": "changed", "oneill": "changed"}
    assert (output / "bakker/financieel.pbip").is_file()
    assert "vd-anders" in (output / "oneill/manifest.json").read_text()


def test_an_error_in_the_workbook_lets_go_of_the_folder_and_writes_nothing(tmp_path, output):
    before = files(output)
    assert generate(tmp_path, SLIP) == 1
    assert files(output) == before
    assert not (output / ".bundel").exists()


def test_the_folder_is_held_from_the_first_look_on(output):
    with looks.looking(output, 2, held) as (found, _):
        with pytest.raises(Stop) as stopped, locked(output, wait=0):
            pass
        assert [problem.code for problem in stopped.value.problems] == ["B100"]
        assert set(found()) == {"bakker", "oneill"}
    with locked(output, wait=0):
        pass


@pytest.mark.usefixtures("output")
@pytest.mark.parametrize("options", [["--force"], ["--client", "bakker"]])
def test_no_other_process_is_started_where_few_are_looked_at(tmp_path, monkeypatch, options):
    monkeypatch.setattr(looks, "processes", None)
    assert generate(tmp_path, BASE, *options) == 0
