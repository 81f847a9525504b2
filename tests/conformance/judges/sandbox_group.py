"""What the office's queries must make of the sandbox's ledger beside balances: groups, rates and timeliness.

In plain Python over its rows, apart from the M; `known` is a sandbox_rows.Expected of the office.
"""

import calendar
import datetime as dt
from collections import Counter

REST = "ExactOnlineREST"
LINES = f"{REST}.FinancialTransaction.TransactionLinesBulk"
OPENING = -10


def day(moment):
    return moment and moment[:10]


def month_end(here):
    return here.replace(day=calendar.monthrange(here.year, here.month)[1])


def mutual_sums(known):
    """What divisions of one client booked with each other, per account, day, type and partner."""
    sums = Counter()
    last = (dt.date.fromisoformat(known.first_day) - dt.timedelta(days=1)).isoformat()
    for row in known.own(LINES):
        partner = _partner(known, row)
        if partner:
            end = known.periods[row["Division"], row["FinancialYear"], row["FinancialPeriod"]][1]
            at = (last, OPENING) if end < known.first_day else (end, row["Type"])
            sums[row["Division"], row["GLAccount"], *at, partner] += round(row["AmountDC"] * 100)
    for (division, account, ended, kind, partner), cents in sums.items():
        yield {
            "Administratie": division, "GrootboekKey": f"{division}|{account.lower()}", "Datum": ended,
            "Boekingstype": kind, "Onderling met": partner, "Bedrag": cents / 100,
        }  # fmt: skip


def _partner(known, row):
    """Whom a line is with, by the rules of its division: of a relation only results, receivables and payables."""
    for relation, account, partner, division in known.facts.mutual:
        same_relation = relation is None or (row["AccountCode"] or "").strip() == relation
        same_account = row["GLAccountCode"].strip() == account if account else known.accounts_by_id[row["GLAccount"]]
        if partner != division == row["Division"] and same_relation and same_account:
            return partner
    return None


def rates(known):
    """Per division in another currency and month: average over its days, on its last day, and since when."""
    facts = known.facts
    for division, (currency, client) in facts.divisions.items():
        if currency == "EUR":
            continue
        told = sorted(
            (day(row["StartDate"]), row["SourceCurrency"] == "EUR", -row["Division"],
             row["Rate"] if row["SourceCurrency"] == "EUR" else 1 / row["Rate"])
            for row in known.own(f"{REST}.Financial.ExchangeRates")
            if facts.divisions[row["Division"]][1] == client
            and {row["SourceCurrency"], row["TargetCurrency"]} == {"EUR", currency}
        )  # fmt: skip
        here, last = facts.month(facts.first - 2, 12)[0], facts.month(facts.current, 12)[1]
        while here <= last:
            end = month_end(here)
            days = [here.replace(day=number).isoformat() for number in range(1, end.day + 1)]
            valid = [[one for one in told if one[0] <= each] for each in days]
            values = [one[-1][3] for one in valid if one]
            newest = valid[-1][-1] if valid[-1] else (None, None, None, None)
            yield {
                "Administratie": division, "JaarMaand": here.year * 100 + here.month,
                "Gemiddeld": sum(values) / len(values) if values else None,
                "Slot": newest[3], "Geldig vanaf": newest[0],
            }  # fmt: skip
            here = end + dt.timedelta(days=1)


def timeliness(known):
    """Heads of entries of the latest three whole months and this one, per month of their date."""
    start = known.facts.today.replace(day=1)
    for _ in range(3):
        start = (start - dt.timedelta(days=1)).replace(day=1)
    found = {}
    for row in known.own(LINES):
        dated, made = dt.date.fromisoformat(day(row["Date"])), dt.date.fromisoformat(day(row["Created"]))
        if row["LineNumber"] == 0 and dated >= start:
            late = max(0, (made - dated).days)
            found.setdefault((row["Division"], month_end(dated).isoformat()), []).append((late, made.isoformat()))
    for (division, end), entries in found.items():
        yield {
            "Administratie": division, "Datum": end, "Boekstukken": len(entries), "Gemeten": len(entries),
            "Dagen": sum(late for late, _ in entries), "Ingevoerd op": max(made for _, made in entries),
        }  # fmt: skip
