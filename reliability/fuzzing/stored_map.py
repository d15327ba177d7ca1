"""The blob in the keyring: any bytes are damage, or a map into which a session goes, and out of which it comes again.

Whatever else is in the map stays: equal as JSON, by an independent reading, and in its order. The Go client, as the
tests have it, finds in both of its forms what we wrote. The keyring is one in memory; the lock is a real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from coder_login.deployment.url import DeploymentURL, Origin, parse_key
from coder_login.errors import CoderError
from coder_login.sessionstore import KeyringStore, NoRoomError, StoreDamagedError
from coder_login.sessionstore.entry import KNOWN_FIELDS
from go_client import GoClient
from memory_keyring import MemoryKeyring
from stores import SERVICE

from fuzzing.cursor import Cursor
from fuzzing.judging import check_error
from fuzzing.scratch import find_scratch

WORDS = (
    '"coder_url":', '"api_token":', '"Coder_URL":', '"API_TOKEN":', '"\u017fession":', '{"', '"}', '":{"', '"},"',
    "null", "true", "[]", "{}", "[[[[", "1e999", "NaN", "-0", "1E400", "123456789012345678901", '"\\ud800"',
    '"\\u0000"', "\\u00e9", '"dev.example.com":', '"DEV.example.com:443":', '"[::1]:8443":', '"[0:0::1]:8443":',
    '"localhost:3000":', '"localhost":', '"https://dev.example.com"', '"http://localhost:3000"', '"dev.example.com"',
    '"0123456789-abcdefghijklmnopqrstuv"', "\xff\xfe", "\ufeff", "\0",
    '{"coder_url":"https://dev.example.com","api_token":"x"}',
)  # fmt: skip

URLS = tuple(
    map(
        DeploymentURL.parse,
        (
            "https://dev.example.com",
            "http://dev.example.com",
            "https://[::1]:8443",
            "http://localhost:3000",
            "http://localhost",
        ),
    )
)
TOKEN = "9876543210-vutsrqponmlkjihgfedcba"
_AMPLE = 1_000_000
_ROOMS = (_AMPLE, _AMPLE, 0, 20, 60, 100)
"""How many bytes more than the stored ones have room; most often as many as anybody wants."""

Map = dict[str, Any]


class LeaveError(Exception):
    """What goes wrong after a write, so that it is undone."""


def try_map(data: bytes) -> None:
    cursor = Cursor(data)
    url, room, replace = cursor.pick(URLS), cursor.pick(_ROOMS), cursor.pick((False, True))
    blob = cursor.take_rest()
    provider = MemoryKeyring(len(blob) + room)
    provider.blobs[SERVICE] = blob
    store = KeyringStore(SERVICE, provider=provider, lock_path=find_scratch("map") / "lock")
    before = _read_before(store, blob)
    if before is None or not _write(store, provider, url, replace):
        assert provider.blobs == {SERVICE: blob}, "a refused write has changed the map"
        return
    after = json.loads(provider.blobs[SERVICE])
    _check_written(store, provider, url, before, after, is_ample=room == _AMPLE)
    if not replace:
        _check_fields_kept(before, after)
    _check_deleted(store, provider, url, after)
    if blob and not replace:
        _check_undone(store, provider, url, blob)


def _read_before(store: KeyringStore, blob: bytes) -> Map | None:
    """The map in *blob*, as JSON itself has it; None for damage, which is damage to every call."""
    try:
        store.deployments()
    except StoreDamagedError as error:
        check_error(error)
        for call in (lambda: store.read(URLS[0]), lambda: store.delete(URLS[0]), store.find_misfits):
            assert _is_refused(call), "damage to one call, and none to another"
        return None
    encoding = "utf-16-le" if blob[:2] == b"\xff\xfe" or blob[1:2] == b"\0" else "utf-8"
    value: Map = json.loads(blob.decode(encoding).removeprefix("\ufeff") or "{}", object_pairs_hook=_make_object)
    if isinstance(value.get("coder_url"), str) and isinstance(value.get("api_token"), str):
        (url,) = store.deployments() or [DeploymentURL.parse(value["coder_url"])]
        return {url.origin.key: value}
    return value


def _make_object(pairs: list[tuple[str, Any]]) -> Map:
    assert len(dict(pairs)) == len(pairs), "a duplicate key is no damage"
    return dict(pairs)


def _is_refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except StoreDamagedError:
        return True
    return False


def _write(store: KeyringStore, provider: MemoryKeyring, url: DeploymentURL, replace: bool) -> bool:
    """Whether the session was stored; the check before it must say the same."""
    refusals, check, write = [], partial(store.check, token_length=len(TOKEN)), partial(store.write, token=TOKEN)
    for call in (check, write):
        try:
            call(url, replace=replace)
            refusals.append("")
        except CoderError as error:
            check_error(error, _find_tokens(provider.blobs[SERVICE]))
            assert not isinstance(error, NoRoomError) or provider.max_size < _AMPLE, "no room, where there is much"
            refusals.append(f"{type(error).__name__}: {error.message}")
    assert refusals[0] == refusals[1], f"a check says other than the write: {refusals}"
    return not refusals[0]


def _find_tokens(blob: bytes) -> dict[str, str]:
    """By its key what is stored as a token, unless it is also a part of what an error may name: a key, or a URL."""
    with suppress(ValueError, RecursionError):
        value = json.loads(blob)
        entries = {key: item for key, item in value.items() if isinstance(item, dict)}
        named = f"{[*entries]}{[item.get('coder_url') for item in entries.values()]}"
        tokens = {key: item.get("api_token") for key, item in entries.items()}
        return {key: t for key, t in tokens.items() if isinstance(t, str) and t not in named and t not in _WORDING}
    return {}


_WORDING = "the stored session is for an unknown deployment, with no scheme recorded; the entry has a token"


def _check_written(
    store: KeyringStore, provider: MemoryKeyring, url: DeploymentURL, before: Map, after: Map, *, is_ample: bool
) -> None:
    blob, origin = provider.blobs[SERVICE], url.origin
    assert store.read(url) == TOKEN
    assert url.origin in {listed.origin for listed in store.deployments(url)}
    assert len(blob) <= provider.max_size and b"\0" not in blob and blob.startswith(b"{")
    assert _get_others(after, origin) == _get_others(before, origin), "a write has touched another host's entry"
    assert [key for key in after if key in before] == [*before], "a write has changed the order, or lost a key"
    if not is_ample or store.find_misfits().facts:
        return
    # It looks a host up in lower case, whatever its user wrote.
    written = [key for key in after if after[key] != before.get(key) and key == key.lower().strip()]
    for newest in (False, True):
        go = GoClient(provider, records_origin=newest)
        for key in written:
            assert go.read(f"{origin.scheme}://{key}") == TOKEN, (
                f"the Go client does not find the session under {key!a}"
            )


def _check_fields_kept(before: Map, after: Map) -> None:
    for key, old in before.items():
        if isinstance(old, dict) and isinstance(after[key], dict):
            assert _get_unknown(after[key]) == _get_unknown(old), f"unknown fields under {key!a} were changed"


def _get_unknown(fields: Map) -> list[tuple[str, str]]:
    """As text, for 1, 1.0 and true are one thing to Python."""
    return [(n, json.dumps(v)) for n, v in fields.items() if n.casefold() not in KNOWN_FIELDS]


def _get_others(entries: Map, origin: Origin) -> list[tuple[str, str]]:
    """What a call for *origin* has no business with, in order."""
    return [
        (key, json.dumps(value))
        for key, value in entries.items()
        if key != origin.key and parse_key(key, origin.scheme) != origin
    ]


def _check_deleted(store: KeyringStore, provider: MemoryKeyring, url: DeploymentURL, after: Map) -> None:
    store.delete(url)
    assert not store.has(url), "a deleted session is still there"
    left = json.loads(provider.blobs.get(SERVICE, b"{}"))
    assert _get_others(left, url.origin) == _get_others(after, url.origin), "a delete has touched another host's entry"


def _check_undone(store: KeyringStore, provider: MemoryKeyring, url: DeploymentURL, blob: bytes) -> None:
    """Hold that a write that is taken back leaves every byte as it was."""
    provider.blobs[SERVICE] = blob
    with suppress(LeaveError), store.replacing(url, TOKEN):
        raise LeaveError
    assert provider.blobs == {SERVICE: blob}, "an undone write has left something"
