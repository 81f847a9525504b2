"""Ways of breaking a template: for each, the program refuses, or a judge goes red. Who it was is printed at the end."""

import json
import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import EXAMPLE, Office
from judges import anatomy, dax, fields, lint, power_query, report, tom
from judges.ledger_run import Run, calendar_of, judge_run
from judges.places import HERE, ROOT, bundel

TEMPLATES = ROOT / "templates"
INTERNAL = "B089"  # the program fell over: that is not refusing


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `before` becomes `after` in a file of the templates, which must hold it."""

    name: str
    path: str
    before: str
    after: str


FAULTS = [Fault(**row) for row in tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))["fault"]]


def verdicts(office):
    """(judge, findings) from cheap to dear, made as they are asked for."""
    urls = {one: office.url(one.client) for one in office.reports}
    models, pages = office.models, office.pages
    yield "sources", [f for one in urls for f in power_query.judge_sources([one.section, *one.queries], urls[one])]
    yield "leftovers", [f for one in urls for f in power_query.judge_leftovers([one.section, *one.queries])]
    yield "lint", lint.judge_models(models)
    yield "fields", fields.judge_fields({label: (models[label], pages[label]) for label in models})
    yield "anatomy", [f for one in urls for f in anatomy.judge_template(one.pbit, urls[one])]
    yield "mcheck", [f for one in urls for f in power_query.judge_queries([one.section])]
    yield "pbir_validate", report.judge_reports([path for one in urls for path in (one.report_folder, one.pbit)])
    yield "tom", tom.judge_models([one.pbit for one in urls])
    yield "execute", [f for one in urls for f in judge_run(Run(office, one, members=tables_of(models[str(one)])))]
    yield "microsoft", report.judge_microsoft([one.report_folder for one in urls])
    yield "dax", dax.judge_formulas(models)


def run(output, templates, client):
    """What the program says with these templates: its output, or its first problem."""
    arguments = ["generate", "--specs", str(EXAMPLE), "--out", str(output), "--templates", str(templates)]
    done = bundel(*arguments, "--client", client, "--json")
    assert done.returncode in (0, 1, 5), f"exit {done.returncode}: {done.stderr[-2000:]}"
    if done.returncode == 0:
        return Office(output), ""
    problems = json.loads(done.stdout)["problems"]
    assert problems, "refused without a problem"
    assert problems[0]["code"] != INTERNAL, problems[0]
    return None, f"{problems[0]['code']} {problems[0]['message']}"


def without_folder(finding, office):
    return finding.replace(f"{office.output}/", "")


def tables_of(database):
    return [table["name"] for table in database["model"]["tables"] if "calculationGroup" not in table]


def a_client(office):
    """An active client with one division and a calendar year: the quickest to judge."""
    for client in office.bundles:
        if client != "_office" and len(office.divisions(client)) == 1 and calendar_of(office, client).year_end == 12:
            return client
    raise AssertionError("the example office has no such client")


@pytest.fixture(scope="module")
def objections(office, tmp_path_factory):
    """{judge: findings} on the templates as they are: none, and if there are, they are no proof of anything else."""
    made, refusal = run(tmp_path_factory.mktemp("whole"), TEMPLATES, a_client(office))
    assert made, refusal
    return {judge: [without_folder(finding, made) for finding in findings] for judge, findings in verdicts(made)}


def test_nobody_objects_to_the_templates_as_they_are(objections):
    assert {judge: findings for judge, findings in objections.items() if findings} == {}


@pytest.fixture(scope="module")
def trials(request, office, objections, tmp_path_factory):
    """{name: who catches it, to come} of the chosen faults, two at a time."""
    chosen = [item.callspec.params["fault"] for item in request.session.items if item.name.startswith(TRIAL)]
    client, root = a_client(office), tmp_path_factory.mktemp("broken")

    def trial(number, fault):
        folder = root / str(number)
        shutil.copytree(TEMPLATES, folder / "templates")
        break_file(folder / "templates" / fault.path, fault)
        made, refusal = run(folder / "output", folder / "templates", client)
        return ("bundel", refusal) if refusal else first_red(made, objections)

    with ThreadPoolExecutor(2) as pool:
        yield {fault.name: pool.submit(trial, number, fault) for number, fault in enumerate(chosen)}


TRIAL = "test_a_broken_template_is_caught["


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_broken_template_is_caught(trials, caught, fault):
    judge, finding = trials[fault.name].result()
    caught.append(f"{fault.name:<34} {judge:<14} {finding[:110]}")
    assert judge != "nobody", fault


def first_red(office, objections):
    """The first judge with a finding that it does not have on the templates as they are."""
    for judge, findings in verdicts(office):
        for finding in findings:
            if without_folder(finding, office) not in objections[judge]:
                return judge, without_folder(finding, office)
    return "nobody", ""


def break_file(path: Path, fault):
    text = path.read_text(encoding="utf-8")
    assert fault.before in text, f"{path.name} no longer holds {fault.before!r}: mend the table of faults"
    path.write_text(text.replace(fault.before, fault.after), encoding="utf-8")
