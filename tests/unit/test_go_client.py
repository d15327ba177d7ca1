"""Our sessions beside those of the Go client, in both of its forms, however a URL is spelled; a keyring in memory.

The client is a stand-in (`go_client`), which was compared with the real one's code.
"""

from __future__ import annotations

from functools import partial

import pytest
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    AmbiguousSessionError,
    KeyringStore,
    SchemeNotRecordedError,
    SessionNotFoundError,
    StoreDamagedError,
)
from coder_login.sessionstore.go_form import Misfits, find_misfits
from go_client import GoClient, GoError
from stores import NEWER, OTHER, TOKEN, BodyError, SharedKeyring, entry, fail_after

pytest_plugins = ["store_fixtures"]
THIRD = "5555555555-thirdthirdthirdthirdth"


@pytest.fixture(params=[False, True], ids=["released", "newest"])
def go(request: pytest.FixtureRequest, provider: SharedKeyring) -> GoClient:
    """Each form of the client."""
    return GoClient(provider, records_origin=request.param)


@pytest.fixture
def newest(provider: SharedKeyring) -> GoClient:
    return GoClient(provider, records_origin=True)


SPELLED = {
    "usual": "https://dev.example.com",
    "upper-case": "https://Dev.Example.com",
    "default-port": "https://dev.example.com:443",
    "default-port-http": "http://dev.example.com:80",
    "upper-case-default-port": "https://DEV.example.com:443/base",
    "empty-port": "https://dev.example.com:",
    "zeros-before-the-port": "https://dev.example.com:0443",
    "another-port": "https://dev.example.com:8443",
    "trailing-dot": "https://dev.example.com.:443",
    "ipv6-in-full": "https://[2001:0DB8:0:0::1]",
    "ipv6-default-port": "https://[2001:db8:0::1]:443",
    "ipv6-another-port": "https://[2001:db8:0::1]:8443",
    "ipv6-http": "http://[2001:db8:0::1]:80",
    "loopback": "http://[0:0::1]:80",
    "loopback-by-name": "http://LocalHost:03000",
}
EACH_SPELLING = pytest.mark.parametrize("url", SPELLED.values(), ids=SPELLED)
OTHERS_KEY = {name: url for name, url in SPELLED.items() if name not in ("usual", "upper-case", "another-port")}
EACH_OTHER_KEY = pytest.mark.parametrize("url", OTHERS_KEY.values(), ids=OTHERS_KEY)


def usual(url: str) -> str:
    """As our `url` file spells it."""
    return str(DeploymentURL.parse(url))


@EACH_SPELLING
def test_a_go_session_does_not_vanish_for_a_login_of_ours(store: KeyringStore, go: GoClient, url: str) -> None:
    """It is found as its user spelled the host, and as the `url` file does by then: with the new token."""
    go.write(url, TOKEN)
    store.write(url, NEWER)
    assert (go.read(url), go.read(usual(url)), store.read(url)) == (NEWER, NEWER, NEWER)


@EACH_SPELLING
def test_the_newest_client_reads_what_the_released_one_and_we_wrote(
    store: KeyringStore, provider: SharedKeyring, newest: GoClient, url: str
) -> None:
    """It compares the origin that is on record, letter by letter."""
    GoClient(provider, records_origin=False).write(url, TOKEN)
    store.write(url, NEWER)
    assert (newest.read(url), newest.read(usual(url))) == (NEWER, NEWER)


@EACH_SPELLING
def test_a_logout_of_ours_is_one_for_every_spelling(
    store: KeyringStore, provider: SharedKeyring, go: GoClient, url: str
) -> None:
    """And one of the Go client's leaves nothing that a logout of ours would not remove."""
    go.write(url, TOKEN)
    store.write(url, NEWER)
    store.delete(url)
    assert (go.read(url), go.read(usual(url)), provider.raw) == (None, None, None)


@EACH_OTHER_KEY
def test_a_newer_go_session_under_another_spelling_is_told_and_ended_by_a_login(
    store: KeyringStore, newest: GoClient, url: str
) -> None:
    """Nothing tells which of two tokens is good: the error names both keys, and a login replaces both."""
    store.write(url, TOKEN)
    newest.write(url, NEWER)
    with pytest.raises(AmbiguousSessionError) as caught:
        store.read(url)
    key = url.lower().split("/")[2]
    assert caught.value.keys == (DeploymentURL.parse(url).origin.key, key)
    store.check(url)
    store.write(url, THIRD)
    assert (store.read(url), newest.read(url), newest.read(usual(url))) == (THIRD, THIRD, THIRD)


@EACH_OTHER_KEY
def test_two_sessions_of_two_spellings_can_be_logged_out_of(
    store: KeyringStore, provider: SharedKeyring, newest: GoClient, url: str
) -> None:
    """Unread: both go."""
    store.write(url, TOKEN)
    newest.write(url, NEWER)
    store.delete(url)
    assert provider.raw is None


