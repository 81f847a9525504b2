"""From rows to clients: every name, default and id filled in, every name in formulas and visuals looked up."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from generator.catalogue import MAIN
from generator.problems import Problem
from generator.resolve import designs, group
from generator.resolve.client import Access, Client, ClientReport, Division, ExtraTable, MappedRange, Mutual
from generator.resolve.lookup import CLIENT, OFFICE_SCOPE, Names, exact_name, hint_values, owner
from generator.resolve.platforms import mixed, platform_of
from generator.resolve.tables import ADMINISTRATION, extra_table
from generator.resolve.wishes import mapped_line, own_measures, page_name, place_visuals
from generator.spec.records import EVERYONE, OFFICE, ClientRow, Office, Record, ReportRow, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from generator.catalogue import Catalogue, Report
    from generator.spec.pictures import Picture
    from generator.spec.records import DivisionRow, MeasureRow, TableRow

Row = TypeVar("Row", bound=Any)
"""A record with a client column."""

DEFAULT_LANGUAGE = "nl"
DEFAULT_YEARS = 3
DEFAULT_YEAR_END_MONTH = 12
DEFAULT_CURRENCY = "EUR"
DEFAULT_THEME = "bundel"
PARAMETER = "P_INVANTIVE_URL"
"""The parameter that holds the client's URL, in every query."""

ACCOUNT_DIGITS = 30  # account codes are compared as text, padded to this length

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def resolve(
    spec: Spec, catalogue: Catalogue, logos: Mapping[str, Picture] | None = None
) -> tuple[tuple[Client, ...], tuple[Problem, ...]]:
    """Return all active clients, the consolidated one last, and every problem of a name in the workbooks.

    Where no division takes part in the consolidation, there is no consolidated one.

    ``logos`` are the pictures that cells name; one that could not be read is a problem already.
    """
    if spec.office is None:
        return (), ()
    chosen = _by_client(spec.reports)
    active = {row.code: row for row in spec.clients if row.active is not False}
    platforms = {code: platform_of(code, chosen, catalogue) for code in (*active, OFFICE)}
    resolvers = {
        name: _Resolver(spec, spec.office, catalogue.of(name), logos or {})
        for name in dict.fromkeys([catalogue.name, *platforms.values()])
    }
    clients = [resolvers[platforms[code]].client(row) for code, row in active.items()]
    nothing: Iterable[Problem] = ()
    if spec.office.consolidated_url:
        alike = [client for client in clients if client.platform == platforms[OFFICE]]
        consolidated = resolvers[platforms[OFFICE]].office_client(alike)
        clients += [consolidated] if consolidated.divisions else []
        nothing = () if consolidated.divisions else group.empty(spec)
    problems = [*nothing, *(problem for resolver in resolvers.values() for problem in resolver.problems)]
    return tuple(clients), tuple(dict.fromkeys([*problems, *designs.strangers(spec, catalogue)]))


