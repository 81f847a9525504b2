"""An office of any size for the benchmarks: no two clients alike, and a part of them with wishes of their own."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from openpyxl import Workbook

from generator.catalogue import packaged

if TYPE_CHECKING:
    from pathlib import Path

Row = list[object]

HEADS: dict[str, Row] = {
    "Kantoor": ["Naam", "Taal"],
    "Klanten": ["Code", "Naam", "URL", "Groep", "Beheerder", "Client-ID", "Exact-gebruiker", "Taal", "Einde boekjaar",
                "Budgetscenario", "Verversen"],
    "Administraties": ["Klant", "Code", "Naam"],
    "Rapporten": ["Klant", "Rapport"],
    "Meetwaarden": ["Klant", "Naam", "DAX", "Opmaak"],
    "Rekeningindeling": ["Klant", "Van", "Tot", "Regel"],
    "Teksten": ["Klant", "Rapport", "Pagina", "Tekst"],
    "Toegang": ["Klant", "E-mail", "Rol", "Administraties"],
}  # fmt: skip


def own_templates(folder: Path, reports: int) -> list[str]:
    """Return the names of so many reports for clients; where there are fewer, copies of the first are made."""
    source = packaged() / "exact_online"
    text = (source / "reports.toml").read_text("utf-8")
    known = {name: row for name, row in tomllib.loads(text).items() if row["scope"] == "client"}
    first, row = next(iter(known.items()))
    names = [*known, *(f"{first}-{number}" for number in range(2, reports + 2 - len(known)))][:reports]
    for name in names[len(known) :]:
        pages = ", ".join(f'"{page}"' for page in row["pages"])
        text += f'\n[{name}]\nscope = "client"\nfact = "{row["fact"]}"\npages = [{pages}]\n'
    (folder / "exact_online/texts").mkdir(parents=True, exist_ok=True)
    (folder / "exact_online/reports.toml").write_text(text, "utf-8")
    for path in (source / "texts").glob("*.toml"):
        titles = "".join(f'"{name}" = "{name.title()}"\n' for name in names[len(known) :])
        words = path.read_text("utf-8").replace("[report]\n", f"[report]\n{titles}")
        (folder / "exact_online/texts" / path.name).write_text(words, "utf-8")
    return names


def client_rows(number: int, url: str) -> dict[str, list[Row]]:
    """Return the rows of one client by sheet: one to three divisions, and every so often something else."""
    code, name = f"klant-{number:05}", f"Klant {number} {('Bouw', 'Zorg', 'Handel', 'Transport')[number % 4]} B.V."
    language = "en" if number % 10 == 3 else None  # noqa: PLR2004  one in ten
    year_end = "06-30" if number % 15 == 4 else "12-31"  # noqa: PLR2004  one in fifteen
    budget = "Begroting" if number % 20 == 5 else None  # noqa: PLR2004  one in twenty
    app, user = f"{number:08x}-0a57-4c1f-9d42-3f0e6a7c1000", f"u{number}@kantoor.example"
    first = 1_000_000 + 10 * number
    divisions = range(first, first + (1, 1, 1, 1, 2, 1, 1, 2, 1, 3)[number % 10])
    rows: dict[str, list[Row]] = {
        "Klanten": [[code, name, url, "mkb", "Jan", app, user, language, year_end, budget, "06:30, 12:30"]],
        "Administraties": [[code, division, f"{name} {division % 10}"] for division in divisions],
    }
    if number % 10 == 6:  # noqa: PLR2004
        rows["Meetwaarden"] = [[code, f"Omzet per boekstuk {number}", "DIVIDE ( [Netto-omzet], 12 )", "#,0"]]
    if number % 10 == 8:  # noqa: PLR2004
        rows["Rekeningindeling"] = [
            [code, str(start), str(start + 9), "Overige bedrijfskosten"] for start in (4500, 4600)
        ]
        rows["Teksten"] = [[code, "financieel", "Samenvatting", f"De omzet van {name} groeide."]]
    if number % 20 == 9:  # noqa: PLR2004
        rows["Toegang"] = [[code, f"directie{number}@klant.example", "Viewer", str(first)]]
    return rows


def write(path: Path, clients: int, reports: list[str], *, changed: int | None = None, single: bool = False) -> None:
    """Write an office: one workbook for all, or with ``single`` a folder with one for each client.

    ``changed`` is the number of a client whose URL is another than before.
    """
    office: dict[str, list[Row]] = {
        "Kantoor": [["Kantoor van Dam", "nl"]],
        "Rapporten": [["*", report] for report in reports],
    }
    per_client = [
        client_rows(n, f"https://bridge-online.cloud/vd-{n}{'-nieuw' if n == changed else ''}/odata4")
        for n in range(clients)
    ]
    if not single:
        _save(path, [office, *per_client])
        return
    path.mkdir(exist_ok=True)
    _save(path / "kantoor.xlsx", [office])
    for number, rows in enumerate(per_client):
        _save(path / f"klant-{number:05}.xlsx", [rows])


def _save(path: Path, parts: list[dict[str, list[Row]]]) -> None:
    book = Workbook(write_only=True)
    for sheet, head in HEADS.items():
        rows = [row for part in parts for row in part.get(sheet, ())]
        if rows:
            page = book.create_sheet(sheet)
            page.append(head)
            for row in rows:
                page.append(row)
    book.save(path)
