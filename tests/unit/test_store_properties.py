"""Any sequence of changes by us and a Go-like client, and any bytes at all: nothing is lost, nothing else raised."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coder_login.deployment.url import DeploymentURL, parse_key
from coder_login.errors import CoderError
from coder_login.sessionstore import (
    FileStore,
    KeyringStore,
    OriginMismatchError,
    SessionNotFoundError,
    StoreDamagedError,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_keyring import MemoryKeyring
from stores import SERVICE, content, go_login, go_logout, name, write_other

pytest_plugins = ["store_fixtures"]
CHECKED = settings(
    deadline=None,
    database=None,
    derandomize=bool(os.environ.get("CI")),
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HOSTS = ["dev.example.com", "other.example.com", "localhost:3000", "[::1]:8443"]
Entries = dict[str, Any]


def spelled(host: str) -> st.SearchStrategy[str]:
    """URLs that a person may type for *host*."""
    hosts = [host, host.upper(), host.replace("e", "E")]
    hosts += [] if host.rpartition(":")[2].isdigit() else [f"{host}:443", f"{host}:80", f"{host}:8443"]
    return st.builds("{}://{}".format, st.sampled_from(["https", "http"]), st.sampled_from(hosts))


URLS = st.sampled_from(HOSTS).flatmap(spelled)
UNKNOWN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FOREIGN = st.fixed_dictionaries(
    {}, optional={"coder_url": URLS | st.sampled_from(HOSTS) | UNKNOWN, "api_token": st.text(max_size=8) | UNKNOWN}
)
FIRST = st.dictionaries(
    st.sampled_from(HOSTS) | URLS.map(lambda url: url.split("//")[1]) | st.text(max_size=5), FOREIGN
)


class GoClient:
    """Reads the map into a struct of two strings, and writes it back: sorted, escaped, without other fields."""

    def __init__(self, provider: MemoryKeyring) -> None:
        self._provider = provider

    def write(self, url: str, token: str) -> bool:
        entries = self._entries()
        if entries is None:
            return False
        host = url.split("//")[1].lower()
        self._store(entries | {host: {"coder_url": host, "api_token": token}})
        return True

    def delete(self, url: str) -> bool:
        entries = self._entries()
        if not entries or url.split("//")[1].lower() not in entries:
            return False
        del entries[url.split("//")[1].lower()]
        self._store(entries)
        return True

    def _entries(self) -> Entries | None:
        """None for what does not fit into the struct: the client gives up then."""
        entries: Entries = json.loads(self._provider.blobs.get(SERVICE) or b"{}")
        known = {}
        for key, entry in entries.items():
            if not isinstance(entry, dict | None):
                return None
            fields = [(entry or {}).get(field) or "" for field in ("coder_url", "api_token")]
            if not all(isinstance(value, str) for value in fields):
                return None
            known[key] = dict(zip(("coder_url", "api_token"), fields, strict=True))
        return known

    def _store(self, entries: Entries) -> None:
        if not entries:
            self._provider.blobs.pop(SERVICE, None)
            return
        text = json.dumps(entries, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self._provider.blobs[SERVICE] = re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", text).encode()


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "replace", "delete", "undo", "go-write", "go-delete"]), URLS), max_size=12
)


@CHECKED
@given(first=FIRST, steps=STEPS)
def test_every_session_that_nobody_deleted_is_kept(
    tmp_path: Path, first: Entries, steps: list[tuple[str, str]]
) -> None:
    """Whoever writes or deletes in what order: an operation touches its own host's entries, and no others."""
    provider = MemoryKeyring(max_size=1_000_000)
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    go = GoClient(provider)
    if first:
        provider.blobs[SERVICE] = json.dumps(first).encode()
    for number, (step, url) in enumerate(steps):
        before = provider.blobs.get(SERVICE)
        if step.startswith("go-"):
            go.write(url, f"go-{number}") if step == "go-write" else go.delete(url)
            continue
        if _applied(store, step, DeploymentURL.parse(url), f"token-{number}"):
            _check_applied(store, step, DeploymentURL.parse(url), f"token-{number}", _entries(before))
        else:
            assert provider.blobs.get(SERVICE) == before
        assert _others(_entries(provider.blobs.get(SERVICE)), url) == _others(_entries(before), url)


