"""The example office as a stranger reads it: sheets of the workbook as rows of {Dutch column name: value}."""

from urllib.parse import urlsplit

import openpyxl


def read(path):
    """{sheet: [row]}; empty rows are left out, and so is what begins with an underscore."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    sheets = {}
    for sheet in book.worksheets:
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        header = [str(name).strip() if name is not None else "" for name in rows[0]] if rows else []
        sheets[sheet.title] = [
            {name: value for name, value in zip(header, row, strict=False) if name and value is not None}
            for row in rows[1:]
            if any(value is not None for value in row)
        ]
    book.close()
    return sheets


def office_of(sheets):
    """The office as one row, whether its sheet has one row or two columns."""
    rows = sheets["Kantoor"]
    if rows and "Naam" in rows[0]:
        return rows[0]
    names = [list(row.values()) for row in rows]
    return {str(name[0]): name[1] for name in names if len(name) > 1}


def words_of(sheets):
    """{client: words that no other bundle may hold}, with `_office` for the consolidated database's own."""
    words = {str(row["Code"]): _values(row, "Code", "Naam") | _access(row) for row in sheets["Klanten"]}
    own = {"Administraties": ("Code", "Naam"), "Toegang": ("E-mail",), "Teksten": ("Tekst",), "Meetwaarden": ("DAX",)}
    for sheet, columns in own.items():
        for row in sheets.get(sheet, []):
            client = str(row.get("Klant", ""))
            if client in words:
                words[client] |= _values(row, *columns)
    words["_office"] = _access(office_of(sheets))
    return words


def may_be_in_office(sheets):
    """What the consolidated bundle shows of active clients: who they are and their divisions, not how to reach them."""
    active = {str(row["Code"]): row for row in sheets["Klanten"] if is_active(row)}
    shown = set()
    for row in active.values():
        shown |= _values(row, "Code", "Naam")
    for row in sheets["Administraties"]:
        if str(row["Klant"]) in active:
            shown |= _values(row, "Code", "Naam")
    return shown


def is_active(row):
    return str(row.get("Actief", "ja")).strip().lower() not in {"nee", "no", "false", "0"}


def _access(row):
    """How the database is reached: its address and the name in it, the app, the user."""
    url = str(row.get("URL") or row.get("Geconsolideerde URL") or "").strip().rstrip("/")
    found = _values(row, "Client-ID", "Exact-gebruiker")
    return found | {url, urlsplit(url).path.split("/")[1]} if url else found


def _values(row, *columns):
    return {str(row[column]).strip() for column in columns if row.get(column) not in (None, "")}
