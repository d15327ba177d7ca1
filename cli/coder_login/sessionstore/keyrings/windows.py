"""The Windows Credential Manager as a keyring."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import wincred
from coder_login.sessionstore.errors import (
    NoLogonSessionKeyringError,
    NoRoomError,
    SessionStoreError,
    StoreUnavailableError,
    UnsupportedKeyringError,
)
from coder_login.sessionstore.keyrings import WITHOUT_KEYRING

_P = ParamSpec("_P")
_R = TypeVar("_R")


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
