"""A keyring change that overlaps another client's write and then fails: all or nothing; a keyring in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from coder_login.sessionstore import (
    KeyringRestoreError,
    KeyringStore,
    SessionNotFoundError,
    StoreUnavailableError,
    WriteLostError,
)
from go_client import GoClient
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_keyring import MemoryKeyring
from stores import HTTPS, NEWER, OTHER, SERVICE, SharedKeyring, entry, failing

pytest_plugins = ["store_fixtures"]
OURS = {"dev.example.com": entry(HTTPS)}
OTHERS = {"other.example.com": entry(OTHER)}
DENIED = StoreUnavailableError("access denied")
LOOKS = {"write": 2, "delete": 3}
"""The calls of get before the read-back."""


def change(store: KeyringStore, operation: str) -> None:
    store.write(HTTPS, NEWER) if operation == "write" else store.delete(HTTPS)


def overlap(provider: SharedKeyring, operation: str, how: str) -> None:
    """Another client logs in elsewhere before our read-back: it had looked after our write, or before it."""
    add = partial(provider.add, OTHER) if how == "on-top" else partial(provider.put, OURS | OTHERS)
    provider.before("get", add, after=LOOKS[operation])


def fail_ever_after(provider: SharedKeyring, look: int) -> None:
    for turn in range(look, look + 30):
        provider.before("get", failing(DENIED), after=turn)


ON_TOP = [("on-top", "get", look) for look in range(3)]
IN_PLACE = [("in-place", "get", look) for look in range(4)]


@pytest.mark.parametrize("error", [DENIED, KeyboardInterrupt()], ids=["error", "interrupt"])
@pytest.mark.parametrize(("how", "call", "turn"), [*ON_TOP, *IN_PLACE, ("in-place", "set", 1)])
@pytest.mark.parametrize("operation", ["write", "delete"])
def test_a_failure_after_an_overlap_leaves_both_sessions_as_they_were(
    store: KeyringStore, provider: SharedKeyring, operation: str, how: str, call: str, turn: int, error: BaseException
) -> None:
    """At the read-back and at every call after it: the old session is back, and the other client's is kept."""
    provider.put(OURS)
    overlap(provider, operation, how)
    if (operation, call) == ("delete", "set"):
        provider.before("delete", lambda: provider.before("set", failing(error)))  # the first one empties the keyring
    else:
        provider.before(call, failing(error), after=turn + (LOOKS[operation] if call == "get" else 0))
    with pytest.raises(type(error)) as caught:
        change(store, operation)
    assert caught.value is error
    assert provider.entries == OURS | OTHERS


@pytest.mark.parametrize(("how", "look"), [(how, look) for how, _, look in (*ON_TOP, *IN_PLACE)])
@pytest.mark.parametrize("operation", ["write", "delete"])
def test_a_keyring_that_gives_nothing_any_more_is_put_back_as_it_was_last_seen(
    store: KeyringStore, provider: SharedKeyring, operation: str, how: str, look: int
) -> None:
    """A revoked token does not stay for want of another look; what the other client did stays where it was seen."""
    provider.put(OURS)
    overlap(provider, operation, how)
    fail_ever_after(provider, LOOKS[operation] + look)
    with pytest.raises(StoreUnavailableError) as caught:
        change(store, operation)
    assert caught.value is DENIED
    assert provider.entries == (OURS if look == 0 else OURS | OTHERS)


def test_a_failure_after_an_overlap_that_cannot_be_undone_says_so(store: KeyringStore, provider: SharedKeyring) -> None:
    """As KeyringRestoreError, with the failure as its cause."""
    provider.put(OURS)
    overlap(provider, "write", "on-top")
    provider.before("get", failing(DENIED), after=3)
    for turn in (1, 2):
        provider.before("set", failing(DENIED), after=turn)
    with pytest.raises(KeyringRestoreError) as caught:
        store.write(HTTPS, NEWER)
    assert (caught.value.failure, caught.value.__cause__) == (DENIED, DENIED)


@pytest.mark.parametrize("operation", ["write", "delete"])
def test_what_another_client_writes_on_top_of_our_change_is_not_written_again(
    store: KeyringStore, provider: SharedKeyring, operation: str
) -> None:
    """A needless write could overwrite that client's next one."""
    provider.put(OURS)
    overlap(provider, operation, "on-top")
    change(store, operation)
    assert [call for call in provider.calls if call != "get"] == ["set" if operation == "write" else "delete"]
    assert provider.entries == ({"dev.example.com": entry(HTTPS, NEWER)} if operation == "write" else {}) | OTHERS


