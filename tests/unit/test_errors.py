"""What each Windows error becomes, in every function; at the DLL seam, with a fake."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from fake_advapi32 import FakeAdvapi32

import wincred
from wincred import CredentialError, CredentialType, _dll

LONG = "x" * 30_000
USER_NAME = "the user name (a domain password needs one, in the form DOMAIN\\user or user@domain)"
FIELDS = (
    "check the type, the persistence, the target name (without *), the filter (the start of a target name, then *) "
    f"and {USER_NAME}; a stored credential with a field that a write can't change must be deleted first"
)
ERRORS = [getattr(wincred, name) for name in wincred.__all__ if name.endswith("Error")]

CODES = [
    pytest.param(
        1168,
        wincred.NotFoundError,
        "there is no such credential",
        "check the target name and the type, or write the credential first",
        id="1168",
    ),
    pytest.param(
        1312,
        wincred.NoLogonSessionError,
        "this logon session has no credential store, or none for this type",
        "a network logon (SSH, WinRM, runas /netonly) never has one, an elevated process or a task without a stored "
        "password may have none, and a policy can disable a domain type: run this in a desktop logon, not elevated, "
        "or store the password with the task",
        id="1312",
    ),
    pytest.param(
        8,
        wincred.StoreFullError,
        "the user's whole credential store is full, mostly of other programs' entries",
        "remove those that are no longer needed in Control Panel, Credential Manager",
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
        "Windows finds something too large, though every field is within its documented limit",
        "shorten the fields; if that does not help, Windows may be damaged, which sfc /scannow can repair",
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


@pytest.mark.parametrize(("code", "cls", "reason", "advice"), CODES)
def test_a_windows_error_becomes_its_class(
    advapi32: FakeAdvapi32, code: int, cls: type[CredentialError], reason: str, advice: str
) -> None:
    """The message says what to do, and its parts stand apart; an unknown code keeps Windows' sentence."""
    advapi32.fail("CredReadW", code)
    with pytest.raises(CredentialError) as caught:
        wincred.read("x")
    error = caught.value
    message = f"reading the generic credential 'x': {reason} (Windows error {code})" + (advice and f"; {advice}")
    assert (type(error), error.winerror, str(error)) == (cls, code, message)
    assert (error.reason, error.advice) == (reason, advice)


@pytest.mark.parametrize(
    ("call", "function_name", "operation", "target_name"),
    [
        pytest.param(
            lambda: wincred.write("x", b"secret", type=CredentialType.GENERIC_CERTIFICATE),
            "CredWriteW",
            "writing the generic certificate credential 'x'",
            "x",
            id="write",
        ),
        pytest.param(
            lambda: wincred.read("x", type=CredentialType.DOMAIN_PASSWORD),
            "CredReadW",
            "reading the domain password credential 'x'",
            "x",
            id="read",
        ),
        pytest.param(
            lambda: wincred.read(LONG),
            "CredReadW",
            f"reading the generic credential '{'x' * 100}'... (30000 characters)",
            LONG,
            id="long",
        ),
        pytest.param(
            lambda: wincred.enumerate(LONG),
            "CredEnumerateW",
            f"listing credentials like '{'x' * 100}'... (30000 characters)",
            None,
            id="enumerate-long",
        ),
        pytest.param(
            lambda: wincred.enumerate(all=True), "CredEnumerateW", "listing all credentials", None, id="enumerate-all"
        ),
        pytest.param(
            lambda: wincred.delete("x", type=99), "CredDeleteW", "deleting the type 99 credential 'x'", "x", id="delete"
        ),
        pytest.param(
            lambda: wincred.read("a\nb'\u202e"),
            "CredReadW",
            'reading the generic credential "a\\nb\'\\u202e"',
            "a\nb'\u202e",
            id="escaped",
        ),
        pytest.param(lambda: wincred.enumerate(), "CredEnumerateW", "listing credentials", None, id="enumerate"),
        pytest.param(
            lambda: wincred.enumerate("x\n*"),
            "CredEnumerateW",
            "listing credentials like 'x\\n*'",
            None,
            id="enumerate-filter",
        ),
        pytest.param(
            lambda: wincred.max_persist(),
            "CredGetSessionTypes",
            "asking what this logon session can store",
            None,
            id="max-persist",
        ),
    ],
)
def test_an_error_names_the_operation(
    advapi32: FakeAdvapi32,
    call: Callable[[], object],
    function_name: str,
    operation: str,
    target_name: str | None,
) -> None:
    """With the type and the start of the target name; what could forge a line of a log is escaped there, and the name
    is whole apart."""
    advapi32.fail(function_name, 5)
    with pytest.raises(wincred.AccessDeniedError) as caught:
        call()
    error = caught.value
    assert (error.operation, error.target_name, error.winerror) == (operation, target_name, 5)
    assert str(error).startswith(f"{operation}: {error.reason} (Windows error 5); ")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param(1223, "1223", id="win32"),
        pytest.param(0xFFFF, "65535", id="last-of-win32"),
        pytest.param(-2146893802, "0x80090016", id="NTE_BAD_KEYSET"),
        pytest.param(-2146434967, "0x80100069", id="SCARD_W_REMOVED_CARD"),
        pytest.param(0x80090016, "0x80090016", id="unsigned"),
        pytest.param(-1, "0xFFFFFFFF", id="minus-one"),
    ],
)
def test_a_code_is_shown_as_windows_documents_it(advapi32: FakeAdvapi32, code: int, text: str) -> None:
    """An HRESULT in hexadecimal; `winerror` stays the number, signed as it came."""
    advapi32.fail("CredReadW", code)
    with pytest.raises(CredentialError) as caught:
        wincred.read("x")
    error = caught.value
    assert (error.winerror, error.winerror_text) == (code, text)
    assert str(error) == f"reading the generic credential 'x': Windows' sentence for {code} (Windows error {text})"


