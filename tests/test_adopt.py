"""A design on its way: adopted for one client, stamped for others, updated; nothing of the first client comes along."""

import json
import re
import tomllib

import designs
import pytest
from bundles import as_json, client, measures_of, model_of, pages, queries_of, strings, tables_of
from bundles import parts as parts_of
from click.testing import CliRunner
from designs import adopt, adopted, layout, model, page, parts, report, save, textbox, visual
from markdown import found
from markdown import save as save_book

from generator import catalogue, pipeline
from generator.adopt import compare, place
from generator.adopt.write import toml
from generator.build import build
from generator.build.reads import reads
from generator.cli import bundel
from generator.problems import Stop
from generator.resolve.layout import overlaps
from generator.spec.example_logos import example_logos

OFFICE = """
## Kantoor
| Naam | Taal |
| Van Dam | nl |

## Klanten
| Code | Naam | URL | Alias | Taal |
| bakker | Bakkerij B.V. | https://bridge-online.cloud/vd-bakker/odata4 | | |
| oneill | O"Neill's << x >> | https://bridge-online.cloud/vd-oneill/odata4 | exact | en |

## Administraties
| Klant | Code | Naam |
| bakker | `710001` | Bakkerij B.V. |
| oneill | `750001` | Noord |
| oneill | `750002` | Zuid's |

## Rapporten
| Klant | Rapport | Titel | Pagina's |
| * | mijn | | |
"""


def loaded(folder, files, more="", code="bakker", allowed=()):
    """Adopt a design for one client of the office, and read the office with it."""
    without = OFFICE.replace("| * | mijn | | |", "| bakker | financieel | | |")
    templates = adopted(folder, files, without, code, allowed)
    return pipeline.load(save_book(folder, OFFICE + more, "met.xlsx"), templates)


def stamped(folder, files, code="oneill", more=""):
    """Return what the bundle of a client holds of a design."""
    office = loaded(folder, files, more)
    return build(client(office, code), office.catalogue)


def bundle(folder, files, code="oneill", more=""):
    """Return the files of a client's bundle with a design."""
    office = loaded(folder, files, more)
    return pipeline.files(client(office, code), office.catalogue)


def layer(made):
    """Return the pages of the one report of a bundle."""
    return pages(made.reports[0].layer.definition)


# ---------------------------------------------------------------------------------------------------------- stamping


def test_each_client_gets_the_design_on_its_own_database(tmp_path):
    office = loaded(tmp_path, parts())
    for code, url, division in (("bakker", "vd-bakker", "[Division] = 710001"), ("oneill", "vd-oneill", "750002)")):
        queries = queries_of(build(client(office, code), office.catalogue), "mijn")
        assert url in queries["P_INVANTIVE_URL"]
        assert "OData.Feed(P_INVANTIVE_URL, null, " in queries["Relaties"]
        assert division in queries["Relaties"]
    assert 'Name="ExactOnlineREST.CRM.Accounts@exact"' in queries["Relaties"]


def test_nothing_of_the_designing_client_is_in_a_file_of_another(tmp_path):
    names = report(
        page(
            "p1",
            "Bakkerij B.V. in cijfers",
            visual(title="'Omzet Bakkerij B.V.'"),
            textbox("t", "Over Bakkerij B.V. (710001)"),
        ),
    )  # fmt: skip
    database = model()
    table = database["model"]["tables"][0]
    table["measures"].append({"name": "Titel", "expression": '"Van ""Bakkerij B.V."" " & 1 // Bakkerij B.V.'})
    table["description"] = "Relaties van Bakkerij B.V."
    files = bundle(tmp_path, parts(database, names))
    whole = b"\n".join(files.values())
    for path, data in files.items():
        if path.endswith(".pbit"):
            whole += (
                b"\n".join(parts_of(data).values()) + parts_of(data)["DataModelSchema"].decode("utf-16-le").encode()
            )
    for word in ("Bakkerij", "710001", "vd-bakker"):
        assert word.encode() not in whole
    assert 'Van ""O""Neill\'s << x >>"" "'.replace('"', '\\"').encode() in whole
    assert "'Omzet O\"Neill''s << x >>'".replace('"', '\\"').encode() in whole
    assert b"(750001, 750002)" in whole


def test_a_check_on_divisions_is_added_and_the_model_keeps_what_it_had(tmp_path):
    made = stamped(tmp_path, parts())
    tables = tables_of(model_of(made, "mijn"))
    assert set(tables) == {"Relaties", "Administratiecontrole"}
    assert "Verwacht = {750001, 750002}" in queries_of(made, "mijn")["Administratiecontrole"]
    assert measures_of(model_of(made, "mijn")) == {"Aantal Relaties": "COUNTROWS('Relaties')"}


def test_a_check_in_a_design_is_never_trusted(tmp_path):
    weak = model({"Relaties": designs.QUERY, "Administratiecontrole": "#table({}, {})"})
    weak["model"]["tables"][1]["columns"] = [{"name": "Ontvangen", "dataType": "boolean", "sourceColumn": "x"}]
    made = stamped(tmp_path, parts(weak))
    assert "Verwacht = {750001, 750002}" in queries_of(made, "mijn")["Administratiecontrole"]


