"""Previews: rows as executed M makes them, figures as SQL says, pages of others, and all of it in a real browser."""

import datetime as dt
import json
import os
import shutil

import openpyxl
import pytest
from judges import books, drawn, twins
from judges.places import HERE, ROOT, SHARED, TOOLS, bundel, node, run

from generator import catalogue, preview
from generator.preview import document, m, model, overview, pbir, sample
from generator.preview.scene import UNKNOWN
from generator.resolve.client import Client
from generator.resolve.client import Division as Owned

HOSTILE = '<img src=x onerror="pwned=1">"\'</script><script>pwned=2</script>'
MODELS = [("korenaar", 2), ("_office", 2), ("hockeyclub", 2), ("skischool", 3)]
REPORTS = sorted(
    path.parent.parent
    for folder in (SHARED / "samples" / "pbir", SHARED / "oracles" / "pbir" / "golden")
    for path in folder.rglob("definition/report.json")
)


@pytest.fixture(scope="module", autouse=True)
def _extra():
    """The extra is part of what is judged."""
    preview.need_libraries()
    assert (TOOLS / "web" / ".done").is_file(), (
        "run tests/conformance/setup.sh first: the browser's tools are not there"
    )


@pytest.fixture(scope="module")
def office():
    """{client: report} of the office of the books, drawn by the real command."""
    made = books.office(2)
    out = made["korenaar"].bundle.parent
    done = bundel("preview", "--specs", str(out.parent / "boeken.xlsx"), "--out", str(out), "--json")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return out, json.loads(done.stdout)


# Rows


@pytest.mark.parametrize("which", MODELS, ids=lambda which: f"{which[0]}-{which[1]}")
def test_the_rows_are_those_that_executed_queries_make(which):
    made = books.model(*which)
    held = model.of(made.tmsl["model"])
    queries = m.Queries(held.queries, _source(which[0]), books.TODAY)
    for name, answer in made.rows.items():
        columns = [column["name"] for column in answer["columns"]]
        table = queries.table(name)
        assert table.columns == columns, name
        found = sorted(([_plain(row[column]) for column in columns] for row in table.rows), key=str)
        assert found == sorted(([_plain(cell) for cell in row] for row in answer["rows"]), key=str), name


def _source(client):
    own = set(books.division_codes(client))
    one = Client(*[""] * 2, "", "eol", "nl", (), 1, 12, *[""] * 8)
    kept = {
        name: [row for row in rows if row.get("Division", row.get("DIVISION", row.get("Code"))) in own]
        for name, rows in books.books().tables.items()
    }
    return sample.tables(one, _Books(kept), catalogue.load())


class _Books:
    def __init__(self, tables):
        self.tables = tables


def _plain(value):
    """A cell in one spelling: engines differ in how they write a moment and a whole number."""
    if isinstance(value, dt.date):
        value = value.isoformat()
    if isinstance(value, str) and len(value) >= 10 and value[4:5] == value[7:8] == "-":
        return value[:10]
    return round(value, 6) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


# Figures

K, H = "korenaar", "hockeyclub"
ACCOUNTS = "Rekeningen zonder regel"
FIGURES = [
    (K, "Samenvatting", "card", "Netto-omzet YTD", "Netto-omzet YTD", {}, drawn.amount),
    (K, "Samenvatting", "card", "Liquide middelen", "Liquide middelen", {}, drawn.amount),
    (K, "Winst-en-verliesrekening", ("EBITDA", "YTD"), None, "W&V regel YTD", {"line": "EBITDA"}, drawn.amount),
    (K, "Winst-en-verliesrekening", ("Netto-omzet", "Maand"), None, "W&V regel", {"line": "Netto-omzet"}, drawn.amount),
    (K, "Balans", ("Totaal activa", "Stand"), None, "Balansregel", {"line": "Totaal activa"}, drawn.amount),
    (K, "Balans", ("Eigen vermogen", "Stand"), None, "Balansregel", {"line": "Eigen vermogen"}, drawn.amount),
    (K, "Debiteuren", "card", "Openstaand", "Openstaand debiteuren", {}, drawn.amount),
    (K, "Debiteuren", "card", "DSO (dagen)", "DSO (dagen)", {}, drawn.count),
    (K, "Kengetallen", "card", "Solvabiliteit", "Solvabiliteit %", {}, drawn.percent),
    (K, "Kengetallen", "card", "Current ratio", "Current ratio", {}, drawn.ratio),
    (K, "Verantwoording", ("Activa = passiva", "Uitkomst"), None, "Balanscontrole", {"check": 1}, drawn.amount),
    (K, "Verantwoording", ("Rekeningen zonder regel", "Uitkomst"), None, ACCOUNTS, {"check": 6}, drawn.count),
    (H, "Samenvatting", "card", "EBITDA YTD", "EBITDA YTD", {}, drawn.amount),
    (H, "Samenvatting", ("Nettoresultaat", "YTD"), None, "W&V regel YTD", {"line": "Nettoresultaat"}, drawn.amount),
]  # fmt: skip


