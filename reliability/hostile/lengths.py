"""Answers whose length is wrong, told twice or told in tricks, and answers that are not quite HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hostile.behaviours import frame, say
from hostile.calls import BUILD, OK
from hostile.rows import EITHER, FAILS, WORKS, Row
from hostile.streams import CHUNKED

_BARE = b"X-Coder-Build-Version: v2\n\n"


def _length(value: bytes, *, extra: bytes = b"") -> Callable[[bytes], bytes]:
    """The body with a Content-Length of *value*; %d is the right one, and %a one that is too long."""
    return lambda body: OK + extra + b"Content-Length: " + _fill(value, body) + b"\r\n\r\n" + body


def _fill(value: bytes, body: bytes) -> bytes:
    return value.replace(b"%d", b"%d" % len(body)).replace(b"%a", b"%d" % (len(body) + 1))


def _chunk(size: bytes, end: bytes = b"\r\n0\r\n\r\n", line: bytes = b"\r\n") -> Callable[[bytes], bytes]:
    """The body in one chunk with *size*; %x is the right one."""
    return lambda body: CHUNKED + size.replace(b"%x", b"%x" % len(body)) + line + body + end


def _coded(coding: bytes) -> Callable[[bytes], bytes]:
    """The body in a right chunk, with another Transfer-Encoding."""
    return lambda body: OK + b"Transfer-Encoding: " + coding + b"\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def _head(text: bytes) -> Callable[[bytes], bytes]:
    """The body until the end of the connection, behind *text*."""
    return lambda body: text + body


_FRAMES: dict[str, tuple[frozenset[int], Callable[[bytes], bytes]]] = {
    "length: right": (WORKS, _length(b"%d")),
    "length: too long": (FAILS, _length(b"%a")),
    "length: too short": (FAILS, _length(b"1")),
    "length: 0": (FAILS, _length(b"0")),
    "length: negative": (EITHER, _length(b"-1")),
    "length: minus 0": (EITHER, _length(b"-0")),
    "length: huge": (FAILS, _length(b"9" * 30)),
    "length: of 5000 digits": (EITHER, _length(b"9" * 5000)),
    "length: no number": (EITHER, _length(b"many")),
    "length: hexadecimal": (EITHER, _length(b"0x%d")),
    "length: with a plus": (EITHER, _length(b"+%d")),
    "length: with spaces": (EITHER, _length(b"  %d  ")),
    "length: with underscores": (EITHER, _length(b"0_%d")),
    "length: empty": (EITHER, _length(b"")),
    "length: a list": (EITHER, _length(b"%d, %d")),
    "length: twice": (EITHER, _length(b"%d", extra=b"Content-Length: 3\r\n")),
    "length: twice, too long first": (EITHER, _length(b"%d", extra=b"Content-Length: 99999\r\n")),
    "length: folded": (EITHER, _length(b"\r\n %d")),
    "length: with chunks": (EITHER, _length(b"%d", extra=b"Transfer-Encoding: chunked\r\n")),
    "length: with identity": (EITHER, _length(b"%d", extra=b"Transfer-Encoding: identity\r\n")),
    "coding: in capitals": (EITHER, _coded(b"CHUNKED")),
    "coding: twice": (EITHER, _coded(b"chunked, chunked")),
    "coding: two headers": (EITHER, _coded(b"gzip\r\nTransfer-Encoding: chunked")),
    "coding: after gzip": (EITHER, _coded(b"gzip, chunked")),
    "coding: of another name": (EITHER, _coded(b"xchunked")),
    "coding: folded": (EITHER, _coded(b"\r\n chunked")),
    "coding: with a tab": (EITHER, _coded(b"\x0bchunked")),
    "chunk: right": (WORKS, _chunk(b"%x")),
    "chunk: huge": (FAILS, _chunk(b"F" * 16)),
    "chunk: of 60000 digits": (FAILS, _chunk(b"F" * 60_000)),
    "chunk: one too long": (FAILS, _chunk(b"%x0")),
    "chunk: too short": (FAILS, _chunk(b"1")),
    "chunk: negative": (EITHER, _chunk(b"-1")),
    "chunk: negative and huge": (EITHER, _chunk(b"-FFFFFFFFFFFF")),
    "chunk: empty": (FAILS, _chunk(b"")),
    "chunk: no number": (FAILS, _chunk(b"size")),
    "chunk: with 0x": (EITHER, _chunk(b"0x%x")),
    "chunk: with a plus": (EITHER, _chunk(b"+%x")),
    "chunk: with spaces": (EITHER, _chunk(b"  %x  ")),
    "chunk: with zeros": (EITHER, _chunk(b"0" * 1000 + b"%x")),
    "chunk: with NUL": (EITHER, _chunk(b"%x\0")),
    "chunk: an extension with quotes": (EITHER, _chunk(b'%x;a="\r";b')),
    "chunk: ended by LF": (EITHER, _chunk(b"%x", line=b"\n")),
    "chunk: ended by CR": (FAILS, _chunk(b"%x", line=b"\r")),
    "chunk: not ended": (FAILS, _chunk(b"%x", end=b"0\r\n\r\n")),
    "chunk: ended by other bytes": (EITHER, _chunk(b"%x", end=b"XX0\r\n\r\n")),
    "chunk: no last one": (FAILS, _chunk(b"%x", end=b"\r\n")),
    "chunk: no end of the last one": (EITHER, _chunk(b"%x", end=b"\r\n0\r\n")),
    "chunk: cut within the last one": (EITHER, _chunk(b"%x", end=b"\r\n0")),
    "trailer: another length": (EITHER, _chunk(b"%x", end=b"\r\n0\r\nContent-Length: 9\r\n\r\n")),
    "trailer: no colon": (EITHER, _chunk(b"%x", end=b"\r\n0\r\nNonsense\r\n\r\n")),
    "after the end: another answer": (EITHER, lambda body: _length(b"%d")(body) * 2),
    "version: 0.9": (EITHER, _head(b"HTTP/0.9 200 OK\r\n" + BUILD + b"\r\n")),
    "version: 1.0": (WORKS, _head(b"HTTP/1.0 200 OK\r\n" + BUILD + b"\r\n")),
    "version: 1.2": (EITHER, _head(b"HTTP/1.2 200 OK\r\n" + BUILD + b"\r\n")),
    "version: 2": (FAILS, _head(b"HTTP/2 200 OK\r\n" + BUILD + b"\r\n")),
    "version: 9.9": (FAILS, _head(b"HTTP/9.9 200 OK\r\n" + BUILD + b"\r\n")),
    "version: in small letters": (FAILS, _head(b"http/1.1 200 OK\r\n" + BUILD + b"\r\n")),
    "version: ICY": (FAILS, _head(b"ICY 200 OK\r\n" + BUILD + b"\r\n")),
    "version: none, as in HTTP/0.9": (FAILS, _head(b"")),
    "version: none, and a page": (FAILS, lambda body: b"<!doctype html><title>Hello</title>"),
    "status: none": (FAILS, _head(b"HTTP/1.1\r\n" + BUILD + b"\r\n")),
    "status: a word": (FAILS, _head(b"HTTP/1.1 OK 200\r\n" + BUILD + b"\r\n")),
    "status: with a plus": (EITHER, _head(b"HTTP/1.1 +200 OK\r\n" + BUILD + b"\r\n")),
    "status: with underscores": (EITHER, _head(b"HTTP/1.1 2_0_0 OK\r\n" + BUILD + b"\r\n")),
    "status: of 5000 digits": (FAILS, _head(b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n")),
    "status: with NUL": (FAILS, _head(b"HTTP/1.1 200\0 OK\r\n" + BUILD + b"\r\n")),
    "status: without a reason": (EITHER, _head(b"HTTP/1.1 200\r\n" + BUILD + b"\r\n")),
    "lines: ended by LF": (EITHER, _head(b"HTTP/1.1 200 OK\n" + _BARE)),
    "lines: ended by CR": (FAILS, _head(b"HTTP/1.1 200 OK\r" + BUILD.replace(b"\r\n", b"\r") + b"\r")),
    "lines: an empty one first": (FAILS, _head(b"\r\n" + OK + b"\r\n")),
    "lines: a fold first": (EITHER, _head(b"HTTP/1.1 200 OK\r\n folded\r\n" + BUILD + b"\r\n")),
    "header: no colon": (EITHER, _head(b"HTTP/1.1 200 OK\r\nNonsense\r\n" + BUILD + b"\r\n")),
    "header: no name": (EITHER, _head(b"HTTP/1.1 200 OK\r\n: x\r\n" + BUILD + b"\r\n")),
    "header: a space before the colon": (EITHER, _head(b"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n" + BUILD + b"\r\n")),
    "header: with NUL": (EITHER, _head(b"HTTP/1.1 200 OK\r\nA: \0\r\n" + BUILD + b"\r\n")),
    "header: of 8 bits": (
        EITHER,
        _head(b"HTTP/1.1 200 OK\r\nA: " + bytes(range(128, 256)) + b"\r\n" + BUILD + b"\r\n"),
    ),
    "header: 8 bits in its name": (EITHER, _head(b"HTTP/1.1 200 OK\r\n\xc4\xff: x\r\n" + BUILD + b"\r\n")),
    "header: a mailbox line": (EITHER, _head(b"HTTP/1.1 200 OK\r\nFrom x\r\n" + BUILD + b"\r\n")),
    "header: the build twice": (EITHER, _head(OK + BUILD + b"\r\n")),
    "header: an empty build": (EITHER, _head(b"HTTP/1.1 200 OK\r\nX-Coder-Build-Version:\r\n\r\n")),
    "type: a message in a message": (EITHER, _head(OK.replace(b"application/json", b"message/rfc822") + b"\r\n")),
    "type: a delivery report": (EITHER, _head(OK.replace(b"application/json", b"message/delivery-status") + b"\r\n")),
    "type: of many parts": (EITHER, _head(OK.replace(b"application/json", b"multipart/mixed; boundary=x") + b"\r\n")),
    "type: an encoded boundary": (
        EITHER,
        _head(OK.replace(b"application/json", b"multipart/mixed; boundary*=utf-8''%ff%fe") + b"\r\n"),
    ),
    "type: a boundary in no encoding": (
        EITHER,
        _head(OK.replace(b"application/json", b"multipart/mixed; boundary*=a\0b''x") + b"\r\n"),
    ),
    "type: a boundary in punycode": (
        EITHER,
        _head(OK.replace(b"application/json", b"multipart/mixed; boundary*=punycode''%ff-99999999") + b"\r\n"),
    ),
}
_SAID: dict[str, bytes] = {
    "not HTTP: nothing": b"",
    "not HTTP: a letter": b"H",
    "not HTTP: SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "not HTTP: SMTP": b"220 mail.example.com ESMTP\r\n",
    "not HTTP: a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "not HTTP: settings of HTTP/2": b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64",
    "not HTTP: an alert of TLS": b"\x15\x03\x01\0\x02\x02\x46",
    "not HTTP: NULs": b"\0" * 100,
    "not HTTP: every byte": bytes(range(256)) * 4,
    "a body where none may be: 204": b"HTTP/1.1 204 No Content\r\n" + BUILD + b"Content-Length: 2\r\n\r\n{}",
    "a body where none may be: 304": b"HTTP/1.1 304 Not Modified\r\n" + BUILD + b"Content-Length: 2\r\n\r\n{}",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\0\0\0\4\0\0\0\0\0",
}


def list_lengths() -> Iterator[Row]:
    for name, (ends, make) in _FRAMES.items():
        yield Row("lengths", name, frame(make), ends=ends)
    for name, data in _SAID.items():
        yield Row("lengths", name, say(data))
