"""A credential is a value: its fields are given once, and it equals what has the same ones; with no DLL."""

from __future__ import annotations

import copy
import inspect
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from wincred import Attributes, Credential, CredentialFlags, CredentialType, Persist

FIELDS: dict[str, Any] = {
    "target_name": "example.com",
    "type": CredentialType.GENERIC,
    "blob": b"secret",
    "user_name": "anna",
    "comment": "made by a test",
    "attributes": Attributes({"k": b"v"}),
    "persist": Persist.LOCAL_MACHINE,
    "last_written": datetime(2024, 1, 1, tzinfo=UTC),
    "target_alias": "EXAMPLE",
    "flags": CredentialFlags.PROMPT_NOW,
}
OTHERS: dict[str, Any] = {
    "target_name": "example.org",
    "type": 7,
    "blob": b"other",
    "user_name": None,
    "comment": "",
    "attributes": Attributes(),
    "persist": Persist.SESSION,
    "last_written": datetime(2024, 1, 2, tzinfo=UTC),
    "target_alias": None,
    "flags": CredentialFlags.NONE,
}


def test_each_field_is_what_was_given() -> None:
    """By its own name."""
    credential = Credential(**FIELDS)
    assert {name: getattr(credential, name) for name in FIELDS} == FIELDS


def test_its_constructor_takes_names_alone() -> None:
    """The last two fields may be left out."""
    parameters = inspect.signature(Credential).parameters.values()
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert [parameter.name for parameter in parameters] == list(FIELDS)
    shorter = Credential(**{name: value for name, value in FIELDS.items() if name not in ("target_alias", "flags")})
    assert (shorter.target_alias, shorter.flags) == (None, CredentialFlags.NONE)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_can_not_be_changed(name: str) -> None:
    """Neither set nor deleted."""
    credential = Credential(**FIELDS)
    with pytest.raises(AttributeError):
        setattr(credential, name, OTHERS[name])
    with pytest.raises(AttributeError):
        delattr(credential, name)
    assert getattr(credential, name) == FIELDS[name]


def test_it_has_no_other_attribute() -> None:
    """And no `__dict__` to print."""
    credential = Credential(**FIELDS)
    with pytest.raises(AttributeError):
        credential.other = 1  # type: ignore[attr-defined]  # the point
    assert not hasattr(credential, "__dict__")


@pytest.mark.parametrize("name", FIELDS)
def test_it_equals_what_has_the_same_fields(name: str) -> None:
    """Every one counts."""
    assert Credential(**FIELDS) == Credential(**FIELDS)
    assert Credential(**FIELDS) != Credential(**FIELDS | {name: OTHERS[name]})


def test_it_equals_no_other_object() -> None:
    """Not even a tuple of its fields."""
    assert Credential(**FIELDS) != tuple(FIELDS.values())
    assert Credential(**FIELDS).__eq__(FIELDS) is NotImplemented


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "attributes"])
def test_its_hash_is_of_its_fields(name: str) -> None:
    """But for the attributes, which are a mapping, and have none."""
    assert hash(Credential(**FIELDS)) == hash(Credential(**FIELDS | {"attributes": OTHERS["attributes"]}))
    assert hash(Credential(**FIELDS)) != hash(Credential(**FIELDS | {name: OTHERS[name]}))


def test_one_that_was_read_is_as_one_that_was_made(advapi32: FakeAdvapi32) -> None:
    """Though its time is made of Windows' number when it is asked for."""
    advapi32.put(Stored(target_name="example.com", blob=b"secret", attributes={"k": b"v"}))
    read = wincred.read("example.com")
    made = Credential(**FIELDS | {"user_name": None, "comment": None, "target_alias": None, "flags": 0})
    assert (read, hash(read), repr(read)) == (made, hash(made), repr(made).replace("flags=0", f"flags={read.flags!r}"))


def test_a_credential_with_other_fields_can_be_made_of_it() -> None:
    """As `copy.replace` of Python 3.13 does it."""
    replace: Any = getattr(copy, "replace", Credential.__replace__)
    assert replace(Credential(**FIELDS), comment="new") == Credential(**FIELDS | {"comment": "new"})


def test_a_field_of_another_name_is_refused() -> None:
    """When one is made of another, too."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        Credential(**FIELDS).__replace__(colour="blue")


def test_the_flags_are_those_of_wincred_h() -> None:
    """CRED_FLAGS_PROMPT_NOW and CRED_FLAGS_USERNAME_TARGET."""
    assert (CredentialFlags.NONE, CredentialFlags.PROMPT_NOW, CredentialFlags.USERNAME_TARGET) == (0, 2, 4)
