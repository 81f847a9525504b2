"""``bundel probe`` as a user meets it: table, JSON, page, exit codes; and a password that shows nowhere."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import re
import subprocess
import sys
import textwrap
from importlib.resources import files
from pathlib import Path

import bundles
import keyring
import pytest
from keyring.backends.fail import Keyring as NoStore
from markdown import save
from odata_server import RIGHTS, Database, serving

from generator import cli, pipeline
from generator.cli import options
from generator.preview import overview
from generator.sources import found
from generator.sources.question import question

SECRET = "Geh3im-Wachtw00rd"  # noqa: S105  planted
TWO = bundles.ONE + "| oneill | `750001` |\n| oneill | `750002` |\n"
TWO = TWO.replace(
    "/vd-bakker/odata4 |", "/vd-bakker/odata4 |\n| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |"
)
JOURNALS = "ExactOnlineREST.Financial.Journals@eol"
KEYS = {
    "client", "url", "reachable", "signed_in", "missing_tables", "missing_columns", "divisions_expected",
    "divisions_found", "seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    loaded = pipeline.load(save(tmp_path_factory.mktemp("office"), TWO))
    return [question(client, loaded.catalogue) for client in loaded.clients]


@pytest.fixture(scope="module")
def server():
    with serving() as service:
        yield service


@pytest.fixture
def service(questions, server, tmp_path, monkeypatch):
    """Return the service, asked as the sandbox of an office in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report_specs").mkdir()
    save(tmp_path / "report_specs", TWO)
    for name in [
        name for name in os.environ if name.startswith("BUNDEL_") or name in {"LC_ALL", "LC_MESSAGES", "LANG"}
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BUNDEL_SANDBOX_URL", server.base)
    monkeypatch.setattr(options, "_spoken", type(options._spoken)("language", default=""))  # noqa: SLF001
    monkeypatch.setattr(options, "_current", type(options._current)("settings", default=None))  # noqa: SLF001
    before = keyring.get_keyring()
    keyring.set_keyring(NoStore())
    today = dt.datetime.now(dt.UTC).astimezone().date()
    server.reset({asked.url.split("/")[3]: Database(asked, today) for asked in questions})
    yield server
    keyring.set_keyring(before)


def bundel(capsys, *arguments):
    """Run a command in this process; return its exit code and what it printed on both streams."""
    capsys.readouterr()
    code = cli.main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def probed(capsys, *arguments):
    """Run ``probe --sandbox --json``; return the exit code, client → database, and the document."""
    code, out, err = bundel(capsys, "probe", "--sandbox", "--json", *arguments)
    assert err == ""
    document = json.loads(out)
    return code, {each["client"]: each for each in document.get("databases", ())}, document


def lose(service, *codes, slug="vd-oneill"):
    rows = service.databases[slug].rows
    rows[JOURNALS] = [row for row in rows[JOURNALS] if row["Division"] not in codes]


def leak(service, code, slug="vd-oneill"):
    service.databases[slug].rows[JOURNALS].append({"Division": code})


def state():
    return found.earlier_entries(Path("output"))


def test_all_is_well(capsys, service):
    code, out, err = bundel(capsys, "probe", "--sandbox")
    assert (code, err) == (0, "")
    assert [re.split(r"  +", line) for line in out.splitlines()] == [
        ["klant", "bereikbaar", "aangemeld", "tabellen", "kolommen", "administraties", "nieuwste boeking"],
        ["bakker", "ja", "ja", "9/9", "50/50", "1 van 1", "vandaag"],
        ["oneill", "ja", "ja", "9/9", "50/50", "2 van 2", "vandaag"],
        ["_office", "ja", "ja", "9/9", "46/46", "3 van 3", "vandaag"],
        ["3 databases: 3 in orde, 0 let op, 0 fout. Bewaard in output/probe.html."],
    ]
    assert len(service.asked) == sum(entry["requests"] for entry in state()) < 40


def test_the_document_is_that_of_the_contract(capsys, service):
    lose(service, 750002)
    code, databases, document = probed(capsys)
    assert code == 1
    assert list(document)[:1] + list(document)[-3:] == ["databases", "problems", "errors", "warnings"]
    assert (document["errors"], document["warnings"]) == (1, 0)
    assert all(database.keys() >= KEYS for database in databases.values())
    oneill = databases["oneill"]
    assert (oneill["divisions_expected"], oneill["divisions_found"]) == ([750001, 750002], [750001])
    assert (oneill["reachable"], oneill["signed_in"], oneill["missing_tables"]) == (True, True, [])
    assert document["problems"][0]["client"] == "oneill"
    assert "abonnement" in document["problems"][0]["hint"]
    schema = json.loads(files("generator").joinpath("schemas/probe.json").read_text("utf-8"))
    assert set(schema["$defs"]["database"]["required"]) == KEYS
    assert schema["properties"].keys() == document.keys()
    assert schema["$defs"]["database"]["properties"].keys() == oneill.keys()
    assert set(schema["$defs"]["problem"]["required"]) == document["problems"][0].keys()


def test_a_problem_stands_under_its_row_with_one_remedy(capsys, service):
    lose(service, 750002)
    lose(service, 750002, slug="vd-kantoor")
    code, out, _ = bundel(capsys, "probe", "--sandbox")
    assert code == 1
    lines = out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("oneill"))
    assert lines[place + 1] == "  B240 fout: oneill: administratie 750002 ontbreekt."
    assert lines[place + 2].startswith("  → Vijf oorzaken")
    assert lines[place + 4] == "  B240 fout: _office: administratie 750002 ontbreekt."
    assert out.count("→") == 1
    assert lines[-1] == (
        "Uitleg: bundel explain B240. Opnieuw: bundel probe --sandbox --client oneill --client _office"
    )


