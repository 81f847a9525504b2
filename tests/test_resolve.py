"""From rows to clients: defaults, what a row for all means, and every name that does not exist, at its cell."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest
from bundles import ONE, built, client, load, pages, problems
from markdown import BASE, save

from generator import catalogue
from generator.resolve import resolve
from generator.resolve.client import Condition
from generator.resolve.layout import free_spot, overlaps
from generator.spec import workbook
from generator.spec.rules import PAGE_HEIGHT, PAGE_WIDTH

MEASURES = "\n## Meetwaarden\n| Klant | Naam | DAX |\n"
VISUALS = "\n## Visuals\n| Klant | Rapport | Pagina | Soort | Waarden | Categorie | Reeks | Positie |\n"
REPORTS = "\n## Rapporten\n| Klant | Rapport | Pagina's |\n"
TABLES = "\n## Tabellen\n| Klant | Entiteit | Naam | Kolommen | Filter |\n"
MAPPINGS = "\n## Rekeningindeling\n| Klant | Van | Tot | Regel |\n"
TEXTS = "\n## Teksten\n| Klant | Rapport | Pagina | Tekst |\n"
BUDGET = ONE.replace("| Code | Naam | URL |", "| Code | Budgetscenario | Naam | URL |").replace(
    "| bakker | Bak", "| bakker | B26 | Bak"
)
CARD = "| bakker | financieel | Eigen | cardVisual | Netto-omzet | | | |\n"
JOURNALS = "ExactOnlineREST.Financial.Journals"
BODY = 152  # where the visuals of a page begin, below head and filters


def near(folder, tables):
    """Return the one problem of a workbook and the name it suggests."""
    found = load(folder, tables).problems
    assert len(found) == 1, found
    return f"{found[0].code} {found[0].cell}", found[0].values.get("near")


def place(visual):
    """Return where a visual stands, for a message."""
    return f"{visual.name} {visual.at}"


# ------------------------------------------------------------------------------------------ names that do not exist


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM ( Mutaties[Bedrag]", ("B041 Meetwaarden!C2", None)),
        ("[Netto-omzet", ("B040 Meetwaarden!C2", None)),
        ("DIVID ( 1, 2 )", ("B042 Meetwaarden!C2", "DIVIDE")),
        ("[Neto-omzet] * 2", ("B043 Meetwaarden!C2", "Netto-omzet")),
        ("SUM ( Mutatie[Bedrag] )", ("B044 Meetwaarden!C2", "Mutaties")),
        ("COUNTROWS ( Mutatie )", ("B044 Meetwaarden!C2", "Mutaties")),
        ("SUM ( Mutaties[Bedrg] )", ("B045 Meetwaarden!C2", "Bedrag")),
        ("[X] + 1", ("B046 Meetwaarden!C2", None)),
    ],
)
def test_a_formula_is_judged_at_its_cell(tmp_path, formula, expected):
    assert near(tmp_path, ONE + MEASURES + f"| bakker | X | {formula} |\n") == expected


def test_formulas_that_power_bi_takes_are_no_problem(tmp_path):
    rows = (
        "| bakker | A | VAR D = MAX ( Datum[Datum] ) RETURN SUMX ( FILTER ( mutaties, MUTATIES[datum] = d ), 1 ) |\n"
        '| bakker | B | SUMX ( ADDCOLUMNS ( VALUES ( Datum[Jaar] ), "@x", [netto-OMZET] ), [@x] ) |\n'
        "| bakker | C | SUMX ( { 1, 2 }, [Value] ) + CONVERT ( [A], INTEGER ) |\n"
        "| bakker | D | CALCULATE ( [a], USERELATIONSHIP ( Mutaties[Datum], Datum[Datum] ), ALL ( 'Grootboek' ) ) |\n"
    )
    assert problems(tmp_path, ONE + MEASURES + rows) == []


def test_all_faults_of_a_formula_are_told_at_once(tmp_path):
    assert problems(tmp_path, ONE + MEASURES + "| bakker | X | [Onzin] + SUMM ( Mutatie[Bedrag] ) |\n") == [
        "B042 Meetwaarden!C2",
        "B043 Meetwaarden!C2",
        "B044 Meetwaarden!C2",
    ]


def test_measures_that_go_round_are_told_with_their_circle(tmp_path):
    rows = "| bakker | A | [b] |\n| bakker | B | [C] + 1 |\n| bakker | C | [a] |\n| bakker | D | [A] |\n"
    found = load(tmp_path, ONE + MEASURES + rows).problems
    assert [f"{problem.code} {problem.cell} {problem.values['circle']}" for problem in found] == [
        "B046 Meetwaarden!C2 A → B → C → A",
        "B046 Meetwaarden!C3 B → C → A → B",
        "B046 Meetwaarden!C4 C → A → B → C",
    ]


def test_a_replaced_measure_that_leads_back_to_itself_goes_round(tmp_path):
    found = load(tmp_path, ONE + MEASURES + "| bakker | Brutomarge | [Brutomarge %] * [Netto-omzet] |\n").problems
    assert [problem.values["circle"] for problem in found] == ["Brutomarge → Brutomarge % → Brutomarge"]


def test_a_problem_in_a_row_for_all_is_told_once_and_stops_everyone(tmp_path):
    found = load(tmp_path, BASE + MEASURES + "| * | X | [Onzin] |\n").problems
    assert [(problem.code, problem.client) for problem in found] == [("B043", "")]
    rows = VISUALS + "| * | financieel | Eigen | kaart | Onzin | | | |\n"
    rows += TABLES + f"| * | {JOURNALS} | Mutaties | | |\n" + MAPPINGS + "| * | 4000 | | Onzin |\n"
    found = load(tmp_path, BASE + rows).problems
    assert sorted((problem.code, problem.client) for problem in found) == [("B051", ""), ("B058", ""), ("B096", "")]


def test_a_problem_in_a_clients_row_belongs_to_that_client(tmp_path):
    themed = BASE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Thema |").replace(
        "vd-oneill/odata4 |", "vd-oneill/odata4 | bundle |"
    )
    rows = MEASURES + "| oneill | X | [Onzin] |\n"
    found = load(tmp_path, themed + rows).problems
    assert {(problem.code, problem.client) for problem in found} == {("B043", "oneill"), ("B057", "oneill")}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("| bakker | financieel | Eigen | cardVisua | Netto-omzet | | | |", ("B051 Visuals!D2", "cardVisual")),
        ("| bakker | financieel | Eigen | cardVisual | Neto-omzet | | | |", ("B052 Visuals!E2", "Netto-omzet")),
        ("| bakker | financieel | Eigen | lineChart | Netto-omzet | Datum[Mand] | | |",
         ("B053 Visuals!F2", "Datum[Maand]")),
        ("| bakker | financieel | Eigen | lineChart | Netto-omzet | Datum[Maand] | Administratie[Namm] | |",
         ("B053 Visuals!G2", "Administratie[Naam]")),
        ("| bakker | financieel | Eigen | lineChart | Netto-omzet | Netto-omzet | | |", ("B053 Visuals!F2", None)),
        ("| bakker | financieel | Eigen | cardVisual | Mutaties[Bedrag] | | | |", ("B054 Visuals!E2", None)),
        ("| bakker | financieel | Eigen | cardVisual | | | | |", ("B055 Visuals!A2", None)),
        ("| bakker | financieel | Eigen | cardVisual | Netto-omzet | Datum[Maand] | | |", ("B050 Visuals!F2", None)),
        ("| bakker | financiel | Eigen | cardVisual | Netto-omzet | | | |", ("B094 Visuals!B2", "financieel")),
    ],
)  # fmt: skip
def test_a_visual_is_judged_at_its_cell(tmp_path, row, expected):
    code, suggested = near(tmp_path, ONE + VISUALS + row + "\n")
    assert (code, suggested if expected[1] else None) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"| bakker | {JOURNALS} | D | Code, Descripton | |", ("B049 Tabellen!D2", "Description")),
        (f"| bakker | {JOURNALS} | D | Code | Type eq twintig |", ("B056 Tabellen!E2", None)),
        (f"| bakker | {JOURNALS} | D | Code | Typ eq 20 |", ("B049 Tabellen!E2", "Type")),
        (f"| bakker | {JOURNALS} | Mutaties | Code | |", ("B058 Tabellen!C2", None)),
        (f"| bakker | {JOURNALS} | datum | Code | |", ("B058 Tabellen!C2", None)),
        (f"| bakker | {JOURNALS} | Rekeningen | Code | |", ("B058 Tabellen!C2", None)),
        ("| bakker | ExactOnlineREST.Financial.Journal | D | Code | |", ("B059 Tabellen!B2", JOURNALS)),
    ],
)
def test_an_extra_table_is_judged_at_its_cell(tmp_path, row, expected):
    assert near(tmp_path, ONE + TABLES + row + "\n") == expected


def test_an_entity_outside_the_list_needs_its_columns(tmp_path):
    tables = ONE + TABLES + "| bakker | ExactOnlineREST.CRM.Acounts | D | | |\n"
    assert problems(tmp_path, tables) == ["B048 Tabellen!B2"]
    tables = ONE + TABLES + "| bakker | ExactOnlineREST.CRM.Acounts | D | Code, Naam | |\n"
    made = client(load(tmp_path, tables)).tables[0]
    assert (made.entity, dict(made.columns)) == ("ExactOnlineREST.CRM.Acounts", {"Code": "text", "Naam": "text"})


def test_a_column_missing_from_an_incomplete_list_is_a_warning(tmp_path):
    known = catalogue.load().known_columns
    entity = next(name for name, row in known.items() if not row["complete"] and row["columns"])
    tables = ONE + TABLES + f"| bakker | {entity} | D | Bestaatniet | |\n"
    loaded = load(tmp_path, tables)
    assert [f"{problem.code} {problem.cell} {problem.severity}" for problem in loaded.problems] == [
        "B093 Tabellen!D2 warning"
    ]
    assert list(client(loaded).tables[0].columns) == ["Bestaatniet"]


def test_two_extra_tables_of_one_name_are_told_at_the_second(tmp_path):
    rows = f"| bakker | {JOURNALS} | Dubbel | Code | |\n| bakker | ExactOnlineREST.CRM.Accounts | dubbel | Code | |\n"
    assert "B058 Tabellen!C3" in problems(tmp_path, ONE + TABLES + rows)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (REPORTS + "| bakker | financiel | |\n", ("B094 Rapporten!B2", "financieel")),
        (REPORTS + "| bakker | financieel | Samenvating |\n", ("B095 Rapporten!C2", "Samenvatting")),
        (REPORTS + "| bakker | kantoor | |\n", ("B097 Rapporten!B2", None)),
        (REPORTS + "| _office | financieel | |\n", ("B097 Rapporten!B2", None)),
        (MAPPINGS + "| bakker | 4000 | 4999 | Personeelkosten |\n", ("B096 Rekeningindeling!D2", "Personeelskosten")),
        (MAPPINGS + "| bakker | 4000 | 4999 | EBITDA |\n", ("B096 Rekeningindeling!D2", None)),
        (TEXTS + "| bakker | financieel | Samenvating | Let op |\n", ("B095 Teksten!C2", "Samenvatting")),
        (TEXTS + "| bakker | financiel | Samenvatting | Let op |\n", ("B094 Teksten!B2", "financieel")),
        (TEXTS + "| bakker | kantoor | Klantenoverzicht | Let op |\n", ("B098 Teksten!B2", None)),
        (VISUALS + CARD.replace("financieel", "kantoor"), ("B098 Visuals!B2", None)),
    ],
)
def test_reports_pages_and_lines_are_looked_up(tmp_path, rows, expected):
    code, suggested = near(tmp_path, ONE + rows)
    assert (code, suggested if expected[1] else None) == expected


def test_a_visual_on_a_page_that_was_not_chosen_is_told(tmp_path):
    chosen = REPORTS + "| bakker | financieel | Eigen bladzijde |\n"
    assert problems(tmp_path, ONE + chosen) == ["B095 Rapporten!C2"]
    template = catalogue.load().reports["financieel"]
    shown = [name for name in template.pages if not catalogue.load().pages[name].drill_through]
    tables = ONE + REPORTS + f"| bakker | financieel | {shown[0]} |\n"
    for page in shown[1:]:
        assert problems(tmp_path, tables + VISUALS + CARD.replace("Eigen", page)) == ["B099 Visuals!C2"]


def test_a_theme_that_does_not_exist_is_told(tmp_path):
    tables = ONE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Thema |").replace(
        "vd-bakker/odata4 |", "vd-bakker/odata4 | bundell |"
    )
    assert near(tmp_path, tables) == ("B057 Klanten!D2", "bundel")
    office = ONE.replace("| Naam | Taal |", "| Naam | Thema |").replace("| nl |", "| blauw |")
    assert {f"{problem.code} {problem.cell}" for problem in load(tmp_path, office).problems} == {"B057 Kantoor!B2"}


def test_a_language_without_texts_is_told(tmp_path):
    spec, _ = workbook.read(save(tmp_path, ONE.replace("| nl |", "| en |")))
    known = catalogue.load()
    clients, found = resolve(spec, replace(known, languages={"nl": known.languages["nl"]}))
    assert {f"{problem.code} {problem.cell} {problem.values['near']}" for problem in found} == {"B047 Kantoor!B2 nl"}
    assert {each.language for each in clients} == {"nl"}


# ---------------------------------------------------------------------------------------------------------- defaults


def test_a_client_with_nothing_filled_in_has_every_default(tmp_path):
    made = client(load(tmp_path, ONE))
    assert (made.years, made.year_end_month, made.language, made.alias, made.theme) == (3, 12, "nl", "eol", "bundel")
    assert (made.fast_tables, made.workspace, made.refresh, made.mixed_currency) == (
        True,
        "Bakkerij (bakker)",
        (),
        False,
    )
    assert [report.name for report in made.reports] == [
        name for name, report in catalogue.load().reports.items() if report.default and report.scope == "client"
    ]
    assert [(each.code, each.name, each.currency, each.ownership) for each in made.divisions] == [
        (710001, "Bakkerij", "EUR", Decimal(1))
    ]


@pytest.mark.parametrize("code", ["bakker", "_office"])
def test_what_is_not_filled_in_is_empty_and_not_made_up(tmp_path, code):
    made = client(load(tmp_path, ONE), code)
    assert (made.budget_scenario, made.client_id, made.exact_user, made.logo, made.refresh) == ("", "", "", None, ())


def test_the_office_has_every_default_and_what_its_row_says(tmp_path):
    made = client(load(tmp_path, ONE), "_office")
    assert (made.years, made.year_end_month, made.language, made.alias, made.theme) == (3, 12, "nl", "eol", "bundel")
    assert (made.fast_tables, made.workspace) == (True, "Van Dam kantoor")
    url = "https://bridge-online.cloud/vd-kantoor/odata4"
    row = ("Van Dam", "en", url, "id-1", "jan@x.nl", "alles", "koper", "Eigen ruimte", "`2`")
    heads = (
        "Naam | Taal | Geconsolideerde URL | Client-ID | Exact-gebruiker | Alias | Thema | Werkruimte | Jaren historie"
    )
    tables = f"## Kantoor\n| {heads} |\n| {' | '.join(row)} |\n" + ONE[ONE.index("## Klanten") :]
    made = client(load(tmp_path, tables), "_office")
    said = (made.name, made.language, made.url, made.client_id, made.exact_user, made.alias, made.theme, made.workspace)
    assert said == row[:-1]
    assert made.years == 2


def test_a_client_takes_after_the_office_and_goes_its_own_way_where_it_says_so(tmp_path):
    tables = """
    ## Kantoor
    | Naam | Taal | Jaren historie | Geconsolideerde URL | Werkruimte |
    | Van Dam | en | `5` | https://bridge-online.cloud/k/odata4 | |
    ## Klanten
    | Code | Naam | URL | Taal | Jaren historie | Einde boekjaar | Werkruimte | Snelle tabellen | Alias |
    | a | A | https://bridge-online.cloud/a/odata4 | | | | | | |
    | b | B | https://bridge-online.cloud/b/odata4 | nl | `2` | 06-30 | Ruimte B | nee | exact |
    ## Administraties
    | Klant | Code | Naam | Valuta |
    | a | `1` | | |
    | b | `2` | Twee | |
    | b | `3` | | GBP |
    """
    loaded = load(tmp_path, tables)
    one, other, office = (client(loaded, code) for code in ("a", "b", "_office"))
    assert (one.language, one.years, one.year_end_month, one.workspace, one.alias) == ("en", 5, 12, "A (a)", "eol")
    assert (other.language, other.years, other.year_end_month, other.workspace, other.alias) == (
        "nl",
        2,
        6,
        "Ruimte B",
        "exact",
    )
    assert (one.fast_tables, other.fast_tables, other.mixed_currency) == (True, False, True)
    assert [each.name for each in other.divisions] == ["Twee", "3"]
    assert (office.name, office.language, office.years, office.workspace) == ("Van Dam", "en", 5, "Van Dam kantoor")


def test_a_row_for_all_counts_for_each_client_and_an_own_row_goes_before_it(tmp_path):
    rows = "| * | Doel | 1 |\n| oneill | doel | 2 |\n| * | Netto-omzet | 3 |\n| oneill | Eigen | 4 |\n"
    loaded = load(tmp_path, ONE.replace("## Adm", "| oneill | O | https://bridge-online.cloud/o/odata4 |\n\n## Adm")
                  + "| oneill | `2` |\n" + MEASURES + rows)  # fmt: skip
    formulas = {
        each.code: {measure.name.casefold(): measure.dax for measure in each.measures} for each in loaded.clients
    }
    assert formulas == {
        "bakker": {"doel": "1", "netto-omzet": "3"},
        "oneill": {"doel": "2", "netto-omzet": "3", "eigen": "4"},
        "_office": {},
    }


def test_a_replaced_measure_keeps_what_its_row_leaves_empty(tmp_path):
    base = catalogue.load().measures["Brutomarge %"]
    made = client(load(tmp_path, ONE + MEASURES + "| bakker | brutomarge % | DIVIDE ( 1, 2 ) |\n")).measures[0]
    assert (made.name, made.dax, made.format, made.folder) == (base.name, "DIVIDE ( 1, 2 )", base.format, base.folder)
    assert made.descriptions == base.descriptions
    row = "\n## Meetwaarden\n| Klant | Naam | DAX | Opmaak | Map | Omschrijving |\n"
    made = client(load(tmp_path, ONE + row + "| bakker | Brutomarge % | 1 | 0.0 | Eigen | Zomaar |\n")).measures[0]
    assert (made.format, made.folder, set(made.descriptions.values())) == ("0.0", "Eigen", {"Zomaar"})


def test_inactive_clients_get_no_bundle_and_no_place_in_the_consolidated_one(tmp_path):
    tables = """
    ## Kantoor
    | Naam | Geconsolideerde URL |
    | Van Dam | https://bridge-online.cloud/k/odata4 |
    ## Klanten
    | Code | Naam | URL | Actief |
    | a | A | https://bridge-online.cloud/a/odata4 | |
    | b | B | https://bridge-online.cloud/b/odata4 | nee |
    ## Administraties
    | Klant | Code | Geconsolideerd |
    | a | `1` | |
    | a | `2` | nee |
    | b | `3` | ja |
    ## Rekeningindeling
    | Klant | Van | Tot | Regel |
    | * | 4000 | 4999 | Personeelskosten |
    """
    loaded = load(tmp_path, tables)
    assert [each.code for each in loaded.clients] == ["a", "_office"]
    office = client(loaded, "_office")
    assert [each.code for each in office.divisions] == [1]
    assert {row.division for row in office.mapping} == {1}
    assert [each.code for each in client(loaded, "a").divisions] == [1, 2]


def test_without_a_consolidated_url_there_is_no_consolidated_bundle(tmp_path):
    assert [each.code for each in load(tmp_path, BASE).clients] == ["bakker", "oneill"]


def test_the_consolidated_bundle_always_has_its_own_report(tmp_path):
    office = client(load(tmp_path, ONE), "_office")
    assert [report.name for report in office.reports] == ["kantoor"]
    assert office.url == "https://bridge-online.cloud/vd-kantoor/odata4"


# ------------------------------------------------------------------------------------------------- reports and pages


def test_a_title_of_the_workbook_goes_before_that_of_the_template(tmp_path):
    rows = "\n## Rapporten\n| Klant | Rapport | Titel |\n| * | financieel | Van kantoor |\n"
    assert client(load(tmp_path, ONE + rows)).reports[0].title == "Van kantoor"
    own = client(load(tmp_path, ONE + rows + "| bakker | Financieel | Van de bakker |\n")).reports
    assert [(report.name, report.title) for report in own] == [("financieel", "Van de bakker")]


def test_chosen_pages_come_in_their_order_and_drill_through_pages_come_along(tmp_path):
    known = catalogue.load()
    names = known.reports["financieel"].pages
    hidden = {name for name in names if known.pages[name].drill_through}
    shown = [name for name in names if name not in hidden]
    assert hidden
    for chosen in (shown[:1], shown[::-1]):
        made = client(load(tmp_path, ONE + REPORTS + f"| bakker | financieel | {', '.join(chosen)} |\n"))
        pages = [page.name for page in made.reports[0].pages]
        conditional = {name for name in names if getattr(known.pages[name], "when", None)}
        assert [name for name in pages if name not in hidden] == [name for name in chosen if name not in conditional]
        assert hidden <= set(pages)


def test_a_page_may_be_named_by_its_title_in_any_language(tmp_path):
    titles = catalogue.load().languages["en"].sections["page"]
    chosen = REPORTS + f"| bakker | financieel | {titles['Samenvatting'].upper()} |\n"
    assert client(load(tmp_path, ONE + chosen)).reports[0].pages[0].name == "Samenvatting"


def test_findings_go_with_their_report_and_page(tmp_path):
    rows = TEXTS + "| * | financieel | Samenvatting | Voor allen |\n| bakker | financieel | samenvatting | Voor u |\n"
    made = client(load(tmp_path, ONE + rows))
    assert made.texts == {("financieel", "Samenvatting"): "Voor u"}
    assert not client(load(tmp_path, ONE + rows), "_office").texts


@pytest.mark.parametrize("code", ["bakker", "_office"])
def test_findings_stand_below_everything_else_on_a_page(tmp_path, code):
    report = "kantoor" if code == "_office" else "financieel"
    asked = [page.name for page in client(load(tmp_path, BUDGET), code).reports[0].pages]
    rows = "".join(f"| {code} | {report} | {page} | Kijk hier |\n" for page in asked)
    loaded = load(tmp_path, BUDGET + TEXTS + rows)
    for page in client(loaded, code).reports[0].pages:
        body = [visual for visual in page.visuals if visual.at and visual.at[1] >= BODY]
        before = {visual.name: visual.at for visual in loaded.catalogue.pages[page.name].visuals}
        if page.name == "Toelichting":
            continue  # the page that is for findings only
        assert [visual.name for visual in body if visual.at[1] + visual.at[3] > 592] == ["bevindingen"], page.name
        assert body[-1].at[1] + body[-1].at[3] == 720 - 24, "the margin of every page"
        assert [(place(one), place(other)) for one, other in combinations(body, 2) if overlaps(one.at, other.at)] == []
        for visual in body[:-1]:
            assert visual.at[3] >= min(140, before[visual.name][3]), place(visual)


def test_a_line_of_a_chart_that_is_no_budget_is_there_without_one(tmp_path):
    def lines(rows):
        pages = client(load(tmp_path, rows)).reports[0].pages
        return {visual.name: visual.lines for page in pages for visual in page.visuals if visual.lines}

    assert lines(ONE) == {"kasstroom_per_maand": ("Kaspositie per boekmaand",)}
    assert lines(BUDGET)["omzet_per_maand"] == ("Netto-omzet per boekmaand budget",)


# -------------------------------------------------------------------------------------------------- account mapping


def test_a_mapping_holds_for_each_division_of_the_client_own_rows_first(tmp_path):
    rows = "| * | 4000 | 4999 | Overige bedrijfskosten |\n| bakker | 4500 | | personeelskosten |\n"
    made = client(load(tmp_path, ONE + "| bakker | `710002` |\n" + MAPPINGS + rows))
    assert [(row.division, row.start.lstrip("0"), row.end.lstrip("0"), row.line) for row in made.mapping] == [
        (710001, "4500", "4500", "Personeelskosten"),
        (710002, "4500", "4500", "Personeelskosten"),
        (710001, "4000", "4999", "Overige bedrijfskosten"),
        (710002, "4000", "4999", "Overige bedrijfskosten"),
    ]


def test_account_codes_of_unequal_length_compare_as_numbers_do(tmp_path):
    made = client(load(tmp_path, ONE + MAPPINGS + "| bakker | 400 | 4999 | Personeelskosten |\n")).mapping[0]
    assert made.start < "4200".zfill(len(made.start)) < made.end
    assert not made.start <= "39".zfill(len(made.start)) <= made.end


def test_a_line_may_be_named_by_its_title_in_any_language(tmp_path):
    titles = catalogue.load().languages["en"].sections["line"]
    made = client(load(tmp_path, ONE + MAPPINGS + f"| bakker | 1 | 2 | {titles['Personeelskosten']} |\n"))
    assert made.mapping[0].line == "Personeelskosten"


# ------------------------------------------------------------------------------------------------------- own visuals


def own(folder, rows, code="bakker", tables=ONE):
    """Return the pages with visuals of the workbook on them: page → those visuals."""
    made = client(load(folder, tables + VISUALS + rows), code)
    on = {page.name: [e for e in page.visuals if e.name.startswith("eigen ")] for page in made.reports[0].pages}
    return {page: visuals for page, visuals in on.items() if visuals}


def test_a_new_page_gets_the_head_of_all_pages(tmp_path):
    made = client(load(tmp_path, ONE + VISUALS + CARD))
    page = made.reports[0].pages[-1]
    assert page.name == "Eigen"
    assert [visual.name for visual in page.visuals if not visual.name.startswith("eigen")] == [
        "titel",
        "wie",
        "periodetekst",
        "filter_periode",
        "controles",
    ]


def test_a_chart_over_time_is_left_alone_by_the_choice_of_a_period(tmp_path):
    rows = (
        "| bakker | financieel | Eigen | lineChart | Netto-omzet | Datum[JaarMaand] | | |\n"
        "| bakker | financieel | Eigen | barChart | Netto-omzet | Rapportregel[Omschrijving] | | |\n"
    )
    layer = built(tmp_path, ONE + VISUALS + rows).reports[0].layer.definition
    page, visuals = pages(layer)["Eigen"]
    kinds = {visual["name"]: visual["visual"]["visualType"] for visual in visuals}
    (apart,) = page["visualInteractions"]
    assert (kinds[apart["source"]], kinds[apart["target"]], apart["type"]) == ("slicer", "lineChart", "NoFilter")
    assert "visualInteractions" not in pages(layer)["Samenvatting"][0]


def test_a_measure_may_be_named_with_its_brackets(tmp_path):
    row = (
        VISUALS + "| bakker | financieel | Eigen | lineChart | [Netto-omzet], brutomarge, [X, y] | Datum[Maand] | | |\n"
    )
    made = client(load(tmp_path, ONE + row + MEASURES + "| bakker | X, y | 1 |\n"))
    assert made.reports[0].pages[-1].visuals[-1].values == ("Netto-omzet", "Brutomarge", "X, y")


def test_names_of_pages_differ_in_more_than_case(tmp_path):
    assert list(own(tmp_path, CARD + CARD.replace("Eigen", "EIGEN"))) == ["Eigen"]
    assert list(own(tmp_path, CARD.replace("Eigen", "samenvatting"))) in (["Samenvatting"], ["Samenvatting (2)"])


@pytest.mark.parametrize(
    ("language", "titles"), [("nl", ["Samenvatting", "Samenvatting (2)"]), ("en", ["Summary", "Summary (2)"])]
)
def test_a_page_that_goes_on_has_the_title_of_the_full_one_in_the_language_of_its_reader(tmp_path, language, titles):
    tables = ONE.replace("| nl |", f"| {language} |") + VISUALS + CARD.replace("Eigen", "Samenvatting") * 20
    shown = pages(built(tmp_path, tables).reports[0].layer.definition)
    assert [title for title in shown if title.startswith(titles[0])] == titles


def test_visuals_without_a_place_never_overlap_and_a_full_page_goes_on(tmp_path):
    known = catalogue.load()
    kinds = [kind for kind, template in known.visuals.items() if "size" in template]
    roles = {kind: known.visuals[kind]["roles"] for kind in kinds}
    rows = "".join(
        f"| bakker | financieel | Eigen | {kind} | {'Netto-omzet' if 'values' in roles[kind] else ''} |"
        f" {'Datum[Maand]' if 'category' in roles[kind] else ''} | | |\n"
        for kind in kinds * 3
    )
    pages = own(tmp_path, rows)
    assert list(pages)[:3] == ["Eigen", "Eigen (2)", "Eigen (3)"]
    assert sum(map(len, pages.values())) == 3 * len(kinds)
    made = client(load(tmp_path, ONE + VISUALS + rows))
    for page in (page for page in made.reports[0].pages if page.name in pages):
        placed = [visual for visual in page.visuals if visual.at]
        for visual in placed:
            x, y, width, height = visual.at
            assert min(x, y) >= 0, place(visual)
            assert (x + width, y + height) <= (PAGE_WIDTH, PAGE_HEIGHT), place(visual)
            assert y + height <= PAGE_HEIGHT, place(visual)
        for one, other in combinations(placed, 2):
            assert not overlaps(one.at, other.at), f"{place(one)} on {place(other)}"


def test_a_visual_without_a_place_keeps_clear_of_one_with_a_place_further_down(tmp_path):
    placed = CARD.replace("| | | |", "| | | 24,152,616,264 |")
    (visuals,) = own(tmp_path, CARD + placed).values()
    assert not overlaps(visuals[0].at, visuals[1].at)
    assert visuals[1].at == (24, 152, 616, 264)


def test_a_visual_keeps_clear_of_what_the_template_has_on_its_page(tmp_path):
    made = client(load(tmp_path, ONE + VISUALS + CARD.replace("Eigen", "Samenvatting") * 2))
    pages = [page for page in made.reports[0].pages if page.name.startswith("Samenvatting")]
    both = [({e.at for e in page.visuals if e.name.startswith("eigen")}, {e.at for e in page.visuals if e.at})
            for page in pages]  # fmt: skip
    assert sum(len(mine) for mine, _ in both) == 2
    assert not [at for mine, every in both for at in mine for other in every - {at} if overlaps(at, other)]


def test_every_kind_fits_on_an_empty_page():
    for kind, template in catalogue.load().visuals.items():
        if "size" in template:
            assert free_spot([], *template["size"]), kind


def test_no_spot_is_left_on_a_full_page():
    assert free_spot([(0, 0, 1280, 720)], 1, 8) is None
    assert free_spot([(24, 152, 1232, 264)], 3, 264) == (24, 432, 296, 264)
    assert free_spot([(24, 152, 296, 544)], 3, 96) == (336, 152, 296, 96)


def test_a_visual_for_all_reaches_only_clients_with_that_report(tmp_path):
    row = CARD.replace("bakker", "*")
    made = load(tmp_path, ONE + VISUALS + row)
    assert problems(tmp_path, ONE + VISUALS + row) == []
    assert "Eigen" not in [page.name for page in client(made, "_office").reports[0].pages]
    assert client(made).reports[0].pages[-1].name == "Eigen"


# ------------------------------------------------------------------------------------------------------ extra tables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Type eq 20", Condition("Type", "=", 20)),
        ("type = 20", Condition("Type", "=", 20)),
        ("Type>=20", Condition("Type", ">=", 20)),
        ("Code ne '20'", Condition("Code", "<>", "20")),
        ('Code = "a\'b"', Condition("Code", "=", "a'b")),
        ("Code eq eq", Condition("Code", "=", "eq")),
    ],
)
def test_a_filter_has_the_type_of_its_column(tmp_path, text, expected):
    made = client(load(tmp_path, ONE + TABLES + f"| bakker | {JOURNALS} | D | Code | {text} |\n")).tables[0]
    assert made.condition == expected


def test_an_extra_table_without_columns_has_all_that_a_model_can_hold(tmp_path):
    made = client(load(tmp_path, ONE + TABLES + f"| bakker | {JOURNALS.lower()} | | | |\n")).tables[0]
    known = catalogue.load().known_columns[JOURNALS]["columns"]
    assert (made.name, made.entity) == ("journals", JOURNALS) or made.name == "Journals"
    assert set(made.columns) <= set(known)
    assert {"Code", "Description", "Type"} <= set(made.columns)


def test_own_formulas_and_visuals_may_use_an_extra_table(tmp_path):
    rows = (
        TABLES + f"| bakker | {JOURNALS} | Dagboeken | Code, Description | |\n"
        + MEASURES + "| bakker | Aantal dagboeken | COUNTROWS ( Dagboeken ) |\n"
        + VISUALS + "| bakker | financieel | Eigen | tableEx | aantal dagboeken | dagboeken[code] | | |\n"
    )  # fmt: skip
    made = client(load(tmp_path, ONE + rows))
    visual = made.reports[0].pages[-1].visuals[-1]
    assert (visual.category, visual.values) == (("Dagboeken[Code]",), ("Aantal dagboeken",))


def test_a_new_page_that_looks_like_another_is_told(tmp_path):
    for page, told in (("Samenvating", ["B065 Visuals!C2"]), ("Werkplaats", [])):
        assert problems(tmp_path, ONE + VISUALS + CARD.replace("Eigen", page)) == told


ACCESS = "\n## Toegang\n| Klant | E-mail | Rol | Administraties |\n"


def people(tmp_path, rows):
    return [(one.email, one.role, one.divisions) for one in client(load(tmp_path, ONE + ACCESS + rows)).access]


def test_a_limit_of_the_client_replaces_what_everyone_gets(tmp_path):
    everyone = "| * | jan@x.nl | Viewer | |\n"
    assert people(tmp_path, everyone + "| bakker | Jan@x.nl | Viewer | `710001` |\n") == [
        ("Jan@x.nl", "Viewer", (710001,))
    ]
    assert people(tmp_path, everyone) == [("jan@x.nl", "Viewer", ())]


def test_a_table_that_is_not_per_division_is_refused_for_a_client(tmp_path):
    row = "ExactOnlineREST.System.SystemDivisions | S | Code | |\n"
    assert problems(tmp_path, f"{ONE}{TABLES}| bakker | {row}") == ["B066 Tabellen!B2"]


def test_a_table_is_not_named_as_the_parameter_or_a_function(tmp_path):
    for name, code in (("P_INVANTIVE_URL", "B058"), ("Table.SelectColumns", "B067")):
        assert problems(tmp_path, f"{ONE}{TABLES}| bakker | {JOURNALS} | {name} | Code | |\n") == [
            f"{code} Tabellen!C2"
        ]


def test_a_long_chain_of_measures_is_no_circle(tmp_path):
    rows = "".join(f"| bakker | M{n} | [M{n + 1}] + 1 |\n" for n in range(1500)) + "| bakker | M1500 | 1 |\n"
    tables = ONE + "\n## Meetwaarden\n| Klant | Naam | DAX |\n" + rows
    assert problems(tmp_path, tables) == []
    assert problems(tmp_path, tables.replace("| M1500 | 1 |", "| M1500 | [M0] |"))[0].startswith("B046")
