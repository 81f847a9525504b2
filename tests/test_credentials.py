"""Passwords of databases: where they come from, whom they go to, and that they show nowhere."""

from __future__ import annotations

import sys

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError

from generator import credentials
from generator.credentials import EVERYONE, Credentials
from generator.problems import Stop

URL = "https://bridge-online.cloud/vd-bakker/odata4"
SECRET = "Geh3im-Wachtw00rd"  # noqa: S105  planted


class Store(KeyringBackend):
    """A key store in memory."""

    priority = 1

    def __init__(self, error=None):
        super().__init__()
        self.error, self.kept = error, {}

    def get_password(self, service, username):
        if self.error:
            raise self.error
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.error:
            raise self.error
        self.kept[service, username] = password


@pytest.fixture(autouse=True)
def store():
    before = keyring.get_keyring()
    keyring.set_keyring(Store())
    yield keyring.get_keyring()
    keyring.set_keyring(before)


def stopped(action, *arguments):
    """Return the code and exit code that an action stops with, all its texts free of the planted password."""
    with pytest.raises(Stop) as stop:
        action(*arguments)
    texts = [problem.text(part, language) for problem in stop.value.problems for part in ("message", "hint", "why")
             for language in ("nl", "en")]  # fmt: skip
    assert not [text for text in texts if SECRET in text]
    return [problem.code for problem in stop.value.problems], stop.value.exit_code


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD": "p"}, ("a@x.nl", "p")),
        ({"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD__GROEP_ZUID": "q"}, ("a@x.nl", "q")),
        (
            {"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD": "p", "BUNDEL_ODATA_PASSWORD__GROEP_ZUID": "q"},
            ("a@x.nl", "q"),
        ),
        (
            {"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_USER__GROEP_ZUID": "b@x.nl", "BUNDEL_ODATA_PASSWORD": "p"},
            ("b@x.nl", "p"),
        ),
        ({"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD__BAKKER": "of another"}, None),
        ({"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD": ""}, None),
        ({}, None),
    ],
)
def test_the_environment_tells_who_signs_in(environ, expected):
    found = credentials.find("groep-zuid", URL, environ)
    assert (found and (found.user, found.password)) == expected


def test_the_office_has_a_variable_of_its_own():
    environ = {"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD___OFFICE": "p"}
    assert credentials.required("_office", URL, environ).password == "p"  # noqa: S105
    assert credentials.find("office", URL, environ) is None


def test_nothing_set_is_exit_4_with_the_variable_by_name():
    assert stopped(credentials.required, "groep-zuid", URL, {}) == (["B220"], 4)
    with pytest.raises(Stop) as stop:
        credentials.required("groep-zuid", URL, {})
    assert "BUNDEL_ODATA_PASSWORD__GROEP_ZUID" in stop.value.problems[0].text("hint", "nl")
    assert "bundel doctor --login groep-zuid" in stop.value.problems[0].text("hint", "en")


@pytest.mark.parametrize(
    "environ",
    [
        {"BUNDEL_ODATA_PASSWORD": SECRET},
        {"BUNDEL_ODATA_USER": "a:b@x.nl", "BUNDEL_ODATA_PASSWORD": SECRET},
        {"BUNDEL_ODATA_USER": "a@x.nl\r\nX: y", "BUNDEL_ODATA_PASSWORD": SECRET},
        {"BUNDEL_ODATA_USER": "a@x.nl", "BUNDEL_ODATA_PASSWORD": SECRET + "\n"},
    ],
)
def test_what_cannot_be_right_is_never_sent(environ):
    assert stopped(credentials.find, "bakker", URL, environ) == (["B222"], 4)


@pytest.mark.parametrize(
    ("codes", "name", "count"),
    [
        (("groep-zuid", "groep_zuid"), "BUNDEL_ODATA_PASSWORD__GROEP_ZUID", 1),
        (("groep-zuid", "groep_zuid"), "BUNDEL_ODATA_USER__GROEP_ZUID", 1),
        (("groep-zuid", "groep_zuid"), "BUNDEL_ODATA_PASSWORD", 0),
        (("groep-zuid", "groep-zuid"), "BUNDEL_ODATA_PASSWORD__GROEP_ZUID", 0),
        (("_office", "office"), "BUNDEL_ODATA_PASSWORD__OFFICE", 0),
    ],
)
def test_two_codes_of_one_variable_are_an_error(codes, name, count):
    found = credentials.collisions(codes, {name: SECRET})
    assert [problem.code for problem in found] == ["B221"] * count
    assert not [problem for problem in found if SECRET in problem.text("message", "nl")]


def test_the_key_store_is_per_client_and_host(store):
    credentials.store("bakker", URL, Credentials("a@x.nl", "p"))
    credentials.store(EVERYONE, URL, Credentials("b@x.nl", "q"))
    assert credentials.required("bakker", URL, {}) == Credentials("a@x.nl", "p")
    assert credentials.required("oneill", URL, {}) == Credentials("b@x.nl", "q")
    assert credentials.find("bakker", "https://evil.example/vd-bakker/odata4", {}) is None
    assert set(store.kept) == {("bundel bridge-online.cloud", "bakker"), ("bundel bridge-online.cloud", "*")}


def test_the_environment_goes_before_the_key_store():
    credentials.store("bakker", URL, Credentials("a@x.nl", "p"))
    environ = {"BUNDEL_ODATA_USER": "c@x.nl", "BUNDEL_ODATA_PASSWORD": "r"}
    assert credentials.required("bakker", URL, environ) == Credentials("c@x.nl", "r")


def test_what_another_program_kept_is_not_taken(store):
    store.kept["bundel bridge-online.cloud", "bakker"] = "not ours"
    store.kept["bundel bridge-online.cloud", "*"] = '["neither"]'
    assert credentials.find("bakker", URL, {}) is None


@pytest.mark.parametrize(
    ("error", "finding"),
    [(NoKeyringError("none"), (["B220"], 4)), (KeyringLocked(f"locked {SECRET}"), (["B223"], 4))],
)
def test_a_key_store_that_is_not_there_or_refuses(error, finding):
    keyring.set_keyring(Store(error))
    assert stopped(credentials.required, "bakker", URL, {}) == finding
    assert stopped(credentials.store, "bakker", URL, Credentials("a@x.nl", SECRET)) == (["B223"], 4)


def test_without_keyring_the_environment_still_works(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    environ = {"BUNDEL_ODATA_USER": "c@x.nl", "BUNDEL_ODATA_PASSWORD": "r"}
    assert credentials.required("bakker", URL, environ).user == "c@x.nl"
    assert stopped(credentials.required, "bakker", URL, {}) == (["B220"], 4)
    assert stopped(credentials.store, "bakker", URL, Credentials("a@x.nl", SECRET)) == (["B223"], 4)


def test_the_sandbox_gets_no_clients_password():
    environ = {"BUNDEL_ODATA_PASSWORD__BAKKER": SECRET}
    assert credentials.sandbox(environ) == Credentials("sandbox", "sandbox")
    assert credentials.sandbox({"BUNDEL_ODATA_USER": "u", "BUNDEL_ODATA_PASSWORD": "p"}) == Credentials("u", "p")


def test_a_password_shows_in_no_text():
    assert SECRET not in f"{Credentials('a', SECRET)!r} {Credentials('a', SECRET)}"
