"""Any sequence of changes by us and a Go-like client, and any bytes at all: nothing is lost, nothing else raised."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import partial
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
from go_client import GoClient, GoError
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


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "replace", "delete", "undo", "go-write", "go-delete"]), URLS), max_size=12
)


NEWEST = st.booleans()


def go_step(go: GoClient, step: str, url: str, token: str) -> None:
    """What the Go client can't read stops it."""
    with contextlib.suppress(GoError):
        go.write(url, token) if step == "go-write" else go.delete(url)


@CHECKED
@given(first=FIRST, steps=STEPS, newest=NEWEST)
def test_every_session_that_nobody_deleted_is_kept(
    tmp_path: Path, first: Entries, steps: list[tuple[str, str]], newest: bool
) -> None:
    """Whoever writes or deletes in what order: an operation touches its own host's entries, and no others."""
    provider = MemoryKeyring(max_size=1_000_000)
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    go = GoClient(provider, records_origin=newest)
    if first:
        provider.blobs[SERVICE] = json.dumps(first).encode()
    for number, (step, url) in enumerate(steps):
        before = provider.blobs.get(SERVICE)
        if step.startswith("go-"):
            go_step(go, step, url, f"go-{number}")
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


SPELLINGS = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["dev.example.com", "DEV.example.com", "[::1]", "[0:0::1]", "localhost"]),
    st.sampled_from(["", ":443", ":80", ":", ":0443", ":8443"]),
)


@CHECKED
@given(steps=st.lists(st.tuples(st.sampled_from(["write", "delete", "go-write", "go-delete"]), SPELLINGS), max_size=10))
@pytest.mark.parametrize("newest", [False, True], ids=["released", "newest"])
def test_no_session_vanishes_for_the_go_client(tmp_path: Path, steps: list[tuple[str, str]], newest: bool) -> None:
    """After a write of ours it finds the new token under every key of the origin that there is, and under the usual."""
    provider = MemoryKeyring(max_size=1_000_000)
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    go = GoClient(provider, records_origin=newest)
    for number, (step, url) in enumerate(steps):
        before, token = _entries(provider.blobs.get(SERVICE)), f"token-{number}"
        if step.startswith("go-"):
            go_step(go, step, url, token)
        elif _applied(store, step, DeploymentURL.parse(url), token):
            after, origin = _entries(provider.blobs.get(SERVICE)), DeploymentURL.parse(url).origin
            changed = {key for key in before | after if after.get(key) != before.get(key)}
            read = {go.read(f"{origin.scheme}://{key}") for key in changed}
            assert read == {token if step == "write" else None}
            assert changed >= _spelled_as(url, before) | ({origin.key} if step == "write" else set())


def _spelled_as(url: str, before: Entries) -> set[str]:
    """The keys whose entries can be no other origin's than *url*'s."""
    origin = DeploymentURL.parse(url).origin
    return {key for key, entry in before.items() if entry["coder_url"] == f"{origin.scheme}://{key}"} & {
        key for key in before if parse_key(key, origin.scheme) == origin
    }


@CHECKED
@given(first=FIRST, url=URLS, length=st.integers(1, 60), room=st.integers(-5, 150), replace=st.booleans())
def test_a_check_raises_what_the_write_would(
    tmp_path: Path, first: Entries, url: str, length: int, room: int, replace: bool
) -> None:
    """The same error, or none: no room, another origin's, damage."""
    provider = MemoryKeyring()
    provider.blobs[SERVICE] = json.dumps(first, ensure_ascii=False, separators=(",", ":")).encode()
    provider.max_size = len(provider.blobs[SERVICE]) + room
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    write = partial(store.write, token="x" * length)
    said = [_find_refusal(operation, url, replace) for operation in (partial(store.check, token_length=length), write)]
    assert said[0] == said[1]


def _find_refusal(operation: Callable[..., None], url: str, replace: bool) -> tuple[type[CoderError], str] | None:
    try:
        operation(url, replace=replace)
    except CoderError as error:
        return type(error), error.message
    return None


@CHECKED
@given(hosts=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=8), data=st.data(), newest=NEWEST)
def test_every_login_is_found_whoever_made_it(
    tmp_path: Path, hosts: list[str], data: st.DataObject, newest: bool
) -> None:
    """A session of one client is the other's too; two different ones under two spellings are named, not guessed."""
    provider = MemoryKeyring(max_size=1_000_000)
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    go = GoClient(provider, records_origin=newest)
    tokens: dict[str, str] = {}
    for number, host in enumerate(hosts):
        token, spelling = f"token-{number}", data.draw(st.sampled_from([host, host.upper()]))
        if data.draw(st.booleans()):
            store.write(DeploymentURL.parse(f"https://{spelling}"), token)
        else:
            go.write(f"https://{spelling}", token)
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


@settings(CHECKED, max_examples=500)
@given(blob=BYTES, url=URLS)
def test_what_the_go_client_can_not_read_is_known(tmp_path: Path, blob: bytes, url: str) -> None:
    """Just then it gives up, whichever deployment it is asked for."""
    provider = MemoryKeyring(max_size=1_000_000)
    provider.blobs[SERVICE] = blob
    try:
        misfits = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock").find_misfits()
    except StoreDamagedError:
        return
    try:
        GoClient(provider, records_origin=False).read(url)
    except GoError:
        assert misfits.facts
    else:
        assert misfits.facts == []


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
