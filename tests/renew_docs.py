"""Write anew what the docs say of each report, out of the templates: its pages, measures, tables and columns.

Run as ``python tests/renew_docs.py`` from the top of the repository; ``git diff`` shows what changed.
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))  # run as a script from anywhere

from markdown import save

from generator import catalogue, pipeline
from generator.build.pull import page_fields, pull
from generator.resolve.lookup import template_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.build.pull import Pulled
    from generator.catalogue import Catalogue, Column, Language, Measure, Page, Report, Table, Visual

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "referentie" / "rapporten"
WORDS = tomllib.loads((Path(__file__).parent / "renew_docs.toml").read_text("utf-8"))

# An office in which nothing is left out for want of a budget, a second division, intercompany rows, or findings.
OFFICE = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Kantoor | nl | https://bridge-online.cloud/d-kantoor/odata4 |

## Klanten
| Code | Naam | URL | Budgetscenario |
| klant | Klant | https://bridge-online.cloud/d-klant/odata4 | B |

## Administraties
| Klant | Code |
| klant | `1001` |
| klant | `1002` |

## Onderling
| Klant | Relatie | Met |
| klant | R1 | `1002` |
"""


INDEX = """\
# Rapporten

Deze bladzijden volgen uit de sjablonen; elk rapport heeft er ook een in het Engels.

| rapport | voor | platform | English |
|---|---|---|---|"""


def documents() -> dict[str, str]:
    """Return every page by its path in the folder: one per report and language, and the list of them."""
    main = catalogue.load()
    made = {}
    rows = []
    for known in (main, *main.others.values()):
        rows += [_listed(report, known) for report in known.reports.values() if report.design is None]
        made |= dict(_pages_of(known))
    return {"index.md": "\n".join([INDEX, *rows]) + "\n", **made}