def _applied(store: KeyringStore, step: str, url: DeploymentURL, token: str) -> bool:
    """Whether the operation was done; refused ones may only raise ours."""
    try:
        if step == "delete":
            store.delete(url)
        elif step == "undo":
            with pytest.raises(ZeroDivisionError), store.replacing(url, token):
                raise ZeroDivisionError
            return False
        else:
            store.write(url, token, replace=step == "replace")
    except (OriginMismatchError, SessionNotFoundError, StoreDamagedError):
        assert step != "replace" or not _is_map(store)
        return False
    return True


def _is_map(store: KeyringStore) -> bool:
    try:
        store.deployments()
    except StoreDamagedError:
        return False
    return True


def _check_applied(store: KeyringStore, step: str, url: DeploymentURL, token: str, before: Entries) -> None:
    if step == "delete":
        with pytest.raises((SessionNotFoundError, OriginMismatchError)):
            store.read(url)
    else:
        assert store.read(url) == token
        assert url.origin in {listed.origin for listed in store.deployments()}


def _entries(blob: bytes | None) -> Entries:
    """The map, whichever form it has."""
    value: Entries = json.loads(blob or b"{}")
    if isinstance(value.get("coder_url"), str) and isinstance(value.get("api_token"), str):
        origin = DeploymentURL.parse(value["coder_url"]).origin
        return {origin.key: value}
    return value


def _others(entries: Entries, url: str) -> list[tuple[str, Any]]:
    """What an operation for *url* has no business with, in order."""
    origin = DeploymentURL.parse(url).origin
    return [item for item in entries.items() if item[0] != origin.key and parse_key(item[0], origin.scheme) != origin]


@CHECKED
@given(hosts=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=8), data=st.data())
def test_every_login_is_found_whoever_made_it(tmp_path: Path, hosts: list[str], data: st.DataObject) -> None:
    """A session of one client is the other's too; two different ones under two spellings are named, not guessed."""
    provider = MemoryKeyring(max_size=1_000_000)
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    go = GoClient(provider)
    tokens: dict[str, str] = {}
    for number, host in enumerate(hosts):
        token, spelling = f"token-{number}", data.draw(st.sampled_from([host, host.upper()]))
        if data.draw(st.booleans()):
            store.write(DeploymentURL.parse(f"https://{spelling}"), token)
        else:
            assert go.write(f"https://{spelling}", token)
        tokens[host] = token
        assert {host: store.read(DeploymentURL.parse(f"https://{host}")) for host in tokens} == tokens
    assert {str(origin) for origin in store.deployments()} == {f"https://{host}" for host in tokens}


JSON_LIKE = st.text(alphabet='{}[]":,\\u0123456789.eE-+ntrfals \0ä\U0001f511', max_size=60)
BYTES = (
    st.binary(max_size=120)
    | JSON_LIKE.map(str.encode)
    | JSON_LIKE.map(lambda text: text.encode("utf-16-le"))
    | FIRST.map(lambda entries: json.dumps(entries).encode())
    | FIRST.map(lambda entries: json.dumps(entries, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))
    | st.builds(lambda cut, entries: json.dumps(entries).encode()[:cut], st.integers(0, 60), FIRST)
    | st.builds(
        lambda url, token, rest: json.dumps(rest | {"coder_url": url, "api_token": token}).encode(),
        st.text(max_size=20) | URLS,
        st.text(max_size=20),
        FIRST,
    )
)


@settings(CHECKED, max_examples=300)
@given(blob=BYTES, url=URLS)
def test_any_bytes_in_the_keyring_end_in_a_result_or_in_our_error(tmp_path: Path, blob: bytes, url: str) -> None:
    """And an operation that is refused leaves them as they are."""
    parsed = DeploymentURL.parse(url)
    operations: list[Callable[[KeyringStore], object]] = [
        lambda store: store.read(parsed),
        KeyringStore.deployments,
        KeyringStore.usage,
        lambda store: store.check(parsed),
        lambda store: store.write(parsed, "token"),
        lambda store: store.write(parsed, "token", replace=True),
        lambda store: store.delete(parsed),
        KeyringStore.reset,
    ]
    for operation in operations:
        provider = MemoryKeyring(max_size=1_000_000)
        provider.blobs[SERVICE] = blob
        try:
            operation(KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock"))
        except CoderError:
            assert provider.blobs == {SERVICE: blob}
        else:
            _check_readable(provider, tmp_path)


def _check_readable(provider: MemoryKeyring, tmp_path: Path) -> None:
    """Whatever was written can be read again, and has no NUL and no byte-order mark."""
    changed = provider.blobs.get(SERVICE, b"")
    if "set" in provider.calls:
        KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock").deployments()
        assert b"\0" not in changed
        assert changed.startswith(b"{")


# The files.


FILE_STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "replace", "delete", "undo", "naming", "go-login", "go-logout"]), URLS),
    max_size=8,
)


