"""*Logo*: a picture beside the workbook, in the head of every page; read with suspicion, and told apart by content."""

from __future__ import annotations

import os
import struct
import sys
import zlib

import pytest
from bundles import ONE, as_json, client, load, pages, parts
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import pipeline
from generator.cli import main
from generator.spec.example_logos import example_logos
from generator.spec.pictures import LARGEST, WIDEST, NoPictureError, picture

PNG, OTHER = example_logos().values()
LOGO = "| Code | Naam | URL | Logo |"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=2, height=2, *extra, body=b"\0\0\0\0", colour=0):
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    drawn = chunk(b"IDAT", zlib.compress(body))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(extra) + drawn + chunk(b"IEND", b"")


def segment(kind, data):
    return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data


def jpeg(*extra, size=(3, 2), scan=b"\x01\xff\x00\x02\xff\xd0\x03", end=b"\xff\xd9"):
    frame = b"\x08" + struct.pack(">HH", *reversed(size)) + b"\x01\x01\x11\x00"
    head = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    return b"\xff\xd8" + head + b"".join(extra) + segment(0xC0, frame) + segment(0xDA, b"\1\1\0\0?\0") + scan + end


def with_logo(*names, office=""):
    """Return tables of an office whose clients name these files."""
    tables = ONE.replace("| Code | Naam | URL |", LOGO)
    if office:
        tables = tables.replace("| Geconsolideerde URL |", "| Geconsolideerde URL | Logo |").replace(
            "vd-kantoor/odata4 |", f"vd-kantoor/odata4 | {office} |"
        )
    first, *others = names
    tables = tables.replace("vd-bakker/odata4 |", f"vd-bakker/odata4 | {first} |")
    for number, name in enumerate(others, 1):
        row = f"| k{number} | Klant {number} | https://bridge-online.cloud/k{number}/odata4 | {name} |\n"
        tables = tables.replace("\n## Administraties", f"{row}\n## Administraties")
        tables += f"| k{number} | `{720000 + number}` |\n"
    return tables


def registered(files, report="financieel"):
    """Return the pictures in a bundle's project: name → bytes."""
    folder = f"{report}.Report/StaticResources/RegisteredResources/"
    return {path.removeprefix(folder): data for path, data in files.items()
            if path.startswith(folder) and not path.endswith(".json")}  # fmt: skip


def test_a_logo_stands_in_the_head_of_every_page(tmp_path):
    (tmp_path / "merk bakker.png").write_bytes(PNG)
    loaded = load(tmp_path, with_logo("merk bakker.png"))
    made = client(loaded)
    files = pipeline.files(made, loaded.catalogue)
    ((name, data),) = registered(files).items()
    assert data == PNG
    assert name == f"logo-{made.logo.mark}.png"
    report = as_json(files["financieel.Report/definition/report.json"])
    assert {"name": name, "path": name, "type": "Image"} in report["resourcePackages"][1]["items"]
    layer = {path.removeprefix("financieel.Report/definition/"): as_json(text) for path, text in files.items()
             if path.startswith("financieel.Report/definition/") and path.endswith(".json")}  # fmt: skip
    for title, (_, visuals) in pages(layer).items():
        (image,) = (visual for visual in visuals if visual["visual"]["visualType"] == "image")
        item = image["visual"]["objects"]["general"][0]["properties"]["imageUrl"]["expr"]["ResourcePackageItem"]
        assert item == {"PackageName": "RegisteredResources", "PackageType": 1, "ItemName": name}, title
        left = image["position"]["x"]
        beside = [visual["position"] for visual in visuals if visual is not image and visual["position"]["y"] < 70]
        assert all(place["x"] + place["width"] <= left for place in beside), title


def test_the_template_holds_the_same_picture_and_its_kind(tmp_path):
    (tmp_path / "a.jpeg").write_bytes(jpeg())
    loaded = load(tmp_path, with_logo("a.jpeg"))
    files = pipeline.files(client(loaded), loaded.catalogue)
    inside = parts(files["bakker-financieel.pbit"])
    ((name, data),) = registered(files).items()
    assert inside[f"Report/StaticResources/RegisteredResources/{name}"] == data
    assert b'<Default Extension="jpg" ContentType="" />' in inside["[Content_Types].xml"]
    assert list(inside)[-1].startswith("Report/StaticResources/")


def test_a_client_without_a_logo_has_nothing_of_it(tmp_path):
    loaded = load(tmp_path, ONE)
    files = pipeline.files(client(loaded), loaded.catalogue)
    assert registered(files) == {}
    assert not [path for path, data in files.items() if b'"image"' in data and path.endswith("visual.json")]


def test_a_clients_own_logo_goes_before_the_offices(tmp_path):
    (tmp_path / "kantoor.png").write_bytes(PNG)
    (tmp_path / "eigen.png").write_bytes(OTHER)
    loaded = load(tmp_path, with_logo("eigen.png", "", office="kantoor.png"))
    data = {each.code: each.logo.data for each in loaded.clients}
    assert data == {"bakker": OTHER, "k1": PNG, "_office": PNG}


def test_neither_the_name_nor_the_picture_of_a_client_stands_in_another_bundle(tmp_path):
    (tmp_path / "logo van bakker.png").write_bytes(PNG)
    (tmp_path / "zusje.png").write_bytes(OTHER)
    loaded = load(tmp_path, with_logo("logo van bakker.png", "zusje.png"))
    files = {each.code: pipeline.files(each, loaded.catalogue) for each in loaded.clients}
    for code, own in files.items():
        everything = b"".join((path.encode() + data) for path, data in own.items())
        assert b"logo van bakker" not in everything
        assert b"zusje" not in everything
        assert (PNG in everything) == (code == "bakker")
        assert (OTHER in everything) == (code == "k1")


