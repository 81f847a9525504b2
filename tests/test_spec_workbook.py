"""Reading: forgiving to how people type, strict to errors, every problem once and at its cell."""

import datetime as dt
import time
from contextlib import suppress
from decimal import Decimal
from zipfile import ZipFile

import pytest
from markdown import BASE, CLIENTS, DIVISIONS, OFFICE, book, found, read, save, slips

from generator.problems import Cell
from generator.spec import workbook
from generator.spec.records import make
from generator.spec.sheets import SHEETS
from generator.spec.values import PARSERS, BadValue


def with_client(columns, cells):
    return f"""{OFFICE}
## Klanten
| Code | Naam | URL | {columns} |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 | {cells} |
## Administraties
| Klant | Code |
| bakker | `710001` |
"""


def test_a_correct_workbook_has_no_problems(tmp_path):
    spec, problems = read(save(tmp_path, BASE))
    assert problems == []
    assert [client.code for client in spec.clients] == ["bakker", "oneill"]
    assert [division.code for division in spec.divisions] == [710001, 750001]


def test_every_value_keeps_its_cell(tmp_path):
    spec, _ = read(save(tmp_path, BASE))
    client = spec.clients[1]
    assert (str(client.cell), str(client.where("url"))) == ("Klanten!A3", "Klanten!C3")
    assert str(client.where("alias")) == "Klanten!A3"
    assert set(client.at) == {"code", "name", "url"}
    assert len(client.at) == 3


def test_english_names_any_order_case_and_blanks(tmp_path):
    tables = """
## \xa0OFFICE
|  consolidated url  | NAME |
|  | Van Dam |
## clients
| U R L | Naam | Code |
| https://bridge-online.cloud/vd-bakker/odata4 | Bakkerij | bakker |
##  divisions
|\xa0CODE\xa0| client |
| `710001` | bakker |
"""
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert spec.clients[0].url == "https://bridge-online.cloud/vd-bakker/odata4"


URL_ROW = "| Geconsolideerde URL | https://bridge-online.cloud/k/odata4 |"
ACROSS = "| Naam | Taal | Geconsolideerde URL |\n| Van Dam | en | https://bridge-online.cloud/k/odata4 |"


@pytest.mark.parametrize(
    "office",
    [
        f"| Naam | Van Dam |\n| Taal | en |\n{URL_ROW}",
        f"| Instelling | Waarde |\n| Naam | Van Dam |\n| Taal | en |\n{URL_ROW}",
        f"| Naam | Waarde |\n| Naam | Van Dam |\n| Taal | en |\n{URL_ROW}",
        ACROSS,
        f"| Ons kantoor |\n|  |\n{ACROSS}",
    ],
)
def test_the_office_is_a_row_or_pairs(tmp_path, office):
    spec, problems = read(save(tmp_path, f"## Kantoor\n{office}\n{CLIENTS}{DIVISIONS}"))
    assert [problem for problem in problems if problem.code != "B014"] == []
    assert (spec.office.name, spec.office.language) == ("Van Dam", "en")
    assert spec.office.consolidated_url == "https://bridge-online.cloud/k/odata4"


def test_a_name_alone_is_an_office_either_way(tmp_path):
    for office in ("| Naam | Van Dam |", "| Naam |\n| Van Dam |"):
        spec, problems = read(save(tmp_path, f"## Kantoor\n{office}\n{CLIENTS}{DIVISIONS}"))
        assert (problems, spec.office.name) == ([], "Van Dam")


def test_pairs_have_their_own_cells(tmp_path):
    office = "## Kantoor\n| Naam | Van Dam |\n| Taal | frans |\n| Client secret | x |\n| Tal | nl |\n"
    assert slips(tmp_path, office + CLIENTS + DIVISIONS) == ["B012 Kantoor!B2", "B014 Kantoor!A4", "B015 Kantoor!A3"]


def test_own_sheets_and_columns_are_ignored_and_unknown_ones_named(tmp_path):
    tables = (
        BASE.replace("| Code | Naam | URL |", "| Code | Naam | URL | _mijn | Grop | |")
        + "## _lijst\n| x |\n## Klnten\n| x |\n## Leeg\n"
    )
    problems = read(save(tmp_path, tables))[1]
    assert found(problems) == ["B008 Klnten", "B014 Klanten!E1"]
    assert [problem.values["nearest"] for problem in problems] == ["Klanten", "Groep"]


