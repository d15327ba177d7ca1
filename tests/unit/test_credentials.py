"""The stored blob, shared with other clients: raw bytes in, raw bytes out, over a keyring in memory."""

from __future__ import annotations

import json
import pickle
import re
import traceback
from pathlib import Path
from typing import Any

import pytest
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    AmbiguousSessionError,
    KeyringStore,
    OriginMismatchError,
    SessionNotFoundError,
    StoreDamagedError,
)
from coder_login.sessionstore.blob import MAX_NESTING
from memory_keyring import MemoryKeyring

SERVICE = "coder-test"
TOKEN = "0123456789-abcdefghijklmnopqrstuv"
NEWER = "9876543210-vutsrqponmlkjihgfedcba"
THIRD = "5555555555-aaaaaaaaaaaaaaaaaaaaaa"
HTTPS, HTTP = "https://dev.example.com", "http://dev.example.com"

LAST = '"z.example.com":{"coder_url":"https://z.example.com","api_token":"5555555555-aaaaaaaaaaaaaaaaaaaaaa"}'


def entry(url: Any, token: Any = TOKEN, **unknown: Any) -> dict[str, Any]:
    return {"coder_url": url, "api_token": token, **unknown}


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Keyring:
    """A store over raw bytes."""

    def __init__(self, tmp_path: Path) -> None:
        self.provider = MemoryKeyring(max_size=1_000_000)
        self.store = KeyringStore(SERVICE, provider=self.provider, lock_path=tmp_path / "lock")

    @property
    def raw(self) -> bytes | None:
        return self.provider.blobs.get(SERVICE)

    @raw.setter
    def raw(self, blob: bytes) -> None:
        self.provider.blobs[SERVICE] = blob

    @property
    def entries(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.raw or b"{}")
        return value

    def put(self, entries: object) -> None:
        self.raw = compact(entries)

    def read(self, url: str) -> str:
        return self.store.read(DeploymentURL.parse(url))

    def write(self, url: str, token: str = NEWER, *, replace: bool = False) -> None:
        self.store.write(DeploymentURL.parse(url), token, replace=replace)

    def delete(self, url: str) -> None:
        self.store.delete(DeploymentURL.parse(url))


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path)


