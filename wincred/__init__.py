"""The Windows Credential Manager, typed.

>>> import wincred
>>> wincred.write("example.com/token", b"secret", user_name="anna")
>>> wincred.read("example.com/token").blob
b'secret'
>>> wincred.delete("example.com/token")

Importing works on every system: the DLL is loaded, and cffi needed, at the first call. Every function may be called
from any thread, and from a finaliser while the interpreter shuts down, and raises :class:`UnsupportedPlatformError`
where there is no Credential Manager.
"""

from wincred import _late
from wincred._api import delete, enumerate, is_supported, max_persist, read, write
from wincred.credential import (
    MAX_ATTRIBUTE_VALUE_SIZE,
    MAX_ATTRIBUTES,
    MAX_BLOB_SIZE,
    MAX_DOMAIN_TARGET_NAME_LENGTH,
    MAX_STRING_LENGTH,
    MAX_TARGET_NAME_LENGTH,
    MAX_USER_NAME_LENGTH,
    Attributes,
    Credential,
)
from wincred.errors import (
    AccessDeniedError,
    BrokenInstallationError,
    CredentialError,
    InvalidCredentialError,
    NoLogonSessionError,
    NotFoundError,
    StoreFullError,
    TooLargeError,
    UnsupportedPlatformError,
)

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from wincred._enums import CredentialFlags, CredentialType, Persist

__version__ = "0.1.0"

__all__ = [
    "MAX_ATTRIBUTES",
    "MAX_ATTRIBUTE_VALUE_SIZE",
    "MAX_BLOB_SIZE",
    "MAX_DOMAIN_TARGET_NAME_LENGTH",
    "MAX_STRING_LENGTH",
    "MAX_TARGET_NAME_LENGTH",
    "MAX_USER_NAME_LENGTH",
    "AccessDeniedError",
    "Attributes",
    "BrokenInstallationError",
    "Credential",
    "CredentialError",
    "CredentialFlags",
    "CredentialType",
    "InvalidCredentialError",
    "NoLogonSessionError",
    "NotFoundError",
    "Persist",
    "StoreFullError",
    "TooLargeError",
    "UnsupportedPlatformError",
    "delete",
    "enumerate",
    "is_supported",
    "max_persist",
    "read",
    "write",
]

_LATE = ("CredentialFlags", "CredentialType", "Persist")

for _name in __all__:
    if callable(_public := globals().get(_name)):
        # So that help, a traceback and a pickle say wincred.NotFoundError, wherever it is defined.
        _public.__module__ = __name__
del _name, _public


if not TYPE_CHECKING:  # mypy would believe in every name

    def __getattr__(name: str) -> object:
        """The enums, imported when they are asked for: most programs read a credential, and need none."""
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(_late.load_enums(), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATE})
