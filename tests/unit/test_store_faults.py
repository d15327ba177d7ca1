"""Every Windows error at every call of every operation of the keyring store; at the DLL seam, with a fake."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from coder_login.sessionstore import (
    KeyringDeniedError,
    KeyringFailedError,
    KeyringFullError,
    KeyringLimitError,
    KeyringRestoreError,
    KeyringStore,
    NoLogonSessionKeyringError,
    NotPersistentError,
    SessionNotFoundError,
    SessionStoreError,
)
from fake_advapi32 import FakeAdvapi32, Stored
from stores import HTTPS, KEYRING_OPERATIONS, NEWER, SERVICE, TOKEN, BodyError, fail_after, is_free

import wincred

BLOB = b'{ "dev.example.com": {"api_token":"%b","coder_url":"https://dev.example.com","note":1.50}}' % TOKEN.encode()
DAMAGE = b"hunter2"


@pytest.fixture
def store(advapi32: FakeAdvapi32, tmp_path: Path) -> KeyringStore:
    """A store on the fake, which in the end makes sure that all memory was wiped and freed once."""
    return KeyringStore(SERVICE, lock_path=tmp_path / "lock")


def put(advapi32: FakeAdvapi32, blob: bytes) -> None:
    if blob:
        advapi32.put(Stored(target_name=SERVICE, blob=blob))


def raw(advapi32: FakeAdvapi32) -> bytes:
    stored = advapi32.get(SERVICE)
    return b"" if stored is None else stored.blob


FAILED = "the Windows Credential Manager failed: reading the generic credential 'coder-test': "


@pytest.mark.parametrize(
    ("code", "expected", "message"),
    [
        pytest.param(5, KeyringDeniedError, FAILED, id="access-denied"),
        pytest.param(8, KeyringFullError, FAILED, id="store-full"),
        pytest.param(87, KeyringFailedError, FAILED, id="invalid-parameter"),
        pytest.param(1312, NoLogonSessionKeyringError, FAILED, id="no-logon-session"),
        pytest.param(1783, KeyringLimitError, FAILED, id="bad-stub-data"),
        pytest.param(31337, KeyringFailedError, FAILED, id="unknown"),
    ],
)
def test_a_windows_error_becomes_one_of_the_stores(
    store: KeyringStore, advapi32: FakeAdvapi32, code: int, expected: type[SessionStoreError], message: str
) -> None:
    """With the binding's as its cause."""
    advapi32.fail("CredReadW", code)
    with pytest.raises(SessionStoreError) as caught:
        store.read(HTTPS)
    assert type(caught.value) is expected
    assert caught.value.message.startswith(message)
    assert isinstance(caught.value.__cause__, wincred.CredentialError)
    assert caught.value.__cause__.winerror == code


OPERATIONS = KEYRING_OPERATIONS | {
    "first-write": KEYRING_OPERATIONS["write"],
    "persistence": lambda store: store.persistence(),
    "reset": lambda store: store.reset(),
}
CALLS = {
    "read": ["CredReadW-0"],
    "has": ["CredReadW-0"],
    "deployments": ["CredReadW-0"],
    "usage": ["CredReadW-0"],
    "persistence": ["CredGetSessionTypes-0"],
    "check": ["CredGetSessionTypes-0", "CredReadW-0"],
    "write": ["CredReadW-0", "CredReadW-1", "CredWriteW-0", "CredReadW-2"],
    "first-write": ["CredReadW-0", "CredReadW-1", "CredWriteW-0", "CredReadW-2"],
    "delete": ["CredReadW-0", "CredReadW-1", "CredReadW-2", "CredDeleteW-0", "CredReadW-3"],
    "reset": ["CredReadW-0", "CredReadW-1", "CredDeleteW-0", "CredReadW-2"],
}
"""Those of each operation, in their order, each with how many of its name come before it."""


@pytest.mark.parametrize("times", [1, None], ids=["once", "for-ever"])
@pytest.mark.parametrize(("operation", "call"), [(name, call) for name, calls in CALLS.items() for call in calls])
def test_a_windows_error_leaves_the_store_as_it_was(
    store: KeyringStore, advapi32: FakeAdvapi32, tmp_path: Path, operation: str, call: str, times: int | None
) -> None:
    """The same error comes out, the same bytes are left, and the next one can lock at once."""
    before = {"reset": DAMAGE, "first-write": b""}.get(operation, BLOB)
    put(advapi32, before)
    function, _, after = call.partition("-")
    advapi32.fail(function, 5, after=int(after), times=times)
    with pytest.raises(KeyringDeniedError) as caught:
        OPERATIONS[operation](store)
    assert type(caught.value) is KeyringDeniedError
    assert TOKEN not in f"{caught.value} {caught.value.__cause__}"
    assert raw(advapi32) == before
    assert is_free(tmp_path / "lock")


@pytest.mark.parametrize(
    ("function", "after"),
    [("CredReadW", 0), ("CredReadW", 1), ("CredWriteW", 0), ("CredReadW", 2)],
    ids=["read", "look", "write", "read-back"],
)
def test_a_windows_error_in_an_undo_says_that_the_session_may_be_left(
    store: KeyringStore, advapi32: FakeAdvapi32, tmp_path: Path, function: str, after: int
) -> None:
    """What is left is whole: the old blob or the new one. Where the write itself was made, it is the old one."""
    put(advapi32, BLOB)
    with pytest.raises(KeyringRestoreError) as caught, store.replacing(HTTPS, NEWER):
        fail_after(partial(advapi32.fail, function, 1312, after=after))
    assert type(caught.value.failure) is NoLogonSessionKeyringError
    assert caught.value.message.startswith("the keyring could not be put back as it was: ")
    assert isinstance(caught.value.__cause__, BodyError)
    assert (raw(advapi32) == BLOB) is (after == 2)
    assert (NEWER.encode() in raw(advapi32)) is (after < 2)
    assert is_free(tmp_path / "lock")


def test_a_missing_credential_is_an_empty_store(store: KeyringStore) -> None:
    """1168 is not a failure of the Credential Manager."""
    for operation in (store.read, store.delete):
        with pytest.raises(SessionNotFoundError):
            operation(HTTPS)
    assert (store.deployments(), store.usage().used) == ([], 0)


def test_a_credential_that_is_gone_before_its_delete_is_deleted(store: KeyringStore, advapi32: FakeAdvapi32) -> None:
    """Another client was faster."""
    put(advapi32, BLOB)
    advapi32.before("CredDeleteW", partial(advapi32.remove, SERVICE), times=1)
    store.delete(HTTPS)
    assert advapi32.get(SERVICE) is None


@pytest.mark.parametrize(("persist", "word"), [(2, "local_machine"), (3, "enterprise")])
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
    for operation in (store.persistence, partial(store.check, HTTPS)):
        with pytest.raises(NotPersistentError) as caught:
            operation()
        assert caught.value.message == "Windows keeps no credentials beyond this logon session"


def test_the_credential_is_generic_without_a_user_and_stays_on_this_computer(
    store: KeyringStore, advapi32: FakeAdvapi32
) -> None:
    """As the Go client writes it."""
    store.write(HTTPS, TOKEN)
    stored = advapi32.get(SERVICE)
    assert stored is not None
    assert (stored.type, stored.user_name, stored.comment, stored.persist) == (1, None, None, 2)
