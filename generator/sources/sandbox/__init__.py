"""A look-alike of Invantive Bridge Online on this computer: every client's database, from made-up books.

``client_ledger`` gives the books themselves to whoever wants rows without a server. What stands behind the behaviour,
and what nobody here knows for sure, is listed in ``docs/zandbak.md``.
"""

from __future__ import annotations

from generator.sources.sandbox.books import Book, Terms, books_of, client_ledger

__all__ = ["Book", "Terms", "books_of", "client_ledger"]
