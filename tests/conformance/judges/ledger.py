"""A small ledger in Exact's tables, checked by hand, and what the queries must make of it, in plain Python.

Every entry stands here for a reason, named beside it. Amounts are in cents and times a factor of the division, so that
no two divisions look alike. Years count from the first loaded fiscal year (0); -1 and -2 lie before it.

`calendars` is {division: its own calendar}; `model` is the calendar of the report, which decides what is loaded: in the
consolidated report the two can differ.
"""

import calendar
import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass

TODAY = dt.date(2026, 11, 24)
OPENING = -10
YEAR_END_TYPES = {310, *range(320, 329)}

ACCOUNTS = {  # code: description, type, balance type, balance side
    "0200": ("Inventaris", 30, "B", "D"),
    "0500": ("Aandelenkapitaal", 50, "B", "C"),
    "0590": ("Algemene reserve", 52, "B", "C"),
    "0700": ("Lening", 55, "B", "C"),
    "1100": ("Bank", 12, "B", "D"),
    "1300": ("Debiteuren", 20, "B", "D"),
    "1510": ("Btw af te dragen", 24, "B", "C"),
    "1600": ("Crediteuren", 22, "B", "C"),
    "2000": ('Vraagposten "nog uit te zoeken"', 90, "B", "D"),
    "4000": ("Lonen", 125, "W", "D"),
    "4100": ("Afschrijving inventaris", 122, "W", "D"),
    "7000": ("Kostprijs omzet", 111, "W", "D"),
    "8000": ("Omzet", 110, "W", "C"),
    "9000": ("Diverse baten", 90, "W", "C"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Year (offset), period, day relative to the period, type, journal and lines (account, cents, relation)."""

    year: int
    period: int
    day: str
    kind: int
    journal: str
    lines: tuple


ENTRIES = (
    Entry(-2, 1, "first", 90, "90", (("1100", 5000_00, ""), ("0500", -5000_00, ""))),  # capital, years ago
    Entry(-1, 3, "first", 90, "90", (("1100", 2000_00, ""), ("0700", -2000_00, ""))),  # account only in the opening
    Entry(-2, 5, "first", 90, "90", (("2000", 10_00, ""), ("1100", -10_00, ""))),  # opening of 2000 sums to zero
    Entry(-1, 5, "first", 90, "90", (("2000", -10_00, ""), ("1100", 10_00, ""))),
    # dated in the first loaded year, but it belongs to December before it
    Entry(-1, 12, "after", 20, "70", (("1300", 121_00, "K1"), ("8000", -100_00, "K1"), ("1510", -21_00, "K1"))),
    Entry(-1, 12, "last", 310, "90", (("8000", 100_00, ""), ("0590", -100_00, ""))),  # the closing of that year
    Entry(0, 1, "first", 20, "70", (("1300", 1210_00, "K1"), ("8000", -1000_00, "K1"), ("1510", -210_00, "K1"))),
    Entry(0, 2, "before", 30, "60", (("1600", -605_00, "L1"), ("7000", 500_00, "L1"), ("1510", 105_00, "L1"))),
    Entry(0, 3, "after", 40, "20", (("1100", 1210_00, ""), ("1300", -1210_00, "K1"))),
    Entry(0, 4, "last", 21, "70", (("1300", -60_50, "K2"), ("8000", 50_00, "K2"), ("1510", 10_50, "K2"))),  # credit
    Entry(0, 13, "last", 90, "90", (("4100", 120_10, ""), ("0200", -120_10, ""))),  # period 13
    Entry(0, 12, "last", 310, "90", (
        ("8000", 950_00, ""), ("7000", -500_00, ""), ("4100", -120_10, ""), ("0590", -329_90, ""),
    )),  # the closing of a loaded year: in the balance, out of the P&L
    Entry(1, 2, "last", 20, "70", (("1300", 605_00, "K2"), ("8000", -500_00, "K2"), ("1510", -105_00, "K2"))),
    Entry(1, 6, "first", 170, "90", (("4000", 200_00, ""), ("1100", -200_00, ""))),
    Entry(1, 12, "first", 20, "70", (("1300", 0, "K2"), ("8000", 0, "K2"))),  # an invoice of nothing
    Entry(2, 1, "first", 20, "70", (("1300", 363_00, "K1"), ("8000", -300_00, "K1"), ("1510", -63_00, "K1"))),
    Entry(2, 4, "first", 20, "70", (("1300", 847_00, "K1"), ("8000", -700_00, "K1"), ("1510", -147_00, "K1"))),
    Entry(2, 4, "last", 90, "90", (("9000", -33_33, ""), ("1100", 33_33, ""))),  # P&L of type 90: by balance side
)  # fmt: skip


OPEN_ITEMS = (  # year, period of the snapshot, invoice, relation, days it is due after the period's end, cents
    (-2, 12, 6001, "K2", -300, 50_00),  # long before the loaded years
    (0, 1, 7007, "K1", 0, 1210_00),  # due on the day of the snapshot
    (0, 2, 7007, "K1", -28, 1210_00),
    (1, 2, 7013, "K2", None, 605_00),  # without a due date
    (2, 4, 7016, "K1", -61, 363_00),
    (2, 4, 7017, "K1", 1, 847_00),  # not yet due
    (2, 12, 7018, "K1", 30, 1_00),  # a period that is not over: no snapshot yet
)
SCENARIO = "BUDGET"
BUDGET = (  # scenario, year, period, account, cents
    (SCENARIO, -2, 1, "8000", -1_00),
    (SCENARIO, 0, 1, "8000", -900_00),
    (SCENARIO, 2, 4, "8000", -750_00),
    (SCENARIO, 2, 12, "4000", 210_00),
    ("other", 2, 4, "8000", -1_000_00),
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Fiscal years that end with a month, named after the year they end in, or begin in."""

    year_end: int = 12
    years: int = 3
    named_by_start: bool = False

    @property
    def current(self):
        """The year in which the current fiscal year ends."""
        return TODAY.year + (TODAY.month > self.year_end)

    @property
    def first(self):
        return self.current - (self.years - 1)

    @property
    def first_day(self):
        return self.period(0, 1)[0]

    def label(self, offset):
        """What Exact calls the year."""
        starts_earlier = self.year_end != 12
        return self.first + offset - (1 if self.named_by_start and starts_earlier else 0)

    def period(self, offset, number):
        """First and last day of a period; 13 is the last day of the year."""
        if number == 13:
            last = self.period(offset, 12)[1]
            return last, last
        months = (self.first + offset - 1) * 12 + self.year_end + number - 1
        year, month = divmod(months, 12)
        return dt.date(year, month + 1, 1), dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1])

    def date(self, entry):
        first, last = self.period(entry.year, entry.period)
        day = dt.timedelta(days=1)
        return {"first": first, "last": last, "before": first - day, "after": last + day}[entry.day]


