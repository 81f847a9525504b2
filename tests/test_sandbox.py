"""The sandbox as a client sees it: what Invantive documents, what it ignores, and what it refuses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from generator import pipeline
from generator.sources.sandbox import Terms, client_ledger
from generator.sources.sandbox.serve import Faults, databases
from generator.sources.sandbox.service import Manners, application

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
def serving(loaded, cache):
    """Return a client of the sandbox with such manners and faults."""

    def serve(faults=None, password="sandbox", **manners):
        found = databases(loaded.clients, loaded.clients, loaded.catalogue.known_columns, TERMS, faults, cache)
        app = application(found, Manners("sandbox", **manners))
        return TestClient(
            app, base_url="http://127.0.0.1:8471", headers=_basic(password), raise_server_exceptions=False
        )

    return serve


def _basic(password):
    import base64  # noqa: PLC0415

    return {"Authorization": "Basic " + base64.b64encode(f"who@kantoor.nl:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def web(serving):
    return serving()


def rows(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def test_a_page_of_rows_is_what_the_books_hold(web, loaded):
    client = next(client for client in loaded.clients if client.code == "bakker")
    books = client_ledger(client, loaded.clients, TERMS)
    answer = web.get(f"/vd-bakker/odata4/{ACCOUNTS}@eol", params={"$select": "Code,Description,Type"})
    found = [(row["Code"], row["Description"], row["Type"]) for row in rows(answer)]
    assert found == [(row["Code"], row["Description"], row["Type"]) for row in books.tables[ACCOUNTS]]
