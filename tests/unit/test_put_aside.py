"""What the tests do with a person's own credentials; with the fake at the DLL seam."""

from __future__ import annotations

import pytest
from credentials import KEPT, put_aside
from fake_advapi32 import FakeAdvapi32

import wincred

NAME = "coder-v2-credentials"
ASIDE = KEPT.format(NAME)


@pytest.fixture
def own(advapi32: FakeAdvapi32) -> wincred.Credential:
    """A person's own credential."""
    wincred.write(NAME, b"own", user_name="anna", comment="mine")
    return wincred.read(NAME)


def be_killed() -> None:
    """As a run is that ends while the credential is put aside. (A context that is left open would close itself later,
    on the real Credential Manager.)"""
    wincred.write(ASIDE, wincred.read(NAME).blob)
    wincred.delete(NAME)


def names() -> set[str]:
    return {credential.target_name for credential in wincred.enumerate()}


def test_it_is_absent_and_then_as_before(own: wincred.Credential) -> None:
    """Whatever stands in its place by then; no copy is left."""
    with put_aside(NAME):
        assert names() == {ASIDE}
        wincred.write(NAME, b"another")
    assert names() == {NAME}
    found = wincred.read(NAME)
    assert (found.blob, found.user_name, found.comment) == (own.blob, own.user_name, own.comment)


@pytest.mark.usefixtures("advapi32")
def test_none_is_none_again() -> None:
    """What a test has written goes."""
    with put_aside(NAME):
        wincred.write(NAME, b"another")
    assert names() == set()


@pytest.mark.usefixtures("own")
def test_the_next_run_puts_back_what_a_killed_one_has_left() -> None:
    """The copy is in the Credential Manager, and not in the memory of the run."""
    be_killed()
    with put_aside(NAME):
        assert names() == {ASIDE}
    assert wincred.read(NAME).blob == b"own"


@pytest.mark.usefixtures("own")
def test_neither_of_two_is_thrown_away() -> None:
    """A killed run has left both, or the person has logged in since."""
    be_killed()
    wincred.write(NAME, b"newer")
    with pytest.raises(RuntimeError, match=r"^a run of the tests was killed: the credential "), put_aside(NAME):
        raise AssertionError("it went on")
    assert {name: wincred.read(name).blob for name in names()} == {NAME: b"newer", ASIDE: b"own"}
