"""The office's report on groups: what it eliminates, whose rates it asks; an anonymous benchmark names nobody."""

from __future__ import annotations

import pytest
from bundles import (
    built,
    client,
    columns_of,
    files,
    load,
    measures_of,
    model_of,
    pages,
    problems,
    queries_of,
    strings,
    tables_of,
)
from markdown import found

from generator.build.literals import own_rows

OFFICE = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 |

## Klanten
| Code | Naam | URL | Groep |
| zuidgroep | Zuid Holding | https://bridge-online.cloud/vd-zuid/odata4 | groot |
| smidse | Smederij Vos | https://bridge-online.cloud/vd-smid/odata4 | mkb |
"""
DIVISIONS = """
## Administraties
| Klant | Code | Naam | Valuta | Belang | Geconsolideerd |
| zuidgroep | `730001` | Zuid Holding | | | |
| zuidgroep | `730002` | Zuid Ltd | GBP | 0,75 | |
| zuidgroep | `730003` | Totaal | | | {kept} |
| smidse | `740001` | Zuid Holding | | | |
"""
NOTHING = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 |

## Klanten
| Code | Naam | URL | Groep |
| smidse | Smederij Vos | https://bridge-online.cloud/vd-smid/odata4 | nee |

## Administraties
| Klant | Code | Geconsolideerd |
| smidse | `740001` | {kept} |
"""
MUTUAL = "\n## Onderling\n| Klant | Relatie | Rekening | Met |\n"


def office(kept="ja", rows=""):
    return OFFICE + DIVISIONS.format(kept=kept) + (MUTUAL + rows if rows else "")


def test_a_rule_holds_for_each_consolidated_division_of_its_own_client_but_the_one_it_names(tmp_path):
    made = client(
        load(tmp_path, office(rows="| zuidgroep | 90001 | | `730001` |\n| zuidgroep | | 1500 | |\n")), "_office"
    )
    assert [(one.division, one.relation, one.account, one.partner) for one in made.eliminations] == [
        (730002, "90001", None, 730001),
        (730003, "90001", None, 730001),
        *((code, None, "1500".zfill(30), -1) for code in (730001, 730002, 730003)),
    ]


def test_a_client_keeps_its_own_rules_and_gets_none_of_the_office(tmp_path):
    made = client(load(tmp_path, office(rows="| zuidgroep | 90001 | | `730001` |\n")), "zuidgroep")
    assert made.eliminations == ()
    assert len(made.intercompany) == 1


@pytest.mark.parametrize(
    ("kept", "row", "told"),
    [
        ("ja", "| _office | 90001 | | `730001` |", ["B148 Onderling!A2"]),
        ("nee", "| zuidgroep | | 1500 | |", ["B149 Onderling!A2"]),
        ("ja", "| zuidgroep | | 1500 | |", []),
        ("nee", "| zuidgroep | 90001 | | `730003` |", []),
    ],
)
def test_rows_that_eliminate_nothing_are_told(tmp_path, kept, row, told):
    assert problems(tmp_path, office(kept, row + "\n")) == told


def test_a_partner_that_is_not_consolidated_stays(tmp_path):
    made = client(load(tmp_path, office("nee", "| zuidgroep | 90001 | | `730003` |\n")), "_office")
    assert made.eliminations == ()


def test_half_a_share_or_less_in_a_group_is_told(tmp_path):
    assert problems(tmp_path, office().replace("0,75", "50")) == ["B170 Administraties!E3"]


def test_ledger_lines_are_asked_for_named_relations_and_accounts_only(tmp_path):
    source = queries_of(built(tmp_path, office(rows="| zuidgroep | 90001 | | `730001` |\n"), "_office"), "kantoor")
    asked = source["BronOnderling"]
    assert '{730002, {{"90001", null, 730001}}}' in asked
    assert "[Division] = administratie and [Account] = relatie" in asked
    assert not {"BronBoekingsregels", "BronRelaties", "BronGroepsrelaties"} & source.keys()


def test_rates_are_asked_of_clients_with_another_currency_only(tmp_path):
    source = queries_of(built(tmp_path, office(), "_office"), "kantoor")
    asked = 'Gevraagd = {{730001, "GBP"}, {730002, "EUR"}, {730003, "GBP"}}'
    assert asked in source["BronKoersen"]
    assert 'Vreemd = {{730002, "GBP", {730001, 730002, 730003}}}' in source["Wisselkoers"]


