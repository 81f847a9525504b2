"""A small bundle with a bit of everything: the golden files in ``golden/kern`` are what it must be, byte by byte.

Renew them with ``python tests/kern.py`` after a change that is meant; ``git diff`` shows what changed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

import bundles

GOLDEN = Path(__file__).with_name("golden") / "kern"
TABLES = """
## Kantoor
| Naam | Taal |
| Van Dam | nl |
## Klanten
| Code | Naam | URL | Budgetscenario |
| bakker | Bakkerij De Korenaar | https://bridge-online.cloud/vd-bakker/odata4 | |
## Administraties
| Klant | Code | Naam |
| bakker | `710001` | Bakkerij |
| bakker | `710002` | Winkel |
## Rapporten
| Klant | Rapport | Titel | Pagina's |
| bakker | financieel | Kern | Toelichting |
## Meetwaarden
| Klant | Naam | DAX | Opmaak | Map | Omschrijving |
| bakker | Omzet per dag | DIVIDE ( [Netto-omzet], 30 ) | #,0.00 | Eigen | Omzet gedeeld door dertig |
## Teksten
| Klant | Rapport | Pagina | Tekst |
| bakker | financieel | Toelichting | De omzet groeit. |
## Visuals
| Klant | Rapport | Pagina | Soort | Titel | Waarden | Categorie | Reeks | Positie |
| bakker | financieel | Kern | cardVisual | Omzet | Netto-omzet, Omzet per dag | | | |
| bakker | financieel | Kern | lineChart | Per maand | Netto-omzet | Datum[Maand] | | |
| bakker | financieel | Kern | clusteredColumnChart | Per naam | Netto-omzet | Datum[Maand] | Administratie[Naam] | |
| bakker | financieel | Kern | pivotTable | Matrix | Netto-omzet | Administratie[Naam] | Datum[Jaar] | |
| bakker | financieel | Kern | tableEx | Tabel | Netto-omzet | Administratie[Naam] | | 40,400,600,200 |
## Tabellen
| Klant | Entiteit | Naam | Kolommen | Filter |
| bakker | ExactOnlineREST.CRM.Accounts | Relatielijst | ID, Code, Name, City | City = Utrecht |
## Rekeningindeling
| Klant | Van | Tot | Regel |
| bakker | 8000 | 8099 | Netto-omzet |
## Toegang
| Klant | E-mail | Rol | Administraties |
| bakker | a@bakker.example | Viewer | 710001 |
"""


# What follows from the building code and this workbook, and little from the templates, which change more often.
KEPT = re.compile(
    r".*\.Report/.*|.*\.pbip|.*/(?:definition\.pbism|model\.tmdl|database\.tmdl|Relatielijst\.(?:tmdl|pq)|nl-NL\.tmdl)"
    r"|.*/roles/.*|on-startup\.sql|setup\.md"
)
FIXED = re.compile(r"Version|\[Content_Types\]\.xml|Settings|Metadata|DiagramLayout|Report/definition/.*")


def made(folder: Path) -> dict[str, bytes]:
    """Return the files of the bundle that are kept, and the hashes of such parts of its template."""
    files = bundles.files(folder, TABLES)
    template = bundles.parts(files["bakker-financieel.pbit"])
    hashes = {name: hashlib.sha256(part).hexdigest() for name, part in template.items() if FIXED.fullmatch(name)}
    listed = "".join(f"{hashes.get(name, 'not recorded')}  {name}\n" for name in template)
    kept = {path: data for path, data in files.items() if KEPT.fullmatch(path)}
    return kept | {"bakker-financieel.pbit.txt": listed.encode()}


if __name__ == "__main__":
    shutil.rmtree(GOLDEN, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        for name, content in made(Path(place)).items():
            target = GOLDEN / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
