"""What Bundel put on the designing client's pages: its findings and its logo; each client has its own."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from generator.adopt.pages import DEFINITION, Designed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.adopt.jsons import Json
    from generator.resolve.client import Client

_REPORT = f"{DEFINITION}report.json"
_REGISTERED = "Report/StaticResources/RegisteredResources/"


def without(designed: Designed, client: Client | None) -> tuple[Designed, tuple[str, ...]]:
    """Return a report without the client's findings and logo, and the files that this takes out."""
    if client is None or _REPORT not in designed.documents:
        return designed, ()
    logo = client.logo.name if client.logo else ""
    gone = [path for path, content in designed.documents.items() if _is_own(path, content, client, logo)]
    documents = {path: content for path, content in designed.documents.items() if path not in gone}
    resources = dict(designed.resources)
    if logo and resources.pop(f"{_REGISTERED}{logo}", None) is not None:
        documents[_REPORT] = _unnamed(documents[_REPORT], logo)
        gone.append(f"{_REGISTERED}{logo}")
    return Designed(documents, resources, designed.pages), tuple(gone)


def _is_own(path: str, content: Json, client: Client, logo: str) -> bool:
    """Tell whether a file is a visual that shows the client's findings or logo."""
    visual = content.get("visual") if path.endswith("/visual.json") else None
    if not isinstance(visual, dict):
        return False
    if visual.get("visualType") == "textbox":
        said = "\n".join(_paragraphs(visual))
        return any(text.strip() and text.strip() in said for text in client.texts.values())
    return bool(logo) and visual.get("visualType") == "image" and logo in set(_strings(visual))


def _paragraphs(visual: Mapping[str, Any]) -> Iterator[str]:
    for group in visual.get("objects", {}).get("general", ()):
        for paragraph in group.get("properties", {}).get("paragraphs", ()):
            yield "".join(str(run.get("value", "")) for run in paragraph.get("textRuns", ()))


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401  a JSON document
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(item)


def _unnamed(report: Json, logo: str) -> Json:
    """Return a report's own file without the logo among its pictures."""
    made = copy.deepcopy(report)
    for package in made.get("resourcePackages", ()):
        package["items"] = [item for item in package.get("items", ()) if item.get("name") != logo]
    return made