MAP = b'{"dev.example.com":{"coder_url":"%b","api_token":"0123456789-abcdefghijklmnopqrstuv"}}'
FORMS = [
    pytest.param(MAP % b"https://dev.example.com", HTTPS, MAP % b"https://dev.example.com", id="full-origin"),
    pytest.param(MAP % b"dev.example.com", HTTPS, MAP % b"dev.example.com", id="bare-host"),
    pytest.param(
        b'{"coder_url":"https://dev.example.com","api_token":"0123456789-abcdefghijklmnopqrstuv"}',
        HTTPS,
        MAP % b"https://dev.example.com",
        id="single-object",
    ),
    pytest.param(
        b'{"api_token":"0123456789-abcdefghijklmnopqrstuv","coder_url":"dev.example.com"}',
        HTTPS,
        b'{"dev.example.com":{"api_token":"0123456789-abcdefghijklmnopqrstuv","coder_url":"dev.example.com"}}',
        id="single-object-bare-host",
    ),
    pytest.param(
        b'{"coder_url":"HTTPS://Dev.Example.com:443/","api_token":"0123456789-abcdefghijklmnopqrstuv","note":1}',
        HTTPS,
        b'{"dev.example.com":{"coder_url":"HTTPS://Dev.Example.com:443/",'
        b'"api_token":"0123456789-abcdefghijklmnopqrstuv","note":1}}',
        id="single-object-spelled-otherwise",
    ),
    pytest.param(
        (MAP % b"https://dev.example.com").decode().encode("utf-16-le"),
        HTTPS,
        MAP % b"https://dev.example.com",
        id="utf-16-without-bom",
    ),
    pytest.param(
        b"\xff\xfe" + (MAP % b"https://dev.example.com").decode().encode("utf-16-le"),
        HTTPS,
        MAP % b"https://dev.example.com",
        id="utf-16-with-bom",
    ),
    pytest.param(
        b"\xff\xfe" + (MAP % "https://dev.example.com/\U0001f511".encode()).decode().encode("utf-16-le"),
        HTTPS,
        MAP % "https://dev.example.com/\U0001f511".encode(),
        id="utf-16-beyond-the-basic-plane",
    ),
    pytest.param(
        b"\xef\xbb\xbf" + MAP % b"https://dev.example.com", HTTPS, MAP % b"https://dev.example.com", id="utf-8-bom"
    ),
    pytest.param(
        b'{ "dev.example.com" : {\r\n\t"coder_url": "https://dev.example.com",'
        b'"api_token": "0123456789-abcdefghijklmnopqrstuv" } }\n',
        HTTPS,
        MAP % b"https://dev.example.com",
        id="white-space",
    ),
    pytest.param(
        b'{"dev.example.com:443":{"coder_url":"dev.example.com:443","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        HTTPS,
        b'{"dev.example.com:443":{"coder_url":"dev.example.com:443","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        id="default-port-in-the-key",
    ),
    pytest.param(
        b'{"DEV.example.com":{"coder_url":"https://DEV.example.com","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        HTTPS,
        b'{"DEV.example.com":{"coder_url":"https://DEV.example.com","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        id="upper-case-key",
    ),
    pytest.param(
        b'{"[::1]:8443":{"coder_url":"[::1]:8443","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        "https://[::1]:8443",
        b'{"[::1]:8443":{"coder_url":"[::1]:8443","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        id="ipv6-with-port",
    ),
    pytest.param(
        b'{"[0:0::1]":{"coder_url":"https://[0:0::1]","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        "https://[::1]",
        b'{"[0:0::1]":{"coder_url":"https://[0:0::1]","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        id="ipv6-in-full",
    ),
    pytest.param(
        b'{"dev.example.com:8443":{"coder_url":"dev.example.com:8443",'
        b'"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        "https://dev.example.com:8443",
        b'{"dev.example.com:8443":{"coder_url":"dev.example.com:8443",'
        b'"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        id="port",
    ),
    pytest.param(
        b'{"dev.example.com":{"z":[1.50,-0.0,1e3,null,true,"\\u00e4"],"coder_url":"https://dev.example.com",'
        b'"a":{"y":{},"x":12345678901234567890},"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        HTTPS,
        b'{"dev.example.com":{"z":[1.5,-0.0,1000.0,null,true,"\xc3\xa4"],"coder_url":"https://dev.example.com",'
        b'"a":{"y":{},"x":12345678901234567890},"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        id="unknown-fields",
    ),
    pytest.param(
        b'{"b\\u003c\\u0026\\u2028":7,"dev.example.com":{"api_token":"0123456789-abcdefghijklmnopqrstuv",'
        b'"coder_url":"https://dev.example.com","note":"\\u003ca\\u003e"}}',
        HTTPS,
        '{"b<&\u2028":7,"dev.example.com":{"api_token":"0123456789-abcdefghijklmnopqrstuv",'
        '"coder_url":"https://dev.example.com","note":"<a>"}}'.encode(),
        id="escaped-as-go-does",
    ),
    pytest.param(
        b'{"version":2,"list":[1,{"a":null}],"null":null,"":"x","text":"\\u0000",'
        b'"\xd0\xbf\xd1\x80.example":{"coder_url":"https://\xd0\xbf\xd1\x80.example","api_token":"t"},'
        b'"dev.example.com":{"coder_url":"https://dev.example.com","api_token":"0123456789-abcdefghijklmnopqrstuv"},'
        b'"a":{}}',
        HTTPS,
        b'{"version":2,"list":[1,{"a":null}],"null":null,"":"x","text":"\\u0000",'
        b'"\xd0\xbf\xd1\x80.example":{"coder_url":"https://\xd0\xbf\xd1\x80.example","api_token":"t"},'
        b'"dev.example.com":{"coder_url":"https://dev.example.com","api_token":"0123456789-abcdefghijklmnopqrstuv"},'
        b'"a":{}}',
        id="entries-that-are-not-ours",
    ),
]


