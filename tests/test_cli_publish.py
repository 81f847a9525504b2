"""``bundel publish``, ``rebind``, ``status`` and ``retire`` as a user meets them, on a service that is made up."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from clocks import Still
from markdown import save
from power_bi import Fault, PowerBI

from generator import cli, web
from generator.cli import options

TOKEN, PASSWORD = "token", 'planted-Pa55"word-\\é'
ADDRESS = "http://127.0.0.1:8099"
SHEETS = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 |

## Rapporten
| Klant | Rapport | Pagina's |
| * | financieel | Samenvatting |
| _office | kantoor | Kwaliteit |
"""


def office(clients, moved=()):
    """Return the workbook of an office; the URLs of some clients have changed."""
    rows = [
        f"| k{number:02} | Klant {number} | https://bridge-online.cloud/{slug(number, moved)}/odata4 | 07:00 |"
        for number in range(1, clients + 1)
    ]
    divisions = [f"| k{number:02} | `{710000 + number}` |" for number in range(1, clients + 1)]
    return "\n".join(
        [
            SHEETS,
            "## Klanten\n| Code | Naam | URL | Verversen |",
            *rows,
            "\n## Administraties\n| Klant | Code |",
            *divisions,
            "\n## Toegang\n| Klant | E-mail | Rol |\n| k01 | een@klant.example | Viewer |",
        ]
    )


def slug(number, moved):
    return f"db{number}{'-nieuw' if number in moved else ''}"