def factor(division, divisions):
    return sorted(divisions).index(division) + 1


def is_loaded(entry, own, model):
    """What belongs to a period before the first day is in the opening balance, whatever its year is called."""
    return own.period(entry.year, entry.period)[1] >= model.first_day


def guid(division, kind, name):
    """In upper case: the keys of the model must be in lower case."""
    return f"{division:08X}-00AB-4CDE-8{kind:03X}-{int(name.translate(str.maketrans('KL', '12')), 16):012X}"


def _stamp(day):
    return f"{day.isoformat()}T00:00:00Z"


def tables(calendars):
    """The database: {entity set: rows} of all divisions, with the columns the queries may ask."""
    found = defaultdict(list)
    for division, year_calendar in calendars.items():
        scale = factor(division, calendars)
        for number, entry in enumerate(ENTRIES, 1):
            found["TransactionLines"] += _lines(division, scale, number, entry, year_calendar)
        found["GLAccounts"] += [
            {"Division": division, "ID": guid(division, 1, code), "Code": f"{code:>9}", "Description": text,
             "Type": kind, "BalanceType": balance, "BalanceSide": side}
            for code, (text, kind, balance, side) in ACCOUNTS.items()
        ]  # fmt: skip
        found["FinancialPeriods"] += [
            {"Division": division, "ID": guid(division, 3, f"{number:02}"), "FinYear": year_calendar.label(offset),
             "FinPeriod": number, "StartDate": _stamp(first), "EndDate": _stamp(last)}
            for offset in range(-3, max(year_calendar.years, 3) + 1)
            for number in range(1, 14)
            for first, last in [year_calendar.period(offset, number)]
        ]  # fmt: skip
        found["Journals"] += [
            {"Division": division, "ID": guid(division, 4, code), "Code": code, "Type": 90}
            for code in ("20", "70", "90")
        ]
        found["Accounts"] += [
            {"Division": division, "ID": guid(division, 2, code), "Code": f"{code:>18}", "Name": f"Relatie {code}",
             "Status": "C", "City": "Utrecht"}
            for code in ("K1", "K2", "L1")
        ]  # fmt: skip
        found["ReceivablesList"] += _open_now(division, scale)
        found["PayablesList"] += _open_now(division, 2 * scale)
        found["Open"] += _open(division, scale, year_calendar)
        found["Budgets"] += _budget(division, scale, year_calendar)
    found["ReportingBalance"] = _balances(found["TransactionLines"])
    ledger = found.pop("TransactionLines")
    return {
        "ExactOnlineREST.Incremental.TransactionLinesIncremental": ledger,
        "ExactOnlineREST.FinancialTransaction.TransactionLinesBulk": ledger,
        "ExactOnlineREST.CRM.Accounts": found.pop("Accounts"),
        "ExactOnlineREST.Budget.Budgets": found.pop("Budgets"),
        "ExactOnlineREST.Views.AROutstandingItemsPerFinancialPeriodUltimo": found.pop("Open"),
        **{f"ExactOnlineREST.Financial.{name}": rows for name, rows in found.items()},
    }