@pytest.mark.parametrize("before", [{}, OURS], ids=["nothing-before", "a-session-before"])
def test_a_client_that_overwrites_every_try_keeps_its_sessions_and_ours_is_not_left(
    store: KeyringStore, provider: SharedKeyring, before: dict[str, Any]
) -> None:
    """We give up with an error, not after some of the change."""
    provider.put(before)
    for turn in range(2, 15, 3):
        provider.before("get", partial(provider.put, before | {"z": turn}), after=turn)
    with pytest.raises(WriteLostError):
        store.write(HTTPS, NEWER)
    assert provider.entries == before | {"z": 14}


def test_a_change_of_what_the_other_client_wrote_is_undone_to_that(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """Its login to the same deployment, between two tries of ours, is what was there before the second."""
    provider.put(OURS)
    provider.before("get", partial(provider.add, HTTPS, "theirs"), after=2)
    provider.before("get", failing(DENIED), after=5)
    with pytest.raises(StoreUnavailableError):
        store.write(HTTPS, NEWER)
    assert provider.entries == {"dev.example.com": entry(HTTPS, "theirs")}


def test_every_try_is_undone(store: KeyringStore, provider: SharedKeyring) -> None:
    """Not just the last one, which had to change less: one entry had the new token since the first."""
    provider.put({"DEV.example.com": entry(HTTPS), "dev.example.com:443": entry(HTTPS)})
    provider.before("get", partial(provider.add, "https://DEV.example.com", "theirs"), after=2)
    provider.before("get", failing(DENIED), after=5)
    with pytest.raises(StoreUnavailableError):
        store.write(HTTPS, NEWER)
    theirs = entry("https://DEV.example.com", "theirs")
    assert provider.entries == {"DEV.example.com": theirs, "dev.example.com:443": entry(HTTPS)}


class Busy(MemoryKeyring):
    """A keyring where *acts* happen before the calls of those numbers, and one *fault*.

    Nobody acts between our last look and our write: what is lost there, no client can know.
    """

    def __init__(self) -> None:
        super().__init__()
        self.acts: dict[int, Callable[[], object]] = {}
        self.fault = 0

    def _enter(self, call: str) -> None:
        super()._enter(call)
        if call == "get" and len(self.calls) in self.acts:
            self.acts[len(self.calls)]()
        if len(self.calls) == self.fault:
            raise DENIED


class Pair:
    """A Go client that does the same in the keyring *shared* with us and in one that it has *alone*."""

    def __init__(self, *, newest: bool) -> None:
        self.alone, self.shared = Busy(), Busy()
        blobs = [MemoryKeyring(), MemoryKeyring()]  # beside the calls that are counted
        blobs[0].blobs, blobs[1].blobs = self.alone.blobs, self.shared.blobs
        self._clients = [GoClient(provider, records_origin=newest) for provider in blobs]

    def act(self, verb: str, url: str, token: str) -> None:
        for client in self._clients:
            client.write(url, token) if verb == "login" else client.delete(url)

    def others(self) -> list[dict[str, Any]]:
        return [{k: v for k, v in entries.items() if not k.startswith("dev.")} for entries in self.entries()]

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(provider.blobs.get(SERVICE, b"{}")) for provider in (self.alone, self.shared)]


SPELLED = f"{HTTPS}:443"
ACTS = st.tuples(st.sampled_from(["login", "logout"]), st.sampled_from([HTTPS, SPELLED, OTHER]))


@settings(deadline=None, database=None, derandomize=bool(os.environ.get("CI")), max_examples=400)
@given(
    first=st.sets(st.sampled_from([HTTPS, SPELLED, OTHER])),
    acts=st.dictionaries(st.integers(1, 14), ACTS, max_size=4),
    fault=st.integers(1, 14),
    lost=st.integers(0, 1),
    newest=st.booleans(),
    operation=st.sampled_from(["write", "delete"]),
)
def test_beside_a_busy_client_a_change_that_fails_is_as_if_it_had_never_been(
    tmp_path_factory: pytest.TempPathFactory,
    first: set[str],
    acts: dict[int, tuple[str, str]],
    fault: int,
    lost: int,
    newest: bool,
    operation: str,
) -> None:
    """What is left is what that client alone would have left; and of the other deployments, always."""
    pair = Pair(newest=newest)
    for url in sorted(first):
        pair.act("login", url, "first")
    for number, (verb, url) in acts.items():
        if (operation, verb) != ("delete", "logout") or url == OTHER:  # two logouts at a time can't be told apart
            pair.shared.acts[number] = partial(pair.act, verb, url, f"go-{number}")
    pair.shared.fault, pair.shared.lost_writes = fault, lost
    store = KeyringStore(SERVICE, provider=pair.shared, lock_path=tmp_path_factory.getbasetemp() / "busy-lock")
    try:
        change(store, operation)
    except (StoreUnavailableError, SessionNotFoundError):
        assert pair.entries()[0] == pair.entries()[1]
    assert pair.others()[0] == pair.others()[1]
