"""Every target by its name: what runs on an input, and inputs to begin with.

A target takes bytes and returns nothing; it raises where the program does what it must not.
"""

from __future__ import annotations

from fuzz import files, formulas, publishing, services, workbooks

TARGETS = {**workbooks.TARGETS, **formulas.TARGETS, **files.TARGETS, **services.TARGETS, **publishing.TARGETS}
