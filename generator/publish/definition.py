"""The parts of a published item, read from a bundle's project folder, and the hash by which they are compared."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator.disk import digest, is_file, refuse_links, told
from generator.names import stable_id
from generator.problems import Cell, Problem, Stop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.resolve.client import Client

PARAMETER = "P_INVANTIVE_URL"
_PLATFORM = ".platform"  # Git's, and Fabric's when it updates a name; never a part of a definition
_PBIR = "definition.pbir"
_URL = b"\0url\0"  # stands for the URL in what is hashed


@dataclass(frozen=True, slots=True)
class Target:
    """A bundle that may be published: the client, and what its manifest says: hashes of files, of the spec, and URL."""

    client: Client
    out: Path
    files: Mapping[str, str]
    spec_hash: str
    url: str

    @property
    def code(self) -> str:
        """Return the client's code."""
        return self.client.code


@dataclass(frozen=True, slots=True)
class Definition:
    """The parts of a model or a report: path inside the item → bytes, and a hash of them all."""

    parts: Mapping[str, bytes]
    hash: str

    def payload(self) -> dict[str, Any]:
        """Return the parts as the interface takes them."""
        return {
            "parts": [
                {"path": path, "payload": base64.b64encode(data).decode(), "payloadType": "InlineBase64"}
                for path, data in self.parts.items()
            ]
        }


def model(target: Target, report: str) -> Definition:
    """Return the model of a report; its hash is the same whatever the URL is."""
    parts = _read(target, f"{report}.SemanticModel/")
    url = target.url.encode()
    return Definition(parts, _hash({path: data.replace(url, _URL) if url else data for path, data in parts.items()}))


def report_of(target: Target, report: str, model_id: str) -> Definition:
    """Return a report that reads a published model: the interface takes no path to a folder beside it.

    A report is bound by the id of its model alone; Microsoft's page on report definitions.
    """
    parts = dict(_read(target, f"{report}.Report/"))
    document = json.loads(parts[_PBIR])
    document["datasetReference"] = {"byConnection": {"connectionString": f"semanticmodelid={model_id}"}}
    parts[_PBIR] = (json.dumps(document, indent=2) + "\n").encode()
    return Definition(parts, _hash(parts))


def hashes(target: Target, report: str, model_id: str) -> tuple[str, str]:
    """Return the hashes of model and report as they would be published."""
    return model(target, report).hash, report_of(target, report, model_id).hash


def mark(code: str, report: str = "") -> str:
    """Return the words by which an item or a workspace is known as a client's, in its description."""
    return f"bundel:{code}/{report}" if report else f"bundel:{code}"


def bears(description: str, code: str, report: str = "") -> bool:
    """Tell whether a description has the mark of a client, or of one report of it."""
    return mark(code, report).casefold() in description.casefold().split()


def connection_name(code: str, url: str) -> str:
    """Return the name of the connection to a database: one for a client and a URL, so that it is never made twice."""
    return f"Bundel {code} {stable_id(code, url)[:10]}"


def _read(target: Target, folder: str) -> dict[str, bytes]:
    """Return the files of a folder of a bundle; raise ``Stop`` where one is not as it was generated."""
    found: dict[str, bytes] = {}
    root = os.fspath(target.out)
    paths = sorted(path for path in target.files if path.startswith(folder) and not path.endswith(_PLATFORM))
    refuse_links(root, target.code, [f"{target.code}/{path}" for path in paths])
    for path in paths:
        place = f"{root}/{target.code}/{path}"
        with told(target.code):
            data = (target.out / target.code / path).read_bytes() if is_file(place) else b""
        if hashlib.sha256(data).hexdigest() != target.files[path]:
            raise Stop([Problem("B323", Cell(f"{target.code}/{path}"), {"path": path}, target.code)])
        found[path.removeprefix(folder)] = data
    return found


def _hash(parts: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for path, data in sorted(parts.items()):
        total.update(f"{len(path.encode())}:{path}:{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


__all__ = ["Definition", "Target", "digest", "hashes", "mark", "model", "report_of"]
