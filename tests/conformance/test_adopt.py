"""Real files of Power BI Desktop, adopted and stamped for three made-up clients: judged and compared.

All of `samples/pbit`, and the reports of `samples/pbir` with a model that has exactly the fields they name.
"""

import json
import shutil
import zipfile
from collections import Counter

import openpyxl
import pytest
from judges import bundle, power_query, report, tom
from judges.places import SHARED, bundel

SAMPLES = SHARED / "samples"
OLD = {"Application_Control_File_View", "DeviceControlTemplate"}  # of before 2021: the queries are not in the model
CLIENTS = {
    "alfa": ('Alfa "de eerste" B.V.', "nl", {"810001": "Alfa"}),
    "beta": ("Bèta's << x >> {{ y }}", "en", {"820001": "Noord", "820002": "Zuid's"}),
    "gamma": ("Gamma & Zn <% if %>", "nl", {"830001": "Gamma"}),
}
PARAMETER = "P_INVANTIVE_URL"
DROPPED = {"modifiedTime", "structureModifiedTime", "refreshedTime", "lastUpdate", "lastSchemaUpdate"}
DROPPED |= {"createdTimestamp", "lastProcessed"}


def _name(path):
    return path.stem.rpartition("__")[2].replace(" ", "-").replace("---", "-")[:40].strip("-_")


def _files():
    return {_name(path): path for path in sorted((SAMPLES / "pbit").glob("*.pbit"))}


def _reports():
    """{name: folder of a report} of the PBIR samples."""
    folders = (path.parent for path in sorted((SAMPLES / "pbir").rglob("definition.pbir")))
    return {(folder.parent if folder.name.endswith(".Report") else folder).name: folder for folder in folders}


def _fields(value):
    """Yield (table, field, is a measure) of each field that a report names."""
    if isinstance(value, list):
        for item in value:
            yield from _fields(item)
    if not isinstance(value, dict):
        return
    for kind in ("Column", "Measure"):
        found = value.get(kind)
        if isinstance(found, dict) and "Entity" in found.get("Expression", {}).get("SourceRef", {}):
            yield found["Expression"]["SourceRef"]["Entity"], found["Property"], kind == "Measure"
    for item in value.values():
        yield from _fields(item)


def _project(folder, source):
    """A project with this report, and a model in TMSL that has its fields and reads the database."""
    shutil.copytree(source, folder / "X.Report")
    for path in (folder / "X.Report").rglob("*"):
        path.chmod(0o755)
    reference = {"version": "4.0", "datasetReference": {"byPath": {"path": "../X.SemanticModel"}}}
    (folder / "X.Report" / "definition.pbir").write_text(json.dumps(reference), "utf-8")
    tables = {}
    for path in (folder / "X.Report" / "definition").rglob("*.json"):
        for table, field, measure in _fields(json.loads(path.read_text("utf-8-sig"))):
            tables.setdefault(table, {}).setdefault(field, measure)
    made = [_table(name, fields) for name, fields in tables.items()]
    model = {"culture": "en-US", "defaultPowerBIDataSourceVersion": "powerBI_V3", "tables": made}
    (folder / "X.SemanticModel").mkdir()
    database = {"compatibilityLevel": 1567, "model": model}
    (folder / "X.SemanticModel" / "model.bim").write_text(json.dumps(database), "utf-8")
    return folder


def _table(name, fields):
    source = (
        'let Bron = OData.Feed("https://bridge-online.cloud/ontwerp/odata4", null, [Implementation = "2.0"]), '
        f'Tabel = Bron{{[Name = "ExactOnlineREST.CRM.{len(name)}@eol", Signature = "table"]}}[Data] in Tabel'
    )
    columns = {field for field, measure in fields.items() if not measure} or {"Id"}
    return {
        "name": name,
        "columns": [{"name": each, "dataType": "string", "sourceColumn": each} for each in sorted(columns)],
        "measures": [{"name": each, "expression": "1"} for each, measure in sorted(fields.items()) if measure],
        "partitions": [{"name": name, "mode": "import", "source": {"type": "m", "expression": source}}],
    }


def _workbook(path, names):
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets = {
        "Kantoor": [("Naam",), ("Kantoor",)],
        "Klanten": [("Code", "Naam", "URL", "Taal", "Alias")],
        "Administraties": [("Klant", "Code", "Naam")],
        "Rapporten": [("Klant", "Rapport"), *(("*", name) for name in names)],
    }
    for code, (name, language, divisions) in CLIENTS.items():
        alias = "exact" if code == "beta" else None
        sheets["Klanten"].append((code, name, f"https://bridge-online.cloud/c-{code}/odata4", language, alias))
        sheets["Administraties"] += [(code, int(division), title) for division, title in divisions.items()]
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


