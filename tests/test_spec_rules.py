"""The rules over rows: one problem for one slip, at its cell."""

import time

import pytest
from markdown import BASE, CLIENTS, DIVISIONS, OFFICE, book, found, read, save, slips

from generator.spec import rules

CONSOLIDATED = """
## Kantoor
| Naam | Geconsolideerde URL | Client-ID | Exact-gebruiker | Werkruimte |
| Van Dam | https://bridge-online.cloud/kantoor/odata4 | ID-K | gebruiker | |
"""
GROUP = f"""{CONSOLIDATED}{CLIENTS}
## Administraties
| Klant | Code |
| bakker | `710001` |
| bakker | `710002` |
| oneill | `750001` |
"""


def clients(*rows, columns="", office=OFFICE, divisions=DIVISIONS):
    """Return tables with these rows of clients: code, name, slug and more cells."""
    lines = "".join(
        f"| {code} | {name} | https://bridge-online.cloud/{slug}/odata4 | {' | '.join(more)} |\n"
        for code, name, slug, *more in rows
    )
    return f"{office}## Klanten\n| Code | Naam | URL | {columns} |\n{lines}{divisions}"


A, B = ("bakker", "Bakkerij", "a"), ("oneill", "O'Neill", "b")


def test_codes_differ_in_more_than_case(tmp_path):
    tables = clients(A, B, ("Bakker", "Bakkerij Twee", "c"))
    assert slips(tmp_path, tables) == ["B023 Klanten!A4"]


def test_a_row_that_is_there_twice_is_one_problem(tmp_path):
    assert slips(tmp_path, clients(A, B, A)) == ["B023 Klanten!A4"]


def test_codes_give_different_password_variables(tmp_path):
    divisions = "## Administraties\n| Klant | Code |\n| groep-zuid | `1` |\n| groep_zuid | `2` |\n"
    problems = read(save(tmp_path, clients(("groep-zuid", "A", "a"), ("groep_zuid", "B", "b"), divisions=divisions)))[1]
    assert found(problems) == ["B080 Klanten!A3"]
    assert problems[0].values["variable"] == "BUNDEL_ODATA_PASSWORD__GROEP_ZUID"


def test_a_url_is_of_one_client(tmp_path):
    problems = read(save(tmp_path, clients(A, ("oneill", "O'Neill", "a"))))[1]
    assert found(problems) == ["B021 Klanten!C3"]
    assert problems[0].text("message", "nl") == "deze URL is al van klant bakker (Klanten!C2)."
    assert problems[0].client == "oneill"


def test_urls_are_compared_in_their_one_form(tmp_path):
    tables = BASE.replace(
        "https://bridge-online.cloud/vd-oneill/odata4", "HTTPS://BRIDGE-ONLINE.cloud/vd-bakker/odata4/"
    )
    assert slips(tmp_path, tables) == ["B021 Klanten!C3"]


def test_a_url_of_an_inactive_client_counts(tmp_path):
    assert slips(tmp_path, clients((*A, "nee"), ("oneill", "O'Neill", "a", ""), columns="Actief")) == [
        "B021 Klanten!C3"
    ]


def test_the_consolidated_database_is_no_clients(tmp_path):
    assert slips(tmp_path, clients(("bakker", "Bakkerij", "kantoor"), B, office=CONSOLIDATED)) == ["B021 Klanten!C2"]


def test_urls_over_two_workbooks(tmp_path):
    save(
        tmp_path,
        OFFICE
        + CLIENTS.replace("| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 |\n", "")
        + DIVISIONS,
        "a.xlsx",
    )
    save(
        tmp_path,
        "## Klanten\n| Code | Naam | URL |\n| oneill | O'Neill | https://bridge-online.cloud/vd-bakker/odata4 |\n",
        "b.xlsx",
    )
    problems = read(tmp_path)[1]
    assert found(problems) == ["B021 Klanten!C2"]
    assert (problems[0].cell.file, problems[0].values["other_nl"]) == ("b.xlsx", "klant bakker (a.xlsx:Klanten!C2)")


