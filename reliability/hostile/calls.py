"""One connection to a hostile server: what came in, and the ways to answer it slowly, for ever or not at all."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from dataclasses import dataclass, field

TOKEN = "0123456789-abcdefghijklmnopqrstuv"
KEY = "9876543210-vutsrqponmlkjihgfedcba"
"""The session key that a good server makes."""

GATE = "open-sesame-0451"
"""The value of the custom header of each run."""

SECRETS = (TOKEN, KEY, GATE)

BUILD = b"X-Coder-Build-Version: v2.31.0\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + BUILD + b"Content-Type: application/json\r\n"

PAUSE = 0.2
"""Seconds between two bytes of a server that drips."""

LONGEST = 60.0
"""Seconds after which a server gives up a client that it can't get rid of."""

USER = {
    "id": "5b1c5e2e-0b0a-4a63-9d5c-1e1f4e9a6c55",
    "username": "alex",
    "organization_ids": ["7f4d9f6c-64a3-4b6b-8c71-0d6b4a1f7a11"],
    "roles": [{"name": "owner", "display_name": "Owner"}],
}
_GOOD: dict[tuple[str, str], tuple[bytes, object]] = {
    ("GET", "users/first"): (b"200 OK", {"message": "The initial user has already been created!"}),
    ("GET", "users/me"): (b"200 OK", USER),
    ("POST", "users/me/keys"): (b"201 Created", {"key": KEY}),
    ("POST", "users/logout"): (b"200 OK", {"message": "Logged out!"}),
}


@dataclass
class Call:
    """A *connection* on which *head* came; *own* and *other* are the URLs of the deployment and of a stranger."""

    connection: socket.socket
    head: bytes = field(repr=False)
    own: str
    other: str
    stopping: threading.Event

    @property
    def good_body(self) -> bytes:
        """What a good server says to the same request."""
        return json.dumps(self._find_good()[1]).encode()

    def answer_well(self) -> None:
        status, _ = self._find_good()
        body = self.good_body
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        self.say(b"HTTP/1.1 " + status + b"\r\n" + BUILD + b"Content-Type: application/json\r\n" + length + body)

    def _find_good(self) -> tuple[bytes, object]:
        method, target = self.head.decode("latin-1").split(" ")[:2]
        call = (method, target.partition("?")[0].partition("/api/v2/")[2])
        return _GOOD.get(call, (b"404 Not Found", {"message": "Route not found."}))

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def flood(self, piece: bytes) -> None:
        """Say *piece* as fast as it is taken."""
        many = piece * max(1, 65536 // len(piece))
        end = time.monotonic() + LONGEST
        while not self.stopping.is_set() and time.monotonic() < end:
            self.connection.sendall(many)

    def drip(self, piece: bytes) -> None:
        """Say *piece* again and again, a byte at a time."""
        for byte in itertools.islice(itertools.cycle(piece), int(LONGEST / PAUSE)):
            self.connection.sendall(bytes([byte]))
            if self.stopping.wait(PAUSE):
                return

    def wait(self) -> None:
        """Say nothing."""
        self.stopping.wait(LONGEST)
