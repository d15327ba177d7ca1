"""What each field may hold, on both sides of every limit; at the DLL seam, with a fake."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored
from refused_writes import ASTRAL, REFUSED_WRITES

import wincred
from wincred import Persist


@pytest.mark.parametrize(("fields", "exception", "message"), REFUSED_WRITES)
def test_write_refuses_a_wrong_field_before_windows_is_asked(
    advapi32: FakeAdvapi32, fields: dict[str, Any], exception: type[Exception], message: str
) -> None:
    """The error names the field, its size and its limit, and no function of the DLL is called."""
    with pytest.raises(exception) as caught:
        wincred.write(**fields)
    assert (type(caught.value), str(caught.value)) == (exception, message)
    assert advapi32.calls == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"blob": b"\0" * 2560}, id="blob-2560-of-nul"),
        pytest.param({"blob": b""}, id="blob-empty"),
        pytest.param({"target_name": "x" * 32767}, id="target-name-32767"),
        pytest.param({"target_name": "\ue000\uffff"}, id="target-name-beside-the-surrogates"),
        pytest.param({"target_name": "x" * 32767, "type": 5}, id="generic-certificate-32767"),
        pytest.param({"target_name": "x" * 337, "type": 2, "user_name": "a@b"}, id="domain-password-337"),
        pytest.param({"user_name": ""}, id="user-name-empty"),
        pytest.param({"user_name": "x" * 513}, id="user-name-513"),
        pytest.param({"comment": ""}, id="comment-empty"),
        pytest.param({"comment": "x" * 255}, id="comment-255"),
        pytest.param({"comment": ASTRAL * 127 + "x"}, id="comment-astral"),
        pytest.param({"comment": "\uffff" * 255}, id="comment-below-astral"),
        pytest.param({"attributes": {}}, id="attributes-none"),
        pytest.param({"attributes": {f"k{n}": b"v" for n in range(64)}}, id="attributes-64"),
        pytest.param({"attributes": {"x" * 255: b""}}, id="keyword-255"),
        pytest.param({"attributes": {"k": b"x" * 256}}, id="value-256"),
        pytest.param({"persist": Persist.SESSION}, id="persist-session"),
        pytest.param({"persist": 3}, id="persist-plain-int"),
        pytest.param({"type": 2**32 - 1}, id="type-of-a-later-windows"),
    ],
)
def test_write_accepts_a_field_up_to_its_limit(advapi32: FakeAdvapi32, fields: dict[str, Any]) -> None:
    """What is just within a limit reaches Windows whole."""
    fields = {"target_name": "example.com", "blob": b"secret"} | fields
    advapi32.type_count = 2**32
    wincred.write(**fields)
    assert advapi32.get(fields["target_name"], fields.get("type", 1)) == Stored(**fields)


NUL = "must not contain a NUL: Windows would cut it short at index 1"
LARGE = "is too large: {} UTF-16 code units, and the limit is {}; shorten it"

WITH_ALL = "filter must be None with all=True: Windows then lists everything"

Cases = list[tuple[str, dict[str, Any], type[Exception], str]]
KEYS: Cases = [
    ("nul", {"target_name": "a\0b"}, ValueError, f"target name {NUL}"),
    (
        "domain-338",
        {"target_name": "x" * 338, "type": 2},
        wincred.TooLargeError,
        f"target name {LARGE.format(338, 337)}",
    ),
    ("empty", {"target_name": ""}, ValueError, "target name must not be empty"),
    ("domain-int", {"target_name": 5, "type": 2}, TypeError, "target name must be str, not int"),
    ("type-zero", {"target_name": "x", "type": 0}, ValueError, "type must be from 1 to 4294967295, not 0"),
    (
        "namespace-and-338",
        {"target_name": "Domain:target=" + "x" * 338, "type": 2},
        wincred.TooLargeError,
        f"target name {LARGE.format(352, 351)}",
    ),
    (
        "no-namespace-and-352",
        {"target_name": "Do main:target=" + "x" * 337, "type": 2},
        wincred.TooLargeError,
        f"target name {LARGE.format(352, 337)}",
    ),
    (
        "no-attribute-and-352",
        {"target_name": "Domain:tar get=" + "x" * 337, "type": 2},
        wincred.TooLargeError,
        f"target name {LARGE.format(352, 337)}",
    ),
    (
        "type-of-128-bits",
        {"target_name": "x", "type": 2**128 - 1},
        ValueError,
        f"type must be from 1 to 4294967295, not {2**128 - 1}",
    ),
    (
        "type-of-129-bits",
        {"target_name": "x", "type": 2**128},
        ValueError,
        "type must be from 1 to 4294967295, not a number of 129 bits",
    ),
]
FILTERS: Cases = [
    ("empty", {"filter": ""}, ValueError, "filter must not be empty; use None to list everything"),
    ("with-all", {"filter": "x*", "all": True}, ValueError, WITH_ALL),
    ("nul", {"filter": "a\0*"}, ValueError, f"filter {NUL}"),
    ("32768", {"filter": "x" * 32767 + "*"}, wincred.TooLargeError, f"filter {LARGE.format(32768, 32767)}"),
]
TYPES: Cases = [
    ("bool", {"type": False}, TypeError, "type must be an int, not bool"),
    ("unknown", {"type": 7}, ValueError, "type must be one of CredentialType, from 1 to 6, not 7"),
]


@pytest.mark.parametrize(
    ("function", "arguments", "exception", "message"),
    [
        pytest.param(function, *case, id=f"{function.__name__}-{id}")
        for function, cases in [
            (wincred.read, KEYS),
            (wincred.delete, KEYS),
            (wincred.enumerate, FILTERS),
            (wincred.max_persist, TYPES),
        ]
        for id, *case in cases
    ],
)
def test_every_other_function_checks_what_it_is_given(
    advapi32: FakeAdvapi32,
    function: Callable[..., object],
    arguments: dict[str, Any],
    exception: type[Exception],
    message: str,
) -> None:
    """By the same checks, and no function of the DLL is called."""
    with pytest.raises(exception) as caught:
        function(**arguments)
    assert (type(caught.value), str(caught.value)) == (exception, message)
    assert advapi32.calls == []


@pytest.mark.parametrize("namespace", ["My_Domain", "_", "A1"])
def test_a_name_has_room_for_any_namespace(advapi32: FakeAdvapi32, namespace: str) -> None:
    """Its letters, digits and underscores stand in front of a name that is as long as a name can be."""
    with pytest.raises(wincred.NotFoundError):
        wincred.read(f"{namespace}:target={'x' * 337}", type=wincred.CredentialType.DOMAIN_PASSWORD)
    assert advapi32.calls == ["CredReadW"]


class Number(int, Enum):
    """A program's own names for numbers; as text a member is its name."""

    LATER = 7
    HUGE = 2**40


PERSISTENCE = "persist must be SESSION (1), LOCAL_MACHINE (2) or ENTERPRISE (3), not 7"
TYPE = "type must be one of CredentialType, from 1 to 6, not 7"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda: wincred.write("x", b"", persist=Number.LATER), PERSISTENCE, id="persist"),
        pytest.param(lambda: wincred.max_persist(Number.LATER), TYPE, id="known-type"),
        pytest.param(
            lambda: wincred.read("x", type=Number.HUGE),
            "type must be from 1 to 4294967295, not 1099511627776",
            id="out-of-range",
        ),
    ],
)
def test_an_error_shows_the_number_of_a_foreign_enum(
    advapi32: FakeAdvapi32, call: Callable[[], object], message: str
) -> None:
    """Not the name, which says nothing to Windows, and which can't be formatted as a number."""
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message
    assert advapi32.calls == []


def test_an_operation_shows_the_number_of_a_foreign_enum(advapi32: FakeAdvapi32) -> None:
    """Where this version has no word for the type."""
    advapi32.type_count = 100
    with pytest.raises(wincred.NotFoundError) as caught:
        wincred.read("x", type=Number.LATER)
    assert caught.value.operation == "reading the type 7 credential 'x'"
