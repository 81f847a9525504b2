"""``bundel generate`` and ``bundel doctor`` as a user meets them: files, text, JSON and exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from markdown import BASE, save

from generator import catalogue, cli
from generator.cli import options

TWO = BASE
OFFICE = BASE.replace("| Naam | Taal |", "| Naam | Taal | Geconsolideerde URL |").replace(
    "| nl |", "| nl | https://bridge-online.cloud/vd-kantoor/odata4 |"
)
SLIP = TWO + "\n## Meetwaarden\n| Klant | Naam | DAX |\n| oneill | X | [Neto-omzet] |\n"
GONE = TWO.replace("| Code | Naam | URL |", "| Code | Naam | URL | Actief |").replace(
    "vd-oneill/odata4 |", "vd-oneill/odata4 | nee |"
)
ALL = ["bakker", "oneill"]
COLOUR = re.compile(r"\x1b\[")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("BUNDEL_ODATA_USER", "BUNDEL_ODATA_PASSWORD"):  # doctor looks for them, and there is no key store
        monkeypatch.setenv(name, "x")
    monkeypatch.setattr(options, "_spoken", type(options._spoken)("language", default=""))  # noqa: SLF001
    monkeypatch.setattr(options, "_current", type(options._current)("settings", default=None))  # noqa: SLF001
    (tmp_path / "report_specs").mkdir()


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return an output folder with the bundles of the office, made once."""
    folder = tmp_path_factory.mktemp("made")
    assert cli.main(["generate", "--quiet", "--specs", str(save(folder, TWO)), "--out", str(folder / "output")]) == 0
    return folder / "output"


@pytest.fixture
def output(made, tmp_path):
    """Return a copy of that output folder, where the command looks for it."""
    save(tmp_path / "report_specs", TWO)
    return Path(shutil.copytree(made, tmp_path / "output"))


def bundel(capsys, *arguments):
    """Run a command in this process; return its exit code and what it printed on both streams."""
    capsys.readouterr()
    code = cli.main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def generated(capsys, *arguments):
    """Run ``generate --json``; return the exit code, client → status, and the document."""
    code, out, err = bundel(capsys, "generate", "--json", *arguments)
    assert err == ""
    document = json.loads(out)
    return code, {each["client"]: each["status"] for each in document.get("bundles", ())}, document


def specs(tables):
    """Write the workbook."""
    save(Path("report_specs"), tables)


def tree(folder):
    """Return every file below a folder with its bytes and time."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def terminal(monkeypatch, answer=""):
    """Let the streams be a terminal of 60 columns, with an answer typed."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    typed = io.StringIO(answer)
    monkeypatch.setattr(sys, "stdin", typed)
    for stream in (typed, sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)


# --------------------------------------------------------------------------------------------------- what it writes


def test_bundles_are_made_where_there_were_none(capsys, tmp_path):
    specs(OFFICE)
    code, out, err = bundel(capsys, "generate")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "  nieuw: bakker, oneill, _office",
        (
            "3 nieuw, 0 gewijzigd, 0 gelijk, 0 fout. Bundels in output/. "
            "Wat met de hand moet, staat per klant in setup.md."
        ),
    ]
    assert sorted(path.name for path in (tmp_path / "output").iterdir() if path.name != ".bundel") == [
        ".gitignore",
        "_office",
        "bakker",
        "manifest.json",
        "oneill",
    ]
    root = json.loads((tmp_path / "output/manifest.json").read_bytes())
    assert root["tool"]["name"] == "bundel"
    assert [(each["client"], each["path"]) for each in root["bundles"]] == [(code, code) for code in ("_office", *ALL)]


def test_what_did_not_change_is_not_touched(capsys, output):
    before = tree(output)
    code, statuses, _ = generated(capsys)
    assert (code, statuses) == (0, dict.fromkeys(ALL, "unchanged"))
    assert tree(output) == before


def test_a_url_that_changes_touches_its_own_client_alone(capsys, output):
    before = tree(output)
    specs(TWO.replace("vd-bakker", "vd-bakker2"))
    code, statuses, _ = generated(capsys)
    assert (code, statuses) == (0, {"bakker": "changed", "oneill": "unchanged"})
    changed = {path for path, now in tree(output).items() if now != before[path]}
    assert changed
    assert all(path.startswith("bakker/") or path == "manifest.json" for path in changed)
    assert not [path for path, (data, _) in tree(output).items() if b"vd-bakker/" in data]
    kept = {path for path in before if path.startswith("bakker/")} - changed
    assert any("visuals" in path for path in kept)
    specs(TWO)
    generated(capsys)
    assert {path: data for path, (data, _) in tree(output).items()} == {
        path: data for path, (data, _) in before.items()
    }


