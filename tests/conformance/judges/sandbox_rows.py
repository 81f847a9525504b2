"""What the queries must make of the sandbox's ledger, in plain Python over its rows: by table and column of the model.

Written apart from the M: a line belongs to what was loaded when its period ends on or after the first day, whatever
its year is called, and to the opening balance otherwise.
"""

import calendar
import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from judges import sandbox_group, sandbox_work
from judges.places import ROOT, merged

OPENING = -10
AHEAD, LATER = 8, 999999  # weeks of the due calendar, and its class of what comes later
RECEIVABLES, PAYABLES = 20, 22  # account types of Exact
REST = "ExactOnlineREST"
LINES = f"{REST}.FinancialTransaction.TransactionLinesBulk"
TEMPLATES = ROOT / "templates" / "exact_online"
FOLDED = 25

# Tables that read no database. Their rows are literals of the templates: test_execution.py and test_templates.py.
LITERAL = {
    "Administratie", "Boekmaand", "Controle", "Definities", "Kasstroomregel", "Meetwaarden", "Onderling",
    "Ouderdomsklasse", "Rapportregel", "Regelopbouw", "Scenario", "Signaal", "Toegang", "Vergelijkingsbasis",
    "Tijdvergelijking", "Benchmarkklant", "Consolidatiekolom", "Consolidatieregel", "Kengetal", "Tegenpartij",
    "Ouderdom werk", "Projectcontrole",
}  # fmt: skip


def toml(name):
    return merged(TEMPLATES / name)


def key(division, value):
    return f"{division}|{value.lower()}" if value else None


def day(moment):
    return moment and moment[:10]


