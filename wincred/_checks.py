"""What a field may hold, checked before Windows is called.

Windows has one code for many different mistakes, cuts a string at its first NUL, and counts UTF-16 code units. These
checks name the field, its size and its limit.
"""

from __future__ import annotations

import sys
from _collections_abc import Mapping  # as `os` does: collections.abc imports all of collections

from wincred.credential import (
    MAPPINGS,
    MAX_ATTRIBUTE_VALUE_SIZE,
    MAX_ATTRIBUTES,
    MAX_BLOB_SIZE,
    MAX_DOMAIN_TARGET_NAME_LENGTH,
    MAX_STRING_LENGTH,
    MAX_TARGET_NAME_LENGTH,
    MAX_USER_NAME_LENGTH,
    Attributes,
)
from wincred.errors import MAX_QUOTED, TooLargeError, quote

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from typing_extensions import Buffer as Buffer  # every type checker has it
elif sys.version_info >= (3, 12):
    from _collections_abc import Buffer
else:
    Buffer = bytes | bytearray | memoryview  # what get_type_hints shows; any bytes-like object is taken

_NUL = "\0"
_MAX_UINT32 = 0xFFFF_FFFF
_MAX_SHOWN_BITS = 128  # of a number that is out of range, in an error

# The numbers of CredentialType and Persist, whose module is imported late.
GENERIC = 1
DOMAIN_PASSWORD = 2
DOMAIN_CERTIFICATE = 3
DOMAIN_VISIBLE_PASSWORD = 4
GENERIC_CERTIFICATE = 5
DOMAIN_EXTENDED = 6
SESSION = 1
LOCAL_MACHINE = 2
ENTERPRISE = 3

_DOMAIN_TYPES = (DOMAIN_PASSWORD, DOMAIN_CERTIFICATE, DOMAIN_VISIBLE_PASSWORD, DOMAIN_EXTENDED)


class Secret:
    """Bytes on their way to Windows, unseen by a traceback that shows local variables; *field* is their name there."""

    __slots__ = ("_field", "_limit", "value")

    def __init__(self, value: Buffer, field: str = "blob", limit: int = MAX_BLOB_SIZE) -> None:
        self.value = value
        self._field = field
        self._limit = limit

    def view(self) -> memoryview:
        """The bytes, as they lie in the caller's object, which is never wiped."""
        try:
            return memoryview(self.value)
        except TypeError:
            problem = f"must be bytes-like, not {_name_type(self.value)}{_advise_to_encode(self.value)}"
        except (ValueError, BufferError):  # a memoryview that was released, an mmap that is closed
            problem = f"can't be read: the {_name_type(self.value)} has been released or closed"
        raise TypeError(f"{self._field} {problem}")

    def check_size(self, size: int) -> None:
        if size > self._limit:
            raise _make_size_error(self._field, size, self._limit, "bytes")


def check_target_name(target_name: str, type: int) -> None:
    """The name of a write."""
    _check_text("target name", target_name, _limit_of_name(type), may_be_empty=False)


def check_stored_name(target_name: str, type: int) -> None:
    """The name of a read or a delete: as a listing has it, with the namespace that another form of it has in front, and
    with the lone surrogates that another program may have put there."""
    limit = _limit_of_name(type) + _measure_namespace(target_name)
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
    if not isinstance(attributes, MAPPINGS):
        raise TypeError(f"attributes must be a mapping of keyword to bytes, not {_name_type(attributes)}")
    pairs = attributes.pairs if isinstance(attributes, Attributes) else attributes.items()
    checked = [(keyword, _make_value(keyword, value)) for keyword, value in pairs]
    if len(checked) > MAX_ATTRIBUTES:
        raise _make_size_error("attributes", len(checked), MAX_ATTRIBUTES, "entries")
    return checked


def check_type(type: int) -> int:
    """The type as a plain int; one that CredentialType lacks is accepted, for `enumerate` may list it."""
    return _check_uint32("type", type, 1)