SECRETS = ["Client secret", "Wachtwoord", "password", "API-token", "_geheim", "Client-geheim", "Wachtw.", "Pwd", "Pw"]
SECRETS += ["Sleutel", "Access key", "Credential", "Passphrase", "Toegangscode", "Bearer", "Inloggegevens"]


@pytest.mark.parametrize("header", SECRETS)
def test_a_column_that_looks_like_a_secret_is_refused(tmp_path, header):
    assert slips(tmp_path, BASE.replace("| Naam | URL |", f"| Naam | URL | {header} |")) == ["B015 Klanten!D1"]


def test_a_sheet_that_looks_like_a_secret_is_refused(tmp_path):
    assert slips(tmp_path, BASE + "## _Wachtwoorden\n| x |\n") == ["B015 _Wachtwoorden"]


def test_missing_header_row(tmp_path):
    tables = BASE + "## Toegang\n| bakker | jan@voorbeeld.nl | Viewer |\n"
    assert slips(tmp_path, tables) == ["B009 Toegang!A1"]


def test_missing_header_row_of_clients_gives_one_problem(tmp_path):
    tables = OFFICE + "## Klanten\n| bakker | Bakkerij | https://bridge-online.cloud/a/odata4 |\n" + DIVISIONS
    assert slips(tmp_path, tables) == ["B009 Klanten!A1"]


def test_missing_column_gives_one_problem(tmp_path):
    assert slips(tmp_path, BASE.replace("| Code | Naam | URL |", "| Code | Naam | Adres |")) == [
        "B011 Klanten!A1",
        "B014 Klanten!C1",
    ]


def test_a_misspelled_required_column_gives_one_problem(tmp_path):
    tables = BASE.replace("| Klant | Code |", "| Klnt | Code |")
    problems = read(save(tmp_path, tables))[1]
    assert found(problems) == ["B011 Administraties!A1"]
    assert problems[0].values["column_nl"] == "Klant"


def test_doubled_header(tmp_path):
    tables = BASE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Name |")
    assert slips(tmp_path, tables) == ["B010 Klanten!D1"]


def test_title_above_the_headers_blank_rows_and_extra_columns(tmp_path):
    tables = f"""{OFFICE}
## Klanten
| Onze klanten | | |
| | | |
| Code | Naam | URL | |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 | een opmerking |
| | | |
| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 | |
{DIVISIONS}"""
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert [str(client.cell) for client in spec.clients] == ["Klanten!A4", "Klanten!A6"]


def test_blanks_that_are_not_spaces_and_invisible_characters(tmp_path):
    tables = BASE.replace("| bakker | Bakkerij |", "| \xa0bakker\u200b | Bakkerij\xa0 De   Korenaar |")
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert (spec.clients[0].code, spec.clients[0].name) == ("bakker", "Bakkerij De Korenaar")


def test_a_row_of_blanks_is_no_row(tmp_path):
    assert slips(tmp_path, BASE + "## Toegang\n| Klant | E-mail | Rol |\n|   | \xa0 | |\n") == []


def test_numbers_as_names_and_codes(tmp_path):
    tables = f"""{OFFICE}
## Klanten
| Code | Naam | URL |
| `12` | `2025` | https://bridge-online.cloud/a/odata4 |
| `13.0` | `true` | https://bridge-online.cloud/b/odata4 |
## Administraties
| Klant | Code |
| 12 | 1,0 |
| `13` | 12.0 |
"""
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert [(client.code, client.name) for client in spec.clients] == [("12", "2025"), ("13", "TRUE")]
    assert [(row.client, row.code) for row in spec.divisions] == [("12", 1), ("13", 12)]


def test_references_take_the_case_of_the_client(tmp_path):
    spec, problems = read(save(tmp_path, BASE.replace("| bakker | `710001` |", "| BAKKER | `710001` |")))
    assert problems == []
    assert spec.divisions[0].client == "bakker"


