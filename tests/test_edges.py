"""Edges that are easily passed by: exact limits, what is left empty, texts as they are cleaned."""

import io
import zipfile
from pathlib import Path

import bundles
import openpyxl
import pytest
from markdown import BASE, read, save, slips

from generator.spec import archive, marked
from generator.spec.example import example_rows
from generator.spec.guard import MAX_CELLS
from generator.spec.sheets import SHEETS
from generator.spec.writer import write_workbook

ONE = BASE + "\n## Rapporten\n| Klant | Rapport | Pagina's |\n| * | financieel | {} |\n"
CHART = """
## Visuals
| Klant | Rapport | Pagina | Soort | Waarden | Categorie |
| bakker | financieel | X | lineChart | {} | {} |
"""


@pytest.mark.parametrize(
    ("code", "expected"), [(9_999_999, []), (10_000_000, []), (10_000_001, ["B034 Administraties!B2"])]
)
def test_the_number_of_a_division_may_be_ten_million(tmp_path, code, expected):
    assert slips(tmp_path, BASE.replace("`710001`", f"`{code}`")) == expected


def test_blanks_inside_and_around_a_text_are_one_or_none(tmp_path):
    for wrong in ("Bakkerij  Jansen", " Bakkerij Jansen", "Bakkerij Jansen ", "Bakkerij\\nJansen"):
        path = save(tmp_path, BASE)
        book = openpyxl.load_workbook(path)
        book["Klanten"]["B2"] = wrong.replace("\\n", "\n")
        book.save(path)
        spec, problems = read(path)
        assert (spec.clients[0].name, problems) == ("Bakkerij Jansen", []), wrong


def test_a_report_of_hidden_pages_only_is_told(tmp_path):
    assert bundles.problems(tmp_path, ONE.format("Boekingen").replace("| * |", "| bakker |")) == ["B063 Rapporten!C2"]


@pytest.mark.parametrize(
    ("value", "category", "expected"),
    [
        ("Mutaties[Bedrag]", "Datum[Maand]", "E2"),
        ("Netto-omzt", "Datum[Maand]", "E2"),
        ("Netto-omzet", "Datum[Mand]", "F2"),
    ],
)
def test_a_wrong_field_is_told_at_the_cell_that_holds_it(tmp_path, value, category, expected):
    found = bundles.problems(tmp_path, BASE + CHART.format(value, category))
    assert [each.split("!")[1] for each in found] == [expected]


def test_what_is_left_empty_is_empty_or_the_default(tmp_path):
    loaded = bundles.load(tmp_path, bundles.ONE)
    client, office = (bundles.client(loaded, code) for code in ("bakker", "_office"))
    for each in (client, office):
        assert (each.logo, each.theme, each.budget_scenario) == (None, "bundel", "")
        assert (each.client_id, each.exact_user) == ("", "")
        assert (each.years, each.year_end_month, each.fast_tables, each.refresh) == (3, 12, True, ())
    assert client.workspace.endswith("(bakker)")
    assert office.workspace.endswith(" kantoor")


def test_a_workbook_explains_its_cells_when_they_are_chosen():
    book = openpyxl.load_workbook(io.BytesIO(write_workbook("nl", example_rows("nl"))))
    lists = [each for sheet in book for each in sheet.data_validations.dataValidation]
    assert lists
    assert all(each.showInputMessage and each.prompt and each.promptTitle and each.allow_blank for each in lists)
    assert {each.showErrorMessage for each in lists} == {True, False}


def test_every_sheet_is_as_wide_as_its_description_says():
    book = openpyxl.load_workbook(io.BytesIO(write_workbook("nl", example_rows("nl"))))
    for sheet in SHEETS:
        page = book[sheet.name("nl")]
        letters = [cell.column_letter for cell in page[1] if cell.value]
        assert [page.column_dimensions[letter].width > 0 for letter in letters] == [True] * len(letters)


def test_the_list_of_problems_in_a_marked_copy_is_readable(tmp_path):
    path = save(tmp_path, BASE.replace("vd-oneill", "vd-bakker"))
    _, problems = read(path)
    marked.write_marked(tmp_path, tmp_path / "marked", problems, "nl")
    book = openpyxl.load_workbook(tmp_path / "marked" / path.name)
    page = book.worksheets[0]
    assert page.freeze_panes == "A2"
    for cell in page[2]:
        assert (cell.alignment.wrap_text, cell.alignment.vertical) == (True, "top")
    assert page["B2"].hyperlink.location.endswith(f"!{page['B2'].value}")


def test_a_plain_package_is_listed_without_the_help_of_zipfile():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            package.writestr(zipfile.ZipInfo(name), name * 9, zipfile.ZIP_DEFLATED)
    data = stream.getvalue()
    listed = archive._plain_parts(data, *archive._directory(data))  # noqa: SLF001  the quick way; the other is slower
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        found = [(each.filename, each.CRC, each.compress_size, each.file_size) for each in package.infolist()]
    assert [(part.name, part.checksum, part.packed_size, part.size) for part in listed] == found
    assert archive.parts_of(data) == listed
    assert archive.parts_of(zipfile_of(b"")) == []
    for broken in (data + b"x", b""):
        with pytest.raises(zipfile.BadZipFile):
            archive.parts_of(broken)


def zipfile_of(comment):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.comment = comment
    return stream.getvalue()


def test_as_many_cells_as_are_allowed_are_taken(tmp_path):
    """The corner of the last cell counts, not what is filled in."""
    columns = 10_000
    assert MAX_CELLS % columns == 0
    for rows, expected in ((MAX_CELLS // columns, []), (MAX_CELLS // columns + 1, ["B004"])):
        path = save(tmp_path, BASE)
        book = openpyxl.load_workbook(path)
        book["Klanten"].cell(rows, columns, "x")
        book.save(path)
        assert [each[:4] for each in slips_of(path) if each[:4] == "B004"] == expected


def slips_of(path: Path):
    return [problem.code for problem in read(path)[1]]
