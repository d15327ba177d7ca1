"""A keyring login that is undone, beside another client that writes meanwhile; a keyring in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from coder_login.sessionstore import KeyringRestoreError, KeyringStore, StoreUnavailableError, WriteLostError
from stores import HTTP, HTTPS, NEWER, OTHER, TOKEN, BodyError, SharedKeyring, entry, fail_after, failing

pytest_plugins = ["store_fixtures"]
OURS, NEW, THEIRS = ({"dev.example.com": entry(HTTPS, token)} for token in (TOKEN, NEWER, "theirs"))
PORT = {"dev.example.com:443": entry("http://dev.example.com:443")}
OTHERS = {"other.example.com": entry(OTHER)}
SPELLINGS = {"DEV.example.com": entry(HTTPS), "dev.example.com:443": entry(HTTPS), "a": 1}


def undo(store: KeyringStore, action: Callable[[], object] = lambda: None, *, replace: bool = False) -> None:
    """A login that fails after *action*."""
    with pytest.raises(BodyError), store.replacing(HTTPS, NEWER, replace=replace):
        fail_after(action)


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
def test_an_undo_restores_the_very_bytes(store: KeyringStore, provider: SharedKeyring, raw: bytes | None) -> None:
    """Not just the same sessions."""
    if raw is not None:
        provider.raw = raw
    undo(store)
    assert provider.raw == raw


@pytest.mark.parametrize("lost", [2, 4])
def test_an_undo_that_is_lost_is_tried_again(store: KeyringStore, provider: SharedKeyring, lost: int) -> None:
    """The new session does not stay; the fifth try is the last one, and is as good as any."""
    provider.put(OTHERS)
    undo(store, lambda: setattr(provider, "lost_writes", lost))
    assert provider.entries == OTHERS


def test_an_undo_that_fails_says_so(store: KeyringStore, provider: SharedKeyring) -> None:
    """With the body's exception as its cause."""
    provider.before("delete", failing(StoreUnavailableError("access denied")))
    with pytest.raises(KeyringRestoreError) as caught, store.replacing(HTTPS, NEWER):
        raise BodyError
    assert caught.value.message.startswith("the keyring could not be put back as it was: access denied; ")
    assert isinstance(caught.value.__cause__, BodyError)


@pytest.mark.parametrize(
    ("before", "meanwhile", "left"),
    [
        pytest.param({}, NEW | OTHERS, OTHERS, id="a-login-elsewhere"),
        pytest.param(OURS, NEW | OTHERS, OURS | OTHERS, id="a-login-elsewhere-beside-an-older-session"),
        pytest.param(OURS, THEIRS, THEIRS, id="a-login-to-the-same-deployment"),
        pytest.param(OURS | OTHERS, {"z": 1}, {"z": 1}, id="a-logout-of-both"),
        pytest.param(OURS | PORT, NEW, OURS, id="a-logout-of-another-origin"),
        pytest.param(
            OTHERS,
            {"a": 1} | NEW | OTHERS,
            {"a": 1} | OTHERS,
            id="a-rewrite-without-what-it-does-not-know",
        ),
        pytest.param(
            {"DEV.example.com": entry(HTTPS), "a": 1},
            {"a": 1} | NEW | {"DEV.example.com": entry(HTTPS, "theirs")},
            {"a": 1, "DEV.example.com": entry(HTTPS, "theirs")},
            id="a-login-under-an-old-spelling",
        ),
        pytest.param(
            SPELLINGS,
            NEW | {"dev.example.com:443": entry(HTTPS, NEWER)},
            {"dev.example.com:443": entry(HTTPS)},
            id="a-logout-under-one-spelling",
        ),
    ],
)
def test_an_undo_keeps_what_another_client_did_meanwhile(
    store: KeyringStore,
    provider: SharedKeyring,
    before: dict[str, Any],
    meanwhile: dict[str, Any],
    left: dict[str, Any],
) -> None:
    """Only our own change is taken back: a session that was ended does not return, and one that is theirs stays."""
    if before:
        provider.put(before)
    undo(store, lambda: provider.put(meanwhile))
    assert provider.entries == left