@pytest.mark.parametrize(
    "url",
    [
        "https://bridge-online.invantive.com/a/odata4",
        "https://bridge-online.cloud/a",
        "https://bridge-online.cloud/odata4",
        "https://bridge-online.cloud.evil.example/a/odata4",
        "https://bridge-online.cloud:8443/a/odata4",
    ],
)
def test_a_url_elsewhere_is_a_warning(tmp_path, url):
    problems = read(save(tmp_path, BASE.replace("https://bridge-online.cloud/vd-bakker/odata4", url)))[1]
    assert found(problems) == ["B025 Klanten!C2"]
    assert not problems[0].is_error


def test_the_consolidated_url_is_looked_at_too(tmp_path):
    office = CONSOLIDATED.replace("bridge-online.cloud", "elders.example")
    assert slips(tmp_path, office + CLIENTS + DIVISIONS) == ["B025 Kantoor!B2"]
    assert slips(tmp_path, CONSOLIDATED.replace("https", "http") + CLIENTS + DIVISIONS) == ["B024 Kantoor!B2"]


def test_client_id_and_user_link_one_database(tmp_path):
    columns = "Client-ID | Exact-gebruiker"
    tables = clients((*A, "ID-1", "jan@x.nl"), (*B, "id-1", "Jan@x.nl"), columns=columns)
    assert slips(tmp_path, tables) == ["B026 Klanten!D3"]
    tables = clients((*A, "ID-1", "jan@x.nl"), (*B, "ID-1", "piet@x.nl"), columns=columns)
    assert slips(tmp_path, tables) == []
    tables = clients((*A, "ID-1", ""), (*B, "ID-1", ""), columns=columns)
    assert slips(tmp_path, tables) == []
    tables = clients((*A, "id-k", "Gebruiker"), (*B, "", ""), columns=columns, office=CONSOLIDATED)
    assert slips(tmp_path, tables) == ["B026 Klanten!D2"]


def test_workspaces_are_apart(tmp_path):
    assert slips(tmp_path, clients((*A, "Samen"), (*B, "SAMEN"), columns="Werkruimte")) == ["B028 Klanten!D3"]
    assert slips(tmp_path, clients((*A, ""), (*B, "Bakkerij (bakker)"), columns="Werkruimte")) == ["B028 Klanten!D3"]
    assert slips(tmp_path, clients((*A, "Van Dam kantoor"), (*B, ""), columns="Werkruimte")) == ["B028 Klanten!D2"]


def test_a_slip_in_a_row_for_all_clients_is_of_no_client(tmp_path):
    rows = "## Toegang\n| Klant | E-mail | Rol |\n| * | jan | Viewer |\n| oneill | piet | Viewer |\n"
    problems = read(save(tmp_path, BASE + rows))[1]
    assert found(problems) == ["B012 Toegang!B2", "B012 Toegang!B3"]
    assert [problem.client for problem in problems] == ["", "oneill"]


def test_references_name_a_client(tmp_path):
    tables = BASE + "## Toegang\n| Klant | E-mail | Rol |\n| baker | a@b.nl | Viewer |\n| * | c@d.nl | Viewer |\n"
    problems = read(save(tmp_path, tables))[1]
    assert found(problems) == ["B029 Toegang!A2"]
    assert problems[0].values["nearest"] == "bakker"


def test_a_division_of_a_misspelled_client_is_one_problem(tmp_path):
    assert slips(tmp_path, BASE.replace("| bakker | `710001` |", "| baker | `710001` |")) == ["B029 Administraties!A2"]


def test_a_code_with_a_slip_makes_no_other_row_wrong(tmp_path):
    assert slips(tmp_path, BASE.replace("| bakker | Bakkerij |", "| bak ker | Bakkerij |")) == ["B022 Klanten!A2"]


def test_a_client_with_a_slip_is_still_known(tmp_path):
    tables = BASE.replace("https://bridge-online.cloud/vd-bakker/odata4", "http://x")
    assert slips(tmp_path, tables) == ["B024 Klanten!C2"]