@pytest.mark.parametrize(("raw", "url", "rewritten"), FORMS)
def test_every_form_that_is_out_there_is_read(keyring: Keyring, raw: bytes, url: str, rewritten: bytes) -> None:
    """And reading leaves it as it is."""
    keyring.raw = raw
    assert keyring.read(url) == TOKEN
    assert str(DeploymentURL.parse(url)) in [str(origin) for origin in keyring.store.deployments()]
    assert keyring.raw == raw


@pytest.mark.parametrize(("raw", "url", "rewritten"), FORMS)
def test_every_form_survives_a_write_for_another_host(keyring: Keyring, raw: bytes, url: str, rewritten: bytes) -> None:
    """What isn't that host's is equal as JSON values and in its order; the new entry comes last."""
    keyring.raw = raw
    keyring.write("https://z.example.com", THIRD)
    assert keyring.raw == rewritten[:-1] + b"," + LAST.encode() + b"}"
    assert keyring.read(url) == TOKEN


@pytest.mark.parametrize(("raw", "url", "rewritten"), FORMS)
def test_every_form_survives_a_login_to_another_host_and_out_again(
    keyring: Keyring, raw: bytes, url: str, rewritten: bytes
) -> None:
    """A delete leaves the rest as a write does."""
    keyring.raw = raw
    keyring.write("https://z.example.com")
    keyring.delete("https://z.example.com")
    assert keyring.raw == rewritten


@pytest.mark.parametrize(("raw", "url", "rewritten"), FORMS)
def test_every_form_takes_a_new_token_in_its_place(keyring: Keyring, raw: bytes, url: str, rewritten: bytes) -> None:
    """One entry, under the key that the Go CLI looks up, with the origin in full, and its unknown fields."""
    keyring.raw = raw
    before = json.loads(rewritten)
    key = DeploymentURL.parse(url).origin.key
    old_key = next(old for old in before if old.casefold().startswith(("dev.", "[")))
    keyring.write(url)
    after = keyring.entries
    assert list(after) == [key if old == old_key else old for old in before]
    assert after[key] == before[old_key] | entry(url, NEWER)
    assert {other: after[other] for other in after if other != key} == {
        other: before[other] for other in before if other != old_key
    }


@pytest.mark.parametrize(("raw", "url", "rewritten"), FORMS)
def test_every_form_is_logged_out_of(keyring: Keyring, raw: bytes, url: str, rewritten: bytes) -> None:
    """The entry goes and what isn't ours stays; the last entry takes the credential with it."""
    keyring.raw = raw
    before = json.loads(rewritten)
    keyring.delete(url)
    rest = {key: value for key, value in before.items() if not key.casefold().startswith(("dev.", "["))}
    assert (keyring.raw and json.loads(keyring.raw)) == (rest or None)
    with pytest.raises(SessionNotFoundError):
        keyring.read(url)


@pytest.mark.parametrize(
    ("url", "raw"),
    [
        pytest.param(
            HTTPS,
            b'{"dev.example.com":{"coder_url":"https://dev.example.com",'
            b'"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
            id="https",
        ),
        pytest.param(
            "https://DEV.example.com:443/coder/",
            b'{"dev.example.com":{"coder_url":"https://dev.example.com",'
            b'"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
            id="spelled-otherwise",
        ),
        pytest.param(
            "http://localhost:3000",
            b'{"localhost:3000":{"coder_url":"http://localhost:3000","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
            id="http-with-port",
        ),
        pytest.param(
            "https://[::1]:8443",
            b'{"[::1]:8443":{"coder_url":"https://[::1]:8443","api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
            id="ipv6",
        ),
    ],
)
def test_what_is_written_is_what_a_go_client_expects(keyring: Keyring, url: str, raw: bytes) -> None:
    """Compact UTF-8 JSON, no byte-order mark, no NUL, no line end."""
    keyring.write(url, TOKEN)
    assert keyring.raw == raw


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe"], ids=["without-bom", "with-bom"])
def test_an_edit_in_control_panel_is_repaired_by_the_next_write(keyring: Keyring, mark: bytes) -> None:
    """UTF-16LE comes back as UTF-8, without NULs and without a mark."""
    keyring.raw = mark + (MAP % b"https://dev.example.com").decode().encode("utf-16-le")
    keyring.write(HTTPS, TOKEN)
    assert keyring.raw == MAP % b"https://dev.example.com"


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xef\xbb\xbf", b"\xff\xfe", b"{\0}\0"])
def test_an_empty_blob_is_an_empty_map(keyring: Keyring, raw: bytes) -> None:
    """It holds no session, and takes one."""
    keyring.raw = raw
    assert keyring.store.deployments() == []
    with pytest.raises(SessionNotFoundError):
        keyring.read(HTTPS)
    keyring.write(HTTPS, TOKEN)
    assert keyring.raw == MAP % b"https://dev.example.com"


