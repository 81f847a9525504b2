"""A report as a Power BI project: a folder for the model (TMDL) and one for the report (PBIR), for Git and Fabric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.jsontext import written
from generator.names import stable_guid
from generator.pack.tmdl import tmdl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.build import BuiltReport
    from generator.resolve.client import Client

_BASE = "https://developer.microsoft.com/json-schemas/fabric"


def pbip(client: Client, report: BuiltReport, layer_files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the project: path inside the bundle → bytes."""
    name = report.name
    model, layer = f"{name}.SemanticModel", f"{name}.Report"
    files = {
        f"{name}.pbip": written(
            {
                "$schema": f"{_BASE}/pbip/pbipProperties/1.0.0/schema.json",
                "version": "1.0",
                "artifacts": [{"report": {"path": layer}}],
                "settings": {"enableAutoRecovery": True},
            },
        ),
        f"{model}/.platform": _platform(client, report, "SemanticModel"),
        f"{model}/definition.pbism": written(
            {
                "$schema": f"{_BASE}/item/semanticModel/definitionProperties/1.0.0/schema.json",
                "version": "4.2",
                "settings": {},
            },
        ),
        f"{layer}/.platform": _platform(client, report, "Report"),
        f"{layer}/definition.pbir": written(
            {
                "$schema": f"{_BASE}/item/report/definitionProperties/2.0.0/schema.json",
                "version": "4.0",
                "datasetReference": {"byPath": {"path": f"../{model}"}},
            },
        ),
    }
    files |= {f"{model}/{path}": data for path, data in _model(report).items()}
    files |= {f"{layer}/{path}": data for path, data in layer_files.items()}
    if report.layer.layout is not None:
        files[f"{layer}/report.json"] = written(report.layer.layout)
    return files


def _model(report: BuiltReport) -> dict[str, bytes]:
    """Return the model as TMDL; as TMSL where a designed one holds what our TMDL does not know: projects take both."""
    try:
        return tmdl(report.database)
    except (ValueError, TypeError, KeyError):
        if not report.designed:
            raise
        return {"model.bim": written(report.database)}


def _platform(client: Client, report: BuiltReport, kind: str) -> bytes:
    """Return the file by which Fabric and Desktop know an item; its id stays as long as client and report do."""
    return written(
        {
            "$schema": f"{_BASE}/gitIntegration/platformProperties/2.0.0/schema.json",
            "metadata": {"type": kind, "displayName": report.title},
            "config": {"version": "2.0", "logicalId": stable_guid(client.code, report.name, kind)},
        },
    )
