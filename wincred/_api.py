"""The public functions: each checks its arguments, calls Windows, and returns the answer or raises the error."""

from __future__ import annotations

from _collections_abc import Mapping  # as `os` does: collections.abc imports all of collections

import wincred
from wincred import _checks, _dll, _marshal
from wincred._checks import DOMAIN_EXTENDED, ENTERPRISE, GENERIC, LOCAL_MACHINE, Buffer
from wincred._late import load_enums
from wincred.credential import Credential
from wincred.errors import CredentialError, NotFoundError, make_answer_error, make_error, quote

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from wincred._protocols import CData

_PRESERVE_BLOB = 0x1  # CRED_PRESERVE_CREDENTIAL_BLOB
_ALL_CREDENTIALS = 0x1  # CRED_ENUMERATE_ALL_CREDENTIALS
_TYPE_COUNT = DOMAIN_EXTENDED + 1  # CRED_TYPE_MAXIMUM

# Each type in an error. Not made of CredentialType: to find no credential is common, and should import no enum.
_TYPE_LABELS = {
    _checks.GENERIC: "generic",
    _checks.DOMAIN_PASSWORD: "domain password",
    _checks.DOMAIN_CERTIFICATE: "domain certificate",
    _checks.DOMAIN_VISIBLE_PASSWORD: "domain visible password",
    _checks.GENERIC_CERTIFICATE: "generic certificate",
    _checks.DOMAIN_EXTENDED: "domain extended",
}


def write(
    target_name: str,
    blob: Buffer | None,
    *,
    user_name: str | None = None,
    comment: str | None = None,
    attributes: Mapping[str, Buffer] | None = None,
    persist: wincred.Persist | int = LOCAL_MACHINE,
    type: wincred.CredentialType | int = GENERIC,
) -> None:
    """Store a credential; it replaces the one of the same target name and type.

    *blob* is the secret, any bytes-like object of at most 2560 bytes; None keeps the stored one and replaces the rest.
    The target name is not case-sensitive and has at most 32767 UTF-16 code units (337 for a domain type), the user name
    513, the comment 255. *attributes* maps at most 64 keywords (255 units) to bytes-like values of at most 256 bytes; a
    credential's own `Attributes` are written with every keyword that is there twice. A domain password's blob is the
    password in UTF-16LE. By default the credential is generic (CredentialType.GENERIC), and
    stays on this computer (Persist.LOCAL_MACHINE).

    Before Windows is called: TooLargeError for a field over its limit; ValueError for an empty target name or keyword,
    a NUL, a lone surrogate or a number out of range; TypeError for a field of a wrong type, or bytes that were
    released. From Windows: NotFoundError when there is no blob to keep, NoLogonSessionError, StoreFullError,
    AccessDeniedError, InvalidCredentialError, TooLargeError. Outside Windows: UnsupportedPlatformError.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credwritew
    """
    secret = None if blob is None else _checks.Secret(blob)
    del blob  # no frame of ours keeps it where a traceback with local variables would show it
    dll, ffi = _dll.load_advapi32(), _dll.load_ffi()
    type_code = _checks.check_type(type)
    _checks.check_target_name(target_name, type_code)
    _checks.check_labels(user_name, comment)
    copies: list[tuple[CData, int]] = []
    try:
        struct, _keep_alive = _marshal.make_struct(
            ffi,
            copies,
            target_name=target_name,
            type=type_code,
            secret=secret,
            user_name=user_name,
            comment=comment,
            attributes=_checks.check_attributes(attributes),
            persist=_checks.check_persist(persist),
        )
        if not dll.CredWriteW(struct, _PRESERVE_BLOB if secret is None else 0):
            raise _make_last_error("writing", target_name, type_code)
    finally:
        _marshal.wipe_copies(ffi, copies)


def read(target_name: str, *, type: wincred.CredentialType | int = GENERIC) -> Credential:
    """Read the credential of that target name (not case-sensitive) and type.

    The name may be one from a listing, whatever it holds. A domain password or certificate comes with an empty blob:
    Windows gives it only to its own authentication packages.
    Raises NotFoundError, NoLogonSessionError, AccessDeniedError; ValueError, TypeError or TooLargeError for a target
    name that can't be one; UnsupportedPlatformError outside Windows.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credreadw
    """
    dll, ffi = _dll.load_advapi32(), _dll.load_ffi()
    type_code = _checks.check_type(type)
    _checks.check_stored_name(target_name, type_code)
    # There before the call, so that an interruption right after the call leaves nothing of Windows' behind either.
    name, found = ffi.new("wchar_t[]", target_name), ffi.new("CREDENTIALW **")
    try:
        if not dll.CredReadW(name, type_code, 0, found):
            error = _make_last_error("reading", target_name, type_code)
            found[0] = ffi.NULL  # whatever is there, it is not for us to free
            raise error
        if not found[0]:
            raise make_answer_error(_name_operation("reading", target_name, type_code), target_name)
        return _marshal.copy_credential(ffi, found[0])
    finally:
        if found[0]:
            _marshal.release(ffi, dll, found[0], 1, found)


