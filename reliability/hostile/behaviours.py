"""What a server can do to a client, as functions of a connection."""

from __future__ import annotations

from collections.abc import Callable

from hostile.calls import BUILD, Call
from hostile.rows import Behaviour


def say(data: bytes) -> Behaviour:
    """Say *data*, and hang up."""
    return lambda call: call.say(data)


def answer(status: bytes, headers: bytes = b"", body: bytes = b"") -> Behaviour:
    """Say a whole answer of a deployment, of the right length."""
    return say(b"HTTP/1.1 " + status + b"\r\n" + BUILD + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def flood(head: bytes, piece: bytes) -> Behaviour:
    """Say *head*, then *piece* without end."""

    def behave(call: Call) -> None:
        call.say(head)
        call.flood(piece)

    return behave


def drip(head: bytes, piece: bytes) -> Behaviour:
    """Say *head*, then *piece* again and again, a byte at a time."""

    def behave(call: Call) -> None:
        call.say(head)
        call.drip(piece)

    return behave


def stall(head: bytes) -> Behaviour:
    """Say *head*, and no more."""

    def behave(call: Call) -> None:
        call.say(head)
        call.wait()

    return behave


def frame(make: Callable[[bytes], bytes]) -> Behaviour:
    """Say what *make* makes of the body that a good server would send, and hang up."""
    return lambda call: call.say(make(call.good_body))
