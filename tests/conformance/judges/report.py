"""The two report validators: our cross-reference checks on Microsoft's schemas, and Microsoft's own."""

import json
import os
import shutil

from judges.places import HERE, ORACLES, TOOLS, node, run, venv_python

SCHEMAS = ORACLES / "pbir" / "schemas"
THEME_SCHEMA = SCHEMAS / "report-theme" / "reportThemeSchema-2.152.json"


def judge_reports(paths):
    """Our validator on report folders and .pbit files: no errors and no warnings."""
    done = run([venv_python("readers"), ORACLES / "pbir" / "pbir_validate.py", "--json", *paths])
    try:
        verdicts = json.loads(done.stdout)
    except json.JSONDecodeError:
        return [f"pbir_validate: {done.stdout.strip()[:500]} {done.stderr.strip()[-500:]}"]
    findings = [
        f"pbir_validate: {verdict['report']}: {code} {file}: {message}"
        for verdict in verdicts
        for code, file, message in verdict["errors"] + verdict["warnings"]
    ]
    if len(verdicts) != len(paths):
        findings.append(f"pbir_validate: {len(paths)} reports given, {len(verdicts)} judged")
    return findings


def judge_microsoft(folders):
    """Microsoft's validator on report folders: no errors and no warnings."""
    shutil.copy(HERE / "report_cli" / "validate.mjs", TOOLS / "report_cli")
    environment = {
        **os.environ,
        "PBIR_SCHEMA_DIR": str(SCHEMAS / "microsoft-json-schemas" / "fabric"),
        "PBIR_THEME_SCHEMA": str(THEME_SCHEMA),
    }
    done = run([node(), "validate.mjs", *folders], cwd=TOOLS / "report_cli", env=environment)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    findings = [
        f"microsoft: {verdict['report']}: {found['severity']} {found['code']} {found['file']}: {found['message']}"
        for verdict in verdicts
        for found in verdict["findings"]
    ]
    if len(verdicts) != len(folders):
        findings.append(f"microsoft: {len(folders)} reports given, {len(verdicts)} judged: {done.stderr[-1000:]}")
    return findings