# Whose an entry is.


def test_the_exact_key_comes_first(keyring: Keyring) -> None:
    """An equivalent one with the same token is no ambiguity."""
    keyring.put({"dev.example.com:443": entry(HTTPS), "dev.example.com": entry(HTTPS)})
    assert keyring.read(HTTPS) == TOKEN
    assert [str(origin) for origin in keyring.store.deployments()] == [HTTPS]


def test_two_tokens_for_one_origin_are_an_error_that_names_both_keys(keyring: Keyring) -> None:
    """And neither token; nothing tells which one is good."""
    keyring.put({"DEV.example.com": entry(HTTPS, NEWER), "x": 1, "dev.example.com:443": entry("dev.example.com")})
    with pytest.raises(AmbiguousSessionError) as caught:
        keyring.read(HTTPS)
    assert caught.value.message == (
        'the keyring holds two different sessions of one origin, under "DEV.example.com" and "dev.example.com:443"'
    )
    assert caught.value.keys == ("DEV.example.com", "dev.example.com:443")
    assert caught.value.origin == DeploymentURL.parse(HTTPS).origin


def test_a_write_leaves_one_entry_for_the_origin(keyring: Keyring) -> None:
    """In the place of the exact one, with the unknown fields of all, the exact one's first."""
    keyring.put(
        {
            "a": 1,
            "DEV.example.com": entry(HTTPS, NEWER, seen="upper", other=1),
            "b": 2,
            "dev.example.com": entry("dev.example.com", seen="exact"),
            "c": 3,
        }
    )
    keyring.write(HTTPS, THIRD)
    assert keyring.raw == compact(
        {"a": 1, "b": 2, "dev.example.com": entry(HTTPS, THIRD, seen="exact", other=1), "c": 3}
    )


def test_a_delete_removes_every_equivalent(keyring: Keyring) -> None:
    """No second spelling brings the session back."""
    keyring.put({"DEV.example.com": entry(HTTPS, NEWER), "x": 1, "dev.example.com": entry("dev.example.com")})
    keyring.delete(HTTPS)
    assert keyring.raw == b'{"x":1}'


