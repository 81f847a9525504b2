"""The anonymous benchmark of an office with enough clients: its figures against SQL, its silence, and whom it names.

Nine clients have figures, five of them in the group *groot* and four in *klein*; one has two currencies and one no
entries, so that neither counts.
"""

import itertools
import zipfile

import openpyxl
import pytest
from judges import books, drawn, twins
from judges.bundle import Report, model_of
from judges.places import bundel

from generator.sources.ledger import Division, ledger

LEAST = 5
OWNERS = {  # client: group, currency per division
    "aalders": ("groot", ["EUR", "EUR"]), "brandsma": ("groot", ["EUR"]), "cornelisse": ("groot", ["GBP"]),
    "dijkgraaf": ("groot", ["EUR"]), "eversdijk": ("groot", ["EUR"]), "fokkema": ("groot", ["EUR", "GBP"]),
    "goudriaan": ("klein", ["EUR"]), "hoogendam": ("klein", ["EUR"]), "ijsselstein": ("klein", ["EUR"]),
    "jorritsma": ("klein", ["EUR"]), "klaverblad": ("klein", ["EUR"]),
}  # fmt: skip
EMPTY = "klaverblad"
CODES = {
    code: (who, currency)
    for number, (who, (_, currencies)) in enumerate(OWNERS.items(), 61)
    for code, currency in enumerate(currencies, number * 10_000 + 1)
}
BOOKS = ledger(
    [
        Division(code, f"Maatschap {who.title()}", currency, traits=frozenset({"empty" if who == EMPTY else "rgs"}))
        for code, (who, currency) in CODES.items()
    ],
    books.TODAY,
)  # fmt: skip
GROUPS = {
    None: list(CODES),
    **{
        group: [code for code, (who, _) in CODES.items() if OWNERS[who][0] == group] for group in ("groot", "klein")
    },
}  # fmt: skip
SHOWN = {
    "Anoniem aantal", "Anoniem kwartiel 1", "Anoniem mediaan", "Anoniem kwartiel 3", "% van omzet anoniem",
    "Boodschap anoniem",
}  # fmt: skip
LINES = ("Netto-omzet", "Brutomarge", "Personeelskosten", "Financiële baten en lasten", "Nettoresultaat")
MONTHS = ((2026, 10), (2026, 3), (2025, 12), (2024, 1))  # the last whole month first; before the last nothing is loaded


