"""Where a deployment's session token is kept: the system's keyring, or a plaintext file.

Both stores follow one protocol, `SessionStore`; `KeyringStore` shares its data with the Go `coder` CLI of version 2.29
and later, `FileStore` with every Coder client.
"""

from coder.sessionstore.errors import (
    AmbiguousSessionError,
    NoLogonSessionKeyringError,
    NoRoomError,
    OriginMismatchError,
    SessionNotFoundError,
    SessionStoreError,
    StoreDamagedError,
    StoreLockedError,
    StoreUnavailableError,
    UnsupportedKeyringError,
    WriteLostError,
)
from coder.sessionstore.file import FileStore, InsecureFileWarning
from coder.sessionstore.keyring import DEFAULT_SERVICE, KeyringStore, Usage
from coder.sessionstore.protocol import SessionStore
from coder.sessionstore.provider import KeyringProvider

__all__ = [
    "DEFAULT_SERVICE",
    "AmbiguousSessionError",
    "FileStore",
    "InsecureFileWarning",
    "KeyringProvider",
    "KeyringStore",
    "NoLogonSessionKeyringError",
    "NoRoomError",
    "OriginMismatchError",
    "SessionNotFoundError",
    "SessionStore",
    "SessionStoreError",
    "StoreDamagedError",
    "StoreLockedError",
    "StoreUnavailableError",
    "UnsupportedKeyringError",
    "Usage",
    "WriteLostError",
]
