"""What a listing asks of Windows, and what it makes of the answer; at the DLL seam, with a fake."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from wincred import CredentialType, Persist


@pytest.fixture
def stored(advapi32: FakeAdvapi32) -> None:
    """Three credentials, two of them under one prefix."""
    advapi32.put(Stored(target_name="Example/one", blob=b"1"))
    advapi32.put(Stored(target_name="example/two", blob=b"22", type=2, user_name="anna@example.com"))
    advapi32.put(Stored(target_name="other", blob=b"333", persist=1))


@pytest.mark.usefixtures("stored")
def test_enumerate_without_a_filter_lists_everything() -> None:
    """Every type, each with the fields of its own; a domain password without its blob."""
    assert [(credential.target_name, credential.type, credential.blob) for credential in wincred.enumerate()] == [
        ("Example/one", CredentialType.GENERIC, b"1"),
        ("example/two", CredentialType.DOMAIN_PASSWORD, b""),
        ("other", CredentialType.GENERIC, b"333"),
    ]


@pytest.mark.usefixtures("stored")
def test_enumerate_with_a_filter_lists_what_starts_so() -> None:
    """The filter is passed on to Windows, which compares in any case."""
    assert [credential.target_name for credential in wincred.enumerate("EXAMPLE/*")] == ["Example/one", "example/two"]


@pytest.mark.parametrize("filter", [None, "example*"], ids=["no-filter", "filter"])
def test_enumerate_of_nothing_is_an_empty_list(advapi32: FakeAdvapi32, filter: str | None) -> None:
    """Windows' "not found" is no error here, and there is no memory to free."""
    assert wincred.enumerate(filter) == []
    assert advapi32.calls == ["CredEnumerateW"]


def test_enumerate_gives_every_field(advapi32: FakeAdvapi32) -> None:
    """A listed credential is as whole as one that was read."""
    advapi32.put(
        Stored(
            target_name="example.com",
            blob=b"secret",
            user_name="anna",
            comment="made by a test",
            attributes={"colour": b"blue"},
            persist=1,
        )
    )
    assert wincred.enumerate("example.com*") == [
        wincred.Credential(
            target_name="example.com",
            type=CredentialType.GENERIC,
            blob=b"secret",
            user_name="anna",
            comment="made by a test",
            attributes={"colour": b"blue"},
            persist=Persist.SESSION,
            last_written=datetime(2024, 1, 1, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize("gives_domain_blobs", [False, True], ids=["windows", "wine"])
def test_enumerate_lists_a_domain_password_without_its_blob(advapi32: FakeAdvapi32, gives_domain_blobs: bool) -> None:
    """Windows keeps it to itself; where it is given all the same, it is dropped."""
    advapi32.gives_domain_blobs = gives_domain_blobs
    advapi32.put(Stored(target_name="example.com", type=2, blob=b"p\0w\0", user_name="anna@example.com"))
    assert [credential.blob for credential in wincred.enumerate()] == [b""]


def test_enumerate_keeps_a_type_and_a_persistence_that_it_does_not_know(advapi32: FakeAdvapi32) -> None:
    """They stay plain ints, and the credential can be read and deleted by them."""
    advapi32.put(Stored(target_name="example.com", type=99, persist=7))
    [credential] = wincred.enumerate()
    assert [(value, type(value)) for value in (credential.type, credential.persist)] == [(99, int), (7, int)]
    wincred.delete(credential.target_name, type=credential.type)
    assert advapi32.get("example.com", 99) is None
