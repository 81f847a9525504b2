"""What ``plan`` says: in words and files, without writing anything."""

from __future__ import annotations

import json

import pytest
from markdown import save

from generator.cli import main

OFFICE = """
## Kantoor
| Naam |
| Van Dam |
## Klanten
| Code | Naam | URL |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 |
| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |
## Administraties
| Klant | Code |
| bakker | `710001` |
| oneill | `750001` |
## Meetwaarden
| Klant | Naam | DAX |
| oneill | Dubbel | 2 * [Netto-omzet] |
## Rapporten
| Klant | Rapport | Pagina's |
| oneill | financieel | Samenvatting, Balans |
"""


@pytest.fixture
def bundel(tmp_path, capsys):
    """A command on a workbook in this folder; returns its exit code and what it printed."""

    def run(command, tables, *arguments):
        (tmp_path / "specs").mkdir(exist_ok=True)
        save(tmp_path / "specs", tables)
        places = ["--specs", str(tmp_path / "specs"), "--out", str(tmp_path / "out")]
        code = main([command, *places, "--lang", "nl", *arguments])
        return code, capsys.readouterr().out

    return run


def changes(printed):
    return {(step["client"], step["kind"], step["what"], step["name"]): step for step in json.loads(printed)["changes"]}


def words(printed):
    return {key for key in changes(printed) if key[2] != "file"}


def test_a_first_plan_makes_everything_and_writes_nothing(bundel, tmp_path):
    code, printed = bundel("plan", OFFICE, "--check", "--json")
    assert code == 3
    assert words(printed) == {
        ("bakker", "create", "report", "financieel"),
        ("oneill", "create", "report", "financieel"),
    }
    assert not (tmp_path / "out").exists()


def test_nothing_waits_after_generate(bundel):
    bundel("generate", OFFICE)
    assert bundel("plan", OFFICE, "--check")[0] == 0
    assert json.loads(bundel("plan", OFFICE, "--json")[1])["changes"] == []


def test_a_changed_url_is_one_word_at_one_client(bundel):
    bundel("generate", OFFICE)
    code, printed = bundel("plan", OFFICE.replace("vd-bakker", "vd-bakker2"), "--json")
    found = changes(printed)
    assert code == 0
    assert {key[0] for key in found} == {"bakker"}
    assert words(printed) == {("bakker", "change", "url", "url")}
    step = found["bakker", "change", "url", "url"]
    assert (step["from"], step["to"]) == (
        "https://bridge-online.cloud/vd-bakker/odata4",
        "https://bridge-online.cloud/vd-bakker2/odata4",
    )


def test_what_a_reader_would_miss_is_marked(bundel):
    bundel("generate", OFFICE)
    fewer = OFFICE.replace("Samenvatting, Balans", "Samenvatting").replace("| Dubbel | 2", "| Driedubbel | 3")
    found = changes(bundel("plan", fewer, "--json")[1])
    assert found["oneill", "remove", "page", "Balans"]["breaking"]
    assert found["oneill", "remove", "measure", "Dubbel"]["breaking"]
    assert not found["oneill", "create", "measure", "Driedubbel"]["breaking"]


def test_a_client_that_is_gone_is_in_the_plan(bundel):
    bundel("generate", OFFICE)
    gone = "\n".join(line for line in OFFICE.splitlines() if "oneill" not in line)
    found = changes(bundel("plan", gone, "--json")[1])
    assert found["oneill", "remove", "report", "financieel"]["breaking"]
    assert ("oneill", "remove", "division", "750001") in found


def test_a_new_division_is_a_word(bundel):
    bundel("generate", OFFICE)
    more = OFFICE.replace("| bakker | `710001` |", "| bakker | `710001` |\n| bakker | `710002` |")
    assert ("bakker", "create", "division", "710002") in changes(bundel("plan", more, "--json")[1])


def test_the_text_names_clients_and_ends_with_the_next_step(bundel):
    bundel("generate", OFFICE)
    code, printed = bundel("plan", OFFICE.replace("vd-bakker", "vd-bakker2"))
    lines = printed.splitlines()
    assert code == 0
    assert lines[0].startswith("bakker  ~ URL")
    assert lines[-2:] == ["1 klant gelijk.", "Plan: 1 gewijzigd, 0 nieuw, 0 weg. Uitvoeren: bundel generate"]


def test_errors_stop_a_plan(bundel):
    assert bundel("plan", OFFICE.replace("[Netto-omzet]", "[Netto omzet]"))[0] == 1


def test_a_file_changed_by_hand_is_in_the_plan(bundel, tmp_path):
    bundel("generate", OFFICE)
    (tmp_path / "out" / "bakker" / "setup.md").write_text("van mij\n", "utf-8")
    document = json.loads(bundel("plan", OFFICE.replace("vd-bakker", "vd-bakker2"), "--json")[1])
    assert [(each["code"], each["client"]) for each in document["problems"]] == [("B107", "bakker")]
    assert document["unchanged"] == 1
    assert (tmp_path / "out" / "bakker" / "setup.md").read_text("utf-8") == "van mij\n"


def test_names_do_nothing_to_a_terminal(bundel):
    bundel("generate", OFFICE)
    renamed = OFFICE.replace("| oneill | Dubbel |", "| oneill | Dub\u202ebel\x9b31m |")
    printed = bundel("plan", renamed)[1]
    assert "meetwaarde" in printed
    assert not {"\u202e", "\x9b"} & set(printed)


def test_a_plan_for_one_client_says_nothing_of_another(bundel):
    bundel("generate", OFFICE)
    odd = f"{OFFICE}\n## Visuals\n| Klant | Rapport | Pagina | Soort | Waarden |\n"
    odd += "| oneill | financieel | Balanz | cardVisual | Netto-omzet |\n"  # a warning of its own
    for arguments in (("--json",), ()):
        printed = bundel("plan", odd, "--client", "bakker", *arguments)[1]
        assert not [word for word in ("oneill", "Balanz") if word in printed]
