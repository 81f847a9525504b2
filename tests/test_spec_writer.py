"""The workbooks that Bundel writes: empty, example and marked copy, all from the one description."""

import hashlib
from dataclasses import fields
from zipfile import ZipFile

import openpyxl
import pytest
from markdown import BASE, book, found, read, save
from renew_spec import EXAMPLE, PAGE

from generator.problems import LANGUAGES
from generator.spec import records
from generator.spec.example import example_rows, first_rows
from generator.spec.example_logos import example_logos
from generator.spec.kinds import CHOICES, EXPECTED
from generator.spec.marked import write_marked
from generator.spec.reference import reference
from generator.spec.sheets import SHEETS, find_column, find_sheet
from generator.spec.values import PARSERS
from generator.spec.writer import write_workbook


def written(folder, language, rows):
    path = folder / f"{language}.xlsx"
    path.write_bytes(write_workbook(language, rows))
    return path


def cells(path):
    made = openpyxl.load_workbook(path)
    return {
        (page.title, cell.coordinate): (cell.value, cell.number_format, cell.comment and cell.comment.text)
        for page in made
        for row in page.iter_rows()
        for cell in row
    }


def test_sheets_and_records_have_the_same_fields():
    for sheet in SHEETS:
        names = [column.key for column in sheet.columns]
        own = [field.name for field in fields(sheet.record) if field.name not in {"cell", "at"}]
        assert sorted(names) == sorted(own)
        required = {field.name for field in fields(sheet.record) if field.default is field.default_factory}
        assert {column.key for column in sheet.columns if column.required} == required & set(own)
    assert {sheet.key for sheet in SHEETS} == {field.name for field in fields(records.Spec)} - {"dropped"}


def test_every_kind_is_described_and_parsed():
    used = {column.kind for sheet in SHEETS for column in sheet.columns}
    assert used == set(EXPECTED) == set(PARSERS)
    assert set(CHOICES) <= used


def test_every_name_is_found_in_both_languages():
    for sheet in SHEETS:
        assert find_sheet(sheet.nl.upper()) is find_sheet(f" {sheet.en.lower()}\xa0") is sheet
        for column in sheet.columns:
            assert find_column(sheet, column.nl) is find_column(sheet, column.en) is column
            assert 0 < len(column.help_nl) <= 255
            assert 0 < len(column.help_en) <= 255


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rows", [example_rows, first_rows])
def test_what_is_written_reads_without_a_problem(tmp_path, language, rows):
    spec, problems = read(written(tmp_path, language, rows(language)))
    assert problems == []
    assert spec.office.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_workbook_helps(tmp_path, language):
    made = openpyxl.load_workbook(written(tmp_path, language, first_rows(language)))
    assert made.sheetnames[:-1] == [sheet.name(language) for sheet in SHEETS]
    assert made.worksheets[-1].sheet_state == "hidden"
    assert made.worksheets[-1].title.startswith("_")
    for sheet in SHEETS:
        page = made[sheet.name(language)]
        assert page.freeze_panes == "A2"
        lists = {str(each.sqref).split(":")[0]: each for each in page.data_validations.dataValidation}
        for index, column in enumerate(sheet.columns, 1):
            head = page.cell(1, index)
            assert head.value == column.name(language)
            assert column.help(language) in head.comment.text
            assert head.fill.fgColor.rgb in {"000B6E99", "00E3E8EE"}
            assert page.column_dimensions[head.column_letter].width == column.width
            assert (f"{head.column_letter}2" in lists) == bool(column.kind in CHOICES or column.refers)
        for each in lists.values():
            assert each.formula1 in made.defined_names


