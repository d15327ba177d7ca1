"""Between Python and C memory: what a write hands to Windows is built here, and what Windows returns is copied here.

A secret in C memory is wiped before that memory is let go, and Windows' own memory is freed once. What ``ffi.new``
makes lives only as long as a Python variable refers to it: keep each result until the call that uses it has returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TypeVar, cast

from wincred import _dll
from wincred._checks import Secret
from wincred._dll import CREDENTIAL_ATTRIBUTEW, CREDENTIALW, FILETIME, Advapi32, CData
from wincred.credential import Credential, CredentialType, Persist

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  # FILETIME counts 100 ns from here
_Number = TypeVar("_Number", CredentialType, Persist)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a credential holds beside its secret, checked."""

    target_name: str
    type: int
    user_name: str | None
    comment: str | None
    attributes: Mapping[str, bytes]
    persist: int


@contextmanager
def credential_struct(fields: Fields, secret: Secret | None) -> Iterator[CREDENTIALW]:
    """A CREDENTIALW that is good until the ``with`` ends; then its copy of the secret is wiped, whatever happens."""
    with _secret_copy(secret) as (blob, size):
        target_name, comment = make_string(fields.target_name), make_string(fields.comment)
        user_name = make_string(fields.user_name)
        attributes, _keep_alive = _make_attributes(fields.attributes)
        struct = cast("CREDENTIALW", _dll.load_ffi().new("CREDENTIALW *"))
        struct.Type, struct.Persist = fields.type, fields.persist
        struct.TargetName, struct.Comment, struct.UserName = target_name, comment, user_name
        struct.CredentialBlob, struct.CredentialBlobSize = blob, size
        struct.Attributes, struct.AttributeCount = attributes, len(fields.attributes)
        yield struct


def make_string(text: str | None) -> CData:
    """A copy of *text* in UTF-16, with a final NUL; NULL for None."""
    ffi = _dll.load_ffi()
    return ffi.NULL if text is None else ffi.new("wchar_t[]", text)


def take_credential(dll: Advapi32, struct: CREDENTIALW) -> Credential:
    """A copy of what CredReadW returned, whose memory is then wiped and freed."""
    with _returned_block(dll, struct, [struct]):
        return _copy_credential(struct)


def take_credentials(dll: Advapi32, block: CData, count: int) -> list[Credential]:
    """Copies of the *count* credentials that CredEnumerateW returned, whose memory is then wiped and freed."""
    structs: list[CREDENTIALW] = [block[index] for index in range(count)]
    with _returned_block(dll, block, structs):
        return [_copy_credential(struct) for struct in structs]


def recognise(enum: type[_Number], value: int) -> _Number | int:
    """The member of *enum* with that value, or the plain int where there is none."""
    return enum(value) if value in list(enum) else value


@contextmanager
def _secret_copy(secret: Secret | None) -> Iterator[tuple[CData, int]]:
    """A pointer to a copy of *secret*, and its size; NULL and 0 for none. The copy is wiped in the end."""
    ffi = _dll.load_ffi()
    size = 0 if secret is None else len(secret.value)
    # Not from_buffer: wiping that would wipe the caller's own immutable object.
    blob = ffi.new("uint8_t[]", size) if size else ffi.NULL
    try:
        if secret is not None and size:
            ffi.buffer(blob)[:] = secret.value  # a ValueError if a bytearray has changed its size meanwhile
        yield blob, size
    finally:
        _wipe(blob, size)


def _make_attributes(attributes: Mapping[str, bytes]) -> tuple[CData, list[CData]]:
    """The array of attributes (NULL for none), and what must live as long as the array is used."""
    ffi = _dll.load_ffi()
    array, keep_alive = ffi.new("CREDENTIAL_ATTRIBUTEW[]", len(attributes)), []
    slot: CREDENTIAL_ATTRIBUTEW
    for slot, (keyword, value) in zip(array, attributes.items(), strict=True):
        pair = (make_string(keyword), ffi.new("uint8_t[]", value))
        slot.Keyword, slot.Value = pair
        slot.ValueSize = len(value)
        keep_alive.append(pair)
    return (array if attributes else ffi.NULL), keep_alive


@contextmanager
def _returned_block(dll: Advapi32, block: CData, structs: list[CREDENTIALW]) -> Iterator[None]:
    """Windows' *block*, which holds the credentials *structs*: in the end their blobs are wiped and it is freed."""
    try:
        yield
    finally:
        try:
            for struct in structs:
                _wipe(struct.CredentialBlob, struct.CredentialBlobSize)
        finally:
            dll.CredFree(block)


def _copy_credential(struct: CREDENTIALW) -> Credential:
    # Windows never gives a domain password back; Wine does.
    blob_size = 0 if struct.Type == CredentialType.DOMAIN_PASSWORD else struct.CredentialBlobSize
    return Credential(
        target_name=_copy_string(struct.TargetName) or "",
        type=recognise(CredentialType, struct.Type),
        blob=_copy_bytes(struct.CredentialBlob, blob_size),
        user_name=_copy_string(struct.UserName),
        comment=_copy_string(struct.Comment),
        attributes=_copy_attributes(struct),
        persist=recognise(Persist, struct.Persist),
        last_written=_convert_time(struct.LastWritten),
    )


def _copy_attributes(struct: CREDENTIALW) -> Mapping[str, bytes]:
    slots: list[CREDENTIAL_ATTRIBUTEW] = [struct.Attributes[index] for index in range(struct.AttributeCount)]
    return MappingProxyType(
        {_copy_string(slot.Keyword) or "": _copy_bytes(slot.Value, slot.ValueSize) for slot in slots}
    )


def _copy_string(pointer: CData) -> str | None:
    return str(_dll.load_ffi().string(pointer)) if pointer else None


def _copy_bytes(pointer: CData, size: int) -> bytes:
    return bytes(_dll.load_ffi().buffer(pointer, size)) if pointer else b""


def _convert_time(filetime: FILETIME) -> datetime:
    ticks = filetime.dwHighDateTime << 32 | filetime.dwLowDateTime
    return _FILETIME_EPOCH + timedelta(microseconds=ticks // 10)


def _wipe(pointer: CData, size: int) -> None:
    if pointer:
        _dll.load_ffi().memmove(pointer, bytes(size), size)
