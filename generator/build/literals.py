"""The rows of tables that are written out in their query and read nothing: what the workbook and templates say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

    Rows = list[dict[str, Any]]

VIEWER = "viewer"


def literal_rows(table: str, client: Client, catalogue: Catalogue) -> Rows:
    """Return the rows of a table, column by column; none for a table that is not written out."""
    return _TABLES[table](client, catalogue) if table in _TABLES else []


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


_TABLES: dict[str, Callable[[Client, Catalogue], Rows]] = {
    "Administratie": _divisions,
    "Toegang": _access,
    "Rapportregel": _lines,
    "Regelopbouw": _additions,
}
