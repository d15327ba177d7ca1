"""How the keyring store changes a blob that other clients, which take no lock, change too; a keyring in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    DEFAULT_SERVICE,
    KeyringRestoreError,
    KeyringStore,
    NoRoomError,
    SessionNotFoundError,
    SessionStoreError,
    StoreDamagedError,
    StoreLockedError,
    StoreUnavailableError,
    UnsupportedKeyringError,
    WriteLostError,
)
from coder_login.sessionstore import keyring_store as keyring_module
from coder_login.sessionstore.keyrings import system_keyring
from coder_login.sessionstore.lock import locked
from memory_keyring import MemoryKeyring

from wincred import _dll

SERVICE = "coder-test"
TOKEN = "0123456789-abcdefghijklmnopqrstuv"
NEWER = "9876543210-vutsrqponmlkjihgfedcba"
DEV = DeploymentURL.parse("https://dev.example.com")
HTTP = DeploymentURL.parse("http://dev.example.com")
OTHER = DeploymentURL.parse("https://other.example.com")
LOST = "the keyring did not keep what was written, 5 times in a row"


def entry(url: DeploymentURL, token: str = TOKEN) -> dict[str, str]:
    return {"coder_url": str(url), "api_token": token}


@pytest.fixture
def provider() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def store(provider: MemoryKeyring, tmp_path: Path) -> KeyringStore:
    return KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")


def entries(provider: MemoryKeyring) -> dict[str, Any] | None:
    blob = provider.blobs.get(SERVICE)
    return None if blob is None else json.loads(blob)


def put(provider: MemoryKeyring, value: dict[str, Any]) -> None:
    """As another client would, without the lock."""
    provider.blobs[SERVICE] = json.dumps(value).encode()


def add(provider: MemoryKeyring, url: DeploymentURL, token: str = TOKEN) -> Callable[[], None]:
    """Another client's login."""
    return lambda: put(provider, (entries(provider) or {}) | {url.origin.key: entry(url, token)})


