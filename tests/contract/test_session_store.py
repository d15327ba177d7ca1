"""What every session store promises, whatever it stands on; one of them on the real Credential Manager."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    FileStore,
    KeyringStore,
    OriginMismatchError,
    SessionNotFoundError,
    SessionStore,
)
from coder_login.sessionstore import pair as pair_module
from coder_login.sessionstore.keyrings import system_keyring
from coder_login.sessionstore.keyrings.protocol import KeyringProvider
from memory_store import MemoryKeyring, MemoryStore

HTTPS = DeploymentURL.parse("https://dev.example.com")
HTTP = DeploymentURL.parse("http://dev.example.com")
OTHER = DeploymentURL.parse("https://other.example.com:8443")
TOKEN = "0123456789-abcdefghijklmnopqrstuv"
NEWER = "9876543210-vutsrqponmlkjihgfedcba"

BAD_TOKENS = [
    pytest.param("", id="empty"),
    pytest.param("with space", id="space"),
    pytest.param("line\nend", id="line-end"),
    pytest.param("nul\0", id="nul"),
    pytest.param("del\x7f", id="delete"),
    pytest.param("esc\x1b[31m", id="escape"),
    pytest.param("tökén", id="not-ascii"),
    pytest.param("\u202etoken", id="bidirectional"),
    pytest.param("x" * 257, id="too-long"),
]


@dataclass(frozen=True)
class Kind:
    """A store to try, another one that sees the same sessions, and whether it can hold many deployments at a time."""

    store: SessionStore
    again: SessionStore
    holds_many: bool


def _keyring(provider: KeyringProvider, tmp_path: Path) -> Kind:
    service, lock_path = f"coder-test-{uuid.uuid4().hex}", tmp_path / "keyring.lock"
    store, again = (KeyringStore(service, provider=provider, lock_path=lock_path) for _ in range(2))
    return Kind(store, again, holds_many=True)


def _memory_keyring(tmp_path: Path) -> Iterator[Kind]:
    yield _keyring(MemoryKeyring(), tmp_path)


def _system_keyring(tmp_path: Path) -> Iterator[Kind]:
    provider = system_keyring()
    kind = _keyring(provider, tmp_path)
    assert isinstance(kind.store, KeyringStore)
    yield kind
    provider.delete(kind.store.service)


def _files(tmp_path: Path) -> Iterator[Kind]:
    yield Kind(FileStore(tmp_path / "config"), FileStore(tmp_path / "config"), holds_many=False)


def _memory(tmp_path: Path) -> Iterator[Kind]:
    store = MemoryStore()
    yield Kind(store, store, holds_many=True)


@pytest.fixture(
    params=[
        pytest.param(_memory_keyring, id="keyring-in-memory"),
        pytest.param(_system_keyring, id="system-keyring", marks=pytest.mark.credential_manager),
        pytest.param(_files, id="files"),
        pytest.param(_memory, id="memory"),
    ]
)
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kind]:
    """Each kind of store; what it stores is removed whatever happens."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))  # for the lock of the files on Windows
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 0)
    make: Callable[[Path], Iterator[Kind]] = request.param
    yield from make(tmp_path)


def test_a_written_token_is_read(kind: Kind) -> None:
    """By another store on the same place, too."""
    kind.store.write(HTTPS, TOKEN)
    assert (kind.store.read(HTTPS), kind.again.read(HTTPS)) == (TOKEN, TOKEN)


def test_an_empty_store_holds_nothing(kind: Kind) -> None:
    """No deployment, and a read says which session there is none for."""
    with pytest.raises(SessionNotFoundError) as caught:
        kind.store.read(HTTPS)
    assert "no session for https://dev.example.com" in caught.value.message
    assert kind.store.deployments() == []


def test_deleting_from_an_empty_store_says_so(kind: Kind) -> None:
    """As SessionNotFoundError: there was nothing to forget."""
    with pytest.raises(SessionNotFoundError):
        kind.store.delete(HTTPS)


def test_a_write_takes_the_place_of_the_older_token(kind: Kind) -> None:
    """One session for each origin."""
    kind.store.write(HTTPS, TOKEN)
    kind.store.write(HTTPS, NEWER)
    assert (kind.again.read(HTTPS), kind.again.deployments()) == (NEWER, [HTTPS.origin])


