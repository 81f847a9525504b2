"""What Windows does otherwise, as far as that can be tried elsewhere: paths, line ends, code pages, files held open."""

import codecs
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import bundles
import click
import openpyxl
import pytest
from click.testing import CliRunner
from markdown import BASE, save

from generator import cli, disk, names, pipeline
from generator.cli import options
from generator.problems import Stop
from generator.publish import state

ROOT = Path(__file__).parents[1]
HELD = PermissionError(errno.EACCES, "The process cannot access the file because it is being used by another process")
HOME = "C:\\Users"
USUAL = rf"{HOME}\Johanna van den Berg\OneDrive - De Korenaar\Bundel\output"
WORDS = BASE + "\n## Teksten\n| Klant | Rapport | Pagina | Tekst |\n| * | financieel | Samenvatting | {} |\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("report_specs", "specs"):
        (tmp_path / name).mkdir()


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def bundel(*arguments):
    with pytest.raises(SystemExit) as stop:
        cli.run(arguments)
    return stop.value.code


# Names and paths


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "con.txt",
        "aux",
        "Aux.tmdl",
        "nul .x",
        "COM1",
        "lpt9.json",
        "COM\u00b9",
        "CONIN$",
        "x.",
        "x ",
        "a:b",
        "a?b",
    ],
)
def test_a_name_that_windows_keeps_for_itself_is_no_file(name):
    assert not disk.is_plain(name)
    assert not disk.is_generated(f"queries/{name}")
    assert disk.is_plain(names.file_safe(name))


def test_a_table_with_the_name_of_a_device_has_a_file_of_another_name(tmp_path):
    rows = "\n## Tabellen\n| Klant | Entiteit | Naam |\n| bakker | ExactOnlineREST.CRM.Contacts | {} |\n"
    for name in ("AUX", "Nul", "COM1"):
        made = bundles.files(tmp_path, BASE + rows.format(name))
        assert all(disk.is_generated(path) for path in made), name


def test_a_usual_folder_leaves_room_for_the_longest_path(tmp_path):
    """The longest code, a table with a name as long as names get, the staging folder, that of the sandbox."""
    code, name = "k" * 40, "N" * 200
    office = BASE.replace("| bakker ", f"| {code} ")
    rows = f"\n## Tabellen\n| Klant | Entiteit | Naam |\n| {code} | ExactOnlineREST.CRM.Contacts | {name[:100]} |\n"
    made = bundles.files(tmp_path, office + rows, code)
    longest = max((f"{USUAL}/_sandbox/.bundel/{code}/new/{path}" for path in made), key=len)
    assert len(longest) <= 259, longest


def test_a_path_that_is_too_long_is_a_problem_with_its_length(capsys, monkeypatch):
    monkeypatch.setattr(disk, "_LONGEST", 259)
    save(Path("report_specs"), BASE)
    bundel("generate", "--quiet")
    replace = os.replace

    def windows(source, target, **options):
        for path in (source, target):
            if len(os.path.abspath(path)) > 259:  # noqa: PTH100  a path that need not be there
                raise FileNotFoundError(errno.ENOENT, "The system cannot find the path specified", source, None, target)
        replace(source, target, **options)

    monkeypatch.setattr(os, "replace", windows)
    out = "/".join(["d" * 60] * 3)
    assert bundel("generate", "--out", out, "--json") in {1, 5}
    told = json.loads(capsys.readouterr().out)
    assert {each["code"] for each in told["problems"]} == {"B195"}
    assert all(re.search(r"\d{3} tekens.* 259", each["message"]) for each in told["problems"])
    assert not list(Path(out).rglob("*.pbit"))


@pytest.mark.skipif(os.name == "nt", reason="this is what other systems do with a path beyond 4,095 characters")
def test_a_path_that_is_too_long_here_is_the_same_problem(tmp_path):
    with pytest.raises(Stop) as stop, disk.told("bakker"):
        (tmp_path / "/".join(["x" * 200] * 30)).read_bytes()
    assert [(each.code, each.client) for each in stop.value.problems] == [("B195", "bakker")]


def test_a_file_that_is_not_there_is_no_path_that_is_too_long(tmp_path):
    with pytest.raises(Stop) as stop, disk.told(""):
        (tmp_path / "gone").read_bytes()
    assert [each.code for each in stop.value.problems] == ["B104"]


# Line ends


