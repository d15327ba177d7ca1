"""How the keyring store changes a blob that other clients, which take no lock, change too; a keyring in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    DEFAULT_SERVICE,
    KeyringRestoreError,
    KeyringStore,
    NothingStoredError,
    SessionNotFoundError,
    SessionStoreError,
    StoreChangedError,
    StoreInOrderError,
    StoreUnavailableError,
    UnsupportedKeyringError,
    WriteLostError,
)
from coder_login.sessionstore import keyring_store as keyring_module
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.sessionstore.lock import locked
from stores import (
    HTTPS,
    KEYRING_OPERATIONS,
    NEWER,
    OTHER,
    TOKEN,
    BodyError,
    SharedKeyring,
    compact,
    entry,
    failing,
    is_free,
)

from wincred import _dll

pytest_plugins = ["store_fixtures"]
LOST = "the keyring did not keep what was written, 5 times in a row"
DENIED = StoreUnavailableError("access denied")


# Written, and read back.


def test_a_write_reads_looks_again_writes_and_reads_back(store: KeyringStore, provider: SharedKeyring) -> None:
    """Nothing more."""
    store.write(HTTPS, TOKEN)
    assert provider.calls == ["get", "get", "set", "get"]


@pytest.mark.parametrize("operation", ["write", "delete"])
def test_what_another_client_writes_while_we_prepare_is_kept(
    store: KeyringStore, provider: SharedKeyring, operation: str
) -> None:
    """The bytes are ready before the last look: only a comparison lies between that and the write."""
    store.write(HTTPS, TOKEN)
    provider.calls.clear()
    look = 1 if operation == "write" else 2  # a delete has looked first whether there is a session
    provider.before("get", partial(provider.add, OTHER), after=look)
    store.write(HTTPS, NEWER) if operation == "write" else store.delete(HTTPS)
    ours = {"dev.example.com": entry(HTTPS, NEWER)} if operation == "write" else {}
    assert provider.entries == ours | {"other.example.com": entry(OTHER)}
    assert provider.calls == ["get"] * (look + 3) + ["set", "get"]


@pytest.mark.parametrize("operation", ["write", "delete", "reset"])
def test_another_client_that_writes_at_every_look_stops_us_with_an_error(
    store: KeyringStore, provider: SharedKeyring, operation: str
) -> None:
    """Before anything was written."""
    provider.raw = b"damage" if operation == "reset" else compact({"dev.example.com": entry(HTTPS)})
    for turn in range(20):
        raw = (
            b"damage" + b"!" * turn if operation == "reset" else compact({"dev.example.com": entry(HTTPS, f"t{turn}")})
        )
        provider.before("get", partial(setattr, provider, "raw", raw), after=turn)
    with pytest.raises(StoreChangedError) as caught:
        (KEYRING_OPERATIONS | {"reset": KeyringStore.reset})[operation](store)
    assert caught.value.message == "the credential coder-test keeps changing"
    assert {*provider.calls} == {"get"}


@pytest.mark.parametrize("operation", ["write", "delete"])
def test_a_lost_change_is_tried_again(store: KeyringStore, provider: SharedKeyring, operation: str) -> None:
    """Windows has been seen to claim a write and lose it."""
    if operation == "delete":
        store.write(HTTPS, TOKEN)
    provider.lost_writes = 4
    store.write(HTTPS, TOKEN) if operation == "write" else store.delete(HTTPS)
    assert provider.entries == ({"dev.example.com": entry(HTTPS)} if operation == "write" else {})


@pytest.mark.parametrize("operation", ["write", "delete"])
def test_a_change_that_is_lost_again_and_again_is_reported(
    store: KeyringStore, provider: SharedKeyring, operation: str
) -> None:
    """With what was there before still there."""
    provider.add(OTHER)
    before = provider.raw
    provider.lost_writes = 5
    with pytest.raises(WriteLostError) as caught:
        store.write(HTTPS, TOKEN) if operation == "write" else store.delete(OTHER)
    assert caught.value.message == LOST
    assert provider.raw == before


@pytest.mark.parametrize("operation", ["write", "delete"])
def test_another_client_that_writes_before_the_read_back_loses_nothing(
    store: KeyringStore, provider: SharedKeyring, operation: str
) -> None:
    """Our change is made again, on what is there by then."""
    store.write(HTTPS, TOKEN)
    provider.before("get", partial(provider.add, OTHER), after=2 if operation == "write" else 3)
    store.write(HTTPS, NEWER) if operation == "write" else store.delete(HTTPS)
    ours = {"dev.example.com": entry(HTTPS, NEWER)} if operation == "write" else {}
    assert provider.entries == ours | {"other.example.com": entry(OTHER)}


def test_another_client_that_writes_every_time_stops_us_with_an_error(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """Not for ever, and its sessions are kept."""
    for turn in range(2, 15, 3):
        provider.before("get", partial(provider.put, {"other.example.com": entry(OTHER, f"token-{turn}")}), after=turn)
    with pytest.raises(WriteLostError) as caught:
        store.write(HTTPS, TOKEN)
    assert caught.value.message == LOST
    assert provider.entries == {"other.example.com": entry(OTHER, "token-14")}


def test_another_client_that_logs_in_to_the_same_deployment_is_replaced_as_by_any_write(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """The last one to write wins; the write is whole."""
    provider.before("get", partial(provider.add, HTTPS, "theirs"), after=2)
    store.write(HTTPS, TOKEN)
    assert provider.entries == {"dev.example.com": entry(HTTPS)}


# Failures.


@pytest.mark.parametrize("before", [None, OTHER], ids=["empty", "another-session"])
@pytest.mark.parametrize("error", [DENIED, KeyboardInterrupt()], ids=["error", "interrupt"])
@pytest.mark.parametrize(
    ("call", "after"), [("get", 0), ("get", 1), ("set", 0), ("get", 2)], ids=["read", "look", "write", "read-back"]
)
def test_a_write_that_fails_leaves_the_blob_as_it_was(
    store: KeyringStore, provider: SharedKeyring, before: str | None, error: BaseException, call: str, after: int
) -> None:
    """Wherever it fails, the same exception comes out."""
    if before:
        provider.add(before)
    raw = provider.raw
    provider.before(call, failing(error), after=after)
    with pytest.raises(type(error)) as caught:
        store.write(HTTPS, TOKEN)
    assert caught.value is error
    assert provider.raw == raw


@pytest.mark.parametrize(
    ("written", "left"), [(HTTPS, OTHER), ("https://z.example.com", "https://z.example.com")], ids=["ours", "theirs"]
)
def test_only_our_own_write_is_put_back_after_a_failure(
    store: KeyringStore, provider: SharedKeyring, written: str, left: str
) -> None:
    """It was made, though it reported a failure; another client's stays."""
    provider.add(OTHER)
    before = provider.entries

    def write_and_fail() -> None:
        provider.add(written)
        raise DENIED

    provider.before("set", write_and_fail)
    with pytest.raises(StoreUnavailableError):
        store.write(HTTPS, TOKEN)
    assert provider.entries == before | {left.partition("//")[2]: entry(left)}


