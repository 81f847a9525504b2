"""The story of a run: from workbooks to bundles on disk, one by one or shared out over processes."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace

import pytest
from bundles import ONE, client, load
from markdown import BASE, found, save

from generator import catalogue, manifests, pipeline
from generator.pipeline import Job
from generator.problems import Stop

OFFICE = BASE.replace("| Naam | Taal |", "| Naam | Geconsolideerde URL |").replace(
    "| nl |", "| https://bridge-online.cloud/vd-kantoor/odata4 |"
)
MEASURES = "\n## Meetwaarden\n| Klant | Naam | DAX |\n"
MAPPINGS = "\n## Rekeningindeling\n| Klant | Van | Tot | Regel |\n"


def tree(folder):
    """Return every file below a folder: path → bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def run(loaded, job):
    """Make all bundles of a workbook; return client code → status."""
    return {each.client: each.status for each in pipeline.make_all(loaded.clients, loaded.catalogue, job)}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return load(tmp_path_factory.mktemp("office"), OFFICE)


def test_loading_gives_clients_and_the_problems_of_all_stages(tmp_path):
    tables = OFFICE.replace("vd-oneill", "vd-bakker") + MEASURES + "| bakker | X | [Onzin] |\n"
    loaded = load(tmp_path, tables)
    assert found(list(loaded.problems)) == ["B021 Klanten!C3", "B043 Meetwaarden!C2"]
    assert loaded.codes == {"bakker", "oneill", "_office"}


def test_codes_include_clients_with_errors_but_no_inactive_ones(tmp_path):
    tables = OFFICE.replace("| Code | Naam | URL |", "| Code | Naam | URL | Actief |").replace(
        "vd-oneill/odata4 |", "vd-oneill/odata4 | nee |"
    )
    assert load(tmp_path, tables).codes == {"bakker", "_office"}


def test_without_errors_every_client_can_be_made(office):
    assert pipeline.makeable(office, keep_going=False) == (office.clients, ())


def test_an_error_stops_everyone_unless_the_others_may_go_on(tmp_path):
    loaded = load(tmp_path, OFFICE + MEASURES + "| bakker | X | [Onzin] |\n")
    with pytest.raises(Stop) as stopped:
        pipeline.makeable(loaded, keep_going=False)
    assert stopped.value.exit_code == 1
    made, left = pipeline.makeable(loaded, keep_going=True)
    assert ([each.code for each in made], left) == (["oneill", "_office"], ("bakker",))


@pytest.mark.parametrize(
    "slip",
    [
        MEASURES + "| * | X | [Onzin] |\n",
        "\n## Rapporten\n| Klant | Rapport |\n| baker | financieel |\n",
    ],
)
def test_an_error_that_is_no_single_clients_stops_everyone(tmp_path, slip):
    with pytest.raises(Stop):
        pipeline.makeable(load(tmp_path, OFFICE + slip), keep_going=True)


def test_an_error_of_the_office_stops_everyone(tmp_path):
    with pytest.raises(Stop):
        pipeline.makeable(
            load(tmp_path, OFFICE.replace("https://bridge-online.cloud/vd-k", "http://k/k")), keep_going=True
        )


@pytest.mark.parametrize(
    "tables",
    [
        OFFICE + "| bakker | `750001` |\n",
        OFFICE.replace("vd-oneill", "vd-bakker"),
        OFFICE + MAPPINGS + "| bakker | 4000 | | Onzin |\n",
    ],
)
def test_the_consolidated_bundle_waits_while_its_divisions_or_mapping_are_in_doubt(tmp_path, tables):
    made, left = pipeline.makeable(load(tmp_path, tables), keep_going=True)
    assert "_office" not in {each.code for each in made}
    assert "_office" in left


def test_a_bundle_tells_what_it_is_and_the_hash_of_each_file(office):
    made = pipeline.files(client(office), office.catalogue)
    document = json.loads(made["manifest.json"])
    assert list(document) == ["client", "url", "divisions", "reports", "files", "spec_hash"]
    assert (document["client"], document["divisions"]) == ("bakker", [710001])
    assert document["url"] == "https://bridge-online.cloud/vd-bakker/odata4"
    assert document["files"] == {
        path: hashlib.sha256(data).hexdigest() for path, data in sorted(made.items()) if path != "manifest.json"
    }
    (report,) = document["reports"]
    assert list(report) == ["name", "pbit", "pages", "tables", "measures"]
    assert report["pbit"] in made
    assert "Mutaties" in report["tables"]
    assert "Netto-omzet" in report["measures"]


