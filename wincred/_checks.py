"""What a field may hold, checked before Windows is called.

Windows has one code for many different mistakes, cuts a string at its first NUL, and counts UTF-16 code units. These
checks name the field, its size and its limit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wincred.credential import (
    MAX_ATTRIBUTE_VALUE_SIZE,
    MAX_ATTRIBUTES,
    MAX_BLOB_SIZE,
    MAX_DOMAIN_TARGET_NAME_LENGTH,
    MAX_STRING_LENGTH,
    MAX_TARGET_NAME_LENGTH,
    MAX_USER_NAME_LENGTH,
    Attributes,
    CredentialType,
    Persist,
)
from wincred.errors import MAX_QUOTED, TooLargeError, quote

if TYPE_CHECKING:
    from typing_extensions import Buffer as Buffer  # every type checker has it
elif sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    Buffer = bytes | bytearray | memoryview  # what get_type_hints shows; any bytes-like object is taken

_MAX_UINT32 = 0xFFFF_FFFF
_MAX_SHOWN_BITS = 128  # of a number that is out of range, in an error

# How a name begins in a listing of all: https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credenumeratew
_NAMESPACE = re.compile(r"\w+:\w+=")

_DOMAIN_TYPES = [type for type in CredentialType if type.name.startswith("DOMAIN_")]


class Secret:
    """Bytes on their way to Windows, unseen by a traceback that shows local variables; *field* is their name there."""

    __slots__ = ("_field", "_limit", "_value")

    def __init__(self, value: Buffer, field: str = "blob", limit: int = MAX_BLOB_SIZE) -> None:
        self._value = value
        self._field = field
        self._limit = limit

    @contextmanager
    def copied(self) -> Iterator[bytearray]:
        """A checked copy, which nobody else can change, and which is wiped in the end; the caller's object never is."""
        copy = bytearray()
        try:
            with _view(self._field, self._value) as view:
                _check_size(self._field, view.nbytes, self._limit, "bytes")
                copy = bytearray(view)
            yield copy
        finally:
            copy[:] = bytes(len(copy))


def check_target_name(target_name: str, type: int) -> None:
    """The name of a write."""
    _check_text("target name", target_name, _limit_of_name(type), may_be_empty=False)


def check_stored_name(target_name: str, type: int) -> None:
    """The name of a read or a delete: as a listing has it, with the namespace that another form of it has in front, and
    with the lone surrogates that another program may have put there."""
    namespace = _NAMESPACE.match(target_name) if isinstance(target_name, str) else None
    limit = _limit_of_name(type) + (namespace.end() if namespace else 0)
    _check_text("target name", target_name, limit, may_be_empty=False, is_stored=True)


def check_filter(filter: str | None, *, all: bool) -> None:
    if all and filter is not None:
        raise ValueError("filter must be None with all=True: Windows then lists everything")
    if filter is not None:
        _check_text("filter", filter, MAX_TARGET_NAME_LENGTH, is_stored=True)
    if filter == "":
        raise ValueError("filter must not be empty; use None to list everything")


def check_labels(user_name: str | None, comment: str | None) -> None:
    if user_name is not None:
        _check_text("user name", user_name, MAX_USER_NAME_LENGTH)
    if comment is not None:
        _check_text("comment", comment, MAX_STRING_LENGTH)


def check_attributes(attributes: Mapping[str, Buffer] | None) -> list[tuple[str, Secret]]:
    """Every keyword, checked, with its value, which is checked when it is copied."""
    if attributes is None:
        return []
    if not isinstance(attributes, Mapping):
        raise TypeError(f"attributes must be a mapping of keyword to bytes, not {_name_type(attributes)}")
    pairs = attributes.pairs if isinstance(attributes, Attributes) else attributes.items()
    checked = [(keyword, _make_value(keyword, value)) for keyword, value in pairs]
    _check_size("attributes", len(checked), MAX_ATTRIBUTES, "entries")
    return checked


def check_type(type: int) -> int:
    """The type as a plain int; one that CredentialType lacks is accepted, for `enumerate` may list it."""
    return _check_uint32("type", type, 1)


def check_known_type(type: int) -> int:
    """The type as a plain int, for a question that Windows answers only about the types of CredentialType."""
    value = check_type(type)
    if value > max(CredentialType):
        raise ValueError(f"type must be one of CredentialType, from 1 to {max(CredentialType):d}, not {value}")
    return value


def check_persist(persist: int) -> int:
    """The persistence as a plain int."""
    value = _check_uint32("persist", persist, 0)
    if value not in (Persist.SESSION, Persist.LOCAL_MACHINE, Persist.ENTERPRISE):
        raise ValueError(f"persist must be SESSION (1), LOCAL_MACHINE (2) or ENTERPRISE (3), not {value}")
    return value


def _make_value(keyword: str, value: Buffer) -> Secret:
    _check_text("attribute keyword", keyword, MAX_STRING_LENGTH, may_be_empty=False)
    return Secret(value, f"attribute {quote(keyword)}", MAX_ATTRIBUTE_VALUE_SIZE)


def _view(field: str, value: Buffer) -> memoryview:
    try:
        return memoryview(value)
    except TypeError:
        problem = f"must be bytes-like, not {_name_type(value)}{_advise_to_encode(value)}"
    except (ValueError, BufferError):  # a memoryview that was released, an mmap that is closed
        problem = f"can't be read: the {_name_type(value)} has been released or closed"
    del value  # no traceback with local variables shows it
    raise TypeError(f"{field} {problem}")


def _limit_of_name(type: int) -> int:
    return MAX_DOMAIN_TARGET_NAME_LENGTH if type in _DOMAIN_TYPES else MAX_TARGET_NAME_LENGTH


def _check_text(field: str, text: str, limit: int, *, may_be_empty: bool = True, is_stored: bool = False) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{field} must be str, not {_name_type(text)}")
    if not text and not may_be_empty:
        raise ValueError(f"{field} must not be empty")
    if (nul := text.find("\0")) >= 0:
        raise ValueError(f"{field} must not contain a NUL: Windows would cut it short at index {nul}")
    if not is_stored and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{field} must not contain a lone surrogate: it has no UTF-16 form")
    _check_size(field, _count_utf16_units(text), limit, "UTF-16 code units")


def _count_utf16_units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _check_size(field: str, size: int, limit: int, unit: str) -> None:
    if size > limit:
        reason, advice = f"{field} is too large: {size} {unit}, and the limit is {limit}", "shorten it"
        raise TooLargeError(f"{reason}; {advice}", reason=reason, advice=advice)


def _check_uint32(field: str, value: int, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{field} must be an int, not {_name_type(value)}")
    if not least <= value <= _MAX_UINT32:
        number = int(value) if value.bit_length() <= _MAX_SHOWN_BITS else f"a number of {value.bit_length()} bits"
        raise ValueError(f"{field} must be from {least} to {_MAX_UINT32}, not {number}")
    return int(value)


def _name_type(value: object) -> str:
    return ascii(type(value).__name__)[1:-1][:MAX_QUOTED]


def _advise_to_encode(value: object) -> str:
    return "; encode it first, as in text.encode()" if isinstance(value, str) else ""
