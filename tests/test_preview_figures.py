"""What a reader of a preview sees: the figures of the books, every kind of chart, and what could not be drawn."""

import contextlib
import datetime as dt
import importlib.util
import io
import json
import re
import stat
import sys

import pytest
from bundles import ONE, client, load
from lxml import html
from markdown import save

from generator.cli import main
from generator.preview import sample
from generator.preview.scene import UNKNOWN

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("vl_convert", "pbix_mcp"))), reason="needs the extra preview"
)
TODAY = dt.datetime.now(dt.UTC).date()
PAGES = ("Cijfers", "Cijfers (2)")
TWO = "Netto-omzet, Brutomarge"
CHARTS = {
    "areaChart": TWO, "barChart": TWO, "clusteredBarChart": "Netto-omzet", "columnChart": TWO,
    "donutChart": "Netto-omzet", "lineClusteredColumnComboChart": TWO, "scatterChart": TWO, "treemap": "Netto-omzet",
    "waterfallChart": "Netto-omzet",
}  # fmt: skip
TABLES = """
## Kantoor
| Naam | Taal |
| Van Dam | nl |

## Klanten
| Code | Naam | URL | Jaren historie | Budgetscenario |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 | 1 | B26 |

## Administraties
| Klant | Code | Naam |
| bakker | `710001` | Bakkerij |
| bakker | `710002` | Winkel |

## Rapporten
| Klant | Rapport | Pagina's |
| bakker | financieel | Balans |

## Visuals
| Klant | Rapport | Pagina | Soort | Titel | Waarden | Categorie | Reeks |
| bakker | financieel | Cijfers | tableEx | Omzet | Netto-omzet, Netto-omzet YTD budget | Administratie[Naam] | |
| bakker | financieel | Cijfers | pivotTable | Matrix | Netto-omzet | Administratie[Naam] | Datum[Boekjaar] |
| bakker | financieel | Cijfers | cardVisual | Kaart | Netto-omzet | | |
| bakker | financieel | Cijfers | slicer | Kies | | Administratie[Naam] | |
""" + "".join(
    f"| bakker | financieel | Grafieken | {kind} | {kind} | {values} | Administratie[Naam] | |\n"
    for kind, values in CHARTS.items()
)