def _lines(division, scale, number, entry, year_calendar):
    day = year_calendar.date(entry)
    for line, (account, cents, relation) in enumerate(entry.lines):
        yield {
            "Division": division, "FinancialYear": year_calendar.label(entry.year), "FinancialPeriod": entry.period,
            "Date": _stamp(day), "Type": entry.kind, "JournalCode": entry.journal, "EntryNumber": 1000 + number,
            "EntryID": guid(division, 5, f"{number:04}"), "LineNumber": 9999 if account == "1510" and line else line,
            "ID": guid(division, 6, f"{number:04}{line}"), "GLAccount": guid(division, 1, account),
            "Account": guid(division, 2, relation) if relation else None, "Description": f"Boeking {number}",
            "AmountDC": cents * scale / 100, "InvoiceNumber": 7000 + number if relation else None,
            "DueDate": _stamp(day + dt.timedelta(30)) if relation else None, "CostCenter": None,
            "CostUnit": None, "YourRef": None, "Currency": "EUR", "Status": 50,
        }  # fmt: skip


def _balances(lines):
    """ReportingBalance: movements per division, account, year, period and type."""
    sums = Counter()
    for line in lines:
        key = (line["Division"], line["GLAccount"], line["FinancialYear"], line["FinancialPeriod"], line["Type"])
        sums[key] += round(line["AmountDC"] * 100)
    return [
        {"ID": number, "Division": division, "GLAccount": account, "ReportingYear": year, "ReportingPeriod": period,
         "Type": kind, "Amount": cents / 100, "Status": 50}
        for number, ((division, account, year, period, kind), cents) in enumerate(sorted(sums.items()), 1)
    ]  # fmt: skip


def _due(last, days):
    return None if days is None else last + dt.timedelta(days)


