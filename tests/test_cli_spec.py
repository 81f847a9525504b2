"""``bundel new``, ``check`` and ``explain`` as a user meets them: text, JSON and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from markdown import BASE, save

from generator import __version__, cli
from generator.cli import options, text
from generator.problems import Cell, Problem, Stop, messages
from generator.spec import workbook

COMMAND = [sys.executable, "-c", "from generator.cli import run; run()"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])}
SLIP = BASE.replace("vd-oneill", "vd-bakker")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(options, "_spoken", type(options._spoken)("language", default=""))  # noqa: SLF001
    monkeypatch.setattr(options, "_current", type(options._current)("settings", default=None))  # noqa: SLF001
    (tmp_path / "report_specs").mkdir()


def bundel(capsys, *arguments):
    """Run a command in this process; return its exit code and what it printed on both streams."""
    code = cli.main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_new_example_is_ready_to_try(capsys):
    code, out, err = bundel(capsys, "new", "kantoor.xlsx", "--example")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "kantoor.xlsx: 6 klanten, 9 administraties, klaar om te proberen.",
        "Volgende stap: bundel generate --specs kantoor.xlsx",
    ]
    code, out, _ = bundel(capsys, "check", "--specs", "kantoor.xlsx")
    assert (code, out.splitlines()[0]) == (0, "6 klanten, 9 administraties in 1 werkmap: geen problemen.")


def test_new_writes_where_specs_are_read(capsys):
    code, out, _ = bundel(capsys, "new")
    assert code == 0
    assert out.startswith(str(Path("report_specs/kantoor.xlsx")))
    assert bundel(capsys, "check")[0] == 0
    assert bundel(capsys, "new", "--specs", "elders")[0] == 0
    assert Path("elders/kantoor.xlsx").is_file()


def test_new_in_english(capsys):
    code, out, _ = bundel(capsys, "new", "office.xlsx", "--lang", "en", "--example")
    assert (code, out.splitlines()[0]) == (0, "office.xlsx: 6 clients, 9 divisions, ready to try.")
    assert bundel(capsys, "check", "--specs", "office.xlsx")[1].startswith("6 clients, 9 divisions in 1 workbook")


def test_new_never_overwrites(capsys):
    Path("kantoor.xlsx").write_text("van mij")
    code, out, err = bundel(capsys, "new", "kantoor.xlsx")
    assert (code, out) == (2, "")
    assert "kantoor.xlsx bestaat al en blijft zoals zij is" in err
    assert Path("kantoor.xlsx").read_text() == "van mij"


def test_new_wants_a_workbook(capsys):
    assert bundel(capsys, "new", "kantoor.csv")[0] == 2
    assert not Path("kantoor.csv").exists()


def test_new_as_json(capsys):
    code, out, err = bundel(capsys, "new", "kantoor.xlsx", "--example", "--json")
    assert (code, err) == (0, "")
    expected = {"file": "kantoor.xlsx", "clients": 6, "divisions": 9, "problems": [], "errors": 0, "warnings": 0}
    assert json.loads(out) == expected


def test_check_lists_problems_by_file(capsys):
    save(Path("report_specs"), SLIP)
    code, out, err = bundel(capsys, "check")
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "kantoor.xlsx",
        "  Klanten!C3 B021 fout: deze URL is al van klant bakker (Klanten!C2).",
        "             → Elke klant heeft een eigen database; vraag de URL op in Invantive Cloud bij Databases.",
        "1 fout in 1 werkmap. Uitleg: bundel explain B021. Gemarkeerde kopie: bundel check --marked nakijken",
    ]


def test_check_aligns_places(capsys):
    save(Path("report_specs"), SLIP.replace("`710001`", "`10000123`"))
    _, out, _ = bundel(capsys, "check", "--lang", "en")
    lines = out.splitlines()
    assert lines[1].startswith("  Klanten!C3        B021 error: this URL already belongs to client bakker")
    assert lines[3].startswith("  Administraties!B2 B034 warning: 10.000.123")
    assert lines[-1].startswith("1 error, 1 warning in 1 workbook. More: bundel explain B021.")


def test_check_speaks_the_language_of_the_office(capsys):
    save(Path("report_specs"), SLIP.replace("| Van Dam | nl |", "| Van Dam | en |"))
    assert "B021 error" in bundel(capsys, "check")[1]
    assert "B021 fout" in bundel(capsys, "check", "--lang", "nl")[1]


def test_check_as_json(capsys):
    save(Path("report_specs"), SLIP)
    code, out, err = bundel(capsys, "check", "--json")
    document = json.loads(out)
    assert (code, err, document["errors"], document["warnings"]) == (1, "", 1, 0)
    assert document["problems"] == [
        {
            "code": "B021",
            "severity": "error",
            "file": "kantoor.xlsx",
            "sheet": "Klanten",
            "cell": "C3",
            "message": "deze URL is al van klant bakker (Klanten!C2).",
            "hint": "Elke klant heeft een eigen database; vraag de URL op in Invantive Cloud bij Databases.",
            "client": "oneill",
        }
    ]


def test_warnings_alone_are_no_failure(capsys):
    save(Path("report_specs"), BASE.replace("`710001`", "`10000123`"))
    assert bundel(capsys, "check")[0] == 0


def test_check_knows_the_templates_of_this_folder(capsys):
    save(Path("report_specs"), SLIP)
    Path("templates/exact_online").mkdir(parents=True)
    Path("templates/exact_online/reports.toml").write_text("not toml", encoding="utf-8")
    code, _, err = bundel(capsys, "check")
    assert code == 1
    assert "reports.toml" in err


def test_check_writes_nothing_but_a_marked_copy(capsys):
    path = save(Path("report_specs"), SLIP)
    before = path.read_bytes()
    bundel(capsys, "check")
    assert sorted(each.name for each in Path().iterdir()) == ["report_specs"]
    code, out, _ = bundel(capsys, "check", "--marked", "nakijken")
    assert code == 1
    assert out.rstrip().endswith(f"Gemarkeerde kopie: {Path('nakijken/kantoor.xlsx')}")
    assert Path("nakijken/kantoor.xlsx").is_file()
    assert path.read_bytes() == before
    assert bundel(capsys, "check", "--marked", "report_specs")[0] == 2
    assert path.read_bytes() == before


def test_check_of_one_client(capsys):
    save(Path("report_specs"), SLIP)
    assert bundel(capsys, "check", "--client", "bakker")[0] == 0
    assert bundel(capsys, "check", "--client", "ONEILL")[0] == 1
    code, out, err = bundel(capsys, "check", "--client", "baker")
    assert (code, out) == (2, "")
    assert "klant baker bestaat niet" in err


@pytest.mark.parametrize("specs", ["weg", "weg.xlsx", "report_specs"])
def test_no_workbook(capsys, specs):
    code, out, err = bundel(capsys, "check", "--specs", specs)
    assert (code, out) == (2, "")
    assert "B007" in err
    code, out, _ = bundel(capsys, "check", "--specs", specs, "--json")
    assert (code, json.loads(out)["problems"][0]["code"]) == (2, "B007")


@pytest.mark.parametrize("code", sorted(messages()))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_explain_every_code(capsys, code, language):
    exit_code, out, err = bundel(capsys, "explain", code.lower(), "--lang", language)
    assert (exit_code, err) == (0, "")
    assert out.startswith(f"{code} ")
    assert ("Waarom" if language == "nl" else "Why") in out


def test_explain_as_json_and_without_a_code(capsys):
    document = json.loads(bundel(capsys, "explain", "B021", "--json")[1])
    assert set(document) == {"code", "severity", "message", "hint", "why", "problems", "errors", "warnings"}
    assert len(bundel(capsys, "explain")[1].splitlines()) == len(messages())


def test_explain_what_is_no_code(capsys):
    code, out, err = bundel(capsys, "explain", "B02")
    assert (code, out) == (2, "")
    assert "B02 is geen code" in err


def test_a_wrong_command_line(capsys):
    assert bundel(capsys, "check", "--onzin")[0] == 2
    assert bundel(capsys, "onzin")[0] == 2
    code, out, _ = bundel(capsys, "check", "--onzin", "--json")
    assert (code, json.loads(out)["problems"][0]["code"]) == (2, "B088")


def test_an_unexpected_error_is_a_sentence(capsys, monkeypatch):
    save(Path("report_specs"), BASE)

    def broken(_):
        raise RuntimeError("stuk")

    monkeypatch.setattr(workbook, "read", broken)
    code, out, err = bundel(capsys, "check")
    assert (code, out) == (1, "")
    assert "er ging iets mis in Bundel zelf: RuntimeError: stuk" in err
    assert "Traceback" not in err
    assert json.loads(bundel(capsys, "check", "--json")[1])["problems"][0]["code"] == "B089"
    with pytest.raises(RuntimeError):
        cli.main(["check", "--verbose"])


def test_stopping(capsys, monkeypatch):
    save(Path("report_specs"), BASE)

    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(workbook, "read", stopped)
    code, out, err = bundel(capsys, "check")
    assert (code, out, err.strip()) == (130, "", "Gestopt.")


def test_stop_carries_its_exit_code(capsys, monkeypatch):
    save(Path("report_specs"), BASE)

    def stop(_):
        raise Stop([Problem("B007", None, {"path": "x"})], 4)

    monkeypatch.setattr(workbook, "read", stop)
    assert bundel(capsys, "check")[0] == 4


def test_version_and_help(capsys):
    assert bundel(capsys, "--version")[:2] == (0, f"bundel {__version__}\n")
    code, out, _ = bundel(capsys, "--help")
    assert code == 0
    assert all(command in out for command in cli.COMMANDS)
    assert "--marked" in bundel(capsys, "check", "--help")[1]


def test_the_help_is_fast():
    before = os.times().children_user
    subprocess.run([*COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    assert os.times().children_user - before < 0.5  # 0.1 s on a quiet computer


def test_output_is_utf8_whatever_the_code_page():
    save(Path("report_specs"), SLIP.replace("Bakkerij", "Bäkkerij").replace("| bakker |", "| bakker\u0301 |"))
    done = subprocess.run(
        [*COMMAND, "check"],
        check=False,
        capture_output=True,
        env=ENVIRONMENT | {"PYTHONIOENCODING": "cp850", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 1
    assert "→" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_narrow_terminal_is_readable(width):
    problems = [
        Problem("B021", Cell("a.xlsx", "Klanten", "C3"), {"other_nl": "klant bakker (Klanten!C2)"}),
        Problem("B034", Cell("a.xlsx", "Administraties", "B12"), {"value": "10.000.123"}),
    ]
    lines = text.problem_lines(problems, "nl", width)
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    assert {"Administraties!B12", "B034", "hoofdkantoor.", "→"} <= set(words)


def test_problems_in_reading_order_and_once():
    def at(sheet, address):
        return Problem("B034", Cell("a.xlsx", sheet, address), {"value": "1"})

    places = [("Administraties", "B2"), ("Klanten", "AA2"), ("Klanten", "B2"), ("Klanten", "B10"), ("Kantoor", "A1")]
    listed = text.in_order([at(*place) for place in (*places, *places)])
    assert [str(problem.cell) for problem in listed] == [
        "Kantoor!A1", "Klanten!B2", "Klanten!AA2", "Klanten!B10", "Administraties!B2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE"}, "en"),
        ({"LC_ALL": "en_GB", "LANG": "nl_NL"}, "en"),
        ({"LANG": "C.UTF-8"}, "nl"),
        ({}, "nl"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a language of its own")
def test_the_language_of_the_system(monkeypatch, variables, language):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert options.system_language() == language
