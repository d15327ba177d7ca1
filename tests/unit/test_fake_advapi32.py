"""The fake of the DLL catches what it is there to catch."""

from __future__ import annotations

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
    monkeypatch.setattr(_marshal, "_wipe", lambda *_: None)
    wincred.write("x", b"secret")
    assert [write.wiped for write in unwatched.writes] == [False]
    assert unwatched.byte_arrays == [b"secret"]


def test_a_string_that_nothing_kept_alive_is_an_error(unwatched: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be undefined behaviour on Windows."""
    heap = _dll.load_ffi()
    pointer_alone = heap.cast("wchar_t *", heap.new("wchar_t[]", "x"))
    monkeypatch.setattr(_marshal, "make_string", lambda _: pointer_alone)
    with pytest.raises(AssertionError, match="memory that nothing kept alive"):
        wincred.write("x", b"secret")
    assert unwatched.get("x") is None


def test_a_blob_that_is_not_a_copy_is_an_error(unwatched: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wiping that would wipe the caller's own object."""
    monkeypatch.setattr(Heap, "new", lambda self, *arguments: self._ffi.new(*arguments))
    with pytest.raises(AssertionError, match="not to memory that the caller made for the call"):
        wincred.write("x", b"secret")
    assert unwatched.get("x") is None


def test_a_failure_comes_at_its_turn(advapi32: FakeAdvapi32) -> None:
    """After so many calls, and so many times; the code does not outlive the next call."""
    advapi32.fail("CredWriteW", 8, after=1, times=1)
    advapi32.fail("CredWriteW", 5, after=2, times=1)
    codes = []
    for number in range(4):
        try:
            wincred.write(f"x{number}", b"secret")
        except wincred.CredentialError as error:
            codes.append((number, error.winerror))
    assert codes == [(1, 8), (2, 5)]
    assert advapi32.get_last_error()[0] == 0
    assert [number for number in range(4) if advapi32.get(f"x{number}")] == [0, 3]


def test_a_failure_lasts_without_a_number_of_times(advapi32: FakeAdvapi32) -> None:
    """For ever."""
    advapi32.fail("CredReadW", 1312)
    for _ in range(3):
        with pytest.raises(wincred.NoLogonSessionError):
            wincred.read("x")
    assert advapi32.calls == ["CredReadW"] * 3


def test_a_name_that_is_no_function_can_not_fail(advapi32: FakeAdvapi32) -> None:
    """A misspelt name would make a test that can't fail."""
    with pytest.raises(AssertionError, match="advapi32 has no CredReadA here"):
        advapi32.fail("CredReadA", 5)


def test_another_program_works_just_before_a_call(advapi32: FakeAdvapi32) -> None:
    """It is neither recorded nor disturbed, and the call finds what it did."""
    advapi32.before("CredReadW", lambda: wincred.write("x", b"theirs"), times=1)
    advapi32.fail("CredWriteW", 5)
    assert wincred.read("x").blob == b"theirs"
    assert advapi32.calls == ["CredReadW", "CredFree"]
    assert advapi32.writes == []


def test_another_program_removes_what_a_call_looks_for(advapi32: FakeAdvapi32) -> None:
    """At the turn it is told."""
    advapi32.put(Stored(target_name="x"))
    advapi32.before("CredReadW", lambda: advapi32.remove("X"), after=1)
    wincred.read("x")
    with pytest.raises(wincred.NotFoundError):
        wincred.read("x")


def test_a_lost_write_reports_success(advapi32: FakeAdvapi32) -> None:
    """So many of them store nothing."""
    advapi32.lose_writes(1)
    wincred.write("x", b"lost")
    assert advapi32.get("x") is None
    wincred.write("x", b"kept")
    assert advapi32.get("x") == Stored(target_name="x", blob=b"kept")


def test_a_filter_of_another_form_is_refused(advapi32: FakeAdvapi32) -> None:
    """Windows documents a prefix followed by an asterisk."""
    with pytest.raises(wincred.InvalidCredentialError) as caught:
        wincred.enumerate("x")
    assert caught.value.winerror == 87
    assert advapi32.blocks == []


def test_letters_compare_one_by_one(advapi32: FakeAdvapi32) -> None:
    """As Windows does it: an upper-case form of two letters is no equal."""
    advapi32.put(Stored(target_name="Größe"))
    assert advapi32.get("gRÖßE") == Stored(target_name="Größe")
    assert advapi32.get("GRÖSSE") is None
