"""A body that was compressed on its way: we never ask for that, and a proxy may do it all the same."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

MAX_CODINGS = 2
"""How many one inside the other are unpacked."""

_MAX_MEMBERS = 100  # of gzip; each costs a copy of what follows it

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class UnreadableBodyError(ValueError):
    """The body is compressed in a way that we don't read, is damaged, or is too long when it is unpacked."""


def find_codings(headers: Message) -> list[str]:
    """The codings of the body, in lower case and in the order in which they were applied: RFC 9110 section 8.4."""
    names = ",".join(map(str, headers.get_all("Content-Encoding", []))).lower().split(",")
    return [name.strip() for name in names if name.strip() not in ("", "identity")]


def unpack(body: bytes, headers: Message, limit: int) -> bytes:
    """*body* without the codings that *headers* name. Raises UnreadableBodyError, also for more than *limit* bytes."""
    codings = find_codings(headers)
    if len(codings) > MAX_CODINGS:
        raise UnreadableBodyError
    for coding in reversed(codings):
        body = _unpack_one(body, coding, limit)
    return body


def _unpack_one(body: bytes, coding: str, limit: int) -> bytes:
    try:
        if coding in ("gzip", "x-gzip"):
            return _inflate(body, _GZIP, limit)
        if coding == "deflate":
            # By its name it has the header of zlib; some servers leave it out.
            return _inflate(body, _ZLIB if _has_zlib_header(body) else _RAW, limit)
    except zlib.error as error:
        raise UnreadableBodyError from error
    raise UnreadableBodyError


def _inflate(body: bytes, form: int, limit: int) -> bytes:
    unpacked, members = b"", 0
    while body and members < _MAX_MEMBERS:
        stream = zlib.decompressobj(form)
        unpacked += stream.decompress(body, limit + 1 - len(unpacked))
        if len(unpacked) > limit or not stream.eof:
            raise UnreadableBodyError
        body, members = stream.unused_data if form == _GZIP else b"", members + 1
    if body:
        raise UnreadableBodyError
    return unpacked


def _has_zlib_header(body: bytes) -> bool:
    """RFC 1950 section 2.2: method 8, and a check sum over two bytes."""
    return len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
