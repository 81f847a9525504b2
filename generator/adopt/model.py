"""The model of a file, cleaned and taken apart: queries by themselves, each table by itself, the rest of the model."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.adopt import texts
from generator.adopt.package import stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.adopt.jsons import Json
    from generator.adopt.traces import Traces

_TIMES = frozenset(
    {"createdTimestamp", "lastUpdate", "lastSchemaUpdate", "lastProcessed"}
    | {"modifiedTime", "structureModifiedTime", "refreshedTime"}
)
_FORMULAS = re.compile(r"expression|\w+Expression")
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|[A-Za-z]:[\\/]|\\\\\w|/(?:Users|home)/", re.IGNORECASE)
"""An e-mail address, or a path of one computer."""

_MAX_QUERY = 1_000_000  # characters
_KNOWN = frozenset({"m", "calculated", "calculationGroup"})
OWN_ROLE, ACCESS = "Administraties", "Toegang"


@dataclass(slots=True)
class Model:
    """A model in pieces: ``database`` without tables and expressions; the M of each query by the query's name."""

    database: Json
    tables: list[Json]
    expressions: list[Json]
    queries: dict[str, str]
    dropped: list[str] = field(default_factory=list)


def take_apart(file: str, database: Json) -> Model:
    """Return the pieces of a model, without what belongs to the computer or person that made it."""
    whole = copy.deepcopy(database)
    inner = whole.get("model")
    if not isinstance(inner, dict) or not isinstance(inner.get("tables"), list):
        raise stop("B505", file)
    dropped = list(_cleaned(whole))
    made = Model(whole, inner.pop("tables"), inner.pop("expressions", []), {}, dropped)
    names = [each["name"].casefold() for each in (*made.tables, *made.expressions)]
    if len(set(names)) < len(names):
        raise stop("B506", file, part="tables", reason="2 x")
    for table in made.tables:
        for number, partition in enumerate(table["partitions"]):
            _partition(file, made, table, partition, number)
    for expression in made.expressions:
        if expression["kind"] != "m":
            raise stop("B506", file, part=expression["name"], reason=str(expression["kind"]))
        _add(file, made, expression["name"], joined(expression.pop("expression")))
    return made


def _add(file: str, made: Model, name: str, source: str) -> None:
    """Add a query; two of one name, or one that no person wrote, are no model of Desktop."""
    if len(source) > _MAX_QUERY:
        raise stop("B502", file, part=name)
    if name in made.queries:
        raise stop("B506", file, part=name, reason="2 x")
    made.queries[name] = source


def _partition(file: str, made: Model, table: Json, partition: Json, number: int) -> None:
    """Move the M of a partition to the queries."""
    source = partition["source"]
    if source["type"] == "query":
        raise stop("B508", file)
    if source["type"] not in _KNOWN:
        raise stop("B506", file, part=table["name"], reason=str(source["type"]))
    if source["type"] == "m":
        name = table["name"] if number == 0 else f"{table['name']} {number + 1}"
        _add(file, made, name, joined(source.pop("expression")))
        source["query"] = name


def joined(expression: str | list[str]) -> str:
    """Return an expression as one text with line feeds."""
    return expression if isinstance(expression, str) else "\n".join(expression)


def _cleaned(whole: Json) -> Iterator[str]:
    """Take out times, members of roles, connections, the questions people asked, and notes with names or paths."""
    model = whole["model"]
    whole.pop("name", None)
    for key in ("dataSources", "excludedArtifacts", "tmdlScripts"):
        if model.pop(key, None):
            yield f"model: {key}"
    for role in model.get("roles", ()):
        if role.pop("members", None):
            yield f"{role['name']}: members"
    kept = [role for role in model.get("roles", ()) if not _is_own(role)]
    if len(kept) < len(model.get("roles", ())):
        model["roles"] = kept
    for culture in model.get("cultures", ()):
        content = culture.get("linguisticMetadata", {}).get("content")
        if isinstance(content, dict) and content.keys() - {"Version", "Language"}:
            culture["linguisticMetadata"]["content"] = {
                key: content[key] for key in ("Version", "Language") if key in content
            }
            yield f"{culture['name']}: linguisticMetadata"
    yield from _engine(model["tables"])
    yield from _notes(whole)


def _engine(tables: list[Json]) -> Iterator[str]:
    """Take out of tables what the engine or the service adds, or what only holds for the designing client."""
    for table in tables:
        if table.pop("refreshPolicy", None):  # it holds M of its own, of the designing client's database
            yield f"{table['name']}: refreshPolicy"
        if any(column.get("type") == "rowNumber" for column in table.get("columns", ())):  # the engine's own
            table["columns"] = [column for column in table["columns"] if column.get("type") != "rowNumber"]


def _is_own(role: Json) -> bool:
    """Tell whether a role is the one that Bundel adds for the viewers of a client: it is added anew for each."""
    rows = role.get("tablePermissions", ())
    filters = [joined(row.get("filterExpression", "")) for row in rows]
    return role.get("name") == OWN_ROLE and bool(filters) and all(f"{ACCESS}[" in text for text in filters)


def _notes(value: Any) -> Iterator[str]:  # noqa: ANN401  a JSON document
    """Take times and personal annotations out of an object and all under it."""
    if isinstance(value, list):
        for item in value:
            yield from _notes(item)
    if not isinstance(value, dict):
        return
    for key in _TIMES & value.keys():
        del value[key]
    if isinstance(value.get("annotations"), list):
        personal = [row for row in value["annotations"] if _PERSONAL.search(joined(row.get("value", "")))]
        value["annotations"] = [row for row in value["annotations"] if row not in personal]
        yield from (f"annotation: {row.get('name', '')}" for row in personal)
        if not value["annotations"]:
            del value["annotations"]
    for item in value.values():
        yield from _notes(item)


def marked(value: Any, traces: Traces) -> Any:  # noqa: ANN401  a JSON document
    """Return a piece of a model with the designing client's values in formulas and texts marked.

    Lines end in a line feed only: the form in which a project keeps a model holds no other.
    """
    return _mapped(
        value,
        "",
        lambda text: texts.formula(_unix(text), traces),
        lambda text: texts.marked(traces.pieces(_unix(text))),
    )


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _mapped(value: Any, key: str, formula: Callable[[str], str], text: Callable[[str], str]) -> Any:  # noqa: ANN401  a JSON document
    if _FORMULAS.fullmatch(key) and (isinstance(value, str) or _is_lines(value)):
        new = formula(joined(value))
        return new if isinstance(value, str) else new.split("\n")
    if isinstance(value, dict):
        return {name: _mapped(item, name, formula, text) for name, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, key, formula, text) for item in value]
    return text(value) if isinstance(value, str) else value


def _is_lines(value: Any) -> bool:  # noqa: ANN401  a JSON document
    return isinstance(value, list) and all(isinstance(line, str) for line in value)
