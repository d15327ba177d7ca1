"""Servers that never come to an end: in each place of an answer they flood, they drip, and they stall."""

from __future__ import annotations

from collections.abc import Iterator

from hostile.behaviours import drip, flood, stall
from hostile.calls import OK
from hostile.rows import CARRIERS, Layer, Row

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_START = b"HTTP/1.1 200 OK\r\n"
_LAST_CHUNK = CHUNKED + b"2\r\n{}\r\n0\r\n"
_LONG = b"b" * 60_000

# What has come when the hostility begins, and what then comes again and again.
HEADS: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b"\r\n"),
    "100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "102": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "103": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "headers of a 100": (b"HTTP/1.1 100 Continue\r\n", b"A: b\r\n"),
    "a header of a 103": (b"HTTP/1.1 103 Early Hints\r\nA: ", b"b"),
    "long headers of a 103": (b"HTTP/1.1 103 Early Hints\r\n", b"A: " + _LONG + b"\r\n"),
    "the version": (b"HTTP/", b"1"),
    "the status": (b"HTTP/1.1 ", b"2"),
    "the reason": (b"HTTP/1.1 200 ", b"O"),
    "a header's name": (_START, b"A"),
    "a header": (_START + b"A: ", b"b"),
    "headers": (_START, b"A: b\r\n"),
    "long headers": (_START, b"A: " + _LONG + b"\r\n"),
    "folds of a header": (_START + b"A: b\r\n", b" b\r\n"),
    "long folds of a header": (_START + b"A: b\r\n", b" " + _LONG + b"\r\n"),
    "parameters of a header": (_START + b'Content-Type: multipart/mixed; "', b";"),
}
BODIES: dict[str, tuple[bytes, bytes]] = {
    "a body without an end": (OK + b"\r\n", b" "),
    "a body of a length": (OK + b"Content-Length: 99999999999\r\n\r\n", b" "),
    "one chunk": (CHUNKED + b"FFFFFFFFFF\r\n", b" "),
    "small chunks": (CHUNKED, b"1\r\n \r\n"),
    "the size of a chunk": (CHUNKED, b"0"),
    "an extension of a chunk": (CHUNKED + b"1;a=", b"b"),
    "extensions of chunks": (CHUNKED, b"1;" + _LONG + b"\r\n \r\n"),
    "a trailer": (_LAST_CHUNK + b"A: ", b"b"),
    "trailers": (_LAST_CHUNK, b"A: b\r\n"),
    "long trailers": (_LAST_CHUNK, b"A: " + _LONG + b"\r\n"),
    "folds of a trailer": (_LAST_CHUNK + b"A: b\r\n", b" b\r\n"),
    "a compressed body": (OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\3", b"\0"),
    "a page": (b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n", b"<p>"),
    "a body with a redirect": (b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\n\r\n", b" "),
}
# Records of TLS: RFC 8446 section 5.1, and for the first RFC 5246 section 7.4.1.1.
HANDSHAKES: dict[str, tuple[bytes, bytes]] = {
    "hello requests": (b"", b"\x16\x03\x03\x00\x04\0\0\0\0"),
    "a long hello": (b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\0"),
    "changes of the cipher": (b"", b"\x14\x03\x03\x00\x01\x01"),
    "empty records": (b"", b"\x16\x03\x03\x00\x00"),
    "warnings": (b"", b"\x15\x03\x03\x00\x02\x01\x00"),
    "data": (b"", b"\x17\x03\x03\x00\x01\x00"),
    "no TLS": (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}
_PLACES: tuple[tuple[Layer, str, tuple[str, ...], dict[str, tuple[bytes, bytes]]], ...] = (
    ("request", "", CARRIERS, HEADS | BODIES),
    ("handshake", "TLS: ", ("tls", "proxy"), HANDSHAKES),
    ("connect", "CONNECT: ", ("proxy",), HEADS),
)


def list_streams(seconds: float) -> Iterator[Row]:
    """The rows, for a command with a time limit of *seconds*."""
    for layer, prefix, carriers, places in _PLACES:
        for name, (head, piece) in places.items():
            for family, behave in (
                ("floods", flood(head, piece)),
                ("drips", drip(head, piece)),
                ("stalls", stall(head)),
            ):
                if family != "stalls" or head:
                    yield Row(family, prefix + name, behave, layer, seconds=seconds, carriers=carriers)
        yield Row("stalls", f"{prefix}not a byte", stall(b""), layer, seconds=seconds, carriers=carriers)