def test_templates_with_line_ends_of_windows_make_the_same_bytes(tmp_path):
    """What Git makes of a checkout with ``core.autocrlf``."""
    shutil.copytree(ROOT / "templates", "windows")
    turned = 0
    for path in Path("windows").rglob("*"):
        if path.suffix in {".pq", ".toml", ".json", ".tmdl", ".dax", ".jinja", ".md", ".txt", ".csv", ".svg"}:
            data = path.read_bytes()
            path.write_bytes(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            turned += path.read_bytes() != data
    assert turned > 20
    specs = save(tmp_path / "specs", BASE).parent
    made = []
    for templates in (ROOT / "templates", Path("windows")):
        loaded = pipeline.load(specs, templates)
        made.append({each.code: pipeline.files(each, loaded.catalogue) for each in loaded.clients})
    assert made[0].keys() == made[1].keys() == {"bakker", "oneill"}
    differing = {path for code in made[0] for path in made[0][code] if made[0][code][path] != made[1][code].get(path)}
    assert differing == set()


def test_a_text_with_line_ends_of_windows_makes_the_same_bytes(tmp_path):
    made = []
    for text in ("eerste regel\ntweede regel", "eerste regel\r\ntweede regel"):
        path = save(tmp_path, WORDS.format("hier"))
        book = openpyxl.load_workbook(path)
        book["Teksten"]["D2"] = text
        book.save(path)
        loaded = pipeline.load(path)
        made.append(pipeline.files(bundles.client(loaded), loaded.catalogue))
    assert made[0] == made[1]
    assert any("tweede regel" in data.decode("utf-8", "replace") for data in made[0].values())


# The console


def run(*arguments, **environment):
    """Run the command in a process of its own, as a console with another code page and no UTF-8 mode would."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTHONUTF8", "PYTHONIOENC", "LC_", "LANG"))
    }
    command = [sys.executable, "-X", "utf8=0", "-X", "warn_default_encoding", "-W", "error::EncodingWarning"]
    return subprocess.run(
        [*command, "-m", "generator", *arguments],
        env=kept | {"PYTHONPATH": str(ROOT), "PYTHONCOERCECLOCALE": "0"} | environment,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("page", ["cp1252", "ascii"])
def test_a_console_with_an_old_code_page_gets_utf_8(page):
    save(Path("report_specs"), BASE.replace("O'Neill", "Łódź 会社 Ωmega"))
    done = run("generate", "--json", PYTHONIOENCODING=page, LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, b"")
    assert {each["status"] for each in json.loads(done.stdout.decode("utf-8"))["bundles"]} == {"created"}
    assert not done.stdout.startswith(codecs.BOM_UTF8)
    broken = save(Path("report_specs"), BASE.replace("O'Neill", "Łódź 会社").replace("vd-oneill", "vd-bakker"))
    assert broken.is_file()
    done = run("check", PYTHONIOENCODING=page, LC_ALL="C")
    assert done.returncode == 1
    assert "→ Elke klant" in done.stdout.decode("utf-8")
    assert done.stderr == b""


# Files that another program holds


def test_a_file_that_excel_or_desktop_holds_fails_that_client_alone(capsys, monkeypatch):
    save(Path("report_specs"), BASE)
    assert bundel("generate", "--quiet") == 0
    before = tree(Path("output"))
    save(Path("report_specs"), BASE.replace("Bakkerij", "Bakkerij Jansen").replace("O'Neill", "O'Neill Ltd"))
    replace = os.replace

    def held(source, target, **options):
        if any(
            Path(path).name == "bakker-financieel.pbit" and "new" not in Path(path).parts for path in (source, target)
        ):
            raise HELD.__class__(HELD.errno, HELD.strerror, source, None, target)
        replace(source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", held)
        assert bundel("generate", "--json") == 5
    told = json.loads(capsys.readouterr().out)
    assert {each["client"]: each["status"] for each in told["bundles"]} == {"bakker": "failed", "oneill": "changed"}
    assert [(each["code"], each["client"]) for each in told["problems"]] == [("B101", "bakker")]
    after = tree(Path("output"))
    assert {path for path in before if path.startswith("bakker/") and before[path] != after.get(path)} == set()
    assert bundel("generate", "--quiet") == 0  # closed meanwhile
    again = tree(Path("output"))
    assert bundel("generate", "--quiet", "--out", "fresh") == 0
    assert again == tree(Path("fresh"))


def test_the_record_of_what_is_published_waits_for_a_scanner(monkeypatch):
    waited = []
    monkeypatch.setattr(disk, "_PAUSES", (0.1, 0.4))
    monkeypatch.setattr(disk.time, "sleep", waited.append)
    calls = iter([HELD, HELD, None])
    replace = Path.replace

    def held(self, target):
        if error := next(calls):
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    record = state.Record(Path("output"), "bakker")
    record._write(state.Published("bakker"))  # noqa: SLF001
    assert waited == [0.1, 0.4]
    assert state.load(Path("output"), "bakker") == state.Published("bakker")


# Processes


def test_no_more_processes_than_windows_can_wait_for(monkeypatch):
    seen = []

    def command(settings):
        seen.append(settings.processes)

    tried = click.command()(options.shared(command))
    for given in (["--jobs", "200"], ["--jobs", "3"], []):
        monkeypatch.setattr(os, "cpu_count", lambda: 128)
        assert CliRunner().invoke(tried, given).exit_code == 0
    assert seen == [61, 3, 61]