def test_english(capsys, service):
    lose(service, 750002)
    code, out, _ = bundel(capsys, "probe", "--sandbox", "--lang", "en")
    assert code == 1
    assert "  B240 error: oneill: division 750002 is missing." in out.splitlines()
    assert "3 databases: 2 in order, 0 to mind, 1 wrong. Kept in output/probe.html." in out


def test_a_narrow_terminal_gets_what_matters_most(capsys, service, monkeypatch):
    monkeypatch.setattr("generator.cli.probe.terminal_width", lambda: 50)
    _, out, _ = bundel(capsys, "probe", "--sandbox", "--quick")
    assert max(map(len, out.splitlines()[:4])) <= 50
    assert re.split(r"  +", out.splitlines()[1]) == ["bakker", "ja", "1 van 1", "-"]
    assert len(service.asked) == 9


def test_quiet_says_problems_only(capsys, service):
    assert bundel(capsys, "probe", "--sandbox", "-q")[1].strip() == ""
    lose(service, 750002)
    assert bundel(capsys, "probe", "--sandbox", "-q")[1].startswith("  B240 fout: oneill")


def test_a_leak_shows_no_foreign_code_but_in_the_document_that_was_asked_for(capsys, service):
    leak(service, 710001)
    code, out, err = bundel(capsys, "probe", "--sandbox", "-v", "--client", "oneill")
    assert code == 1
    assert "B241 fout: oneill: lek" in out
    assert "+1" in out
    assert "710001" not in out + err + Path("output/probe.html").read_text("utf-8")
    assert probed(capsys)[1]["oneill"]["divisions_found"] == [710001, 750001, 750002]


def test_many_clients_with_one_exact_user_are_named_together(capsys, service):
    for slug in ("vd-bakker", "vd-oneill"):
        service.databases[slug].rows[f"{RIGHTS}@eol"].append({"Code": 790001})
    code, out, _ = bundel(capsys, "probe", "--sandbox")
    assert code == 0
    assert out.count("B242") == 1
    assert "zo ook 1 andere: oneill" in out


def test_one_client_is_asked_alone_and_the_others_are_kept(capsys, service):
    lose(service, 750002)
    bundel(capsys, "probe", "--sandbox")
    service.asked.clear()
    assert bundel(capsys, "probe", "--sandbox", "--client", "BAKKER")[0] == 0
    assert {slug for slug, _, _ in service.asked} == {"vd-bakker"}
    assert len(state()) == 3
    assert {entry["client"]: entry["status"] for entry in state()} == {
        "bakker": "ok", "oneill": "error", "_office": "ok",
    }  # fmt: skip
    assert bundel(capsys, "probe", "--sandbox", "--client", "nergens")[0] == 2


@pytest.mark.usefixtures("service")
def test_a_client_that_is_gone_leaves_the_page(capsys):
    bundel(capsys, "probe", "--sandbox")
    save(Path("report_specs"), bundles.ONE)
    bundel(capsys, "probe", "--sandbox", "--client", "bakker")
    assert {entry["client"] for entry in state()} == {"bakker", "_office"}