def test_the_sentence_of_windows_is_one_line(advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is: Windows ends it with a line break, and has breaks within some."""
    monkeypatch.setattr(_dll, "last_error", lambda: (1223, "The operation\r\nwas canceled.\r\n"))
    advapi32.fail("CredReadW", 1223)
    with pytest.raises(CredentialError) as caught:
        wincred.read("x")
    assert caught.value.reason == "The operation was canceled"


def test_every_error_is_a_credential_error_and_an_os_error() -> None:
    """One `except` catches them all, or all that the operating system refuses."""
    assert CredentialError.__base__ is OSError
    assert all(issubclass(cls, CredentialError) for cls in ERRORS)


@pytest.mark.parametrize("cls", ERRORS)
@pytest.mark.parametrize(
    "duplicate",
    [
        pytest.param(lambda error: pickle.loads(pickle.dumps(error, 0)), id="pickle-0"),
        pytest.param(lambda error: pickle.loads(pickle.dumps(error)), id="pickle-default"),
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


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param(0, "0", id="success"),
        pytest.param(0xFFFF, "65535", id="last-system-error"),
        pytest.param(0x10000, "0x00010000", id="beyond-them"),
        pytest.param(-0x7FF6FFF0, "0x80090010", id="hresult"),
    ],
)
def test_a_code_is_written_as_windows_documents_it(code: int, text: str) -> None:
    """A system error in decimal, and all others in hexadecimal."""
    assert CredentialError("what failed", code).winerror_text == text


def test_the_code_of_a_call_is_what_cffi_has_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Windows' sentence for it; cffi keeps both for each thread."""
    ffi = SimpleNamespace(getwinerror=lambda: (-5, "a sentence"))
    monkeypatch.setattr(_dll, "load_ffi", lambda: ffi)
    assert _dll.last_error() == (-5, "a sentence")


@pytest.mark.parametrize(
    ("size", "shown"), [(100, f"'{'x' * 100}'"), (101, f"'{'x' * 100}'... (101 characters)")], ids=["all", "start"]
)
def test_a_long_name_is_shown_up_to_its_limit(advapi32: FakeAdvapi32, size: int, shown: str) -> None:
    """A hundred characters, and how many there are."""
    with pytest.raises(wincred.NotFoundError) as caught:
        wincred.read("x" * size)
    assert caught.value.operation == f"reading the generic credential {shown}"


@pytest.mark.parametrize("winerror", [None, 5], ids=["none", "code"])
def test_an_error_of_a_message_alone(winerror: int | None) -> None:
    """The message is all that it says and its reason; OSError's own way of printing a code does not show."""
    error = CredentialError("what failed", winerror)
    assert (str(error), error.winerror, error.reason) == ("what failed", winerror, "what failed")
    assert (error.operation, error.advice, error.target_name) == ("", "", None)
    assert error.winerror_text == ("" if winerror is None else "5")


@pytest.mark.usefixtures("advapi32")
def test_an_error_found_before_the_call_has_no_windows_code() -> None:
    """Nor an operation; the reason and the advice stand apart all the same."""
    with pytest.raises(wincred.TooLargeError) as caught:
        wincred.write("example.com", bytes(2561))
    error = caught.value
    assert (error.reason, error.advice) == ("blob is too large: 2561 bytes, and the limit is 2560", "shorten it")
    assert (error.winerror, error.operation, error.target_name) == (None, "", None)
