"""A credential as Windows keeps it: its fields, its types, and the limits of each field.

Names and numbers are those of `wincred.h <https://learn.microsoft.com/windows/win32/api/wincred/>`_; lengths of
strings are in UTF-16 code units (a character outside the Basic Multilingual Plane counts two), without the final NUL.
"""

# Without `from __future__ import annotations`: typing.get_type_hints would look up the names in wincred/__init__.py,
# which is the module that Credential names.
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Final, NoReturn, SupportsIndex

MAX_BLOB_SIZE: Final = 5 * 512
"""Bytes in a blob: CRED_MAX_CREDENTIAL_BLOB_SIZE. Headers older than Windows 7's say 512."""

MAX_TARGET_NAME_LENGTH: Final = 32767
"""Code units in the target name of a generic credential: CRED_MAX_GENERIC_TARGET_NAME_LENGTH."""

MAX_DOMAIN_TARGET_NAME_LENGTH: Final = 256 + 1 + 80
"""Code units in the target name of a domain credential: CRED_MAX_DOMAIN_TARGET_NAME_LENGTH."""

MAX_USER_NAME_LENGTH: Final = 256 + 1 + 256
"""Code units in a user name: CRED_MAX_USERNAME_LENGTH."""

MAX_STRING_LENGTH: Final = 255
"""Code units in a comment or an attribute's keyword: CRED_MAX_STRING_LENGTH is 256, and Windows counts the NUL."""

MAX_ATTRIBUTES: Final = 64
"""Attributes of one credential: CRED_MAX_ATTRIBUTES."""

MAX_ATTRIBUTE_VALUE_SIZE: Final = 256
"""Bytes in an attribute's value: CRED_MAX_VALUE_SIZE."""


class CredentialType(IntEnum):
    """What a credential is for; with the target name it is the credential's key (CRED_TYPE_*)."""

    GENERIC = 1
    DOMAIN_PASSWORD = 2
    DOMAIN_CERTIFICATE = 3
    DOMAIN_VISIBLE_PASSWORD = 4
    GENERIC_CERTIFICATE = 5
    DOMAIN_EXTENDED = 6


class Persist(IntEnum):
    """How long a credential lives (CRED_PERSIST_*)."""

    NONE = 0
    """The answer of :func:`wincred.max_persist` for a type that can't be stored; no credential has it."""
    SESSION = 1
    """Until this logon session ends."""
    LOCAL_MACHINE = 2
    """Across this user's logon sessions on this computer."""
    ENTERPRISE = 3
    """Like LOCAL_MACHINE, and it may roam with the user's profile to other computers."""


class CredentialFlags(IntFlag):
    """What Windows says of a credential that was read (CRED_FLAGS_*); bits without a name here stay in the value."""

    NONE = 0
    PROMPT_NOW = 0x2
    """The blob is not kept beyond the logon session, and was not written in this one."""
    USERNAME_TARGET = 0x4
    """The target name is the user name: a domain credential of that user, for any server."""


class Attributes(Mapping[str, bytes]):
    """The attributes of a credential: a read-only mapping of keyword to value.

    Windows keeps a list of them, in which a keyword may stand twice. The mapping gives the first value of a keyword;
    ``pairs`` has all of them, in their order. `wincred.write` takes them as they are, so that nothing is lost on the
    way back. Like a credential's, their ``repr`` shows no value.
    """

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Mapping[str, bytes] | Iterable[tuple[str, bytes]] = ()) -> None:
        if isinstance(pairs, Attributes):
            pairs = pairs.pairs
        self._pairs = tuple(pairs.items() if isinstance(pairs, Mapping) else pairs)
        self._first: dict[str, bytes] = dict(reversed(self._pairs))

    @property
    def pairs(self) -> tuple[tuple[str, bytes], ...]:
        """Every keyword with its value, as Windows has them."""
        return self._pairs

    def __getitem__(self, keyword: str) -> bytes:
        return self._first[keyword]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(keyword for keyword, _ in self.pairs))

    def __len__(self) -> int:
        return len(self._first)

    def __eq__(self, other: object) -> bool:
        """Also with another mapping, which has each keyword once."""
        if isinstance(other, Attributes):
            return self.pairs == other.pairs
        return len(self.pairs) == len(self) and super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of every mapping

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.pairs)}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One credential, as it was when it was read.

    ``blob`` is the secret. It is left out of ``repr``, and a credential refuses to be pickled or copied, so that
    the secret does not wander into a log, a cache or another process by accident. ``attributes`` are left out of
    ``repr`` too, for programs that keep more than labels in them.

    A ``type`` or ``persist`` that this version does not know is a plain int. What can't be told, a text that is not
    there or a size that no credential can have, is empty, so that it hides neither the rest nor other credentials. A
    text may hold a lone surrogate, if another program has stored one.
    """

    target_name: str
    type: CredentialType | int
    blob: bytes = field(repr=False)
    user_name: str | None
    comment: str | None
    attributes: Attributes = field(repr=False, hash=False)
    persist: Persist | int
    last_written: datetime
    """When Windows last wrote it: aware, in UTC, to the microsecond; what is after the year 9999 is that year's end."""
    target_alias: str | None = None
    """Another name of a domain credential's target, such as the NetBIOS name of a DNS host."""
    flags: CredentialFlags = CredentialFlags.NONE

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Credential holds a secret: it can't be pickled or copied; pass its target name instead")
