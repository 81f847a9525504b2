"""Bundles on disk looked at while the workbooks are read: of many, one takes as long as the other."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from generator import manifests
from generator.lock import follow
from generator.workers import hand_out, processes, take_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from generator.manifests import Standing
    from generator.problems import Problem

Looks: TypeAlias = "Callable[[], Mapping[str, Standing]]"
"""What waits for the looks that are under way, and gives the bundles that are whole, by code."""

Held: TypeAlias = "AbstractContextManager[tuple[Problem, ...]]"
"""What holds a folder, and tells what a run that was killed there has left that can't be mended yet."""

MANY = 200
"""Below so many bundles, starting another process costs more than it gains."""

_SHARE = 10  # bundles that are looked at in one go


@contextmanager
def looking(out: Path, jobs: int, hold: Callable[[Path], Held]) -> Iterator[tuple[Looks | None, Held]]:
    """Hold an output folder with many bundles and begin to look at them, in all processes but this one.

    None where there are few, or one process is all there is: the folder is not held then. What is to hold it while
    bundles are made comes along. Raises ``Stop`` as ``hold`` does.
    """
    codes = list(manifests.bundles(out))
    if jobs == 1 or len(codes) < MANY:
        yield None, hold(out)
        return
    work = partial(manifests.all_standing, out)
    shares = [codes[start : start + _SHARE] for start in range(0, len(codes), _SHARE)]
    with hold(out) as problems, processes(jobs - 1, follow) as workers, hand_out(workers, work, shares) as given:

        def found() -> Mapping[str, Standing]:
            seen = zip(codes, take_in(given, work), strict=True)
            return {code: standing for code, standing in seen if standing}

        yield found, nullcontext(problems)