@pytest.mark.parametrize("operation", ["read", "write", "delete"])
@pytest.mark.parametrize(
    ("stored", "owner", "asked"),
    [
        pytest.param(HTTP, HTTP, HTTPS, id="http-for-https"),
        pytest.param(HTTPS, HTTPS, HTTP, id="https-for-http"),
        pytest.param("https://dev.example.com:444", "https://dev.example.com:444", HTTPS, id="another-port"),
        pytest.param("https://evil.example", "https://evil.example", HTTPS, id="another-host"),
        pytest.param("evil.example", "https://evil.example", HTTPS, id="another-bare-host"),
        pytest.param("ftp://dev.example.com", "a deployment whose URL is not understood", HTTPS, id="ftp"),
        pytest.param(
            "https://anna:hunter2@dev.example.com", "a deployment whose URL is not understood", HTTPS, id="password"
        ),
        pytest.param("anna:hunter2@dev", "a deployment whose URL is not understood", HTTPS, id="bare-password"),
        pytest.param("\u202e://x", "a deployment whose URL is not understood", HTTPS, id="bidirectional"),
        pytest.param(7, "an unknown deployment", HTTPS, id="number"),
        pytest.param(None, "an unknown deployment", HTTPS, id="null"),
        pytest.param([HTTPS], "an unknown deployment", HTTPS, id="list"),
    ],
)
def test_another_origins_entry_is_left_alone(
    keyring: Keyring, operation: str, stored: object, owner: str, asked: str
) -> None:
    """Neither read, nor replaced, nor deleted: the error names both origins."""
    keyring.put({"dev.example.com": entry(stored)})
    before = keyring.raw
    with pytest.raises(OriginMismatchError) as caught:
        getattr(keyring, operation)(asked)
    assert caught.value.message == f"the stored session is for {owner}, not for {asked}"
    assert caught.value.requested == DeploymentURL.parse(asked)
    assert str(caught.value.owner) == (owner if "://" in owner else "None")
    assert caught.value.same_host
    assert keyring.raw == before


def test_another_origins_entry_is_replaced_when_asked(keyring: Keyring) -> None:
    """Whole: what belonged to that origin's session does not go over to the new one's."""
    keyring.put({"a": 1, "dev.example.com": entry(HTTP, refresh_token="of http"), "b": 2})
    keyring.write(HTTPS, NEWER, replace=True)
    assert keyring.raw == compact({"a": 1, "dev.example.com": entry(HTTPS, NEWER), "b": 2})


def test_another_origin_under_the_exact_key_is_not_replaced_beside_our_own(keyring: Keyring) -> None:
    """Our entry under another spelling does not give leave to take the key."""
    keyring.put({"dev.example.com": entry(HTTP), "dev.example.com:443": entry(HTTPS)})
    before = keyring.raw
    assert keyring.read(HTTPS) == TOKEN
    with pytest.raises(OriginMismatchError):
        keyring.write(HTTPS)
    assert keyring.raw == before
    keyring.write(HTTPS, NEWER, replace=True)
    assert keyring.raw == compact({"dev.example.com": entry(HTTPS, NEWER)})


def test_another_origin_with_a_key_of_its_own_stays_beside_ours(keyring: Keyring) -> None:
    """The port 443 is https's default, but not http's."""
    keyring.put({"dev.example.com:443": entry("http://dev.example.com:443")})
    keyring.write(HTTPS, NEWER)
    assert (keyring.read(HTTPS), keyring.read("http://dev.example.com:443")) == (NEWER, TOKEN)


@pytest.mark.parametrize(
    ("key", "url", "is_read"),
    [
        pytest.param("dev.example.com", HTTPS, True, id="https"),
        pytest.param("dev.example.com", HTTP, False, id="http"),
        pytest.param("localhost:3000", "http://localhost:3000", True, id="localhost-http"),
        pytest.param("localhost:3000", "https://localhost:3000", True, id="localhost-https"),
        pytest.param("127.0.0.1:3000", "http://127.0.0.1:3000", True, id="loopback-address"),
        pytest.param("127.9.9.9", "http://127.9.9.9", True, id="loopback-network"),
        pytest.param("[::1]:3000", "http://[::1]:3000", True, id="ipv6-loopback"),
        pytest.param("10.0.0.1", "http://10.0.0.1", False, id="private-address"),
        pytest.param("localhost.evil.example", "http://localhost.evil.example", False, id="looks-like-localhost"),
    ],
)
@pytest.mark.parametrize("bare", [True, False], ids=["bare-host", "no-host"])
def test_a_bare_host_is_https_and_on_loopback_http_too(
    keyring: Keyring, key: str, url: str, bare: bool, is_read: bool
) -> None:
    """An older client recorded no origin: its token is never sent in the clear over a network."""
    keyring.put({key: entry(key) if bare else {"api_token": TOKEN}})
    if is_read:
        assert keyring.read(url) == TOKEN
        return
    with pytest.raises(OriginMismatchError) as caught:
        keyring.read(url)
    assert caught.value.message == f"the stored session is for https://{key}, not for {url}"
    with pytest.raises(OriginMismatchError):
        keyring.delete(url)