def test_another_picture_under_the_same_name_makes_another_bundle(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    first = load(tmp_path, with_logo("a.png"))
    (tmp_path / "a.png").write_bytes(OTHER)
    second = load(tmp_path, with_logo("a.png"))
    hashes = {pipeline.spec_hash(client(loaded), loaded.catalogue) for loaded in (first, second)}
    assert len(hashes) == 2


# ------------------------------------------------------------------------------------------------------ what is refused


def told(folder, name):
    """Return code and cell of the problems that a name gives."""
    return [(problem.code, str(problem.cell)) for problem in load(folder, with_logo(name)).problems]


@pytest.mark.parametrize(
    "name",
    ["../a.png", "..\\a.png", "x/../../a.png", "/etc/a.png", "\\\\server\\a.png", "C:\\a.png", "c:a.png",
     "https://evil.example/a.png", "file:///a.png", "a.png:stream"],
)  # fmt: skip
def test_a_path_out_of_the_folder_is_refused(tmp_path, name):
    (tmp_path / "binnen").mkdir()
    (tmp_path / "a.png").write_bytes(PNG)
    assert told(tmp_path / "binnen", name) == [("B143", "Klanten!D2")]


@pytest.mark.parametrize(("name", "code"), [("weg.png", "B142"), ("map", "B142"), ("weg/weg.png", "B142")])
def test_a_file_that_is_not_there_is_told(tmp_path, name, code):
    (tmp_path / "map").mkdir()
    assert told(tmp_path, name) == [(code, "Klanten!D2")]
    assert [problem.client for problem in load(tmp_path, with_logo(name)).problems] == ["bakker"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
def test_links_out_of_the_folder_and_pipes_are_refused(tmp_path):
    inside = tmp_path / "binnen"
    inside.mkdir()
    (tmp_path / "a.png").write_bytes(PNG)
    (inside / "link.png").symlink_to(tmp_path / "a.png")
    (inside / "rond.png").symlink_to(inside / "rond.png")
    os.mkfifo(inside / "pijp.png")
    assert told(inside, "link.png") == [("B143", "Klanten!D2")]
    assert told(inside, "rond.png")[0][0] in {"B142", "B146"}
    assert told(inside, "pijp.png") == [("B142", "Klanten!D2")]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', b"MZ\x90",
        PNG[:-1], PNG[:40], PNG.replace(b"IDAT", b"IDAX"), PNG[:60] + b"\0" + PNG[61:], png(0, 2), png(2, 2, colour=5),
        jpeg()[:20], jpeg(end=b""), jpeg(size=(0, 2)), b"\xff\xd8\xff\xd9", b"\xff\xd8\xff" * 10,
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused_whatever_its_name(tmp_path, data):
    (tmp_path / "a.png").write_bytes(data)
    assert told(tmp_path, "a.png") == [("B144", "Klanten!D2")]


def test_a_picture_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(png(2, 2, chunk(b"tEXt", b"x" * LARGEST)))
    (tmp_path / "b.png").write_bytes(png(WIDEST + 1, 2))
    (tmp_path / "c.jpg").write_bytes(jpeg(size=(2, WIDEST + 1)))
    assert [told(tmp_path, name)[0][0] for name in ("a.png", "b.png", "c.jpg")] == ["B145"] * 3


def test_no_message_tells_where_the_folder_is(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    for name in ("a.png", "weg.png", "../b.png", "x" * 300 + ".png"):
        for problem in load(tmp_path, with_logo(name)).problems:
            for language in ("nl", "en"):
                assert str(tmp_path) not in str(problem.document(language))


def test_the_logo_of_an_inactive_client_is_not_read(tmp_path):
    tables = (
        with_logo("weg.png")
        .replace(LOGO, "| Code | Naam | URL | Logo | Actief |")
        .replace("| weg.png |", "| weg.png | nee |")
    )
    assert not [problem for problem in load(tmp_path, tables).problems if problem.code == "B142"]


def test_only_what_draws_is_kept():
    told_ = (chunk(b"tEXt", b"Author\0de klant"), chunk(b"eXIf", b"gps"), chunk(b"iTXt", b"plaats"))
    kept = picture(png(2, 2, *told_) + b"en nog wat").data
    assert kept == png(2, 2)
    kept = picture(jpeg(segment(0xE1, b"Exif gps"), segment(0xFE, b"van de klant")) + b"en nog wat").data
    assert kept == jpeg()
    assert picture(jpeg(segment(0xE0, b"JFXX\0\x10thumbnail"))).data == jpeg()
    assert picture(jpeg()).kind == "jpg"
    assert (picture(jpeg(size=(30, 20))).width, picture(jpeg(size=(30, 20))).height) == (30, 20)


@settings(max_examples=150)
@given(st.sampled_from([PNG, jpeg(), png()]), st.integers(0, 3000), st.binary(max_size=6))
def test_a_damaged_picture_is_refused_or_a_picture_still(data, place, dirt):
    spoiled = data[: place % len(data)] + dirt + data[place % len(data) + len(dirt) :]
    try:
        known = picture(spoiled)
    except NoPictureError:
        return
    assert known == picture(known.data)


def test_new_writes_the_logos_of_the_example_and_leaves_what_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logo-garage.png").write_bytes(png())
    assert main(["new", "kantoor.xlsx", "--example", "--quiet"]) == 0
    assert (tmp_path / "logo-kantoor.png").read_bytes() == example_logos()["logo-kantoor.png"]
    assert (tmp_path / "logo-garage.png").read_bytes() == png()
    assert not pipeline.load(tmp_path / "kantoor.xlsx").problems
