"""Sharing on the real Credential Manager: with a program that we did not write, pywin32-ctypes, and with the Go client.

The latter is a stand-in (`go_client`) for its store's code.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from coder_login.sessionstore import KeyringStore
from coder_login.sessionstore.keyrings import open_system_keyring
from go_client import GoClient
from stores import NEWER, OTHER, TOKEN

import wincred
from wincred import CredentialType, Persist

pytestmark = pytest.mark.credential_manager


@pytest.fixture
def win32cred() -> ModuleType:
    """The other program; its import fails where there is no Windows."""
    return importlib.import_module("win32ctypes.pywin32.win32cred")


@pytest.mark.parametrize(
    ("blob", "persist"),
    [
        pytest.param(b"0123456789-abcdefghijklmnopqrstuv", Persist.SESSION, id="ascii"),
        pytest.param("grüße \U0001f600".encode(), Persist.ENTERPRISE, id="utf-8"),
        pytest.param(bytes(range(256)) * 10, Persist.LOCAL_MACHINE, id="every-byte"),
    ],
)
def test_what_we_write_is_read_by_another_program(
    win32cred: ModuleType, target_name: str, blob: bytes, persist: Persist
) -> None:
    """Each field, to the byte."""
    wincred.write(target_name, blob, user_name="änna \U0001f600", comment="by üs", persist=persist)
    assert win32cred.CredRead(target_name, win32cred.CRED_TYPE_GENERIC) == {
        "Type": win32cred.CRED_TYPE_GENERIC,
        "TargetName": target_name,
        "Persist": int(persist),
        "UserName": "änna \U0001f600",
        "Comment": "by üs",
        "CredentialBlob": blob,
    }


@pytest.mark.parametrize(
    ("given", "blob", "persist"),
    [
        pytest.param("grüße \U0001f600", "grüße \U0001f600".encode("utf-16-le"), Persist.SESSION, id="text"),
        pytest.param(b"0123456789-abc", "0123456789-abc".encode("utf-16-le"), Persist.ENTERPRISE, id="bytes"),
        pytest.param(
            bytes(range(1, 129)).decode("utf-16-le"), bytes(range(1, 129)), Persist.LOCAL_MACHINE, id="any-bytes"
        ),
    ],
)
def test_what_another_program_writes_is_read_by_us(
    win32cred: ModuleType, target_name: str, given: str | bytes, blob: bytes, persist: Persist
) -> None:
    """Each field, to the byte; that program keeps text, and bytes too, as UTF-16."""
    win32cred.CredWrite(
        {
            "Type": win32cred.CRED_TYPE_GENERIC,
            "TargetName": target_name,
            "Persist": int(persist),
            "UserName": "änna \U0001f600",
            "Comment": "by thém",
            "CredentialBlob": given,
        }
    )
    credential = wincred.read(target_name)
    assert credential == wincred.Credential(
        target_name=target_name,
        type=CredentialType.GENERIC,
        blob=blob,
        user_name="änna \U0001f600",
        comment="by thém",
        attributes=wincred.Attributes(),
        persist=persist,
        last_written=credential.last_written,
    )


def test_another_program_lists_what_we_write(win32cred: ModuleType, target_name: str) -> None:
    """Under the same filter."""
    wincred.write(target_name, b"secret")
    listed = win32cred.CredEnumerate(f"{target_name}*", 0)
    assert [(one["TargetName"], one["CredentialBlob"]) for one in listed] == [(target_name, b"secret")]


def test_what_we_delete_is_gone_for_another_program(win32cred: ModuleType, target_name: str) -> None:
    """It finds nothing, with the code that we get too."""
    win32cred.CredWrite(
        {
            "Type": win32cred.CRED_TYPE_GENERIC,
            "TargetName": target_name,
            "Persist": win32cred.CRED_PERSIST_SESSION,
            "CredentialBlob": "secret",
        }
    )
    wincred.delete(target_name)
    error = importlib.import_module("win32ctypes.pywin32.pywintypes").error
    with pytest.raises(error) as caught:
        win32cred.CredRead(target_name, win32cred.CRED_TYPE_GENERIC)
    assert caught.value.winerror == 1168


@pytest.mark.parametrize("newest", [False, True], ids=["released", "newest"])
@pytest.mark.parametrize(
    ("spelled", "usual"),
    [
        pytest.param("https://dev.example.com", "https://dev.example.com", id="usual"),
        pytest.param("https://Dev.example.com:443", "https://dev.example.com", id="default-port"),
        pytest.param("http://dev.example.com:80", "http://dev.example.com", id="default-port-http"),
        pytest.param("https://[2001:db8:0:0::1]", "https://[2001:db8::1]", id="ipv6"),
    ],
)
def test_a_go_session_is_renewed_and_ended_in_the_same_credential(
    target_name: str, tmp_path: Path, spelled: str, usual: str, newest: bool
) -> None:
    """However its user spelled the host: found with the new token, and gone after a logout of ours."""
    go = GoClient(open_system_keyring(), records_origin=newest, service=target_name)
    store = KeyringStore(target_name, lock_path=tmp_path / "lock")
    go.write(OTHER, TOKEN)
    go.write(spelled, TOKEN)
    store.write(usual, NEWER)
    assert (go.read(spelled), go.read(usual), store.read(spelled)) == (NEWER, NEWER, NEWER)
    store.delete(usual)
    assert (go.read(spelled), go.read(usual), go.read(OTHER)) == (None, None, TOKEN)