def test_office_rows_need_a_consolidated_url(tmp_path):
    rows = "## Rapporten\n| Klant | Rapport |\n| _OFFICE | kantoor |\n"
    assert slips(tmp_path, BASE + rows) == ["B036 Rapporten!A2"]
    assert slips(tmp_path, GROUP + rows) == []


def test_a_division_is_not_of_all_or_of_the_office(tmp_path):
    tables = GROUP + "## Divisions\n| Klant | Code |\n| * | `1` |\n| _office | `2` |\n"
    assert slips(tmp_path, tables) == ["B037 Divisions!A2", "B037 Divisions!A3"]


def test_a_client_has_divisions(tmp_path):
    divisions = "## Administraties\n| Klant | Code |\n| bakker | `1` |\n"
    assert slips(tmp_path, clients(A, B, divisions=divisions)) == ["B030 Klanten!A3"]
    assert slips(tmp_path, clients((*A, ""), (*B, "nee"), columns="Actief", divisions=divisions)) == []
    assert slips(tmp_path, clients(A, B, divisions=divisions + "| oneill | nul |\n")) == ["B012 Administraties!B3"]


def test_a_division_has_one_owner(tmp_path):
    problems = read(save(tmp_path, BASE + "## Divisions\n| Klant | Code |\n| oneill | `710001` |\n"))[1]
    assert found(problems) == ["B031 Divisions!B2"]
    assert (problems[0].client, problems[0].values["other"]) == ("oneill", "bakker")


def test_a_division_of_an_inactive_client_counts(tmp_path):
    divisions = "## Administraties\n| Klant | Code |\n| bakker | `1` |\n| oneill | `1` |\n"
    tables = clients((*A, "nee"), (*B, ""), columns="Actief", divisions=divisions)
    assert slips(tmp_path, tables) == ["B031 Administraties!B3"]


def test_a_division_twice_is_a_warning(tmp_path):
    assert slips(tmp_path, BASE + "## Divisions\n| Klant | Code |\n| bakker | `710001` |\n") == ["B032 Divisions!B2"]


def test_the_head_office_is_a_warning(tmp_path):
    problems = read(save(tmp_path, BASE.replace("`710001`", "`10000123`")))[1]
    assert found(problems) == ["B034 Administraties!B2"]
    assert problems[0].text("message", "nl") == "10.000.123 lijkt de administratie van het hoofdkantoor."
    assert slips(tmp_path, BASE.replace("`710001`", "`10000000`")) == []


def test_no_clients(tmp_path):
    assert slips(tmp_path, OFFICE) == ["B038 kantoor.xlsx"]
    assert slips(tmp_path, OFFICE + "## Toegang\n| Klant | E-mail | Rol |\n| x | a@b.nl | Viewer |\n") == [
        "B038 kantoor.xlsx"
    ]


def test_refreshes(tmp_path):
    nine = ", ".join(f"{hour:02}:00" for hour in range(8, 17))
    assert slips(tmp_path, clients((*A, nine), (*B, "05:30"), columns="Verversen")) == [
        "B086 Klanten!D2",
        "B087 Klanten!D3",
    ]


