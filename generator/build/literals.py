"""The rows of tables that are written out in their query and read nothing: what the workbook and templates say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.build import group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.build.pull import Pulled
    from generator.catalogue import Catalogue, Language
    from generator.resolve.client import Client

Rows = list[dict[str, Any]]
"""Rows of a table, by column."""

VIEWER = "viewer"
INTERCOMPANY_CHECK = 20


BOTTOMLESS, TOPLESS = -100_000, 100_000  # days: no invoice is that far from its due date
WORK_AGES = ((0, 30), (31, 60), (61, 90), (91, TOPLESS), (0, 0))
"""Days since work was written; the last class is what was invoiced ahead."""
_AGES = ((BOTTOMLESS, 0), (1, 30), (31, 60), (61, 90), (91, TOPLESS))


def literal_rows(table: str, language: Language, pulled: Pulled | None, catalogue: Catalogue) -> Rows:
    """Return the rows of a table in which no client differs, by column; none for a table that is not written out.

    ``pulled`` is the model that a table of ``OF_MODEL`` is in; the rows of others do not depend on it.
    """
    if pulled is not None and table in OF_MODEL:
        return OF_MODEL[table](language, pulled)
    return _TABLES[table](language, catalogue) if table in _TABLES else []


def own_rows(table: str, client: Client, catalogue: Catalogue) -> Rows | None:
    """Return the rows of a table that says something of this client alone, or None for any other."""
    language = catalogue.languages[client.language]
    if table == "Consolidatiekolom":
        return group.columns(client, language)
    if table == "Tegenpartij":
        return group.partners(client, language, catalogue)
    return _OWN_TABLES[table](client) if table in _OWN_TABLES else None


def _definitions(language: Language, pulled: Pulled) -> Rows:
    """Return what each measure that a page shows as a number means, in the reader's language."""
    told = [
        measure
        for measure in pulled.measures
        if measure.name in pulled.shown and measure.format and measure.descriptions.get(language.code)
    ]
    folders = language.sections["folder"]
    return [
        {
            "Volgorde": number,
            "Map": folders.get(measure.folder, measure.folder),
            "Meetwaarde": measure.names.get(language.code, measure.name),
            "Definitie": measure.descriptions[language.code],
        }
        for number, measure in enumerate(told, start=1)
    ]


def _numbered(section: str, number: str, name: str) -> Callable[[Language, Catalogue], Rows]:
    """Return what makes the rows of a list of texts: a number that formulas use, a text that readers see."""

    def rows(language: Language, _: Catalogue) -> Rows:
        texts = language.sections[section]
        return [{number: int(key), name: text} for key, text in texts.items()]

    return rows


def _classes(section: str, spans: Sequence[tuple[int, int]]) -> Callable[[Language, Catalogue], Rows]:
    """Return what makes the rows of classes of days, both ends included."""

    def rows(language: Language, _: Catalogue) -> Rows:
        titles = language.sections[section]
        return [
            {"Volgorde": number, "Klasse": titles[str(number)], "Van": start, "Tot": end}
            for number, (start, end) in enumerate(spans, start=1)
        ]

    return rows


def _scenarios(_: Language, __: Catalogue) -> Rows:
    return [{"Nummer": 1}, {"Nummer": 2}]


def _divisions(client: Client) -> Rows:
    numbers = group.client_numbers(client)
    return [
        {
            "Administratie": division.code,
            "Naam": division.name,
            "Valuta": division.currency,
            "Belang": division.ownership,
            "Klantnr": numbers[division.client_code],
            "Klantcode": division.client_code,
            "Klant": division.client_name,
            "Groep": division.group,
            "Beheerder": division.manager,
        }
        for division in client.divisions
    ]


def _access(client: Client) -> Rows:
    """Return who sees which division: a viewer without divisions sees them all."""
    return [
        {"E-mail": person.email, "Administratie": code}
        for person in client.access
        if person.role.casefold() == VIEWER
        for code in person.divisions or [division.code for division in client.divisions]
    ]


def _lines(language: Language, catalogue: Catalogue) -> Rows:
    titles = language.sections["line"]
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


def _additions(_: Language, catalogue: Catalogue) -> Rows:
    """Return for each line the base lines that it adds up; a base line is its own."""
    return [
        {"Regel": line.name, "Basisregel": base}
        for line in catalogue.lines.values()
        for base in line.adds or (line.name,)
    ]


def _checks(language: Language, pulled: Pulled) -> Rows:
    """Return the checks that a client can have: intercompany only where some is described."""
    checks = language.sections["check"]
    rows = [{"Nummer": int(key), "Controle": text} for key, text in checks.items()]
    return [row for row in rows if pulled.intercompany or row["Nummer"] != INTERCOMPANY_CHECK]


OF_MODEL: dict[str, Callable[[Language, Pulled], Rows]] = {"Definities": _definitions, "Controle": _checks}
"""The tables whose rows follow from what else is in the model."""

_OWN_TABLES: dict[str, Callable[[Client], Rows]] = {
    "Administratie": _divisions,
    "Toegang": _access,
    "Benchmarkklant": group.compared,
}
_TABLES: dict[str, Callable[[Language, Catalogue], Rows]] = {
    "Rapportregel": _lines,
    "Regelopbouw": _additions,
    "Ouderdomsklasse": _classes("age", _AGES),
    "Ouderdom werk": _classes("work_age", WORK_AGES),
    "Projectcontrole": _numbered("project_check", "Nummer", "Controle"),
    "Scenario": _scenarios,
    "Onderling": _numbered("intercompany", "Nummer", "Weergave"),
    "Vergelijkingsbasis": _numbered("basis", "Nummer", "Basis"),
    "Signaal": _numbered("signal", "Nummer", "Signaal"),
    "Kengetal": _numbered("ratio", "Nummer", "Kengetal"),
    "Kasstroomregel": _numbered("cash_flow", "Nummer", "Omschrijving"),
    "Consolidatieregel": group.lines,
}