class Stamped:
    """The samples as templates, and the bundles of three clients made of them."""

    def __init__(self, folder):
        self.folder, self.output = folder, folder / "output"
        self.originals = {name: path for name, path in _files().items() if name not in OLD}
        for name, source in _reports().items():
            (folder / name).mkdir()
            self.originals[name] = _project(folder / name, source)
        self.refused = {name: self.adopt(name, path) for name, path in _files().items() if name in OLD}
        for name, path in self.originals.items():
            done = self.adopt(name, path)
            assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        (folder / "specs").mkdir()
        _workbook(folder / "specs" / "kantoor.xlsx", self.originals)
        done = bundel("generate", *self.options(), "--out", str(self.output))
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        self.reports = bundle.reports(self.output)

    def options(self):
        return ("--specs", str(self.folder / "specs"), "--templates", str(self.folder / "templates"))

    def adopt(self, name, path):
        (self.folder / "templates").mkdir(exist_ok=True)
        arguments = ("adopt", str(path), "--name", name, "--allow-source", "*", *self.options())
        return bundel(*arguments)


@pytest.fixture(scope="module")
def stamped(tmp_path_factory):
    return Stamped(tmp_path_factory.mktemp("adopt"))


def _parts(path):
    """{part: bytes} of a template, names decoded."""
    with zipfile.ZipFile(path) as archive:
        return {name.replace("%20", " "): archive.read(name) for name in archive.namelist()}


def _original(path):
    """(model, report parts) of an original file or project."""
    if path.is_dir():
        files = {
            f"Report/{each.relative_to(path / 'X.Report').as_posix()}": each.read_bytes()
            for each in (path / "X.Report").rglob("*")
            if each.is_file() and each.parent != path / "X.Report"
        }
        return json.loads((path / "X.SemanticModel" / "model.bim").read_text("utf-8")), files
    parts = _parts(path)
    return json.loads(parts["DataModelSchema"].decode("utf-16-le")), parts


def test_every_sample_in_scope_is_stamped_for_every_client(stamped):
    assert len(stamped.reports) == len(stamped.originals) * len(CLIENTS)
    assert len(stamped.originals) == 8
    for name, done in stamped.refused.items():
        assert (done.returncode, "B508" in done.stderr) == (1, True), name


def test_tom_loads_every_stamped_model_and_project_and_template_agree(stamped):
    paths = [path for one in stamped.reports for path in (one.pbit, one.model_folder)]
    assert tom.judge_models(paths) == []
    assert tom.judge_same([(one.pbit, one.model_folder) for one in stamped.reports]) == []


def _counted(findings, *folders):
    """Count findings by what they say, not where: paths and ids of the copies differ."""
    counted = Counter()
    for finding in findings:
        for folder in folders:
            finding = finding.replace(str(folder), "")  # noqa: PLW2901  the same text, shorter
        counted[finding.partition(": ")[2].partition(": ")[2] or finding] += 1
    return counted


def test_reports_validate_no_worse_than_the_originals(stamped):
    for name, path in stamped.originals.items():
        mine = [one for one in stamped.reports if one.name == name and one.client == "beta"]
        if "Report/Layout" in _original(path)[1]:
            assert (mine[0].report_folder / "report.json").is_file()
            continue
        folder = path / "X.Report" if path.is_dir() else _unpacked(path, stamped.folder / f"{name}-original")
        for judge in (report.judge_reports, report.judge_microsoft):
            before, after = judge([folder]), judge([one.report_folder for one in mine])
            assert not _counted(after, mine[0].report_folder) - _counted(before, folder), name


