"""The templates: which tables, measures, pages and reports exist, loaded once and checked for shape.

Everything in them is data of ``templates/``; a folder of the user's own lies over the packaged one, file by file.
"""

from __future__ import annotations

from generator.catalogue.designs import FOLDER
from generator.catalogue.reader import load, packaged
from generator.catalogue.records import (
    DESIGNED,
    LAYOUT,
    MAIN,
    CalculationGroup,
    CalculationItem,
    Catalogue,
    Column,
    Design,
    DesignPage,
    Entity,
    Language,
    Line,
    Link,
    Measure,
    Page,
    Position,
    Relationship,
    Report,
    Source,
    Table,
    Visual,
    split_field,
)

__all__ = [
    "DESIGNED",
    "FOLDER",
    "LAYOUT",
    "MAIN",
    "CalculationGroup",
    "CalculationItem",
    "Catalogue",
    "Column",
    "Design",
    "DesignPage",
    "Entity",
    "Language",
    "Line",
    "Link",
    "Measure",
    "Page",
    "Position",
    "Relationship",
    "Report",
    "Source",
    "Table",
    "Visual",
    "load",
    "packaged",
    "split_field",
]
