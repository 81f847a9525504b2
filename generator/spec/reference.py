"""The page of the docs that describes the workbook, made from ``sheets``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.spec.kinds import EXPECTED
from generator.spec.sheets import BY_KEY, SHEETS

if TYPE_CHECKING:
    from generator.spec.sheets import Column

_INTRODUCTION = """\
# De werkmap

Deze bladzijde volgt uit de beschrijving van de bladen in het programma zelf.

De gegevens zijn alle rijen van alle bestanden `.xlsx` in de map samen: één werkmap voor het hele kantoor, één per
klant, of iets ertussenin. Bestanden met een naam die met `_` of `~$` begint, tellen niet mee.

- Bladen en kolommen mogen de Nederlandse of de Engelse naam hebben, in elke volgorde; hoofdletters, spaties en
  leestekens maken geen verschil. Wat met `_` begint, is van uzelf en wordt overgeslagen; een andere onbekende naam
  geeft een waarschuwing.
- Boven de koppen mogen een titel of opmerkingen staan. Lege rijen doen geen kwaad. Verborgen rijen en bladen worden
  gelezen.
- In een werkmap met precies één klant mag de kolom Klant elders leeg blijven of ontbreken.
- `*` in de kolom Klant betekent alle klanten, nooit `_office`; `_office` is de geconsolideerde bundel.
- In een lijst staan komma's, puntkomma's of regeleinden tussen de delen.
- Formules zijn goed zolang Excel er een uitkomst bij heeft bewaard. DAX hoort als tekst in de cel.
- Een kolom of blad dat om een geheim vraagt (client secret, wachtwoord, token) wordt geweigerd.

Een lege werkmap met keuzelijsten en uitleg bij elke kop maakt u met `bundel new`, een compleet voorbeeld met
`bundel new --example`. Wat er niet klopt, meldt `bundel check`; `bundel check --marked nakijken` maakt een kopie
waarin elke cel met een probleem rood is.
"""


def reference() -> str:
    """Return the page as Markdown."""
    parts = [_INTRODUCTION]
    for sheet in SHEETS:
        title = sheet.nl if sheet.nl == sheet.en else f"{sheet.nl} / {sheet.en}"
        parts += [f"\n## {title}\n\n{sheet.help_nl}\n\n", "| kolom | column | verplicht | inhoud | uitleg |\n"]
        parts += ["|---|---|---|---|---|\n", *map(_row, sheet.columns)]
    return "".join(parts)


def _row(column: Column) -> str:
    kind = EXPECTED[column.kind][0]
    if column.refers:
        kind += f" (blad {BY_KEY[column.refers.partition('.')[0]].nl})"
    cells = (column.nl, column.en, "ja" if column.required else "", kind, column.help_nl)
    return "| " + " | ".join(cells) + " |\n"