def test_the_document_is_that_of_the_contract(capsys, output):
    specs(TWO.replace("`750001`", "`10750001`"))
    code, _, document = generated(capsys)
    assert code == 0
    assert list(document) == ["bundles", "seconds", "problems", "errors", "warnings"]
    for bundle in document["bundles"]:
        assert list(bundle) == ["client", "status", "files", "reports"]
        there = json.loads((output / bundle["client"] / "manifest.json").read_bytes())
        assert bundle["files"] == len(there["files"])
        assert bundle["reports"] == [report["name"] for report in there["reports"]]
    assert isinstance(document["seconds"], float)
    assert (document["errors"], document["warnings"]) == (0, 1)
    assert [each["code"] for each in document["problems"]] == ["B034"]


def test_force_writes_everything_again_with_the_same_bytes(capsys, output):
    before = tree(output)
    code, statuses, _ = generated(capsys, "--force", "--client", "bakker")
    assert (code, statuses) == (0, {"bakker": "changed"})
    after = tree(output)
    assert {path: data for path, (data, _) in after.items()} == {path: data for path, (data, _) in before.items()}
    times = {path for path in before if after[path][1] != before[path][1] and path.startswith("bakker/")}
    assert times >= {path for path in before if path.startswith("bakker/")} - {"bakker/manifest.json"}


def test_one_client_can_be_made_alone(capsys, tmp_path):
    specs(OFFICE)
    assert generated(capsys, "--client", "BAKKER")[:2] == (0, {"bakker": "created"})
    assert (tmp_path / "output/bakker").is_dir()
    assert not (tmp_path / "output/oneill").exists()
    assert generated(capsys, "--client", "_office", "--client", "bakker")[:2] == (
        0,
        {"bakker": "unchanged", "_office": "created"},
    )


def test_one_client_never_removes_another(capsys, output):
    specs(GONE)
    code, statuses, document = generated(capsys, "--client", "bakker", "--yes")
    assert (code, statuses, document["problems"]) == (0, {"bakker": "unchanged"}, [])
    assert (output / "oneill/manifest.json").is_file()


def test_a_client_that_does_not_exist_is_a_wrong_command(capsys, output):
    before = tree(output)
    code, out, err = bundel(capsys, "generate", "--client", "baker")
    assert (code, out) == (2, "")
    assert "B029" in err
    assert "bakker" in err
    assert tree(output) == before


# ------------------------------------------------------------------------------------------------------- exit codes


def test_an_error_in_the_workbook_writes_nothing(capsys, tmp_path):
    specs(SLIP)
    code, out, err = bundel(capsys, "generate")
    assert (code, out) == (1, "")
    assert err.splitlines()[:2] == ["kantoor.xlsx", "  Meetwaarden!C2 B043 fout: [Neto-omzet] bestaat niet."]
    assert "Bedoelde u [Netto-omzet]?" in err
    assert not (tmp_path / "output").exists()


def test_an_error_is_in_the_document_too(capsys, tmp_path):
    specs(SLIP)
    code, statuses, document = generated(capsys)
    assert (code, statuses, document["errors"]) == (1, {}, 1)
    (problem,) = document["problems"]
    assert {key: problem[key] for key in ("code", "severity", "file", "sheet", "cell", "client")} == {
        "code": "B043",
        "severity": "error",
        "file": "kantoor.xlsx",
        "sheet": "Meetwaarden",
        "cell": "C2",
        "client": "oneill",
    }
    assert problem["hint"]
    assert not (tmp_path / "output").exists()


def test_the_clients_without_errors_may_go_on(capsys, output):
    before = tree(output / "oneill")
    specs(SLIP.replace("vd-bakker", "vd-bakker2"))
    code, statuses, document = generated(capsys, "--keep-going")
    assert (code, statuses) == (5, {"bakker": "changed", "oneill": "skipped"})
    assert [each["code"] for each in document["problems"]] == ["B043"]
    assert tree(output / "oneill") == before


def test_those_left_out_are_named(capsys, output):
    specs(SLIP)
    code, out, err = bundel(capsys, "generate", "--keep-going")
    assert code == 5
    assert "  overgeslagen: oneill" in out.splitlines()
    assert "B043" in err
    assert output.is_dir()


def test_nothing_goes_on_after_an_error_of_everyone(capsys, tmp_path):
    specs(SLIP.replace("| oneill | X", "| * | X"))
    assert bundel(capsys, "generate", "--keep-going")[0] == 1
    assert not (tmp_path / "output").exists()


