"""Bundel: Power BI bundles for every client of an accountancy office."""

__version__ = "0.1.0"