def _open(division, scale, year_calendar):
    """The view of open items per period, with its columns in capitals."""
    for offset, number, invoice, relation, days, cents in OPEN_ITEMS:
        last = year_calendar.period(offset, number)[1]
        due = _due(last, days)
        yield {
            "DIVISION": division, "FINYEAR": year_calendar.label(offset), "FINPERIOD": number, "NUMBER_ATTR": invoice,
            "OUTSTANDINGITEMS_AR_ACCOUNT_CODE_ATTR": f"{relation:>18}", "DESCRIPTION": None,
            "OUTSTANDINGITEMS_AR_ACCOUNT_NAME": f"Relatie {relation}", "INVOICEDATE": _stamp(last),
            "DUEDATE": _stamp(due) if due else None, "OUTSTANDINGAMTDC": cents * scale / 100,
        }  # fmt: skip


def _open_now(division, scale):
    """Today's open items: their invoice numbers are the days since they were due."""
    for days, cents in ((-3, 10_00), (0, 20_00), (45, 30_00)):
        due = TODAY - dt.timedelta(days)
        yield {"Division": division, "HID": days, "DueDate": _stamp(due), "Amount": cents * scale / 100}


def _budget(division, scale, year_calendar):
    for scenario, offset, number, account, cents in BUDGET:
        yield {
            "Division": division, "ReportingYear": year_calendar.label(offset), "ReportingPeriod": number,
            "BudgetScenarioCode": scenario, "GLAccount": guid(division, 1, account), "AmountDC": cents * scale / 100,
        }  # fmt: skip


# ---- what the queries must make of it


def key(division, value):
    return f"{division}|{value.lower()}" if value else None


def _reporting_date(entry, year_calendar):
    first, last = year_calendar.period(entry.year, entry.period)
    day = year_calendar.date(entry)
    return day if first <= day <= last else last


def opening(calendars, model):
    """Cents per (division, account) of all years before the first loaded, without those that sum to zero."""
    sums = Counter()
    for division, own in calendars.items():
        for entry in ENTRIES:
            if not is_loaded(entry, own, model):
                for account, cents, _ in entry.lines:
                    sums[division, account] += cents * factor(division, calendars)
    return {place: cents for place, cents in sums.items() if cents}


def _opening_rows(calendars, model):
    day = model.first_day - dt.timedelta(days=1)
    for (division, account), cents in opening(calendars, model).items():
        yield {
            "Administratie": division, "GrootboekKey": key(division, guid(division, 1, account)),
            "Boekingstype": OPENING, "Datum": day.isoformat(), "Bedrag": cents / 100, "KostenplaatsKey": f"{division}|",
        }  # fmt: skip


def expected_mutaties(calendars, model):
    """The rows of Mutaties, by the names of the model."""
    rows = list(_opening_rows(calendars, model))
    for division, own in calendars.items():
        for number, entry in enumerate(ENTRIES, 1):
            if is_loaded(entry, own, model):
                source = _lines(division, factor(division, calendars), number, entry, own)
                rows += [_mutatie(line, _reporting_date(entry, own)) for line in source]
    return rows


def _mutatie(line, day):
    division = line["Division"]
    return {
        "Administratie": division, "Boekstuksleutel": key(division, line["EntryID"]), "Boekstuk": line["EntryNumber"],
        "Regelnummer": line["LineNumber"], "Boekingstype": line["Type"], "Dagboek": line["JournalCode"],
        "Datum": day.isoformat(), "Boekdatum": line["Date"][:10], "Boekjaar": line["FinancialYear"],
        "Periode": line["FinancialPeriod"], "KostenplaatsKey": f"{division}|",
        "GrootboekKey": key(division, line["GLAccount"]),
        "RelatieKey": key(division, line["Account"]), "Omschrijving": line["Description"],
        "Factuurnummer": line["InvoiceNumber"], "Vervaldatum": (line["DueDate"] or "")[:10] or None,
        "Bedrag": line["AmountDC"],
    }  # fmt: skip