def test_no_sandbox_is_one_problem(capsys, service, monkeypatch):
    monkeypatch.setenv("BUNDEL_SANDBOX_URL", "http://127.0.0.1:9")
    code, out, err = bundel(capsys, "probe", "--sandbox")
    assert (code, out) == (1, "")
    assert err.count("B247") == 1
    assert not Path("output").exists()
    assert service.asked == []


def test_the_sandbox_is_on_this_computer(capsys, service, monkeypatch):
    monkeypatch.setenv("BUNDEL_SANDBOX_URL", "http://evil.example:80")
    code, _, err = bundel(capsys, "probe", "--sandbox")
    assert (code, "B204" in err, service.asked) == (2, True, [])


# ------------------------------------------------------------------------------------------------------------ sign-in


def test_who_has_no_password_is_told_so_and_nothing_is_asked(capsys, service):
    code, out, _ = bundel(capsys, "probe")
    assert code == 4
    assert out.count("B220 fout") == 3
    assert "BUNDEL_ODATA_PASSWORD__BAKKER" in out
    assert service.asked == []
    assert {entry["reachable"] for entry in state()} == {False}


def test_a_refused_sign_in_is_exit_4_and_one_request(capsys, service, monkeypatch):
    monkeypatch.setenv("BUNDEL_ODATA_PASSWORD", "another")
    code, databases, _ = probed(capsys)
    assert code == 4
    assert {(each["reachable"], each["signed_in"]) for each in databases.values()} == {(True, False)}
    assert len(service.asked) == 3


def test_data_problems_go_before_sign_in(capsys, service):
    service.bend = lambda slug, _what, _headers: (401, {}, b"") if slug == "vd-bakker" else None
    assert probed(capsys)[0] == 4
    lose(service, 750002)
    assert probed(capsys)[0] == 1


def test_two_codes_of_one_variable_stop_all(capsys, service, monkeypatch):
    tables = TWO.replace("oneill |", "a-b |").replace(
        "## Administraties", "| a_b | Weg | https://bridge-online.cloud/vd-weg/odata4 |\n\n## Administraties"
    )
    save(Path("report_specs"), tables + "| a_b | `790001` |\n")
    monkeypatch.setenv("BUNDEL_ODATA_USER", "ann@vandam.nl")
    monkeypatch.setenv("BUNDEL_ODATA_PASSWORD__A_B", SECRET)
    assert "B080" in bundel(capsys, "probe")[2]
    code, out, err = bundel(capsys, "probe", "--keep-going")  # the client that is left would read it
    assert (code, out, service.asked) == (1, "", [])
    assert "B221" in err
    assert SECRET not in err


def test_a_password_shows_nowhere(capsys, service, monkeypatch):
    monkeypatch.setenv("BUNDEL_ODATA_USER", "ann@vandam.nl")
    monkeypatch.setenv("BUNDEL_ODATA_PASSWORD", SECRET)
    service.password = SECRET
    basic = base64.b64encode(f"ann@vandam.nl:{SECRET}".encode()).decode()
    echo = f'{{"error": {{"message": "itgenoda219 {SECRET} {basic}"}}}}'.encode()
    answers = [
        None,
        (401, {"WWW-Authenticate": f'Basic realm="{SECRET}"'}, echo),
        (500, {"X": SECRET}, echo),
        (302, {"Location": f"https://ann:{SECRET}@evil.example/{SECRET}?{basic}"}, echo),
        (200, {}, f"<html>{SECRET}{basic}</html>".encode()),
        (200, {}, f'<?xml version="1.0"?><{SECRET}/>'.encode()),
        (429, {"Retry-After": SECRET}, echo),
    ]
    said = ""
    for answer in answers:
        service.bend = lambda *_, answer=answer: answer
        for more in ((), ("--json",)) if answer else ((),):
            said += "".join(map(str, bundel(capsys, "probe", "--sandbox", "--verbose", "--client", "bakker", *more)))
            said += Path("output/probe.html").read_text("utf-8")
    assert {sign.split()[1] for sign in service.signs} == {basic}
    assert "itgenoda219" in said
    assert not [word for word in (SECRET, basic) if word in said]


