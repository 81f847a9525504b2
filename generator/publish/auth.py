"""Who signs in to Power BI, and the token that proves it: asked for when first needed, kept by azure-identity.

The office registers its own app: the ids that come with Microsoft's tools are refused by more and more tenants.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from generator.problems import Problem, Stop
from generator.publish.service import SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FABRIC_SCOPE = "https://api.fabric.microsoft.com/.default"
POWERBI_SCOPE = "https://analysis.windows.net/powerbi/api/.default"
WAYS = ("browser", "device", "app", "cli")
"""How to sign in (``BUNDEL_SIGN_IN``): in a browser, with a code on another device, as an app, as the Azure CLI is."""

_EARLY = 300  # seconds before its end a token is renewed


class SignIn:
    """Gives the header that proves who asks: one token for each interface, from one sign-in."""

    def __init__(self, environ: Mapping[str, str] = os.environ, tell: Callable[[str], None] | None = None) -> None:
        """Prepare; nobody is asked anything before the first request. ``tell`` shows a device code's instructions."""
        self._environ = environ
        self._tell = tell
        self._credential: Any = None
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    @property
    def is_app(self) -> bool:
        """Tell whether an app signs in, and not a person: then there is nobody to mail to."""
        return way(self._environ) == "app"

    @property
    def me(self) -> str:
        """Return who is signed in, as a token names them: for comparing only, since nothing here checks a signature."""
        tokens = [token for token, _ in self._tokens.values()] or [self._environ.get("BUNDEL_TOKEN", "")]
        return _name_in(tokens[0])

    def headers(self, url: str, fresh: bool) -> dict[str, str]:
        """Return the header for a URL of either interface; raise ``Stop`` with exit code 4 where signing in fails."""
        ready = self._environ.get("BUNDEL_TOKEN")
        if ready:
            return {"Authorization": f"Bearer {_one_line(ready)}"}
        scope = POWERBI_SCOPE if "/v1.0/myorg/" in url else FABRIC_SCOPE
        with self._lock:  # one window to sign in, however many clients wait for it
            token, until = self._tokens.get(scope, ("", 0.0))
            if not token or fresh or until - _EARLY < time.time():
                token, until = self._ask(scope)
                self._tokens[scope] = token, until
        return {"Authorization": f"Bearer {token}"}

    def _ask(self, scope: str) -> tuple[str, float]:
        identity = _library()
        try:
            self._credential = self._credential or _credential(identity, self._environ, self._tell)
            found = self._credential.get_token(scope)
        except Stop:
            raise
        except Exception as error:  # noqa: BLE001  azure's own errors share no class that says: not signed in
            # Its words may hold the whole exchange; the kind of error says enough, and --verbose shows no more.
            raise Stop([Problem("B310", None, {"reason": _reason(error)})], SIGN_IN) from None
        return str(found.token), float(found.expires_on)


def way(environ: Mapping[str, str]) -> str:
    """Return how to sign in: what was chosen, else as an app where its secret is set, else in a browser."""
    chosen = environ.get("BUNDEL_SIGN_IN", "").strip().casefold()
    if chosen and chosen not in WAYS:
        raise Stop([Problem("B311", None, {"value": chosen, "ways": ", ".join(WAYS)})], SIGN_IN)
    secret = environ.get("AZURE_CLIENT_SECRET") or environ.get("AZURE_CLIENT_CERTIFICATE_PATH")
    return chosen or ("app" if secret else "browser")


def _library() -> Any:  # noqa: ANN401  a module
    try:
        from azure import identity  # noqa: PLC0415  an extra, and slow to load
    except ImportError:
        raise Stop([Problem("B312")], SIGN_IN) from None
    log = logging.getLogger("azure")  # it would write to the terminal what is told as a problem, and more than that
    log.addHandler(logging.NullHandler())
    log.propagate = False
    return identity


def _credential(identity: Any, environ: Mapping[str, str], tell: Callable[[str], None] | None) -> Any:  # noqa: ANN401
    """Return the credential that the settings ask for; its cache is encrypted by the system, or is not kept."""
    how = way(environ)
    if how == "cli":
        return identity.AzureCliCredential(tenant_id=environ.get("AZURE_TENANT_ID", ""))
    if how == "app":
        _need(environ, "AZURE_CLIENT_ID", "AZURE_TENANT_ID")
        return identity.EnvironmentCredential()
    _need(environ, "AZURE_CLIENT_ID")
    options: dict[str, Any] = {
        "client_id": environ["AZURE_CLIENT_ID"],
        "tenant_id": environ.get("AZURE_TENANT_ID") or "organizations",
        "cache_persistence_options": identity.TokenCachePersistenceOptions(name="bundel"),
    }
    if how == "device":
        shown = tell or (lambda _: None)
        return identity.DeviceCodeCredential(prompt_callback=lambda uri, code, _: shown(f"{uri}  {code}"), **options)
    return identity.InteractiveBrowserCredential(**options)


def _name_in(token: str) -> str:
    """Return the user that a token is for; empty for an app, and for a token that is no JSON web token."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return str(claims.get("upn") or claims.get("unique_name") or claims.get("preferred_username") or "")
    except (ValueError, IndexError, AttributeError):
        return ""


def _need(environ: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise Stop([Problem("B313", None, {"variables": ", ".join(missing)})], SIGN_IN)


def _reason(error: Exception) -> str:
    """Return the kind of an error, with Microsoft's own number for it where it names one."""
    number = re.search(r"AADSTS\d+", str(error))
    return f"{type(error).__name__}{f' {number[0]}' if number else ''}"


def _one_line(token: str) -> str:
    if not token.isascii() or not token.isprintable():
        raise Stop([Problem("B310", None, {"reason": "BUNDEL_TOKEN"})], SIGN_IN)
    return token
