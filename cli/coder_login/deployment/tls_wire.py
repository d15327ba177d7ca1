"""Bytes to and from another wire under TLS: every step of it ends at that one's deadline."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from coder_login.deployment.faults import TLSBrokenError, TLSFloodError
from coder_login.deployment.wire import Wire

T = TypeVar("T")

_PIECE = 16 * 1024  # bytes: what TLS gets to work on between two looks at the deadline, and at Ctrl-C
_MAX_HANDSHAKE = 256 * 1024  # bytes; OpenSSL itself takes no more than 100 KiB of certificates
_MAX_RECORDS = 16 * 1024 * 1024  # bytes after the handshake: three times what is read of an answer


CERTIFICATE_WANTED = frozenset({"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_BAD_CERTIFICATE"})
"""The reasons of an ssl.SSLError that says that the server wants a certificate of this client. In TLS 1.3 that comes
after the handshake, and ends it all the same: nothing that was sent has been looked at."""


class TLSWire:
    """*wire* under TLS with *host*, by whose name the certificate is checked.

    OpenSSL never has the socket: as long as a server sends messages that ask for nothing, one call reads on and on, and
    hears neither a timeout nor Ctrl-C. Here it gets one bounded piece after the other.
    """

    def __init__(self, wire: Wire, context: ssl.SSLContext, host: str) -> None:
        self._wire, self._budget = wire, _MAX_HANDSHAKE
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        # In a certificate no name ends in the dot that a URL's may have.
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host.removesuffix("."))

    def shake_hands(self) -> None:
        """Make the connection safe. Raises ssl.SSLError, TLSFloodError, or as `receive` does."""
        try:
            self._complete(self._tls.do_handshake)
        except ssl.SSLError:
            with contextlib.suppress(OSError):
                self._flush()  # the alert that tells the server why
            raise
        self._flush()
        self._budget = _MAX_RECORDS

    def get_certificate(self) -> dict[str, Any]:
        """The server's, as `ssl.SSLSocket.getpeercert` describes it."""
        return self._tls.getpeercert() or {}

    def receive(self, limit: int) -> bytes:
        try:
            return self._go_on(partial(self._tls.read, limit))
        except TLSBrokenError as error:
            if isinstance(error.cause, ssl.SSLEOFError):
                return b""  # it hung up without a word of TLS, as many servers do: whoever reads knows the length
            raise

    def send(self, data: memoryview) -> None:
        while data:
            data = data[self._go_on(partial(self._tls.write, data)) :]
            self._flush()

    def close(self) -> None:
        self._wire.close()

    def _go_on(self, operation: Callable[[], T]) -> T:
        """*operation* after the handshake. Raises TLSBrokenError, or ssl.SSLError for a certificate that is wanted."""
        try:
            return self._complete(operation)
        except ssl.SSLError as error:
            if getattr(error, "reason", None) in CERTIFICATE_WANTED:  # one of Python's own has none
                raise
            raise TLSBrokenError(error) from error

    def _complete(self, operation: Callable[[], T]) -> T:
        """*operation*, begun again after each piece that it wants."""
        while True:
            try:
                return operation()
            except ssl.SSLWantReadError:
                pass
            self._flush()
            self._feed()

    def _flush(self) -> None:
        self._wire.send(memoryview(self._outgoing.read()))

    def _feed(self) -> None:
        if self._budget <= 0:
            raise TLSFloodError
        piece = self._wire.receive(min(_PIECE, self._budget))
        self._budget -= len(piece)
        if piece:
            self._incoming.write(piece)
        else:
            self._incoming.write_eof()
