"""The keyrings, one file a system; another system's is added beside them, without a change to the store."""

from __future__ import annotations

import sys

from coder_login.sessionstore.errors import UnsupportedKeyringError
from coder_login.sessionstore.keyrings.protocol import KeyringProvider

WITHOUT_KEYRING = "leave out --use-keyring (or set CODER_USE_KEYRING=false) to keep the token in a file"


def system_keyring() -> KeyringProvider:
    """This system's keyring. Raises UnsupportedKeyringError where we support none."""
    import wincred  # here, so that the file store needs no binding

    if wincred.is_supported():
        from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager

        return WindowsCredentialManager()
    raise UnsupportedKeyringError(f"there is no supported keyring on this system ({sys.platform})", WITHOUT_KEYRING)