class Office:
    """An office of one client, generated and drawn by the commands."""

    def __init__(self, folder):
        self.folder, self.out = folder, folder / "output"
        self.specs = save(folder, TABLES)
        self.run("generate")
        self.told = self.run("preview")

    def run(self, command, *more, specs=None, code=0):
        """Run a command and return the document it prints."""
        said, specs = io.StringIO(), specs or self.specs
        with contextlib.redirect_stdout(said):
            ended = main([command, "--specs", str(specs), "--out", str(self.out), "--jobs", "1", "--json", *more])
        assert ended == code, said.getvalue()
        return json.loads(said.getvalue())

    @property
    def pages(self):
        """Return the drawn pages by their titles."""
        root = html.fromstring((self.out / "bakker/preview/index.html").read_text("utf-8"))
        tabs = root.xpath("//*[@role='tab']")
        return {tab.text_content().strip(): root.get_element_by_id(tab.get("aria-controls")) for tab in tabs}

    def visuals(self, page):
        """Return the visuals of the workbook on a page and on those that go on where it is full: title → element."""
        own = [found for title, found in self.pages.items() if title.startswith(page)]
        each = (visual for found in own for visual in found.find_class("v") if visual.find("h2") is not None)
        return {visual.find("h2").text: visual for visual in each}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Generate and draw once; a test that changes the workbook or the drawing stands at the end."""
    return Office(tmp_path_factory.mktemp("office"))


def cells(visual):
    """Return a table by row and column."""
    heads = [head.text_content() for head in visual.xpath(".//thead//th")]
    rows = [[cell.text_content().lstrip("+") for cell in row] for row in visual.xpath(".//tbody/tr")]
    return {(row[0], head): cell for row in rows for head, cell in zip(heads, row, strict=True)}


def shown(amount):
    return f"{round(amount):,}".replace(",", ".")


def test_what_a_page_says_is_what_the_books_say(office):
    loaded = load(office.folder, TABLES)
    books = sample.ledger(client(loaded), loaded.clients, TODAY).sqlite()
    last = TODAY.replace(day=1) - dt.timedelta(days=1)

    def asked(table, column, where):
        query = f"""SELECT d.Description, -SUM(line.AmountDC) FROM {table} line
            JOIN GLAccounts account ON account.ID = line.GLAccount JOIN SystemDivisions d ON d.Code = line.Division
            WHERE account.Type = 110 AND {where} GROUP BY 1"""  # noqa: S608  names of our own; 110 is revenue
        return {(name, column): shown(amount) for name, amount in books.execute(query, last.timetuple()[:2])}

    lines, budget = "TransactionLinesBulk", "(SELECT Code FROM BudgetScenarios LIMIT 1)"
    month = asked(lines, "Netto-omzet", "FinancialYear = ? AND FinancialPeriod = ?")
    year = asked(lines, str(last.year), "FinancialYear = ? AND ? = ?2")
    so_far = f"ReportingYear = ? AND ReportingPeriod <= ? AND BudgetScenarioCode = {budget}"
    budgeted = asked("Budgets", "Netto-omzet YTD budget", so_far)
    assert len(month) == len(year) == len(budgeted) == 2
    visuals = office.visuals("Cijfers")
    table, matrix = cells(visuals["Omzet"]), cells(visuals["Matrix"])
    assert {key: table[key] for key in (*month, *budgeted)} == month | budgeted
    assert {key: matrix[key] for key in year} == year


def test_the_balance_sheet_on_the_page_balances(office):
    titles = {title.split(" ")[0]: cells(visual) for title, visual in office.visuals("Balans").items()}
    assets, liabilities = titles["Activa"]["Totaal activa", "Stand"], titles["Passiva"]["Totaal passiva", "Stand"]
    assert assets == liabilities
    assert len(assets) > 3


@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_of_each_kind_shows_its_categories(office, kind):
    """As text in the drawing, so that the names are there without looking at pixels."""
    words = [text.text_content() for text in office.visuals("Grafieken")[kind].xpath(".//*[local-name()='text']")]
    more = {
        "clusteredBarChart": list(cells_of(office, "Netto-omzet")),  # the number stands at the end of its bar
        "waterfallChart": ["Totaal"],
        "barChart": ["Netto-omzet", "Brutomarge"],
        "scatterChart": ["Netto-omzet", "Brutomarge"],
    }
    assert {"Bakkerij", "Winkel", *more.get(kind, ())} <= set(words)


def cells_of(office, column):
    return {cell for (_, head), cell in cells(office.visuals("Cijfers")["Omzet"]).items() if head == column}


def test_a_card_shows_the_total_and_a_slicer_what_is_chosen(office):
    visuals = office.visuals("Cijfers")
    amounts = [int(cell.replace(".", "")) for cell in cells_of(office, "Netto-omzet")]
    (value,) = visuals["Kaart"].find_class("value")
    assert abs(int(value.text_content().replace(".", "")) - sum(amounts)) <= 1  # each was rounded by itself
    heads = [head for title, page in office.pages.items() if title in PAGES for head in page.find_class("slicerhead")]
    assert [(head.text, head.getnext().text_content()) for head in heads] == [("Kies", "Alle")]


def test_every_measure_was_evaluated_and_nothing_is_drawn_twice(office):
    (told,) = office.told["previews"]
    assert (told["client"], told["status"], told["missing"]) == ("bakker", "created", [])
    assert told["pages"] == len(office.pages)
    assert (office.out / "index.html").is_file()
    assert [each["status"] for each in office.run("preview")["previews"]] == ["unchanged"]


def test_what_there_is_to_draw_is_what_was_generated(office, tmp_path):
    told = office.run("preview", "--client", "bakkr", code=2)
    assert [(each["code"], "bakker" in each["hint"]) for each in told["problems"]] == [("B029", True)]
    told = office.run("preview", "--out", str(tmp_path), code=2)
    assert [each["code"] for each in told["problems"]] == ["B402"]


def test_a_workbook_that_went_on_is_told(office, tmp_path):
    newer = save(tmp_path, TABLES.replace("| Kaart |", "| Kaartje |"))
    told = office.run("preview", specs=newer)
    assert [(each["code"], each["client"]) for each in told["problems"]] == [("B406", "bakker")]


def test_the_overview_opens_on_request_and_the_report_says_where_it_is(office, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    arguments = ["preview", "--specs", str(office.specs), "--out", str(office.out), "--open", "--lang"]
    said = {}
    for language in ("nl", "en"):
        assert main([*arguments, language]) == 0
        said[language] = capsys.readouterr().out
    assert opened == [(office.out / "index.html").resolve().as_uri()] * 2
    page = f"{office.out.as_posix()}/index.html"
    assert re.fullmatch(rf"1 gelijk in \d+\.\d s\. Overzicht voor kantoor: {page}\. .*--open\n", said["nl"])
    assert re.fullmatch(rf"1 unchanged in \d+\.\d s\. Overview for the office: {page}\. .*--open\n", said["en"])


BROWSER = """#!/bin/sh
for argument; do
  case "$argument" in --screenshot=*) printf picture >"${argument#*=}" ;; esac
