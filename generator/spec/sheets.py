"""Every sheet and column of the workbook, described once.

The reader, the empty workbook with its drop-downs and notes, the marked copy and the reference in the docs all
follow from ``SHEETS``. A column's key is the field of its record in ``records``, a sheet's key the field of ``Spec``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from generator.spec import records

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from generator.spec.kinds import Kind


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``refers`` is the ``sheet.column`` whose values it takes."""

    key: str
    nl: str
    en: str
    kind: Kind
    help_nl: str
    help_en: str
    width: int = 16
    required: bool = False
    refers: str = ""

    def name(self, language: str) -> str:
        """Return the header in a language."""
        return self.nl if language == "nl" else self.en

    def help(self, language: str) -> str:
        """Return the help on the header in a language."""
        return self.help_nl if language == "nl" else self.help_en


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; each row becomes one ``record``."""

    key: str
    nl: str
    en: str
    record: type[records.Record]
    help_nl: str
    help_en: str
    columns: tuple[Column, ...]

    def name(self, language: str) -> str:
        """Return the name of the sheet in a language."""
        return self.nl if language == "nl" else self.en

    def help(self, language: str) -> str:
        """Return in a sentence what the sheet is for."""
        return self.help_nl if language == "nl" else self.help_en


_IGNORED = re.compile(r"[\W_]+")


@cache
def fold(name: str) -> str:
    """Return a name of a sheet or column without case, accents, blanks and punctuation, for comparing."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return _IGNORED.sub("", plain).casefold()


def find_sheet(name: str) -> Sheet | None:
    """Return the sheet with this Dutch or English name."""
    return _sheets().get(fold(name))


def find_column(sheet: Sheet, name: str) -> Column | None:
    """Return the column of a sheet with this Dutch or English name."""
    return _columns(sheet.key).get(fold(name))


def columns_of(sheet: Sheet) -> Mapping[str, Column]:
    """Return key → column."""
    return _keys(sheet.key)


def required_of(sheet: Sheet) -> Collection[str]:
    """Return the keys of the columns that must be filled."""
    return _required(sheet.key)


@cache
def _required(key: str) -> tuple[str, ...]:
    return tuple(column.key for column in BY_KEY[key].columns if column.required)


@cache
def _keys(key: str) -> dict[str, Column]:
    return {column.key: column for column in BY_KEY[key].columns}


@cache
def _sheets() -> dict[str, Sheet]:
    return {fold(name): sheet for sheet in SHEETS for name in (sheet.nl, sheet.en)}


@cache
def _columns(key: str) -> dict[str, Column]:
    return {fold(name): column for column in BY_KEY[key].columns for name in (column.nl, column.en)}


C = Column
_CLIENT = C("client", "Klant", "Client", "client",
            "De code van de klant; * voor alle klanten, _office voor de geconsolideerde bundel.",
            "The client's code; * for all clients, _office for the consolidated bundle.",
            14, required=True, refers="clients.code")  # fmt: skip
_REPORT = C("report", "Rapport", "Report", "line",
            "De naam van een rapport uit de sjablonen, bijvoorbeeld financieel.",
            "The name of a report of the templates, for example financieel.",
            14, required=True)  # fmt: skip
_PAGE = C("page", "Pagina", "Page", "line",
          "De naam van een pagina van het rapport, bijvoorbeeld Samenvatting.",
          "The name of a page of the report, for example Samenvatting.",
          18, required=True)  # fmt: skip

