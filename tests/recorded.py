"""What is recorded of the reports of an office that asks for all there is.

``golden/words.txt`` has the words of Power BI's own formats that they are written in. Power BI passes over a word that
it does not know, so a slip of the pen in one shows only as a colour, a filter or a format that is not there. Those that
are recorded were judged by Microsoft's schemas and validators (``tests/conformance``).

``golden/rows.md`` has the rows of tables that read nothing: lines of statements, classes, choices of slicers, checks.

Renew both with ``python tests/recorded.py`` after a change that is meant; ``git diff`` shows what changed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import tempfile
from pathlib import Path

import bundles

from generator import catalogue
from generator.build import build
from generator.preview import m
from generator.spec.example_logos import example_logos

GOLDEN = Path(__file__).with_name("golden")
WORDS, ROWS = GOLDEN / "words.txt", GOLDEN / "rows.md"
TODAY = dt.date(2026, 11, 24)
MOST = 60  # rows that are recorded in full
OFFICE = """
## Kantoor
| Naam | Taal | Geconsolideerde URL | Logo |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 | logo-kantoor.png |
## Klanten
| Code | Naam | URL | Budgetscenario | Thema |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 | B26 | koper |
## Administraties
| Klant | Code | Naam |
| bakker | `710001` | Bakkerij |
| bakker | `710002` | Winkel |
## Meetwaarden
| Klant | Naam | DAX | Opmaak | Map | Omschrijving |
| bakker | Omzet per dag | DIVIDE ( [Netto-omzet], 30 ) | #,0.00 | Eigen | Omzet gedeeld door dertig |
## Teksten
| Klant | Rapport | Pagina | Tekst |
| bakker | financieel | Toelichting | De omzet groeit. |
## Tabellen
| Klant | Entiteit | Naam | Kolommen | Filter |
| bakker | ExactOnlineREST.CRM.Accounts | Relatielijst | ID, Code, Name, City | City = Utrecht |
## Onderling
| Klant | Relatie | Met |
| bakker | 20 | 710002 |
## Toegang
| Klant | E-mail | Rol | Administraties |
| bakker | a@bakker.example | Viewer | 710001 |
"""
FIXED = re.compile(r"[$@A-Za-z][\w.-]*|#[0-9A-F]{6}|-?\d+[DL]|true|false|null|'(?:\w+|#[0-9A-F]{6})'|\d[\d.]*(?:pt)?")
ALWAYS = {"$schema", "formatString", "fontFamily"}
NAMED = {  # what stands there is a name out of templates or workbook, or made of one
    "Property", "Entity", "queryRef", "nativeQueryRef", "displayName", "name", "ItemName", "metadata", "id", "column",
    "fromColumn", "toColumn", "fromTable", "toTable", "table", "sourceColumn", "sortByColumn", "pageOrder", "path",
    "activePageName", "source", "target", "description", "expression", "lineageTag", "displayFolder", "queryGroup",
    "filterExpression", "boundFilter",
}  # fmt: skip
PLACES = {"x", "y", "z", "width", "height", "tabOrder", "ordinal"}  # numbers that say where something stands
SAID = re.compile(
    "/(?:altText|text|Where/.*Values?|navigationSection|textRuns/value)(?:/|$)"
)  # to readers, or to filter on


def reports(known) -> str:
    """Return rows that choose every report of the templates."""
    rows = [
        f"| {'bakker' if report.scope == 'client' else '_office'} | {name} |" for name, report in known.reports.items()
    ]
    return "## Rapporten\n| Klant | Rapport |\n" + "\n".join(rows) + "\n"


def visuals(known) -> str:
    """Return a row for a visual of each kind, with all that it takes."""
    rows = ["## Visuals", "| Klant | Rapport | Pagina | Soort | Titel | Waarden | Categorie | Reeks |"]
    for kind, template in known.visuals.items():
        if "size" in template:
            roles = template["roles"]
            cells = ("Netto-omzet, Brutomarge, Omzet per dag", "Administratie[Naam]", "Datum[Maand]")
            named = zip(("values", "category", "series"), cells, strict=True)
            filled = (cell if role in roles else "" for role, cell in named)
            rows.append(f"| bakker | financieel | Eigen | {kind} | Titel | {' | '.join(filled)} |")
    return "\n".join(rows) + "\n"


def _words(document, place="", key=""):
    """Yield each word of a document with its place: names of properties, and what is said by a fixed word."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _words(value, f"{place}/{name}", name)
    elif isinstance(document, list):
        for value in document:
            yield from _words(value, place, key)
    elif _is_fixed(document if isinstance(document, str) else json.dumps(document), place, key):
        yield f"{place} = {document}"
    else:
        yield place


def _is_fixed(text: str, place: str, key: str) -> bool:
    if key in PLACES:
        return False
    if key == "name":
        return place.endswith("/annotations/name")
    return key in ALWAYS or (key not in NAMED and not SAID.search(place) and FIXED.fullmatch(text) is not None)


def built(folder: Path) -> list:
    """Return all reports of an office that asks for all there is."""
    for name, picture in example_logos().items():
        (folder / name).write_bytes(picture)
    known = catalogue.load()
    loaded = bundles.load(folder, OFFICE + reports(known) + visuals(known))
    return [report for code in ("bakker", "_office") for report in build(bundles.client(loaded, code), known).reports]


def words(made: list) -> list[str]:
    """Return the words of reports, in order."""
    found = set()
    for report in made:
        found.update(f"model{word}" for word in _words(report.database))
        for path, document in report.layer.definition.items():
            kind = document.get("visual", {}).get("visualType") or Path(path).stem
            found.update(f"{kind}{word}" for word in _words(document))
    return sorted(found)


def rows(made: list) -> list[str]:
    """Return the tables that read nothing, as Markdown: those of the first report that has them."""
    found: dict[str, list[str]] = {}
    for report in made:
        queries = m.Queries({query.name: query.expression for query in report.queries}, _nothing, TODAY)
        for query in report.queries:
            if query.kind == "table" and query.name not in found:
                with contextlib.suppress(_ReadsError):
                    found[query.name] = _markdown(queries.table(query.name))
    return [line for name in sorted(found) for line in ("", f"## {name}", *found[name])][1:]


class _ReadsError(Exception):
    """A table reads the database."""


def _nothing(entity: str):
    raise _ReadsError(entity)


def _markdown(table) -> list[str]:
    lines = [
        f"| {' | '.join('' if row[name] is None else str(row[name]) for name in table.columns)} |" for row in table.rows
    ]
    if len(lines) > MOST:
        lines = [*lines[:2], f"… {len(lines) - 4} more", *lines[-2:]]
    return [f"| {' | '.join(table.columns)} |", *lines]


def made(folder: Path) -> dict[Path, list[str]]:
    """Return what is recorded, by its file."""
    reports = built(folder)
    return {WORDS: words(reports), ROWS: rows(reports)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for path, lines in made(Path(place)).items():
            path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
