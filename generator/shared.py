"""What many bundles have in common is made once in a process. Knows no other module.

An office has thousands of bundles that are the same but for names, divisions and an address. So each step on the way
from a client to its files is cut in two: what follows from templates, language and wishes that clients share, and what
is of one client. The first is made by functions marked ``remembered``, the second is made anew each time.

Two rules keep one client's values out of another's bundle. What is remembered is a pure function of its arguments, and
all of them are part of the key: there is no other state it could read. And nothing that came out of it is changed
afterwards; who wants it otherwise makes a copy. ``forget`` empties every memory, so that a test can hold the bytes of
a run with memory against those of a run without.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
Function = TypeVar("Function", bound="Callable[..., Any]")

_memories: list[Any] = []
"""Every function that remembers, in the order they were made."""


def remembered(most: int) -> Callable[[Function], Function]:
    """Make a pure function remember its last results, at most so many; its arguments must be hashable."""

    def wrap(function: Function) -> Function:
        memory: Any = lru_cache(maxsize=most)(function)
        _memories.append(memory)
        kept: Function = memory
        return kept

    return wrap


def forget() -> None:
    """Empty the memory of all functions that remember."""
    for memory in _memories:
        memory.cache_clear()


class Once:
    """A value that does not change after it was made, with other forms of it, each made when it is first asked for."""

    def once(self, form: object, make: Callable[[], Made]) -> Made:
        """Return another form of this value."""
        forms = cast("dict[object, Any]", self.__dict__)  # any key will do: none is an attribute
        if form not in forms:
            forms[form] = make()
        found: Made = forms[form]
        return found


class Content(bytes, Once):
    """The content of a file, hashed once, and deflated once however many bundles it stands in."""


def sha256(data: bytes) -> str:
    """Return the SHA-256 of a file's content in hexadecimal."""
    if isinstance(data, Content):
        return data.once("sha256", lambda: hashlib.sha256(data).hexdigest())
    return hashlib.sha256(data).hexdigest()
