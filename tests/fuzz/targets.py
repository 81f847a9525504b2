"""Every target by its name: what runs on an input, and inputs to begin with.

A target takes bytes and returns nothing; it raises where the program does what it must not.
"""

from __future__ import annotations

from fuzz import files, formulas, offices, publishing, services, workbooks

MODULES = (workbooks, offices, formulas, files, services, publishing)
TARGETS = {name: target for module in MODULES for name, target in module.TARGETS.items()}
