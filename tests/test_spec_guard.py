"""The guard: files that break readers are refused in words, and nothing is lost in silence."""

import struct
import time
import zlib
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import pytest
from markdown import BASE, book, found, read, save

from generator.problems import Problem
from generator.spec import guard as guard_module
from generator.spec.archive import Content
from generator.spec.guard import GuardResult, guard, letters, number

SHEET = "xl/worksheets/sheet2.xml"
DIVISIONS_SHEET = "xl/worksheets/sheet3.xml"
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def parts_of(path):
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, parts, method=ZIP_DEFLATED):
    with ZipFile(path, "w", method, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_sheet(folder, content, part=SHEET):
    path = save(folder, BASE)
    return rewrite(path, parts_of(path) | {part: content})


def sheet(rows):
    return b"<worksheet " + MAIN + b"><sheetData>" + rows + b"</sheetData></worksheet>"


def refused(path):
    """Return the code of the refusal, which is all that reading gives as well."""
    looked = guard(path)
    assert isinstance(looked, Problem), looked
    assert found(read(path)[1]) == [f"{looked.code} {path.name}"]
    return looked.code


def test_a_correct_workbook_passes(tmp_path):
    path = save(tmp_path, BASE)
    assert guard(path) == GuardResult(path.read_bytes())


def test_values_in_the_far_corners(tmp_path):
    made = book(BASE)
    made["Klanten"]["XFD1048576"] = "x"
    made.save(tmp_path / "kantoor.xlsx")
    assert refused(tmp_path / "kantoor.xlsx") == "B004"


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        b'<row r = "1048576"><c r = "XFD1048576"><v>1</v></c></row>',
        b'<row\nr="1048576"\n><c\nr="XFD1048576"><v>1</v></c></row>',
        b'<row r="1048576"><c s="1" r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1048576"><c s="1" t="inlineStr" r="XFD1048576"><is><t>x</t></is></c></row>',
        b'<row r="400000"><c r="Z400000"><v>1</v></c></row>',
        b'<row r="1048576">' + b"<c><v>1</v></c>" * 6 + b"</row>",
        b'<x:row xmlns:x="x" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        b"<x:row xmlns:x='x' r='1048576'><x:c r='XFD1048576'><x:v>1</x:v></x:c></x:row>",
    ],
)
def test_far_corners_in_every_spelling(tmp_path, rows):
    assert refused(with_sheet(tmp_path, sheet(rows))) == "B004"


def test_far_corners_with_a_prefix_on_everything(tmp_path):
    content = sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    for tag in (b"worksheet", b"sheetData", b"row", b"c", b"v"):
        content = content.replace(b"<" + tag, b"<x:" + tag).replace(b"</" + tag, b"</x:" + tag)
    content = content.replace(b"<x:cx:", b"<x:c ").replace(b"xmlns=", b"xmlns:x=")
    assert refused(with_sheet(tmp_path, content)) == "B004"


def with_more_rows(folder, part, rows):
    """Add rows to a sheet."""
    path = save(folder, BASE)
    content = parts_of(path)[part].replace(b"</sheetData>", b"".join(rows) + b"</sheetData>")
    return rewrite(path, parts_of(path) | {part: content})


def test_a_million_formatted_empty_rows_do_no_harm(tmp_path):
    rows = (b'<row r="%d" s="1"><c r="A%d" s="1"/></row>' % (row, row) for row in range(4, 1_000_000))
    path = with_more_rows(tmp_path, SHEET, rows)
    started = time.process_time()
    assert found(read(path)[1]) == []
    assert time.process_time() - started < 10  # 1.5 s on a quiet computer


def test_an_empty_row_far_down_hides_no_value(tmp_path):
    rows = [b'<row r="900000"><c r="A900000" s="1"/><c r="Z900000"><v>1</v></c></row>']
    assert refused(with_more_rows(tmp_path, SHEET, rows)) == "B004"


def test_a_hundred_thousand_rows(tmp_path):
    rows = (
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>bakker</t></is></c><c r="B%d"><v>%d</v></c></row>' % (n, n, n, n)
        for n in range(4, 100_001)
    )
    spec, problems = read(with_more_rows(tmp_path, DIVISIONS_SHEET, rows))
    assert (len(spec.divisions), problems) == (99_999, [])