@pytest.mark.parametrize(
    ("column", "typed", "key", "value"),
    [
        ("Actief", "`true`", "active", True),
        ("Actief", "`false`", "active", False),
        ("Actief", "Nee", "active", False),
        ("Actief", "x", "active", True),
        ("Active", "YES", "active", True),
        ("Actief", "ONWAAR", "active", False),
        ("Actief", "`1`", "active", True),
        ("Jaren historie", "1,0", "years", 1),
        ("Jaren historie", "`4.0`", "years", 4),
        ("Jaren historie", "10.0", "years", 10),
        ("Einde boekjaar", "06-30", "fiscal_year_end", "06-30"),
        ("Einde boekjaar", "6-30", "fiscal_year_end", "06-30"),
        ("Einde boekjaar", "02-28", "fiscal_year_end", "02-28"),
        ("Einde boekjaar", "02-29", "fiscal_year_end", "02-29"),
        ("Einde boekjaar", "`2024-06-30`", "fiscal_year_end", "06-30"),
        ("Einde boekjaar", "`1930-06-01`", "fiscal_year_end", "06-30"),
        ("Einde boekjaar", "`2031-06-30`", "fiscal_year_end", "06-30"),
        ("Einde boekjaar", "`1931-12-01`", "fiscal_year_end", "12-31"),
        ("Verversen", "12:30; 6:30", "refresh", ("06:30", "12:30")),
        ("Verversen", "`06:30`", "refresh", ("06:30",)),
        ("Verversen", "`0.2708333333`", "refresh", ("06:30",)),
        ("Verversen", "06:30\\n12:30", "refresh", ("06:30", "12:30")),
        ("Taal", "EN", "language", "en"),
        ("Client-ID", "abc", "client_id", "abc"),
        ("Alias", "eol2", "alias", "eol2"),
        ("Snelle tabellen", "nee", "fast_tables", False),
    ],
)
def test_values_as_people_and_excel_write_them(tmp_path, column, typed, key, value):
    spec, problems = read(save(tmp_path, with_client(column, typed)))
    assert problems == []
    assert getattr(spec.clients[0], key) == value


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        ("Actief", "misschien"),
        ("Actief", "`2`"),
        ("Jaren historie", "0"),
        ("Jaren historie", "`11`"),
        ("Jaren historie", "1,5"),
        ("Jaren historie", "drie"),
        ("Jaren historie", "`true`"),
        ("Einde boekjaar", "31-12"),
        ("Einde boekjaar", "06-31"),
        ("Einde boekjaar", "06-29"),
        ("Einde boekjaar", "13-31"),
        ("Einde boekjaar", "`2024-06-15`"),
        ("Einde boekjaar", "`630`"),
        ("Verversen", "06:15"),
        ("Verversen", "24:00"),
        ("Verversen", "ochtend"),
        ("Verversen", "`6.3`"),
        ("Taal", "Duits"),
        ("Groep", "`2024-01-02`"),
        ("Client-ID", "`06:30`"),
        ("Alias", "eol; use all"),
        ("Alias", "@eol"),
    ],
)
def test_values_that_do_not_fit(tmp_path, column, typed):
    assert slips(tmp_path, with_client(column, typed)) == ["B012 Klanten!D2"]


@pytest.mark.parametrize(
    "code", ["bakker zuid", "_bakker", "-x", "bäkker", "a" * 41, "con", "LPT1", "a/b", "..", "_office", "*", "12.5"]
)
def test_codes_that_can_not_be(tmp_path, code):
    tables = OFFICE + CLIENTS.replace("| bakker |", f"| {code} |") + DIVISIONS.replace("| bakker |", f"| {code} |")
    assert slips(tmp_path, tables) == (
        ["B022 Klanten!A2"] + (["B037 Administraties!A2"] if code in {"*", "_office"} else [])
    )