def check_known_type(type: int) -> int:
    """The type as a plain int, for a question that Windows answers only about those of CredentialType."""
    value = check_type(type)
    if value > DOMAIN_EXTENDED:
        raise ValueError(f"type must be one of CredentialType, from 1 to {DOMAIN_EXTENDED}, not {value}")
    return value


def check_persist(persist: int) -> int:
    """The persistence that a credential can have, as a plain int."""
    value = _check_uint32("persist", persist, 0)
    if not SESSION <= value <= ENTERPRISE:
        raise ValueError(f"persist must be SESSION (1), LOCAL_MACHINE (2) or ENTERPRISE (3), not {value}")
    return value


def _make_value(keyword: str, value: Buffer) -> Secret:
    _check_text("attribute keyword", keyword, MAX_STRING_LENGTH, may_be_empty=False)
    return Secret(value, f"attribute {quote(keyword)}", MAX_ATTRIBUTE_VALUE_SIZE)


def _limit_of_name(type: int) -> int:
    return MAX_DOMAIN_TARGET_NAME_LENGTH if type in _DOMAIN_TYPES else MAX_TARGET_NAME_LENGTH


def _measure_namespace(name: str) -> int:
    """The length of what a listing of all puts in front of a name, ``namespace:attribute=``; 0 where it is not there.

    https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credenumeratew
    """
    if not isinstance(name, str) or "=" not in name:
        return 0
    front = name[: name.index("=")]
    namespace, _, attribute = front.partition(":")
    return len(front) + 1 if _is_word(namespace) and _is_word(attribute) else 0


def _is_word(text: str) -> bool:
    return text.replace("_", "x").isalnum()


def _check_text(field: str, text: str, limit: int, *, may_be_empty: bool = True, is_stored: bool = False) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{field} must be str, not {_name_type(text)}")
    if not text and not may_be_empty:
        raise ValueError(f"{field} must not be empty")
    if _NUL in text:
        raise ValueError(f"{field} must not contain a NUL: Windows would cut it short at index {text.index(_NUL)}")
    size = len(text) if text.isascii() else _count_utf16_units(text, is_stored)
    if size is None:
        raise ValueError(f"{field} must not contain a lone surrogate: it has no UTF-16 form")
    if size > limit:
        raise _make_size_error(field, size, limit, "UTF-16 code units")


def _count_utf16_units(text: str, may_have_surrogates: bool) -> int | None:
    """None where there is a lone surrogate that must not be."""
    try:
        # Not "utf-16-le", which is a module of its own: an interpreter that shuts down can't import it.
        encoded = text.encode("utf-16", "surrogatepass" if may_have_surrogates else "strict")
    except UnicodeEncodeError:
        return None
    return len(encoded) // 2 - 1  # the first is a byte order mark


def _make_size_error(field: str, size: int, limit: int, unit: str) -> TooLargeError:
    reason, advice = f"{field} is too large: {size} {unit}, and the limit is {limit}", "shorten it"
    return TooLargeError(f"{reason}; {advice}", reason=reason, advice=advice)


def _check_uint32(field: str, value: int, least: int) -> int:
    number = value if value.__class__ is int else _make_plain(field, value)
    if not least <= number <= _MAX_UINT32:
        shown = number if number.bit_length() <= _MAX_SHOWN_BITS else f"a number of {number.bit_length()} bits"
        raise ValueError(f"{field} must be from {least} to {_MAX_UINT32}, not {shown}")
    return number


def _make_plain(field: str, value: int) -> int:
    """The number alone: the member of an enum, or another class's int, would show in an error in words of its own."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{field} must be an int, not {_name_type(value)}")
    return int(value)


def _name_type(value: object) -> str:
    return ascii(type(value).__name__)[1:-1][:MAX_QUOTED]


def _advise_to_encode(value: object) -> str:
    return "; encode it first, as in text.encode()" if isinstance(value, str) else ""
