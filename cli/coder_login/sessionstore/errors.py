"""What a session store can refuse. Every message names both the thing and the next step, and never a token."""

from __future__ import annotations

from typing import Any

from coder_login.deployment.url import Origin
from coder_login.errors import CoderError


class SessionStoreError(CoderError):
    """A session could not be read, written or deleted; what was stored before still is."""


class SessionNotFoundError(SessionStoreError):
    """No session is stored for that deployment."""


class OriginMismatchError(SessionStoreError):
    """What is stored under that host belongs to another origin, or does not say to which."""

    def __init__(self, requested: Origin, stored: str, hint: str) -> None:
        super().__init__(f"the stored session is for {stored}, not for {requested}", hint)
        self.requested = requested
        self.stored = stored

    def __reduce__(self) -> tuple[Any, ...]:
        # By the arguments of this class: an error that can't be unpickled hangs a multiprocessing.Pool.
        return type(self), (self.requested, self.stored, self.hint)


class AmbiguousSessionError(SessionStoreError):
    """Two entries mean the same origin and hold different tokens."""


class StoreDamagedError(SessionStoreError):
    """What is stored can't be understood; it is left as it is."""


class NoRoomError(SessionStoreError):
    """The session does not fit beside the others."""


class StoreLockedError(SessionStoreError):
    """Another process kept the store locked for too long."""


class StoreUnavailableError(SessionStoreError):
    """The store can't be used at all: there is no keyring here, or the system denies access."""


class UnsupportedKeyringError(StoreUnavailableError):
    """This operating system has no keyring that we support."""


class NoLogonSessionKeyringError(StoreUnavailableError):
    """A network logon: its keyring is out of reach."""


class WriteLostError(SessionStoreError):
    """The system said that it stored a session, and it is not there."""
