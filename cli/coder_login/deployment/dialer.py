"""From a host's name to a connection: every address that it has gets its chance, a dead one delays the next by little.

As `RFC 8305 <https://www.rfc-editor.org/rfc/rfc8305>`_ describes it, on the system's own order of addresses.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import sys
import time
from collections import deque
from contextlib import closing
from typing import Any, NamedTuple

from coder_login.deployment.deadline import Deadline, run_within
from coder_login.deployment.faults import NameTimeoutError

_HEAD_START = 0.25  # seconds until the next address is tried as well: RFC 8305 section 8
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}  # of connect_ex: POSIX says the one, Windows the other


class Address(NamedTuple):
    """One of a host's addresses, as `socket.socket` and `socket.connect` take it."""

    family: int
    kind: int
    protocol: int
    place: Any  # a tuple that depends on the family


class Dialer:
    """Connects to hosts, and remembers which address of each has answered."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, int], Address] = {}

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """A connection to *host*, which may be an address without brackets. Raises OSError."""
        addresses = _look_up(host, port, deadline)
        addresses.sort(key=lambda address: address != self._answered.get((host, port)))
        with closing(_Race(addresses)) as race:
            connection, address = race.run(deadline)
        self._answered[host, port] = address
        return connection


def _look_up(host: str, port: int, deadline: Deadline) -> list[Address]:
    try:
        return run_within(deadline, lambda: _ask_system(host, port))
    except TimeoutError:
        raise NameTimeoutError from None


def _ask_system(host: str, port: int) -> list[Address]:
    # As bytes: Python would import a codec for international names first, and a host is ASCII here.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [Address(family, kind, protocol, place) for family, kind, protocol, _, place in found]


class _Race:
    """Attempts at all of the *addresses*, each a little after the one before; the first to succeed ends it."""

    def __init__(self, addresses: list[Address]) -> None:
        self._waiting = deque(addresses)
        self._running = selectors.DefaultSelector()
        self._failure = OSError("the host has no address")

    def run(self, deadline: Deadline) -> tuple[socket.socket, Address]:
        """The winner. Raises the OSError of the last one to fail, or TimeoutError."""
        while self._waiting or self._running.get_map():
            deadline.compute_slice()
            if self._waiting and (not self._running.get_map() or time.monotonic() >= self._next_start):
                self._start(self._waiting.popleft())
            elif winner := self._poll(deadline):
                return winner
        raise self._failure

    def close(self) -> None:
        """Give up all attempts that are still running."""
        for key in list(self._running.get_map().values()):
            self._take(key).close()
        self._running.close()

    def _start(self, address: Address) -> None:
        self._next_start = time.monotonic() + _HEAD_START
        try:
            attempt = socket.socket(address.family, address.kind, address.protocol)
        except OSError as error:  # a family that this machine does not have
            self._failure = error
            return
        attempt.setblocking(False)
        code = attempt.connect_ex(address.place)
        if code in _UNDER_WAY:
            self._running.register(attempt, selectors.EVENT_WRITE, address)
        else:
            self._fail(attempt, code)

    def _poll(self, deadline: Deadline) -> tuple[socket.socket, Address] | None:
        longest = max(0.0, self._next_start - time.monotonic()) if self._waiting else float("inf")
        for key, _ in self._running.select(deadline.compute_slice(longest)):
            attempt = self._take(key)
            code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return attempt, key.data
            self._fail(attempt, code)
        return None

    def _take(self, key: selectors.SelectorKey) -> socket.socket:
        self._running.unregister(key.fileobj)
        assert isinstance(key.fileobj, socket.socket)  # noqa: S101  # for the type checker: nothing else is registered
        return key.fileobj

    def _fail(self, attempt: socket.socket, code: int) -> None:
        attempt.close()
        self._failure = OSError(code, _describe(code))


def _describe(code: int) -> str:
    if sys.platform == "win32":  # where strerror does not know the codes of sockets
        return socket.errorTab.get(code, os.strerror(code))
    return os.strerror(code)