@pytest.mark.parametrize(
    ("position", "problems"),
    [
        ("0,0,1280,720", []),
        ("24; 152; 616; 264", []),
        ("24,152,1280,264", ["B060 Visuals!E2"]),
        ("0,0,100,721", ["B060 Visuals!E2"]),
        ("-1,0,100,100", ["B060 Visuals!E2"]),
        ("0,0,0,100", ["B060 Visuals!E2"]),
        ("0,0,100", ["B012 Visuals!E2"]),
        ("0,0,100,hoog", ["B012 Visuals!E2"]),
        ("`24.152`", ["B012 Visuals!E2"]),
    ],
)
def test_positions(tmp_path, position, problems):
    tables = (
        BASE
        + f"## Visuals\n| Klant | Rapport | Pagina | Soort | Positie |\n| bakker | f | p | cardVisual | {position} |\n"
    )
    assert slips(tmp_path, tables) == problems


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        ("## Rapporten\n| Klant | Rapport |\n| bakker | f |\n| Bakker | F |\n| * | f |\n", "B070 Rapporten!B3"),
        (
            "## Meetwaarden\n| Klant | Naam | DAX |\n| * | X | 1 |\n| bakker | X | 1 |\n| bakker | x | 2 |\n",
            "B074 Meetwaarden!B4",
        ),
        (
            "## Tabellen\n| Klant | Entiteit | Naam |\n| bakker | E.A.B | |\n| bakker | E.C.B@eol | |\n",
            "B077 Tabellen!B3",
        ),
        (
            "## Toegang\n| Klant | E-mail | Rol |\n| bakker | a@b.nl | Viewer |\n| bakker | A@b.nl | Admin |\n",
            "B083 Toegang!B3",
        ),
    ],
)
def test_rows_that_are_there_twice(tmp_path, sheet, problem):
    assert slips(tmp_path, BASE + sheet) == [problem]


@pytest.mark.parametrize(
    ("ranges", "problems"),
    [
        ("| bakker | 4000 | 4499 | R |\n| bakker | 4500 | | R |", []),
        ("| bakker | 4499 | 4000 | R |", ["B071 Rekeningindeling!C2"]),
        ("| bakker | 4000 | 4499 | R |\n| bakker | 4499 | 4600 | S |", ["B072 Rekeningindeling!B3"]),
        ("| bakker | 4100 | | R |\n| bakker | 4000 | 4499 | S |", ["B072 Rekeningindeling!B3"]),
        (
            "| bakker | 4000 | 4999 | R |\n| bakker | 4100 | | S |\n| bakker | 4200 | | S |",
            ["B072 Rekeningindeling!B3", "B072 Rekeningindeling!B4"],
        ),
        ("| bakker | 4000 | 4499 | R |\n| oneill | 4000 | 4499 | S |\n| * | 4000 | 4499 | S |", []),
        ("| bakker | 900 | 1000 | R |", []),
        (f"| bakker | {'4' * 30} | | R |", []),
        (f"| bakker | {'4' * 31} | | R |", ["B012 Rekeningindeling!B2"]),
        ("| bakker | `900` | `1000` | R |\n| bakker | A1 | A9 | R |", []),
    ],
)
def test_account_ranges(tmp_path, ranges, problems):
    assert slips(tmp_path, f"{BASE}## Rekeningindeling\n| Klant | Van | Tot | Regel |\n{ranges}\n") == problems


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ("| bakker | a@b.nl | viewer | 710001, 710002 |", []),
        ("| bakker | a@b.nl | Viewer | 750001 |", ["B082 Toegang!D2"]),
        ("| bakker | a@b.nl | Viewer | 710001;99 |", ["B082 Toegang!D2"]),
        ("| bakker | a@b.nl | Member | 710001 |", ["B081 Toegang!D2"]),
        ("| bakker | a@b.nl | Lezer | |", ["B012 Toegang!C2"]),
        ("| bakker | a@b | Viewer | |", ["B012 Toegang!B2"]),
        ("| bakker | jan | Viewer | |", ["B012 Toegang!B2"]),
        ("| bakker | Jan <a@b.nl> | Viewer | |", ["B012 Toegang!B2"]),
        ("| bakker | a@b.nl, c@d.nl | Viewer | |", ["B012 Toegang!B2"]),
        ("| _office | a@b.nl | Viewer | 710001, 750001 |", []),
        ("| * | a@b.nl | Viewer | 710001 |", ["B082 Toegang!D2"]),
        ("| bakker | a@b.nl | Viewer | x |", ["B012 Toegang!D2"]),
        ("| baker | a@b.nl | Viewer | 750001 |", ["B029 Toegang!A2"]),
    ],
)
def test_access(tmp_path, row, problems):
    assert slips(tmp_path, f"{GROUP}## Toegang\n| Klant | E-mail | Rol | Administraties |\n{row}\n") == problems


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ("| bakker | 20001 | | `710002` |", []),
        ("| bakker | | 1500 | |", []),
        ("| bakker | | | `710002` |", ["B084 Onderling!A2"]),
        ("| bakker | 20001 | | `750001` |", ["B085 Onderling!D2"]),
        ("| _office | 20001 | | `750001` |", []),
        ("| _office | 20001 | | `1` |", ["B085 Onderling!D2"]),
    ],
)
def test_intercompany(tmp_path, row, problems):
    assert slips(tmp_path, f"{GROUP}## Onderling\n| Klant | Relatie | Rekening | Met |\n{row}\n") == problems


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ("| bakker | ExactOnlineREST.CRM.Accounts | Status eq 'C' |", []),
        ("| bakker | ExactOnlineREST.CRM.Accounts | Amount >= 10 |", []),
        ("| bakker | Accounts | |", ["B012 Tabellen!B2"]),
        ("| bakker | ExactOnlineREST.CRM.Accounts; drop | |", ["B012 Tabellen!B2"]),
        ("| bakker | ExactOnlineREST.CRM.Accounts | Status |", ["B012 Tabellen!C2"]),
        ("| bakker | ExactOnlineREST.CRM.Accounts | Status eq |", ["B012 Tabellen!C2"]),
    ],
)
def test_tables(tmp_path, row, problems):
    assert slips(tmp_path, f"{BASE}## Tabellen\n| Klant | Entiteit | Filter |\n{row}\n") == problems


