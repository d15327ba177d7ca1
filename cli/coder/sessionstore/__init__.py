"""Where a deployment's session token is kept: the system's keyring, or a plaintext file.

Both stores follow one protocol, `SessionStore`; `KeyringStore` shares its data with the Go `coder` CLI of version 2.29
and later, `FileStore` with every Coder client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from coder.sessionstore.protocol import SessionStore

if TYPE_CHECKING:
    from coder.sessionstore.keyring import DEFAULT_SERVICE, KeyringStore, Usage
    from coder.sessionstore.provider import KeyringProvider

# Imported when they are asked for: a start that reads the file needs no keyring, and no wincred.
_MODULES = {"DEFAULT_SERVICE": "keyring", "KeyringStore": "keyring", "Usage": "keyring", "KeyringProvider": "provider"}

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


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
