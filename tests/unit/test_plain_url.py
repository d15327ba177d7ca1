"""Plain URLs are read without the whole of the rules, and by the same rules. Nothing here touches Windows."""

from __future__ import annotations

import os

import pytest
from coder_login.deployment import url_parsing
from coder_login.deployment.url import (
    DeploymentURL,
    InvalidURLError,
    Origin,
    find_other_spellings,
    parse_key,
    parse_plain,
)
from coder_login.text import looks_like_token, printable
from hypothesis import example, given, settings
from hypothesis import strategies as st

CHECKED = settings(deadline=None, database=None, derandomize=bool(os.environ.get("CI")), max_examples=1000)

SCHEMES = st.sampled_from(["https://", "http://", "https:", "HTTPS://", "ftp://", "://", "https:///", ""])
LABELS = st.text("abcx0189-_", max_size=4) | st.sampled_from(
    ["dev", "example", "DEV", "localhost", "127", "0x1f", "0x", "x" * 63, "x" * 64, "xn--bcher-kva", "[::1]", "a@b"]
)
HOSTS = st.lists(LABELS, min_size=1, max_size=5).map(".".join) | st.sampled_from(["127.0.0.1", "127.0.0.01", "[::1]"])
PORTS = st.sampled_from(["", ":", ":0", ":1", ":80", ":443", ":0443", ":8443", ":65535", ":65536", ":+1", ":4_43"])
SEGMENTS = st.text("ab09-_~.%2eE+@?#;\\ é", max_size=4) | st.sampled_from([".", "..", "%2e", "coder", ""])
PATHS = st.just("") | st.lists(SEGMENTS, max_size=3).map(lambda segments: "/" + "/".join(segments))
URLS = st.tuples(SCHEMES, HOSTS, PORTS, PATHS).map("".join)
ANY_TEXT = st.text(max_size=30) | st.text("htps:/@?#[]%.\\0189aé\u212a\ud800 \t\n", max_size=30)


@CHECKED
@given(text=URLS | ANY_TEXT | st.tuples(URLS, ANY_TEXT).map("".join))
@example("https://dev.example.com/\u0131")
@example("https://dev\uff0ecom")
@example("https://\u0661.\u0661")
@example("https://dev:\u0661")
@example("https://127.0.0.1\n")
@example(f"https://{'x' * 64}")
@example("https://a.0x1")
@example("https://a.1")
@example("https://dev//x")
@example("https://dev-")
def test_what_is_read_as_plain_is_what_the_rules_say(text: str) -> None:
    """Else one program would send a token to another host than the other."""
    plain = parse_plain(text)
    if plain is not None:
        assert plain == url_parsing.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://dev.example.com", DeploymentURL(Origin("https", "dev.example.com", 443))),
        ("https://dev.example.com/", DeploymentURL(Origin("https", "dev.example.com", 443))),
        ("https://dev.example.com:443", DeploymentURL(Origin("https", "dev.example.com", 443))),
        ("http://127.0.0.1:3000", DeploymentURL(Origin("http", "127.0.0.1", 3000))),
        ("http://localhost:3000", DeploymentURL(Origin("http", "localhost", 3000))),
        ("https://my-host/base/Path_2/", DeploymentURL(Origin("https", "my-host", 443), "/base/Path_2")),
        ("https://my-host/my-path", DeploymentURL(Origin("https", "my-host", 443), "/my-path")),
        (f"https://{'x' * 63}", DeploymentURL(Origin("https", "x" * 63, 443))),
    ],
)
def test_what_nearly_everybody_writes_is_plain(text: str, expected: DeploymentURL) -> None:
    """And costs no start the rules, and what they import."""
    assert parse_plain(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("https://", id="no-host"),
        pytest.param("dev.example.com", id="no-scheme"),
        pytest.param("HTTPS://dev.example.com", id="scheme-in-capitals"),
        pytest.param("https://Dev.example.com", id="host-in-capitals"),
        pytest.param(" https://dev.example.com", id="space-before"),
        pytest.param("https://dev.example.com\n", id="line-end"),
        pytest.param("https://dev.example.com.", id="dot-last"),
        pytest.param("https://a..b", id="empty-part"),
        pytest.param("https://-dev", id="dash-first"),
        pytest.param("https://-dev.example.com", id="dash-first-of-two"),
        pytest.param("https://dev-", id="dash-last"),
        pytest.param("https://dev_1", id="underscore"),
        pytest.param("https://127.0.0.2", id="address"),
        pytest.param("https://host.0x1f", id="number-last"),
        pytest.param("https://[::1]", id="brackets"),
        pytest.param("https://anna@dev", id="user-name"),
        pytest.param("https://d\u0435v", id="cyrillic-e"),
        pytest.param(f"https://{'x' * 64}", id="long"),
        pytest.param("https://dev:", id="empty-port"),
        pytest.param("https://dev:0", id="port-0"),
        pytest.param("https://dev:080", id="port-with-zero"),
        pytest.param("https://dev:65536", id="port-too-high"),
        pytest.param(f"https://dev:{'1' * 5000}", id="port-of-more-digits-than-python-reads"),
        pytest.param("https://dev:\uff18\uff10", id="port-fullwidth"),
        pytest.param("https://dev//a", id="slashes-first"),
        pytest.param("https://dev/a//", id="slashes-last"),
        pytest.param("https://dev/..", id="dots"),
        pytest.param("https://dev/a%2e", id="percent"),
        pytest.param("https://dev/a?b", id="query"),
        pytest.param("https://dev/a#b", id="fragment"),
        pytest.param("https://dev/@anna", id="at"),
        pytest.param("https:\\\\dev", id="backslashes"),
    ],
)
def test_what_can_be_misread_is_not_plain(text: str) -> None:
    """In doubt the rules decide, right or wrong as they find it."""
    assert parse_plain(text) is None


