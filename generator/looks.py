"""Bundles on disk looked at while the workbooks are read: of many, one takes as long as the other."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from generator import manifests
from generator.lock import follow, locked
from generator.output import mend
from generator.workers import hand_out, processes, take_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from generator.manifests import Standing

Looks: TypeAlias = "Callable[[], Mapping[str, Standing]]"
"""What waits for the looks that are under way, and gives the bundles that are whole, by code."""

MANY = 200
"""Below so many bundles, starting another process costs more than it gains."""

_SHARE = 10  # bundles that are looked at in one go


@contextmanager
def mended(out: Path) -> Iterator[None]:
    """Hold an output folder in which no run has left anything; what can't be mended is told when it is tried again."""
    with locked(out):
        mend(out)
        yield


@contextmanager
def looking(out: Path, jobs: int) -> Iterator[Looks | None]:
    """Hold an output folder with many bundles and begin to look at them, in all processes but this one.

    None where there are few, or one process is all there is: the folder is not held then. Raises ``Stop`` as ``locked``
    does.
    """
    codes = list(manifests.bundles(out))
    if jobs == 1 or len(codes) < MANY:
        yield None
        return
    work = partial(manifests.all_standing, out)
    shares = [codes[start : start + _SHARE] for start in range(0, len(codes), _SHARE)]
    with mended(out), processes(jobs - 1, follow) as workers, hand_out(workers, work, shares) as given:

        def found() -> Mapping[str, Standing]:
            seen = zip(codes, take_in(given, work), strict=True)
            return {code: standing for code, standing in seen if standing}

        yield found
