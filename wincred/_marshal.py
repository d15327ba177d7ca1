"""Between Python and C memory: what a write hands to Windows is built here, and what Windows returns is copied here.

A secret in C memory is wiped before that memory is let go, and Windows' own memory is freed once. What ``ffi.new``
makes lives only as long as a Python variable refers to it: keep each result until the call that uses it has returned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

from wincred import _dll
from wincred._checks import Secret
from wincred._dll import CREDENTIAL_ATTRIBUTEW, CREDENTIALW, FILETIME, Advapi32, CData
from wincred.credential import (
    MAX_ATTRIBUTES,
    MAX_BLOB_SIZE,
    Attributes,
    Credential,
    CredentialFlags,
    CredentialType,
    Persist,
)

_FIRST_DAY = datetime(1601, 1, 1).toordinal()  # noqa: DTZ001  # FILETIME counts 100 ns from here
_DAY = 24 * 60 * 60 * 1_000_000  # microseconds
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_Number = TypeVar("_Number", CredentialType, Persist)

# What no answer of Windows' can hold, far above the limits of wincred.h: behind such a size there is no memory.
_ABSURD_SIZE = 16 * MAX_BLOB_SIZE
_ABSURD_ATTRIBUTES = 16 * MAX_ATTRIBUTES
_ABSURD_COUNT = 1_000_000

# Their blobs are for authentication packages only, so Windows gives none; Wine does.
# https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
_WITHOUT_BLOB = (CredentialType.DOMAIN_PASSWORD, CredentialType.DOMAIN_CERTIFICATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a credential holds beside its secret, checked."""

    target_name: str
    type: int
    user_name: str | None
    comment: str | None
    attributes: list[tuple[str, Secret]]
    persist: int


@contextmanager
def credential_struct(fields: Fields, secret: Secret | None) -> Iterator[CREDENTIALW]:
    """A CREDENTIALW that is good until the ``with`` ends; then its copies of bytes are wiped, whatever happens.

    The errors of a blob or a value that is too large or no bytes come from here.
    """
    with ExitStack() as stack:
        blob, size = stack.enter_context(_byte_copy(secret)) if secret else (_dll.load_ffi().NULL, 0)
        target_name, comment = make_string(fields.target_name), make_string(fields.comment)
        user_name = make_string(fields.user_name)
        attributes, _keep_alive = _make_attributes(fields.attributes, stack)
        struct = cast("CREDENTIALW", _dll.load_ffi().new("CREDENTIALW *"))
        struct.Type, struct.Persist = fields.type, fields.persist
        struct.TargetName, struct.Comment, struct.UserName = target_name, comment, user_name
        struct.CredentialBlob, struct.CredentialBlobSize = blob if size else _dll.load_ffi().NULL, size
        struct.Attributes, struct.AttributeCount = attributes, len(fields.attributes)
        yield struct


def make_string(text: str | None) -> CData:
    """A copy of *text* in UTF-16, with a final NUL; NULL for None. A lone surrogate stays what it is."""
    ffi = _dll.load_ffi()
    return ffi.NULL if text is None else ffi.new("wchar_t[]", text)


@contextmanager
def returned_credential(dll: Advapi32) -> Iterator[CData]:
    """The place for the pointer that CredReadW gives; what it points to in the end is wiped and freed.

    It is there before the call, so that an interruption right after the call leaves nothing behind either.
    """
    found = _dll.load_ffi().new("CREDENTIALW **")
    try:
        yield found
    finally:
        _release(dll, found[0], 1, found)


@contextmanager
def returned_credentials(dll: Advapi32) -> Iterator[tuple[CData, CData]]:
    """The places for the count and the array of pointers that CredEnumerateW gives; see `returned_credential`."""
    count, found = _dll.load_ffi().new("uint32_t *"), _dll.load_ffi().new("CREDENTIALW ***")
    try:
        yield count, found
    finally:
        _release(dll, found[0], count[0], found[0])


def find_structs(count: int, pointers: CData) -> list[CREDENTIALW]:
    """The structures that are there, which may be fewer than *count*: no pointer to nothing is followed."""
    if not pointers or count > _ABSURD_COUNT:
        return []
    return [struct for struct in (pointers[index] for index in range(count)) if struct]


