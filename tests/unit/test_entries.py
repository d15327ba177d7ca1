"""The entries of the stored blob, shared with other clients: every form that is out there, and whose each one is."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    AmbiguousSessionError,
    KeyringStore,
    OriginMismatchError,
    SchemeNotRecordedError,
    SessionNotFoundError,
    StoreDamagedError,
)
from coder_login.sessionstore.entries import Entries
from stores import HTTP, HTTPS, NEWER, OTHER, TOKEN, SharedKeyring, compact, entry

pytest_plugins = ["store_fixtures"]

MAP = compact({"dev.example.com": entry(HTTPS)})
LAST = b',"other.example.com":{"coder_url":"https://other.example.com","api_token":"%b"}}' % NEWER.encode()
OPERATIONS: dict[str, Callable[[KeyringStore, str], object]] = {
    "read": lambda store, url: store.read(url),
    "write": lambda store, url: store.write(url, NEWER),
    "replacing": lambda store, url: store.replacing(url, NEWER).__enter__(),
    "delete": lambda store, url: store.delete(url),
}


# Forms.


class Form(NamedTuple):
    """A session of *url* in *raw*, and the blob that a change of something else makes of it."""

    raw: bytes
    url: str
    rewritten: bytes


def _form(id: str, raw: bytes, rewritten: bytes | None = None, url: str = HTTPS) -> Any:
    return pytest.param(Form(raw, url, raw if rewritten is None else rewritten), id=id)


def _keyed(id: str, key: str, coder_url: str, url: str = HTTPS) -> Any:
    return _form(id, compact({key: entry(coder_url)}), url=url)


def _single(id: str, coder_url: str, **unknown: object) -> Any:
    return _form(
        id, compact(entry(coder_url, **unknown)), compact({"dev.example.com": entry(coder_url, **unknown)}), HTTPS
    )


ASTRAL = compact({"dev.example.com": entry("https://dev.example.com/\U0001f511")})
FORMS = [
    _keyed("full-origin", "dev.example.com", HTTPS),
    _keyed("bare-host", "dev.example.com", "dev.example.com"),
    _keyed("default-port-in-the-key", "dev.example.com:443", "dev.example.com:443"),
    _keyed("upper-case-key", "DEV.example.com", "https://DEV.example.com"),
    _keyed("port", "dev.example.com:8443", "dev.example.com:8443", "https://dev.example.com:8443"),
    _keyed("ipv6-with-port", "[::1]:8443", "[::1]:8443", "https://[::1]:8443"),
    _keyed("ipv6-in-full", "[0:0::1]", "https://[0:0::1]", "https://[::1]"),
    _single("single-object", HTTPS),
    _single("single-object-bare-host", "dev.example.com"),
    _single("single-object-spelled-otherwise", "HTTPS://Dev.Example.com:443/", note=1),
    _form("utf-16-without-bom", MAP.decode().encode("utf-16-le"), MAP),
    _form("utf-16-with-bom", b"\xff\xfe" + ASTRAL.decode().encode("utf-16-le"), ASTRAL),
    _form("utf-8-bom", b"\xef\xbb\xbf" + MAP, MAP),
    _form("white-space", MAP.replace(b":{", b" : {\r\n\t") + b"\n", MAP),
    _form(
        "unknown-fields",
        b'{"dev.example.com":{"z":[1.50,-0.0,1e3,null,true,"\\u00e4"],"coder_url":"https://dev.example.com",'
        b'"a":{"y":{},"x":12345678901234567890},"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
        b'{"dev.example.com":{"z":[1.5,-0.0,1000.0,null,true,"\xc3\xa4"],"coder_url":"https://dev.example.com",'
        b'"a":{"y":{},"x":12345678901234567890},"api_token":"0123456789-abcdefghijklmnopqrstuv"}}',
    ),
    _form(
        "escaped-as-go-does",
        b'{"b\\u003c\\u0026\\u2028":7,"dev.example.com":{"api_token":"0123456789-abcdefghijklmnopqrstuv",'
        b'"coder_url":"https://dev.example.com","note":"\\u003ca\\u003e"}}',
        '{"b<&\u2028":7,"dev.example.com":{"api_token":"0123456789-abcdefghijklmnopqrstuv",'
        '"coder_url":"https://dev.example.com","note":"<a>"}}'.encode(),
    ),
    _form(
        "entries-that-are-not-ours",
        b'{"version":2,"coder_url":"https://x.example","list":[1,{"a":null}],"null":null,"":"x","text":"\\u0000",'
        b'"\xd0\xbf\xd1\x80.example":{"coder_url":"https://\xd0\xbf\xd1\x80.example","api_token":"t"},%b,"a":{}}'
        % MAP[1:-1],
    ),
]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, provider: SharedKeyring) -> Form:
    """One that is stored."""
    form: Form = request.param
    provider.raw = form.raw
    return form


def is_ours(key: str) -> bool:
    return key.casefold().startswith(("dev.", "["))


def test_every_form_that_is_out_there_is_read(store: KeyringStore, provider: SharedKeyring, form: Form) -> None:
    """And reading leaves it as it is."""
    assert store.read(form.url) == TOKEN
    assert DeploymentURL.parse(form.url) in store.deployments()
    assert provider.raw == form.raw


def test_every_form_survives_a_login_to_another_host_and_out_again(
    store: KeyringStore, provider: SharedKeyring, form: Form
) -> None:
    """What isn't that host's is equal as JSON values and in its order; the new entry comes last. It is UTF-8 again."""
    store.write(OTHER, NEWER)
    assert provider.raw == form.rewritten[:-1] + LAST
    store.delete(OTHER)
    assert provider.raw == form.rewritten


def test_every_form_takes_a_new_token_in_its_place(store: KeyringStore, provider: SharedKeyring, form: Form) -> None:
    """With the origin in full, as the Go CLI spells it for that key, and its unknown fields; so does the usual key."""
    store.write(form.url, NEWER)
    scheme, _, key = form.url.partition("//")
    expected: dict[str, Any] = json.loads(form.rewritten)
    for old in [*filter(is_ours, expected), key]:
        url = f"{scheme}//{old.lower().removesuffix(':443')}"
        expected[old] = expected.get(old, {}) | entry(url, NEWER)
    assert provider.raw == compact(expected)


def test_every_form_is_logged_out_of(store: KeyringStore, provider: SharedKeyring, form: Form) -> None:
    """The entry goes and what isn't ours stays; the last entry takes the credential with it."""
    store.delete(form.url)
    rest = {key: value for key, value in json.loads(form.rewritten).items() if not is_ours(key)}
    assert provider.raw == (compact(rest) if rest else None)