def test_a_failed_write_of_what_is_stored_already_has_nothing_to_put_back(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """The failure itself comes out, not that of a needless write."""
    store.write(HTTPS, TOKEN)
    for turn in range(3):
        provider.before("set", failing(DENIED), after=turn)
    with pytest.raises(StoreUnavailableError) as caught:
        store.write(HTTPS, TOKEN)
    assert caught.value is DENIED
    assert store.read(HTTPS) == TOKEN


def test_a_write_that_cannot_be_put_back_says_so(store: KeyringStore, provider: SharedKeyring) -> None:
    """And where to look."""
    for call, after in (("get", 2), ("get", 3), ("delete", 0)):
        provider.before(call, failing(DENIED), after=after)
    with pytest.raises(KeyringRestoreError) as caught:
        store.write(HTTPS, TOKEN)
    assert caught.value.message == (
        "the keyring could not be put back as it was: access denied; the credential coder-test may be left changed"
    )
    assert (caught.value.failure, caught.value.__cause__) == (DENIED, DENIED)


# Deleted.


def test_the_last_delete_removes_the_credential(store: KeyringStore, provider: SharedKeyring) -> None:
    """Not even an empty map is left, unless there are things that we don't know."""
    store.write(HTTPS, TOKEN)
    store.delete(HTTPS)
    assert provider.blobs == {}
    provider.put({"DEV.example.com": entry(HTTPS), "version": 2})
    store.delete(HTTPS)
    assert provider.raw == b'{"version":2}'


@pytest.mark.parametrize("before", [{}, {"other.example.com": entry(OTHER)}], ids=["empty", "another-session"])
def test_a_delete_of_nothing_writes_nothing(
    store: KeyringStore, provider: SharedKeyring, before: dict[str, object]
) -> None:
    """It says which session there is none for."""
    provider.put(before)
    with pytest.raises(SessionNotFoundError) as caught:
        store.delete(HTTPS)
    assert caught.value.message == "no session for https://dev.example.com in the keyring"
    assert caught.value.url == DeploymentURL.parse(HTTPS)
    assert {*provider.calls} == {"get"}


def test_a_reset_discards_what_cannot_be_understood(store: KeyringStore, provider: SharedKeyring) -> None:
    """All of it, and a lost one is reported as a lost write."""
    provider.raw = b"damage"
    provider.lost_writes = 1
    with pytest.raises(WriteLostError):
        store.reset()
    assert provider.raw == b"damage"
    store.reset()
    assert provider.blobs == {}


def test_a_reset_keeps_what_another_client_has_written_meanwhile(store: KeyringStore, provider: SharedKeyring) -> None:
    """Its map is not damage, and the damage does not come back."""
    provider.raw = b"damage"
    theirs = compact({"dev.example.com": entry(HTTPS)})

    def write() -> None:
        provider.raw = theirs

    provider.before("get", write, after=2)
    with pytest.raises(WriteLostError) as caught:
        store.reset()
    assert caught.value.message == "the keyring still has what was to be discarded"
    assert (provider.raw, provider.calls) == (theirs, ["get", "get", "delete", "get"])


def test_a_reset_sees_what_another_client_has_mended_meanwhile(store: KeyringStore, provider: SharedKeyring) -> None:
    """The map that is there by then is in order, and stays."""
    provider.raw = b"damage"
    provider.before("get", lambda: provider.put({"dev.example.com": entry(HTTPS)}), after=1)
    with pytest.raises(StoreInOrderError):
        store.reset()
    assert provider.entries == {"dev.example.com": entry(HTTPS)}


@pytest.mark.parametrize("raw", [{"dev.example.com": entry(HTTPS)}, {"version": 2}], ids=["session", "unknown"])
def test_a_reset_refuses_what_is_in_order(store: KeyringStore, provider: SharedKeyring, raw: dict[str, object]) -> None:
    """Sessions are never discarded by the dozen."""
    provider.put(raw)
    with pytest.raises(StoreInOrderError) as caught:
        store.reset()
    assert caught.value.message == "the credential coder-test can be read, and was not discarded"
    assert provider.entries == raw


@pytest.mark.parametrize("blob", [None, b"", b"{}"], ids=["no-credential", "empty-blob", "empty-map"])
def test_a_reset_of_nothing_says_so(store: KeyringStore, provider: SharedKeyring, blob: bytes | None) -> None:
    """That there is nothing is not that all is in order."""
    if blob is not None:
        provider.raw = blob
    with pytest.raises(NothingStoredError) as caught:
        store.reset()
    assert caught.value.message == "nothing is stored in the credential coder-test, and nothing was discarded"
    assert provider.raw == blob


# The lock.


def undo(store: KeyringStore) -> None:
    with pytest.raises(BodyError), store.replacing(HTTPS, NEWER):
        raise BodyError


def reset_in_vain(store: KeyringStore) -> None:
    with pytest.raises(SessionStoreError):
        store.reset()


@pytest.mark.parametrize(
    "operation",
    [
        *(pytest.param(operation, id=id) for id, operation in KEYRING_OPERATIONS.items()),
        pytest.param(undo, id="undo"),
        pytest.param(reset_in_vain, id="reset"),
        pytest.param(lambda store: store.find_misfits(), id="find-misfits"),
    ],
)
def test_the_keyring_is_touched_under_the_lock_only(
    store: KeyringStore,
    provider: SharedKeyring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    operation: Callable[[KeyringStore], object],
) -> None:
    """Every read, and every read-modify-write from its read to its read-back, as one piece."""
    store.write(HTTPS, TOKEN)
    held, locks, real = [], [], provider._enter

    def enter(call: str) -> None:
        held.append(not is_free(tmp_path / "lock"))
        real(call)

    def counted(path: Path) -> AbstractContextManager[None]:
        locks.append(path)
        return locked(path)

    monkeypatch.setattr(provider, "_enter", enter)
    monkeypatch.setattr(keyring_module, "locked", counted)
    operation(store)
    assert held
    assert all(held)
    assert locks == [tmp_path / "lock"]


# The rest.


@pytest.mark.parametrize("operation", ["write", "check"])
def test_a_token_that_is_given_and_can_be_none(store: KeyringStore, provider: SharedKeyring, operation: str) -> None:
    """It is found out before anything is written, and called what it is."""
    with pytest.raises(InvalidTokenError) as caught:
        store.write(HTTPS, "x" * 300) if operation == "write" else store.check(HTTPS, 300)
    assert caught.value.message == "the token is not a session token: it has 300 characters, and the limit is 256"
    assert provider.raw is None


def test_usage_counts_even_damage(store: KeyringStore, provider: SharedKeyring) -> None:
    """In bytes, as stored; none without a credential."""
    assert (store.usage().used, store.usage().limit) == (0, 2560)
    provider.raw = b"damage"
    assert store.usage().used == 6


def test_stores_of_different_services_are_apart(provider: SharedKeyring, tmp_path: Path) -> None:
    """The service name is the store's parameter."""
    stores = [KeyringStore(name, provider=provider, lock_path=tmp_path / name) for name in ("one", "two")]
    stores[0].write(HTTPS, TOKEN)
    assert [len(store.deployments()) for store in stores] == [1, 0]
    assert stores[0].place == "the system's keyring (one)"


def test_the_default_service_is_the_go_clients(provider: SharedKeyring, tmp_path: Path) -> None:
    """Every client looks there."""
    assert DEFAULT_SERVICE == "coder-v2-credentials"
    assert KeyringStore(provider=provider, lock_path=tmp_path / "lock").service == DEFAULT_SERVICE


def test_a_system_without_a_keyring_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any lock, any file."""
    monkeypatch.setattr(_dll, "is_supported", lambda: False)
    for make in (open_system_keyring, KeyringStore):
        with pytest.raises(UnsupportedKeyringError, match="there is no supported keyring on this system"):
            make()


def test_nothing_shows_a_token(store: KeyringStore) -> None:
    """Not the store itself, and not what it tells of its use."""
    store.write(HTTPS, TOKEN)
    assert TOKEN not in f"{store!r} {store.usage()!r} {store.deployments()!r} {store.place}"
