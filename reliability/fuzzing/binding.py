"""`wincred` at the seam of its DLL: it hands to Windows what it got, within Microsoft's limits, or refuses it.

And whatever Windows' memory holds is listed, and what is listed can be read and deleted. The DLL is the tests' fake,
which keeps what it is given, and watches over memory. The limits are counted here anew, in UTF-16 code units.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from fuzzing.cursor import Cursor
from wincred import Attributes

WORDS = (
    "\0", "*", "LegacyGeneric:target=", "Domain:target=", "\U0001f511", "\ud7ff", "\x1b[2J", "=", ":", "\u0130",
    "\xff", "\xed\xa0\x80",
)  # fmt: skip

_LENGTHS = (0, 0, 0, -1, 1, 255, 256, 337, 338, 513, 514, 32767, 32768)
"""Code units to which a text is filled up: just within a limit, or just over it. 0 leaves it, and -1 is none."""

_SECRET = b"s3cret-s3cret"
_NUMBERS = (1, 2, 3, 0, 4, 5, 6, 7, -1, 1 << 32, 0xFFFF_FFFF)


class Call(NamedTuple):
    """The arguments of a write."""

    target_name: str
    blob: bytes | None
    user_name: str | None
    comment: str | None
    attributes: dict[str, bytes] | None
    persist: int
    type: int


def try_binding(data: bytes) -> None:
    cursor = Cursor(data)
    judge = cursor.pick((_try_write, _try_listing))
    with pytest.MonkeyPatch.context() as patch:
        fake = FakeAdvapi32()
        fake.install(patch)
        judge(cursor, fake)
        assert not fake.blocks_alive, "memory of Windows was not freed"
        assert all(block.wiped for block in fake.blocks), "a secret was left in Windows' memory"
        assert not any(map(any, fake.byte_arrays)), "a copy of a secret was not wiped"


def _try_write(cursor: Cursor, fake: FakeAdvapi32) -> None:
    call = Call(
        target_name=_take_text(cursor) or "",
        blob=_take_blob(cursor),
        user_name=_take_text(cursor),
        comment=_take_text(cursor),
        attributes=_take_attributes(cursor),
        persist=cursor.pick(_NUMBERS),
        type=cursor.pick(_NUMBERS),
    )
    fits = _fits(call)
    try:
        wincred.write(**call._asdict())
    except (ValueError, TypeError, wincred.CredentialError) as error:
        _check_refusal(error)
        assert bool(fake.calls) == fits, f"refused {'by us, and within the limits' if fits else 'by Windows'}: {error}"
        return
    assert fits, "Windows was given what is over its limits"
    _check_stored(fake, call)


def _take_text(cursor: Cursor) -> str | None:
    length, text = cursor.pick(_LENGTHS), cursor.take_text()
    return None if length < 0 else text + "x" * (length - _count_units(text))


def _take_blob(cursor: Cursor) -> bytes | None:
    size = cursor.pick((0, 1, 10, 2560, 2561, -1))
    return None if size < 0 else (_SECRET * (size // len(_SECRET) + 1))[:size]


def _take_attributes(cursor: Cursor) -> dict[str, bytes] | None:
    count = cursor.pick((0, 1, 2, 64, 65, -1))
    text, size = _take_text(cursor) or "", cursor.pick((0, 13, 256, 257))
    return None if count < 0 else {f"{text}{number or ''}": (_SECRET * 20)[:size] for number in range(count)}


def _fits(call: Call) -> bool:
    """Whether all of *call* is what Microsoft's documentation allows, as far as `wincred` promises to look."""
    name_limit = 337 if call.type in (2, 3, 4, 6) else 32767
    texts = [(call.target_name, 1, name_limit), (call.user_name, 0, 513), (call.comment, 0, 255)]
    texts += [(keyword, 1, 255) for keyword in call.attributes or ()]
    blobs = [(call.blob, 2560), *((value, 256) for value in (call.attributes or {}).values())]
    return (
        all(text is None or _is_text(text, least, most) for text, least, most in texts)
        and all(blob is None or len(blob) <= most for blob, most in blobs)
        and len(call.attributes or ()) <= 64
        and 1 <= call.persist <= 3
        and 1 <= call.type <= 0xFFFF_FFFF
    )