@pytest.mark.parametrize("code", ["a", "0", "A_b-c", "a" * 40, "console", "com10", "nul1"])
def test_codes_that_can_be(tmp_path, code):
    assert slips(tmp_path, BASE.replace("bakker", code)) == []


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (" HTTPS://Bridge-Online.Cloud/Vd-Bakker/odata4/ ", "https://bridge-online.cloud/Vd-Bakker/odata4"),
        ("https://bridge-online.cloud:443/a/odata4//", "https://bridge-online.cloud/a/odata4"),
        ("https://[::1]:8443/a/odata4", "https://[::1]:8443/a/odata4"),
        ("https://bridge-online.cloud/a/odata4\xa0", "https://bridge-online.cloud/a/odata4"),
        ("https://bridge-online.invantive.com:8443/a/odata4", "https://bridge-online.invantive.com:8443/a/odata4"),
    ],
)
def test_urls_have_one_form(typed, url):
    assert PARSERS["url"](typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "http://bridge-online.cloud/a/odata4",
        "bridge-online.cloud/a/odata4",
        "https://jan:geheim@bridge-online.cloud/a/odata4",
        "https://jan@bridge-online.cloud/a/odata4",
        "https://bridge-online.cloud/a/odata4?x=1",
        "https://bridge-online.cloud/a/odata4?",
        "https://bridge-online.cloud/a/odata4#x",
        "https://bridge-online.cloud/a b/odata4",
        "https://bridge-online.cloud/a/../b/odata4",
        "https://bridge-online.cloud",
        "https:///odata4",
        "https://bridge-online.cloud:99999/a/odata4",
        "https://[::1/odata4",
        "https://bridge-online.cloud\\a",
        "ftp://bridge-online.cloud/a/odata4",
        "https://bridge-online.cloud/vd%2Da/odata4",
        "https://bridge-online.cloud//a/odata4",
        "https://bridge-online.cloud/a;b/odata4",
        "klant",
    ],
)
def test_urls_that_are_none(tmp_path, typed):
    assert slips(tmp_path, BASE.replace("https://bridge-online.cloud/vd-bakker/odata4", typed)) == ["B024 Klanten!C2"]


@pytest.mark.parametrize(
    ("typed", "fraction"),
    [
        ("`0.5`", "0.5"),
        ("`60%`", "0.6"),
        ("50%", "0.5"),
        ("33,3 %", "0.333"),
        ("`1`", "1"),
        ("`100`", "1"),
        ("1%", "0.01"),
        ("0,5", "0.5"),
        ("`51`", "0.51"),
    ],
)
def test_ownership_is_a_fraction(tmp_path, typed, fraction):
    tables = (
        OFFICE
        + CLIENTS
        + DIVISIONS.replace("| Code |", "| Code | Belang |").replace("`710001` |", f"`710001` | {typed} |")
    )
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert spec.divisions[0].ownership == Decimal(fraction)


@pytest.mark.parametrize("typed", ["`0`", "`-1`", "101", "`250`", "half", "`true`", "nan", "inf", "0 %"])
def test_ownership_that_is_none(tmp_path, typed):
    tables = (
        OFFICE
        + CLIENTS
        + DIVISIONS.replace("| Code |", "| Code | Belang |").replace("`710001` |", f"`710001` | {typed} |")
    )
    assert slips(tmp_path, tables) == ["B012 Administraties!C2"]


@pytest.mark.parametrize("typed", ["0", "`-5`", "12,5", "abc", "`2147483648`", "`1.5`", "710001@eol", "`2024-01-02`"])
def test_divisions_that_are_none(tmp_path, typed):
    assert slips(tmp_path, BASE.replace("`710001`", typed)) == ["B012 Administraties!B2"]


def test_a_bad_row_is_dropped_before_the_rules(tmp_path):
    tables = BASE.replace(
        "| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |", "| oneill | O'Neill | http://x/odata4 |"
    )
    assert slips(tmp_path, tables) == ["B024 Klanten!C3"]


def test_an_empty_required_cell(tmp_path):
    assert slips(tmp_path, BASE.replace("| bakker | Bakkerij |", "| bakker | |")) == ["B013 Klanten!B2"]
    assert slips(tmp_path, BASE.replace("| bakker | Bakkerij |", "| | Bakkerij |")) == ["B013 Klanten!A2"]
    assert slips(tmp_path, BASE.replace("| bakker | `710001` |", "| | `710001` |")) == ["B013 Administraties!A2"]


def test_every_slip_of_a_row_is_told(tmp_path):
    assert slips(tmp_path, with_client("Actief | Taal", "ooit | frans")) == ["B012 Klanten!D2", "B012 Klanten!E2"]