def _unpacked(path, folder):
    """The report of a template as a folder that the validators take."""
    for part, data in _parts(path).items():
        if part.startswith("Report/"):
            target = folder / "X.Report" / part.removeprefix("Report/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    reference = {"version": "4.0", "datasetReference": {"byPath": {"path": "../X.SemanticModel"}}}
    (folder / "X.Report" / "definition.pbir").write_text(json.dumps(reference), "utf-8")
    return folder / "X.Report"


def test_every_query_still_parses_and_knows_its_names(stamped):
    """The rules of the service are the original's own matter; syntax, names and arguments must still be right."""
    mine = [one for one in stamped.reports if one.client == "beta"]
    findings = power_query.judge_reports(mine)
    own = ("Refresh.", "note: call arguments not checked")
    assert [finding for finding in findings if not any(word in finding for word in own)] == []
    assert {finding.split(": Refresh.")[1][:12] for finding in findings if ": Refresh." in finding} <= {
        "Firewall: st", "NeedsGateway", "DynamicDataS", "UnknownOptio", "Credential",
    }  # fmt: skip


def _lines(expression):
    return expression if isinstance(expression, str) else "\n".join(expression)


def _plain(value, key=""):
    """A model in one form: texts joined, what is left behind taken out."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n".join(value).replace("\r\n", "\n")
    if isinstance(value, list):
        return [_plain(item, key) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item, name) for name, item in value.items() if name not in DROPPED}
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _named(items):
    return {item["name"]: item for item in items}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_stamped_model_differs_from_the_original_only_as_intended(stamped, client):
    for one in (each for each in stamped.reports if each.client == client):
        before, after = _plain(_original(stamped.originals[one.name])[0]), _plain(bundle.model_of(one.pbit))
        old, new = before["model"], after["model"]
        assert before.keys() ^ after.keys() <= {"name"}
        assert before["compatibilityLevel"] == after["compatibilityLevel"]
        intended = {"tables", "expressions", "annotations", "queryGroups", "cultures", "dataSources"}
        assert {key: value for key, value in old.items() if key not in intended} == {
            key: value for key, value in new.items() if key not in intended
        }
        reads = any("bridge-online" in str(table) for table in old["tables"])
        added = {"Administratiecontrole"} if reads else set()
        assert _named(new["tables"]).keys() - _named(old["tables"]).keys() == added
        for name, table in _named(old["tables"]).items():
            _same_table(table, _named(new["tables"])[name])
        shared = {each["name"]: _lines(each["expression"]) for each in new.get("expressions", ())}
        for each in old.get("expressions", ()):
            assert shared[each["name"]].rstrip() == _lines(each["expression"]).rstrip(), each["name"]
        fresh = shared.keys() - {each["name"] for each in old.get("expressions", ())}
        assert fresh == {PARAMETER} | ({"BronAdministraties"} if reads else set())
        assert f"https://bridge-online.cloud/c-{client}/odata4" in shared[PARAMETER]


def _same_table(old, new):
    """Everything of a table is as it was, but the address and alias in its query and the engine's own column."""
    columns = [column for column in old.get("columns", ()) if column.get("type") != "rowNumber"]
    without = {"columns", "partitions"}
    assert {k: v for k, v in old.items() if k not in without} == {k: v for k, v in new.items() if k not in without}
    assert columns == new.get("columns", [])
    for one, other in zip(old["partitions"], new["partitions"], strict=True):
        before = one["source"].get("expression", "")
        if "bridge-online" in before:
            before = before.replace('"https://bridge-online.cloud/ontwerp/odata4"', PARAMETER)
            alias = "@exact" if "@exact" in other["source"]["expression"] else "@eol"
            before = before.replace("@eol", alias)
        assert other["source"].get("expression", "").rstrip() == before.rstrip()
        assert {k: v for k, v in one.items() if k != "source"} == {k: v for k, v in other.items() if k != "source"}


@pytest.mark.parametrize("client", CLIENTS)
def test_stamped_pages_are_the_original_ones(stamped, client):
    for one in (each for each in stamped.reports if each.client == client):
        before, after = _original(stamped.originals[one.name])[1], _parts(one.pbit)
        kept = [
            p
            for p in before
            if p.startswith("Report/") and not p.startswith(("Report/Linguistic", "Report/Mobile", "Report/."))
        ]
        for part in kept:
            name = part.replace("%20", " ")
            if part == "Report/Layout" or part.endswith(".json"):
                encoding = "utf-16-le" if part == "Report/Layout" else "utf-8-sig"
                assert json.loads(after[name].decode(encoding)) == json.loads(before[part].decode(encoding)), part
            else:
                assert after[name] == before[part], part
        assert after["Version"] == before.get("Version", after["Version"])
        assert not {"SecurityBindings", "DataMashup", "UnappliedChanges", "Connections", "docProps/custom.xml"} & set(
            after
        )


def test_adopting_and_stamping_again_changes_nothing(stamped):
    done = bundel("plan", *stamped.options(), "--out", str(stamped.output), "--check")
    assert done.returncode == 0, done.stdout
    done = bundel("generate", "--force", *stamped.options(), "--out", str(stamped.folder / "again"), "--json")
    assert done.returncode == 0
    for one in stamped.reports:
        again = stamped.folder / "again" / one.client / one.pbit.name
        assert again.read_bytes() == one.pbit.read_bytes()
