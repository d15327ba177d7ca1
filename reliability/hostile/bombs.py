"""Small answers that grow: bodies that are compressed, JSON that is costly, headers that are."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from functools import cache

from hostile.behaviours import answer, flood, say
from hostile.calls import OK, USER, Call
from hostile.rows import EITHER, FAILS, Behaviour, Row

LIMIT = 1024 * 1024
"""Bytes of a body that the command reads; a bomb is a little smaller, where it is not to be cut there."""

_ROOM = LIMIT - 1000
_TYPE = b"Content-Type: application/json\r\n"


def _gzip_header() -> bytes:
    return b"\x1f\x8b\x08\0\0\0\0\0\0\3"


@cache
def _deflate_zeros(megabytes: int) -> bytes:
    """A raw deflate stream of that many zeros, a thousandth as long: one flushed block, again and again."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = stream.compress(bytes(1024 * 1024)) + stream.flush(zlib.Z_FULL_FLUSH)
    return block * megabytes + stream.flush()


@cache
def _make_nested_bomb() -> bytes:
    """10 GB of zeros, compressed twice."""
    return gzip.compress(_gzip_header() + _deflate_zeros(10_000), 9)


def _make_compressed() -> dict[str, tuple[bytes, bytes]]:
    """Content-Encoding and body of each; every bomb fits into the limit."""
    flat = _deflate_zeros(1000)[:_ROOM]
    return {
        "gzip of 1 GB": (b"gzip", _gzip_header() + flat),
        "deflate of 1 GB": (b"deflate", b"\x78\xda" + flat),
        "raw deflate of 1 GB": (b"deflate", flat),
        "gzip in gzip of 10 GB": (b"gzip, gzip", _make_nested_bomb()),
        "gzip in gzip, by two headers": (b"gzip\r\nContent-Encoding: gzip", _make_nested_bomb()),
        "gzip of 50000 members": (b"gzip", gzip.compress(b"") * 50_000),
        "gzip of members of 1 MB": (b"gzip", gzip.compress(bytes(LIMIT // 2), 9) * 100),
        "gzip with a name without end": (b"gzip", b"\x1f\x8b\x08\x08\0\0\0\0\0\3" + b"n" * _ROOM),
        "gzip that is cut": (b"x-gzip", gzip.compress(b"{}" * 1000)[:-9]),
        "gzip that is none": (b"gzip", b"{}"),
        "br": (b"br", b"\x8b\x01\x80{}\x03"),
        "zstd": (b"zstd", b"\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00{}"),
        "a coding of no name": (b"\x1b[31mevil\x07", b"{}"),
        "10000 codings": (b"gzip," * 10_000, b"{}"),
    }


def _repeat(item: str, separator: str = ",") -> str:
    """As many of *item* as there is room for."""
    return separator.join([item] * ((_ROOM - 500) // (len(item.encode()) + len(separator))))


def _list(item: str) -> str:
    return f"[{_repeat(item)}]"


def _text(piece: str) -> str:
    """A string of JSON, of as many of *piece* as there is room for."""
    return f'"{_repeat(piece, "")}"'


def _message(piece: str) -> bytes:
    return f'{{"message": {_text(piece)}}}'.encode()


def _make_user(**fields: str) -> bytes:
    """The user with JSON text in the place of some fields."""
    texts = {name: json.dumps(value) for name, value in USER.items()} | fields
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}").encode()


def _nest(depth: int, start: str = "[", end: str = "]") -> str:
    return start * depth + "0" + end * depth


def _make_json() -> dict[str, tuple[frozenset[int], bytes]]:
    """Bodies, in UTF-8 but where they say so."""
    user = json.dumps(USER)
    return {
        "nested lists without end": (FAILS, b"[" * _ROOM),
        "nested lists": (FAILS, _nest(_ROOM // 2 - 1).encode()),
        "nested objects": (FAILS, _nest(_ROOM // 7, '{"a":', "}").encode()),
        "many nested lists": (EITHER, _make_user(more=_list(_nest(800)))),
        "many nested objects": (EITHER, _make_user(more=_list(_nest(800, '{"":', "}")))),
        "many objects": (EITHER, _make_user(more=_list('{"":0}'))),
        "many keys": (EITHER, _make_user(more="{" + ",".join(f'"{n:x}":0' for n in range(90_000)) + "}")),
        "one key many times": (EITHER, _make_user(more="{" + _repeat('"a":[]') + "}")),
        "many numbers": (EITHER, _make_user(more=_list("1e9"))),
        "a number of a million digits": (EITHER, _make_user(more="9" * (_ROOM - 500))),
        "a number of 4000 digits": (EITHER, _make_user(username="9" * 4000)),
        "an exponent of a million digits": (EITHER, _make_user(more="1e" + "9" * (_ROOM - 500))),
        "NaN and Infinity": (EITHER, _make_user(more="[NaN, Infinity, -Infinity, 1e9999]")),
        "a name of 1 MB": (EITHER, _make_user(username=_text("a"))),
        "a name of 1 MB, beyond the BMP": (EITHER, _make_user(username=_text("\U0001f600"))),
        "a name of 1 MB of escapes": (EITHER, _make_user(username=_text("\\u001b"))),
        "an id of 1 MB": (EITHER, _make_user(id=_text("-"))),
        "many organizations": (EITHER, _make_user(organization_ids=_list('""'))),
        "many long organizations": (EITHER, _make_user(organization_ids=_list(json.dumps("o" * 600)))),
        "many roles": (EITHER, _make_user(roles=_list('{"name":"a"}'))),
        "a role that is nested": (EITHER, _make_user(roles='[{"name":' + _nest(900) + "}]")),
        "a role of 900 objects": (EITHER, _make_user(roles='[{"name":' + _nest(900, '{"a":', "}") + "}]")),
        "roles that are a number": (EITHER, _make_user(roles="7")),
        "roles that are text": (EITHER, _make_user(roles='"owner"')),
        "organizations that are an object": (EITHER, _make_user(organization_ids='{"a": 1}')),
        "the same key twice": (EITHER, user.replace("{", '{"username": 7, ', 1).encode()),
        "bytes that are no text": (FAILS, user.replace("alex", "alex\udcff").encode(errors="surrogateescape")),
        "a lone surrogate": (EITHER, user.replace("alex", "al\\ud800ex").encode()),
        "surrogates in reverse": (EITHER, user.replace("alex", "\\udc00\\ud800").encode()),
        "UTF-16": (EITHER, user.encode("utf-16")),
        "UTF-16, big-endian": (EITHER, user.encode("utf-16-be")),
        "UTF-32": (EITHER, user.encode("utf-32")),
        "UTF-8 with a mark": (EITHER, b"\xef\xbb\xbf" + user.encode()),
        "two marks": (FAILS, b"\xef\xbb\xbf\xef\xbb\xbf" + user.encode()),
        "an overlong NUL": (FAILS, user.encode().replace(b"alex", b"al\xc0\x80ex")),
        "UTF-7": (EITHER, user.replace("alex", "+AGEAbABlAHg-").encode()),
        "a NUL in a name": (EITHER, user.replace("alex", "al\\u0000ex").encode()),
        "nothing": (FAILS, b""),
        "null": (FAILS, b"null"),
        "text": (FAILS, b'"text"'),
        "a number": (FAILS, b"7"),
        "an empty list": (EITHER, b"[]"),
        "an empty object": (EITHER, b"{}"),
        "two values": (FAILS, user.encode() * 2),
        "a megabyte of spaces": (FAILS, b" " * _ROOM),
    }


def _make_errors() -> dict[str, bytes]:
    """Bodies of an answer that tells of an error."""
    return {
        "a message of 1 MB": _message("a"),
        "a message of 1 MB, beyond the BMP": _message("\U0001f600"),
        "a message of 1 MB like tokens": _message("0123456789-"),
        "a message of 1 MB of dashes": _message("a-"),
        "many validations": b'{"message": "m", "validations": ' + _list("{}").encode() + b"}",
        "nested validations": b'{"validations": [{"field": ' + _nest(900).encode() + b"}]}",
    }


def _headers() -> dict[str, bytes]:
    """Heads that are costly to read, for a body that follows."""
    start = OK.replace(b"Content-Type: application/json\r\n", b"")
    fold = b"\r\n " + b";" * 60_000
    return {
        "parameters of 60 KB": start + b'Content-Type: multipart/mixed; "' + b";" * 60_000 + b"\r\n",
        "parameters of 240 KB": start + b'Content-Type: multipart/mixed; "' + fold * 4 + b"\r\n",
        "continued parameters": start + b"Content-Type: multipart/mixed" + b";a*0*=b" * 8000 + b"\r\n",
        "a type of 60 KB": start + b"Content-Type: " + b"/" * 60_000 + b"\r\n",
        "a coding of 60 KB": OK + b"Content-Encoding: " + b"," * 60_000 + b"\r\n",
        "a location of 60 KB": OK.replace(b"200 OK", b"307 x") + b"Location: /" + b"../" * 20_000 + b"\r\n",
        "a location of 60 KB of escapes": OK.replace(b"200 OK", b"307 x") + b"Location: /" + b"%1b" * 20_000 + b"\r\n",
        "a build of 60 KB": b"HTTP/1.1 200 OK\r\nX-Coder-Build-Version: " + b"v" * 60_000 + b"\r\n",
    }


def _end_head(head: bytes) -> Behaviour:
    def behave(call: Call) -> None:
        body = call.good_body
        call.say(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return behave


def list_bombs() -> Iterator[Row]:
    for name, (coding, body) in _make_compressed().items():
        headers = _TYPE + b"Content-Encoding: " + coding + b"\r\n"
        yield Row("bombs", name, answer(b"200 OK", headers, body))
    for name, (ends, body) in _make_json().items():
        yield Row("bombs", f"JSON: {name}", answer(b"200 OK", _TYPE, body), ends=ends)
    yield Row("bombs", "JSON: 100 MB of text", flood(OK + b'\r\n{"username": "', b"a"))
    yield Row("bombs", "JSON: 10 million digits", flood(OK + b"\r\n[", b"9"))
    for name, body in _make_errors().items():
        yield Row("bombs", f"error: {name}", answer(b"500 x", _TYPE, body), says="answered 500")
    for name, head in _headers().items():
        yield Row("bombs", f"header: {name}", _end_head(head), ends=EITHER)
    yield Row("bombs", "gzip without a length", say(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}") * 9))