def test_one_client_needs_no_client_column(tmp_path):
    one = CLIENTS.replace("| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |\n", "")
    for divisions in ("| Klant | Code |\n| | `710001` |\n", "| Code | Naam |\n| `710001` | |\n"):
        spec, problems = read(save(tmp_path, f"{OFFICE}{one}## Administraties\n{divisions}"))
        assert problems == []
        assert spec.divisions[0].client == "bakker"
    wrong = one.replace("bakker |", "bak ker |")
    for more in ("", "## Toegang\n| E-mail | Rol |\n| a@b.nl | Viewer |\n"):  # one slip is one problem
        tables = f"{OFFICE}{wrong}## Administraties\n| Code |\n| `710001` |\n{more}"
        assert slips(tmp_path, tables) == ["B022 Klanten!A2"]


def test_one_client_over_three_workbooks(tmp_path):
    one = CLIENTS.replace("| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |\n", "")
    save(tmp_path, OFFICE, "kantoor.xlsx")
    save(tmp_path, one, "bakker.xlsx")
    save(tmp_path, "## Divisions\n| Client | Code |\n| bakker | `710001` |\n", "administraties.XLSX")
    save(tmp_path, "## Onzin\n| x |\n", "_kladblok.xlsx")
    save(tmp_path, "## Onzin\n| x |\n", "~$kantoor.xlsx")
    spec, problems = read(tmp_path)
    assert problems == []
    assert (spec.office.cell.file, spec.clients[0].cell.file, spec.divisions[0].cell.file) == (
        "kantoor.xlsx",
        "bakker.xlsx",
        "administraties.XLSX",
    )


def test_two_offices_are_one_problem(tmp_path):
    save(tmp_path, BASE, "a.xlsx")
    save(tmp_path, OFFICE, "b.xlsx")
    save(tmp_path, OFFICE, "c.xlsx")
    problems = read(tmp_path)[1]
    assert found(problems) == ["B020 Kantoor!A2"]
    assert problems[0].values == {"first": "a.xlsx Kantoor!A2", "others": "b.xlsx Kantoor!A2, c.xlsx Kantoor!A2"}


def test_two_rows_of_office_are_one_problem(tmp_path):
    assert slips(tmp_path, BASE.replace("| Van Dam | nl |", "| Van Dam | nl |\n| Van Dam Twee | nl |")) == [
        "B020 Kantoor!A3"
    ]


def test_no_office(tmp_path):
    assert slips(tmp_path, CLIENTS + DIVISIONS) == ["B027 kantoor.xlsx"]
    assert slips(tmp_path, "## Kantoor\n| Naam | Taal |\n" + CLIENTS + DIVISIONS) == ["B027 kantoor.xlsx"]


def test_an_office_with_a_slip_is_still_an_office(tmp_path):
    assert slips(tmp_path, BASE.replace("| Van Dam | nl |", "| Van Dam | frans |")) == ["B012 Kantoor!B2"]


def test_lists(tmp_path):
    tables = BASE + "## Rapporten\n| Klant | Rapport | Pagina's |\n| bakker | financieel | Een, Twee;Drie\\nVier,, |\n"
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert spec.reports[0].pages == ("Een", "Twee", "Drie", "Vier")


def test_dax_typed_as_a_formula(tmp_path):
    tables = BASE + "## Meetwaarden\n| Klant | Naam | DAX |\n| bakker | Omzet | `=SUM(Mutaties[Bedrag])` |\n"
    problems = read(save(tmp_path, tables))[1]
    assert found(problems) == ["B017 Meetwaarden!C2"]
    assert problems[0].values["formula"] == "SUM(Mutaties[Bedrag])"
    assert problems[0].client == "bakker"