@pytest.fixture(autouse=True)
def service(tmp_path, monkeypatch):
    """Return the service; whatever httpx sends arrives there, and a clock runs only while someone waits."""
    power_bi = PowerBI()
    power_bi.region = ADDRESS
    answer = httpx.MockTransport(power_bi).handle_request
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: answer(request))
    monkeypatch.setattr(web, "SystemClock", Still)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report_specs").mkdir()
    for name in [name for name in os.environ if name.startswith(("BUNDEL_", "AZURE_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "BUNDEL_FABRIC_URL": ADDRESS,
        "BUNDEL_POWERBI_URL": ADDRESS,
        "BUNDEL_TOKEN": TOKEN,
        "BUNDEL_ODATA_USER": "ann@kantoor.example",
        "BUNDEL_ODATA_PASSWORD": PASSWORD,
        "BUNDEL_CALLS_PER_MINUTE": "90000",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(options, "_spoken", type(options._spoken)("language", default=""))  # noqa: SLF001
    monkeypatch.setattr(options, "_current", type(options._current)("settings", default=None))  # noqa: SLF001
    return power_bi


def workbook(*arguments, **options):
    return save(Path("report_specs"), office(*arguments, **options))


def bundel(capsys, *arguments):
    """Run a command in this process, one client at a time; return its exit code and what it printed."""
    capsys.readouterr()
    code = cli.main([*arguments, "--jobs", "1"])
    return code, *capsys.readouterr()


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return an output folder with the bundles of an office of two clients, made once."""
    folder = tmp_path_factory.mktemp("made")
    specs = str(save(folder, office(2)))
    assert cli.main(["generate", "--quiet", "--specs", specs, "--out", str(folder / "output")]) == 0
    return folder / "output"


@pytest.fixture
def ready(made, tmp_path):
    """Lay those bundles where the command looks for them."""
    workbook(2)
    shutil.copytree(made, tmp_path / "output")


def workspaces(service):
    """Return the names of the workspaces whose models, reports, people or schedules were asked for or changed."""
    ids = {part for _, path in service.log for part in path.split("/") if part in service.workspaces}
    return sorted(service.workspaces[key]["displayName"] for key in ids)


def reports(service):
    """Return the reports as they are."""
    return {key: {**each, "lag": 0} for key, each in service.items.items() if each["type"] == "Report"}


def test_the_whole_story(capsys, service):
    workbook(20)
    assert bundel(capsys, "generate", "--quiet") == (0, "", "")
    code, out, err = bundel(capsys, "publish", "--yes")
    assert (code, err) == (0, "")
    assert "Plan" not in out  # there was nobody to ask
    assert "21 klanten klaar, 0 niet. Nakijken: bundel status" in out
    assert len(service.workspaces) == 21
    assert service.twice() == {}
    assert {each["displayName"] for each in service.items.values()} == {"Financieel", "Kantoor"}

    workbook(20, moved=(3, 7, 11))
    code, out, _ = bundel(capsys, "plan")
    assert len(re.findall(r"(?m)^k\d\d .*→", out)) == 3
    assert "Plan: 3 gewijzigd, 0 nieuw, 0 weg." in out
    assert bundel(capsys, "generate", "--quiet") == (0, "", "")

    before = reports(service)
    service.log.clear()
    code, out, err = bundel(capsys, "rebind", "--yes")
    assert (code, err) == (0, "")
    assert workspaces(service) == ["Klant 11 (k11)", "Klant 3 (k03)", "Klant 7 (k07)"]
    assert reports(service) == before
    urls = sorted(each["parameters"]["P_INVANTIVE_URL"] for each in service.items.values() if "parameters" in each)
    assert [url for url in urls if "nieuw" in url] == [
        f"https://bridge-online.cloud/db{number}-nieuw/odata4" for number in (11, 3, 7)
    ]
    assert sorted(each["url"] for each in service.connections.values()) == urls

    code, out, err = bundel(capsys, "status")
    assert code == 0
    assert "wijkt af" not in re.sub(r"(?m)^_office.*$", "", out)
    service.log.clear()
    code, out, err = bundel(capsys, "publish")
    assert (code, out) == (0, "21 klanten gelijk.\nEr is niets te publiceren.\n")
    assert len(service.log) <= 4 * 21 + len(service.workspaces)  # and the list of workspaces, two a page here


@pytest.mark.usefixtures("ready")
def test_a_plan_comes_first_and_a_dry_run_is_only_that(capsys, service):
    code, out, err = bundel(capsys, "publish", "--dry-run")
    assert (code, err) == (0, "")
    assert "+ werkruimte Klant 1 (k01)" in out
    assert "+ model financieel" in out
    assert "schema 07:00" in out
    assert {operation.split()[0] for operation, _ in service.log} == {"GET"}
    assert not list(Path("output").rglob("published.json"))


@pytest.mark.usefixtures("ready")
def test_nothing_is_published_without_a_yes(capsys, service):
    code, _, err = bundel(capsys, "publish")
    assert code == 2
    assert "B347" in err
    assert service.workspaces == {}


@pytest.mark.parametrize(("answer", "number"), [("n\n", 0), ("\n", 0), ("j\n", 3)])
@pytest.mark.usefixtures("ready")
def test_a_question_is_asked_at_a_terminal(capsys, service, monkeypatch, answer, number):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(answer.encode())))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("generator.cli.online.asks", lambda _: True)
    code, _, err = bundel(capsys, "publish")
    assert code == 0
    assert re.search(r"Plan: 3 klanten, 6 onderdelen, ±\d+ aanroepen. Doorgaan\? \[j/N\]", err)
    assert len(service.workspaces) == number


@pytest.mark.usefixtures("ready")
def test_bundles_that_are_not_made_or_not_current_are_not_published(capsys, service):
    workbook(2, moved=(1,))
    code, _, err = bundel(capsys, "publish", "--yes")
    assert code == 1
    assert "B319" in err
    assert "k01" in err
    assert service.workspaces == {}
    code, _, err = bundel(capsys, "publish", "--yes", "--keep-going")
    assert code == 5
    assert sorted(each["displayName"] for each in service.workspaces.values()) == ["Klant 2 (k02)", "Van Dam kantoor"]


@pytest.mark.usefixtures("ready")
def test_a_file_that_was_changed_by_hand_is_not_published(capsys, service):
    next(Path("output/k01").rglob("expressions.tmdl")).write_text("x", encoding="utf-8")
    code, _, err = bundel(capsys, "publish", "--yes")
    assert code == 5
    assert "B323" in err
    assert "Klant 1 (k01)" not in {each["displayName"] for each in service.workspaces.values()}


@pytest.mark.usefixtures("ready")
def test_one_client_that_fails_keeps_nobody_else_from_it(capsys, service):
    service.passwords = {"https://bridge-online.cloud/db1/odata4": ("ann@kantoor.example", "other")}
    code, out, err = bundel(capsys, "publish", "--yes")
    assert code == 5
    assert "2 klanten klaar, 1 niet. Opnieuw: bundel publish --client k01" in out
    assert re.search(r"^k01$", err, re.MULTILINE)
    service.passwords = {}
    code, out, _ = bundel(capsys, "publish", "--yes", "--client", "k01")
    assert code == 0
    assert service.twice() == {}


@pytest.mark.usefixtures("ready")
def test_who_is_not_signed_in_hears_so_once(capsys, monkeypatch):
    monkeypatch.setenv("BUNDEL_TOKEN", "lapsed")
    code, _, err = bundel(capsys, "publish", "--yes")
    assert code == 4
    assert err.count("B302") == 1
    monkeypatch.delenv("BUNDEL_TOKEN")
    monkeypatch.setenv("BUNDEL_SIGN_IN", "telepathy")
    code, _, err = bundel(capsys, "publish", "--yes")
    assert (code, "B311" in err) == (4, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BUNDEL_FABRIC_URL", "https://evil.example"),
        ("BUNDEL_FABRIC_URL", "http://api.fabric.microsoft.com"),
        ("BUNDEL_POWERBI_URL", "http://10.0.0.1:80"),
        ("BUNDEL_CALLS_PER_MINUTE", "0"),
        ("BUNDEL_CALLS_PER_MINUTE", "many"),
        ("BUNDEL_CREDENTIALS", "none"),
    ],
)
@pytest.mark.usefixtures("ready")
def test_a_setting_that_cannot_be_is_refused(capsys, service, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    code, _, err = bundel(capsys, "publish", "--yes")
    assert code == 2
    assert "B318" in err or "B314" in err
    assert service.log == []


@pytest.mark.usefixtures("ready")
def test_json_is_as_the_contract_says(capsys):
    code, out, err = bundel(capsys, "publish", "--yes", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert (document["errors"], document["warnings"], document["problems"]) == (0, 0, [])
    assert [item["client"] for item in document["items"]] == ["_office", "k01", "k02"]
    item = document["items"][1]
    assert set(item) == {"client", "report", "workspace", "model_id", "report_id", "status", "url", "steps"}
    assert item["workspace"] == "Klant 1 (k01)"
    assert item["status"] == "created"
    assert [step["name"] for step in item["steps"]] == [
        *("workspace", "model", "report", "credentials", "refresh", "schedule", "access")
    ]
    assert {step["status"] for step in item["steps"]} == {"done"}
    for command in ("status", "rebind", "publish"):
        document = json.loads(bundel(capsys, command, "--json")[1])
        assert {item["model_id"] for item in document["items"]} >= {item["model_id"]}, command
        schema = json.loads(files("generator").joinpath("schemas/items.json").read_text("utf-8"))
        described = schema["properties"]["items"]["items"]
        assert schema["properties"].keys() == document.keys()
        assert set(described["required"]) == described["properties"].keys() == item.keys()
        assert {each["status"] for each in document["items"]} <= set(described["properties"]["status"]["enum"])


def test_a_bundle_that_is_bound_to_the_sandbox_is_not_published(capsys, service):
    workbook(1)
    assert bundel(capsys, "generate", "--sandbox", "--quiet")[0] == 0
    assert Path("output/_sandbox/k01/manifest.json").is_file()
    code, _, err = bundel(capsys, "publish", "--yes", "--out", "output/_sandbox")
    assert code == 1
    assert err.count("B319") == 2
    assert service.items == {}


@pytest.mark.usefixtures("ready")
def test_nothing_secret_is_said_or_kept(capsys, service):
    service.passwords = {"https://bridge-online.cloud/db1/odata4": ("ann@kantoor.example", "other")}
    said = "".join(map(str, bundel(capsys, "publish", "--yes", "--verbose")))
    assert "is wrong" in said  # what the service says of the password it was given
    said += "".join(map(str, bundel(capsys, "status", "--verbose", "--json")))
    kept = "".join(path.read_text("utf-8") for path in Path("output").rglob("published.json"))
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], f"Bearer {TOKEN}", "planted-"):
        assert secret not in said + kept
    assert "POST 127.0.0.1/v1/connections 400" in said


@pytest.mark.usefixtures("ready")
def test_status_tells_what_differs(capsys, service):
    bundel(capsys, "publish", "--yes")
    model = next(
        each
        for each in service.items.values()
        if each.get("parameters", {}).get("P_INVANTIVE_URL", "").endswith("db1/odata4")
    )
    model["parameters"]["P_INVANTIVE_URL"] = "https://bridge-online.cloud/elders/odata4"
    model["schedule"]["enabled"] = False
    model["refreshes"].insert(
        0, {"id": "x", "left": 0, "error": "ModelRefreshFailed_CredentialsNotSpecified", "url": ""}
    )
    service.workspaces[model["workspace"]]["users"]["vreemd@elders.example"] = "Viewer"
    code, out, err = bundel(capsys, "status", "--client", "k01")
    assert code == 0
    assert "wijkt af" in out
    assert set(re.findall(r"B\d{3}", err)) == {"B338", "B341", "B330", "B344"}
    assert "de aanmelding ontbreekt" in err
    code, out, err = bundel(capsys, "status", "--lang", "en", "--client", "k02")
    assert "same" in out
    assert err == ""


@pytest.mark.usefixtures("ready")
def test_a_definition_that_was_edited_in_the_service_is_seen(capsys, service):
    bundel(capsys, "publish", "--yes")
    assert "B346" not in bundel(capsys, "status", "--definitions")[2]
    next(each for each in service.items.values() if each["type"] == "Report")["parts"]["definition/report.json"] = "{}"
    assert "B346" in bundel(capsys, "status", "--definitions")[2]


@pytest.mark.usefixtures("ready")
def test_retire_names_what_to_revoke_and_takes_down(capsys, service):
    bundel(capsys, "publish", "--yes")
    code, out, err = bundel(capsys, "retire", "k01")
    assert (code, "B347" in err) == (2, True)
    assert "https://bridge-online.cloud/db1/odata4" in out
    assert "een@klant.example" in out
    assert len(service.items) == 6
    code, out, _ = bundel(capsys, "retire", "K01", "--yes")
    assert code == 0
    assert len(service.items) == 4
    assert "k01" not in " ".join(each["name"] for each in service.connections.values())
    assert not Path("output/k01").exists()
    assert bundel(capsys, "retire", "nobody", "--yes")[0] == 2


@pytest.mark.usefixtures("ready")
def test_a_client_that_left_the_workbook_is_still_named(capsys):
    bundel(capsys, "publish", "--yes")
    workbook(1)
    assert "B348" in bundel(capsys, "status")[2]
    assert bundel(capsys, "retire", "k02", "--yes")[0] == 0


@pytest.mark.usefixtures("ready")
def test_a_run_that_is_stopped_says_so(capsys, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(PowerBI, "make_item", stop)
    assert bundel(capsys, "publish", "--yes")[0] == 130


@pytest.mark.usefixtures("ready")
def test_a_failing_service_is_told_in_one_line_a_client(capsys, service):
    service.faults = [Fault("GET workspaces", "503 html", 0, 99)]
    code, _, err = bundel(capsys, "publish", "--yes")
    assert code == 1
    assert "B306" in err
    assert "Traceback" not in err
