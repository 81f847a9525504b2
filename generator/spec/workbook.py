"""Read the workbooks: the union of all rows of all sheets, each value with its cell, and every problem at once."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

from python_calamine import CalamineWorkbook, SheetTypeEnum

from generator.problems import Cell, Problem
from generator.spec.guard import GuardResult, guard
from generator.spec.headers import Found, Page, language_of, looks_secret, nearest
from generator.spec.records import Dropped, Office, Spec
from generator.spec.rows import read_page
from generator.spec.sheets import PROBLEMS, SHEETS, find_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from generator.spec.sheets import Sheet

_SMALL = 50_000  # bytes of a workbook
_MOST_TOGETHER = 64  # workbooks
_MOST_BYTES = 1_000_000  # of workbooks looked over together
_Made = TypeVar("_Made")


def workbooks(source: Path) -> tuple[Path, ...]:
    """Return the workbooks of a folder, or the one workbook itself, in the order in which they are read."""
    if not source.is_dir():
        return (source,)
    found = (path for path in source.iterdir() if path.suffix.casefold() == ".xlsx")
    return tuple(sorted(path for path in found if not path.name.startswith(("~$", "_")) and path.is_file()))


def read(source: Path) -> tuple[Spec, tuple[Problem, ...]]:
    """Return all rows of a workbook or of a folder of workbooks, and the problems of files, sheets and cells.

    Never raises: what can't be read is a problem.
    """
    paths = workbooks(source)
    if not paths:
        return Spec(), (Problem("B007", Cell(source.name), {"path": source.as_posix()}),)
    total = _Union()
    collecting = gc.isenabled()
    gc.disable()  # only live objects are made here; looking for dead ones among them costs a fifth of the time
    try:
        for batch in _batches(paths):
            for path, looked in batch:
                total.add(_try(path, _read_workbook, path, looked))
        return total.spec(paths)
    finally:
        if collecting:
            gc.enable()


@dataclass(slots=True)
class _Union:
    """Everything found so far: sheet key → records, rows left out, problems."""

    records: dict[str, list[Any]] = field(default_factory=lambda: {sheet.key: [] for sheet in SHEETS})
    dropped: list[Dropped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, book: Iterable[tuple[Sheet | None, Found]] | Problem) -> None:
        """Take in the sheets of one workbook, or that it can't be read: any row may have stood in it."""
        if isinstance(book, Problem):
            self.problems.append(book)
            self.dropped += [Dropped(sheet=sheet.key) for sheet in SHEETS]
            return
        for sheet, found in book:
            if sheet:
                self.records[sheet.key] += found.records
            self.dropped += found.dropped
            self.problems += found.problems

    def spec(self, paths: tuple[Path, ...]) -> tuple[Spec, tuple[Problem, ...]]:
        """Return the union, with client codes written as on the sheet of clients."""
        offices: list[Office] = self.records.pop("office")
        self.problems += self._office_problems(offices, paths)
        codes = {client.code.casefold(): client.code for client in reversed(self.records["clients"])}
        exact = set(codes.values())
        rows = {
            key: tuple(
                record if key == "clients" or record.client in exact else _with_code(record, codes)
                for record in records
            )
            for key, records in self.records.items()
        }
        spec = Spec(office=offices[0] if offices else None, dropped=tuple(self.dropped), **rows)
        return spec, tuple(self.problems)

    def _office_problems(self, offices: list[Office], paths: tuple[Path, ...]) -> list[Problem]:
        if len(offices) > 1:
            first = offices[0].cell
            others = ", ".join(f"{office.cell.file} {office.cell}" for office in offices[1:])
            return [Problem("B020", offices[1].cell, {"first": f"{first.file} {first}", "others": others})]
        if offices or any(dropped.sheet == "office" for dropped in self.dropped):
            return []
        return [Problem("B027", Cell(paths[0].name) if len(paths) == 1 else None)]


def _with_code(record: Any, codes: dict[str, str]) -> Any:  # noqa: ANN401  any record with a client
    code = codes.get(record.client.casefold(), record.client)
    return record if code == record.client else replace(record, client=code)


