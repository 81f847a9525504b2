"""A model as TMDL files: the text form in which Power BI projects keep what ``DataModelSchema`` holds as JSON.

Each kind of object is described once, as a ``Kind``; what its kind does not list is an error, so that nothing of a
model is left out in silence. How values are written follows Microsoft's own serialiser (TOM 19.118, measured): tabs,
a bare word for true, ``///`` for descriptions, blocks two tabs deeper, back-ticks around a block whose blanks count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.jsontext import Document, Documents
from generator.names import file_names, tmdl_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Node = Mapping[str, Any]  # an object of the JSON model, as ``json`` reads it

_FENCE = "```"
_EXPRESSIONS = frozenset({"source"})  # after "=" even where they are short
_REFERENCES = frozenset(
    {"sortByColumn", "column", "queryGroup", "relationship", "groupByColumn"}
)  # these values are names, and quoted as such
_WORDS = {  # where TMDL has another word than the JSON model
    "translatedCaption": "caption",
    "translatedDescription": "description",
    "translatedDisplayFolder": "displayFolder",
}


class _Written(str):
    """Text that is TMDL already and stands as it is: a column with its table."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of object is written.

    ``values`` stand on a line each, in this order (``description`` above the object); ``default`` is the key of the
    value that follows the name; ``children`` map a key to the kind of the object or objects under it; ``name`` is the
    key of the name, empty for an object without one; ``shape`` puts an object into these terms first; ``order`` is a
    key that sorts an object among its siblings and is not written, since in TMDL the order of lines says it.
    """

    word: str
    values: tuple[str, ...] = ()
    default: str = ""
    children: Mapping[str, Kind] = field(default_factory=dict)
    name: str = "name"
    shape: Callable[[Node], Node] | None = None
    order: str = ""


def tmdl(database: Node) -> dict[str, bytes]:
    """Write a database of the JSON model as TMDL: path inside the ``.SemanticModel`` folder → bytes (UTF-8, LF).

    Tables, roles and cultures get a file each, named after them as far as a file can be. A carriage return becomes a
    line feed, as Microsoft's serialiser does. Raises ``ValueError`` on what TMDL can't hold or this writer not know.
    """
    model = database["model"]
    head = {key: value for key, value in database.items() if key != "model"}
    files = {"database": _object(_DATABASE, head, 0), "model": _model(model)}
    for key, kind in _FILES.items():
        if objects := model.get(key):
            files[key] = ["\n".join(_objects(kind, objects, 0))[1:]]  # no blank line at the top
    for key, kind in _FOLDERS.items():
        names = file_names(item["name"] for item in model.get(key, ()))
        files |= {f"{key}/{names[item['name']]}": _object(kind, item, 0) for item in model.get(key, ())}
    return {f"definition/{path}.tmdl": ("\n".join(lines) + "\n").encode() for path, lines in sorted(files.items())}


def _model(model: Node) -> list[str]:
    """Return the lines of ``model.tmdl``: what belongs to the model itself, and the order of what has its own file."""
    elsewhere = {*_FILES, *_FOLDERS, *_UNINDENTED}
    lines = _object(_MODEL, {"name": "Model"} | {key: model[key] for key in model if key not in elsewhere}, 0)
    for key, kind in _UNINDENTED.items():
        lines += _objects(kind, model.get(key, ()), 0)
    for key, kind in _FOLDERS.items():
        references = [f"ref {kind.word} {tmdl_name(item['name'])}" for item in model.get(key, ())]
        lines += ["", *references] if references else []
    return lines


def _objects(kind: Kind, objects: Node | Iterable[Node], depth: int) -> list[str]:
    """Return the lines of objects of one kind, a blank line before each; those that models share as one piece."""
    if isinstance(objects, Documents):
        return objects.once(f"tmdl {kind.word} {depth}", lambda: ["\n".join(_listed(kind, objects, depth))])
    return _listed(kind, objects, depth)


def _listed(kind: Kind, objects: Node | Iterable[Node], depth: int) -> list[str]:
    items = [objects] if isinstance(objects, Mapping) else list(objects)
    if kind.order:
        items.sort(key=lambda item: item.get(kind.order, 0))
    return [line for item in items for line in ("", *_object(kind, item, depth))]


def _object(kind: Kind, item: Node, depth: int) -> list[str]:
    """Return the lines of one object with all that is under it; one that models share as one piece."""
    if isinstance(item, Document):
        return item.once(f"tmdl {kind.word} {depth}", lambda: ["\n".join(_lines(kind, item, depth))])
    return _lines(kind, item, depth)


def _lines(kind: Kind, item: Node, depth: int) -> list[str]:
    item = kind.shape(item) if kind.shape else item
    unknown = item.keys() - {kind.name, kind.default, kind.order, *kind.values, *kind.children}
    if unknown:
        raise ValueError(f"TMDL: {kind.word} {item.get(kind.name, '')!r} has unknown properties {sorted(unknown)}")
    tabs = "\t" * depth
    described = _text(item.get("description", "")) if "description" in kind.values else ""
    lines = [f"{tabs}/// {line}" for line in described.split("\n")] if described else []
    head = f"{kind.word} {tmdl_name(item[kind.name])}" if kind.name else kind.word
    lines += _assigned(head, _text(item.get(kind.default, "")), depth)
    for key in kind.values:
        if key in item and key != "description":
            lines += _value(key, item[key], depth + 1)
    for key, child in kind.children.items():
        lines += _objects(child, item.get(key, ()), depth + 1)
    return lines


def _value(key: str, value: object, depth: int) -> list[str]:
    """Return the lines of one property."""
    word = _WORDS.get(key, key)
    tabs = "\t" * depth
    if isinstance(value, bool):
        return [f"{tabs}{word}" if value else f"{tabs}{word}: false"]
    if isinstance(value, int | _Written):
        return [f"{tabs}{word}: {value}"]
    text = _text(value)
    if key in _REFERENCES:
        return [f"{tabs}{word}: {tmdl_name(text)}"]
    if key in _EXPRESSIONS:
        return _assigned(word, text, depth)
    if "\n" in text:
        return _assigned(word, text, depth, deeper=1)
    if text != text.strip() or text in {"", _FENCE} or text[0] == text[-1] == '"':
        text = '"' + text.replace('"', '""') + '"'
    return [f"{tabs}{word}: {text}"]


def _assigned(head: str, text: str, depth: int, deeper: int = 2) -> list[str]:
    """Return ``head = text``: on one line, as a block, or as a fenced block where blanks at an end count.

    TOM reads a block of an expression two tabs deeper; that of a property (after such a block) one tab deeper only.
    """
    tabs = "\t" * depth
    lines = text.split("\n")
    # Without a fence TMDL cuts blanks off the end of each line, the start of the first, and blank lines at both ends.
    fenced = text != text.strip() or any(line != line.rstrip() for line in lines)
    if not fenced and len(lines) == 1 and not text.startswith(_FENCE):
        return [f"{tabs}{head} = {text}" if text else f"{tabs}{head}"]
    if fenced and any(line.strip() == _FENCE for line in lines):
        raise ValueError(f"TMDL: no way to write {head}: blanks at an end, and a line of back-ticks")
    inner = tabs + "\t" * deeper
    block = [inner + line for line in lines]
    return [f"{tabs}{head} = {_FENCE}", *block, inner + _FENCE] if fenced else [f"{tabs}{head} =", *block]


def _text(value: object) -> str:
    """Return an expression or another text as one string with line feeds only."""
    if isinstance(value, list):
        value = "\n".join(value)
    if not isinstance(value, str):
        raise TypeError(f"TMDL: not a text: {value!r}")
    return re.sub("\r\n?", "\n", value)


def _column(column: Node) -> Node:
    """Put a column in TMDL's terms: its type follows from what it holds, an inferred data type is left out."""
    rest = {key: value for key, value in column.items() if key not in {"type", "isDataTypeInferred"}}
    kind = column.get("type", "data")
    known = kind in {"data", "calculated", "calculatedTableColumn"}
    if not known or any(rest.get("expression", ())) != (kind == "calculated"):
        raise ValueError(f"TMDL: not a column of a known type: {column['name']!r}")
    if column.get("isDataTypeInferred"):
        rest.pop("dataType", None)
    return rest


