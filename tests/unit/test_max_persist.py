"""What Windows says that this logon session can store; at the DLL seam, with a fake."""

from __future__ import annotations

import pytest
from fake_advapi32 import FakeAdvapi32

import wincred
from wincred import CredentialType, Persist


@pytest.mark.parametrize("persist", Persist, ids=lambda persist: persist.name.lower())
@pytest.mark.parametrize("type_", CredentialType, ids=lambda type_: type_.name.lower())
def test_max_persist_is_what_windows_allows_for_that_type(
    advapi32: FakeAdvapi32, type_: CredentialType, persist: Persist
) -> None:
    """Each type has a slot of its own in Windows' answer; a type that it leaves out can't be stored."""
    advapi32.session_types = {type_: persist}
    assert wincred.max_persist(type_) is persist
    assert advapi32.calls == ["CredGetSessionTypes"]


def test_max_persist_is_of_generic_credentials_unless_told(advapi32: FakeAdvapi32) -> None:
    """The type's default is that of the other functions."""
    advapi32.session_types = {1: 2}
    assert wincred.max_persist() is Persist.LOCAL_MACHINE


def test_max_persist_takes_a_stronger_persistence_for_the_strongest_it_knows(advapi32: FakeAdvapi32) -> None:
    """What a later Windows may add above ENTERPRISE allows ENTERPRISE too."""
    advapi32.session_types = {1: 4}
    assert wincred.max_persist() is Persist.ENTERPRISE
