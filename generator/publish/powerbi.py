"""The older half: parameters, owners, refreshes, schedules, people. Each function is one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generator.publish.service import UNSURE, entries

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from generator.publish.service import Service
    from generator.web import Reply

_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Refresh:
    """One refresh of a model: ``status`` is Unknown while it runs; ``error`` is JSON as the service writes it."""

    id: str = ""
    status: str = ""
    end: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a role in a workspace."""

    email: str
    role: str
    kind: str = "User"


@dataclass(slots=True)
class Dataset:
    """A semantic model by its older name. ``taken`` tells that it was taken over in this run."""

    service: Service
    workspace: str
    id: str
    fresh: bool = False
    taken: bool = False

    @property
    def path(self) -> str:
        """Return the path of the model."""
        return f"/v1.0/myorg/groups/{self.workspace}/datasets/{self.id}"

    def parameters(self) -> dict[str, str]:
        """Return the parameters and their values."""
        found = entries(self._get("/parameters"))
        return {str(entry.get("name")): str(entry.get("currentValue") or "") for entry in found}

    def set_parameters(self, values: Mapping[str, str]) -> None:
        """Give parameters another value; their names are as in the model, to the letter."""
        details = [{"name": name, "newValue": value} for name, value in values.items()]
        self.owned("POST", "/Default.UpdateParameters", {"updateDetails": details})

    def owner(self) -> str:
        """Return who owns the model, as the service names them."""
        document = self._get("")
        return str(document.get("configuredBy") or "") if isinstance(document, dict) else ""

    def sources(self) -> list[dict[str, Any]]:
        """Return the data sources with their ids, for credentials the classic way."""
        return entries(self._get("/datasources"))

    def refreshes(self, number: int = 1, *, polling: bool = False) -> list[Refresh]:
        """Return the newest refreshes, newest first."""
        reply = self.service.call("GET", f"{self.path}/refreshes?$top={number}", polling=polling, fresh=self.fresh)
        return [_refresh(entry) for entry in entries(reply.document())]

    def start(self, *, notify: bool) -> Reply:
        """Ask for a refresh; where another runs, or today's are used up, the reply says so."""
        body = {"notifyOption": "NoNotification"} if notify else None
        accept = {400, 409, 429, UNSURE}
        return self.service.call("POST", f"{self.path}/refreshes", body, accept=accept, fresh=self.fresh)

    def schedule(self) -> dict[str, Any]:
        """Return the schedule."""
        document = self._get("/refreshSchedule")
        return document if isinstance(document, dict) else {}

    def set_schedule(self, value: Mapping[str, Any]) -> None:
        """Set the schedule."""
        self.owned("PATCH", "/refreshSchedule", {"value": dict(value)})

    def owned(self, method: str, path: str, content: Any, *, accept: Collection[int] = ()) -> Reply:  # noqa: ANN401
        """Make a call that only the owner may make; refused, take the model over, once, and make it again."""
        whole = path if path.startswith("/v1/") else self.path + path
        refused = {*accept, *(() if self.taken else (_FORBIDDEN,))}
        reply = self.service.call(method, whole, content, accept=refused, repeatable=True, fresh=self.fresh)
        if reply.status != _FORBIDDEN or _FORBIDDEN in accept:
            return reply
        self.take_over()
        return self.service.call(method, whole, content, accept=accept, repeatable=True, fresh=self.fresh)

    def take_over(self) -> None:
        """Become the owner; credentials that were the last owner's are no longer used."""
        self.service.call("POST", f"{self.path}/Default.TakeOver", repeatable=True)
        self.taken = True

    def _get(self, path: str) -> Any:  # noqa: ANN401  whatever JSON holds
        return self.service.call("GET", self.path + path, fresh=self.fresh).document()


def people(service: Service, workspace: str) -> list[Person]:
    """Return who has a role in a workspace."""
    found = entries(service.call("GET", f"/v1.0/myorg/groups/{workspace}/users").document())
    return [
        Person(
            _email(str(entry.get("emailAddress") or entry.get("identifier") or "")),
            str(entry.get("groupUserAccessRight") or ""),
            str(entry.get("principalType") or "User"),
        )
        for entry in found
    ]


def add_person(service: Service, workspace: str, person: Person) -> Reply:
    """Give someone a role in a workspace; the reply tells where the service does not know them."""
    body = {"identifier": person.email, "groupUserAccessRight": person.role, "principalType": person.kind}
    accept = {400, 404, 409}
    path = f"/v1.0/myorg/groups/{workspace}/users"
    return service.call("POST", path, body, accept=accept, repeatable=True)


def set_credentials(service: Service, gateway: str, source: str, details: Mapping[str, Any], *, accept: bool) -> Reply:
    """Give a data source its credentials; only the model's owner may, as the reply tells where that is accepted."""
    path = f"/v1.0/myorg/gateways/{gateway}/datasources/{source}"
    refused = {_FORBIDDEN} if accept else set()
    return service.call("PATCH", path, {"credentialDetails": dict(details)}, accept=refused, repeatable=True)


def _email(name: str) -> str:
    """Return a guest's own address: Entra names a guest ``bas_bakker.example#EXT#@office.onmicrosoft.com``."""
    guest, mark, _ = name.partition("#EXT#")
    user, underscore, host = guest.rpartition("_")
    return f"{user}@{host}" if mark and underscore else name


def _refresh(entry: dict[str, Any]) -> Refresh:
    return Refresh(
        str(entry.get("requestId") or ""),
        str(entry.get("status") or ""),
        str(entry.get("endTime") or ""),
        str(entry.get("serviceExceptionJson") or ""),
    )
