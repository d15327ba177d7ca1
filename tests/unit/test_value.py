"""Values never change, are compared by their fields, and show no secret. Nothing here touches Windows."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from coder_login.deployment.exchange import Request
from coder_login.deployment.proxies import Proxy
from coder_login.deployment.response import Response
from coder_login.deployment.url import DeploymentURL, Origin
from coder_login.session import Forgotten, Kept
from coder_login.sessionstore import Usage
from coder_login.sessionstore.entry import Entry, Foreign
from coder_login.sessionstore.pair import _Files
from coder_login.sessionstore.shared_blob import Step
from coder_login.value import Value

TOKEN = "0123456789-abcdefghijklmnopqrstuv"
ORIGIN = Origin("https", "dev.example.com", 443)
HEADERS: Any = []
VALUES = [
    pytest.param(ORIGIN, "Origin(scheme='https', host='dev.example.com', port=443)", id="origin"),
    pytest.param(DeploymentURL(ORIGIN, "/x"), f"DeploymentURL(origin={ORIGIN!r}, path='/x')", id="url"),
    pytest.param(Usage(3, None), "Usage(used=3, limit=None)", id="usage"),
    pytest.param(Kept("https://dev"), "Kept(displaced='https://dev', leftover=False)", id="kept"),
    pytest.param(Forgotten(True), "Forgotten(leftover=True, problem=None, has_another=False)", id="forgotten"),
]


@pytest.mark.parametrize(("value", "shown"), VALUES)
def test_a_value_shows_its_fields(value: Value, shown: str) -> None:
    """In the order in which it is made of them."""
    assert repr(value) == shown


@pytest.mark.parametrize(("value", "shown"), VALUES)
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))], ids=["copy", "deep", "pickle"]
)
def test_a_copy_is_equal(value: Value, shown: str, again: object) -> None:
    """And stands for it in a set."""
    assert callable(again)
    assert {again(value)} == {value}


def test_a_value_is_made_of_another_one() -> None:
    """As `copy.replace` of Python 3.13 asks for it."""
    assert ORIGIN.__replace__(port=8443) == Origin("https", "dev.example.com", 8443)


@pytest.mark.parametrize(("value", "shown"), VALUES)
def test_a_value_never_changes(value: Value, shown: str) -> None:
    """Neither a field nor another name can be set, and none can be removed."""
    for name in (value.__slots__[0], "another"):
        with pytest.raises(AttributeError, match=f"^cannot assign to field '{name}'$"):
            setattr(value, name, 1)
    with pytest.raises(AttributeError, match=f"^cannot delete field '{value.__slots__[0]}'$"):
        delattr(value, value.__slots__[0])
    assert repr(value) == shown


@pytest.mark.parametrize(
    "other",
    [
        Origin("http", "dev.example.com", 443),
        Origin("https", "dev", 443),
        Origin("https", "dev.example.com", 8443),
        ("https", "dev.example.com", 443),
        DeploymentURL(ORIGIN),
    ],
    ids=["scheme", "host", "port", "tuple", "another-class"],
)
def test_values_are_compared_by_their_class_and_every_field(other: object) -> None:
    """A token for one origin is none for the other."""
    assert other != ORIGIN
    assert {other, ORIGIN} > {ORIGIN}


def test_a_value_is_matched_by_position() -> None:
    """And by the names of its fields, as a frozen dataclass is."""
    match DeploymentURL(ORIGIN, "/x"):
        case DeploymentURL(Origin(scheme, host, port=number), path):
            assert (scheme, host, number, path) == ("https", "dev.example.com", 443, "/x")
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (_Files(b"https://dev.example.com", TOKEN.encode()), "_Files()"),
        (Step(TOKEN.encode(), None), "Step()"),
        (Entry("dev", {"api_token": TOKEN}), "Entry(key='dev')"),
        (Foreign("dev", TOKEN), "Foreign(key='dev')"),
        (Request("GET", "https://dev", {"Coder-Session-Token": TOKEN}), "Request(method='GET', url='https://dev')"),
        (Proxy(ORIGIN, f"Basic {TOKEN}"), f"Proxy(origin={ORIGIN!r})"),
        (Response("https://dev", 200, HEADERS, TOKEN.encode()), "Response(url='https://dev', status=200, headers=[])"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_secret_field_is_not_shown(value: Value, shown: str) -> None:
    """Neither alone nor in a list."""
    assert repr([value]) == f"[{shown}]"
