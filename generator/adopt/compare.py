"""What a new version of a design changes in its template: pages, visuals, measures, tables, queries, in names."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator import dax
from generator.catalogue import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from generator.resolve.client import Client

_VISUAL = re.compile(r"report/definition/pages/([^/]+)/visuals/([^/]+)/visual\.json")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changes: ``kind`` is create, change or remove, ``what`` is page, visual, measure, table or query.

    ``breaking`` names the clients that would miss it: readers of the page, or rows of the workbook that use it.
    """

    kind: str
    what: str
    name: str
    breaking: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the difference as a JSON object."""
        return {"kind": self.kind, "what": self.what, "name": self.name, "breaking": list(self.breaking)}


def differences(old: Mapping[str, bytes], new: Mapping[str, bytes], clients: Sequence[Client]) -> list[Difference]:
    """Return what changes from one version of a template to the next; ``clients`` have the report."""
    before, after = _contents(old), _contents(new)
    found = []
    for what in ("page", "visual", "measure", "table", "column", "query"):
        one, other = before.get(what, {}), after.get(what, {})
        found += [Difference("create", what, name) for name in other if name not in one]
        found += [Difference("change", what, name) for name in other if name in one and one[name] != other[name]]
        gone = [name for name in one if name not in other]
        found += [Difference("remove", what, name, tuple(_missed(what, name, clients))) for name in gone]
    return found


def _contents(files: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """Return what a template holds: kind → name → content."""
    made: dict[str, dict[str, str]] = {"page": {}, "visual": {}}
    titles = {page["id"]: page["title"] for page in _head(files).get("page", ())}
    for page_id, title in titles.items():
        made["page"][title] = _text(files.get(f"report/definition/pages/{page_id}/page.json", b""))
    for path, data in files.items():
        match = _VISUAL.fullmatch(path)
        if match:
            made["visual"][f"{titles.get(match[1], match[1])}: {_said(data) or match[2]}"] = _text(data)
        elif path.startswith("tables/") and path.endswith(".json"):
            _table(made, json.loads(data))
        elif path.startswith("queries/"):
            made.setdefault("query", {})[path.removeprefix("queries/").removesuffix(".pq")] = _text(data)
    if f"report/{LAYOUT}.json" in files:
        _sections(made, json.loads(files[f"report/{LAYOUT}.json"]), titles)
    return made


def _head(files: Mapping[str, bytes]) -> dict[str, Any]:
    return tomllib.loads(files.get("template.toml", b"").decode())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _said(data: bytes) -> str:
    """Return how a person would call a visual: its kind with its title, as far as it has one."""
    content = json.loads(data)
    visual = content.get("visual", {})
    titles = visual.get("visualContainerObjects", {}).get("title", [{}])
    text = titles[0].get("properties", {}).get("text", {}).get("expr", {}).get("Literal", {}).get("Value", "")
    kind = visual.get("visualType", "")
    return f"{kind} {text} ({content.get('name', '')[:6]})" if text else f"{kind} ({content.get('name', '')[:6]})"


def _table(made: dict[str, dict[str, str]], table: Mapping[str, Any]) -> None:
    rest = {key: value for key, value in table.items() if key not in {"measures", "columns"}}
    made.setdefault("table", {})[table["name"]] = json.dumps(rest)
    for key, what in (("measures", "measure"), ("columns", "column")):
        for item in table.get(key, ()):
            name = item["name"] if what == "measure" else f"{table['name']}[{item['name']}]"
            made.setdefault(what, {})[name] = json.dumps(item)


def _sections(made: dict[str, dict[str, str]], layout: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    for section in layout["sections"]:
        title = titles.get(section["name"], section["name"])
        made["page"][title] = json.dumps({k: v for k, v in section.items() if k != "visualContainers"})
        for number, visual in enumerate(section.get("visualContainers", ())):
            made["visual"][f"{title}: {number + 1}"] = json.dumps(visual)


def _missed(what: str, name: str, clients: Sequence[Client]) -> Iterator[str]:
    """Yield the clients that would miss something: all that have the page; those whose own rows use the rest."""
    for client in clients:
        if what == "page" and any(page.name == name for report in client.reports for page in report.pages):
            yield client.code
        elif what in {"measure", "column", "table"}:
            in_formula = any(_uses(measure.dax, what, name) for measure in client.measures)
            if in_formula or name in _fields(client):
                yield client.code


def _fields(client: Client) -> set[str]:
    visuals = [v for report in client.reports for page in report.pages for v in page.visuals]
    return {field for v in visuals for field in (*v.values, *v.category, *((v.series,) if v.series else ()))}


def _uses(formula: str, what: str, name: str) -> bool:
    used = dax.references(formula)
    columns = {f"{table}[{column}]".casefold() for table, column in used.columns}
    tables = {table.casefold() for table in (*used.tables, *(table for table, _ in used.columns))}
    names = {"measure": {each.casefold() for each in used.measures}, "column": columns, "table": tables}
    return name.casefold() in names[what]