def test_a_deleted_token_is_gone(kind: Kind) -> None:
    """For every store on the same place, and a second delete says that there is none."""
    kind.store.write(HTTPS, TOKEN)
    kind.store.delete(HTTPS)
    with pytest.raises(SessionNotFoundError):
        kind.again.read(HTTPS)
    with pytest.raises(SessionNotFoundError):
        kind.again.delete(HTTPS)
    assert kind.again.deployments() == []


def test_a_deleted_token_can_be_written_again(kind: Kind) -> None:
    """Nothing of the deleted session comes back with it."""
    kind.store.write(HTTPS, TOKEN)
    kind.store.delete(HTTPS)
    kind.store.write(HTTPS, NEWER)
    assert kind.again.read(HTTPS) == NEWER


@pytest.mark.parametrize(
    ("stored", "asked"),
    [pytest.param(HTTPS, HTTP, id="https-for-http"), pytest.param(HTTP, HTTPS, id="http-for-https")],
)
@pytest.mark.parametrize("operation", ["read", "delete"])
def test_another_scheme_is_another_deployment(
    kind: Kind, stored: DeploymentURL, asked: DeploymentURL, operation: str
) -> None:
    """A token issued for one is neither read nor deleted for the other; the error names both."""
    kind.store.write(stored, TOKEN)
    with pytest.raises(OriginMismatchError) as caught:
        getattr(kind.store, operation)(asked)
    assert caught.value.message == f"the stored session is for {stored}, not for {asked}"
    assert kind.again.read(stored) == TOKEN


def test_another_port_is_another_deployment(kind: Kind) -> None:
    """A token is not read for another port of its host."""
    kind.store.write(OTHER, TOKEN)
    for url in ("https://other.example.com", "https://other.example.com:8444"):
        with pytest.raises((SessionNotFoundError, OriginMismatchError)):
            kind.store.read(DeploymentURL.parse(url))
    assert kind.again.read(OTHER) == TOKEN


@pytest.mark.parametrize("operation", ["write", "check"])
def test_another_schemes_session_is_not_replaced_unasked(kind: Kind, operation: str) -> None:
    """Neither by a write nor, as a promise, by its check; the stored one stays."""
    kind.store.write(HTTP, TOKEN)
    with pytest.raises(OriginMismatchError):
        kind.store.write(HTTPS, NEWER) if operation == "write" else kind.store.check(HTTPS)
    assert kind.again.read(HTTP) == TOKEN


def test_another_schemes_session_is_replaced_when_asked(kind: Kind) -> None:
    """The host then has the new session alone."""
    kind.store.write(HTTP, TOKEN)
    kind.store.check(HTTPS, replace=True)
    kind.store.write(HTTPS, NEWER, replace=True)
    assert kind.again.read(HTTPS) == NEWER
    assert kind.again.deployments() == [HTTPS.origin]
    with pytest.raises(OriginMismatchError):
        kind.again.read(HTTP)


def test_the_base_path_does_not_tell_deployments_apart(kind: Kind) -> None:
    """A token belongs to an origin: the same one with a path finds it."""
    kind.store.write(DeploymentURL.parse("https://dev.example.com/coder/"), TOKEN)
    assert kind.again.read(HTTPS) == TOKEN


@pytest.mark.parametrize(
    "url",
    ["https://DEV.example.com", "https://dev.example.com:443", "https://dev.example.com/", "dev.example.com"],
    ids=["upper-case", "default-port", "slash", "no-scheme"],
)
def test_spellings_of_one_origin_are_one(kind: Kind, url: str) -> None:
    """What is written under one spelling is read under another."""
    kind.store.write(DeploymentURL.parse(url), TOKEN)
    assert (kind.again.read(HTTPS), kind.again.deployments()) == (TOKEN, [HTTPS.origin])


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_what_is_no_token_is_not_stored(kind: Kind, token: str) -> None:
    """And the error does not repeat it."""
    kind.store.write(HTTPS, TOKEN)
    with pytest.raises(InvalidTokenError) as caught:
        kind.store.write(HTTPS, token)
    assert not token or token not in str(caught.value)
    assert kind.again.read(HTTPS) == TOKEN


@pytest.mark.parametrize("length", [0, 257])
def test_check_refuses_a_length_that_no_token_has(kind: Kind, length: int) -> None:
    """As a write of that many characters would."""
    with pytest.raises(InvalidTokenError):
        kind.store.check(HTTPS, length)