def test_the_hash_of_a_spec_follows_all_that_a_bundle_is_made_from(office):
    one = client(office)
    known = office.catalogue
    hashes = {
        pipeline.spec_hash(one, known),
        pipeline.spec_hash(replace(one, url=one.url + "x"), known),
        pipeline.spec_hash(replace(one, measures=tuple(known.measures.values())[:1]), known),
        pipeline.spec_hash(replace(one, access=()), replace(known, fingerprint="other")),
        pipeline.spec_hash(replace(one, texts={("financieel", "Samenvatting"): "x"}), known),
    }
    assert len(hashes) == 5
    assert pipeline.spec_hash(replace(one), known) == pipeline.spec_hash(one, known)


def test_the_hash_of_a_spec_does_not_depend_on_the_order_in_a_set(office):
    one = client(office)
    orders = [frozenset([0, 8]), frozenset([8, 0])]  # these two collide, so that the first that came is the first
    assert [list(order) for order in orders] == [[0, 8], [8, 0]]
    measure = next(iter(office.catalogue.measures.values()))
    reports = [tuple(replace(report, without=order) for report in one.reports) for order in orders]
    measures = [(replace(measure, tags=order),) for order in orders]
    made = [replace(one, reports=each, measures=own) for each, own in zip(reports, measures, strict=True)]
    assert pipeline.spec_hash(made[0], office.catalogue) == pipeline.spec_hash(made[1], office.catalogue)


def test_bundles_are_created_then_left_alone(tmp_path, office):
    job = Job(tmp_path / "out")
    assert run(office, job) == dict.fromkeys(("bakker", "oneill", "_office"), "created")
    before = {path: path.stat().st_mtime_ns for path in job.out.rglob("*")}
    assert run(office, job) == dict.fromkeys(("bakker", "oneill", "_office"), "unchanged")
    assert {path: path.stat().st_mtime_ns for path in job.out.rglob("*")} == before


def test_a_file_that_went_missing_is_made_again(tmp_path, office):
    job = Job(tmp_path / "out")
    run(office, job)
    whole = tree(job.out)
    (job.out / "bakker/financieel.pbip").unlink()
    assert run(office, job) == {"bakker": "changed", "oneill": "unchanged", "_office": "unchanged"}
    assert tree(job.out) == whole


def test_a_client_that_fails_ends_no_others(tmp_path, office):
    out = tmp_path / "out"
    out.mkdir()
    (out / "bakker").write_text("van iemand anders")
    outcomes = {each.client: each for each in pipeline.make_all(office.clients, office.catalogue, Job(out))}
    assert {code: each.status for code, each in outcomes.items()} == {
        "bakker": "failed",
        "oneill": "created",
        "_office": "created",
    }
    assert [problem.client for problem in outcomes["bakker"].problems] == ["bakker"]
    assert outcomes["bakker"].problems[0].text("hint", "nl")
    assert (out / "bakker").read_text() == "van iemand anders"


def test_templates_that_make_no_sound_model_stop_the_run_and_write_nothing(tmp_path, office):
    known = office.catalogue
    broken = replace(
        known,
        measures={**known.measures, "Brutomarge": replace(known.measures["Brutomarge"], dax="[Weg]")},
        fingerprint="x",
    )
    with pytest.raises(Stop) as stopped:
        list(pipeline.make_all(office.clients[:1], broken, Job(tmp_path / "out")))
    assert {problem.code for problem in stopped.value.problems} == {"B120"}
    assert not (tmp_path / "out").exists()


def test_many_bundles_are_shared_out_over_processes_and_are_the_same(tmp_path, office, monkeypatch):
    serial, parallel = Job(tmp_path / "serial", jobs=1), Job(tmp_path / "parallel", jobs=2)
    run(office, serial)
    run(replace(office, clients=office.clients[:1]), parallel)
    monkeypatch.setattr(pipeline, "FEW", 1)
    monkeypatch.setattr(pipeline, "_CHUNK", 1)
    monkeypatch.setenv("PYTHONHASHSEED", "99")
    assert run(office, parallel) == {"bakker": "unchanged", "oneill": "created", "_office": "created"}
    assert tree(parallel.out) == tree(serial.out)
    assert set(run(office, parallel).values()) == {"unchanged"}
    (parallel.out / "bakker/financieel.pbip").unlink()
    assert run(office, parallel)["bakker"] == "changed"