@pytest.mark.parametrize(
    "declaration",
    [b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<!doctype x>", b'<!DOCTYPE x SYSTEM "file:///etc/passwd">', b"<! DOCTYPE x>"],
)
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_document_types_and_entities(tmp_path, part, declaration):
    path = save(tmp_path, BASE)
    content = parts_of(path)[part]
    rewrite(path, parts_of(path) | {part: declaration + content})
    assert refused(path) == "B005"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings(tmp_path, encoding):
    path = save(tmp_path, BASE)
    rewrite(path, parts_of(path) | {SHEET: parts_of(path)[SHEET].decode().encode(encoding)})
    assert refused(path) == "B005"


def test_a_declared_encoding(tmp_path):
    path = save(tmp_path, BASE)
    content = b'<?xml version="1.0" encoding="UTF-7"?>' + parts_of(path)[SHEET]
    assert refused(rewrite(path, parts_of(path) | {SHEET: content})) == "B005"
    content = content.replace(b"UTF-7", b"utf-8")
    assert isinstance(guard(rewrite(path, parts_of(path) | {SHEET: content})), GuardResult)


def test_a_zip_bomb(tmp_path, monkeypatch):
    assert guard_module.MAX_BYTES == 200_000_000
    monkeypatch.setattr(guard_module, "MAX_BYTES", 5_000_000)
    path = save(tmp_path, BASE)
    rewrite(path, parts_of(path) | {"xl/media/image1.png": b"\0" * 5_100_000})
    assert path.stat().st_size < 100_000
    assert refused(path) == "B004"


def test_a_zip_bomb_with_lying_headers(tmp_path, monkeypatch):
    monkeypatch.setattr(guard_module, "MAX_BYTES", 5_000_000)
    path = save(tmp_path, BASE)
    rewrite(path, parts_of(path) | {"xl/media/x.xml": b"\0" * 5_100_000})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<L", 5_100_000), struct.pack("<L", 1000)))
    assert refused(path) == "B004"


def test_sizes_and_checksums_are_checked(tmp_path):
    path = save(tmp_path, BASE)
    rewrite(path, parts_of(path), ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Bakkerij", b"Bakkerxx"))
    assert refused(path) == "B003"


def test_what_stands_in_an_unpacked_part_is_counted_in_full(tmp_path, monkeypatch):
    path = save(tmp_path, BASE)
    real = sum(map(len, parts_of(path).values()))
    monkeypatch.setattr(guard_module, "MAX_BYTES", real - 1)
    assert guard(path).code == "B004"
    monkeypatch.setattr(guard_module, "MAX_BYTES", real)
    assert isinstance(guard(path), GuardResult)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = save(tmp_path, BASE)
    monkeypatch.setattr(guard_module, "MAX_BYTES", path.stat().st_size - 1)
    assert guard(path).code == "B004"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "B003"),
        (b"\0\0\0\0", "B003"),
        (b"  \r\n", "B003"),
        (b"PK", "B003"),
        (b"PK\x05\x06" + b"\0" * 18, "B001"),
        (b"Code;Naam;URL\r\nbakker;Bakkerij;https://x\r\n", "B001"),
        (b"<html><table><tr><td>Code</td></tr></table></html>", "B001"),
        (b"\xef\xbb\xbfCode,Naam", "B001"),
        (b"%PDF-1.7", "B001"),
        (b"\x89PNG\r\n\x1a\n", "B001"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "B002"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "B002"),
    ],
)
def test_foreign_files(tmp_path, content, code):
    path = tmp_path / "kantoor.xlsx"
    path.write_bytes(content)
    assert refused(path) == code


@pytest.mark.parametrize("part", ["word/document.xml", "content.xml", "xl/workbook.bin"])
def test_other_packages(tmp_path, part):
    assert refused(rewrite(tmp_path / "kantoor.xlsx", {"[Content_Types].xml": b"<Types/>", part: b"<x/>"})) == "B001"


@pytest.mark.parametrize("kept", [10, 100, 1000, 3000, -200, -23, -1])
def test_truncated_files(tmp_path, kept):
    path = save(tmp_path, BASE)
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(path) == "B003"


def test_a_part_with_a_password(tmp_path):
    path = save(tmp_path, BASE)
    data = bytearray(path.read_bytes())
    start = 0
    while (start := data.find(b"PK\x01\x02", start)) >= 0:
        data[start + 8] |= 1
        start += 4
    path.write_bytes(data)
    assert refused(path) == "B002"


