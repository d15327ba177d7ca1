"""Bytes to and from a socket, each wait for which ends at one deadline."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from coder_login.deployment.deadline import Deadline

T = TypeVar("T")


class Wire(Protocol):
    """Bare, or under TLS."""

    def receive(self, limit: int) -> bytes:
        """At least a byte, *limit* at most; none at the end. Raises OSError, TimeoutError at the deadline."""

    def send(self, data: memoryview) -> None:
        """Send all of *data*. Raises as `receive` does."""

    def close(self) -> None:
        """Close the connection. That raises nothing: what has come over it has come."""


class BareWire:
    """*connection*, which it closes, until *deadline*."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connection, deadline

    def receive(self, limit: int) -> bytes:
        return self._patiently(partial(self._socket.recv, limit))

    def send(self, data: memoryview) -> None:
        while data:
            data = data[self._patiently(partial(self._socket.send, data)) :]

    def close(self) -> None:
        with contextlib.suppress(OSError):
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
