"""The stored blob: its bytes, its entries, and whose each entry is. Pure: no keyring, no lock.

The form is shared with the Go `coder` CLI and others: UTF-8 JSON, a map from host to an entry. Whatever is not
understood passes through a rewrite unchanged, and what can't be understood at all raises StoreDamagedError.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from coder.origin import DeploymentURL, InvalidURLError, Origin, parse_key
from coder.sessionstore.errors import AmbiguousSessionError, OriginMismatchError, StoreDamagedError
from coder.text import printable

MAX_NESTING = 32
"""Levels of a JSON value that are followed; deeper is damage."""

URL_FIELD = "coder_url"
TOKEN_FIELD = "api_token"  # noqa: S105  # the field's name

Entries = dict[str, Any]

_RESET = "nothing was changed; look at it in Control Panel, Credential Manager, or discard it with: coder keyring reset"
_UTF16LE_BOM = b"\xff\xfe"


def decode(blob: bytes) -> Entries:
    """The map in *blob*, in its order; an empty blob is an empty map, and the older single object a map of one.

    UTF-16LE, with or without a byte-order mark, is what Control Panel leaves behind after an edit.
    Raises StoreDamagedError, which says what was found without showing it.
    """
    value = _parse(_text(blob)) if blob else {}
    if not isinstance(value, dict):
        _damaged(f"a JSON {_json_kind(value)}, not an object")
    return _from_single_object(value) if _is_single_object(value) else value


def encode(entries: Entries) -> bytes:
    """The blob of *entries*: compact, not escaped to ASCII, no byte-order mark, no NUL."""
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def find(entries: Entries, origin: Origin) -> list[str]:
    """The keys of the entries that hold a session of *origin*, the exact key first.

    Empty when there is none. Raises OriginMismatchError when the host's entries are all another origin's,
    StoreDamagedError when what is under the exact key is not an entry.
    """
    keys = _equivalent_keys(entries, origin)
    matching = [key for key in keys if _belongs(entries[key], key, origin)]
    if keys and not matching:
        raise OriginMismatchError(
            origin, _owner(entries[keys[0]], keys[0]), "give that URL, or log in again with --replace"
        )
    return matching


def token_of(entries: Entries, keys: list[str]) -> str:
    """The token in the entries under *keys*; "" when none has one.

    Raises AmbiguousSessionError when they hold different ones, StoreDamagedError when one is not a string.
    """
    tokens = {key: entries[key][TOKEN_FIELD] for key in keys if entries[key].get(TOKEN_FIELD)}
    first = next(iter(tokens), "")
    for key, token in tokens.items():
        if not isinstance(token, str):
            _damaged(f"the entry {_quoted(key)} has a token that is not a string")
        if token != tokens[first]:
            raise AmbiguousSessionError(
                f"the keyring holds two different sessions of one origin, under {_quoted(first)} and {_quoted(key)}",
                "log in again to replace both",
            )
    return tokens[first] if tokens else ""


def put(entries: Entries, origin: Origin, token: str, *, replace: bool = False) -> Entries:
    """A copy of *entries* with one entry for *origin*: in the place of the old one, under the key Go looks up.

    Fields that we don't know stay in the entry. Raises OriginMismatchError when the key is another origin's,
    unless *replace*.
    """
    keys = _found_or_replaced(entries, origin) if replace else find(entries, origin)
    occupied = origin.key in entries and origin.key not in keys
    if occupied and not replace:
        find({origin.key: entries[origin.key]}, origin)
    unknown = {field: value for key in reversed(keys) for field, value in _fields(entries[key]).items()}
    entry = unknown | {URL_FIELD: str(origin), TOKEN_FIELD: token}
    place = keys[0] if keys else origin.key
    return _replaced(entries, place, {*keys, origin.key}, origin.key, entry)


def remove(entries: Entries, keys: list[str]) -> Entries:
    """A copy of *entries* without *keys*."""
    return {key: entry for key, entry in entries.items() if key not in keys}


def deployments(entries: Entries) -> Iterator[Origin]:
    """The origin of each entry that is a session's; the others are not ours to name."""
    for key, entry in entries.items():
        if isinstance(entry, dict) and isinstance(entry.get(TOKEN_FIELD), str):
            origin = _recorded(entry) or (parse_key(key, "https") if _is_bare(entry) else None)
            if origin:
                yield origin


