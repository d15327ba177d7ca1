"""A connection whose every wait ends at one deadline, and that takes no more than it is told to."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from coder_login.deployment.deadline import Deadline
from coder_login.deployment.faults import TooLongError, UnfinishedError

T = TypeVar("T")


class Channel:
    """*connection*, which it closes, until *deadline*: what http.client needs of a socket.

    *budget* is how many bytes it may still receive.
    """

    budget = 0

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connection, deadline
        self._reader, self._has_received = _Reader(_Received(self)), False

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """From here on TLS with *host*, by whose name its certificate is checked."""
        tls = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        self._socket = tls
        # What the other side said before TLS is nobody's word.
        self._reader, self._has_received = _Reader(_Received(self)), False
        self._patiently(tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        """Send all of *data*."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._patiently(partial(self._socket.send, rest)) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """The received bytes: the same file each time, so that nothing is lost between two answers."""
        return self._reader

    def receive_into(self, buffer: memoryview) -> int:
        """Receive at least a byte; 0 at the end. Raises TooLongError when the budget is used up."""
        if self.budget <= 0:
            raise TooLongError
        try:
            size = self._patiently(partial(self._socket.recv_into, buffer, min(len(buffer), self.budget)))
        except TimeoutError as error:
            raise UnfinishedError if self._has_received else error from None
        self._has_received = True
        self.budget -= size
        return size

    def close(self) -> None:
        """Close the connection; http.client closes only the file."""
        self._socket.close()

    def _patiently(self, operation: Callable[[], T]) -> T:
        """*operation*, begun again after each slice of the time that is left."""
        while True:
            self._socket.settimeout(self._deadline.compute_slice())
            try:
                return operation()
            except TimeoutError as error:
                if error.errno is not None:  # the system has given up the connection, not we the wait
                    raise


class _Reader(io.BufferedReader):
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
