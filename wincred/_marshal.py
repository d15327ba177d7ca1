"""Between Python and C memory: what a write hands to Windows is built here, and what Windows returns is copied here.

A secret in C memory is wiped before that memory is let go, and Windows' own memory is freed once. What ``ffi.new``
makes lives only as long as a Python variable refers to it: keep each result until the call that uses it has returned.
A ``wchar_t[]`` of a text is its UTF-16 with a final NUL; a lone surrogate stays what it is.
"""

from __future__ import annotations

from wincred._checks import DOMAIN_CERTIFICATE, DOMAIN_PASSWORD, Secret
from wincred.credential import MAX_ATTRIBUTES, MAX_BLOB_SIZE, Attributes, Credential

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cffi import FFI

    from wincred._protocols import CREDENTIAL_ATTRIBUTEW, CREDENTIALW, Advapi32, CData

# What no answer of Windows' can hold, far above the limits of wincred.h: behind such a size there is no memory.
_ABSURD_SIZE = 16 * MAX_BLOB_SIZE
_ABSURD_ATTRIBUTES = 16 * MAX_ATTRIBUTES
_ABSURD_COUNT = 1_000_000

_ZEROS = bytes(_ABSURD_SIZE)  # for every wipe: there is nothing to make where an interruption could fall

# Their blobs are for authentication packages only, so Windows gives none; Wine does.
# https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
_WITHOUT_BLOB = (DOMAIN_PASSWORD, DOMAIN_CERTIFICATE)

_NO_ATTRIBUTES = Attributes()


def make_struct(
    ffi: FFI,
    copies: list[tuple[CData, int]],
    *,
    target_name: str,
    type: int,
    secret: Secret | None,
    user_name: str | None,
    comment: str | None,
    attributes: list[tuple[str, Secret]],
    persist: int,
) -> tuple[CREDENTIALW, list[CData]]:
    """A CREDENTIALW of checked fields, and what must live as long as it, beside *copies*.

    Each copy of a secret is put into *copies* before there is anything in it, and is the caller's to wipe, whatever
    happens. The errors of a blob or a value that is too large or no bytes come from here.
    """
    struct: CData = ffi.new("CREDENTIALW *")
    struct.Type, struct.Persist = type, persist
    struct.TargetName = text = ffi.new("wchar_t[]", target_name)
    kept = [text]
    if comment is not None:
        struct.Comment = text = ffi.new("wchar_t[]", comment)
        kept.append(text)
    if user_name is not None:
        struct.UserName = text = ffi.new("wchar_t[]", user_name)
        kept.append(text)
    if secret is not None:
        blob, size = _copy_secret(ffi, secret, copies)
        if size:
            struct.CredentialBlob, struct.CredentialBlobSize = blob, size
    if attributes:
        struct.Attributes, struct.AttributeCount = _make_attributes(ffi, attributes, copies, kept), len(attributes)
    return struct, kept


def wipe_copies(ffi: FFI, copies: list[tuple[CData, int]]) -> None:
    """Wipe what `make_struct` has put there."""
    try:
        for copy, size in copies:
            ffi.memmove(copy, _ZEROS, size)
    except BaseException:  # an interruption may have come before a wipe: once more
        _wipe(ffi, iter(copies))
        raise


def find_structs(count: int, pointers: CData) -> list[CREDENTIALW]:
    """The structures that are there, which may be fewer than *count*: no pointer to nothing is followed."""
    if not pointers or count > _ABSURD_COUNT:
        return []
    return [struct for struct in pointers[0:count] if struct]


def release(ffi: FFI, dll: Advapi32, block: CData, count: int, pointers: CData) -> None:
    """Wipe the secrets in Windows' *block*, to which *count* *pointers* lead, then free it."""
    try:
        _wipe(ffi, iter(_find_secrets(count, pointers)))
    except BaseException:  # an interruption may have come before a wipe: once more
        _wipe(ffi, iter(_find_secrets(count, pointers)))
        raise
    finally:
        dll.CredFree(block)


def copy_credentials(ffi: FFI, structs: list[CREDENTIALW]) -> list[Credential]:
    # Apart from the `try` around its call: from CPython 3.12 on a comprehension is a part of the function around it,
    # and in 3.13.0 an exception that a trace function raises at its end then passes by the `finally`.
    return [copy_credential(ffi, struct) for struct in structs]


