"""What a listing asks of Windows, and what it makes of the answer; at the DLL seam, with a fake."""

from __future__ import annotations

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from wincred import CredentialType


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
    """The filter is passed on to Windows, to which upper and lower case are equal."""
    assert [credential.target_name for credential in wincred.enumerate("EXAMPLE/*")] == ["Example/one", "example/two"]


def test_enumerate_of_nothing_is_an_empty_list(advapi32: FakeAdvapi32) -> None:
    """Windows' "not found" is no error here, and there is no memory to free."""
    assert wincred.enumerate("example*") == []
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
    assert wincred.enumerate("example.com*") == [wincred.read("example.com")]
