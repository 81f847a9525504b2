"""Models: Microsoft's object model, our lint (MODEL.md, ruling 20), DAX, and the fields that pages name."""

import json

import pytest
from judges import dax, fields, lint, tom
from judges.places import ROOT
from judges.workbook import office_of

from generator.pack.tmdl import tmdl


def test_tom_loads_and_round_trips_every_model(office):
    paths = [path for report in office.reports for path in (report.pbit, report.model_folder)]
    assert paths
    assert tom.judge_models(paths) == []


def test_project_and_template_hold_the_same_model(office):
    assert tom.judge_same([(report.pbit, report.model_folder) for report in office.reports]) == []


def test_what_desktop_adds_to_a_model_is_the_same_in_tmdl(tmp_path):
    """All that our TMDL knows; the users' tests hold it against the files that TOM wrote for this model."""
    recorded = ROOT / "tests" / "golden" / "desktop" / "model.bim"
    for path, data in tmdl(json.loads(recorded.read_text(encoding="utf-8"))).items():
        target = tmp_path / "X.SemanticModel" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    assert tom.judge_models([recorded, tmp_path / "X.SemanticModel"]) == []
    assert tom.judge_same([(recorded, tmp_path / "X.SemanticModel")]) == []


def test_lint_of_every_model(office):
    assert lint.judge_models(office.models) == []


def test_every_formula_parses_and_resolves(office):
    assert dax.judge_formulas(office.models) == []


def test_every_field_on_a_page_is_in_the_model(office):
    assert fields.judge_fields(_with_pages(office)) == []


def test_no_column_is_loaded_for_nothing(office):
    own = {str(row.get("Naam") or row["Entiteit"].rpartition(".")[2]).lower() for row in office.sheets["Tabellen"]}
    assert fields.judge_unused(_with_pages(office), free=own) == []


@pytest.mark.parametrize("client", ["_office"])
def test_the_office_loads_no_ledger_lines(office, client):
    assert office_of(office.sheets)["Naam"]
    for report in office.reports:
        if report.client == client:
            tables = {table["name"] for table in office.models[str(report)]["model"]["tables"]}
            assert "Mutaties" not in tables


def _with_pages(office):
    return {label: (office.models[label], office.pages[label]) for label in office.models}
