"""The room that is left beside the Go client, whose released form writes shorter entries; a keyring in memory."""

from __future__ import annotations

from functools import partial

import pytest
from coder_login.sessionstore import KeyringStore, NoRoomError
from go_client import GoClient
from stores import NEWER, TOKEN, SharedKeyring, compact, entry

pytest_plugins = ["store_fixtures"]

SPELLED = [
    "https://[2001:db8:0:0::1]:443",
    "https://dev.example.com:443",
    "http://localhost:03000",
    "http://[0::1]:80",
    "https://Dev-00.example.com:443",
]
"""As users of the Go client may spell hosts."""


def url(number: int) -> str:
    return f"https://dev-{number:02}.example.com"


def fill_as_go(go: GoClient, urls: list[str]) -> list[str]:
    """Store sessions of *urls*, and then of others until one more does not fit; the URLs of all."""
    stored: list[str] = []
    for one in [*urls, *(url(number) for number in range(100))]:
        try:
            go.write(one, TOKEN)
        except NoRoomError:
            return stored
        stored.append(one)
    raise AssertionError("there is no limit")


@pytest.mark.parametrize("backwards", [False, True], ids=["in-order", "backwards"])
@pytest.mark.parametrize("urls", [[], SPELLED], ids=["usual", "spelled"])
def test_what_an_older_client_wrote_can_always_be_renewed(
    store: KeyringStore, provider: SharedKeyring, urls: list[str], backwards: bool
) -> None:
    """Each of them, again and again, as a check says beforehand; the client goes on finding each."""
    go = GoClient(provider, records_origin=False)
    stored = fill_as_go(go, urls)
    assert len(stored) >= 24
    for token in (NEWER, TOKEN):
        for one in reversed(stored) if backwards else stored:
            store.check(one, len(token))
            store.write(one, token)
            assert (store.read(one), go.read(one)) == (token, token)
    assert {str(listed) for listed in store.deployments()} >= {url(number) for number in range(19)}


def test_an_entry_gets_its_origin_where_there_is_room_for_it(store: KeyringStore, provider: SharedKeyring) -> None:
    """And keeps its bare host where there is none."""
    go = GoClient(provider, records_origin=False)
    stored = fill_as_go(go, [])
    for one in stored:
        store.write(one, NEWER)
    blob = provider.raw or b""
    recorded = [f'"coder_url":"{one}"'.encode() in blob for one in stored]
    assert recorded == sorted(recorded, reverse=True)
    assert (recorded[0], recorded[-1]) == (True, False)


@pytest.mark.parametrize("newest", [False, True], ids=["released", "newest"])
@pytest.mark.parametrize("length", [len(TOKEN) + 1, 256], ids=["by-one", "by-far"])
def test_a_longer_token_needs_its_own_room(
    store: KeyringStore, provider: SharedKeyring, newest: bool, length: int
) -> None:
    """Said by the check as by the write; nothing changes."""
    stored = fill_as_go(GoClient(provider, records_origin=newest), [])
    used = store.usage().used
    store.write("https://z", "x" * (2560 - used - len(compact({"z": entry("https://z", "")})) + 1))
    assert store.usage().used == 2560
    before = provider.raw
    needed = 2560 + length - len(TOKEN)
    for operation in (store.check, lambda one, size: store.write(one, "x" * size)):
        with pytest.raises(NoRoomError, match=rf": {needed} bytes are needed, and there are 2560$") as caught:
            operation(stored[0], length)
        assert [str(other) for other in caught.value.others or ()] == [*stored[1:], "https://z"]
    assert provider.raw == before


