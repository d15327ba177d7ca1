"""The error tree: what Windows refused, in words, with what to do about it.

::

    OSError
      CredentialError              any other Windows error
        NotFoundError              1168
        NoLogonSessionError        1312
        StoreFullError             8
        AccessDeniedError          5
        TooLargeError              1783, or found before the call
        InvalidCredentialError     87, 1004, 2202
        UnsupportedPlatformError   found before the call: this is not Windows

The codes are `system error codes <https://learn.microsoft.com/windows/win32/debug/system-error-codes>`_; which
function returns which is in the pages of `wincred.h <https://learn.microsoft.com/windows/win32/api/wincred/>`_.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class WinError(IntEnum):
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

    ``winerror`` is Windows' code on every system, or None for what was found before Windows was asked.
    ``operation`` is what was tried, such as "reading the generic credential 'example.com'"; empty before the call.
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

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.winerror), vars(self)


class NotFoundError(CredentialError):
    """There is no credential of that target name and type (1168); a write that keeps the stored blob needs one too."""


class NoLogonSessionError(CredentialError):
    """This logon session has no credential store (1312): it is a network logon, by SSH, WinRM or runas /netonly."""


class StoreFullError(CredentialError):
    """The user's credential store is full (8); the computer's memory is not."""


class AccessDeniedError(CredentialError):
    """Windows denies access (5): an app container, or a policy."""


class TooLargeError(CredentialError):
    """A field is over its limit: found before the call, or by Windows (1783)."""


class InvalidCredentialError(CredentialError):
    """Windows finds a field of the credential wrong (87, 1004, 2202)."""


class UnsupportedPlatformError(CredentialError):
    """This operating system has no Credential Manager."""


_USER_NAME = "the user name (a domain password needs one, in the form DOMAIN\\user or user@domain)"
_INVALID_ADVICE = f"check the type, the persistence, the filter (the start of a target name, then *) and {_USER_NAME}"

_KNOWN: dict[int, tuple[type[CredentialError], str, str]] = {
    WinError.ERROR_NOT_FOUND: (
        NotFoundError,
        "there is no such credential",
        "check the target name and the type, or write the credential first",
    ),
    WinError.ERROR_NO_SUCH_LOGON_SESSION: (
        NoLogonSessionError,
        "this logon session has no credential store",
        "a network logon (SSH, WinRM, runas /netonly) never has one: run this in a desktop or batch logon",
    ),
    WinError.ERROR_NOT_ENOUGH_MEMORY: (
        StoreFullError,
        "the user's credential store is full",
        "remove credentials that are no longer needed in Control Panel, Credential Manager",
    ),
    WinError.ERROR_ACCESS_DENIED: (
        AccessDeniedError,
        "Windows denies access to the credential store",
        "run this outside of an app container, or ask the administrator which policy forbids it",
    ),
    WinError.RPC_X_BAD_STUB_DATA: (
        TooLargeError,
        "Windows finds a field over its limit",
        "shorten the blob, the target name, the user name, the comment or the attributes",
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
    cls, reason, advice = _KNOWN.get(code) or (CredentialError, sentence.strip().rstrip("."), "")
    message = f"{operation}: {reason} (Windows error {code})" + (advice and f"; {advice}")
    return cls(message, code, operation=operation, reason=reason, advice=advice, target_name=target_name)
