"""Windows' keyring says the binding's facts in the store's errors; at the DLL seam, with a fake."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from coder_login.sessionstore import (
    KeyringDeniedError,
    KeyringFailedError,
    KeyringFullError,
    KeyringInstallationError,
    KeyringLimitError,
    NoLogonSessionKeyringError,
    NoRoomError,
    NotPersistentError,
    SessionStoreError,
    UnsupportedKeyringError,
)
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager
from fake_advapi32 import FakeAdvapi32
from pytest_mock import MockerFixture

import wincred
from cli import Inside
from wincred import _dll

pytest_plugins = ["cli_fixtures"]

FAILED = "the Windows Credential Manager failed: "
READING = FAILED + "reading the generic credential 'coder-test': "


@pytest.mark.skipif(sys.platform == "win32", reason="the Credential Manager is here")
def test_on_another_system_it_is_an_unsupported_keyring() -> None:
    """Whoever makes one there himself gets the error that every other way to it gives; no DLL is looked for."""
    keyring = WindowsCredentialManager()
    for call in (
        lambda: keyring.get("coder-test"),
        lambda: keyring.set("coder-test", b"{}"),
        lambda: keyring.delete("coder-test"),
        keyring.persistence,
    ):
        with pytest.raises(UnsupportedKeyringError, match="the Windows Credential Manager failed: ") as caught:
            call()
        assert type(caught.value) is UnsupportedKeyringError


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        pytest.param(
            5,
            KeyringDeniedError,
            READING + "Windows denies access to the credential store (Windows error 5)",
            id="access-denied",
        ),
        pytest.param(
            8,
            KeyringFullError,
            READING + "the user's whole credential store is full, mostly of other programs' entries (Windows error 8)",
            id="full",
        ),
        pytest.param(
            1312,
            NoLogonSessionKeyringError,
            READING + "this logon session has no credential store, or none for this type (Windows error 1312)",
            id="no-logon-session",
        ),
        pytest.param(
            1783,
            KeyringLimitError,
            READING + "Windows finds something too large, though every field is within its documented limit "
            "(Windows error 1783)",
            id="stub",
        ),
        pytest.param(
            -2146893802,
            KeyringFailedError,
            READING + "Windows' sentence for -2146893802 (Windows error 0x80090016)",
            id="hresult",
        ),
    ],
)
def test_the_fact_without_the_bindings_advice(
    advapi32: FakeAdvapi32, code: int, kind: type[SessionStoreError], message: str
) -> None:
    """The advice is for the binding's own callers: the command has a table of its own."""
    advapi32.fail("CredReadW", code)
    with pytest.raises(SessionStoreError) as caught:
        WindowsCredentialManager().get("coder-test")
    assert (type(caught.value), caught.value.message) == (kind, message)
    cause = caught.value.__cause__
    assert isinstance(cause, wincred.CredentialError)
    assert not cause.advice or cause.advice not in caught.value.message


@pytest.mark.parametrize(
    ("operation", "function"),
    [
        pytest.param(lambda keyring: keyring.get("coder-test"), "CredReadW", id="get"),
        pytest.param(lambda keyring: keyring.set("coder-test", b"{}"), "CredWriteW", id="set"),
        pytest.param(lambda keyring: keyring.delete("coder-test"), "CredDeleteW", id="delete"),
        pytest.param(lambda keyring: keyring.persistence(), "CredGetSessionTypes", id="persistence"),
    ],
)
def test_every_operation_fails_with_an_error_of_the_store(
    advapi32: FakeAdvapi32, operation: Callable[[WindowsCredentialManager], object], function: str
) -> None:
    """The store catches no other."""
    advapi32.fail(function, 1312)
    with pytest.raises(NoLogonSessionKeyringError) as caught:
        operation(WindowsCredentialManager())
    assert isinstance(caught.value.__cause__, wincred.NoLogonSessionError)


@pytest.mark.usefixtures("advapi32")
def test_it_says_how_much_it_takes() -> None:
    """The store counts before it writes."""
    assert WindowsCredentialManager().max_size == 2560


def test_a_session_is_kept_on_this_computer(advapi32: FakeAdvapi32) -> None:
    """It neither ends with the logon nor wanders to another computer."""
    WindowsCredentialManager().set("coder-test", b"{}")
    stored = advapi32.get("coder-test")
    assert stored is not None
    assert stored.persist == wincred.Persist.LOCAL_MACHINE


