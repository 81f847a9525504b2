"""A project folder of Power BI Desktop (``.pbip``) whose model is TMSL, as the same value as a template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.adopt.package import MAX_BYTES, MAX_PARTS, Package, document, stop
from generator.disk import is_link, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = ("definition", "StaticResources", "CustomVisuals")
_LAYOUT, _PBIR = "1.28", "1.32"  # the least that a reader must know, for each format of the report


def read(path: Path) -> Package:
    """Read a project: its ``.pbip`` file, or the folder that it stands in; raise ``Stop`` with what is wrong."""
    try:
        return _read(path)
    except OSError as error:
        raise stop("B501", path.name, reason=error.strerror or str(error)) from error


def _read(path: Path) -> Package:
    report = _report_folder(path)
    name = report.name.removesuffix(".Report")
    reference = _json(report, "definition.pbir").get("datasetReference")
    by_path = reference.get("byPath") if isinstance(reference, dict) else None
    target = by_path.get("path") if isinstance(by_path, dict) else None
    if not isinstance(target, str):
        raise stop("B505", name)
    model = _inside(report, target, report.parent)
    if not (model / "model.bim").is_file():
        raise stop("B507" if (model / "definition").is_dir() else "B505", name)
    parts = dict(_files(name, report))
    legacy = None if "Report/definition/report.json" in parts else _json(report, "report.json")
    return Package(
        name,
        _PBIR if legacy is None else _LAYOUT,
        _json(model, "model.bim"),
        legacy,
        parts,
        tuple(sorted(_left(report, model))),
    )


def _report_folder(path: Path) -> Path:
    """Return the folder of the project's report; raise ``Stop`` where there is none, or more than one."""
    if path.is_file():
        artifacts = _json(path.parent, path.name).get("artifacts")
        listed = artifacts if isinstance(artifacts, list) else []
        reports = [each.get("report") for each in listed if isinstance(each, dict)]
        targets = [report.get("path") for report in reports if isinstance(report, dict)]
        if len(targets) != 1 or not isinstance(targets[0], str):
            raise stop("B509", path.name)
        return _inside(path.parent, targets[0], path.parent)
    if (path / "definition.pbir").is_file():
        return path
    found = sorted(path.glob("*.Report"))
    if len(found) != 1:
        raise stop("B509", path.name)
    return found[0]


def _inside(start: Path, target: str, root: Path) -> Path:
    """Return the folder that a project names; it stands beside the others, not anywhere on the computer."""
    if "\0" in target:
        raise stop("B503", root.name, part=target.replace("\0", "?"))
    found = (start / target.replace("\\", "/")).resolve()
    if Path(target).is_absolute() or not found.is_relative_to(root.resolve()):
        raise stop("B503", root.name, part=target)
    return found


def _json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        raise stop("B509", folder.name)
    if is_link(str(path)):
        raise stop("B503", folder.name, part=name)
    if path.stat().st_size > MAX_BYTES:
        raise stop("B502", folder.name, part=name)
    found = document(folder.name, name, path.read_bytes())
    if not isinstance(found, dict):
        raise stop("B506", folder.name, part=name, reason="{}")
    return found


def _files(name: str, report: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the report that are carried over, as the parts of a template."""
    room = MAX_BYTES
    paths = [path for folder in _KEPT for path in sorted((report / folder).rglob("*")) if path.is_file()]
    if len(paths) > MAX_PARTS:
        raise stop("B502", name, part=name)
    for path in paths:
        part = f"Report/{path.relative_to(report).as_posix()}"
        if is_link(str(path)) or not is_plain(part) or not path.resolve().is_relative_to(report.resolve()):
            raise stop("B503", name, part=part)
        room -= path.stat().st_size
        if room < 0:
            raise stop("B502", name, part=part)
        yield part, path.read_bytes()


def _left(report: Path, model: Path) -> Iterator[str]:
    """Yield the files that stay behind: caches, settings of one computer, unapplied changes, queries."""
    kept = {"definition.pbir", "report.json", "model.bim", ".platform", "definition.pbism"}
    for folder in (report, model):
        for path in sorted(folder.iterdir()):
            if path.name not in kept and not (folder == report and path.name in _KEPT):
                yield f"{folder.name}/{path.name}"
