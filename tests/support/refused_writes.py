"""Arguments that `wincred.write` refuses before it asks Windows, each with its exception and its exact message."""

from __future__ import annotations

from array import array
from mmap import mmap
from typing import Any

import pytest

from wincred import CredentialType, Persist, TooLargeError

SECRET = b"correct horse battery staple"
"""The blob of each refused write, so that a test can look for it where it must not be."""

ASTRAL = "\U0001f600"  # two UTF-16 code units

_LONE = "must not contain a lone surrogate: it has no UTF-16 form"
_UINT32 = "must be from {} to 4294967295, not {}"
_NUL = "must not contain a NUL: Windows would cut it short at index {}"
_LARGE = "is too large: {} {}, and the limit is {}; shorten it"
_LONG_TYPE = "blob must be bytes-like, not " + "x\\n" * 33 + "x"


def _released() -> memoryview:
    view = memoryview(SECRET)
    view.release()
    return view


def _closed() -> mmap:
    memory = mmap(-1, 16)
    memory.close()
    return memory


def _case(id: str, fields: dict[str, Any], exception: type[Exception], message: str) -> Any:
    return pytest.param({"target_name": "example.com", "blob": SECRET} | fields, exception, message, id=id)


def _too_large(id: str, fields: dict[str, Any], field: str, size: int, limit: int, unit: str) -> Any:
    return _case(id, fields, TooLargeError, f"{field} {_LARGE.format(size, unit, limit)}")


def _too_long(id: str, fields: dict[str, Any], field: str, size: int, limit: int) -> Any:
    return _too_large(id, fields, field, size, limit, "UTF-16 code units")


def _domain(target_name: str, type: CredentialType = CredentialType.DOMAIN_PASSWORD) -> dict[str, Any]:
    return {"target_name": target_name, "type": type, "user_name": "anna@example.com"}


SIZES = [
    _too_large("blob-2561", {"blob": SECRET.ljust(2561)}, "blob", 2561, 2560, "bytes"),
    _too_large("array-of-321-doubles", {"blob": array("d", [0.5] * 321)}, "blob", 2568, 2560, "bytes"),
    _too_large("bytearray-2561", {"blob": bytearray(SECRET.ljust(2561))}, "blob", 2561, 2560, "bytes"),
    _too_long("target-name-32768", {"target_name": "x" * 32768}, "target name", 32768, 32767),
    _too_long("target-name-astral", {"target_name": ASTRAL * 16384}, "target name", 32768, 32767),
    _too_long("domain-338", _domain("x" * 338), "target name", 338, 337),
    _too_long("domain-astral", _domain(ASTRAL * 169), "target name", 338, 337),
    *(
        _too_long(f"{type.name.lower().replace('_', '-')}-338", _domain("x" * 338, type), "target name", 338, 337)
        for type in (
            CredentialType.DOMAIN_CERTIFICATE,
            CredentialType.DOMAIN_VISIBLE_PASSWORD,
            CredentialType.DOMAIN_EXTENDED,
        )
    ),
    _too_long("user-name-514", {"user_name": "x" * 514}, "user name", 514, 513),
    _too_long("user-name-astral", {"user_name": ASTRAL * 257}, "user name", 514, 513),
    _too_long("comment-256", {"comment": "x" * 256}, "comment", 256, 255),
    _too_long("comment-astral", {"comment": ASTRAL * 128}, "comment", 256, 255),
    _too_long("comment-first-astral", {"comment": "\U00010000" * 128}, "comment", 256, 255),
    _too_long("keyword-256", {"attributes": {"x" * 256: b""}}, "attribute keyword", 256, 255),
    _too_long("keyword-astral", {"attributes": {ASTRAL * 128: b""}}, "attribute keyword", 256, 255),
    _too_large("attributes-65", {"attributes": {f"k{n}": b"" for n in range(65)}}, "attributes", 65, 64, "entries"),
    _too_large("value-257", {"attributes": {"k": bytes(257)}}, "attribute 'k'", 257, 256, "bytes"),
]

