"""An operating system's keyring as the store needs it: bytes by service name.

Another system's keyring is added here, beside Windows', without a change to the store.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

import wincred
from coder.sessionstore.errors import (
    NoLogonSessionKeyringError,
    NoRoomError,
    SessionStoreError,
    StoreUnavailableError,
    UnsupportedKeyringError,
)

_P = ParamSpec("_P")
_R = TypeVar("_R")

WITHOUT_KEYRING = "leave out --use-keyring (or set CODER_USE_KEYRING=false) to keep the token in a file"


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


def system_keyring() -> KeyringProvider:
    """This system's keyring. Raises UnsupportedKeyringError where we support none."""
    if not wincred.is_supported():
        raise UnsupportedKeyringError(f"there is no supported keyring on this system ({sys.platform})", WITHOUT_KEYRING)
    return WindowsCredentialManager()


def _translated(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """*call*, with the binding's errors as ours; the binding's never hold a blob, so they stay as the cause."""

    @functools.wraps(call)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return call(*args, **kwargs)
        except wincred.CredentialError as error:
            raise _translate(error) from error

    return wrapper


class WindowsCredentialManager:
    """The Windows Credential Manager: one generic credential a service, for this computer."""

    max_size: int = wincred.MAX_BLOB_SIZE

    @_translated
    def get(self, service: str) -> bytes | None:
        try:
            return wincred.read(service).blob
        except wincred.NotFoundError:
            return None

    @_translated
    def set(self, service: str, blob: bytes) -> None:
        wincred.write(service, blob, persist=wincred.Persist.LOCAL_MACHINE)

    @_translated
    def delete(self, service: str) -> None:
        with contextlib.suppress(wincred.NotFoundError):
            wincred.delete(service)

    @_translated
    def persistence(self) -> str:
        strongest = wincred.max_persist()
        if strongest < wincred.Persist.LOCAL_MACHINE:
            raise StoreUnavailableError(
                "Windows keeps no credentials beyond this logon session",
                'the policy "Do not allow storage of passwords and credentials for network authentication" is a usual '
                f"cause; {WITHOUT_KEYRING}",
            )
        return strongest.name.lower()


def _translate(error: OSError) -> SessionStoreError:
    fact = f"the Windows Credential Manager failed: {error}"
    if isinstance(error, wincred.NoLogonSessionError):
        return NoLogonSessionKeyringError(
            "this logon session has no Windows Credential Manager (Windows error 1312): a network logon, as over SSH",
            f"run this in a desktop session or a scheduled task, or {WITHOUT_KEYRING}",
        )
    if isinstance(error, wincred.StoreFullError | wincred.TooLargeError):
        return NoRoomError(fact, "log out of a deployment that is no longer needed: coder keyring list names them")
    if isinstance(error, wincred.UnsupportedPlatformError):
        return UnsupportedKeyringError(fact, WITHOUT_KEYRING)
    return StoreUnavailableError(fact, WITHOUT_KEYRING)