def _by_client(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Group rows by client code, regardless of case; ``*`` keeps a group of its own."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.client.casefold()].append(row)
    return grouped


class _Resolver:
    """Resolve one client after the other against the same spec and templates; problems pile up in ``problems``."""

    def __init__(self, spec: Spec, office: Office, catalogue: Catalogue, logos: Mapping[str, Picture]) -> None:
        self.office = office
        self.logos = logos
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.office_language = self.language(office.language or DEFAULT_LANGUAGE, office)
        self.office_theme = self.theme(office.theme or DEFAULT_THEME, office)
        # A measure whose row was dropped for a bad value exists all the same: one slip, one problem.
        self.dropped = [row.texts for row in spec.dropped if row.sheet == "measures"]
        self.divisions = _by_client(spec.divisions)
        self.reports = _by_client(spec.reports)
        self.measures = _by_client(spec.measures)
        self.visuals = _by_client(spec.visuals)
        self.tables = _by_client(spec.tables)
        self.mappings = _by_client(spec.mappings)
        self.mutual = _by_client(spec.intercompany)
        self.texts = _by_client(spec.texts)
        self.access = _by_client(spec.access)
        if catalogue.name != MAIN:  # rows for all clients speak of the names of the main platform
            for grouped in (self.measures, self.visuals, self.tables, self.mappings, self.mutual, self.texts):
                grouped.pop(EVERYONE, None)

    def rows(self, grouped: dict[str, list[Row]], code: str) -> list[Row]:
        """Return the rows for all clients, then those of this one; ``*`` never means the office."""
        own = grouped.get(code.casefold(), [])
        return own if code == OFFICE else [*grouped.get(EVERYONE, []), *own]

    def client(self, row: ClientRow) -> Client:
        """Return the client of a row of *Klanten*."""
        divisions = tuple(self.division(division, row) for division in self.divisions.get(row.code.casefold(), []))
        return self.complete(
            Client(
                code=row.code,
                name=row.name,
                url=row.url,
                alias=row.alias or str(self.catalogue.platform["alias"]),
                language=self.language(row.language, row) if row.language else self.office_language,
                divisions=divisions,
                years=row.years or self.office.years or DEFAULT_YEARS,
                year_end_month=int(row.fiscal_year_end[:2]) if row.fiscal_year_end else DEFAULT_YEAR_END_MONTH,
                fast_tables=row.fast_tables is not False,
                theme=self.theme(row.theme, row) if row.theme else self.office_theme,
                logo=self.logos.get(row.logo or self.office.logo or ""),
                budget_scenario=row.budget_scenario or "",
                client_id=row.client_id or "",
                exact_user=row.exact_user or "",
                workspace=row.workspace or _CONTROL.sub("", f"{row.name} ({row.code})"),
                refresh=row.refresh,
                reports=(),
                mapping=tuple(self.mapped(row.code, divisions)),
                intercompany=tuple(self.intercompany(row.code, divisions)),
            ),
        )

    def office_client(self, clients: Sequence[Client]) -> Client:
        """Return the consolidated bundle: the divisions and account mappings of all clients together."""
        office = self.office
        consolidated = {
            division.code
            for client in clients
            for division in self.divisions.get(client.code.casefold(), [])
            if division.consolidated is not False
        }
        anyone = self.catalogue.platform["constants"].get("any_partner", -1)
        eliminated, problems = group.eliminations(
            clients, lambda code: self.rows(self.mutual, code), consolidated, anyone, ACCOUNT_DIGITS
        )
        divisions = [row for rows in self.divisions.values() for row in rows]
        self.problems += [*problems, *group.minorities(clients, divisions, consolidated)]
        return self.complete(
            Client(
                code=OFFICE,
                name=office.name,
                url=office.consolidated_url or "",
                alias=office.alias or str(self.catalogue.platform["alias"]),
                language=self.office_language,
                divisions=tuple(d for client in clients for d in client.divisions if d.code in consolidated),
                years=office.years or DEFAULT_YEARS,
                year_end_month=DEFAULT_YEAR_END_MONTH,
                fast_tables=True,
                theme=self.office_theme,
                logo=self.logos.get(office.logo or ""),
                budget_scenario="",
                client_id=office.client_id or "",
                exact_user=office.exact_user or "",
                workspace=office.workspace or _CONTROL.sub("", f"{office.name} kantoor"),
                refresh=(),
                reports=(),
                mapping=tuple(r for client in clients for r in client.mapping if r.division in consolidated),
                eliminations=eliminated,
            ),
        )

    def complete(self, client: Client) -> Client:
        """Return the client with its reports and all that it wants otherwise than the templates."""
        code = client.code
        scope = OFFICE_SCOPE if client.is_office else CLIENT
        measures = _last_wins(self.rows(self.measures, code))
        tables = self.extra_tables(self.rows(self.tables, code), client)
        chosen = self.chosen(client, scope)
        offers = designs.offers(chosen, self.catalogue, scope)
        templates = designs.together(offers, self.catalogue, scope)
        mine = {EVERYONE, code.casefold()}
        dropped = [texts.get("name", "") for texts in self.dropped if texts.get("client", "").casefold() in mine]
        blank = dict.fromkeys(dropped, "BLANK ()")
        offered = Names({**templates.formulas, **blank}, templates.columns) if blank else templates
        columns = {**offered.columns, **{table.name: frozenset(_model_columns(table)) for table in tables}}
        own, problems = own_measures(measures, Names(offered.formulas, columns), self.catalogue, code)
        self.problems += problems
        added = {table.name: columns[table.name] for table in tables}
        wholes = designs.completed(offers, own, dropped, added)
        self.problems += designs.left_out(wholes, measures, self.catalogue, code)
        for report in (row.report for row in chosen if self.catalogue.reports[row.report].closed):
            for row in [*measures, *self.rows(self.tables, code)]:
                self.problem("B171", row, "client", client, {"report": report})
        client = replace(
            client,
            platform=self.catalogue.name,
            texts=self.findings(client, chosen),
            measures=tuple(own),
            tables=tuple(tables),
            access=tuple(self.people(code)),
        )
        return replace(client, reports=tuple(self.report(row, client, wholes[row.report]) for row in chosen))

    def people(self, code: str) -> Iterator[Access]:
        """Yield who has access: a client's own rows for a person replace those for all, and a limit beats no limit."""
        own = [row for row in self.access.get(code.casefold(), []) if code != EVERYONE]
        known = {row.email.casefold() for row in own}
        shared = [row for row in self.access.get(EVERYONE, []) if row.email.casefold() not in known]
        limited = {row.email.casefold() for row in own if row.divisions}
        for row in own if code == OFFICE else [*shared, *own]:
            if row.divisions or row.email.casefold() not in limited:
                yield Access(row.email, row.role, row.divisions)

    def chosen(self, client: Client, scope: str) -> list[ReportRow]:
        """Return one row per report of the client: its own row before that for all; without rows the defaults."""
        templates = self.catalogue.reports
        found: dict[str, ReportRow] = {}
        for row in self.rows(self.reports, client.code):
            name = exact_name(row.report, templates)
            elsewhere = None if name else self.catalogue.elsewhere(row.report)
            if elsewhere:
                self.problems += mixed(row, elsewhere, self.catalogue, client.code)
            elif name is None:
                self.problem("B094", row, "report", client, hint_values(row.report, templates))
            elif templates[name].scope != scope:
                self.problem("B097", row, "report", client, {"report": name})
            else:
                found[name] = replace(row, report=name)
        for name, template in templates.items():
            if template.scope == scope and template.default and (client.is_office or not found):
                found.setdefault(name, _default_row(name, client, self.office))
        return [found[name] for name in templates if name in found]

    def report(self, row: ReportRow, client: Client, whole: designs.Whole) -> ClientReport:
        """Return a report with its chosen pages, drill-through pages included, and the workbook's visuals."""
        template = self.catalogue.reports[row.report]
        known = {page.name: page for page in designs.pages_of(template, self.catalogue)}
        pages = list(known.values())
        if row.pages:
            wanted = [self.page(text, template, row, client) for text in row.pages]
            chosen = [known[name] for name in dict.fromkeys(wanted) if name]
            pages = [*chosen, *(page for page in pages if page.is_hidden and page not in chosen)]
        visuals = []
        for visual in self.rows(self.visuals, client.code):
            if exact_name(visual.report, [row.report]) is None:
                self.unchosen(visual, client)
            elif template.closed:
                self.problem("B171", visual, "report", client, {"report": row.report})
            elif page_name(visual.page, set(template.pages) - {page.name for page in pages}, self.catalogue):
                if visual.client != EVERYONE:  # a row for all is for those who chose the page
                    self.problem("B099", visual, "page", client, {"page": visual.page, "report": row.report})
            else:
                visuals.append(visual)
        shown = list(designs.shown(client, template, pages, self.catalogue))
        known_pages = all(page_name(text, template.pages, self.catalogue) for text in row.pages)
        if known_pages and all(page.is_hidden for page in shown):
            self.problem("B063", row, "pages", client, {"report": row.report, "near": template.pages[0]})
        placed, problems = place_visuals(shown, visuals, whole.names, self.catalogue, client.code)
        self.problems += [*problems, *designs.problems(template, client, row, visuals)]
        there = {page.name for page in shown}
        new = any(page.name not in there for page in placed)
        head = designs.head_of(client, template, self.catalogue) if new else ()
        made = (page if page.name in there else replace(page, visuals=(*head, *page.visuals)) for page in placed)
        title = row.title or designs.title_of(template, client, self.catalogue)
        return ClientReport(row.report, title, template.fact, tuple(made), whole.without)

    def page(self, text: str, template: Report, row: ReportRow, client: Client) -> str | None:
        """Return the fixed name of a page of a report, or None with its problem noted."""
        name = page_name(text, template.pages, self.catalogue)
        if name is None:
            self.problem("B095", row, "pages", client, {**hint_values(text, template.pages), "report": row.report})
        return name

    def unchosen(self, row: Any, client: Client) -> None:  # noqa: ANN401  a row with a report
        """Note the problem of a row that names a report its client does not have; a row for all may do so."""
        if row.client == EVERYONE and exact_name(row.report, self.catalogue.reports):
            return
        chosen = exact_name(row.report, self.catalogue.reports)
        if chosen is None:
            self.problem("B094", row, "report", client, hint_values(row.report, self.catalogue.reports))
        elif chosen not in {report.report for report in self.chosen(client, self.scope(client))}:
            self.problem("B098", row, "report", client, {"report": chosen})

    @staticmethod
    def scope(client: Client) -> str:
        """Return the scope of a client's reports."""
        return OFFICE_SCOPE if client.is_office else CLIENT

    def findings(self, client: Client, chosen: Sequence[ReportRow]) -> dict[tuple[str, str], str]:
        """Return the accountant's texts by report and page."""
        found = {}
        reports = {row.report for row in chosen}
        for row in self.rows(self.texts, client.code):
            report = exact_name(row.report, reports)
            if report is None:
                self.unchosen(row, client)
                continue
            pages = self.catalogue.reports[report].pages
            page = page_name(row.page, pages, self.catalogue)
            if page is None:
                self.problem("B095", row, "page", client, {**hint_values(row.page, pages), "report": report})
            else:
                found[report, page] = row.text
        return found

    def extra_tables(self, rows: Sequence[TableRow], client: Client) -> list[ExtraTable]:
        """Return the extra tables of a client."""
        taken = [*self.catalogue.tables, *self.catalogue.sources, PARAMETER]  # names of queries, each there once
        tables = []
        for row in rows:
            table, problems = extra_table(row, self.catalogue, taken, owner(row, client.code))
            self.problems += problems
            if table:
                tables.append(table)
                taken += (table.name, f"Bron{table.name}")
        return tables

    def division(self, row: DivisionRow, client: ClientRow) -> Division:
        """Return a division; without a name of its own it has the client's, or its number where there are several."""
        alone = len(self.divisions[client.code.casefold()]) == 1
        return Division(
            row.code,
            row.name or (client.name if alone else str(row.code)),
            row.currency or DEFAULT_CURRENCY,
            row.ownership if row.ownership is not None else Decimal(1),
            client.code,
            client.name,
            client.group or "",
            client.manager or "",
        )

    def mapped(self, code: str, divisions: Sequence[Division]) -> Iterator[MappedRange]:
        """Yield the client's account mapping for each of its divisions; own rows go before those for all."""
        for row in [*self.mappings.get(code.casefold(), []), *self.mappings.get(EVERYONE, [])]:
            line = mapped_line(row.line, self.catalogue)
            if line is None:
                known = [name for name, line in self.catalogue.lines.items() if not (line.adds or line.result)]
                self.problems.append(Problem("B096", row.where("line"), hint_values(row.line, known), owner(row, code)))
                continue
            start, end = (part.strip().zfill(ACCOUNT_DIGITS) for part in (row.start, row.end or row.start))
            for division in divisions:
                yield MappedRange(division.code, start, end, line.name)

    def intercompany(self, code: str, divisions: Sequence[Division]) -> Iterator[Mutual]:
        """Yield which entries of a client are with another of its divisions; it takes two to be intercompany."""
        for row in self.rows(self.mutual, code):
            if len(divisions) > 1:
                account = row.account.strip().upper().zfill(ACCOUNT_DIGITS) if row.account else None
                yield Mutual(row.relation.strip().upper() if row.relation else None, account, row.partner)
            elif row.client != EVERYONE:
                self.problems.append(Problem("B140", row.cell, {"client": code}, code))

    def language(self, code: str, row: Record) -> str:
        """Return a language that has a file, or Dutch with the problem noted."""
        if code in self.catalogue.languages:
            return code
        values = hint_values(code, self.catalogue.languages)
        self.problems.append(Problem("B047", row.where("language"), values, owner(row)))
        return DEFAULT_LANGUAGE

    def theme(self, name: str, row: Record) -> str:
        """Return a theme that has a file, or the default with the problem noted."""
        exact = exact_name(name, self.catalogue.themes)
        if exact is None:
            values = hint_values(name, self.catalogue.themes)
            self.problems.append(Problem("B057", row.where("theme"), values, owner(row)))
        return exact or DEFAULT_THEME

    def problem(self, code: str, row: Record, key: str, client: Client, values: dict[str, str]) -> None:
        """Note a problem at a cell."""
        self.problems.append(Problem(code, row.where(key), values, owner(row, client.code)))


def _default_row(report: str, client: Client, office: Office) -> ReportRow:
    """Return the row that stands for a report nobody had to choose."""
    return ReportRow(at={"client": office.cell}, client=client.code, report=report)


def _last_wins(rows: Sequence[MeasureRow]) -> list[MeasureRow]:
    """Return one row per measure: a client's own row replaces that for all."""
    return list({row.name.casefold(): row for row in rows}.values())


def _model_columns(table: ExtraTable) -> list[str]:
    """Return the columns an extra table has in the model."""
    return [*table.columns, *([ADMINISTRATION] if table.division else [])]
