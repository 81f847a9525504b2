"""``bundel diff``: the change of one bundle, as lines of M and DAX and as words about pages."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from bundles import ONE
from markdown import save

from generator.cli import main
from generator.diff.content import UnreadableError, content

OFFICE = (
    ONE.replace("\n## Adm", "| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |\n\n## Adm")
    + "| oneill | `750001` |\n"
    + """
## Rapporten
| Klant | Rapport | Titel | Pagina's |
| bakker | financieel | Cijfers | Samenvatting, Balans |

## Meetwaarden
| Klant | Naam | DAX | Opmaak |
| bakker | Dubbel | 2 * [Netto-omzet] | #,0 |
| bakker | Weg | 1 | |

## Visuals
| Klant | Rapport | Pagina | Soort | Titel | Waarden | Categorie |
| bakker | financieel | Eigen | lineChart | Verloop | Dubbel | Datum[JaarMaand] |
"""
)  # fmt: skip


@pytest.fixture
def bundel(tmp_path, capsys, monkeypatch):
    """A command on a workbook in this folder; returns its exit code and what it printed."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(command, tables, *arguments):
        (tmp_path / "specs").mkdir(exist_ok=True)
        save(tmp_path / "specs", tables)
        code = main([*command.split(), "--specs", str(tmp_path / "specs"), "--out", str(tmp_path / "out"),
                     "--lang", "nl", *arguments])  # fmt: skip
        return code, capsys.readouterr()

    return run


def changes(shown):
    document = json.loads(shown.out)
    return {(piece["what"], piece["name"]): piece for piece in document["changes"]}, document


def test_nothing_changes_after_generate(bundel):
    bundel("generate", OFFICE)
    code, shown = bundel("diff bakker", OFFICE)
    assert (code, shown.out) == (0, "bakker: geen wijzigingen.\n")
    assert changes(bundel("diff bakker", OFFICE, "--json")[1])[1]["status"] == "unchanged"


def test_m_and_dax_are_told_line_by_line(bundel):
    bundel("generate", OFFICE)
    other = OFFICE.replace("2 * [Netto-omzet]", "3 * [Netto-omzet]").replace("vd-bakker/", "vd-bakker2/")
    found, document = changes(bundel("diff bakker", other, "--json")[1])
    assert document["client"] == "bakker"
    assert found["measure", "Dubbel"]["diff"] == ["@@ -1 +1 @@", "-2 * [Netto-omzet]", "+3 * [Netto-omzet]"]
    lines = found["query", "P_INVANTIVE_URL"]["diff"]
    assert [line[0] for line in lines] == ["@", "-", "+"]
    assert "vd-bakker2/odata4" in lines[2]
    assert ("file", "setup.md") in found
    assert set(found) == {("measure", "Dubbel"), ("query", "P_INVANTIVE_URL"), ("file", "setup.md")}


def test_pages_and_visuals_are_told_in_words(bundel):
    bundel("generate", OFFICE)
    other = (
        OFFICE.replace("Samenvatting, Balans", "Samenvatting, Debiteuren").replace("| Verloop |", "| Het verloop |")
        .replace("| Cijfers |", "| Jaarcijfers |").replace("| #,0 |", "| 0.0 |").replace("| bakker | Weg | 1 | |\n", "")
    )  # fmt: skip
    found, _ = changes(bundel("diff bakker", other, "--json")[1])
    assert found["page", "Balans"] | {"changed": []} == found["page", "Balans"]
    assert (found["page", "Balans"]["kind"], found["page", "Balans"]["breaking"]) == ("remove", True)
    assert found["page", "Debiteuren"]["kind"] == "create"
    assert found["measure", "Weg"]["breaking"]
    assert found["measure", "Dubbel"]["changed"] == [{"what": "formatString", "from": "#,0", "to": "0.0"}]
    assert found["report", "financieel"]["changed"] == [{"what": "title", "from": "Cijfers", "to": "Jaarcijfers"}]
    titled = found["visual", "lineChart Het verloop"]
    assert (titled["kind"], titled["page"]) == ("create", "Eigen")  # its id follows from its title
    printed = bundel("diff bakker", other)[1].out
    assert "  - pagina Balans   let op: verdwijnt uit het rapport" in printed
    assert "      titel: Cijfers → Jaarcijfers" in printed
    assert "      getalopmaak: #,0 → 0.0" in printed
    assert printed.splitlines()[-1].endswith("Uitvoeren: bundel generate --client bakker")


