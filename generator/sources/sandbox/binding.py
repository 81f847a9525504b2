"""A client's bundle bound to the sandbox: its own address, and marked wherever a person looks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator.sources.sandbox.address import sandbox_url

if TYPE_CHECKING:
    from generator.resolve.client import Client

_MARK = {"nl": "zandbak", "en": "sandbox"}


def bind(client: Client, base: str) -> Client:
    """Return a client as the sandbox at an address serves it; its name and titles say so on every page."""
    mark = f"({_MARK.get(client.language, _MARK['en'])})"
    reports = tuple(replace(report, title=f"{report.title} {mark}") for report in client.reports)
    return replace(
        client, name=f"{client.name} {mark}", url=sandbox_url(client.url, base), reports=reports, sandbox=True
    )