def _variation(variation: Node) -> Node:
    """Put the hierarchy of a date column in TMDL's terms: table and hierarchy are one value."""
    target = variation.get("defaultHierarchy")
    if not target:
        return variation
    written = _Written(f"{tmdl_name(target['table'])}.{tmdl_name(target['hierarchy'])}")
    return {**variation, "defaultHierarchy": written}


def _extended(item: Node) -> Node:
    """Put an extended property in TMDL's terms: its value is JSON, or a text that does not look like it."""
    value = item["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    if (item["type"] == "json") != (text[:1] in {"{", "["}):
        raise ValueError(f"TMDL: a value that would be read as another kind: {item['name']!r}")
    return {"name": item["name"], "value": text}


def _related(details: Node) -> Node:
    """Put the columns that a field parameter groups by in TMDL's terms: there is one."""
    (only,) = details["groupByColumns"]
    return {"groupByColumn": only["groupingColumn"]}


def _measure(measure: Node) -> Node:
    """Put a measure in TMDL's terms: its type follows from its formula."""
    return {key: value for key, value in measure.items() if key != "dataType"}


def _partition(partition: Node) -> Node:
    """Put a partition in TMDL's terms: the type of its source follows its name, the source's expression is a value."""
    source = partition["source"]
    if source["type"] not in {"m", "calculated", "calculationGroup"} or not source.keys() <= {"type", "expression"}:
        raise ValueError(f"TMDL: not a partition of a known type: {partition['name']!r}")
    rest = {key: value for key, value in partition.items() if key != "source"}
    return rest | {"type": source["type"]} | ({"source": source["expression"]} if "expression" in source else {})


def _relationship(relationship: Node) -> Node:
    """Put a relationship in TMDL's terms: each end is one value, the column with its table."""
    ends = {
        f"{end}Column": _Written(f"{tmdl_name(relationship[f'{end}Table'])}.{tmdl_name(relationship[f'{end}Column'])}")
        for end in ("from", "to")
    }
    return {key: value for key, value in relationship.items() if key not in {"fromTable", "toTable"}} | ends


def _expression(expression: Node) -> Node:
    """Put a shared expression in TMDL's terms: M is the only language there is."""
    if expression["kind"] != "m":
        raise ValueError(f"TMDL: an expression that is not M: {expression['name']!r}")
    return {key: value for key, value in expression.items() if key != "kind"}


def _linguistic(metadata: Node) -> Node:
    """Put linguistic metadata in TMDL's terms: JSON as text."""
    content = metadata["content"]
    return {**metadata, "content": content if isinstance(content, str) else json.dumps(content, indent=2)}


_ANNOTATED = {"annotations": Kind("annotation", default="value")}
_DESIGNED = {  # what Desktop notes of a design beside the model itself
    "changedProperties": Kind("changedProperty", default="property", name=""),
    "extendedProperties": Kind("extendedProperty", default="value", shape=_extended),
}
_FORMAT = {"formatStringDefinition": Kind("formatStringDefinition", default="expression", name="")}

_DATABASE = Kind("database", ("compatibilityLevel",))
_MODEL = Kind(
    "model",
    ("description", "culture", "defaultPowerBIDataSourceVersion", "discourageImplicitMeasures", "sourceQueryCulture"),
    children={"dataAccessOptions": Kind("dataAccessOptions", ("legacyRedirects", "returnErrorValuesAsNull"), name="")},
)
_MEASURE = Kind(
    "measure",
    ("description", "formatString", "isHidden", "displayFolder", "lineageTag"),
    default="expression",
    children=_FORMAT | _DESIGNED | _ANNOTATED,
    shape=_measure,
)
_COLUMN = Kind(
    "column",
    (
        *("description", "dataType", "isHidden", "isUnique", "isKey", "isNullable", "formatString"),
        *("isAvailableInMdx", "sourceProviderType", "displayFolder", "lineageTag", "dataCategory", "summarizeBy"),
        *("isNameInferred", "sourceColumn", "sortByColumn"),
    ),
    default="expression",
    children={
        "variations": Kind("variation", ("isDefault", "relationship", "defaultHierarchy"), shape=_variation),
        "relatedColumnDetails": Kind("relatedColumnDetails", ("groupByColumn",), name="", shape=_related),
    }
    | _DESIGNED
    | _ANNOTATED,
    shape=_column,
)
_LEVEL = Kind("level", ("description", "lineageTag", "column"), children=_ANNOTATED, order="ordinal")
_ITEM = Kind("calculationItem", ("description",), default="expression", children=_FORMAT, order="ordinal")
_TABLE = Kind(
    "table",
    ("description", "isHidden", "showAsVariationsOnly", "isPrivate", "lineageTag", "dataCategory"),
    children={
        "calculationGroup": Kind(
            "calculationGroup",
            ("description", "precedence"),
            children={"calculationItems": _ITEM} | _ANNOTATED,
            name="",
        ),
        "measures": _MEASURE,
        "columns": _COLUMN,
        "hierarchies": Kind(
            "hierarchy",
            ("description", "isHidden", "displayFolder", "lineageTag"),
            children={"levels": _LEVEL} | _ANNOTATED,
        ),
        "partitions": Kind(
            "partition",
            ("description", "mode", "queryGroup", "source"),
            default="type",
            children=_ANNOTATED,
            shape=_partition,
        ),
    }
    | _DESIGNED
    | _ANNOTATED,
)
_ROLE = Kind(
    "role",
    ("description", "modelPermission"),
    children={
        "tablePermissions": Kind(
            "tablePermission",
            ("metadataPermission",),
            default="filterExpression",
            children={"columnPermissions": Kind("columnPermission", default="metadataPermission")} | _ANNOTATED,
        )
    }
    | _ANNOTATED,
)
_CAPTIONS = ("translatedCaption", "translatedDescription", "translatedDisplayFolder")
_TRANSLATIONS = Kind(
    "translations",
    children={
        "model": Kind(
            "model",
            _CAPTIONS,
            children={
                "tables": Kind(
                    "table",
                    _CAPTIONS,
                    children={
                        "columns": Kind("column", _CAPTIONS),
                        "measures": Kind("measure", _CAPTIONS),
                        "hierarchies": Kind("hierarchy", _CAPTIONS, children={"levels": Kind("level", _CAPTIONS)}),
                    },
                )
            },
        )
    },
    name="",
)
_CULTURE = Kind(
    "cultureInfo",
    children={
        "translations": _TRANSLATIONS,  # TOM takes none after the linguistic metadata
        "linguisticMetadata": Kind("linguisticMetadata", ("contentType",), "content", name="", shape=_linguistic),
    }
    | _ANNOTATED,
)
_RELATIONSHIP = Kind(
    "relationship",
    (
        *("isActive", "crossFilteringBehavior", "joinOnDateBehavior", "relyOnReferentialIntegrity"),
        *("securityFilteringBehavior", "fromCardinality", "toCardinality", "fromColumn", "toColumn"),
    ),
    children=_ANNOTATED,
    shape=_relationship,
)
_EXPRESSION = Kind(
    "expression",
    ("description", "lineageTag", "queryGroup"),
    default="expression",
    children=_ANNOTATED,
    shape=_expression,
)
_FILES = {"relationships": _RELATIONSHIP, "expressions": _EXPRESSION}
_FOLDERS = {"tables": _TABLE, "roles": _ROLE, "cultures": _CULTURE}
_UNINDENTED = {"queryGroups": Kind("queryGroup", ("description",), children=_ANNOTATED, name="folder")} | _ANNOTATED
