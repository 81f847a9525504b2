"""Names made safe: quoting for DAX and TMDL, file names, part names, stable ids. Knows nothing of the project.

Everything here gives the same answer on every Python and every system; so no locale, no file system, and no
character classes that grow with Unicode.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import uuid
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "bundel")
_FILE_BYTES = 80  # of UTF-8; Windows stops at 260 characters for a whole path, and folders stand before the name

# Control characters, marks that are not seen (zero width, reading direction, tags), line separators, halves of a pair.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_RESERVED = re.compile(r'[<>:"/\\|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=[ .]|$)", re.IGNORECASE)
# TOM's own serialiser quotes on blanks . = ' only, and then fails to read ":x" or "///x" back (TOM 19.118).
_TMDL_QUOTED = re.compile(r"[\s!-,./:-@\[-^`{-~]|^$")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def dax_table(name: str) -> str:
    """Return a table's name as DAX writes it: ``'Naam'``, always quoted, so that no word is ever reserved."""
    return "'" + name.replace("'", "''") + "'"


def dax_column(table: str, column: str) -> str:
    """Return a column with its table: ``'Datum'[Maand]``."""
    return dax_table(table) + dax_measure(column)


def dax_measure(name: str) -> str:
    """Return a measure, or a column without its table: ``[Netto-omzet]``."""
    return "[" + name.replace("]", "]]") + "]"


def dax_text(value: str) -> str:
    """Return a value as a DAX text literal; line breaks stand in it as they are."""
    return '"' + value.replace('"', '""') + '"'


def tmdl_name(name: str) -> str:
    """Return an object's name as TMDL writes it, quoted where TMDL asks for that.

    Raises ``ValueError`` on a control character, which TMDL allows in no name.
    """
    if _CONTROL.search(name):
        raise ValueError(f"a control character in the name {name!r}")
    return "'" + name.replace("'", "''") + "'" if _TMDL_QUOTED.search(name) else name


def file_safe(name: str) -> str:
    """Return a name that is one file or folder name on Windows, macOS and Linux: never empty, at most 80 bytes.

    Two names may become one; ``file_names`` keeps them apart.
    """
    seen = _RESERVED.sub("_", _UNSEEN.sub("", unicodedata.normalize("NFC", name).replace("\n", " ")))
    bare = seen.strip(". \u00a0\u3000")  # "..", ".git", and what Windows cuts off at the end by itself
    safe = "_" + bare if _DEVICE.match(bare) or not bare else bare
    return safe.encode()[:_FILE_BYTES].decode(errors="ignore").rstrip(". ")


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name to its file name; names that share one regardless of case each get a mark of their own.

    The mark follows from the name alone, so it does not change with the order of the names.
    """
    files = {name: file_safe(name) for name in names}
    count = Counter(file.casefold() for file in files.values())
    return {
        name: file if count[file.casefold()] == 1 else f"{file}-{stable_id(name)[:8]}" for name, file in files.items()
    }


def part_name(name: str) -> str:
    """Return a path as the name of a package part: ASCII, percent-encoded as in a URI, folders kept.

    ``[Content_Types].xml`` is no part and is not meant to pass through here.
    """
    return quote(name, safe="/!$&'()*+,;=@~")


def stable_id(*parts: str) -> str:
    """Return 20 hexadecimal characters that follow from the parts and nothing else (page and visual names)."""
    return hashlib.sha256(_joined(parts)).hexdigest()[:20]


def stable_guid(*parts: str) -> str:
    """Return a GUID that follows from the parts and nothing else (lineage tags, logical ids)."""
    # What ``uuid.uuid5`` gives, without making a UUID of it first: a bundle has a thousand of them.
    mark = hashlib.sha1(_NAMESPACE.bytes + _joined(parts), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(mark[16], 16) & 3]
    return f"{mark[:8]}-{mark[8:12]}-5{mark[13:16]}-{variant}{mark[17:20]}-{mark[20:32]}"


def _joined(parts: tuple[str, ...]) -> bytes:
    """Return the parts as one ASCII text from which they can be told apart again."""
    return json.dumps(parts).encode("ascii")
