"""``bundel generate``, disturbed: then every bundle is old or new, and the next run ends in the right bytes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from crash_disturb import Kill
from crash_office import codes, differences, mixtures, office, strays, timed, tree, unsaid
from forks import child, ended

from generator import output
from generator.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Generating:
    """An office before and after a change, and the output of each; ``jobs`` processes make its bundles."""

    folder: Path
    disturb: Kill = field(default_factory=Kill)
    clients: int = 3
    jobs: int = 1
    prefix: str = "k"  # of the codes of clients after the change
    midway: int = 0  # times that a run was disturbed while it had begun to write, and was not yet done

    def __post_init__(self):
        self.specs = (
            office(self.folder / "before", self.clients),
            office(self.folder / "after", self.clients, later=True, prefix=self.prefix),
        )
        self.out = self.disturb.room(self.folder) / "out"
        self.real = self.disturb.real(self.out)
        self.old, self.said = self.folder / "old", self.folder / "said"
        with unsaid():
            assert (
                self.run(self.specs[0], self.old, jobs=1) == 0
            )  # in this process, so that its children have all loaded
        self.before = tree(self.old)
        self.reset()
        self.seconds, self.rest = timed(self.begin, self.begun)
        self.after = tree(self.real)
        assert mixtures(self.after, {}, self.after) == []

    def reset(self):
        """Put back the bundles from before the change."""
        shutil.rmtree(self.real, ignore_errors=True)
        shutil.copytree(self.old, self.real)

    def run(self, specs, out, jobs=None):
        """Generate, and return the exit code."""
        options = ("--out", str(out), "--json", "--jobs", str(jobs or self.jobs), "--yes")
        return main(["generate", "--specs", str(specs), *options])

    def begun(self):
        """Tell whether a run is at the output."""
        return (self.out / output.STAGING).is_dir()

    def begin(self, prepare=lambda: None, work=None, said=None):
        """Start a run in a process of its own."""
        work = work or partial(self.run, self.specs[1], self.out)
        (said := said or self.said).unlink(missing_ok=True)
        return child(lambda: (prepare(), work())[1], said)

    def inherit(self):
        """Generate what was there before the change."""
        return self.run(self.specs[0], self.out)

    def inherited(self):
        """Require that this is what is there now."""
        found = tree(self.real)
        assert found == self.before, differences(found, self.before)

    def moment(self, dice):
        """Disturb one run, and look; return whether it noticed."""
        self.reset()
        noticed = self.disturb(self, dice)
        staging = self.out / output.STAGING
        self.midway += bool(noticed and staging.is_dir() and any(path.name != ".lock" for path in staging.iterdir()))
        assert codes(self.said) <= self.disturb.allowed, codes(self.said)
        assert not strays(), "processes of a killed run are still there"
        self.disturb.over()
        assert output.recover(self.out) == ()
        wrong = mixtures(tree(self.real), self.before, self.after)
        assert not wrong, wrong
        assert ended(self.begin(work=partial(self.run, self.specs[1], self.out, jobs=1))) == 0
        assert tree(self.real) == self.after, differences(tree(self.real), self.after)
        return noticed
