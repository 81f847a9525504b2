"""How much the tests see: ``python benchmarks/mutants.py`` prints the share of lines, and of small faults.

A mutant is the program with one place changed (``<`` becomes ``<=``, a filter is dropped, a call left out). Places are
drawn with a seed from all of ``PARTS``, and each one missed is printed. A mutant meets only tests that run the changed
line, as coverage noted them, and not all of those: first the ones that are about its module, and where none of them
sees it, some of the others. So the share is at least what is printed. mutmut changes functions only and none with a
decorator, cosmic-ray runs all tests for each mutant: with neither are 300 done in half an hour, so this is a small one
of our own.

First all tests are collected, once; each mutant is then a fork in which the functions of one module get their changed
code. A mutant elsewhere (a constant, a default) is tried in a process of its own, on a copy with the changed file.

Not drawn: annotations, docstrings, prose (a text with a blank: help and messages have tests of their own), decorators
and parts of an f-string. A mutant that hangs is seen; one in a line that no test runs is missed. The unchanged program
meets the tests of each thirtieth mutant as a control: a test that fails on it says nothing about a mutant.

Needs ``pip install -e ".[test,preview,publish]" pytest-cov``, and a system that forks; takes about half an hour on two
free processors.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import inspect
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from queue import SimpleQueue
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NoReturn

import pytest
from coverage import Coverage
from coverage.numbits import numbits_to_nums

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
PARTS = ("spec", "resolve", "build", "pack")
FOLDERS = ("generator", "templates", "tests", "report_specs", "docs", "benchmarks", ".ci")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
ROUNDS = (8.0, 60.0)  # seconds of tests that a mutant meets, as measured; the next round is for what is not seen yet
MOST_FILES = (5, 15)  # with them, in a process of its own: each takes time to read
MOST_MEMORY = 6 << 30
HUNGRY = "tests/test_preview_figures.py"  # what draws charts (V8) sets more memory apart, and dies where it can't
WAITING = 12  # seconds by the clock for each of the processor's
RECORDS = ("tests/test_golden", "tests/test_recorded")  # hold all of a bundle against what is recorded
UNTRIED = "untried"
COVERAGE = """
[run]
source = generator
relative_files = true
data_file = {data}
concurrency = multiprocessing, thread
patch = subprocess
sigterm = true
"""

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place: ``lines`` from first to last, and the whole text of the changed module."""

    path: Path
    lines: tuple[int, int]
    was: str
    becomes: str
    text: str

    def __str__(self) -> str:
        """Say where it is and what it does."""
        return f"{self.path.as_posix()}:{self.lines[0]}  {self.was}  →  {self.becomes}"