@EACH_SPELLING
def test_an_undo_restores_every_spelling(store: KeyringStore, provider: SharedKeyring, go: GoClient, url: str) -> None:
    """To the byte; beside another client's write, each in its place."""
    go.write(url, TOKEN)
    before = provider.raw
    with pytest.raises(BodyError), store.replacing(url, NEWER):
        raise BodyError
    assert provider.raw == before
    entries = provider.entries
    with pytest.raises(BodyError), store.replacing(url, NEWER):
        fail_after(partial(go.write, OTHER, THIRD))
    assert (go.read(url), go.read(OTHER)) == (TOKEN, THIRD)
    assert {key: value for key, value in provider.entries.items() if key in entries} == entries


@pytest.mark.parametrize(
    "other",
    [
        "https://dev.example.com.",
        "https://dev.example.com:80",
        "http://dev.example.com:443",
        "https://dev.example.com:8443",
        "https://dev.example.org",
    ],
)
def test_what_is_no_spelling_of_one_origin_is_another_session(
    store: KeyringStore, newest: GoClient, other: str
) -> None:
    """A trailing dot is another host to a browser and to a certificate; a port is the default of one scheme only."""
    newest.write(other, TOKEN)
    store.write("https://dev.example.com", NEWER)
    assert (newest.read(other), store.read(other)) == (TOKEN, TOKEN)
    store.delete("https://dev.example.com")
    assert newest.read(other) == TOKEN


@pytest.mark.parametrize("url", ["http://dev.example.com", "http://dev.example.com:80", "http://10.0.0.1:8080"])
def test_a_released_session_on_http_is_renewed_with_its_scheme(
    store: KeyringStore, provider: SharedKeyring, url: str
) -> None:
    """No scheme was recorded: not read for http, replaced unasked by the next login, and good for every client then."""
    released, newest = (GoClient(provider, records_origin=form) for form in (False, True))
    released.write(url, TOKEN)
    with pytest.raises(SchemeNotRecordedError):
        store.read(url)
    store.check(url)
    store.write(url, NEWER)
    assert [client.read(url) for client in (store, released, newest)] == [NEWER] * 3
    store.delete(url)
    with pytest.raises(SessionNotFoundError):
        store.read(url)


def test_a_key_that_no_go_client_looks_up_is_renewed_too(store: KeyringStore, provider: SharedKeyring) -> None:
    """It is somebody's, in that spelling; with white space around it, in lower case as `coder_url`."""
    provider.put({" DEV.example.com:443 ": entry("dev.example.com"), "x": 1})
    store.write("https://dev.example.com", NEWER)
    assert provider.entries == {
        " DEV.example.com:443 ": entry("https://dev.example.com", NEWER),
        "x": 1,
        "dev.example.com": entry("https://dev.example.com", NEWER),
    }


A_NUMBER = "that is a JSON number, not a string"
STRING, IN_WHOLE = "is a JSON string, not an object", "it has a byte-order mark, or another encoding than UTF-8"
FITS = {
    "empty-blob": b"",
    "empty-map": b" {}\n",
    "null-entry": b'{"a":null}',
    "empty-entry": b'{"a":{}}',
    "null-fields": b'{"a":{"coder_url":null,"api_token":null}}',
    "unknown-fields": b'{"a":{"apiToken":1,"api-token":[],"CoderURL":{},"x":[1e9]}}',
    "dotless-i": '{"a":{"ap\u0131_token":1}}'.encode(),
    "fields-of-one": b'{"coder_url":{},"api_token":{}}',
}
UNFIT = {
    "string": (b'{"a":"x"}', [f'the entry "a" {STRING}'], False),
    "number": (b'{"a":1.5}', ['the entry "a" is a JSON number, not an object'], False),
    "boolean": (b'{"a":false}', ['the entry "a" is a JSON boolean, not an object'], False),
    "list": (b'{"a":[]}', ['the entry "a" is a JSON list, not an object'], False),
    "url": (
        b'{"a":{"coder_url":{}}}',
        ['the entry "a" has a field "coder_url" that is a JSON object, not a string'],
        False,
    ),
    "token": (
        b'{"a":{"api_token":0}}',
        [f'the entry "a" has a field "api_token" {A_NUMBER}'],
        False,
    ),
    "case": (
        b'{"a":{"API_TOKEN":0}}',
        [f'the entry "a" has a field "API_TOKEN" {A_NUMBER}'],
        False,
    ),
    "two": (b'{"a":"x","b":{},"c":"x"}', [f'the entry "a" {STRING}', f'the entry "c" {STRING}'], False),
    "utf-8-with-bom": (b"\xef\xbb\xbf{}", [IN_WHOLE], True),
    "utf-16": (b"{\0}\0", [IN_WHOLE], True),
    "utf-16-with-bom": (b"\xff\xfe{\0}\0", [IN_WHOLE], True),
    "utf-16-bom-alone": (b"\xff\xfe", [IN_WHOLE], True),
    "bom-and-entry": (b'\xef\xbb\xbf{"a":"x"}', [IN_WHOLE, f'the entry "a" {STRING}'], False),
    "single": (b'{"coder_url":"a.example","api_token":"x"}', ["it is a single session, in an older form"], True),
}


