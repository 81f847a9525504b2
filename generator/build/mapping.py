"""What the query of *Grootboek* needs to place an account on a report line, out of templates and workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.catalogue import Catalogue, Language
    from generator.resolve.client import Client


def placing(catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return the values of the template that no workbook changes: each route after the workbook's as code → line."""
    lines = {name: line for name, line in catalogue.lines.items() if not (line.adds or line.result)}
    platform = catalogue.platform
    rgs = {"lines": {}, "turns": {}, **platform["rgs"]}
    return {
        "rgs_lines": rgs["lines"],
        "rgs_turns": {code: line_of(other, rgs["lines"]) for code, other in rgs["turns"].items()},
        "own_scheme": platform.get("own_scheme", {}),
        "own_names": _names(catalogue, lines),
        "account_types": platform.get("account_types", {}),
        "account_type_turns": platform.get("account_type_turns", {}),
        "balance_sides": platform.get("balance_sides", {}),
        "statements": {name: line.statement for name, line in lines.items()},
        "signs": {name: 1 if line.side == "A" else -1 for name, line in lines.items() if line.side},
        "line_titles": {name: language.sections["line"][name] for name in lines},
        "mapped_by": list(language.sections["mapped"].values()),
    }


def ranges(client: Client) -> dict[str, list[list[str]]]:
    """Return the account mapping of the workbook by division: from, to, line."""
    found: dict[str, list[list[str]]] = {}
    for row in client.mapping:
        found.setdefault(str(row.division), []).append([row.start, row.end, row.line])
    return found


def line_of(code: str, lines: Mapping[str, str]) -> str | None:
    """Return the line of the longest code that this one begins with, or None."""
    return next((lines[code[:size]] for size in range(len(code), 0, -1) if code[:size] in lines), None)


def _names(catalogue: Catalogue, lines: Mapping[str, Any]) -> dict[str, str]:
    """Return what a node of an own scheme may be called, in small letters, and the line that it then is."""
    titles = [language.sections["line"] for language in catalogue.languages.values()]
    return {title[name].lower(): name for title in titles for name in lines} | {name.lower(): name for name in lines}