def test_drop_downs_point_at_what_they_name(tmp_path):
    made = openpyxl.load_workbook(written(tmp_path, "nl", example_rows("nl")))

    def values(name):
        title, area = next(iter(made.defined_names[name].destinations))
        return [cell.value for row in made[title][area.replace("$", "")] for cell in row if cell.value]

    assert values("bool") == ["ja", "nee"]
    assert values("role") == ["Viewer", "Contributor", "Member", "Admin"]
    codes = "'Klanten'!$A$2:$A$5000"
    assert made.defined_names["clients_code"].attr_text == f"'Klanten'!$A$2:INDEX({codes},MAX(1,COUNTA({codes})))"
    assert made["Klanten"]["A1"].value == "Code"


def test_typed_dates_stay_text(tmp_path):
    made = openpyxl.load_workbook(written(tmp_path, "nl", example_rows("nl")))
    assert made["Klanten"]["K4"].value == "06-30"
    assert made["Klanten"]["K4"].number_format == made["Klanten"].column_dimensions["K"].number_format == "@"


def test_the_example_is_the_office_of_the_readme(tmp_path):
    spec, _ = read(written(tmp_path, "nl", example_rows("nl")))
    assert [client.code for client in spec.clients] == [
        "bakker", "groep-zuid", "hockeyclub", "oneill", "garage", "oud-klant",
    ]  # fmt: skip
    assert len(spec.divisions) == 9
    assert [client.code for client in spec.clients if client.active is False] == ["oud-klant"]
    assert {client.code: client.fiscal_year_end for client in spec.clients}["hockeyclub"] == "06-30"
    assert {client.code: client.language for client in spec.clients}["oneill"] == "en"
    for rows in (spec.reports, spec.measures, spec.visuals, spec.tables, spec.mappings, spec.texts):
        assert rows
    assert spec.access