def expected_saldi(calendars, model):
    """The rows of Saldi: movements of the loaded years on the end of their period, and the opening balance."""
    rows = list(_opening_rows(calendars, model))
    for row in tables(calendars)["ExactOnlineREST.Financial.ReportingBalance"]:
        own = calendars[row["Division"]]
        last = own.period(row["ReportingYear"] - own.label(0), row["ReportingPeriod"])[1]
        if last >= model.first_day:
            rows.append({
                "Administratie": row["Division"], "GrootboekKey": key(row["Division"], row["GLAccount"]),
                "Datum": last.isoformat(), "Boekjaar": row["ReportingYear"], "Periode": row["ReportingPeriod"],
                "Boekingstype": row["Type"], "Bedrag": row["Amount"],
            })  # fmt: skip
    return rows


def expected_open(calendars, model):
    """Open items of the loaded years at the end of each period that is over."""
    rows = []
    for division, own in calendars.items():
        for offset, number, invoice, relation, days, cents in OPEN_ITEMS:
            last = own.period(offset, number)[1]
            due = _due(last, days)
            if own.label(offset) >= model.label(0) and last <= TODAY:
                rows.append({
                    "Administratie": division, "Soort": "V", "Factuurnummer": invoice, "Peildatum": last.isoformat(),
                    "Relatie": f"Relatie {relation} · {relation}", "Vervaldatum": due and due.isoformat(),
                    "Dagen vervallen": (last - due).days if due else 0,
                    "Openstaand": cents * factor(division, calendars) / 100,
                })  # fmt: skip
    return rows


def expected_open_now(calendars, times=1):
    return [
        {"Administratie": division, "Dagen vervallen": row["HID"], "Openstaand": row["Amount"]}
        for division in calendars
        for row in _open_now(division, times * factor(division, calendars))
    ]


def expected_budget(calendars, model):
    """The budget of one scenario in the loaded years, on the end of each period."""
    return [
        {
            "Administratie": division, "GrootboekKey": key(division, guid(division, 1, account)),
            "Datum": own.period(offset, number)[1].isoformat(),
            "Bedrag": cents * factor(division, calendars) / 100,
        }
        for division, own in calendars.items()
        for scenario, offset, number, account, cents in BUDGET
        if scenario == SCENARIO and own.label(offset) >= model.label(0)
    ]  # fmt: skip


def expected_grootboek(divisions):
    return [
        {"GrootboekKey": key(division, guid(division, 1, code)), "Administratie": division, "Code": code,
         "Omschrijving": text, "Code en naam": f"{code} {text}", "Type": kind, "Balanstype": balance,
         "Balanszijde": side}
        for division in divisions
        for code, (text, kind, balance, side) in ACCOUNTS.items()
    ]  # fmt: skip


def expected_relatie(divisions):
    return [
        {"RelatieKey": key(division, guid(division, 2, code)), "Administratie": division, "Code": code,
         "Naam": f"Relatie {code}"}
        for division in divisions
        for code in ("K1", "K2", "L1")
    ]  # fmt: skip


def expected_kostenplaats(divisions):
    """The small database has no table of cost centres: only the row of lines without one is left."""
    return [{"KostenplaatsKey": f"{division}|", "Administratie": division, "Code": None} for division in divisions]


def expected_controle(divisions):
    return [{"Administratie": division, "Ontvangen": True} for division in divisions]


def expected_datum(year_calendar):
    """One row per day, from a year before the first loaded fiscal year to the end of the current one."""
    day, last = year_calendar.period(-1, 1)[0], year_calendar.period(year_calendar.years - 1, 12)[1]
    month_end = TODAY.replace(day=1) - dt.timedelta(days=1)
    rows = []
    while day <= last:
        fiscal_month = (day.month - 1 - year_calendar.year_end) % 12 + 1
        is_last = (day.year, day.month) == (month_end.year, month_end.month)
        rows.append({
            "Datum": day.isoformat(), "Jaar": day.year, "Maandnr": day.month, "JaarMaand": day.year * 100 + day.month,
            "Boekjaar": day.year + (day.month > year_calendar.year_end), "Boekmaandnr": fiscal_month,
            "IsPeildatum": (day + dt.timedelta(1)).day == 1,
            "Periodevolgorde": -999999 if is_last else -(day.year * 100 + day.month),
        })  # fmt: skip
        day += dt.timedelta(days=1)
    return rows
