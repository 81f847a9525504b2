"""The sandbox as a server on this computer: its databases, its port, and how it ends."""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from generator.problems import Problem, Stop
from generator.sources.ledger import Division
from generator.sources.sandbox.address import HOST, slug
from generator.sources.sandbox.books import YEARS, Book, books_of
from generator.sources.sandbox.database import Database, Part
from generator.sources.sandbox.schema import schema
from generator.sources.sandbox.store import Store, cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import uvicorn

    from generator.resolve.client import Client
    from generator.sources.sandbox.books import Terms
    from generator.sources.sandbox.schema import KnownColumns, Table
    from generator.sources.sandbox.service import Manners

MISSING = "B200"
_INSTALL = 'python -m pip install ".[sandbox]"'


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the databases on purpose: divisions too few or too many, columns that are not there."""

    withhold: frozenset[int] = frozenset()
    leak: frozenset[int] = frozenset()
    dropped: frozenset[tuple[str, str]] = frozenset()
    moved: frozenset[str] = frozenset()


def databases(
    served: Sequence[Client],
    clients: Sequence[Client],
    known: KnownColumns,
    terms: Terms,
    faults: Faults | None = None,
    cache: Path | None = None,
    others: Mapping[str, KnownColumns] | None = None,
) -> dict[str, Database]:
    """Return the databases to serve by slug; ``clients`` are all that the workbooks name.

    ``known`` are the entity sets of the main platform, ``others`` those of the other ones, by name.

    Books are made when they are first read. Raises ``Stop`` where two databases would have one address.
    """
    faults = faults or Faults()
    others = others or {}
    schemas = {platform: schema(listed) for platform, listed in others.items()}
    main = schema(known)
    stores = {name: Store(cache or cache_folder(), tables) for name, tables in schemas.items()}
    store = Store(cache or cache_folder(), main)
    store.clean()
    books = books_of(clients, terms) | _foreign(clients, terms, faults.leak)
    owners = {division.code: code for code, book in books.items() for division in book.divisions}
    found: dict[str, Database] = {}
    for client in served:
        name = slug(client.url) + ("-2" if client.code in faults.moved else "")
        if name in found:
            values = {"first": found[name].client, "second": client.code, "slug": name}
            raise Stop([Problem("B203", None, values, client.code)])
        parts = _parts(client, books, owners, faults, stores.get(client.platform, store))
        tables = _without(schemas.get(client.platform, main), faults.dropped)
        found[name] = Database(client.code, name, client.alias, parts, tables)
    return found


def _foreign(clients: Sequence[Client], terms: Terms, leaking: frozenset[int]) -> dict[str, Book]:
    """Return books for leaking divisions that belong to no client."""
    known = {division.code for client in clients for division in client.divisions}
    years = terms.years or YEARS
    return {
        f"_{code}": Book((Division(code),), terms.today, terms.seed, years, terms.volume) for code in leaking - known
    }


def _parts(
    client: Client, books: Mapping[str, Book], owners: Mapping[int, str], faults: Faults, store: Store
) -> tuple[Part, ...]:
    """Return the books that a client's database reads, with a foreign division among them where one leaks."""
    own: dict[str, list[int]] = {}
    for division in client.divisions:
        own.setdefault(division.client_code, []).append(division.code)
    codes = {division.code for division in client.divisions}
    for code in sorted(faults.leak - codes):
        own.setdefault(owners[code], []).append(code)

    def path(owner: str) -> Callable[[], Path]:
        return lambda: store.path(books[owner])

    return tuple(
        Part(path(owner), tuple(sorted(set(listed) - faults.withhold)), tuple(sorted(listed)))
        for owner, listed in own.items()
    )


def _without(tables: Mapping[str, Table], dropped: frozenset[tuple[str, str]]) -> dict[str, Table]:
    return {
        name: table.without(column for entity, column in dropped if entity == name) for name, table in tables.items()
    }


def bound(port: int) -> socket.socket:
    """Return a socket on the loopback; port 0 takes any that is free. Raises ``Stop`` where it is taken."""
    # asyncio sends small answers at once only over a socket that says it is TCP; otherwise each takes 40 ms
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", None) if sys.platform == "win32" else socket.SO_REUSEADDR
    if option is not None:
        taken.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        taken.bind((HOST, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise Stop([Problem("B201", None, {"port": str(port), "reason": error.strerror or str(error)})]) from error
    return taken


def need_libraries() -> None:
    """Raise ``Stop`` with what to install where the extra ``sandbox`` is not."""
    try:
        import odata_query  # noqa: F401, PLC0415
        import starlette  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
    except ImportError as error:
        raise Stop([Problem(MISSING, None, {"name": str(error.name), "command": _INSTALL})]) from error


def run(found: Mapping[str, Database], manners: Manners, listening: socket.socket) -> None:
    """Serve until the user stops it."""
    _server(found, manners).run(sockets=[listening])


@contextmanager
def serving(found: Mapping[str, Database], manners: Manners, port: int = 0) -> Iterator[str]:
    """Serve in a thread until the end of the block, for tests and measurements; yield the address before the slug."""
    server = _server(found, manners)
    with bound(port) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _server(found: Mapping[str, Database], manners: Manners) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415  an extra

    from generator.sources.sandbox.service import application  # noqa: PLC0415  an extra

    config = uvicorn.Config(
        application(found, manners),
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=512,
        timeout_graceful_shutdown=2,
        http="h11",
        ws="none",
    )
    return uvicorn.Server(config)
