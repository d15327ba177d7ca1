"""`DeploymentURL.parse` on any text: what it accepts, a browser takes for the same place; what it refuses, it hides.

The other parser is ada, which reads URLs by the `URL Standard <https://url.spec.whatwg.org/>`_, as browsers do. We are
stricter on purpose, for a token goes to the host: a user name, another scheme, a query, a host that is not ASCII, a
number that is no plain IPv4 address, a dot segment and a port 0 are refused. In one place we are not: a label with
``xn--`` that decodes to nothing is ada's to refuse, and ours to look up as it stands, where it names no other host.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from coder_login.deployment import url_parsing
from coder_login.deployment.url import (
    DEFAULT_PORTS,
    DeploymentURL,
    InvalidURLError,
    find_other_spellings,
    parse_key,
    parse_origin,
    parse_plain,
)

from fuzzing.cursor import read_text
from fuzzing.judging import check_error

try:
    import ada_url
except ImportError:  # where nobody builds it; what needs no other parser is held all the same
    ada_url = None

WORDS = (
    "https://", "http://", "HTTP://", "ftp://", "localhost", "127.0.0.1", "0x7f.1", "017700000001", "[::1]",
    "[::ffff:", "[fe80::1%25", "xn--", "xn--bcher-kva", "dev.example.com", ":443", ":80", ":0443", ":65536", "/../",
    "/./", "%2e%2e", "%2F", "%00", "//", "/@anna/", "user:secret@", "\\", "?a=b", "#a", "\u212a", "\u3002", "\uff0e",
    "\xad", "\u2100", "\u0131", "\xdf", "\u200d", "\t", "\x85", "\ufeff", "|", "^", "[", "]", "..", "._", "-", "%",
)  # fmt: skip
"""Of the dictionary."""

# All that a refusal can say. Of the text it has a character of the host, a known scheme, or the address that it is.
_FACTS = re.compile(
    r"the URL (is empty|lacks a // after the scheme|can't be parsed|has (no host|the port 0|a query or a fragment)"
    r"|has (an unknown scheme|the scheme (file|ftp|git|javascript|ssh|ws|wss))|holds a user name or a password"
    r"|holds (white space, a control character or a backslash|bytes that are not UTF-8 text))"
    r"|the URL's host (is not (ASCII|a host name|an IPv6 address)|has the character ('[ -~]'|\"'\"|'\\\\'')"
    r"|ends in a number, and is not an IPv4 address)|the URL's path has a \. or \.\. in it"
    r"|a browser takes the URL's host for the address \d+\.\d+\.\d+\.\d+"
)


def try_url(data: bytes) -> None:
    text = read_text(data)
    plain = parse_plain(text)
    try:
        url = DeploymentURL.parse(text)
    except InvalidURLError as error:
        assert plain is None
        _check_refusal(text, error)
    else:
        assert plain is None or plain == url_parsing.parse(text), "read as plain, and not so by the rules"
        _check_accepted(text, url)
    _check_relatives(text)


def _check_refusal(text: str, error: InvalidURLError) -> None:
    check_error(error)
    assert _FACTS.fullmatch(error.message), error.message
    assert error.__cause__ is None and error.__context__ is None, "the cause carries the text"


def _check_accepted(text: str, url: DeploymentURL) -> None:
    assert f"{url}".isascii()
    assert DeploymentURL.parse(f"{url}") == url, "not the same when it is read again"
    assert url.origin.scheme in DEFAULT_PORTS and 0 < url.origin.port <= 0xFFFF
    assert not url.path.endswith("/") and url.path[:1] in ("", "/")
    if ada_url is None:
        return
    typed = text.strip()
    _check_by_standard(typed if "://" in typed else f"{url.origin.scheme}://{typed}", url)
    _check_by_standard(f"{url}", url)


def _check_by_standard(text: str, url: DeploymentURL) -> None:
    """Hold that the URL Standard reads *text* as *url*."""
    try:
        other = ada_url.URL(text)
    except ValueError:
        assert "xn--" in url.origin.host, f"no browser reads {text!a}"
        return
    place = (other.protocol, other.hostname, other.port or f"{DEFAULT_PORTS[url.origin.scheme]}")
    assert place == (f"{url.origin.scheme}:", url.origin.host, f"{url.origin.port}"), f"a browser goes to {place}"
    assert not (other.username or other.password or other.search or other.hash)
    assert _split(other.pathname) == _split(url.path), f"a browser asks for {other.pathname}"


def _split(path: str) -> list[bytes]:
    """The segments of *path*, without the slashes at its end: which characters are encoded is the writer's choice."""
    return [unquote_to_bytes(segment) for segment in path.rstrip("/").split("/")]


def _check_relatives(text: str) -> None:
    """A key of a keyring, and a redirect's target, are read by the same rules."""
    parse_origin(text)
    origin = parse_key(text, "https")
    if origin is not None and text != origin.key:
        assert find_other_spellings([text], origin) == [text]
