"""Two versions of a bundle, piece by piece: M and DAX line by line, tables, pages and visuals by what differs."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.diff.content import Content, PageView, UnreadableError, VisualView, content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CREATE, CHANGE, REMOVE = "create", "change", "remove"
_TEXTS = ("setup.md", "on-startup.sql")
_TITLED = ".Report/.platform"
_CONTEXT = 3  # lines around a change, as ``diff -u`` shows


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that differs. ``kind`` is create, change or remove; ``lines`` are a unified diff without its head.

    ``what`` is report, query, measure, role, table, column, relationship, page, visual, order, theme, logo or file;
    ``parts`` are (what, from, to) of what changed in words. ``breaking`` marks what a reader of the published report
    would miss.
    """

    report: str
    what: str
    name: str
    kind: str
    page: str = ""
    lines: tuple[str, ...] = ()
    parts: tuple[tuple[str, str, str], ...] = ()
    breaking: bool = False

    def document(self) -> dict[str, Any]:
        """Return the piece as a JSON object."""
        return {
            "report": self.report,
            "what": self.what,
            "name": self.name,
            "kind": self.kind,
            "page": self.page,
            "breaking": self.breaking,
            "diff": list(self.lines),
            "changed": [{"what": what, "from": old, "to": new} for what, old, new in self.parts],
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes in a bundle; ``unreadable`` are templates on disk that can't be read, and count as not there."""

    client: str
    status: str
    pieces: tuple[Piece, ...] = ()
    edited: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = field(default_factory=tuple)


def difference(client: str, status: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Difference:
    """Compare two versions of a bundle's files; only ``.pbit`` files and what a person reads are looked at."""
    before, unreadable = _reports(client, old)
    after, _ = _reports(client, new)
    pieces = [*_titles(old, new), *_all(before, after), *_texts(old, new)]
    return Difference(client, status, tuple(pieces), unreadable=tuple(unreadable))


def _reports(client: str, files: Mapping[str, bytes]) -> tuple[dict[str, Content], list[str]]:
    found, unreadable = {}, []
    for path, data in files.items():
        if path.endswith(".pbit"):
            try:
                found[path.removesuffix(".pbit").removeprefix(f"{client}-")] = content(data)
            except UnreadableError:
                unreadable.append(path)
    return found, unreadable


def _titles(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[Piece]:
    """Yield reports that are called otherwise; what they are called stands above each query too, and is told once."""
    for path in new:
        if path.endswith(_TITLED) and path in old:
            was, now = _title(old[path]), _title(new[path])
            if was != now:
                report = path.removesuffix(_TITLED)
                yield Piece(report, "report", report, CHANGE, parts=(("title", was, now),))


def _title(platform: bytes) -> str:
    try:
        return str(json.loads(platform)["metadata"]["displayName"])
    except (ValueError, KeyError, TypeError):
        return ""


def _all(before: Mapping[str, Content], after: Mapping[str, Content]) -> Iterator[Piece]:
    for name in [*after, *(name for name in before if name not in after)]:
        if name not in before:
            yield Piece(name, "report", name, CREATE)
        elif name not in after:
            yield Piece(name, "report", name, REMOVE, breaking=True)
        yield from _report(name, before.get(name, Content()), after.get(name, Content()))


def _report(name: str, old: Content, new: Content) -> Iterator[Piece]:
    yield from _coded(
        name, "query", *({key: _headless(text) for key, text in one.queries.items()} for one in (old, new))
    )
    yield from _coded(name, "measure", old.measures, new.measures)
    yield from _properties(name, old, new)
    yield from _coded(name, "role", old.roles, new.roles)
    tables = (dict.fromkeys(old.tables, ""), dict.fromkeys(new.tables, ""))
    yield from _listed(name, "table", *tables)
    yield from _listed(name, "column", old.columns, new.columns)
    yield from _listed(name, "relationship", old.relationships, new.relationships)
    yield from _pages(name, old.pages, new.pages)
    for what, was, now in (("theme", old.theme, new.theme), ("logo", old.logo, new.logo)):
        if was != now:
            yield Piece(name, what, now or was, _kind(was, now), parts=((what, was, now),))


def _kind(old: object, new: object) -> str:
    return CREATE if not old else REMOVE if not new else CHANGE


def _coded(report: str, what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Piece]:
    """Yield formulas that differ, in the order of the new version, those that are gone last."""
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(name), new.get(name)
        if was != now:
            kind = CREATE if was is None else REMOVE if now is None else CHANGE
            breaking = kind == REMOVE and what == "measure"
            yield Piece(report, what, name, kind, lines=_lines(was or "", now or ""), breaking=breaking)


def _lines(old: str, new: str) -> tuple[str, ...]:
    whole = difflib.unified_diff(_split(old), _split(new), n=_CONTEXT, lineterm="")
    return tuple(whole)[2:]  # without the two lines that name files


def _headless(source: str) -> str:
    """Return a query without the comment above it, which names client and report."""
    head, _, rest = source.partition("\n")
    return rest if head.startswith("//") else source


def _split(text: str) -> list[str]:
    return text.rstrip("\n").split("\n") if text else []


def _properties(report: str, old: Content, new: Content) -> Iterator[Piece]:
    for name, now in new.properties.items():
        was = old.properties.get(name)
        parts = tuple((key, was[key], now[key]) for key in now if was and was[key] != now[key])
        if parts:
            yield Piece(report, "measure", name, CHANGE, parts=parts)


def _listed(report: str, what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Piece]:
    yield from (Piece(report, what, name, CREATE) for name in new if name not in old)
    for name, was in old.items():
        if name not in new:
            yield Piece(report, what, name, REMOVE, breaking=what != "relationship")
        elif new[name] != was:
            yield Piece(report, what, name, CHANGE, parts=(("type", was, new[name]),))


def _pages(report: str, old: Mapping[str, PageView], new: Mapping[str, PageView]) -> Iterator[Piece]:
    for key, page in new.items():
        if key not in old:
            yield Piece(report, "page", page.title, CREATE)
        else:
            was = old[key]
            parts = [("title", was.title, page.title)] if was.title != page.title else []
            parts += [("look", "", "")] if was.look != page.look else []
            if parts:
                yield Piece(report, "page", page.title, CHANGE, parts=tuple(parts))
        yield from _visuals(report, page.title, old[key].visuals if key in old else {}, page.visuals)
    yield from (Piece(report, "page", page.title, REMOVE, breaking=True) for key, page in old.items() if key not in new)
    kept = ([key for key in old if key in new], [key for key in new if key in old])
    if kept[0] != kept[1]:
        titles = [", ".join(pages[key].title for key in keys) for pages, keys in zip((old, new), kept, strict=True)]
        yield Piece(report, "order", report, CHANGE, parts=(("order", titles[0], titles[1]),))


def _visuals(report: str, page: str, old: Mapping[str, VisualView], new: Mapping[str, VisualView]) -> Iterator[Piece]:
    for key, visual in new.items():
        if key not in old:
            told = (("fields", "", visual.fields), ("place", "", visual.place))
            yield Piece(report, "visual", _named(visual), CREATE, page, parts=told)
        elif parts := tuple(_changed(old[key], visual)):
            yield Piece(report, "visual", _named(visual), CHANGE, page, parts=parts)
    for key, visual in old.items():
        if key not in new:
            yield Piece(report, "visual", _named(visual), REMOVE, page, breaking=True)


def _named(visual: VisualView) -> str:
    return f"{visual.kind} {visual.title or visual.fields}".strip()


def _changed(old: VisualView, new: VisualView) -> Iterator[tuple[str, str, str]]:
    for key in ("kind", "title", "fields", "place"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield key, was, now
    if old.look != new.look and old.title == new.title:
        yield "look", "", ""


def _texts(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[Piece]:
    for path in _TEXTS:
        was, now = (files.get(path, b"").decode("utf-8", "replace") for files in (old, new))
        if was != now:
            yield Piece("", "file", path, _kind(was, now), lines=_lines(was, now))
