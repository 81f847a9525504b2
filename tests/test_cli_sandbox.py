"""``bundel generate --sandbox`` and ``bundel sandbox`` as a user meets them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from markdown import BASE, save

from generator import cli

REAL = b"bridge-online.cloud"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BUNDEL_SANDBOX_URL", raising=False)
    (tmp_path / "report_specs").mkdir()
    save(tmp_path / "report_specs", BASE)


def bundel(capsys, *arguments):
    capsys.readouterr()
    code = cli.main([*arguments, "--lang", "nl"])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def parts(path):
    """Yield every file of a bundle, and every part of its templates, as bytes without the zeros of UTF-16."""
    if path.suffix == ".pbit":
        with zipfile.ZipFile(path) as pbit:
            yield from (pbit.read(name).replace(b"\0", b"") for name in pbit.namelist())
    else:
        yield path.read_bytes()


def test_bundles_for_the_sandbox_stand_apart_and_say_so(capsys):
    code, out, _ = bundel(capsys, "generate", "--sandbox")
    assert code == 0
    assert "output/_sandbox/" in out
    assert "bundel sandbox" in out
    folder = Path("output", "_sandbox", "bakker")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["sandbox"] is True
    assert manifest["url"] == "http://127.0.0.1:8471/vd-bakker/odata4"
    assert "zandbak" in (folder / "setup.md").read_text("utf-8").splitlines()[0]
    assert "(zandbak)" in (folder / "financieel.Report" / ".platform").read_text("utf-8")
    assert [path.name for path in Path("output").iterdir()] == ["_sandbox"]
    found = [path for path in folder.rglob("*") if path.is_file() and any(REAL in part for part in parts(path))]
    assert found == []


def test_real_bundles_and_those_for_the_sandbox_leave_each_other_alone(capsys):
    assert bundel(capsys, "generate")[0] == 0
    real = {path: path.read_bytes() for path in Path("output").rglob("*") if path.is_file()}
    assert bundel(capsys, "generate", "--sandbox")[0] == 0
    assert bundel(capsys, "generate")[1].startswith("0 gewijzigd, 2 gelijk")
    kept = {path: path.read_bytes() for path in Path("output").rglob("*") if path.is_file()}
    assert {path: data for path, data in kept.items() if "_sandbox" not in path.parts} == real
    assert not any("sandbox" in json.loads(path.read_text("utf-8")) for path in Path("output").glob("*/manifest.json"))


def test_another_port(capsys, monkeypatch):
    monkeypatch.setenv("BUNDEL_SANDBOX_URL", "http://localhost:9000/")
    assert bundel(capsys, "generate", "--sandbox", "--client", "bakker")[0] == 0
    manifest = json.loads(Path("output/_sandbox/bakker/manifest.json").read_text("utf-8"))
    assert manifest["url"] == "http://localhost:9000/vd-bakker/odata4"


@pytest.mark.parametrize(
    "url",
    [
        "http://kantoor.example:8471",
        "https://127.0.0.1:8471",
        "http://ann:geheim@127.0.0.1:8471",
        "http://127.0.0.1:8471/elders",
        "http://127.0.0.1:8471?x=1",
        "http://127.0.0.1:poort",
        "http://127.0.0.1.example",
    ],
)
def test_another_computer_is_no_sandbox(capsys, monkeypatch, url):
    monkeypatch.setenv("BUNDEL_SANDBOX_URL", url)
    code, _, err = bundel(capsys, "generate", "--sandbox")
    assert code == 2
    assert "B204" in err
    assert "geheim" not in err
    assert not Path("output").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--withhold", "999"),
        ("--drop-column", "GLAccounts.Kode"),
        ("--drop-column", "Kode"),
        ("--moved", "bekker"),
        ("--client", "bekker"),
        ("--fail", "500"),
        ("--port", "70000"),
    ],
)
def test_a_fault_that_applies_to_nothing_is_a_wrong_command(capsys, arguments):
    assert bundel(capsys, "sandbox", *arguments)[0] == 2


def test_two_databases_with_one_address_are_refused(capsys, tmp_path):
    same = BASE.replace("https://bridge-online.cloud/vd-oneill/", "https://bridge-online.example/vd-bakker/")
    save(tmp_path / "report_specs", same)
    code, _, err = bundel(capsys, "sandbox")
    assert code == 1
    assert "B203" in err