def test_columns_of_a_consolidation_have_names_of_their_own(tmp_path):
    source = queries_of(built(tmp_path, office(), "_office"), "kantoor")["Consolidatiekolom"]
    for name in (
        "Zuid Holding (730001)",
        "Zuid Holding (740001)",
        "Zuid Ltd",
        "Totaal (730003)",
        "Eliminaties",
        "Totaal",
    ):
        assert source.count(f'"{name}"') == 1, name


def test_a_missing_rate_shows_and_never_counts_as_one(tmp_path):
    formulas = measures_of(model_of(built(tmp_path, office(), "_office"), "kantoor"))
    assert "[Koersen die ontbreken] = 0" in formulas["Consolidatie opgeteld"]
    assert "[Koersen die ontbreken]" in formulas["Controlekleur consolidatie"]
    assert formulas["Gemiddelde koers"].count("1,") == 1  # of the group's own currency


def test_the_office_loads_no_ledger_lines(tmp_path):
    model = model_of(built(tmp_path, office(rows="| zuidgroep | 90001 | | `730001` |\n"), "_office"), "kantoor")
    assert "Mutaties" not in tables_of(model)
    assert {"Onderlinge saldi", "Wisselkoers", "Tijdigheid"} <= tables_of(model).keys()


def test_the_anonymous_benchmark_holds_no_name_and_no_code_of_a_client(tmp_path):
    wanted = "\n## Rapporten\n| Klant | Rapport |\n| _office | kantoor |\n| _office | benchmark_anoniem |\n"
    made = built(tmp_path, office() + wanted, "_office")
    model = model_of(made, "benchmark_anoniem")
    assert not {("Administratie", name) for name in ("Klant", "Klantcode", "Naam", "Beheerder")} & columns_of(model)
    held = {
        path: content
        for path, content in files(tmp_path, office() + wanted, "_office").items()
        if path.startswith(("benchmark_anoniem.", "queries/benchmark_anoniem"))
    }
    assert len(held) > 10
    for path, content in held.items():
        for name in (b"Zuid", b"zuidgroep", b"Smederij", b"smidse"):
            assert name not in content, (path, name)
    assert b"Smederij" in files(tmp_path, office() + wanted, "_office")["queries/kantoor/Administratie.pq"]


def test_a_page_says_the_unit_of_its_own_amounts(tmp_path):
    """Consolidated amounts are in one currency, whichever the divisions keep their books in."""
    (report,) = built(tmp_path, office(), "_office").reports
    said = {title: set(strings(visuals)) for title, (_, visuals) in pages(report.layer.definition).items()}
    group = {title for title, texts in said.items() if "Periodetekst consolidatie" in texts}
    assert group == {"Consolidatie", "Onderling en koersen"}
    assert {title for title, texts in said.items() if "Periodetekst kantoor" in texts} == said.keys() - group


ANONYMOUS = "\n## Rapporten\n| Klant | Rapport |\n| _office | benchmark_anoniem |\n"
OWN = """
## Meetwaarden
| Klant | Naam | DAX |
| _office | Eerste klant | MAX ( Administratie[Klant] ) |
## Tabellen
| Klant | Entiteit | Naam | Kolommen |
| _office | ExactOnlineREST.CRM.Accounts | Adresboek | Code, Name |
## Visuals
| Klant | Rapport | Pagina | Soort | Titel | Waarden | Categorie |
| _office | benchmark_anoniem | Benchmark anoniem | tableEx | Wie | Netto-omzet YTD | Administratie[Klant] |
"""
TEXTS = {  # what a model that names nobody may hold as text: all of it but groups and currencies is the templates' own
    ("Administratie", "Groep"), ("Administratie", "Valuta"), ("Datum", "Periode"), ("Grootboek", "Balanstype"),
    ("Grootboek", "GrootboekKey"), ("Grootboek", "Omslagregel"), ("Grootboek", "Regelgroep"), ("Kengetal", "Kengetal"),
    ("Meetwaarden", "Meetwaarde"), ("Rapportregel", "Omschrijving"), ("Rapportregel", "Overzicht"),
    ("Rapportregel", "Regel"), ("Regelopbouw", "Basisregel"), ("Regelopbouw", "Regel"), ("Saldi", "GrootboekKey"),
}  # fmt: skip