done
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the browser that stands in for one is a script of the shell")
def test_pictures_are_taken_by_a_browser_and_one_that_takes_none_is_told(office, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    told = office.run("preview", "--png", code=1)
    assert [each["code"] for each in told["problems"]] == ["B404"]
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\nexit 3\n")
    browser.chmod(stat.S_IRWXU)
    told = office.run("preview", "--png", code=5)
    assert [(each["code"], "3" in each["message"]) for each in told["problems"]] == [("B405", True)]
    browser.write_text(BROWSER)
    (told,) = office.run("preview", "--png")["previews"]
    pictures = sorted((office.out / "bakker/preview").glob("*.png"))
    assert [picture.read_bytes() for picture in pictures] == [b"picture"] * told["pages"]


def test_a_client_with_an_error_is_drawn_without_figures(office, tmp_path):
    wrong = save(tmp_path, TABLES.replace("| Netto-omzet, Netto-omzet YTD budget |", "| Netto-omzt |"))
    told = office.run("preview", specs=wrong)
    assert {each["code"] for each in told["problems"]} >= {"B407"}
    assert [each["status"] for each in told["previews"]] == ["changed"]
    assert {cell for (_, head), cell in cells(office.visuals("Cijfers")["Omzet"]).items()} == {UNKNOWN}


@pytest.fixture(scope="module")
def consolidated(tmp_path_factory):
    """Draw the office's own bundle, by the titles of its visuals."""
    folder = tmp_path_factory.mktemp("consolidated")
    options = ["--specs", str(save(folder, ONE)), "--out", str(folder / "output"), "--jobs", "1", "-q"]
    assert [main([command, *options]) for command in ("generate", "preview")] == [0, 0]
    root = html.fromstring((folder / "output/_office/preview/index.html").read_text("utf-8"))
    return {visual.find("h2").text: visual for visual in root.find_class("v") if visual.find("h2") is not None}


def test_a_division_with_entries_has_zero_where_nothing_is_amiss(consolidated):
    table = cells(consolidated["Kwaliteit per administratie"])
    assert {table["Bakkerij", head] for head in ("Zonder regel", "Zonder datum", "Balans")} == {"0"}


def test_a_ratio_that_is_a_text_stands_right_as_numbers_do(consolidated):
    table = consolidated["Kengetallen"]
    heads = [head.text_content() for head in table.xpath(".//thead//th")]
    right = {
        head for head, cell in zip(heads, table.xpath(".//tbody/tr[1]/td"), strict=True) if cell.get("class") == "n"
    }
    assert right == set(heads) - {"Kengetal", "Plaats"}


def test_the_number_at_the_end_of_a_bar_has_room_beside_the_longest_bar_there_can_be(consolidated):
    drawing = consolidated["Tijdigheid per klant"].xpath(".//*[local-name()='svg']")[0]
    number = next(
        each.text_content() for each in drawing.xpath(".//*[local-name()='text']") if "," in each.text_content()
    )
    plane = drawing.find_class("background")[0]
    placed = [re.match(r"translate\(([\d.]+)", each.get("transform", "")) for each in plane.iterancestors()]
    end = sum(float(found[1]) for found in placed if found) + float(re.search(r"h([\d.]+)", plane.get("d"))[1])
    assert end + 6 * len(number) <= float(drawing.get("viewbox").split()[2])
