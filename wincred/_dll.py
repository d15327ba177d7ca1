"""advapi32.dll as Python sees it: its functions and structures, typed, and the DLL opened once, at the first call.

Nothing else in this package reaches for the DLL: tests replace these functions, and need no Windows.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from wincred.errors import UnsupportedPlatformError

if TYPE_CHECKING:
    from cffi import FFI

CData: TypeAlias = Any
"""A pointer or an array of cffi's, whose items mypy does not know."""


class FILETIME(Protocol):
    """The two halves of a count of 100 ns since 1601, in UTC.

    https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-filetime
    """

    dwLowDateTime: int  # noqa: N815
    dwHighDateTime: int  # noqa: N815


class CREDENTIAL_ATTRIBUTEW(Protocol):  # noqa: N801
    """https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credential_attributew"""

    Keyword: CData
    Flags: int
    ValueSize: int
    Value: CData


class CREDENTIALW(Protocol):
    """https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw"""

    Flags: int
    Type: int
    TargetName: CData
    Comment: CData
    LastWritten: FILETIME
    CredentialBlobSize: int
    CredentialBlob: CData
    Persist: int
    AttributeCount: int
    Attributes: CData
    TargetAlias: CData
    UserName: CData


class Advapi32(Protocol):
    """The functions that are called, with Microsoft's parameter names; each BOOL is 0 on failure."""

    def CredWriteW(self, Credential: CREDENTIALW, Flags: int, /) -> int: ...  # noqa: N802, N803

    def CredReadW(self, TargetName: CData, Type: int, Flags: int, Credential: CData, /) -> int: ...  # noqa: N802, N803

    def CredDeleteW(self, TargetName: CData, Type: int, Flags: int, /) -> int: ...  # noqa: N802, N803

    def CredEnumerateW(self, Filter: CData, Flags: int, Count: CData, Credentials: CData, /) -> int: ...  # noqa: N802, N803

    def CredGetSessionTypes(self, MaximumPersistCount: int, MaximumPersist: CData, /) -> int: ...  # noqa: N802, N803

    def CredFree(self, Buffer: CData, /) -> None: ...  # noqa: N802, N803


def load_advapi32() -> Advapi32:
    """The DLL. Raises UnsupportedPlatformError where there is none."""
    if not is_supported():
        reason = f"the Credential Manager is a part of Windows, and this is {sys.platform}"
        advice = "ask wincred.is_supported() first, and keep the secret elsewhere here"
        raise UnsupportedPlatformError(f"{reason}; {advice}", reason=reason, advice=advice)
    return _open_advapi32()


def is_supported() -> bool:
    """Whether this operating system has the API."""
    return sys.platform == "win32"


def load_ffi() -> FFI:
    """The generated declarations; imported here, because importing wincred must not need cffi."""
    from wincred._advapi32 import ffi

    return cast("FFI", ffi)


def last_error() -> tuple[int, str]:
    """This thread's error code, as cffi saved it after the last call, and Windows' sentence for it."""
    ffi: Any = load_ffi()  # getwinerror exists on Windows only, and so does its type
    code, sentence = ffi.getwinerror()
    return code, sentence


@functools.cache
def _open_advapi32() -> Advapi32:
    # A bare name is safe here: advapi32.dll is one of Windows' KnownDLLs, which only the system directory provides.
    return cast("Advapi32", load_ffi().dlopen("advapi32.dll"))