# ------------------------------------------------------------------------------------------------ what can be changed


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node can become; a test of ``if`` or ``while`` stands for its opposite."""
    match node:
        case ast.Compare(left, [operator], [right]):
            yield ast.Compare(left, [SWAPS[type(operator)]()], [right])  # type: ignore[list-item]
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(SWAPS[type(operator)](), values)  # type: ignore[arg-type]
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in SWAPS:
            yield ast.BinOp(left, SWAPS[type(operator)](), right)  # type: ignore[arg-type]
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value):
            yield from map(ast.Constant, _constants(value))
        case ast.stmt():
            yield from _statements(node)


def _constants(value: object) -> Iterator[bool | int | str]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case str() if " " not in value.strip():
            yield value + "X"


def _statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.AugAssign(target, operator, value) if type(operator) in SWAPS:
            yield ast.AugAssign(target, SWAPS[type(operator)](), value)  # type: ignore[arg-type]
        case ast.Return(ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.If(test) | ast.While(test) if ast.unparse(test) != "TYPE_CHECKING":
            yield ast.UnaryOp(ast.Not(), test)
        case ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each node that can be changed with what it becomes; the one to change, not the one that tells how."""
    for new in changes(node):
        yield (node.test if isinstance(node, ast.If | ast.While) else node), new
    if isinstance(node, ast.comprehension):
        yield from ((test, ast.Constant(value=True)) for test in node.ifs)
    for child in _children(node):
        yield from _places(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    skipped = {"annotation", "returns", "decorator_list", "type_params"}
    for name, value in ast.iter_fields(node):
        if name in skipped or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            cast = isinstance(node, ast.Call) and ast.unparse(node.func) == "cast" and child is node.args[0]
            choice = isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"  # a type, in any place
            if isinstance(child, ast.AST) and not docstring and not cast and not choice:
                yield child


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module; the rest of its text stays as it is."""
    source = (ROOT / path).read_bytes()
    starts = [0, *(match.end() for match in re.finditer(rb"\n", source))]
    for old, new in _places(ast.parse(source)):
        assert isinstance(old, ast.expr | ast.stmt)  # noqa: S101  only those are changed, and they have a place
        begin = starts[old.lineno - 1] + old.col_offset
        end = starts[(old.end_lineno or old.lineno) - 1] + (old.end_col_offset or 0)
        becomes = ast.unparse(ast.fix_missing_locations(new))
        put = f"({becomes})" if isinstance(new, ast.expr) else becomes
        text = (source[:begin] + put.encode() + source[end:]).decode()
        was = " ".join(source[begin:end].decode().split())
        yield Mutant(path, (old.lineno, old.end_lineno or old.lineno), was[:90], becomes[:90], text)


def drawn(number: int, seed: int, parts: Iterable[str]) -> list[Mutant]:
    """Draw so many mutants from all there are; the same seed draws the same from the same program."""
    paths = sorted(path.relative_to(ROOT) for part in parts for path in (ROOT / "generator" / part).rglob("*.py"))
    every = [mutant for path in paths for mutant in mutants(path)]
    print(f"{len(every)} places in {len(paths)} modules; {number} drawn with seed {seed}")
    return random.Random(seed).sample(every, number)  # noqa: S311  not for secrets


# ------------------------------------------------------------------------------------------------ which tests to run


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of all tests told: seconds of each test, the tests of each line of each module, lines of each test."""

    seconds: dict[str, float]
    tests: dict[str, dict[int, set[str]]]
    reach: Counter[str]

    def of(self, mutant: Mutant, most: float, most_files: int = 1000) -> list[str]:
        """List the tests that a mutant meets: those of its lines, else those of its module (a line run on import).

        First come the tests of which most lines are in the module: they are about it. Tests beyond ``most`` seconds
        and files beyond ``most_files``, in that order, are left out.
        """
        lines = self.tests.get(mutant.path.as_posix(), {})
        first, last = mutant.lines
        found = set().union(*(lines.get(line, set()) for line in range(first, last + 1)))
        there = set().union(*lines.values()) or self._near(mutant.path)
        # What is made once in a process is noted for the first test that has it made; the records need all of it.
        found = (found or self._beside(there)) | {test for test in self.seconds if test.startswith(RECORDS)}
        inside = Counter(test for tests in lines.values() for test in tests)
        ranked = sorted(found & self.seconds.keys(), key=lambda test: (-inside[test] / max(self.reach[test], 1), test))
        files = list(dict.fromkeys(test.split("::")[0] for test in ranked))[:most_files]
        return self._some([test for test in ranked if test.split("::")[0] in files], most)

    def _beside(self, tests: Iterable[str]) -> set[str]:
        files = {test.split("::")[0] for test in tests}
        return {test for test in self.seconds if test.split("::")[0] in files}

    def _near(self, path: Path) -> set[str]:
        modules = [lines for other, lines in self.tests.items() if Path(other).parent == path.parent]
        return set().union(*(tests for lines in modules for tests in lines.values()))

    def _some(self, ranked: list[str], most: float) -> list[str]:
        """Take as many as there is time for: half of it by rank, half in turns from each file, the quickest first."""
        files: dict[str, list[str]] = {}
        for test in sorted(ranked, key=self.seconds.__getitem__):
            files.setdefault(test.split("::")[0], []).append(test)
        turns = [test for test in chain(*zip_longest(*files.values())) if test]
        turns.sort(key=lambda test: not test.startswith(RECORDS))
        chosen = dict.fromkeys(self._within(ranked, most / 2))
        return list(chosen | dict.fromkeys(self._within((test for test in turns if test not in chosen), most / 2)))

    def _within(self, tests: Iterable[str], left: float) -> Iterator[str]:
        for number, test in enumerate(tests):
            if self.seconds[test] <= left or not number:
                left -= self.seconds[test]
                yield test


def measured(folder: Path) -> Measured:
    """Run all tests once and keep what they told in a folder; a folder that has it already is only read."""
    data, log = folder / "coverage.sqlite", folder / "tests.log"
    if not data.is_file():
        settings = folder / "coveragerc"
        settings.write_text(COVERAGE.format(data=data), encoding="utf-8")
        options = [
            "-n",
            str(os.cpu_count() or 1),
            "--dist=loadfile",
            "--cov=generator",
            "--cov-context=test",
            "--cov-report=",
            f"--cov-config={settings}",
            "--durations=0",
            "--durations-min=0",
        ]
        command = [sys.executable, "-m", "pytest", "-q", "-vv", "-p", "no:cacheprovider", *options]
        with log.open("wb") as file:
            ended = subprocess.run(command, cwd=ROOT, stdout=file, stderr=file, check=False).returncode  # noqa: S603
        if ended > 1:  # 1: a test failed
            raise SystemExit(log.read_text("utf-8"))
    said = log.read_text("utf-8")
    seconds: dict[str, float] = {}
    for taken, test in re.findall(r"^([\d.]+)s (?:call|setup|teardown) +(\S.*)$", said, re.MULTILINE):
        seconds[test] = seconds.get(test, 0) + float(taken)
    for test in re.findall(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", said, re.MULTILINE):
        seconds.pop(test, None)
    seconds = {test: taken for test, taken in seconds.items() if not test.startswith(HUNGRY)}
    tests = _lines(data)
    reach = Counter(test for lines in tests.values() for found in lines.values() for test in found)
    return Measured(seconds, tests, reach)


def covered(folder: Path) -> float:
    """Tell the share of the program's lines that the tests run, in processes that they start as well."""
    known = Coverage(str(folder / "coverage.sqlite"), config_file=str(folder / "coveragerc"))
    known.load()
    return known.report(file=io.StringIO())


def _lines(data: Path) -> dict[str, dict[int, set[str]]]:
    query = """select path, context, numbits from line_bits join file on file.id = file_id
               join context on context.id = context_id where context <> ''"""
    tests: dict[str, dict[int, set[str]]] = {}
    with sqlite3.connect(data) as database:
        for path, context, bits in database.execute(query):
            for line in numbits_to_nums(bits):
                tests.setdefault(path, {}).setdefault(line, set()).add(context.rpartition("|")[0])
    return tests


# ------------------------------------------------------------------------------------------------ one mutant, in a fork


def swapped(mutant: Mutant) -> bool:
    """Give the functions of a module, in this process, the code they have in a mutant; false where that can't be."""
    name = ".".join(mutant.path.with_suffix("").parts).removesuffix(".__init__")
    new = _codes(compile(mutant.text, mutant.path, "exec"))
    old = _codes(compile((ROOT / mutant.path).read_bytes(), mutant.path, "exec"))
    changed = [key for key, code in new.items() if old.get(key) != code]
    if (
        not changed
        or not new[max(changed, key=lambda key: (key[0].count("."), key[1]))].co_flags & inspect.CO_OPTIMIZED
    ):
        return False  # run once, on import
    done = False
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__module__ == name:
            key = (function.__code__.co_qualname, function.__code__.co_firstlineno)
            if key in changed:
                function.__code__ = new[key]
                done = True
    return done


def _codes(code: CodeType) -> dict[tuple[str, int], CodeType]:
    found = {(code.co_qualname, code.co_firstlineno): code}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _codes(constant)
    return found


class Forks:
    """A plugin of pytest that, in place of running all tests, runs in a fork for each mutant the tests of its line."""

    def __init__(self, tasks: list[tuple[Mutant | None, list[str]]], seconds: dict[str, float], jobs: int) -> None:
        """Take what to try (``None``: the program as it is) with its tests; ``seen`` tells by number what did."""
        self.tasks, self.seconds, self.jobs = tasks, seconds, jobs
        self.seen: dict[int, str] = {}
        self._failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the first test that fails."""
        if report.failed:
            self._failed = self._failed or report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork, so many at a time, until all are tried."""
        items = {item.nodeid: item for item in session.items}
        busy: dict[int, tuple[int, int]] = {}
        todo = deque(enumerate(self.tasks))
        while todo or busy:
            while todo and len(busy) < self.jobs:
                number, (mutant, tests) = todo.popleft()
                reading, writing = os.pipe()
                if not (child := os.fork()):
                    self._child(mutant, [items[test] for test in tests if test in items], writing)
                os.close(writing)
                busy[child] = (number, reading)
            child, status = os.wait()
            number, reading = busy.pop(child)
            with os.fdopen(reading, encoding="utf-8") as told:
                self.seen[number] = told.read()
            if status and not self.seen[number]:
                late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGALRM, signal.SIGPROF}
                self.seen[number] = "hangs" if late else "dies"
            print(
                f"{len(self.seen)} of {len(self.tasks)}: {self.tasks[number][0]}: {self.seen[number]}", file=sys.stderr
            )
        return True

    def _child(self, mutant: Mutant | None, items: list[pytest.Item], writing: int) -> NoReturn:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        # Of the processor's time, so that other work on the machine makes nothing hang; the clock sees a deadlock.
        most = patience(self.seconds[item.nodeid] for item in items)
        signal.setitimer(signal.ITIMER_PROF, most)
        signal.alarm(most * WAITING)
        try:
            if mutant and not swapped(mutant):
                self._failed = UNTRIED
            else:
                for item, following in zip(items, [*items[1:], None][: len(items)], strict=True):
                    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                    if self._failed:
                        break
        except BaseException as error:  # noqa: BLE001  a test that ends pytest itself; a fork must never return
            self._failed = self._failed or f"{type(error).__name__}: {error}"
        finally:
            os.write(writing, self._failed.encode())
            os._exit(0)


def patience(seconds: Iterable[float]) -> int:
    """Tell how many seconds of the processor tests may take, which were measured by the clock."""
    return round(15 + 2 * sum(seconds))


def forked(tasks: list[tuple[Mutant | None, list[str]]], seconds: dict[str, float], jobs: int) -> list[str]:
    """Try mutants in forks of this process; return for each the test that saw it, or nothing."""
    forks = Forks(tasks, seconds, jobs)
    os.chdir(ROOT)
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:cov", "--tb=no", "tests"]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(options, plugins=[forks])
    return [forks.seen[number] for number in range(len(tasks))]


# ------------------------------------------------------------------------------------------------ one mutant, on disk


def copied(folder: Path) -> Path:
    """Copy what the tests need; a mutant stands in a copy, never in the program itself."""
    folder.mkdir()
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__", ".tools", ".hypothesis")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy2(ROOT / name, folder / name)
    (folder / "output").mkdir()
    return folder


def on_disk(home: Path, mutant: Mutant, tests: list[str], seconds: int) -> str:
    """Tell which test sees a mutant in a process of its own, or nothing where none does."""
    changed = home / mutant.path
    before = changed.read_bytes()
    names = home / "chosen.txt"
    names.write_text("\n".join(tests), encoding="utf-8")
    # No byte-code: a changed file of the same size in the same second would be taken for the old one.
    settings = os.environ | {"PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:cov", "--tb=no", f"@{names}"]
    try:
        changed.write_text(mutant.text, encoding="utf-8", newline="")
        ran = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "pytest", *options],
            cwd=home,
            env=settings,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds * WAITING,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    finally:
        changed.write_bytes(before)
    failed = re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", ran.stdout, re.MULTILINE)
    late = ran.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
    return (failed[1] if failed else "hangs" if late else f"exit {ran.returncode}") if ran.returncode else ""