def test_other_ways_of_packing(tmp_path):
    path = save(tmp_path, BASE)
    assert refused(rewrite(path, parts_of(path), ZIP_BZIP2)) == "B005"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_doubled_part(tmp_path):
    path = save(tmp_path, BASE)
    with ZipFile(path, "a") as archive:
        archive.writestr(SHEET, b"<worksheet/>")
    assert refused(path) == "B005"


def test_a_file_that_is_gone_or_held(tmp_path, monkeypatch):
    assert refused(tmp_path / "weg.xlsx") == "B006"
    path = save(tmp_path, BASE)

    def held(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", held)
    assert guard(path).code == "B006"


def test_a_folder_named_as_a_workbook_is_passed_over(tmp_path):
    save(tmp_path, BASE)
    (tmp_path / "map.xlsx").mkdir()
    assert found(read(tmp_path)[1]) == []


def test_formulas_errors_and_merged_cells_are_found(tmp_path):
    made = book(BASE)
    made["Klanten"]["B2"] = '="Bak" & "kerij" & A1 < 3'
    made["Klanten"]["F9"] = "=SUM(A1:A2)"
    made["Klanten"].merge_cells("G1:H2")
    made.save(tmp_path / "kantoor.xlsx")
    looked = guard(tmp_path / "kantoor.xlsx")
    assert looked.formulas == {("Klanten", "B2"): '"Bak" & "kerij" & A1 < 3', ("Klanten", "F9"): "SUM(A1:A2)"}
    assert looked.merged == {"Klanten": ("G1:H2",)}


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_formulas_and_errors_are_found_under_any_prefix(tmp_path, prefix):
    cells = b'<row r="4"><c r="A4"><f>1+1</f><v>2</v></c><c t="e" r="B4"><v>#N/A</v></c><c><f>2</f></c></row>'
    content = sheet(cells)
    for tag in (b"worksheet", b"sheetData", b"row", b"c", b"f", b"v") if prefix else ():
        for bracket, end in ((b"<", b" "), (b"<", b">"), (b"</", b">")):
            content = content.replace(bracket + tag + end, bracket + prefix.encode() + tag + end)
    content = content.replace(b"xmlns=", b"xmlns:x=") if prefix else content
    looked = guard(with_sheet(tmp_path, content))
    assert looked.formulas == {("Klanten", "A4"): "1+1", ("Klanten", "C4"): "2"}
    assert looked.errors == {("Klanten", "B4"): "#N/A"}


def test_broken_xml_is_a_problem(tmp_path):
    assert refused(with_sheet(tmp_path, sheet(b'<row r="1"><c r="A1"><f>1</c></row>'))) == "B003"
    assert found(read(with_sheet(tmp_path, b"<worksheet "))[1]) == ["B003 kantoor.xlsx"]


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_byte_never_raises(tmp_path, seed):
    path = save(tmp_path, BASE)
    data = bytearray(path.read_bytes())
    data[(seed * 7919) % len(data)] ^= 0x55
    path.write_bytes(data)
    for problem in read(path)[1]:
        assert problem.text("message", "nl")


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_part_never_raises(tmp_path, seed):
    path = save(tmp_path, BASE)
    parts = parts_of(path)
    name = sorted(parts)[seed % len(parts)]
    place = zlib.crc32(bytes([seed])) % max(1, len(parts[name]))
    parts[name] = parts[name][:place] + b"<&" + parts[name][place + 3 :]
    for problem in read(rewrite(path, parts))[1]:
        assert problem.text("message", "nl")


def test_text_with_references_of_xml_is_kept(tmp_path):
    spec, problems = read(save(tmp_path, BASE.replace("Bakkerij", "B & C <\"d'> é €")))
    assert problems == []
    assert spec.clients[0].name == "B & C <\"d'> é €"


def test_columns_have_letters_and_numbers():
    assert [letters(1), letters(26), letters(27), letters(702), letters(703), letters(16384)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip
    assert all(number(letters(column)) == column for column in range(1, 16385))


def test_the_guard_reads_a_workbook_from_memory(tmp_path):
    looked = guard(save(tmp_path, BASE))
    assert ZipFile(BytesIO(looked.data)).testzip() is None


RELATIONS = "xl/_rels/workbook.xml.rels"
HUGE = sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


@pytest.mark.parametrize(
    "part", ["xl/evil.xml", "xl/worksheets/sheet2.bin", "evil/sheet2.xml", "xl/worksheets/a/b.txt"]
)
def test_a_sheet_in_a_strange_place(tmp_path, part):
    path = save(tmp_path, BASE)
    parts = parts_of(path)
    del parts[SHEET]
    parts[RELATIONS] = parts[RELATIONS].replace(b"/" + SHEET.encode(), b"/" + part.encode())
    assert refused(rewrite(path, parts | {part: HUGE})) == "B005"


@pytest.mark.parametrize("part", ["xl/evil.xml", "docProps/evil.bin"])
def test_a_sheet_that_no_one_asked_for(tmp_path, part):
    path = save(tmp_path, BASE)
    assert refused(rewrite(path, parts_of(path) | {part: HUGE})) == "B005"


@pytest.mark.parametrize("name", [b"xl\\worksheets\\sheet2.xml", b"xl/worksheets/sheet2.xml\0.tx"])
def test_names_of_parts_that_readers_read_differently(tmp_path, name):
    path = save(tmp_path, BASE)
    parts = parts_of(path)
    plain = "x" * len(name)
    parts[plain] = parts.pop(SHEET)
    path.write_bytes(rewrite(path, parts).read_bytes().replace(plain.encode(), name))
    assert refused(path) == "B005"


def test_two_relations_of_one_name_or_two_sheets_of_one_part(tmp_path):
    path = save(tmp_path, BASE)
    parts = parts_of(path)
    doubled = parts[RELATIONS].replace(b"sheet3.xml", b"sheet2.xml")
    assert refused(rewrite(path, parts | {RELATIONS: doubled})) == "B005"
    doubled = parts[RELATIONS].replace(b'Id="rId3"', b'Id="rId2"')
    assert refused(rewrite(path, parts | {RELATIONS: doubled})) == "B005"


def test_an_archive_has_one_directory(tmp_path):
    path = save(tmp_path, BASE)
    data = path.read_bytes()
    end = data.rfind(b"PK\5\6")
    size, offset = struct.unpack_from("<LL", data, end + 12)
    other = data + data[offset : offset + size] + struct.pack("<4s8xLLH", b"PK\5\6", size, len(data), 0)
    for hostile in (other, data[:-2] + b"\5\0", data + b"\0", b"PK" + data, data[:-2] + b"\1\0x" + data[end:]):
        path.write_bytes(hostile)
        assert refused(path) == "B003"
    path.write_bytes(data[:-2] + b"\1\0x")
    assert found(read(path)[1]) == []


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="10">' + b"<c/>" * 3_000_001 + b"</row>",
        b'<row r="10">' + b'<c r="A10"><f>1</f><v>1</v></c>' * 200_001 + b"</row>",
        b'<row r="10">' + b'<c r="A10" t="e"><v>#N/A</v></c>' * 200_001 + b"</row>",
    ],
)
def test_very_many_small_cells(tmp_path, rows):
    assert refused(with_sheet(tmp_path, sheet(rows))) == "B004"