def test_a_login_replaces_an_entry_that_records_no_origin_unasked(keyring: Keyring) -> None:
    """Only an entry that records another origin is a conflict."""
    keyring.put({"a": 1, "dev.example.com": entry("dev.example.com", note=1), "b": 2})
    keyring.store.check(DeploymentURL.parse(HTTP))
    keyring.write(HTTP)
    assert keyring.raw == compact({"a": 1, "dev.example.com": entry(HTTP, NEWER, note=1), "b": 2})


@pytest.mark.parametrize(
    ("found", "value"),
    [("list", [1]), ("string", "x"), ("number", 1), ("boolean", True), ("null", None)],
    ids=["list", "string", "number", "boolean", "null"],
)
@pytest.mark.parametrize("operation", ["read", "write", "delete"])
def test_what_is_no_entry_under_our_own_key_is_damage(
    keyring: Keyring, operation: str, found: str, value: object
) -> None:
    """It is not overwritten unasked, and is when asked by name."""
    keyring.put({"dev.example.com": value})
    before = keyring.raw
    with pytest.raises(StoreDamagedError) as caught:
        getattr(keyring, operation)(HTTPS)
    assert caught.value.message == (
        f'the stored sessions can\'t be understood: the entry "dev.example.com" is a JSON {found}, not an object'
    )
    assert caught.value.key == "dev.example.com"
    assert keyring.raw == before
    keyring.write(HTTPS, TOKEN, replace=True)
    assert keyring.raw == MAP % b"https://dev.example.com"


@pytest.mark.parametrize("token", [7, True, ["t"], {"t": 1}], ids=["number", "boolean", "list", "object"])
def test_a_token_that_is_no_string_is_damage(keyring: Keyring, token: object) -> None:
    """A login mends it; it is no session until then."""
    keyring.put({"dev.example.com": entry(HTTPS, token)})
    with pytest.raises(StoreDamagedError, match="has a token that is not a string") as caught:
        keyring.read(HTTPS)
    assert caught.value.key == "dev.example.com"
    assert keyring.store.deployments() == []
    keyring.write(HTTPS, TOKEN)
    assert keyring.read(HTTPS) == TOKEN


@pytest.mark.parametrize("token", ["", None, 0, ...], ids=["empty", "null", "zero", "absent"])
def test_an_entry_without_a_token_is_no_session(keyring: Keyring, token: object) -> None:
    """It is not found, and not listed."""
    keyring.put({"dev.example.com": {"coder_url": HTTPS} if token is ... else entry(HTTPS, token)})
    with pytest.raises(SessionNotFoundError):
        keyring.read(HTTPS)
    assert keyring.store.deployments() == []


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "x" * 257, "tök"], ids=["space", "header", "long", "not-ascii"])
def test_a_stored_token_that_can_be_none_is_not_given_out(keyring: Keyring, token: str) -> None:
    """It would go into a header; the error does not show it."""
    keyring.put({"dev.example.com": entry(HTTPS, token)})
    with pytest.raises(InvalidTokenError) as caught:
        keyring.read(HTTPS)
    assert caught.value.message.startswith("the stored session for https://dev.example.com is not a session token")
    assert token not in str(caught.value)


def test_a_mismatch_survives_the_way_to_another_process(keyring: Keyring) -> None:
    """A worker's error reaches its parent whole, and does not hang it."""
    keyring.put({"dev.example.com": entry(HTTPS)})
    with pytest.raises(OriginMismatchError) as caught:
        keyring.read(HTTP)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (type(error), str(error), vars(error)) == (OriginMismatchError, str(caught.value), vars(caught.value))


