"""The Windows Credential Manager as a keyring."""

from __future__ import annotations

import contextlib

import wincred
from coder_login.sessionstore.errors import (
    KeyringDeniedError,
    KeyringFailedError,
    KeyringFullError,
    KeyringInstallationError,
    KeyringLimitError,
    NoLogonSessionKeyringError,
    NoRoomError,
    NotPersistentError,
    SessionStoreError,
    UnsupportedKeyringError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class WindowsCredentialManager:
    """A KeyringProvider: one generic credential for each service, on this computer."""

    @property
    def max_size(self) -> int:
        return wincred.MAX_BLOB_SIZE

    def get(self, service: str) -> bytes | None:
        with _store_errors():
            try:
                return wincred.read(service).blob
            except wincred.NotFoundError:
                return None

    def set(self, service: str, blob: bytes) -> None:
        with _store_errors():
            wincred.write(service, blob, persist=wincred.Persist.LOCAL_MACHINE)

    def delete(self, service: str) -> None:
        with _store_errors(), contextlib.suppress(wincred.NotFoundError):
            wincred.delete(service)

    def persistence(self) -> str:
        with _store_errors():
            strongest = wincred.max_persist()
        if strongest < wincred.Persist.LOCAL_MACHINE:
            raise NotPersistentError("Windows keeps no credentials beyond this logon session")
        return strongest.name.lower()


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    """The binding's errors as the store's. The binding's never hold a blob, so they stay as the cause."""
    try:
        yield
    except wincred.CredentialError as error:
        raise _translate(error) from error


_KINDS: list[tuple[type[wincred.CredentialError], type[SessionStoreError]]] = [
    (wincred.UnsupportedPlatformError, UnsupportedKeyringError),
    (wincred.NoLogonSessionError, NoLogonSessionKeyringError),
    (wincred.AccessDeniedError, KeyringDeniedError),
    (wincred.StoreFullError, KeyringFullError),
    (wincred.TooLargeError, KeyringLimitError),
]


def _translate(error: wincred.CredentialError) -> SessionStoreError:
    # Without the binding's advice, which is for its own callers.
    if isinstance(error, wincred.BrokenInstallationError):
        return KeyringInstallationError(f"the Windows Credential Manager can't be reached: {error.reason}")
    fact = f"the Windows Credential Manager failed: {': '.join(filter(None, (error.operation, error.reason)))}"
    if error.winerror is not None:
        fact += f" (Windows error {error.winerror_text})"
    elif isinstance(error, wincred.TooLargeError):
        return NoRoomError(fact)  # found before Windows was asked
    return next((kind for met, kind in _KINDS if isinstance(error, met)), KeyringFailedError)(fact)
