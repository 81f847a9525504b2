"""The names of the contract (``INTERFACE.md``), written out once more: sheets and columns, in both languages."""

from __future__ import annotations

import pytest

from generator.spec.sheets import SHEETS

# A sheet, then its columns in order: Dutch / English, with a star where a row must have it.
CONTRACT = """
Kantoor / Office: Naam / Name *, Taal / Language, Geconsolideerde URL / Consolidated URL, Client-ID / Client ID,
  Exact-gebruiker / Exact user, Alias, Thema / Theme, Logo, Werkruimte / Workspace, Jaren historie / Years of history
Klanten / Clients: Code *, Naam / Name *, URL *, Actief / Active, Groep / Group, Beheerder / Manager,
  Client-ID / Client ID, Exact-gebruiker / Exact user, Alias, Taal / Language, Einde boekjaar / Fiscal year end,
  Jaren historie / Years of history, Budgetscenario / Budget scenario, Thema / Theme, Logo, Werkruimte / Workspace,
  Verversen / Refresh, Snelle tabellen / Fast tables
Administraties / Divisions: Klant / Client *, Code *, Naam / Name, Geconsolideerd / Consolidated, Belang / Ownership,
  Valuta / Currency
Rapporten / Reports: Klant / Client *, Rapport / Report *, Titel / Title, Pagina's / Pages
Meetwaarden / Measures: Klant / Client *, Naam / Name *, DAX *, Opmaak / Format, Map / Folder,
  Omschrijving / Description
Visuals: Klant / Client *, Rapport / Report *, Pagina / Page *, Soort / Kind *, Titel / Title, Waarden / Values,
  Categorie / Category, Reeks / Series, Positie / Position
Tabellen / Tables: Klant / Client *, Entiteit / Entity *, Naam / Name, Kolommen / Columns, Filter
Rekeningindeling / Account mapping: Klant / Client *, Van / From *, Tot / To, Regel / Line *
Onderling / Intercompany: Klant / Client *, Relatie / Relation, Rekening / Account, Met / With
Teksten / Texts: Klant / Client *, Rapport / Report *, Pagina / Page *, Tekst / Text *
Toegang / Access: Klant / Client *, E-mail *, Rol / Role *, Administraties / Divisions
"""


def sheets():
    for line in CONTRACT.replace("\n  ", " ").strip().splitlines():
        name, columns = line.split(": ")
        yield (*both(name), [(*both(each.removesuffix(" *")), each.endswith("*")) for each in columns.split(", ")])


def both(names):
    dutch, _, english = names.partition(" / ")
    return dutch, english or dutch


@pytest.mark.parametrize(("dutch", "english", "columns"), list(sheets()), ids=[dutch for dutch, _, _ in sheets()])
def test_a_sheet_has_the_names_and_the_required_columns_of_the_contract(dutch, english, columns):
    (sheet,) = [each for each in SHEETS if each.nl == dutch]
    assert sheet.en == english
    assert {(each.nl, each.en, each.required) for each in sheet.columns} == set(columns)


def test_there_is_no_other_sheet():
    assert [sheet.nl for sheet in SHEETS] == [dutch for dutch, _, _ in sheets()]
