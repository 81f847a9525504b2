"""The example office as a stranger reads it: sheets of the workbook as rows of {Dutch column name: value}."""

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
    words = {
        str(row["Code"]): _values(row, "Code", "Naam", "URL", "Client-ID", "Exact-gebruiker")
        for row in sheets["Klanten"]
    }
    for sheet, columns in (("Administraties", ("Code", "Naam")), ("Toegang", ("E-mail",)), ("Teksten", ("Tekst",))):
        for row in sheets.get(sheet, []):
            client = str(row.get("Klant", ""))
            if client in words:
                words[client] |= _values(row, *columns)
    office = office_of(sheets)
    words["_office"] = _values(office, "Geconsolideerde URL", "Client-ID", "Exact-gebruiker")
    return words


def may_be_in_office(sheets):
    """What the consolidated bundle shows of clients: who they are and their divisions, but not how to reach them."""
    shown = set()
    for row in sheets["Klanten"]:
        shown |= _values(row, "Code", "Naam")
    for row in sheets["Administraties"]:
        shown |= _values(row, "Code", "Naam")
    return shown


def _values(row, *columns):
    return {str(row[column]).strip().rstrip("/") for column in columns if row.get(column) not in (None, "")}
