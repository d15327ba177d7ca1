"""What each Windows error becomes, in every function; at the DLL seam, with a fake."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import NamedTuple

import pytest
from fake_advapi32 import FakeAdvapi32

import wincred
from wincred import CredentialError, CredentialType


class Function(NamedTuple):
    """One of our functions, the DLL's that it calls, how an error names the operation, and its target name."""

    call: Callable[[], object]
    calls: str
    operation: str
    target_name: str | None = None


FUNCTIONS = [
    pytest.param(
        Function(lambda: wincred.write("x", b"secret"), "CredWriteW", "writing the generic credential 'x'", "x"),
        id="write",
    ),
    pytest.param(
        Function(lambda: wincred.read("x"), "CredReadW", "reading the generic credential 'x'", "x"), id="read"
    ),
    pytest.param(
        Function(lambda: wincred.delete("x"), "CredDeleteW", "deleting the generic credential 'x'", "x"), id="delete"
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
    "there is no such credential",
    "check the target name and the type, or write the credential first",
    id="1168",
)
CODES = [
    pytest.param(
        1312,
        wincred.NoLogonSessionError,
        "this logon session has no credential store",
        "a network logon (SSH, WinRM, runas /netonly) never has one: run this in a desktop or batch logon",
        id="1312",
    ),
    pytest.param(
        8,
        wincred.StoreFullError,
        "the user's credential store is full",
        "remove credentials that are no longer needed in Control Panel, Credential Manager",
        id="8",
    ),
    pytest.param(
        5,
        wincred.AccessDeniedError,
        "Windows denies access to the credential store",
        "run this outside of an app container, or ask the administrator which policy forbids it",
        id="5",
    ),
    pytest.param(
        1783,
        wincred.TooLargeError,
        "Windows finds a field over its limit",
        "shorten the blob, the target name, the user name, the comment or the attributes",
        id="1783",
    ),
    pytest.param(87, wincred.InvalidCredentialError, "Windows finds a field wrong", FIELDS, id="87"),
    pytest.param(1004, wincred.InvalidCredentialError, "Windows finds a flag wrong", FIELDS, id="1004"),
    pytest.param(
        2202,
        wincred.InvalidCredentialError,
        "Windows finds the user name wrong",
        f"check {USER_NAME}",
        id="2202",
    ),
    pytest.param(1223, CredentialError, "Windows' sentence for 1223", "", id="unknown"),
]


def check_error(
    error: CredentialError, function: Function, code: int, cls: type[CredentialError], reason: str, advice: str
) -> None:
    """The class, the message, and each part of it by itself."""
    message = f"{function.operation}: {reason} (Windows error {code}){advice and f'; {advice}'}"
    assert (type(error), str(error)) == (cls, message)
    assert (error.operation, error.reason, error.advice) == (function.operation, reason, advice)
    assert (error.target_name, error.winerror) == (function.target_name, code)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("code", "cls", "reason", "advice"), CODES)
def test_a_windows_error_becomes_its_class(
    advapi32: FakeAdvapi32, function: Function, code: int, cls: type[CredentialError], reason: str, advice: str
) -> None:
    """The message names the operation and says what to do; an unknown code keeps Windows' sentence."""
    advapi32.fail(function.calls, code)
    with pytest.raises(CredentialError) as caught:
        function.call()
    check_error(caught.value, function, code, cls, reason, advice)


@pytest.mark.parametrize("function", [case for case in FUNCTIONS if "enumerate" not in str(case.id)])
@pytest.mark.parametrize(("code", "cls", "reason", "advice"), [NOT_FOUND])
def test_not_found_is_an_error_but_in_a_listing(
    advapi32: FakeAdvapi32, function: Function, code: int, cls: type[CredentialError], reason: str, advice: str
) -> None:
    """Windows' 1168 is NotFoundError."""
    advapi32.fail(function.calls, code)
    with pytest.raises(CredentialError) as caught:
        function.call()
    check_error(caught.value, function, code, cls, reason, advice)


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
@pytest.mark.parametrize(
    "duplicate",
    [
        *(
            pytest.param(lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol)), id=f"{protocol}")
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_a_pickle_or_a_copy_of_an_error_is_whole(
    cls: type[CredentialError], duplicate: Callable[[CredentialError], CredentialError]
) -> None:
    """Class, message and every attribute, notes too, survive the way to another process."""
    error = cls("what failed", 1312, operation="o", reason="r", advice="a", target_name="t")
    error.add_note("met in a test")
    other = duplicate(error)
    assert (type(other), other.args, other.winerror, vars(other)) == (cls, ("what failed",), 1312, vars(error))


@pytest.mark.parametrize("winerror", [None, 5], ids=["none", "code"])
def test_an_error_of_a_message_alone(winerror: int | None) -> None:
    """The message is all that it says and its reason; OSError's own way of printing a code does not show."""
    error = CredentialError("what failed", winerror)
    assert (str(error), error.winerror, error.reason) == ("what failed", winerror, "what failed")
    assert (error.operation, error.advice, error.target_name) == ("", "", None)


@pytest.mark.usefixtures("advapi32")
def test_an_error_found_before_the_call_has_no_windows_code() -> None:
    """Nor an operation; the reason and the advice stand apart all the same."""
    with pytest.raises(wincred.TooLargeError) as caught:
        wincred.write("example.com", bytes(2561))
    error = caught.value
    assert (error.reason, error.advice) == ("blob is too large: 2561 bytes, and the limit is 2560", "shorten it")
    assert (error.winerror, error.operation, error.target_name) == (None, "", None)


@pytest.mark.parametrize("cls", ERRORS)
def test_every_error_is_a_credential_error_and_an_os_error(cls: type[CredentialError]) -> None:
    """One `except` catches them all, or all that the operating system refuses."""
    assert issubclass(cls, CredentialError)
    assert issubclass(cls, OSError)
