"""A second platform of Invantive Cloud: the same judges over a bundle of its templates, beside one of Exact Online."""

import re

import openpyxl
import pytest
from conftest import Office, generate
from judges import dax, fields, ledger_run, lint, power_query, report, sandbox, sandbox_run, tom

CODES = (810001, 810002)
SHEETS = {
    "Kantoor": [("Naam", "Geconsolideerde URL"), ("Platforms", "https://bridge-online.cloud/p-kantoor/odata4")],
    "Klanten": [
        ("Code", "Naam", "URL", "Taal", "Jaren historie"),
        ("bakker", "Bakkerij", "https://bridge-online.cloud/p-bakker/odata4", "nl", 1),
        ("noors", "Noors", "https://bridge-online.cloud/p-noors/odata4", "nl", 1),
        ("engels", "Engels", "https://bridge-online.cloud/p-engels/odata4", "en", 2),
    ],
    "Administraties": [
        ("Klant", "Code"), ("bakker", 710001), *(("noors", code) for code in CODES), ("engels", 820001)
    ],
    "Rapporten": [("Klant", "Rapport"), ("noors", "visma_resultaat"), ("engels", "visma_resultaat")],
    "Toegang": [("Klant", "E-mail", "Rol", "Administraties"), ("noors", "een@voorbeeld.nl", "Viewer", CODES[0])],
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("platforms")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in SHEETS.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "platforms.xlsx")
    done = generate(folder / "output", specs=folder / "platforms.xlsx")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Office(folder / "output", folder / "platforms.xlsx")


@pytest.fixture(scope="module")
def second(office):
    found = [one for one in office.reports if one.name == "visma_resultaat"]
    assert {one.client for one in found} == {"noors", "engels"}
    return found


def test_models_load_and_are_sound(office, second):
    models = {str(one): office.models[str(one)] for one in second}
    assert tom.judge_models([one.pbit for one in second]) == []
    assert lint.judge_models(models) == []
    assert dax.judge_formulas(models) == []
    pages = {label: (models[label], office.pages[label]) for label in models}
    assert fields.judge_fields(pages) == []
    assert fields.judge_unused(pages) == []


def test_both_validators_are_silent(second):
    assert report.judge_reports([path for one in second for path in (one.report_folder, one.pbit)]) == []
    assert report.judge_microsoft([one.report_folder for one in second]) == []


def test_queries_parse_and_read_through_the_parameter(office, second):
    assert power_query.judge_reports(second) == []
    for one in second:
        assert power_query.judge_sources([one.section, *one.queries], office.url(one.client)) == []
        named = set(re.findall(r'Name = "([^"]+)@', one.section.read_text(encoding="utf-8")))
        assert named
        assert all(name.startswith("VismaNet.") for name in named)


def test_every_query_runs_and_its_types_are_those_of_the_model(office, second):
    with sandbox.running(office.specs) as running:
        runs = [sandbox_run.run(office, one, running) for one in second]
    for run in runs:
        assert {name: answer["error"] for name, answer in run.answers.items() if "error" in answer} == {}
        assert list(ledger_run.columns(run)) == []
        rows = run.answers["Grootboekregels"]
        seen = {division for (division,) in ledger_run.rows_of(rows, ["Administratie"])}
        assert seen == set(office.divisions(run.client))
        received = ledger_run.rows_of(run.answers["Administratiecontrole"], ["Administratie", "Ontvangen"])
        assert set(received) == {(code, True) for code in office.divisions(run.client)}
        ((_, options),) = [one for one in run.asked("BronGrootboekregels") if "$filter" in one[1]]
        assert "tranDate ge" in options["$filter"]
        assert f"COMPANY_CODE eq '{office.divisions(run.client)[0]}'" in options["$filter"]


def test_a_foreign_company_makes_the_refresh_fail(office, second):
    one = next(each for each in second if each.client == "noors")
    with sandbox.running(office.specs, "--leak", "820001") as running:
        run = sandbox_run.run(office, one, running, ["BronAdministraties", "Administratiecontrole"])
    error = run.answers["Administratiecontrole"].get("error", "")
    assert "1" in error
    assert "820001" not in error