def test_a_table_of_the_design_can_not_be_named_as_one_that_guards(tmp_path):
    with pytest.raises(Stop) as stop:
        adopt(tmp_path, parts(model({"Relaties": designs.QUERY, "Toegang": "#table({}, {})"})))
    assert [problem.code for problem in stop.value.problems if problem.is_error] == ["B526"]


def test_what_was_chosen_by_hand_is_pointed_out(tmp_path):
    chosen = {"Where": [{"Condition": {"In": {"Values": [[{"Literal": {"Value": "'Jansen'"}}]]}}}]}
    card = visual(title="'Omzet'")
    card["filterConfig"] = {"filters": [{"filter": chosen}]}
    found = [
        p.values
        for p in adopt(tmp_path, parts(definition=report(page("p1", "Blad", card)))).problems
        if p.code == "B520"
    ]
    assert found == [{"value": "Blad (Jansen)"}]


def test_filters_and_slicers_follow_the_divisions_of_each_client(tmp_path):
    column = {"Column": {"Expression": {"SourceRef": {"Source": "r"}}, "Property": "Division"}}

    def within(*values):
        listed = [[{"Literal": {"Value": value}}] for value in values]
        return {"Where": [{"Condition": {"In": {"Expressions": [column], "Values": listed}}}]}

    card = visual()
    card["filterConfig"] = {"filters": [{"name": "a", "filter": within("710001L")}]}
    slicer = visual("v2", objects={"general": [{"properties": {"filter": {"filter": within("'Bakkerij B.V.'")}}}]})
    made = stamped(tmp_path, parts(definition=report(page("p1", "Overzicht", card, slicer))))
    ((_, (first, second)),) = layer(made).values()
    assert first["filterConfig"]["filters"][0]["filter"] == within("750001L", "750002L")
    assert second["visual"]["objects"]["general"][0]["properties"]["filter"]["filter"] == within("'Noord'", "'Zuid''s'")


def test_what_can_not_be_replaced_is_refused_with_its_place(tmp_path):
    database = model({"Relaties": designs.QUERY, "Bakkerij B.V.": "#table({}, {})"}, Code="710001 + 1")
    named = {"Column": {"Expression": {"SourceRef": {"Entity": "Bakkerij B.V."}}, "Property": "x"}}
    compared = {"Comparison": {"ComparisonKind": 0, "Right": {"Literal": {"Value": "'x 710001'"}}}}
    with pytest.raises(Stop) as stop:
        adopt(
            tmp_path,
            parts(database, report(page("p1", "Blad", visual(field=named, more=compared)))),
            OFFICE.split("## Rapporten", maxsplit=1)[0],
        )
    places = {problem.values["place"] for problem in stop.value.problems if problem.code == "B512"}
    assert {"query Bakkerij B.V.", "query Code", "Blad: Entity"} <= places
    assert not any("Literal" in each for each in places)


def test_unknown_sources_stop_unless_they_are_allowed(tmp_path):
    database = model(Budget=r'Csv.Document(File.Contents("C:\x\budget.csv"))', Koers='Web.Contents("https://koers.nl")')
    with pytest.raises(Stop) as stop:
        adopt(tmp_path, parts(database), allowed=["web.contents"])
    assert found(list(stop.value.problems)) == ["B511 ontwerp.pbit", "B521 ontwerp.pbit"]
    for allowed in (["*"], ["File.Contents", "https://koers.nl"]):
        read = adopt(tmp_path, parts(database), allowed=allowed).sources
        assert read == ("File.Contents C:\\x\\budget.csv", "Web.Contents https://koers.nl")


def test_a_password_is_not_repeated(tmp_path):
    database = model(Geheim='Web.Contents("https://x.nl", [Headers = [Authorization = "Basic c2VjcmV0"]])')
    with pytest.raises(Stop) as stop:
        adopt(tmp_path, parts(database), allowed=["*"])
    assert "B513" in {problem.code for problem in stop.value.problems}
    assert "c2VjcmV0" not in str([problem.document("nl") for problem in stop.value.problems])


def test_the_client_of_a_design_is_found_by_the_address_in_it(tmp_path):
    assert adopt(tmp_path, parts(), OFFICE.split("## Rapporten", maxsplit=1)[0], code=None).client == "bakker"


# -------------------------------------------------------------------------------------------------- the workbook's own


