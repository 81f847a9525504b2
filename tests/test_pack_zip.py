"""The ZIP writer: read back by ``zipfile``, and compared byte by byte with itself."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.pack.zip import Part, pack, part
from generator.shared import Content

_NAMES = st.from_regex(r"[A-Za-z0-9_.%~-]{1,12}(/[A-Za-z0-9_%~-]{1,8}){0,2}", fullmatch=True).filter(
    lambda name: set(name.split("/")).isdisjoint({".", ".."})
)
_FILES = st.lists(
    st.tuples(_NAMES, st.binary(max_size=300) | st.binary(max_size=20).map(lambda some: some * 50)),
    max_size=30,
    unique_by=lambda file: file[0].lower(),
)


def _zipped(files: list[tuple[str, bytes]]) -> bytes:
    return pack(part(name, data) for name, data in files)


@given(_FILES)
def test_zipfile_reads_back_what_was_packed(files):
    data = _zipped(files)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == files
    assert data == _zipped(files)


@given(_FILES)
def test_headers_are_those_of_the_contract(files):
    with zipfile.ZipFile(io.BytesIO(_zipped(files))) as archive:
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.create_system, info.external_attr, info.flag_bits) == (0, 0, 0)
            assert (info.extract_version, info.create_version, info.extra, info.comment) == (20, 20, b"", b"")
            assert info.compress_type == (8 if info.compress_size < info.file_size else 0)
        assert archive.comment == b""


def test_local_headers_equal_the_directory():
    data = _zipped([("a/b.txt", b"x" * 100), ("c", b"")])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            local = data[info.header_offset :]
            assert local[:4] == b"PK\x03\x04"
            assert local[4:30] in data[archive.start_dir :]


def test_what_is_of_one_client_is_deflated_in_less_time():
    data = "".join(f"{n * n} Datum[Maand] " for n in range(5000)).encode()
    assert len(part("a", Content(data)).record) < len(part("a", data).record) < len(data) / 2


def test_no_parts_make_an_empty_zip():
    assert _zipped([]) == b"PK\x05\x06" + bytes(18)


def test_what_bundles_share_is_deflated_once():
    data = Content(b"the same for all clients " * 20)
    assert part("a", data) is part("a", data)
    assert part("a", data).record is not part("b", data).record
    assert pack([part("a", data)]) == pack([part("a", bytes(data))])


def test_the_bytes_are_the_same_in_every_process_and_for_ever():
    """A change here changes every .pbit of every office: bump on purpose only."""
    code = (
        "import hashlib; from generator.pack.zip import pack, part;"
        "text = ''.join(f'{n * n} Datum[Maand] ' for n in range(5000)).encode('utf-16-le');"
        "print(hashlib.sha256(pack([part('Version', b'1.32'), part('DataModelSchema', text)])).hexdigest())"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    text = "".join(f"{n * n} Datum[Maand] " for n in range(5000)).encode("utf-16-le")
    here = hashlib.sha256(_zipped([("Version", b"1.32"), ("DataModelSchema", text)])).hexdigest()
    assert here == again == "13484423f86d186eb26f13bb7a1489dcd70f5c077bb7bea373e665a3c2c82ece"


@pytest.mark.parametrize("name", ["", "é", "/a", "a//b", "a/", "../a", "a/..", "a\\b", "./a"])
def test_names_that_lead_elsewhere_are_refused(name):
    with pytest.raises(ValueError, match="not the name of a part"):
        part(name, b"")


def test_two_names_that_differ_in_case_are_refused():
    with pytest.raises(ValueError, match="one name"):
        _zipped([("Report/a.json", b""), ("report/A.json", b"")])


def test_what_would_need_zip64_is_refused():
    with pytest.raises(ValueError, match="too many"):
        pack(Part(str(number).encode(), b"", b"") for number in range(65_536))