def test_a_client_that_fails_is_named_and_the_others_are_made(capsys, tmp_path):
    specs(TWO)
    (tmp_path / "output").mkdir()
    (tmp_path / "output/oneill").write_text("van mij")
    code, out, err = bundel(capsys, "generate")
    assert code == 5
    assert out.splitlines()[:2] == ["  nieuw: bakker", "  fout: oneill"]
    assert "1 nieuw, 0 gewijzigd, 0 gelijk, 1 fout." in out
    assert re.search(r"B1\d\d fout: ", err)
    assert (tmp_path / "output/oneill").read_text() == "van mij"


def test_a_folder_of_workbooks_that_is_missing_is_a_wrong_command(capsys, tmp_path):
    for missing in ("nergens", "leeg", "nergens.xlsx"):
        (tmp_path / "leeg").mkdir(exist_ok=True)
        code, out, err = bundel(capsys, "generate", "--specs", missing)
        assert (code, out) == (2, ""), missing
        assert "B007" in err
        code, out, _ = bundel(capsys, "generate", "--specs", missing, "--json")
        assert (code, [each["code"] for each in json.loads(out)["problems"]]) == (2, ["B007"])
    assert not (tmp_path / "output").exists()


def test_a_wrong_option_is_a_wrong_command(capsys):
    assert bundel(capsys, "generate", "--weg")[0] == 2
    assert bundel(capsys, "generate", "--templates", "nergens")[0] == 2
    assert bundel(capsys, "generate", "--jobs", "0")[0] == 2
    code, out, _ = bundel(capsys, "generate", "--weg", "--json")
    assert (code, json.loads(out)["errors"]) == (2, 1)


def test_a_broken_template_is_told_and_nothing_is_written(capsys, tmp_path):
    specs(TWO)
    catalogue.load.cache_clear()  # what is read from the folder of this name belongs to another test
    broken = tmp_path / "templates/exact_online"
    broken.mkdir(parents=True)
    (broken / "reports.toml").write_text("[financieel\n")
    for asked in ((), ("--templates", "templates"), ("--keep-going",)):
        code, out, err = bundel(capsys, "generate", *asked)
        assert (code, out) == (1, "")
        assert "B091 fout: sjabloon reports.toml is niet te lezen" in err
    assert not (tmp_path / "output").exists()


def test_own_templates_in_the_working_folder_are_used(capsys, output):
    catalogue.load.cache_clear()
    own = Path("templates/exact_online/texts")
    own.mkdir(parents=True)
    text = (catalogue.packaged() / "exact_online/texts/nl.toml").read_text("utf-8")
    (own / "nl.toml").write_text(text.replace('financieel = "Financieel"', 'financieel = "Cijfers"'), "utf-8")
    code, statuses, _ = generated(capsys, "--client", "bakker")
    assert (code, statuses) == (0, {"bakker": "changed"})
    platform = json.loads((output / "bakker/financieel.Report/.platform").read_bytes())
    assert platform["metadata"]["displayName"] == "Cijfers"


# ------------------------------------------------------------------------------------------- removed and hand-edited


def test_the_bundle_of_a_client_that_is_gone_stays_until_yes(capsys, output):
    (output / "oneill/aantekening.txt").write_text("van mij")
    (output / "eigen map").mkdir()
    (output / "eigen map/x.pbix").write_text("van mij")
    specs(GONE)
    code, statuses, document = generated(capsys)
    assert (code, statuses["oneill"], document["warnings"]) == (0, "skipped", 1)
    assert [(each["severity"], each["client"]) for each in document["problems"]] == [("warning", "oneill")]
    assert (output / "oneill/manifest.json").is_file()
    code, statuses, _ = generated(capsys, "--yes")
    assert (code, statuses["oneill"]) == (0, "removed")
    assert [path.name for path in (output / "oneill").iterdir()] == ["aantekening.txt"]
    assert (output / "eigen map/x.pbix").read_text() == "van mij"
    assert generated(capsys, "--yes")[1] == {"bakker": "unchanged"}
    named = json.loads((output / "manifest.json").read_bytes())["bundles"]
    assert "bakker" in {each["client"] for each in named}


@pytest.mark.parametrize("tables", [SLIP, TWO.replace("https://bridge-online.cloud/vd-oneill", "http://x")])
def test_the_bundle_of_a_client_with_an_error_is_never_removed(capsys, output, tables):
    before = tree(output / "oneill")
    specs(tables)
    code, statuses, _ = generated(capsys, "--keep-going", "--yes")
    assert (code, statuses["oneill"]) == (5, "skipped")
    assert tree(output / "oneill") == before