def test_a_real_database_gets_no_password_of_the_sandbox_and_shows_none(capsys, service, monkeypatch):
    port = service.base.rpartition(":")[2]
    monkeypatch.setenv("BUNDEL_ODATA_USER", "ann@vandam.nl")
    monkeypatch.setenv("BUNDEL_ODATA_PASSWORD", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    save(Path("report_specs"), bundles.ONE.replace("bridge-online.cloud", f"127.0.0.1:{port}"))
    code, out, err = bundel(capsys, "probe", "--verbose")
    assert code == 1
    assert out.count("B225 fout") == 2  # no TLS, so nothing was sent
    assert service.signs == []
    assert SECRET not in out + err


def test_a_wrong_workbook_stops_all_unless_asked_to_go_on(capsys, service):
    slip = TWO + "\n## Meetwaarden\n| Klant | Naam | DAX |\n| oneill | X | [Neto-omzet] |\n"
    save(Path("report_specs"), slip)
    code, _, err = bundel(capsys, "probe", "--sandbox")
    assert (code, service.asked) == (1, [])
    assert "B043" in err
    code, databases, document = probed(capsys, "--keep-going", "--client", "bakker")
    assert (code, set(databases)) == (0, {"bakker"})
    code, databases, document = probed(capsys, "--keep-going")
    assert code == 5
    assert "oneill" not in databases
    assert document["errors"] == 1


# --------------------------------------------------------------------------------------------------------------- page


def test_the_page_escapes_what_a_server_or_workbook_says(capsys, service):
    hostile = "</script><img src=x onerror=alert(1)>\x1b[31m\u2028"
    tables = service.databases["vd-bakker"].columns
    tables["ExactOnlineREST.Financial.GLAccounts@eol"]["Code"] = hostile.replace("<", "&lt;").replace("\x1b", "&#9;")
    code, out, _ = bundel(capsys, "probe", "--sandbox")
    assert code == 1
    assert "\x1b" not in out
    page = Path("output/probe.html").read_text("utf-8")
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "&lt;img" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\u2028]", page)
    assert next(entry for entry in state() if entry["client"] == "bakker")["status"] == "error"


@pytest.mark.usefixtures("service")
def test_the_page_fetches_nothing(capsys):
    bundel(capsys, "probe", "--sandbox")
    page = Path("output/probe.html").read_text("utf-8")
    assert not re.search(r"""(?:src|href|action)\s*=|url\(|@import""", page)
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda text: text[:3000],
        lambda text: text.replace('"databases": [', '"databases": {'),
        lambda text: text.replace('"status": "ok"', '"status": "<b>"'),
        lambda text: text.replace('"client": "bakker"', '"client": 5'),
        lambda text: text.replace('"tables": [', '"tables": [[], '),
        lambda text: re.sub(r'id="bundel-probe">.*?</script>', 'id="bundel-probe">' + "[" * 99999 + "</script>", text),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_damaged_page_is_written_anew(capsys, damage):
    bundel(capsys, "probe", "--sandbox")
    page = Path("output/probe.html")
    page.write_text(damage(page.read_text("utf-8")), "utf-8")
    assert bundel(capsys, "probe", "--sandbox", "--client", "bakker")[0] == 0
    assert "bakker" in {entry["client"] for entry in state()}


@pytest.mark.usefixtures("service")
def test_a_link_in_the_way_is_not_followed(capsys, tmp_path):
    other = tmp_path / "elders.html"
    other.write_text("van mij")
    (tmp_path / "output").mkdir()
    try:
        (tmp_path / "output/probe.html").symlink_to(other)
    except OSError:
        pytest.skip("no right to make links here")
    code, _, err = bundel(capsys, "probe", "--sandbox")
    assert (code, "B105" in err, other.read_text()) == (1, True, "van mij")


@pytest.mark.usefixtures("service")
def test_what_is_real_and_what_is_made_up_stand_apart(capsys):
    bundel(capsys, "probe", "--sandbox")
    bundel(capsys, "probe")  # no password
    assert len(state()) == 6
    page = Path("output/probe.html").read_text("utf-8")
    assert page.index("B220") < page.index("Zandbak")