@pytest.mark.parametrize(
    ("url", "key", "origin"),
    [
        ("https://DEV.example.com:443/coder/", "dev.example.com", HTTPS),
        ("http://localhost:3000", "localhost:3000", "http://localhost:3000"),
        ("https://[0:0::1]:8443", "[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_what_is_written_is_what_a_go_client_expects(
    store: KeyringStore, provider: SharedKeyring, url: str, key: str, origin: str
) -> None:
    """Compact UTF-8 JSON, no byte-order mark, no NUL, no line end; the key and the origin in their usual form."""
    store.write(url, TOKEN)
    assert provider.raw == b'{"%b":{"coder_url":"%b","api_token":"%b"}}' % (
        *(text.encode() for text in (key, origin, TOKEN)),
    )


# Whose an entry is.


def test_the_exact_key_comes_first(store: KeyringStore, provider: SharedKeyring) -> None:
    """An equivalent one with the same token, or with none, is no ambiguity."""
    provider.put({"DEV.example.com": {}, "dev.example.com:443": entry(HTTPS), "dev.example.com": entry(HTTPS)})
    assert store.read(HTTPS) == TOKEN
    assert [str(url) for url in store.deployments()] == [HTTPS]


def test_two_tokens_are_told_before_a_third_that_is_damaged(store: KeyringStore, provider: SharedKeyring) -> None:
    """In the order in which they are looked at: a login mends both."""
    keys = ("dev.example.com", "dev.example.com:443", "DEV.example.com")
    provider.put({key: entry(HTTPS, token) for key, token in zip(keys, (TOKEN, NEWER, 5), strict=True)})
    with pytest.raises(AmbiguousSessionError):
        store.read(HTTPS)


@pytest.mark.parametrize("first", [{}, {"DEV.example.com": entry(HTTPS, NEWER), "x": 1}], ids=["exact", "other"])
def test_two_tokens_for_one_origin_are_an_error_that_names_both_keys(
    store: KeyringStore, provider: SharedKeyring, first: dict[str, Any]
) -> None:
    """And neither token; nothing tells which one is good."""
    exact = {} if first else {"dev.example.com": entry(HTTPS, NEWER)}
    provider.put({**first, "dev.example.com:443": entry("dev.example.com"), **exact})
    keys = ("DEV.example.com" if first else "dev.example.com", "dev.example.com:443")
    with pytest.raises(AmbiguousSessionError) as caught:
        store.read(HTTPS)
    assert caught.value.message == (
        f'the keyring holds two different sessions of one origin, under "{keys[0]}" and "{keys[1]}"'
    )
    assert (caught.value.keys, caught.value.origin) == (keys, DeploymentURL.parse(HTTPS).origin)


def test_a_write_renews_every_equivalent_entry_in_its_place(store: KeyringStore, provider: SharedKeyring) -> None:
    """Each with its own unknown fields; another program that looks it up so still finds it."""
    upper, exact = entry(HTTPS, NEWER, seen="upper", other=1), entry("dev.example.com", seen="exact")
    provider.put({"a": 1, "DEV.example.com": upper, "b": 2, "dev.example.com": exact, "c": 3})
    store.write(HTTPS, TOKEN)
    assert provider.raw == compact(
        {
            "a": 1,
            "DEV.example.com": entry(HTTPS, TOKEN, seen="upper", other=1),
            "b": 2,
            "dev.example.com": entry(HTTPS, TOKEN, seen="exact"),
            "c": 3,
        }
    )


def test_a_delete_removes_every_equivalent(store: KeyringStore, provider: SharedKeyring) -> None:
    """No second spelling brings the session back."""
    provider.put({"DEV.example.com": entry(HTTPS, NEWER), "x": 1, "dev.example.com": entry("dev.example.com")})
    store.delete(HTTPS)
    assert provider.raw == b'{"x":1}'


NOT_UNDERSTOOD, UNKNOWN = "a deployment whose URL is not understood", "an unknown deployment"


@pytest.mark.parametrize(
    ("stored", "owner", "asked"),
    [
        pytest.param(HTTP, HTTP, HTTPS, id="http-for-https"),
        pytest.param(HTTPS, HTTPS, HTTP, id="https-for-http"),
        pytest.param("https://dev.example.com:444", "https://dev.example.com:444", HTTPS, id="another-port"),
        pytest.param("https://evil.example", "https://evil.example", HTTPS, id="another-host"),
        pytest.param("evil.example", "evil.example, with no scheme recorded", HTTPS, id="another-bare-host"),
        pytest.param("ftp://dev.example.com", NOT_UNDERSTOOD, HTTPS, id="ftp"),
        pytest.param("https://anna:hunter2@dev.example.com", NOT_UNDERSTOOD, HTTPS, id="password"),
        pytest.param("anna:hunter2@dev", NOT_UNDERSTOOD, HTTPS, id="bare-password"),
        pytest.param(7, UNKNOWN, HTTPS, id="number"),
    ],
)
def test_another_origins_entry_is_left_alone(
    store: KeyringStore, provider: SharedKeyring, stored: object, owner: str, asked: str
) -> None:
    """Neither read, nor replaced, nor deleted: the error names both origins, the stored one by the exact key."""
    provider.put({"DEV.example.com": entry("https://z.example"), "dev.example.com": entry(stored)})
    before = provider.raw
    for operation in OPERATIONS.values():
        with pytest.raises(OriginMismatchError) as caught:
            operation(store, asked)
        assert caught.value.message == f"the stored session is for {owner}, not for {asked}"
        assert caught.value.requested == DeploymentURL.parse(asked)
        assert str(caught.value.owner) == (owner if "://" in owner else "None")
        assert (caught.value.same_host, caught.value.in_keyring) == (True, True)
    assert provider.raw == before


def test_a_mismatch_survives_the_way_to_another_process(store: KeyringStore, provider: SharedKeyring) -> None:
    """A worker's error reaches its parent whole, and does not hang it."""
    provider.put({"dev.example.com": entry(HTTPS)})
    with pytest.raises(OriginMismatchError) as caught:
        store.read(HTTP)
    error = pickle.loads(pickle.dumps(caught.value))
    assert (type(error), str(error), vars(error)) == (OriginMismatchError, str(caught.value), vars(caught.value))


def test_another_origins_entry_is_replaced_when_asked(store: KeyringStore, provider: SharedKeyring) -> None:
    """Whole: what belonged to that origin's session does not go over to the new one's."""
    provider.put({"a": 1, "dev.example.com": entry(HTTP, refresh_token="of http"), "b": 2})
    store.write(HTTPS, NEWER, replace=True)
    assert provider.raw == compact({"a": 1, "dev.example.com": entry(HTTPS, NEWER), "b": 2})


def test_another_origin_under_the_exact_key_is_not_replaced_beside_our_own(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """Our entry under another spelling does not give leave to take the key."""
    provider.put({"dev.example.com": entry(HTTP), "dev.example.com:443": entry(HTTPS)})
    before = provider.raw
    assert store.read(HTTPS) == TOKEN
    with pytest.raises(OriginMismatchError):
        store.write(HTTPS, NEWER)
    assert provider.raw == before
    store.write(HTTPS, NEWER, replace=True)
    assert provider.raw == compact({key: entry(HTTPS, NEWER) for key in ("dev.example.com", "dev.example.com:443")})


def test_another_origin_with_a_key_of_its_own_stays_beside_ours(store: KeyringStore, provider: SharedKeyring) -> None:
    """The port 443 is https's default, but not http's."""
    provider.put({"dev.example.com:443": entry("http://dev.example.com:443")})
    store.write(HTTPS, NEWER)
    assert (store.read(HTTPS), store.read("http://dev.example.com:443")) == (NEWER, TOKEN)


@pytest.mark.parametrize(
    ("current", "listed"),
    [
        pytest.param(None, "https://localhost:3000", id="none"),
        pytest.param("http://localhost:3000", "http://localhost:3000", id="http"),
        pytest.param("https://localhost:3000", "https://localhost:3000", id="https"),
        pytest.param("http://localhost:3001", "https://localhost:3000", id="another-port"),
        pytest.param(HTTP, "https://localhost:3000", id="another-host"),
    ],
)
def test_a_session_without_a_scheme_is_listed_as_the_current_deployments(
    store: KeyringStore, provider: SharedKeyring, current: str | None, listed: str
) -> None:
    """Where it may serve that: on loopback. One whose origin is on record is named by that."""
    provider.put({"localhost:3000": entry("localhost:3000"), "dev.example.com": entry("dev.example.com")})
    url = DeploymentURL.parse(current) if current else None
    assert [str(deployment) for deployment in store.deployments(url)] == [listed, HTTPS]
    provider.put({"localhost:3000": entry("https://localhost:3000")})
    assert [str(deployment) for deployment in store.deployments(url)] == ["https://localhost:3000"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(lambda host: entry(host), id="bare-host"),
        pytest.param(lambda host: {"api_token": TOKEN}, id="no-host"),
        pytest.param(lambda host: entry(""), id="empty"),
        pytest.param(lambda host: entry(" \t"), id="blank"),
        pytest.param(lambda host: entry(f" {host}\n"), id="spaces"),
    ],
)
@pytest.mark.parametrize(
    ("url", "is_read"),
    [
        (HTTPS, True),
        (HTTP, False),
        ("http://localhost:3000", True),
        ("https://localhost:3000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:3000", True),
        ("http://10.0.0.1", False),
        ("http://localhost.evil.example", False),
    ],
)
def test_a_bare_host_is_https_and_on_loopback_http_too(
    store: KeyringStore, provider: SharedKeyring, url: str, is_read: bool, fields: Callable[[str], dict[str, str]]
) -> None:
    """An older client recorded no origin: its token is never sent in the clear over a network."""
    key = url.partition("//")[2]
    provider.put({key: fields(key)})
    assert store.has(url) is is_read
    if is_read:
        assert store.read(url) == TOKEN
        return
    for operation in ("read", "delete"):
        with pytest.raises(SchemeNotRecordedError) as caught:
            OPERATIONS[operation](store, url)
        assert caught.value.message == (
            f"no scheme was recorded with the stored session for {key}, and it is not used for {url}"
        )
        assert (caught.value.requested, caught.value.owner) == (DeploymentURL.parse(url), None)
        assert caught.value.stored == f"{key}, with no scheme recorded"
        assert (caught.value.same_host, caught.value.in_keyring) == (True, True)


def test_a_login_replaces_an_entry_that_records_no_origin_unasked(store: KeyringStore, provider: SharedKeyring) -> None:
    """Only an entry that records another origin is a conflict."""
    provider.put({"a": 1, "dev.example.com": entry("dev.example.com", note=1), "b": 2})
    store.check(HTTP)
    store.write(HTTP, NEWER)
    assert provider.raw == compact({"a": 1, "dev.example.com": entry(HTTP, NEWER, note=1), "b": 2})


@pytest.mark.parametrize(("found", "value"), [("list", [1]), ("string", "x"), ("number", 1), ("boolean", True)])
def test_what_is_no_entry_under_our_own_key_is_damage(
    store: KeyringStore, provider: SharedKeyring, found: str, value: object
) -> None:
    """It is not overwritten unasked, and is when asked by name."""
    provider.put({"dev.example.com": value})
    before = provider.raw
    for operation in OPERATIONS.values():
        with pytest.raises(StoreDamagedError) as caught:
            operation(store, HTTPS)
        assert caught.value.message == (
            f'the stored sessions can\'t be understood: the entry "dev.example.com" is a JSON {found}, not an object'
        )
        assert caught.value.key == "dev.example.com"
    assert provider.raw == before
    store.write(HTTPS, TOKEN, replace=True)
    assert provider.raw == MAP


@pytest.mark.parametrize("key", ["dev.example.com", "DEV.example.com", "dev.example.com:443"])
def test_null_is_no_session_and_no_damage(store: KeyringStore, provider: SharedKeyring, key: str) -> None:
    """As the Go client takes it; a login puts a session in its place, and nothing else touches it."""
    provider.put({key: None, "other.example.com": entry(OTHER)})
    for operation in ("read", "delete"):
        with pytest.raises(SessionNotFoundError):
            OPERATIONS[operation](store, HTTPS)
    assert (store.has(HTTPS), [str(url) for url in store.deployments()]) == (False, [OTHER])
    store.write(OTHER, NEWER)
    assert provider.entries == {key: None, "other.example.com": entry(OTHER, NEWER)}
    store.check(HTTPS)
    store.write(HTTPS, TOKEN)
    assert provider.entries["dev.example.com"] == entry(HTTPS)
    store.delete(HTTPS)
    assert "dev.example.com" not in provider.entries


def test_a_url_that_is_null_is_none(store: KeyringStore, provider: SharedKeyring) -> None:
    """As a field that is not there: no origin is recorded."""
    provider.put({"dev.example.com": entry(None)})
    assert store.read(HTTPS) == TOKEN
    with pytest.raises(SchemeNotRecordedError):
        store.read(HTTP)


def test_damage_under_another_spelling_is_replaced_only_when_asked(
    store: KeyringStore, provider: SharedKeyring
) -> None:
    """It hides no session; a login by name puts the session there too, and another origin's is left alone."""
    theirs = {"dev.example.com:80": entry("https://dev.example.com:80")}
    provider.put({"DEV.example.com": 5, "dev.example.com:443": None} | theirs)
    store.write(HTTPS, TOKEN)
    assert provider.entries["DEV.example.com"] == 5
    store.write(HTTPS, TOKEN, replace=True)
    both = {key: entry(HTTPS) for key in ("DEV.example.com", "dev.example.com")}
    assert provider.entries == both | {"dev.example.com:443": None} | theirs


@pytest.mark.parametrize("token", [7, True, ["t"], {"t": 1}], ids=["number", "boolean", "list", "object"])
def test_a_token_that_is_no_string_is_damage(store: KeyringStore, provider: SharedKeyring, token: object) -> None:
    """A login mends it; it is no session until then."""
    provider.put({"dev.example.com": entry(HTTPS, token)})
    with pytest.raises(StoreDamagedError, match="has a token that is not a string") as caught:
        store.read(HTTPS)
    assert caught.value.key == "dev.example.com"
    assert store.deployments() == []
    store.write(HTTPS, TOKEN)
    assert provider.raw == MAP


@pytest.mark.parametrize(
    "stored", [entry(HTTPS, ""), entry(HTTPS, None), entry(HTTPS, 0), {"coder_url": HTTPS}, {}], ids=str
)
def test_an_entry_without_a_token_is_no_session(store: KeyringStore, provider: SharedKeyring, stored: object) -> None:
    """It is not found, and not listed."""
    provider.put({"dev.example.com": stored})
    with pytest.raises(SessionNotFoundError):
        store.read(HTTPS)
    assert store.deployments() == []


@pytest.mark.parametrize("token", ["a\r\nX: y", "x" * 257, "tök"], ids=["header", "long", "not-ascii"])
def test_a_stored_token_that_can_be_none_is_not_given_out(
    store: KeyringStore, provider: SharedKeyring, token: str
) -> None:
    """It would go into a header; the error does not show it."""
    provider.put({"dev.example.com": entry(HTTPS, token)})
    with pytest.raises(InvalidTokenError) as caught:
        store.read(HTTPS)
    assert caught.value.message.startswith("the stored session for https://dev.example.com is not a session token")
    assert token not in str(caught.value)


def test_the_list_names_only_what_a_read_finds(store: KeyringStore, provider: SharedKeyring) -> None:
    """Each origin once, in the stored order; no entry of another form, and none under a foreign key."""
    provider.put(
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
    listed = [str(url) for url in store.deployments()]
    assert listed == ["https://c.example.com", HTTP, "https://a.example.com"]
    assert [store.read(url) for url in listed] == [TOKEN] * 3


def test_a_kelvin_sign_is_no_k(store: KeyringStore, provider: SharedKeyring) -> None:
    """Lower case makes a k of it: an entry under such a key is never another host's."""
    provider.put({"\u212aube.example.com": entry("\u212aube.example.com")})
    with pytest.raises(SessionNotFoundError):
        store.read("https://kube.example.com")
    store.write("https://kube.example.com", NEWER)
    assert list(provider.entries) == ["\u212aube.example.com", "kube.example.com"]


# The map itself.


def test_a_map_is_like_no_other_thing() -> None:
    """Also when what it holds is like it."""
    assert Entries({}) == Entries({})
    assert Entries({}) != {}


def test_an_entry_without_a_token_hides_no_other_one() -> None:
    """The Go client leaves one so when it logs out of a host that it spells in that way."""
    url = DeploymentURL.parse(HTTPS)
    assert Entries({"dev.example.com": entry(HTTPS, ""), "DEV.example.com": entry(HTTPS)}).token(url) == TOKEN


def test_a_value_that_is_no_entry_is_no_session() -> None:
    """And no bug: other programs may keep what they like under a key."""
    assert not Entries({"dev.example.com": "text"}).has(DeploymentURL.parse(HTTPS).origin)


def test_a_token_without_a_url_is_no_single_session() -> None:
    """A map may have any key."""
    blob = compact({"api_token": "a host of that name", "dev.example.com": entry(HTTPS)})
    assert Entries.decode(blob).encode() == blob


def test_what_is_taken_back_is_our_own_change_alone() -> None:
    """Another client has changed the other entry meanwhile, but for its token."""
    before = Entries({"a.example.com": entry("https://a.example.com"), "b.example.com": entry("https://b.example.com")})
    after = Entries.decode(before.encode().replace(TOKEN.encode(), NEWER.encode(), 1))
    met = Entries({**json.loads(after.encode()), "b.example.com": entry("https://b.example.com", note=1)})
    assert json.loads(met.take_back(before, after).encode()) == {
        "a.example.com": entry("https://a.example.com"),
        "b.example.com": entry("https://b.example.com", note=1),
    }
