"""Every Windows error at every call of every operation of the keyring store; at the DLL seam, with a fake."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    KeyringFailedError,
    KeyringRestoreError,
    KeyringStore,
    NoLogonSessionKeyringError,
    NoRoomError,
    NotPersistentError,
    SessionNotFoundError,
    SessionStoreError,
    StoreDamagedError,
    StoreInOrderError,
    WriteLostError,
)
from coder_login.sessionstore.lock import locked
from fake_advapi32 import FakeAdvapi32, Stored

import wincred

SERVICE = "coder-test"
TOKEN = "0123456789-abcdefghijklmnopqrstuv"
NEWER = "9876543210-vutsrqponmlkjihgfedcba"
DEV = DeploymentURL.parse("https://dev.example.com")
OTHER = DeploymentURL.parse("https://other.example.com")
BLOB = b'{ "dev.example.com": {"api_token":"%b","coder_url":"https://dev.example.com","note":1.50}}' % TOKEN.encode()
DAMAGE = b"hunter2"

CODES = [
    pytest.param(5, KeyringFailedError, id="access-denied"),
    pytest.param(8, NoRoomError, id="store-full"),
    pytest.param(87, KeyringFailedError, id="invalid-parameter"),
    pytest.param(234, KeyringFailedError, id="torn-read"),
    pytest.param(1004, KeyringFailedError, id="invalid-flags"),
    pytest.param(1312, NoLogonSessionKeyringError, id="no-logon-session"),
    pytest.param(1783, NoRoomError, id="bad-stub-data"),
    pytest.param(2202, KeyringFailedError, id="bad-user-name"),
    pytest.param(31337, KeyringFailedError, id="unknown"),
]


class BodyError(Exception):
    pass


def undo(store: KeyringStore, action: Callable[[], None] = lambda: None) -> None:
    """A login that fails after *action*."""
    with store.replacing(DEV, NEWER):
        action()
        raise BodyError


Operation = Callable[[KeyringStore], object]

CALLS: list[tuple[str, Operation, bytes, str, int]] = [
    ("read", lambda store: store.read(DEV), BLOB, "CredReadW", 0),
    ("deployments", lambda store: store.deployments(), BLOB, "CredReadW", 0),
    ("usage", lambda store: store.usage(), BLOB, "CredReadW", 0),
    ("persistence", lambda store: store.persistence(), BLOB, "CredGetSessionTypes", 0),
    ("check", lambda store: store.check(OTHER), BLOB, "CredGetSessionTypes", 0),
    ("check", lambda store: store.check(OTHER), BLOB, "CredReadW", 0),
    ("write", lambda store: store.write(DEV, NEWER), BLOB, "CredReadW", 0),
    ("write", lambda store: store.write(DEV, NEWER), BLOB, "CredWriteW", 0),
    ("write", lambda store: store.write(DEV, NEWER), BLOB, "CredReadW", 1),
    ("first-write", lambda store: store.write(DEV, NEWER), b"", "CredWriteW", 0),
    ("first-write", lambda store: store.write(DEV, NEWER), b"", "CredReadW", 1),
    ("delete", lambda store: store.delete(DEV), BLOB, "CredReadW", 0),
    ("delete", lambda store: store.delete(DEV), BLOB, "CredReadW", 1),
    ("delete", lambda store: store.delete(DEV), BLOB, "CredDeleteW", 0),
    ("delete", lambda store: store.delete(DEV), BLOB, "CredReadW", 2),
    ("reset", lambda store: store.reset(), DAMAGE, "CredReadW", 0),
    ("reset", lambda store: store.reset(), DAMAGE, "CredDeleteW", 0),
    ("reset", lambda store: store.reset(), DAMAGE, "CredReadW", 1),
]


@pytest.fixture
def lock_path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def store(advapi32: FakeAdvapi32, lock_path: Path) -> KeyringStore:
    """A store on the fake, which in the end makes sure that all memory was wiped and freed once."""
    return KeyringStore(SERVICE, lock_path=lock_path)


def put(advapi32: FakeAdvapi32, blob: bytes) -> None:
    if blob:
        advapi32.put(Stored(target_name=SERVICE, blob=blob))


def raw(advapi32: FakeAdvapi32) -> bytes:
    stored = advapi32.get(SERVICE)
    return b"" if stored is None else stored.blob


def is_free(lock_path: Path) -> bool:
    with locked(lock_path, timeout=0):
        return True


@pytest.mark.parametrize("times", [1, None], ids=["once", "for-ever"])
@pytest.mark.parametrize(("code", "expected"), CODES)
@pytest.mark.parametrize(
    ("operation", "blob", "function", "after"),
    [pytest.param(*rest, id=f"{name}-{rest[2]}-{rest[3]}") for name, *rest in CALLS],
)
def test_a_windows_error_leaves_the_store_as_it_was(
    store: KeyringStore,
    advapi32: FakeAdvapi32,
    lock_path: Path,
    operation: Operation,
    blob: bytes,
    function: str,
    after: int,
    code: int,
    expected: type[SessionStoreError],
    times: int | None,
) -> None:
    """The right error, the same bytes, and the next one can lock at once."""
    put(advapi32, blob)
    advapi32.fail(function, code, after=after, times=times)
    with pytest.raises(SessionStoreError) as caught:
        operation(store)
    assert type(caught.value) is expected
    assert isinstance(caught.value.__cause__, wincred.CredentialError)
    assert caught.value.__cause__.winerror == code
    assert raw(advapi32) == blob
    assert is_free(lock_path)
    assert TOKEN not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(("code", "expected"), CODES)
@pytest.mark.parametrize(
    ("function", "after"), [("CredReadW", 0), ("CredWriteW", 0), ("CredReadW", 1)], ids=["read", "write", "read-back"]
)
def test_a_windows_error_in_an_undo_says_that_the_session_may_be_left(
    store: KeyringStore,
    advapi32: FakeAdvapi32,
    lock_path: Path,
    function: str,
    after: int,
    code: int,
    expected: type[SessionStoreError],
) -> None:
    """What is left is whole: the old blob or the new one. Where the write itself was made, it is the old one."""
    put(advapi32, BLOB)
    with pytest.raises(SessionStoreError) as caught:
        undo(store, lambda: advapi32.fail(function, code, after=after))
    assert type(caught.value) is KeyringRestoreError
    assert type(caught.value.failure) is expected
    assert caught.value.message.startswith("the keyring could not be put back as it was: ")
    assert isinstance(caught.value.__cause__, BodyError)
    assert (raw(advapi32) == BLOB) is (after == 1)
    assert (NEWER.encode() in raw(advapi32)) is (after == 0)
    assert is_free(lock_path)


def test_an_undo_restores_the_blob(store: KeyringStore, advapi32: FakeAdvapi32, lock_path: Path) -> None:
    """To the byte, when nothing fails."""
    put(advapi32, BLOB)
    with pytest.raises(BodyError):
        undo(store)
    assert raw(advapi32) == BLOB
    assert is_free(lock_path)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda store: store.read(DEV), SessionNotFoundError),
        (lambda store: store.delete(DEV), SessionNotFoundError),
        (lambda store: store.reset(), StoreInOrderError),
    ],
    ids=["read", "delete", "reset"],
)
def test_a_missing_credential_is_an_empty_store(
    store: KeyringStore, advapi32: FakeAdvapi32, operation: Operation, expected: type[SessionStoreError]
) -> None:
    """1168 is not a failure of the Credential Manager."""
    with pytest.raises(SessionStoreError) as caught:
        operation(store)
    assert type(caught.value) is expected
    assert store.deployments() == []
    assert store.usage().used == 0


def test_a_credential_that_is_gone_before_its_delete_is_deleted(store: KeyringStore, advapi32: FakeAdvapi32) -> None:
    """Another client was faster."""
    put(advapi32, BLOB)
    advapi32.before("CredDeleteW", partial(advapi32.remove, SERVICE), times=1)
    store.delete(DEV)
    assert advapi32.get(SERVICE) is None


def test_lost_writes_are_tried_again_and_then_reported(store: KeyringStore, advapi32: FakeAdvapi32) -> None:
    """Each with the memory wiped."""
    advapi32.lose_writes(4)
    store.write(DEV, TOKEN)
    assert store.read(DEV) == TOKEN
    blob = raw(advapi32)
    advapi32.lose_writes(100)
    with pytest.raises(WriteLostError):
        store.write(DEV, NEWER)
    assert raw(advapi32) == blob


@pytest.mark.parametrize(
    ("persist", "word"), [(2, "local_machine"), (3, "enterprise")], ids=["local-machine", "enterprise"]
)
def test_the_strongest_persistence_is_named(
    store: KeyringStore, advapi32: FakeAdvapi32, persist: int, word: str
) -> None:
    """Asked without a write."""
    advapi32.session_types[1] = persist
    assert store.persistence() == word
    assert not advapi32.writes


@pytest.mark.parametrize("persist", [0, 1], ids=["none", "session"])
def test_a_keyring_that_forgets_at_logoff_is_not_used(
    store: KeyringStore, advapi32: FakeAdvapi32, persist: int
) -> None:
    """Said beforehand."""
    advapi32.session_types[1] = persist
    for operation in (store.persistence, partial(store.check, DEV)):
        with pytest.raises(NotPersistentError) as caught:
            operation()
        assert caught.value.message == "Windows keeps no credentials beyond this logon session"


def test_the_credential_is_generic_without_a_user_and_stays_on_this_computer(
    store: KeyringStore, advapi32: FakeAdvapi32
) -> None:
    """As the Go client writes it."""
    store.write(DEV, TOKEN)
    stored = advapi32.get(SERVICE)
    assert stored is not None
    assert (stored.target_name, stored.type, stored.user_name, stored.comment, stored.persist) == (
        SERVICE,
        1,
        None,
        None,
        2,
    )


def test_damage_is_neither_overwritten_nor_shown(store: KeyringStore, advapi32: FakeAdvapi32) -> None:
    """Until it is discarded by name."""
    put(advapi32, DAMAGE)
    with pytest.raises(StoreDamagedError) as caught:
        store.write(DEV, TOKEN)
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert raw(advapi32) == DAMAGE
    store.reset()
    assert advapi32.get(SERVICE) is None


def test_a_network_logon_is_named(store: KeyringStore, advapi32: FakeAdvapi32) -> None:
    """1312, as over SSH."""
    advapi32.fail("CredReadW", 1312)
    with pytest.raises(NoLogonSessionKeyringError) as caught:
        store.read(DEV)
    assert caught.value.message == (
        "this logon session has no Windows Credential Manager (Windows error 1312): a network logon, as over SSH"
    )