def test_the_list_names_only_what_a_read_finds(keyring: Keyring) -> None:
    """Each origin once, in the stored order; no entry of another form, and none under a foreign key."""
    keyring.put(
        {
            "foo": entry("https://b.example.com"),
            "c.example.com": entry("c.example.com"),
            "dev.example.com": entry(HTTP),
            "DEV.example.com": entry(HTTP),
            "d.example.com": [entry("https://d.example.com")],
            "e.example.com": entry("f.example.com"),
            "bücher.example": entry("bücher.example"),
            "a.example.com": entry("https://a.example.com"),
        }
    )
    listed = [str(origin) for origin in keyring.store.deployments()]
    assert listed == ["https://c.example.com", HTTP, "https://a.example.com"]
    assert [keyring.read(url) for url in listed] == [TOKEN] * 3


def test_a_kelvin_sign_is_no_k(keyring: Keyring) -> None:
    """Lower case makes a k of it: an entry under such a key is never another host's."""
    keyring.put({"\u212aube.example.com": entry("\u212aube.example.com")})
    with pytest.raises(SessionNotFoundError):
        keyring.read("https://kube.example.com")
    keyring.write("https://kube.example.com")
    assert list(keyring.entries) == ["\u212aube.example.com", "kube.example.com"]


# Damage.


def nested(levels: int) -> bytes:
    """A map whose deepest list or object is at *levels*, the map itself being at 1."""
    return b'{"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


SECRET = "hunter2"
DAMAGE = [
    pytest.param(b"hunter2", "text that is not JSON: an error at character 0 of 7", id="not-json"),
    pytest.param(b'{"hunter2": ', "text that is not JSON: an error at character 12 of 12", id="cut-off"),
    pytest.param(b'{"hunter2":1}x', "text that is not JSON: an error at character 13 of 14", id="rest-after-it"),
    pytest.param(b'{"hunter2":1}\0', "text that is not JSON: an error at character 13 of 14", id="nul-after-it"),
    pytest.param(b" ", "text that is not JSON: an error at character 1 of 1", id="blank"),
    pytest.param(b'["hunter2"]', "a JSON list, not an object", id="list"),
    pytest.param(b'"hunter2"', "a JSON string, not an object", id="string"),
    pytest.param(b"42", "a JSON number, not an object", id="number"),
    pytest.param(b"1.5", "a JSON number, not an object", id="fraction"),
    pytest.param(b"true", "a JSON boolean, not an object", id="boolean"),
    pytest.param(b"null", "a JSON null, not an object", id="null"),
    pytest.param(b'{"hunter2":1,"hunter2":2}', "a JSON object with a duplicate key", id="duplicate-key"),
    pytest.param(b'{"a":{"hunter2":1,"hunter2":1}}', "a JSON object with a duplicate key", id="duplicate-key-deeper"),
    pytest.param(b'{"\\u0061":"hunter2","a":1}', "a JSON object with a duplicate key", id="duplicate-escaped-key"),
    pytest.param(b'{"hunter2":NaN}', "the number NaN, which is not JSON", id="nan"),
    pytest.param(b'{"hunter2":Infinity}', "the number Infinity, which is not JSON", id="infinity"),
    pytest.param(b'{"hunter2":-Infinity}', "the number -Infinity, which is not JSON", id="minus-infinity"),
    pytest.param(b'{"hunter2":1e999}', "a number that is out of range", id="out-of-range"),
    pytest.param(b'{"hunter2":-1e999}', "a number that is out of range", id="out-of-range-below"),
    pytest.param(b'{"hunter2":"\\ud800"}', "a string with a lone surrogate", id="lone-surrogate"),
    pytest.param(b'{"hunter2\\udfff":1}', "a string with a lone surrogate", id="lone-surrogate-key"),
    pytest.param(b'{"hunter2":[{"a":"\\udc00\\ud800"}]}', "a string with a lone surrogate", id="surrogates-swapped"),
    pytest.param(
        b'{"coder_url":"https://dev.example.com/\\ud800","api_token":"hunter2"}',
        "a single session whose URL is not understood",
        id="lone-surrogate-in-a-single-object",
    ),
    pytest.param(nested(MAX_NESTING + 1), "JSON nested deeper than 32 levels", id="nested-33"),
    pytest.param(nested(500), "JSON nested deeper than 32 levels", id="nested-500"),
    pytest.param(b'{"x":' + b"[" * 100_000, "JSON with a number too long, or nested too deep", id="nested-100000"),
    pytest.param(b'{"x":' + b"9" * 5000 + b"}", "JSON with a number too long, or nested too deep", id="huge-integer"),
    pytest.param(b'{"hunter2":"\xff"}', "15 bytes that are not UTF-8", id="not-utf-8"),
    pytest.param(b"\xed\xa0\x80hunter2", "10 bytes that are not UTF-8", id="encoded-surrogate"),
    pytest.param(b"\xfe\xff\0{\0}", "6 bytes that are not UTF-8", id="utf-16-big-endian"),
    pytest.param(b"{\0}", "3 bytes that are not UTF-16-LE", id="utf-16-odd"),
    pytest.param(b"\xff\xfe\x00\xd8{\0", "6 bytes that are not UTF-16-LE", id="utf-16-surrogate"),
    pytest.param(
        b'{"coder_url":"ftp://hunter2","api_token":"t"}',
        "a single session whose URL is not understood",
        id="single-object-of-ftp",
    ),
    pytest.param(
        b'{"coder_url":"","api_token":"hunter2"}',
        "a single session whose URL is not understood",
        id="single-object-of-nobody",
    ),
]