def test_a_title_and_a_choice_of_pages_work_on_a_design(tmp_path):
    files = report(
        page("p1", "Overzicht", visual()),
        page("p2", "Detail", visual("v2")),
        page("p3", "Verdieping", type="Drillthrough", visibility="HiddenInViewMode"),
    )
    marks = [{"name": "b1"}, {"name": "b2"}]
    files["bookmarks/bookmarks.json"] = {"items": marks}
    for name, section in (("b1", "p1"), ("b2", "p2")):
        state = {"activeSection": section, "sections": {"p1": {}, "p2": {}}}
        files[f"bookmarks/{name}.bookmark.json"] = {"name": name, "explorationState": state}
    office = loaded(tmp_path, parts(definition=files), "| oneill | mijn | Ons boek | Detail |\n")
    made = build(client(office, "oneill"), office.catalogue)
    assert made.reports[0].title == "Ons boek"
    assert made.reports[0].pages == ("Detail", "Verdieping")
    assert list(layer(made)) == ["Detail", "Verdieping"]
    definition = made.reports[0].layer.definition
    assert definition["pages/pages.json"]["activePageName"] == "p2"
    assert not any("/p1/" in path or "b1" in path for path in definition)
    assert definition["bookmarks/b2.bookmark.json"]["explorationState"]["sections"] == {"p2": {}}
    assert definition["bookmarks/bookmarks.json"]["items"] == [{"name": "b2"}]


def test_what_opens_a_page_that_is_gone_goes_with_it(tmp_path):
    files = report(page("p1", "Overzicht", visual()), page("p2", "Detail", visual("v2")))
    files["pages/pages.json"]["landingPageName"] = "p1"
    files["bookmarks/bookmarks.json"] = {"items": [{"name": "g", "children": ["b1"]}, {"name": "b1"}]}
    files["bookmarks/b1.bookmark.json"] = {"name": "b1", "explorationState": {"activeSection": "p1"}}
    office = loaded(tmp_path, parts(definition=files), "| oneill | mijn | | Detail |\n")
    whole, chosen = (
        build(client(office, code), office.catalogue).reports[0].layer.definition for code in ("bakker", "oneill")
    )
    assert whole["pages/pages.json"]["landingPageName"] == "p1"
    assert "landingPageName" not in chosen["pages/pages.json"]
    assert "bookmarks/b1.bookmark.json" in whole
    assert [path for path in chosen if path.startswith("bookmarks/")] == []


def test_an_old_report_opens_on_a_page_that_is_there(tmp_path):
    old = layout("Een", "Twee", "Drie")
    old["config"] = json.dumps({"version": "5.69", "activeSectionIndex": 2})
    office = loaded(tmp_path, parts(old=old), "| oneill | mijn | | Drie, Een |\n")
    for code, opens in (("bakker", 2), ("oneill", 0)):
        made = as_json(pipeline.files(client(office, code), office.catalogue)["mijn.Report/report.json"])
        assert json.loads(made["config"]) == {"version": "5.69", "activeSectionIndex": opens}
    assert [(each["displayName"], each["ordinal"]) for each in made["sections"]] == [("Drie", 0), ("Een", 1)]


MEASURES = """
## Meetwaarden
| Klant | Naam | DAX |
| oneill | Eigen | [Aantal Relaties] + 1 |
| oneill | Aantal Relaties | 7 |

## Visuals
| Klant | Rapport | Pagina | Soort | Titel | Waarden |
| oneill | mijn | Overzicht | cardVisual | Eigen kaart | Eigen |
| oneill | mijn | Nieuw | cardVisual | Op nieuw blad | Aantal Relaties |

## Teksten
| Klant | Rapport | Pagina | Tekst |
| oneill | mijn | Overzicht | Let op de debiteuren. |
"""


def test_measures_visuals_texts_and_new_pages_of_the_workbook_work_on_a_design(tmp_path):
    made = stamped(tmp_path, parts(), more=MEASURES)
    assert measures_of(model_of(made, "mijn")) == {"Aantal Relaties": "7", "Eigen": "[Aantal Relaties] + 1"}
    shown = layer(made)
    assert list(shown) == ["Overzicht", "Nieuw"]
    kinds = [each["visual"]["visualType"] for each in shown["Overzicht"][1]]
    assert sorted(kinds) == ["cardVisual", "cardVisual", "textbox"]
    own = next(each for each in shown["Overzicht"][1] if "queryState" in each["visual"].get("query", {}))
    assert next(iter(own["visual"]["query"]["queryState"].values()))["projections"][0]["queryRef"] == "Relaties.Eigen"
    (findings,) = [each for each in shown["Overzicht"][1] if "Let op de debiteuren." in strings(each)]
    place = {key: findings["position"][key] for key in ("x", "y", "width", "height")}
    assert place == {"x": 24, "y": 608, "width": 1232, "height": 88}  # at the foot
    assert "O\"Neill's << x >>" in strings(shown["Nieuw"][1])


def test_what_is_added_lies_on_top_and_is_reached_last(tmp_path):
    (mine, *added) = layer(stamped(tmp_path, parts(), more=MEASURES))["Overzicht"][1]
    assert mine["position"]["z"] == mine["position"]["tabOrder"] == 0
    orders = [(each["position"]["z"], each["position"]["tabOrder"]) for each in added]
    assert orders == [(1_000_001, 1_000_001), (1_000_002, 1_000_002)]


