"""Signing in to Microsoft: how, with what, and what is said of it when it fails; the library itself is played."""

from __future__ import annotations

import base64
import json
import sys
import time
import types

import pytest

from generator.problems import Stop
from generator.publish.auth import FABRIC_SCOPE, POWERBI_SCOPE, SignIn, way
from generator.publish.open import open_service

FABRIC = "https://api.fabric.microsoft.com/v1/workspaces"
POWERBI = "https://api.powerbi.com/v1.0/myorg/groups"
APP = {"AZURE_CLIENT_ID": "app-id"}


class Identity(types.ModuleType):
    """azure-identity, as far as it is used: credentials that note how they were made and what they were asked."""

    def __init__(self, *, error=None, seconds=3600):
        super().__init__("azure.identity")
        self.made, self.asked = [], []
        for name in ("InteractiveBrowser", "DeviceCode", "Environment", "AzureCli"):
            setattr(self, f"{name}Credential", self.kind(name, error, seconds))

    def kind(self, name, error, seconds):
        identity = self

        class Credential:
            def __init__(self, **options):
                identity.made.append((name, options))

            def get_token(self, scope):
                identity.asked.append(scope)
                if error:
                    raise error
                if "prompt_callback" in identity.made[-1][1]:
                    identity.made[-1][1]["prompt_callback"]("https://microsoft.com/devicelogin", "ABC123", None)
                return types.SimpleNamespace(token=f"{len(identity.asked)}", expires_on=time.time() + seconds)

        return Credential

    def TokenCachePersistenceOptions(self, **options):  # noqa: N802  Microsoft's name
        return options


@pytest.fixture
def identity(monkeypatch):
    """Return a way to play the library."""

    def play(**how):
        module = Identity(**how)
        package = types.ModuleType("azure")
        package.identity = module
        monkeypatch.setitem(sys.modules, "azure", package)
        monkeypatch.setitem(sys.modules, "azure.identity", module)
        return module

    return play


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "browser"),
        ({"AZURE_CLIENT_SECRET": "x"}, "app"),
        ({"AZURE_CLIENT_CERTIFICATE_PATH": "x"}, "app"),
        ({"AZURE_CLIENT_SECRET": "x", "BUNDEL_SIGN_IN": "cli"}, "cli"),
        ({"BUNDEL_SIGN_IN": " Device "}, "device"),
    ],
)
def test_the_way_to_sign_in(environ, expected):
    assert way(environ) == expected
    assert SignIn(environ).is_app is (expected == "app")


def test_one_sign_in_serves_both_interfaces_and_is_asked_once(identity):
    played = identity()
    sign_in = SignIn(APP)
    assert sign_in.headers(FABRIC, False) == {"Authorization": "Bearer 1"}
    assert sign_in.headers(POWERBI, False) == {"Authorization": "Bearer 2"}
    assert sign_in.headers(FABRIC, False) == {"Authorization": "Bearer 1"}
    assert sign_in.headers(FABRIC, True) == {"Authorization": "Bearer 3"}
    assert played.asked == [FABRIC_SCOPE, POWERBI_SCOPE, FABRIC_SCOPE]
    ((kind, options),) = played.made
    assert kind == "InteractiveBrowser"
    assert options["client_id"] == "app-id"
    assert options["cache_persistence_options"] == {"name": "bundel"}  # and never unencrypted


def test_a_token_that_is_about_to_lapse_is_renewed(identity):
    played = identity(seconds=200)
    sign_in = SignIn(APP)
    sign_in.headers(FABRIC, False)
    sign_in.headers(FABRIC, False)
    assert len(played.asked) == 2


def test_a_code_for_another_device_is_shown(identity):
    identity()
    said = []
    SignIn(APP | {"BUNDEL_SIGN_IN": "device"}, said.append).headers(FABRIC, False)
    assert said == ["https://microsoft.com/devicelogin  ABC123"]


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "B313"),
        ({"AZURE_CLIENT_SECRET": "x"}, "B313"),
        (APP | {"AZURE_CLIENT_SECRET": "x"}, "B313"),
        ({"BUNDEL_SIGN_IN": "password"}, "B311"),
        ({"BUNDEL_TOKEN": "two\nlines"}, "B310"),
        ({"BUNDEL_TOKEN": "té"}, "B310"),
    ],
)
def test_what_is_missing_or_wrong_is_told(identity, environ, code):
    identity()
    with pytest.raises(Stop) as stop:
        SignIn(environ).headers(FABRIC, False)
    assert [problem.code for problem in stop.value.problems] == [code]
    assert stop.value.exit_code == 4


def test_a_library_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure", None)
    with pytest.raises(Stop) as stop:
        SignIn(APP).headers(FABRIC, False)
    assert [problem.code for problem in stop.value.problems] == ["B312"]


def test_what_the_library_says_may_be_secret_and_is_not_repeated(identity):
    identity(error=ValueError("AADSTS7000215: invalid secret 'planted' in {...}"))
    with pytest.raises(Stop) as stop:
        SignIn(APP).headers(FABRIC, False)
    (problem,) = stop.value.problems
    assert problem.values["reason"] == "ValueError AADSTS7000215"
    assert stop.value.__cause__ is None
    assert stop.value.__suppress_context__


def test_who_is_signed_in_is_read_from_the_token():
    claims = base64.urlsafe_b64encode(json.dumps({"upn": "ann@kantoor.example"}).encode()).decode().rstrip("=")
    assert SignIn({"BUNDEL_TOKEN": f"x.{claims}.y"}).me == "ann@kantoor.example"
    for token in ("", "token", "a.b.c", f"x.{claims[:5]}.y", "x.bnVsbA.y"):
        assert SignIn({"BUNDEL_TOKEN": token}).me == ""


def test_a_token_for_this_computer_stays_there():
    at_home = {"BUNDEL_FABRIC_URL": "http://127.0.0.1:1", "BUNDEL_POWERBI_URL": "http://127.0.0.1:1/"}
    service, _ = open_service(at_home)
    assert service.web.allows("http://127.0.0.1:1/v1/x")
    assert not service.web.allows(FABRIC)
    service, _ = open_service({})
    assert service.web.allows(FABRIC)
    assert not service.web.allows("http://127.0.0.1:1/v1/x")
