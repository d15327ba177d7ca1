"""What a field may hold, checked before Windows is called.

Windows has one code for many different mistakes, cuts a string at its first NUL, and counts UTF-16 code units. These
checks name the field, its size and its limit.
"""

from __future__ import annotations

from collections.abc import Mapping

from wincred.credential import (
    MAX_ATTRIBUTE_VALUE_SIZE,
    MAX_ATTRIBUTES,
    MAX_BLOB_SIZE,
    MAX_DOMAIN_TARGET_NAME_LENGTH,
    MAX_STRING_LENGTH,
    MAX_TARGET_NAME_LENGTH,
    MAX_USER_NAME_LENGTH,
    CredentialType,
    Persist,
)
from wincred.errors import TooLargeError

_MAX_UINT32 = 0xFFFF_FFFF
_DOMAIN_TYPES = [type for type in CredentialType if type.name.startswith("DOMAIN_")]


class Secret:
    """A blob on its way to Windows, unseen by a traceback that shows local variables."""

    __slots__ = ("value",)

    def __init__(self, value: bytes | bytearray) -> None:
        self.value = value

    def check(self) -> None:
        if not isinstance(self.value, bytes | bytearray):
            raise TypeError(f"blob must be bytes, not {_name_type(self.value)}{_advise_to_encode(self.value)}")
        _check_size("blob", len(self.value), MAX_BLOB_SIZE, "bytes")


def check_target_name(target_name: str, type: int) -> None:
    limit = MAX_DOMAIN_TARGET_NAME_LENGTH if type in _DOMAIN_TYPES else MAX_TARGET_NAME_LENGTH
    _check_text("target name", target_name, limit, may_be_empty=False)


def check_filter(filter: str | None) -> None:
    if filter is not None:
        _check_text("filter", filter, MAX_TARGET_NAME_LENGTH)
    if filter == "":
        raise ValueError("filter must not be empty; use None to list everything")


def check_labels(user_name: str | None, comment: str | None) -> None:
    if user_name is not None:
        _check_text("user name", user_name, MAX_USER_NAME_LENGTH)
    if comment is not None:
        _check_text("comment", comment, MAX_STRING_LENGTH)


def check_attributes(attributes: Mapping[str, bytes] | None) -> Mapping[str, bytes]:
    """A checked copy of *attributes*: nobody else can change it between the check and the call."""
    if attributes is None:
        return {}
    if not isinstance(attributes, Mapping):
        raise TypeError(f"attributes must be a mapping of keyword to bytes, not {_name_type(attributes)}")
    checked = dict(attributes)
    _check_size("attributes", len(checked), MAX_ATTRIBUTES, "entries")
    for keyword, value in checked.items():
        _check_attribute(keyword, value)
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


def _check_attribute(keyword: str, value: bytes) -> None:
    _check_text("attribute keyword", keyword, MAX_STRING_LENGTH, may_be_empty=False)
    if not isinstance(value, bytes):
        raise TypeError(f"attribute {keyword!r} must be bytes, not {_name_type(value)}{_advise_to_encode(value)}")
    _check_size(f"attribute {keyword!r}", len(value), MAX_ATTRIBUTE_VALUE_SIZE, "bytes")


def _check_text(field: str, text: str, limit: int, *, may_be_empty: bool = True) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{field} must be str, not {_name_type(text)}")
    if not text and not may_be_empty:
        raise ValueError(f"{field} must not be empty")
    if (nul := text.find("\0")) >= 0:
        raise ValueError(f"{field} must not contain a NUL: Windows would cut it short at index {nul}")
    if any("\ud800" <= character <= "\udfff" for character in text):
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
        raise ValueError(f"{field} must be from {least} to {_MAX_UINT32}, not {value}")
    return int(value)


def _name_type(value: object) -> str:
    return type(value).__name__


def _advise_to_encode(value: object) -> str:
    return "; encode it first, as in text.encode()" if isinstance(value, str) else ""