@pytest.mark.usefixtures("_settled")
@settings(CHECKED, max_examples=50)
@given(steps=FILE_STEPS)
def test_the_files_hold_the_last_session_that_nobody_deleted(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    """And give it out for its own origin only."""
    directory = Path(tempfile.mkdtemp(dir=tmp_path))
    store = FileStore(directory)
    model: tuple[str, str] | None = None
    for number, (step, text) in enumerate(steps):
        url, token = DeploymentURL.parse(text), f"token-{number}"
        if step == "go-login":
            go_login(store, text, token)
            model = (str(url), token)
        elif step == "go-logout":
            go_logout(store)
            model = None
        else:
            model = _change_files(store, step, url, token, model)
        _check_files(store, url, model)
        assert {path.name for path in directory.iterdir()} <= {".lock", "url", "session"}


Session = tuple[str, str] | None


def _change_files(store: FileStore, step: str, url: DeploymentURL, token: str, model: Session) -> Session:
    """What the files should hold afterwards."""
    try:
        if step == "delete":
            store.delete(url)
            return None
        if step == "undo":
            with pytest.raises(ZeroDivisionError), store.replacing(url, token):
                raise ZeroDivisionError
            return model
        if step == "naming":
            name(store, url)
            return model if model and model[0] == str(url) else None
        store.write(url, token, replace=step == "replace")
    except (SessionNotFoundError, OriginMismatchError):
        return model
    return str(url), token


def _check_files(store: FileStore, url: DeploymentURL, model: Session) -> None:
    assert [str(origin) for origin in store.deployments()] == ([model[0]] if model else [])
    if model:
        assert store.read(DeploymentURL.parse(model[0])) == model[1]
    if not model or model[0] != str(url):
        with pytest.raises((SessionNotFoundError, OriginMismatchError)):
            store.read(url)


FILE_BYTES = st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode(errors="replace"))


@settings(CHECKED, max_examples=50)
@given(
    url=st.none() | FILE_BYTES | URLS.map(str.encode),
    session=st.none() | FILE_BYTES,
    organization=st.none() | FILE_BYTES,
    asked=URLS,
)
def test_any_bytes_in_the_files_end_in_a_result_or_in_our_error(
    directory: Path, url: bytes | None, session: bytes | None, organization: bytes | None, asked: str
) -> None:
    """And an operation that is refused leaves them as they are."""
    parsed = DeploymentURL.parse(asked)
    written = {"url": url, "session": session, "organization": organization}
    before = {file: data for file, data in written.items() if data is not None}
    operations: list[Callable[[FileStore], object]] = [
        lambda store: store.read(parsed),
        FileStore.deployments,
        FileStore.current,
        FileStore.has_session,
        lambda store: store.check(parsed),
        FileStore.check_naming,
        lambda store: store.write(parsed, "token"),
        lambda store: store.delete(parsed),
        lambda store: store.forget(parsed),
        lambda store: name(store, parsed),
    ]
    for operation in operations:
        for file in ("url", "session", "organization"):
            (directory / file).unlink(missing_ok=True)
        write_other(FileStore(directory), before)
        try:
            operation(FileStore(directory))
        except CoderError:
            assert content(FileStore(directory)) == before


@settings(CHECKED, max_examples=500)
@given(text=st.text(max_size=40) | st.text(alphabet="htps:/@?#[]%.\\0189aé\u212a\ud800 \t", max_size=30))
def test_any_text_at_all_is_a_deployments_url_or_refused(text: str) -> None:
    """With our error, and nothing else; what is accepted reads back as the same."""
    try:
        url = DeploymentURL.parse(text)
    except CoderError:
        return
    assert DeploymentURL.parse(str(url)) == url
    assert str(url).isascii()
