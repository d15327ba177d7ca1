"""What each Windows error becomes, in every function; at the DLL seam, with a fake."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import NamedTuple

import pytest
from fake_advapi32 import FakeAdvapi32

import wincred
from wincred import CredentialError, CredentialType


class Function(NamedTuple):
    """One of our functions, the DLL's that it calls, and how an error names the operation."""

    call: Callable[[], object]
    calls: str
    operation: str


FUNCTIONS = [
    pytest.param(
        Function(lambda: wincred.write("x", b"secret"), "CredWriteW", "writing the generic credential 'x'"), id="write"
    ),
    pytest.param(Function(lambda: wincred.read("x"), "CredReadW", "reading the generic credential 'x'"), id="read"),
    pytest.param(
        Function(lambda: wincred.delete("x"), "CredDeleteW", "deleting the generic credential 'x'"), id="delete"
    ),
    pytest.param(Function(lambda: wincred.enumerate(), "CredEnumerateW", "listing credentials"), id="enumerate"),
    pytest.param(
        Function(lambda: wincred.enumerate("x*"), "CredEnumerateW", "listing credentials like 'x*'"),
        id="enumerate-filter",
    ),
    pytest.param(
        Function(lambda: wincred.max_persist(), "CredGetSessionTypes", "asking what this logon session can store"),
        id="max-persist",
    ),
]

USER_NAME = "the user name (a domain password needs one, in the form DOMAIN\\user or user@domain)"
FIELDS = f"check the type, the persistence, the filter (the start of a target name, then *) and {USER_NAME}"

NOT_FOUND = pytest.param(
    1168,
    wincred.NotFoundError,
    "there is no such credential (Windows error 1168); "
    "check the target name and the type, or write the credential first",
    id="1168",
)
CODES = [
    pytest.param(
        1312,
        wincred.NoLogonSessionError,
        "this logon session has no credential store (Windows error 1312); "
        "a network logon (SSH, WinRM, runas /netonly) never has one: run this in a desktop or batch logon",
        id="1312",
    ),
    pytest.param(
        8,
        wincred.StoreFullError,
        "the user's credential store is full (Windows error 8); "
        "remove credentials that are no longer needed in Control Panel, Credential Manager",
        id="8",
    ),
    pytest.param(
        5,
        wincred.AccessDeniedError,
        "Windows denies access to the credential store (Windows error 5); "
        "run this outside of an app container, or ask the administrator which policy forbids it",
        id="5",
    ),
    pytest.param(
        1783,
        wincred.TooLargeError,
        "Windows finds a field over its limit (Windows error 1783); "
        "shorten the blob, the target name, the user name, the comment or the attributes",
        id="1783",
    ),
    pytest.param(
        87, wincred.InvalidCredentialError, f"Windows finds a field wrong (Windows error 87); {FIELDS}", id="87"
    ),
    pytest.param(
        1004, wincred.InvalidCredentialError, f"Windows finds a flag wrong (Windows error 1004); {FIELDS}", id="1004"
    ),
    pytest.param(
        2202,
        wincred.InvalidCredentialError,
        f"Windows finds the user name wrong (Windows error 2202); check {USER_NAME}",
        id="2202",
    ),
    pytest.param(1223, CredentialError, "Windows' sentence for 1223 (Windows error 1223)", id="unknown"),
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("code", "cls", "message"), CODES)
def test_a_windows_error_becomes_its_class(
    advapi32: FakeAdvapi32, function: Function, code: int, cls: type[CredentialError], message: str
) -> None:
    """The message names the operation and says what to do; an unknown code keeps Windows' sentence."""
    advapi32.fail(function.calls, code)
    with pytest.raises(CredentialError) as caught:
        function.call()
    error = caught.value
    assert (type(error), error.winerror, str(error)) == (cls, code, f"{function.operation}: {message}")


@pytest.mark.parametrize("function", [case for case in FUNCTIONS if "enumerate" not in str(case.id)])
@pytest.mark.parametrize(("code", "cls", "message"), [NOT_FOUND])
def test_not_found_is_an_error_but_in_a_listing(
    advapi32: FakeAdvapi32, function: Function, code: int, cls: type[CredentialError], message: str
) -> None:
    """Windows' 1168 is NotFoundError."""
    advapi32.fail(function.calls, code)
    with pytest.raises(CredentialError) as caught:
        function.call()
    error = caught.value
    assert (type(error), error.winerror, str(error)) == (cls, code, f"{function.operation}: {message}")


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        pytest.param(
            lambda: wincred.read("x", type=CredentialType.DOMAIN_PASSWORD),
            "reading the domain password credential 'x'",
            id="read-domain-password",
        ),
        pytest.param(lambda: wincred.delete("x", type=99), "deleting the type 99 credential 'x'", id="delete-unknown"),
        pytest.param(
            lambda: wincred.write("x", None, type=CredentialType.GENERIC_CERTIFICATE),
            "writing the generic certificate credential 'x'",
            id="write-generic-certificate",
        ),
        pytest.param(
            lambda: wincred.read("a\nb'\u202e"), 'reading the generic credential "a\\nb\'\\u202e"', id="escaped"
        ),
    ],
)
def test_an_error_names_the_credential_by_type_and_target_name(
    advapi32: FakeAdvapi32, call: Callable[[], object], operation: str
) -> None:
    """The target name is escaped, so that it can't forge a line of a log."""
    with pytest.raises(wincred.NotFoundError) as caught:
        call()
    assert str(caught.value).startswith(f"{operation}: there is no such credential (Windows error 1168)")
    assert advapi32.blocks == []


def test_a_domain_password_without_a_user_name_says_what_it_needs(advapi32: FakeAdvapi32) -> None:
    """Windows refuses it with 2202, and the error names the form of the user name."""
    with pytest.raises(wincred.InvalidCredentialError) as caught:
        wincred.write("example.com", b"p\0w\0", type=CredentialType.DOMAIN_PASSWORD)
    assert str(caught.value) == (
        "writing the domain password credential 'example.com': "
        f"Windows finds the user name wrong (Windows error 2202); check {USER_NAME}"
    )
    assert advapi32.get("example.com", 2) is None


ERRORS = [
    wincred.CredentialError,
    wincred.NotFoundError,
    wincred.NoLogonSessionError,
    wincred.StoreFullError,
    wincred.AccessDeniedError,
    wincred.TooLargeError,
    wincred.InvalidCredentialError,
    wincred.UnsupportedPlatformError,
]


@pytest.mark.parametrize("cls", ERRORS)
@pytest.mark.parametrize("winerror", [None, 1312], ids=["none", "code"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_pickle(cls: type[CredentialError], winerror: int | None, protocol: int) -> None:
    """Class, message and code survive the way to another process."""
    error = pickle.loads(pickle.dumps(cls("what failed", winerror), protocol))
    assert (type(error), str(error), error.winerror) == (cls, "what failed", winerror)


@pytest.mark.parametrize("cls", ERRORS)
def test_every_error_is_a_credential_error_and_an_os_error(cls: type[CredentialError]) -> None:
    """One `except` catches them all, or all that the operating system refuses."""
    assert issubclass(cls, CredentialError)
    assert issubclass(cls, OSError)


@pytest.mark.parametrize("cls", ERRORS)
def test_the_message_is_all_that_an_error_says(cls: type[CredentialError]) -> None:
    """OSError's own way of printing a code does not show."""
    assert str(cls("what failed", 1312)) == "what failed"
    assert cls("what failed").winerror is None