@pytest.mark.parametrize(
    ("before", "left"),
    [
        pytest.param({"dev.example.com": entry(HTTP)}, {"dev.example.com": entry(HTTP)} | OTHERS, id="another-origin"),
        pytest.param(SPELLINGS, SPELLINGS | OTHERS, id="every-spelling"),
    ],
)
def test_an_undo_brings_back_what_was_replaced_beside_another_clients_write(
    store: KeyringStore, provider: SharedKeyring, before: dict[str, Any], left: dict[str, Any]
) -> None:
    """What was to be replaced by name was not given up after all; each entry is in its place again."""
    provider.put(before)
    undo(store, partial(provider.add, OTHER), replace=True)
    assert list(provider.entries.items()) == list(left.items())


@pytest.mark.parametrize("left", [{}, {"z": 1}, OURS, OTHERS], ids=["nothing", "unknown", "ours", "other"])
def test_an_undo_keeps_a_logout_before_the_read_back(
    store: KeyringStore, provider: SharedKeyring, left: dict[str, Any]
) -> None:
    """What another client ended between our write and its read-back does not come back with the undo."""
    provider.put(OURS | OTHERS)
    provider.before("get", lambda: provider.put(left), after=2)
    undo(store)
    assert provider.entries == left


def test_an_undo_brings_the_old_token_back_when_another_client_wrote_on_top_of_the_new_one(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """What was there before the second try is our own, and not to be kept."""
    provider.put(OURS)
    provider.before("get", partial(provider.add, OTHER), after=2)
    undo(store)
    assert provider.entries == OURS | OTHERS


@pytest.mark.parametrize("look", [1, 2], ids=["first", "second"])
def test_an_undo_looks_right_before_it_writes(store: KeyringStore, provider: SharedKeyring, look: int) -> None:
    """What another client writes up to the last look of an undo stays."""
    provider.put(OURS)

    def write_twice() -> None:
        provider.add(OTHER)
        provider.before("get", partial(provider.add, "https://late.example.com"), after=look)

    undo(store, write_twice)
    assert provider.entries == OURS | OTHERS | {"late.example.com": entry("https://late.example.com")}


def test_an_undo_whose_writes_get_lost_is_an_error(store: KeyringStore, provider: SharedKeyring) -> None:
    """The session may be there still, which was said to be undone."""

    def lose_writes() -> None:
        provider.lost_writes = 5

    provider.put(OURS)
    with pytest.raises(KeyringRestoreError) as caught, store.replacing(HTTPS, NEWER):
        fail_after(lose_writes)
    assert isinstance(caught.value.failure, WriteLostError)
    assert provider.entries == NEW


def test_a_reset_that_can_neither_be_seen_nor_undone_is_an_error(store: KeyringStore, provider: SharedKeyring) -> None:
    """That says so: what was damaged may be gone."""
    provider.raw = b"damage"
    provider.before("get", failing(StoreUnavailableError("gone")), after=2)
    provider.before("get", failing(StoreUnavailableError("gone")), after=3)
    provider.before("set", failing(StoreUnavailableError("full")))
    with pytest.raises(KeyringRestoreError, match=r"^the keyring could not be put back as it was: full; "):
        store.reset()


def test_a_reset_that_fails_keeps_what_another_client_wrote_meanwhile(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """The damage is gone, and what took its place is a login."""

    def write_and_fail() -> None:
        provider.put(OTHERS)
        raise StoreUnavailableError("gone")

    provider.raw = b"damage"
    provider.before("get", write_and_fail, after=2)
    with pytest.raises(StoreUnavailableError, match=r"^gone$"):
        store.reset()
    assert provider.entries == OTHERS