def test_a_person_at_a_terminal_is_asked_before_a_bundle_goes(capsys, output, monkeypatch):
    specs(GONE)
    capsys.readouterr()
    terminal(monkeypatch, "nee\n")
    assert cli.main(["generate"]) == 0
    assert "Bundel van oneill weghalen? [j/N]" in capsys.readouterr().err
    assert (output / "oneill/manifest.json").is_file()
    terminal(monkeypatch, "J\n")
    assert cli.main(["generate"]) == 0
    assert "1 weggehaald" in " ".join(capsys.readouterr().out.split())
    assert not (output / "oneill").exists()


def test_a_file_changed_by_hand_stays_until_yes(capsys, output):
    file = output / "bakker/on-startup.sql"
    file.write_text("use 710001@eol -- van mij\n")
    specs(TWO.replace("| bakker | `710001` |", "| bakker | `710001` |\n| bakker | `710002` |"))
    code, statuses, document = generated(capsys)
    assert (code, statuses["bakker"]) == (0, "changed")
    assert [(each["code"], each["severity"]) for each in document["problems"]] == [("B107", "warning")]
    assert file.read_text() == "use 710001@eol -- van mij\n"
    assert "710002" in (output / "bakker/setup.md").read_text("utf-8")
    assert generated(capsys)[2]["warnings"] == 1
    code, _, document = generated(capsys, "--yes")
    assert (code, document["problems"]) == (0, [])
    assert file.read_text() == "use 710001@eol, 710002@eol\n"


def test_a_person_at_a_terminal_is_asked_before_a_change_by_hand_goes(capsys, output, monkeypatch):
    file = output / "bakker/on-startup.sql"
    file.write_text("van mij\n")
    specs(TWO.replace("| bakker | `710001` |", "| bakker | `710001` |\n| bakker | `710002` |"))
    capsys.readouterr()
    terminal(monkeypatch, "\n")
    assert cli.main(["generate"]) == 0
    assert "(bakker)? [j/N]" in capsys.readouterr().err
    assert file.read_text() == "van mij\n"
    terminal(monkeypatch, "ja\n")
    assert cli.main(["generate"]) == 0
    assert file.read_text() == "use 710001@eol, 710002@eol\n"


# ------------------------------------------------------------------------------------------------- how it is told


def test_english_on_request(capsys, output):
    code, out, _ = bundel(capsys, "generate", "--lang", "en")
    done = "0 changed, 2 unchanged, 0 failed. Bundles in output/. "
    assert (code, out) == (0, done + "What is to be done by hand stands in setup.md of each client.\n")
    specs(SLIP)
    assert "B043 error: " in bundel(capsys, "generate", "--lang", "en")[2]
    assert output.is_dir()


def test_the_language_of_the_office_is_spoken(capsys, output):
    specs(SLIP.replace("| Van Dam | nl |", "| Van Dam | en |"))
    assert "B043 error: " in bundel(capsys, "generate", "--keep-going")[2]
    assert output.is_dir()


def test_quiet_says_nothing_but_problems(capsys, output):
    assert bundel(capsys, "generate", "--quiet") == (0, "", "")
    specs(SLIP)
    code, out, err = bundel(capsys, "generate", "--quiet", "--keep-going")
    assert (code, out) == (5, "")
    assert "B043" in err
    assert output.is_dir()


def test_a_narrow_terminal_gets_short_lines(capsys, output, monkeypatch):
    specs(SLIP)
    capsys.readouterr()
    terminal(monkeypatch)
    assert cli.main(["generate", "--keep-going"]) == 5
    captured = capsys.readouterr()
    assert all(len(line) <= 60 for line in captured.err.splitlines())
    assert not COLOUR.search(captured.out)
    assert output.is_dir()


