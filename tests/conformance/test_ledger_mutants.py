"""Mutants: figures made wrong on purpose must turn a comparison with a twin red, or the comparison proves nothing."""

import shutil

import pytest
from judges import books, twins
from judges.places import HERE, ROOT, merged

MUTANTS = merged(HERE / "mutants.toml")
YEARS = 3
CLIENTS = ("korenaar", "hockeyclub", "_office")
KEY = (
    "Netto-omzet", "Nettoresultaat", "Nettoresultaat YTD", "Nettoresultaat YTD VJ", "Netto-omzet YTD budget",
    "Personeelskosten", "Overige opbrengsten", "EBITDA YTD", "Vaste activa", "Totaal activa", "Eigen vermogen",
    "Kortlopende schulden", "Crediteurensaldo", "Balanssaldo VJ", "Beginsaldo", "Openstaand debiteuren",
    "Liquide middelen", "Vlottende activa", "Financiële baten en lasten", "Debiteurensaldo", "Btw-positie",
    "Langlopende schulden",
    "Uren YTD", "Geschreven waarde YTD", "Onderhanden werk", "Onderhanden werk per klasse", "Gefactureerd t/m peildag",
    "Gefactureerd op projecten", "Declarabele uren YTD", "Voorraad vandaag", "Incourante voorraad",
    "Te betalen vandaag", "Te betalen vandaag vervallen", "Openstaand crediteuren", "Te ontvangen per week",
    "Te betalen per week", "Omzet facturen", "Omzet facturen YTD", "Kostprijs facturen",
)  # fmt: skip
LEAST = 0.95


@pytest.fixture(scope="module")
def whole():
    """{client: Made}: the reports as they are."""
    return {client: made for (client, _), made in books.models([(client, YEARS) for client in CLIENTS]).items()}


def changed(model, mutant):
    """{measure: formula} of the measures that the mutant changes."""
    formulas = books.formulas(model.tmsl)
    chosen = [name for name in formulas if name == mutant.get("of") or name.endswith(mutant.get("suffix", "\0"))]
    found = {name: formulas[name].replace(mutant["before"], mutant["after"]) for name in chosen if name in model.names}
    found = {name: formula for name, formula in found.items() if formula != formulas[name]}
    assert found, f"{mutant['name']}: no measure holds {mutant['before']!r}: mend the table of mutants"
    return found


def of_model(model, mutants):
    """{mutant: number of differences}, all evaluated at once on two copies of a model."""
    changes = {mutant["name"]: changed(model, mutant) for mutant in mutants}
    filters = [model.facts.filters(context) for context in model.contexts]
    more = {mutant["name"]: mutant.get("compare", []) for mutant in mutants}
    names = {name: [*sorted(change)[:12], *more[name]] for name, change in changes.items()}
    jobs = [{"names": names[name], "contexts": filters, "changed": change} for name, change in changes.items()]
    half = (len(jobs) + 1) // 2
    parts = books.in_pairs(lambda part: books.evaluate(model.tmsl, model.rows, part), [jobs[:half], jobs[half:]])
    wanted = model.wanted(sorted({one for some in names.values() for one in some}))
    return {
        name: len(books.differences(found["answers"], wanted, names[name], model.contexts)) or len(found["problems"])
        for name, found in zip(changes, [*parts[0], *parts[1]], strict=True)
    }


@pytest.fixture(scope="module")
def of_measures(whole):
    """{mutant: number of differences}, client by client."""
    found = {}
    for client in CLIENTS:
        mutants = [mutant for mutant in MUTANTS["measure"] if mutant.get("client", "korenaar") == client]
        found |= of_model(whole[client], mutants) if mutants else {}
    return found


def of_query(whole, place, mutant):
    """The number of differences after a change in the templates; a refusal or an error of M counts as one."""
    folder = books.FOLDER / str(YEARS)
    templates = folder / f"templates{place}"
    shutil.copytree(ROOT / "templates", templates)
    path = templates / "exact_online" / mutant["file"]
    text = path.read_text(encoding="utf-8")
    assert mutant["before"] in text, f"{mutant['name']}: {path.name} does not hold it: mend the table of mutants"
    path.write_text(text.replace(mutant["before"], mutant["after"]), encoding="utf-8")
    client, model = mutant["client"], whole[mutant["client"]]
    try:
        report = books.generated(folder, "--templates", str(templates), "--client", client, out=f"out{place}")[client]
        rows = model.rows | books.executed(client, report, mutant["tables"])
    except AssertionError:
        return 1
    names = [name for name in (*KEY, *mutant.get("compare", ())) if name in model.names]
    parts = [(names, model.contexts), *((one["measures"], [one]) for one in books.details(client))]
    jobs = [{"names": some, "contexts": [model.facts.filters(one) for one in contexts]} for some, contexts in parts]
    asked = twins.Twins(books.books().sqlite(), model.facts)
    return sum(
        len(books.differences(found["answers"], [asked.select(one, some) for one in contexts], some, contexts))
        for found, (some, contexts) in zip(books.evaluate(model.tmsl, rows, jobs), parts, strict=True)
    )


@pytest.fixture(scope="module")
def of_queries(whole):
    """{mutant: number of differences}."""

    def one(numbered):
        return of_query(whole, *numbered)

    counts = books.in_pairs(one, list(enumerate(MUTANTS["query"])))
    return {mutant["name"]: count for mutant, count in zip(MUTANTS["query"], counts, strict=True)}


def test_the_figures_are_right_before_they_are_made_wrong(whole):
    for model in whole.values():
        names = [name for name in KEY if name in model.names]
        job = {"names": names, "contexts": [model.facts.filters(context) for context in model.contexts]}
        found = books.evaluate(model.tmsl, model.rows, [job])[0]["answers"]
        assert books.differences(found, model.wanted(names), names, model.contexts) == []


def test_mutants_are_killed(of_measures, of_queries, request):
    counts = of_measures | of_queries
    excused = {row["name"]: row["survives"] for rows in MUTANTS.values() for row in rows if "survives" in row}
    survivors = sorted(name for name, count in counts.items() if not count)
    killed = len(counts) - len(survivors)
    books.say(
        request, f"mutants: {killed} of {len(counts)} killed" + "".join(f"\n  survives: {name}" for name in survivors)
    )
    assert len(counts) >= 40
    assert killed >= LEAST * len(counts), survivors
    assert set(survivors) <= set(excused), "say why they survive, in mutants.toml"
