"""What Windows says that this logon session can store; at the DLL seam, with a fake."""

from __future__ import annotations

from fake_advapi32 import FakeAdvapi32

import wincred
from wincred import CredentialType, Persist


def test_max_persist_is_what_windows_allows_for_that_type(advapi32: FakeAdvapi32) -> None:
    """Each type has a slot of its own; what a later Windows may add above ENTERPRISE allows ENTERPRISE too."""
    advapi32.session_types = {1: 2, 3: 1, 4: 3, 5: 4, 6: 2**32 - 1}
    assert [wincred.max_persist(type_) for type_ in CredentialType] == [
        Persist.LOCAL_MACHINE,
        Persist.NONE,
        Persist.SESSION,
        Persist.ENTERPRISE,
        Persist.ENTERPRISE,
        Persist.ENTERPRISE,
    ]
    assert advapi32.calls == ["CredGetSessionTypes"] * 6


def test_max_persist_is_of_generic_credentials_unless_told(advapi32: FakeAdvapi32) -> None:
    """The type's default is that of the other functions."""
    advapi32.session_types = {1: 2}
    assert wincred.max_persist() is Persist.LOCAL_MACHINE