def test_the_same_rows_give_the_same_bytes():
    first, second = (write_workbook("nl", example_rows("nl")) for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_the_committed_example_is_what_new_writes(tmp_path):
    path = written(tmp_path, "nl", example_rows("nl"))
    assert cells(path) == cells(EXAMPLE)
    with ZipFile(EXAMPLE) as archive:
        made_by = archive.read("docProps/app.xml").decode()
    if f"Openpyxl {openpyxl.__version__}<" in made_by:  # another openpyxl may write the same workbook in other bytes
        assert path.read_bytes() == EXAMPLE.read_bytes()


def test_the_committed_logos_are_what_new_writes():
    for name, picture in example_logos().items():
        assert picture == (EXAMPLE.parent / name).read_bytes(), name


def test_the_page_of_the_docs_is_up_to_date():
    assert PAGE.read_text("utf-8") == reference(), "run python tests/renew_spec.py"


SLIPS = BASE.replace("| Van Dam | nl |", "| Van Dam | frans |").replace("vd-oneill", "vd-bakker") + "## Klnten\n| x |\n"


@pytest.mark.parametrize(("language", "title"), [("nl", "Problemen"), ("en", "Problems")])
def test_a_marked_copy(tmp_path, language, title):
    (tmp_path / "specs").mkdir()
    original = save(tmp_path / "specs", SLIPS)
    save(tmp_path / "specs", "## Toegang\n| Klant | E-mail | Rol |\n", "leeg.xlsx")
    before = original.read_bytes()
    problems = read(tmp_path / "specs")[1]
    assert found(problems) == ["B008 Klnten", "B012 Kantoor!B2", "B021 Klanten!C3"]
    copies = write_marked(tmp_path / "specs", tmp_path / "nakijken", problems, language).copies
    assert copies == (tmp_path / "nakijken" / "kantoor.xlsx",)
    assert original.read_bytes() == before
    made = openpyxl.load_workbook(copies[0])
    assert made.sheetnames == [title, "Kantoor", "Klanten", "Administraties", "Klnten"]
    red = made["Klanten"]["C3"]
    assert red.fill.fgColor.rgb == "00F4B6B1"
    assert problems[-1].text("hint", language) in red.comment.text
    assert made["Klanten"]["C2"].comment is None
    heads, *listed = [[cell.value for cell in row] for row in made[title].iter_rows()]
    assert (
        heads
        == {
            "nl": ["Blad", "Cel", "Code", "Ernst", "Probleem", "Wat te doen"],
            "en": ["Sheet", "Cell", "Code", "Severity", "Problem", "What to do"],
        }[language]
    )
    serious = {"nl": {"fout", "let op"}, "en": {"error", "warning"}}[language]
    assert {row[3] for row in listed} == serious
    assert sorted(row[2] for row in listed) == ["B008", "B012", "B021"]
    links = {row[2].value: row[1].hyperlink and row[1].hyperlink.location for row in made[title].iter_rows(min_row=2)}
    assert links == {"B008": None, "B012": "'Kantoor'!B2", "B021": "'Klanten'!C3"}


def test_a_marked_copy_can_be_mended_and_marked_again(tmp_path):
    save(tmp_path, SLIPS)
    copy = write_marked(tmp_path, tmp_path / "a", read(tmp_path)[1], "nl").copies[0]
    problems = read(copy)[1]
    assert found(problems) == ["B008 Klnten", "B012 Kantoor!B2", "B021 Klanten!C3"]
    again = openpyxl.load_workbook(write_marked(copy, tmp_path / "b", problems, "nl").copies[0])
    assert again.sheetnames.count("Problemen") == 1


def test_a_marked_copy_keeps_notes_and_survives_merged_cells(tmp_path):
    made = book(BASE.replace("| bakker | `710001` |", "| baker | `710001` |"))
    made["Administraties"]["A2"].comment = openpyxl.comments.Comment("mijn notitie", "Jan")
    made["Klanten"].merge_cells("B2:B3")
    made.save(tmp_path / "kantoor.xlsx")
    problems = read(tmp_path)[1]
    copy = openpyxl.load_workbook(write_marked(tmp_path, tmp_path / "nakijken", problems, "nl").copies[0])
    assert copy["Klanten"]["B2"].comment.text.startswith("B019")
    assert copy["Administraties"]["A2"].comment.text.startswith("mijn notitie")


def test_a_workbook_that_can_not_be_read_gets_no_copy(tmp_path):
    (tmp_path / "kantoor.xlsx").write_bytes(b"PK")
    assert write_marked(tmp_path, tmp_path / "nakijken", read(tmp_path)[1], "nl") == ((), ())
    assert not (tmp_path / "nakijken").exists()


def test_a_workbook_with_characters_of_no_text_gets_a_copy(tmp_path):
    made = book(SLIPS)
    made["Klanten"]["B2"] = "MARK"
    made.save(tmp_path / "kantoor.xlsx")
    in_parts(tmp_path / "kantoor.xlsx", b"MARK", b"a_x001B_[2J_xFFFF_b")
    copies, failed = write_marked(tmp_path, tmp_path / "nakijken", read(tmp_path)[1], "nl")
    assert failed == ()
    assert openpyxl.load_workbook(copies[0])["Klanten"]["B2"].value.startswith("a")


def test_a_workbook_that_openpyxl_refuses_gets_a_problem(tmp_path):
    save(tmp_path, SLIPS)
    in_parts(save(tmp_path, SLIPS, "vreemd.xlsx"), b'patternType="gray125"', b'patternType="nonsense"')
    copies, failed = write_marked(tmp_path, tmp_path / "nakijken", read(tmp_path)[1], "nl")
    assert [copy.name for copy in copies] == ["kantoor.xlsx"]
    assert found(failed) == ["B069 vreemd.xlsx"]


def in_parts(path, old, new):
    with ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    assert any(old in content for content in parts.values())
    with ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content.replace(old, new))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.key)
def test_what_a_sheet_is_for_is_said_in_the_language_asked_for(sheet):
    assert (sheet.help("nl"), sheet.help("en")) == (sheet.help_nl, sheet.help_en)
    assert sheet.help_nl != sheet.help_en
