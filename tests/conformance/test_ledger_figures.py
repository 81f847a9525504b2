"""Figures: every measure of the templates against its SQL twin, in many selections and lengths of history.

The tables are what the generated M makes of the made-up books; the DAX is evaluated by an engine that is not
Microsoft's; the twins (tests/figures) ask the ledger's own tables. Which of the engine's ways are put right before it
gets a formula stands in judges/books_driver.py.
"""

import pytest
from judges import books, twins

MODELS = [
    *(("korenaar", years) for years in (1, 2, 3, 4)),
    *(("_office", years) for years in (1, 2, 3, 4)),
    ("hockeyclub", 3),
    ("skischool", 4),
    ("korenaar", 2, books.JANUARY),
]


@pytest.fixture(scope="module")
def made():
    """{(client, years): Made}: every query executed."""
    return books.models(MODELS)


@pytest.fixture(scope="module")
def figures(made):
    """{(client, years): answers and problems}: every measure evaluated in every selection."""

    def one(model):
        job = {"names": model.names, "contexts": [model.facts.filters(context) for context in model.contexts]}
        return books.evaluate(model.tmsl, model.rows, [job])[0]

    return dict(zip(made, books.in_pairs(one, made.values()), strict=True))


def test_every_measure_of_the_templates_has_a_twin():
    assert [name for name in books.measure_names() if not twins.has_twin(name)] == []


def test_every_twin_is_of_a_measure_of_the_templates():
    described = twins.toml("twins.toml")
    bases = {name for kind in twins.toml("variants.toml")["base"] for name in described[kind]}
    composed = {name for row in described["composed"] for name in row["of"]}
    names = {*bases, *composed, *described["other"], *described["words"], *described["zero"], *described["office"]}
    assert sorted(names - set(books.measure_names())) == []


def test_the_models_hold_every_measure_of_the_templates(made):
    held = {name for model in made.values() for name in model.names}
    assert sorted(set(books.measure_names()) - held) == []


def test_every_formula_parses_before_it_is_evaluated(made):
    """The engine takes 1+*2 for 1. Names and a second parser: test_models.py, on the formulas that pages reach."""
    formulas = {name: formula for model in made.values() for name, formula in books.formulas(model.tmsl).items()}
    assert {name: error for name, error in books.unparsed(formulas).items() if error} == {}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: "-".join(map(str, model)))
def test_every_measure_is_its_twin(made, figures, model, tally):
    one, found = made[model], figures[model]
    assert found["problems"] == {}
    different = books.differences(found["answers"], one.wanted(one.names), one.names, one.contexts)
    tally(model, len(one.names), len(one.contexts), len(different))
    assert different == []


@pytest.mark.parametrize("client", ["korenaar", "hockeyclub"])
def test_measures_of_a_week_a_customer_or_an_item(made, client):
    """Selections that only some measures follow name them; they are compared for those alone."""
    one = made[client, 3]
    details = books.details(client)
    jobs = [{"names": detail["measures"], "contexts": [one.facts.filters(detail)]} for detail in details]
    asked = twins.Twins(books.books().sqlite(), one.facts)
    filled = 0
    for detail, found in zip(details, books.evaluate(one.tmsl, one.rows, jobs), strict=True):
        assert found["problems"] == {}
        names = detail["measures"]
        assert books.differences(found["answers"], [asked.select(detail, names)], names, [detail]) == []
        filled += sum(value not in (None, 0, False) for value in found["answers"][0].values())
    assert filled >= len(details), "nothing but blanks and zeros proves nothing"


@pytest.mark.parametrize("years", [1, 2, 3, 4])
def test_enough_selections_for_every_length_of_history(made, years):
    assert len(made["korenaar", years].contexts) >= 12
    assert len(made["_office", years].contexts) >= 12


def test_checks_are_zero_and_words_are_never_blank(figures):
    words = {name for name, formula in books.measure_names().items() if "<<t." in formula} - {"Vergelijkingsnaam"}
    for model, found in figures.items():
        for answer in found["answers"]:
            assert answer["Balanscontrole"] in (None, 0), model
            assert answer["W&V ongeclassificeerd"] in (None, 0), model
            assert [name for name in words & answer.keys() if not answer[name]] == [], model


