"""Many threads at once on the real Credential Manager."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import wincred

pytestmark = pytest.mark.credential_manager

THREADS = 8
ROUNDS = 100


def test_threads_do_not_disturb_each_other(new_target_name: Callable[[str], str]) -> None:
    """Each writes, reads and deletes its own target 100 times: no error, and nothing of another thread's is seen."""
    names = [new_target_name(f"/{number}") for number in range(THREADS)]
    start = Barrier(THREADS)

    def work(name: str) -> int:
        start.wait(timeout=60)
        for number in range(ROUNDS):
            blob, user_name = f"{name} {number}".encode(), f"anna {number} of {name}"
            wincred.write(name, blob, user_name=user_name)
            credential = wincred.read(name)
            assert (credential.target_name, credential.blob, credential.user_name) == (name, blob, user_name)
            wincred.delete(name)
        return ROUNDS

    with ThreadPoolExecutor(THREADS) as executor:
        assert list(executor.map(work, names)) == [ROUNDS] * THREADS
    assert wincred.enumerate(f"{names[0].removesuffix('/0')}/*") == []


def test_each_thread_gets_its_own_error(new_target_name: Callable[[str], str]) -> None:
    """While others succeed: Windows keeps the last error for each thread, and so do we."""
    names = [new_target_name(f"/{number}") for number in range(THREADS)]
    start = Barrier(THREADS)

    def work(name: str) -> set[int | None]:
        start.wait(timeout=60)
        if name in names[::2]:
            return {_code_of_a_missing(name) for _ in range(ROUNDS)}
        for _ in range(ROUNDS):
            wincred.write(name, b"secret")
        return {None}

    with ThreadPoolExecutor(THREADS) as executor:
        assert list(executor.map(work, names)) == [{1168}, {None}] * (THREADS // 2)


def _code_of_a_missing(target_name: str) -> int | None:
    with pytest.raises(wincred.NotFoundError) as caught:
        wincred.read(target_name)
    return caught.value.winerror
