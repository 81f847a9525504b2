"""Runs inside the clients' environment: what two strangers' OData clients make of a database.

question: {"url", "password", "entity", "other"}; answer: {what: values}, an error as {"error": type and text}
"""

import json
import sys

import requests
from odata import ODataService
from odatapy.client import BasicAuth, EdmEnabledODataClient
from odatapy.client.transport import HttpxTransport


def attempt(work):
    try:
        return work()
    except Exception as error:  # noqa: BLE001 -- the answer is what a client makes of it
        return {"error": f"{type(error).__name__}: {error}"}


def reflecting(question):
    """python-odata: classes made from $metadata."""
    session = requests.Session()
    session.auth = ("anyone@kantoor.example", question["password"])
    service = ODataService(f"{question['url']}/", reflect_entities=True, session=session)
    accounts = service.entities[question["entity"]]
    lines = service.entities[question["lines"]]

    def codes(query):
        return [row.Code for row in query.all()]

    def asked():
        return service.query(accounts)

    return {
        "names": sorted(service.entities),
        "all": attempt(lambda: codes(asked())),
        "number": attempt(lambda: codes(asked().filter((accounts.Type >= 110) & (accounts.Type < 125)))),
        "either": attempt(lambda: codes(asked().filter((accounts.Type == 20) | (accounts.Type == 22)))),
        "text": attempt(lambda: codes(asked().filter(accounts.Description.contains("kosten")))),
        "start": attempt(lambda: codes(asked().filter(accounts.Description.startswith("Om")))),
        "limit": attempt(lambda: codes(asked().limit(3))),
        "select": attempt(lambda: list(asked().select(accounts.Code, accounts.Type).limit(2))),
        "sorted": attempt(lambda: codes(asked().order_by(accounts.Code.desc()).limit(3))),
        "skipped": attempt(lambda: codes(asked().offset(2).limit(2))),
        "get": attempt(lambda: str(asked().get("00000000-0000-0000-0000-000000000000"))),
        "pages": attempt(lambda: [float(row.AmountDC) for row in service.query(lines).all()]),
        "types": attempt(lambda: sorted({type(row.Date).__name__ for row in service.query(lines).limit(5)})),
    }


def typed(question):
    """odatapy: every value read as the type that $metadata gives it."""
    transport = HttpxTransport(auth=BasicAuth("anyone@kantoor.example", question["password"]))
    client = EdmEnabledODataClient(question["url"], transport)
    place = client.entity_set_uri(question["entity"])

    def values(entities, name):
        return [item.value for entity in entities for item in entity.properties if item.name == name]

    document = client.get_service_document()
    return {
        "names": sorted(entry.name for entry in document.entries),
        "all": attempt(lambda: values(client.get_entity_set(place).entities, "Code")),
        "kinds": attempt(lambda: sorted({p.type for e in client.get_entity_set(place).entities for p in e.properties})),
        "count": attempt(lambda: client.get_count(client.entity_set_uri(question["lines"]))),
        "pages": attempt(
            lambda: [
                float(x) for x in values(client.iter_entities(client.entity_set_uri(question["lines"])), "AmountDC")
            ]
        ),
        "select": attempt(
            lambda: values(
                client.get_entity_set(client.entity_set_uri(question["entity"]).select("Code").top(2)).entities, "Code"
            )
        ),
        "skipped": attempt(
            lambda: values(client.get_entity_set(client.entity_set_uri(question["entity"]).skip(2)).entities, "Code")
        ),
        "refused": attempt(
            lambda: EdmEnabledODataClient(
                question["url"], HttpxTransport(auth=BasicAuth("anyone", "wrong"))
            ).get_service_document()
        ),
    }


def main():
    question = json.load(sys.stdin)
    answer = {"reflecting": attempt(lambda: reflecting(question)), "typed": attempt(lambda: typed(question))}
    json.dump(answer, sys.stdout, default=str)


main()