TEXTS = [
    _case("target-name-empty", {"target_name": ""}, ValueError, "target name must not be empty"),
    _case("keyword-empty", {"attributes": {"": b""}}, ValueError, "attribute keyword must not be empty"),
    _case("target-name-nul", {"target_name": "exa\0mple"}, ValueError, f"target name {_NUL.format(3)}"),
    _case("target-name-nul-last", {"target_name": "example\0"}, ValueError, f"target name {_NUL.format(7)}"),
    _case("user-name-nul", {"user_name": "an\0na"}, ValueError, f"user name {_NUL.format(2)}"),
    _case("comment-nul", {"comment": "\0"}, ValueError, f"comment {_NUL.format(0)}"),
    _case("keyword-nul", {"attributes": {"k\0": b""}}, ValueError, f"attribute keyword {_NUL.format(1)}"),
    _case("target-name-surrogate", {"target_name": "x\ud800"}, ValueError, f"target name {_LONE}"),
    _case("target-name-low-surrogate", {"target_name": "\udfffx"}, ValueError, f"target name {_LONE}"),
    _case("user-name-surrogate", {"user_name": "\udc00"}, ValueError, f"user name {_LONE}"),
    _case("comment-surrogate", {"comment": "\udbff"}, ValueError, f"comment {_LONE}"),
    _case("keyword-surrogate", {"attributes": {"\ud83d": b""}}, ValueError, f"attribute keyword {_LONE}"),
]

WRONG_TYPES = [
    _case(
        "blob-str",
        {"blob": SECRET.decode()},
        TypeError,
        "blob must be bytes-like, not str; encode it first, as in text.encode()",
    ),
    _case(
        "blob-released",
        {"blob": _released()},
        TypeError,
        "blob can't be read: the memoryview has been released or closed",
    ),
    _case("blob-closed", {"blob": _closed()}, TypeError, "blob can't be read: the mmap has been released or closed"),
    _case("blob-list", {"blob": list(SECRET)}, TypeError, "blob must be bytes-like, not list"),
    _case("blob-int", {"blob": 0}, TypeError, "blob must be bytes-like, not int"),
    _case("blob-of-a-long-type", {"blob": type("x\n" * 99, (), {})()}, TypeError, _LONG_TYPE),
    _case("target-name-none", {"target_name": None}, TypeError, "target name must be str, not NoneType"),
    _case("target-name-bytes", {"target_name": b"example"}, TypeError, "target name must be str, not bytes"),
    _case("user-name-bytes", {"user_name": b"anna"}, TypeError, "user name must be str, not bytes"),
    _case("comment-int", {"comment": 1}, TypeError, "comment must be str, not int"),
    _case(
        "attributes-list",
        {"attributes": [("k", b"v")]},
        TypeError,
        "attributes must be a mapping of keyword to bytes, not list",
    ),
    _case("keyword-bytes", {"attributes": {b"k": b"v"}}, TypeError, "attribute keyword must be str, not bytes"),
    _case(
        "value-str",
        {"attributes": {"k": "v"}},
        TypeError,
        "attribute 'k' must be bytes-like, not str; encode it first, as in text.encode()",
    ),
    _case("value-none", {"attributes": {"k": None}}, TypeError, "attribute 'k' must be bytes-like, not NoneType"),
    _case(
        "value-of-a-long-keyword",
        {"attributes": {"k" * 255: None}},
        TypeError,
        f"attribute '{'k' * 100}'... (255 characters) must be bytes-like, not NoneType",
    ),
]

NUMBERS = [
    _case("type-str", {"type": "generic"}, TypeError, "type must be an int, not str"),
    _case("type-bool", {"type": True}, TypeError, "type must be an int, not bool"),
    _case("type-none", {"type": None}, TypeError, "type must be an int, not NoneType"),
    _case("type-float", {"type": 1.0}, TypeError, "type must be an int, not float"),
    _case("type-zero", {"type": 0}, ValueError, f"type {_UINT32.format(1, 0)}"),
    _case("type-negative", {"type": -1}, ValueError, f"type {_UINT32.format(1, -1)}"),
    _case("type-33-bits", {"type": 2**32}, ValueError, f"type {_UINT32.format(1, 2**32)}"),
    _case("type-of-3000-digits", {"type": 10**3000}, ValueError, f"type {_UINT32.format(1, 'a number of 9966 bits')}"),
    _case("persist-str", {"persist": "session"}, TypeError, "persist must be an int, not str"),
    _case("persist-bool", {"persist": True}, TypeError, "persist must be an int, not bool"),
    _case("persist-negative", {"persist": -1}, ValueError, f"persist {_UINT32.format(0, -1)}"),
    *(
        _case(
            f"persist-{int(value)}",
            {"persist": value},
            ValueError,
            f"persist must be SESSION (1), LOCAL_MACHINE (2) or ENTERPRISE (3), not {int(value)}",
        )
        for value in (Persist.NONE, 4, 99)
    ),
]

REFUSED_WRITES = SIZES + TEXTS + WRONG_TYPES + NUMBERS