def test_very_many_empty_texts(tmp_path):
    texts = b"<sst " + MAIN + b">" + b"<si/>" * 3_000_001 + b"</sst>"
    assert refused(with_sheet(tmp_path, texts, "xl/sharedStrings.xml")) == "B004"


@pytest.mark.parametrize("address", ["A" * 300 + "2", "ABCD2", "2", "A", "A12345678", "A-1", "Ä1", "A1:B2", "$A$1"])
def test_an_address_that_is_none_is_refused_before_the_reader_makes_one_of_it(tmp_path, address):
    row = f'<row r="2"><c r="{address}" t="inlineStr"><is><t>x</t></is></c></row>'
    assert refused(with_sheet(tmp_path, sheet(row.encode()))) == "B003"


def with_shared_strings(folder, texts, cells):
    """Return a workbook with these shared strings, and cells below the table of clients that refer to them by turns."""
    path = save(folder, BASE)
    parts = parts_of(path)
    strings = "".join(f"<si><t>{text}</t></si>" for text in texts)
    rows = "".join(f'<row r="{n}"><c r="Z{n}" t="s"><v>{n % len(texts)}</v></c></row>' for n in range(9, 9 + cells))
    link = b'<Relationship Id="s9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'  # noqa: E501  one tag
    relations = "xl/_rels/workbook.xml.rels"
    more = {
        "xl/sharedStrings.xml": b"<sst " + MAIN + b">" + strings.encode() + b"</sst>",
        DIVISIONS_SHEET: parts[DIVISIONS_SHEET].replace(b"</sheetData>", rows.encode() + b"</sheetData>"),
        relations: parts[relations].replace(b"</Relationships>", link),
    }
    return rewrite(path, parts | more)


