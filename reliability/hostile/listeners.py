"""A server on one port of 127.0.0.1 that speaks HTTP, TLS and proxy, is good until it is to be hostile, and records."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import trustme

from hostile.calls import LONGEST, Call
from hostile.rows import Row

NAMES = ("127.0.0.1", "localhost", "dev.example.com", "other.example.com")
_TLS = b"\x16"  # the first byte of a handshake: RFC 8446 section 5.1
_LONGEST_HEAD = 256 * 1024


@dataclass(frozen=True)
class Authority:
    """The certificate *file* that the command trusts, and the *context* of a server that it is good for."""

    file: Path
    context: ssl.SSLContext


@contextlib.contextmanager
def make_authority() -> Iterator[Authority]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(context)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "authority.pem"
        authority.cert_pem.write_to_path(file)
        yield Authority(file, context)


@dataclass(frozen=True)
class Heard:
    """What came to one origin, in clear; for a tunnel the origin is the proxy's."""

    origin: str
    head: bytes = field(repr=False)


class Listener:
    """Up while it is entered. The connections from number *first* on meet *row*, the others a good server.

    The URLs of `Call` are set before the first connection comes.
    """

    own = other = ""

    def __init__(self, context: ssl.SSLContext, row: Row | None = None, first: int = 0) -> None:
        self._context, self._row, self._first = context, row, first
        self._numbers, self._stopping = itertools.count(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.heard: list[Heard] = []

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):  # a thread in accept notices a visitor, and no closing
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            if os.name == "nt":  # where a shutdown wakes nobody
                connection.close()
        for thread in self._threads:
            thread.join(1)
        self._socket.close()

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # callables of ours
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._stopping.is_set():
                connection.close()
                return
            connection.settimeout(LONGEST)
            self._connections.append(connection)
            self._start(self._serve, connection, next(self._numbers))

    def _serve(self, connection: socket.socket, number: int) -> None:
        # The client has gone, which is what most rows want of it; or it speaks another protocol than was seen.
        with contextlib.suppress(OSError, ValueError), connection:
            self._answer(connection, number)

    def _answer(self, connection: socket.socket, number: int) -> None:
        scheme, head = "http", b""
        if connection.recv(1, socket.MSG_PEEK) == b"C":
            head = self._listen(connection, "proxy")
            if self._is_hostile(number, "connect"):
                return self._behave(connection, head)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if connection.recv(1, socket.MSG_PEEK) == _TLS:
            if self._is_hostile(number, "handshake"):
                return self._behave(connection, head)
            connection, scheme = self._context.wrap_socket(connection, server_side=True), "https"
        with connection:
            head = self._listen(connection, scheme)
            if self._is_hostile(number, "request"):
                return self._behave(connection, head)
            return self._make_call(connection, head).answer_well()

    def _listen(self, connection: socket.socket, scheme: str) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD and (piece := connection.recv(65536)):
            head += piece
        host = re.search(rb"(?im)^Host: *([^\r\n]*)", head)
        self.heard.append(Heard(f"{scheme}://{host[1].decode('latin-1') if host else ''}", head))
        return head

    def _is_hostile(self, number: int, layer: str) -> bool:
        row = self._row
        return row is not None and row.layer == layer and self._first <= number < self._first + row.times

    def _behave(self, connection: socket.socket, head: bytes) -> None:
        assert self._row is not None
        self._row.behave(self._make_call(connection, head))

    def _make_call(self, connection: socket.socket, head: bytes) -> Call:
        return Call(connection, head, self.own, self.other, self._stopping)
