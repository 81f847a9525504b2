"""A report's pages and visuals out of its PBIR files, whoever wrote them.

What a visual says of itself stays as it is in the file; ``literals`` gets values out of it. Anything that is not as the
format has it is passed over: a page of others is drawn as far as it goes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.preview.literals import parsed, properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Json = dict[str, Any]

FUNCTIONS = ("SUM", "AVERAGE", "DISTINCTCOUNT", "MIN", "MAX", "COUNTA", "MEDIAN", "STDEV.P", "VAR.P")
"""DAX functions by the number that an aggregation has in a visual."""


@dataclass(frozen=True, slots=True)
class Field:
    """A measure, a column, or an aggregate of one; ``function`` is empty but for an aggregate."""

    table: str
    name: str
    is_measure: bool = False
    function: str = ""

    @property
    def is_value(self) -> bool:
        """Tell whether the field is computed, not grouped by."""
        return self.is_measure or bool(self.function)


@dataclass(frozen=True, slots=True)
class Projection:
    """A field in a role of a visual: what it is called there, and how visuals' objects point at it."""

    field: Field
    reference: str
    title: str
    format: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page, in its own pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter keeps: values of a column, or a comparison of a field with a value."""

    field: Field
    values: tuple[Any, ...] | None = None
    comparison: int | None = None  # 0 is equal, 1 above, 2 from, 3 below, 4 up to
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Visual:
    """A visual of a page, in the order it is drawn and read."""

    name: str
    kind: str
    box: Box
    order: float
    tab: float
    phone: Box | None = None
    roles: Mapping[str, tuple[Projection, ...]] = field(default_factory=dict)
    objects: Json = field(default_factory=dict)
    container: Json = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()
    sort: tuple[tuple[Field, bool], ...] = ()

    def fields(self, *roles: str) -> tuple[Projection, ...]:
        """Return the fields in roles, in order."""
        return tuple(each for role in roles for each in self.roles.get(role, ()))


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its visuals from back to front."""

    name: str
    title: str
    width: float
    height: float
    hidden: bool
    visuals: tuple[Visual, ...]
    filters: tuple[Filter, ...] = ()
    objects: Json = field(default_factory=dict)
    unfiltered: frozenset[tuple[str, str]] = frozenset()  # (slicer, visual that its choice leaves alone)
    drill_through: tuple[Field, ...] = ()  # what a reader comes from


@dataclass(frozen=True, slots=True)
class Report:
    """Pages in order, themes from the base up, and the files that pages show."""

    pages: tuple[Page, ...]
    themes: tuple[Json, ...]
    resources: Mapping[str, bytes]
    filters: tuple[Filter, ...] = ()


def read(files: Mapping[str, bytes]) -> Report:
    """Return the report in the files of a report folder, by their path below it with ``/`` between folders."""
    report = _json(files.get("definition/report.json", b""))
    order = _json(files.get("definition/pages/pages.json", b"")).get("pageOrder", [])
    found = sorted(
        {path.split("/")[2] for path in files if path.startswith("definition/pages/") and "/page.json" in path}
    )
    names = [name for name in order if name in found] + [name for name in found if name not in order]
    resources = {path.rsplit("/", 1)[-1]: data for path, data in files.items() if path.startswith("StaticResources/")}
    return Report(
        tuple(_page(name, files) for name in names),
        tuple(_themes(report.get("themeCollection", {}), resources)),
        resources,
        tuple(_filters(report.get("filterConfig"))),
    )


def _json(data: bytes) -> Json:
    try:
        found = json.loads(data.decode("utf-8-sig")) if data else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _themes(collection: Json, resources: Mapping[str, bytes]) -> Iterator[Json]:
    for key in ("baseTheme", "customTheme"):
        name = collection.get(key, {}).get("name", "")
        data = resources.get(name) or resources.get(f"{name}.json")
        if data:
            yield _json(data)


def _page(name: str, files: Mapping[str, bytes]) -> Page:
    folder = f"definition/pages/{name}/"
    page = _json(files.get(f"{folder}page.json", b""))
    raw = {
        path.split("/")[4]: _json(data)
        for path, data in files.items()
        if path.startswith(f"{folder}visuals/") and path.endswith("/visual.json")
    }
    groups = {each.get("name", key): each for key, each in raw.items() if "visualGroup" in each}
    visuals = [
        _visual(key, each, groups, _json(files.get(f"{folder}visuals/{key}/mobile.json", b"")))
        for key, each in raw.items()
        if "visual" in each and not each.get("isHidden")
    ]
    return Page(
        name,
        str(page.get("displayName", name)),
        float(page.get("width", 1280)),
        float(page.get("height", 720)),
        page.get("visibility") == "HiddenInViewMode",
        tuple(sorted(visuals, key=lambda visual: (visual.order, visual.tab, visual.name))),
        tuple(_filters(page.get("filterConfig"))),
        page.get("objects", {}),
        frozenset(
            (str(each.get("source")), str(each.get("target")))
            for each in page.get("visualInteractions", ())
            if each.get("type") == "NoFilter"
        ),
        tuple(_drill_through(page.get("filterConfig"))),
    )


