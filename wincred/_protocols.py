"""advapi32.dll and its structures, as mypy knows them. Imported by type checkers alone: a program has no need of it."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

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
