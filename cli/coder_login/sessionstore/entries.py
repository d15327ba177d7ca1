"""The entries of the stored blob, as one map. Pure: no keyring, no lock.

The form is shared with the Go `coder` CLI and others: a map from host to an entry. Whatever is not understood passes
through a rewrite unchanged, and what can't be understood at all raises StoreDamagedError.
"""

from __future__ import annotations

from coder_login.deployment.url import DeploymentURL, find_other_spellings, parse_key
from coder_login.sessionstore import blob
from coder_login.sessionstore.entry import TOKEN_FIELD, URL_FIELD, Entry, Foreign, Ownership
from coder_login.sessionstore.errors import (
    AmbiguousSessionError,
    OriginMismatchError,
    SchemeNotRecordedError,
    StoreDamagedError,
    quote,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from coder_login.deployment.url import Origin


class Entries:
    """The stored map: entries and foreign values, in the stored order. A change makes another map."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        # As they are in the JSON: of many, a call looks at one or two.
        self._values = dict(values)

    @classmethod
    def decode(cls, stored: bytes) -> Entries:
        """The map in the blob *stored*; the older single object is a map of one. Raises StoreDamagedError."""
        value = blob.parse(stored)
        if is_single_session(value):
            value = {_find_key(value): value}
        # Of what will be written, not of what was read: the map adds a level to the single object.
        if not blob.is_simple(stored):
            blob.check(value)
        return cls(value)

    def encode(self) -> bytes:
        """The blob of the map."""
        return blob.serialize(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entries) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]  # the values are a dict

    def __bool__(self) -> bool:
        return bool(self._values)

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

    def put(self, url: DeploymentURL, token: str, *, replace: bool) -> list[Entries]:
        """The map with *token* for *url*'s origin, in each form that it can have: the first is the best, the last the
        shortest.

        It is under the origin's own key, and in every equivalent entry that is there, in its place: the Go client looks
        the host up as its user spelled it. An entry that is there can always be renewed: shorter than with its origin
        in full is what its client wrote, and shorter still is to add none under the origin's own key.

        Unknown fields stay in their entry. Raises OriginMismatchError when the key is another origin's, and
        StoreDamagedError when there is no entry under it, unless *replace*: nothing of what is there is kept then, nor
        of what is no entry, or no origin's, under an equivalent key.
        """
        origin = url.origin
        old = [item for item in self._find_host(origin) if isinstance(item, Entry) and item.is_replaceable_by(origin)]
        exact = self._find_exact(origin)
        if exact is not None and exact not in old and not replace:
            raise _make_mismatch(_require_entry(exact), url)
        new = [] if exact in old else [_make_entry(origin.key)]
        if replace:
            new += [_make_entry(item.key) for item in self._find_equivalents(origin) if _is_damage(item)]
        forms = [[entry.renew(origin, token) for entry in [*new, *old]]]
        if found := [entry for entry in old if entry.is_readable_for(origin)]:
            brief = [entry.renew_briefly(origin, token) for entry in [*new, *found]]
            forms += [brief] if exact is not None else [brief, brief[1:]]
        return [self._with(form) for form in forms]

    def remove(self, entries: Iterable[Entry]) -> Entries:
        """The map without *entries*."""
        gone = {entry.key for entry in entries}
        return Entries({key: value for key, value in self._values.items() if key not in gone})

    def take_back(self, before: Entries, after: Entries) -> Entries:
        """The map without the change from *before* to *after*, in the entries that are still as that left them.

        Another client has changed the map meanwhile: what it did stays, to those entries too.
        """
        values = dict(self._values)
        for key in before._values | after._values:
            old, written = before._get(key), after._get(key)
            if old == written or not _has_same_token(self._get(key), written):
                continue
            if old is None:
                del values[key]
            else:
                values[key] = old.value
        return Entries(values)

    def has(self, origin: Origin) -> bool:
        """Whether there is a session of *origin*, or more than one."""
        return any(_has_session(item, origin) for item in self._find_host(origin))

    def deployments(self, current: Origin | None = None) -> list[DeploymentURL]:
        """The deployments that have a session, in the stored order; the other entries are not ours to name.

        Where no scheme is recorded, it is *current*'s, if that may have the token, else https.
        """
        return [DeploymentURL(origin) for origin in dict.fromkeys(self._origins(current))]

    def _origins(self, current: Origin | None) -> Iterator[Origin]:
        for key in self._values:
            item = self._get(key)
            if isinstance(item, Entry):
                for origin in (item.origin, current, parse_key(item.key, "https")):
                    if origin and item in self._find_host(origin) and _has_session(item, origin):
                        yield origin
                        break

    def _find_host(self, origin: Origin) -> list[Entry | Foreign]:
        """What stands under the key of *origin*, and then the entries under its other spellings."""
        exact = self._find_exact(origin)
        others = [item for item in self._find_equivalents(origin) if isinstance(item, Entry)]
        return [*others] if exact is None else [exact, *others]

    def _find_exact(self, origin: Origin) -> Entry | Foreign | None:
        item = self._get(origin.key)
        return None if isinstance(item, Foreign) and item.is_empty else item

    def _find_equivalents(self, origin: Origin) -> list[Entry | Foreign]:
        """What stands under other spellings of *origin*'s key."""
        return [_make_item(key, self._values[key]) for key in find_other_spellings(self._values, origin)]

    def _get(self, key: str) -> Entry | Foreign | None:
        return _make_item(key, self._values[key]) if key in self._values else None

    def _with(self, entries: Iterable[Entry]) -> Entries:
        """The map with *entries*, each in the place of what has its key, or at the end."""
        return Entries(self._values | {entry.key: entry.fields for entry in entries})


def is_single_session(value: blob.Object) -> bool:
    """Whether *value* is the first form of the credential: one session, and no map."""
    return isinstance(value.get(URL_FIELD), str) and isinstance(value.get(TOKEN_FIELD), str)


def _make_item(key: str, value: Any) -> Entry | Foreign:
    return Entry(key, value) if isinstance(value, dict) else Foreign(key, value)


def _make_entry(key: str) -> Entry:
    return Entry(key, {URL_FIELD: key})


def _is_damage(item: Entry | Foreign) -> bool:
    """Whether *item* is no entry, or one whose URL is no text: the Go client can't read that."""
    return item.url is None if isinstance(item, Entry) else not item.is_empty


def _require_entry(item: Entry | Foreign) -> Entry:
    if isinstance(item, Entry):
        return item
    raise StoreDamagedError(f"the entry {quote(item.key)} is a JSON {blob.kind(item.value)}, not an object", item.key)


def _has_session(item: Entry | Foreign, origin: Origin) -> bool:
    """Whether *item* has a token, which may be sent to *origin*."""
    if not isinstance(item, Entry) or not item.is_readable_for(origin):
        return False
    token = item.fields.get(TOKEN_FIELD)
    return isinstance(token, str) and bool(token)


def _make_mismatch(entry: Entry, url: DeploymentURL) -> OriginMismatchError:
    if entry.judge(url.origin) is Ownership.UNRECORDED:
        return SchemeNotRecordedError(url)
    owner, words = entry.owner
    return OriginMismatchError(url, owner, words, in_keyring=True)


def _has_same_token(item: Entry | Foreign | None, other: Entry | Foreign | None) -> bool:
    """Whether both are entries with one token, or neither is there: a rewrite by the Go client keeps nothing else for
    sure."""
    if not isinstance(item, Entry) or not isinstance(other, Entry):
        return item is None and other is None
    return item.fields.get(TOKEN_FIELD) == other.fields.get(TOKEN_FIELD)


def _find_key(fields: blob.Object) -> str:
    url = fields[URL_FIELD]
    origin = Entry(url, fields).origin if "://" in url else parse_key(url, "https")
    if origin is None:
        raise StoreDamagedError("a single session whose URL is not understood")
    return origin.key
