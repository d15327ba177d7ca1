"""Small readers of what others wrote: NO_PROXY, the URL of a proxy, a token, and a text that is to be printed."""

from __future__ import annotations

import base64
import re
import unicodedata

from coder_login.deployment import proxies
from coder_login.deployment.errors import RequestError
from coder_login.deployment.no_proxy import is_excluded
from coder_login.deployment.session_token import MAX_LENGTH, InvalidTokenError, check_token
from coder_login.deployment.url import DeploymentURL
from coder_login.text import is_plain_word, looks_like_token, printable, printable_lines, redact

from fuzzing.cursor import Cursor, read_text
from fuzzing.judging import check_error

WORDS = (
    "http://", "https://", "socks5://", "anna:s3cret-s3cret@", "@", "%41", "%", ":8080", ":0", "10.0.0.0/8",
    "::ffff:10.0.0.1/104", "[::1]", "*.example.com", ".example.com", "*", "dev.example.com", ":443",
    "[fe80::1%25eth0]", "xn--", "\u0130", "\u00e4", "0123456789-abcdefghijklmnopqrstuv", "s3cret-s3cret", "eyJ",
    "\x1b[2J", "\u202e", "\x85", "\u2028", "\U000e0001", "\ud7ff",
)  # fmt: skip

_ORIGINS = tuple(
    DeploymentURL.parse(text).origin
    for text in (
        "https://dev.example.com",
        "https://10.0.0.1:8443",
        "https://[::ffff:a00:1]",
        "https://xn--4ca.example",
    )
)
_SESSION = re.compile(r"\b[A-Za-z0-9]{10}-[A-Za-z0-9]{22}\b")
_MOVING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def try_text(data: bytes) -> None:
    cursor = Cursor(data)
    judge = cursor.pick((_try_no_proxy, _try_proxy, _try_token, _try_printing))
    judge(cursor, read_text(cursor.take_rest()))


def _try_no_proxy(_: Cursor, text: str) -> None:
    for origin in _ORIGINS:
        said = is_excluded(origin, text)
        assert is_excluded(origin, f" {text.upper()} ,") == said or not text.isascii()
        assert is_excluded(origin, f"{text},{origin.host.strip('[]')}"), "the host itself is named"
        assert is_excluded(origin, f"{text},*")


def _try_proxy(_: Cursor, text: str) -> None:
    secret = text.rpartition("@")[0].rpartition(":")[2]
    try:
        proxy = proxies._parse(text, "HTTPS_PROXY")
    except RequestError as error:
        check_error(error, {"a password": secret})
        return
    assert DeploymentURL.parse(f"http://{proxy}").origin == proxy.origin
    if "@" in text:
        place = re.split("[/?#]", text.rpartition("@")[2])[0]
        assert DeploymentURL.parse(f"http://{place}").origin == proxy.origin, "a part of the password is the host"
    assert len(secret) < 8 or secret in f"{proxy.origin}" or secret not in repr(proxy)
    for name, value in proxy.headers.items():
        assert name == "Proxy-Authorization"
        assert b":" in base64.b64decode(value.removeprefix("Basic "), validate=True)


def _try_token(_: Cursor, text: str) -> None:
    try:
        check_token(text, "the token")
    except InvalidTokenError as error:
        check_error(error, {"the token": text})
        assert not re.fullmatch(rf"[!-~]{{1,{MAX_LENGTH}}}", text)
    else:
        assert re.fullmatch(rf"[!-~]{{1,{MAX_LENGTH}}}", text)


def _try_printing(_: Cursor, text: str) -> None:
    shown = printable(text)
    assert not _MOVING & set(map(unicodedata.category, shown)), "what moves a cursor is printed"
    assert "\n".join(map(printable, text.split("\n"))) == printable_lines(text) or len(text) > 500
    hidden = redact(text, [text[:9], text[3:8]])
    assert not _SESSION.search(hidden)
    assert len(text) < 9 or text[:9] not in hidden or text[:9] in "[hidden]"
    assert looks_like_token(text) or not _SESSION.search(text)
    assert not (is_plain_word(text) and _SESSION.search(text))
