"""The sandbox as a client sees it: what Invantive documents, what it ignores, and what it refuses."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from generator import pipeline
from generator.sources.sandbox import Terms, client_ledger
from generator.sources.sandbox.serve import databases, serving
from generator.sources.sandbox.service import Manners

EXAMPLE = Path(__file__).parents[1] / "report_specs" / "voorbeeld.xlsx"
TERMS = Terms(dt.date(2026, 11, 24))
ACCOUNTS = "ExactOnlineREST.Financial.GLAccounts"
LINES = "ExactOnlineREST.Incremental.TransactionLinesIncremental"


@pytest.fixture(scope="module")
def loaded():
    return pipeline.load(EXAMPLE)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="module")
def start(loaded, cache):
    """Start a sandbox with such manners and faults, and return a client of it."""
    with ExitStack() as stack:

        def serve(faults=None, **manners):
            found = databases(loaded.clients, loaded.clients, loaded.catalogue.known_columns, TERMS, faults, cache)
            address = stack.enter_context(serving(found, Manners("sandbox", **manners)))
            return stack.enter_context(httpx.Client(base_url=address, auth=("who@kantoor.nl", "sandbox")))

        yield serve


@pytest.fixture(scope="module")
def web(start):
    return start()


def rows(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def test_a_page_of_rows_is_what_the_books_hold(web, loaded):
    client = next(client for client in loaded.clients if client.code == "bakker")
    books = client_ledger(client, loaded.clients, TERMS)
    answer = web.get(f"/vd-bakker/odata4/{ACCOUNTS}@eol", params={"$select": "Code,Description,Type"})
    found = [(row["Code"], row["Description"], row["Type"]) for row in rows(answer)]
    assert found == [(row["Code"], row["Description"], row["Type"]) for row in books.tables[ACCOUNTS]]
