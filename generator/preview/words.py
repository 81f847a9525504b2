"""The words of the preview's own pages, in both languages: ``web/words.toml``."""

from __future__ import annotations

import tomllib
from importlib.resources import files

WORDS: dict[str, dict[str, str]] = tomllib.loads(files(__package__).joinpath("web", "words.toml").read_text("utf-8"))
"""Language → key → words."""