def delete(target_name: str, *, type: wincred.CredentialType | int = GENERIC) -> None:
    """Remove the credential of that target name (not case-sensitive) and type; its errors are those of `read`.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-creddeletew
    """
    dll, ffi = _dll.load_advapi32(), _dll.load_ffi()
    type_code = _checks.check_type(type)
    _checks.check_stored_name(target_name, type_code)
    name = ffi.new("wchar_t[]", target_name)
    if not dll.CredDeleteW(name, type_code, 0):
        raise _make_last_error("deleting", target_name, type_code)


def enumerate(filter: str | None = None, *, all: bool = False) -> list[Credential]:
    """List the user's credentials, of every type; the list is empty when there are none.

    *filter* is the start of a target name followed by ``*``, not case-sensitive; None lists everything. With *all* set
    (CRED_ENUMERATE_ALL_CREDENTIALS) there can be no filter, and Windows gives each target name in the form
    ``namespace:attribute=target``, such as ``LegacyGeneric:target=example.com``.
    Whatever another program has stored is listed: see `Credential`.
    Raises NoLogonSessionError, AccessDeniedError, InvalidCredentialError (a filter of another form); ValueError,
    TypeError or TooLargeError for a filter that can't be one; UnsupportedPlatformError outside Windows.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credenumeratew
    """
    dll, ffi = _dll.load_advapi32(), _dll.load_ffi()
    _checks.check_filter(filter, all=all)
    operation = _name_listing(filter, all)
    pattern = ffi.NULL if filter is None else ffi.new("wchar_t[]", filter)
    count, found = ffi.new("uint32_t *"), ffi.new("CREDENTIALW ***")
    try:
        if not dll.CredEnumerateW(pattern, _ALL_CREDENTIALS if all else 0, count, found):
            error = make_error(operation, *_dll.last_error())
            found[0] = ffi.NULL  # whatever is there, it is not for us to free
            if isinstance(error, NotFoundError):
                return []
            raise error
        structs = _marshal.find_structs(count[0], found[0])
        if len(structs) < count[0]:
            raise make_answer_error(operation)
        return _marshal.copy_credentials(ffi, structs)
    finally:
        if found[0]:
            _marshal.release(ffi, dll, found[0], count[0], found[0])


def max_persist(type: wincred.CredentialType | int = GENERIC) -> wincred.Persist:
    """Ask for the strongest persistence that this logon session allows for *type*; nothing is written.

    Persist.NONE means that this type can't be stored: Windows does not support it, or a policy forbids it ("Do not
    allow storage of passwords and credentials for network authentication").
    Raises NoLogonSessionError, AccessDeniedError; ValueError for an unknown type; UnsupportedPlatformError.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credgetsessiontypes
    """
    dll, ffi = _dll.load_advapi32(), _dll.load_ffi()
    type_code = _checks.check_known_type(type)
    strongest = ffi.new("uint32_t[]", _TYPE_COUNT)
    if not dll.CredGetSessionTypes(_TYPE_COUNT, strongest):
        raise make_error("asking what this logon session can store", *_dll.last_error())
    # Whatever a later Windows may add above ENTERPRISE allows ENTERPRISE too.
    persist: wincred.Persist = load_enums().Persist(min(strongest[type_code], ENTERPRISE))
    return persist


def is_supported() -> bool:
    """Whether this operating system has a Credential Manager; `max_persist` tells whether it can be used now."""
    return _dll.is_supported()


def _make_last_error(doing: str, target_name: str, type: int) -> CredentialError:
    code, sentence = _dll.last_error()  # before anything else
    return make_error(_name_operation(doing, target_name, type), code, sentence, target_name)


def _name_operation(doing: str, target_name: str, type: int) -> str:
    label = _TYPE_LABELS.get(type, f"type {type}")
    return f"{doing} the {label} credential {quote(target_name)}"


def _name_listing(filter: str | None, all: bool) -> str:
    everything = "listing all credentials" if all else "listing credentials"
    return everything if filter is None else f"listing credentials like {quote(filter)}"
