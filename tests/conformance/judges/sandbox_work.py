"""What the queries of projects and stock must make of the sandbox's ledger: plain Python, written apart from the M."""

import datetime as dt
from collections import Counter

REST = "ExactOnlineREST"
LINES = f"{REST}.FinancialTransaction.TransactionLinesBulk"
OPENING = -10
LEFT_OUT = (1, 2)  # draft, rejected
FIXED, BY_TIME, PREPAID = 2, 3, 5
YEAR_END = {310, *range(320, 329)}
OLDEST = 91


def key(division, value):
    return f"{division}|{(value or '').lower()}"


def text(*parts):
    return " ".join(part for part in parts if part)


def before(expected, days=1):
    return (dt.date.fromisoformat(expected.first_day) - dt.timedelta(days)).isoformat()


def billable(kind, row):
    """Whether a row can be charged: `kind` is the type of its project, None without one."""
    priced = bool(row["PriceFC"])
    return priced if row["Project"] is None or kind == BY_TIME else kind in (FIXED, PREPAID)


def posts(expected):
    """Projectposten: each row of the loaded years, and per project and day what is older."""
    kinds = {row["ID"]: row["Type"] for row in expected.own(f"{REST}.Project.Projects")}
    older = Counter(), Counter()
    for sort, table in (("U", "TimeTransactions"), ("K", "CostTransactions")):
        for row in expected.own(f"{REST}.Project.{table}"):
            division, day = row["Division"], row["Date"][:10]
            if row["HourStatus"] in LEFT_OUT:
                continue
            same = {
                "Administratie": division, "Soort": sort, "ProjectKey": key(division, row["Project"]),
                "Declarabel": billable(kinds.get(row["Project"]), row), "Valuta": row["Currency"],
            }  # fmt: skip
            if day >= expected.first_day:
                yield same | {
                    "Datum": day, "Werkdatum": day, "Beginstand": False, "Nummer": row["EntryNumber"],
                    "MedewerkerKey": key(division, row["Employee"]), "Uursoort": row["ItemDescription"],
                    "Omschrijving": row["Notes"], "Aantal": row["Quantity"], "Tarief": row["PriceFC"],
                    "Bedrag": row["AmountFC"],
                }  # fmt: skip
            else:
                place = (*same.items(), ("Werkdatum", max(day, before(expected, OLDEST + 1))))
                older[0][place] += row["Quantity"]
                older[1][place] += round(row["AmountFC"] * 100)
    for place, quantity in older[0].items():
        yield dict(place) | {
            "Datum": before(expected), "Beginstand": True, "Aantal": quantity, "Bedrag": older[1][place] / 100,
        }  # fmt: skip


def lines(expected):
    """Projectregels: ledger lines that name a project, those of before the loaded years per project and account."""
    older = Counter()
    for row in expected.own(LINES):
        division = row["Division"]
        if row["Project"] is None or row["Type"] in YEAR_END:
            continue
        first, last = expected.periods[division, row["FinancialYear"], row["FinancialPeriod"]]
        day = row["Date"][:10] if first <= row["Date"][:10] <= last else last
        same = {
            "Administratie": division, "ProjectKey": key(division, row["Project"]),
            "GrootboekKey": key(division, row["GLAccount"]),
        }  # fmt: skip
        if day >= expected.first_day:
            yield same | {"Datum": day, "Boekingstype": row["Type"], "Bedrag": row["AmountDC"]}
        else:
            older[tuple(same.items())] += round(row["AmountDC"] * 100)
    for place, cents in older.items():
        yield dict(place) | {"Datum": before(expected), "Boekingstype": OPENING, "Bedrag": cents / 100}


def projects(expected):
    words = expected.words["text"]
    for row in expected.own(f"{REST}.Project.Projects"):
        yield {
            "ProjectKey": key(row["Division"], row["ID"]), "Administratie": row["Division"], "Code": row["Code"],
            "Code en naam": text(row["Code"], row["Description"]),
            "Klant": row["AccountName"] or words["without_customer"],
            "Projectsoort": expected.words["project_type"][str(row["Type"])],
            "Declarabel": row["Type"] in (FIXED, BY_TIME, PREPAID),
        }  # fmt: skip
    for division in expected.facts.divisions:
        yield {
            "ProjectKey": key(division, None), "Administratie": division, "Code": None, "Declarabel": False,
            **dict.fromkeys(("Code en naam", "Klant", "Projectsoort"), words["without_project"]),
        }  # fmt: skip


def employees(expected):
    """Medewerker: whoever wrote hours or costs, by name, or else whoever entered them."""
    names = {row["ID"]: row["FullName"] for row in expected.own(f"{REST}.Payroll.Employees")}
    found = {}
    for table in ("TimeTransactions", "CostTransactions"):
        for row in expected.own(f"{REST}.Project.{table}"):
            entered = row["CreatorFullName"] if table == "TimeTransactions" else ""
            place = row["Division"], row["Employee"]
            found[place] = max(found.get(place, ""), entered)
    for (division, employee), entered in found.items():
        name = names.get(employee) or entered or expected.words["text"]["without_name"]
        yield {"MedewerkerKey": key(division, employee), "Administratie": division, "Naam": name}


def items(expected):
    for row in expected.own(f"{REST}.Logistics.Items"):
        yield {
            "ArtikelKey": key(row["Division"], row["ID"]), "Administratie": row["Division"], "Code": row["Code"],
            "Code en naam": text(row["Code"], row["Description"]), "Artikelgroep": row["ItemGroupDescription"],
            "Voorraad artikel": row["Stock"] if row["IsStockItem"] else 0,
        }  # fmt: skip


def stock(expected):
    """Voorraadpositie: what lies in each warehouse at the item's average cost price, else at its standard one."""
    known = {row["ID"]: row for row in expected.own(f"{REST}.Logistics.Items") if row["IsStockItem"]}
    for row in expected.own(f"{REST}.Inventory.ItemWarehouses"):
        item = known[row["Item"]]
        price = item["CostPriceStandard"] if item["AverageCost"] is None else item["AverageCost"]
        yield {
            "Administratie": row["Division"], "ArtikelKey": key(row["Division"], row["Item"]),
            "Magazijn": text(row["WarehouseCode"], row["WarehouseDescription"]), "Aantal": row["CurrentStock"],
            "Kostprijs": price, "Bedrag": round(row["CurrentStock"] * price, 2),
        }  # fmt: skip


TABLES = {
    "Projectposten": posts, "Projectregels": lines, "Project": projects, "Medewerker": employees, "Artikel": items,
    "Voorraadpositie": stock,
}  # fmt: skip
