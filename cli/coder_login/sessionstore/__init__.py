"""Where a deployment's session token is kept: the system's keyring, or a plaintext file.

Both stores follow one protocol, `SessionStore`; `KeyringStore` shares its data with the Go `coder` CLI of version 2.29
and later, `FileStore` with every Coder client.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from coder_login.sessionstore.errors import (
        AmbiguousSessionError,
        AnotherSessionError,
        DamagedTokenError,
        KeyringDeniedError,
        KeyringFailedError,
        KeyringFullError,
        KeyringInstallationError,
        KeyringLimitError,
        KeyringRestoreError,
        MigrationError,
        NoLogonSessionKeyringError,
        NoRoomError,
        NothingStoredError,
        NotPersistentError,
        OriginMismatchError,
        RestoreError,
        SchemeNotRecordedError,
        SessionConflictError,
        SessionElsewhereError,
        SessionNotFoundError,
        SessionStoreError,
        StoreChangedError,
        StoreDamagedError,
        StoreInOrderError,
        StoreLockedError,
        StoreUnavailableError,
        UnsupportedKeyringError,
        URLFileError,
        WriteLostError,
    )
    from coder_login.sessionstore.file_errors import (
        FileError,
        ForeignFileError,
        InsecureDirectoryWarning,
        InsecureFileWarning,
        LeftoverFileWarning,
        LinkError,
        LockError,
        NoConfigDirectoryError,
        NoLockDirectoryError,
        UntrustedFileError,
    )
    from coder_login.sessionstore.file_store import FileStore
    from coder_login.sessionstore.keyring_store import DEFAULT_SERVICE, KeyringStore, Usage
    from coder_login.sessionstore.keyrings.protocol import KeyringProvider
    from coder_login.sessionstore.protocol import SessionStore

__all__ = [
    "DEFAULT_SERVICE",
    "AmbiguousSessionError",
    "AnotherSessionError",
    "DamagedTokenError",
    "FileError",
    "FileStore",
    "ForeignFileError",
    "InsecureDirectoryWarning",
    "InsecureFileWarning",
    "KeyringDeniedError",
    "KeyringFailedError",
    "KeyringFullError",
    "KeyringInstallationError",
    "KeyringLimitError",
    "KeyringProvider",
    "KeyringRestoreError",
    "KeyringStore",
    "LeftoverFileWarning",
    "LinkError",
    "LockError",
    "MigrationError",
    "NoConfigDirectoryError",
    "NoLockDirectoryError",
    "NoLogonSessionKeyringError",
    "NoRoomError",
    "NotPersistentError",
    "NothingStoredError",
    "OriginMismatchError",
    "RestoreError",
    "SchemeNotRecordedError",
    "SessionConflictError",
    "SessionElsewhereError",
    "SessionNotFoundError",
    "SessionStore",
    "SessionStoreError",
    "StoreChangedError",
    "StoreDamagedError",
    "StoreInOrderError",
    "StoreLockedError",
    "StoreUnavailableError",
    "URLFileError",
    "UnsupportedKeyringError",
    "UntrustedFileError",
    "Usage",
    "WriteLostError",
]


def __getattr__(name: str) -> Any:
    """The public names, each imported when it is asked for: a start that reads the file needs few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_home(name), name)


def __dir__() -> list[str]:
    """With the names that are not imported yet: `help` and a prompt's completion go by it."""
    return sorted({*globals(), *__all__})


def _import_home(name: str) -> ModuleType:
    """The module of the public *name*. Every import is spelled out: programs that freeze this one look for it."""
    if name == "FileStore":
        from coder_login.sessionstore import file_store

        return file_store
    if name in ("KeyringStore", "Usage", "DEFAULT_SERVICE"):
        from coder_login.sessionstore import keyring_store

        return keyring_store
    if name == "SessionStore":
        from coder_login.sessionstore import protocol

        return protocol
    if name == "KeyringProvider":
        from coder_login.sessionstore.keyrings import protocol as keyring_protocol

        return keyring_protocol
    from coder_login.sessionstore import errors, file_errors

    return errors if hasattr(errors, name) else file_errors
