"""Every report of an office, its queries executed against the running sandbox, with what must come out."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from judges import power_query, sandbox, twins
from judges.bundle import model_of
from judges.execute import execute
from judges.ledger_run import calendar_of
from judges.sandbox_rows import Expected


@dataclass
class Run:
    """One report: its answers by query, what was asked for each, and the facts it follows from."""

    office: object
    report: object
    answers: dict
    base: str

    @property
    def client(self):
        return self.report.client

    @property
    def url(self):
        return self.office.url(self.client)

    @cached_property
    def model(self):
        return model_of(self.report.pbit)

    @cached_property
    def facts(self):
        return facts_of(self.office, self.client)

    @cached_property
    def expected(self):
        row = client_row(self.office, self.client)
        language = row.get("Taal") or self.office.sheets["Kantoor"][0].get("Taal") or "nl"
        wished = [one for one in self.office.sheets.get("Tabellen", []) if one["Klant"] in (self.client, "*")]
        tables = sandbox.ledger(self.office.specs, self.client).tables
        mutual = [one for one in self.office.sheets.get("Onderling", []) if one["Klant"] in (self.client, "*")]
        if self.client == "_office":
            wished, mutual = [], []
        return Expected(self.facts, tables, language, tuple(wished), tuple(mutual))

    def asked(self, member):
        """[(path, {option: text})] of what a query asked, each address of which must be the client's own."""
        found = []
        for url in self.answers[member]["asked"]:
            own = next(
                (start for start in (self.url, self.base) if re.match(re.escape(start) + r"(?:[/?]|$)", url)), None
            )
            if own is None:
                raise AssertionError(f"{self.report} {member} asked {url}")
            parts = urlsplit(url[len(own) :])
            options = [pair.partition("=") for pair in parts.query.split("&") if pair]
            found.append((unquote(parts.path).strip("/"), {unquote(name): unquote(text) for name, _, text in options}))
        return found


def client_row(office, client):
    return next((row for row in office.sheets["Klanten"] if str(row["Code"]) == client), {})


def facts_of(office, client):
    """A report's facts as the workbook gives them."""
    codes = set(office.divisions(client))
    rows = [row for row in office.sheets["Administraties"] if row["Code"] in codes]
    divisions = {row["Code"]: (row.get("Valuta") or "EUR", str(row["Klant"])) for row in rows}
    mapped = tuple(
        (code, int(row["Van"]), int(row.get("Tot") or row["Van"]), row["Regel"])
        for row in office.sheets.get("Rekeningindeling", [])
        for code, (_, owner) in divisions.items()
        if row["Klant"] in (owner, "*")
    )
    usual = calendar_of(office, client)
    scenario = client_row(office, client).get("Budgetscenario") or ""
    shares = {row["Code"]: share(row.get("Belang")) for row in rows}
    mutual = tuple(
        (*(str(row[name]) if row.get(name) else None for name in ("Relatie", "Rekening")), row["Met"], code)
        for row in office.sheets.get("Onderling", [])
        for code, (_, owner) in divisions.items()
        if client == "_office" and row["Klant"] in (owner, "*") and row["Met"] != code
    )
    return twins.Model(
        divisions,
        usual.years,
        usual.year_end,
        sandbox.TODAY,
        client == "_office",
        mapped,
        str(scenario),
        mutual,
        shares,
    )


def share(cell):
    """The share that a cell of Belang tells: up to 1 a part, above it a percentage."""
    value = 1 if cell is None else float(cell)
    return value / 100 if value > 1 else value


def run(office, report, running, members=None, headers=None):
    """Executes the queries of a report against its client's database, each of them unless some are named."""
    base = running.urls[report.client]
    one = {
        "label": "run",
        "file": report.section,
        "members": members or power_query.members(report.section.read_text(encoding="utf-8")),
        "map": [[office.url(report.client), base]],
        "headers": sandbox.HEADERS if headers is None else headers,
        "together": True,
    }
    return Run(office, report, execute([one])["run"], base)
