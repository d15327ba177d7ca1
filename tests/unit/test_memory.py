"""Secrets in C memory are wiped, and Windows' memory is freed once; at the DLL seam, with a fake.

The fixture `advapi32` adds to every test here and elsewhere: in the end, all that was given out was wiped and freed.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored
from fake_memory import CData, Heap

import wincred
from wincred import _marshal

SECRET = b"correct horse battery staple"


class UnexpectedError(Exception):
    """What no code of ours expects."""


def fail(*_: object) -> Any:
    raise UnexpectedError


def watch_sources(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The objects from which C memory is filled, in order; of a view, what it views."""
    sources: list[Any] = []

    def memmove(heap: Heap, target: CData, source: Any, size: int) -> None:
        sources.append(source.obj if isinstance(source, memoryview) else source)
        heap._ffi.memmove(target, source, size)

    monkeypatch.setattr(Heap, "memmove", memmove, raising=False)
    return sources


def test_write_wipes_its_copy_of_the_blob(advapi32: FakeAdvapi32) -> None:
    """Windows saw the blob, and nothing of it is left in the memory that held it."""
    wincred.write("example.com", SECRET)
    assert [(write.blob, write.wiped) for write in advapi32.writes] == [(SECRET, True)]
    assert advapi32.byte_arrays == [bytes(len(SECRET))]


def test_write_wipes_its_copies_of_the_values(advapi32: FakeAdvapi32) -> None:
    """An attribute may hold more than a label."""
    wincred.write("example.com", SECRET, attributes={"k": SECRET, "l": b""})
    assert advapi32.get("example.com") == Stored(
        target_name="example.com", blob=SECRET, attributes={"k": SECRET, "l": b""}
    )
    assert advapi32.byte_arrays == [bytes(len(SECRET)), bytes(len(SECRET)), b""]