def test_a_phone_shows_a_page_of_the_design_as_it_was_made(tmp_path):
    """With a layout for what was added alone it would show nothing else; nor does that layout make a page taller."""
    rows = "".join(f"| oneill | mijn | Overzicht | cardVisual | Kaart {n} | Eigen |\n" for n in range(12))
    more = MEASURES.replace("| oneill | mijn | Nieuw |", f"{rows}| oneill | mijn | Nieuw |")
    files = report(page("p1", "Overzicht", visual()), page("p2", "Telefoon", visual("v2")))
    phone = {"position": {"x": 8, "y": 8, "z": 0, "width": 308, "height": 92, "tabOrder": 0}}
    files["pages/p2/visuals/v2/mobile.json"] = phone
    made = stamped(tmp_path, parts(definition=files), more=more)
    definition = made.reports[0].layer.definition
    phones = {path.split("/")[1] for path in definition if path.endswith("mobile.json")}
    assert "p1" not in phones
    assert len(phones) > 1, "pages of the workbook have a layout for a phone"
    assert definition["pages/p2/visuals/v2/mobile.json"] == phone
    own, shown = layer(made)["Overzicht"]
    lowest = max(each["position"]["y"] + each["position"]["height"] for each in shown)
    assert own["height"] == (720 if lowest <= 720 else lowest + 16)


def test_a_query_is_a_table_or_an_expression_and_models_have_names_of_their_own(tmp_path):
    office = loaded(tmp_path, parts(model(Los="1")))
    models = [build(client(office, code), office.catalogue).reports[0].database for code in ("bakker", "oneill")]
    for made in models:
        names = [each["name"] for each in made["model"]["expressions"]]
        assert names == ["P_INVANTIVE_URL", "BronAdministraties", "Los"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["name"])
    assert len({model()["name"], *(made["name"] for made in models)}) == 3


def test_a_slip_in_a_query_of_a_template_is_told_with_its_file(tmp_path):
    templates = adopted(tmp_path, parts(), OFFICE.split("## Rapporten", maxsplit=1)[0])
    query = templates / "adopted/mijn/queries/Relaties.pq"
    query.write_text(query.read_text("utf-8").replace("P_INVANTIVE_URL", "<< adres >>"), "utf-8")
    office = pipeline.load(save_book(tmp_path, OFFICE, "met.xlsx"), templates)
    with pytest.raises(Stop) as stop:
        build(client(office, "oneill"), office.catalogue)
    (told,) = stop.value.problems
    assert (told.code, told.cell.file) == ("B122", "adopted/mijn/queries/Relaties.pq")
    assert "adres" in told.text("message", "nl")


def test_findings_below_a_full_page_make_it_taller(tmp_path):
    full = visual()
    full["position"] |= {"x": 0, "y": 0, "width": 1280, "height": 720}
    more = MEASURES.split("## Visuals", maxsplit=1)[0] + "## Teksten" + MEASURES.split("## Teksten")[1]
    made = stamped(tmp_path, parts(definition=report(page("p1", "Overzicht", full))), more=more)
    own, _ = layer(made)["Overzicht"]
    assert own["height"] == 728 + 88 + 16


def test_a_measure_that_only_fits_one_report_is_left_out_of_the_other_with_a_warning(tmp_path):
    rows = "| oneill | Van ontwerp | [Aantal Relaties] |\n| oneill | Van ons | [Netto-omzet] * 2 |\n"
    more = f"| oneill | financieel | | |\n\n## Meetwaarden\n| Klant | Naam | DAX |\n{rows}"
    office = loaded(tmp_path, parts(), more)
    left = [problem for problem in found(list(office.problems)) if "B531" in problem]
    assert left == ["B531 Meetwaarden!C2", "B531 Meetwaarden!C3"]
    made = build(client(office, "oneill"), office.catalogue)
    assert "Van ontwerp" in measures_of(model_of(made, "mijn"))
    assert "Van ontwerp" not in measures_of(model_of(made, "financieel"))
    assert "Van ons" in measures_of(model_of(made, "financieel"))
    assert "Van ons" not in measures_of(model_of(made, "mijn"))


def test_a_slip_in_the_workbook_is_a_problem_at_its_cell(tmp_path):
    more = MEASURES.replace("[Aantal Relaties] + 1", "[Aantal Klanten]").replace(
        "| mijn | Overzicht | Let", "| mijn | Weg | Let"
    )
    told = set(found(list(loaded(tmp_path, parts(), more).problems)))
    assert {"B043 Meetwaarden!C2", "B095 Teksten!C2"} <= told
    assert not any("B531" in each for each in told)  # there is no other report that the measure may be for


ACCESS = """
## Toegang
| Klant | E-mail | Rol | Administraties |
| oneill | piet@oneill.nl | Viewer | 750001 |
"""