# One row per column, like the sheets themselves: a formatter would make ten lines of each.
# fmt: off
_OFFICE = (
    C("name", "Naam", "Name", "line",
      "De naam van het kantoor.",
      "The name of the office.", 32, required=True),
    C("language", "Taal", "Language", "language",
      "De taal van meldingen en bundels: nl of en. Leeg: nl, en voor meldingen de taal van de computer.",
      "The language of messages and bundles: nl or en. Empty: nl, and the computer's for messages.", 8),
    C("consolidated_url", "Geconsolideerde URL", "Consolidated URL", "url",
      "Het adres van de database met alle administraties. Leeg: er komt geen geconsolideerde bundel.",
      "The address of the database with all divisions. Empty: there is no consolidated bundle.", 52),
    C("client_id", "Client-ID", "Client ID", "line",
      "Het client-ID van de Exact Online-app van de geconsolideerde database. Nooit het client secret.",
      "The client ID of the Exact Online app of the consolidated database. Never the client secret.", 38),
    C("exact_user", "Exact-gebruiker", "Exact user", "line",
      "De Exact Online-gebruiker waarmee de geconsolideerde database is gekoppeld.",
      "The Exact Online user that the consolidated database is linked with.", 26),
    C("alias", "Alias", "Alias", "alias",
      "De alias van de datacontainer. Leeg: eol.",
      "The alias of the data container. Empty: eol.", 8),
    C("theme", "Thema", "Theme", "line",
      "De naam van een thema uit de sjablonen. Leeg: het standaardthema.",
      "The name of a theme of the templates. Empty: the standard theme.", 12),
    C("logo", "Logo", "Logo", "line",
      "Het bestand met het logo, vanaf de map van de werkmap.",
      "The file with the logo, seen from the folder of the workbook.", 16),
    C("workspace", "Werkruimte", "Workspace", "line",
      "De werkruimte in Power BI voor de geconsolideerde bundel. Leeg: de naam van het kantoor en het woord kantoor.",
      "The Power BI workspace of the consolidated bundle. Empty: the name of the office and the word kantoor.", 24),
    C("years", "Jaren historie", "Years of history", "years",
      "Het aantal boekjaren in de rapporten, 1 tot en met 10. Leeg: 3.",
      "The number of fiscal years in the reports, 1 to 10. Empty: 3.", 14),
)
_CLIENTS = (
    C("code", "Code", "Code", "code",
      "Een korte, vaste code: letters, cijfers, - en _. Zij wordt de naam van de map en de bestanden.",
      "A short, lasting code: letters, digits, - and _. It becomes the name of the folder and the files.",
      14, required=True),
    C("name", "Naam", "Name", "line",
      "De naam van de klant, zoals die op de rapporten staat.",
      "The client's name as it stands on the reports.", 30, required=True),
    C("url", "URL", "URL", "url",
      "Het adres van de eigen database van deze klant in Invantive Cloud.",
      "The address of this client's own database in Invantive Cloud.", 52, required=True),
    C("active", "Actief", "Active", "bool",
      "nee: de klant krijgt geen bundel meer. Leeg: ja.",
      "no: the client gets no bundle any more. Empty: yes.", 9),
    C("group", "Groep", "Group", "line",
      "Een groep naar keuze, om op te filteren in het kantoorrapport.",
      "A group of your choice, to filter on in the office report.", 14),
    C("manager", "Beheerder", "Manager", "line",
      "Wie op kantoor de klant beheert.",
      "Who at the office looks after the client.", 16),
    C("client_id", "Client-ID", "Client ID", "line",
      "Het client-ID van de Exact Online-app van deze klant. Nooit het client secret.",
      "The client ID of this client's Exact Online app. Never the client secret.", 38),
    C("exact_user", "Exact-gebruiker", "Exact user", "line",
      "De Exact Online-gebruiker waarmee de database is gekoppeld.",
      "The Exact Online user that the database is linked with.", 26),
    C("alias", "Alias", "Alias", "alias",
      "De alias van de datacontainer. Leeg: eol.",
      "The alias of the data container. Empty: eol.", 8),
    C("language", "Taal", "Language", "language",
      "De taal van de rapporten: nl of en. Leeg: de taal van het kantoor.",
      "The language of the reports: nl or en. Empty: the language of the office.", 8),
    C("fiscal_year_end", "Einde boekjaar", "Fiscal year end", "year_end",
      "De laatste dag van het boekjaar als MM-DD. Leeg: 12-31.",
      "The last day of the fiscal year as MM-DD. Empty: 12-31.", 14),
    C("years", "Jaren historie", "Years of history", "years",
      "Het aantal boekjaren in de rapporten, 1 tot en met 10. Leeg: dat van het kantoor.",
      "The number of fiscal years in the reports, 1 to 10. Empty: that of the office.", 14),
    C("budget_scenario", "Budgetscenario", "Budget scenario", "line",
      "De code van het budgetscenario in Exact Online. Leeg: geen budget in de rapporten.",
      "The code of the budget scenario in Exact Online. Empty: no budget in the reports.", 16),
    C("theme", "Thema", "Theme", "line",
      "De naam van een thema uit de sjablonen. Leeg: dat van het kantoor.",
      "The name of a theme of the templates. Empty: that of the office.", 12),
    C("logo", "Logo", "Logo", "line",
      "Het bestand met het logo, vanaf de map van de werkmap. Leeg: dat van het kantoor.",
      "The file with the logo, seen from the folder of the workbook. Empty: that of the office.", 16),
    C("workspace", "Werkruimte", "Workspace", "line",
      "De werkruimte van deze klant in Power BI. Leeg: de naam met de code tussen haakjes.",
      "This client's Power BI workspace. Empty: the name with the code in brackets.", 24),
    C("refresh", "Verversen", "Refresh", "times",
      "Tijden waarop Power BI ververst, op het hele of halve uur. Leeg: geen schema.",
      "Times at which Power BI refreshes, on the hour or half hour. Empty: no schedule.", 16),
    C("fast_tables", "Snelle tabellen", "Fast tables", "bool",
      "nee: de Bulk-tabellen in plaats van de snelle. Leeg: ja.",
      "no: the Bulk tables in place of the fast ones. Empty: yes.", 14),
)
_DIVISIONS = (
    C("client", "Klant", "Client", "client",
      "De code van de klant van wie de administratie is.",
      "The code of the client that owns the division.", 14, required=True, refers="clients.code"),
    C("code", "Code", "Code", "division",
      "Het nummer van de administratie in Exact Online, tussen haakjes in de SQL Editor.",
      "The number of the division in Exact Online, between brackets in the SQL Editor.", 14, required=True),
    C("name", "Naam", "Name", "line",
      "De naam van de administratie.",
      "The name of the division.", 32),
    C("consolidated", "Geconsolideerd", "Consolidated", "bool",
      "nee: de administratie staat niet in de geconsolideerde database. Leeg: ja.",
      "no: the division is not in the consolidated database. Empty: yes.", 16),
    C("ownership", "Belang", "Ownership", "ownership",
      "Het belang in de administratie: 50 % of 0,5. Leeg: 100 %.",
      "The interest in the division: 50 % or 0.5. Empty: 100 %.", 12),
    C("currency", "Valuta", "Currency", "currency",
      "De valuta van de administratie. Leeg: EUR.",
      "The currency of the division. Empty: EUR.", 10),
)
_REPORTS = (
    _CLIENT,
    _REPORT,
    C("title", "Titel", "Title", "line",
      "De titel boven het rapport. Leeg: die van het sjabloon.",
      "The title above the report. Empty: that of the template.", 30),
    C("pages", "Pagina's", "Pages", "list",
      "De pagina's van het rapport, gescheiden door komma's. Leeg: alle.",
      "The pages of the report, separated by commas. Empty: all.", 40),
)
_MEASURES = (
    _CLIENT,
    C("name", "Naam", "Name", "line",
      "De naam van de meetwaarde. Een naam uit het sjabloon vervangt die meetwaarde voor deze klant.",
      "The name of the measure. A name of the template replaces that measure for this client.",
      26, required=True),
    C("dax", "DAX", "DAX", "dax",
      "De formule in DAX, zonder = ervoor, met , tussen de argumenten en . als decimaalteken.",
      "The formula in DAX, without = before it, with , between arguments and . as decimal sign.",
      56, required=True),
    C("format", "Opmaak", "Format", "line",
      "De opmaak van het getal in Power BI, bijvoorbeeld #,0 of 0.0%.",
      "The format of the number in Power BI, for example #,0 or 0.0%.", 12),
    C("folder", "Map", "Folder", "line",
      "De map in de lijst met velden.",
      "The folder in the list of fields.", 16),
    C("description", "Omschrijving", "Description", "text",
      "Wat de meetwaarde betekent, in woorden.",
      "What the measure means, in words.", 44),
)
_VISUALS = (
    _CLIENT,
    _REPORT,
    C("page", "Pagina", "Page", "line",
      "De pagina; een nieuwe naam maakt een nieuwe pagina.",
      "The page; a new name makes a new page.", 18, required=True),
    C("kind", "Soort", "Kind", "line",
      "De soort in Power BI: cardVisual, lineChart, clusteredColumnChart, pivotTable, tableEx, ...",
      "The kind in Power BI: cardVisual, lineChart, clusteredColumnChart, pivotTable, tableEx, ...",
      22, required=True),
    C("title", "Titel", "Title", "line",
      "De titel boven het visual.",
      "The title above the visual.", 28),
    C("values", "Waarden", "Values", "list",
      "De meetwaarden, gescheiden door komma's.",
      "The measures, separated by commas.", 30),
    C("category", "Categorie", "Category", "line",
      "De kolom op de as of in de rijen, bijvoorbeeld Datum[Maand].",
      "The column on the axis or in the rows, for example Datum[Maand].", 20),
    C("series", "Reeks", "Series", "line",
      "De kolom die de reeksen splitst, bijvoorbeeld Administratie[Naam].",
      "The column that splits the series, for example Administratie[Naam].", 20),
    C("position", "Positie", "Position", "position",
      "x,y,breedte,hoogte op een pagina van 1280 bij 720. Leeg: automatisch geplaatst.",
      "x,y,width,height on a page of 1280 by 720. Empty: placed automatically.", 18),
)
_TABLES = (
    _CLIENT,
    C("entity", "Entiteit", "Entity", "entity",
      "De tabel in Invantive Cloud, bijvoorbeeld ExactOnlineREST.CRM.Accounts, zonder alias.",
      "The table in Invantive Cloud, for example ExactOnlineREST.CRM.Accounts, without alias.",
      38, required=True),
    C("name", "Naam", "Name", "line",
      "De naam in het rapport. Leeg: de naam van de entiteit.",
      "The name in the report. Empty: the name of the entity.", 18),
    C("columns", "Kolommen", "Columns", "list",
      "De kolommen, gescheiden door komma's. Leeg: alle.",
      "The columns, separated by commas. Empty: all.", 40),
    C("filter", "Filter", "Filter", "filter",
      "Een voorwaarde die de database uitvoert, bijvoorbeeld Status eq 'C'.",
      "A condition that the database applies, for example Status eq 'C'.", 24),
)
_MAPPINGS = (
    _CLIENT,
    C("start", "Van", "From", "account",
      "De eerste grootboekrekening.",
      "The first ledger account.", 10, required=True),
    C("end", "Tot", "To", "account",
      "De laatste grootboekrekening, deze meegerekend. Leeg: alleen de eerste.",
      "The last ledger account, itself included. Empty: only the first.", 10),
    C("line", "Regel", "Line", "line",
      "De rapportregel waar de rekeningen bij horen, bijvoorbeeld Personeelskosten.",
      "The report line that the accounts belong to, for example Personeelskosten.", 28, required=True),
)
_INTERCOMPANY = (
    _CLIENT,
    C("relation", "Relatie", "Relation", "line",
      "De code van de relatie die een eigen administratie is.",
      "The code of the relation that is a division of the same group.", 14),
    C("account", "Rekening", "Account", "account",
      "De code van de rekening-courant of doorbelasting.",
      "The code of the intercompany account.", 14),
    C("partner", "Met", "With", "division",
      "Het nummer van de administratie aan de andere kant.",
      "The number of the division on the other side.", 14),
)
_TEXTS = (
    _CLIENT,
    _REPORT,
    _PAGE,
    C("text", "Tekst", "Text", "text",
      "De bevindingen van de accountant, zoals ze op de pagina komen.",
      "The accountant's findings, as they appear on the page.", 70, required=True),
)
_ACCESS = (
    _CLIENT,
    C("email", "E-mail", "E-mail", "email",
      "Het e-mailadres van wie toegang krijgt.",
      "The e-mail address of who gets access.", 32, required=True),
    C("role", "Rol", "Role", "role",
      "De rol in de werkruimte: Viewer, Contributor, Member of Admin.",
      "The role in the workspace: Viewer, Contributor, Member or Admin.", 14, required=True),
    C("divisions", "Administraties", "Divisions", "divisions",
      "De administraties die iemand mag zien, alleen bij Viewer. Leeg: alle van de klant.",
      "The divisions a person may see, with Viewer only. Empty: all of the client.", 24),
)