def test_a_long_text_that_many_cells_share_would_end_the_process(tmp_path):
    path = with_shared_strings(tmp_path, ["x" * 1_000_000], 5000)
    assert path.stat().st_size < 100_000
    assert refused(path) == "B004"


def test_a_long_text_in_a_few_cells_among_many_short_ones_is_read(tmp_path):
    path = with_shared_strings(tmp_path, ["x", *["kort"] * 9_999, "y" * 32_767], 12_000)
    assert isinstance(guard(path), GuardResult)


@pytest.mark.parametrize(
    "string",
    [
        "<si>" + "<r><t>{}</t></r>" * 40 + "</si>",
        "<x:si xmlns:x='x'>" + "<x:t>{}</x:t><!-- </si><si> -->" * 40 + "</x:si>",
        "<si >" + "<t>{}</t><?x </si><si> ?>" * 40 + "</si >",
        "<si>" + "<t a='&lt;/si>'>{}</t><six/>" * 40 + "</si>",
    ],
)
def test_a_long_text_in_pieces_is_counted_as_one(tmp_path, monkeypatch, string):
    monkeypatch.setattr(guard_module, "MAX_TEXT", 50_000)
    path = with_shared_strings(tmp_path, ["x"], 20)
    strings = b"<sst " + MAIN + b">" + string.replace("{}", "x" * 70).encode() + b"</sst>"
    assert isinstance(guard(path), GuardResult)
    assert refused(rewrite(path, parts_of(path) | {"xl/sharedStrings.xml": strings})) == "B004"


def test_a_text_in_a_text_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(guard_module, "MAX_TEXT", 50)
    path = with_shared_strings(tmp_path, ["x"], 20)
    strings = b"<sst " + MAIN + b"><si><t>x</t><si><t>x</t></si></si></sst>"
    assert refused(rewrite(path, parts_of(path) | {"xl/sharedStrings.xml": strings})) == "B003"


def test_texts_that_are_repeated_are_counted_in_every_spelling(tmp_path, monkeypatch):
    monkeypatch.setattr(guard_module, "MAX_TEXT", 50_000)
    path = with_shared_strings(tmp_path, ["x" * 100], 600)
    parts = parts_of(path)
    for old, new in ((b"<v>0</v>", b"<v><![CDATA[0]]></v>"), (b"<v>0</v>", b"<v> &#48; </v>"), (b't="s"', b"t = 's'")):
        odd = rewrite(path, parts | {DIVISIONS_SHEET: parts[DIVISIONS_SHEET].replace(old, new)})
        assert refused(odd) == "B004", new
    rewrite(path, parts | {DIVISIONS_SHEET: parts[DIVISIONS_SHEET].replace(b't="s"', b't="n"')})
    assert isinstance(guard(path), GuardResult)


@pytest.mark.parametrize("size", [0, 1, 299, 301, 10_000])
def test_what_a_directory_says_of_a_part_is_not_believed(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(b"abc" * 100) + packer.flush()
    assert bytes(Content(packed, ZIP_DEFLATED, zlib.crc32(b"abc" * 100), 300).unpack(300)) == b"abc" * 100
    for checksum in (zlib.crc32(b"abc" * 100), zlib.crc32(b"")):
        with pytest.raises(BadZipFile):
            Content(packed, ZIP_DEFLATED, checksum, size).unpack(1000)


def test_tags_are_counted_over_all_parts(tmp_path, monkeypatch):
    rows = b'<row r="10">' + b"<c/>" * 60 + b"</row>"
    path = with_sheet(tmp_path, sheet(rows))
    parts = parts_of(path) | {DIVISIONS_SHEET: sheet(rows)}
    monkeypatch.setattr(guard_module, "MAX_TAGS", 300)
    assert isinstance(guard(rewrite(path, parts)), GuardResult)
    monkeypatch.setattr(guard_module, "MAX_TAGS", 119)
    assert refused(path) == "B004"
