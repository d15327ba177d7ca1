"""The entries of the stored blob, and whose each one is. Pure: no keyring, no lock.

The form is shared with the Go `coder` CLI and others: a map from host to an entry. Whatever is not understood passes
through a rewrite unchanged, and what can't be understood at all raises StoreDamagedError.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from coder_login.deployment.url import DeploymentURL, InvalidURLError, Origin, parse_key
from coder_login.sessionstore import blob
from coder_login.sessionstore.errors import AmbiguousSessionError, OriginMismatchError
from coder_login.text import printable

URL_FIELD = "coder_url"
TOKEN_FIELD = "api_token"  # noqa: S105  # the field's name

# Not a reset, which would take the other entries along, and refuses to.
_REPLACE = "nothing was changed; log in again with --replace to put a session in its place"

Entries = dict[str, Any]


def decode(stored: bytes) -> Entries:
    """The map in the blob *stored*, in its order; the older single object is a map of one.

    Raises StoreDamagedError.
    """
    value = blob.parse(stored)
    entries = _from_single_object(value) if _is_single_object(value) else value
    # Of what will be written, not of what was read: the map adds a level to the single object.
    blob.check(entries)
    return entries


def encode(entries: Entries) -> bytes:
    """The blob of *entries*."""
    return blob.serialize(entries)


def find(entries: Entries, origin: Origin) -> list[str]:
    """The keys of the entries that hold a session of *origin*, the exact key first.

    Empty when there is none. Raises OriginMismatchError when the host's entries are all another origin's,
    StoreDamagedError when what is under the exact key is not an entry.
    """
    keys = _equivalent_keys(entries, origin)
    matching = [key for key in keys if _belongs(entries[key], key, origin)]
    if keys and not matching:
        raise _mismatch(entries[keys[0]], keys[0], origin)
    return matching


def token_of(entries: Entries, keys: list[str]) -> str:
    """The token in the entries under *keys*; "" when none has one.

    Raises AmbiguousSessionError when they hold different ones, StoreDamagedError when one is not a string.
    """
    tokens = {key: entries[key][TOKEN_FIELD] for key in keys if entries[key].get(TOKEN_FIELD)}
    first = next(iter(tokens), "")
    for key, token in tokens.items():
        if not isinstance(token, str):
            blob.damaged(f"the entry {_quoted(key)} has a token that is not a string", _REPLACE)
        if token != tokens[first]:
            raise AmbiguousSessionError(
                f"the keyring holds two different sessions of one origin, under {_quoted(first)} and {_quoted(key)}",
                "log in again to replace both",
            )
    return tokens[first] if tokens else ""


def put(entries: Entries, origin: Origin, token: str, *, replace: bool = False) -> Entries:
    """A copy of *entries* with one entry for *origin*: in the place of the old one, under the key Go looks up.

    Fields that we don't know stay in the entry. Raises OriginMismatchError when the key is another origin's,
    unless *replace*: nothing of that origin's entry is kept.
    """
    keys = [key for key in _equivalent_keys(entries, origin) if _is_replaceable(entries[key], origin)]
    if origin.key in entries and origin.key not in keys and not replace:
        raise _mismatch(entries[origin.key], origin.key, origin)
    unknown = {field: value for key in reversed(keys) for field, value in _fields(entries[key]).items()}
    entry = unknown | {URL_FIELD: str(origin), TOKEN_FIELD: token}
    place = keys[0] if keys else origin.key
    return _replaced(entries, place, {*keys, origin.key}, origin.key, entry)


def remove(entries: Entries, keys: list[str]) -> Entries:
    """A copy of *entries* without *keys*."""
    return {key: entry for key, entry in entries.items() if key not in keys}


def take_back(entries: Entries, before: Entries, after: Entries, origin: Origin) -> Entries:
    """A copy of *entries* with *origin*'s session as it was in *before*, when it is still the one in *after*.

    Another client has changed *entries* meanwhile: what it did stays, to *origin*'s session too.
    """
    if _fields(entries.get(origin.key)).get(TOKEN_FIELD) != after[origin.key][TOKEN_FIELD]:
        return entries
    rest = remove(entries, [origin.key])
    changed = [key for key in _equivalent_keys(before, origin) if before[key] != after.get(key) and key not in rest]
    return rest | {key: before[key] for key in changed}


def deployments(entries: Entries) -> list[Origin]:
    """The origins that have a session, in the stored order; the other entries are not ours to name."""
    return list(dict.fromkeys(_origins(entries)))


def _origins(entries: Entries) -> Iterator[Origin]:
    for key, entry in entries.items():
        if isinstance(entry, dict) and entry.get(TOKEN_FIELD) and isinstance(entry[TOKEN_FIELD], str):
            origin = _recorded(entry) or parse_key(key, "https")
            if origin and key in _equivalent_keys(entries, origin) and _belongs(entry, key, origin):
                yield origin


def _replaced(entries: Entries, place: str, gone: set[str], key: str, entry: Entries) -> Entries:
    result: Entries = {}
    for old_key, old_entry in entries.items():
        if old_key == place:
            result[key] = entry
        elif old_key not in gone:
            result[old_key] = old_entry
    return result if place in entries else result | {key: entry}


def _fields(entry: Any) -> Entries:
    return entry if isinstance(entry, dict) else {}


def _equivalent_keys(entries: Entries, origin: Origin) -> list[str]:
    keys = [key for key in entries if key == origin.key or _is_equivalent(entries, key, origin)]
    return sorted(keys, key=lambda key: key != origin.key)


def _is_equivalent(entries: Entries, key: str, origin: Origin) -> bool:
    return isinstance(entries[key], dict) and parse_key(key, origin.scheme) == origin


def _belongs(entry: Any, key: str, origin: Origin) -> bool:
    if not isinstance(entry, dict):
        _not_an_entry(entry, key)
    # A bare host is an older client's: no origin is recorded. https is the safe reading; on loopback nobody listens in.
    return _is_replaceable(entry, origin) and (not _is_bare(entry) or origin.scheme == "https" or origin.is_loopback)


def _is_replaceable(entry: Any, origin: Origin) -> bool:
    """Whether the entry is *origin*'s, or its host's and records no origin."""
    if not isinstance(entry, dict):
        return False
    return _bare_host_matches(entry, origin) if _is_bare(entry) else _recorded(entry) == origin


def _is_bare(entry: Entries) -> bool:
    url = entry.get(URL_FIELD, "")
    return isinstance(url, str) and "://" not in url


def _bare_host_matches(entry: Entries, origin: Origin) -> bool:
    host = entry.get(URL_FIELD, "").strip()
    return not host or parse_key(host, origin.scheme) == origin


def _recorded(entry: Entries) -> Origin | None:
    url = entry.get(URL_FIELD)
    if not isinstance(url, str) or "://" not in url:
        return None
    try:
        return DeploymentURL.parse(url).origin
    except InvalidURLError:
        return None


def _mismatch(entry: Any, key: str, origin: Origin) -> OriginMismatchError:
    if not isinstance(entry, dict):
        _not_an_entry(entry, key)
    return OriginMismatchError(origin, _owner(entry, key), "give that URL, or log in again with --replace")


def _owner(entry: Entries, key: str) -> str:
    url = entry.get(URL_FIELD, "")
    if not isinstance(url, str):
        return "an unknown deployment"
    owner = parse_key(url or key, "https") if _is_bare(entry) else _recorded(entry)
    # Not the text itself: what stands before an @ in it can be a password.
    return str(owner or "a deployment whose URL is not understood")


def _is_single_object(value: Entries) -> bool:
    return isinstance(value.get(URL_FIELD), str) and isinstance(value.get(TOKEN_FIELD), str)


def _from_single_object(entry: Entries) -> Entries:
    url = entry[URL_FIELD]
    origin = _recorded(entry) if "://" in url else parse_key(url, "https")
    if origin is None:
        blob.damaged("a single session whose URL is not understood")
    return {origin.key: entry}


def _not_an_entry(value: Any, key: str) -> NoReturn:
    blob.damaged(f"the entry {_quoted(key)} is a JSON {blob.kind(value)}, not an object", _REPLACE)


def _quoted(key: str) -> str:
    return f'"{printable(key)}"'