def test_currencies(tmp_path):
    for typed, problems in (
        ("eur", []),
        ("GBP", []),
        ("euro", ["B012 Administraties!C2"]),
        ("E1R", ["B012 Administraties!C2"]),
    ):
        divisions = DIVISIONS.replace("| Code |", "| Code | Valuta |").replace("`710001` |", f"`710001` | {typed} |")
        assert slips(tmp_path, OFFICE + CLIENTS + divisions) == problems


def test_a_workbook_that_can_not_be_read_makes_nothing_else_unknown(tmp_path):
    save(tmp_path, OFFICE + "## Toegang\n| Klant | E-mail | Rol |\n| bakker | a@b.nl | Viewer |\n", "kantoor.xlsx")
    (tmp_path / "klanten.xlsx").write_bytes(b"PK\x03\x04 half a file")
    assert found(read(tmp_path)[1]) == ["B003 klanten.xlsx"]


@pytest.mark.parametrize("rule", rules.RULES)
def test_each_rule_is_quiet_on_a_correct_workbook(tmp_path, rule):
    assert list(rule(read(save(tmp_path, BASE))[0])) == []


def test_very_many_unknown_codes_take_no_time(tmp_path):
    made = book(BASE)
    for index in range(1500):
        made["Klanten"].append([f"k{index}", f"N{index}", f"https://bridge-online.cloud/k{index}/odata4"])
        made["Administraties"].append([f"x{index}", index + 1])
    made.save(tmp_path / "kantoor.xlsx")
    started = time.process_time()
    problems = read(tmp_path)[1]
    assert time.process_time() - started < 10
    assert {code.split()[0] for code in found(problems)} == {"B029", "B030"}


def test_urls_that_differ_in_capitals_only(tmp_path):
    assert slips(tmp_path, BASE.replace("vd-oneill", "VD-Bakker")) == ["B068 Klanten!C3"]
    office = CONSOLIDATED.replace("/kantoor/", "/VD-oneill/")
    assert slips(tmp_path, office + CLIENTS + DIVISIONS) == ["B068 Klanten!C3"]