def test_the_overview_of_previews_tells_a_leak_and_no_made_up_database(capsys, service):
    leak(service, 710001)
    bundel(capsys, "probe", "--sandbox")
    assert overview._probed(Path("output")) == {}  # noqa: SLF001  the overview itself needs libraries to draw with
    entries = [entry | {"sandbox": False} for entry in state()]
    found.write(Path("output"), entries, "nl")
    known = overview._probed(Path("output"))  # noqa: SLF001
    verdicts = {client: overview._verdict(each) for client, each in known.items()}  # noqa: SLF001
    assert verdicts["bakker"] == ("good", "")
    assert verdicts["oneill"][0] == "bad"
    assert "lek" in verdicts["oneill"][1]
    assert "710001" not in verdicts["oneill"][1]


@pytest.mark.usefixtures("service")
def test_generate_leaves_the_page_alone(capsys):
    bundel(capsys, "probe", "--sandbox")
    before = Path("output/probe.html").read_bytes()
    assert bundel(capsys, "generate", "-q", "--client", "bakker")[0] == 0
    assert Path("output/probe.html").read_bytes() == before
    assert bundel(capsys, "doctor", "--verify")[0] == 0


# -------------------------------------------------------------------------------------------------------------- login

STORE = '''
"""A key store in a file beside this module."""
import json, pathlib
from keyring.backend import KeyringBackend
PATH = pathlib.Path(__file__).with_name("store.json")
class Keyring(KeyringBackend):
    priority = 9
    def _kept(self):
        return json.loads(PATH.read_text()) if PATH.exists() else {}
    def get_password(self, service, username):
        return self._kept().get(f"{service}/{username}")
    def set_password(self, service, username, password):
        PATH.write_text(json.dumps({**self._kept(), f"{service}/{username}": password}))
'''


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal to type on")
@pytest.mark.usefixtures("service")
def test_a_password_typed_on_a_terminal_is_kept_unseen(tmp_path):
    (tmp_path / "filestore.py").write_text(STORE)
    script = textwrap.dedent(f"""
        import os, pty, sys, time
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.executable, [sys.executable, "-m", "generator", "doctor", "--login", "ONEILL"])
        said = b""
        for answer in (b"ann@vandam.nl\\n", b"{SECRET}\\n", None):
            while not said.rstrip().endswith(b":") or answer is None:
                try:
                    piece = os.read(terminal, 1000)
                except OSError:
                    piece = b""
                if not piece:
                    break
                said += piece
            if answer:
                time.sleep(0.05)  # the echo is off by then
                os.write(terminal, answer)
                said += b" "
        sys.stdout.buffer.write(said)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    environ = {**os.environ, "PYTHON_KEYRING_BACKEND": "filestore.Keyring", "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout
    assert "Bewaard in de key store: ann@vandam.nl" in ran.stdout.decode()
    assert SECRET not in ran.stdout.decode()
    stored = json.loads((tmp_path / "store.json").read_text())
    assert stored == {"bundel bridge-online.cloud/oneill": json.dumps({"user": "ann@vandam.nl", "password": SECRET})}


@pytest.mark.usefixtures("service")
def test_without_a_terminal_no_password_is_asked(capsys, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "filestore.py").write_text(STORE)
    import filestore  # noqa: PLC0415  written just now

    keyring.set_keyring(filestore.Keyring())
    code, out, err = bundel(capsys, "doctor", "--login")
    assert (code, out) == (2, "")
    assert "BUNDEL_ODATA_PASSWORD" in err
    assert bundel(capsys, "doctor", "--login", "nergens")[0] == 2
    assert not (tmp_path / "store.json").exists()


@pytest.mark.usefixtures("service")
def test_without_a_key_store_login_says_what_to_do(capsys):
    code, out, err = bundel(capsys, "doctor", "--login")
    assert (code, out) == (4, "")
    assert "B223" in err
    assert 'pip install ".[publish]"' in err


@pytest.mark.usefixtures("service")
def test_doctor_tells_which_databases_have_no_password(capsys, monkeypatch):
    monkeypatch.setenv("BUNDEL_ODATA_USER", "ann@vandam.nl")
    monkeypatch.setenv("BUNDEL_ODATA_PASSWORD__BAKKER", SECRET)
    code, out, err = bundel(capsys, "doctor")
    assert (code, err) == (0, "")
    assert re.search(r"^aanmelden +let op +1 / 3 databases$", out, re.MULTILINE)
    assert "B249 let op: voor 2 van 3 databases is nog geen wachtwoord: oneill, _office." in out
    assert SECRET not in out
