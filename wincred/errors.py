"""The error tree: what Windows refused, in words, with what to do about it.

::

    OSError
      CredentialError              any other Windows error; an answer of Windows' that can't be
        NotFoundError              1168
        NoLogonSessionError        1312
        StoreFullError             8
        AccessDeniedError          5
        TooLargeError              1783, or found before the call
        InvalidCredentialError     87, 1004, 2202
        UnsupportedPlatformError   found before the call: this is not Windows
        BrokenInstallationError    found before the call: cffi is missing or broken

The codes are `system error codes <https://learn.microsoft.com/windows/win32/debug/system-error-codes>`_; which
function returns which is in the pages of `wincred.h <https://learn.microsoft.com/windows/win32/api/wincred/>`_.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from typing import Any, Final

MAX_QUOTED: Final = 100
"""Characters of a name, or of another text that was not ours, that an error shows at most."""

_MAX_SYSTEM_ERROR = 0xFFFF  # above, and below 0, lie HRESULTs (NTE_*, SCARD_*) and NTSTATUS codes


class WinError:
    """The Windows error codes that have a class of their own here."""

    ERROR_ACCESS_DENIED = 5
    ERROR_NOT_ENOUGH_MEMORY = 8
    ERROR_INVALID_PARAMETER = 87
    ERROR_INVALID_FLAGS = 1004
    ERROR_NOT_FOUND = 1168
    ERROR_NO_SUCH_LOGON_SESSION = 1312
    RPC_X_BAD_STUB_DATA = 1783
    ERROR_BAD_USERNAME = 2202


class CredentialError(OSError):
    """A Credential Manager call failed; every error of this package is one, and an unknown code is just this.

    ``str(error)`` is the whole message, "operation: reason (Windows error 5); advice". For a program that words its
    own, the parts are attributes too. None of them holds a secret, and a pickle or a copy keeps them all.

    ``winerror`` is Windows' code on every system, or None for what we found ourselves. It is signed, as in C: an
    HRESULT is negative, and ``winerror_text`` has it in hexadecimal.
    ``operation`` is what was tried, such as "reading the generic credential 'example.com'"; empty before the call.
    It shows at most the start of a long name.
    ``reason`` is what went wrong: for an unknown code, Windows' own sentence; by default, the whole message.
    ``advice`` is what to do about it; empty for an unknown code.
    ``target_name`` is the name that Windows was asked about, in full; None where it was not asked about one.
    """

    operation: str
    reason: str
    advice: str
    target_name: str | None
    # On Windows, OSError declares it, as an int that is never None.
    winerror: int | None  # type: ignore[assignment,unused-ignore]

    def __init__(
        self,
        message: str,
        winerror: int | None = None,
        *,
        operation: str = "",
        reason: str | None = None,
        advice: str = "",
        target_name: str | None = None,
    ) -> None:
        super().__init__(message)
        self.winerror = winerror
        self.operation = operation
        self.reason = message if reason is None else reason
        self.advice = advice
        self.target_name = target_name

    @property
    def winerror_text(self) -> str:
        """The code as Windows documents it: "1312", or "0x80090016" for an HRESULT; empty for None."""
        return "" if self.winerror is None else _spell(self.winerror)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.winerror), vars(self)


class NotFoundError(CredentialError):
    """There is no credential of that target name and type (1168); a write that keeps the stored blob needs one too."""


class NoLogonSessionError(CredentialError):
    """This logon session has no credential store, or none for that type (1312).

    A network logon (SSH, WinRM, runas /netonly) has none. The code was also met in elevated processes, in tasks that
    are scheduled or run remotely without a stored password, and for a domain type that a policy disables.
    """


class StoreFullError(CredentialError):
    """The user's whole credential store is full (8), mostly of other programs' entries; memory is not what is short."""


class AccessDeniedError(CredentialError):
    """Windows denies access (5): an app container, or a policy."""


class TooLargeError(CredentialError):
    """A field is over its limit.

    Found before the call, ``winerror`` is None. From Windows (1783), every field is within the limits that are
    documented: a damaged system has been seen to answer so.
    """


class InvalidCredentialError(CredentialError):
    """Windows finds a field of the credential wrong (87, 1004, 2202)."""


class UnsupportedPlatformError(CredentialError):
    """This operating system has no Credential Manager."""


class BrokenInstallationError(CredentialError):
    """What calls Windows for us, cffi, is missing, broken, or of a version that can't read our declarations."""


