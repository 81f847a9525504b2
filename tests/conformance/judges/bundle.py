"""What a bundle on disk holds, read the way a stranger would: from the folder names and the ZIP."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one client: its template, its project folders and its queries."""

    bundle: Path
    name: str

    @property
    def client(self):
        return self.bundle.name

    @property
    def pbit(self):
        return self.bundle / f"{self.client}-{self.name}.pbit"

    @property
    def model_folder(self):
        return self.bundle / f"{self.name}.SemanticModel"

    @property
    def report_folder(self):
        return self.bundle / f"{self.name}.Report"

    @property
    def section(self):
        return self.bundle / "queries" / f"{self.name}.pq"

    @property
    def queries(self):
        return sorted((self.bundle / "queries" / self.name).glob("*.pq"))

    def __str__(self):
        return f"{self.client}/{self.name}"


def manifest(bundle):
    return json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))


def bundles(output):
    """The bundle folders that the root manifest names."""
    return [output / entry["path"] for entry in manifest(output)["bundles"]]


def reports(output):
    return [Report(bundle, entry["name"]) for bundle in bundles(output) for entry in manifest(bundle)["reports"]]


def model_of(pbit):
    """The database in a .pbit, as its TMSL object."""
    with zipfile.ZipFile(pbit) as archive:
        return json.loads(archive.read("DataModelSchema").decode("utf-16-le"))


def text(expression):
    """An expression in TMSL is a text, or a list of its lines."""
    return "\n".join(expression) if isinstance(expression, list) else expression or ""