def copy_credential(struct: CREDENTIALW) -> Credential:
    """A copy of what lies in Windows' memory; nothing that another program may have stored makes it fail."""
    blob_size = 0 if struct.Type in _WITHOUT_BLOB else struct.CredentialBlobSize
    return Credential(
        target_name=_copy_string(struct.TargetName) or "",
        type=recognise(CredentialType, struct.Type),
        blob=_copy_bytes(struct.CredentialBlob, blob_size),
        user_name=_copy_string(struct.UserName),
        comment=_copy_string(struct.Comment),
        attributes=_copy_attributes(struct),
        persist=recognise(Persist, struct.Persist),
        last_written=_convert_time(struct.LastWritten),
        target_alias=_copy_string(struct.TargetAlias),
        flags=CredentialFlags(struct.Flags),
    )


def recognise(enum: type[_Number], value: int) -> _Number | int:
    """The member of *enum* with that value, or the plain int where there is none."""
    return enum(value) if value in list(enum) else value


@contextmanager
def _byte_copy(secret: Secret) -> Iterator[tuple[CData, int]]:
    """A pointer to a copy of *secret* in C memory, and its size; it is wiped in the end."""
    ffi = _dll.load_ffi()
    with secret.copied() as copy:
        # Not from_buffer: Windows gets memory that no Python object can move or let go of.
        pointer, size = ffi.new("uint8_t[]", len(copy)), len(copy)
        try:
            ffi.memmove(pointer, copy, size)
            yield pointer, size
        finally:
            _wipe(pointer, size)


def _make_attributes(attributes: list[tuple[str, Secret]], stack: ExitStack) -> tuple[CData, list[CData]]:
    """The array of attributes (NULL for none), and what must live as long as it, beside what *stack* keeps."""
    ffi = _dll.load_ffi()
    array, keep_alive = ffi.new("CREDENTIAL_ATTRIBUTEW[]", len(attributes)), []
    slot: CREDENTIAL_ATTRIBUTEW
    for slot, (keyword, value) in zip(array, attributes, strict=True):
        name = make_string(keyword)
        slot.Keyword = name
        slot.Value, slot.ValueSize = stack.enter_context(_byte_copy(value))
        keep_alive.append(name)
    return (array if attributes else ffi.NULL), keep_alive


def _release(dll: Advapi32, block: CData, count: int, pointers: CData) -> None:
    """Wipe the blobs in Windows' *block*, where *count* *pointers* lead, then free it; nothing where there is none."""
    if not block:
        return
    with ExitStack() as stack:  # it goes on when one step fails
        stack.callback(dll.CredFree, block)
        for struct in find_structs(count, pointers):
            stack.callback(_wipe_attributes, struct)
            stack.callback(_wipe_sane, struct.CredentialBlob, struct.CredentialBlobSize)


def _wipe_attributes(struct: CREDENTIALW) -> None:
    for slot in _find_slots(struct):
        _wipe_sane(slot.Value, slot.ValueSize)


def _wipe_sane(pointer: CData, size: int) -> None:
    if size <= _ABSURD_SIZE:
        _wipe(pointer, size)


def _copy_attributes(struct: CREDENTIALW) -> Attributes:
    slots = _find_slots(struct)
    return Attributes((_copy_string(slot.Keyword) or "", _copy_bytes(slot.Value, slot.ValueSize)) for slot in slots)


def _find_slots(struct: CREDENTIALW) -> list[CREDENTIAL_ATTRIBUTEW]:
    """The attributes that are there; none where there is no memory that can hold them."""
    if not struct.Attributes or struct.AttributeCount > _ABSURD_ATTRIBUTES:
        return []
    return [struct.Attributes[index] for index in range(struct.AttributeCount)]


def _copy_string(pointer: CData) -> str | None:
    return str(_dll.load_ffi().string(pointer)) if pointer else None


def _copy_bytes(pointer: CData, size: int) -> bytes:
    return bytes(_dll.load_ffi().buffer(pointer, size)) if pointer and size <= _ABSURD_SIZE else b""


def _convert_time(filetime: FILETIME) -> datetime:
    # Without a timedelta: to make one while the interpreter shuts down crashes CPython 3.13 and later.
    # https://github.com/python/cpython/issues/132413
    ticks = filetime.dwHighDateTime << 32 | filetime.dwLowDateTime
    days, rest = divmod(ticks // 10, _DAY)
    seconds, microsecond = divmod(rest, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    try:
        day = datetime.fromordinal(_FIRST_DAY + days)
    except (OverflowError, ValueError):  # a FILETIME reaches the year 60056
        return _END_OF_TIME
    return day.replace(hour=hour, minute=minute, second=second, microsecond=microsecond, tzinfo=UTC)


def _wipe(pointer: CData, size: int) -> None:
    if pointer:
        _dll.load_ffi().memmove(pointer, bytes(size), size)
