"""Power BI web on this computer: the stateful fake behind Microsoft's contract, with the rules that it lacks.

Runs in the environment of `requirements/powerbi.txt`. Prints its address, and answers under `/judge`: what was asked,
what broke the contract, and what there is now.
"""

import json
import os
import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from contract import Contract
from fake_powerbi import Err, FakePowerBI

SUPPORTS = {
    "supportedCredentialTypes": ["Basic", "Anonymous"],
    "supportedConnectionEncryptionTypes": ["Encrypted", "Any"],
    "supportsSkipTestConnection": True,
}


def is_cut(headers, content):
    """Tell whether whoever sent it was killed half-way: no server takes that for a request."""
    return len(content) < int(headers.get("content-length") or 0)


class PowerBI(FakePowerBI):
    """The fake, with people, kinds of connections, refreshes that take a while, and slowness on demand."""

    def __init__(self, delay=0.0):
        super().__init__(page_size=7)
        self.delay = delay
        self.users = {}
        self.calls = []
        for method, path, answer in (
            ("GET", "/v1/connections/{k}", self.connection),
            ("GET", "/v1/connections/supportedConnectionTypes", self.types),
            ("DELETE", "/v1/connections/{k}", self.drop_connection),
            ("PATCH", "/v1/workspaces/{w}/semanticModels/{i}", self.rename),
            ("PATCH", "/v1/workspaces/{w}/reports/{i}", self.rename),
            ("GET", "/v1.0/myorg/groups/{w}/users", self.people),
            ("POST", "/v1.0/myorg/groups/{w}/users", self.add_person),
        ):
            pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")) + "$")
            self.routes.insert(0, (method, pattern, answer))

    def types(self, call):
        text = {"dataType": "Text", "required": True}
        rows = [
            {"type": "Web", "creationMethods": [{"name": "Web", "parameters": [{"name": "url", **text}]}], **SUPPORTS},
            {
                "type": "OData",
                "creationMethods": [{"name": "OData", "parameters": [{"name": "url", **text}]}],
                **SUPPORTS,
            },
        ]
        return self._page(call, "/v1/connections/supportedConnectionTypes", rows)

    def connection(self, _, k):
        if k not in self.conns:
            raise Err(404, "EntityNotFound", k)
        return 200, self._cpub(self.conns[k])

    def drop_connection(self, _, k):
        if self.conns.pop(k, None) is None:
            raise Err(404, "EntityNotFound", k)
        return 200, None

    def rename(self, call, w, i):
        item = self._item(w, i)
        item["displayName"] = call["body"].get("displayName", item["displayName"])
        return 200, self._pub(item)

    def people(self, _, w):
        self._ws(w)
        rows = {self.caller: "Admin", **self.users.get(w, {})}
        return 200, {
            "value": [
                {"emailAddress": email, "identifier": email, "groupUserAccessRight": role, "principalType": "User"}
                for email, role in rows.items()
            ]
        }

    def add_person(self, call, w):
        self._ws(w)
        self.users.setdefault(w, {})[call["body"]["identifier"]] = call["body"]["groupUserAccessRight"]
        return 200, None

    def update_def(self, call, w, i):
        self._item(w, i)["bound"] = None  # as users of the service report
        return super().update_def(call, w, i)

    def handle(self, method, url, headers, content):
        path = re.sub(r"^https?://[^/]+", "", url)
        if path.startswith("/judge"):
            return 200, {"content-type": "application/json"}, json.dumps(self.report()).encode()
        if is_cut(headers, content):
            return 400, {}, b""
        time.sleep(self.delay)
        self.calls.append([method, path.partition("?")[0]])
        return super().handle(method, url, headers, content)

    def report(self):
        return {
            "calls": self.calls,
            "violations": [str(violation) for violation in self.violations],
            "workspaces": list(self.ws.values()),
            "users": self.users,
            "connections": [self._cpub(connection) for connection in self.conns.values()],
            "items": [
                {
                    **self._pub(item),
                    "parts": sorted(item["parts"]),
                    "parameters": item["params"],
                    "schedule": item["schedule"],
                    "bound": item["bound"],
                    "model": item.get("model", ""),
                    "refreshes": [refresh["status"] for refresh in item["refreshes"]],
                }
                for item in self.items.values()
            ],
        }


class Judged(Contract):
    """The contract, but for what the judge itself asks, and for half requests."""

    def request(self, method, url, headers, content):
        if "/judge" in url or is_cut(headers, content):
            return None
        return super().request(method, url, headers, content)

    def response(self, operation, status, headers, content):
        return super().response(operation, status, headers, content) if operation else None


def main():
    fake = PowerBI(float(os.environ.get("POWER_BI_DELAY", "0")))
    contract = Judged(str(Path(sys.argv[1]) / "contract.json"))
    server = fake.serve(contract, strict=bool(os.environ.get("POWER_BI_STRICT")))
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
