"""What a write hands to Windows; at the DLL seam, with a fake."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Iterator, Mapping
from mmap import mmap
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored
from fake_memory import Heap

import wincred
from wincred import Attributes, CredentialType, Persist


def test_write_stores_every_field(advapi32: FakeAdvapi32) -> None:
    """Each argument arrives in its own field of the credential."""
    wincred.write(
        "example.com/token",
        b"s\0cret\xff",
        user_name="anna",
        comment="made by a test",
        attributes={"colour": b"blue\0", "empty": b""},
        persist=Persist.ENTERPRISE,
        type=CredentialType.GENERIC_CERTIFICATE,
    )
    assert advapi32.get("example.com/token", CredentialType.GENERIC_CERTIFICATE) == Stored(
        target_name="example.com/token",
        type=5,
        blob=b"s\0cret\xff",
        user_name="anna",
        comment="made by a test",
        attributes={"colour": b"blue\0", "empty": b""},
        persist=3,
    )


def test_write_needs_only_a_name_and_a_blob(advapi32: FakeAdvapi32) -> None:
    """By default: generic, on this machine, no user name, no comment, no attributes."""
    wincred.write("example.com", b"secret")
    assert advapi32.get("example.com") == Stored(target_name="example.com", blob=b"secret", type=1, persist=2)


def test_write_of_none_asks_windows_to_keep_the_blob(advapi32: FakeAdvapi32) -> None:
    """The flag is CRED_PRESERVE_CREDENTIAL_BLOB, with the blob at NULL; all the rest is replaced."""
    advapi32.put(Stored(target_name="example.com", blob=b"secret", comment="old", user_name="anna"))
    wincred.write("example.com", None, comment="new")
    assert [(write.flags, write.memory) for write in advapi32.writes] == [(1, None)]
    assert advapi32.get("example.com") == Stored(target_name="example.com", blob=b"secret", comment="new")


@pytest.mark.parametrize("blob", [b"", b"secret"], ids=["empty", "full"])
def test_write_of_bytes_has_no_flag(advapi32: FakeAdvapi32, blob: bytes) -> None:
    """An empty blob replaces the stored one too: only None keeps it."""
    advapi32.put(Stored(target_name="example.com", blob=b"old"))
    wincred.write("example.com", blob)
    assert [write.flags for write in advapi32.writes] == [0]
    assert advapi32.get("example.com") == Stored(target_name="example.com", blob=blob)


BYTES_LIKE = [
    pytest.param(lambda: bytearray(b"secret"), b"secret", id="bytearray"),
    pytest.param(lambda: memoryview(b"secret"), b"secret", id="memoryview"),
    pytest.param(lambda: memoryview(b"s.e.c.r.e.t.")[::2], b"secret", id="every-other-byte"),
    pytest.param(lambda: memoryview(b"terces")[::-1], b"secret", id="backwards"),
    pytest.param(lambda: memoryview(b"secret").cast("B", (2, 3)), b"secret", id="two-dimensions"),
    pytest.param(lambda: memoryview(array("H", b"secret"))[::2], b"seet", id="every-other-pair"),
    pytest.param(lambda: array("H", b"secret"), b"secret", id="array-of-pairs"),
    pytest.param(lambda: ctypes.create_string_buffer(b"secret", 6), b"secret", id="ctypes"),
    pytest.param(lambda: mapped(b"secret"), b"secret", id="mmap"),
    pytest.param(lambda: memoryview(b""), b"", id="empty"),
]


def mapped(content: bytes) -> mmap:
    memory = mmap(-1, len(content))
    memory[:] = content
    return memory


@pytest.mark.parametrize(("make", "content"), BYTES_LIKE)
def test_write_takes_any_bytes_like_object(advapi32: FakeAdvapi32, make: Callable[[], Any], content: bytes) -> None:
    """As a blob and as a value, whatever its items are; it is neither changed nor kept."""
    blob, value = make(), make()
    wincred.write("example.com", blob, attributes={"k": value})
    assert advapi32.get("example.com") == Stored(target_name="example.com", blob=content, attributes={"k": content})
    assert (bytes(memoryview(blob)), bytes(memoryview(value))) == (content, content)


@pytest.mark.parametrize("blob", [bytearray(b"secret"), bytearray(9999)], ids=["written", "refused"])
def test_a_bytearray_can_be_resized_after_a_write(advapi32: FakeAdvapi32, blob: bytearray) -> None:
    """Even while the error of a refused one is at hand: nothing holds on to its memory."""
    kept: list[object] = []
    try:
        wincred.write("example.com", blob)
    except wincred.TooLargeError as error:
        kept.append(error)
    blob.clear()
    assert blob == bytearray()
    assert len(advapi32.calls) == 1 - len(kept)


@pytest.mark.parametrize("step", [1, -1], ids=["side-by-side", "scattered"])
def test_a_bytearray_can_be_resized_after_a_copy_that_failed(
    advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """For want of memory, or interrupted: while that error is at hand, nothing holds on to the caller's bytes."""

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Heap, "memmove", fail, raising=False)
    blob, kept = bytearray(b"secret"), []
    with memoryview(blob) as view, view[::step] as blob_as_it_lies:
        try:
            wincred.write("example.com", blob_as_it_lies)
        except MemoryError as error:
            kept.append(error)
    blob.clear()
    assert len(kept) == 1
    assert advapi32.calls == []