def _is_text(text: str, least: int, most: int) -> bool:
    is_sound = not any("\ud800" <= character <= "\udfff" or character == "\0" for character in text)
    return is_sound and least <= _count_units(text) <= most


def _count_units(text: str) -> int:
    """In UTF-16, where a character outside the Basic Multilingual Plane counts two."""
    return sum(1 + (character > "\uffff") for character in text)


def _check_refusal(error: Exception) -> None:
    message = f"{error}"
    assert len(message) <= 1000 and message.isprintable(), "an error is endless, or moves the cursor"
    assert _SECRET.decode() not in f"{message}{vars(error)}", "an error shows a secret"


def _check_stored(fake: FakeAdvapi32, call: Call) -> None:
    stored = fake.get(call.target_name, call.type)
    assert stored is not None
    given = (call.target_name, call.blob, call.user_name, call.comment, call.persist, call.type)
    kept = (stored.target_name, stored.blob, stored.user_name, stored.comment, stored.persist, stored.type)
    assert kept == given, "Windows was given something else"
    assert Attributes(stored.attributes) == Attributes(call.attributes or {}), "Windows was given other attributes"


def _try_listing(cursor: Cursor, fake: FakeAdvapi32) -> None:
    fake.type_count = 1 << 32
    given = {
        name: _take_stored(cursor, name) for name in {_take_name(cursor) for _ in range(1 + cursor.take_number(3))}
    }
    for stored in given.values():
        fake.put(stored)
    listed = wincred.enumerate()
    for credential in listed:
        _check_listed(credential, given)
    for credential in listed:
        if credential.target_name and credential.type:
            _check_reached(fake, credential)


def _take_name(cursor: Cursor) -> str:
    return _take_stored_text(cursor) or ""


def _take_stored_text(cursor: Cursor) -> str | None:
    """As memory can hold it: anything but a NUL."""
    text = _take_text(cursor)
    return None if text is None else text.replace("\0", "")


def _take_stored(cursor: Cursor, name: str) -> Stored:
    return Stored(
        target_name=name,
        type=cursor.take_number(1 << 32) if cursor.take_number(4) == 3 else 1 + cursor.take_number(7),
        blob=_SECRET[: cursor.take_number(14)],
        user_name=_take_stored_text(cursor),
        comment=_take_stored_text(cursor),
        attributes=Attributes([(_take_name(cursor)[:300], cursor.take_piece()) for _ in range(cursor.take_number(4))]),
        persist=cursor.take_number(1 << 32),
        last_written=cursor.take_number(1 << 64),
        target_alias=_take_stored_text(cursor),
        flags=cursor.take_number(1 << 32),
    )


def _check_listed(credential: wincred.Credential, given: dict[str, Stored]) -> None:
    stored = given[credential.target_name]
    assert (credential.type, credential.persist, credential.flags) == (stored.type, stored.persist, stored.flags)
    assert credential.blob == (b"" if stored.type in (2, 3) else stored.blob)
    texts = (credential.user_name, credential.comment, credential.target_alias)
    assert texts == (stored.user_name, stored.comment, stored.target_alias)
    assert credential.attributes == stored.attributes
    assert credential.last_written.utcoffset() is not None
    assert _SECRET.decode() not in repr(credential)


def _check_reached(fake: FakeAdvapi32, credential: wincred.Credential) -> None:
    """Hold that what is listed can be read and deleted, whatever its name, but one that no name may be as long as."""
    limit = 337 if credential.type in (2, 3, 4, 6) else 32767
    name = credential.target_name
    if len(name.encode("utf-16-le", "surrogatepass")) // 2 > limit:
        return
    assert wincred.read(name, type=credential.type) == credential
    wincred.delete(name, type=credential.type)
    assert fake.get(name, credential.type) is None
