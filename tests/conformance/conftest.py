"""The example office, generated once through the real command, and what the judges need of it."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from judges import bundle, workbook
from judges.ledger_run import Run
from judges.places import ROOT, bundel, need_tools

EXAMPLE = ROOT / "report_specs" / "voorbeeld.xlsx"
CAUGHT = pytest.StashKey()


@dataclass
class Office:
    """The output of one run over the example workbook."""

    output: Path
    specs: Path = EXAMPLE

    @cached_property
    def sheets(self):
        return workbook.read(self.specs)

    @cached_property
    def bundles(self):
        return {folder.name: folder for folder in bundle.bundles(self.output)}

    @cached_property
    def reports(self):
        return bundle.reports(self.output)

    @cached_property
    def models(self):
        return {str(report): bundle.model_of(report.pbit) for report in self.reports}

    @cached_property
    def pages(self):
        """{report: {path: text}} of the JSON files of the report folders."""
        return {
            str(report): {
                path.relative_to(report.report_folder).as_posix(): path.read_text(encoding="utf-8")
                for path in sorted(report.report_folder.rglob("*.json"))
            }
            for report in self.reports
        }

    def url(self, client):
        return bundle.manifest(self.bundles[client])["url"]

    def divisions(self, client):
        return [int(code) for code in bundle.manifest(self.bundles[client])["divisions"]]


@pytest.fixture(scope="session", autouse=True)
def _tools():
    """A judge that is not installed is a failure."""
    need_tools()


def generate(output, *arguments, specs=EXAMPLE):
    """Runs the main job on the example workbook, or on another."""
    return bundel("generate", "--specs", str(specs), "--out", str(output), *arguments)


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    output = tmp_path_factory.mktemp("office") / "output"
    done = generate(output)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Office(output)


@pytest.fixture(scope="session")
def run_of(office):
    """The queries of a report, executed once on the database as it should be."""
    done = {}

    def run(report):
        if report not in done:
            done[report] = Run(office, report)
        return done[report]

    return run


@pytest.fixture
def office_copy(office, tmp_path):
    """A copy of the output that a test may spoil."""
    shutil.copytree(office.output, tmp_path / "output")
    return Office(tmp_path / "output")


@pytest.fixture(scope="session")
def caught(request):
    """Who caught what: rows for the end of the run."""
    return request.config.stash.setdefault(CAUGHT, [])


def pytest_terminal_summary(terminalreporter, config):
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if name == "faults":
                terminalreporter.write_line(value)
    rows = config.stash.get(CAUGHT, [])
    if rows:
        terminalreporter.section("who caught the broken templates")
        for row in rows:
            terminalreporter.write_line(row)
