"""Takes the TOM libraries out of the semantic-link-sempy wheel: none of its Python, none of its dependencies."""

import sys
import zipfile
from pathlib import Path

wheels, target = Path(sys.argv[1]), Path(sys.argv[2])
target.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(next(wheels.glob("semantic_link_sempy-*.whl"))) as wheel:
    for name in wheel.namelist():
        library = name.rpartition("/")[2]
        is_tom = library.startswith("Microsoft.AnalysisServices.") and library.endswith(".dll")
        if name.startswith("sempy/lib/") and is_tom:
            (target / library).write_bytes(wheel.read(name))