def test_two_currencies_are_never_added(made, figures):
    place = [context["name"] for context in made["korenaar", 4].contexts].index("nothing chosen: two currencies")
    answer = figures["korenaar", 4]["answers"][place]
    amounts = ("Netto-omzet", "Nettoresultaat YTD", "Totaal activa", "Debiteurensaldo VJ", "Openstaand debiteuren")
    assert {answer[name] for name in amounts} == {None}


# Calculation item → the variant of a measure that means the same, where nothing else is compared with.
ITEMS = {
    "YTD": "YTD", "VJ": "VJ", "YTD VJ": "YTD VJ", "Verschil VJ": "Δ", "Verschil VJ %": "Δ %", "R12": "R12"
}  # fmt: skip
TREATED = (
    "Netto-omzet",
    "Kosten",
    "Nettoresultaat",
    "Brutomarge %",
    "Liquide middelen",
    "Solvabiliteit %",
    "Current ratio",
)
SHARES = ("Brutomarge %", "Solvabiliteit %")


@pytest.mark.parametrize("model", [("korenaar", 3), ("_office", 3), ("hockeyclub", 3)], ids=lambda model: model[0])
def test_calculation_items_are_the_twins_of_the_variants(made, model):
    """The engine gets an item as a measure: SELECTEDMEASURE and ISSELECTEDMEASURE are filled in."""
    one = made[model]
    items = books.calculation_items(one.tmsl)
    pairs = {f"{measure} {variant}": (items[item], measure) for item, variant in ITEMS.items() for measure in TREATED}
    pairs = {name: pair for name, pair in pairs.items() if name in one.names}
    assert len(pairs) >= 25
    contexts = [context for context in one.contexts if context.get("basis") != 2]
    job = {
        "names": [*pairs],
        "contexts": [one.facts.filters(context) for context in contexts],
        "changed": {name: books.applied(*pair) for name, pair in pairs.items()},
    }
    found = books.evaluate(one.tmsl, one.rows, [job])[0]
    assert found["problems"] == {}
    asked = twins.Twins(books.books().sqlite(), one.facts)
    wanted = [asked.select(context, [*pairs]) for context in contexts]
    for row in wanted:
        row |= {f"{name} Δ": 100 * row[f"{name} Δ"] for name in SHARES if row.get(f"{name} Δ") is not None}
    assert books.differences(found["answers"], wanted, [*pairs], contexts) == []


# What an item must leave blank: an item on a measure to which it does not apply.
MISAPPLIED = [
    ("YTD", "Liquide middelen"), ("YTD VJ", "Totaal activa"), ("R12", "Solvabiliteit %"), ("YTD", "Netto-omzet YTD"),
    ("VJ", "Netto-omzet VJ"), ("Verschil VJ", "Netto-omzet Δ"), ("VJ", "Boodschap"), ("Verschil VJ", "Titel W&V"),
    ("YTD", "Controlekleur"), ("VJ", "Laatste boekdatum"), ("Verschil VJ %", "Brutomarge %"),
    ("R12", "Openstaand debiteuren"),    ("VJ", "Balanscontrole"), ("YTD", "Netto-omzet per boekmaand"),
]  # fmt: skip


def test_calculation_items_leave_blank_what_they_do_not_apply_to(made):
    one = made["korenaar", 3]
    items = books.calculation_items(one.tmsl)
    free = [name for name in one.names if name.endswith(" groei %")]
    changed = {name: books.applied(items[pair[0]], pair[1]) for name, pair in zip(free, MISAPPLIED, strict=False)}
    assert len(changed) == len(MISAPPLIED)
    job = {
        "names": [*changed],
        "contexts": [one.facts.filters(context) for context in one.contexts],
        "changed": changed,
    }
    found = books.evaluate(one.tmsl, one.rows, [job])[0]
    assert {value for answer in found["answers"] for value in answer.values()} == {None}


@pytest.fixture(scope="module")
def tally(request):
    """Counts what was compared, and says it at the end."""
    rows = []
    yield lambda model, names, contexts, wrong: rows.append((names * contexts, wrong, f"{model[0]} {model[1]}"))
    compared, wrong = (sum(row[place] for row in rows) for place in (0, 1))
    books.say(request, f"figures: {compared} compared in {len(rows)} models, {wrong} different")
