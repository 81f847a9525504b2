"""The measures of the house, taken on the source itself, and each shown to go red on a small bad example."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Imports go from an earlier line to a later one. Modules on one line do not know each other.
LAYERS = (
    {"__main__"},
    {"cli"},
    {"cluster"},  # the pipeline on other computers
    {"pipeline"},
    {"plan", "diff"},  # words for what ``output`` finds
    {"preview"},  # draws on made-up books of ``sources``, and beside the bundles of ``output``
    {"publish", "sources", "adopt", "output"},
    {"looks"},
    {"manifests"},
    {"commit"},  # the halves of ``output`` that know files and folders, not bundles
    {"lock"},
    {"disk", "workers"},
    {"pack"},
    {"build"},
    {"resolve"},
    {"catalogue"},
    {"dax"},
    {"spec"},
    {"credentials"},
    {"problems", "names", "mlexer", "web"},
    {"jsontext"},
    {"shared"},  # what is made once for many bundles
    {""},  # the package itself, which holds the version
)
LONGEST_FUNCTION = 40
LONGEST_MODULE = 400

# Exceptions that never reach the user: each is raised and caught inside one stage.
INTERNAL = {
    "generator.diff.content.UnreadableError",  # a template on disk then counts as not there, and is named
    "generator.spec.pictures.NoPictureError",  # becomes the problem of a cell
    "generator.spec.values.BadValue",  # a cell's parser tells the reader of the row what is wrong
    "generator.adopt.jsons.JsonError",  # a document tells its reader why it is not taken
    "generator.preview.m.values.MError",  # a query of a model that the preview can't run: its table is left out
    "generator.build.m.MError",  # a Jinja error, so that Jinja adds the line of the template
    "generator.sources.sandbox.refusal.Refused",  # becomes the answer to a request, inside the sandbox's server
}

Sources = dict[str, str]  # module name → source
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _sources() -> Sources:
    paths = sorted((ROOT / "generator").rglob("*.py"))
    return {_name(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _stage(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _imports(sources: Sources) -> dict[str, set[str]]:
    """Map each module to the modules of ours that it names, inside functions and for types as well."""
    found = {}
    for module, source in sources.items():
        named = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                named |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in sources else base for alias in node.names}
        found[module] = {name for name in named if name.split(".")[0] == "generator"}
    return found


def _functions(sources: Sources):
    for module, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, Function):
                yield module, node


def misplaced_modules(sources: Sources) -> list[str]:
    """List modules that have no place in the order of the house."""
    return sorted(module for module in sources if not any(_stage(module) in layer for layer in LAYERS))


def backward_imports(sources: Sources) -> list[str]:
    """List imports that go against the order, or to a neighbour."""
    place = {stage: number for number, layer in enumerate(LAYERS) for stage in layer}
    return [
        f"{module} → {other}"
        for module, others in _imports(sources).items()
        for other in sorted(others)
        if _stage(module) != _stage(other)
        and not (place.get(_stage(module), 0) < place.get(_stage(other), len(LAYERS)))
    ]


def relative_imports(sources: Sources) -> list[str]:
    """List imports with dots, which the other measures would not see."""
    trees = {module: ast.walk(ast.parse(source)) for module, source in sources.items()}
    return [module for module, nodes in trees.items() for node in nodes if getattr(node, "level", 0)]


def import_cycles(sources: Sources) -> list[str]:
    """List modules that come back to themselves, whichever way."""
    imports = _imports(sources)

    def reached(module: str) -> set[str]:
        seen: set[str] = set()
        todo = [module]
        while todo:
            for other in imports.get(todo.pop(), set()) - seen:
                seen.add(other)
                todo.append(other)
        return seen

    return [module for module in sources if module in reached(module)]


def long_functions(sources: Sources) -> list[str]:
    """List functions that are too long; signature and docstring do not count."""
    found = []
    for module, function in _functions(sources):
        body = function.body[1:] if ast.get_docstring(function) is not None else function.body
        length = function.end_lineno - body[0].lineno + 1 if body else 0
        if length > LONGEST_FUNCTION:
            found.append(f"{module}.{function.name}: {length} lines")
    return found


def long_modules(sources: Sources) -> list[str]:
    """List modules that are too long."""
    lengths = {module: len(source.splitlines()) for module, source in sources.items()}
    return [f"{module}: {length} lines" for module, length in lengths.items() if length > LONGEST_MODULE]


def prints(sources: Sources) -> list[str]:
    """List library code that writes to the terminal."""
    said = {"print", "sys.stdout", "sys.stderr", "click.echo", "click.secho", "rich.print"}
    return [
        f"{module}:{node.lineno}"
        for module, source in sources.items()
        if _stage(module) not in {"cli", "__main__"}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in said
    ]


def undocumented(sources: Sources) -> list[str]:
    """List modules, and public classes, methods and functions, without a docstring."""
    trees = {module: ast.parse(source) for module, source in sources.items()}
    silent = [module for module, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    public = [(module, node) for module, tree in trees.items() for node in _public(tree)]
    return silent + [f"{module}.{node.name}" for module, node in public if not ast.get_docstring(node)]


def _public(parent: ast.Module | ast.ClassDef):
    for node in parent.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def untyped(sources: Sources) -> list[str]:
    """List functions of which a parameter or the result has no type."""
    found = []
    for module, function in _functions(sources):
        every = function.args
        named = [*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg]
        bare = [item.arg for item in named if item and not item.annotation and item.arg not in {"self", "cls"}]
        if bare or function.returns is None:
            found.append(f"{module}.{function.name}")
    return found


def other_exceptions(sources: Sources) -> list[str]:
    """List exception classes beside ``Stop``; one that is private to its module, or listed above, is no matter."""
    return [
        f"{module}.{node.name}"
        for module, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        and any(re.search(r"(Exception|Error|Warning|Stop)$", ast.unparse(base)) for base in node.bases)
        and not node.name.startswith("_")
        and f"{module}.{node.name}" not in {"generator.problems.Stop", *INTERNAL}
    ]


MEASURES = {
    misplaced_modules: {"generator.elsewhere": ""},
    backward_imports: {"generator.build.m": "def f():\n    from generator.output import commit"},
    relative_imports: {"generator.build.m": "from .semantic import x"},
    import_cycles: {
        "generator.build.m": "from generator.build import n",
        "generator.build.n": "import generator.build.m",
    },
    long_functions: {"generator.build.m": 'def f():\n    """Do."""\n' + "    x = 1\n" * (LONGEST_FUNCTION + 1)},
    long_modules: {"generator.build.m": "\n" * (LONGEST_MODULE + 1)},
    prints: {"generator.build.m": "import sys\nsys.stdout.write('x')"},
    undocumented: {"generator.build.m": '"""M."""\ndef f(): pass'},
    untyped: {"generator.build.m": "def f(x, *, y: int) -> None: ..."},
    other_exceptions: {"generator.build.m": "class Oops(ValueError): ..."},
}


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_the_house_is_in_order(measure):
    assert measure(_sources()) == []


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_a_measure_goes_red(measure):
    assert len(measure(MEASURES[measure])) >= 1


@pytest.mark.parametrize(
    ("measure", "sources"),
    [
        (backward_imports, {"generator.sources.odata": "import generator.publish.fabric"}),
        (backward_imports, {"generator.spec.rules": "if TYPE_CHECKING:\n    from generator.dax import Formula"}),
        (backward_imports, {"generator.names": "from generator import problems", "generator.problems": ""}),
        (prints, {"generator.pipeline": "print('x')"}),
        (prints, {"generator.pipeline": "import click\nclick.echo('x')"}),
        (untyped, {"generator.dax": "def f(x: int): ..."}),
        (undocumented, {"generator.dax": '"""D."""\nclass C:\n    """C."""\n    def f(self): pass'}),
        (undocumented, {"generator.dax": "x = 1"}),
        (other_exceptions, {"generator.dax": "class Halt(Stop): ..."}),
    ],
)
def test_a_measure_sees_this_too(measure, sources):
    assert len(measure(sources)) == 1


@pytest.mark.parametrize(
    ("measure", "sources"),
    [
        (backward_imports, {"generator.pipeline": "from generator.output import commit\nimport generator"}),
        (backward_imports, {"generator.build.m": "from generator.build.semantic import x\nimport jinja2"}),
        (long_functions, {"generator.dax": "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION}),
        (prints, {"generator.cli.text": "print('x')"}),
        (other_exceptions, {"generator.problems": "class Stop(Exception): ..."}),
    ],
)
def test_a_measure_lets_this_pass(measure, sources):
    assert measure(sources) == []


# Paths of the computer that something was made on: home and temporary folders, drives.
MACHINE = re.compile(r"(?<![\w./>}])/(?:work|home|root|tmp|Users|private)/[\w.]|\b[A-Z]:\\{1,2}Users\\{1,2}\w")
TEXTS = {".py", ".toml", ".md", ".pq", ".json", ".yml", ".yaml", ".txt", ".sql", ".cfg"}


def machine_paths(text: str) -> list[str]:
    """List the absolute paths of a machine in a text."""
    return MACHINE.findall(text)


def _texts():
    folders = ["generator", "templates", "tests", "docs", "benchmarks", ".ci", "report_specs"]
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    for path in [*paths, *ROOT.glob("*.*")]:
        if path.is_file() and (path.suffix in TEXTS or path.parent.name == ".ci") and ".tools" not in path.parts:
            yield path


def test_no_file_names_a_folder_of_one_machine():
    found = {path.relative_to(ROOT).as_posix(): machine_paths(path.read_text("utf-8")) for path in _texts()}
    assert {path: matches for path, matches in found.items() if matches} == {}


def test_paths_of_a_machine_are_seen():
    assert len(machine_paths("x = '" + "/" + "home/ann/x' and C:\\" + "Users\\ann")) == 2
    assert machine_paths("https://api.powerbi.com/v1.0/myorg/groups/home/x /etc/passwd ./tmp/x") == []
