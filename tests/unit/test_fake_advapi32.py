"""The fake of the DLL catches what other tests leave to it: memory misused, and a misspelt function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored
from fake_memory import Heap

import wincred
from wincred import _dll, _marshal


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> FakeAdvapi32:
    """The fake in the place of the DLL, without the checks of the fixture `advapi32` in the end."""
    fake = FakeAdvapi32()
    fake.install(monkeypatch)
    return fake


def read_raw(fake: FakeAdvapi32, target_name: str) -> Any:
    """The pointer that CredReadW gives."""
    name, found = _dll.load_ffi().new("wchar_t[]", target_name), _dll.load_ffi().new("CREDENTIALW **")
    assert fake.CredReadW(name, 1, 0, found) == 1
    return found[0]


def test_a_second_free_is_an_error(unwatched: FakeAdvapi32) -> None:
    """Of one block."""
    unwatched.put(Stored(target_name="x"))
    block = read_raw(unwatched, "x")
    unwatched.CredFree(block)
    with pytest.raises(AssertionError, match="CredFree was called 2 times for one block"):
        unwatched.CredFree(block)


def test_a_free_of_other_memory_is_an_error(unwatched: FakeAdvapi32) -> None:
    """NULL and the caller's own memory are not blocks."""
    with pytest.raises(AssertionError, match="memory that Windows did not give out"):
        unwatched.CredFree(_dll.load_ffi().NULL)


def test_a_block_that_is_not_freed_is_alive(unwatched: FakeAdvapi32) -> None:
    """And is not after its free, which finds the blob unwiped here."""
    unwatched.put(Stored(target_name="x", blob=b"secret"))
    block = read_raw(unwatched, "x")
    assert unwatched.blocks_alive == unwatched.blocks
    unwatched.CredFree(block)
    assert unwatched.blocks_alive == []
    assert [block.wiped for block in unwatched.blocks] == [False]


def test_a_write_that_is_not_wiped_shows(unwatched: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory stays readable after its owner has gone."""
    monkeypatch.setattr(_marshal, "wipe_copies", lambda *_: None)
    wincred.write("x", b"secret")
    assert [write.wiped for write in unwatched.writes] == [False]
    assert unwatched.byte_arrays == [b"secret"]


def test_a_string_that_nothing_kept_alive_is_an_error(unwatched: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be undefined behaviour on Windows."""
    heap = _dll.load_ffi()
    pointer_alone, new = heap.cast("wchar_t *", heap.new("wchar_t[]", "x")), Heap.new
    monkeypatch.setattr(
        Heap, "new", lambda self, kind, *value: pointer_alone if kind == "wchar_t[]" else new(self, kind, *value)
    )
    with pytest.raises(AssertionError, match="memory that nothing kept alive"):
        wincred.write("x", b"secret")
    assert unwatched.get("x") is None


def test_a_blob_that_is_not_a_copy_is_an_error(unwatched: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wiping that would wipe the caller's own object."""
    monkeypatch.setattr(Heap, "new", lambda self, *arguments: self._ffi.new(*arguments))
    with pytest.raises(AssertionError, match="not to memory that the caller made for the call"):
        wincred.write("x", b"secret")
    assert unwatched.get("x") is None


def test_a_name_that_is_no_function_can_not_fail(unwatched: FakeAdvapi32) -> None:
    """A misspelt name would make a test that can't fail."""
    with pytest.raises(AssertionError, match="advapi32 has no CredReadA here"):
        unwatched.fail("CredReadA", 5)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: wincred.write("x", b"secret", type=7), id="write"),
        pytest.param(lambda: wincred.read("x", type=7), id="read"),
        pytest.param(lambda: wincred.delete("x", type=7), id="delete"),
    ],
)
def test_a_type_above_the_known_ones_is_an_invalid_parameter(
    unwatched: FakeAdvapi32, call: Callable[[], object]
) -> None:
    """Also where another program has stored a credential of that type."""
    unwatched.put(Stored(target_name="x", type=7))
    with pytest.raises(wincred.InvalidCredentialError) as caught:
        call()
    assert caught.value.winerror == 87


@pytest.mark.parametrize("type_code", [2, 3], ids=["password", "certificate"])
def test_the_blob_of_a_domain_credential_is_not_given_back(unwatched: FakeAdvapi32, type_code: int) -> None:
    """It is for authentication packages only."""
    unwatched.put(Stored(target_name="x", type=type_code, blob=b"secret"))
    name, found = _dll.load_ffi().new("wchar_t[]", "x"), _dll.load_ffi().new("CREDENTIALW **")
    assert unwatched.CredReadW(name, type_code, 0, found) == 1
    struct: Any = found[0]
    assert (struct.CredentialBlobSize, bool(struct.CredentialBlob)) == (0, False)


def test_a_filter_without_an_asterisk_finds_exactly_that_name(unwatched: FakeAdvapi32) -> None:
    """In upper or lower case, and no longer name."""
    for target_name in ("x", "xy", "Xz"):
        unwatched.put(Stored(target_name=target_name))
    assert [credential.target_name for credential in wincred.enumerate("X")] == ["x"]
    assert wincred.enumerate("xyz") == []


def test_a_filter_that_nobody_knows_the_answer_to_is_an_error(unwatched: FakeAdvapi32) -> None:
    """A test that relied on one would prove nothing."""
    unwatched.put(Stored(target_name="x"))
    with pytest.raises(AssertionError, match="not known"):
        wincred.enumerate("x*z")


@pytest.mark.parametrize(("flags", "pattern"), [(1, "x*"), (2, None), (3, None)], ids=["filter", "2", "3"])
def test_a_flag_that_is_not_allowed_is_an_invalid_flag(
    unwatched: FakeAdvapi32, flags: int, pattern: str | None
) -> None:
    """All credentials go with no filter, and there is no other flag."""
    unwatched.put(Stored(target_name="x"))
    ffi = _dll.load_ffi()
    text = ffi.NULL if pattern is None else ffi.new("wchar_t[]", pattern)
    assert unwatched.CredEnumerateW(text, flags, ffi.new("uint32_t *"), ffi.new("CREDENTIALW ***")) == 0
    assert unwatched.last_error()[0] == 1004
