"""Microsoft's M parser with names and service rules, its formatter, and what must stand in every query."""

import functools
import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from judges.places import HERE, ORACLES, TOOLS, node, run

FOLDER = TOOLS / "m"
# A list of lists of M may begin with a number, as in {{1, "a"}}; no mark of a template does.
LEFTOVER = re.compile(r"<<|>>|<%|%>|<%#|\{\{\s*[^\W\d]|\{%|\{#(?!date|time|duration|datetime|table|binary|shared|\")")


@functools.cache
def scripts():
    """The scripts beside node_modules: they import Microsoft's packages by name, so links to them do not do."""
    shutil.copyfile(ORACLES / "m" / "mcheck.mjs", FOLDER / "mcheck.mjs")
    for script in (HERE / "m").glob("*.mjs"):
        shutil.copyfile(script, FOLDER / script.name)
    (FOLDER / "lib").mkdir(exist_ok=True)
    shutil.copyfile(ORACLES / "m" / "lib" / "standard-enUs.json", FOLDER / "lib" / "standard-enUs.json")
    return FOLDER


def judge_queries(paths):
    """Every file parses, knows all its names, calls with the right arguments and can refresh in the service.

    The paths are the queries of one report (each knows the others) or one section document.
    """
    done = run([node(), scripts() / "mcheck.mjs", "--siblings", "--refresh", "--types", "--json", *paths])
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    findings = [
        f"mcheck: {verdict['file']}:{found.get('line')}:{found.get('col')}: {found['code']}: {found['message']}"
        for verdict in verdicts
        for found in verdict["diagnostics"]
    ]
    findings += [
        f"mcheck: {verdict['file']}: begins with a byte order mark" for verdict in verdicts if verdict.get("bom")
    ]
    if len(verdicts) != len(paths) or done.stderr.strip():
        findings.append(f"mcheck: {len(paths)} files given, {len(verdicts)} judged: {done.stderr.strip()[-1000:]}")
    return findings


def judge_reports(reports):
    """The queries of each report together, and each section document alone."""
    groups = [group for report in reports for group in (report.queries, [report.section])]
    with ThreadPoolExecutor(2) as pool:
        return [finding for findings in pool.map(judge_queries, groups) for finding in findings]


def judge_format(paths):
    """Microsoft's formatter does not change what a file says."""
    done = run([node(), scripts() / "format.mjs", *paths])
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    findings = [f"format: {verdict['file']}: {verdict['message']}" for verdict in verdicts if not verdict["ok"]]
    if len(verdicts) != len(paths):
        findings.append(f"format: {len(paths)} files given, {len(verdicts)} judged: {done.stderr.strip()[-1000:]}")
    return findings


def without_texts(source):
    """M with comments and the inside of text literals blanked, so that a pattern sees code only."""
    pattern = r'/\*[\s\S]*?\*/|//[^\r\n\u0085\u2028\u2029]*|"(?:[^"]|"")*"'
    return re.sub(pattern, lambda found: re.sub(r"[^\r\n]", " ", found[0]), source)


def judge_leftovers(paths):
    """No template marker is left, neither in code nor in comments and texts."""
    findings = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if LEFTOVER.search(line):
                findings.append(f"leftover: {path}:{number}: {line.strip()[:80]}")
    return findings


def judge_sources(paths, url):
    """Each source is OData.Feed with the bare parameter, which a section document fills with the client's URL."""
    findings = []
    for path in paths:
        source = path.read_text(encoding="utf-8")
        code = without_texts(source)
        calls = code.count("OData.Feed")
        bare = len(re.findall(r"OData\.Feed\s*\(\s*P_INVANTIVE_URL\s*,", code))
        if calls != bare:
            findings.append(f"source: {path}: {calls - bare} of {calls} OData.Feed calls lack the bare parameter")
        if calls and re.search(
            r"\bTable\.(?:Sort|FirstN|LastN|Skip|Range|Distinct|AddIndexColumn|MaxN|MinN)\b", _before_local(code)
        ):
            findings.append(f"source: {path}: a step that depends on order stands before Table.StopFolding")
        other = re.search(r"\b(?:Web\.Contents|Sql\.Database|Odbc\.\w+|File\.Contents|Csv\.Document)\b", code)
        if other:
            findings.append(f"source: {path}: reads through {other[0]}")
        filled = re.search(rf'\bP_INVANTIVE_URL\s*=\s*"{re.escape(url)}"\s+meta\b', source)
        if re.match(r"\s*(?://[^\n]*\n|\s)*section\b", source) and not filled:
            findings.append(f"source: {path}: P_INVANTIVE_URL is not filled with {url}")
    return findings


def _before_local(code):
    """The part of each query that goes to the source: up to the step that stops folding, or to the end."""
    queries = re.split(r"^shared\s", code, flags=re.MULTILINE)
    return "".join(query.partition("Table.StopFolding")[0] for query in queries if "OData.Feed" in query)


def members(section):
    """The names of the members of a section document, in order."""
    names = re.findall(r'^shared\s+(#"(?:[^"]|"")*"|[\w.]+)\s*=', section, re.MULTILINE)
    return [name[2:-1].replace('""', '"') if name.startswith('#"') else name for name in names]
