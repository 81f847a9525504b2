"""The rows of tables that are written out in their query and read nothing: what the workbook and templates say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.build.pull import Pulled
    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

    Rows = list[dict[str, Any]]

VIEWER = "viewer"
INTERCOMPANY_CHECK = 20


BOTTOMLESS, TOPLESS = -100_000, 100_000  # days: no invoice is that far from its due date
_AGES = ((BOTTOMLESS, 0), (1, 30), (31, 60), (61, 90), (91, TOPLESS))


def literal_rows(table: str, client: Client, pulled: Pulled, catalogue: Catalogue) -> Rows:
    """Return the rows of a table, column by column; none for a table that is not written out."""
    if table == "Definities":
        return _definitions(client, pulled, catalogue)
    return _TABLES[table](client, catalogue) if table in _TABLES else []


def _definitions(client: Client, pulled: Pulled, catalogue: Catalogue) -> Rows:
    """Return what each measure that a page shows as a number means, in the reader's language."""
    shown = {*pulled.shown, *(measure.name for measure in client.measures)}
    told = [
        measure
        for measure in pulled.measures
        if measure.name in shown and measure.format and measure.descriptions.get(client.language)
    ]
    folders = catalogue.languages[client.language].sections["folder"]
    return [
        {
            "Volgorde": number,
            "Map": folders.get(measure.folder, measure.folder),
            "Meetwaarde": _spoken(measure.name, client, catalogue),
            "Definitie": measure.descriptions[client.language],
        }
        for number, measure in enumerate(told, start=1)
    ]


def _spoken(name: str, client: Client, catalogue: Catalogue) -> str:
    """Return a measure's name for a reader: the report line it begins with in the reader's language."""
    titles = catalogue.languages[client.language].sections["line"]
    line = max((line for line in titles if name.startswith(line)), key=len, default="")
    return titles[line] + name[len(line) :] if line else name


def _numbered(section: str, number: str, name: str) -> Callable[[Client, Catalogue], Rows]:
    """Return what makes the rows of a list of texts: a number that formulas use, a text that readers see."""

    def rows(client: Client, catalogue: Catalogue) -> Rows:
        texts = catalogue.languages[client.language].sections[section]
        return [{number: int(key), name: text} for key, text in texts.items()]

    return rows


def _ages(client: Client, catalogue: Catalogue) -> Rows:
    """Return the classes of days overdue, both ends included."""
    titles = catalogue.languages[client.language].sections["age"]
    return [
        {"Volgorde": number, "Klasse": titles[str(number)], "Van": start, "Tot": end}
        for number, (start, end) in enumerate(_AGES, start=1)
    ]


def _scenarios(_: Client, __: Catalogue) -> Rows:
    return [{"Nummer": 1}, {"Nummer": 2}]


def _divisions(client: Client, _: Catalogue) -> Rows:
    return [
        {
            "Administratie": division.code,
            "Naam": division.name,
            "Valuta": division.currency,
            "Belang": division.ownership,
            "Klantcode": division.client_code,
            "Klant": division.client_name,
            "Groep": division.group,
            "Beheerder": division.manager,
        }
        for division in client.divisions
    ]


def _access(client: Client, _: Catalogue) -> Rows:
    """Return who sees which division: a viewer without divisions sees them all."""
    return [
        {"E-mail": person.email, "Administratie": code}
        for person in client.access
        if person.role.casefold() == VIEWER
        for code in person.divisions or [division.code for division in client.divisions]
    ]


def _lines(client: Client, catalogue: Catalogue) -> Rows:
    titles = catalogue.languages[client.language].sections["line"]
    return [
        {
            "Regel": line.name,
            "Omschrijving": titles[line.name],
            "Volgorde": number,
            "Teken": line.sign,
            "Overzicht": line.statement,
            "Zijde": line.side or None,
            "Resultaat": line.result,
            "Subtotaal": bool(line.adds),
        }
        for number, line in enumerate(catalogue.lines.values(), start=1)
    ]


def _additions(_: Client, catalogue: Catalogue) -> Rows:
    """Return for each line the base lines that it adds up; a base line is its own."""
    return [
        {"Regel": line.name, "Basisregel": base}
        for line in catalogue.lines.values()
        for base in line.adds or (line.name,)
    ]


def _checks(client: Client, catalogue: Catalogue) -> Rows:
    """Return the checks that a client can have: intercompany only where some is described."""
    rows = _numbered("check", "Nummer", "Controle")(client, catalogue)
    return [row for row in rows if client.intercompany or row["Nummer"] != INTERCOMPANY_CHECK]


_TABLES: dict[str, Callable[[Client, Catalogue], Rows]] = {
    "Administratie": _divisions,
    "Toegang": _access,
    "Rapportregel": _lines,
    "Regelopbouw": _additions,
    "Ouderdomsklasse": _ages,
    "Scenario": _scenarios,
    "Onderling": _numbered("intercompany", "Nummer", "Weergave"),
    "Vergelijkingsbasis": _numbered("basis", "Nummer", "Basis"),
    "Signaal": _numbered("signal", "Nummer", "Signaal"),
    "Controle": _checks,
}