SHEETS: tuple[Sheet, ...] = (
    Sheet("office", "Kantoor", "Office", records.Office,
          "Het kantoor zelf: één rij, of twee kolommen met naam en waarde.",
          "The office itself: one row, or two columns with name and value.", _OFFICE),
    Sheet("clients", "Klanten", "Clients", records.ClientRow,
          "Eén rij per klant, elk met een eigen database.",
          "One row per client, each with a database of its own.", _CLIENTS),
    Sheet("divisions", "Administraties", "Divisions", records.DivisionRow,
          "Eén rij per administratie; elke administratie is van precies één klant.",
          "One row per division; each division belongs to exactly one client.", _DIVISIONS),
    Sheet("reports", "Rapporten", "Reports", records.ReportRow,
          "Welke rapporten een klant krijgt.",
          "Which reports a client gets.", _REPORTS),
    Sheet("measures", "Meetwaarden", "Measures", records.MeasureRow,
          "Eigen meetwaarden van een klant.",
          "Measures of a client's own.", _MEASURES),
    Sheet("visuals", "Visuals", "Visuals", records.VisualRow,
          "Eigen visuals en pagina's van een klant.",
          "Visuals and pages of a client's own.", _VISUALS),
    Sheet("tables", "Tabellen", "Tables", records.TableRow,
          "Extra tabellen van een klant.",
          "Extra tables of a client.", _TABLES),
    Sheet("mappings", "Rekeningindeling", "Account mapping", records.MappingRow,
          "Welke grootboekrekeningen bij welke rapportregel horen, waar dat afwijkt.",
          "Which ledger accounts belong to which report line, where that differs.", _MAPPINGS),
    Sheet("intercompany", "Onderling", "Intercompany", records.IntercompanyRow,
          "Relaties en rekeningen die voor een administratie van dezelfde groep staan.",
          "Relations and accounts that stand for a division of the same group.", _INTERCOMPANY),
    Sheet("texts", "Teksten", "Texts", records.TextRow,
          "Bevindingen van de accountant op een pagina.",
          "Findings of the accountant on a page.", _TEXTS),
    Sheet("access", "Toegang", "Access", records.AccessRow,
          "Wie de rapporten van een klant mag zien.",
          "Who may see the reports of a client.", _ACCESS),
)
# fmt: on

PROBLEMS = {"nl": "Problemen", "en": "Problems"}
"""The sheet that a marked copy adds; the reader skips it, so that a copy can be mended and checked again."""

BY_KEY: Mapping[str, Sheet] = {sheet.key: sheet for sheet in SHEETS}
