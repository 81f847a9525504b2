"""The SQL twins of ../../figures: what each measure must be in a selection, asked from the ledger's own tables."""

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cache

from judges.places import ROOT, merged

FIGURES = ROOT / "tests" / "figures"
MAX_AGE = {-100_000: 0, 1: 30, 31: 60, 61: 90, 91: 100_000}


PART = re.compile(r"\{(\w+)((?::\w+)*)\}")


@cache
def expanded(sql, days=("year_start", "d1")):
    """SQL with the subqueries it asks: {stand:last} is stand.sql on :last, {trial:a:b} is trial.sql from :a to :b."""

    def one(found):
        own = tuple(found[2].split(":")[1:]) or days
        text = expanded((FIGURES / f"{found[1]}.sql").read_text(encoding="utf-8"), own)
        return text.replace(":day", f":{own[0]}").replace(":from", f":{own[0]}").replace(":to", f":{own[-1]}")

    return PART.sub(one, sql)


@cache
def toml(name):
    return merged(FIGURES / name)


@cache
def script(name):
    """The statements of a file, and of those in the folder of its name: a report may have tables of its own."""
    files = (FIGURES / f"{name}.sql", *sorted((FIGURES / name).glob("*.sql")))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@dataclass(frozen=True)
class Model:
    """What a client's report is made of: its divisions {code: (currency, client)} and its loaded years."""

    divisions: dict
    years: int
    end_month: int
    today: dt.date
    office: bool = False
    mapped: tuple = ()
    scenario: str = ""
    mutual: tuple = ()
    shares: dict = field(default_factory=dict)

    @property
    def current(self):
        """The year in which the current fiscal year ends."""
        return self.today.year + (self.today.month > self.end_month)

    @property
    def first(self):
        """History counts from the fiscal year of the last whole month: in January last year is still there."""
        month = self.today.replace(day=1) - dt.timedelta(days=1)
        return month.year + (month.month > self.end_month) - self.years + 1

    def month(self, year, number):
        """First and last day of a month of a fiscal year."""
        place = (year - 1) * 12 + self.end_month + number - 1
        first = dt.date(place // 12, place % 12 + 1, 1)
        return first, dt.date((place + 1) // 12, (place + 1) % 12 + 1, 1) - dt.timedelta(days=1)

    def year(self, name):
        return {"first": self.first, "before": self.first - 1, "long before": self.first - 2}.get(name, name)

    def days(self, context):
        """First and last day of a selection."""
        if "year" not in context:
            return self.month(self.first - 1, 1)[0], self.month(self.current, 12)[1]
        year = self.year(context["year"])
        quarter = context.get("quarter", 0)
        months = context.get("months") or (range(3 * quarter - 2, 3 * quarter + 1) if quarter else range(1, 13))
        return self.month(year, months[0])[0], self.month(year, months[-1])[1]

    def shows(self, context):
        """Whether the selection exists in this length of history: the calendar begins a year before the first."""
        year = self.year(context.get("year", self.first))
        return self.years in context.get("only", [self.years]) and self.first - 1 <= year <= self.current

    def filters(self, context):
        """The selection as the DAX engine takes it."""
        found = {}
        if "period" in context:
            found["Datum.Periode"] = [context["period"]]
        elif "year" in context:
            found["Datum.Boekjaar"] = [self.year(context["year"])]
            if "months" in context:
                found["Datum.Boekmaandnr"] = context["months"]
            if "quarter" in context:
                found["Datum.Boekkwartaal"] = [f"K{context['quarter']}"]
        for key, column in FILTERS.items():
            if key in context:
                found[column] = context[key] if isinstance(context[key], list) else [context[key]]
        return found


FILTERS = {
    "divisions": "Administratie.Administratie", "line": "Rapportregel.Omschrijving", "axis": "Boekmaand.Boekmaandnr",
    "age": "Ouderdomsklasse.Van", "basis": "Vergelijkingsbasis.Nummer", "check": "Controle.Nummer",
    "signal": "Signaal.Nummer", "mutual": "Onderling.Nummer", "cash": "Kasstroomregel.Nummer",
    "group_line": "Consolidatieregel.Nummer", "column": "Consolidatiekolom.Kolomnr",
    "pair": "Tegenpartij.Administratie", "work": "Ouderdom werk.Volgorde", "project_check": "Projectcontrole.Nummer",
    "week": "Week.Weeknr", "customer": "Openstaande posten.Relatie", "supplier": "Te betalen posten.Relatie",
    "ratio": "Kengetal.Nummer", "beside": "Benchmarkklant.Klantnr",
    "party": "Relatie.Naam", "item": "Verkoopartikel.Code en naam",
}  # fmt: skip


GIVEN = (  # parameters that are the choice itself
    "basis", "check", "signal", "cash", "group_line", "column", "pair", "work", "project_check", "week",
    "customer", "supplier", "party", "item", "ratio", "beside",
)  # fmt: skip


class Twins:
    """The figures of one model, by selection."""

    def __init__(self, connection, model):
        self.connection, self.model = connection, model
        for table in ("mapped", "mutual", "scenario", "owned", "chosen", "picked", "axis", "ages"):
            connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
        connection.execute("CREATE TEMP TABLE mapped (division, first, last, line)")
        connection.executemany("INSERT INTO mapped VALUES (?, ?, ?, ?)", model.mapped)
        connection.execute("CREATE TEMP TABLE mutual (relation, account, partner, division)")
        connection.executemany("INSERT INTO mutual VALUES (?, ?, ?, ?)", [(*row, None)[:4] for row in model.mutual])
        connection.execute("CREATE TEMP TABLE owned (division, currency, client, share)")
        owned = [(code, *of, model.shares.get(code, 1)) for code, of in model.divisions.items()]
        connection.executemany("INSERT INTO owned VALUES (?, ?, ?, ?)", owned)
        connection.execute("CREATE TEMP TABLE scenario AS SELECT ? AS code", [model.scenario])
        connection.execute("CREATE TEMP TABLE chosen (division, currency, client)")
        connection.execute("CREATE TEMP TABLE picked (base)")
        connection.execute("CREATE TEMP TABLE axis (number)")
        connection.execute("CREATE TEMP TABLE ages (low, high)")
        connection.executescript(script("ledger"))
        if model.office:
            connection.executescript((FIGURES / "group.sql").read_text(encoding="utf-8"))

    def select(self, context, names):
        """The values of a selection: {measure: figure}, None for blank; KeyError where a measure has no twin."""
        self._fill(context)
        value = Selection(self.connection, self._parameters(context)).value
        return {name: value(name) for name in names}

    def _fill(self, context):
        model, put = self.model, self.connection.executemany
        for table in ("chosen", "picked", "axis", "ages"):
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- a name of our own
        chosen = context.get("divisions") or list(model.divisions)
        put("INSERT INTO chosen VALUES (?, ?, ?)", [(code, *model.divisions[code]) for code in chosen])
        rule = context.get("line")
        put("INSERT INTO picked SELECT DISTINCT base FROM sums_up WHERE line = ? OR ? IS NULL", [(rule, rule)])
        put("INSERT INTO axis VALUES (?)", [(number,) for number in context.get("axis", range(1, 13))])
        low = context.get("age")
        put("INSERT INTO ages VALUES (?, ?)", [(low, MAX_AGE[low])] if low else MAX_AGE.items())

    def _parameters(self, context):
        model = self.model
        first_day = model.month(model.first, 1)[0]
        d0, d1 = model.days(context)
        values = {
            "d0": d0, "d1": d1, "first_day": first_day, "opening": first_day - dt.timedelta(days=1),
            "today": model.today,
        }  # fmt: skip
        values = {key: day.isoformat() for key, day in values.items()}
        values |= {key: context.get(key) for key in GIVEN}
        values |= {"rule": context.get("line"), "eliminated": context.get("mutual") == 2}
        values |= {"end_month": model.end_month, "office": model.office, "refreshed": f"{model.today:%d-%m-%Y} 09:00"}
        if not model.scenario:
            values["basis"] = None
        self._run(script("context"), values)
        for key, sql in toml("spans.toml")["day"].items():
            values[key] = self._one(sql, values)
        if model.office:
            for name in ("consolidation.sql", "benchmark.sql"):
                self._run((FIGURES / name).read_text(encoding="utf-8"), values)
        return values

    def _run(self, statements, values):
        for statement in statements.split(";\n"):
            self.connection.execute(statement, values)

    def _one(self, sql, values):
        return self.connection.execute(sql, values).fetchone()[0]


class Selection:
    """Looks up the twin of a measure, and asks it."""

    def __init__(self, connection, parameters):
        self.connection, self.parameters = connection, parameters
        self.twins, self.variants, self.spans = toml("twins.toml"), toml("variants.toml"), toml("spans.toml")["span"]
        self.known = {}

    def value(self, name):
        """The figure, None for blank; KeyError where a measure has no twin."""
        if name not in self.known:
            self.known[name] = self._value(name)
        return self.known[name]

    def _value(self, name):
        for section in (*(["office"] if self.parameters["office"] else []), "other", "words"):
            if name in self.twins[section]:
                return self.ask(self.twins[section][name])
        if name in self.twins["zero"]:
            return 0
        for composed in self.twins["composed"]:
            if name in composed["of"]:
                values = dict(zip("abcd", map(self.value, composed["of"][name]), strict=False))
                return self.ask(composed["sql"], **values)
        base, kind, suffix = split(name)
        return self.measured(base, kind, suffix)

    def ask(self, sql, **values):
        answer = self.connection.execute(expanded(sql), self.parameters | values).fetchone()
        return answer[0] if answer else None

    def measured(self, base, kind, suffix):
        """A measure over a span, or a variant of two spans."""
        if not suffix:
            return self.over(base, kind, self.variants["base"][kind])
        for row in self.variants["span"]:
            if kind in row["of"] and suffix in row["suffixes"]:
                return self.over(base, kind, row["suffixes"][suffix])
        row = next(row for row in self.variants["sql"] if kind in row["of"] and row["suffix"] == suffix)
        better = -1 if base in self.variants["higher_is_worse"] else 1
        now, then = self.over(base, kind, row["now"]), self.over(base, kind, row["then"])
        return self.ask(row["sql"], now=now, then=then, better=better)

    def over(self, base, kind, span):
        choice = self.variants["choice"].get(span)
        if choice:
            span = choice[1 if self.parameters["basis"] == 2 else 0]
        days = self.spans[span]
        key = (base, span)
        if key not in self.known:
            self.known[key] = self.ask(
                self.twins[kind][base],
                first=self.parameters[days["first"]],
                last=self.parameters[days["last"]],
                source=days.get("source", "ledger"),
            )
        return self.known[key]


@cache
def split(name):
    """(base, kind, suffix) of a measure with variants; KeyError where there is none."""
    twins, variants = toml("twins.toml"), toml("variants.toml")
    found = []
    for kind in variants["base"]:
        suffixes = {"", *(suffix for row in variants["span"] if kind in row["of"] for suffix in row["suffixes"])}
        suffixes |= {row["suffix"] for row in variants["sql"] if kind in row["of"]}
        for base in twins[kind]:
            found += [(base, kind, suffix) for suffix in suffixes if f"{base} {suffix}".rstrip() == name]
    if not found:
        raise KeyError(f"no twin for the measure {name}: describe it in tests/figures/twins.toml")
    return found[0]


def has_twin(name):
    """Whether a measure is described in twins.toml."""
    twins = toml("twins.toml")
    described = {
        *twins["other"],
        *twins["words"],
        *twins["zero"],
        *(one for row in twins["composed"] for one in row["of"]),
    }
    if name in described:
        return True
    try:
        return bool(split(name))
    except KeyError:
        return False


def is_zero(name):
    """Whether the measure is a check that must be zero, or blank where there is nothing to check."""
    return name in toml("twins.toml")["zero"] or name == "Aansluiting debiteuren"
