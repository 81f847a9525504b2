"""What is made once for many bundles: the bytes of each bundle are those of a run that remembers nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from bundles import client, load
from hostile import HOSTILE, workbook
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markdown import found

from generator import catalogue, pipeline, shared
from generator.build import build
from generator.shared import Content, Once, remembered, sha256

WISHES = {
    "language": ["nl", "en"],
    "end": ["12-31", "06-30"],
    "scenario": ["", "Begroting", "Budget 2"],
    "fast": ["ja", "nee"],
    "alias": ["", "eol", "ander"],
    "divisions": [1, 2, 40],
    "own": ["", "mapping", "measure", "table", "access", "text", "visual", "mutual"],
}
"""What a client may want otherwise; each is part of what something that is remembered follows from."""

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # a bundle takes too long to look for a smaller office
CLIENT = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in WISHES.items()})
OWN = {
    "mapping": ("Rekeningindeling", "| Klant | Van | Tot | Regel |", "{code} | 4500 | 45{n}9 | Overige bedrijfskosten"),
    "measure": ("Meetwaarden", "| Klant | Naam | DAX |", "{code} | Eigen {n} | [Netto-omzet] * {n}"),
    "table": ("Tabellen", "| Klant | Entiteit | Naam |", "{code} | ExactOnlineREST.CRM.Contacts | Contacten {n}"),
    "access": ("Toegang", "| Klant | E-mail | Rol | Administraties |", "{code} | a{n}@k.example | Viewer | {first}"),
    "text": ("Teksten", "| Klant | Rapport | Pagina | Tekst |", "{code} | financieel | Samenvatting | Van {n}"),
    "visual": (
        "Visuals",
        "| Klant | Rapport | Pagina | Soort | Titel | Waarden |",
        "{code} | financieel | Samenvatting | cardVisual | Kaart {n} | Netto-omzet",
    ),
    "mutual": ("Onderling", "| Klant | Relatie |", "{code} | r{n}"),
}


def tables_of(wishes):
    """Return the workbook of clients with wishes, as Markdown tables."""
    sheets = {
        "Kantoor": ["| Naam | Taal |", "| Van Dam | nl |"],
        "Klanten": ["| Code | Naam | URL | Taal | Einde boekjaar | Budgetscenario | Snelle tabellen | Alias |"],
        "Administraties": ["| Klant | Code |"],
    }
    for n, wish in enumerate(wishes, start=1):
        code, first = f"k{n}", 1000 * n
        url = f"https://bridge-online.cloud/vd-{n}/odata4"
        listed = (code, f"Naam {n}", url, *(wish[key] for key in ("language", "end", "scenario", "fast", "alias")))
        sheets["Klanten"].append(f"| {' | '.join(listed)} |")
        sheets["Administraties"] += [f"| {code} | `{first + each}` |" for each in range(wish["divisions"])]
        if wish["own"] and (wish["own"] != "mutual" or wish["divisions"] > 1):
            sheet, head, row = OWN[wish["own"]]
            sheets.setdefault(sheet, [head]).append(f"| {row.format(code=code, n=n, first=first)} |")
    return "\n".join("\n".join([f"## {sheet}", *rows, ""]) for sheet, rows in sheets.items())


def alone(each, known):
    """Return the files of a client's bundle as the first and only one that a process makes."""
    shared.forget()
    return pipeline.files(each, known)


@settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=QUICK)
@given(st.lists(CLIENT, min_size=3, max_size=4), st.randoms(use_true_random=False))
def test_a_bundle_made_after_others_is_the_one_made_alone(wishes, random):
    with tempfile.TemporaryDirectory() as place:
        loaded = load(Path(place), tables_of(wishes))
    assert not [problem for problem in loaded.problems if problem.is_error], found(list(loaded.problems))
    clients = list(loaded.clients)
    random.shuffle(clients)
    shared.forget()
    after = [pipeline.files(each, loaded.catalogue) for each in clients]
    assert after == [alone(each, loaded.catalogue) for each in clients]


def test_hostile_clients_get_the_bundles_they_get_alone(tmp_path):
    loaded = pipeline.load(workbook(tmp_path, dict(list(HOSTILE.items())[:3])))
    after = [pipeline.files(each, loaded.catalogue) for each in loaded.clients]
    assert after == [alone(each, loaded.catalogue) for each in loaded.clients]


@pytest.mark.parametrize(
    "asked",
    [
        '<% if referer == "bundel/a/financieel/BronSaldi" %>1<% else %>2<% endif %>',
        "<< referer ~ 'x' >>",
        "<< referer | length >>",
        "<% if divisions | length > 1 and divisions[0] > 5 %>1<% endif %>",
        "<< divisions >>",
    ],
)
def test_a_template_may_do_anything_with_a_value_of_a_client(tmp_path, asked):
    """Where it does more than print it, the query is written for each client anew."""
    folder = tmp_path / "templates/exact_online/queries/lib"
    folder.mkdir(parents=True)
    source = (catalogue.packaged() / "exact_online/queries/lib/bron.pq").read_text("utf-8")
    (folder / "bron.pq").write_text(f"// {asked}\n{source}", "utf-8")
    wish = {name: values[0] for name, values in WISHES.items()}
    with tempfile.TemporaryDirectory() as place:
        book = tables_of([wish, {**wish, "divisions": 2}, {**wish, "divisions": 3}])
        loaded = load(Path(place), book)
    known = catalogue.load(tmp_path / "templates")
    after = [build(each, known).reports[0].queries for each in loaded.clients]
    for each, queries in zip(loaded.clients, after, strict=True):
        shared.forget()
        assert build(each, known).reports[0].queries == queries


def test_what_is_remembered_is_made_once_until_it_is_forgotten():
    made = []

    @remembered(2)
    def twice(number: int) -> int:
        made.append(number)
        return 2 * number

    assert [twice(1), twice(1), twice(2)] == [2, 2, 4]
    assert made == [1, 2]
    shared.forget()
    assert twice(1) == 2
    assert made == [1, 2, 1]


def test_a_content_is_hashed_once_and_equals_its_bytes():
    content = Content(b"x")
    assert content == b"x"
    assert sha256(content) == sha256(b"x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert sha256(content) is sha256(content)


def test_other_forms_of_a_value_are_apart():
    class Value(Once):
        pass

    value = Value()
    assert value.once("a", lambda: 1) == 1
    assert value.once(("a", 1), lambda: 2) == 2
    assert value.once("a", lambda: 3) == 1


def test_a_client_of_the_example_shares_what_it_can(tmp_path):
    """The memory is used: two clients who want the same have the same pages and texts, not equal copies."""
    wish = {name: values[0] for name, values in WISHES.items()}
    loaded = load(tmp_path, tables_of([wish, wish]))
    one, other = (pipeline.files(client(loaded, code), loaded.catalogue) for code in ("k1", "k2"))
    same = sum(other.get(path) is data for path, data in one.items())
    assert same > len(one) / 2
