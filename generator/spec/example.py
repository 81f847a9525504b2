"""The rows of the example office, as they are typed in the workbook, and of the first rows of an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.spec.kinds import CHOICES
from generator.spec.sheets import BY_KEY, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.spec.writer import Rows

_EXAMPLE: Rows = {
    "office": (
        {
            "name": "Van Dam & Zn. accountants",
            "language": "nl",
            "consolidated_url": "https://bridge-online.cloud/vd-kantoor/odata4",
            "client_id": "6b1c5d1e-0a57-4c1f-9d42-3f0e6a7c1000",
            "exact_user": "powerbi.kantoor@vandam.example",
            "logo": "logo-kantoor.png",
        },
    ),
    "clients": (
        {
            "code": "bakker",
            "name": "Bakkerij De Korenaar B.V.",
            "url": "https://bridge-online.cloud/vd-bakker/odata4",
            "group": "mkb",
            "manager": "Jan",
            "client_id": "6b1c5d1e-0a57-4c1f-9d42-3f0e6a7c1001",
            "exact_user": "powerbi.bakker@vandam.example",
            "workspace": "Klant Bakker",
            "refresh": "06:30, 12:30",
        },
        {
            "code": "groep-zuid",
            "name": "Groep Zuid Holding B.V.",
            "url": "https://bridge-online.cloud/vd-groepzuid/odata4",
            "group": "groepen",
            "manager": "Fatima",
            "client_id": "6b1c5d1e-0a57-4c1f-9d42-3f0e6a7c1002",
            "exact_user": "powerbi.groepzuid@vandam.example",
            "years": 4,
            "refresh": "07:00",
        },
        {
            "code": "hockeyclub",
            "name": "Hockeyclub De Linie",
            "url": "https://bridge-online.cloud/vd-hockeyclub/odata4",
            "group": "verenigingen",
            "manager": "Jan",
            "client_id": "6b1c5d1e-0a57-4c1f-9d42-3f0e6a7c1003",
            "exact_user": "powerbi.hockeyclub@vandam.example",
            "budget_scenario": "BUDGET",
            "fiscal_year_end": "06-30",
            "refresh": "07:30",
        },
        {
            "code": "oneill",
            "name": "O'Neill & Sons Ltd",
            "url": "https://bridge-online.cloud/vd-oneill/odata4",
            "group": "mkb",
            "manager": "Fatima",
            "client_id": "6b1c5d1e-0a57-4c1f-9d42-3f0e6a7c1004",
            "exact_user": "powerbi.oneill@vandam.example",
            "language": "en",
            "workspace": "Klant O'Neill",
            "refresh": "06:30",
        },
        {
            "code": "garage",
            "name": "Garage Van Vliet",
            "url": "https://bridge-online.cloud/vd-garage/odata4",
            "group": "mkb",
            "manager": "Jan",
            "client_id": "6b1c5d1e-0a57-4c1f-9d42-3f0e6a7c1005",
            "exact_user": "powerbi.garage@vandam.example",
            "theme": "koper",
            "logo": "logo-garage.png",
            "refresh": "08:00",
        },
        {
            "code": "oud-klant",
            "name": "Drukkerij Oud B.V.",
            "url": "https://bridge-online.cloud/vd-drukkerij/odata4",
            "active": "nee",
            "group": "mkb",
            "manager": "Jan",
        },
    ),
    "divisions": (
        {"client": "bakker", "code": 710001, "name": "Bakkerij De Korenaar B.V."},
        {"client": "groep-zuid", "code": 730001, "name": "Groep Zuid Holding B.V."},
        {"client": "groep-zuid", "code": 730002, "name": "Zuid Transport B.V."},
        {"client": "groep-zuid", "code": 730003, "name": "Zuid Vastgoed B.V.", "ownership": 0.6},
        {"client": "hockeyclub", "code": 740001, "name": "Hockeyclub De Linie"},
        {"client": "oneill", "code": 750001, "name": "O'Neill Netherlands B.V.", "currency": "EUR"},
        {"client": "oneill", "code": 750002, "name": "O'Neill & Sons Ltd", "currency": "GBP"},
        {"client": "garage", "code": 760001, "name": "Garage Van Vliet"},
        {"client": "oud-klant", "code": 770001, "name": "Drukkerij Oud B.V.", "consolidated": "nee"},
    ),
    "reports": (
        {"client": "*", "report": "financieel"},
        {
            "client": "bakker",
            "report": "financieel",
            "title": "Cijfers van de bakker",
            "pages": "Samenvatting, Winst-en-verlies, Balans, Debiteuren, Verantwoording",
        },
        {"client": "garage", "report": "projecten_uren"},
        {"client": "groep-zuid", "report": "debiteuren_crediteuren"},
        {"client": "oneill", "report": "debiteuren_crediteuren"},
        {"client": "oneill", "report": "voorraad"},
        {"client": "groep-zuid", "report": "omzet"},
        {"client": "_office", "report": "kantoor"},
    ),
    "measures": (
        {
            "client": "garage",
            "name": "Omzet per boekstuk",
            "dax": "DIVIDE ( [Netto-omzet], [Aantal boekstukken] )",
            "format": "#,0",
            "folder": "Werkplaats",
            "description": "De netto-omzet gedeeld door het aantal boekstukken in de selectie.",
        },
        {
            "client": "garage",
            "name": "Brutomarge %",
            "dax": "DIVIDE ( [Brutomarge], [Netto-omzet], 0 )",
            "format": "0.0%",
            "description": "De brutomarge als deel van de netto-omzet; 0 % in een maand zonder omzet.",
        },
    ),
    "visuals": (
        {
            "client": "garage",
            "report": "financieel",
            "page": "Werkplaats",
            "kind": "cardVisual",
            "title": "Omzet per boekstuk",
            "values": "Omzet per boekstuk",
        },
        {
            "client": "garage",
            "report": "financieel",
            "page": "Werkplaats",
            "kind": "lineChart",
            "title": "Omzet per boekstuk per maand",
            "values": "Omzet per boekstuk",
            "category": "Datum[JaarMaand]",
        },
    ),
    "tables": (
        {
            "client": "garage",
            "entity": "ExactOnlineREST.Financial.Journals",
            "name": "Dagboeken",
            "columns": "Code, Description, Type",
            "filter": "Type eq 20",
        },
    ),
    "mappings": (
        {"client": "bakker", "start": "4500", "end": "4599", "line": "Personeelskosten"},
    ),
    "intercompany": (
        {"client": "groep-zuid", "relation": "90001", "partner": 730001},
        {"client": "groep-zuid", "relation": "90002", "partner": 730002},
        {"client": "groep-zuid", "relation": "90003", "partner": 730003},
    ),
    "texts": (
        {
            "client": "garage",
            "report": "financieel",
            "page": "Samenvatting",
            "text": "De omzet van de werkplaats groeit. De voorraad onderdelen vraagt aandacht: zij groeit sneller.",
        },
    ),
    "access": (
        {"client": "bakker", "email": "directie@korenaar.example", "role": "Viewer"},
        {"client": "groep-zuid", "email": "directie@groepzuid.example", "role": "Viewer"},
        {
            "client": "groep-zuid",
            "email": "planning@groepzuid.example",
            "role": "Viewer",
            "divisions": "730002",
        },
        {"client": "groep-zuid", "email": "fatima@vandam.example", "role": "Contributor"},
    ),
}  # fmt: skip

_FIRST_ROWS: Mapping[str, Rows] = {
    "nl": {
        "office": ({"name": "Naam van uw kantoor", "language": "nl"},),
        "clients": (
            {
                "code": "voorbeeld",
                "name": "Voorbeeld B.V.",
                "url": "https://bridge-online.cloud/voorbeeld/odata4",
                "refresh": "06:30, 12:30",
            },
        ),
        "divisions": ({"client": "voorbeeld", "code": 123456, "name": "Voorbeeld B.V."},),
        "reports": ({"client": "*", "report": "financieel"},),
    },
    "en": {
        "office": ({"name": "Name of your office", "language": "en"},),
        "clients": (
            {
                "code": "example",
                "name": "Example Ltd",
                "url": "https://bridge-online.cloud/example/odata4",
                "refresh": "06:30, 12:30",
            },
        ),
        "divisions": ({"client": "example", "code": 123456, "name": "Example Ltd"},),
        "reports": ({"client": "*", "report": "financieel"},),
    },
}


def example_rows(language: str) -> Rows:
    """Return a complete office of six clients: every sheet has rows, and all of it can be tried."""
    rows = {key: tuple(_spoken(key, row, language) for row in sheet) for key, sheet in _EXAMPLE.items()}
    return rows | {"office": ({**rows["office"][0], "language": language},)}


def first_rows(language: str) -> Rows:
    """Return the example row of an empty workbook, on the sheets that every office fills in."""
    return _FIRST_ROWS[language]


def _spoken(sheet: str, row: Mapping[str, str | float], language: str) -> dict[str, str | float]:
    """Return a row with its drop-down values in a language."""
    spoken = dict(row)
    for key, value in row.items():
        kind = columns_of(BY_KEY[sheet])[key].kind
        if kind in CHOICES and value in CHOICES[kind]["nl"]:
            spoken[key] = CHOICES[kind][language][CHOICES[kind]["nl"].index(str(value))]
    return spoken