@pytest.mark.parametrize(
    ("typed", "dax"),
    [
        ("= [Netto-omzet]", "[Netto-omzet]"),
        ("Omzet = [Netto-omzet]", "[Netto-omzet]"),
        ("omzet := [Netto-omzet]", "[Netto-omzet]"),
        ("[Omzet] = 1", "[Omzet] = 1"),
        ("DIVIDE ( [A], 1.5 )\\n  + 1", "DIVIDE ( [A], 1.5 )\n  + 1"),
        ("DIVIDE(1,2)", "DIVIDE(1,2)"),
        ('"a;b" & [C;D]', '"a;b" & [C;D]'),
        ("DATE(2025,1,2)", "DATE(2025,1,2)"),
        ("1.5\xa0* [A]", "1.5 * [A]"),
    ],
)
def test_dax_as_text(tmp_path, typed, dax):
    tables = BASE + f"## Meetwaarden\n| Klant | Naam | DAX |\n| bakker | Omzet | {typed} |\n"
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert spec.measures[0].dax == dax


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("DIVIDE([A];[B])", "DIVIDE([A],[B])"),
        ("DIVIDE([A]; 1,5; 0)", "DIVIDE([A], 1.5, 0)"),
        ("[A] * 1,21", "[A] * 1.21"),
        ("CALCULATE([A]; T[X] = “ja”)", 'CALCULATE([A], T[X] = "ja")'),
        ("COUNTROWS(\u2018Openstaande posten\u2019)", "COUNTROWS('Openstaande posten')"),
        ('IF([A] > 1; "a;b"; "c,d")', 'IF([A] > 1, "a;b", "c,d")'),
    ],
)
def test_dax_of_a_dutch_keyboard_is_corrected(tmp_path, typed, corrected):
    tables = BASE + f"## Meetwaarden\n| Klant | Naam | DAX |\n| bakker | Omzet | {typed} |\n"
    problems = read(save(tmp_path, tables))[1]
    assert found(problems) == ["B018 Meetwaarden!C2"]
    assert problems[0].values["corrected"] == corrected


def test_a_formula_without_a_result(tmp_path):
    assert slips(tmp_path, BASE.replace("Bakkerij", "`=A2`")) == ["B016 Klanten!B2"]


def test_a_formula_with_a_result_is_read(tmp_path):
    path = save(tmp_path, BASE.replace("Bakkerij", "`=1234`"))
    replace_in_part(path, b"<f>1234</f><v></v>", b"<f>1234</f><v>77</v>", b"<f>1234</f><v/>")
    spec, problems = read(path)
    assert problems == []
    assert spec.clients[0].name == "77"


def test_an_error_value_is_no_empty_cell(tmp_path):
    path = save(tmp_path, BASE.replace("Bakkerij", "`99`"))
    replace_in_part(path, b't="n"><v>99</v>', b't="e"><v>#N/A</v>', b"><v>99</v>")
    assert found(read(path)[1]) == ["B016 Klanten!B2"]


def replace_in_part(path, old, new, other):
    with ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    with ZipFile(path, "w") as archive:
        done = 0
        for part, content in parts.items():
            changed = content.replace(old, new) if old in content else content.replace(other, new)
            done += changed != content
            archive.writestr(part, changed)
    assert done == 1


def test_merged_cells_are_one_problem(tmp_path):
    made = book(BASE + "## Toegang\n| Klant | E-mail | Rol |\n| bakker | a@b.nl | Viewer |\n| | c@d.nl | Viewer |\n")
    made["Toegang"].merge_cells("A2:A3")
    made.save(tmp_path / "kantoor.xlsx")
    assert found(read(tmp_path)[1]) == ["B019 Toegang!A2"]


def test_a_merged_title_does_no_harm(tmp_path):
    made = book(BASE.replace("| Klant | Code |", "| Titel | |\n| Klant | Code |"))
    made["Administraties"].merge_cells("A1:B1")
    made.save(tmp_path / "kantoor.xlsx")
    assert found(read(tmp_path)[1]) == []


def test_merged_clients_do_not_make_others_unknown(tmp_path):
    made = book(BASE)
    made["Klanten"].merge_cells("B2:B3")
    made.save(tmp_path / "kantoor.xlsx")
    assert found(read(tmp_path)[1]) == ["B019 Klanten!B2"]


def test_hidden_rows_columns_and_sheets_are_read(tmp_path):
    made = book(BASE)
    made["Klanten"].row_dimensions[3].hidden = True
    made["Klanten"].column_dimensions["B"].hidden = True
    made["Administraties"].sheet_state = "hidden"
    made.save(tmp_path / "kantoor.xlsx")
    spec, problems = read(tmp_path)
    assert problems == []
    assert len(spec.clients) == len(spec.divisions) == 2


