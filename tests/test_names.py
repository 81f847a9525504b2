"""Names: one table of cases per function, and the properties that hold for any text."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.names import (
    dax_column,
    dax_measure,
    dax_table,
    dax_text,
    file_names,
    file_safe,
    part_name,
    stable_guid,
    stable_id,
    tmdl_name,
)


def test_dax_doubles_what_would_end_the_name():
    assert dax_table("Datum") == "'Datum'"
    assert dax_table("O'Neill") == "'O''Neill'"
    assert dax_measure("a]b") == "[a]]b]"
    assert dax_column("O'Neill", "[x]") == "'O''Neill'[[x]]]"
    assert dax_text('"; EVALUATE x //') == '"""; EVALUATE x //"'


@given(st.text())
def test_dax_reads_back(name):
    assert dax_table(name)[1:-1].replace("''", "'") == name
    assert re.fullmatch(r'"(?:[^"]|"")*"', dax_text(name))
    assert re.fullmatch(r"\[(?:[^\]]|\]\])*\]", dax_measure(name))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Mutaties", "Mutaties"),
        ("Netto-omzet", "Netto-omzet"),
        ("fr-FR", "fr-FR"),
        ("a b", "'a b'"),
        ("a.b", "'a.b'"),
        ("a=b", "'a=b'"),
        ("O'Neill", "'O''Neill'"),
        ('"a"', "'\"a\"'"),
        ("a\u2028b", "'a\u2028b'"),
        ("", "''"),
    ],
)
def test_tmdl_quotes_as_microsoft_does(name, written):
    assert tmdl_name(name) == written


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "\x00", "\x85"])
def test_tmdl_refuses_control_characters(name):
    with pytest.raises(ValueError, match="control character"):
        tmdl_name(name)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Winst & verlies", "Winst & verlies"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\x", "C__x"),
        ("...", "_"),
        ("", "_"),
        ("\u202e", "_"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("com¹", "_com¹"),
        ("console", "console"),
        ("slot ", "slot"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\r\nb", "a b"),
        ("e\u0301", "é"),
        ("x" * 300, "x" * 80),
        ("é" * 300, "é" * 40),
        ("con." + "é" * 300, "_con." + "é" * 37),
    ],
)
def test_file_names_are_safe(name, file):
    assert file_safe(name) == file


@given(st.text())
def test_any_text_becomes_one_safe_file_name(name):
    file = file_safe(name)
    assert file
    assert len(file.encode()) <= 80
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\u202a-\u202e]', file)
    assert file[0] != "."
    assert file[-1] not in ". "
    assert file_safe(file) == file


@given(st.sets(st.text("aA/:é. ", max_size=4)))
def test_different_names_keep_different_files_whatever_the_case(names):
    files = file_names(sorted(names))
    assert len({file.casefold() for file in files.values()}) == len(names)
    assert files == file_names(sorted(names, reverse=True))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_part_names_are_ascii(name):
    assert re.fullmatch(r"[A-Za-z0-9_.~/!$&'()*+,;=@%-]*", part_name(name))


def test_part_names_are_uris():
    assert part_name("Report/StaticResources/Logo é%.png") == "Report/StaticResources/Logo%20%C3%A9%25.png"


def test_ids_stay_the_same_for_ever():
    """These values stand in bundles that people have published: a change of one is a change of all of them."""
    assert stable_id("acme", "financieel", "Samenvatting") == "a30ddb9802c4db6cd656"
    assert stable_guid("acme", "financieel") == "ed01ca1b-2d8b-51c7-bac3-297782aa1d79"
    assert uuid.UUID(stable_guid("")).version == 5


@given(st.lists(st.text()), st.lists(st.text()))
def test_ids_tell_parts_apart(one, other):
    assert (stable_id(*one) == stable_id(*other)) == (one == other)
    assert (stable_guid(*one) == stable_guid(*other)) == (one == other)
    assert re.fullmatch("[0-9a-f]{20}", stable_id(*one))
