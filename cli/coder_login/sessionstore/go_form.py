"""What of the stored blob the Go CLI can't read. Pure.

It parses the whole blob before it looks for one host, into a map of structs of two strings: one value that does not fit
makes every call of it fail. By the rules of `encoding/json <https://pkg.go.dev/encoding/json#Unmarshal>`_ a null fits
anywhere, an unknown field may hold anything, and the case of a field's name means nothing.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any, NamedTuple

from coder_login.deployment.url import parse_key
from coder_login.sessionstore import blob
from coder_login.sessionstore.entries import Entries, is_single_session
from coder_login.sessionstore.entry import KNOWN_FIELDS
from coder_login.sessionstore.errors import quote
from coder_login.text import redact


class Misfits(NamedTuple):
    """What the Go CLI can't read."""

    facts: list[str]
    """One for each thing, without more of an entry than its key."""
    is_mended: bool
    """Whether our next write mends it: it lies in the form of the whole. An entry that does not fit survives that."""
    has_hosts: bool = False
    """Whether an entry that does not fit has a key that can be a deployment's: a login there can take its place."""
    has_others: bool = False
    """Whether one has a key that need not be a deployment's: not every word is a host, though each could be."""


def find_misfits(stored: bytes) -> Misfits:
    """What in the blob *stored* the Go CLI can't read. Raises StoreDamagedError for what we can't read either."""
    Entries.decode(stored)  # for its errors alone
    value = blob.parse(stored)
    if is_single_session(value):
        return Misfits(["it is a single session, in an older form"], is_mended=True)
    found = {key: facts for key, item in value.items() if (facts := [*_find_in_entry(key, item)])}
    in_entries = [fact for facts in found.values() for fact in facts]
    in_whole = [*_find_in_whole(stored)]
    return Misfits(
        [*in_whole, *in_entries],
        is_mended=bool(in_whole) and not in_entries,
        has_hosts=any(map(_can_be_host, found)),
        has_others=not all(map(_must_be_host, found)),
    )


def _find_in_whole(stored: bytes) -> Iterator[str]:
    if stored.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE)) or b"\0" in stored:
        yield "it has a byte-order mark, or another encoding than UTF-8"


def _can_be_host(key: str) -> bool:
    return parse_key(key, "https") is not None


def _must_be_host(key: str) -> bool:
    """Whether *key* is no mere word: it has a dot, a port or brackets, or names this machine."""
    origin = parse_key(key, "https")
    return origin is not None and (origin.is_loopback or "." in key or ":" in key)


def _find_in_entry(key: str, item: Any) -> Iterator[str]:
    shown = quote(redact(key))  # it may be anything that another program wrote
    if not isinstance(item, dict | None):
        yield f"the entry {shown} is a JSON {blob.kind(item)}, not an object"
        return
    for name, value in (item or {}).items():
        if name.casefold() in KNOWN_FIELDS and not isinstance(value, str | None):
            yield f"the entry {shown} has a field {quote(name)} that is a JSON {blob.kind(value)}, not a string"