def again(tasks: list[tuple[Mutant, list[str]]], seconds: dict[str, float], jobs: int, place: Path) -> list[str]:
    """Try mutants on copies of the program, so many at a time."""
    homes: SimpleQueue[Path] = SimpleQueue()
    for number in range(jobs):
        home = place / f"home{number}"
        homes.put(home if home.is_dir() else copied(home))

    def attempt(task: tuple[Mutant, list[str]]) -> str:
        home = homes.get()
        try:
            by = on_disk(home, *task, patience(seconds[test] for test in task[1])) if task[1] else ""
            print(f"{task[0]}: {by}", file=sys.stderr)
            return by
        finally:
            homes.put(home)

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(attempt, tasks))


# ------------------------------------------------------------------------------------------------ the whole


def main() -> None:
    """Draw, try and print."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--number", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=11)
    arguments.add_argument("--part", action="append", help=f"one of {', '.join(PARTS)}; default all")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--measured", type=Path, help="a folder that keeps the run of all tests, for the next time")
    arguments.add_argument("--log", type=Path, help="write each mutant with what saw it, as JSON lines")
    given = arguments.parse_args()
    started = time.monotonic()
    chosen = drawn(given.number, given.seed, given.part or PARTS)
    with tempfile.TemporaryDirectory(prefix="bundel-mutants-") as place:
        os.environ["TMPDIR"] = place  # so that nothing of the tests stays
        folder = given.measured or Path(place) / "measured"
        folder.mkdir(exist_ok=True)
        run = measured(folder.resolve())
        print(f"the tests run {covered(folder.resolve()):.2f}% of the lines of generator/")
        results = [""] * len(chosen)
        wrong: list[str] = []
        controls = 0
        for most, most_files in zip(ROUNDS, MOST_FILES, strict=True):
            unseen = [number for number, by in enumerate(results) if not by]
            tests = [run.of(chosen[number], most) for number in unseen]
            unchanged: list[tuple[Mutant | None, list[str]]] = [(None, each) for each in tests[::30]]
            tasks = [(chosen[number], each) for number, each in zip(unseen, tests, strict=True)]
            by = forked([*unchanged, *tasks], run.seconds, given.jobs)
            controls += len(unchanged)
            wrong += filter(None, by[: len(unchanged)])
            for number, seen in zip(unseen, by[len(unchanged) :], strict=True):
                results[number] = seen
            late = [number for number, by in enumerate(results) if by == UNTRIED]
            tasks = [(chosen[number], run.of(chosen[number], most, most_files)) for number in late]
            for number, seen in zip(late, again(tasks, run.seconds, given.jobs, Path(place)), strict=True):
                results[number] = seen
    _print(chosen, results, given.log)
    print(f"controls: {controls} times the unchanged program, {len(wrong)} failed {wrong or ''}")
    print(f"took {time.monotonic() - started:.0f} s")
    sys.exit(bool(wrong))


def _print(chosen: list[Mutant], results: list[str], log: Path | None) -> None:
    lines = []
    for mutant, by in zip(chosen, results, strict=True):
        if not by:
            print(f"missed  {mutant}")
        row = {"path": mutant.path.as_posix(), "line": mutant.lines[0], "was": mutant.was, "becomes": mutant.becomes}
        lines.append(json.dumps(row | {"seen": by}, ensure_ascii=False) + "\n")
    if log:
        log.write_text("".join(lines), encoding="utf-8")
    for part in sorted({mutant.path.parts[1] for mutant in chosen}):
        of_part = [bool(by) for mutant, by in zip(chosen, results, strict=True) if mutant.path.parts[1] == part]
        print(f"{part + ':':<9} {len(of_part):>4} mutants, {sum(of_part):>4} seen")
    count, hangs = sum(map(bool, results)), results.count("hangs")
    print(f"all:      {len(chosen):>4} mutants, {count:>4} seen: {count / len(chosen):.1%} ({hangs} hang)")


if __name__ == "__main__":
    main()
