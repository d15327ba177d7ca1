"""Windows' keyring says the binding's facts in the store's errors; at the DLL seam, with a fake."""

from __future__ import annotations

import sys

import pytest
from coder_login.sessionstore import (
    KeyringFailedError,
    NoLogonSessionKeyringError,
    NoRoomError,
    SessionStoreError,
    UnsupportedKeyringError,
)
from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager
from fake_advapi32 import FakeAdvapi32

import wincred
from wincred import _dll

FAILED = "the Windows Credential Manager failed: reading the generic credential 'coder-test': "


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        pytest.param(
            5,
            KeyringFailedError,
            FAILED + "Windows denies access to the credential store (Windows error 5)",
            id="access-denied",
        ),
        pytest.param(8, NoRoomError, FAILED + "the user's credential store is full (Windows error 8)", id="full"),
        pytest.param(
            1312,
            NoLogonSessionKeyringError,
            "this logon session has no Windows Credential Manager (Windows error 1312): a network logon, as over SSH",
            id="no-logon-session",
        ),
        pytest.param(
            1783, NoRoomError, FAILED + "Windows finds a field over its limit (Windows error 1783)", id="stub"
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
    assert cause.advice
    assert cause.advice not in caught.value.message


def test_another_system_has_no_such_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked all the same, it says which system this is; nothing was asked of Windows, so there is no code."""
    monkeypatch.setattr(_dll, "is_supported", lambda: False)
    with pytest.raises(UnsupportedKeyringError) as caught:
        WindowsCredentialManager().get("coder-test")
    assert caught.value.message == (
        "the Windows Credential Manager failed: "
        f"the Credential Manager is a part of Windows, and this is {sys.platform}"
    )