@pytest.mark.parametrize("case", FIGURES, ids=lambda case: f"{case[0]}-{case[1]}-{case[4]}-{case[3] or case[2][0]}")
def test_a_figure_on_a_page_is_what_sql_says(office, case):
    client, page, where, title, measure, chosen, shown = case
    made = drawn.Drawn(office[0] / client / "preview" / "index.html")
    found = made.card(page, title) if where == "card" else made.cell(page, *where)
    wanted = _wanted(client, measure, chosen)
    assert found == shown(wanted or 0)


def test_a_page_to_drill_through_is_drawn_for_the_first_thing_a_reader_may_come_from(office):
    """*Boekingen* is reached from a line of a statement; the first of these is revenue."""
    accounts = drawn.Drawn(office[0] / K / "preview" / "index.html").column("Boekingen", "Rekening")
    types = {row["Code"].strip(): row["Type"] for row in books.books().tables["ExactOnlineREST.Financial.GLAccounts"]}
    assert len(accounts) > 10
    assert {types[each.split(" ")[0]] for each in accounts} == {110}


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """The group of the example office, which has open items, drawn by the real command."""
    out = tmp_path_factory.mktemp("group")
    for command in ("generate", "preview"):
        done = bundel(
            command,
            "--specs",
            str(ROOT / "report_specs" / "voorbeeld.xlsx"),
            "--out",
            str(out),
            "--client",
            "groep-zuid",
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return drawn.Drawn(out / "groep-zuid" / "preview" / "index.html")


@pytest.mark.parametrize("page", ["Posten van een klant", "Posten van een leverancier"])
def test_the_ledger_lines_of_open_items_are_found_and_are_their_total(group, page):
    """Out of the whole ledger: a row for each line, together what the measure says of all of them at once."""
    page = f"Debiteuren en crediteuren {page}"
    items, lines = (group.table(page, column) for column in ("Openstaand", "Bedrag"))
    assert {row["Factuur"] for row in lines[:-1]} <= {row["Factuur"] for row in items[:-1]}
    assert len(lines) > 1
    for rows, column in ((items, "Openstaand"), (lines, "Bedrag")):
        *each, total = (drawn.read(row[column]) for row in rows)
        assert abs(sum(each) - total) <= len(each) / 2


def test_figures_of_the_office_are_what_sql_says(office):
    made = drawn.Drawn(office[0] / "_office" / "preview" / "index.html")
    for measure, column, shown in (
        ("Netto-omzet YTD", "Omzet YTD", drawn.amount),
        ("EBITDA YTD", "EBITDA", drawn.amount),
    ):
        assert made.cell("Klantenoverzicht", "Hockeyclub", column) == shown(
            _wanted("_office", measure, {"divisions": [520001]})
        )
    found = [made.cell("Kwaliteit", "Hockeyclub", column) for column in ("Balans", "Ontvangen")]
    names = ("Balanscontrole", "Administraties ontvangen")
    assert found == [drawn.count(_wanted("_office", name, {"divisions": [520001]}) or 0) for name in names]


def _wanted(client, measure, chosen):
    """What the twin says in the last whole month; where currencies differ, of the first division."""
    today = dt.datetime.now(dt.UTC).date()
    facts = books.model_facts(client, 2, today)
    codes = sorted(facts.divisions)
    if client == "korenaar":
        chosen = {"divisions": codes[:1]} | chosen
    last = today.replace(day=1) - dt.timedelta(days=1)
    year = last.year + (last.month > facts.end_month)
    context = {"year": year, "months": [(last.month - 1 - facts.end_month) % 12 + 1]} | chosen
    owned = tuple(
        Owned(code, _name(code), currency, 1, owner, owner, "", "")
        for code, (currency, owner) in facts.divisions.items()
    )
    made = [_client(code, [each for each in owned if each.client_code == code]) for code in books.CLIENTS]
    one = _client(client, owned)
    connection = sample.ledger(one, made, today).sqlite()
    return twins.Twins(connection, facts).select(context, [measure])[measure]


def _name(code):
    return next(one.name for one in books.STANDARD if one.code == code)


def _client(code, divisions):
    end = int(books.CLIENTS.get(code, "12-31")[:2])
    return Client(code, code, "", "eol", "nl", tuple(divisions), 2, end, *[""] * 8)


def test_every_measure_on_every_page_is_evaluated(office):
    assert {each["client"]: each["missing"] for each in office[1]["previews"] if each["missing"]} == {}
    assert [each["status"] for each in office[1]["previews"]] == ["created"] * 4


def test_a_measure_that_can_not_be_evaluated_is_a_dash_and_is_named(tmp_path):
    """A table whose query fails in the preview takes its measures with it, and no other."""
    made = books.model("korenaar", 2)
    spoiled = json.loads(json.dumps(made.tmsl["model"]))
    table = next(each for each in spoiled["tables"] if each["name"] == "Openstaande posten")
    table["partitions"][0]["source"]["expression"] = 'Web.Contents("https://elsewhere.invalid")'
    from generator.preview.figures import Figures  # noqa: PLC0415

    figures = Figures(model.of(spoiled), _source("korenaar"), books.TODAY)
    files = {
        path.relative_to(made.report.report_folder).as_posix(): path.read_bytes()
        for path in made.report.report_folder.rglob("*")
        if path.is_file()
    }
    sheets = document.draw([document.Source("r", files, figures, "nl")])
    (tmp_path / "index.html").write_text(
        document.render(document.Head("Korenaar", "nl", books.TODAY), sheets), encoding="utf-8"
    )
    page = drawn.Drawn(tmp_path / "index.html")
    assert page.card("Debiteuren", "Openstaand") == UNKNOWN
    assert page.card("Samenvatting", "Netto-omzet YTD") not in {UNKNOWN, "0", ""}
    lost = {sheet.title: dict(sheet.missing) for sheet in sheets}
    assert "Web.Contents" in lost["Debiteuren"]["Openstaand debiteuren"]
    assert "Netto-omzet YTD" not in lost["Samenvatting"]


def test_unchanged_bundles_are_not_drawn_again(office, tmp_path):
    out = tmp_path / "output"
    shutil.copytree(office[0], out)
    specs = str(office[0].parent / "boeken.xlsx")
    before = (out / "korenaar" / "preview" / "index.html").stat().st_mtime_ns
    done = bundel("preview", "--specs", specs, "--out", str(out), "--json")
    assert {each["status"] for each in json.loads(done.stdout)["previews"]} == {"unchanged"}
    assert (out / "korenaar" / "preview" / "index.html").stat().st_mtime_ns == before
    done = bundel("preview", "--specs", specs, "--out", str(out), "--json", "--force", "--client", "korenaar")
    assert [each["status"] for each in json.loads(done.stdout)["previews"]] == ["changed"]
    assert (out / "korenaar/preview/index.html").read_bytes() == (
        office[0] / "korenaar/preview/index.html"
    ).read_bytes()


# Pages of others


@pytest.mark.parametrize("folder", REPORTS, ids=lambda folder: folder.name)
def test_a_report_of_others_is_drawn(folder):
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = pbir.read(files)
    sheets = document.draw([document.Source(folder.name, files, None, "en")])
    assert len(sheets) == len(report.pages) > 0
    for sheet, page in zip(sheets, report.pages, strict=True):
        assert str(sheet.html).count('data-kind="') == len(page.visuals)
    page = document.render(document.Head("x", "en", books.TODAY, "none"), sheets)
    assert "http://" not in page.replace("http://www.w3.org/", "")


# In a browser


@pytest.fixture(scope="module")
def seen(office, tmp_path_factory):
    """{name: what a browser saw}."""
    out, _ = office
    hostile = _hostile(tmp_path_factory.mktemp("hostile"))
    large = _large(tmp_path_factory.mktemp("large"))
    jobs = [
        {"name": f"{name} {width}", "file": str(file), "width": width, "do": kind, "search": search}
        for width in (1280, 390)
        for name, file, kind, search in (
            ("index", out / "index.html", "index", "hockey"),
            ("korenaar", out / "korenaar" / "preview" / "index.html", "bundle", ""),
            ("office", out / "_office" / "preview" / "index.html", "bundle", ""),
            ("hostile index", hostile / "index.html", "index", "onerror"),
            ("hostile", hostile / "boos" / "preview" / "index.html", "bundle", ""),
        )
    ]
    jobs.append(
        {"name": "large", "file": str(large / "index.html"), "width": 1280, "do": "large", "search": "klant 1234"}
    )
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "no browser: run tests/conformance/setup.sh"
    done = run([node(), HERE / "web" / "look.mjs", browser, TOOLS / "web"], input=json.dumps(jobs), timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return {each["name"]: each for each in json.loads(done.stdout)}


def _hostile(folder):
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets = {
        "Kantoor": [["Naam", "Taal"], [HOSTILE, "en"]],
        "Klanten": [["Code", "Naam", "URL"], ["boos", HOSTILE, "https://bridge-online.cloud/boos/odata4"]],
        "Administraties": [["Klant", "Code", "Naam"], ["boos", 900001, HOSTILE]],
        "Visuals": [
            ["Klant", "Rapport", "Pagina", "Soort", "Titel", "Waarden", "Categorie"],
            [
                "boos",
                "financieel",
                HOSTILE[:40],
                "clusteredColumnChart",
                HOSTILE,
                "Netto-omzet",
                "Grootboek[Code en naam]",
            ],
        ],
    }
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "boos.xlsx")
    for command in ("generate", "preview"):
        done = bundel(command, "--specs", str(folder / "boos.xlsx"), "--out", str(folder))
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return folder


def _large(folder):
    """An overview of two thousand clients, each with eight pages."""
    codes = [f"k{number}" for number in range(2000)]
    for code in codes:
        (folder / code / "preview").mkdir(parents=True)
        manifest = {
            "client": code,
            "url": f"https://bridge-online.cloud/{code}/odata4",
            "divisions": [1],
            "reports": [],
            "files": {},
        }
        (folder / code / "manifest.json").write_text(json.dumps(manifest))
        pages = [{"id": f"r1p{place}", "report": "Financieel", "title": f"Pagina {place}"} for place in range(8)]
        for page in pages:
            (folder / code / "preview" / f"{page['id']}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        (folder / code / "preview" / "state.json").write_text(json.dumps({"key": "x", "pages": pages}))
    root = {
        "tool": {"name": "bundel", "version": "0"},
        "bundles": [{"client": code, "path": code, "hash": ""} for code in codes],
    }
    (folder / "manifest.json").write_text(json.dumps(root))
    names = {code: f"Klant {code[1:]}" for code in codes}
    page = overview.render(folder, overview.Known("Kantoor", names), "nl", books.TODAY)
    (folder / "index.html").write_text(page, encoding="utf-8")
    return folder


def test_no_page_has_an_error_asks_anything_outside_or_overflows(seen):
    for name, each in seen.items():
        assert each["errors"] == [], name
        assert each["requests"] == [], name
        assert each["overflow"]["wide"] <= 0, (name, each["overflow"])
        assert each["seen"].get("cut", []) == [], name


def test_axe_finds_no_violation(seen):
    found = {name: [*each["violations"], *each["seen"].get("violations", [])] for name, each in seen.items()}
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_markup_stays_text(seen):
    for name, each in seen.items():
        assert each["hostile"] == {"pwned": None, "handlers": 0}, name


@pytest.mark.parametrize("width", [1280, 390])
def test_the_overview_searches_and_sorts(seen, width):
    assert seen[f"index {width}"]["seen"] == {
        "all": 4, "found": 1, "none": 0, "turned": width == 1280, "count": "4 van 4 klanten", "pictures": 0,
    } | ({} if width == 1280 else {"turned": seen["index 390"]["seen"]["turned"]})  # fmt: skip
    assert seen[f"hostile index {width}"]["seen"]["found"] == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_switched_by_click_and_key_and_shown_as_on_a_phone(seen, width):
    for name in ("korenaar", "office"):
        found = seen[f"{name} {width}"]["seen"]
        assert len(set(found["shown"])) == found["tabs"] > 1
        assert found["byKey"] == "r1p2"
        assert found["narrow"] <= 390


def test_two_thousand_clients_are_searched_at_once(seen):
    assert {key: seen["large"]["seen"][key] for key in ("rows", "found")} == {"rows": 2000, "found": 1}


def test_pictures_are_taken_by_the_browser(office, tmp_path):
    out = tmp_path / "output"
    shutil.copytree(office[0] / "hockeyclub", out / "hockeyclub")
    root = {"tool": {}, "bundles": [{"client": "hockeyclub", "path": "hockeyclub", "hash": ""}]}
    (out / "manifest.json").write_text(json.dumps(root))
    done = bundel("preview", "--specs", str(office[0].parent / "boeken.xlsx"), "--out", str(out), "--png", "--quiet")
    assert done.returncode == 0, done.stderr
    taken = sorted((out / "hockeyclub" / "preview").glob("*.png"))
    assert len(taken) == len(drawn.Drawn(out / "hockeyclub" / "preview" / "index.html").titles)
    assert all(path.read_bytes()[16:24] == (1280).to_bytes(4, "big") + (720).to_bytes(4, "big") for path in taken)


def test_without_a_browser_a_picture_is_a_clear_problem(office):
    done = bundel("preview", "--out", str(office[0]), "--png", env={**os.environ, "PATH": "/nonexistent"})
    assert done.returncode == 1
    assert "B404" in done.stderr