def test_the_longest_token_and_every_character_are_kept(kind: Kind) -> None:
    """256 characters, of all that are printable ASCII without the space."""
    token = "".join(map(chr, range(0x21, 0x7F))).ljust(256, "x")
    kind.store.check(HTTPS, len(token))
    kind.store.write(HTTPS, token)
    assert kind.again.read(HTTPS) == token


def test_check_changes_nothing(kind: Kind) -> None:
    """Neither an empty store nor one that holds the deployment's session."""
    kind.store.check(HTTPS)
    assert kind.store.deployments() == []
    kind.store.write(HTTPS, TOKEN)
    kind.store.check(HTTPS)
    assert kind.again.read(HTTPS) == TOKEN


def test_replacing_keeps_the_new_token(kind: Kind) -> None:
    """When the body ends well."""
    with kind.store.replacing(HTTPS, TOKEN):
        pass
    assert kind.again.read(HTTPS) == TOKEN


@pytest.mark.parametrize("error", [ValueError("body"), KeyboardInterrupt()], ids=["error", "interrupt"])
@pytest.mark.parametrize("before", [None, TOKEN], ids=["nothing-before", "a-session-before"])
def test_replacing_is_undone_when_the_body_raises(kind: Kind, before: str | None, error: BaseException) -> None:
    """The store is as it was, and the body's own exception comes out."""
    if before:
        kind.store.write(HTTPS, before)
    with pytest.raises(type(error)) as caught, kind.store.replacing(HTTPS, NEWER):
        raise error
    assert caught.value is error
    assert kind.again.deployments() == ([HTTPS.origin] if before else [])
    assert not before or kind.again.read(HTTPS) == before


def test_replacing_another_scheme_is_undone_too(kind: Kind) -> None:
    """What was to be replaced by name is back."""
    kind.store.write(HTTP, TOKEN)
    with pytest.raises(ZeroDivisionError), kind.store.replacing(HTTPS, NEWER, replace=True):
        raise ZeroDivisionError
    assert (kind.again.read(HTTP), kind.again.deployments()) == (TOKEN, [HTTP.origin])


def test_replacing_another_deployment_is_undone(kind: Kind) -> None:
    """In a store of one deployment the other's session is back; in others it was never gone."""
    kind.store.write(HTTPS, TOKEN)
    with pytest.raises(ZeroDivisionError), kind.store.replacing(OTHER, NEWER):
        raise ZeroDivisionError
    assert (kind.again.read(HTTPS), kind.again.deployments()) == (TOKEN, [HTTPS.origin])


def test_many_deployments_live_side_by_side(kind: Kind) -> None:
    """In the order in which they came, each with its own token; a store of one deployment holds the last."""
    urls = [DeploymentURL.parse(f"https://dev{number}.example.com") for number in range(5)]
    for number, url in enumerate(urls):
        kind.store.write(url, f"token-{number}")
    kept = list(enumerate(urls)) if kind.holds_many else [(4, urls[4])]
    assert kind.again.deployments() == [url.origin for _, url in kept]
    assert [kind.again.read(url) for _, url in kept] == [f"token-{number}" for number, _ in kept]


def test_deleting_one_deployment_keeps_the_others(kind: Kind) -> None:
    """Their tokens and their order."""
    if not kind.holds_many:
        kind.store.write(HTTPS, TOKEN)
        with pytest.raises((SessionNotFoundError, OriginMismatchError)):
            kind.store.delete(OTHER)
        assert kind.again.read(HTTPS) == TOKEN
        return
    urls = [DeploymentURL.parse(f"https://dev{number}.example.com") for number in range(3)]
    for url in urls:
        kind.store.write(url, TOKEN)
    kind.store.delete(urls[1])
    assert kind.again.deployments() == [urls[0].origin, urls[2].origin]


@pytest.mark.parametrize(
    "url", ["http://localhost:3000", "https://[::1]:8443", "https://10.0.0.1"], ids=["localhost", "ipv6", "ipv4"]
)
def test_hosts_of_every_form_are_kept(kind: Kind, url: str) -> None:
    """The origin comes back as it went in."""
    parsed = DeploymentURL.parse(url)
    kind.store.write(parsed, TOKEN)
    assert (kind.again.read(parsed), kind.again.deployments()) == (TOKEN, [parsed.origin])


def test_the_place_is_named_for_a_person(kind: Kind) -> None:
    """Some words, on one line."""
    assert kind.store.place
    assert "\n" not in kind.store.place
