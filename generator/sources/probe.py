"""All databases asked at once, a bounded number at a time: what ``bundel probe`` finds, as values."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.sources.metadata import Descriptions
from generator.sources.odata import Finding, ask
from generator.sources.wire import Limits, Wire, open_client

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    import httpx

    from generator.credentials import Credentials
    from generator.sources.question import Question
    from generator.sources.wire import Sleep

AT_ONCE = 8
"""Databases asked at a time, unless ``--jobs`` says otherwise; within one database requests follow each other."""

Signed = tuple["Question", "Credentials"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How databases are asked: whether rows are counted, within which limits, and what stands in for the network."""

    today: dt.date
    count: bool = True
    limits: Limits = field(default_factory=Limits)
    transport: httpx.AsyncBaseTransport | None = None
    sleep: Sleep = asyncio.sleep


def probe(
    questions: Sequence[Signed],
    manner: Manner,
    at_once: int = AT_ONCE,
    done: Callable[[Finding], None] = lambda _: None,
) -> list[Finding]:
    """Ask databases and return what was found, in the order of the questions; ``done`` hears of each as it ends."""
    return asyncio.run(_all(questions, manner, at_once, done))


async def _all(
    questions: Sequence[Signed], manner: Manner, at_once: int, done: Callable[[Finding], None]
) -> list[Finding]:
    turn = asyncio.Semaphore(at_once)
    descriptions = Descriptions()

    async def one(question: Question, credentials: Credentials) -> Finding:
        async with turn:
            finding = await _one(question, credentials, manner, descriptions)
        done(finding)
        return finding

    return list(await asyncio.gather(*(one(*signed) for signed in questions)))


async def _one(question: Question, credentials: Credentials, manner: Manner, descriptions: Descriptions) -> Finding:
    """Ask one database with a client of its own: no cookie or connection of another client's sign-in is ever used."""
    opened = open_client(question.client, credentials, manner.limits, manner.transport, local=question.sandbox)
    try:
        async with opened as client:
            wire = Wire(client, question.url, manner.limits, manner.sleep)
            return await ask(question, wire, descriptions, manner.today, count=manner.count)
    except Exception as error:  # noqa: BLE001  whatever one database does ends no other's
        finding = Finding(question)
        finding.say("B089", error=type(error).__name__)
        return finding