@pytest.mark.parametrize(
    ("strongest", "word"),
    [
        pytest.param(wincred.Persist.ENTERPRISE, "enterprise", id="enterprise"),
        pytest.param(wincred.Persist.LOCAL_MACHINE, "local_machine", id="local-machine"),
    ],
)
def test_how_long_a_session_is_kept(advapi32: FakeAdvapi32, strongest: wincred.Persist, word: str) -> None:
    """In Windows' word."""
    advapi32.session_types[wincred.CredentialType.GENERIC] = strongest
    assert WindowsCredentialManager().persistence() == word


@pytest.mark.parametrize("strongest", [wincred.Persist.SESSION, wincred.Persist.NONE])
def test_a_session_that_would_end_with_the_logon_is_refused(advapi32: FakeAdvapi32, strongest: wincred.Persist) -> None:
    """The next logon would find no session."""
    advapi32.session_types[wincred.CredentialType.GENERIC] = strongest
    with pytest.raises(NotPersistentError, match=r"^Windows keeps no credentials beyond this logon session$"):
        WindowsCredentialManager().persistence()


@pytest.mark.usefixtures("advapi32")
def test_a_blob_over_its_limit_does_not_fit() -> None:
    """Found before Windows is asked: there a session less makes room, as it does not when Windows finds it."""
    with pytest.raises(NoRoomError) as caught:
        WindowsCredentialManager().set("coder-test", bytes(2561))
    assert caught.value.message == FAILED + "blob is too large: 2561 bytes, and the limit is 2560"
    assert caught.value.others is None


def test_another_system_has_no_such_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked all the same, it says which system this is; nothing was asked of Windows, so there is no code."""
    monkeypatch.setattr(_dll, "is_supported", lambda: False)
    with pytest.raises(UnsupportedKeyringError) as caught:
        WindowsCredentialManager().get("coder-test")
    assert caught.value.message == (FAILED + f"the Credential Manager is a part of Windows, and this is {sys.platform}")


def test_a_missing_cffi_is_a_broken_installation(mocker: MockerFixture) -> None:
    """And says so."""
    mocker.patch.object(_dll, "is_supported", return_value=True)
    mocker.patch.dict(sys.modules, {"wincred._advapi32": None, "_cffi_backend": None})
    _dll._import_ffi.cache_clear()
    _dll._open_advapi32.cache_clear()
    with pytest.raises(KeyringInstallationError) as caught:
        WindowsCredentialManager().get("coder-test")
    assert caught.value.message.startswith(
        "the Windows Credential Manager can't be reached: cffi, which calls Windows, can't be used: ModuleNotFoundError"
    )


def test_a_missing_binding_is_a_broken_installation(mocker: MockerFixture) -> None:
    """Which the command can tell from a bug of its own."""
    mocker.patch.dict(sys.modules, {"wincred": None})
    with pytest.raises(KeyringInstallationError) as caught:
        open_system_keyring()
    assert caught.value.message == "the package wincred, which reaches the keyring, can't be imported"
    assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize(
    ("code", "step"),
    [
        pytest.param(8, "Other programs' entries fill it: remove some", id="full"),
        pytest.param(1312, "A network logon (SSH, WinRM, runas /netonly) never has one;", id="no-logon-session"),
        pytest.param(1783, "Windows may be damaged: an administrator can check", id="stub"),
    ],
)
def test_what_a_person_is_told(inside: Inside, advapi32: FakeAdvapi32, code: int, step: str) -> None:
    """Never to log out of a deployment, or to run this in a task: neither would help."""
    advapi32.fail("CredReadW", code)
    run = inside.run("login", "token", "--use-keyring", "--url", "https://dev.example.com")
    fact, hint = run.stderr.split("\n", 1)
    assert f"(Windows error {code})" in fact
    assert hint.startswith(step)
    assert "log out" not in hint.lower()
    assert "a scheduled task" not in hint


def test_a_person_is_told_of_a_broken_installation(inside: Inside, mocker: MockerFixture) -> None:
    """It is no bug in the command."""
    mocker.patch.object(_dll, "is_supported", return_value=True)
    mocker.patch.dict(sys.modules, {"wincred._advapi32": None})
    _dll._import_ffi.cache_clear()
    _dll._open_advapi32.cache_clear()
    run = inside.run("login", "token", "--use-keyring", "--url", "https://dev.example.com")
    assert run.stderr.startswith("error: The Windows Credential Manager can't be reached: cffi, ")
    assert run.stderr.endswith("python -m pip install --force-reinstall coder-login\n")
    assert "bug" not in run.stderr
