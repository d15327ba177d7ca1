"""A system's keyring as the store needs it: one blob for each service name."""

from __future__ import annotations

from typing import Protocol


class KeyringProvider(Protocol):
    """Keeps one blob for each service, for this user alone.

    Every method may raise SessionStoreError, and nothing else; a keyring that can't be used now is a
    KeyringFailedError. No error holds a blob. `coder_login.testing` has the suite that a keyring must pass.
    """

    @property
    def max_size(self) -> int | None:
        """Bytes that a blob can have at most; None when no limit is known."""

    def get(self, service: str) -> bytes | None:
        """The stored blob, as it was set; None when there is none."""

    def set(self, service: str, blob: bytes) -> None:
        """Store *blob* in the place of an older one. Raises NoRoomError when it does not fit."""

    def delete(self, service: str) -> None:
        """Remove the blob; nothing happens when there is none."""

    def persistence(self) -> str:
        """How long what is set now is kept, in the system's word, asked without writing anything.

        Raises NotPersistentError when that is not beyond the end of this logon.
        """