@pytest.mark.parametrize("blob", FITS.values(), ids=FITS)
def test_what_the_go_client_can_read_is_no_problem(provider: SharedKeyring, go: GoClient, blob: bytes) -> None:
    """Nor is it one to the stand-in."""
    provider.raw = blob
    go.write("https://dev.example.com", TOKEN)
    assert find_misfits(blob) == Misfits([], is_mended=False)


@pytest.mark.parametrize(("blob", "facts", "is_mended"), UNFIT.values(), ids=UNFIT)
def test_what_stops_the_go_client_is_found(
    store: KeyringStore, provider: SharedKeyring, go: GoClient, blob: bytes, facts: list[str], is_mended: bool
) -> None:
    """Whichever deployment it is asked for; what our next write mends is said to be mended by it."""
    provider.raw = blob
    with pytest.raises(GoError):
        go.read("https://dev.example.com")
    misfits = store.find_misfits()
    assert (misfits.facts, misfits.is_mended) == (facts, is_mended)
    store.write("https://dev.example.com", NEWER)
    assert (store.find_misfits().facts == []) is is_mended


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(rb'{"a":"\ud800"}', id="lone-surrogate"),
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, id="too-deep"),
        pytest.param(b'{"coder_url":"a b","api_token":"x"}', id="single-without-host"),
        pytest.param(b"[]", id="list"),
    ],
)
def test_damage_is_damage_to_the_search_for_misfits(store: KeyringStore, provider: SharedKeyring, blob: bytes) -> None:
    """It says so, as every other call does, and not that all is well."""
    provider.raw = blob
    with pytest.raises(StoreDamagedError) as by_read:
        store.read("https://dev.example.com")
    with pytest.raises(StoreDamagedError) as by_search:
        store.find_misfits()
    assert by_search.value.message == by_read.value.message


@pytest.mark.parametrize("stale", [TOKEN, 7], ids=["text", "number"])
@pytest.mark.parametrize("name", ["API_TOKEN", "Api_Token", "api_to\u212aen"])
def test_a_field_that_the_go_client_takes_for_the_token_does_not_stay(
    store: KeyringStore, provider: SharedKeyring, go: GoClient, name: str, stale: object
) -> None:
    """It minds no case, not even the Kelvin sign's: the old one would hide the new token, or make it fail."""
    provider.put({"dev.example.com": entry("https://dev.example.com") | {name: stale, "note": 1}})
    store.write("https://dev.example.com", NEWER)
    assert go.read("https://dev.example.com") == NEWER
    assert provider.entries == {"dev.example.com": entry("https://dev.example.com", NEWER, note=1)}


@pytest.mark.parametrize(
    ("keys", "has_hosts", "has_others"),
    [
        pytest.param(["dev.example.com", "localhost", "[::1]:8443", "dev:8080"], True, False, id="hosts"),
        pytest.param(["version"], True, True, id="word"),
        pytest.param(["dev.example.com", ""], True, True, id="both"),
        pytest.param(["", "a b", "https://dev.example.com", "1.5"], False, True, id="others"),
    ],
)
def test_whose_key_does_not_fit_is_told(
    store: KeyringStore, provider: SharedKeyring, keys: list[str], has_hosts: bool, has_others: bool
) -> None:
    """A login can take the place of what has a deployment's key, and of nothing else; what fits does not count."""
    provider.put(dict.fromkeys(keys, 5) | {"fits.example.com": {}, "fits": None})
    misfits = store.find_misfits()
    assert (misfits.has_hosts, misfits.has_others) == (has_hosts, has_others)
    assert len(misfits.facts) == len(keys)


@pytest.mark.parametrize("key", ["dev.example.com", "DEV.example.com", "dev.example.com:443"])
@pytest.mark.parametrize("value", ["x", {"coder_url": 5}, {"api_token": 5}, {"API_TOKEN": 5}], ids=str)
def test_a_login_by_name_mends_whatever_stands_under_a_key_of_its_deployment(
    store: KeyringStore, provider: SharedKeyring, go: GoClient, key: str, value: object
) -> None:
    """As the next step says; the Go client then finds the session under that spelling too."""
    provider.put({key: value, "version": None})
    store.write("https://dev.example.com", NEWER, replace=True)
    assert store.find_misfits().facts == []
    assert {go.read(f"https://{key.lower()}"), go.read("https://dev.example.com")} == {NEWER}
    assert list(provider.entries)[:2] == [key, "version"]