def test_a_new_bundle_is_told_in_short(bundel, tmp_path):
    code, shown = bundel("diff bakker", OFFICE)
    assert code == 0
    assert "  + pagina Samenvatting" in shown.out
    assert len(shown.out.splitlines()) < 20
    assert not (tmp_path / "out").exists()


def test_nothing_of_another_client_is_shown(bundel):
    bundel("generate", OFFICE)
    other = OFFICE.replace("vd-oneill/", "vd-oneill9/").replace("vd-bakker/", "vd-bakker2/") + (
        "| oneill | financieel | Samenvating | cardVisual | | Netto-omzet | |\n"  # a warning of its own
    )
    for arguments in ((), ("--json",)):
        shown = bundel("diff bakker", other, *arguments)[1]
        for word in ("oneill", "O'Neill", "750001", "Samenvating"):
            assert word not in shown.out + shown.err
    assert "Samenvating" in bundel("diff oneill", other)[1].err


def test_a_file_changed_by_hand_is_told(bundel, tmp_path):
    bundel("generate", OFFICE)
    (tmp_path / "out" / "bakker" / "setup.md").write_text("van mij\n", "utf-8")
    _, shown = bundel("diff bakker", OFFICE)
    assert "setup.md" in shown.err
    assert "-van mij" in shown.out
    assert changes(bundel("diff bakker", OFFICE, "--json")[1])[1]["edited"] == ["setup.md"]


def test_a_template_that_can_not_be_read_is_told(bundel, tmp_path):
    bundel("generate", OFFICE)
    (tmp_path / "out" / "bakker" / "bakker-financieel.pbit").write_bytes(b"PK\x03\x04 en verder niets")
    code, shown = bundel("diff bakker", OFFICE, "--json")
    assert code == 0
    assert "B147" in [problem["code"] for problem in json.loads(shown.out)["problems"]]


def test_a_client_that_is_gone_and_one_that_never_was(bundel):
    bundel("generate", OFFICE)
    gone = "\n".join(line for line in OFFICE.splitlines() if "oneill" not in line)
    found, document = changes(bundel("diff ONEILL", gone, "--json")[1])
    assert (document["client"], document["status"]) == ("oneill", "removed")
    assert found["report", "financieel"]["breaking"]
    assert bundel("diff nooit", gone)[0] == 2


def test_errors_of_others_stop_unless_asked_to_go_on(bundel):
    bundel("generate", OFFICE)
    broken = OFFICE.replace("vd-oneill/odata4", "vd-oneill/odata4?x=1").replace("2 * ", "4 * ")
    assert bundel("diff bakker", broken)[0] == 1
    code, shown = bundel("diff bakker --keep-going", broken)
    assert code == 0
    assert "+4 * [Netto-omzet]" in shown.out
    assert "oneill" not in shown.out + shown.err


def test_hostile_text_does_nothing_to_a_terminal(bundel):
    bundel("generate", OFFICE)
    other = OFFICE.replace("2 * [Netto-omzet]", 'IF ( TRUE (), "\x9b31m\u202eom", "" )')
    _, shown = bundel("diff bakker", other)
    assert "\x9b" not in shown.out
    assert "\u202e" not in shown.out


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100])
def test_what_is_no_template_can_not_be_read(data):
    with pytest.raises(UnreadableError):
        content(data)


@pytest.mark.parametrize(
    "model", [b"", b"[]", b"{}", b'{"model": 1}', b'{"model": {"tables": [1]}}', b"[" * 100_000], ids=range(6)
)
def test_a_model_of_another_shape_can_not_be_read(model):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("DataModelSchema", model.decode().encode("utf-16-le"))
        package.writestr("Report/definition/report.json", "{}")
    with pytest.raises(UnreadableError):
        content(packed.getvalue())
