"""The keyrings, one file for each system's; another one is added beside them, without a change to the store."""

from __future__ import annotations

import sys

from coder_login.sessionstore.errors import KeyringInstallationError, UnsupportedKeyringError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from coder_login.sessionstore.keyrings.protocol import KeyringProvider


def open_system_keyring() -> KeyringProvider:
    """This system's keyring. Raises UnsupportedKeyringError where we support none, KeyringInstallationError."""
    try:
        import wincred  # here, so that the file store needs no binding
    except ImportError as error:
        raise KeyringInstallationError("the package wincred, which reaches the keyring, can't be imported") from error

    if wincred.is_supported():
        from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager

        return WindowsCredentialManager()
    raise UnsupportedKeyringError(f"there is no supported keyring on this system ({sys.platform})")