def test_viewers_are_kept_to_their_divisions(tmp_path):
    made = model_of(stamped(tmp_path, parts(), more=ACCESS), "mijn")
    (role,) = made["roles"]
    filters = {row["name"]: row["filterExpression"] for row in role["tablePermissions"]}
    assert filters["Relaties"].startswith("'Relaties'[Division] IN CALCULATETABLE")
    assert set(filters) == {"Relaties", "Administratiecontrole", "Toegang"}
    assert "piet@oneill.nl" in "".join(tables_of(made)["Toegang"]["partitions"][0]["source"]["expression"])


def test_a_table_that_can_not_be_limited_is_an_error(tmp_path):
    database = model({"Relaties": designs.QUERY, "Los": 'OData.Feed("https://bridge-online.cloud/vd-bakker/odata4")'})
    del database["model"]["tables"][1]["columns"][0]
    calculated = {"type": "calculated", "expression": "DISTINCT('Relaties'[Naam])"}
    copied = {"name": "Kopie", "columns": [{"name": "Naam"}], "partitions": [{"name": "k", "source": calculated}]}
    database["model"]["tables"].append(copied)
    office = loaded(tmp_path, parts(database), ACCESS)
    limited = [problem.values["table"] for problem in office.problems if problem.code == "B533"]
    assert limited == ["Kopie", "Los"]


def test_a_value_of_a_client_left_in_a_template_stops_everyone(tmp_path):
    templates = adopted(tmp_path, parts(), OFFICE.split("## Rapporten", maxsplit=1)[0])
    query = templates / "adopted/mijn/queries/Relaties.pq"
    query.write_text(query.read_text("utf-8") + "// 750002 https://bridge-online.cloud/vd-oneill/odata4", "utf-8")
    office = pipeline.load(save_book(tmp_path, OFFICE, "met.xlsx"), templates)
    values = [problem.values["value"] for problem in office.problems if problem.code == "B534"]
    assert values == ["750002", "bridge-online.cloud/vd-oneill"]


def test_theme_and_logo_are_those_of_each_client(tmp_path):
    mine, theirs = example_logos().values()
    (tmp_path / "mijn.png").write_bytes(mine)
    (tmp_path / "hun.png").write_bytes(theirs)
    rows = OFFICE.replace("| Alias | Taal |", "| Alias | Taal | Logo | Thema |").replace(
        "odata4 | | |", "odata4 | | | mijn.png | |"
    )
    rows = rows.replace("| exact | en |", "| exact | en | hun.png | koper |")
    before = pipeline.load(save_book(tmp_path, rows.replace("| * | mijn | | |", "| bakker | financieel | | |")))
    file = parts_of(pipeline.files(client(before), before.catalogue)["bakker-financieel.pbit"])
    templates = adopted(tmp_path, file, rows.replace("| * | mijn | | |", "| bakker | financieel | | |"))
    assert mine not in [path.read_bytes() for path in templates.rglob("*") if path.is_file()]
    office = pipeline.load(save_book(tmp_path, rows, "met.xlsx"), templates)
    for code, logo, theme in (("bakker", mine, "bundel"), ("oneill", theirs, "koper")):
        inside = parts_of(pipeline.files(client(office, code), office.catalogue)[f"{code}-mijn.pbit"])
        names = [
            item["name"] for item in _items(as_json(inside["Report/definition/report.json"]), "RegisteredResources")
        ]
        assert [
            inside[f"Report/StaticResources/RegisteredResources/{name}"] for name in names if name.endswith("png")
        ] == [logo]
        assert [name.rpartition("-")[0] for name in names if name.endswith("json")] == [theme]
        assert sum(path.startswith("Report/StaticResources/RegisteredResources/") for path in inside) == 2


def _items(content, package):
    return next(each["items"] for each in content["resourcePackages"] if each["name"] == package)


def test_theme_and_logo_are_added_to_a_design_without_files_of_its_own(tmp_path):
    (tmp_path / "logo.png").write_bytes(example_logos()["logo-garage.png"])
    rows = OFFICE.replace("| Alias | Taal |", "| Alias | Taal | Logo | Thema |")
    rows = rows.replace("odata4 | | |", "odata4 | | | | |").replace(
        "| exact | en |", "| exact | en | logo.png | koper |"
    )
    own = rows.replace("| * | mijn | | |", "| bakker | financieel | | |")
    office = pipeline.load(save_book(tmp_path, rows, "met.xlsx"), adopted(tmp_path, parts(), own))
    inside = parts_of(pipeline.files(client(office, "oneill"), office.catalogue)["oneill-mijn.pbit"])
    content = as_json(inside["Report/definition/report.json"])
    theme, logo = _items(content, "RegisteredResources")
    assert (theme["type"], logo["type"]) == ("CustomTheme", "Image")
    assert content["themeCollection"]["customTheme"]["name"] == theme["name"]
    assert {each["type"] for each in content["resourcePackages"]} == {"RegisteredResources"}
    folder = "Report/StaticResources/RegisteredResources/"
    assert {path.removeprefix(folder) for path in inside if "StaticResources" in path} == {theme["path"], logo["path"]}
    assert as_json(inside[folder + theme["path"]])["name"].casefold() != "bundel"
    other = as_json(
        parts_of(pipeline.files(client(office, "bakker"), office.catalogue)["bakker-mijn.pbit"])[
            "Report/definition/report.json"
        ]
    )
    assert "resourcePackages" not in other
    assert "customTheme" not in other["themeCollection"]


