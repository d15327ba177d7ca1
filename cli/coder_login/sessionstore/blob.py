"""The stored blob as JSON: from its bytes to one object, and back. Pure: it knows nothing of sessions.

UTF-8 JSON is what is written. What can't be understood, or other programs may read in another way than we do, raises
StoreDamagedError, which says what was found without showing it.
"""

from __future__ import annotations

import json

from coder_login.sessionstore.errors import StoreDamagedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

    Object: TypeAlias = dict[str, Any]

MAX_NESTING = 32
"""Levels of a JSON value that are followed; deeper is damage."""

_UTF16LE_BOM = b"\xff\xfe"


def parse(blob: bytes) -> Object:
    """The JSON object in *blob*, in its order; an empty blob is an empty object.

    UTF-16LE, with or without a byte-order mark, is what Control Panel leaves behind after an edit.
    """
    text = _decode(blob)
    value = _parse_json(text) if text else {}
    if not isinstance(value, dict):
        raise StoreDamagedError(f"a JSON {kind(value)}, not an object")
    return value


def serialize(value: Object) -> bytes:
    """The blob of *value*: compact, not escaped to ASCII, no byte-order mark, no NUL."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def is_simple(blob: bytes) -> bool:
    """Whether nothing in the value of *blob* can be what `check` refuses, seen without a walk through it.

    A lone surrogate comes of an escape, and a level of a bracket, in UTF-16 too; within a map, the value has one level
    more.
    """
    return b"\\" not in blob and blob.count(b"{") + blob.count(b"[") < MAX_NESTING


def check(value: Any, depth: int = 1) -> None:
    """Raise StoreDamagedError for a lone surrogate, and for what lies deeper than MAX_NESTING in *value*."""
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise StoreDamagedError("a string with a lone surrogate")
    if isinstance(value, dict | list):
        if depth > MAX_NESTING:
            raise StoreDamagedError(f"JSON nested deeper than {MAX_NESTING} levels")
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            check(item, depth + 1)


def kind(value: Any) -> str:
    """What JSON calls a value like *value*."""
    return {list: "list", str: "string", bool: "boolean", type(None): "null", dict: "object"}.get(type(value), "number")


def _decode(blob: bytes) -> str:
    encoding = "utf-8"
    if blob.startswith(_UTF16LE_BOM) or (len(blob) > 1 and blob[1] == 0):
        encoding = "utf-16-le"
    try:
        text = blob.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = None
    # Raised here, not there: a UnicodeDecodeError carries the whole blob.
    if text is None:
        raise StoreDamagedError(f"{len(blob)} bytes that are not {encoding.upper()}")
    return text


def _parse_json(text: str) -> Any:
    value, problem = None, ""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        problem = f"text that is not JSON: an error at character {error.pos} of {len(text)}"
    except _JSONError as error:
        problem = str(error)
    except (RecursionError, ValueError):
        problem = "JSON with a number too long, or nested too deep"
    if problem:
        # Raised here, not there: a JSONDecodeError carries the whole text.
        raise StoreDamagedError(problem)
    return value


class _JSONError(Exception):
    """JSON that other programs may read in another way than we do."""


def _make_object(pairs: list[tuple[str, Any]]) -> Object:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _JSONError("a JSON object with a duplicate key")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _JSONError(f"the number {name}, which is not JSON")


def _parse_finite(digits: str) -> float:
    import math  # hardly ever: no entry has a fraction

    number = float(digits)
    if not math.isfinite(number):
        raise _JSONError("a number that is out of range")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_make_object, parse_constant=_refuse_constant, parse_float=_parse_finite)