CROSSED = """
## Kantoor
| Werkruimte | Geconsolideerde URL | Client-ID | Exact-gebruiker | Naam |
| Samen | https://bridge-online.cloud/kantoor/odata4 | x | y | Van Dam |
## Klanten
| Werkruimte | Exact-gebruiker | Client-ID | URL | Naam | Code |
| Eigen | u | v | https://bridge-online.cloud/a/odata4 | Bakkerij | bakker |
| Anders | u | V | https://bridge-online.cloud/A/odata4 | Bakkerij | BAKKER |
| EIGEN | w | w | https://bridge-online.cloud/a/odata4 | Derde | c |
| Samen | y | x | https://bridge-online.cloud/KANTOOR/odata4 | Vierde | d |
| V | v | v | https://bridge-online.cloud/kantoor/odata4 | Vijfde | e |
## Administraties
| Code | Klant |
| `1` | bakker |
| `2` | c |
| `2` | d |
| `3` | e |
| `3` | e |
| `4` | baker |
## Rapporten
| Rapport | Klant |
| f | bakker |
| F | Bakker |
## Meetwaarden
| DAX | Naam | Klant |
| 1 | X | c |
| 2 | x | c |
## Tabellen
| Naam | Entiteit | Klant |
| | E.A.B | c |
| b | E.C.D | c |
## Rekeningindeling
| Regel | Tot | Van | Klant |
| R | 4499 | 4000 | c |
| S | | 4100 | c |
| S | 4000 | 5000 | c |
## Onderling
| Rekening | Relatie | Met | Klant |
| | 1 | `2` | bakker |
## Toegang
| Administraties | Rol | E-mail | Klant |
| `1` | Viewer | a@b.nl | c |
| | Admin | A@b.nl | c |
| `2` | Admin | c@b.nl | c |
"""
SAID = """
Klanten!F3 B023 BAKKER: de code BAKKER is al gebruikt in Klanten!F2.
Klanten!D4 B021 c: deze URL is al van klant bakker (Klanten!D2).
Klanten!D6 B021 e: deze URL is al van de geconsolideerde database (Kantoor!B2).
Klanten!D5 B068 d: deze URL verschilt alleen in hoofdletters van die van de geconsolideerde database (Kantoor!B2).
Klanten!D6 B068 e: deze URL verschilt alleen in hoofdletters van die van klant d (Klanten!D5).
Klanten!C5 B026 d: dit client-ID is met deze Exact-gebruiker al in gebruik bij de geconsolideerde database (Kantoor!C2).
Klanten!A4 B028 c: de werkruimte EIGEN is ook die van klant bakker (Klanten!A2).
Klanten!A5 B028 d: de werkruimte Samen is ook die van het kantoor (Kantoor!A2).
Administraties!B7 B029 -: klant baker bestaat niet.
Administraties!A4 B031 d: administratie 2 is al van klant c (Administraties!A3).
Administraties!A6 B032 e: administratie 3 staat er twee keer voor deze klant; eerst in Administraties!A5.
Rapporten!A3 B070 bakker: rapport F staat er twee keer voor bakker; eerst in Rapporten!A2.
Meetwaarden!B3 B074 c: meetwaarde x staat er twee keer voor c; eerst in Meetwaarden!B2.
Tabellen!B3 B077 c: tabel b staat er twee keer voor c; eerst in Tabellen!B2.
Toegang!C3 B083 c: A@b.nl staat er twee keer voor c; eerst in Toegang!C2.
Rekeningindeling!B4 B071 c: de reeks rekeningen loopt terug: van 5000 tot 4000.
Rekeningindeling!C3 B072 c: 4100 overlapt met 4000-4499 (Rekeningindeling!C2) voor c.
Toegang!A4 B081 c: c@b.nl heeft de rol Admin; een beperking tot administraties werkt alleen bij Viewer.
Toegang!A2 B082 c: administratie 1 is niet van c.
Onderling!C2 B085 bakker: administratie 2 is niet van bakker, dus kan hier niet de andere kant zijn.
"""


def test_a_problem_is_at_its_value_and_says_where_the_other_stands_whatever_the_order_of_the_columns(tmp_path):
    problems = read(save(tmp_path, CROSSED))[1]
    assert len(found(problems)) == len(problems)
    said = [f"{each.cell} {each.code} {each.client or '-'}: {each.text('message', 'nl')}" for each in problems]
    assert said == SAID.strip().splitlines()