@pytest.mark.parametrize(("raw", "found"), DAMAGE)
def test_damage_is_named_and_never_overwritten(keyring: Keyring, raw: bytes, found: str) -> None:
    """By no operation but a reset."""
    keyring.raw = raw
    url = DeploymentURL.parse(HTTPS)
    for operation in (
        lambda: keyring.read(HTTPS),
        lambda: keyring.write(HTTPS),
        lambda: keyring.write(HTTPS, replace=True),
        lambda: keyring.delete(HTTPS),
        lambda: keyring.store.check(url),
        keyring.store.deployments,
    ):
        with pytest.raises(StoreDamagedError) as caught:
            operation()
        assert caught.value.message == f"the stored sessions can't be understood: {found}"
        assert caught.value.key is None
        assert keyring.raw == raw
    keyring.store.reset()
    assert keyring.raw is None


@pytest.mark.parametrize(("raw", "found"), DAMAGE)
def test_an_error_never_carries_the_damaged_content(keyring: Keyring, raw: bytes, found: str) -> None:
    """Neither in itself nor in an exception that it would drag along into a log."""
    keyring.raw = raw
    with pytest.raises(StoreDamagedError) as caught:
        keyring.read(HTTPS)
    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    shown = f"{error} {error!r} {error.args} {vars(error)}" + "".join(traceback.format_exception(error))
    assert SECRET not in shown
    assert not re.search(r"\\ud800|999999", shown)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(nested(MAX_NESTING), id="nested-32"),
        pytest.param(b'{"x":' + b"9" * 4000 + b"}", id="long-integer"),
        pytest.param(b'{"x":1e308}', id="large-number"),
        pytest.param(b'{"x":"\\ud83d\\udd11"}', id="surrogate-pair"),
        pytest.param(b'{"x":"\\u0000\\u001b"}', id="escaped-controls"),
    ],
)
def test_what_is_just_understood_survives_a_write(keyring: Keyring, raw: bytes) -> None:
    """As the same JSON value, readable the next time."""
    keyring.raw = raw
    keyring.write(HTTPS)
    assert keyring.entries["x"] == json.loads(raw)["x"]
    assert keyring.read(HTTPS) == NEWER


def test_a_single_object_that_is_too_deep_for_the_map_is_damage(keyring: Keyring) -> None:
    """The map adds a level: written, it could not be read again."""
    single = b'{"coder_url":"https://dev.example.com","api_token":"t","x":%b}'
    keyring.raw = single % (b"[" * 30 + b"]" * 30)
    keyring.write("https://z.example.com")
    assert keyring.read(HTTPS) == "t"
    keyring.raw = single % (b"[" * 31 + b"]" * 31)
    with pytest.raises(StoreDamagedError, match="nested deeper than 32 levels"):
        keyring.write("https://z.example.com")