def test_five_hundred_clients_in_one_workbook(tmp_path):
    clients = "".join(f"| k{n} | Klant {n} | https://bridge-online.cloud/k{n}/odata4 |\n" for n in range(500))
    divisions = "".join(f"| k{n} | `{100000 + n}` |\n" for n in range(500))
    tables = f"{OFFICE}## Klanten\n| Code | Naam | URL |\n{clients}## Administraties\n| Klant | Code |\n{divisions}"
    spec, problems = read(save(tmp_path, tables))
    assert problems == []
    assert len(spec.clients) == 500


def test_long_cells(tmp_path):
    spec, problems = read(
        save(tmp_path, BASE + f"## Teksten\n| Klant | Rapport | Pagina | Tekst |\n| bakker | f | p | {'a' * 32767} |\n")
    )
    assert problems == []
    assert len(spec.texts[0].text) == 32767
    wrong = read(save(tmp_path, with_client("Taal", "x" * 32767)))[1]
    assert found(wrong) == ["B012 Klanten!D2"]
    assert len(wrong[0].text("message", "nl")) < 200


def test_the_problem_names_the_client(tmp_path):
    assert read(save(tmp_path, with_client("Taal", "frans")))[1][0].client == "bakker"


def test_a_folder_without_workbooks(tmp_path):
    assert found(workbook.read(tmp_path)[1]) == ["B007 " + tmp_path.name]


ODD = ["", " ", "\xa0", "=", "'", '"', "a\x00b", "😀", "-", "1e400", "\u0663", "\xb2", 0.0, -1.0, 1e300, 1e-300, True]
ODD += [False, dt.date(1900, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=None), dt.time(0)]  # noqa: DTZ001
ODD += [dt.timedelta(days=-1), 10**400]


@pytest.mark.parametrize("kind", sorted(PARSERS))
@pytest.mark.parametrize("raw", ODD, ids=repr)
def test_no_value_breaks_a_parser(kind, raw):
    with suppress(BadValue):
        PARSERS[kind](raw)


HOSTILE_CELLS = {
    "list": ["," * 32_700, "],[" * 10_000],
    "dax": ["[" * 32_000, "/*" * 16_000, "'" * 32_001, '""' * 16_000],
}


@pytest.mark.parametrize(("kind", "typed"), [(kind, typed) for kind, all_ in HOSTILE_CELLS.items() for typed in all_])
def test_a_full_cell_takes_no_time(kind, typed):
    started = time.process_time()
    with suppress(BadValue):
        PARSERS[kind](typed)
    assert time.process_time() - started < 1


def test_separators_in_the_name_of_a_measure_are_none():
    assert PARSERS["list"]("a, [b, c]; d], [e\nf") == ("a", "[b, c]; d]", "[e", "f")


def test_overlapping_merged_cells_take_no_time(tmp_path):
    path = save(tmp_path, BASE)
    with ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    areas = "".join(f'<mergeCell ref="A{row}:C900000"/>' for row in range(2, 40_002))
    end = f'<row r="60000"><c r="A60000"><v>1</v></c></row></sheetData><mergeCells>{areas}</mergeCells>'
    sheet = parts["xl/worksheets/sheet2.xml"].replace(b"</sheetData>", end.encode())
    with ZipFile(path, "w") as archive:
        for part, content in (parts | {"xl/worksheets/sheet2.xml": sheet}).items():
            archive.writestr(part, content)
    started = time.process_time()
    problems = read(path)[1]
    assert time.process_time() - started < 5
    assert found(problems[:1]) == ["B019 Klanten!A2"]


def test_control_characters_and_marks_of_direction_are_left_out():
    assert PARSERS["line"]("Bak\x80k\x9b31mer\u202eij\x85B.V.\uffff") == "Bakk31merij B.V."
    assert PARSERS["text"]("een\x9b\x85twee\u2028drie") == "een\ntwee\ndrie"


LONG = "9" * 5000


