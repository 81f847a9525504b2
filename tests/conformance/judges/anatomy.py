"""The ZIP of a .pbit, byte by byte: parts and their order, encodings, content types, headers."""

import json
import re
import zipfile
from xml.etree import ElementTree as ET

FIRST = ["Version", "[Content_Types].xml", "DataModelSchema", "DiagramLayout", "Settings", "Metadata"]
WIDE = {"Version", "DataModelSchema", "DiagramLayout", "Settings", "Metadata"}
FOLDERS = ("Report/definition/", "Report/StaticResources/")
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
DATE = (1980, 1, 1, 0, 0, 0)
PART = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:@/\[\]-]+")


def judge_template(pbit, url):
    """Findings on one .pbit of the client with this database URL."""
    with zipfile.ZipFile(pbit) as archive:
        infos = archive.infolist()
        parts = {info.filename: archive.read(info) for info in infos}
        comment = archive.comment
    findings = [*_order(infos), *_headers(infos), *_texts(parts), *_types(parts), *_url(parts, url)]
    if comment:
        findings.append("the ZIP has a comment")
    return [f"anatomy: {pbit.name}: {finding}" for finding in findings]


def _order(infos):
    names = [info.filename for info in infos]
    if names[: len(FIRST)] != FIRST:
        yield f"the first parts are {names[: len(FIRST)]}"
    rest = names[len(FIRST) :]
    groups = [[name for name in rest if name.startswith(folder)] for folder in FOLDERS]
    if rest != [name for group in groups for name in sorted(group, key=lambda name: name.encode())]:
        yield "the parts of the report are not sorted by UTF-8 bytes inside their folders, or there are others"
    if not all(groups):
        yield "Report/definition or Report/StaticResources is empty"
    if len(set(names)) != len(names):
        yield "a part stands twice"
    for name in names:
        if "SecurityBindings" in name or name.endswith(("definition.pbir", ".platform", "/")):
            yield f"{name} does not belong in a template"
        if not PART.fullmatch(name):
            yield f"part name {name!r} is not a plain URI"


def _headers(infos):
    for info in infos:
        wrong = [
            f"{field} {found}"
            for field, found, expected in (
                ("date", info.date_time, DATE),
                ("system", info.create_system, 0),
                ("attributes", info.external_attr, 0),
                ("flags", info.flag_bits, 0),
                ("extra", info.extra, b""),
                ("comment", info.comment, b""),
                ("method", info.compress_type in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED), True),
            )
            if found != expected
        ]
        if wrong:
            yield f"{info.filename}: {', '.join(wrong)}"


def _texts(parts):
    for name, content in parts.items():
        if name in WIDE:
            yield from (f"{name}: {problem}" for problem in _wide(name, content))
        elif name.endswith((".json", ".xml")):
            if content.startswith(b"\xef\xbb\xbf") and name != "[Content_Types].xml":
                yield f"{name} begins with a byte order mark"
            yield from _parses(name, content.decode("utf-8-sig") if name.endswith(".json") else "{}")


def _wide(name, content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or content[1:2] != b"\0":
        yield "not UTF-16LE without a byte order mark"
        return
    text = content.decode("utf-16-le")
    if name == "Version":
        if text != "1.32":
            yield f"is {text!r}"
    else:
        yield from _parses(name, text)


def _parses(name, text):
    try:
        json.loads(text)
    except ValueError as error:
        yield f"{name}: not JSON: {error}"


def _types(parts):
    """System.IO.Packaging drops a part that has no content type."""
    root = ET.fromstring(parts.get("[Content_Types].xml", b"<Types/>"))  # noqa: S314 -- our own file
    if root.tag != f"{TYPES}Types":
        yield f"[Content_Types].xml has the root {root.tag}"
    extensions = {item.get("Extension", "").lower() for item in root.iter(f"{TYPES}Default")}
    overrides = {item.get("PartName", "") for item in root.iter(f"{TYPES}Override")}
    for name in parts:
        extension = name.rpartition("/")[2].rpartition(".")[2].lower() if "." in name else ""
        if name != "[Content_Types].xml" and f"/{name}" not in overrides and extension not in extensions:
            yield f"{name} has no content type"
    for override in sorted(overrides):
        if override.lstrip("/") not in parts:
            yield f"content type of {override}, which is not there"


def _url(parts, url):
    try:
        model = json.loads(parts["DataModelSchema"].decode("utf-16-le"))["model"]
    except (KeyError, ValueError):
        yield "DataModelSchema has no model"
        return
    found = [item for item in model.get("expressions", []) if item["name"] == "P_INVANTIVE_URL"]
    if len(found) != 1:
        yield f"{len(found)} expressions P_INVANTIVE_URL"
        return
    expression = found[0]["expression"]
    text = "\n".join(expression) if isinstance(expression, list) else expression
    pattern = r'"([^"]*)"\s+meta\s+\[([^\]]*)\]'
    match = re.fullmatch(pattern, text.strip())
    if match is None:
        yield f"P_INVANTIVE_URL is {text!r}"
        return
    if match[1] != url:
        yield f"P_INVANTIVE_URL is {match[1]}, not {url}"
    wanted = {"IsParameterQuery=true", 'Type="Text"', "IsParameterQueryRequired=true"}
    if {part.replace(" ", "") for part in match[2].split(",")} != wanted:
        yield f"P_INVANTIVE_URL is described by [{match[2]}]"