def test_probe_asks_for_the_tables_of_a_design(tmp_path):
    office = loaded(tmp_path, parts())
    found = {read.query: read.entity_set for read in reads(client(office, "oneill"), office.catalogue)}
    assert found["Relaties"] == "ExactOnlineREST.CRM.Accounts"
    assert "BronAdministraties" in found


# ----------------------------------------------------------------------------------------------------------- formats


def test_the_old_format_passes_through_with_its_own_version(tmp_path):
    old = layout("Overzicht", "Bakkerij B.V.")
    files = parts(old=old)
    office = loaded(tmp_path, files, "| oneill | mijn | | Overzicht |\n")
    inside = parts_of(pipeline.files(client(office, "bakker"), office.catalogue)["bakker-mijn.pbit"])
    assert inside["Version"].decode("utf-16-le") == "1.28"
    assert as_json(inside["Report/Layout"], "utf-16-le") == old
    assert b'PartName="/Report/Layout"' in inside["[Content_Types].xml"]
    project = pipeline.files(client(office, "oneill"), office.catalogue)
    (section,) = as_json(project["mijn.Report/report.json"])["sections"]
    assert (section["displayName"], section["ordinal"]) == ("Overzicht", 0)
    assert "Report/definition/report.json" not in parts_of(project["oneill-mijn.pbit"])


def test_the_old_format_takes_no_visuals_and_says_so(tmp_path):
    office = loaded(tmp_path, parts(old=layout("Overzicht")), MEASURES.split("## Teksten", maxsplit=1)[0])
    assert [each for each in found(list(office.problems)) if "B532" in each] == ["B532 Visuals!B2", "B532 Visuals!B3"]


def test_a_model_that_tmdl_can_not_hold_is_a_project_in_tmsl(tmp_path):
    database = model()
    database["model"]["tables"][0]["columns"][0]["alternateOf"] = {"summarization": "sum"}
    files = bundle(tmp_path, parts(database))
    assert as_json(files["mijn.SemanticModel/model.bim"])["model"]["tables"][0]["columns"][0]["alternateOf"]
    assert "mijn.SemanticModel/definition/model.tmdl" not in files


def test_files_of_a_report_come_along_as_they_are(tmp_path):
    more = {
        "Report/StaticResources/RegisteredResources/logo.png": b"\x89PNG",
        "Report/CustomVisuals/x/package.json": b"{}",
    }
    files = bundle(tmp_path, parts() | more)
    inside = parts_of(files["oneill-mijn.pbit"])
    assert {name: inside[name] for name in more} == more
    assert b'Extension="png"' in inside["[Content_Types].xml"]


def test_captions_and_titles_of_the_template_follow_the_language(tmp_path):
    files = parts(definition=report(page("p1", "Overzicht", visual(), textbox("t", "Omzet"))))
    templates = adopted(tmp_path, files, OFFICE.split("## Rapporten", maxsplit=1)[0])
    head = templates / "adopted/mijn/template.toml"
    text = head.read_text("utf-8").replace('title = "Overzicht"', 'title = "Overzicht"\ntitle_en = "Overview"')
    head.write_text(
        text + '\n[titles]\nnl = "Mijn cijfers"\nen = "My figures"\n[captions.en]\nOmzet = "Net\'s"\n', "utf-8"
    )
    office = pipeline.load(save_book(tmp_path, OFFICE, "met.xlsx"), templates)
    english = build(client(office, "oneill"), office.catalogue)
    assert english.reports[0].title == "My figures"
    assert list(layer(english)) == ["Overview"]
    assert {"'Net''s'", "Net's"} <= set(strings(english.reports[0].layer.definition))
    assert list(layer(build(client(office, "bakker"), office.catalogue))) == ["Overzicht"]


# ------------------------------------------------------------------------------------------------------- round trip


def test_what_bundel_made_comes_back_as_it_was(tmp_path):
    from bundles import ONE, files, load  # noqa: PLC0415

    more = "\n## Toegang\n| Klant | E-mail | Rol | Administraties |\n| bakker | a@b.nl | Viewer | 710001 |\n"
    before = files(tmp_path, ONE + more)["bakker-financieel.pbit"]
    (tmp_path / "ontwerp.pbit").write_bytes(before)
    templates = adopted(tmp_path, parts_of(before), ONE + more)
    more += "\n## Rapporten\n| Klant | Rapport | Titel |\n| bakker | mijn | Financieel |\n"
    office = pipeline.load(save_book(tmp_path, ONE + more, "met.xlsx"), templates)
    after = pipeline.files(client(office), office.catalogue)["bakker-mijn.pbit"]
    old, new = parts_of(before), parts_of(after)
    assert list(old) == list(new)
    differing = {name for name in old if old[name] != new[name]}
    assert differing <= {"DataModelSchema"}
    one, other = (as_json(each["DataModelSchema"], "utf-16-le") for each in (old, new))
    assert load(tmp_path, ONE).clients
    one, other = _comparable(one), _comparable(other)
    assert other == one


