"""advapi32.dll as Python sees it: the DLL and its declarations, each loaded once, at the first call.

Nothing else in this package reaches for the DLL: tests replace the four functions without an underscore, and need no
Windows.
"""

from __future__ import annotations

import sys

from wincred._late import PossibleImports, cache
from wincred.errors import BrokenInstallationError, CredentialError, UnsupportedPlatformError, quote

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from typing import Any

    from cffi import FFI

    from wincred._protocols import Advapi32

FUNCTIONS = ("CredWriteW", "CredReadW", "CredDeleteW", "CredEnumerateW", "CredGetSessionTypes", "CredFree")
"""Every function that is called."""

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


@cache
def _import_ffi() -> FFI:
    try:
        with PossibleImports():
            from wincred._advapi32 import ffi
        for declaration in DECLARATIONS:
            ffi.typeof(declaration)
    except Exception as error:
        reason = f"cffi, which calls Windows, can't be used: {type(error).__name__}: {quote(str(error))}"
        advice = "install it again, as with: python -m pip install --force-reinstall cffi"
        if "subinterpreter" in str(error):
            advice = "call wincred in the main interpreter"
        raise BrokenInstallationError(f"{reason}; {advice}", reason=reason, advice=advice) from error
    loaded: FFI = ffi
    return loaded


@cache
def _open_advapi32() -> Advapi32:
    ffi: Any = load_ffi()
    try:
        # A bare name is safe here: advapi32.dll is one of Windows' KnownDLLs, which only the system directory provides.
        dll: Advapi32 = ffi.dlopen("advapi32.dll")
        for name in FUNCTIONS:
            getattr(dll, name)
    except (OSError, AttributeError) as error:  # no such DLL, or no such function in it
        reason = f"advapi32.dll, the Credential Manager's part of Windows, can't be used: {quote(str(error))}"
        advice = "this Windows lacks it, or is damaged, which sfc /scannow can repair"
        raise CredentialError(f"{reason}; {advice}", reason=reason, advice=advice) from error
    return dll
