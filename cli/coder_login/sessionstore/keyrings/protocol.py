"""An operating system's keyring as the store needs it: bytes by service name."""

from __future__ import annotations

from typing import Protocol


class KeyringProvider(Protocol):
    """Keeps one blob a service, for this user. Its errors are SessionStoreError and its kinds."""

    max_size: int
    """Bytes of a blob at most."""

    def get(self, service: str) -> bytes | None:
        """The stored blob; None when there is none."""

    def set(self, service: str, blob: bytes) -> None:
        """Store *blob* in the place of an older one."""

    def delete(self, service: str) -> None:
        """Remove the blob; nothing happens when there is none."""

    def persistence(self) -> str:
        """The strongest persistence on offer now, in the system's word, asked without writing; raises when none."""