def test_write_makes_no_other_copy(advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies side by side goes from the caller's object into C memory, and the object is not wiped."""
    sources = watch_sources(monkeypatch)
    blob = bytearray(SECRET)
    wincred.write("example.com", blob, attributes={"k": memoryview(SECRET)})
    assert sources[0] is blob
    assert sources[1] is SECRET
    assert blob == bytearray(SECRET)
    assert advapi32.byte_arrays == [bytes(len(SECRET))] * 2


def test_write_wipes_what_it_has_gathered(advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are scattered lie side by side in an object of ours first, which is all zero in the end."""
    sources = watch_sources(monkeypatch)
    wincred.write("example.com", memoryview(SECRET)[::-1])
    assert sources[0] == bytearray(len(SECRET))
    assert advapi32.writes[0].blob == SECRET[::-1]


def test_a_failed_write_wipes_its_copy_of_the_blob(advapi32: FakeAdvapi32) -> None:
    """As a good one does."""
    advapi32.fail("CredWriteW", 8)
    with pytest.raises(wincred.CredentialError):
        wincred.write("example.com", SECRET)
    assert [(write.blob, write.wiped) for write in advapi32.writes] == [(SECRET, True)]
    assert advapi32.calls == ["CredWriteW"]


def test_a_write_that_fails_half_way_wipes_its_copy_of_the_blob(
    advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows is not called, and the copy that was made for it is gone."""
    copies = []

    def look_and_fail(*_: object) -> Any:
        copies.extend(advapi32.byte_arrays)
        raise UnexpectedError

    monkeypatch.setattr(_marshal, "_make_attributes", look_and_fail)
    with pytest.raises(UnexpectedError):
        wincred.write("example.com", SECRET, attributes={"k": b"v"})
    assert copies == [SECRET]
    assert advapi32.byte_arrays == [bytes(len(SECRET))]
    assert advapi32.calls == []


def test_a_write_that_is_interrupted_wipes_its_copy_of_the_blob(advapi32: FakeAdvapi32) -> None:
    """An exception of any kind out of the call itself."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    advapi32.before("CredWriteW", interrupt)
    with pytest.raises(KeyboardInterrupt):
        wincred.write("example.com", SECRET)
    assert [(write.blob, write.wiped) for write in advapi32.writes] == [(SECRET, True)]
    assert advapi32.get("example.com") is None


def test_what_a_write_hands_to_windows_lives_until_the_call_returns(advapi32: FakeAdvapi32) -> None:
    """No string, attribute or value is let go before; the fake checks every pointer."""
    advapi32.before("CredWriteW", gc.collect)
    wincred.write("example.com", SECRET, user_name="anna", comment="c", attributes={"k": b"v", "l": b"w"})
    assert advapi32.get("example.com") == Stored(
        target_name="example.com", blob=SECRET, user_name="anna", comment="c", attributes={"k": b"v", "l": b"w"}
    )


def test_read_wipes_windows_block_then_frees_it(advapi32: FakeAdvapi32) -> None:
    """Once, and only after the copy that is returned was made."""
    advapi32.put(Stored(target_name="example.com", blob=SECRET))
    assert wincred.read("example.com").blob == SECRET
    assert advapi32.calls == ["CredReadW", "CredFree"]
    assert [(block.wiped, block.freed) for block in advapi32.blocks] == [(True, 1)]


def test_read_wipes_the_values_of_attributes_too(advapi32: FakeAdvapi32) -> None:
    """Programs keep secrets there as well."""
    advapi32.put(Stored(target_name="example.com", attributes={"k": SECRET, "l": b"w"}))
    assert wincred.read("example.com").attributes == {"k": SECRET, "l": b"w"}
    assert [(block.wiped, block.freed) for block in advapi32.blocks] == [(True, 1)]


def test_enumerate_wipes_every_blob_in_windows_block_then_frees_it(advapi32: FakeAdvapi32) -> None:
    """The many credentials of a listing are one block, freed once."""
    for number in range(3):
        advapi32.put(Stored(target_name=f"example.com/{number}", blob=SECRET))
    assert [credential.blob for credential in wincred.enumerate()] == [SECRET] * 3
    assert advapi32.calls == ["CredEnumerateW", "CredFree"]
    assert [(block.wiped, block.freed) for block in advapi32.blocks] == [(True, 1)]


CALLS = [
    pytest.param(lambda: wincred.read("example.com/1"), "CredReadW", id="read"),
    pytest.param(lambda: wincred.enumerate(), "CredEnumerateW", id="enumerate"),
]


@pytest.mark.parametrize(("call", "function_name"), CALLS)
def test_a_failed_call_frees_nothing(advapi32: FakeAdvapi32, call: Callable[[], object], function_name: str) -> None:
    """Windows gave out no memory, so there is none to free."""
    advapi32.put(Stored(target_name="example.com/1", blob=SECRET))
    advapi32.fail(function_name, 5)
    with pytest.raises(wincred.CredentialError):
        call()
    assert advapi32.calls == [function_name]


@pytest.mark.parametrize("code", [5, 1168], ids=["access-denied", "not-found"])
@pytest.mark.parametrize(("call", "function_name"), CALLS)
def test_a_failed_call_frees_nothing_whatever_it_leaves(
    advapi32: FakeAdvapi32, call: Callable[[], object], function_name: str, code: int
) -> None:
    """An address in the place of the answer is not one of memory that was given out."""
    advapi32.litters = True
    advapi32.fail(function_name, code)
    with contextlib.suppress(wincred.CredentialError):
        assert call() == []
    assert advapi32.calls == [function_name]


@pytest.mark.parametrize(("call", "function_name"), CALLS)
def test_an_interruption_right_after_the_call_leaves_nothing_behind(
    advapi32: FakeAdvapi32, call: Callable[[], object], function_name: str
) -> None:
    """Python honours a Ctrl-C that came during the call before it gives us the answer."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    for number in range(3):
        advapi32.put(Stored(target_name=f"example.com/{number}", blob=SECRET))
    advapi32.after(function_name, interrupt)
    with pytest.raises(KeyboardInterrupt):
        call()
    assert advapi32.calls == [function_name, "CredFree"]
    assert [(block.wiped, block.freed) for block in advapi32.blocks] == [(True, 1)]


@pytest.mark.parametrize(("call", "function_name"), CALLS)
def test_a_copy_that_fails_leaves_nothing_behind(
    advapi32: FakeAdvapi32,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[[], object],
    function_name: str,
) -> None:
    """Every blob of the block is wiped, copied or not, and the block is freed once."""
    for number in range(3):
        advapi32.put(Stored(target_name=f"example.com/{number}", blob=SECRET, attributes={"k": SECRET}))
    monkeypatch.setattr(_marshal, "_copy_attributes", fail)
    with pytest.raises(UnexpectedError):
        call()
    assert advapi32.calls == [function_name, "CredFree"]
    assert [(block.wiped, block.freed) for block in advapi32.blocks] == [(True, 1)]


def test_a_block_is_freed_even_if_it_can_not_be_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The free does not depend on the wipe."""
    advapi32 = FakeAdvapi32()
    advapi32.install(monkeypatch)
    advapi32.put(Stored(target_name="example.com", blob=SECRET))
    monkeypatch.setattr(_marshal, "_wipe", fail)
    with pytest.raises(UnexpectedError):
        wincred.read("example.com")
    assert [block.freed for block in advapi32.blocks] == [1]


def test_a_wipe_that_fails_keeps_no_other_from_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other blob of a listing is wiped, and the block is freed."""
    advapi32 = FakeAdvapi32()
    advapi32.install(monkeypatch)
    for number in range(4):
        advapi32.put(Stored(target_name=f"example.com/{number}", blob=SECRET))
    addresses: list[int] = []

    def memmove(heap: Heap, target: CData, source: Any, size: int) -> None:
        address = heap.address(target)
        if address not in addresses:
            addresses.append(address)
        if addresses.index(address) in (0, 2):
            raise UnexpectedError
        heap._ffi.memmove(target, source, size)

    monkeypatch.setattr(Heap, "memmove", memmove, raising=False)
    with pytest.raises(UnexpectedError):
        wincred.enumerate()
    assert len(addresses) == 4
    assert [(block.unwiped, block.freed) for block in advapi32.blocks] == [(2, 1)]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: wincred.read("example.com"), id="read"),
        pytest.param(lambda: wincred.enumerate(), id="enumerate"),
    ],
)
def test_an_interruption_of_a_wipe_comes_out_after_the_wipe(
    advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]
) -> None:
    """It is neither lost, nor does it leave a secret."""
    advapi32.put(Stored(target_name="example.com", blob=SECRET))
    interruptions, real = [KeyboardInterrupt()], _marshal._wipe

    def wipe(*arguments: Any) -> None:
        if interruptions:
            raise interruptions.pop()
        real(*arguments)

    monkeypatch.setattr(_marshal, "_wipe", wipe)
    with pytest.raises(KeyboardInterrupt):
        call()
    assert all(block.wiped for block in advapi32.blocks)
