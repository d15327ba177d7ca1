"""What a write hands to Windows; at the DLL seam, with a fake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from wincred import CredentialType, Persist


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


def test_write_refuses_a_bytearray_that_shrinks_meanwhile(advapi32: FakeAdvapi32) -> None:
    """Another thread's change between the check and the copy ends in an error, never in foreign memory."""

    class Shrinking(bytearray):
        def __len__(self) -> int:
            return super().__len__() + 1

    with pytest.raises(ValueError, match="right operand length must match"):
        wincred.write("example.com", Shrinking(b"secret"))
    assert advapi32.calls == []
