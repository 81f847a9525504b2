"""Figures: main measures on the executed rows against plain Python over the same ledger."""

import datetime as dt

import pytest
from judges import figures, ledger
from judges.bundle import model_of
from judges.ledger_run import calendar_of
from test_execution import pick

LINES = {"Netto-omzet": ["8000"], "Kostprijs omzet": ["7000"]}  # where the workbook maps nothing else
ASSETS = ["0200", "1100", "1300", "2000"]
PROFIT_AND_LOSS = [code for code, (_, _, balance, _) in ledger.ACCOUNTS.items() if balance == "W"]


class Books:
    """Sums over the ledger of some divisions, by reporting date; the opening balance stands before the first day."""

    def __init__(self, divisions, chosen, calendar):
        self.calendar = calendar
        self.lines = []
        for division in chosen:
            scale = ledger.factor(division, divisions)
            for entry in ledger.ENTRIES:
                first, last = calendar.period(entry.year, entry.period)
                day = calendar.date(entry)
                day = day if first <= day <= last else last
                self.lines += [(day, entry.year, entry.kind, code, cents * scale) for code, cents, _ in entry.lines]

    def result(self, accounts, first, last):
        """Profit on accounts over days, in euros, without year-end entries; None where nothing was booked."""
        found = [
            cents
            for day, year, kind, code, cents in self.lines
            if first <= day <= last and year >= 0 and kind not in ledger.YEAR_END_TYPES and code in accounts
        ]
        return -sum(found) / 100

    def stand(self, accounts, last):
        """Debit balance of accounts up to a day, in euros."""
        return sum(cents for day, _, _, code, cents in self.lines if code in accounts and day <= last) / 100


def month(calendar, offset, period):
    first, last = calendar.period(offset, period)
    return first, last


def year_before(day):
    """The month's end stays the month's end."""
    first = day.replace(day=1)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    if day + dt.timedelta(days=1) == following:
        return following.replace(year=following.year - 1) - dt.timedelta(days=1)
    return day.replace(year=day.year - 1)


def expected(books, offset, period):
    """{measure: euros} for a selection of one month."""
    first, last = month(books.calendar, offset, period)
    start = books.calendar.period(offset, 1)[0]
    before = (year_before(start), year_before(last))
    revenue = LINES["Netto-omzet"]
    return {
        "Netto-omzet": books.result(revenue, first, last),
        "Netto-omzet YTD": books.result(revenue, start, last),
        "Netto-omzet VJ": books.result(revenue, first.replace(year=first.year - 1), before[1]),
        "Netto-omzet YTD VJ": books.result(revenue, *before),
        "Nettoresultaat": books.result(PROFIT_AND_LOSS, first, last),
        "Nettoresultaat YTD": books.result(PROFIT_AND_LOSS, start, last),
        "Kostprijs omzet": -books.result(LINES["Kostprijs omzet"], first, last),
        "Brutomarge": books.result([*revenue, *LINES["Kostprijs omzet"]], first, last),
        "EBITDA YTD": books.result([code for code in PROFIT_AND_LOSS if code != "4100"], start, last),
        "Liquide middelen": books.stand(["1100"], last),
        "Vaste activa": books.stand(["0200"], last),
        "Totaal activa": books.stand(ASSETS, last),
        "Vreemd vermogen": -books.stand(["0700", "1510", "1600"], last),
        "Eigen vermogen": -books.stand(["0500", "0590", *PROFIT_AND_LOSS], last),
        "Balanscontrole": 0.0,
    }


MONTHS = [(0, 1), (0, 2), (0, 3), (0, 12), (1, 2), (1, 6), (2, 4), (2, 5)]


def currencies(office, client):
    return {row.get("Valuta", "EUR") for row in office.sheets["Administraties"] if str(row["Klant"]) == client}


@pytest.fixture(scope="module", params=["calendar year", "broken year"])
def run(request, office, run_of):
    mapped = {str(row.get("Klant", "")) for row in office.sheets.get("Rekeningindeling", [])}
    broken = request.param == "broken year"

    def fits(client):
        calendar = calendar_of(office, client)
        usual = client not in mapped and client != "_office" and len(currencies(office, client)) == 1
        return usual and (calendar.year_end != 12) == broken and calendar.years >= 3

    return run_of(pick(office, fits))


def period_of(run, day):
    """What the reader chooses in the slicer to see the month of a day."""
    answer = run.answers["Datum"]
    names = [column["name"] for column in answer["columns"]]
    row = next(row for row in answer["rows"] if row[names.index("Datum")] == day.isoformat())
    return row[names.index("Periode")]


def test_measures_are_those_of_the_ledger(run):
    database = model_of(run.report.pbit)
    present = {item["name"] for table in database["model"]["tables"] for item in table.get("measures", [])}
    choices = [(run.divisions, None)] + [([division], division) for division in run.divisions[:2]]
    wanted, contexts = [], []
    for chosen, division in choices:
        books = Books(run.divisions, chosen, run.calendar)
        for offset, period in MONTHS:
            context = {"Datum.Periode": [period_of(run, month(run.calendar, offset, period)[1])]}
            if division is not None:
                context["Administratie.Administratie"] = [division]
            contexts.append(context)
            wanted.append(expected(books, offset, period))
    names = [name for name in wanted[0] if name in present]
    assert {"Netto-omzet", "Nettoresultaat", "Liquide middelen"} <= set(names)
    answers, problems = figures.evaluate(database, run.answers, names, contexts)
    assert problems == {}
    different = [
        (context, name, answer[name], row[name])
        for context, answer, row in zip(contexts, answers, wanted, strict=True)
        for name in names
        if abs(float(answer[name] or 0) - row[name]) > 0.005
    ]
    assert different == []


def test_two_currencies_are_never_added(office, run_of):
    report = pick(office, lambda client: len(currencies(office, client)) > 1)
    run = run_of(report)
    period = {"Datum.Periode": [period_of(run, month(run.calendar, 2, 4)[1])]}
    contexts = [period] + [{**period, "Administratie.Administratie": [division]} for division in run.divisions]
    answers, problems = figures.evaluate(model_of(report.pbit), run.answers, ["Netto-omzet"], contexts)
    assert problems == {}
    wanted = [None]
    for division in run.divisions:
        books = Books(run.divisions, [division], run.calendar)
        wanted.append(expected(books, 2, 4)["Netto-omzet"])
    assert [answer["Netto-omzet"] for answer in answers] == wanted


def test_another_ledger_gives_other_figures(run):
    """The comparison can go red: one cent more on one line is seen."""
    database = model_of(run.report.pbit)
    answers = {name: dict(answer) for name, answer in run.answers.items()}
    table = answers["Mutaties"]
    place = next(i for i, column in enumerate(table["columns"]) if column["name"] == "Bedrag")
    table["rows"] = [[cell + 0.01 if i == place else cell for i, cell in enumerate(row)] for row in table["rows"]]
    context = [{}]
    before, _ = figures.evaluate(database, run.answers, ["Nettoresultaat"], context)
    after, _ = figures.evaluate(database, answers, ["Nettoresultaat"], context)
    assert before != after