FINDINGS = """
## Teksten
| Klant | Rapport | Pagina | Tekst |
| bakker | financieel | Balans | De voorraad van Jansen is te hoog. |
"""


def test_findings_for_the_designing_client_stay_behind_and_others_come_in_their_place(tmp_path):
    from bundles import ONE, files  # noqa: PLC0415

    before = parts_of(files(tmp_path, ONE + FINDINGS)["bakker-financieel.pbit"])
    made = adopt(tmp_path, before, ONE + FINDINGS)
    assert b"Jansen" not in b"".join(made.files.values())
    assert [each for each in made.dropped if each.endswith("visual.json")]
    place.write(tmp_path / "templates", "mijn", made.files)
    rows = FINDINGS.replace("| financieel | Balans | De voorraad van Jansen is", "| mijn | Balans | Uw schuld is")
    chosen = "\n## Rapporten\n| Klant | Rapport |\n| bakker | mijn |\n"
    office = pipeline.load(save_book(tmp_path, ONE + rows + chosen, "met.xlsx"), tmp_path / "templates")
    shown = pages(build(client(office), office.catalogue).reports[0].layer.definition)["Balans"][1]
    said = [each for each in shown if "Uw schuld is te hoog." in strings(each)]
    assert len(said) == 1
    places = [
        tuple(each["position"][key] for key in ("x", "y", "width", "height")) for each in shown if each not in said
    ]
    assert not any(overlaps(other, (24, said[0]["position"]["y"], 1232, 88)) for other in places)


def _comparable(database):
    """Return a model without what follows from the report's name alone: ids, and who a read says that it is."""
    text = re.sub(r"bundel/bakker/(?:financieel|mijn)/", "bundel/", json.dumps(database, ensure_ascii=False))
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]{21}", "id", text)
    model = json.loads(text)["model"]
    model["tables"] = sorted(model["tables"], key=lambda table: table["name"])  # guards come last in a design
    model["expressions"] = sorted(model["expressions"], key=lambda each: each["name"])
    model["annotations"] = [row for row in model["annotations"] if row["name"] != "PBI_QueryOrder"]
    return model


# ---------------------------------------------------------------------------------------------------------- commands


def run(folder, *arguments):
    catalogue.load.cache_clear()
    base = ["--specs", str(folder / "specs"), "--templates", str(folder / "sjablonen"), "--out", str(folder / "out")]
    result = CliRunner().invoke(bundel, [*arguments, *base], standalone_mode=False)
    return (result.return_value if result.exception is None else result.exception), result.output


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "specs").mkdir()
    (tmp_path / "sjablonen").mkdir()
    save_book(tmp_path / "specs", OFFICE.replace("| * | mijn | | |", "| bakker | financieel | | |"))
    save(tmp_path, parts())
    return tmp_path


def adopt_command(desk, *arguments):
    return run(desk, "adopt", str(desk / "ontwerp.pbit"), *arguments)


def test_adopt_says_what_it_found_and_what_to_do_next(desk):
    code, output = adopt_command(desk, "--name", "mijn", "--from-client", "BAKKER")
    assert code == 0
    assert "1: Overzicht" in output
    assert "zet mijn op het blad Rapporten" in output
    assert (desk / "sjablonen/adopted/mijn/queries/Relaties.pq").is_file()
    code, output = run(desk, "plan")
    assert (code, "mijn" in output) == (0, False)


def test_adopt_speaks_json_and_english(desk):
    code, output = adopt_command(desk, "--name", "mijn", "--json", "--lang", "en")
    document = json.loads(output)
    assert (code, document["pages"], document["client"], document["errors"]) == (0, ["Overzicht"], "bakker", 0)


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["--name", "../mijn"], "B514", 1),
        (["--name", "nul"], "B514", 1),
        (["--name", "x" * 41], "B514", 1),
        (["--name", "Financieel"], "B514", 1),
        (["--update", "mijn"], "B516", 1),
        (["--name", "mijn", "--from-client", "weg"], "B029", 2),
    ],
)
def test_a_wrong_command_is_a_problem(desk, arguments, code, exit_code):
    stop, _ = adopt_command(desk, *arguments)
    assert [problem.code for problem in stop.problems] == [code]
    assert stop.exit_code == exit_code
    assert not (desk / "sjablonen/adopted").exists()


def test_a_name_that_is_taken_is_not_overwritten(desk):
    adopt_command(desk, "--name", "mijn")
    before = place.present(desk / "sjablonen", "mijn")
    for name in ("mijn", "MIJN"):
        stop, _ = adopt_command(desk, "--name", name)
        assert [problem.code for problem in stop.problems] == ["B515"]
    assert place.present(desk / "sjablonen", "mijn") == before


