"""What a person wrote in a template lives on when the design is renewed: titles, translations, values of parameters."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from generator.adopt import write
from generator.adopt.sources import is_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = ("title", "titles", "scope", "captions")


def over(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a new version of a template with what was written in the old one by hand."""
    before, head = (tomllib.loads(files[write.TEMPLATE].decode()) for files in (old, new))
    head |= {key: before[key] for key in _KEPT if key in before}
    titles = {page.get("id"): page for page in before.get("page", ())}
    for page in head.get("page", ()):
        page |= {key: text for key, text in titles.get(page["id"], {}).items() if key.startswith("title_")}
    made = dict(new) | {write.TEMPLATE: write.document(head)}
    for path, data in new.items():
        if path.startswith("queries/") and path in old and _emptied(data, old[path]):
            made[path] = old[path]
    return made


def _emptied(new: bytes, old: bytes) -> bool:
    """Tell whether a parameter is empty in the new design, and had a value in the template."""
    one, other = (data.decode("utf-8", "replace") for data in (new, old))
    return is_parameter(one) and one.lstrip().startswith("null") and not other.lstrip().startswith("null")