# The keys of a keyring.

NAMES = st.sampled_from(
    ["dev", "DEV", "Dev", "dev.", "dev.example", "[::1]", "[0:0::1]", "[::1", "127.0.0.1", "kube", "\u212aube"]
)
SPACES = st.sampled_from(["", " ", "\t", "\n", "\x85", "\u3000", "\ufeff"])
KEYS = st.tuples(SPACES, NAMES, PORTS, PATHS, SPACES).map("".join) | URLS | ANY_TEXT
ORIGINS = st.builds(
    Origin,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["dev", "dev.", "dev.example", "[::1]", "127.0.0.1", "kube"]),
    st.sampled_from([80, 443, 8443, 1]),
)


@CHECKED
@given(key=KEYS, origin=ORIGINS)
@example(" DEV:0443\n", Origin("https", "dev", 443))
@example("[0:0::1]:", Origin("https", "[::1]", 443))
@example("\u212aube", Origin("https", "kube", 443))
def test_a_spelling_of_a_key_is_what_is_parsed_to_its_origin(key: str, origin: Origin) -> None:
    """Found without a look at each key of a keyring by all of the rules."""
    is_other = key != origin.key and parse_key(key, origin.scheme) == origin
    assert find_other_spellings([key], origin) == ([key] if is_other else [])


@pytest.mark.parametrize("key", ["DEV", "dev:443", " dev", "dev:", "dev:0443", "Dev:443\t"])
def test_the_spellings_of_a_key(key: str) -> None:
    """Its case, its port and white space around it; another host, or the key itself, is none."""
    keys = ["dev", "developer", f"{key}.example", key, "dev:80"]
    assert find_other_spellings(keys, Origin("https", "dev", 443)) == [key]


# Texts.


@CHECKED
@given(text=URLS | ANY_TEXT, words=st.lists(st.sampled_from(["a" * 10, "Z9" * 11, "-", "/", "x", "é"]), max_size=6))
@example("https://dev.example.com/", ["a" * 10, "-", "Z9" * 11])
def test_a_token_is_found_in_a_url_too(text: str, words: list[str]) -> None:
    """With a slash, or without one, as by the form alone."""
    import re

    texts = text + "".join(words)
    if re.search(r"\b[A-Za-z0-9]{10}-[A-Za-z0-9]{22}\b", texts):
        assert looks_like_token(texts)
    elif "/" in texts:
        assert not looks_like_token(texts)


@CHECKED
@given(text=st.text(max_size=20))
def test_what_is_printable_is_printed_as_it_is(text: str) -> None:
    """And of the rest, just what could move a cursor or reorder a line is escaped."""
    import unicodedata

    def shown(character: str) -> str:
        strange = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        return character.encode("unicode_escape").decode("ascii") if strange else character

    assert printable(text) == "".join(map(shown, text))


def test_a_refused_url_is_refused_by_the_rules() -> None:
    """The error is theirs, and names what is wrong."""
    with pytest.raises(InvalidURLError) as caught:
        DeploymentURL.parse("https://dev:0")
    assert (caught.value.message, caught.value.fault) == ("the URL has the port 0", url_parsing.URLFault.PORT)
