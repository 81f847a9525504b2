"""What the office's model says of groups: columns and lines of a consolidation, partners, and whose rates count.

Rows of tables that are written out, and lists that queries print; see ``docs/cijfers.md`` for the rulings behind them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.catalogue import Catalogue, Language
    from generator.resolve.client import Client, Division, Elimination

    Rows = list[dict[str, Any]]

ELIMINATIONS, TOTAL = -1, -2
"""Numbers of the columns of a consolidation that stand for no division."""

RESULT, MINORITY_RESULT, GROUP_RESULT, AT_CLOSING, EQUITY, TRANSLATION, GROUP_EQUITY, MINORITY_EQUITY = range(1, 9)
"""How a line of a consolidation is worked out; the formula of *Consolidatie opgeteld* knows them by number."""

_NET_RESULT = "Nettoresultaat"
_EQUITY_LINES = ("Eigen vermogen", "Nog te bestemmen resultaat")


def columns(client: Client, language: Language) -> Rows:
    """Return the columns of a consolidation: each division, what is eliminated, and the total; names are unique."""
    ends = {ELIMINATIONS: language.text("eliminations"), TOTAL: language.text("total")}
    taken = [*ends.values(), *(division.name for division in client.divisions)]
    rows = [
        {"Kolomnr": division.code, "Administratie": division.code, "Naam": _unique(division, taken)}
        for division in client.divisions
    ]
    rows += [{"Kolomnr": number, "Administratie": None, "Naam": name} for number, name in ends.items()]
    return [row | {"Volgorde": order} for order, row in enumerate(rows, 1)]


def _unique(division: Division, taken: Iterable[str]) -> str:
    """Return the name of a division, with its code where another column is called the same: Power BI sorts by name."""
    same = sum(name.casefold() == division.name.casefold() for name in taken)
    return division.name if same == 1 else f"{division.name} ({division.code})"


def partners(client: Client, language: Language, catalogue: Catalogue) -> Rows:
    """Return the divisions as those with which another has booked, and a row for whichever of them."""
    anyone = {"Administratie": catalogue.platform["constants"]["any_partner"], "Naam": language.text("any_partner")}
    return [*({"Administratie": division.code, "Naam": division.name} for division in client.divisions), anyone]


def client_numbers(client: Client) -> dict[str, int]:
    """Return a number for each client of the office, by its code, in the order of the workbook."""
    codes = dict.fromkeys(division.client_code for division in client.divisions)
    return {code: number for number, code in enumerate(codes, 1)}


def compared(client: Client) -> Rows:
    """Return the clients that may be set beside their group; per division, so that who sees which holds here too."""
    numbers = client_numbers(client)
    return [
        {
            "Administratie": division.code,
            "Klantnr": numbers[division.client_code],
            "Klant": division.client_name,
        }
        for division in client.divisions
    ]


def opening(client: Client, choice: str) -> str:
    """Return what a slicer of one choice opens on, by the word for it in a page."""
    if choice == "largest_group":
        return largest(client)
    if choice == "first_client_in_one_currency":
        return _in_one_currency(client)
    return client.divisions[0].name


def _in_one_currency(client: Client) -> str:
    """Return the first client whose amounts add up; the first of all where none does."""
    currencies: dict[str, set[str]] = {}
    for division in client.divisions:
        currencies.setdefault(division.client_name, set()).add(division.currency)
    return next((name for name, held in currencies.items() if len(held) == 1), client.divisions[0].client_name)


def lines(language: Language, catalogue: Catalogue) -> Rows:
    """Return the lines of the consolidated statements: those of the templates, and what only a group has."""
    titles = language.sections["line"]
    rows: Rows = []

    def add(statement: str, kind: int, title: str, line: str, sign: int, *, bold: bool = False) -> None:
        rows.append({
            "Nummer": len(rows) + 1, "Omschrijving": title, "Overzicht": statement, "Soort": kind,
            "Regel": line, "Teken": sign, "Subtotaal": bold,
        })  # fmt: skip

    for line in catalogue.lines.values():
        kind = RESULT if line.statement == "W" else EQUITY if line.name in _EQUITY_LINES else AT_CLOSING
        add(line.statement, kind, titles[line.name], line.name, line.sign, bold=bool(line.adds))
        if line.name == _NET_RESULT:
            add("W", MINORITY_RESULT, language.text("minority_result"), line.name, 1)
            add("W", GROUP_RESULT, language.text("group_result"), line.name, 1, bold=True)
        if line.name == _EQUITY_LINES[-1]:
            add("B", TRANSLATION, language.text("translation_difference"), line.name, -1)
            add("B", GROUP_EQUITY, language.text("group_equity"), line.name, -1, bold=True)
            add("B", MINORITY_EQUITY, language.text("minority_equity"), line.name, -1)
    return rows


def largest(client: Client) -> str:
    """Return the name of the client with most divisions, the first of equals: what a consolidation opens with."""
    names = [division.client_name for division in client.divisions]
    return max(names, key=names.count)


def eliminations(client: Client, _: str) -> list[list[Any]]:
    """Return per division the rules that tell an entry with another: relation, account, partner; narrowest first."""
    found: dict[int, list[Elimination]] = defaultdict(list)
    for rule in client.eliminations:
        found[rule.division].append(rule)
    return [
        [
            division,
            [
                [rule.relation, rule.account, rule.partner]
                for rule in sorted(rules, key=lambda rule: (rule.relation is None) + (rule.account is None))
            ],
        ]
        for division, rules in sorted(found.items())
    ]


def foreign(client: Client, currency: str) -> list[list[Any]]:
    """Return the divisions that keep their books in another currency, that currency, and whose rates tell its value."""
    owned = _by_client(client)
    return [
        [division.code, division.currency, [other.code for other in owned[division.client_code]]]
        for division in client.divisions
        if division.currency != currency
    ]


def asked_rates(client: Client, currency: str) -> list[list[Any]]:
    """Return which rates of which division are asked: of the currencies of its own client, into or from the group's."""
    asked = []
    for divisions in _by_client(client).values():
        others = sorted({division.currency for division in divisions} - {currency})
        for division in divisions if others else ():
            wanted = others if division.currency == currency else [currency]
            asked += [[division.code, other] for other in wanted]
    return asked


PRINTED = {"eliminations": eliminations, "foreign": foreign, "rates": asked_rates}
"""What queries print of the divisions of the office, by the name that templates know it by; empty for a client."""


def _by_client(client: Client) -> dict[str, list[Division]]:
    found: dict[str, list[Division]] = defaultdict(list)
    for division in client.divisions:
        found[division.client_code].append(division)
    return found