def test_bundles_are_named_before_they_are_made(tmp_path, office):
    out = tmp_path / "out"
    outcomes = pipeline.make_all(office.clients, office.catalogue, Job(out))
    next(outcomes)
    assert set(manifests.bundles(out)) == {"bakker", "oneill", "_office"}


def test_a_bundle_is_removed_only_on_a_yes(tmp_path, office):
    job = Job(tmp_path / "out")
    run(office, job)
    (job.out / "oneill/aantekening.txt").write_text("van mij")
    asked = []
    (outcome,) = pipeline.remove_all(job.out, ["oneill"], lambda code: bool(asked.append(code)))
    assert (asked, outcome.status, [problem.code for problem in outcome.problems]) == (["oneill"], "skipped", ["B108"])
    assert (job.out / "oneill/manifest.json").is_file()
    (outcome,) = pipeline.remove_all(job.out, ["oneill"], lambda _: True)
    assert (outcome.status, outcome.problems) == ("removed", ())
    assert [path.name for path in (job.out / "oneill").rglob("*")] == ["aantekening.txt"]
    assert (job.out / "bakker/manifest.json").is_file()


def test_own_templates_lie_over_the_packaged_ones(tmp_path):
    own = tmp_path / "templates/exact_online"
    own.mkdir(parents=True)
    texts = (catalogue.packaged() / "exact_online/texts/nl.toml").read_text("utf-8")
    (own / "texts").mkdir()
    (own / "texts/nl.toml").write_text(texts.replace('financieel = "Financieel"', 'financieel = "Cijfers"'), "utf-8")
    loaded = pipeline.load(save(tmp_path, ONE), tmp_path / "templates")
    assert client(loaded).reports[0].title == "Cijfers"
    assert loaded.catalogue.fingerprint != catalogue.load().fingerprint


def test_a_report_may_have_data_of_its_own_in_files_of_its_own(tmp_path):
    own = tmp_path / "templates/exact_online"
    for folder, text in (
        ("measures", '[measure."Dubbel"]\ndax = "2 * [Debet]"\nfolder = "Eigen"'),
        ("texts/nl", '[report]\neigen = "Eigen"'),
        ("texts/en", '[report]\neigen = "Own"'),
        ("reports", '[eigen]\nscope = "client"\nfact = "Mutaties"\npages = ["Balans"]'),
    ):
        (own / folder).mkdir(parents=True)
        (own / folder / "eigen.toml").write_text(text, "utf-8")
    known = catalogue.load(tmp_path / "templates")
    assert known.measures["Dubbel"].dax == "2 * [Debet]"
    assert known.reports["eigen"].pages == ("Balans",)
    assert known.languages["nl"].sections["report"]["eigen"] == "Eigen"
    assert "Debet" in known.measures


@pytest.mark.parametrize(
    ("path", "content", "code", "said"),
    [
        ("exact_online/measures.toml", "[measure", "B091", "measures.toml"),
        ("exact_online/tables.toml", b"\xff\xfe", "B091", "tables.toml"),
        (
            "exact_online/measures/eigen.toml",
            '[measure."Debet"]\ndax = "1"\nfolder = "x"',
            "B091",
            "measures/eigen.toml",
        ),
        ("exact_online/pages/Samenvatting.toml", "[[visual]]\nname = 'x'\nsoort = 'y'", "B092", "soort"),
        ("exact_online/pages/Samenvatting.toml", "[[visual]]\nname = 'x'", "B091", "kind"),
        ("exact_online/pages/Samenvatting.toml", "include = ['weg']", "B090", "pages/lib/weg.toml"),
        ("visuals/slicer.json", "{", "B091", "slicer.json"),
    ],
)
def test_a_broken_template_is_told_by_its_file(tmp_path, path, content, code, said):
    file = tmp_path / "templates" / path
    file.parent.mkdir(parents=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Stop) as stopped:
        pipeline.load(save(tmp_path, ONE), tmp_path / "templates")
    (problem,) = stopped.value.problems
    assert problem.code == code
    for language in ("nl", "en"):
        assert said in problem.text("message", language)


def test_as_many_processes_as_there_are_processors(tmp_path):
    assert Job(tmp_path).jobs == os.cpu_count()