def _batches(paths: Iterable[Path]) -> Iterator[list[tuple[Path, GuardResult | Problem]]]:
    """Return the workbooks looked over, a few together while they are small.

    Going back and forth between guard and reader for every workbook of a few rows takes a quarter more time: neither
    finds its code and data in the processor's cache.
    """
    batch: list[tuple[Path, GuardResult | Problem]] = []
    size = 0
    for path in paths:
        looked = _try(path, guard, path)
        batch.append((path, looked))
        size += 0 if isinstance(looked, Problem) else len(looked.data)
        if len(batch) == _MOST_TOGETHER or size > _MOST_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _try(path: Path, stage: Callable[..., _Made], *values: object) -> _Made | Problem:
    """Return what a stage makes of a workbook, or the problem that it can't."""
    try:
        return stage(*values)
    except Exception as error:  # noqa: BLE001  no library may end the run of an office for one file
        return Problem("B003", Cell(path.name), {"reason": type(error).__name__})


def _read_workbook(path: Path, looked: GuardResult | Problem) -> list[tuple[Sheet | None, Found]] | Problem:
    """Return what each sheet gives: that of clients first, since the rows of others may lean on the only one."""
    if isinstance(looked, Problem):
        return looked
    with CalamineWorkbook.from_filelike(BytesIO(looked.data)) as book:
        titles = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        found: list[tuple[Sheet | None, Found]] = []
        known: list[tuple[str, Sheet]] = []
        for title in titles:
            sheet = find_sheet(title)
            if looks_secret(title):
                found.append((None, Found(problems=[Problem("B015", Cell(path.name, title), {"column": title})])))
            elif title.startswith("_") or title in PROBLEMS.values():
                continue
            elif sheet is None:
                found.append((None, _unknown(path, book, title, titles)))
            else:
                known.append((title, sheet))

        in_order = sorted(known, key=lambda each: each[1].key != "clients")
        pages: Iterable[Page] = (_page(path, book, title, sheet, looked) for title, sheet in in_order)
        if len(looked.data) < _SMALL:
            pages = list(pages)  # else sheet after sheet: the values of one are gone before those of the next take room
        found += _read_pages(pages)
    return found


def _read_pages(pages: Iterable[Page]) -> Iterator[tuple[Sheet, Found]]:
    """Read the sheets of clients, which come first, and then the others, whose rows may lean on the only one."""
    clients: list[Found] = []
    only: str | None = None
    for page in pages:
        if page.sheet.key == "clients":
            clients.append(read_page(page))
            only = _only_client(clients)
            yield page.sheet, clients[-1]
        else:
            page.only_client = only
            yield page.sheet, read_page(page)


def _page(path: Path, book: CalamineWorkbook, title: str, sheet: Sheet, looked: GuardResult) -> Page:
    return Page(
        file=path.name,
        title=title,
        sheet=sheet,
        rows=book.get_sheet_by_name(title).to_python(skip_empty_area=False),
        formulas=_of_sheet(looked.formulas, title),
        errors=_of_sheet(looked.errors, title),
        merged=looked.merged.get(title, ()),
    )


def _of_sheet(cells: Mapping[tuple[str, str], str], title: str) -> dict[str, str]:
    return {address: text for (name, address), text in cells.items() if name == title} if cells else {}


def _unknown(path: Path, book: CalamineWorkbook, title: str, titles: list[str]) -> Found:
    """Warn of a sheet with a name of its own, unless it is empty, as Excel's own first sheet often is."""
    if not book.get_sheet_by_name(title).to_python(nrows=1):
        return Found()
    language = language_of(titles, SHEETS)
    like = nearest(title, (sheet.name(language) for sheet in SHEETS))
    return Found(problems=[Problem("B008", Cell(path.name, title), {"sheet": title, "nearest": like})])


def _only_client(clients: list[Found]) -> str | None:
    """Return the code of the workbook's one client (empty where it has none), or None where there are more."""
    if sum(len(found.records) + len(found.dropped) for found in clients) != 1:
        return None
    records = [record for found in clients for record in found.records]
    dropped = [dropped for found in clients for dropped in found.dropped]
    return records[0].code if records else dropped[0].texts.get("code", "")