def test_output_to_a_pipe_has_no_colours_and_whole_lines(capsys, output, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    specs(SLIP.replace("[Neto-omzet]", "SUM ( Mutaties[Bedrg] )"))
    assert any(len(line) > 80 for line in bundel(capsys, "generate")[2].splitlines())
    for arguments in (("generate", "--keep-going"), ("generate",), ("doctor",), ("generate", "--json")):
        _, out, err = bundel(capsys, *arguments)
        assert not COLOUR.search(out + err), arguments
        assert "\r" not in out + err
    assert output.is_dir()


# ----------------------------------------------------------------------------------------------------------- doctor


def checks(capsys, *arguments):
    """Run ``doctor --json``; return the exit code, check → status, and the document."""
    code, out, err = bundel(capsys, "doctor", "--json", *arguments)
    assert err == ""
    document = json.loads(out)
    assert list(document) == ["checks", "problems", "errors", "warnings"]
    return code, {each["name"]: each["status"] for each in document["checks"]}, document


def test_doctor_is_content_where_all_is_well(capsys, output):
    code, statuses, document = checks(capsys, "--verify")
    assert (code, set(statuses.values()), document["problems"]) == (0, {"ok"}, [])
    code, out, err = bundel(capsys, "doctor")
    assert (code, err) == (0, "")
    assert re.search(r"^werkmappen +ok +report_specs: 2 bundels$", out, re.MULTILINE)
    assert "error" not in bundel(capsys, "doctor", "--lang", "en")[1]
    assert output.is_dir()


@pytest.mark.parametrize(
    ("break_", "code"),
    [
        (lambda bundle: (bundle / "setup.md").write_bytes((bundle / "setup.md").read_bytes()[:-1] + b" "), "B111"),
        (lambda bundle: (bundle / "setup.md").unlink(), "B110"),
        (lambda bundle: (bundle / "eigen.txt").write_text("van mij"), "B112"),
        (lambda bundle: (bundle / "manifest.json").write_text("{}"), "B111"),
    ],
)
def test_doctor_finds_what_is_not_as_it_was_written(capsys, output, break_, code):
    break_(output / "bakker")
    _, statuses, document = checks(capsys, "--verify")
    assert statuses["bundels"] != "ok"
    assert code in {each["code"] for each in document["problems"] if each["client"] == "bakker"}


def test_doctor_without_verify_reads_no_file(capsys, output):
    (output / "bakker/setup.md").write_text("anders")
    assert checks(capsys)[:2] == (0, dict.fromkeys(checks(capsys)[1], "ok"))


def test_doctor_leaves_state_alone(capsys, output):
    (output / "bakker/preview").mkdir()
    (output / "bakker/preview/1.png").write_bytes(b"x")
    (output / "bakker/published.json").write_text("{}")
    assert checks(capsys, "--verify")[0] == 0


def test_doctor_tells_what_is_wrong_with_the_workbooks(capsys, output):
    specs(SLIP)
    code, statuses, document = checks(capsys)
    assert (code, statuses["werkmappen"], statuses["bundels"]) == (1, "error", "ok")
    assert [each["code"] for each in document["problems"]] == ["B043"]
    code, statuses, document = checks(capsys, "--specs", "nergens")
    assert (code, statuses["werkmappen"], [each["code"] for each in document["problems"]]) == (1, "error", ["B007"])
    assert output.is_dir()


def test_doctor_tells_what_is_wrong_with_the_templates(capsys, output):
    catalogue.load.cache_clear()
    Path("templates/visuals").mkdir(parents=True)
    Path("templates/visuals/slicer.json").write_text("{")
    code, statuses, document = checks(capsys)
    assert (code, statuses["sjablonen"], statuses["versies"]) == (1, "error", "ok")
    assert {each["code"] for each in document["problems"]} == {"B091"}
    assert output.is_dir()


def test_doctor_writes_nothing(capsys, output):
    before = tree(output)
    checks(capsys, "--verify")
    assert tree(output) == before
    shutil.rmtree(output)
    assert checks(capsys)[0] == 0
    assert not output.exists()
    assert not os.path.exists("templates")  # noqa: PTH110  the working folder


# ------------------------------------------------------------------------------------------------------ JSON schemas


def misfits(name, document):
    """Return where a document is not as the schema that ships with the package says."""
    schema = json.loads(files("generator").joinpath(f"schemas/{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(document)]


def test_json_documents_are_as_their_schemas_say(capsys, output):
    save(Path("report_specs"), TWO.replace("vd-bakker", "vd-bakker2"))
    planned = json.loads(bundel(capsys, "plan", "--json")[1])
    assert {change["what"] for change in planned["changes"]} == {"file", "url"}
    assert misfits("plan", planned) == []
    assert misfits("plan", planned | {"changes": [planned["changes"][0] | {"kind": "new"}]}) == ["$.changes[0].kind"]
    _, _, made = generated(capsys)
    assert misfits("generate", made) == []
    assert misfits("generate", made | {"bundles": [{"client": "bakker"}]}) != []
    assert output.is_dir()


def test_what_could_not_begin_is_as_the_schemas_say(capsys):
    save(Path("report_specs"), TWO.replace("https://", "ftp://"))
    for command in ("plan", "generate"):
        assert misfits(command, json.loads(bundel(capsys, command, "--json")[1])) == []
