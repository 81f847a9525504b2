"""The routes by which an account gets its report line, executed: the M of *Grootboek* on accounts made for each."""

import datetime as dt

import pytest
from bundles import ONE, built, queries_of

from generator.preview.m import Queries, Table

MAPPING = "\n## Rekeningindeling\n| Klant | Van | Tot | Regel |\n| bakker | 4500 | 4599 | Personeelskosten |\n"
MAPPING += "| bakker | 9999 | | Liquide middelen |\n"
MAPPING += "\n## Meetwaarden\n| Klant | Naam | DAX |\n| bakker | Route | MAX ( Grootboek[Indelingnr] ) |\n"
TODAY = dt.date(2026, 11, 24)

# Code, type, balance type, side; its nodes as (scheme, code, description); the line, and the route that gave it.
ACCOUNTS = {
    "a row of the workbook": ("4510", 121, "W", "D", [("RGS", "WBedKan", "")], "Personeelskosten", 1),
    "a row of the other statement": ("9999", 121, "W", "D", [], None, 6),
    "RGS, by the longest code": ("1500", 24, "B", "D", [("RGS", "BVorDebHad", "")], "Debiteuren", 2),
    "RGS before an own scheme": ("4600", 121, "W", "D",
                                 [("1", "X", "Personeelskosten"), ("RGS", "WBelBgr", "")], "Belastingen", 2),
    "RGS of the other statement, then the type": ("0750", 30, "B", "D", [("RGS", "WOmz", "")], "Vaste activa", 4),
    "a node called as a line": ("4700", 121, "W", "D", [("1", "W46", " personeelskosten ")], "Personeelskosten", 3),
    "a node called as a line in English": ("4701", 121, "W", "D", [("1", "W45", "Staff costs")], "Personeelskosten", 3),
    "the second node, where the first says nothing": (
        "4702", 121, "W", "D", [("1", "A", "Iets"), ("2", "B", "Afschrijvingen")], "Afschrijvingen", 3),
    "a node that no report knows, then the type": ("4800", 122, "W", "D", [("1", "W99", "Iets")], "Afschrijvingen", 4),
    "the type": ("8000", 110, "W", "C", [], "Netto-omzet", 4),
    "type of the other statement, then side": ("8500", 20, "W", "C", [], "Overige opbrengsten", 5),
    "balance type and side": ("2000", 90, "B", "C", [], "Overige kortlopende schulden", 5),
    "nothing at all": ("3000", 90, "B", None, [], None, 6),
}  # fmt: skip


@pytest.fixture(scope="module")
def placed(tmp_path_factory):
    """Execute the query once on all accounts; return its rows by code."""
    queries = queries_of(built(tmp_path_factory.mktemp("routes"), ONE + MAPPING))
    accounts, nodes = [], []
    for number, (code, kind, balance, side, of, *_) in enumerate(ACCOUNTS.values()):
        key = f"{number:08d}-AAAA"  # in capitals, as a source may send it
        accounts.append({"ID": key, "Code": f"{code:>18}", "Description": code, "Type": kind,
                         "BalanceType": balance, "BalanceSide": side, "Division": 710001})  # fmt: skip
        nodes += [
            {"Division": 710001, "GLAccount": key.lower(), "GLSchemeCode": scheme, "ClassificationCode": node,
             "ClassificationDescription": text}
            for scheme, node, text in of
        ]  # fmt: skip
    tables = {"GLAccounts": accounts, "GLAccountClassificationMappings": nodes}

    def source(entity):
        rows = tables[entity.rpartition(".")[2]]
        return Table(list(rows[0]), rows)

    rows = Queries(queries, source, TODAY).table("Grootboek").rows
    return {row["Code en naam"].split()[0]: row for row in rows}


@pytest.mark.parametrize("case", ACCOUNTS)
def test_each_route_gives_its_line(placed, case):
    code, *_, line, route = ACCOUNTS[case]
    assert (placed[code]["Regelgroep"], placed[code]["Indelingnr"]) == (line, route)


def test_what_turns_names_the_line_on_the_other_side(tmp_path):
    queries = queries_of(built(tmp_path, ONE))
    rows = [
        {"ID": "a", "Code": "1100", "Description": "Bank", "Type": 12, "BalanceType": "B", "BalanceSide": "D"},
        {"ID": "b", "Code": "1110", "Description": "Bank", "Type": 90, "BalanceType": "B", "BalanceSide": "D"},
        {"ID": "c", "Code": "1300", "Description": "Debiteuren", "Type": 20, "BalanceType": "B", "BalanceSide": "D"},
    ]
    mapped = {"GLAccount": "b", "GLSchemeCode": "RGS", "ClassificationCode": "BLimBanRba"}
    tables = {
        "GLAccounts": [{**row, "Division": 710001} for row in rows],
        "GLAccountClassificationMappings": [{**mapped, "ClassificationDescription": "", "Division": 710001}],
    }

    def source(entity):
        found = tables[entity.rpartition(".")[2]]
        return Table(list(found[0]), found)

    made = {row["Code en naam"].split()[0]: row for row in Queries(queries, source, TODAY).table("Grootboek").rows}
    turned = {code: (row["Regelgroep"], row["Omslagregel"]) for code, row in made.items()}
    assert turned == {
        "1100": ("Liquide middelen", "Overige kortlopende schulden"),
        "1110": ("Liquide middelen", "Overige kortlopende schulden"),
        "1300": ("Debiteuren", None),
    }
