"""The kinds of values a cell can hold: what messages and the reference call them, and their drop-downs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "line", "text", "alias", "code", "client", "url", "bool", "years", "language", "year_end", "times", "list",
    "division", "divisions", "ownership", "account", "currency", "dax", "position", "entity", "filter", "email", "role",
]  # fmt: skip

EXPECTED: Mapping[Kind, tuple[str, str]] = {
    "line": ("een korte tekst", "a short text"),
    "text": ("tekst, ook over meer regels", "text, over several lines if you like"),
    "alias": ("letters, cijfers en _, beginnend met een letter", "letters, digits and _, starting with a letter"),
    "code": (
        "1 tot 40 letters (zonder accenten), cijfers, - of _, beginnend met een letter of cijfer",
        "1 to 40 letters (without accents), digits, - or _, starting with a letter or digit",
    ),
    "client": (
        "een klantcode van het blad Klanten, * voor alle klanten, of _office",
        "a client code of the sheet Clients, * for all clients, or _office",
    ),
    "url": (
        "een adres als https://bridge-online.cloud/naam/odata4",
        "an address such as https://bridge-online.cloud/name/odata4",
    ),
    "bool": ("ja of nee", "yes or no"),
    "years": ("een geheel getal van 1 tot en met 10", "a whole number from 1 to 10"),
    "language": ("nl of en", "nl or en"),
    "year_end": (
        "het einde van een maand als MM-DD, bijvoorbeeld 12-31 of 06-30",
        "the end of a month as MM-DD, for example 12-31 or 06-30",
    ),
    "times": (
        "tijden op het hele of halve uur, bijvoorbeeld 06:30, 12:30",
        "times on the hour or half hour, for example 06:30, 12:30",
    ),
    "list": ("een of meer namen, gescheiden door komma's", "one or more names, separated by commas"),
    "division": (
        "het nummer van een administratie, bijvoorbeeld 730001",
        "the number of a division, for example 730001",
    ),
    "divisions": (
        "nummers van administraties, gescheiden door komma's",
        "numbers of divisions, separated by commas",
    ),
    "ownership": (
        "een belang boven 0 % tot en met 100 %, bijvoorbeeld 50 % of 0,5",
        "an interest above 0 % up to 100 %, for example 50 % or 0.5",
    ),
    "account": (
        "de code van een grootboekrekening, ten hoogste 30 tekens",
        "the code of a ledger account, at most 30 characters",
    ),
    "currency": ("een valutacode van drie letters, bijvoorbeeld EUR", "a currency code of three letters, such as EUR"),
    "dax": ("een DAX-formule als tekst", "a DAX formula as text"),
    "position": (
        "vier hele getallen x,y,breedte,hoogte, bijvoorbeeld 24,152,616,264",
        "four whole numbers x,y,width,height, for example 24,152,616,264",
    ),
    "entity": (
        "een tabel als ExactOnlineREST.CRM.Accounts",
        "a table such as ExactOnlineREST.CRM.Accounts",
    ),
    "filter": (
        "kolom, vergelijking en waarde, bijvoorbeeld Status eq 'C'",
        "column, comparison and value, for example Status eq 'C'",
    ),
    "email": ("een e-mailadres, bijvoorbeeld jan@voorbeeld.nl", "an e-mail address, such as jan@example.com"),
    "role": ("Viewer, Contributor, Member of Admin", "Viewer, Contributor, Member or Admin"),
}
"""What a cell of each kind holds, in Dutch and English, as messages and the reference say it."""

CHOICES: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "bool": {"nl": ("ja", "nee"), "en": ("yes", "no")},
    "language": {"nl": ("nl", "en"), "en": ("nl", "en")},
    "role": {"nl": ("Viewer", "Contributor", "Member", "Admin"), "en": ("Viewer", "Contributor", "Member", "Admin")},
}
"""The values of a drop-down, per language."""
