"""Power BI web in a few rules, for tests: it keeps what it is told, refuses what it should, and fails on demand.

``PowerBI`` answers requests of httpx (``transport``). A ``Fault`` names an operation (``POST semanticModels``), how
often it still goes well, and what happens then.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections import Counter
from dataclasses import dataclass

import httpx

REGION = "https://wabi-west-europe-redirect.analysis.windows.net"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Killed(BaseException):
    """The process ends here, as after ``kill -9``: nobody catches this."""


@dataclass
class Fault:
    """What goes wrong: at which operation, after how many that went well, how, and how often."""

    operation: str
    kind: str
    after: int = 0
    times: int = 1


class PowerBI:
    """The service. ``lenient`` lets names be used twice, so that a test sees who makes a thing twice."""

    def __init__(self, *, lenient=False, lag=0):
        self.lenient, self.lag = lenient, lag
        self.caller = "publiceren@kantoor.example"
        self.workspaces, self.items, self.connections, self.operations = {}, {}, {}, {}
        self.made, self.log, self.passwords, self.faults, self.strangers = Counter(), [], {}, [], set()
        self.region = REGION
        self.daily, self.page, self.number, self.denied = 100, 2, 0, set()

    def transport(self):
        return httpx.MockTransport(self)

    # ----------------------------------------------------------------------------------------------------- dispatch

    def __call__(self, request):
        if request.headers.get("authorization") != "Bearer token":
            return self.error(401, "TokenExpired", "no token", request)
        path = request.url.path
        operation, answer, ids = self.route(request.method, path)
        self.log.append((operation, path))
        fault = self.fault(operation)
        if fault and (reply := self.before(fault, request)):
            return reply
        body = json.loads(request.content) if request.content else {}
        reply = answer(body, dict(request.url.params), *ids)
        if fault:
            return self.afterwards(fault, reply, request)
        return reply

    def fault(self, operation):
        for fault in self.faults:
            if fault.operation == operation and fault.times:
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def before(self, fault, request):
        kinds = {
            "401": (401, "TokenExpired"),
            "403": (403, "InsufficientPrivileges"),
            "404": (404, "ItemNotFound"),
            "409": (409, "Conflict"),
            "500": (500, "InternalError"),
            "503": (503, "ServiceUnavailable"),
        }
        if fault.kind in kinds:
            return self.error(*kinds[fault.kind], "on demand", request)
        if fault.kind == "429":
            reply = self.error(429, "RequestBlocked", "on demand", request)
            reply.headers["Retry-After"] = "7"
            return reply
        if fault.kind == "503 html":
            return httpx.Response(503, text="<html>sorry</html>", headers={"content-type": "text/html"})
        if fault.kind == "cut before":
            raise httpx.RemoteProtocolError("cut")
        if fault.kind == "unreachable":
            raise httpx.ConnectError("no route")
        if fault.kind == "kill before":
            raise Killed
        return None

    def afterwards(self, fault, reply, request):
        if fault.kind == "cut after":
            raise httpx.ReadError("cut")
        if fault.kind == "slow":
            raise httpx.ReadTimeout("slow")
        if fault.kind == "kill after":
            raise Killed
        if fault.kind == "500 after":
            return self.error(500, "InternalError", "but it was done", request)
        if fault.kind == "empty":
            return httpx.Response(reply.status_code, headers={"x-ms-operation-id": "", "Location": ""})
        if fault.kind == "html":
            return httpx.Response(200, text="<html>welcome</html>", headers={"content-type": "text/html"})
        if fault.kind in ("fails", "hangs") and (location := reply.headers.get("location", "")):
            operation = self.operations[location.rsplit("/", 1)[1]]
            operation["fate"] = fault.kind
            if fault.kind == "fails":
                operation["undo"]()
        if fault.kind == "elsewhere":
            reply.headers["Location"] = "https://evil.example/v1/operations/1"
        return reply

    def error(self, status, code, message, request):
        if request.url.path.startswith("/v1.0/"):
            return httpx.Response(status, json={"error": {"code": code, "message": message}})
        return httpx.Response(status, json={"errorCode": code, "message": message, "requestId": new()})

    def route(self, method, path):
        for operation, pattern, answer in ROUTES.get(method, ()):
            if match := pattern.fullmatch(path):
                return operation, getattr(self, answer), match.groups()
        raise AssertionError(f"nobody asks {method} {path}")

    def refuse(self, status, code, message="refused"):
        return httpx.Response(
            status, json={"errorCode": code, "message": message, "error": {"code": code, "message": message}}
        )

    # ------------------------------------------------------------------------------------------------------- fabric

    def list_workspaces(self, _, query):
        rows = [
            {"id": key, "type": "Workspace", **pick(each, "displayName", "description")}
            for key, each in seen(self.workspaces)
        ]
        return self.paged("/v1/workspaces", rows, query)

    def paged(self, path, rows, query):
        start = int(query.get("continuationToken", 0))
        document = {"value": rows[start : start + self.page]}
        if start + self.page < len(rows):
            document["continuationToken"] = str(start + self.page)
            document["continuationUri"] = f"https://evil.example{path}?continuationToken={start + self.page}"
        return httpx.Response(200, json=document)

    def make_workspace(self, body, _):
        name = body["displayName"]
        if not self.lenient and any(each["displayName"] == name for each in self.workspaces.values()):
            return self.refuse(409, "WorkspaceNameAlreadyExists")
        key = new()
        self.workspaces[key] = {**body, "users": {self.caller: "Admin"}, "lag": self.lag}
        self.made["workspace", name] += 1
        return httpx.Response(201, json={"id": key, **body})

    def list_items(self, _, query, workspace):
        if workspace not in self.workspaces:
            return self.refuse(404, "WorkspaceNotFound")
        rows = [
            {"id": key, **pick(each, "type", "displayName", "description"), "workspaceId": workspace}
            for key, each in seen(self.items)
            if each["workspace"] == workspace
        ]
        return self.paged(f"/v1/workspaces/{workspace}/items", rows, query)

    def make_item(self, body, _, workspace, folder):
        kind = {"semanticModels": "SemanticModel", "reports": "Report"}[folder]
        if workspace not in self.workspaces:
            return self.refuse(404, "WorkspaceNotFound")
        same = [
            each
            for each in self.items.values()
            if (each["workspace"], each["type"], each["displayName"]) == (workspace, kind, body["displayName"])
        ]
        if same and not self.lenient:
            return self.refuse(409, "ItemDisplayNameAlreadyInUse")
        key = new()
        item = {**pick(body, "displayName", "description"), "type": kind, "workspace": workspace, "owner": self.caller}
        self.items[key] = {**item, "lag": self.lag, "bound": "", "schedule": None, "refreshes": []}
        if not self.fill(self.items[key], body["definition"]):
            del self.items[key]
            return self.refuse(400, "CorruptedPayload")
        name = f"{workspace}/{body['displayName']}"
        self.made[kind, name] += 1

        def undo():
            del self.items[key]
            self.made[kind, name] -= 1

        return self.operation({"id": key, "type": kind}, undo)

    def fill(self, item, definition):
        parts = {part["path"]: base64.b64decode(part["payload"]).decode() for part in definition["parts"]}
        if ".platform" in parts:
            return False
        if item["type"] == "SemanticModel":
            found = re.search(r'expression (\w+) = "([^"]*)" meta \[IsParameterQuery', "\n".join(parts.values()))
            item["parameters"] = {found[1]: found[2]} if found else {}
            item["bound"] = ""  # as users of the real service report: a new definition loses its connection
        else:
            reference = json.loads(parts["definition.pbir"])["datasetReference"]
            found = re.search(ID, json.dumps(reference.get("byConnection", "")))
            if "byPath" in reference or not found or found[0] not in self.items:
                return False
            item["model"] = found[0]
        item["parts"] = parts
        return True

    def operation(self, result, undo=lambda: None):
        key = new()
        self.operations[key] = {"left": 1, "result": result, "fate": "", "undo": undo}
        headers = {"Location": f"{self.region}/v1/operations/{key}", "x-ms-operation-id": key, "Retry-After": "20"}
        return httpx.Response(202, content=b"null", headers=headers)

    def operation_state(self, _, __, key):
        operation = self.operations.get(key)
        if operation is None:
            return self.refuse(404, "OperationNotFound")
        operation["left"] -= 1
        running = operation["left"] >= 0 or operation["fate"] == "hangs"
        status = "Running" if running else "Failed" if operation["fate"] == "fails" else "Succeeded"
        error = {"errorCode": "Workload", "message": "on demand"} if status == "Failed" else None
        body = {"status": status, "error": error, "percentComplete": None}
        has_result = status == "Succeeded" and operation["result"]
        headers = {"Location": f"{self.region}/v1/operations/{key}/result"} if has_result else {}
        return httpx.Response(200, json=body, headers=headers)

    def operation_result(self, _, __, key):
        return httpx.Response(200, json=self.operations[key]["result"])

    def update_item(self, body, _, workspace, __, key):
        item = self.items.get(key)
        if not item or item["workspace"] != workspace:
            return self.refuse(404, "ItemNotFound")
        return self.operation(None) if self.fill(item, body["definition"]) else self.refuse(400, "CorruptedPayload")

    def read_item(self, _, __, ___, ____, key):
        parts = self.items[key]["parts"]
        listed = [{"path": path, "payload": base64.b64encode(text.encode()).decode()} for path, text in parts.items()]
        return self.operation({"definition": {"parts": listed}})

    def rename_item(self, body, _, __, ___, key):
        self.items[key]["displayName"] = body["displayName"]
        return httpx.Response(200, json={})

    def drop_item(self, _, __, ___, ____, key):
        return httpx.Response(200) if self.items.pop(key, None) else self.refuse(404, "ItemNotFound")

    def item_sources(self, _, __, ___, key):
        item = self.items.get(key)
        if not item:
            return self.refuse(404, "ItemNotFound")
        url = item["parameters"].get("P_INVANTIVE_URL", "")
        bound = self.connections.get(item["bound"])
        known = {"id": item["bound"]} if bound and bound["url"] == url else {}
        details = {"type": "OData", "path": url}
        return httpx.Response(200, json={"value": [{**known, "connectivityType": "x", "connectionDetails": details}]})

    def bind(self, body, _, __, key):
        item, binding = self.items[key], body["connectionBinding"]
        if item["owner"] != self.caller:
            return self.refuse(403, "NotOwner")
        if binding["connectionDetails"] != {"type": "OData", "path": item["parameters"]["P_INVANTIVE_URL"]}:
            return self.refuse(400, "BindConnectionDetailNotFound")
        if binding["id"] not in self.connections:
            return self.refuse(404, "ConnectionNotFound")
        item["bound"] = binding["id"]
        return httpx.Response(200)

    def connection_types(self, _, query):
        rows = [
            {"type": name, "creationMethods": [{"name": f"{name}.M", "parameters": parameters}], **SUPPORTS}
            for name, parameters in (
                ("Sql", [{"name": "server", "dataType": "Text", "required": True}] * 2),
                ("OData", [{"name": "webAddress", "dataType": "Text", "required": True}]),
                ("Web", [{"name": "url", "dataType": "Text", "required": True}]),
            )
        ]
        return self.paged("/v1/connections/supportedConnectionTypes", rows, query)

    def list_connections(self, _, query):
        rows = [
            {"id": key, "displayName": each["name"], "connectionDetails": {"type": "OData", "path": each["url"]}}
            for key, each in seen(self.connections)
        ]
        return self.paged("/v1/connections", rows, query)

    def make_connection(self, body, _):
        name, details = body["displayName"], body["connectionDetails"]
        (parameter,) = details["parameters"]
        if (details["type"], details["creationMethod"], parameter["name"]) != ("OData", "OData.M", "webAddress"):
            return self.refuse(400, "InvalidConnectionDetails")
        if not self.lenient and any(each["name"] == name for each in self.connections.values()):
            return self.refuse(409, "DuplicateConnectionName")
        secret = body["credentialDetails"]["credentials"]
        if self.refused(parameter["value"], (secret["username"], secret["password"])):
            return self.refuse(400, "IncorrectCredentials", f"{secret['password']} is wrong")
        key = new()
        self.connections[key] = {
            "name": name,
            "url": parameter["value"],
            "secret": (secret["username"], secret["password"]),
            "lag": self.lag,
        }
        self.made["connection", name] += 1
        return httpx.Response(201, json={"id": key, "displayName": name})

    def refused(self, url, secret):
        return url in self.passwords and self.passwords[url] != secret

    def supply(self, body, _, key):
        if key not in self.connections:
            return self.refuse(404, "ConnectionNotFound")
        secret = body["credentialDetails"]["credentials"]
        self.connections[key]["secret"] = secret["username"], secret["password"]
        return httpx.Response(200, json={"id": key})

    def drop_connection(self, _, __, key):
        if key not in self.connections:
            return self.refuse(404, "ConnectionNotFound")
        self.made["connection", self.connections.pop(key)["name"]] -= 1
        return httpx.Response(200)

    # ------------------------------------------------------------------------------------------------------ power bi

    def dataset(self, _, __, ___, key):
        return httpx.Response(200, json={"id": key, "configuredBy": self.items[key]["owner"]})

    def parameters(self, _, __, ___, key):
        rows = [{"name": name, "currentValue": value} for name, value in self.items[key]["parameters"].items()]
        return httpx.Response(200, json={"value": rows})

    def set_parameters(self, body, _, __, key):
        item = self.items[key]
        if item["owner"] != self.caller:
            return self.refuse(403, "NotOwner")
        for each in body["updateDetails"]:
            if each["name"] not in item["parameters"]:
                return self.refuse(400, "DatasetParameterNotFound")
            item["parameters"][each["name"]] = each["newValue"]
        return httpx.Response(200)

    def take_over(self, _, __, ___, key):
        if key in self.denied:
            return self.refuse(403, "NoRights")
        self.items[key]["owner"] = self.caller
        return httpx.Response(200)

    def datasources(self, _, __, ___, key):
        item = self.items[key]
        url = item["parameters"]["P_INVANTIVE_URL"]
        source = {
            "datasourceType": "OData",
            "connectionDetails": {"url": url},
            "gatewayId": named("gateway", item["owner"]),
        }
        return httpx.Response(200, json={"value": [{**source, "datasourceId": named(item["owner"], url)}]})

    def set_credentials(self, body, _, gateway, source):
        if gateway != named("gateway", self.caller):
            return self.refuse(403, "NotOwner")
        details = body["credentialDetails"]
        secret = {each["name"]: each["value"] for each in json.loads(details["credentials"])["credentialData"]}
        self.connections.setdefault(source, {"name": f"classic {source}", "url": "", "lag": 0})
        self.connections[source]["secret"] = secret["username"], secret["password"]
        return httpx.Response(200)

    def start_refresh(self, _, __, ___, key):
        item = self.items[key]
        if item["refreshes"] and item["refreshes"][0]["left"] > 0:
            return self.refuse(400, "RefreshInProgress")
        if len(item["refreshes"]) >= self.daily:
            return self.refuse(429, "DailyLimit")
        url = item["parameters"]["P_INVANTIVE_URL"]
        classic = self.connections.get(named(item["owner"], url))
        bound = self.connections.get(item["bound"])
        held = bound if bound and bound["url"] == url else classic
        error = "" if held and not self.refused(url, held["secret"]) else "ModelRefreshFailed_CredentialsNotSpecified"
        item["refreshes"].insert(0, {"id": new(), "left": 2, "error": error, "url": url})
        return httpx.Response(202)

    def refreshes(self, _, query, __, key):
        rows = []
        for each in self.items[key]["refreshes"]:
            each["left"] -= 1
            status = "Unknown" if each["left"] > 0 else "Failed" if each["error"] else "Completed"
            error = {"serviceExceptionJson": json.dumps({"errorCode": each["error"]})} if status == "Failed" else {}
            end = {} if status == "Unknown" else {"endTime": "2026-11-24T08:00:00.1234567"}
            rows.append({"requestId": each["id"], "status": status, **end, **error})
        return httpx.Response(200, json={"value": rows[: int(query.get("$top", 60))]})

    def schedule(self, _, __, ___, key):
        return httpx.Response(200, json=self.items[key]["schedule"] or {"enabled": False, "times": [], "days": []})

    def set_schedule(self, body, _, __, key):
        if self.items[key]["owner"] != self.caller:
            return self.refuse(403, "NotOwner")
        self.items[key]["schedule"] = body["value"]
        return httpx.Response(200)

    def users(self, _, __, workspace):
        people = self.workspaces[workspace]["users"]
        rows = [
            {"emailAddress": email, "groupUserAccessRight": role, "principalType": "User"}
            for email, role in people.items()
        ]
        return httpx.Response(200, json={"value": rows})

    def add_user(self, body, _, workspace):
        people = self.workspaces[workspace]["users"]
        if body["identifier"] in self.strangers:
            return self.refuse(404, "UserNotFound", "nobody of that name")
        people[body["identifier"]] = body["groupUserAccessRight"]
        return httpx.Response(200)

    # ---------------------------------------------------------------------------------------------------- for tests

    def picture(self):
        """Return all that is there, without ids: equal after every road to it."""
        bound = {key: each["name"] for key, each in self.connections.items()}
        names = {key: each["displayName"] for key, each in self.items.items()}
        return {
            "workspaces": sorted(
                (each["displayName"], each["description"], tuple(sorted(each["users"].items())))
                for each in self.workspaces.values()
            ),
            "connections": sorted((each["name"], each["url"], each["secret"]) for each in self.connections.values()),
            "items": sorted(self.picture_of(each, bound, names) for each in self.items.values()),
        }

    def picture_of(self, item, bound, names):
        parts = {
            path: re.sub(ID, lambda match: names.get(match[0], match[0]), text) for path, text in item["parts"].items()
        }
        last = item["refreshes"][0] if item["refreshes"] else {"error": "never", "url": ""}
        return (
            *(
                item["type"],
                self.workspaces[item["workspace"]]["displayName"],
                item["displayName"],
                item["description"],
            ),
            json.dumps(
                [parts, item.get("parameters"), item["schedule"], bound.get(item["bound"]), item["owner"]],
                sort_keys=True,
            ),
            json.dumps([last["error"], last["url"]] if item["type"] == "SemanticModel" else []),
        )

    def twice(self):
        """Return what was made more than once."""
        return {what: number for what, number in self.made.items() if number > 1}


SUPPORTS = {
    "supportedCredentialTypes": ["Basic", "Anonymous"],
    "supportedConnectionEncryptionTypes": ["Encrypted", "NotEncrypted"],
    "supportsSkipTestConnection": True,
}


def new():
    return str(uuid.uuid4())


def named(*parts):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts)))


def pick(entry, *keys):
    return {key: entry.get(key, "") for key in keys}


def seen(things):
    """Return what lists show: a new thing is left out of the first lists, as often as its lag says."""
    shown = []
    for key, each in things.items():
        each["lag"] -= 1
        if each["lag"] < 0:
            shown.append((key, each))
    return shown


_W, _D = f"/v1/workspaces/({ID})", f"/v1.0/myorg/groups/({ID})/datasets/({ID})"
_ROUTES = [
    ("GET", "/v1/workspaces", "workspaces", "list_workspaces"),
    ("POST", "/v1/workspaces", "workspaces", "make_workspace"),
    ("GET", f"{_W}/items", "items", "list_items"),
    ("POST", f"{_W}/(semanticModels)", "semanticModels", "make_item"),
    ("POST", f"{_W}/(reports)", "reports", "make_item"),
    ("POST", f"{_W}/(semanticModels|reports)/({ID})/updateDefinition", "updateDefinition", "update_item"),
    ("POST", f"{_W}/(semanticModels|reports)/({ID})/getDefinition", "getDefinition", "read_item"),
    ("PATCH", f"{_W}/(semanticModels|reports)/({ID})", "item", "rename_item"),
    ("DELETE", f"{_W}/(semanticModels|reports)/({ID})", "item", "drop_item"),
    ("GET", f"{_W}/items/({ID})/connections", "sources", "item_sources"),
    ("POST", f"{_W}/semanticModels/({ID})/bindConnection", "bindConnection", "bind"),
    ("GET", f"/v1/operations/({ID})", "operation", "operation_state"),
    ("GET", f"/v1/operations/({ID})/result", "result", "operation_result"),
    ("GET", "/v1/connections/supportedConnectionTypes", "types", "connection_types"),
    ("GET", "/v1/connections", "connections", "list_connections"),
    ("POST", "/v1/connections", "connections", "make_connection"),
    ("PATCH", f"/v1/connections/({ID})", "connection", "supply"),
    ("DELETE", f"/v1/connections/({ID})", "connection", "drop_connection"),
    ("GET", _D, "dataset", "dataset"),
    ("GET", f"{_D}/parameters", "parameters", "parameters"),
    ("POST", rf"{_D}/Default\.UpdateParameters", "parameters", "set_parameters"),
    ("POST", rf"{_D}/Default\.TakeOver", "takeOver", "take_over"),
    ("GET", f"{_D}/datasources", "datasources", "datasources"),
    ("PATCH", f"/v1.0/myorg/gateways/({ID})/datasources/({ID})", "credentials", "set_credentials"),
    ("POST", f"{_D}/refreshes", "refreshes", "start_refresh"),
    ("GET", f"{_D}/refreshes", "refreshes", "refreshes"),
    ("GET", f"{_D}/refreshSchedule", "schedule", "schedule"),
    ("PATCH", f"{_D}/refreshSchedule", "schedule", "set_schedule"),
    ("GET", f"/v1.0/myorg/groups/({ID})/users", "users", "users"),
    ("POST", f"/v1.0/myorg/groups/({ID})/users", "users", "add_user"),
]
ROUTES = {
    method: [(f"{verb} {name}", re.compile(path), answer) for verb, path, name, answer in _ROUTES if verb == method]
    for method in ("GET", "POST", "PATCH", "DELETE")
}