def _pages_of(known: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield the pages about the reports of a platform, made for clients of an office that has them all."""
    reports = [report for report in known.reports.values() if report.design is None]
    owners = {"office": "_office", "client": "klant"}
    chosen = "".join(f"| {owners[report.scope]} | {report.name} |\n" for report in reports)
    texts = "".join(f"| {owners[report.scope]} | {report.name} | {report.pages[0]} | Tekst |\n" for report in reports)
    sheets = f"## Rapporten\n| Klant | Rapport |\n{chosen}\n## Teksten\n| Klant | Rapport | Pagina | Tekst |\n{texts}"
    with tempfile.TemporaryDirectory() as folder:
        loaded = pipeline.load(save(Path(folder), f"{OFFICE}\n{sheets}"))
    wanted = {one.name: (client, one) for client in loaded.clients for one in client.reports}
    for report in reports:
        client, own = wanted[report.name]
        for language in known.languages.values():
            if language.code in WORDS:
                yield _path(report, language), _page(report, own.pages, pull(client, own, known), known, language)


def _path(report: Report, language: Language) -> str:
    return f"{report.name}.md" if language.code == "nl" else f"{report.name}.{language.code}.md"


def _listed(report: Report, known: Catalogue) -> str:
    nl, en = (known.languages[code].sections["report"][report.name] for code in ("nl", "en"))
    scope = WORDS["nl"][report.scope] + (f" ({WORDS['nl']['default']})" if report.default else "")
    return _row(f"[{nl}]({report.name}.md)", scope, str(known.platform["title"]), f"[{en}]({report.name}.en.md)")


def _page(report: Report, pages: tuple[Page, ...], pulled: Pulled, known: Catalogue, language: Language) -> str:
    words = WORDS[language.code]
    title = language.sections["report"][report.name]
    use = words["is_default"] if report.default else words["on_request"].format(name=report.name)
    parts = [f"# {title}", "", f"{words['for']} {words[report.scope]}. {use}", "", words["intro"]]
    parts += ["", f"## {words['pages']}"]
    for page in pages:
        parts += ["", *_of_page(page, known, language)]
    parts += ["", f"## {words['measures']}", "", words["measures_intro"]]
    parts += _measures([m for m in pulled.measures if m.name in known.measures], pages, language)
    others = template_names(known, report.scope, report.fact).formulas.keys() - {m.name for m in pulled.measures}
    rest = [measure for name, measure in known.measures.items() if name in others and name not in report.without]
    own = [words["others_intro"], *_measures(rest, (), language)] if not report.closed else [words["closed"]]
    parts += ["", f"## {words['others']}", "", *own]
    parts += ["", f"## {words['tables']}", "", words["tables_intro"]]
    for table in pulled.tables:
        parts += ["", *_table(table, known, words)]
    return "\n".join(parts) + "\n"


def _of_page(page: Page, known: Catalogue, language: Language) -> Iterator[str]:
    """Yield what a page shows: its conditions, and each visual that has a title, with what it holds."""
    words = WORDS[language.code]
    titles = language.sections["page"]
    yield f"### {titles.get(page.name, page.name)}"
    notes = [f"`{page.name}`"]
    if page.drill_through:
        notes.append(words["drill"].format(fields=", ".join(f"`{field}`" for field in page.drill_through)))
    if page.when:
        notes.append(words["when"].format(condition=words["conditions"].get(page.when, page.when)))
    yield f"\n{'. '.join(notes)}."
    rows = [_visual(visual, known, language) for visual in page.visuals if visual.title]
    if rows:
        yield from ("", f"| {words['visual']} | {words['kind']} | {words['holds']} |", "|---|---|---|", *rows)


def _visual(visual: Visual, known: Catalogue, language: Language) -> str:
    fields = [*visual.category, *visual.values, *visual.lines, *([visual.series] if visual.series else [])]
    fields = [field for field in dict.fromkeys(fields) if _is_shown(field, known)]
    own = {"page_title", "client_name", "findings", "all_findings"}
    title = visual.title if visual.title in own else language.text(str(visual.title))
    return _row(title, f"`{visual.kind}`", ", ".join(f"`{field}`" for field in fields))


def _is_shown(field: str, known: Catalogue) -> bool:
    """Tell whether a field is a column, or a measure that is a number: not a colour or a title."""
    return field not in known.measures or bool(known.measures[field].format)


def _measures(measures: list[Measure], pages: tuple[Page, ...], language: Language) -> Iterator[str]:
    """Yield the measures that are numbers, by folder, with what they mean and where they stand."""
    words, folders = WORDS[language.code], language.sections["folder"]
    told = [measure for measure in measures if measure.format and measure.descriptions.get(language.code)]
    titles = language.sections["page"]
    for folder in dict.fromkeys(measure.folder for measure in told):
        yield f"\n### {folders.get(folder, folder)}\n"
        yield f"| {words['measure']} | {words['definition']} | {words['format']} |" + (
            f" {words['page']} |" if pages else ""
        )
        yield "|---|---|---|" + ("---|" if pages else "")
        for measure in told:
            if measure.folder == folder:
                where = [titles.get(page.name, page.name) for page in pages if measure.name in page_fields(page)]
                spoken = measure.names.get(language.code, measure.name)
                name = f"`{measure.name}`" if spoken == measure.name else f"{spoken} (`{measure.name}`)"
                cells = (name, measure.descriptions[language.code], f"`{measure.format}`")
                yield _row(*cells, *([", ".join(where)] if pages else []))


def _table(table: Table, known: Catalogue, words: dict[str, str]) -> Iterator[str]:
    yield f"### {table.name}\n"
    source = known.sources.get(table.source or "")
    yield words["reads"].format(entity=known.entities[source.entity].fast) if source else words["made_table"]
    yield f"\n| {words['column']} | {words['type']} | {words['from']} |\n|---|---|---|"
    yield from (_column(column, words) for column in table.columns.values())


def _column(column: Column, words: dict[str, str]) -> str:
    name = f"`{column.name}`" + (f" ({words['hidden']})" if column.hidden else "")
    made = f"`{column.source}`" if column.source else ", ".join(f"`{need}`" for need in column.needs)
    return _row(name, words["types"][column.type], made + (f" ({words['optional']})" if column.optional else ""))


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = documents()
    for old in FOLDER.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for path, text in written.items():
        (FOLDER / path).write_text(text, "utf-8", newline="\n")