def _visual(key: str, raw: Json, groups: Mapping[str, Json], phone: Json) -> Visual:
    inner, position = raw["visual"], raw.get("position", {})
    x, y = _offset(raw, groups)
    query = inner.get("query", {})
    return Visual(
        str(raw.get("name", key)),
        str(inner.get("visualType", "")),
        Box(x, y, position.get("width", 0), position.get("height", 0)),
        position.get("z", 0),
        position.get("tabOrder", position.get("z", 0)),
        _box(phone["position"]) if "position" in phone else None,
        {role: tuple(_projections(state)) for role, state in query.get("queryState", {}).items()},
        inner.get("objects", {}),
        inner.get("visualContainerObjects", {}),
        (*_filters(raw.get("filterConfig")), *_chosen(inner)),
        tuple(_sort(query.get("sortDefinition", {}))),
    )


def _box(position: Json) -> Box:
    return Box(*(position.get(key, 0) for key in ("x", "y", "width", "height")))


def _offset(raw: Json, groups: Mapping[str, Json]) -> tuple[float, float]:
    """Return the place on the page: that of a visual in a group is told from the group's corner."""
    x = y = 0.0
    seen: set[str] = set()
    while True:
        position = raw.get("position", {})
        x, y = x + position.get("x", 0), y + position.get("y", 0)
        parent = raw.get("parentGroupName", "")
        if parent not in groups or parent in seen:
            return x, y
        seen.add(parent)
        raw = groups[parent]


def _projections(state: Json) -> Iterator[Projection]:
    for each in state.get("projections", ()):
        found = field_of(each.get("field", {}))
        if found:
            title = each.get("displayName") or each.get("nativeQueryRef") or found.name
            yield Projection(
                found, each.get("queryRef", ""), str(title), each.get("format", ""), bool(each.get("active", True))
            )


def parts(expression: Json) -> tuple[str, Json]:
    """Return the kind of an expression and what it says; nothing for an empty one."""
    kind, body = next(iter(expression.items()), ("", None))
    return kind, body if isinstance(body, dict) else {}


def field_of(expression: Json, aliases: Mapping[str, str] | None = None) -> Field | None:
    """Return the field that an expression names, or None for one that names none that we know."""
    kind, body = parts(expression)
    if kind == "Aggregation":
        inner = field_of(body.get("Expression", {}), aliases)
        number = body.get("Function", 0)
        if inner is None or not 0 <= number < len(FUNCTIONS):
            return None
        return Field(inner.table, inner.name, function=FUNCTIONS[number])
    if kind == "HierarchyLevel":
        hierarchy = body.get("Expression", {}).get("Hierarchy", {})
        table = _table(hierarchy.get("Expression", {}), aliases)
        return Field(table, str(body.get("Level", ""))) if table else None
    if kind not in {"Column", "Measure"}:
        return None
    table = _table(body.get("Expression", {}), aliases)
    return Field(table, str(body.get("Property", "")), is_measure=kind == "Measure") if table else None


def _table(expression: Json, aliases: Mapping[str, str] | None) -> str:
    reference = expression.get("SourceRef", {})
    return str(reference.get("Entity") or (aliases or {}).get(reference.get("Source", ""), ""))


def _sort(definition: Json) -> Iterator[tuple[Field, bool]]:
    for each in definition.get("sort", ()):
        found = field_of(each.get("field", {}))
        if found:
            yield found, each.get("direction") == "Descending"


def _chosen(inner: Json) -> Iterator[Filter]:
    """Yield what is chosen in a slicer; it stands among its objects."""
    if "slicer" not in str(inner.get("visualType", "")).lower():
        return
    for group in inner.get("objects", {}).get("general", ()):
        chosen = properties(group).get("filter", {}).get("filter")
        if isinstance(chosen, dict):
            yield from _conditions(chosen)


def _filters(config: Json | None) -> Iterator[Filter]:
    for each in (config or {}).get("filters", ()):
        if isinstance(each.get("filter"), dict):
            yield from _conditions(each["filter"])


def _drill_through(config: Json | None) -> Iterator[Field]:
    for each in (config or {}).get("filters", ()):
        found = field_of(each.get("field", {}), {}) if each.get("howCreated") == "Drillthrough" else None
        if found:
            yield found


def _conditions(body: Json) -> Iterator[Filter]:
    aliases = {each.get("Name", ""): each.get("Entity", "") for each in body.get("From", ())}
    for each in body.get("Where", ()):
        yield from _condition(each.get("Condition", {}), aliases)


def _condition(condition: Json, aliases: Mapping[str, str], *, inverted: bool = False) -> Iterator[Filter]:
    kind, body = parts(condition)
    if kind == "And":
        for side in ("Left", "Right"):
            yield from _condition(body.get(side, {}), aliases)
    elif kind == "Not":
        yield from _condition(body.get("Expression", {}), aliases, inverted=not inverted)
    elif kind == "In":
        expressions = body.get("Expressions", [])
        found = field_of(expressions[0], aliases) if len(expressions) == 1 else None
        if found:
            listed = tuple(_literals(row[0] for row in body.get("Values", ()) if row))
            yield Filter(found, listed, inverted=inverted)
    elif kind == "Comparison":
        found = field_of(body.get("Left", {}), aliases)
        if found:
            listed = tuple(_literals([body.get("Right", {})]))
            yield Filter(found, listed, body.get("ComparisonKind", 0), inverted)


def _literals(expressions: Iterable[Json]) -> Iterator[Any]:
    for each in expressions:
        yield parsed(each.get("Literal", {}).get("Value", "null"))