def fail(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


DENIED = StoreUnavailableError("access denied")


# Written, and read back.


def test_a_write_reads_writes_and_reads_back(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Nothing more."""
    store.write(DEV, TOKEN)
    assert provider.calls == ["get", "set", "get"]


@pytest.mark.parametrize("lost", [1, 4])
def test_a_lost_write_is_tried_again(store: KeyringStore, provider: MemoryKeyring, lost: int) -> None:
    """Windows has been seen to claim a write and lose it."""
    provider.lost_writes = lost
    store.write(DEV, TOKEN)
    assert store.read(DEV) == TOKEN
    assert provider.calls.count("set") == lost + 1


def test_a_write_that_is_lost_again_and_again_is_reported(store: KeyringStore, provider: MemoryKeyring) -> None:
    """With what was there before still there."""
    add(provider, OTHER)()
    before = dict(provider.blobs)
    provider.lost_writes = 5
    with pytest.raises(WriteLostError) as caught:
        store.write(DEV, TOKEN)
    assert caught.value.message == LOST
    assert provider.blobs == before


def test_a_lost_delete_is_tried_again(store: KeyringStore, provider: MemoryKeyring) -> None:
    """A session that was logged out does not come back."""
    store.write(DEV, TOKEN)
    provider.lost_writes = 2
    store.delete(DEV)
    assert provider.blobs == {}


def test_a_delete_that_is_lost_again_and_again_is_reported(store: KeyringStore, provider: MemoryKeyring) -> None:
    """As a failure: the session is still there."""
    store.write(DEV, TOKEN)
    provider.lost_writes = 5
    with pytest.raises(WriteLostError, match=LOST):
        store.delete(DEV)
    assert store.read(DEV) == TOKEN


@pytest.mark.parametrize("operation", ["write", "delete"])
def test_another_client_that_writes_before_the_read_back_loses_nothing(
    store: KeyringStore, provider: MemoryKeyring, operation: str
) -> None:
    """Our change is made again, on what is there by then."""
    store.write(DEV, TOKEN)
    provider.before("get", add(provider, OTHER), after=1 if operation == "write" else 2)
    store.write(DEV, NEWER) if operation == "write" else store.delete(DEV)
    expected = {OTHER.origin.key: entry(OTHER)} | ({DEV.origin.key: entry(DEV, NEWER)} if operation == "write" else {})
    assert entries(provider) == expected


def test_another_client_that_writes_every_time_stops_us_with_an_error(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """Not for ever, and its sessions are kept."""
    for turn in range(1, 11, 2):
        provider.before("get", add(provider, OTHER, f"token-{turn}"), after=turn)
    with pytest.raises(WriteLostError):
        store.write(DEV, TOKEN)
    assert (entries(provider) or {})[OTHER.origin.key] == entry(OTHER, "token-9")


def test_another_client_that_logs_in_to_the_same_deployment_is_replaced_as_by_any_write(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """The last one to write wins; the write is whole."""
    provider.before("get", add(provider, DEV, "theirs"), after=1)
    store.write(DEV, TOKEN)
    assert entries(provider) == {DEV.origin.key: entry(DEV)}


# Failures.


@pytest.mark.parametrize("before", [None, OTHER], ids=["empty", "another-session"])
@pytest.mark.parametrize("error", [DENIED, KeyboardInterrupt()], ids=["error", "interrupt"])
@pytest.mark.parametrize(("call", "after"), [("get", 0), ("set", 0), ("get", 1)], ids=["read", "write", "read-back"])
def test_a_write_that_fails_leaves_the_blob_as_it_was(
    store: KeyringStore,
    provider: MemoryKeyring,
    before: DeploymentURL | None,
    error: BaseException,
    call: str,
    after: int,
) -> None:
    """Wherever it fails, the same exception comes out."""
    if before:
        add(provider, before)()
    raw = dict(provider.blobs)
    provider.before(call, fail(error), after=after)
    with pytest.raises(type(error)) as caught:
        store.write(DEV, TOKEN)
    assert caught.value is error
    assert provider.blobs == raw


def test_a_write_that_fails_after_it_was_made_is_put_back(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Whether it reports success or not."""
    add(provider, OTHER)()
    raw = dict(provider.blobs)

    def write_and_fail() -> None:
        add(provider, DEV)()
        provider.blobs[SERVICE] = json.dumps(entries(provider), separators=(",", ":")).encode()
        raise DENIED

    provider.before("set", write_and_fail)
    with pytest.raises(StoreUnavailableError):
        store.write(DEV, TOKEN)
    assert provider.blobs == raw


def test_a_failed_write_does_not_undo_another_clients(store: KeyringStore, provider: MemoryKeyring) -> None:
    """What is there is not what we wrote: it stays."""

    def other_writes_and_ours_fails() -> None:
        add(provider, OTHER)()
        raise DENIED

    provider.before("set", other_writes_and_ours_fails)
    with pytest.raises(StoreUnavailableError):
        store.write(DEV, TOKEN)
    assert entries(provider) == {OTHER.origin.key: entry(OTHER)}


def test_a_failed_write_of_what_is_stored_already_has_nothing_to_put_back(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """The failure itself comes out, not that of a needless write."""
    store.write(DEV, TOKEN)
    for turn in range(3):
        provider.before("set", fail(DENIED), after=turn)
    with pytest.raises(StoreUnavailableError) as caught:
        store.write(DEV, TOKEN)
    assert caught.value is DENIED
    assert store.read(DEV) == TOKEN


def test_a_write_that_cannot_be_put_back_says_so(store: KeyringStore, provider: MemoryKeyring) -> None:
    """And where to look."""
    provider.before("get", fail(DENIED), after=1)
    provider.before("get", fail(DENIED), after=2)
    provider.before("delete", fail(DENIED))
    with pytest.raises(KeyringRestoreError) as caught:
        store.write(DEV, TOKEN)
    assert caught.value.message == (
        "the keyring could not be put back as it was: access denied; the credential coder-test may hold the new session"
    )
    assert caught.value.failure is DENIED
    assert caught.value.__cause__ is DENIED
    assert TOKEN not in str(caught.value)


# Undone.


class BodyError(Exception):
    pass


def act_and_fail(store: KeyringStore, action: Callable[[], None], *, replace: bool = False) -> None:
    """*action* in the middle of a login that then fails."""
    with store.replacing(DEV, NEWER, replace=replace):
        action()
        raise BodyError


def replace_and_fail(store: KeyringStore, action: Callable[[], None] = lambda: None, *, replace: bool = False) -> None:
    with pytest.raises(BodyError):
        act_and_fail(store, action, replace=replace)


def replace_and_fail_unasked(store: KeyringStore) -> None:
    replace_and_fail(store)


def reset_in_vain(store: KeyringStore) -> None:
    with pytest.raises(SessionStoreError):
        store.reset()


def is_locked(path: Path) -> bool:
    try:
        with locked(path, timeout=0):
            return False
    except StoreLockedError:
        return True


def count_locks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The locks that a store takes from now on."""
    taken: list[Path] = []

    def counted(path: Path) -> AbstractContextManager[None]:
        taken.append(path)
        return locked(path)

    monkeypatch.setattr(keyring_module, "locked", counted)
    return taken


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            b'{ "dev.example.com:443" : {"api_token":"x","coder_url":"dev.example.com"} , "z":1.50}', id="map"
        ),
        pytest.param('{"ä":"\U0001f511"}'.encode("utf-16-le"), id="utf-16"),
        pytest.param(b'{"coder_url":"https://dev.example.com","api_token":"x"}', id="single-object"),
        pytest.param(b"", id="empty-blob"),
        pytest.param(None, id="no-credential"),
    ],
)
def test_an_undo_restores_the_very_bytes(store: KeyringStore, provider: MemoryKeyring, raw: bytes | None) -> None:
    """Not just the same sessions."""
    before = {} if raw is None else {SERVICE: raw}
    provider.blobs = dict(before)
    replace_and_fail(store)
    assert provider.blobs == before


def test_an_undo_that_is_lost_is_tried_again(store: KeyringStore, provider: MemoryKeyring) -> None:
    """The new session does not stay."""
    add(provider, OTHER)()
    before = entries(provider)
    replace_and_fail(store, lambda: setattr(provider, "lost_writes", 2))
    assert entries(provider) == before


@pytest.mark.parametrize("had", [None, TOKEN], ids=["none-before", "one-before"])
def test_an_undo_keeps_what_another_client_wrote_meanwhile(
    store: KeyringStore, provider: MemoryKeyring, had: str | None
) -> None:
    """Only our own change is taken back."""
    if had:
        store.write(DEV, had)
    before = entries(provider) or {}
    replace_and_fail(store, add(provider, OTHER))
    assert entries(provider) == before | {OTHER.origin.key: entry(OTHER)}


def test_an_undo_keeps_another_clients_logout(store: KeyringStore, provider: MemoryKeyring) -> None:
    """A session that was ended meanwhile does not come back, neither its own nor another."""
    store.write(DEV, TOKEN)
    store.write(OTHER, TOKEN)
    replace_and_fail(store, lambda: put(provider, {"z": 1}))
    assert entries(provider) == {"z": 1}


def test_an_undo_keeps_a_logout_before_the_read_back(store: KeyringStore, provider: MemoryKeyring) -> None:
    """The other client ended its session between our write and its read-back."""
    store.write(DEV, TOKEN)
    store.write(OTHER, TOKEN)
    provider.before("get", lambda: put(provider, {DEV.origin.key: entry(DEV)}), after=1)
    replace_and_fail(store)
    assert entries(provider) == {DEV.origin.key: entry(DEV)}


@pytest.mark.parametrize("left", [{}, {"z": 1}, {OTHER.origin.key: entry(OTHER)}], ids=["nothing", "other", "session"])
def test_an_undo_keeps_a_logout_of_the_same_deployment_before_the_read_back(
    store: KeyringStore, provider: MemoryKeyring, left: dict[str, Any]
) -> None:
    """The old session was ended meanwhile: it does not come back with the undo of the new one."""
    store.write(DEV, TOKEN)
    store.write(OTHER, TOKEN)
    provider.before("get", lambda: put(provider, left), after=1)
    replace_and_fail(store)
    assert (entries(provider) or {}) == left


def test_an_undo_brings_the_old_token_back_when_another_client_wrote_on_top_of_the_new_one(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """What was there before the second try is our own, and not to be kept."""
    store.write(DEV, TOKEN)
    provider.before("get", add(provider, OTHER), after=1)
    replace_and_fail(store)
    assert entries(provider) == {DEV.origin.key: entry(DEV), OTHER.origin.key: entry(OTHER)}


def test_an_undo_keeps_another_clients_login_to_the_same_deployment(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """What was ours is gone already; what is there is theirs."""
    store.write(DEV, TOKEN)
    replace_and_fail(store, add(provider, DEV, "theirs"))
    assert entries(provider) == {DEV.origin.key: entry(DEV, "theirs")}


def test_an_undo_takes_our_session_out_of_a_map_that_a_go_client_wrote(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """Without the fields that it doesn't know, and in another order."""
    store.write(OTHER, TOKEN)
    replace_and_fail(
        store,
        lambda: put(provider, {"a": 1, "dev.example.com": entry(DEV, NEWER), "other.example.com": entry(OTHER)}),
    )
    assert entries(provider) == {"a": 1, "other.example.com": entry(OTHER)}


def test_an_undo_brings_another_origins_session_back_beside_another_clients_write(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """What was to be replaced by name was not given up after all."""
    store.write(HTTP, TOKEN)
    replace_and_fail(store, add(provider, OTHER), replace=True)
    assert entries(provider) == {OTHER.origin.key: entry(OTHER), "dev.example.com": entry(HTTP)}


def test_an_undo_brings_back_every_spelling(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Beside another client's write, too."""
    put(provider, {"DEV.example.com": entry(DEV), "dev.example.com:443": entry(DEV), "a": 1})
    replace_and_fail(store, add(provider, OTHER))
    assert entries(provider) == {
        "a": 1,
        OTHER.origin.key: entry(OTHER),
        "DEV.example.com": entry(DEV),
        "dev.example.com:443": entry(DEV),
    }


def test_an_undo_keeps_what_another_client_wrote_under_an_old_spelling(
    store: KeyringStore, provider: MemoryKeyring
) -> None:
    """Our write took that key away; what is there now is not ours to put back."""
    put(provider, {"DEV.example.com": entry(DEV), "a": 1})
    theirs = entry(DEV, "theirs")
    replace_and_fail(store, lambda: put(provider, (entries(provider) or {}) | {"DEV.example.com": theirs}))
    assert entries(provider) == {"a": 1, "DEV.example.com": theirs}


def test_an_undo_that_fails_says_so(store: KeyringStore, provider: MemoryKeyring) -> None:
    """With the body's exception as its cause."""
    provider.before("delete", fail(DENIED))
    with pytest.raises(SessionStoreError) as caught:
        act_and_fail(store, lambda: None)
    assert caught.value.message.startswith("the keyring could not be put back as it was: access denied; ")
    assert isinstance(caught.value.__cause__, BodyError)


# Deleted.


def test_the_last_delete_removes_the_credential(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Not even an empty map is left."""
    store.write(DEV, TOKEN)
    store.write(OTHER, TOKEN)
    store.delete(DEV)
    assert provider.blobs
    store.delete(OTHER)
    assert provider.blobs == {}


def test_the_last_delete_keeps_what_is_not_ours(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Unknown things remain, so the credential does."""
    put(provider, {"DEV.example.com": entry(DEV), "version": 2})
    store.delete(DEV)
    assert provider.blobs == {SERVICE: b'{"version":2}'}


def test_a_delete_of_nothing_writes_nothing(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Neither in an empty keyring nor beside another session."""
    with pytest.raises(SessionNotFoundError):
        store.delete(DEV)
    add(provider, OTHER)()
    with pytest.raises(SessionNotFoundError) as caught:
        store.delete(DEV)
    assert caught.value.message == "no session for https://dev.example.com in the keyring"
    assert caught.value.url == DEV
    assert {*provider.calls} == {"get"}


# Reset.


def test_a_reset_discards_what_cannot_be_understood(store: KeyringStore, provider: MemoryKeyring) -> None:
    """All of it; afterwards the keyring can be used."""
    provider.blobs[SERVICE] = b"damage"
    with pytest.raises(StoreDamagedError):
        store.write(DEV, TOKEN)
    store.reset()
    assert provider.blobs == {}
    store.write(DEV, TOKEN)
    assert store.read(DEV) == TOKEN


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_reset_refuses_what_is_in_order(store: KeyringStore, provider: MemoryKeyring, is_empty: bool) -> None:
    """Sessions are never discarded by the dozen."""
    if not is_empty:
        store.write(DEV, TOKEN)
    before = dict(provider.blobs)
    with pytest.raises(SessionStoreError) as caught:
        store.reset()
    assert caught.value.message == "the credential coder-test is in order, and was not discarded"
    assert provider.blobs == before


def test_a_lost_reset_is_reported(store: KeyringStore, provider: MemoryKeyring) -> None:
    """As a lost write."""
    provider.blobs[SERVICE] = b"damage"
    provider.lost_writes = 1
    with pytest.raises(WriteLostError):
        store.reset()
    assert provider.blobs == {SERVICE: b"damage"}


# The lock.


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(lambda store: store.read(DEV), id="read"),
        pytest.param(lambda store: store.write(DEV, NEWER), id="write"),
        pytest.param(replace_and_fail_unasked, id="undo"),
        pytest.param(lambda store: store.delete(DEV), id="delete"),
        pytest.param(lambda store: store.check(DEV), id="check"),
        pytest.param(lambda store: store.deployments(), id="deployments"),
        pytest.param(lambda store: store.usage(), id="usage"),
        pytest.param(reset_in_vain, id="reset"),
    ],
)
def test_the_keyring_is_touched_under_the_lock_only(
    store: KeyringStore,
    provider: MemoryKeyring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    operation: Callable[[KeyringStore], object],
) -> None:
    """Every read, and every read-modify-write from its read to its read-back, as one piece."""
    store.write(DEV, TOKEN)
    held, real = [], provider._enter

    def enter(call: str) -> None:
        held.append(is_locked(tmp_path / "lock"))
        real(call)

    monkeypatch.setattr(provider, "_enter", enter)
    locks = count_locks(monkeypatch)
    operation(store)
    assert held
    assert all(held)
    assert locks == [tmp_path / "lock"]


# The rest.


def test_usage_counts_even_damage(store: KeyringStore, provider: MemoryKeyring) -> None:
    """In bytes, as stored; none without a credential."""
    assert (store.usage().used, store.usage().limit) == (0, 2560)
    provider.blobs[SERVICE] = b"damage"
    assert store.usage().used == 6


def test_stores_of_different_services_are_apart(provider: MemoryKeyring, tmp_path: Path) -> None:
    """The service name is the store's parameter."""
    stores = [KeyringStore(name, provider=provider, lock_path=tmp_path / name) for name in ("one", "two")]
    stores[0].write(DEV, TOKEN)
    assert [len(store.deployments()) for store in stores] == [1, 0]
    assert stores[0].place == "the system's keyring (one)"


def test_the_default_service_is_the_go_clients(provider: MemoryKeyring, tmp_path: Path) -> None:
    """Every client looks there."""
    assert DEFAULT_SERVICE == "coder-v2-credentials"
    assert KeyringStore(provider=provider, lock_path=tmp_path / "lock").service == DEFAULT_SERVICE


def test_a_system_without_a_keyring_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any lock, any file."""
    monkeypatch.setattr(_dll, "is_supported", lambda: False)
    for make in (system_keyring, KeyringStore):
        with pytest.raises(UnsupportedKeyringError, match="there is no supported keyring on this system"):
            make()


def test_a_providers_own_refusal_for_size_comes_out(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Windows may know a lower limit than its header."""
    provider.before("set", fail(NoRoomError("over the limit")))
    with pytest.raises(NoRoomError, match="over the limit"):
        store.write(DEV, TOKEN)
    assert provider.blobs == {}


def test_nothing_shows_a_token(store: KeyringStore, provider: MemoryKeyring) -> None:
    """Not the store itself, and not what it tells of its use."""
    store.write(DEV, TOKEN)
    assert TOKEN not in f"{store!r} {store.usage()!r} {store.deployments()!r} {store.place}"
