"""Pieces that texts of an attacker, or of a person in a hurry, are made of."""

FRAGMENTS = (
    *"'\"`#(){}[]<>|;,*_~\\/=-+@&%$!?:. \n\t\r\0\u2028\u2029\u202e\u200f\xa0\xad\ufeff\ufffe😀é中ß0\u0661",
    "#(lf)", "#(#)", "#(", '"] meta [IsParameterQuery=false] //', "../", "..\\", "<<", ">>", "<%", "%>", "{{", "}}",
    "{%", "<%#", "#%>", "//", "/*", "*/", "--", "''", '""', "]]", "#!", "]]>", "&amp;", "NUL", "con", "let x = 1 in x",
    "x" * 300, "{0.__class__}", "%s", "${y}", "e\u0301", "\ud83d", "each _", "not", "#date(2026, 1, 1)", "1e9", "0x1F",
)  # fmt: skip
DAX = (
    "[Netto-omzet]", "[Marge]", "Datum[Maand]", "'Mutaties'[Bedrag]", "SUM", "(", ")", "{", "}", "VAR x = 1 RETURN x",
    "CALCULATE", "IF", '"tekst"', "1", "0.5", "1,5", ";", ",", "&&", "||", "<>", "//", "--", "/*", "*/", "'", '"', "[",
    "]", "]]", "''", '""', "=", ":=", "@x", "\n", " ", "\u201cx\u201d", "\u2018y\u2019", "é", "\u0661", "EVALUATE",
    "not in",
    "RETURN", 'ADDCOLUMNS(Datum, "@Open", 1)', "[Value]", ".", "..", "1e5", "%", "#", "\\", "\0", "\u2028",
)  # fmt: skip
CELLS = (
    *FRAGMENTS, *DAX,
    "bakker", "BAKKER", "_office", "*", "oneill", "financieel", "kantoor", "Samenvatting", "Balans", "Marge", "ja",
    "nee", "nl", "en", "fr", "06:30", "6:30, 12:30", "24:00", "12-31", "02-29", "13-01", "710001", "710.001", "1,0",
    "50 %", "0,5", "-1", "1e999", "nan", "inf", "9" * 40, "EUR", "eur", "https://bridge-online.cloud/x/odata4",
    "http://x", "https://u:p@h/odata4", "https://[::1]/x", "https://h:99999/x", "https://h/%2e/x", "0,0,100,100",
    "-5,0,9999,9999", "1,2,3", "cardVisual", "lineChart", "pivotTable", "tableEx", "geenVisual",
    "ExactOnlineREST.CRM.Accounts", "ExactOnlineREST.CRM.Accounts@eol", "a.b.c", "Status eq 'C'", "Status = 'C'",
    "Division gt 1 or 1 eq 1", "Code eq 'a''b'", "a@b.example", "Viewer", "admin", "4000", "04000", "Personeelskosten",
    "Client secret", "Wachtwoord", "logo.png", "../logo.png", "C:\\logo.png", "=1+1", "+1", "-1", "@x", "Code",
)  # fmt: skip
