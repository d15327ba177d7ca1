"""The calls: check, marshal, call, copy, wipe, free. With `_dll`, the only place that touches C data.

Every pointer that goes into a struct is kept in a local variable or in a `_Marshalled` until the call has returned:
cffi frees what nothing refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from wincred import _checks, _dll
from wincred._dll import Advapi32, CData
from wincred.credential import Credential, CredentialType, Persist
from wincred.errors import CredentialError, NotFoundError, error_for

_PRESERVE_BLOB = 0x1  # CRED_PRESERVE_CREDENTIAL_BLOB
_TYPE_COUNT = max(CredentialType) + 1  # CRED_TYPE_MAXIMUM
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  # FILETIME counts 100 ns from here
_Known = TypeVar("_Known", CredentialType, Persist)


def write(
    target_name: str,
    blob: bytes | bytearray | None,
    *,
    user_name: str | None = None,
    comment: str | None = None,
    attributes: Mapping[str, bytes] | None = None,
    persist: Persist = Persist.LOCAL_MACHINE,
    type: CredentialType = CredentialType.GENERIC,
) -> None:
    """Store a credential, in the place of one of the same target name and type.

    *blob* is the secret, at most 2560 bytes; None keeps the stored one and replaces the rest. The target name is not
    case-sensitive and has at most 32767 UTF-16 code units (337 for a domain type), the user name 513, the comment 255.
    *attributes* maps at most 64 keywords (255 units) to values of at most 256 bytes. A domain password's blob is the
    password in UTF-16LE.

    Raises TooLargeError, ValueError or TypeError before Windows is called, for a field that is over its limit, empty,
    or holds a NUL or a lone surrogate; NotFoundError when there is no blob to keep; NoLogonSessionError,
    StoreFullError, AccessDeniedError, InvalidCredentialError; UnsupportedPlatformError outside Windows.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credwritew
    """
    secret = None if blob is None else _checks.Secret(blob)
    del blob  # no frame of ours keeps it where a traceback with local variables would show it
    dll = _dll.advapi32()
    type_code = _checks.check_type(type)
    _checks.check_target_name(target_name, type_code)
    if secret is not None:
        secret.check()
    _checks.check_labels(user_name, comment)
    fields = _Fields(target_name, type_code, user_name, comment, _checks.check_attributes(attributes),
                     _checks.check_persist(persist))  # fmt: skip
    with _marshalled(fields, secret) as credential:
        if not dll.CredWriteW(credential, _PRESERVE_BLOB if secret is None else 0):
            raise _last_error("writing", target_name, type_code)


def read(target_name: str, *, type: CredentialType | int = CredentialType.GENERIC) -> Credential:
    """The credential of that target name (not case-sensitive) and type.

    A domain password comes with an empty blob: Windows gives it only to its own authentication packages.
    Raises NotFoundError, NoLogonSessionError, AccessDeniedError; ValueError, TypeError or TooLargeError for a target
    name that can't be one; UnsupportedPlatformError outside Windows.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credreadw
    """
    dll = _dll.advapi32()
    type_code = _checks.check_type(type)
    _checks.check_target_name(target_name, type_code)
    ffi = _dll.load_ffi()
    name, found = _wide(target_name), ffi.new("CREDENTIALW **")
    if not dll.CredReadW(name, type_code, 0, found):
        raise _last_error("reading", target_name, type_code)
    with _returned(dll, found[0], [found[0]]):
        return _copy(found[0])


def delete(target_name: str, *, type: CredentialType | int = CredentialType.GENERIC) -> None:
    """Remove the credential of that target name (not case-sensitive) and type; its errors are those of `read`.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-creddeletew
    """
    dll = _dll.advapi32()
    type_code = _checks.check_type(type)
    _checks.check_target_name(target_name, type_code)
    name = _wide(target_name)
    if not dll.CredDeleteW(name, type_code, 0):
        raise _last_error("deleting", target_name, type_code)


def enumerate(filter: str | None = None) -> list[Credential]:
    """The user's credentials, of every type; none is an empty list.

    *filter* is the start of a target name followed by ``*``, not case-sensitive; None lists everything.
    Raises NoLogonSessionError, AccessDeniedError, InvalidCredentialError (a filter of another form); ValueError,
    TypeError or TooLargeError for a filter that can't be one; UnsupportedPlatformError outside Windows.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credenumeratew
    """
    dll = _dll.advapi32()
    _checks.check_filter(filter)
    ffi = _dll.load_ffi()
    pattern = ffi.NULL if filter is None else _wide(filter)
    count, found = ffi.new("uint32_t *"), ffi.new("CREDENTIALW ***")
    if not dll.CredEnumerateW(pattern, 0, count, found):
        error = error_for(f"listing credentials{'' if filter is None else f' like {filter!r}'}", *_dll.last_error())
        if isinstance(error, NotFoundError):
            return []
        raise error
    raws = [found[0][index] for index in range(count[0])]
    with _returned(dll, found[0], raws):
        return [_copy(raw) for raw in raws]


def max_persist(type: CredentialType = CredentialType.GENERIC) -> Persist:
    """The strongest persistence that this logon session allows for *type*, asked without writing anything.

    Persist.NONE: this type can't be stored, because Windows does not support it or a policy forbids it ("Do not allow
    storage of passwords and credentials for network authentication").
    Raises NoLogonSessionError, AccessDeniedError; ValueError for an unknown type; UnsupportedPlatformError.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credgetsessiontypes
    """
    dll = _dll.advapi32()
    type_code = _checks.check_type(type)
    if type_code >= _TYPE_COUNT:
        raise ValueError(f"type must be one of CredentialType, from 1 to {_TYPE_COUNT - 1}, not {type_code}")
    strongest = _dll.load_ffi().new("uint32_t[]", _TYPE_COUNT)
    if not dll.CredGetSessionTypes(_TYPE_COUNT, strongest):
        raise error_for("asking what this logon session can store", *_dll.last_error())
    # Whatever a later Windows may add above ENTERPRISE allows ENTERPRISE too.
    return Persist(min(strongest[type_code], Persist.ENTERPRISE))


def is_supported() -> bool:
    """Whether this operating system has a Credential Manager. Whether it can be used now, `max_persist` tells."""
    return _dll.is_supported()


@dataclass(frozen=True, slots=True)
class _Fields:
    target_name: str
    type: int
    user_name: str | None
    comment: str | None
    attributes: Mapping[str, bytes]
    persist: int


@contextmanager
def _marshalled(fields: _Fields, secret: _checks.Secret | None) -> Iterator[CData]:
    """A CREDENTIALW of *fields*; the copy of the secret is wiped at the end, whatever happens."""
    ffi = _dll.load_ffi()
    size = 0 if secret is None else len(secret.value)
    # Not from_buffer: wiping that would wipe the caller's own immutable object.
    blob = ffi.new("uint8_t[]", size) if size else ffi.NULL
    try:
        if secret is not None and size:
            ffi.buffer(blob)[:] = secret.value  # a ValueError if a bytearray has changed its size meanwhile
        strings = [_wide_or_null(text) for text in (fields.target_name, fields.comment, fields.user_name)]
        attributes, _keep_alive = _marshalled_attributes(fields.attributes)
        credential: CData = ffi.new("CREDENTIALW *")
        credential.Type, credential.Persist = fields.type, fields.persist
        credential.TargetName, credential.Comment, credential.UserName = strings
        credential.CredentialBlobSize, credential.CredentialBlob = size, blob
        credential.AttributeCount, credential.Attributes = len(fields.attributes), attributes
        yield credential
    finally:
        _wipe(blob, size)


def _marshalled_attributes(attributes: Mapping[str, bytes]) -> tuple[CData, list[CData]]:
    """The array of attributes, and what must outlive its use."""
    ffi = _dll.load_ffi()
    array, keep_alive = ffi.new("CREDENTIAL_ATTRIBUTEW[]", len(attributes)), []
    for slot, (keyword, value) in zip(array, attributes.items(), strict=True):
        pair = (_wide(keyword), ffi.new("uint8_t[]", value))
        slot.Keyword, slot.Value = pair
        slot.ValueSize = len(value)
        keep_alive.append(pair)
    return (array if attributes else ffi.NULL), keep_alive


@contextmanager
def _returned(dll: Advapi32, block: CData, raws: list[CData]) -> Iterator[None]:
    """Windows' own *block*, which holds the credentials *raws*: their blobs are wiped, then it is freed, once."""
    try:
        yield
    finally:
        try:
            for raw in raws:
                _wipe(raw.CredentialBlob, raw.CredentialBlobSize)
        finally:
            dll.CredFree(block)