def test_an_update_shows_what_changes_and_breaks_nothing_unasked(desk):
    adopt_command(desk, "--name", "mijn")
    save_book(desk / "specs", OFFICE + MEASURES.split("## Teksten", maxsplit=1)[0])
    before = place.present(desk / "sjablonen", "mijn")
    database = model()
    database["model"]["tables"][0]["measures"] = [{"name": "Anders", "expression": "1"}]
    save(desk, parts(database, report(page("p2", "Nieuw blad", visual()))))
    stop, output = adopt_command(desk, "--update", "mijn")
    assert "- pagina     Overzicht   let op: gebruikt door bakker, oneill" in output
    assert "- meetwaarde Aantal Relaties   let op: gebruikt door oneill" in output
    assert "+ meetwaarde Anders" in output
    assert [problem.code for problem in stop.problems if problem.is_error] == ["B518"]
    assert place.present(desk / "sjablonen", "mijn") == before
    code, output = adopt_command(desk, "--update", "mijn", "--yes")
    assert (code, "- pagina     Overzicht" in output) == (0, True)
    assert place.present(desk / "sjablonen", "mijn") != before
    code, output = adopt_command(desk, "--update", "mijn")
    assert (code, "~" in output) == (0, False)


def test_an_update_keeps_what_was_written_by_hand(desk):
    database = model(
        {"Relaties": designs.QUERY + " meta [x = Regio]"}, Regio='null meta [IsParameterQuery=true, Type="Text"]'
    )
    save(desk, parts(database))
    adopt_command(desk, "--name", "mijn")
    folder = desk / "sjablonen/adopted/mijn"
    (folder / "queries/Regio.pq").write_text('"Zuid" meta [IsParameterQuery=true, Type="Text"]', "utf-8")
    head = (
        (folder / "template.toml")
        .read_text("utf-8")
        .replace('title = "Overzicht"', 'title = "Overzicht"\ntitle_en = "Overview"')
    )
    (folder / "template.toml").write_text(
        head + '\n[captions.en]\n"Omzet: a" = "Sales"\n\n[titles]\nen = "Mine"\n', "utf-8"
    )
    assert adopt_command(desk, "--update", "mijn")[0] == 0
    after = tomllib.loads((folder / "template.toml").read_text("utf-8"))
    assert after["captions"] == {"en": {"Omzet: a": "Sales"}}
    assert (after["titles"], after["page"][0]["title_en"]) == ({"en": "Mine"}, "Overview")
    assert "Zuid" in (folder / "queries/Regio.pq").read_text("utf-8")


def test_a_word_that_looks_like_the_client_is_asked_about(desk):
    save_book(
        desk / "specs",
        OFFICE.replace("Bakkerij B.V.", "Bakkerij Korenaar").replace("| * | mijn | | |", "| bakker | financieel | | |"),
    )
    save(desk, parts(definition=report(page("p1", "Omzet Korenaar", visual()))))
    code, output = adopt_command(desk, "--name", "een", "--lang", "nl")
    assert (code, "B525 let op: Korenaar in Omzet Korenaar" in output) == (0, True)
    code, output = adopt_command(desk, "--name", "twee", "--yes")
    assert (code, "B525" in output) == (0, False)
    whole = b"".join(place.present(desk / "sjablonen", "twee").values())
    assert b"Korenaar" not in whole
    assert b"Omzet <<client_name>>" in whole
    assert b'title = "Omzet klant"' in whole


def test_an_update_that_is_stopped_half_way_leaves_one_of_the_two_whole(desk):
    adopt_command(desk, "--name", "mijn")
    folder = desk / "sjablonen/adopted"
    before = place.present(desk / "sjablonen", "mijn")
    (folder / "mijn").rename(folder / ".mijn-old")
    (folder / ".mijn-new").mkdir()
    place.write(desk / "sjablonen", "ander", before)
    place.write(desk / "sjablonen", "mijn", {"template.toml": b"x"})
    assert sorted(path.name for path in folder.iterdir()) == ["ander", "mijn"]


def test_the_names_of_what_differs_are_told(tmp_path):
    one = adopt(tmp_path, parts()).files
    other = adopt(
        tmp_path, parts(definition=report(page("p1", "Overzicht", visual(title="'Winst'"), visual("v2"))))
    ).files
    found = [(each.kind, each.what, each.name) for each in compare.differences(one, other, ())]
    assert found == [
        ("create", "visual", "Overzicht: cardVisual 'Winst' (v1)"),
        ("create", "visual", "Overzicht: cardVisual 'Omzet' (v2)"),
        ("remove", "visual", "Overzicht: cardVisual 'Omzet' (v1)"),
    ]


def test_any_text_can_stand_in_the_head_of_a_template():
    texts = ['"', "\\", "\n\r\t\x00\x1f\x7f\u2028", "é 😀", "a" * 200]
    head = {"a": texts, "b c": "x", "t": {"k": texts[0], "l m": True}, "r": [{"name": text} for text in texts]}
    assert tomllib.loads(toml(head)) == head
