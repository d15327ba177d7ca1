"""The read of a session in a keyring with one deployment and with twenty, and what of it is the lock.

In a process that has read before; and on Windows the first of a new one, as an editor starts it for each read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from children import read_output
from coder_login import KeyringStore
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.sessionstore.keyrings.protocol import KeyringProvider
from coder_login.sessionstore.lock import locked
from samples import Measure, Samples, batch, interleave, interleave_calls
from sessions import TOKEN, make_name, removed, temporary_directory
from table import MICROSECONDS, Comparison, Table, Target

import wincred

READS = 20
ONE, TWENTY, LOCK = "keyring read, 1 deployment", "keyring read, 20 deployments", "the keyring's lock alone"
LEAST_LOCK = "a file opened, locked, unlocked and closed"
PARSE_ONE, PARSE_TWENTY = "`json.loads` of 1 deployment", "`json.loads` of 20 deployments"
FIRST_READ, FIRST_LOCK = "first keyring read of a process", "first lock of a process"
FLOORS = (
    "What is below each read: the least that a lock of the system needs, and the least that reads the JSON of the blob."
)
IN_MEMORY = "This system has no keyring: here it is in memory and answers at once, so that the rest weighs more."


TIMED = """if True:
    import sys, time
    from coder_login import KeyringStore
    from coder_login.sessionstore.lock import locked
    service, lock, url = sys.argv[1:]
    start = time.perf_counter()
    {}
    print(time.perf_counter() - start)
"""
DO_READ = "KeyringStore(service, lock_path=lock).read(url)"
DO_LOCK = "locked(lock).__enter__()"


class Memory:
    """A keyring in memory."""

    max_size = 2560

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    def get(self, service: str) -> bytes | None:
        return self._blobs.get(service)

    def set(self, service: str, blob: bytes) -> None:
        self._blobs[service] = blob

    def delete(self, service: str) -> None:
        self._blobs.pop(service, None)

    def persistence(self) -> str:
        return "process"


COMPARISONS = (
    Comparison(TWENTY, ONE, Target(0.9, 1.1)),
    Comparison(LOCK, ONE, Target(high=0.05)),
    Comparison(LEAST_LOCK, ONE),
)


def measure_keyring_reads(rounds: int) -> Table:
    with temporary_directory() as directory, open_provider() as (provider, services):
        lock = directory / "lock"
        one, twenty = (KeyringStore(service, provider=provider, lock_path=lock) for service in services)
        url, last = fill(one, 1), fill(twenty, 20)
        reads = {ONE: batch(partial(one.read, url), READS), TWENTY: batch(partial(twenty.read, last), READS)}
        samples = interleave_calls(reads | make_floors(provider, services, lock), rounds)
        if not wincred.is_supported():
            return Table("Keyring reads", MICROSECONDS, samples, COMPARISONS, notes=(IN_MEMORY, FLOORS))
        samples |= measure_first(rounds, one.service, str(lock), url)
    comparisons = (*COMPARISONS, Comparison(FIRST_LOCK, FIRST_READ, Target(high=0.05)))
    return Table("Keyring reads", MICROSECONDS, samples, comparisons, notes=(FLOORS,))


def make_floors(provider: KeyringProvider, services: tuple[str, str], lock: Path) -> dict[str, Measure]:
    """What a read is made of, and can't do without."""
    one, twenty = (provider.get(service) or b"" for service in services)
    return {
        LOCK: batch(partial(take, lock), READS),
        LEAST_LOCK: batch(partial(take_least, lock), READS),
        PARSE_ONE: batch(partial(json.loads, one), READS),
        PARSE_TWENTY: batch(partial(json.loads, twenty), READS),
    }


def measure_first(rounds: int, *arguments: str) -> dict[str, Samples]:
    """The first of a new process: of a read with its service, its lock and its URL."""
    first = {FIRST_READ: printed(DO_READ, *arguments), FIRST_LOCK: printed(DO_LOCK, *arguments)}
    return interleave(first, rounds)


def printed(code: str, *arguments: str) -> Measure:
    """The seconds that *code* takes in a new process, which tells them."""
    return lambda: float(read_output("-c", TIMED.format(code), *arguments))


@contextlib.contextmanager
def open_provider() -> Iterator[tuple[KeyringProvider, tuple[str, str]]]:
    """The system's keyring, or one in memory, and two services of this run's own, which are empty in the end."""
    services = make_name(), make_name()
    if not wincred.is_supported():
        yield Memory(), services
        return
    with removed(*services):
        yield open_system_keyring(), services


def fill(store: KeyringStore, count: int) -> str:
    """Store sessions of *count* deployments; the last one's URL."""
    urls = [f"https://dev{index:02}.example.com" for index in range(count)]
    for url in urls:
        store.write(url, TOKEN)
    return urls[-1]


def take(lock: Path) -> None:
    with locked(lock):
        pass


if sys.platform == "win32":
    import msvcrt

    def take_least(lock: Path) -> None:
        descriptor = os.open(lock, os.O_RDWR)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        os.close(descriptor)

else:
    import fcntl

    def take_least(lock: Path) -> None:
        descriptor = os.open(lock, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
