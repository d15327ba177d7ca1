"""The entries of the stored blob, and whose each one is. Pure: no keyring, no lock.

The form is shared with the Go `coder` CLI and others: a map from host to an entry. Whatever is not understood passes
through a rewrite unchanged, and what can't be understood at all raises StoreDamagedError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from coder_login.deployment.url import DeploymentURL, InvalidURLError, Origin, parse_key
from coder_login.sessionstore import blob
from coder_login.sessionstore.errors import AmbiguousSessionError, OriginMismatchError, StoreDamagedError, quote

URL_FIELD = "coder_url"
TOKEN_FIELD = "api_token"  # noqa: S105  # the field's name


class Ownership(Enum):
    """Whose an entry is, as seen from an origin that its key stands for."""

    OURS = auto()
    """It records that origin."""
    UNRECORDED = auto()
    """It is an older client's: the bare host, or nothing, and no scheme."""
    ANOTHERS = auto()
    """It records another origin, or one that is not understood."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One host's session: the *key* is its place in the map, *fields* are all that it holds, unknown ones too."""

    key: str
    fields: blob.Object = field(repr=False)

    @property
    def value(self) -> blob.Object:
        return self.fields

    @property
    def url(self) -> str | None:
        """The text that it records as its URL, "" for none; None for what is no text."""
        url = self.fields.get(URL_FIELD, "")
        return url if isinstance(url, str) else None

    @property
    def origin(self) -> Origin | None:
        """The origin that it records; None for a bare host, and for what is not understood."""
        if self.url is None or "://" not in self.url:
            return None
        try:
            return DeploymentURL.parse(self.url).origin
        except InvalidURLError:
            return None

    @property
    def token(self) -> str:
        """The token, "" for none. Raises StoreDamagedError for what is no text."""
        token = self.fields.get(TOKEN_FIELD) or ""
        if not isinstance(token, str):
            raise StoreDamagedError(f"the entry {quote(self.key)} has a token that is not a string", self.key)
        return token

    def judge(self, origin: Origin) -> Ownership:
        """Whose it is, for an *origin* that its key stands for."""
        if self.url is None or "://" in self.url:
            return Ownership.OURS if self.origin == origin else Ownership.ANOTHERS
        host = self.url.strip()
        same_host = not host or parse_key(host, origin.scheme) == origin
        return Ownership.UNRECORDED if same_host else Ownership.ANOTHERS

    def is_readable_for(self, origin: Origin) -> bool:
        """Whether its token may be sent to *origin*.

        Where no scheme is recorded, https is the safe reading; on loopback nobody listens in.
        """
        if self.judge(origin) is Ownership.UNRECORDED:
            return origin.scheme == "https" or origin.is_loopback
        return self.judge(origin) is Ownership.OURS

    @property
    def owner(self) -> tuple[Origin | None, str]:
        """The origin that it is read as, and that in words. Never its text: before an @ can stand a password."""
        if self.url is None:
            return None, "an unknown deployment"
        origin = self.origin if "://" in self.url else parse_key(self.url or self.key, "https")
        return origin, str(origin) if origin else "a deployment whose URL is not understood"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A *value* of the map that is not an entry, under its *key*."""

    key: str
    value: Any = field(repr=False)


class Entries:
    """The stored map: entries and foreign values, in the stored order. A change makes another map."""

    def __init__(self, items: Iterable[Entry | Foreign] = ()) -> None:
        self._items = {item.key: item for item in items}

    @classmethod
    def decode(cls, stored: bytes) -> Entries:
        """The map in the blob *stored*; the older single object is a map of one. Raises StoreDamagedError."""
        value = blob.parse(stored)
        if isinstance(value.get(URL_FIELD), str) and isinstance(value.get(TOKEN_FIELD), str):
            value = {_find_key(value): value}
        # Of what will be written, not of what was read: the map adds a level to the single object.
        blob.check(value)
        return cls(Entry(key, item) if isinstance(item, dict) else Foreign(key, item) for key, item in value.items())

    def encode(self) -> bytes:
        """The blob of the map."""
        return blob.serialize({key: item.value for key, item in self._items.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entries) and self._items == other._items

    __hash__ = None  # type: ignore[assignment]  # the fields of an entry are a dict

    def __bool__(self) -> bool:
        return bool(self._items)

    def find(self, url: DeploymentURL) -> list[Entry]:
        """The entries that hold a session of *url*'s origin, the exact key first; none is an empty list.

        Raises OriginMismatchError when the host's entries are all another origin's, StoreDamagedError when what is
        under the exact key is not an entry.
        """
        entries = [_require_entry(item) for item in self._find_host(url.origin)]
        readable = [entry for entry in entries if entry.is_readable_for(url.origin)]
        if entries and not readable:
            raise _make_mismatch(entries[0], url)
        return readable

    def token(self, url: DeploymentURL) -> str:
        """The token of *url*'s origin; "" when there is none.

        Raises as `find` does, AmbiguousSessionError when equivalent entries hold different tokens, and
        StoreDamagedError when a token is not a string.
        """
        first: Entry | None = None
        for entry in self.find(url):
            if not entry.token:
                continue
            if first is None:
                first = entry
            elif entry.token != first.token:
                raise AmbiguousSessionError((first.key, entry.key), url.origin)
        return first.token if first else ""

    def put(self, url: DeploymentURL, token: str, *, replace: bool = False) -> Entries:
        """The map with one entry for *url*'s origin: in the place of the old ones, under the key that Go looks up.

        Unknown fields stay in the entry. Raises OriginMismatchError when the key is another origin's, unless *replace*:
        nothing of that origin's entry is kept.
        """
        origin = url.origin
        replaceable = [item for item in self._find_host(origin) if _is_replaceable(item, origin)]
        exact = self._items.get(origin.key)
        if exact is not None and exact not in replaceable and not replace:
            raise _make_mismatch(_require_entry(exact), url)
        fields: blob.Object = {}
        for item in reversed(replaceable):
            fields |= item.value
        entry = Entry(origin.key, fields | {URL_FIELD: str(origin), TOKEN_FIELD: token})
        place = replaceable[0].key if replaceable else origin.key
        return Entries(self._replace(place, entry, {item.key for item in replaceable}))

    def remove(self, entries: Iterable[Entry | Foreign]) -> Entries:
        """The map without *entries*."""
        gone = {entry.key for entry in entries}
        return Entries(item for key, item in self._items.items() if key not in gone)

    def take_back(self, before: Entries, after: Entries, origin: Origin) -> Entries:
        """The map with *origin*'s session as it was in *before*, when it is still the one in *after*.

        Another client has changed the map meanwhile: what it did stays, to *origin*'s session too.
        """
        written, mine = after._items[origin.key], self._items.get(origin.key)
        if not isinstance(mine, Entry) or mine.fields.get(TOKEN_FIELD) != written.value[TOKEN_FIELD]:
            return self
        rest = self.remove([mine])
        changed = [item for item in before._find_host(origin) if item != after._items.get(item.key)]
        return Entries([*rest._items.values(), *(item for item in changed if item.key not in rest._items)])

    def deployments(self) -> list[DeploymentURL]:
        """The deployments that have a session, in the stored order; the other entries are not ours to name."""
        return [DeploymentURL(origin) for origin in dict.fromkeys(self._origins())]

    def _origins(self) -> Iterator[Origin]:
        for item in self._items.values():
            if isinstance(item, Entry) and item.fields.get(TOKEN_FIELD) and isinstance(item.fields[TOKEN_FIELD], str):
                origin = item.origin or parse_key(item.key, "https")
                if origin and item in self._find_host(origin) and item.is_readable_for(origin):
                    yield origin

    def _find_host(self, origin: Origin) -> list[Entry | Foreign]:
        """What stands under the key of *origin*, and then the entries under its other spellings."""
        exact = self._items.get(origin.key)
        others = [
            item
            for item in self._items.values()
            if item is not exact and isinstance(item, Entry) and parse_key(item.key, origin.scheme) == origin
        ]
        return [*others] if exact is None else [exact, *others]

    def _replace(self, place: str, entry: Entry, gone: set[str]) -> Iterator[Entry | Foreign]:
        """The items with *entry* in the *place* of an old one, or at the end, and without those that are *gone*."""
        for key, item in self._items.items():
            if key == place:
                yield entry
            elif key not in gone and key != entry.key:
                yield item
        if place not in self._items:
            yield entry


def _is_replaceable(item: Entry | Foreign, origin: Origin) -> bool:
    return isinstance(item, Entry) and item.judge(origin) is not Ownership.ANOTHERS


def _require_entry(item: Entry | Foreign) -> Entry:
    if isinstance(item, Entry):
        return item
    raise StoreDamagedError(f"the entry {quote(item.key)} is a JSON {blob.kind(item.value)}, not an object", item.key)


def _make_mismatch(entry: Entry, url: DeploymentURL) -> OriginMismatchError:
    owner, words = entry.owner
    return OriginMismatchError(url, owner, words, in_keyring=True)


def _find_key(fields: blob.Object) -> str:
    entry = Entry("", fields)
    origin = entry.origin if "://" in (entry.url or "") else parse_key(entry.url or "", "https")
    if origin is None:
        raise StoreDamagedError("a single session whose URL is not understood")
    return origin.key