@pytest.mark.parametrize(
    ("sheet", "columns", "cells", "place"),
    [
        ("Rekeningindeling", "Van | Tot | Regel", f"{LONG} | | Omzet", "B2"),
        ("Rekeningindeling", "Van | Tot | Regel", f"1 | {'x' * 31} | Omzet", "C2"),
        ("Administraties", "Code", LONG, "B2"),
        ("Administraties", "Code | Belang", "1 | 1e-999999999", "C2"),
        ("Administraties", "Code | Belang", "1 | 1e999999999999999999", "C2"),
    ],
)
def test_very_long_numbers_do_not_fit(tmp_path, sheet, columns, cells, place):
    tables = f"{OFFICE}{CLIENTS}{DIVISIONS if sheet != 'Administraties' else ''}## {sheet}\n"
    problems = read(save(tmp_path, f"{tables}| Klant | {columns} |\n| bakker | {cells} |\n"))[1]
    assert f"B012 {sheet}!{place}" in found(problems)


def test_a_very_long_number_in_a_position():
    with pytest.raises(BadValue):
        PARSERS["position"](f"{LONG},1,1,1")


def test_a_very_long_number_of_years(tmp_path):
    assert slips(tmp_path, with_client("Jaren historie", LONG)) == ["B012 Klanten!D2"]


@pytest.mark.parametrize(
    "typed",
    [
        "https://jan:hunter2@bridge-online.cloud/a/odata4",
        "https://jan:hunter2/?#@bridge-online.cloud/a/odata4",
        "jan:hunter2@bridge-online.cloud/a/odata4",
        "https://jan:hunter2\uff20bridge-online.cloud/a/odata4",
        "https://bridge-online.cloud/a/odata4?token=hunter2",
        "https://bridge-online.cloud/a/odata4#hunter2",
        "https://bridge-online.cloud/a/odata4;key=hunter2",
    ],
)
def test_a_secret_in_a_url_is_not_repeated(tmp_path, typed):
    problems = read(save(tmp_path, BASE.replace("https://bridge-online.cloud/vd-bakker/odata4", typed)))[1]
    assert found(problems) == ["B024 Klanten!C2"]
    assert "hunter2" not in repr(problems)
    assert "bridge-online.cloud" in problems[0].values["value"]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.key)
def test_records_of_columns_are_those_that_their_class_makes(sheet):
    at = [{"x": Cell("a.xlsx", "b", f"A{row}")} for row in range(3)]
    columns = {column.key: [f"{column.key} {row}" for row in range(3)] for column in sheet.columns if column.required}
    rows = [sheet.record(at=at[row], **{key: values[row] for key, values in columns.items()}) for row in range(3)]
    assert make(sheet.record, 3, {**columns, "at": at}) == rows


MANY = [f"| klant{n} | Klant {n} B.V. | https://bridge-online.cloud/vd-{n}/odata4 |" for n in range(200)]
SLIPS = {
    20: "| con | Klant 20 | https://bridge-online.cloud/vd-20/odata4 |",
    50: "| klant50 |  | https://bridge-online.cloud/vd-50/odata4 |",
    90: "| klant90 | Klant 90 | http://bridge-online.cloud/vd-90/odata4 |",
    120: "|  |  |  |",
    150: "| klant150 |  Klant\xa0150 | https://Bridge-Online.cloud/vd-150/odata4/ |",
}


def test_many_rows_are_read_as_few_are(tmp_path):
    """A sheet of many rows is read column by column, one of a few row by row: the same records, cells and problems."""
    rows = [SLIPS.get(n, row) for n, row in enumerate(MANY)]
    head = "| Code | Naam | URL | Groep |\n"
    many, problems = workbook.read(save(tmp_path, f"{OFFICE}\n## Klanten\n{head}" + "\n".join(rows)))
    assert found(problems) == ["B013 Klanten!B52", "B022 Klanten!A22", "B024 Klanten!C92"]
    assert len(many.clients) == 196
    for n in (0, 119, 150, 199):
        few, _ = workbook.read(save(tmp_path, f"{OFFICE}\n## Klanten\n{head}{rows[n]}"))
        row = next(row for row in many.clients if row.code == f"klant{n}")
        assert (row.name, row.url, row.group) == (few.clients[0].name, few.clients[0].url, few.clients[0].group)
        assert [str(cell) for cell in row.at.values()] == [f"Klanten!{letter}{n + 2}" for letter in "ABC"]
    assert [int(row.at["code"].address[1:]) for row in many.clients] == sorted(set(range(2, 202)) - {22, 52, 92, 122})
