"""A credential as Windows keeps it: its fields, its types, and the limits of each field.

Names and numbers are those of `wincred.h <https://learn.microsoft.com/windows/win32/api/wincred/>`_; lengths of
strings are in UTF-16 code units (a character outside the Basic Multilingual Plane counts two), without the final NUL.
"""

from __future__ import annotations

from _collections_abc import Iterable, Iterator, Mapping  # as `os` does: collections.abc imports all of collections

import wincred
from wincred._late import PossibleImports, cache, load_enums

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from datetime import datetime, timezone
    from typing import Any, Final, NoReturn, SupportsIndex

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

MAPPINGS = (dict, Mapping)
"""What is a mapping to `isinstance`. While the interpreter shuts down, a dict is no Mapping any more: the class between
the two, MutableMapping, has gone."""


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
        self._pairs = tuple(pairs.items() if isinstance(pairs, MAPPINGS) else pairs)
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.pairs)}>"


_FIELDS = (
    "target_name",
    "type",
    "blob",
    "user_name",
    "comment",
    "attributes",
    "persist",
    "last_written",
    "target_alias",
    "flags",
)
_HIDDEN = ("blob", "attributes")


class Credential:
    """One credential, as it was when it was read.

    ``blob`` is the secret. It is left out of ``repr``, and a credential refuses to be pickled or copied, so that
    the secret does not wander into a log, a cache or another process by accident. ``attributes`` are left out of
    ``repr`` too, for programs that keep more than labels in them.

    A ``type`` or ``persist`` that this version does not know is a plain int. What can't be told, a text that is not
    there or a size that no credential can have, is empty, so that it hides neither the rest nor other credentials. A
    text may hold a lone surrogate, if another program has stored one.
    """

    # Not a dataclass: that module, with `inspect` behind it, takes several times as long to import as all of wincred.
    __slots__ = tuple(f"_{name}" for name in _FIELDS)

    def __init__(
        self,
        *,
        target_name: str,
        type: wincred.CredentialType | int,
        blob: bytes,
        user_name: str | None,
        comment: str | None,
        attributes: Attributes,
        persist: wincred.Persist | int,
        last_written: datetime,
        target_alias: str | None = None,
        flags: wincred.CredentialFlags | int = 0,
    ) -> None:
        self._target_name = target_name
        self._type = type
        self._blob = blob
        self._user_name = user_name
        self._comment = comment
        self._attributes = attributes
        self._persist = persist
        self._last_written: datetime | int = last_written  # an int is a FILETIME: see `last_written`
        self._target_alias = target_alias
        self._flags = flags

    @property
    def target_name(self) -> str:
        """The name under which it is stored; not case-sensitive to Windows."""
        return self._target_name

    @property
    def type(self) -> wincred.CredentialType | int:
        """The other half of its key."""
        known: wincred.CredentialType | int = load_enums().TYPES.get(self._type, self._type)
        return known

    @property
    def blob(self) -> bytes:
        """The secret; empty for a domain password or certificate, which Windows does not give back."""
        return self._blob

    @property
    def user_name(self) -> str | None:
        """Whose it is."""
        return self._user_name

    @property
    def comment(self) -> str | None:
        """What a person may read of it."""
        return self._comment

    @property
    def attributes(self) -> Attributes:
        """What else the program that wrote it keeps with it."""
        return self._attributes

    @property
    def persist(self) -> wincred.Persist | int:
        """How long it lives."""
        known: wincred.Persist | int = load_enums().PERSISTS.get(self._persist, self._persist)
        return known

    @property
    def last_written(self) -> datetime:
        """When Windows last wrote it: aware, in UTC, to the microsecond; after the year 9999, that year's end."""
        # Made when it is asked for: few readers ask, and `datetime` takes a start a while to import.
        return _convert_time(self._last_written) if isinstance(self._last_written, int) else self._last_written

    @property
    def target_alias(self) -> str | None:
        """Another name of a domain credential's target, such as the NetBIOS name of a DNS host."""
        return self._target_alias

    @property
    def flags(self) -> wincred.CredentialFlags:
        """What Windows says of it."""
        flags: wincred.CredentialFlags = load_enums().CredentialFlags(self._flags)
        return flags

    def __repr__(self) -> str:
        # One that is half made, in the traceback of an interruption, shows what it has.
        shown = [name for name in _FIELDS if name not in _HIDDEN and hasattr(self, name)]
        return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _FIELDS)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in _FIELDS if name != "attributes"))

    def __replace__(self, /, **changes: Any) -> Credential:
        """For `copy.replace`: this one with other fields."""
        return self.__class__(**{name: getattr(self, name) for name in _FIELDS} | changes)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Credential holds a secret: it can't be pickled or copied; pass its target name instead")


_FIRST_DAY = 584_389  # datetime(1601, 1, 1).toordinal(): a FILETIME counts 100 ns from there
_DAY = 24 * 60 * 60 * 1_000_000  # microseconds


def _convert_time(filetime: int) -> datetime:
    """The time of a FILETIME, to the microsecond; the last one that Python has for one that it can't hold."""
    # Without a timedelta: to make one while the interpreter shuts down crashes CPython 3.13 and later.
    # https://github.com/python/cpython/issues/132413
    datetime, utc = _load_datetime()
    days, rest = divmod(filetime // 10, _DAY)
    seconds, microsecond = divmod(rest, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    try:
        day = datetime.fromordinal(_FIRST_DAY + days)
    except ValueError:  # a FILETIME reaches the year 60056
        return datetime.max.replace(tzinfo=utc)
    return day.replace(hour=hour, minute=minute, second=second, microsecond=microsecond, tzinfo=utc)


@cache
def _load_datetime() -> tuple[type[datetime], timezone]:
    with PossibleImports():
        from datetime import UTC, datetime
    return datetime, UTC
