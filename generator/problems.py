"""Problems as data: a code, a place and values; texts in both languages stand in ``messages/``."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LANGUAGES = ("nl", "en")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, formats, halves of characters, separators


def visible(text: str) -> str:
    """Return a text that does nothing to a terminal: controls and marks of direction as JSON would escape them."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


class _Visible(dict[str, str]):
    """The values of a problem, as they may be shown."""

    def __getitem__(self, key: str) -> str:
        return visible(super().__getitem__(key))


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A place in a workbook; ``sheet`` and ``address`` are empty where the whole file is meant."""

    file: str
    sheet: str = ""
    address: str = ""

    def __str__(self) -> str:
        """Return the place as a person writes it: ``Klanten!D7``, or the file's name."""
        return visible(f"{self.sheet}!{self.address}" if self.address else self.sheet or self.file)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with the values its message needs and the client it belongs to."""

    code: str
    cell: Cell | None = None
    values: Mapping[str, str] = field(default_factory=dict, hash=False)  # a mapping has no hash, a problem does
    client: str = ""

    @property
    def severity(self) -> str:
        """Return ``error`` or ``warning``."""
        return str(messages()[self.code]["severity"])

    @property
    def is_error(self) -> bool:
        """Tell whether this problem stops a client."""
        return self.severity == "error"

    def text(self, part: str, language: str) -> str:
        """Return ``message``, ``hint`` or ``why`` in a language, with the values filled in."""
        return str(messages()[self.code][f"{part}_{language}"]).format_map(_Visible(self.values))

    def document(self, language: str) -> dict[str, str]:
        """Return the problem as the JSON object of the contract."""
        cell = self.cell or Cell("")
        return {
            "code": self.code,
            "severity": self.severity,
            "file": cell.file,
            "sheet": cell.sheet,
            "cell": cell.address,
            "message": self.text("message", language),
            "hint": self.text("hint", language),
            "client": self.client,
        }


class Stop(Exception):  # noqa: N818  it ends a run in an orderly way and is caught in one place, ``cli``
    """End the run with problems and an exit code."""

    def __init__(self, problems: Iterable[Problem], exit_code: int = 1) -> None:
        """Keep the problems to print and the exit code to leave with."""
        self.problems = tuple(problems)
        self.exit_code = exit_code
        super().__init__(", ".join(problem.code for problem in self.problems))


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """Return all messages: code → severity, ``message_nl``, ``hint_nl``, ``why_nl`` and the same in English."""
    folder = files(__package__).joinpath("messages")
    return {
        code: message
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        for code, message in tomllib.loads(file.read_text("utf-8")).items()
    }