_USER_NAME = "the user name (a domain password needs one, in the form DOMAIN\\user or user@domain)"
_INVALID_ADVICE = (
    "check the type, the persistence, the target name (without *), the filter (the start of a target name, then *) "
    f"and {_USER_NAME}; a stored credential with a field that a write can't change must be deleted first"
)

_KNOWN: dict[int, tuple[type[CredentialError], str, str]] = {
    WinError.ERROR_NOT_FOUND: (
        NotFoundError,
        "there is no such credential",
        "check the target name and the type, or write the credential first",
    ),
    WinError.ERROR_NO_SUCH_LOGON_SESSION: (
        NoLogonSessionError,
        "this logon session has no credential store, or none for this type",
        "a network logon (SSH, WinRM, runas /netonly) never has one, an elevated process or a task without a stored "
        "password may have none, and a policy can disable a domain type: run this in a desktop logon, not elevated, "
        "or store the password with the task",
    ),
    WinError.ERROR_NOT_ENOUGH_MEMORY: (
        StoreFullError,
        "the user's whole credential store is full, mostly of other programs' entries",
        "remove those that are no longer needed in Control Panel, Credential Manager",
    ),
    WinError.ERROR_ACCESS_DENIED: (
        AccessDeniedError,
        "Windows denies access to the credential store",
        "run this outside of an app container, or ask the administrator which policy forbids it",
    ),
    WinError.RPC_X_BAD_STUB_DATA: (
        TooLargeError,
        "Windows finds something too large, though every field is within its documented limit",
        "shorten the fields; if that does not help, Windows may be damaged, which sfc /scannow can repair",
    ),
    WinError.ERROR_INVALID_PARAMETER: (
        InvalidCredentialError,
        "Windows finds a field wrong",
        _INVALID_ADVICE,
    ),
    WinError.ERROR_INVALID_FLAGS: (InvalidCredentialError, "Windows finds a flag wrong", _INVALID_ADVICE),
    WinError.ERROR_BAD_USERNAME: (
        InvalidCredentialError,
        "Windows finds the user name wrong",
        f"check {_USER_NAME}",
    ),
}


def make_error(operation: str, code: int, sentence: str, target_name: str | None = None) -> CredentialError:
    """The error of Windows error *code*, met in *operation*; *sentence* is Windows' own text for the code."""
    cls, reason, advice = _KNOWN.get(code) or (CredentialError, " ".join(sentence.split()).rstrip("."), "")
    message = f"{operation}: {reason} (Windows error {_spell(code)})" + (advice and f"; {advice}")
    return cls(message, code, operation=operation, reason=reason, advice=advice, target_name=target_name)


def make_answer_error(operation: str, target_name: str | None = None) -> CredentialError:
    """The error of a success without what it should have given: a pointer of Windows' that is NULL."""
    reason = "Windows reports success, and gives a credential that is not there"
    return CredentialError(f"{operation}: {reason}", operation=operation, reason=reason, target_name=target_name)


def _spell(code: int) -> str:
    return str(code) if 0 <= code <= _MAX_SYSTEM_ERROR else f"0x{code & 0xFFFF_FFFF:08X}"


def quote(text: str) -> str:
    """*text* in a message: its start, escaped, so that it can neither forge a line of a log nor fill it."""
    return repr(text) if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]!r}... ({len(text)} characters)"
