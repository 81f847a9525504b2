"""The chart of accounts, the relations and the journals that every division has: the same codes and names in each.

Types of accounts and of entries are Exact's own: ``GLAccounts.Type`` and ``TransactionLines.Type`` of its REST API.
"""

from __future__ import annotations

from typing import NamedTuple


class Account(NamedTuple):
    """A ledger account: Exact's type, balance type (B or W) and balance side (D or C)."""

    code: str
    text: str
    type: int
    balance: str
    side: str


class Relation(NamedTuple):
    """A customer or a supplier."""

    code: str
    name: str
    city: str


RECEIVABLES, PAYABLES, BANK, RESERVE, UNDIVIDED = "1300", "1600", "1100", "0590", "0580"
SALES_VAT, PURCHASE_VAT, VAT_TO_PAY = "1510", "1500", "1520"
VAT_RATES = {"2": 21, "1": 9, "0": 0}
"""VAT code → percentage."""

ACCOUNTS = tuple(
    Account(*row)
    for row in (
        ("0100", "Goodwill", 30, "B", "D"),
        ("0120", "Aanloopkosten", 30, "B", "D"),
        ("0200", "Inventaris", 30, "B", "D"),
        ("0210", "Afschrijving inventaris", 35, "B", "C"),
        ("0300", "Waarborgsommen", 32, "B", "D"),
        ("0500", "Aandelenkapitaal", 50, "B", "C"),
        (UNDIVIDED, "Onverdeeld resultaat", 52, "B", "C"),
        (RESERVE, "Algemene reserve", 52, "B", "C"),
        ("0700", "Lening bank", 55, "B", "C"),
        ("0710", "Kortlopend deel lening", 60, "B", "C"),
        ("0750", 'Lening directie "oud"', 55, "B", "C"),
        ("1000", "Kas", 10, "B", "D"),
        (BANK, "Rekening-courant bank", 12, "B", "D"),
        ("1150", "Creditcard", 14, "B", "C"),
        ("1160", "Betaaldienst Möllie", 16, "B", "D"),
        (RECEIVABLES, "Debiteuren", 20, "B", "D"),
        ("1310", "Vooruitontvangen van debiteuren", 21, "B", "C"),
        ("1400", "Vooruitbetaalde kosten", 26, "B", "D"),
        (PURCHASE_VAT, "Btw te vorderen", 24, "B", "D"),
        (SALES_VAT, "Btw af te dragen", 24, "B", "C"),
        (VAT_TO_PAY, "Btw-aangifte", 24, "B", "C"),
        (PAYABLES, "Crediteuren", 22, "B", "C"),
        ("1700", "Te betalen lonen", 25, "B", "C"),
        ("1710", "Af te dragen loonheffing", 100, "B", "C"),
        ("1720", "Te betalen vennootschapsbelasting", 29, "B", "C"),
        ("1730", "Nog te betalen kosten", 27, "B", "C"),
        ("1800", "Vraagposten; nog uit te zoeken", 90, "B", "D"),
        ("1850", "Tussenrekening 'diversen'", 90, "B", "C"),
        ("3000", "Voorraad", 40, "B", "D"),
        ("4000", "Lonen en salarissen", 125, "W", "D"),
        ("4010", "Sociale lasten", 126, "W", "D"),
        ("4100", "Afschrijvingskosten", 122, "W", "D"),
        ("4200", "Huisvestingskosten", 121, "W", "D"),
        ("4300", "Kantoorkosten", 120, "W", "D"),
        ("4400", "Onderzoek en ontwikkeling", 123, "W", "D"),
        ("4600", "Buitengewone lasten", 130, "W", "D"),
        ("4700", "Kasverschillen", 90, "W", "D"),
        ("4800", "Betalingsverschillen", 121, "W", "D"),
        ("4900", "Rentelasten", 160, "W", "D"),
        ("7000", "Kostprijs omzet", 111, "W", "D"),
        ("7100", "Inkopen groepsmaatschappijen", 111, "W", "D"),
        ("8000", "Omzet handel", 110, "W", "C"),
        ("8050", "Omzet diensten: reparatie & café", 110, "W", "C"),
        ("8100", "Omzet groepsmaatschappijen", 110, "W", "C"),
        ("8900", "Diverse baten", 90, "W", "C"),
        ("8950", "Boekwinst verkoop inventaris", 140, "W", "C"),
        ("9000", "Rentebaten", 160, "W", "C"),
        ("9900", "Vennootschapsbelasting", 150, "W", "D"),
        ("9950", "Vervallen rekening", 120, "W", "D"),  # no entry ever
    )
)

CUSTOMERS = tuple(
    Relation(*row)
    for row in (
        ("10001", 'Café "De Zon" & Zn.', "Utrecht"),
        ("10002", "O'Neill, Müller <Partners>", "Mönchengladbach"),
        ("10003", "Jansen", "'s-Hertogenbosch"),
        ("10004", "Ångström Lab; afd. “Noord”", "Groningen"),
        ("10005", "Çelik Transport", "Rotterdam"),
        ("10006", "Bakkerij 't Hoekje", "Delft"),
        ("10007", "Lunchroom Zonneschijn", "Arnhem"),
        ("10008", "Hotel Het Anker B.V.", "Vlissingen"),
        ("10009", "Sportkantine De Linie", "Zwolle"),
        ("10010", "Gemeente Zuidwolde", "Zuidwolde"),
        ("10011", "Van den Berg Catering", "Breda"),
        ("10012", "Stichting Ouderenzorg Noord", "Assen"),
        ("10013", "Pannenkoekenhuis 'De Mölle'", "Enschede"),
    )
)
SUPPLIERS = tuple(
    Relation(*row)
    for row in (
        ("50001", "Meelfabriek Løken", "Zaandam"),
        ("50002", "Jansen", "Den Haag"),  # the name of a customer as well
        ("50003", "Énergie \\ gaz", "Luik"),
        ("50004", "Drukkerij Pers & Zn.", "Tilburg"),
        ("50005", "Schoonmaak Blinkend", "Almere"),
        ("50006", "Telecom Oost B.V.", "Deventer"),
        ("50007", "Verzekeringen Ñandú", "Maastricht"),
        ("50008", "Autobedrijf Snel", "Leiden"),
        ("50009", "Accountants Van Dam", "Gouda"),
        ("50010", "Kantoorartikelen Punt", "Haarlem"),
        ("50011", "Waterbedrijf Laag", "Sneek"),
    )
)
JOURNALS = (
    ("20", "Bank", 12),
    ("60", "Inkoopboek", 22),
    ("70", "Verkoopboek", 20),
    ("90", "Memoriaal", 90),
    ("95", "Loonjournaal", 90),
)

COST_CENTRES = {"KP1": "Winkel", "KP2": 'Werkplaats; "achter"'}

YEAR_END = (310, 320, 321, 322, 323, 324, 325, 326, 327, 328)
"""Types of entries that close a year or open the next one."""

BY_CODE = {account.code: account for account in ACCOUNTS}