def _copy(raw: CData) -> Credential:
    return Credential(
        target_name=_text(raw.TargetName) or "",
        type=_known(CredentialType, raw.Type),
        # Windows never gives a domain password back; Wine does.
        blob=b"" if raw.Type == CredentialType.DOMAIN_PASSWORD else _bytes(raw.CredentialBlob, raw.CredentialBlobSize),
        user_name=_text(raw.UserName),
        comment=_text(raw.Comment),
        attributes=_attributes(raw),
        persist=_known(Persist, raw.Persist),
        last_written=_datetime(raw.LastWritten),
    )


def _attributes(raw: CData) -> Mapping[str, bytes]:
    slots = [raw.Attributes[index] for index in range(raw.AttributeCount)]
    return MappingProxyType({_text(slot.Keyword) or "": _bytes(slot.Value, slot.ValueSize) for slot in slots})


def _known(enum: type[_Known], value: int) -> _Known | int:
    return enum(value) if value in list(enum) else value


def _datetime(filetime: CData) -> datetime:
    ticks = filetime.dwHighDateTime << 32 | filetime.dwLowDateTime
    return _FILETIME_EPOCH + timedelta(microseconds=ticks // 10)


def _bytes(pointer: CData, size: int) -> bytes:
    ffi = _dll.load_ffi()
    return bytes(ffi.buffer(pointer, size)) if pointer and size else b""


def _text(pointer: CData) -> str | None:
    return str(_dll.load_ffi().string(pointer)) if pointer else None


def _wide(text: str) -> CData:
    return _dll.load_ffi().new("wchar_t[]", text)


def _wide_or_null(text: str | None) -> CData:
    return _dll.load_ffi().NULL if text is None else _wide(text)


def _wipe(pointer: CData, size: int) -> None:
    if pointer and size:
        _dll.load_ffi().memmove(pointer, bytes(size), size)


def _last_error(doing: str, target_name: str, type: int) -> CredentialError:
    kind = _known(CredentialType, type)
    label = kind.name.lower().replace("_", " ") if isinstance(kind, CredentialType) else f"type {kind}"
    return error_for(f"{doing} the {label} credential {target_name!r}", *_dll.last_error())
