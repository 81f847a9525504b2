"""Write anew what follows from the description of the workbook: the example office and the page of the docs.

Run as ``python tests/renew_spec.py``; ``git diff`` shows what changed.
"""

from pathlib import Path

from generator.spec.example import example_rows
from generator.spec.example_logos import example_logos
from generator.spec.reference import reference
from generator.spec.writer import write_workbook

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "report_specs" / "voorbeeld.xlsx"
PAGE = ROOT / "docs" / "referentie" / "werkmap.md"

if __name__ == "__main__":
    EXAMPLE.parent.mkdir(parents=True, exist_ok=True)
    EXAMPLE.write_bytes(write_workbook("nl", example_rows("nl")))
    for name, picture in example_logos().items():
        (EXAMPLE.parent / name).write_bytes(picture)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference(), "utf-8", newline="\n")