def _workbook(path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    url = "https://bridge-online.cloud/maatstaf-{}/odata4"
    sheets = {
        "Kantoor": [["Naam", "Taal", "Geconsolideerde URL"], ["Maatstaf", "nl", url.format("kantoor")]],
        "Klanten": [["Code", "Naam", "URL", "Groep"]]
        + [[who, f"Firma {who.title()}", url.format(who), group] for who, (group, _) in OWNERS.items()],
        "Administraties": [["Klant", "Code", "Naam", "Valuta"]]
        + [[who, code, f"Maatschap {who.title()}", currency] for code, (who, currency) in CODES.items()],
        "Rapporten": [["Klant", "Rapport"], ["_office", "kantoor"], ["_office", "benchmark_anoniem"]],
    }
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The report, and the rows of its tables as its queries make them of the books."""
    folder = tmp_path_factory.mktemp("benchmark")
    _workbook(folder / "kantoor.xlsx")
    command = ["--specs", str(folder / "kantoor.xlsx"), "--out", str(folder / "output"), "--client", "_office"]
    done = bundel("generate", *command)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    report = Report(folder / "output" / "_office", "benchmark_anoniem")
    rows = books.executed("_office", report, served=books.database_of(BOOKS, set(CODES)))
    return report, rows, command


@pytest.fixture(scope="module")
def contexts(made):
    """Every group in every month, for each ratio and for some lines: what the twins and what the engine are asked."""
    _, rows, _ = made
    columns = [column["name"] for column in rows["Datum"]["columns"]]
    days = [dict(zip(columns, row, strict=True)) for row in rows["Datum"]["rows"]]
    labels = {str(day["Datum"])[:7]: day["Periode"] for day in days}
    choices = [{"ratio": number} for number in range(1, 10)] + [{"line": line, "ratio": 1} for line in LINES]
    return [
        {"name": f"{group} {year}-{month} {choice}", "group": group, "year": year, "months": [month],
         "divisions": codes, "period": labels[f"{year}-{month:02}"]} | choice
        for (group, codes), (year, month), choice in itertools.product(GROUPS.items(), MONTHS, choices)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def wanted(contexts):
    """What SQL says."""
    facts = twins.Model(
        {code: (currency, who) for code, (who, currency) in CODES.items()}, 3, 12, books.TODAY, office=True
    )
    asked = twins.Twins(BOOKS.sqlite(), facts)
    return [asked.select(context, sorted(SHOWN)) for context in contexts]


def _filters(context):
    """A selection as a reader makes it: a group, a period, and the row."""
    found = {"Datum.Periode": [context["period"]], "Kengetal.Nummer": [context["ratio"]]}
    if context["group"]:
        found["Administratie.Groep"] = [context["group"]]
    if "line" in context:
        found["Rapportregel.Omschrijving"] = [context["line"]]
    return found


def _answers(made, contexts, changed=None):
    report, rows, _ = made
    job = {"names": sorted(SHOWN), "contexts": [_filters(each) for each in contexts], "changed": changed or {}}
    found = books.evaluate(model_of(report.pbit), rows, [job])[0]
    assert found["problems"] == {}
    return found["answers"]


@pytest.fixture(scope="module")
def answers(made, contexts):
    """What the model's own formulas say."""
    return _answers(made, contexts)


def test_the_page_shows_what_is_compared(made):
    report, _, _ = made
    formulas = books.formulas(model_of(report.pbit))
    assert formulas.keys() >= SHOWN
    assert {name for name, formula in formulas.items() if f">= {LEAST}" in formula} == SHOWN


def test_medians_quartiles_and_numbers_are_what_sql_says(answers, wanted, contexts):
    assert books.differences(answers, wanted, sorted(SHOWN), contexts) == []


def test_with_five_clients_every_ratio_and_line_has_figures(answers, contexts):
    """But growth and days of sales, which need a year before: in the first month loaded there is none, nor interest."""
    names = SHOWN - {"% van omzet anoniem"}
    for answer, context in zip(answers, contexts, strict=True):
        if context["group"] != "klein" and not (context["ratio"] in (6, 9) and context["year"] == 2024):
            assert None not in {answer[name] for name in names}, context["name"]
            assert answer["Anoniem aantal"] == {"groot": 5, None: 9}[context["group"]], context["name"]
            if "line" in context and context["year"] > 2024:
                assert answer["% van omzet anoniem"] is not None, context["name"]


def test_of_four_clients_nothing_is_shown(answers, contexts):
    silent = "Minder dan vijf klanten in deze keuze: er wordt niets getoond."
    few = [answer for answer, context in zip(answers, contexts, strict=True) if context["group"] == "klein"]
    assert len(few) == len(MONTHS) * (9 + len(LINES))
    for answer in few:
        assert {name: value for name, value in answer.items() if value is not None} == {"Boodschap anoniem": silent}


@pytest.mark.parametrize(("limit", "group"), [(">= 4", "klein"), ("> 5", "groot"), (">= 0", "klein")])
def test_another_limit_would_be_seen(made, contexts, wanted, limit, group):
    """Each measure by itself: with a limit of its own it says something else than SQL, in the group where it should."""
    report, _, _ = made
    formulas = books.formulas(model_of(report.pbit))
    changed = {name: formulas[name].replace(f">= {LEAST}", limit) for name in SHOWN}
    picked = [place for place, context in enumerate(contexts) if context["group"] == group and context["year"] == 2026]
    asked, right = [contexts[place] for place in picked], [wanted[place] for place in picked]
    found = books.differences(_answers(made, asked, changed), right, sorted(SHOWN), asked)
    assert {name for _, name, _, _ in found} == SHOWN


# Whom it names

NAMES = tuple(OWNERS)  # each in a client's name, its code, its URL and its divisions' names


def test_no_file_of_the_report_names_a_client(made):
    report, _, _ = made
    folder = report.bundle
    files = [report.pbit, folder / "benchmark_anoniem.pbip"]
    for name in ("benchmark_anoniem.SemanticModel", "benchmark_anoniem.Report", "queries/benchmark_anoniem"):
        files += [path for path in (folder / name).rglob("*") if path.is_file()]
    assert len(files) > 50
    for path in files:
        parts = zipfile.ZipFile(path) if path.suffix == ".pbit" else None
        contents = [parts.read(name) for name in parts.namelist()] if parts else [path.read_bytes()]
        for content in contents:
            told = content.lower().replace(b"\0", b"")  # also where two bytes make a character
            assert [name for name in NAMES if name.encode() in told] == [], path
    assert b"firma aalders" in (folder / "queries" / "kantoor" / "Administratie.pq").read_bytes().lower()


def test_no_row_of_the_model_names_a_client_or_an_account(made):
    """After a refresh: of Exact's texts only the balance type is left, and of clients only the group."""
    _, rows, _ = made
    cells = {cell for answer in rows.values() for row in answer["rows"] for cell in row if isinstance(cell, str)}
    assert {"groot", "klein", "EUR"} <= cells
    assert [cell for cell in cells if any(name in cell.lower() for name in NAMES)] == []
    lines = {cell for row in rows["Regelopbouw"]["rows"] for cell in row}
    accounts = {row["Description"].strip() for row in BOOKS.tables["ExactOnlineREST.Financial.GLAccounts"]} - lines
    assert len(accounts) > 20
    assert accounts & cells == set()


def test_the_drawn_page_names_no_client_and_no_division(made):
    report, _, command = made
    done = bundel("preview", *command, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    page = drawn.Drawn(report.bundle / "preview" / "index.html")
    (title,) = [each for each in page.titles if each.startswith("Benchmark anoniem")]
    told = page.page(title).text_content().lower()
    assert "benchmark van 10 klanten" in told  # in the books of a preview everyone has entries
    assert [name for name in (*NAMES, *map(str, CODES)) if name in told] == []
    assert len(page.table(title, "Kwartiel 1")) == 9