@pytest.mark.parametrize("blob", [b"secret", bytearray(b"secret")], ids=["bytes", "bytearray"])
def test_write_leaves_the_callers_blob_alone(advapi32: FakeAdvapi32, blob: bytes | bytearray) -> None:
    """The copy for Windows is wiped, never the caller's own object."""
    wincred.write("example.com", blob)
    assert blob == b"secret"
    assert [write.wiped for write in advapi32.writes] == [True]


def test_write_copies_the_attributes_before_it_checks_them(advapi32: FakeAdvapi32) -> None:
    """A mapping that answers otherwise the second time can't bring an unchecked value to Windows."""

    class Growing(Mapping[str, bytes]):
        answers = 0

        def __getitem__(self, keyword: str) -> bytes:
            self.answers += 1
            return bytes(self.answers * 256)

        def __iter__(self) -> Iterator[str]:
            return iter(("k",))

        def __len__(self) -> int:
            return 1

    wincred.write("example.com", b"secret", attributes=Growing())
    assert advapi32.get("example.com") == Stored(
        target_name="example.com", blob=b"secret", attributes={"k": bytes(256)}
    )


def test_write_measures_the_copy_that_it_hands_over(advapi32: FakeAdvapi32) -> None:
    """What an object says of its own length is not asked, so that no foreign memory is read."""

    class Boasting(bytearray):
        def __len__(self) -> int:
            return super().__len__() + 1

    wincred.write("example.com", Boasting(b"secret"))
    assert advapi32.get("example.com") == Stored(target_name="example.com", blob=b"secret")


def test_attributes_are_written_as_they_were_read(advapi32: FakeAdvapi32) -> None:
    """In their order, and a keyword that is there twice stays there twice."""
    pairs = [("b", b"1"), ("a", b"2"), ("b", b"3")]
    advapi32.put(Stored(target_name="example.com", blob=b"secret", attributes=Attributes(pairs)))
    credential = wincred.read("example.com")
    wincred.write("example.net", credential.blob, attributes=credential.attributes)
    stored = advapi32.get("example.net")
    assert stored is not None
    assert Attributes(stored.attributes).pairs == tuple(pairs)


def test_a_write_to_a_name_with_a_wildcard_is_refused_by_windows(advapi32: FakeAdvapi32) -> None:
    """Not by us; a domain's servers have such names."""
    with pytest.raises(wincred.InvalidCredentialError, match=r"\(Windows error 87\)"):
        wincred.write("example*", b"secret")
    wincred.write("*.example.com", b"s\0", user_name="anna@example.com", type=CredentialType.DOMAIN_PASSWORD)
    assert advapi32.get("*.example.com", CredentialType.DOMAIN_PASSWORD) is not None
