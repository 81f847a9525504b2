"""Ways of breaking a template: for each, the program refuses, or a judge goes red. Who it was is printed at the end."""

import json
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import EXAMPLE, Office
from judges import anatomy, dax, fields, lint, power_query, report, tom
from judges.ledger_run import Run, calendar_of, judge_run
from judges.places import HERE, ROOT, bundel

TEMPLATES = ROOT / "templates"


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
    yield "mcheck", [f for one in urls for f in power_query.judge_queries(one.queries)]
    yield "pbir_validate", report.judge_reports([path for one in urls for path in (one.report_folder, one.pbit)])
    yield "tom", tom.judge_models([one.pbit for one in urls])
    yield "execute", [f for one in urls for f in judge_run(Run(office, one))]
    yield "microsoft", report.judge_microsoft([one.report_folder for one in urls])
    yield "dax", dax.judge_formulas(models)


def who_catches(output, templates, client):
    """The program with its first problem, or the first judge that goes red with its first finding."""
    arguments = ["generate", "--specs", str(EXAMPLE), "--out", str(output), "--templates", str(templates)]
    done = bundel(*arguments, "--client", client, "--json")
    assert done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr[-2000:]}"
    if done.returncode == 1:
        problems = json.loads(done.stdout)["problems"]
        assert problems, "refused without a problem"
        return "bundel", f"{problems[0]['code']} {problems[0]['message']}"
    return next(((judge, findings[0]) for judge, findings in verdicts(Office(output)) if findings), ("nobody", ""))


def a_client(office):
    """An active client with several divisions and a calendar year."""
    for client in office.bundles:
        if client != "_office" and len(office.divisions(client)) > 1 and calendar_of(office, client).year_end == 12:
            return client
    raise AssertionError("the example office has no such client")


def test_nobody_objects_to_the_templates_as_they_are(office, tmp_path):
    assert who_catches(tmp_path / "output", TEMPLATES, a_client(office)) == ("nobody", "")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_broken_template_is_caught(office, tmp_path, caught, fault):
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    break_file(templates / fault.path, fault)
    judge, finding = who_catches(tmp_path / "output", templates, a_client(office))
    caught.append(f"{fault.name:<34} {judge:<14} {finding[:110]}")
    assert judge != "nobody", fault


def break_file(path: Path, fault):
    text = path.read_text(encoding="utf-8")
    assert fault.before in text, f"{path.name} no longer holds {fault.before!r}: mend the table of faults"
    path.write_text(text.replace(fault.before, fault.after), encoding="utf-8")
