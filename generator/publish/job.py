"""What a step works with: one client, its bundle, what is on record of it, and the service."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.publish.definition import hashes
from generator.publish.guard import Directory
from generator.publish.powerbi import Dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.publish.definition import Target
    from generator.publish.powerbi import Person
    from generator.publish.service import Service
    from generator.publish.state import Item, Record
    from generator.resolve.client import Client

CONNECTION, CLASSIC = "connection", "classic"
WAYS = (CONNECTION, CLASSIC)
"""How a model gets credentials (``BUNDEL_CREDENTIALS``): by a connection of its own, or as its owner's."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to publish. ``notify`` is off where an app signs in: there is nobody to mail to.

    ``create`` allows new workspaces; ``environ`` is where the database's passwords are looked for first.
    """

    way: str = CONNECTION
    notify: bool = True
    create: bool = True
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)


def settings_from(environ: Mapping[str, str], *, is_app: bool, create: bool = True) -> Settings:
    """Return the settings of the environment; raise ``Stop`` on a way that is none."""
    way = environ.get("BUNDEL_CREDENTIALS", "").strip().casefold() or CONNECTION
    if way not in WAYS:
        raise Stop([Problem("B314", None, {"value": way, "ways": ", ".join(WAYS)})], 2)
    return Settings(way, not is_app, create, environ)


@dataclass(slots=True)
class Job:
    """One client's way to the service. ``directory`` knows whose is whose; ``times`` are the client's refreshes.

    ``people`` are those who have a role there already, ``made`` holds the ids of what was made in this run, which not
    every server knows at once, and ``told`` warnings.
    """

    service: Service
    target: Target
    record: Record
    settings: Settings = field(default_factory=Settings)
    directory: Directory = field(default_factory=lambda: Directory(frozenset()))
    times: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    made: set[str] = field(default_factory=set)
    told: list[Problem] = field(default_factory=list)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    hashed: dict[str, tuple[str, tuple[str, str]]] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        """Return the client."""
        return self.target.client

    @property
    def workspace(self) -> str:
        """Return the id of the workspace."""
        return self.record.value.workspace_id

    @property
    def reports(self) -> tuple[str, ...]:
        """Return the names of the client's reports."""
        return tuple(report.name for report in self.client.reports)

    def item(self, report: str) -> Item:
        """Return what is on record of a report."""
        return self.record.item(report)

    def title(self, report: str) -> str:
        """Return the name that a report and its model have in the service."""
        return next(each.title for each in self.client.reports if each.name == report)

    def hashes(self, report: str) -> tuple[str, str]:
        """Return the hashes of a model and report as the bundle has them; worked out once for a model's id."""
        model_id = self.item(report).model_id
        if report not in self.hashed or self.hashed[report][0] != model_id:
            self.hashed[report] = model_id, hashes(self.target, report, model_id)
        return self.hashed[report][1]

    def dataset(self, report: str) -> Dataset:
        """Return the model of a report as the older interface knows it."""
        model_id = self.item(report).model_id
        found = self.datasets.get(model_id)
        if found is None:
            found = Dataset(self.service, self.workspace, model_id, fresh=model_id in self.made)
            self.datasets[model_id] = found
        return found

    def wanted_refresh(self, report: str) -> str:
        """Return what a refresh is for: this model, from this URL."""
        return f"{self.item(report).model_hash} {self.client.url}"
