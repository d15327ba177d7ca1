"""A credential that keyring, cmdkey and wincred share, as docs/other-programs.md says: with the real programs.

On the real Credential Manager, Wine's advapi32 too for keyring. Wine has no cmdkey: that is tried on Windows itself.
"""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from child import Child
from coder_login.sessionstore import KeyringStore, StoreDamagedError
from stores import HTTPS, TOKEN

import wincred
from wincred import CredentialType, Persist

PASSWORD = "pässword \U0001f600"
BLOB = b"p\0\xe4\0s\0s\0w\0o\0r\0d\0 \0\x3d\xd8\x00\xde"

on_store = pytest.mark.credential_manager
on_windows = pytest.mark.windows


@pytest.fixture
def keyring() -> Any:
    """The backend that keyring takes on Windows; its import fails elsewhere."""
    return importlib.import_module("keyring.backends.Windows").WinVaultKeyring()


@pytest.fixture
def service(target_name: str) -> Iterator[str]:
    """A target name; what keyring moves away from it is removed too."""
    yield target_name
    for credential in find_moved(target_name):
        wincred.delete(credential.target_name)


def find_moved(service: str) -> list[wincred.Credential]:
    """What keyring has moved away from *service*."""
    return [credential for credential in wincred.enumerate() if credential.target_name.endswith(f"@{service}")]


def write(service: str, password: str, user_name: str = "anna") -> None:
    """As the page does it with wincred."""
    wincred.write(service, password.encode("utf-16-le"), user_name=user_name)


def find(target_name: str) -> tuple[str | None, str] | None:
    """The user name and the text, by wincred."""
    try:
        credential = wincred.read(target_name)
    except wincred.NotFoundError:
        return None
    return credential.user_name, credential.blob.decode("utf-16-le")


@on_store
def test_what_keyring_writes_is_read_by_wincred(keyring: Any, service: str) -> None:
    """Every field."""
    keyring.set_password(service, "anna", PASSWORD)
    credential = wincred.read(service)
    assert credential == wincred.Credential(
        target_name=service,
        type=CredentialType.GENERIC,
        blob=BLOB,
        user_name="anna",
        comment="Stored using python-keyring",
        attributes=wincred.Attributes(),
        persist=Persist.ENTERPRISE,
        last_written=credential.last_written,
    )


@on_store
def test_what_wincred_writes_is_read_by_keyring(keyring: Any, service: str) -> None:
    """For its user, and where no user is named; another user has none."""
    write(service, PASSWORD)
    assert wincred.read(service).persist == Persist.LOCAL_MACHINE
    assert [keyring.get_password(service, user) for user in ("anna", "bert")] == [PASSWORD, None]
    anybody = keyring.get_credential(service, None)
    assert (anybody.username, anybody.password) == ("anna", PASSWORD)


@on_store
def test_keyring_deletes_what_wincred_has_written(keyring: Any, service: str) -> None:
    """And wincred what keyring has written."""
    write(service, PASSWORD)
    keyring.delete_password(service, "anna")
    assert find(service) is None
    keyring.set_password(service, "anna", PASSWORD)
    wincred.delete(service)
    assert keyring.get_password(service, "anna") is None


@on_store
def test_a_second_user_takes_the_name(keyring: Any, service: str) -> None:
    """The first one's password moves, whoever wrote it."""
    write(service, "first")
    keyring.set_password(service, "bert", "second")
    assert (find(service), find(f"anna@{service}")) == (("bert", "second"), ("anna", "first"))
    assert [keyring.get_password(service, user) for user in ("anna", "bert")] == ["first", "second"]


@on_store
def test_wincred_makes_no_room_for_a_second_user(keyring: Any, service: str) -> None:
    """It writes what it is told to, in the place of what is there."""
    keyring.set_password(service, "anna", "first")
    write(service, "second", "bert")
    assert (find(service), find_moved(service)) == (("bert", "second"), [])
    assert [keyring.get_password(service, user) for user in ("anna", "bert")] == [None, "second"]


@on_store
def test_a_new_password_leaves_the_old_one_behind(keyring: Any, service: str) -> None:
    """keyring finds it once the new one is deleted by another program; keyring itself deletes both."""
    keyring.set_password(service, "anna", "old")
    keyring.set_password(service, "anna", "new")
    assert (find(service), find(f"anna@{service}")) == (("anna", "new"), ("anna", "old"))
    wincred.delete(service)
    assert keyring.get_password(service, "anna") == "old"
    write(service, "newer")
    keyring.delete_password(service, "anna")
    assert (find(service), find(f"anna@{service}")) == (None, None)


@on_store
@pytest.mark.parametrize(
    ("blob", "text", "warnings"),
    [pytest.param(b"secret1", "secret1", 1, id="odd"), pytest.param(b"secret", "敳牣瑥", 0, id="even")],
)
def test_keyring_reads_utf_8(
    keyring: Any, service: str, caplog: pytest.LogCaptureFixture, blob: bytes, text: str, warnings: int
) -> None:
    """Of an odd number of bytes, and says so; of an even one as other text."""
    wincred.write(service, blob, user_name="anna")
    with caplog.at_level(logging.WARNING, "keyring"):
        assert keyring.get_password(service, "anna") == text
    assert len(caplog.records) == warnings


@on_store
def test_the_sessions_are_lost_to_keyring(keyring: Any, service: str, tmp_path: Path) -> None:
    """It moves them away; here, where the blob has an odd number of bytes, in another encoding."""
    store = KeyringStore(service, lock_path=tmp_path / "lock")
    store.write("https://dev.example.co", TOKEN)
    before = wincred.read(service).blob
    keyring.set_password(service, "anna", PASSWORD)
    assert [credential.blob for credential in find_moved(service)] == [before.decode().encode("utf-16-le")]
    with pytest.raises(StoreDamagedError):
        store.read(HTTPS)


def run(*words: str) -> str:
    """What the program prints; it must succeed."""
    with Child(list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")
    return output.decode(errors="replace")


@on_windows
def test_what_cmdkey_writes_is_read_by_both(keyring: Any, service: str) -> None:
    """The page's example, by the programs' own command lines."""
    run("cmdkey", f"/generic:{service}", "/user:anna", "/pass:correct-horse")
    credential = wincred.read(service)
    assert (credential.target_name, credential.type, credential.user_name, credential.blob) == (
        service,
        CredentialType.GENERIC,
        "anna",
        "correct-horse".encode("utf-16-le"),
    )
    assert keyring.get_password(service, "anna") == "correct-horse"
    assert run(sys.executable, "-P", "-m", "keyring", "get", service, "anna").strip() == "correct-horse"


@on_windows
@pytest.mark.parametrize("by_keyring", [False, True], ids=["wincred", "keyring"])
def test_cmdkey_lists_and_deletes_what_both_write(keyring: Any, service: str, by_keyring: bool) -> None:
    """By the name that the page gives; its list shows no password."""
    if by_keyring:
        keyring.set_password(service, "anna", "correct-horse")
    else:
        write(service, "correct-horse")
    listed = run("cmdkey", "/list")
    assert f"LegacyGeneric:target={service}" in listed
    assert "correct-horse" not in listed
    run("cmdkey", f"/delete:LegacyGeneric:target={service}")
    assert find(service) is None