@pytest.mark.parametrize("more", ["", OWN])
def test_the_anonymous_benchmark_holds_no_names_of_accounts_either_whatever_the_workbook_adds(tmp_path, more):
    """An account may be called after a client or its owner."""
    made = built(tmp_path, office() + ANONYMOUS + more, "_office")
    found = {
        (table["name"], column["name"])
        for table in model_of(made, "benchmark_anoniem")["tables"]
        for column in table["columns"]
        if column["dataType"] == "string"
    }
    assert found == TEXTS
    assert ("Administratie", "Klant") in columns_of(model_of(made, "kantoor"))
    assert ("Adresboek" in tables_of(model_of(made, "kantoor"))) == bool(more)
    assert "Adresboek" not in queries_of(made, "benchmark_anoniem")


def test_what_a_closed_report_leaves_out_is_told(tmp_path):
    told = problems(tmp_path, office() + ANONYMOUS + OWN)
    assert sorted(told) == ["B171 Meetwaarden!A2", "B171 Tabellen!A2", "B171 Visuals!B2"]


def test_the_anonymous_benchmark_shows_nothing_of_fewer_than_five_clients(tmp_path):
    wanted = "\n## Rapporten\n| Klant | Rapport |\n| _office | benchmark_anoniem |\n"
    made = built(tmp_path, office() + wanted, "_office")
    formulas = measures_of(model_of(made, "benchmark_anoniem"))
    (report,) = (
        each for each in client(load(tmp_path, office() + wanted), "_office").reports if "anoniem" in each.name
    )
    shown = {name for page in report.pages for visual in page.visuals for name in visual.values}
    assert shown
    for name in shown:
        assert ">= 5" in formulas[name], name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("| {kept} |", "| nee |", ["B035 Kantoor!C2"]),
        ("| Groep |", "| Actief |", ["B035 Kantoor!C2"]),
        ("`740001`", "x", ["B012 Administraties!B2"]),
        ("| smidse | `7", "| smidze | `7", ["B029 Administraties!A2"]),
    ],
    ids=["none takes part", "whose do are not active", "one that can't be read", "one of a client that is none"],
)
def test_without_a_division_that_takes_part_there_is_no_consolidated_bundle(tmp_path, old, new, told):
    tables = NOTHING.replace(old, new).replace("| {kept} |", "| ja |")
    loaded = load(tmp_path, tables)
    assert found(list(loaded.problems)) == told
    assert "_office" not in {each.code for each in loaded.clients}


def benchmark(tmp_path, tables):
    """Return the visuals of the office's page Benchmark."""
    return next(
        visuals
        for page, visuals in pages(built(tmp_path, tables, "_office").reports[0].layer.definition).values()
        if page["displayName"] == "Benchmark"
    )


def test_the_benchmark_opens_on_a_client_whose_amounts_add_up(tmp_path):
    slicer = next(each for each in benchmark(tmp_path, office()) if "Benchmarkklant" in str(each))
    assert "'Smederij Vos'" in str(slicer)
    assert "'Zuid Holding'" not in str(slicer)


def test_the_benchmark_opens_on_the_first_client_where_none_is_in_one_currency(tmp_path):
    only = office().replace(
        "| smidse | `740001` | Zuid Holding | | | |\n",
        "| smidse | `740001` | A | | | |\n| smidse | `740002` | B | USD | | |\n",
    )
    slicer = next(each for each in benchmark(tmp_path, only) if "Benchmarkklant" in str(each))
    assert "'Zuid Holding'" in str(slicer)


def test_ratios_that_are_texts_stand_as_numbers_do(tmp_path):
    table = next(each for each in benchmark(tmp_path, office()) if "Kengetal mediaan" in str(each))
    right = {
        row["selector"]["metadata"].rpartition(".")[2]
        for row in table["visual"]["objects"]["columnFormatting"]
        if row["properties"]["alignment"] == {"expr": {"Literal": {"Value": "'Right'"}}}
    }
    assert right == {"Kengetal klant", "Kengetal kwartiel 1", "Kengetal mediaan", "Kengetal kwartiel 3"}


def test_rows_that_are_written_out_have_the_columns_of_their_table(tmp_path):
    loaded = load(tmp_path, office(rows="| zuidgroep | K1 | | `730002` |\n"))
    whole = client(loaded, "_office")
    for name in ("Administratie", "Consolidatiekolom", "Tegenpartij", "Benchmarkklant"):
        rows = own_rows(name, whole, loaded.catalogue)
        assert rows
        assert {key for row in rows for key in row} == set(loaded.catalogue.tables[name].columns), name