def test_the_session_that_is_to_be_renewed_makes_no_room_for_itself(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """On loopback, where an older client recorded no scheme, too: it is not among those to log out of."""
    provider.put({"localhost:3000": entry("localhost:3000"), "z": entry("https://z")})
    provider.max_size = len(provider.raw or b"")
    with pytest.raises(NoRoomError) as caught:
        store.check("http://localhost:3000", 256)
    assert [str(other) for other in caught.value.others or ()] == ["https://z"]


ORIGINS = {"https": "https://dev.example.com", "http": "http://dev.example.com", "loopback": "http://localhost:3000"}


@pytest.mark.parametrize("one", ORIGINS.values(), ids=ORIGINS)
@pytest.mark.parametrize("room", range(12))
def test_no_room_never_costs_a_scheme(store: KeyringStore, provider: SharedKeyring, one: str, room: int) -> None:
    """A scheme that is on record stays so, and a bare host stays bare only where it is read for that origin."""
    host = one.partition("//")[2]
    for coder_url in (one, host):
        provider.put({host: entry(coder_url)})
        provider.max_size = len(provider.raw or b"") + room
        if one == ORIGINS["http"] and coder_url == host and room < len("http://"):
            for operation in (store.check, partial(store.write, token=NEWER)):
                with pytest.raises(NoRoomError):
                    operation(one)
            continue
        store.check(one)
        store.write(one, NEWER)
        fits = room >= len(one) - len(host)
        assert provider.entries == {host: entry(one if fits else coder_url, NEWER)}
        assert store.read(one) == NEWER


def test_a_new_deployment_has_its_origin_in_full_or_no_room(store: KeyringStore, provider: SharedKeyring) -> None:
    """The shorter form is for what an older client wrote."""
    provider.max_size = len(compact({"dev.example.com": entry("https://dev.example.com")})) - 1
    for operation in (store.check, partial(store.write, token=NEWER)):
        with pytest.raises(NoRoomError):
            operation("https://dev.example.com")
    assert provider.raw is None


@pytest.mark.parametrize(
    ("short", "added"),
    [
        pytest.param(0, "https://dev.example.com", id="in-full"),
        pytest.param(1, "dev.example.com", id="bare"),
        pytest.param(8, "dev.example.com", id="just-bare"),
        pytest.param(9, None, id="none"),
    ],
)
def test_the_usual_key_is_added_to_another_spelling_where_there_is_room(
    store: KeyringStore, provider: SharedKeyring, short: int, added: str | None
) -> None:
    """An equivalent entry counts; without room for both it is renewed alone, and read."""
    both = {key: entry("https://dev.example.com", NEWER) for key in ("dev.example.com:443", "dev.example.com")}
    provider.put({"dev.example.com:443": entry("https://dev.example.com")})
    provider.max_size = len(compact(both)) - short
    store.check("https://dev.example.com")
    store.write("https://dev.example.com", NEWER)
    usual = {} if added is None else {"dev.example.com": entry(added, NEWER)}
    assert provider.entries == {"dev.example.com:443": both["dev.example.com:443"]} | usual
    assert store.read("https://dev.example.com") == NEWER


def test_a_token_of_http_is_never_added_under_a_bare_host(store: KeyringStore, provider: SharedKeyring) -> None:
    """It would be read as one of https: with no room for the scheme, no entry is added."""
    provider.put({"dev.example.com:80": entry("http://dev.example.com")})
    both = {key: entry("http://dev.example.com", NEWER) for key in ("dev.example.com:80", "dev.example.com")}
    provider.max_size = len(compact(both)) - 1
    store.write("http://dev.example.com", NEWER)
    assert provider.entries == {"dev.example.com:80": both["dev.example.com:80"]}


@pytest.mark.parametrize("bare", ["dev.example.com", "dev.example.com:80"], ids=["usual", "default-port"])
def test_what_has_no_room_for_its_scheme_does_not_get_a_token_of_http(
    store: KeyringStore, provider: SharedKeyring, bare: str
) -> None:
    """A bare entry beside one that records http stays as it was; the other one is renewed and read."""
    (recorded,) = {"dev.example.com", "dev.example.com:80"} - {bare}
    provider.put({bare: entry(bare), recorded: entry("http://dev.example.com")})
    provider.max_size = len(provider.raw or b"")
    store.write("http://dev.example.com", NEWER)
    assert provider.entries == {bare: entry(bare), recorded: entry("http://dev.example.com", NEWER)}
    assert store.read("http://dev.example.com") == NEWER
