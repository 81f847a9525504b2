"""What Bundel is installed from is fixed: versions, hashes, licences. ``.ci/lock`` renews all three."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = {"dev", "test"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def asked(extras):
    lines = [*project()["dependencies"], *(line for extra in extras for line in extras[extra])]
    return [Requirement(line) for line in lines if not line.startswith("bundel[")]


def entries(text):
    """Return the requirements of a lock, each with its hashes."""
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]
    return [
        (Requirement(line.split(" --hash")[0]), re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line)) for line in lines
    ]


def wrong(text, requirements):
    """List what is not as it must be in a lock."""
    found = entries(text)
    locked = {canonicalize_name(entry.name): entry for entry, _ in found}
    bare = [f"{entry}: no hash" for entry, hashes in found if not hashes]
    loose = [f"{entry}: no fixed version" for entry, _ in found if not re.fullmatch(r"==[^,*]+", str(entry.specifier))]
    hosts = re.findall(r"\w+://\S+|--[\w-]*(?:index|find-links)\S*", text)
    missing = [
        f"{each}: locked is {entry.specifier if entry else 'nothing'}"
        for each in requirements
        for entry in [locked.get(canonicalize_name(each.name))]
        if not entry or not each.specifier.contains(str(entry.specifier).removeprefix("=="), prereleases=True)
    ]
    return bare + loose + hosts + missing


def lock():
    return (ROOT / "constraints.txt").read_text("utf-8")


def test_the_lock_has_all_that_the_project_asks():
    assert wrong(lock(), asked(project()["optional-dependencies"])) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("click==8", "click==7", "click>=8"),
        ("click==8", "clock==8", "locked is nothing"),
        ("click==", "click>=", "no fixed version"),
        ("jinja2==", "--index-url https://somewhere/simple\njinja2==", "https://somewhere/simple"),
        (r"lxml==(\S+) [^a-z]*\\\n(?:\s+--hash=\S+(?: \\)?\n)+", r"lxml==\1\n", "no hash"),
    ],
)
def test_a_lock_that_is_wrong_is_seen(old, new, said):
    faulty = re.sub(old, new, lock(), count=1)
    assert faulty != lock()
    assert said in " ".join(wrong(re.sub(r"(?m)^--index-url", "# --index-url", faulty), asked({})))


def test_parts_and_licences_are_those_of_the_lock():
    bill = json.loads((ROOT / "bundel.cdx.json").read_text("utf-8"))
    versions = {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry, _ in entries(lock())}
    parts = {part["name"]: part["version"] for part in bill["components"]}
    assert {name: versions.get(name) for name in parts} == parts
    shipped = {extra: lines for extra, lines in project()["optional-dependencies"].items() if extra not in NOT_SHIPPED}
    assert {canonicalize_name(each.name) for each in asked(shipped)} <= parts.keys()
    page = (ROOT / "docs/licenties.md").read_text("utf-8")
    assert dict(re.findall(r"^\| ([\w-]+) \| (\d\S*) \| \S", page, re.MULTILINE)) == parts
    assert all(part["licenses"] for part in bill["components"])
