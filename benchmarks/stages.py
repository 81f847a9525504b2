"""Where the time of a bundle goes: ``python benchmarks/stages.py WORKBOOKS TEMPLATES OUTPUT CLIENTS``.

Makes so many bundles of an office in one process, twice the first: cold it shows what a process has to make once, and
the others what each bundle costs after that. Prints milliseconds of processor time a bundle, by stage, as JSON.
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator import manifests, output, pipeline
from generator.build import build
from generator.commit import MANIFEST
from generator.pack import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.catalogue import Catalogue
    from generator.resolve.client import Client

_ONCE = 4  # one in so many bundles is made before the watch starts


class Watch:
    """Adds up the processor time of stages."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.spent: dict[str, float] = defaultdict(float)

    def __call__(self, stage: str, step: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever the stage makes
        """Do a step of a stage and return what it makes."""
        began = time.process_time()
        made = step()
        self.spent[stage] += time.process_time() - began
        return made

    def each(self, bundles: int) -> dict[str, float]:
        """Return the milliseconds that a bundle took, by stage."""
        return {stage: round(1000 * spent / bundles, 2) for stage, spent in self.spent.items()}


def made(clients: Sequence[Client], known: Catalogue, out: Path) -> dict[str, float]:
    """Make bundles as ``pipeline.make`` does and return what each stage took."""
    watch = Watch()
    for client in clients:
        built = watch("build", lambda client=client: build(client, known))
        files = watch("pack", lambda built=built: pack(built))
        document = watch("describe", lambda built=built: pipeline._document(built, known))  # noqa: SLF001  as it does
        files |= {MANIFEST: watch("hash", lambda document=document, files=files: output.manifest(document, files))}
        change = watch("compare", lambda client=client, files=files: output.compare(out, client.code, files))
        watch("write", lambda files=files, change=change: output.commit(out, files, change))
    return watch.each(len(clients))


def looked_at(clients: Sequence[Client], known: Catalogue, out: Path) -> dict[str, float]:
    """Look at bundles that did not change and return what each step took."""
    watch = Watch()
    for client in clients:
        spec = watch("hash of the input", lambda client=client: pipeline.spec_hash(client, known))
        found = watch("manifest and files", lambda client=client: manifests.standing(out, client.code))
        if not found or found.spec_hash != spec:
            raise SystemExit(f"{client.code} is not as it was made")
    return watch.each(len(clients))


def main(specs: Path, templates: Path, out: Path, most: int) -> None:
    """Measure and print."""
    began = time.process_time()
    loaded = pipeline.load(specs, templates)
    read = 1000 * (time.process_time() - began) / len(loaded.clients)
    clients = loaded.clients[:most]
    first = made(clients[:1], loaded.catalogue, out)
    once = max(1, len(clients) // _ONCE)
    made(clients[1:once], loaded.catalogue, out)
    gc.freeze()
    rest = clients[once:] or clients
    shutil.rmtree(out, ignore_errors=True)
    found = {
        "read and resolve": {"a client": round(read, 2)},
        "first bundle of a process": first,
        "a bundle after that": made(rest, loaded.catalogue, out),
        "a bundle that did not change": looked_at(rest, loaded.catalogue, out),
    }
    shutil.rmtree(out, ignore_errors=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
