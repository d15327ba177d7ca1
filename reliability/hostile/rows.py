"""A row of the table: what a hostile server does, and how the command may end when it meets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hostile.calls import Call

Behaviour: TypeAlias = Callable[[Call], None]

Layer: TypeAlias = Literal["request", "handshake", "connect"]
"""Where the hostility begins: at a request, at the ClientHello of TLS, or at the proxy's CONNECT."""

CARRIERS = ("plain", "tls", "proxy")

FAILS, WORKS, EITHER = frozenset({1}), frozenset({0}), frozenset({0, 1})


@dataclass(frozen=True)
class Row:
    """*behave* gets the connection; *ends* are the exit codes that are right, *says* what standard error must hold.

    *times* is how many connections in turn get it; *seconds* the time limit that the command is given, *words* what
    else it is told.
    """

    family: str
    name: str
    behave: Behaviour
    layer: Layer = "request"
    ends: frozenset[int] = FAILS
    says: str = ""
    times: int = 1
    seconds: float = 10
    words: tuple[str, ...] = ()
    request: str = ""
    """The one request that it is for, such as ``users/me``; "" for all of them."""

    carriers: tuple[str, ...] = CARRIERS
    """The ways that it is for: plain, under TLS, and under TLS through a proxy."""

    @property
    def title(self) -> str:
        return f"{self.family}/{self.name}"