@dataclass(frozen=True)
class Expected:
    """The rows of a report's tables; `facts` is a twins.Model, `tables` the ledger's."""

    facts: object
    tables: dict
    language: str = "nl"
    wished: tuple = ()
    mutual: tuple = ()  # rows of Onderling

    def rows(self, table):
        """The rows of a table as {column: value}, or None where there is no expectation of it."""
        made = {
            "Mutaties": self.mutaties, "Saldi": self.saldi, "Openstaande posten": self.open_items,
            "Openstaand nu": self.open_now, "Budget": self.budget, "Grootboek": self.accounts,
            "Relatie": self.relations, "Administratiecontrole": self.control, "Datum": self.days,
            "Verversing": self.refreshed, "Te betalen nu": self.owed_now, "Kostenplaats": self.cost_centres,
            "Onderlinge saldi": lambda: sandbox_group.mutual_sums(self),
            "Wisselkoers": lambda: sandbox_group.rates(self), "Tijdigheid": lambda: sandbox_group.timeliness(self),
            "Te betalen posten": self.owed_items, "Week": self.weeks, "Factuurregels": self.invoice_lines,
            "Verkoopartikel": self.sold_items,
        }  # fmt: skip
        if table in made:
            return list(made[table]())
        if table in sandbox_work.TABLES:
            return list(sandbox_work.TABLES[table](self))
        wish = next((row for row in self.wished if row["Naam"] == table), None)
        return list(self.wished_rows(wish)) if wish else None

    @cached_property
    def first_day(self):
        return self.facts.month(self.facts.first, 1)[0].isoformat()

    @cached_property
    def periods(self):
        return {
            (row["Division"], row["FinYear"], row["FinPeriod"]): (day(row["StartDate"]), day(row["EndDate"]))
            for row in self.own(f"{REST}.Financial.FinancialPeriods")
        }

    def own(self, entity, column="Division"):
        return [row for row in self.tables[entity] if row[column] in self.facts.divisions]

    def opening(self):
        sums = Counter()
        for row in self.own(LINES):
            if self.periods[row["Division"], row["FinancialYear"], row["FinancialPeriod"]][1] < self.first_day:
                sums[row["Division"], row["GLAccount"], self.with_whom(row)] += round(row["AmountDC"] * 100)
        last = dt.date.fromisoformat(self.first_day) - dt.timedelta(days=1)
        for (division, account, other), cents in sums.items():
            if cents:
                yield {
                    "Administratie": division, "GrootboekKey": key(division, account), "Boekingstype": OPENING,
                    "Datum": last.isoformat(), "Bedrag": cents / 100, "Onderling met": other,
                    "KostenplaatsKey": f"{division}|",
                }  # fmt: skip

    def with_whom(self, row):
        """The division that a line is booked with: by the relation, the account or both that Onderling names.

        Of a relation only results, receivables and payables count.
        """
        for wish in self.mutual:
            same_relation = (row["AccountCode"] or "").strip() == str(wish.get("Relatie", "")).strip()
            same_account = row["GLAccountCode"].strip() == str(wish.get("Rekening", "")).strip()
            counts = same_account if "Rekening" in wish else self.accounts_by_id[row["GLAccount"]]
            if (same_relation or "Relatie" not in wish) and counts and wish["Met"] != row["Division"]:
                return wish["Met"]
        return None

    @cached_property
    def accounts_by_id(self):
        """{account: whether a relation's lines on it are the other division's}."""
        return {
            row["ID"]: row["BalanceType"] == "W" or row["Type"] in (RECEIVABLES, PAYABLES)
            for row in self.own(f"{REST}.Financial.GLAccounts")
        }

    def mutaties(self):
        yield from self.opening()
        for row in self.own(LINES):
            division = row["Division"]
            first, last = self.periods[division, row["FinancialYear"], row["FinancialPeriod"]]
            booked = day(row["Date"])
            if last >= self.first_day:
                yield {
                    "Administratie": division, "Boekstuksleutel": key(division, row["EntryID"]),
                    "Boekstuk": row["EntryNumber"], "Regelnummer": row["LineNumber"], "Boekingstype": row["Type"],
                    "Dagboek": row["JournalCode"], "Datum": booked if first <= booked <= last else last,
                    "Boekdatum": booked, "Boekjaar": row["FinancialYear"], "Periode": row["FinancialPeriod"],
                    "GrootboekKey": key(division, row["GLAccount"]), "RelatieKey": key(division, row["Account"]),
                    "Omschrijving": row["Description"], "Kostenplaats": row["CostCenter"],
                    "KostenplaatsKey": f"{division}|{row['CostCenter'] or ''}",
                    "Kostendrager": row["CostUnit"], "Factuurnummer": row["InvoiceNumber"],
                    "Vervaldatum": day(row["DueDate"]), "Uw referentie": row["YourRef"], "Bedrag": row["AmountDC"],
                    "ArtikelKey": key(division, row["Item"]), "Onderling met": self.with_whom(row),
                    "Postsleutel": f"{division}|{row['InvoiceNumber']}" if row["InvoiceNumber"] else None,
                }  # fmt: skip

    def saldi(self):
        """Balances tell no relation."""
        yield from Expected(self.facts, self.tables).opening()
        for row in self.own(f"{REST}.Financial.ReportingBalance"):
            last = self.periods[row["Division"], row["ReportingYear"], row["ReportingPeriod"]][1]
            if last >= self.first_day:
                yield {
                    "Administratie": row["Division"], "GrootboekKey": key(row["Division"], row["GLAccount"]),
                    "Datum": last, "Boekjaar": row["ReportingYear"], "Periode": row["ReportingPeriod"],
                    "Boekingstype": row["Type"], "Regels": row["Count"], "Bedrag": row["Amount"],
                }  # fmt: skip

    def open_items(self, side="AR"):
        """Of two periods that end on one day only the last counts."""
        shown = []
        for row in self.own(f"{REST}.Views.{side}OutstandingItemsPerFinancialPeriodUltimo", "DIVISION"):
            last = self.periods[row["DIVISION"], row["FINYEAR"], row["FINPERIOD"]][1]
            if self.first_day <= last <= self.facts.today.isoformat():
                shown.append((row["DIVISION"], last, row["FINPERIOD"], row))
        latest = {}
        for division, last, period, _ in shown:
            latest[division, last] = max(period, latest.get((division, last), 0))
        for division, last, period, row in shown:
            if latest[division, last] == period:
                due = day(row["DUEDATE"])
                code = row[f"OUTSTANDINGITEMS_{side}_ACCOUNT_CODE_ATTR"].strip()
                yield {
                    "Administratie": division, "Soort": "V" if side == "AR" else "I",
                    "Factuurnummer": row["NUMBER_ATTR"], "Peildatum": last,
                    "Relatie": f"{row[f'OUTSTANDINGITEMS_{side}_ACCOUNT_NAME']} · {code}",
                    "Omschrijving": row["DESCRIPTION"], "Factuurdatum": day(row["INVOICEDATE"]), "Vervaldatum": due,
                    "Dagen vervallen": days_between(due, last), "Openstaand": row["OUTSTANDINGAMTDC"],
                    "Weeknr": due_week(due, last), "Postsleutel": f"{division}|{row['NUMBER_ATTR']}",
                }  # fmt: skip

    def owed_items(self):
        return self.open_items("AP")

    def weeks(self):
        """ISO weeks from that of the first loaded day to the eighth after today's, overdue before and later after."""
        here = monday(dt.date.fromisoformat(self.first_day))
        yield {"Weeknr": 0, "Week": self.words["text"]["overdue_class"], "Maandag": None}
        while here <= monday(self.facts.today) + dt.timedelta(weeks=AHEAD):
            year, week, _ = here.isocalendar()
            name = f"{self.words['text']['week_short']} {week} {year}"
            yield {"Weeknr": 100 * year + week, "Week": name, "Maandag": here.isoformat()}
            here += dt.timedelta(weeks=1)
        yield {"Weeknr": LATER, "Week": self.words["text"]["later_class"], "Maandag": None}

    def invoice_lines(self):
        """Lines of processed invoices of the loaded years; an item costs what it costs now."""
        processed = 50
        heads = {
            row["InvoiceID"]: row
            for row in self.own(f"{REST}.SalesInvoice.SalesInvoicesBulk")
            if row["Status"] == processed and day(row["InvoiceDate"]) >= self.first_day
        }
        costs = {
            row["ID"]: row["CostPriceStandard"] or row["AverageCost"] or None
            for row in self.own(f"{REST}.Logistics.Items")
        }
        for row in self.own(f"{REST}.SalesInvoice.SalesInvoiceLinesBulk"):
            head, cost = heads.get(row["InvoiceID"]), costs.get(row["Item"])
            if head:
                yield {
                    "Administratie": row["Division"], "Datum": day(head["InvoiceDate"]),
                    "Factuurnummer": head["InvoiceNumber"], "RelatieKey": key(row["Division"], head["InvoiceTo"]),
                    "ArtikelKey": f"{row['Division']}|{row['Item'] or ''}".lower(), "Aantal": row["Quantity"],
                    "Bedrag": row["AmountDC"], "Kostprijs": cost and round(cost * row["Quantity"], 2),
                }  # fmt: skip

    def sold_items(self):
        """The items of each division, and the row of lines that name none."""
        without = self.words["text"]["sales_without_item"]
        for row in self.own(f"{REST}.Logistics.Items"):
            yield {
                "ArtikelKey": key(row["Division"], row["ID"]), "Administratie": row["Division"],
                "Code en naam": f"{row['Code'].strip()} {row['Description']}",
                "Artikelgroep": row["ItemGroupDescription"] or self.words["text"]["sales_without_group"],
            }  # fmt: skip
        for division in self.facts.divisions:
            yield {
                "ArtikelKey": f"{division}|", "Administratie": division, "Code en naam": without,
                "Artikelgroep": without,
            }  # fmt: skip

    def open_now(self, entity="ReceivablesList"):
        for row in self.own(f"{REST}.Financial.{entity}"):
            late = days_between(day(row["DueDate"]), self.facts.today.isoformat())
            yield {"Administratie": row["Division"], "Dagen vervallen": late, "Openstaand": row["Amount"]}

    def owed_now(self):
        return self.open_now("PayablesList")

    def cost_centres(self):
        """The cost centres of each division, and the row of lines that have none."""
        for row in self.own(f"{REST}.HRM.Costcenters"):
            yield {
                "KostenplaatsKey": f"{row['Division']}|{row['Code']}", "Administratie": row["Division"],
                "Code": row["Code"], "Code en naam": f"{row['Code']} {row['Description']}",
            }  # fmt: skip
        for division in self.facts.divisions:
            yield {
                "KostenplaatsKey": f"{division}|", "Administratie": division, "Code": None,
                "Code en naam": self.words["text"]["without_cost_centre"],
            }  # fmt: skip

    def budget(self):
        for row in self.own(f"{REST}.Budget.Budgets"):
            last = self.periods[row["Division"], row["ReportingYear"], row["ReportingPeriod"]][1]
            if row["BudgetScenarioCode"] == self.facts.scenario and last >= self.first_day:
                yield {
                    "Administratie": row["Division"], "GrootboekKey": key(row["Division"], row["GLAccount"]),
                    "Datum": last, "Bedrag": row["AmountDC"],
                }  # fmt: skip

    def accounts(self):
        for row in self.own(f"{REST}.Financial.GLAccounts"):
            code = row["Code"].strip()
            line, step, turn = self._line(row, code)
            assets = line and self.sides.get(line) == "A"
            words = list(self.words["mapped"].values())
            yield {
                "GrootboekKey": key(row["Division"], row["ID"]), "Administratie": row["Division"], "Code": code,
                "Omschrijving": row["Description"], "Code en naam": f"{code} {row['Description']}",
                "Type": row["Type"], "Balanstype": row["BalanceType"], "Balanszijde": row["BalanceSide"],
                "Regelgroep": line, "Regel": line and self.words["line"][line], "Indelingnr": step,
                "Indeling door": words[step - 1], "Omslagregel": turn,
                "Omslagteken": (1 if assets else -1) if turn else None,
                "Tussenrekening": row["Type"] in (32, 90)
                and any(word in row["Description"].lower() for word in ("tussenrek", "vraagpost", "nog uit te zoeken")),
            }  # fmt: skip

    @cached_property
    def words(self):
        return toml(f"texts/{self.language}.toml")

    @cached_property
    def sides(self):
        return {line["name"]: line.get("side") for line in toml("lines.toml")["line"]}

    def _line(self, row, code):
        """An account's report line, the step that gave it (workbook, type, balance side, none) and what it turns to.

        The sandbox classifies no account by RGS or a scheme of its own.
        """
        platform = toml("source.toml")
        statements = {line["name"]: line["statement"] for line in toml("lines.toml")["line"]}
        mapped = [
            line
            for division, first, last, line in self.facts.mapped
            if division == row["Division"] and first <= int(code) <= last
        ]
        if mapped:
            return (mapped[0], 1, None) if statements[mapped[0]] == row["BalanceType"] else (None, 6, None)
        by_type = platform["account_types"].get(str(row["Type"]))
        if by_type and statements[by_type] == row["BalanceType"]:
            return by_type, 4, platform["account_type_turns"].get(str(row["Type"]))
        by_side = platform["balance_sides"].get(row["BalanceType"] + row["BalanceSide"])
        return by_side, 5 if by_side else 6, None

    def relations(self):
        for row in self.own(f"{REST}.CRM.Accounts"):
            yield {
                "RelatieKey": key(row["Division"], row["ID"]), "Administratie": row["Division"],
                "Code": row["Code"].strip(), "Naam": row["Name"],
                "Naam en code": f"{row['Name']} · {row['Code'].strip()}",
            }  # fmt: skip

    def control(self):
        return ({"Administratie": division, "Ontvangen": True} for division in self.facts.divisions)

    def days(self):
        """Every day from a year before what is loaded to the end of the current fiscal year."""
        facts, months = self.facts, self.words["months"]
        last_month = facts.today.replace(day=1) - dt.timedelta(days=1)
        month_end = facts.today.replace(day=calendar.monthrange(facts.today.year, facts.today.month)[1])
        here, last = facts.month(facts.first - 1, 1)[0], facts.month(facts.current, 12)[1]
        while here <= last:
            number = (here.month - 1 - facts.end_month) % 12 + 1
            is_last = (here.year, here.month) == (last_month.year, last_month.month)
            month = months[here.month - 1]
            yield {
                "Datum": here.isoformat(), "Jaar": here.year, "Maandnr": here.month, "Maand": month,
                "Kwartaal": f"{self.words['quarter']}{(here.month + 2) // 3}",
                "JaarMaand": here.year * 100 + here.month, "Boekjaar": here.year + (here.month > facts.end_month),
                "Boekmaandnr": number, "Boekkwartaal": f"{self.words['quarter']}{(number + 2) // 3}",
                "IsPeildatum": (here + dt.timedelta(1)).day == 1,
                "Kiesbaar": self.first_day <= here.isoformat() <= month_end.isoformat(),
                "Periodevolgorde": -999999 if is_last else -(here.year * 100 + here.month),
                "Periode": self.words["text"]["last_month"] if is_last else f"{month} {here.year}",
            }  # fmt: skip
            here += dt.timedelta(days=1)

    def refreshed(self):
        """Dutch winter time at the moment that execute.NOW names."""
        return [{"Ververst op": f"{self.facts.today}T09:00:00"}]

    def wished_rows(self, wish):
        """A table of the workbook: its columns of the rows that its filter (`Column eq number`) lets through."""
        names = [name.strip() for name in wish["Kolommen"].split(",")]
        column, operator, value = (wish.get("Filter") or "Division ge 0").split()
        tests = {"eq": lambda cell: cell == float(value), "ge": lambda cell: cell >= float(value)}
        for row in self.own(wish["Entiteit"]):
            if tests[operator](row[column]):
                yield {name: row[name] for name in names} | {"Administratie": row["Division"]} | keys_of(row)


POINTERS = {"GLAccount": "GrootboekKey", "Account": "RelatieKey", "AccountId": "RelatieKey"}


def keys_of(row):
    """The keys by which a row of the workbook's table hangs on the model."""
    keys = dict.fromkeys(POINTERS.values())
    for column, name in POINTERS.items():
        if row.get(column) is not None:
            keys[name] = f"{row['Division']}|{row[column].lower()}"
    place = next((row[column] or "" for column in ("CostCenter", "Costcenter") if column in row), "")
    return {**keys, "KostenplaatsKey": f"{row['Division']}|{place.strip()}"}


def monday(of):
    return of - dt.timedelta(days=of.weekday())


def due_week(due, last):
    """The ISO week in which an item falls due: 0 when it was overdue at its snapshot, `LATER` after the weeks ahead."""
    here = dt.date.fromisoformat(last)
    falls = dt.date.fromisoformat(due) if due else here
    if falls < here:
        return 0
    year, week, _ = falls.isocalendar()
    return LATER if falls >= monday(here) + dt.timedelta(weeks=AHEAD + 1) else 100 * year + week


def days_between(first, last):
    return (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days if first else 0
