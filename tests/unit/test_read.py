"""What a read and a delete ask of Windows, and what a read makes of the answer; at the DLL seam, with a fake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from wincred import Attributes, CredentialFlags, CredentialType, Persist

UNIX_EPOCH = 116_444_736_000_000_000  # as a FILETIME, from Microsoft's documentation


def test_read_gives_every_field(advapi32: FakeAdvapi32) -> None:
    """Each field of the stored credential arrives in the field of its name."""
    advapi32.put(
        Stored(
            target_name="Example.com/token",
            blob=b"s\0cret\xff",
            user_name="anna",
            comment="made by a test",
            attributes={"colour": b"blue\0", "empty": b""},
            persist=3,
            last_written=UNIX_EPOCH,
            target_alias="EXAMPLE",
            flags=2,
        )
    )
    assert wincred.read("example.COM/token") == wincred.Credential(
        target_name="Example.com/token",
        type=CredentialType.GENERIC,
        blob=b"s\0cret\xff",
        user_name="anna",
        comment="made by a test",
        attributes=Attributes({"colour": b"blue\0", "empty": b""}),
        persist=Persist.ENTERPRISE,
        last_written=datetime(1970, 1, 1, tzinfo=UTC),
        target_alias="EXAMPLE",
        flags=CredentialFlags.PROMPT_NOW,
    )


def test_read_gives_none_for_what_is_not_there(advapi32: FakeAdvapi32) -> None:
    """No user name, comment and alias are None; no attributes are an empty mapping; no blob is empty bytes."""
    advapi32.put(Stored(target_name="example.com"))
    credential = wincred.read("example.com")
    assert (credential.user_name, credential.comment, dict(credential.attributes)) == (None, None, {})
    assert (credential.blob, credential.target_alias, credential.flags) == (b"", None, CredentialFlags.NONE)


def test_read_tells_an_empty_string_from_none(advapi32: FakeAdvapi32) -> None:
    """A user name or comment that is there and empty stays an empty string."""
    advapi32.put(Stored(target_name="example.com", user_name="", comment=""))
    credential = wincred.read("example.com")
    assert (credential.user_name, credential.comment) == ("", "")


@pytest.mark.parametrize(
    "text", ["grüße", "日本語", "\U0001f600 \U0010ffff", "\ud7ff\ue000\uffff"], ids=["latin", "cjk", "astral", "edges"]
)
def test_text_of_any_script_comes_back(advapi32: FakeAdvapi32, text: str) -> None:
    """Target name, user name, comment and keyword go out and come back the same."""
    wincred.write(text, b"secret", user_name=text, comment=text, attributes={text: b"v"})
    credential = wincred.read(text)
    assert (credential.target_name, credential.user_name, credential.comment, dict(credential.attributes)) == (
        text,
        text,
        text,
        {text: b"v"},
    )


def test_read_looks_for_the_type_it_is_asked_for(advapi32: FakeAdvapi32) -> None:
    """The type is half of the key."""
    advapi32.put(Stored(target_name="example.com", blob=b"generic"))
    advapi32.put(Stored(target_name="example.com", blob=b"certificate", type=5))
    assert wincred.read("example.com", type=CredentialType.GENERIC_CERTIFICATE).blob == b"certificate"


@pytest.mark.parametrize("is_given", [True, False], ids=["given", "kept"])
@pytest.mark.parametrize(
    "type",
    [CredentialType.DOMAIN_PASSWORD, CredentialType.DOMAIN_CERTIFICATE],
    ids=["password", "certificate"],
)
def test_read_gives_no_blob_that_is_for_authentication_packages(
    advapi32: FakeAdvapi32, type: CredentialType, is_given: bool
) -> None:
    """Windows keeps it to itself; where it is given all the same, as by Wine, it is dropped, and wiped too."""
    advapi32.gives_domain_blobs = is_given
    advapi32.put(Stored(target_name="example.com", type=type, blob=b"p\0w\0", user_name="anna@example.com"))
    credential = wincred.read("example.com", type=type)
    assert (credential.type, credential.user_name, credential.blob) == (type, "anna@example.com", b"")


def test_read_keeps_a_type_and_a_persistence_that_it_does_not_know(advapi32: FakeAdvapi32) -> None:
    """They stay plain ints; a Windows that knows the type can be asked for it."""
    advapi32.type_count = 100
    advapi32.put(Stored(target_name="example.com", type=99, persist=7))
    credential = wincred.read("example.com", type=99)
    assert [(value, type(value)) for value in (credential.type, credential.persist)] == [(99, int), (7, int)]


@pytest.mark.parametrize(
    ("filetime", "expected"),
    [
        pytest.param(0, datetime(1601, 1, 1, tzinfo=UTC), id="first"),
        pytest.param(UNIX_EPOCH, datetime(1970, 1, 1, tzinfo=UTC), id="unix-epoch"),
        pytest.param(UNIX_EPOCH + 2**32, datetime(1970, 1, 1, 0, 7, 9, 496729, tzinfo=UTC), id="both-halves"),
        pytest.param(UNIX_EPOCH + 19, datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), id="cut-to-the-microsecond"),
    ],
)
def test_last_written_is_an_aware_utc_time(advapi32: FakeAdvapi32, filetime: int, expected: datetime) -> None:
    """A FILETIME counts 100 ns since 1601."""
    advapi32.put(Stored(target_name="example.com", last_written=filetime))
    last_written = wincred.read("example.com").last_written
    assert (last_written, last_written.utcoffset()) == (expected, timedelta(0))


def test_attributes_that_were_read_are_read_only(advapi32: FakeAdvapi32) -> None:
    """A credential is a record of what was read."""
    advapi32.put(Stored(target_name="example.com", attributes={"k": b"v"}))
    with pytest.raises(TypeError, match="does not support item assignment"):
        wincred.read("example.com").attributes["k"] = b"w"  # type: ignore[index]  # that is the point


def test_delete_removes_the_type_that_it_is_asked_for(advapi32: FakeAdvapi32) -> None:
    """The credential of another type under the same name stays."""
    advapi32.put(Stored(target_name="Example.com"))
    advapi32.put(Stored(target_name="Example.com", type=2))
    wincred.delete("example.com", type=CredentialType.DOMAIN_PASSWORD)
    assert advapi32.get("example.com", 2) is None
    assert advapi32.get("example.com", 1) == Stored(target_name="Example.com")
