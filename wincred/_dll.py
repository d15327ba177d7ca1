"""advapi32.dll as Python sees it: its functions and structures, typed, and the DLL opened once, at the first call.

Nothing else in this package reaches for the DLL: tests replace these functions, and need no Windows.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from wincred import __path__ as _package_path
from wincred.errors import BrokenInstallationError, CredentialError, UnsupportedPlatformError, quote

if TYPE_CHECKING:
    from cffi import FFI

CData: TypeAlias = Any
"""A pointer or an array of cffi's, whose items mypy does not know."""

DECLARATIONS = (
    "CREDENTIALW *",
    "CREDENTIALW **",
    "CREDENTIALW ***",
    "CREDENTIAL_ATTRIBUTEW[]",
    "uint32_t *",
    "uint32_t[]",
    "uint8_t[]",
    "wchar_t[]",
)
"""Every C type of which an object is made. cffi is told of all at once: a pointer type that it meets for the first time
while the interpreter shuts down is not the one that the functions of the DLL take."""

# What an import needs of `sys`, as it is now: an interpreter that shuts down sets each to None.
_IMPORT_SYSTEM = {name: getattr(sys, name) for name in ("meta_path", "path", "path_hooks", "path_importer_cache")}


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
    """The generated declarations, imported at the first call: they need cffi. Raises BrokenInstallationError."""
    return _import_ffi()


def last_error() -> tuple[int, str]:
    """This thread's error code, as cffi saved it after the last call, and Windows' sentence for it.

    The code is signed, as in C: an HRESULT is a negative number.
    """
    ffi: Any = load_ffi()  # getwinerror exists on Windows only, and so does its type
    code, sentence = ffi.getwinerror()
    return code, sentence


# Kept by us: while the interpreter shuts down, sys.modules is already empty.
@functools.cache
def _import_ffi() -> FFI:
    try:
        with _possible_imports():
            from wincred._advapi32 import ffi
        for declaration in DECLARATIONS:
            ffi.typeof(declaration)
    except Exception as error:
        reason = f"cffi, which calls Windows, can't be used: {type(error).__name__}: {quote(str(error))}"
        advice = "install it again, as with: python -m pip install --force-reinstall cffi"
        if "subinterpreter" in str(error):
            advice = "call wincred in the main interpreter"
        raise BrokenInstallationError(f"{reason}; {advice}", reason=reason, advice=advice) from error
    return cast("FFI", ffi)


@contextmanager
def _possible_imports() -> Iterator[None]:
    """Make imports possible while the interpreter shuts down: a finaliser's call may be the first one of all."""
    if sys.meta_path is not None:
        yield
        return
    for name in [name for name, module in sys.modules.items() if module is None]:
        del sys.modules[name]  # a module that has gone; None forbids its import
    package = type(sys)("wincred")  # in the place of ours, which must not run again
    package.__path__ = _package_path
    sys.modules.setdefault("wincred", package)
    vars(sys).update(_IMPORT_SYSTEM)
    try:
        yield
    finally:
        vars(sys).update(dict.fromkeys(_IMPORT_SYSTEM))


@functools.cache
def _open_advapi32() -> Advapi32:
    ffi = load_ffi()
    try:
        # A bare name is safe here: advapi32.dll is one of Windows' KnownDLLs, which only the system directory provides.
        dll = ffi.dlopen("advapi32.dll")
        for name in filter(lambda name: name.startswith("Cred"), vars(Advapi32)):
            getattr(dll, name)
    except (OSError, AttributeError) as error:  # no such DLL, or no such function in it
        reason = f"advapi32.dll, the Credential Manager's part of Windows, can't be used: {quote(str(error))}"
        advice = "this Windows lacks it, or is damaged, which sfc /scannow mends"
        raise CredentialError(f"{reason}; {advice}", reason=reason, advice=advice) from error
    return cast("Advapi32", dll)
