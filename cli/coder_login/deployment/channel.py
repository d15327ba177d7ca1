"""A connection whose every wait ends at one deadline, and that takes no more than it is told to."""

from __future__ import annotations

import http.client
import io
import socket
from typing import TYPE_CHECKING, Any

from coder_login.deployment.deadline import Deadline
from coder_login.deployment.faults import MAX_LINE, TooLongError, UnfinishedError
from coder_login.deployment.wire import BareWire, Wire

if TYPE_CHECKING:
    import ssl


class Channel:
    """*connection*, which it closes, until *deadline*: what http.client needs of a socket.

    *budget* is how many bytes it may still receive; those that TLS needs for itself are not among them.
    """

    budget: int

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._wire: Wire = BareWire(connection, deadline)
        self._reader, self._has_received = _Reader(_Received(self)), False

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """From here on TLS with *host*, by whose name its certificate is checked."""
        from coder_login.deployment.tls_wire import TLSWire

        # What the other side said before TLS is nobody's word.
        self._reader, self._has_received = _Reader(_Received(self)), False
        tls = TLSWire(self._wire, context, host)
        self._wire = tls
        tls.shake_hands()

    def sendall(self, data: bytes) -> None:
        """Send all of *data*."""
        self._wire.send(memoryview(data))

    def makefile(self, mode: str) -> io.BufferedReader:
        """The received bytes: the same file each time, so that nothing is lost between two answers."""
        return self._reader

    def receive_into(self, buffer: memoryview) -> int:
        """Receive at least a byte; 0 at the end. Raises TooLongError when the budget is used up."""
        if self.budget <= 0:
            raise TooLongError
        try:
            piece = self._wire.receive(min(len(buffer), self.budget))
        except TimeoutError as error:
            raise UnfinishedError if self._has_received else error from None
        buffer[: len(piece)] = piece
        self._has_received = True
        self.budget -= len(piece)
        return len(piece)

    def close(self) -> None:
        """Close the connection; http.client closes only the file."""
        self._wire.close()


class _Reader(io.BufferedReader):
    _header = 0  # bytes of the header that is being read, or of the line

    def readline(self, size: int | None = -1) -> bytes:
        """A line, with the LF. Raises LineTooLong where it, or the header that it goes on with, is over MAX_LINE."""
        line = super().readline(MAX_LINE + 1)
        self._header = len(line) + (self._header if line.startswith((b" ", b"\t")) else 0)
        if self._header > MAX_LINE:
            raise http.client.LineTooLong("line")
        return line

    def close(self) -> None:
        """Stay open: http.client closes it after every answer, an interim one too."""

    def flush(self) -> None:
        """Do nothing: an answer that was not read to its end flushes it, when the rest may be gone already."""


class _Received(io.RawIOBase):
    """What a channel receives."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._channel.receive_into(buffer)