def _replaced(entries: Entries, place: str, gone: set[str], key: str, entry: Entries) -> Entries:
    result: Entries = {}
    for old_key, old_entry in entries.items():
        if old_key == place:
            result[key] = entry
        elif old_key not in gone:
            result[old_key] = old_entry
    return result if place in entries else result | {key: entry}


def _found_or_replaced(entries: Entries, origin: Origin) -> list[str]:
    return [
        key for key in _equivalent_keys(entries, origin) if key == origin.key or _belongs(entries[key], key, origin)
    ]


def _fields(entry: Any) -> Entries:
    return entry if isinstance(entry, dict) else {}


def _equivalent_keys(entries: Entries, origin: Origin) -> list[str]:
    keys = [key for key in entries if key == origin.key or _is_equivalent(entries, key, origin)]
    return sorted(keys, key=lambda key: key != origin.key)


def _is_equivalent(entries: Entries, key: str, origin: Origin) -> bool:
    return isinstance(entries[key], dict) and parse_key(key, origin.scheme) == origin


def _belongs(entry: Any, key: str, origin: Origin) -> bool:
    if not isinstance(entry, dict):
        _damaged(f"the entry {_quoted(key)} is a JSON {_json_kind(entry)}, not an object")
    if _is_bare(entry):
        # An older client's: no origin is recorded. https is the safe reading; on loopback nobody listens in.
        return _bare_host_matches(entry, origin) and (origin.scheme == "https" or origin.is_loopback)
    return _recorded(entry) == origin


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


def _owner(entry: Entries, key: str) -> str:
    url = entry.get(URL_FIELD)
    recorded = _recorded(entry)
    if recorded or not isinstance(url, str):
        return str(recorded or "an unknown deployment")
    return f"https://{printable(url or key)}" if _is_bare(entry) else "a deployment whose URL is not understood"


def _is_single_object(value: Entries) -> bool:
    return isinstance(value.get(URL_FIELD), str) and isinstance(value.get(TOKEN_FIELD), str)


def _from_single_object(entry: Entries) -> Entries:
    url = entry[URL_FIELD]
    origin = _recorded(entry) if "://" in url else parse_key(url, "https")
    if origin is None:
        _damaged("a single session whose URL is not understood")
    return {origin.key: entry}


def _text(blob: bytes) -> str:
    encoding = "utf-8"
    if blob.startswith(_UTF16LE_BOM) or (len(blob) > 1 and blob[1] == 0):
        encoding = "utf-16-le"
    try:
        text = blob.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = None
    # Raised here, not there: a UnicodeDecodeError carries the whole blob.
    return _damaged(f"{len(blob)} bytes that are not {encoding.upper()}") if text is None else text


def _parse(text: str) -> Any:
    if not text:
        return {}
    problem = ""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        problem = f"text that is not JSON: an error at character {error.pos} of {len(text)}"
    except _JSONError as error:
        problem = str(error)
    except (RecursionError, ValueError):
        problem = "JSON with a number too long, or nested too deep"
    if problem:
        # Raised here, not there: a JSONDecodeError carries the whole text.
        _damaged(problem)
    _check_value(value, 1)
    return value


class _JSONError(Exception):
    """JSON that other programs may read in another way than we do."""


def _object(pairs: list[tuple[str, Any]]) -> Entries:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _JSONError("a JSON object with a duplicate key")
    return value


def _constant(name: str) -> NoReturn:
    raise _JSONError(f"the number {name}, which is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _JSONError("a number that is out of range")
    return number


def _check_value(value: Any, depth: int) -> None:
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        _damaged("a string with a lone surrogate")
    if isinstance(value, dict | list):
        if depth > MAX_NESTING:
            _damaged(f"JSON nested deeper than {MAX_NESTING} levels")
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            _check_value(item, depth + 1)


def _damaged(found: str) -> NoReturn:
    raise StoreDamagedError(f"the stored sessions can't be understood: {found}", _RESET)


def _json_kind(value: Any) -> str:
    return {list: "list", str: "string", bool: "boolean", type(None): "null", dict: "object"}.get(type(value), "number")


def _quoted(key: str) -> str:
    return f'"{printable(key)}"'
