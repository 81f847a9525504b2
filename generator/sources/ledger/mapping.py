"""Classifications of ledger accounts as Exact keeps them: RGS, an own scheme, both, or none, by division.

Codes are those of RGS MKB 3.7, level 4. Some say something else than the account's type does, some can't be used:
a code of the other statement, one that does not exist, a node of an own scheme that no report knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.sources.ledger.exact import account_code, guid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.sources.ledger.records import Division, Row

RGS = {
    "0100": "BIvaGooVvp",
    "0120": "BIvaKouVvp",
    "0200": "BMvaBeiVvp",
    "0210": "BMvaBeiCae",
    "0300": "BFvaOvrTsl",
    "0500": "BEivGokGea",
    "0580": "BEivOreOvw",
    "0590": "BEivOvrAlr",
    "0700": "BLasSakLvl",
    "0710": "BSchAosLvk",  # an own scheme may say otherwise
    "0750": "WOmzNohOlh",  # of the other statement: it can't be right
    "1000": "BLimKasKas",
    "1100": "BLimBanRba",  # turns into BSchSakRba when overdrawn
    "1160": "BLimKruPib",
    "1300": "BVorDebHad",
    "1310": "BSchVobVob",
    "1400": "BVorOvaVbr",
    "1500": "BVorVbkTvo",
    "1510": "BSchBepBla",
    "1520": "BSchBepBtw",
    "1600": "BSchCreHac",
    "1700": "BSchSalNet",
    "1710": "BSchBepLhe",
    "1720": "BSchBepVpb",
    "1730": "BSchOpaNtb",
    "1800": "BVorTusTov",  # turns into BSchTusTov
    "1850": "BSchTusTov",  # turns into BVorTusTov
    "3000": "BVrdHanVoo",
    "4000": "WPerLesLon",
    "4010": "WPerSolPsv",
    "4100": "WAfsAmvBei",
    "4200": "WBedHuiBeh",
    "4300": "WBedKanKanXyz",  # a fifth level below a code of the fourth
    "4600": "WFbeOrlRpe",  # financial here, an operating cost by its type
    "4700": "XBestaatNiet",
    "4800": "WFbeOrlRos",
    "4900": "WFbeRlsRal",
    "7000": "WKprInhInh",
    "7100": "WKprKitKit",
    "8000": "WOmzNohOlh",
    "8050": "WOmzNodOdh",
    "8100": "WOmzOitOit",
    "8900": "WOmzNooNdl",  # net revenue here, other income by its side
    "8950": "WOvbOvoOvo",
    "9000": "WFbeRlmRgi",
    "9900": "WBelBgrBgr",
}
"""Account → RGS code, for divisions with the trait ``rgs``."""

OWN = {
    "0710": ("B70", "Langlopende schulden"),
    "1730": ("W10", "Netto-omzet"),  # of the other statement
    "4400": ("W45", "Staff costs"),
    "4600": ("W99", "Iets van onszelf"),  # a node that no report knows
    "4700": ("W46", " personeelskosten "),
    "4800": ("W80", "Financiële baten en lasten"),
}
"""Account → code and description of the node, for divisions with the trait ``own_scheme``."""


def classifications(division: Division) -> Iterator[Row]:
    """Yield the rows of GLAccountClassificationMappings."""
    if "own_scheme" in division.traits:
        for account, (code, text) in OWN.items():
            yield _row(division, account, ("1", "Eigen schema"), code, text)
    if "rgs" in division.traits:
        for account, code in RGS.items():
            yield _row(division, account, ("RGS", "Referentiegrootboekschema"), code, code)


def _row(division: Division, account: str, scheme: tuple[str, str], code: str, text: str) -> Row:
    return {
        "ID": guid(division, "classified", (*scheme, account)),
        "Division": division.code,
        "Classification": guid(division, "classification", (*scheme, code)),
        "ClassificationCode": code,
        "ClassificationDescription": text,
        "GLAccount": guid(division, "account", account),
        "GLAccountCode": account_code(division, account),
        "GLAccountDescription": None,
        "GLSchemeCode": scheme[0],
        "GLSchemeDescription": scheme[1],
        "GLSchemeID": guid(division, "scheme", scheme[0]),
    }
