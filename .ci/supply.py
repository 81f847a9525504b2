"""Write what Bundel is made of: ``docs/licenties.md`` and ``bundel.cdx.json``. ``.ci/lock`` runs it.

Its arguments are folders, each with all locked packages unpacked for one system (``uv pip install --target``); what
the packages say of themselves stands in their metadata. The list of parts is CycloneDX 1.6 in JSON, the same bytes each
time (no date, no serial number); it goes into the wheel, in ``.dist-info/sboms`` (PEP 770). Packages for tests and
development are not parts of the program: they are locked, but not listed.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = {"dev", "test"}
ENVIRONMENTS = [
    {"sys_platform": system, "platform_system": name, "os_name": kind, "python_version": f"3.{minor}"}
    | {"python_full_version": f"3.{minor}.0", "implementation_name": "cpython", "platform_machine": "x86_64"}
    | {"platform_python_implementation": "CPython", "implementation_version": f"3.{minor}.0", "platform_release": ""}
    for system, name, kind in [("linux", "Linux", "posix"), ("win32", "Windows", "nt"), ("darwin", "Darwin", "posix")]
    for minor in range(11, 15)
]

# Licences under which the office may use and pass on a package unchanged, whatever it does with its own files. MPL-2.0
# asks for one thing more: changes to files of the package itself are published. Bundel changes none.
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0",
    "Unlicense", "Zlib", "any-OSI",
}  # fmt: skip
# What a package says in words of its own; the text of its licence was read.
IN_WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSF": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


def licence(found: Distribution) -> str:
    """Return the licence of a package as an SPDX expression; a package that tells none, or one unknown here, stops."""
    told = found.metadata
    words = [told["License-Expression"] or "", told["License"] or ""]
    words += [each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    for each in words:
        expression = IN_WORDS.get(each.strip(), each.strip())
        if expression and set(re.split(r" (?:AND|OR) |[() ]+", expression)) - {""} <= PERMISSIVE:
            return expression
    sys.exit(f"{told['Name']}: not a permissive licence, or not known here: {words}")


def parts(folders: list[Path]) -> dict[str, Distribution]:
    """Map the name of each unpacked package to what it says of itself."""
    found: dict[str, Distribution] = {}
    for folder in folders:
        found |= {canonicalize_name(each.metadata["Name"]): each for each in distributions(path=[str(folder)])}
    return found


def needs(lines: list[str], extras: set[str]) -> dict[str, set[str]]:
    """Map each package that some requirements name, on any system and Python, to the extras of it they ask for."""
    named: dict[str, set[str]] = {}
    for line in lines:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker and not any(marker.evaluate(where | {"extra": extra}) for where in ENVIRONMENTS for extra in extras):
            continue
        named.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    return named


def reached(lines: list[str], found: dict[str, Distribution]) -> set[str]:
    """Return the names of all packages that some requirements bring along."""
    seen: set[tuple[str, str]] = set()
    todo = [(name, frozenset({"", *extras})) for name, extras in needs(lines, {""}).items()]
    while todo:
        name, extras = todo.pop()
        if name not in found or not {(name, extra) for extra in extras} - seen:
            continue
        seen |= {(name, extra) for extra in extras}
        more = needs(found[name].requires or [], set(extras))
        todo += [(other, frozenset({"", *asked})) for other, asked in more.items()]
    return {name for name, _ in seen}


def groups(found: dict[str, Distribution]) -> dict[str, set[str]]:
    """Map the program itself (an empty name) and each extra of it to the packages they bring along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    made = {"": reached(project["dependencies"], found)}
    for extra, lines in project["optional-dependencies"].items():
        if extra not in NOT_SHIPPED:
            made[extra] = reached([line for line in lines if not line.startswith("bundel[")], found)
    return made


def bill(found: dict[str, Distribution], grouped: dict[str, set[str]]) -> dict[str, object]:
    """Return the list of parts in the form of CycloneDX 1.6."""
    version = re.search(r'__version__ = "(.+)"', (ROOT / "generator/__init__.py").read_text("utf-8"))
    assert version  # noqa: S101  as the build reads it
    shipped = sorted(set().union(*grouped.values()))
    known = {name: f"pkg:pypi/{name}@{found[name].version}" for name in shipped}
    root = f"pkg:pypi/bundel@{version[1]}"
    graph = {root: {known[name] for name in _direct() if name in known}}
    for name in shipped:
        graph[known[name]] = {known[other] for other in needs(found[name].requires or [], {""}) if other in known}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component("bundel", version[1], root, "MIT") | {"type": "application"}},
        "components": [
            _component(name, found[name].version, known[name], licence(found[name]))
            | {"scope": "required" if name in grouped[""] else "optional"}
            for name in shipped
        ],
        "dependencies": [{"ref": ref, "dependsOn": sorted(others)} for ref, others in sorted(graph.items())],
    }


def _direct() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [lines for extra, lines in project["optional-dependencies"].items() if extra not in NOT_SHIPPED]
    return {canonicalize_name(Requirement(line).name) for lines in [project["dependencies"], *extras] for line in lines}


def _component(name: str, version: str, ref: str, expression: str) -> dict[str, object]:
    told = [{"expression": expression}] if expression != "any-OSI" else [{"license": {"name": "OSI approved"}}]
    about = {"type": "library", "bom-ref": ref, "name": name, "version": version}
    return about | {"licenses": told, "purl": ref}


def table(found: dict[str, Distribution], grouped: dict[str, set[str]]) -> str:
    """Return the page of licences."""
    rows = []
    for name in sorted(set().union(*grouped.values())):
        extras = [f"`[{extra}]`" for extra, names in grouped.items() if extra and name in names]
        where = "altijd" if name in grouped[""] else ", ".join(extras)
        rows.append(f"| {name} | {found[name].version} | {licence(found[name])} | {where} |")
    return PAGE.format(rows="\n".join(rows))


PAGE = """\
<!-- Gemaakt door .ci/lock; niet met de hand wijzigen. -->
# Licenties

Bundel zelf valt onder de MIT-licentie. Hieronder staat elk pakket van anderen dat met Bundel wordt geïnstalleerd, op
Windows, macOS en Linux samen, in de versie die in `constraints.txt` vastligt. Alle licenties zijn *permissief*: een
kantoor mag de pakketten gebruiken en doorgeven zonder eigen bestanden openbaar te maken. MPL-2.0 vraagt alleen dat wie
een bestand van zo'n pakket zélf wijzigt, die wijziging openbaar maakt; Bundel wijzigt er geen. Wat alleen voor tests en
ontwikkeling dient, gaat niet mee en staat hier niet.

Dezelfde lijst in de vorm van CycloneDX zit in de wheel, in de map `.dist-info/sboms`.

| pakket | versie | licentie (SPDX) | nodig voor |
|---|---|---|---|
{rows}
"""


def main() -> None:
    """Write both files."""
    found = parts([Path(argument) for argument in sys.argv[1:]])
    grouped = groups(found)
    (ROOT / "docs/licenties.md").write_text(table(found, grouped), encoding="utf-8", newline="\n")
    text = json.dumps(bill(found, grouped), indent=1, ensure_ascii=False) + "\n"
    (ROOT / "bundel.cdx.json").write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(set().union(*grouped.values()))} packages, every licence permissive")


if __name__ == "__main__":
    main()