def copy_credential(ffi: FFI, struct: CREDENTIALW) -> Credential:
    """A copy of what lies in Windows' memory; nothing that another program may have stored makes it fail."""
    # Not by a call: the blob as an argument would show in a traceback with local variables.
    credential = Credential.__new__(Credential)
    type_code, time = struct.Type, struct.LastWritten
    credential._target_name = _copy_string(ffi, struct.TargetName) or ""
    credential._type = type_code
    credential._blob = _copy_bytes(
        ffi, struct.CredentialBlob, 0 if type_code in _WITHOUT_BLOB else struct.CredentialBlobSize
    )
    credential._user_name = _copy_string(ffi, struct.UserName)
    credential._comment = _copy_string(ffi, struct.Comment)
    credential._attributes = _copy_attributes(ffi, struct) if struct.AttributeCount else _NO_ATTRIBUTES
    credential._persist = struct.Persist
    credential._last_written = time.dwHighDateTime << 32 | time.dwLowDateTime
    credential._target_alias = _copy_string(ffi, struct.TargetAlias)
    credential._flags = struct.Flags
    return credential


def _copy_secret(ffi: FFI, secret: Secret, copies: list[tuple[CData, int]]) -> tuple[CData, int]:
    """A pointer to a copy of *secret* in C memory, and its size."""
    if secret.value.__class__ is bytes:  # which never changes: there is nothing to hold on to, and to let go of
        size = len(secret.value)
        copy = _make_room(ffi, secret, size, copies)
        ffi.memmove(copy, secret.value, size)
        return copy, size
    with secret.view() as view:  # or the caller, handling an error, could not shorten a bytearray
        size = view.nbytes
        copy = _make_room(ffi, secret, size, copies)
        if view.c_contiguous:
            ffi.memmove(copy, view, size)
        else:
            _copy_scattered(ffi, copy, view)
    return copy, size


def _make_room(ffi: FFI, secret: Secret, size: int, copies: list[tuple[CData, int]]) -> CData:
    """Empty C memory for *secret*, noted in *copies*: from here on it is wiped, whatever happens."""
    secret.check_size(size)
    # Not from_buffer: Windows gets memory that no Python object can move or let go of.
    copy = ffi.new("uint8_t[]", size)
    copies.append((copy, size))
    return copy


def _copy_scattered(ffi: FFI, copy: CData, view: memoryview) -> None:
    """Copy a view whose bytes do not lie side by side, such as every second one of another."""
    gathered = bytearray(view)
    try:
        ffi.memmove(copy, gathered, len(gathered))
    finally:
        gathered[:] = bytes(len(gathered))


def _make_attributes(
    ffi: FFI, attributes: list[tuple[str, Secret]], copies: list[tuple[CData, int]], kept: list[CData]
) -> CData:
    array = ffi.new("CREDENTIAL_ATTRIBUTEW[]", len(attributes))
    kept.append(array)
    slot: CREDENTIAL_ATTRIBUTEW
    for slot, (keyword, value) in zip(array, attributes, strict=True):
        name = ffi.new("wchar_t[]", keyword)
        kept.append(name)
        slot.Keyword = name
        slot.Value, slot.ValueSize = _copy_secret(ffi, value, copies)
    return array


def _find_secrets(count: int, pointers: CData) -> list[tuple[CData, int]]:
    """The blobs and values of attributes in a block of Windows', each with its size."""
    secrets: list[tuple[CData, int]] = []
    for struct in find_structs(count, pointers):
        secrets.append((struct.CredentialBlob, struct.CredentialBlobSize))
        if struct.AttributeCount:
            secrets += [(slot.Value, slot.ValueSize) for slot in _find_slots(struct)]
    return [(pointer, size) for pointer, size in secrets if pointer and size <= _ABSURD_SIZE]


def _wipe(ffi: FFI, secrets: Iterator[tuple[CData, int]]) -> None:
    """Wipe each; one that fails keeps no other from being done."""
    try:
        for pointer, size in secrets:
            ffi.memmove(pointer, _ZEROS, size)
    except BaseException:
        _wipe(ffi, secrets)
        raise


def _copy_attributes(ffi: FFI, struct: CREDENTIALW) -> Attributes:
    slots = _find_slots(struct)
    return Attributes(
        (_copy_string(ffi, slot.Keyword) or "", _copy_bytes(ffi, slot.Value, slot.ValueSize)) for slot in slots
    )


def _find_slots(struct: CREDENTIALW) -> list[CREDENTIAL_ATTRIBUTEW]:
    """The attributes that are there; none where there is no memory that can hold them."""
    if not struct.Attributes or struct.AttributeCount > _ABSURD_ATTRIBUTES:
        return []
    return [struct.Attributes[index] for index in range(struct.AttributeCount)]


def _copy_string(ffi: FFI, pointer: CData) -> str | None:
    text: str | None = ffi.string(pointer) if pointer else None  # type: ignore[assignment]  # bytes are those of char
    return text


def _copy_bytes(ffi: FFI, pointer: CData, size: int) -> bytes:
    return ffi.buffer(pointer, size)[:] if pointer and size <= _ABSURD_SIZE else b""
