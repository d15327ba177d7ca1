"""The stored blob as JSON: what is understood, and damage, which is named, never overwritten and never shown."""

from __future__ import annotations

import json
import os
import traceback

import pytest
from coder_login.sessionstore import KeyringStore, SessionNotFoundError, StoreDamagedError
from coder_login.sessionstore.blob import check, is_simple
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stores import HTTPS, NEWER, OTHER, TOKEN, SharedKeyring, compact, entry

pytest_plugins = ["store_fixtures"]


def nested(levels: int) -> bytes:
    """A map whose deepest list or object is at *levels*, the map itself being at 1."""
    return b'{"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


NOT_JSON = "text that is not JSON: an error at character"
LONG = "JSON with a number too long, or nested too deep"
SINGLE = "a single session whose URL is not understood"
DUPLICATE = "a JSON object with a duplicate key"
SURROGATE = "a string with a lone surrogate"
DAMAGE = {
    "one-character-of-utf-16": (b"1\0", "a JSON number, not an object"),
    "not-json": (b"hunter2", f"{NOT_JSON} 0 of 7"),
    "cut-off": (b'{"hunter2": ', f"{NOT_JSON} 12 of 12"),
    "nul-after-it": (b'{"hunter2":1}\0', f"{NOT_JSON} 13 of 14"),
    "blank": (b" ", f"{NOT_JSON} 1 of 1"),
    "list": (b'["hunter2"]', "a JSON list, not an object"),
    "string": (b'"hunter2"', "a JSON string, not an object"),
    "number": (b"42", "a JSON number, not an object"),
    "fraction": (b"1.5", "a JSON number, not an object"),
    "boolean": (b"true", "a JSON boolean, not an object"),
    "null": (b"null", "a JSON null, not an object"),
    "duplicate-key": (b'{"hunter2":1,"hunter2":2}', DUPLICATE),
    "duplicate-key-deeper": (b'{"a":{"\\u0062":"hunter2","b":1}}', DUPLICATE),
    "nan": (b'{"hunter2":NaN}', "the number NaN, which is not JSON"),
    "infinity": (b'{"hunter2":-Infinity}', "the number -Infinity, which is not JSON"),
    "out-of-range": (b'{"hunter2":1e999}', "a number that is out of range"),
    "lone-surrogate": (b'{"hunter2":"\\ud800"}', SURROGATE),
    "lone-surrogate-last": (b'{"hunter2\\udfff":1}', SURROGATE),
    "surrogates-swapped": (b'{"hunter2":[{"a":"\\udc00\\ud800"}]}', SURROGATE),
    "nested-33": (nested(33), "JSON nested deeper than 32 levels"),
    "nested-500": (nested(500), "JSON nested deeper than 32 levels"),
    "nested-100000": (b'{"x":' + b"[" * 100_000, LONG),
    "huge-integer": (b'{"x":' + b"9" * 5000 + b"}", LONG),
    "not-utf-8": (b'{"hunter2":"\xff"}', "15 bytes that are not UTF-8"),
    "encoded-surrogate": (b"\xed\xa0\x80hunter2", "10 bytes that are not UTF-8"),
    "utf-16-big-endian": (b"\xfe\xff\0{\0}", "6 bytes that are not UTF-8"),
    "utf-16-odd": (b"{\0}", "3 bytes that are not UTF-16-LE"),
    "utf-16-surrogate": (b"\xff\xfe\x00\xd8{\0", "6 bytes that are not UTF-16-LE"),
    "single-object-surrogate": (b'{"coder_url":"https://dev.example.com/\\ud800","api_token":"hunter2"}', SINGLE),
    "single-object-of-ftp": (b'{"coder_url":"ftp://hunter2","api_token":"t"}', SINGLE),
    "single-object-of-nobody": (b'{"coder_url":"","api_token":"hunter2"}', SINGLE),
}


@pytest.mark.parametrize(("raw", "found"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_named_and_neither_overwritten_nor_shown(
    store: KeyringStore, provider: SharedKeyring, raw: bytes, found: str
) -> None:
    """By no operation but a reset; no error drags the content along into a log."""
    provider.raw = raw
    for operation in (
        lambda: store.read(HTTPS),
        lambda: store.write(HTTPS, TOKEN),
        lambda: store.write(HTTPS, TOKEN, replace=True),
        lambda: store.delete(HTTPS),
        lambda: store.check(HTTPS),
        store.deployments,
    ):
        with pytest.raises(StoreDamagedError) as caught:
            operation()
        error = caught.value
        assert error.message == f"the stored sessions can't be understood: {found}"
        assert (error.key, error.__cause__, error.__context__) == (None, None, None)
        shown = f"{error!r} {vars(error)}" + "".join(traceback.format_exception(error))
        assert not any(secret in shown for secret in ("hunter2", "\\ud800", "999999"))
        assert provider.raw == raw
    store.reset()
    assert provider.raw is None


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xef\xbb\xbf", b"\xff\xfe", b"{\0}\0"])
def test_an_empty_blob_is_an_empty_map(store: KeyringStore, provider: SharedKeyring, raw: bytes) -> None:
    """It holds no session, and takes one."""
    provider.raw = raw
    assert store.deployments() == []
    with pytest.raises(SessionNotFoundError):
        store.read(HTTPS)
    store.write(HTTPS, TOKEN)
    assert provider.raw == compact({"dev.example.com": entry(HTTPS)})


@pytest.mark.parametrize(
    "raw",
    [nested(32), b'{"x":' + b"9" * 2000 + b"}", b'{"x":1e308}', b'{"x":"\\ud83d\\udd11"}', b'{"x":"\\u0000\\u001b"}'],
    ids=["nested-32", "long-integer", "large-number", "surrogate-pair", "escaped-controls"],
)
def test_what_is_just_understood_survives_a_write(store: KeyringStore, provider: SharedKeyring, raw: bytes) -> None:
    """As the same JSON value, readable the next time."""
    provider.raw = raw
    store.write(HTTPS, NEWER)
    assert provider.entries["x"] == json.loads(raw)["x"]
    assert store.read(HTTPS) == NEWER


def test_a_single_object_that_is_too_deep_for_the_map_is_damage(store: KeyringStore, provider: SharedKeyring) -> None:
    """The map adds a level: written, it could not be read again."""
    single = b'{"coder_url":"https://dev.example.com","api_token":"t","x":%b}'
    provider.raw = single % (b"[" * 30 + b"]" * 30)
    store.write(OTHER, TOKEN)
    assert store.read(HTTPS) == "t"
    provider.raw = single % (b"[" * 31 + b"]" * 31)
    with pytest.raises(StoreDamagedError, match="nested deeper than 32 levels"):
        store.write(OTHER, TOKEN)


TEXTS = st.text(max_size=3) | st.sampled_from(["\ud800", "\\", "{[", "\udfff\ud800", "\U0001f600", "\u5b5c"])
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=40,
)


@settings(deadline=None, database=None, derandomize=bool(os.environ.get("CI")), max_examples=500)
@given(value=VALUES, levels=st.sampled_from([0, 28, 29, 30, 31, 32]), encoding=st.sampled_from(["utf-8", "utf-16-le"]))
@example("\ud800", 0, "utf-16-le")
@example("", 30, "utf-8")
@example("", 31, "utf-16-le")
def test_a_blob_that_is_not_walked_has_nothing_to_be_found(value: object, levels: int, encoding: str) -> None:
    """Neither a lone surrogate nor depth, also with the level that a map adds to the older single object."""
    for _ in range(levels):
        value = [value]
    if is_simple(json.dumps({"x": value}).encode(encoding)):
        check({"dev": {"x": value}})
